"""What is known at the start of a day of how much the house will use in each of its steps.

Source of the list: field/optimiser.md, section 4: lags of 1, 2 and 7 days, means of 7 and 28, the last same weekdays,
the last days of the same kind, each smoothed, the last hours, the level of days, weekday kind, season and temperature.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hub.forecast.days import Ints
from hub.forecast.series import Floats
from hub.forecast.usual import Usual

OWN = 15
"""The first features are of what the house has used, the others of the calendar and the weather."""
LEAST_BEFORE = 7
"""Usual days that must lie before a day that is learned from."""
_SATURDAY = 5
_HARMONICS = 5
_HEATING_C, _COOLING_C = 16.0, 21.0
_RECENT_H, _FADES_H = 3, 3.0
_YEAR = 365.25


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


def features(usual: Usual, targets: Targets, outdoors: Outdoors | None) -> Floats:
    """Shape (targets, slots, features)."""
    slots = usual.values.shape[1]
    hour = slots // 24
    known = targets.known
    yesterday, week = usual.values[known - 1], _last(usual.values, known, 7)
    weekday = _same(usual, targets, usual.codes, targets.codes, 4, week)
    kind = _same(usual, targets, kinds(usual.codes), kinds(targets.codes), 10, week)
    same = _same(usual, targets, usual.codes, targets.codes, 1, week)
    shapes = [yesterday, usual.values[np.maximum(known - 2, 0)], same, week, _last(usual.values, known, 28)]
    shapes += [_median(usual.values, known, 7), weekday, kind]
    shapes += [smoothed(shape, hour) for shape in (yesterday, week, kind, weekday)]
    fading = np.exp(-np.arange(slots) / hour / _FADES_H)
    shapes += [
        np.outer(yesterday[:, -_RECENT_H * hour :].mean(axis=1), fading),
        *(np.repeat(shape.mean(axis=1)[:, None], slots, axis=1) for shape in (yesterday, week)),
        *_calendar(targets, slots),
        *(_outdoors(outdoors, targets) if outdoors else ()),
    ]
    return np.stack(shapes, axis=-1)


def smoothed(values: Floats, each_side: int) -> Floats:
    """The mean of a step and of those beside it, around midnight, along the last axis."""
    padded = np.concatenate([values[..., -each_side:], values, values[..., :each_side]], axis=-1)
    total = np.cumsum(np.concatenate([np.zeros((*values.shape[:-1], 1)), padded], axis=-1), axis=-1)
    width = 2 * each_side + 1
    out: Floats = (total[..., width:] - total[..., :-width]) / width
    return out


def _last(values: Floats, known: Ints, n: int) -> Floats:
    """The mean of the last n rows before each `known`, or of as many as there are."""
    total = np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(values, axis=0)])
    since = np.maximum(known - n, 0)
    out: Floats = (total[known] - total[since]) / np.maximum(known - since, 1)[:, None]
    return out


def _median(values: Floats, known: Ints, n: int) -> Floats:
    windows = np.lib.stride_tricks.sliding_window_view(values, n, axis=0)
    out: Floats = np.median(windows[known - n], axis=-1)
    return out


def _same(usual: Usual, targets: Targets, sorts: Ints, wanted: Ints, n: int, otherwise: Floats) -> Floats:
    """The mean of the last n usual days of the same sort; `otherwise` where there was none."""
    out = otherwise.copy()
    for sort in np.unique(wanted).tolist():
        rows, at = np.flatnonzero(sorts == sort), np.flatnonzero(wanted == sort)
        count = np.searchsorted(rows, targets.known[at])
        out[at[count > 0]] = _last(usual.values[rows], count[count > 0], n)
    return out


def kinds(codes: Ints) -> Ints:
    """0: a day of work, 1: a day off."""
    return (codes >= _SATURDAY).astype(np.int64)


def _calendar(targets: Targets, slots: int) -> list[Floats]:
    ones = np.ones((len(targets.numbers), slots))
    free = kinds(targets.codes)[:, None] * ones
    season = 2 * np.pi * (targets.numbers % _YEAR)[:, None] / _YEAR * ones
    day = 2 * np.pi * np.arange(slots) / slots
    waves = [f(h * day) * ones for h in range(1, _HARMONICS + 1) for f in (np.sin, np.cos)]
    return [free, np.sin(season), np.cos(season), *waves, *(wave * free for wave in waves)]


def _outdoors(outdoors: Outdoors, targets: Targets) -> list[Floats]:
    now = outdoors.of(targets.numbers)
    before = np.mean([outdoors.of(targets.numbers - d) for d in range(1, 8)], axis=0)
    mean = np.repeat(now.mean(axis=1)[:, None], now.shape[1], axis=1)
    return [now, np.maximum(_HEATING_C - now, 0.0), np.maximum(now - _COOLING_C, 0.0), now - before, mean]
