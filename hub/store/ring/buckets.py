"""An even grid in UTC, and what is known on it in base units."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hub.errors import UserError
from hub.model import Value
from hub.store.ring.levels import LEVELS, SECOND, Level
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
    def edges(self) -> NDArray[np.int64]:
        """The starts of all buckets, UTC s."""
        return np.arange(self.start, self.end, self.step, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of one series on a grid."""

    info: SeriesInfo
    rolled: Rolled


def bucketed(starts: NDArray[np.int64], series: Sequence[Known]) -> Buckets:
    """All series of one key in one answer, by `starts` (UTC s); where two share a bucket, the later series has it."""
    n = len(starts)
    seconds = n > 1 and int(starts[1] - starts[0]) == SECOND
    count = np.zeros(n, np.int32)
    mean, low, high = (np.full(n, np.nan) for _ in range(3))
    texts = any(k.info.choices or k.info.boolean for k in series)
    last: NDArray[np.float64] | list[Value | None] = [None] * n if texts else np.full(n, np.nan)
    for known in series:
        info, rolled = known.info, known.rolled
        at: NDArray[np.intp] | slice = slice(None) if rolled.n.all() else np.flatnonzero(rolled.n)
        count[at] = rolled.n[at]
        if info.numbers or (seconds and not info.choices):
            mean[at], low[at], high[at] = (
                info.scaled(a[at].astype(np.float64)) for a in (rolled.mean, rolled.low, rolled.high)
            )
        else:
            mean[at] = low[at] = high[at] = np.nan
        if isinstance(last, list):
            restored: Callable[[int], Value] = info.restore
            for k in np.flatnonzero(rolled.n).tolist():
                last[k] = restored(int(rolled.last[k]))
        else:
            last[at] = info.scaled(rolled.last[at].astype(np.float64))
    return Buckets(starts * 1000, mean, low, high, last, count)
