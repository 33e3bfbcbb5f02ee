"""An even grid in UTC, and what is known on it in base units."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hub.errors import UserError
from hub.model import Value
from hub.store.ring.codec import Ints
from hub.store.ring.levels import LEVELS, Level
from hub.store.ring.now import END
from hub.store.ring.rollup import FIELDS, Rolled, Wide
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
    """What is known of one series on a grid; it tells of the point until before `until` (s UTC)."""

    info: SeriesInfo
    rolled: Rolled
    until: int = END
    a_second: int = 1
    """values that are kept of a second at most"""

    def within(self, t: NDArray[np.int64]) -> Known:
        """Only the buckets that start, at `t` (UTC ms), before `until`."""
        rolled = self.rolled.before(t, self.until * 1000)
        return self if rolled is self.rolled else replace(self, rolled=rolled)


def bucketed(t: NDArray[np.int64], series: Sequence[Known], seconds: Wide | int = 1) -> Buckets:
    """All series of one key in one answer, by starts `t` (UTC ms) of buckets of so many `seconds`.

    Two that share a bucket one after the other make it together; of two side by side the later one has it.
    """
    n = len(t)
    single = n > 1 and int(t[1] - t[0]) <= 1000  # each bucket holds one value at most
    texts = any(k.info.choices or k.info.boolean for k in series)
    words: list[Value | None] = [None] * n if texts else []
    count: Ints | None = None
    mean, low, high, last = (_Column(n) for _ in range(4))
    for before, later in zip((None, *series), series, strict=False):
        info, rolled = later.info, later.rolled
        at = None if rolled.n.all() else np.flatnonzero(rolled.n)
        both = None if before is None or count is None else np.flatnonzero(turns(t, seconds, before, count, later))
        held = [column.values[both] for column in (mean, low, high)] if both is not None and len(both) else None
        numbers = info.numbers or (single and not info.choices)
        for column, stored in ((mean, rolled.mean), (low, rolled.low), (high, rolled.high)):
            column.put(info, stored if numbers else None, at)
        if texts:
            restored: Callable[[int], Value] = info.restore
            for k in np.flatnonzero(rolled.n).tolist():
                words[k] = restored(int(rolled.last[k]))
        else:
            last.put(info, rolled.last, at)
        known = rolled.n if at is None or count is None else np.where(rolled.n > 0, rolled.n, count)
        if held and count is not None:
            known = known.copy()
            known[both] += count[both]
            mean.values[both] += (held[0] - mean.values[both]) * (count[both] / known[both])
            low.values[both] = np.minimum(held[1], low.values[both])
            high.values[both] = np.maximum(held[2], high.values[both])
        count = known
    known = np.zeros(n, np.int32) if count is None else count
    return Buckets(t, mean.values, low.values, high.values, words if texts else last.values, known)


def turns(t: NDArray[np.int64], seconds: Wide | int, before: Known, count: Ints, later: Known) -> NDArray[np.bool_]:
    """The buckets from `t` (UTC ms) on that two series share one after the other: no more is known than fits in.

    Of one device, whose scale has changed, that may be any; of two devices only the one in which they were swapped.
    `count`: what is known of `before`, and of all before it.
    """
    fit = (count > 0) & (later.rolled.n > 0)
    fit &= count + later.rolled.n <= seconds * max(before.a_second, later.a_second)
    return fit if before.info.key == later.info.key else fit & (t + 1000 * seconds > before.until * 1000)


def shared(quarters: Rolled, hours: Rolled, at: int, n: int) -> Rolled:
    """`n` quarter-hours from index `at` on; an hour that has none, but is known, gives each of its four a share."""
    alone = np.repeat((hours.n > 0) & ~quarters.n.reshape(-1, 4).any(1), 4)
    upto = hours.n[:, None] * np.arange(5) // 4
    shares = Rolled(np.diff(upto).ravel().astype(np.int32), *(np.repeat(getattr(hours, f), 4) for f in FIELDS[1:]))
    return Rolled(*(np.where(alone, getattr(shares, f), getattr(quarters, f))[at : at + n] for f in FIELDS))


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
