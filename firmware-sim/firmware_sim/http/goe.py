"""go-e charger, its local interface v2: /api/status?filter=..., /api/set?key=value. W, V, A, Wh.

It hangs with its first conductor on L2. Source: goecharger/go-eCharger-API-v2: http-en.md and apikeys-en.md.
"""

import json
from collections.abc import Callable

from ..device import Truth, View
from ..physics.added import GOE
from ..physics.state import EvseState, Snapshot
from ..physics.world import World
from .device import NOT_FOUND, WEB, Asked, HttpDevice, Refused, Reply, Service

IDLE, CHARGING, WAITS, COMPLETE = 1, 2, 3, 4
NEUTRAL, OFF, ON = 0, 1, 2
ONE_PHASE, THREE_PHASES = 1, 2
FULL_SOC = 99.9
SERIAL = "208532"
ALLOWED: dict[str, Callable[[int], bool]] = {
    "amp": lambda value: 6 <= value <= 16,
    "frc": lambda value: value in (NEUTRAL, OFF, ON),
    "psm": lambda value: value in (0, ONE_PHASE, THREE_PHASES),
}


class Goe(HttpDevice):
    def __init__(self, view: View) -> None:
        super().__init__(GOE, view)
        self._set = {"amp": 16, "frc": NEUTRAL, "psm": THREE_PHASES}

    def answer(self, asked: Asked) -> Reply:
        match asked.path.rstrip("/"):
            case "/api/status":
                return Reply(self._status(asked.query.get("filter")))
            case "/api/set":
                return Reply({key: self._put(key, text) for key, text in asked.query.items()})
        return NOT_FOUND

    def services(self) -> tuple[Service, ...]:
        """Its page, under the name that it has in the network."""
        return (Service(WEB, f"go-eCharger_{SERIAL}"),)

    def _put(self, key: str, text: str) -> bool | str:
        """True, or why not."""
        try:
            value = json.loads(text)
        except ValueError:
            return "value is no JSON"
        if key not in ALLOWED:
            return "unknown or read-only key"
        if isinstance(value, bool) or not isinstance(value, int) or not ALLOWED[key](value):
            return "value out of range"
        try:
            self.carry_out(lambda: self._set.update({key: value}))
        except Refused:
            return "not allowed"
        return True

    def _status(self, wanted: str | None) -> dict[str, object]:
        keys = self._keys(self.seen())
        return keys if wanted is None else {key: keys[key] for key in wanted.split(",") if key in keys}

    def _keys(self, house: Snapshot) -> dict[str, object]:
        evse = house.evses[GOE]
        return {
            **self._set,
            "acu": self._set["amp"] if evse.charging else None,
            "alw": self._set["frc"] != OFF,
            "ama": 16,
            "car": _car(evse),
            "cbl": 20 if evse.present else None,
            "cus": 3 if evse.present else 1,
            "err": 0,
            "eto": round(evse.total_wh),
            "fhz": round(house.grid.frequency, 3),
            "fna": self.name,
            "fwv": "057.1",
            "lmo": 3,
            "mca": 6,
            "modelStatus": 2 if self._set["frc"] == OFF else 3,
            "nrg": _energies(evse, house),
            "pnp": evse.phases if evse.charging else 0,
            "rssi": -61,
            "sse": SERIAL,
            "tma": [23.5, 27.25],
            "typ": "go-eCharger_V4",
            "var": 11,
            "wh": round(evse.session_wh, 2),
        }

    def drive(self, world: World) -> None:
        evse = world.evses[GOE]
        evse.limit_a = self._set["amp"]
        evse.enabled = self._set["frc"] != OFF
        evse.phases = 1 if self._set["psm"] == ONE_PHASE else 3

    def truth(self) -> Truth:
        evse = self.now.evses[GOE]
        return {
            "power": evse.power_w,
            "current_l": evse.current,
            "current_limit": float(self._set["amp"]),
            "enabled": self._set["frc"] != OFF,
            "connected": evse.present,
            "charging": evse.charging,
            "phases": evse.phases,
            "energy_wh": evse.total_wh,
            "session_wh": evse.session_wh,
            "ev_soc": evse.soc,
        }


def _car(evse: EvseState) -> int:
    if not evse.present:
        return IDLE
    if evse.charging:
        return CHARGING
    return COMPLETE if evse.soc >= FULL_SOC else WAITS


def _energies(evse: EvseState, house: Snapshot) -> list[float]:
    """`nrg`: V of L1 L2 L3 N, A, W of L1 L2 L3 N and all, power factors in %. L1 is the charger's own first one."""
    volts = [house.grid.voltage[n] for n in (1, 2, 0)]
    watts = [volt * amp for volt, amp in zip(volts, evse.current, strict=True)]
    factors = [99 if watt else 0 for watt in watts]
    told = [*volts, 0, *evse.current, *watts, 0, evse.power_w]
    return [*(round(value, 2) for value in told), *factors, 0]
