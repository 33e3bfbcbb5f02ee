"""What the history takes and gives: a column a second goes in, buckets come out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from hub.model import Column, Kind, Point, Value


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
    def of(point: Point) -> SeriesInfo:
        q = point.quantity
        boolean = q.kind is Kind.STATE and q.high == 1 and not q.choices
        return SeriesInfo(point.series, q.kind.value, float(q.scale), q.unit, q.choices, boolean)

    def restore(self, stored: int) -> Value:
        """The value in `unit` (or its name, for a series of choices) for a stored integer."""
        if self.choices:
            return self.choices[stored] if 0 <= stored < len(self.choices) else "unknown"
        return bool(stored) if self.boolean else self.scaled(stored)

    def scaled(self, stored: float) -> float:
        return stored * self.scale if self.scale >= 1 else round(stored / round(1 / self.scale), 6)


@dataclass(frozen=True, slots=True)
class Buckets:
    """One series on an even grid: `t` is each bucket's start (UTC ms), None marks a bucket in which nothing is known.

    `mean`, `min`, `max` are numbers in base units (always None for series of choices); `last` is the last known value
    of the bucket; `count` the number of its seconds that are known.
    """

    t: list[int]
    mean: list[float | None]
    min: list[float | None]
    max: list[float | None]
    last: list[Value | None]
    count: list[int]


class Appender(Protocol):
    def append(self, column: Column, series: Mapping[str, SeriesInfo]) -> None:
        """Takes one second's column and returns at once; `series` describes its points, by point id."""


class Querier(Protocol):
    def query(self, points: Sequence[str], start: int, end: int, step_ms: int | None) -> dict[str, Buckets]:
        """Buckets by point id from `start` until before `end` (UTC ms); `step_ms` None = the seconds as stored.

        Buckets lie on multiples of the step; those at the edges are whole. Runs in a pool thread.
        """


@dataclass(slots=True)
class Incidents:
    """What was not stored, and why. Counts since the start."""

    backwards: int = 0
    overflow: int = 0
    out_of_range: int = 0
