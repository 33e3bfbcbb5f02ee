"""A range of the past, a part at a time: never more in memory than a day of seconds or some thousand buckets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from hub.errors import UserError
from hub.model.document import hint
from hub.store.ring import Buckets
from hub.store.ring.civil import PERIODS, edges
from hub.store.ring.reader import PARTS, Reader
from hub.store.ring.types import Flow

__all__ = ["PERIODS", "Part", "Parts"]

DAY_MS = 86_400_000
MOST = 50_000
"""buckets in a part"""
MOST_MS = 366 * DAY_MS


@dataclass(frozen=True, slots=True)
class Part:
    """Buckets by point; with civil periods the energies of each too."""

    buckets: dict[str, Buckets]
    flows: dict[str, Flow]


class Parts:
    """`step`: seconds, a part of one (`200ms`), `raw`, or a civil period.

    Raises UserError for what is none of them, and an empty range.
    """

    def __init__(self, reader: Reader, points: Sequence[str], start: int, end: int, step: str, zone: ZoneInfo) -> None:
        if start >= end:
            raise UserError("--from: must be before --to")
        self._reader = reader
        self._points = points
        self.start, self.end = start, end
        self._edges: NDArray[np.int64] | None = None
        self.step_ms: int | None = None
        if step in PERIODS:
            self._edges = edges(start // 1000, -(-end // 1000), step, zone)
        else:
            self.step_ms = _step_ms(step)
        self.raw = step == "raw"

    @property
    def civil(self) -> bool:
        return self._edges is not None

    def __iter__(self) -> Iterator[Part]:
        return self._even() if self._edges is None else self._civil(self._edges)

    def _even(self) -> Iterator[Part]:
        """Parts begin on multiples of the step."""
        assert self.step_ms
        longest = DAY_MS if self.step_ms % 60_000 else min(MOST * self.step_ms, MOST_MS)
        length = max(longest // self.step_ms, 1) * self.step_ms
        at = self.start
        while at < self.end:
            until = min(at // length * length + length, self.end)
            step = None if self.raw else self.step_ms
            yield Part(self._reader.query(self._points, at, until, step), {})
            at = until

    def _civil(self, at: NDArray[np.int64]) -> Iterator[Part]:
        for k in range(0, len(at) - 1, MOST):
            piece = at[k : k + MOST + 1]
            yield Part(self._reader.periods(self._points, piece), self._reader.energy(self._points, piece))


def _step_ms(step: str) -> int:
    if step == "raw":
        return 1000
    if step in PARTS:
        return PARTS[step]
    if not step.isdigit() or not 0 < int(step) <= 366 * 86_400:
        words = ("raw", *PARTS, *PERIODS)
        raise UserError(f"--step: {step!r} is neither a number of seconds nor a known word{hint(step, words)}")
    return int(step) * 1000
