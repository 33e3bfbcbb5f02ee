"""What the history takes and gives: a column a second goes in, buckets come out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from hub.model import Column, Kind, Point, Value
from hub.model.point import FRACTION
from hub.store.ring.levels import MAX_SERIES

FULL = (
    f"a history tells {MAX_SERIES} series apart, and has had as many; "
    "to begin a new one, stop the hub and move history.db and history.hot out of its data folder"
)


@dataclass(frozen=True, slots=True)
class SeriesInfo:
    """Whose numbers these are and what they mean: stored integer x `scale` = value in `unit`.

    `key` is uid + quantity and outlives a renaming. A changed scale, unit or list of choices is a new series under it.
    """

    key: str
    kind: str
    scale: float = 1.0
    unit: str = ""
    choices: tuple[str, ...] = ()
    boolean: bool = False

    @staticmethod
    def of(point: Point, part: str = "") -> SeriesInfo:
        """`part`: which part of the second, as `2/5`; each has a series of its own."""
        q = point.quantity
        boolean = q.kind is Kind.STATE and q.high == 1 and not q.choices
        key = f"{point.series}{FRACTION}{part}" if part else point.series
        return SeriesInfo(key, q.kind.value, float(q.scale), q.unit, q.choices, boolean)

    @property
    def numbers(self) -> bool:
        """Whether means and extremes of it mean something: not those of choices, nor those of a counter."""
        return not self.choices and self.kind != Kind.COUNTER

    def restore(self, stored: int) -> Value:
        """The value in `unit` (or its name, for a series of choices) for a stored integer."""
        if self.choices:
            return self.choices[stored] if 0 <= stored < len(self.choices) else "unknown"
        return bool(stored) if self.boolean else float(self.scaled(np.array([stored], np.float64))[0])

    def scaled(self, stored: NDArray[Any]) -> NDArray[np.float64]:
        """Values in `unit` of stored numbers, without the noise of binary fractions."""
        scaled: NDArray[np.float64]
        if self.scale == 1:
            return stored.astype(np.float64)
        if self.scale > 1:
            scaled = np.multiply(stored, self.scale, dtype=np.float64)
            return scaled
        scaled = np.divide(stored, round(1 / self.scale), dtype=np.float64)
        if stored.dtype.kind == "f":  # a whole number divided is already the nearest to its decimals
            np.round(scaled, 6, out=scaled)
        return scaled


@dataclass(frozen=True, slots=True)
class Buckets:
    """One series on an even grid: `t` is each bucket's start (UTC ms); NaN and None mark what is not known.

    `mean`, `min`, `max` are in base units, NaN for series of choices, and for counters in buckets longer than a second;
    `last` is the last known value of the bucket; `count` the number of its seconds that are known.
    """

    t: NDArray[np.int64]
    mean: NDArray[np.float64]
    min: NDArray[np.float64]
    max: NDArray[np.float64]
    last: NDArray[np.float64] | list[Value | None]
    count: NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Flow:
    """What flowed in each of some periods, in the counter's unit (Wh); NaN where nothing is known.

    `minus` is what flowed the other way, for powers only; `known` the share of each period that is known; `marks` as
    in `energy.Mark`, over all its quarter-hours; `since` when anything was known first, whatever was asked for (UTC
    ms).
    """

    plus: NDArray[np.float64]
    minus: NDArray[np.float64]
    known: NDArray[np.float64]
    marks: NDArray[np.uint8]
    since: int | None = None


class Appender(Protocol):
    def append(self, column: Column, series: Mapping[str, SeriesInfo]) -> None:
        """Takes one second's column and returns at once; `series` describes a point, by its id, when it is new."""


class Querier(Protocol):
    def query(self, points: Sequence[str], start: int, end: int, step_ms: int | None) -> dict[str, Buckets]:
        """Buckets by point id from `start` until before `end` (UTC ms); `step_ms` None = the seconds as stored.

        Buckets lie on multiples of the step; those at the edges are whole. Raises UserError. Runs in a pool thread.
        """

    def periods(self, points: Sequence[str], edges: NDArray[np.int64]) -> dict[str, Buckets]:
        """Buckets between `edges` (UTC s, multiples of a quarter-hour), by point id."""

    def energy(self, points: Sequence[str], edges: NDArray[np.int64]) -> dict[str, Flow]:
        """What flowed between `edges` (UTC s, multiples of a quarter-hour), by point id."""

    def holds(self, point: str) -> bool:
        """Whether anything was ever kept of the point."""

    def finest(self, start: int) -> int:
        """The finest step in seconds at which the history goes back to `start` (UTC ms), or to where it begins."""

    def finest_of(self, points: Sequence[str], start: int, end: int, least: int) -> int:
        """The finest step in seconds at which all is kept that is known of the points in [start, end), UTC ms.

        None finer is looked for than is of use to a step of `least` seconds.
        """


@dataclass(frozen=True, slots=True)
class Joined:
    """By the owner's word, the series of `before` are the past of those of `uid`, until `t` (s UTC). Both are uids."""

    uid: str
    before: str
    t: int


@dataclass(slots=True)
class Incidents:
    """What was not stored, and why. Counts since the start."""

    backwards: int = 0
    overflow: int = 0
    out_of_range: int = 0
    late: int = 0
    """seconds that came after later ones, and filled what was missing in the open hour"""
    strangers: list[str] = field(default_factory=list)
    """keys of series that came when every number was taken: nothing of them is stored"""
