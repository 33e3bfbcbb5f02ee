"""The charging profile that holds a limit, in the forms of 1.6 and 2.x (source: OCPP 1.6 section 3.13, 2.0.1 part 2 K).

A limit that must lapse has a second period: when nobody has renewed it after `watchdog_s`, the safe limit begins. So
it needs no other profile below it, and a charger that has lost the hub goes on at the safe limit.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from drivers.ocpp.options import DEFAULT_PROFILE, TX_PROFILE

AMPERE, WATT = "A", "W"
_VOLT = 230.0
_EARLIER_S = 60
"""A schedule begins so long before now, for a charger whose clock is a little behind."""
_IDS = {DEFAULT_PROFILE: 7000, TX_PROFILE: 7100}


@dataclass(frozen=True, slots=True)
class Limit:
    """`amps` per phase over `phases`, sent in `unit`; `choose_phases`: the charger is told how many it may use.

    `start`: when, UTC ms by the charger's clock. `transaction`: of a TxProfile, as the charger writes it. `periods`:
    how many the charger takes; with only one, a limit that lapses gives way to what the charger has of its own.
    """

    connector: int
    amps: float
    phases: int
    start: int
    purpose: str = DEFAULT_PROFILE
    unit: str = AMPERE
    stack_level: int = 0
    choose_phases: bool = False
    transaction: str = ""
    watchdog_s: int = 0
    safe_a: float = 0.0
    periods: int = 2


def v16(limit: Limit) -> dict[str, Any]:
    """The payload of SetChargingProfile."""
    profile: dict[str, Any] = {
        "chargingProfileId": _IDS[limit.purpose] + limit.connector,
        **_common(limit),
        "chargingSchedule": _schedule(limit),
    }
    if limit.transaction:
        profile["transactionId"] = int(limit.transaction)
    return {"connectorId": limit.connector, "csChargingProfiles": profile}


def v2(limit: Limit) -> dict[str, Any]:
    """The payload of SetChargingProfile."""
    profile: dict[str, Any] = {
        "id": _IDS[limit.purpose] + limit.connector,
        **_common(limit),
        "chargingSchedule": [{"id": 1, **_schedule(limit)}],
    }
    if limit.transaction:
        profile["transactionId"] = limit.transaction
    return {"evseId": limit.connector, "chargingProfile": profile}


def written(at: int) -> str:
    """UTC ms as the protocol writes a time."""
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _common(limit: Limit) -> dict[str, Any]:
    return {"stackLevel": limit.stack_level, "chargingProfilePurpose": limit.purpose, "chargingProfileKind": "Absolute"}


def _schedule(limit: Limit) -> dict[str, Any]:
    periods, lapses = [_period(limit, 0, limit.amps)], _EARLIER_S + limit.watchdog_s
    if limit.watchdog_s and limit.periods > 1:
        periods.append(_period(limit, lapses, limit.safe_a))
    return {
        **({"duration": lapses} if limit.watchdog_s and limit.periods < 2 else {}),
        "startSchedule": written(limit.start - _EARLIER_S * 1000),
        "chargingRateUnit": limit.unit,
        "chargingSchedulePeriod": periods,
    }


def _period(limit: Limit, start: int, amps: float) -> dict[str, Any]:
    value = amps if limit.unit == AMPERE else amps * _VOLT * limit.phases
    period: dict[str, Any] = {"startPeriod": start, "limit": round(value, 1)}
    return period | {"numberPhases": limit.phases} if limit.choose_phases else period
