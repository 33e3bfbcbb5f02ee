"""OpenDTU. There is no capture: all answers are hand-shaped after its "Web API" document, old firmware and new."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import parse_qs

import orjson
import pytest
from aiohttp import web

from drivers.http.ask import Ask
from drivers.http.opendtu import OpenDtu, decode, make
from drivers.json.options import Options
from hub.errors import Refused
from hub.model import Role, Value
from tests.codec_fuzz import run
from tests.drivers_http.peer import app_of, running, spec, wish


def figure(value: float, unit: str) -> dict[str, object]:
    return {"v": value, "u": unit, "d": 1}


def inverter(serial: str, watts: float, **change: object) -> dict[str, object]:
    ac = {"Power": figure(watts, "W"), "Voltage": figure(231.0, "V"), "Current": figure(1.5, "A"),
          "Frequency": figure(50.0, "Hz"), "PowerFactor": figure(0.99, ""),
          "ReactivePower": figure(5.0, "var")}  # fmt: skip
    return {
        "serial": serial, "name": "Roof", "data_age": 4, "reachable": True, "producing": True, "limit_relative": 75,
        "limit_absolute": 450, "AC": {"0": ac},
        "DC": {"0": {"name": {"u": "South"}, "Power": figure(180.0, "W")}},
        "INV": {"0": {"Power DC": figure(360.0, "W"), "YieldTotal": figure(1234.567, "kWh"),
                      "Temperature": figure(35.5, "°C")}},
        **change,
    }  # fmt: skip


def live(*rows: object) -> dict[str, Any]:
    return {"inverters": list(rows), "total": {"Power": figure(345.6, "W")}, "hints": {"time_sync": False}}


POINTS: dict[str, Value] = {
    "inverter.connected": True,
    "inverter.power_limit": 450,
    "inverter.status": "running",
    "inverter.power": 345.6,
    "inverter.reactive_power": 5.0,
    "inverter.frequency": 50.0,
    "inverter.power_factor": 0.99,
    "inverter.voltage_l1": 231.0,
    "inverter.current_l1": 1.5,
    "inverter.pv_power": 360.0,
    "inverter.temperature": 35.5,
    "inverter.energy": 1234567.0,
}


def points(found: object) -> dict[str, Value]:
    return dict(decode(orjson.dumps(found)).messages[0].points)


def test_one_inverter() -> None:
    message = decode(orjson.dumps(live(inverter("116171603546", 345.6)))).messages[0]
    assert message.points == pytest.approx(POINTS) and message.device["serial"] == "116171603546"
    readings = {r.code: (r.value, r.unit) for r in message.readings}
    assert readings["inverters[0].INV.0.YieldTotal"] == (1234567.0, "Wh")
    assert readings["inverters[0].INV.0.Temperature"] == (35.5, "degC")


def test_older_firmware_has_the_inverter_s_figures_on_its_ac_side() -> None:
    row = inverter("1", 5.0)
    del row["INV"]
    row["AC"] = {"0": {"Power": figure(5.0, "W"), "Power DC": figure(6.0, "W"), "YieldTotal": figure(2.0, "kWh")}}
    found = points(live(row))
    assert (found["inverter.pv_power"], found["inverter.energy"]) == (6.0, 2000.0)


@pytest.mark.parametrize("serial", ["136112345678", "138212345678"])
def test_three_phases_have_no_voltage_between_two_as_that_of_one(serial: str) -> None:
    """Hoymiles HMT: the plain `Voltage` is UAC_12 there, and `Current` that of the first phase."""
    told = points(live(inverter(serial, 120.0)))
    assert "inverter.voltage_l1" not in told and told["inverter.current_l1"] == 1.5
    ac = {"Power": figure(120.0, "W"), "Voltage": figure(400.0, "V"), "Voltage Ph1-N": figure(231.5, "V")}
    assert points(live(inverter(serial, 0, AC={"0": ac})))["inverter.voltage_l1"] == 231.5


def test_what_is_not_reached_has_no_figures() -> None:
    for change in ({"reachable": False}, {"data_age": 7038}):
        message = decode(orjson.dumps(live(inverter("1", 345.6, **change)))).messages[0]
        assert message.problems and not any(name.endswith((".power", ".energy")) for name in message.points)
    assert points(live(inverter("1", 5, reachable=False, limit_absolute=-1))) == {"inverter.connected": False}


def test_at_night_an_inverter_is_out_of_reach_and_gives_nothing() -> None:
    message = decode(orjson.dumps(live(inverter("1", 0.0, reachable=False, producing=False, data_age=7038)))).messages[
        0
    ]
    assert message.points == {
        "inverter.connected": False,
        "inverter.status": "off",
        "inverter.power": 0,
        "inverter.pv_power": 0,
    }
    assert not message.problems


@pytest.mark.parametrize(
    "change",
    [
        {"producing": True},
        {"producing": None},
        {"producing": False, "INV": {"0": {"YieldTotal": figure(0, "kWh")}}},
        {"producing": False, "INV": {}},
    ],
    ids=["it was producing", "it does not say", "it was never heard", "it has no counter"],
)
def test_that_it_gives_nothing_is_not_guessed(change: dict[str, object]) -> None:
    assert points(live(inverter("1", 0.0, reachable=False, **change))) == {"inverter.connected": False}


def test_a_counter_of_0_is_not_known_yet() -> None:
    row = inverter("1", 5.0, INV={"0": {"YieldTotal": figure(0, "kWh")}})
    assert "inverter.energy" not in points(live(row))


def test_several_inverters_keep_their_order() -> None:
    found = points(live(inverter("1", 10.0), inverter("2", 20.0)))
    assert (found["inverter.power"], found["inverter_2.power"]) == (10.0, 20.0)
    kind = dtu()
    kind.read("live", orjson.dumps(live({"serial": "1", "reachable": True}, {"serial": "2", "reachable": True})))
    single = kind.read("2", orjson.dumps(live(inverter("2", 20.0))))
    assert single.points["inverter_2.power"] == 20.0 and "inverter.power" not in single.points
    assert [ask.path for ask in kind.asks()][1:3] == [f"/api/livedata/status?inv={n}" for n in (1, 2)]


@pytest.mark.parametrize("data", [b"", b"[]", b'{"inverters": 5}', b"\xff", b"[" * 100_000])
def test_what_is_no_answer_is_rejected(data: bytes) -> None:
    assert decode(data).rejected[0].reason


def test_damaged_answers_raise_nothing() -> None:
    seeds = [orjson.dumps(live(inverter("1", 10.0), inverter("2", 20.0))), orjson.dumps(live(inverter("1", 3.0)))]
    assert run(decode, seeds, 4_000) > 400


def dtu(**options: object) -> OpenDtu:
    return make(Options(spec("roof", Role.INVERTER, **options)))


def test_a_limit_holds_until_the_inverter_restarts() -> None:
    kind = dtu(password="x")
    kind.read("live", orjson.dumps(live(inverter("116171603546", 5.0))))
    kind.read("limits", b'{"116171603546": {"limit_relative": 100, "max_power": 600, "limit_set_status": "Ok"}}')
    ask = kind.write("inverter", "power_limit", 300)
    (data,) = parse_qs(ask.body.decode())["data"]
    assert orjson.loads(data) == {"serial": "116171603546", "limit_type": 0, "limit_value": 300.0}
    (limit,) = kind.commands("roof", "inverter")
    assert (limit.high, limit.tolerance) == (600, 3.0)
    for place, quantity, value in (
        ("inverter", "power_limit", 601),
        ("inverter_2", "power_limit", 5),
        ("inverter", "on", 1),
    ):
        with pytest.raises(Refused):
            kind.write(place, quantity, value)
    kind.taken(ask, b'{"type": "success", "message": "Settings saved!", "code": 1001}')
    with pytest.raises(Refused, match="Invalid serial"):
        kind.taken(ask, b'{"type": "warning", "message": "Invalid serial number!"}')
    assert dtu().commands("roof", "inverter") == ()


async def _session() -> None:
    """New firmware: the list tells of no figures, each inverter is asked for; the limit wants the password."""
    rows = {"1": inverter("1", 10.0), "2": inverter("2", 20.0)}

    async def status(request: web.Request) -> web.Response:
        serial = request.query.get("inv")
        basic = ("serial", "reachable", "producing", "data_age", "limit_relative", "limit_absolute")
        shown = [rows[serial]] if serial else [{key: row[key] for key in basic} for row in rows.values()]
        return web.json_response(live(*shown))

    async def limits(request: web.Request) -> web.Response:
        return web.json_response({serial: {"max_power": 600} for serial in rows})

    async def config(request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != "Basic YWRtaW46eA==":  # admin:x
            return web.Response(status=401)
        wanted = orjson.loads(str((await request.post())["data"]))
        rows[wanted["serial"]]["limit_absolute"] = wanted["limit_value"]
        return web.json_response({"type": "success"})

    app = app_of({
        "/api/livedata/status": status, "/api/limit/status": limits, "POST /api/limit/config": config,
    })  # fmt: skip
    east = spec("east", Role.INVERTER, kind="opendtu", password="x")
    west = spec("west", Role.INVERTER, kind="opendtu", channel=2)
    async with running(app, east, west) as (driver, notes, _):
        await notes.until(lambda: {"east.power", "west.power"} <= notes.values.keys())
        assert (notes.values["east.power"], notes.values["west.power"]) == (10.0, 20.0)
        await driver.apply(wish("west.power_limit", 250))
        assert notes.values["west.power_limit"] == 250 and rows["1"]["limit_absolute"] == 450


def test_a_session_with_two_inverters() -> None:
    asyncio.run(_session())


def test_the_asks_are_get_but_the_limit() -> None:
    assert all(isinstance(ask, Ask) and ask.method == "GET" for ask in dtu().asks())
