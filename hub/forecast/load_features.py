"""What is known at the start of a day of how much the house will use in each of its steps.

Source of the list: field/optimiser.md, section 4: lags of 1, 2 and 7 days, means of 7 and 28, the last same weekdays,
the last days of the same kind, each smoothed, the last hours, the level of days, weekday kind, season and temperature.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from hub.forecast.days import Ints
from hub.forecast.series import Floats
from hub.forecast.usual import Usual

OWN = 15
"""The first features are of what the house has used, the others of the weather and the calendar."""
WEATHER_DAYS = 7
"""So many days back the weather of before is looked at."""
LEAST_BEFORE = 7
"""Usual days that must lie before a day that is learned from."""
_SATURDAY = 5
_HARMONICS = 5
_HEATING_C, _COOLING_C = 16.0, 21.0
_RECENT_H, _FADES_H = 3, 3.0
_YEAR = 365.25
_PAIRS = (
    np.array([1, 2, 3, *[0] * 2 * _HARMONICS, *[1] * 2 * _HARMONICS]),
    np.array([0, 0, 0, *range(1, 2 * _HARMONICS + 1), *range(1, 2 * _HARMONICS + 1)]),
)
"""Of (1, day off, season twice) with (1, waves): day off, season, waves, and waves of days off."""
_TO_THE_MIDDLE = (
    *((0, 5), (0, 3), (1, 6), (2, 4), (0, 1), (3, 5), (2, 6)),
    *((2, 3), (3, 6), (4, 5), (1, 4), (1, 3), (3, 4)),
)
"""Of seven values in turn those two are put in order; the fourth is then the median."""


@dataclass(frozen=True, slots=True)
class Outdoors:
    """degC by local day and step: `values[i]` is of day `first + i`, shape (days, slots), no NaN."""

    first: int
    values: Floats

    def of(self, numbers: Ints) -> Floats:
        return self.values[np.clip(numbers - self.first, 0, len(self.values) - 1)]


@dataclass(frozen=True, slots=True)
class Targets:
    """Days to be forecast: `numbers` and `codes` as in Usual, `known`: how many usual days are known before each."""

    numbers: Ints
    codes: Ints
    known: Ints

    def only(self, which: Ints) -> Targets:
        return Targets(self.numbers[which], self.codes[which], self.known[which])


@dataclass(frozen=True, slots=True)
class Table:
    """What is told of each slot of some days: features that are different in each, `whole`, shape (n, days, slots), and
    after them those of the calendar, each one column of `daily` (days, .) times one of `slotly` (slots, .) as in
    `pairs`. So sums over all slots of all days take sums over days and over slots for the most part.
    """

    whole: Floats
    daily: Floats
    slotly: Floats
    pairs: tuple[Ints, Ints]

    def only(self, days: slice) -> Table:
        return Table(self.whole[:, days], self.daily[days], self.slotly, self.pairs)

    def of_calendar(self, slopes: Floats, days: NDArray[np.bool_] | slice = slice(None)) -> Floats:
        """The sum of what is told of the calendar, times the slope of each; shape (days, slots)."""
        by_both = np.zeros((self.daily.shape[1], self.slotly.shape[1]))
        by_both[self.pairs] = slopes
        told: Floats = self.daily[days] @ by_both @ self.slotly.T
        return told


def features(usual: Usual, targets: Targets, outdoors: Outdoors | None) -> Table:
    slots = usual.values.shape[1]
    hour = slots // 24
    known = targets.known
    sums = _sums(usual.values)
    yesterday, week = usual.values[known - 1], _last(sums, known, 7)
    by_name, by_kind = _Sorted.of(usual, usual.codes), _Sorted.of(usual, kinds(usual.codes))
    same, weekday = (by_name.last(targets.codes, known, n, week) for n in (1, 4))
    kind = by_kind.last(kinds(targets.codes), known, 10, week)
    shapes = [yesterday, usual.values[np.maximum(known - 2, 0)], same, week, _last(sums, known, 28)]
    shapes += [_median_of_7(usual.values, known), weekday, kind]
    shapes += [smoothed(shape, hour) for shape in (yesterday, week, kind, weekday)]
    fading = np.exp(-np.arange(slots) / hour / _FADES_H)
    shapes += [
        yesterday[:, -_RECENT_H * hour :].mean(axis=1, keepdims=True) * fading,
        *(shape.mean(axis=1, keepdims=True) for shape in (yesterday, week)),
        *(_outdoors(outdoors, targets) if outdoors else ()),
    ]
    whole = np.empty((len(shapes), len(known), slots))
    for row, shape in zip(whole, shapes, strict=True):
        row[...] = shape
    free = kinds(targets.codes).astype(np.float64)
    season = 2 * np.pi * (targets.numbers % _YEAR) / _YEAR
    daily = np.column_stack([np.ones(len(free)), free, np.sin(season), np.cos(season)])
    return Table(whole, daily, _waves(slots), _PAIRS)


def smoothed(values: Floats, each_side: int) -> Floats:
    """The mean of a step and of those beside it, around midnight, along the last axis."""
    padded = np.concatenate([values[..., -each_side:], values, values[..., :each_side]], axis=-1)
    width, n = 2 * each_side + 1, values.shape[-1]
    total = padded[..., :n].copy()
    for by in range(1, width):
        total += padded[..., by : by + n]
    out: Floats = total / width
    return out


def _sums(values: Floats) -> Floats:
    """Of the first 0, 1, 2 ... rows."""
    return np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(values, axis=0)])


def _last(sums: Floats, known: Ints, n: int, first: Ints | int = 0) -> Floats:
    """The mean of the last n rows before each `known`, or of as many as there are from `first` on."""
    since = np.maximum(known - n, first)
    out: Floats = (sums[known] - sums[since]) / np.maximum(known - since, 1)[:, None]
    return out


def _median_of_7(values: Floats, known: Ints) -> Floats:
    """Of the last 7 rows before each `known`."""
    rows = [values[known - back] for back in range(1, 8)]
    for low, high in _TO_THE_MIDDLE:
        rows[low], rows[high] = np.minimum(rows[low], rows[high]), np.maximum(rows[low], rows[high])
    return rows[3]


@dataclass(frozen=True, slots=True)
class _Sorted:
    """Usual days one sort after another: `keys` are sort * days + place of each, `sums` as of `_sums`."""

    days: int
    keys: Ints
    sums: Floats

    @staticmethod
    def of(usual: Usual, sorts: Ints) -> _Sorted:
        order, n = np.argsort(sorts, kind="stable"), len(sorts)
        return _Sorted(n, sorts[order] * n + order, _sums(usual.values[order]))

    def last(self, wanted: Ints, known: Ints, n: int, otherwise: Floats) -> Floats:
        """The mean of the last n of the first `known` days that are of the same sort; `otherwise` where none was."""
        first, end = (np.searchsorted(self.keys, wanted * self.days + before) for before in (0, known))
        return np.where((end > first)[:, None], _last(self.sums, end, n, first), otherwise)


def kinds(codes: Ints) -> Ints:
    """0: a day of work, 1: a day off."""
    return (codes >= _SATURDAY).astype(np.int64)


@cache
def _waves(slots: int) -> Floats:
    """1, and the waves of a day; shape (slots, 1 + waves)."""
    day = 2 * np.pi * np.arange(slots) / slots
    return np.stack([np.ones(slots), *(f(h * day) for h in range(1, _HARMONICS + 1) for f in (np.sin, np.cos))], axis=1)


def _outdoors(outdoors: Outdoors, targets: Targets) -> list[Floats]:
    now = outdoors.of(targets.numbers)
    before = np.mean([outdoors.of(targets.numbers - d) for d in range(1, WEATHER_DAYS + 1)], axis=0)
    mean = now.mean(axis=1, keepdims=True)
    return [now, np.maximum(_HEATING_C - now, 0.0), np.maximum(now - _COOLING_C, 0.0), now - before, mean]
