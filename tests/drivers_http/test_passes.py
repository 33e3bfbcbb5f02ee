"""The HTTP driver's passes: what a write overtakes, how long a seldom answer holds, where a device sends it on to."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import web

from drivers.http.driver import build
from drivers.http.login import Login
from drivers.http.session import HttpSession, Place
from hub.model import Role, SystemClock
from tests.drivers_http.peer import VECTORS, answering, app_of, running, spec, vector, wish

pytestmark = pytest.mark.skipif(not VECTORS.is_dir(), reason="the captures are not beside the checkout")

PLUG = spec("tv", Role.PLUG, kind="shelly", timeout_s=0.3)


async def _overtaken() -> None:
    """A pass of three questions to a Gen1 device; the write is asked for while the first is being answered."""
    relay, asked, answered = {"ison": False}, asyncio.Event(), asyncio.Event()
    answered.set()

    async def status(request: web.Request) -> web.StreamResponse:
        before = dict(relay)
        asked.set()
        await answered.wait()
        return web.json_response({"relays": [before]})

    async def switch(request: web.Request) -> web.StreamResponse:
        relay["ison"] = request.query["turn"] == "on"
        return web.json_response(relay)

    app = app_of({
        "/shelly": answering({"type": "SHSW-1", "mac": "AABBCCDDEEFF"}),
        "/settings": answering({"device": {}, "mode": "relay"}),
        "/status": status,
        "/relay/0": switch,
    })  # fmt: skip
    async with running(app, spec("tv", Role.PLUG, kind="shelly")) as (driver, notes, _):
        await notes.until(lambda: "tv.on" in notes.values)
        answered.clear()
        asked.clear()
        await asked.wait()
        for turn in driver._units[0]._turns.values():
            turn.due = 0.0
        writing = asyncio.create_task(driver.apply(wish("tv.on", True)))
        await asyncio.sleep(0.01)
        answered.set()
        await writing
        await notes.until(lambda: notes.history["tv.on"].count(True) >= 3)
        first = notes.history["tv.on"].index(True)
        assert False not in notes.history["tv.on"][first:]


async def _seldom() -> dict[str, float]:
    """A Fronius is asked for its battery every ten seconds, and for the power flow with each pass."""
    storage = "fronius-solarapi/v1_solar_api_v1_GetStorageRealtimeData.cgi___Scope=System.json"
    head = {"Status": {"Code": 0}, "Timestamp": "2024-01-01T12:00:00+01:00"}
    flow = {"Head": head, "Body": {"Data": {"Inverters": {"1": {"P": 5}}, "Site": {"P_Akku": -1.5, "P_Grid": 2}}}}
    app = app_of({
        "/solar_api/v1/GetPowerFlowRealtimeData.fcgi": answering(flow),
        "/solar_api/v1/GetStorageRealtimeData.cgi": answering(vector(storage)),
    })  # fmt: skip
    async with running(app, spec("store", Role.BATTERY, kind="fronius")) as (_, notes, _server):
        await notes.until(lambda: {"store.power", "store.voltage"} <= notes.values.keys())
        return {p.quantity.name: p.quantity.max_age_s for p in notes.devices["store"].points}


def test_what_is_asked_for_seldom_holds_until_the_next_answer() -> None:
    ages = asyncio.run(_seldom())
    assert (ages["power"], ages["voltage"]) == (10, 25)


@pytest.mark.parametrize("location", ["https:///x", "http://[::1", "mailto:x"])
def test_a_device_that_sends_on_to_no_address_is_lost_not_fatal(location: str) -> None:
    async def moved(request: web.Request) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": location})

    async def main() -> None:
        async with running(app_of({"/shelly": moved}), PLUG) as (_, notes, _server):
            await notes.until(lambda: notes.lost_count() == 1)
            assert "an address that is none" in notes.events[-1]

    asyncio.run(main())


def test_a_pass_that_a_write_overtakes_never_puts_the_older_reading_last() -> None:
    asyncio.run(_overtaken())


@pytest.mark.parametrize(
    ("kind", "more", "longest_s"),
    [("shelly", {}, 4), ("enphase", {}, 45), ("enphase", {"timeout_s": 9}, 9), ("shelly", {"timeout_s": 60}, 60)],
)
def test_an_envoy_may_take_longer_to_answer_than_others(
    kind: str, more: dict[str, object], longest_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    places: list[Place] = []

    class Noted(HttpSession):
        def __init__(self, place: Place, login: Login) -> None:
            places.append(place)
            super().__init__(place, login)

    monkeypatch.setattr("drivers.http.driver.HttpSession", Noted)
    build("http://127.0.0.1:1", [spec("one", Role.INVERTER, kind=kind, **more)], SystemClock())
    assert [place.longest_s for place in places] == [longest_s]
