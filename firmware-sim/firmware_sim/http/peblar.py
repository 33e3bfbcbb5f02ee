"""Peblar charger, its local REST API /api/wlac/v1: meter, evinterface, system, health. mA, W, V, Wh, whole numbers.

The token is the header `Authorization` as it is. A limit below 6 A pauses. It hangs with its first conductor on L3.
Source: developer.peblar.com, "Local REST API"; captures in the tests of frenck/python-peblar.
"""

import secrets

from ..device import Truth, View
from ..physics.added import PEBLAR
from ..physics.state import EvseState
from ..physics.world import World
from .device import NOT_FOUND, WEB, Asked, HttpDevice, Reply, Service

SERIAL, HOST, VERSION = "24-01-ABC-DEF", "PBLR-0004711", "1.6.1+1+WL-1"
BASE = "/api/wlac/v1/"
HARDWARE_MA = 16_000
LARGEST_MA = 32_000
BAD_REQUEST = Reply("Bad Request", 400)


class Peblar(HttpDevice):
    """Its car waits: the limit that somebody has left there is 0."""

    def __init__(self, view: View, token: str) -> None:
        super().__init__(PEBLAR, view)
        self._token = token
        self._limit_ma = 0
        self._one_phase = False

    def answer(self, asked: Asked) -> Reply:
        if not asked.path.startswith(BASE):
            return NOT_FOUND
        if not secrets.compare_digest(asked.headers.get("authorization", "").encode(), self._token.encode()):
            return Reply("Unauthorized", 401)
        what = asked.path.removeprefix(BASE)
        if asked.method == "PATCH" and what == "evinterface":
            return self._patch(asked.content())
        told = {"health": self._health, "system": self._system, "meter": self._meter, "evinterface": self._interface}
        return Reply(told[what]()) if asked.method == "GET" and what in told else NOT_FOUND

    def services(self) -> tuple[Service, ...]:
        """As the tests of home-assistant/core's peblar have seen it."""
        return (Service(WEB, HOST, {"sn": SERIAL, "version": VERSION}),)

    def _patch(self, wanted: dict[str, object]) -> Reply:
        """All of it or nothing."""
        limit, one_phase = wanted.get("ChargeCurrentLimit", self._limit_ma), wanted.get("Force1Phase", self._one_phase)
        if not wanted or wanted.keys() - {"ChargeCurrentLimit", "Force1Phase"} or not isinstance(one_phase, bool):
            return BAD_REQUEST
        if isinstance(limit, bool) or not isinstance(limit, int) or not 0 <= limit <= LARGEST_MA:
            return BAD_REQUEST

        def change() -> None:
            self._limit_ma, self._one_phase = limit, one_phase

        self.carry_out(change)
        return Reply("")

    def _interface(self) -> dict[str, object]:
        return {
            "ChargeCurrentLimit": self._limit_ma,
            "ChargeCurrentLimitActual": min(self._limit_ma, HARDWARE_MA),
            "ChargeCurrentLimitSource": "Hardware limitation" if self._limit_ma > HARDWARE_MA else "Local REST API",
            "CpState": f"State {_letter(self.seen().evses[PEBLAR])}",
            "Force1Phase": self._one_phase,
        }

    def _system(self) -> dict[str, object]:
        return {
            "ActiveErrorCodes": [],
            "ActiveWarningCodes": [],
            "CellularSignalStrength": None,
            "FirmwareVersion": VERSION,
            "Force1PhaseAllowed": True,
            "PhaseCount": 3,
            "ProductPn": "6004-0000-0001",
            "ProductSn": SERIAL,
            "Uptime": 322_094,
            "WlanSignalStrength": -48,
        }

    def _health(self) -> dict[str, object]:
        return {"AccessMode": "ReadWrite", "ApiVersion": "1.0"}

    def _meter(self) -> dict[str, object]:
        house = self.seen()
        evse = house.evses[PEBLAR]
        volts = [house.grid.voltage[n] for n in (2, 0, 1)]
        told: dict[str, object] = {
            "EnergySession": round(evse.session_wh),
            "EnergyTotal": round(evse.total_wh),
            "PowerTotal": round(evse.power_w),
        }
        for n in (0, 1, 2):
            told |= {
                f"CurrentPhase{n + 1}": round(1000 * evse.current[n]),
                f"PowerPhase{n + 1}": round(volts[n] * evse.current[n]),
                f"VoltagePhase{n + 1}": round(volts[n]),
            }
        return told

    def drive(self, world: World) -> None:
        evse = world.evses[PEBLAR]
        evse.limit_a = min(self._limit_ma, HARDWARE_MA) / 1000
        evse.phases = 1 if self._one_phase else 3

    def truth(self) -> Truth:
        evse = self.now.evses[PEBLAR]
        return {
            "power": evse.power_w,
            "current_l": evse.current,
            "current_limit": self._limit_ma / 1000,
            "connected": evse.present,
            "charging": evse.charging,
            "phases": evse.phases,
            "energy_wh": evse.total_wh,
            "session_wh": evse.session_wh,
            "ev_soc": evse.soc,
        }


def _letter(evse: EvseState) -> str:
    """After IEC 61851-1."""
    if not evse.present:
        return "A"
    return "C" if evse.charging else "B"
