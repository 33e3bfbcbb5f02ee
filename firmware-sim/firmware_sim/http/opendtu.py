"""OpenDTU with one Hoymiles HMT-1800-4T on three phases: /api/livedata/status, /api/limit/status and /api/limit/config.

W, V, A, var, Hz, Wh of the day, kWh in all; power + = production. Everybody may read; a limit takes HTTP basic, user
admin. The inverter keeps its limit as tenths of a percent of its rated power, and hears of it by radio, a little later.
Source: opendtu.solar, "Web API"; tbnobody/OpenDTU: WebApi_limit and WebApi_ws_live, HMT_4CH.
"""

import base64
import json
import secrets
from dataclasses import dataclass
from math import sqrt
from urllib.parse import parse_qs

from ..device import Truth, View
from ..physics.added import MICRO_W, OPENDTU
from ..physics.state import InverterState, MeterState, Snapshot
from ..physics.world import World
from .device import NOT_FOUND, WEB, Asked, HttpDevice, Reply, Service

SERIAL = "136171603546"
USER = "admin"
LARGEST_LIMIT = 2250
ABSOLUTE, RELATIVE = (0, 256), (1, 257)
"""`limit_type`: until the inverter restarts, and for ever"""
SAVED, NO_VALUE, NO_JSON, MISSING, NO_SERIAL, BAD_LIMIT, BAD_TYPE, NO_INVERTER = (
    1001, 1002, 1004, 1005, 5001, 5002, 5003, 5004,
)  # fmt: skip
PANEL_V = 33.5


@dataclass(frozen=True, slots=True)
class Wrong:
    """Why a limit is not taken: what the page says."""

    message: str
    code: int


class OpenDtu(HttpDevice):
    def __init__(self, view: View, password: str) -> None:
        super().__init__(OPENDTU, view)
        self._password = password
        self._morning_wh = view.snapshot.inverters[OPENDTU].injected_wh
        self._wanted = self._limit = 1000
        """tenths of a percent: what was last sent, and what the inverter has"""

    def answer(self, asked: Asked) -> Reply:
        match asked.path:
            case "/api/livedata/status":
                return Reply(self._live(asked.query.get("inv")))
            case "/api/limit/status":
                return Reply({SERIAL: self._limits()})
            case "/api/limit/config" if asked.method == "POST":
                return self._configure(asked) if self._knows(asked) else _login(asked)
        return NOT_FOUND

    def services(self) -> tuple[Service, ...]:
        """As tbnobody/OpenDTU does it, NetworkSettings.cpp."""
        name = "OpenDTU-7F3A21"
        return Service(WEB, name), Service("_opendtu._tcp.local.", name, {"git_hash": "v24.10.15"})

    def refusal(self, asked: Asked) -> Reply:
        return _said(Wrong("Invalid inverter specified!", NO_INVERTER))

    def _knows(self, asked: Asked) -> bool:
        proof = b"Basic " + base64.b64encode(f"{USER}:{self._password}".encode())
        return secrets.compare_digest(asked.headers.get("authorization", "").encode(), proof)

    def _configure(self, asked: Asked) -> Reply:
        found = _form(asked.body)
        wanted = found if isinstance(found, Wrong) else _tenths(found)
        if isinstance(wanted, Wrong):
            return _said(wanted)

        def change() -> None:
            self._wanted = wanted

        self.carry_out(change)
        return Reply({"type": "success", "message": "Settings saved!", "code": SAVED})

    def _limits(self) -> dict[str, object]:
        status = "Ok" if self._wanted == self._limit else "Pending"
        return {"limit_relative": self._limit / 10, "max_power": round(MICRO_W), "limit_set_status": status}

    def _live(self, serial: str | None) -> dict[str, object]:
        """The figures of the inverter that is asked for; of all, only how they are."""
        house = self.seen()
        unit = house.inverters[OPENDTU]
        row = self._state(house)
        if serial == SERIAL:
            row |= {
                "AC": {"0": _ac(unit, house.grid)},
                "DC": self._dc(unit),
                "INV": {"0": self._inv(unit)},
                "events": 3,
            }
        total = {
            "Power": _figure(unit.ac_w, "W", 1),
            "YieldDay": _figure(self._day_wh(unit), "Wh", 0),
            "YieldTotal": _figure(unit.injected_wh / 1000, "kWh", 3),
        }
        hints = {"time_sync": False, "radio_problem": False, "default_password": False}
        return {"inverters": [row] if serial in (None, SERIAL) else [], "total": total, "hints": hints}

    def _state(self, house: Snapshot) -> dict[str, object]:
        return {
            "serial": SERIAL,
            "name": "Carport",
            "order": 0,
            "data_age": (self.now.t_ms - house.t_ms) // 1000,
            "poll_enabled": True,
            "reachable": True,
            "producing": house.inverters[OPENDTU].ac_w > 0,
            "limit_relative": self._limit / 10,
            "limit_absolute": round(self._limit_w, 1),
        }

    def _dc(self, unit: InverterState) -> dict[str, object]:
        """Two panels at each of its two trackers."""
        return {
            str(n): {
                "name": {"u": f"Panel {n + 1}"},
                "Power": _figure(unit.pv_w[n // 2] / 2, "W", 1),
                "Voltage": _figure(PANEL_V, "V", 1),
                "Current": _figure(unit.pv_w[n // 2] / 2 / PANEL_V, "A", 2),
                "YieldDay": _figure(self._day_wh(unit) / 4, "Wh", 0),
                "YieldTotal": _figure(unit.injected_wh / 4000, "kWh", 3),
            }
            for n in range(4)
        }

    def _inv(self, unit: InverterState) -> dict[str, object]:
        return {
            "Temperature": _figure(unit.temperature, "°C", 1),
            "Power DC": _figure(sum(unit.pv_w), "W", 1),
            "YieldDay": _figure(self._day_wh(unit), "Wh", 0),
            "YieldTotal": _figure(unit.injected_wh / 1000, "kWh", 3),
            "Efficiency": _figure(100 * unit.ac_w / sum(unit.pv_w) if unit.ac_w else 0.0, "%", 3),
        }

    def _day_wh(self, unit: InverterState) -> float:
        return unit.injected_wh - self._morning_wh

    @property
    def _limit_w(self) -> float:
        return self._limit * MICRO_W / 1000

    def drive(self, world: World) -> None:
        self._limit = self._wanted
        world.inverters[OPENDTU].orders.ac_limit_w = self._limit_w

    def truth(self) -> Truth:
        unit = self.now.inverters[OPENDTU]
        return {
            "power": unit.ac_w,
            "pv_power": sum(unit.pv_w),
            "power_limit": self._limit_w,
            "curtailed": unit.curtailed,
            "energy_wh": unit.injected_wh,
        }


def _login(asked: Asked) -> Reply:
    """Pages of its own, which send `X-Requested-With`, are not made to show the browser's window."""
    asking = {"WWW-Authenticate": 'Basic realm="Login Required"'}
    return Reply("", 401, {} if "x-requested-with" in asked.headers else asking)


def _said(wrong: Wrong) -> Reply:
    return Reply({"type": "warning", "message": wrong.message, "code": wrong.code})


def _form(body: bytes) -> dict[str, object] | Wrong:
    """JSON in the field `data` of a form."""
    texts = parse_qs(body.decode(errors="replace")).get("data")
    if not texts:
        return Wrong("No values found!", NO_VALUE)
    try:
        found = json.loads(texts[0])
    except ValueError:
        return Wrong("Failed to parse data!", NO_JSON)
    if not isinstance(found, dict) or not {"serial", "limit_value", "limit_type"} <= found.keys():
        return Wrong("Values are missing!", MISSING)
    return found


def _tenths(found: dict[str, object]) -> int | Wrong:
    """Tenths of a percent, which is all the inverter is told."""
    serial, value, kind = str(found["serial"]), found["limit_value"], found["limit_type"]
    if not serial.strip("0"):
        return Wrong("Serial must be a number > 0!", NO_SERIAL)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= LARGEST_LIMIT:
        return Wrong(f"Limit must between 0 and {LARGEST_LIMIT}!", BAD_LIMIT)
    if kind not in ABSOLUTE + RELATIVE:
        return Wrong("Invalid type specified!", BAD_TYPE)
    if serial != SERIAL:
        return Wrong("Invalid inverter specified!", NO_INVERTER)
    return min(round(10 * value if kind in RELATIVE else 1000 * value / MICRO_W), 1000)


def _ac(unit: InverterState, grid: MeterState) -> dict[str, object]:
    """`Voltage` is that between L1 and L2, `Current` that of L1."""
    volts, amps = grid.voltage, [unit.ac_w / 3 / volt for volt in grid.voltage]
    told: dict[str, object] = {
        "Power": _figure(unit.ac_w, "W", 1),
        "Voltage": _figure(_between(volts[0], volts[1]), "V", 1),
        "Current": _figure(amps[0], "A", 2),
        "Frequency": _figure(grid.frequency, "Hz", 2),
        "PowerFactor": _figure(1.0 if unit.ac_w else 0.0, "", 3),
        "ReactivePower": _figure(0.0, "var", 1),
    }
    for n in (0, 1, 2):
        after = (n + 1) % 3
        told |= {
            f"Voltage Ph{n + 1}-N": _figure(volts[n], "V", 1),
            f"Voltage Ph{n + 1}-Ph{after + 1}": _figure(_between(volts[n], volts[after]), "V", 1),
            f"Current Ph{n + 1}": _figure(amps[n], "A", 2),
        }
    return told


def _between(one: float, other: float) -> float:
    """V between two phases, a third of a turn apart."""
    return sqrt(one * one + other * other + one * other)


def _figure(value: float, unit: str, digits: int) -> dict[str, object]:
    return {"v": round(value, digits), "u": unit, "d": digits}
