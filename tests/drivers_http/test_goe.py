"""go-e chargers. There is no capture: all answers are hand-shaped after go-eCharger-API-v2 and -v1."""

from __future__ import annotations

import asyncio

import orjson
import pytest
from aiohttp import web

from drivers.http.ask import Ask
from drivers.http.goe import Goe, decode, make
from drivers.json.options import Options
from hub.errors import Refused
from hub.model import Role, Value
from tests.codec_fuzz import run
from tests.drivers_http.peer import app_of, running, spec, wish

V2 = {"car": 2, "alw": True, "amp": 16, "ama": 16, "frc": 0, "psm": 2, "err": 0, "eto": 1234567, "wh": 4321.5,
      "cbl": 20, "cus": 3, "pnp": 3, "acu": 16, "mca": 6, "lmo": 3, "tma": [30.5, 31.0], "rssi": -61,
      "nrg": [230.1, 231.2, 229.9, 2, 15.9, 15.8, 15.7, 3650.5, 3640.0, 3610.0, 0, 10900.5, 99, 99, 98, 0]}  # fmt: skip
V2_POINTS: dict[str, Value] = {
    "charger.voltage_l1": 230.1,
    "charger.voltage_l2": 231.2,
    "charger.voltage_l3": 229.9,
    "charger.current_l1": 15.9,
    "charger.current_l2": 15.8,
    "charger.current_l3": 15.7,
    "charger.power_l1": 3650.5,
    "charger.power_l2": 3640.0,
    "charger.power_l3": 3610.0,
    "charger.power": 10900.5,
    "charger.energy": 1234567,
    "charger.session_energy": 4321.5,
    "charger.current_limit": 16,
    "charger.phases": 3,
    "charger.status": "charging",
    "charger.connected": True,
    "charger.error_code": 0,
}
V1 = {"version": "B", "car": "2", "amp": "10", "amx": "13", "ama": "16", "err": "0", "alw": "1", "cbl": "32",
      "tmp": "30", "dws": "360000", "eto": "12345", "fwv": "041.0", "sse": "000815", "wke": "secret", "stp": "0",
      "nrg": [231, 230, 229, 0, 130, 131, 0, 30, 30, 0, 0, 601, 99, 99, 0, 0]}  # fmt: skip
V1_POINTS: dict[str, Value] = {
    "charger.voltage_l1": 231,
    "charger.voltage_l2": 230,
    "charger.voltage_l3": 229,
    "charger.current_l1": 13.0,
    "charger.current_l2": 13.1,
    "charger.current_l3": 0,
    "charger.power_l1": 3000,
    "charger.power_l2": 3000,
    "charger.power_l3": 0,
    "charger.power": 6010,
    "charger.energy": 1234500,
    "charger.session_energy": 1000,
    "charger.current_limit": 13,
    "charger.status": "charging",
    "charger.connected": True,
    "charger.error_code": 0,
}


def points(found: object) -> dict[str, Value]:
    return dict(decode(orjson.dumps(found)).messages[0].points)


def test_both_interfaces() -> None:
    assert points(V2) == pytest.approx(V2_POINTS)
    assert points(V1) == pytest.approx(V1_POINTS)


def test_the_makers_cloud_puts_the_status_into_data() -> None:
    """go-eCharger-API-v1, "Return Format"."""
    assert points({"success": True, "age": 347, "data": V1}) == pytest.approx(V1_POINTS)
    capture = decode(orjson.dumps({"success": False, "error": "wrong token"}))
    assert not capture.messages and "wrong token" in capture.rejected[0].reason


@pytest.mark.parametrize(
    ("pha", "volts", "watts"), [("8", 235, 2300), ("56", 2, 0), ("9", 235, 2300), (None, 2, 0)], ids=str
)
def test_v1_finds_a_single_phase_that_is_wired_to_n(pha: str | None, volts: float, watts: float) -> None:
    """go-eCharger-API-v1, "App logic" at `nrg`: `pha` / 8 is 1 with one phase before the contactor."""
    found = V1 | {"pha": pha, "nrg": [2, 0, 0, 235, 100, 0, 0, 0, 0, 0, 23, 230, 0, 0, 0, 99]}
    told = points(found)
    assert (told["charger.voltage_l1"], told["charger.power_l1"]) == (volts, watts)
    assert (told["charger.power"], told["charger.current_l1"]) == (2300, 10)


def test_readings_are_in_base_units_and_hold_no_secret() -> None:
    message = decode(orjson.dumps(V1)).messages[0]
    readings = {r.code: (r.value, r.unit) for r in message.readings}
    assert readings["eto"] == (1234500, "Wh") and readings["nrg[11]"] == (6010, "W") and "wke" not in readings
    assert (message.device["serial"], message.device["firmware"]) == ("000815", "041.0")


STATES: list[tuple[dict[str, object], str, bool | None, float | None]] = [
    ({"car": 1}, "no_vehicle", False, 16),
    ({"car": 3}, "ready", True, 16),
    ({"car": 4}, "full", True, 16),
    ({"car": 4, "frc": 1}, "paused", True, 0),
    ({"car": 3, "alw": False}, "paused", True, 16),
    ({"car": 2, "err": 3}, "fault", True, 16),
    ({"car": 5}, "fault", None, 16),
    ({"car": 0}, "unknown", None, 16),
    ({"car": 99}, "unknown", None, 16),
]


@pytest.mark.parametrize(("change", "status", "connected", "limit"), STATES)
def test_the_state_of_the_car(
    change: dict[str, object], status: str, connected: bool | None, limit: float | None
) -> None:
    found = points({**V2, **change})
    assert (found["charger.status"], found.get("charger.connected"), found.get("charger.current_limit")) == (
        status,
        connected,
        limit,
    )


def test_what_the_charger_decides_itself_is_no_number_of_phases() -> None:
    assert "charger.phases" not in points({**V2, "psm": 0})
    assert points({**V2, "psm": 1})["charger.phases"] == 1


@pytest.mark.parametrize("data", [b"", b"[]", b'{"a": 1}', b"\xff", b"[" * 100_000])
def test_what_is_no_answer_is_rejected(data: bytes) -> None:
    assert decode(data).rejected[0].reason


def test_damaged_answers_raise_nothing() -> None:
    assert run(decode, [orjson.dumps(V1), orjson.dumps(V2)], 4_000) > 400


def goe(api: str = "v2", max_a: float = 32) -> Goe:
    kind = make(Options(spec("box", Role.CHARGER, api=api, max_a=max_a)))
    kind.read("status", orjson.dumps(V1 if api == "v1" else V2))
    return kind


WRITES = [
    ("v2", "current_limit", 10, ["/api/set?amp=10&frc=2"]),
    ("v2", "current_limit", 0, ["/api/set?frc=1"]),
    ("v2", "phases", 1, ["/api/set?psm=1"]),
    ("v2", "phases", 3, ["/api/set?psm=2"]),
    ("v1", "current_limit", 10, ["/mqtt?payload=amx=10", "/mqtt?payload=alw=1"]),
    ("v1", "current_limit", 0, ["/mqtt?payload=alw=0"]),
]


@pytest.mark.parametrize(("api", "quantity", "value", "paths"), WRITES)
def test_what_is_sent(api: str, quantity: str, value: Value, paths: list[str]) -> None:
    written = goe(api).write("charger", quantity, value)
    assert [ask.path for ask in ((written,) if isinstance(written, Ask) else written)] == paths


def test_what_cannot_be_set_is_refused() -> None:
    for api, quantity, value in (("v2", "current_limit", 3), ("v2", "current_limit", 17), ("v2", "phases", 2),
                                 ("v1", "phases", 1), ("v2", "power", 5), ("v2", "current_limit", "x")):  # fmt: skip
        with pytest.raises(Refused):
            goe(api).write("charger", quantity, value)
    ask = Ask("write", "/api/set?amp=9")
    goe().taken(ask, b'{"amp": true, "frc": true}')
    for answer in (b'{"amp": "value not allowed"}', b"", b"[]"):
        with pytest.raises(Refused):
            goe().taken(ask, answer)
    goe("v1").taken(ask, orjson.dumps(V1))


def test_the_smaller_of_line_and_charger_is_the_most() -> None:
    limit = goe(max_a=13).commands("box", "charger")[0]
    assert (limit.low, limit.high) == (6, 13)
    assert goe().commands("box", "charger")[0].high == 16
    assert [c.point for c in goe("v1").commands("box", "charger")] == ["box.current_limit"]


async def _session() -> None:
    state = dict(V2)

    async def status(request: web.Request) -> web.Response:
        wanted = request.query["filter"].split(",")
        return web.json_response({key: value for key, value in state.items() if key in wanted})

    async def set_(request: web.Request) -> web.Response:
        for key, value in request.query.items():
            state[key] = int(value)
        return web.json_response(dict.fromkeys(request.query, True))

    app = app_of({"/api/status": status, "/api/set": set_})
    async with running(app, spec("box", Role.CHARGER, kind="goe")) as (driver, notes, _):
        await notes.until(lambda: "box.power" in notes.values)
        await driver.apply(wish("box.current_limit", 8))
        assert (notes.values["box.current_limit"], state["frc"]) == (8, 2)
        await driver.apply(wish("box.current_limit", 0))
        assert (notes.values["box.current_limit"], state["amp"]) == (0, 8)
        await driver.apply(wish("box.phases", 1))
        assert notes.values["box.phases"] == 1


def test_a_session_with_a_charger() -> None:
    asyncio.run(_session())
