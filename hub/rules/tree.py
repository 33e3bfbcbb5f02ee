"""What a sentence means: a tree of frozen nodes, checked, with all numbers in base units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Number:
    value: float


@dataclass(frozen=True, slots=True)
class Reading:
    """The value of a point that is a number; True and False are 1 and 0."""

    point: str


@dataclass(frozen=True, slots=True)
class Clock:
    """`time`, `sunrise`, `sunset` in minutes of the local day, `sun.elevation` in degrees."""

    name: str


@dataclass(frozen=True, slots=True)
class Negative:
    of: Amount


@dataclass(frozen=True, slots=True)
class Sum:
    """`sign`: + - * /"""

    sign: str
    left: Amount
    right: Amount


@dataclass(frozen=True, slots=True)
class Pick:
    """`name`: min or max (two amounts), abs (one)."""

    name: str
    of: tuple[Amount, ...]


Amount: TypeAlias = Number | Reading | Clock | Negative | Sum | Pick


@dataclass(frozen=True, slots=True)
class Compare:
    """`sign`: < <= > >= = !=. With a `band` it keeps its last truth while it is less than that off; it has a `bit`."""

    sign: str
    left: Amount
    right: Amount
    band: Amount | None = None
    bit: int = -1


@dataclass(frozen=True, slots=True)
class Between:
    """From `low` until before `high`; times of day may go over midnight."""

    of: Amount
    low: Amount
    high: Amount
    wraps: bool


@dataclass(frozen=True, slots=True)
class State:
    """The text of a point is one of `choices` (with their index among all that it can be)."""

    point: str
    choices: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Switch:
    """A point that is on or off."""

    point: str


@dataclass(frozen=True, slots=True)
class Day:
    """The weekday is one of `days` (0 = Monday)."""

    days: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Flag:
    """`holiday` or `sun.up`."""

    name: str


@dataclass(frozen=True, slots=True)
class Known:
    point: str


@dataclass(frozen=True, slots=True)
class Not:
    of: Truth


@dataclass(frozen=True, slots=True)
class Both:
    left: Truth
    right: Truth


@dataclass(frozen=True, slots=True)
class Either:
    left: Truth
    right: Truth


Truth: TypeAlias = Compare | Between | State | Switch | Day | Flag | Known | Not | Both | Either
