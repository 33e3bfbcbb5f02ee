"""The ages and resolutions of the past: which table holds what, and how time is cut into its rows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from hub.store.ring.blob import Holds

SECOND, MINUTE, QUARTER, HOUR, DAY = 1, 60, 900, 3600, 86_400
MAX_SERIES = (1 << 16) - 1
"""Series are numbered from 1 in two bytes, for ever: a number is never given to another one."""


@dataclass(frozen=True, slots=True)
class Level:
    """A table of rollups: buckets of `step` seconds, a row for each series and UTC day or UTC month.

    `fraction`: means are kept in that part of the stored unit. `deflated` rows are small, the others quick to read.
    """

    table: str
    holds: Holds
    step: int
    monthly: bool
    fraction: int
    deflated: bool


M1 = Level("m1", Holds.M1, MINUTE, monthly=False, fraction=2, deflated=True)
M15 = Level("m15", Holds.M15, QUARTER, monthly=True, fraction=2, deflated=True)
H1 = Level("h1", Holds.H1, HOUR, monthly=True, fraction=8, deflated=False)
D1 = Level("d1", Holds.D1, DAY, monthly=True, fraction=8, deflated=False)
LEVELS = (M1, M15, H1, D1)
"""Finest first."""


def row_id(period: int, series: int) -> int:
    """One integer key, so that rows of one day or month lie together and whole periods go at the low end."""
    return period << 16 | series


@lru_cache(maxsize=4096)
def month_of(day: int) -> int:
    """UTC months since 1970 of a UTC day since 1970."""
    return int(np.datetime64(day, "D").astype("datetime64[M]").astype(np.int64))


@lru_cache(maxsize=4096)
def first_day(month: int) -> int:
    return int(np.datetime64(month, "M").astype("datetime64[D]").astype(np.int64))


def begin(level: Level, period: int) -> int:
    """The start of the row of `period`, UTC s."""
    return (first_day(period) if level.monthly else period) * DAY


def span(level: Level, period: int) -> tuple[int, int]:
    """[start, end) in UTC seconds of the row of `period`."""
    return begin(level, period), begin(level, period + 1)


def periods(level: Level, start: int, end: int) -> range:
    """The rows that [start, end) in UTC seconds lies in."""
    first, last = start // DAY, (end - 1) // DAY
    return range(month_of(first), month_of(last) + 1) if level.monthly else range(first, last + 1)
