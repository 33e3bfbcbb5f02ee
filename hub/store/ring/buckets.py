"""An even grid in UTC, and what is known on it in base units."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hub.errors import UserError
from hub.model import Value
from hub.store.ring.codec import Ints
from hub.store.ring.levels import LEVELS, Level
from hub.store.ring.rollup import Rolled
from hub.store.ring.types import Buckets, SeriesInfo

MAX_BUCKETS = 1_000_000


@dataclass(frozen=True, slots=True)
class Grid:
    """Buckets from `start` until before `end`, each `step` long; all in s UTC, start and end on multiples of step."""

    start: int
    end: int
    step: int

    @staticmethod
    def of(start_ms: int, end_ms: int, step_ms: int | None) -> Grid:
        """Raises UserError for an empty range, a step that is not whole seconds, or too many buckets."""
        step = step_ms or 1000
        if start_ms >= end_ms:
            raise UserError("from: must be before to")
        if step < 1000 or step % 1000:
            raise UserError(f"step: {step} ms is not a whole number of seconds")
        first, last = start_ms // step * step, -(-end_ms // step) * step
        if (last - first) // step > MAX_BUCKETS:
            raise UserError(f"step: more than {MAX_BUCKETS} buckets; ask for a larger step or a shorter range")
        return Grid(first // 1000, last // 1000, step // 1000)

    def __len__(self) -> int:
        return (self.end - self.start) // self.step

    @property
    def level(self) -> Level | None:
        """The coarsest rollups that this grid can be folded from; None = only seconds will do."""
        return next((level for level in reversed(LEVELS) if self.step % level.step == 0), None)

    @property
    def times(self) -> NDArray[np.int64]:
        """The starts of all buckets, UTC ms."""
        return np.arange(self.start * 1000, self.end * 1000, self.step * 1000, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of one series on a grid."""

    info: SeriesInfo
    rolled: Rolled


def bucketed(t: NDArray[np.int64], series: Sequence[Known]) -> Buckets:
    """All series of one key in one answer, by starts `t` (UTC ms); where two share a bucket, the later one has it."""
    n = len(t)
    single = n > 1 and int(t[1] - t[0]) <= 1000  # each bucket holds one value at most
    texts = any(k.info.choices or k.info.boolean for k in series)
    words: list[Value | None] = [None] * n if texts else []
    count: Ints | None = None
    mean, low, high, last = (_Column(n) for _ in range(4))
    for info, rolled in ((k.info, k.rolled) for k in series):
        at = None if rolled.n.all() else np.flatnonzero(rolled.n)
        count = rolled.n if at is None or count is None else np.where(rolled.n > 0, rolled.n, count)
        numbers = info.numbers or (single and not info.choices)
        for column, stored in ((mean, rolled.mean), (low, rolled.low), (high, rolled.high)):
            column.put(info, stored if numbers else None, at)
        if texts:
            restored: Callable[[int], Value] = info.restore
            for k in np.flatnonzero(rolled.n).tolist():
                words[k] = restored(int(rolled.last[k]))
        else:
            last.put(info, rolled.last, at)
    known = np.zeros(n, np.int32) if count is None else count
    return Buckets(t, mean.values, low.values, high.values, words if texts else last.values, known)


class _Column:
    """Values in base units, NaN where nothing is known; made when they are asked for, or all at once."""

    def __init__(self, n: int) -> None:
        self._n = n
        self._values: NDArray[np.float64] | None = None

    def put(self, info: SeriesInfo, stored: NDArray[Any] | None, at: NDArray[np.intp] | None) -> None:
        """What a series says at the indices `at` (None: everywhere); `stored` None: that nothing is known there."""
        if at is None:
            self._values = None if stored is None else info.scaled(stored)
        else:
            self.values[at] = np.nan if stored is None else info.scaled(stored[at])

    @property
    def values(self) -> NDArray[np.float64]:
        if self._values is None:
            self._values = np.full(self._n, np.nan)
        return self._values
