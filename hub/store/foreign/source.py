"""What a reader of another system's records gives: days of our points, in stored units, one after the other."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from hub.errors import UserError
from hub.model import Kind, Point
from hub.store.foreign.units import Conversion, accepted, conversion
from hub.store.ring.codec import Ints
from hub.store.ring.rollup import Rolled
from hub.store.ring.types import SeriesInfo

Floats = NDArray[np.float64]

NOT_KNOWN = frozenset(("unknown", "unavailable", "none", "null", "nan", "n/a", "na", "-", ""))
"""Texts, in lower case, that stand for no value."""

_BOOLEANS = {"on": 1, "off": 0, "true": 1, "false": 0, "1": 1, "0": 0, "1.0": 1, "0.0": 0, "yes": 1, "no": 0}
_LIMIT = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Foreign:
    """What the other system calls a thing, and what it says about it."""

    name: str
    unit: str = ""
    device_class: str = ""
    label: str = ""
    counts: bool = False


@dataclass(frozen=True, slots=True)
class Wish:
    """The foreign `name` as our `point`. `values`: other words for its choices, by what the other system says.

    `read`: which of Home Assistant's numbers tells what a counter has counted, `state` or `sum`, by the owner's word.
    """

    name: str
    point: Point
    info: SeriesInfo
    sign: float = 1.0
    scale: float = 1.0
    unit: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    read: str = ""

    @property
    def counter(self) -> bool:
        return self.info.kind == Kind.COUNTER

    @property
    def reads_numbers(self) -> bool:
        return not self.info.boolean and not self.info.choices

    def reads(self, unit: str) -> Reads:
        """How values are read that are in `unit` unless the map says otherwise. Raises UserError."""
        quantity = self.point.quantity
        found = conversion(self.unit or unit, quantity)
        if found is None:
            raise UserError(
                f"{self.name}: {self.unit or unit!r} is no unit of {self.point.id}; it takes {accepted(quantity)}; "
                "map it to another point, or give its `unit` or `scale` in the map"
            )
        return Reads.of(self, found)


@dataclass(frozen=True, slots=True)
class Reads:
    """Turns a wish's texts and numbers, of one unit, into stored units (not rounded). NaN is a gap."""

    factor: float
    offset: float
    low: float
    high: float
    words: Mapping[str, int] | None
    energies: bool

    @staticmethod
    def of(wish: Wish, by: Conversion) -> Reads:
        q = wish.point.quantity
        times = wish.sign * wish.scale / q.scale
        low = -_LIMIT if q.low is None else max(q.low / q.scale, -_LIMIT)
        high = _LIMIT if q.high is None else min(q.high / q.scale, _LIMIT)
        return Reads(by.factor * times, by.offset * times, low - 0.5, high + 0.5, _words(wish), by.energies)

    def over(self, seconds: float) -> Reads:
        """For energies of a stretch of so many seconds."""
        return replace(self, factor=self.factor * 3600 / seconds, energies=False) if self.energies else self

    def text(self, text: str) -> float:
        """Raises ValueError, with the reason, for what is neither a value nor known to be none."""
        plain = text.strip().lower()
        if plain in NOT_KNOWN and not (self.words and plain in self.words):
            return math.nan
        if self.words is not None:
            if plain not in self.words:
                raise ValueError(f"{text!r} is none of {', '.join(sorted(self.words))}")
            return self.words[plain]
        try:
            return self.number(float(plain))
        except ValueError:
            if _is_number(plain):
                raise
            raise ValueError(f"{text!r} is not a number") from None

    def number(self, value: float) -> float:
        """Raises ValueError for a value out of the quantity's range."""
        if math.isnan(value):
            return value
        stored = value * self.factor + self.offset
        if not self.energies and not self.low <= stored <= self.high:
            raise ValueError(f"{value:g} is out of range")
        return stored

    def array(self, values: Floats) -> Floats:
        """Like `number`, with NaN for what is out of range."""
        stored = values * self.factor + self.offset
        within: Floats = np.where((stored >= self.low) & (stored <= self.high), stored, np.nan)
        return within


@dataclass(slots=True, eq=False)
class Day:
    """One UTC day (since 1970) of one wish in stored units: `seconds`, or buckets of `step` seconds."""

    wish: Wish
    day: int
    seconds: Ints | None = None
    step: int = 1
    rolled: Rolled | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """What the other system itself says a counter has counted between two of its readings, s UTC."""

    kwh: float
    since: int
    until: int


@dataclass(slots=True)
class Remarks:
    """What the owner should know of the reading: counts by foreign name and words, and an example of each."""

    counts: dict[tuple[str, str], int] = field(default_factory=dict)
    examples: dict[tuple[str, str], str] = field(default_factory=dict)

    def add(self, name: str, reason: str, example: str = "", n: int = 1) -> None:
        if n:
            key = name, reason
            self.counts[key] = self.counts.get(key, 0) + n
            self.examples.setdefault(key, example)


class Source(Protocol):
    format: str
    remarks: Remarks

    def columns(self) -> list[Foreign]:
        """All that could be wished for."""

    def days(self, wishes: Sequence[Wish]) -> Iterator[Day]:
        """Days with something in them; those of one wish in time order, each once. Starts from the beginning."""

    def told(self, wish: Wish) -> Told | None:
        """What the other system itself says a counter has counted in all; None where it does not."""


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _words(wish: Wish) -> Mapping[str, int] | None:
    """Stored integers by lower-case word; None for a point of numbers."""
    info = wish.info
    if info.boolean:
        known = dict(_BOOLEANS)
    elif info.choices:
        known = {c: k for k, c in enumerate(info.choices)}
    else:
        return None
    for word, ours in wish.values.items():
        if ours.lower() not in known:
            raise UserError(f"{wish.name}: {ours!r} is none of {', '.join(sorted(known))}; correct `values` in the map")
        known[word.lower()] = known[ours.lower()]
    return known
