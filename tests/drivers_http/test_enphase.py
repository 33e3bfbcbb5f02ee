"""Enphase Envoy: every capture, goldens read by hand in the files, what is asked when, and the token's session."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

import orjson
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from yarl import URL

from drivers.http.ask import Ask
from drivers.http.enphase import Enphase, Token, decode
from drivers.http.login import Login
from drivers.http.session import HttpSession
from drivers.http.session import Place as Where
from hub.errors import Refused
from hub.model.heard import CaptureHints, Heard
from tests.codec_fuzz import run

VECTORS = Path(__file__).parents[3] / "shared" / "vectors" / "enphase"
pytestmark = pytest.mark.skipif(not VECTORS.is_dir(), reason="the captures are not beside the checkout")
FILES = sorted(p for p in VECTORS.glob("*") if p.name != "README.md")

NOT_ANSWERS = {
    "3.17.3__ivp_ensemble_dry_contacts": "404",
    "3.17.3__production.json": "Page Not Found",
    "3.9.36_bad_auth__production.json": "page",
    "3.9.36_bad_auth__api_v1_production_inverters": "Authentication required",
    "4.10.35__production": "401",
}
"""Captures of an Envoy that refused: pages and errors, which must not become readings."""

NOTHING_IN_IT = {"5.0.62__ivp_meters", "8.3.5433_tot_is_net_cons__ivp_ensemble_power"}
"""Answers that say: no meters, no batteries."""

GOLDENS: dict[str, dict[str, object]] = {
    "3.17.3__production": {"inverter.power": 6630.0},
    "3.17.3__api_v1_production": {"inverter.power": 5463, "inverter.energy": 93706280},
    "4.2.33__production.json": {"inverter.power": -8.796, "inverter.energy": 8598256.633},
    "5.0.49__production.json": {"inverter.power": 6335},
    "7.6.175_total__production.json": {"inverter.power": 1322},
    "7.6.175_total__api_v1_production": {},
    "7.6.175_total__ivp_meters_readings": {},
    "8.1.41__production.json": {"inverter.power": 13028.54, "inverter.energy": 1510198.655, "grid.power": -7812.457},
    "8.1.41__ivp_ensemble_power": {"battery.power": 40.0},
    "8.1.41__ivp_ensemble_secctrl": {
        "battery.soc": 92,
        "battery.capacity": 9920,
        "battery.soh": 100,
        "battery.min_soc": 30,
    },
    "8.2.127_with_generator_running__ivp_ensemble_power": {"battery.power": -1250.0, "battery.soc": 98},
    "8.2.4264_metered_noct__production.json": {"inverter.power": 5521},
    "8.2.4264_metered_noct__ivp_meters_readings": {},
    "8.2.4286_with_3cts_and_battery_split__ivp_ensemble_power": {"battery.power": -6592.0},
    "8.2.4382_ACB__production": {
        "inverter.power": 308.633,
        "inverter.energy": 19213421.211,
        "grid.power": 20.776,
        "battery.power": 260,
        "battery.soc": 25,
        "battery.status": "discharging",
    },
    "8.2.4382_ACB__ivp_ensemble_secctrl": {
        "battery.soc": 54,
        "battery.capacity": 3500,
        "battery.soh": 100,
        "battery.min_soc": 0,
        "battery_2.soc": 25,
    },
    "8.2.4345_with_device_data__ivp_meters_readings": {
        "inverter.power": 807.326,
        "inverter.frequency": 50.062,
        "inverter.energy": 1243812.228,
        "inverter.power_l1": 807.326,
        "inverter.voltage_l1": 244.062,
        "inverter.current_l1": 5.299,
        "grid.power": 199.234,
        "grid.frequency": 50.062,
        "grid.energy_import": 648203.353,
        "grid.energy_export": 883899.646,
        "grid.power_l1": 199.234,
        "grid.voltage_l1": 244.228,
        "grid.current_l1": 4.066,
    },
    "8.3.5169_with_generator__ivp_meters_gridReading": {
        "grid.power": 171.322,
        "grid.power_l1": -290.72,
        "grid.voltage_l1": 123.832,
        "grid.power_l2": 462.042,
        "grid.voltage_l2": 124.61,
    },
    "8.3.5433_tot_is_net_cons__production": {
        "inverter.power": 370.185,
        "inverter.energy": 14405464.86,
        "grid.power": 408.942,
    },
}


def heard(name: str) -> Heard:
    capture = decode((VECTORS / name).read_bytes(), CaptureHints(name=name))
    assert not capture.rejected, capture.rejected
    return capture.messages[0]


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name)
def test_every_capture_is_understood(path: Path) -> None:
    capture = decode(path.read_bytes(), CaptureHints(name=path.name))
    if path.name in NOT_ANSWERS:
        assert not capture.messages and NOT_ANSWERS[path.name] in capture.rejected[0].reason
        return
    assert not capture.rejected
    assert capture.messages[0].readings or path.name in NOTHING_IN_IT
    assert capture.messages[0].device["vendor"] == "Enphase"


@pytest.mark.parametrize("name", GOLDENS)
def test_points_as_read_by_hand(name: str) -> None:
    assert dict(heard(name).points) == GOLDENS[name]


def test_the_info_page_tells_who_it_is() -> None:
    found = heard("7.6.175_standard__info")
    assert found.device == {
        "vendor": "Enphase",
        "serial": "122302045041",
        "model": "800-00656-r06",
        "firmware": "D7.6.175",
    }
    assert found.time == 1691416533000


def test_each_micro_inverter_has_its_own_time() -> None:
    found = heard("8.2.4345_with_device_data__api_v1_production_inverters")
    watts = {r.code: (r.value, r.unit, r.at) for r in found.readings if r.code.endswith(".lastReportWatts")}
    assert watts["122344043197.lastReportWatts"] == (255, "W", 1748576887000)
    assert len(watts) == 15 and not found.points


def test_a_third_channel_that_is_another_meter_is_no_phase() -> None:
    points = heard("8.2.4286_with_3cts_and_battery_split__ivp_meters_readings").points
    assert points["grid.power"] == 1749.504
    assert points["grid.power_l1"] == 809.907 and points["grid.power_l2"] == 939.597
    assert "grid.power_l3" not in points
    assert points["battery.power"] == -7083.656 and points["battery.energy_charged"] == 5409935.465


def test_what_a_micro_inverter_counts_in_joules_is_no_power() -> None:
    found = {"deviceCount": 1, "553648384": {"lastReading": {"joulesProduced": 26_490, "duration": 302}}}
    readings = {r.code: (r.value, r.unit) for r in decode(orjson.dumps(found)).messages[0].readings}
    assert readings["553648384.lastReading.joulesProduced"] == (26_490, "J")


def test_a_total_of_phases_of_which_one_is_not_told_is_no_total() -> None:
    told = {"phase": "L1", "voltage": 230.1, "activePower": 500.0}
    found = [{"channels": [told, {"phase": "L2", "voltage": 229.8, "activePower": None}]}]
    points = decode(orjson.dumps(found), CaptureHints(name="ivp_meters_gridReading")).messages[0].points
    assert points == {"grid.power_l1": 500.0, "grid.voltage_l1": 230.1, "grid.voltage_l2": 229.8}


def test_a_consumption_meter_before_the_loads_is_not_the_grid() -> None:
    found = heard("8.3.5433_tot_is_net_cons__ivp_meters_readings")
    assert not found.at("grid") and found.at("inverter")["power"] == 352.751
    assert any("/ivp/meters" in p for p in found.problems)


def test_a_sum_of_the_inverters_is_as_old_as_their_reports() -> None:
    assert heard("5.0.62__production.json").aged == {"inverter.power": 1694554896000}


def play(kind: Enphase, answers: Mapping[str, str]) -> dict[str, object]:
    """Points of a pass or two, each ask answered by its capture."""
    points: dict[str, object] = {}
    for _ in range(2):
        asked: set[str] = set()
        while left := [ask for ask in kind.asks() if ask.name not in asked]:
            asked.add(left[0].name)
            if left[0].name in answers:
                points.update(kind.read(left[0].name, (VECTORS / answers[left[0].name]).read_bytes()).points)
    return points


def test_a_metered_envoy_takes_its_meters_and_asks_its_batteries() -> None:
    kind, of = Enphase(Login()), "8.2.127_with_3cts_and_battery_split__"
    assert [ask.name for ask in kind.asks()] == ["info"]
    points = play(
        kind,
        {
            "info": f"{of}info",
            "production.json": f"{of}production",
            "ivp_meters": f"{of}ivp_meters",
            "ivp_meters_readings": f"{of}ivp_meters_readings",
            "ivp_ensemble_secctrl": f"{of}ivp_ensemble_secctrl",
            "ivp_ensemble_power": f"{of}ivp_ensemble_power",
        },
    )
    assert points["grid.energy_import"] == 4998251.825 and points["inverter.energy"] == 3165834.272
    assert points["battery.soc"] == 21 and points["battery.power"] == -2579.823
    assert "api_v1_production" not in {ask.name for ask in kind.asks()}


def test_a_meter_without_clamps_is_not_believed() -> None:
    kind, of = Enphase(Login()), "8.2.4264_metered_noct__"
    points = play(
        kind,
        {"info": f"{of}info", "production.json": f"{of}production.json", "api_v1_production": f"{of}api_v1_production"},
    )
    assert points["inverter.power"] == 5521 and "grid.power" not in points


def test_an_envoy_without_meters_takes_the_summary() -> None:
    kind, of = Enphase(Login()), "7.6.175_standard__"
    points = play(
        kind, {"info": f"{of}info", "production.json": f"{of}production", "api_v1_production": f"{of}api_v1_production"}
    )
    assert points == {"inverter.power": 5740, "inverter.energy": 6139406}


@pytest.mark.parametrize(
    ("info", "wanted"), [("3.7.0__info", ["production"]), ("3.9.36_bad_auth__info", ["api_v1_production"])]
)
def test_old_firmware_is_asked_for_what_it_has(info: str, wanted: list[str]) -> None:
    kind = Enphase(Login())
    kind.read("info", (VECTORS / info).read_bytes())
    assert [ask.name for ask in kind.asks()] == wanted


def test_a_meter_whose_clock_stands_still_is_not_believed() -> None:
    kind, of = Enphase(Login()), "8.1.41__"
    kind.read("info", (VECTORS / f"{of}info").read_bytes())
    kind.read("production.json", (VECTORS / f"{of}production.json").read_bytes())
    body = (VECTORS / "8.2.4345_with_device_data__ivp_meters_readings").read_bytes()
    answers = [kind.read("ivp_meters_readings", body) for _ in range(40)]
    assert answers[0].points and not answers[-1].points
    assert "stands still" in answers[-1].problems[-1]


async def _token_server(token: str, hits: list[str]) -> TestServer:
    """An Envoy of firmware 7: a session by `/auth/check_jwt`, and nothing without it."""

    async def check(request: web.Request) -> web.Response:
        hits.append("check")
        if request.headers.get("Authorization") != f"Bearer {token}":
            return web.Response(text="<h2>Invalid token.</h2>")
        answer = web.Response(text="<!DOCTYPE html><h2>Valid token.</h2>", content_type="text/html")
        answer.set_cookie("sessionId", f"s{len(hits)}")
        return answer

    async def production(request: web.Request) -> web.Response:
        if request.cookies.get("sessionId") != f"s{len(hits)}":
            return web.Response(status=401)
        return web.Response(body=(VECTORS / "8.1.41__production.json").read_bytes())

    app = web.Application()
    app.router.add_get("/auth/check_jwt", check)
    app.router.add_get("/production.json", production)
    server = TestServer(app)
    await server.start_server()
    return server


def _session(server: TestServer, login: Login) -> HttpSession:
    return HttpSession(Where(URL(str(server.make_url("/"))), "envoy", 2.0), login)


def test_the_token_opens_a_session_and_opens_it_again() -> None:
    async def main() -> None:
        hits: list[str] = []
        server = await _token_server("secret", hits)
        session = _session(server, Token("secret"))
        try:
            ask = Ask("production.json", "/production.json")
            assert b"eim" in await session.ask(ask)
            hits.append("the session ends")
            assert b"eim" in await session.ask(ask)
            assert hits.count("check") == 2
        finally:
            await session.close()
            await server.close()

    asyncio.run(main())


def test_a_token_that_is_not_accepted_is_said_without_itself() -> None:
    async def main() -> None:
        server = await _token_server("secret", [])
        session = _session(server, Token("another"))
        try:
            with pytest.raises(Refused, match="token") as refused:
                await session.ask(Ask("production.json", "/production.json"))
            assert "another" not in str(refused.value)
        finally:
            await session.close()
            await server.close()

    asyncio.run(main())


def test_damaged_answers_never_raise() -> None:
    seeds = [p.read_bytes() for p in FILES if p.stat().st_size < 4000][::4]
    assert run(decode, seeds, 3000) > 100
