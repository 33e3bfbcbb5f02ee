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
from hub.store.ring.buckets import Grid
from hub.store.ring.civil import PERIODS, edges
from hub.store.ring.levels import HOUR, MINUTE, QUARTER, SECOND
from hub.store.ring.reader import PARTS, Reader
from hub.store.ring.types import Flow

__all__ = ["PERIODS", "STEP", "Part", "Parts"]

STEP = "900"

DAY_MS = 86_400_000
QUARTER_MS = 900_000
MOST = 50_000
"""buckets in a part"""
MOST_MS = 366 * DAY_MS
_KEPT = {MINUTE: "minutes", QUARTER: "quarter-hours", HOUR: "hours"}


@dataclass(frozen=True, slots=True)
class Part:
    """Buckets by point; with civil periods the energies of each too."""

    buckets: dict[str, Buckets]
    flows: dict[str, Flow]


class Parts:
    """`step`: seconds, a part of one (`200ms`), `raw`, or a civil period; None for STEP, or an hour where it must be.

    Raises UserError for what is none of them, and an empty range. `remarks`: what its reader should know of the step.
    """

    def __init__(
        self, reader: Reader, points: Sequence[str], start: int, end: int, step: str | None, zone: ZoneInfo
    ) -> None:
        if start >= end:
            raise UserError("--from: must be before --to")
        self._reader = reader
        self._points = points
        self.start, self.end = start, end
        self._edges: NDArray[np.int64] | None = None
        self.step_ms: int | None = None
        finest = reader.finest_of(points, start, end, _least(step or STEP))
        self.remarks = _remarks(step, finest)
        step = step or (str(HOUR) if self.remarks else STEP)
        if step in PERIODS:
            self._edges = edges(start // 1000, -(-end // 1000), step, zone)
        else:
            self.step_ms = _step_ms(step)
        self.raw = step == "raw"

    @property
    def civil(self) -> bool:
        return self._edges is not None

    @property
    def width_ms(self) -> int:
        """Of a bucket; of civil periods that of the shortest, of which they are made."""
        return self.step_ms or QUARTER_MS

    def end_of(self, last: int) -> int:
        """UTC ms at which the last bucket ends, which begins at `last`."""
        return last + self.width_ms if self._edges is None else int(self._edges[-1]) * 1000

    def readings(self, counters: Sequence[str], at: NDArray[np.int64]) -> dict[str, NDArray[np.float64]]:
        """What was read at exactly these times (UTC ms, rising), NaN where nothing was; a day is read at once."""
        found = {id_: np.full(len(at), np.nan) for id_ in counters}
        cuts = np.flatnonzero(np.diff(at // DAY_MS)) + 1
        for some in np.split(np.arange(len(at)), cuts):
            first = int(at[some[0]])
            read = self._reader.query(counters, first, int(at[some[-1]]) + 1000, None)
            for id_ in counters:
                found[id_][some] = np.asarray(read[id_].last, np.float64)[(at[some] - first) // 1000]
        return found

    def read_before(self, counters: Sequence[str], at: int) -> dict[str, float]:
        """The last readings in the bucket before the one that begins at `at`, UTC ms."""
        read = self._reader.query(counters, at - self.width_ms, at, self.width_ms)
        return {id_: float(np.asarray(read[id_].last, np.float64)[-1]) for id_ in counters}

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


def _least(step: str) -> int:
    """How finely, in seconds, the past must be kept to be told by this step."""
    if step in PERIODS:
        return QUARTER if step == "quarter" else HOUR
    seconds = _step_ms(step) // 1000
    level = Grid(0, seconds, seconds).level if seconds else None
    return level.step if level else SECOND


def _remarks(step: str | None, finest: int) -> list[str]:
    """What is said where not all is kept as finely as this step asks for, but in steps of `finest` seconds."""
    if finest <= _least(step or STEP):
        return []
    kept = f"of a part of this time only {_KEPT[finest]} are kept"
    if step is None:
        return [f"{kept}: all is shown by the hour; --step {STEP} shows what is kept finer"]
    shown = "hour" if step in PERIODS else -(-_step_ms(step) // 1000 // finest) * finest
    return [f"{kept}, which --step {step} leaves empty; --step {shown} shows them"]


def _step_ms(step: str) -> int:
    if step == "raw":
        return 1000
    if step in PARTS:
        return PARTS[step]
    seconds = whole(step)
    if seconds is None or not 0 < seconds <= 366 * 86_400:
        words = ("raw", *PARTS, *PERIODS)
        raise UserError(f"--step: {step!r} is neither a number of seconds nor a known word{hint(step, words)}")
    return seconds * 1000


def whole(text: str) -> int | None:
    """Plain digits, few enough to be a number of ours."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None
