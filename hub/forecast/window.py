"""The past as a table before one origin: a row is the 24 h that end a whole number of days before it, a column a slot.

So "yesterday at this time" is the row above, and every forecaster of panels can be run over weeks of past origins by a
few products of matrices instead of a loop. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from hub.errors import UserError
from hub.forecast.series import Past, Series

Floats = NDArray[np.float64]
DAY_S = 86_400
ROWS = 98
"""Days that are looked back: one season."""

_BRIDGED_S = 7200


@dataclass(frozen=True, slots=True)
class Window:
    """`made` and each of `told`: W, shape (ROWS + ahead, slots), NaN where unknown; `made` is unknown in the last
    `ahead` rows, which begin at the origin. `middle_s`: of each slot, s UTC.
    """

    made: Floats
    middle_s: NDArray[np.int64]
    ahead: int
    told: dict[str, Floats] = field(default_factory=dict)

    @property
    def slots(self) -> int:
        return len(self.made[0])


def window(past: Past, steps: int) -> Window:
    """Of the `steps` from `past.now_ms` on, and of the days before.

    UserError when the step does not divide a day, or the origin is none of its multiples.
    """
    seconds = past.power.seconds
    if seconds < 1 or DAY_S % seconds or past.now_ms % (seconds * 1000):
        raise UserError(f"forecast: steps of {seconds} s from {past.now_ms} ms on; take steps that divide a day")
    slots = DAY_S // seconds
    ahead = -(-steps // slots)
    first, end = past.now_ms - ROWS * DAY_S * 1000, past.now_ms + ahead * DAY_S * 1000
    shape = (ROWS + ahead, slots)
    power = past.power
    if past.held_back is not None:
        power = Series(power.start_ms, seconds, np.where(past.held_back, np.nan, power.values))
    made = np.maximum(finite(power.between(first, end).values), 0.0).reshape(shape)
    made[ROWS:] = np.nan
    starts = (first + np.arange(ROWS * slots + ahead * slots, dtype=np.int64) * seconds * 1000).reshape(shape)
    told = {
        name: bridged(without_stuck(resampled(s, starts, seconds)), _BRIDGED_S // seconds)
        for name, s in past.told.items()
    }
    return Window(made, starts // 1000 + seconds // 2, ahead, told)


def finite(values: Floats) -> Floats:
    """NaN for what is no number."""
    return np.where(np.isfinite(values), values, np.nan)


def resampled(series: Series, starts_ms: NDArray[np.int64], seconds: int) -> Floats:
    """The means over `seconds` from `starts_ms` on, at least 0; NaN where less than half of the step is known."""
    known = np.isfinite(series.values)
    edges = np.arange(len(series.values) + 1, dtype=np.float64)
    energy = np.concatenate([[0.0], np.cumsum(np.where(known, series.values, 0.0))])
    time = np.concatenate([[0.0], np.cumsum(known)])
    low = (starts_ms - series.start_ms) / (series.seconds * 1000)
    high = low + seconds / series.seconds
    covered = np.interp(high, edges, time) - np.interp(low, edges, time)
    sums = np.interp(high, edges, energy) - np.interp(low, edges, energy)
    enough = covered >= seconds / series.seconds / 2
    return np.where(enough, np.maximum(sums / np.where(enough, covered, 1.0), 0.0), np.nan)


def without_stuck(told: Floats) -> Floats:
    """NaN in the days on which a provider repeats itself: no weather gives the same watts in all hours of two days, and
    no sun one value all day.
    """
    lit = np.nan_to_num(told) > 1.0
    enough = lit.sum(axis=1) >= 4
    highest = np.max(np.where(lit, told, -np.inf), axis=1)
    lowest = np.min(np.where(lit, told, np.inf), axis=1)
    flat = enough & (highest == lowest)
    both = lit[1:] & lit[:-1]
    same = both & (told[1:] == told[:-1])
    again = np.concatenate([[False], enough[1:] & (both.sum(axis=1) >= 4) & (same.sum(axis=1) == lit[1:].sum(axis=1))])
    return np.where((flat | again)[:, None], np.nan, told)


def bridged(told: Floats, most: int) -> Floats:
    """Gaps of at most so many slots between two that are told, along a straight line."""
    flat = told.ravel()
    known = np.flatnonzero(~np.isnan(flat))
    if len(known) < 2:
        return told
    at = np.arange(len(flat))
    after = np.searchsorted(known, at)
    inside = (after > 0) & (after < len(known))
    gap = np.where(inside, known[np.minimum(after, len(known) - 1)] - known[np.maximum(after - 1, 0)] - 1, most + 1)
    return np.where(np.isnan(flat) & (gap <= most), np.interp(at, known, flat[known]), flat).reshape(told.shape)
