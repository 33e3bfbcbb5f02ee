"""Tesla Powerwall: every capture, goldens read by hand, and the gateway's login."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from yarl import URL

from drivers.http.ask import Ask
from drivers.http.powerwall import CustomerLogin, Powerwall, decode
from drivers.http.session import HttpSession, Place
from tests.codec_fuzz import run

VECTORS = Path(__file__).parents[3] / "shared" / "vectors" / "tesla-powerwall"
pytestmark = pytest.mark.skipif(not VECTORS.is_dir(), reason="the captures are not beside the checkout")
FILES = sorted(VECTORS.glob("*.json"))


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_every_capture_is_understood(path: Path) -> None:
    capture = decode(path.read_bytes())
    assert not capture.rejected and capture.messages[0].readings


def test_the_aggregates_with_the_houses_signs() -> None:
    found = decode((VECTORS / "meters_aggregates.json").read_bytes()).messages[0]
    points = found.points
    assert points["grid.power"] == -5347.455078125, "site - is export"
    assert points["inverter.power"] == 6099.032958984375
    assert points["battery.power"] == -10, "battery - is charging"
    assert points["grid.energy_import"] == 9852397.795532543
    assert points["grid.energy_export"] == 5512641.122754764
    assert points["inverter.energy"] == 21296639.987777833
    assert points["battery.energy_discharged"] == 4379890 and points["battery.energy_charged"] == 5265110
    assert found.time == 1586436638990 and not found.aged


def test_a_meter_that_lags_keeps_its_own_time() -> None:
    text = (VECTORS / "meters_aggregates.json").read_text()
    late = text.replace("2020-04-09T05:50:38.974944676-07:00", "2020-04-09T05:50:08.974944676-07:00")
    found = decode(late.encode()).messages[0]
    assert found.aged["inverter.power"] == 1586436608974 and "grid.power" not in found.aged


def test_the_meter_at_the_grid_with_its_phase() -> None:
    points = decode((VECTORS / "meter_site.json").read_bytes()).messages[0].points
    assert points["grid.power"] == -18.00000076368451 and points["grid.power_l1"] == -17.950000762939453
    assert "grid.power_l2" not in points, "0.2 V is no phase"


def test_the_phases_come_from_the_meter_and_the_rest_from_the_aggregates() -> None:
    kind = Powerwall(CustomerLogin("a@example.org", "secret"))
    assert "/api/meters/site" in [a.path for a in kind.asks() if a.optional]
    told = kind.read("site", (VECTORS / "meter_site.json").read_bytes()).points
    assert set(told) == {"grid.power_l1", "grid.voltage_l1"}


def test_the_meter_of_the_panels_tells_power_but_no_counter() -> None:
    found = decode((VECTORS / "meter_solar.json").read_bytes()).messages[0]
    assert found.points == {
        "inverter.power": 2867.159912109375,
        "inverter.frequency": 49.95000076293945,
        "inverter.voltage_l1": 250.72000122070312,
        "inverter.power_l1": 2867.159912109375,
    }


@pytest.mark.parametrize(
    ("name", "firmware"), [("status", "1.50.1"), ("powerwalls", None), ("islanding_mode_offgrid", None)]
)
def test_who_it_is_and_what_it_is_set_to_gives_no_point(name: str, firmware: str | None) -> None:
    found = decode((VECTORS / f"{name}.json").read_bytes()).messages[0]
    assert not found.points and found.device.get("firmware") == firmware


def test_level_and_reserve_are_on_the_packs_own_scale() -> None:
    assert decode(b'{"percentage": 69.1675560298826}').messages[0].points == {"battery.soc": 69.1675560298826}
    found = decode((VECTORS / "operation.json").read_bytes()).messages[0]
    assert found.points["battery.min_soc"] == pytest.approx(5.00002)
    assert decode((VECTORS / "system_status.json").read_bytes()).messages[0].points == {"battery.capacity": 28078}


def test_a_gateway_that_has_stopped_measuring_is_not_believed() -> None:
    body = (VECTORS / "meters_aggregates.json").read_bytes()
    kind = Powerwall(CustomerLogin("", "x"))
    answers = [kind.read("aggregates", body) for _ in range(12)]
    assert answers[0].points and not answers[-1].points


def test_an_error_is_no_message() -> None:
    capture = decode(b'{"code":403,"error":"Unable to GET to resource","message":"User does not have adequate access"}')
    assert not capture.messages and "adequate access" in capture.rejected[0].reason


def test_the_login_opens_a_session_and_opens_it_again() -> None:
    async def main() -> None:
        logins: list[object] = []

        async def login(request: web.Request) -> web.Response:
            said = await request.json()
            if said["username"] != "customer" or said["password"] != "label":
                return web.Response(status=401)
            logins.append(said["email"])
            answer = web.json_response({"token": f"t{len(logins)}", "email": said["email"]})
            answer.set_cookie("AuthCookie", f"c{len(logins)}")
            return answer

        async def aggregates(request: web.Request) -> web.Response:
            if request.cookies.get("AuthCookie") != f"c{len(logins)}":
                return web.Response(status=403)
            return web.Response(body=(VECTORS / "meters_aggregates.json").read_bytes())

        app = web.Application()
        app.router.add_post("/api/login/Basic", login)
        app.router.add_get("/api/meters/aggregates", aggregates)
        server = TestServer(app)
        await server.start_server()
        session = HttpSession(
            Place(URL(str(server.make_url("/"))), "gateway", 2.0), CustomerLogin("me@example.org", "label")
        )
        try:
            ask = Ask("aggregates", "/api/meters/aggregates")
            assert b"site" in await session.ask(ask)
            logins.append("the gateway restarts")
            assert b"site" in await session.ask(ask)
            assert logins.count("me@example.org") == 2
        finally:
            await session.close()
            await server.close()

    asyncio.run(main())


def test_damaged_answers_never_raise() -> None:
    assert run(decode, [p.read_bytes() for p in FILES], 2000) > 50
