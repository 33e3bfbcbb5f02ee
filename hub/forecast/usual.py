"""Which days tell how the house lives: those that are known well enough and on which somebody was at home."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hub.forecast.bands import ranked
from hub.forecast.days import Days, Ints, weekdays
from hub.forecast.series import Floats

_KNOWN_SHARE = 0.75
"""Of a day's steps: below it the day tells too little."""
_QUIET, _REFERENCE_DAYS, _LEAST_REFERENCE, _LONGEST = 0.25, 28, 7, 28
"""A day is quiet when what is used above its own lowest tenth is below a quarter of what is usual (the median of the
last 28 days with people in the house) and no more is used in all. After 28 quiet days in a row they are usual."""


@dataclass(frozen=True, slots=True)
class Usual:
    """`numbers`, `codes` (weekday, 6 = Sunday or day off): shape (n,), ascending; `values`: shape (n, slots), no NaN.

    `away`: the quiet days that run up to the last known day, shape (k, slots), empty when people are at home;
    `stays`: how likely one more day follows them, 0 to 1.
    """

    numbers: Ints
    codes: Ints
    values: Floats
    away: Floats
    stays: float

    def last(self, n: int) -> Usual:
        """Only the last n days at home."""
        return Usual(self.numbers[-n:], self.codes[-n:], self.values[-n:], self.away, self.stays)

    def with_day(self, number: int, code: int, values: Floats) -> Usual:
        """As it would be with one more day at home."""
        return Usual(
            np.append(self.numbers, number),
            np.append(self.codes, code),
            np.vstack([self.values, values]),
            self.away[:0],
            self.stays,
        )


def usual_days(days: Days, days_off: frozenset[int]) -> Usual:
    """Of whole days that are over."""
    enough = (~np.isnan(days.values)).mean(axis=1) >= _KNOWN_SHARE if len(days.values) else np.zeros(0, dtype=bool)
    numbers, values = days.numbers[enough], _filled(days.values[enough])
    quiet = _quiet(values)
    run = _running(quiet, numbers)
    here = ~quiet
    return Usual(
        numbers[here], weekdays(numbers[here], days_off), values[here], values[len(values) - run :], _stays(quiet, run)
    )


def activity(values: Floats) -> Floats:
    """Of each day: the mean of what is used above the day's own lowest tenth, W."""
    if not len(values):
        return np.zeros(0)
    above: Floats = np.maximum(values - ranked(values, 0.1)[:, None], 0.0).mean(axis=1)
    return above


def _filled(values: Floats) -> Floats:
    """What is missing of a day as it was on the last day before on which it was known, else as the day's mean."""
    if not len(values):
        return values
    known = ~np.isnan(values)
    row = np.maximum.accumulate(np.where(known, np.arange(len(values))[:, None], -1), axis=0)
    before = np.take_along_axis(values, np.maximum(row, 0), axis=0)
    mean = np.nansum(values, axis=1, keepdims=True) / np.maximum(known.sum(axis=1, keepdims=True), 1)
    return np.where(row >= 0, before, mean)


def _quiet(values: Floats) -> NDArray[np.bool_]:
    """Goes by what is known on each day, never by later days, so that a day of the past is judged as it was then."""
    told = zip(activity(values).tolist(), values.mean(axis=1).tolist(), strict=True) if len(values) else ()
    quiet = np.zeros(len(values), dtype=bool)
    lately: deque[tuple[float, float]] = deque()
    ordered: list[float] = []
    run = 0
    for i, (lively, level) in enumerate(told):
        enough = len(lately) >= _LEAST_REFERENCE
        dull = enough and lively < _QUIET * _middle(ordered) and level < _middle(sorted(day[1] for day in lately))
        run = run + 1 if dull else 0
        quiet[i] = 0 < run <= _LONGEST
        if not quiet[i]:
            if run > _LONGEST:
                lately.clear()
                ordered.clear()
            elif len(lately) == _REFERENCE_DAYS:
                del ordered[bisect_left(ordered, lately.popleft()[0])]
            lately.append((lively, level))
            insort(ordered, lively)
    return quiet


def _middle(ordered: list[float]) -> float:
    """The median."""
    return (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2


def _running(quiet: NDArray[np.bool_], numbers: Ints) -> int:
    """Quiet days up to the last known one."""
    here = np.flatnonzero(~quiet)
    return len(quiet) - (int(here[-1]) + 1 if len(here) else 0) if len(numbers) else 0


def _stays(quiet: NDArray[np.bool_], run: int) -> float:
    """Of the runs of quiet days that were as long as this one, the share that went on: with one that went on and one
    that ended told beforehand, and one more that went on for each day that this one has lasted (at most 4).
    """
    edges = np.diff(np.concatenate([[0], quiet.astype(np.int8), [0]]))
    lengths = np.flatnonzero(edges == -1) - np.flatnonzero(edges == 1)
    ended = lengths[: len(lengths) - (1 if run else 0)]
    as_long = int((ended >= run).sum())
    went_on = int((ended > run).sum())
    told = min(max(run, 1), 4)
    return (told + went_on) / (told + 1 + as_long)
