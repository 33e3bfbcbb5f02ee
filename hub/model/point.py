"""Points, their measurements, and the second's column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from hub.model.quantity import Quantity, quantity

Value: TypeAlias = float | int | bool | str


class Quality(StrEnum):
    GOOD = "good"
    SUBSTITUTED = "substituted"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True)
class Point:
    """What is measured or set. A series belongs to `uid` + quantity, so that renaming a device keeps its past."""

    uid: str
    device: str
    quantity: Quantity
    writable: bool = False

    @property
    def id(self) -> str:
        return f"{self.device}.{self.quantity.name}"

    @property
    def series(self) -> str:
        return f"{self.uid}.{self.quantity.name}"

    @staticmethod
    def of(uid: str, device: str, name: str, writable: bool = False) -> Point:
        """A point by the vocabulary's name; raises KeyError for an unknown quantity."""
        return Point(uid, device, quantity(name), writable)


@dataclass(frozen=True, slots=True)
class Measurement:
    """One reading of the point with id `point`: `value` in base units, None when invalid; `at` UTC milliseconds."""

    point: str
    value: Value | None
    at: int
    quality: Quality = Quality.GOOD


FRACTION = "~"
"""Between a point and the part of a second: `grid.power~2/5` is what `grid.power` was at the second fifth of it."""


@dataclass(frozen=True, slots=True)
class Column:
    """All points at one second, quantised: what the core sees, the ring stores and replay reads back.

    `values` holds stored integers by point id; a point that is past its age limit or invalid is absent. Points that are
    recorded more often than once a second have the parts of the second before `t` beside them, see `FRACTION`.
    """

    t: int
    values: Mapping[str, int]
