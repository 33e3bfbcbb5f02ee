"""Values that hold for a while, laid out as the seconds of days."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from hub.store.ring.codec import MISSING, Ints
from hub.store.ring.levels import DAY

Wide = NDArray[np.int64]
Span = tuple[int, int, float]
"""(from, until before, value in stored units); seconds UTC."""


def days_of(spans: Iterable[Span]) -> Iterator[tuple[int, Ints]]:
    """(day, its seconds) of spans in time order; where two overlap, the later one holds. One day is in memory."""
    day, mine = -1, Spans()
    for start, end, value in spans:
        at = start
        while at < end:
            today = at // DAY
            if today != day:
                if mine:
                    yield day, mine.seconds(day)
                day, mine = today, Spans()
            stop = min(end, (today + 1) * DAY)
            mine.add(at, stop, value)
            at = stop
    if mine:
        yield day, mine.seconds(day)


class Spans:
    """The spans of one day, in order of their beginning."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._values: list[float] = []

    def __len__(self) -> int:
        return len(self._starts)

    def add(self, start: int, end: int, value: float) -> None:
        self._starts.append(start)
        self._ends.append(end)
        self._values.append(value)

    def seconds(self, day: int) -> Ints:
        first = day * DAY
        starts, ends = (np.array(a, np.int64) - first for a in (self._starts, self._ends))
        return laid(starts, ends, np.array(self._values))


def laid(starts: Wide, ends: Wide, values: NDArray[np.float64]) -> Ints:
    """Like `held`, in whole stored units; MISSING where nothing is known."""
    seconds = held(starts, ends, values)
    known = ~np.isnan(seconds)
    out = np.full(DAY, MISSING, np.int32)
    out[known] = np.rint(seconds[known]).astype(np.int32)
    return out


def held(starts: Wide, ends: Wide, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """A day's seconds of spans within it, in order of their beginning; what lies between them is NaN."""
    out = np.full(DAY, np.nan)
    if not len(starts):
        return out
    seconds = np.arange(DAY)
    at = np.searchsorted(starts, seconds, "right") - 1
    within = (at >= 0) & (seconds < ends[at])
    out[within] = values[at[within]]
    return out
