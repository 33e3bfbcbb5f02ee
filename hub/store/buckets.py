"""Seconds into buckets: min, max, mean, last and count, by numpy, in base units."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hub.model import Value
from hub.store.history import Buckets, SeriesInfo
from hub.store.now import Piece

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Grid:
    """Buckets from `start` until before `end`, each `step` long; all in s UTC, start and end on multiples of step."""

    start: int
    end: int
    step: int

    def __len__(self) -> int:
        return (self.end - self.start) // self.step


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of one series, in time order."""

    info: SeriesInfo
    pieces: Sequence[Piece]


def bucketed(grid: Grid, series: Sequence[Known]) -> Buckets:
    """All series of one key in one answer; where two share a bucket, the later second's series has it."""
    out = _empty(grid)
    newest: dict[int, int] = {}
    for known in series:
        t = np.concatenate([p.t for p in known.pieces]) if known.pieces else np.zeros(0, np.int64)
        if len(t):
            _fill(out, grid, known.info, t, np.concatenate([p.values for p in known.pieces]), newest)
    return out


def _empty(grid: Grid) -> Buckets:
    n = len(grid)
    starts = range(grid.start * 1000, grid.end * 1000, grid.step * 1000)
    return Buckets(list(starts), [None] * n, [None] * n, [None] * n, [None] * n, [0] * n)


def _fill(
    out: Buckets, grid: Grid, info: SeriesInfo, t: NDArray[np.int64], values: NDArray[np.int32], newest: dict[int, int]
) -> None:
    bucket = (t - grid.start) // grid.step
    first = np.flatnonzero(np.diff(bucket, prepend=-1))
    last = np.append(first[1:], len(t)) - 1
    count = last - first + 1
    wide = values.astype(np.int64)
    numbers = not info.choices
    mean = _scaled(info, np.add.reduceat(wide, first) / count) if numbers else []
    low = _scaled(info, np.minimum.reduceat(values, first)) if numbers else []
    high = _scaled(info, np.maximum.reduceat(values, first)) if numbers else []
    ends = _restored(info, values[last])
    for k, (b, at) in enumerate(zip(bucket[first].tolist(), t[last].tolist(), strict=True)):
        if newest.get(b, -1) < at:
            newest[b] = at
            out.last[b], out.count[b] = ends[k], int(count[k])
            if numbers:
                out.mean[b], out.min[b], out.max[b] = mean[k], low[k], high[k]


def _restored(info: SeriesInfo, stored: NDArray[np.int32]) -> Sequence[Value]:
    one: Callable[[int], Value] = info.restore
    return [one(v) for v in stored.tolist()] if info.choices or info.boolean else _scaled(info, stored)


def _scaled(info: SeriesInfo, stored: NDArray[np.int32] | Floats) -> list[float]:
    wide = stored.astype(np.float64)
    scaled: Floats = wide * info.scale if info.scale >= 1 else np.round(wide / round(1 / info.scale), 6)
    return [float(v) for v in scaled.tolist()]
