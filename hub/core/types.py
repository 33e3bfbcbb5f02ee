"""What the core is given, what it remembers, and what it hands on. All frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TypeGuard

from hub.core.house import House
from hub.model import Reason, Request, Source, Value

VOLT = 230.0
MOST = 1e12


def is_number(value: Value | None) -> TypeGuard[float]:
    """Whether the core may calculate with it."""
    return value is not None and not isinstance(value, str) and abs(value) < MOST


@dataclass(frozen=True, slots=True)
class Inputs:
    """One moment: `t` UTC ms; `values` by point id in base units, a stale or invalid point is absent.

    `requests` are the leases in force; `intents` the modes people chose (`wallbox.mode` -> "solar").
    `looked_at`: the points that were asked for, in their order, so that a decision can name what it was made on.
    """

    t: int
    house: House
    values: Mapping[str, Value]
    requests: tuple[Request, ...] = ()
    intents: Mapping[str, str] = field(default_factory=dict)
    looked_at: dict[str, None] = field(default_factory=dict, compare=False)

    def anew(self) -> Inputs:
        """The same moment, with nothing looked at yet."""
        return replace(self, looked_at={})

    def number(self, point: str) -> float | None:
        """The reading; None when there is none or it is no number that a house can have (NaN, inf, 1e300)."""
        self.looked_at[point] = None
        value = self.values.get(point)
        return float(value) if is_number(value) else None


@dataclass(frozen=True, slots=True)
class ChargerMemory:
    """`limit_a` last decided; `enough_s`/`short_s`: how long surplus has been above / below the minimum."""

    limit_a: float = 0.0
    enough_s: float = 0.0
    short_s: float = 0.0


@dataclass(frozen=True, slots=True)
class State:
    """All that the core remembers from one step to the next."""

    t: int = 0
    chargers: Mapping[str, ChargerMemory] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Wish:
    """What one party wants a point to be, before the envelope."""

    point: str
    value: Value
    source: Source
    reason: Reason
    request: str = ""
