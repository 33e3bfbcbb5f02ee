"""A series as people live it: one row a local day, one column a time of the wall clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from hub.forecast.series import Floats, Series

Ints = NDArray[np.int64]
DAY_S = 86_400
_SUNDAY, _THURSDAY = 6, 3


@dataclass(frozen=True, slots=True)
class Days:
    """`values[i, s]`: the mean of the s-th step of the local day `first + i` (days since 1970), shape (days, slots).

    NaN where nothing is known; of the hour that a clock lives through twice, the mean of both; the hour that it leaves
    out is NaN.
    """

    first: int
    values: Floats

    @property
    def numbers(self) -> Ints:
        return self.first + np.arange(len(self.values), dtype=np.int64)

    @property
    def slots(self) -> int:
        return int(self.values.shape[1])


def local_steps(starts_ms: Ints, seconds: int, zone: ZoneInfo) -> Ints:
    """Of each moment (UTC ms): local day * steps of a day + the step of the wall clock that it falls into."""
    at = starts_ms // 1000
    return (at + _offsets(at, zone)) // seconds


def local_day(at_ms: int, zone: ZoneInfo) -> int:
    """Days since 1970-01-01 on the calendar of the zone."""
    return (at_ms // 1000 + _offset(at_ms // 1000, zone)) // DAY_S


def by_day(series: Series, zone: ZoneInfo) -> Days:
    """All local days that the series touches. `series.seconds` divides a day."""
    slots = DAY_S // series.seconds
    if not len(series.values):
        return Days(0, np.empty((0, slots)))
    steps = local_steps(series.starts_ms, series.seconds, zone)
    first, last = steps[0] // slots, steps[-1] // slots
    cell, size = steps - first * slots, int(last - first + 1) * slots
    known = ~np.isnan(series.values)
    total = np.bincount(cell[known], series.values[known], size)
    count = np.bincount(cell[known], minlength=size)
    values = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return Days(int(first), values.reshape(-1, slots))


def weekdays(numbers: Ints, days_off: frozenset[int]) -> Ints:
    """0 = Monday to 6; a day off is a Sunday, whatever its name."""
    names = (numbers + _THURSDAY) % 7
    off = np.isin(numbers, np.array(sorted(days_off), dtype=np.int64))
    return np.where(off, _SUNDAY, names)


def midnights(start_ms: int, end_ms: int, zone: ZoneInfo, seconds: int) -> list[int]:
    """The local midnights in [start, end), UTC ms, each at the first step (of `seconds`) that begins not before it."""
    starts = (
        np.arange(-(-start_ms // (seconds * 1000)), -(-end_ms // (seconds * 1000)), dtype=np.int64) * seconds * 1000
    )
    if not len(starts):
        return []
    day = local_steps(starts, seconds, zone) // (DAY_S // seconds)
    before = local_steps(starts[:1] - seconds * 1000, seconds, zone) // (DAY_S // seconds)
    return [int(t) for t in starts[np.diff(day, prepend=before) > 0]]


def _offsets(at_s: Ints, zone: ZoneInfo) -> Ints:
    """Seconds that the wall clock is ahead of UTC: asked once a day, and more often only on days when it changes."""
    if not len(at_s):
        return at_s
    day = at_s // DAY_S
    first, last = int(day.min()), int(day.max())
    began = np.array([_offset(d * DAY_S, zone) for d in range(first, last + 2)], dtype=np.int64)
    out: Ints = began[day - first]
    changing = (np.diff(began) != 0)[day - first]
    out[changing] = [_offset(t, zone) for t in at_s[changing].tolist()]
    return out


@lru_cache(4096)
def _offset(at_s: int, zone: ZoneInfo) -> int:
    told = datetime.fromtimestamp(at_s, UTC).astimezone(zone).utcoffset()
    return 0 if told is None else int(told.total_seconds())
