"""Tesla Energy Gateway: the house's grid, its sun and its battery as a Powerwall's. W, V, A, Wh, Hz, %.

Site + = import, battery + = discharge, solar + = production, load + = consumption. A login opens a session, by a cookie
or a bearer token; without one nothing is told. A real one speaks https only. Source: the gateway's local API as
vloschiavo/powerwall2 and jrester/tesla_powerwall publish it; captures there. It cannot be written: refusing it says
that one has no rights.
"""

import secrets
from collections.abc import Callable
from datetime import UTC, datetime

from ..device import Truth, View
from ..physics.state import Snapshot
from . import parts
from .cookie import cookie
from .device import NOT_FOUND, Asked, HttpDevice, Reply

COOKIE = "AuthCookie"
USERS = ("customer", "installer")
RESERVE_PERCENT = 5.00002
DIN = "1118431-00-L--TG120325001C3D"


class Powerwall(HttpDevice):
    commands = False

    def __init__(self, view: View, password: str) -> None:
        super().__init__("powerwall", view)
        self._password = password
        self._sessions: set[str] = set()

    def answer(self, asked: Asked) -> Reply:
        if asked.path == "/api/login/Basic":
            return self._login(asked.content()) if asked.method == "POST" else NOT_FOUND
        if _token(asked) not in self._sessions:
            return self.refusal(asked)
        told = PAGES.get(asked.path)
        return NOT_FOUND if told is None else Reply(told(self.seen()))

    def refusal(self, asked: Asked) -> Reply:
        error = f"Unable to {asked.method} to resource"
        return Reply({"code": 403, "error": error, "message": "User does not have adequate access rights"}, 403)

    def _login(self, who: dict[str, object]) -> Reply:
        known = secrets.compare_digest(str(who.get("password", "")).encode(), self._password.encode())
        if who.get("username") not in USERS or not known:
            return Reply({"code": 401, "error": "bad credentials", "message": "Login Error"}, 401)
        token = secrets.token_urlsafe(48)
        self._sessions.add(token)
        about = {"email": who.get("email", ""), "firstname": "Tesla", "lastname": "Energy", "roles": ["Home_Owner"]}
        at = datetime.fromtimestamp(self.now.t_ms / 1000, UTC).isoformat()
        body = {**about, "token": token, "provider": "Basic", "loginTime": at}
        return Reply(body, headers={"Set-Cookie": f"{COOKIE}={token}; Path=/; SameSite=Lax"})

    def truth(self) -> Truth:
        return parts.truth(self.now)


def _token(asked: Asked) -> str:
    scheme, _, token = asked.headers.get("authorization", "").partition(" ")
    return token if scheme == "Bearer" else cookie(asked, COOKIE)


def _aggregates(house: Snapshot) -> dict[str, object]:
    unit, grid = house.inverter, house.grid
    return {
        "site": _meter(house, grid.total, grid.export_wh, grid.import_wh, 1),
        "battery": _meter(house, unit.battery_w, unit.discharged_wh, unit.charged_wh, 1),
        "load": _meter(house, parts.load_w(house), 0.0, 24_751_111.1, None),
        "solar": _meter(house, parts.sun_w(unit), parts.sun_wh(unit), 65.5, 1),
    }


def _meter(house: Snapshot, power: float, exported: float, imported: float, meters: int | None) -> dict[str, object]:
    """`exported`: what has flowed the way of production. The load is a sum and has no meters."""
    volts = sum(house.grid.voltage) / 3
    told: dict[str, object] = {
        "last_communication_time": _stamp(house.t_ms),
        "instant_power": power,
        "instant_reactive_power": 0,
        "instant_apparent_power": abs(power),
        "frequency": house.grid.frequency,
        "energy_exported": exported,
        "energy_imported": imported,
        "instant_average_voltage": volts,
        "instant_average_current": power / 3 / volts,
        "i_a_current": 0,
        "i_b_current": 0,
        "i_c_current": 0,
        "last_phase_voltage_communication_time": "0001-01-01T00:00:00Z",
        "last_phase_power_communication_time": "0001-01-01T00:00:00Z",
        "timeout": 1_500_000_000,
        "instant_total_current": power / volts,
    }
    return told if meters is None else {**told, "num_meters_aggregated": meters}


def _site(house: Snapshot) -> list[object]:
    """The one meter at the grid, with its clamps; of one that has several the sum alone would mean something."""
    grid = house.grid
    phases: dict[str, object] = {}
    for letter, n, watts, volts in zip("abc", (1, 2, 3), grid.power, grid.voltage, strict=True):
        phases |= {f"real_power_{letter}": watts, f"v_l{n}n": volts}
    readings = {**_meter(house, grid.total, grid.export_wh, grid.import_wh, None), **phases}
    return [{"id": 0, "location": "site", "type": "synchrometerX", "cts": [True] * 3, "Cached_readings": readings}]


def _stamp(t_ms: int) -> str:
    """RFC 3339 with nanoseconds, in the zone of the gateway."""
    return f"{datetime.fromtimestamp(t_ms // 1000, UTC):%Y-%m-%dT%H:%M:%S}.{t_ms % 1000:03}990165+00:00"


def _system(house: Snapshot) -> dict[str, object]:
    unit = house.inverter
    stored = round(unit.capacity_wh * unit.soc / 100)
    block = {"nominal_energy_remaining": stored, "nominal_full_pack_energy": round(unit.capacity_wh)}
    inside = {"Type": "", "PackagePartNumber": "2012170-25-E", "PackageSerialNumber": "TG1203250A1B2C"}
    shown = {
        "p_out": round(unit.battery_w),
        "q_out": 0,
        "v_out": 2 * house.grid.voltage[0],
        "f_out": house.grid.frequency,
    }
    return {
        "command_source": "Configuration",
        "battery_target_power": unit.battery_w,
        "available_blocks": 1,
        **block,
        "battery_blocks": [{**inside, **block, **shown, "pinv_state": "PINV_GridFollowing", "backup_ready": True}],
        "system_island_state": "SystemGridConnected",
        "grid_faults": [],
    }


def _status(_: Snapshot) -> dict[str, object]:
    version = {"version": "23.44.0 eb113390", "git_hash": "eb113390162784c4a7ea9a2a4a4d2a7a2f1a4b4c"}
    started = {"start_time": "2023-12-01 08:14:11 +0100", "up_time_seconds": "17h11m31.214751424s"}
    return {
        "din": DIN,
        **started,
        "is_new": False,
        **version,
        "device_type": "teg",
        "commission_count": 0,
        "sync_type": "v2.1",
    }


PAGES: dict[str, Callable[[Snapshot], object]] = {
    "/api/meters/aggregates": _aggregates,
    "/api/meters/site": _site,
    "/api/system_status/soe": lambda house: {"percentage": house.inverter.soc},
    "/api/system_status/grid_status": lambda _: {"grid_status": "SystemGridConnected", "grid_services_active": False},
    "/api/system_status": _system,
    "/api/operation": lambda _: {"real_mode": "self_consumption", "backup_reserve_percent": RESERVE_PERCENT},
    "/api/status": _status,
}
