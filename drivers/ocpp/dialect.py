"""What 1.6 and 2.x have two words for: settings, triggers, starting and stopping, limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from drivers.ocpp.exchange import Exchange
from drivers.ocpp.profile import AMPERE, WATT, Limit

Message: TypeAlias = tuple[str, Mapping[str, Any]]

INTERVALS_S = (5, 10, 15, 30, 60)
"""How often a charging car is metered: the shortest that the charger takes."""
HEARTBEAT_S = 60
MEASURANDS = (
    "Energy.Active.Import.Register,Power.Active.Import,Current.Import,Voltage,SoC",
    "Energy.Active.Import.Register,Power.Active.Import,Current.Import,Voltage",
    "Energy.Active.Import.Register,Power.Active.Import,Current.Import",
    "Energy.Active.Import.Register,Power.Active.Import",
    "Energy.Active.Import.Register,Current.Import",
)


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a charger can, by its own word; what it does not say is tried.

    `units`: of limits, the first is used. `periods`: in one profile. `switches_phases`: between one and three.
    """

    smart: bool = True
    units: tuple[str, ...] = (AMPERE, WATT)
    stack_level: int = 0
    periods: int = 2
    switches_phases: bool = False


class Dialect(Protocol):
    """One version's words. What is asked of the charger raises NoAnswer or Refused."""

    async def learn(self, exchange: Exchange) -> Abilities:
        """Asks what the charger can, and has it meter often enough."""

    def limit(self, limit: Limit) -> Message: ...

    def in_force(self, connector: int, unit: str) -> Message:
        """Asks for the limit that all profiles together make."""

    def trigger(self, message: str, connector: int) -> Message:
        """Asks for a message."""

    def start(self, connector: int, tag: str, number: int) -> Message: ...

    def stop(self, transaction: str) -> Message: ...

    def restart(self, hard: bool) -> Message:
        """Restarts the whole charger: softly when nothing runs, or hard and at once."""


def units(told: str) -> tuple[str, ...]:
    """`Current,Power` (1.6) or `A,W` (2.x) as units of limits; everything when nothing is understood."""
    words = {w.strip().lower() for w in told.split(",")}
    found = [u for u, names in ((AMPERE, ("current", "a")), (WATT, ("power", "w"))) if words & set(names)]
    return tuple(found) or (AMPERE, WATT)


def whole(told: str | None, default: int) -> int:
    return int(told) if told is not None and told.strip().isdecimal() and len(told) < 9 else default


def true(told: str | None) -> bool:
    return told is not None and told.strip().lower() in ("true", "1")


def has_all(told: str | None, wanted: str) -> bool:
    """Whether a list of measurands has all that are wanted."""
    return {w.strip() for w in wanted.split(",")} <= {w.strip() for w in (told or "").split(",")}
