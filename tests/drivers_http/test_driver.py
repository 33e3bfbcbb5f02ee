"""The HTTP driver against servers that answer as real devices do, and as they do on bad days."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from drivers.http import session
from drivers.http.driver import HttpDriver, build
from drivers.http.latency import Latency
from drivers.json.roles import as_role
from hub.errors import ConfigError, NoAnswer, Refused
from hub.model import DeviceSpec, Role, SystemClock, Value
from tests.drivers_http.peer import VECTORS, Shelly, answering, app_of, polled, running, spec, vector, wish

pytestmark = pytest.mark.skipif(not VECTORS.is_dir(), reason="the captures are not beside the checkout")

PLUG = spec("tv", Role.PLUG, kind="shelly", timeout_s=0.3)


def mini() -> Shelly:
    return Shelly(vector("shelly/shellymini1gen4_Shelly.GetStatus.json"))


def pro4() -> Shelly:
    return Shelly(vector("shelly/openems_IoShellyPro4PmTest_1.json"))


# -- reading and writing -----------------------------------------------------------------------------------------------


async def _switches() -> None:
    shelly = mini()
    async with running(shelly.app(), PLUG) as (driver, notes, _):
        await notes.until(lambda: "tv.on" in notes.values)
        device = notes.devices["tv"]
        assert (device.vendor, device.model, device.firmware) == ("Shelly", "S4SW-001X8EU", "1.5.99-g4prod1")
        assert notes.values["tv.on"] is False and device.command("tv.on") is not None
        await driver.apply(wish("tv.on", True))
        assert notes.values["tv.on"] is True
        assert "Switch.Set {'id': 0, 'on': True}" in shelly.asked


def test_a_switch_that_obeys_is_read_back() -> None:
    asyncio.run(_switches())


async def _ignored() -> None:
    shelly = mini()
    async with running(shelly.app(), PLUG) as (driver, notes, _):
        await notes.until(lambda: "tv.on" in notes.values)
        shelly.mode = "ignores"
        await driver.apply(wish("tv.on", True))
        assert notes.values["tv.on"] is False


def test_a_switch_that_ignores_shows_its_own_reading() -> None:
    asyncio.run(_ignored())


async def _refused() -> None:
    shelly = mini()
    async with running(shelly.app(), PLUG) as (driver, notes, _):
        await notes.until(lambda: "tv.on" in notes.values)
        shelly.mode = "refuses"
        with pytest.raises(Refused, match="Switch is locked"):
            await driver.apply(wish("tv.on", True))
        with pytest.raises(Refused, match="no such command"):
            await driver.apply(wish("tv.power", 5))
        with pytest.raises(Refused, match="no such device"):
            await driver.apply(wish("radio.on", True))


def test_what_the_device_refuses_is_refused() -> None:
    asyncio.run(_refused())


async def _unheard() -> None:
    driver = build("http://127.0.0.1:1", [spec("tv", Role.PLUG, kind="shelly")], SystemClock())
    with pytest.raises(NoAnswer, match="not started"):
        await driver.apply(wish("tv.on", True))
    assert isinstance(driver, HttpDriver)
    async with polled(driver):
        await asyncio.sleep(0.02)
        with pytest.raises(NoAnswer, match="has not answered yet"):
            await driver.apply(wish("tv.on", True))


def test_a_device_that_never_answered_gives_no_answer() -> None:
    asyncio.run(_unheard())


async def _shared() -> None:
    shelly = pro4()
    specs = [
        spec("boiler", Role.PLUG, kind="shelly"),
        spec("roof", Role.INVERTER, kind="shelly", channel=2),
        spec("fan", Role.PLUG, kind="shelly", channel=4),
    ]
    async with running(shelly.app(), *specs) as (_, notes, _server):
        await notes.until(lambda: {"boiler.power", "roof.power", "fan.power"} <= notes.values.keys())
        assert (notes.values["boiler.power"], notes.values["fan.power"]) == (40.0, 22.5)
        assert (notes.values["roof.power"], notes.values["roof.current_l1"]) == (120.0, 4.0)
        assert {"energy", "energy_import"} <= {p.quantity.name for p in notes.devices["roof"].points}
        before = shelly.asked.count("/rpc/Shelly.GetStatus")
        seen = len(notes.times["fan.power"])
        await notes.until(lambda: len(notes.times["fan.power"]) >= seen + 4)
        assert shelly.asked.count("/rpc/Shelly.GetStatus") <= before + 5


def test_several_site_devices_are_read_in_one_pass() -> None:
    asyncio.run(_shared())


async def _absent(caplog: pytest.LogCaptureFixture) -> None:
    async with running(mini().app(), PLUG, spec("second", Role.PLUG, kind="shelly", channel=3)) as (_, notes, _server):
        await notes.until(lambda: "tv.on" in notes.values)
        assert "second" not in notes.devices
    assert "tells nothing of plug_3; it has: plug, sensor" in caplog.text


def test_a_channel_that_is_not_there_is_said(caplog: pytest.LogCaptureFixture) -> None:
    asyncio.run(_absent(caplog))


# -- bad days ----------------------------------------------------------------------------------------------------------


async def _lost_and_found(fault: str, reason: str, caplog: pytest.LogCaptureFixture) -> None:
    shelly = mini()
    async with running(shelly.app(), PLUG) as (driver, notes, _):
        await notes.until(lambda: "tv.on" in notes.values)
        shelly.mode = fault
        await notes.until(lambda: notes.lost_count() == 1)
        assert reason in notes.events[-1]
        with pytest.raises(NoAnswer):
            await driver.apply(wish("tv.on", True))
        shelly.mode = "obeys"
        shelly.status["switch:0"]["output"] = True
        notes.values.clear()
        await notes.until(lambda: notes.values.get("tv.on") is True)
        assert notes.lost_count() == 1
    assert sum("lost:" in record.message for record in caplog.records) == 1


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("slow", "no answer to GET /rpc/Shelly.GetStatus"),
        ("broken", "answered with 500"),
        ("garbled", "no JSON object"),
        ("drops", "closed"),
    ],
)
def test_a_device_is_lost_once_and_found_again(fault: str, reason: str, caplog: pytest.LogCaptureFixture) -> None:
    asyncio.run(_lost_and_found(fault, reason, caplog))


async def _one_miss() -> None:
    shelly = mini()
    misses = 0

    async def sometimes(request: web.Request) -> web.StreamResponse:
        nonlocal misses
        shelly.asked.append("x")
        if len(shelly.asked) % 3 == 0:
            misses += 1
            return web.Response(status=503)
        return await answering(shelly.status)(request)

    app = app_of({"/shelly": answering(shelly.info), "/rpc/Shelly.GetStatus": sometimes})
    async with running(app, PLUG) as (_, notes, _server):
        await notes.until(lambda: misses >= 3)
        assert notes.lost_count() == 0


def test_one_miss_is_no_loss() -> None:
    asyncio.run(_one_miss())


async def _restarted() -> None:
    """The server goes and comes back at the same address, as another model."""
    shelly = mini()
    async with TestServer(shelly.app()) as server:
        port, link = server.port, str(server.make_url("")).rstrip("/")
        driver = build(
            link,
            [DeviceSpec("u", "tv", Role.PLUG, "http", link, options={"kind": "shelly", "poll_s": 0.1})],
            SystemClock(),
        )
        assert isinstance(driver, HttpDriver)
        async with polled(driver) as notes:
            await notes.until(lambda: "tv.on" in notes.values)
            await server.close()
            await notes.until(lambda: notes.lost_count() == 1)
            assert "cannot connect" in notes.events[-1] or "closed" in notes.events[-1]
            dump = vector("shelly/gen1_Shelly_Plug_S_SHPLG-S_20230913-113421-v1.14.0-gcb84623.json")
            other = app_of({f"/{key}": answering(dump[key]) for key in ("shelly", "status", "settings")})
            async with TestServer(other, port=port):
                await notes.until(lambda: "tv.energy" in notes.values)
                assert notes.devices["tv"].model == "SHPLG-S"


def test_another_model_at_the_same_address_is_understood_anew() -> None:
    asyncio.run(_restarted())


async def _large() -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(2 * session.LARGEST // 65_536):
            await response.write(b" " * 65_536)
        return response

    async with running(app_of({"/shelly": endless}), spec("tv", Role.PLUG, kind="shelly")) as (_, notes, _server):
        await notes.until(lambda: notes.lost_count() == 1)
        assert "larger than" in notes.events[-1]


def test_an_answer_without_end_is_not_taken() -> None:
    asyncio.run(_large())


async def _elsewhere() -> None:
    asked: list[str] = []

    async def hidden(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.json_response({})

    async with TestServer(app_of({"/shelly": hidden})) as other:
        target = str(other.make_url("/shelly"))

        async def away(request: web.Request) -> web.Response:
            return web.Response(status=302, headers={"Location": target})

        async with running(app_of({"/shelly": away}), PLUG) as (_, notes, _server):
            await notes.until(lambda: notes.lost_count() == 1)
            assert "is sent on to" in notes.events[-1]
    assert not asked


def test_a_redirect_to_another_host_is_not_followed() -> None:
    asyncio.run(_elsewhere())


async def _moved() -> None:
    shelly = mini()

    async def here(request: web.Request) -> web.Response:
        return web.Response(status=301, headers={"Location": "/new"})

    app = app_of({"/shelly": here, "/new": answering(shelly.info), "/rpc/Shelly.GetStatus": answering(shelly.status)})
    async with running(app, PLUG) as (_, notes, _server):
        await notes.until(lambda: "tv.on" in notes.values)


def test_a_redirect_on_the_device_is_followed() -> None:
    asyncio.run(_moved())


def _closer(request: web.Request) -> Callable[[], None]:
    def close() -> None:
        if request.transport:
            request.transport.close()

    return close


async def _idle_closed() -> None:
    """The device closes each connection after its answer, without saying so."""
    shelly = mini()

    async def once(request: web.Request) -> web.StreamResponse:
        response = await answering(shelly.status)(request)
        asyncio.get_running_loop().call_later(0.005, _closer(request))
        return response

    app = app_of({"/shelly": answering(shelly.info), "/rpc/Shelly.GetStatus": once})
    async with running(app, PLUG) as (_, notes, _server):
        await notes.until(lambda: len(notes.times.get("tv.on", [])) >= 5)
        assert notes.lost_count() == 0


def test_a_device_that_closes_idle_connections_is_no_loss() -> None:
    asyncio.run(_idle_closed())


async def _part_fails() -> None:
    """Fronius: the power flow answers, the meter does not exist, the storage is broken."""
    flow = vector_flow()

    async def broken(request: web.Request) -> web.Response:
        return web.Response(status=500)

    app = app_of({
        "/solar_api/v1/GetPowerFlowRealtimeData.fcgi": answering(flow),
        "/solar_api/v1/GetStorageRealtimeData.cgi": broken,
    })  # fmt: skip
    roof, battery = spec("roof", Role.INVERTER, kind="fronius"), spec("akku", Role.BATTERY, kind="fronius")
    async with running(app, roof, battery) as (_, notes, _server):
        await notes.until(lambda: len(notes.times.get("roof.power", [])) >= 5)
        assert notes.lost_count() == 0
        assert (notes.values["roof.power"], notes.values["akku.power"]) == (3214.0, -1200.5)


def vector_flow() -> dict[str, Any]:
    """Hand-shaped after Solar API V1, GetPowerFlowRealtimeData: a hybrid that charges its battery."""
    site = {"P_Grid": -810.2, "P_Load": -1203.3, "P_Akku": -1200.5, "P_PV": 4500.0, "Meter_Location": "grid"}
    return {
        "Head": {"Status": {"Code": 0, "Reason": ""}, "Timestamp": "2024-05-01T12:00:00+02:00"},
        "Body": {"Data": {"Site": site, "Inverters": {"1": {"P": 3214.0, "SOC": 55.5, "E_Total": 1234.5}}}},
    }


def test_one_answer_that_fails_does_not_lose_the_others() -> None:
    asyncio.run(_part_fails())


async def _named() -> None:
    """The power flow names no battery; what the storage's own answer has told of it stays."""
    app = app_of({
        "/solar_api/v1/GetPowerFlowRealtimeData.fcgi": answering(vector_flow()),
        "/solar_api/v1/GetStorageRealtimeData.cgi": answering(
            vector("fronius-solarapi/v1_solar_api_v1_GetStorageRealtimeData.cgi___Scope=System.json")
        ),
    })  # fmt: skip
    roof, battery = spec("roof", Role.INVERTER, kind="fronius"), spec("akku", Role.BATTERY, kind="fronius")
    async with running(app, roof, battery) as (_, notes, _server):
        await notes.until(lambda: len(notes.times.get("akku.power", [])) >= 4)
        device = notes.devices["akku"]
        assert (device.vendor, device.model) == ("BYD", "BYD Battery-Box HV")
        assert notes.devices["roof"].vendor == "Fronius" and notes.events.count("seen akku") <= 3


def test_a_battery_keeps_its_own_name() -> None:
    asyncio.run(_named())


async def _part_goes_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    """The battery is no longer told of: that is a loss of the battery alone."""
    monkeypatch.setattr("drivers.http.part._SILENT_S", 0.05)
    flow = vector_flow()
    app = app_of({"/solar_api/v1/GetPowerFlowRealtimeData.fcgi": answering(flow)})
    roof, battery = spec("roof", Role.INVERTER, kind="fronius"), spec("akku", Role.BATTERY, kind="fronius")
    async with running(app, roof, battery) as (_, notes, _server):
        await notes.until(lambda: {"roof.power", "akku.power"} <= notes.values.keys())
        flow["Body"]["Data"]["Site"]["P_Akku"] = None
        del flow["Body"]["Data"]["Inverters"]["1"]["SOC"]
        await notes.until(lambda: notes.lost_count() == 1)
        assert notes.events[-1].startswith("lost akku: the device answers")


def test_a_part_that_is_no_longer_told_of_is_lost_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    asyncio.run(_part_goes_silent(monkeypatch))


# -- options -----------------------------------------------------------------------------------------------------------

BAD: list[tuple[str, dict[str, object], str]] = [
    ("http://h", {}, "devices.tv.kind: is missing"),
    ("http://h", {"kind": "sheely"}, "did you mean 'shelly'"),
    ("http://h", {"kind": "shelly", "pasword": "x"}, "devices.tv.pasword: unknown option; did you mean 'password'"),
    ("http://h", {"kind": "shelly", "channel": 0}, "devices.tv.channel"),
    ("http://h", {"kind": "shelly", "reversed": "yes"}, "devices.tv.reversed"),
    ("http://h", {"kind": "shelly", "poll_s": 0}, "devices.tv.poll_s"),
    ("http://h", {"kind": "shelly", "insecure": True}, "for https links only"),
    ("https://h", {"kind": "shelly", "insecure": True, "ca": "/x"}, "does not go together"),
    ("https://h", {"kind": "shelly", "ca": "/nowhere/ca.pem"}, "No such file"),
    ("https://h", {"kind": "shelly", "fingerprint": "zz"}, "SHA-256 of the certificate"),
    ("https://h", {"kind": "shelly", "fingerprint": "aabb"}, "SHA-256 of the certificate"),
    ("http://u:geheim@h", {"kind": "shelly"}, "must not hold a user or password"),
    ("192.168.1.4", {"kind": "shelly"}, "expected http://host"),
    ("http://h/status", {"kind": "shelly"}, "must end after the host"),
    ("http://h:99999", {"kind": "shelly"}, "is no address"),
    ("http://h", {"kind": "shelly", "password": 5}, "must be a text in quotes"),
    ("http://h", {"kind": "homewizard", "timezone": "Europe/Amsterdm"}, "is not known"),
    ("http://h", {"kind": "goe"}, "devices.tv.role"),
    ("http://h", {"kind": "goe", "api": "v3"}, "devices.tv."),
]


@pytest.mark.parametrize(("link", "options", "said"), BAD, ids=lambda v: str(v)[:40])
def test_what_cannot_be_is_said_when_it_is_built(link: str, options: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError) as error:
        build(link, [spec("tv", Role.PLUG, link, **options)], SystemClock())
    assert said in str(error.value) and "geheim" not in str(error.value)


def test_options_of_one_device_may_stand_at_any_of_its_site_devices() -> None:
    one, two = spec("a", Role.PLUG, kind="shelly", password="x"), spec("b", Role.PLUG, kind="shelly", channel=2)
    assert [d.id for d in build("http://h", [one, two], SystemClock()).devices] == ["a", "b"]
    with pytest.raises(ConfigError, match=r"devices\.b\.password: differs"):
        build("http://h", [one, spec("b", Role.PLUG, kind="shelly", password="y")], SystemClock())


# -- pure --------------------------------------------------------------------------------------------------------------

ROLES: list[tuple[str, str, bool, dict[str, Value], dict[str, Value]]] = [
    ("plug", "plug", False, {"power": -5, "energy": 7, "on": True}, {"power": -5, "energy": 7, "on": True}),
    ("plug_2", "inverter", False, {"power": -300.5, "current_l1": -1.3, "energy": 2, "energy_export": 900},
     {"power": 300.5, "current_l1": 1.3, "energy_import": 2, "energy": 900}),
    ("plug", "inverter", True, {"power": 80, "energy": 900}, {"power": 80, "energy": 900}),
    ("grid", "grid", True, {"power": 80, "power_l1": -2, "energy_import": 3, "energy_export": 4},
     {"power": -80, "power_l1": 2, "energy_export": 3, "energy_import": 4}),
    ("grid", "heatpump", False, {"power": 80, "energy_import": 3, "voltage_l1": 230},
     {"power": 80, "energy": 3, "voltage_l1": 230}),
    ("meter", "battery", False, {"power": 80, "energy_import": 3, "energy_export": 4},
     {"power": -80, "energy_charged": 3, "energy_discharged": 4}),
    ("plug", "meter", False, {"power": 0, "energy": 3}, {"power": 0, "energy_import": 3}),
    ("heatpump", "plug", False, {"power": 10, "energy": 3, "status": "running"},
     {"power": 10, "energy": 3, "status": "running"}),
]  # fmt: skip


@pytest.mark.parametrize(("place", "role", "reverse", "told", "meant"), ROLES)
def test_what_a_place_is_for_a_role(
    place: str, role: str, reverse: bool, told: dict[str, Value], meant: dict[str, Value]
) -> None:
    assert as_role(told, place, role, reverse) == meant


def test_a_time_out_follows_the_answers() -> None:
    latency = Latency(4.0)
    for _ in range(50):
        latency.answered(0.02)
    assert latency.timeout == 0.5
    latency.missed()
    latency.missed()
    assert latency.timeout == 2.0
    for _ in range(3):
        latency.missed()
    assert latency.timeout == 4.0
