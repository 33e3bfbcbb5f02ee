"""The driver against servers that answer as captured devices do: an Envoy with a battery, and a Peblar that obeys."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from drivers.http.driver import build
from hub.errors import Refused
from hub.model import Command, Device, DeviceSpec, Measurement, Reason, Role, Source, SystemClock, Value

VECTORS = Path(__file__).parents[3] / "shared" / "vectors"
pytestmark = pytest.mark.skipif(not VECTORS.is_dir(), reason="the captures are not beside the checkout")


class Notes:
    """A sink that keeps what it is told."""

    def __init__(self) -> None:
        self.values: dict[str, Value | None] = {}
        self.devices: dict[str, Device] = {}
        self.lost_: list[str] = []

    def put(self, measurements: Any) -> None:
        for m in measurements:
            assert isinstance(m, Measurement)
            self.values[m.point] = m.value

    def seen(self, device: Device) -> None:
        self.devices[device.id] = device

    def lost(self, device: str, reason: str) -> None:
        self.lost_.append(device)

    async def until(self, true: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not true():
                await asyncio.sleep(0.01)


def play(app: web.Application, specs: list[DeviceSpec], scene: Callable[[Any, Notes], Awaitable[None]]) -> None:
    async def main() -> None:
        server = TestServer(app)
        await server.start_server()
        driver, notes = build(str(server.make_url("/")).rstrip("/"), specs, SystemClock()), Notes()
        task = asyncio.create_task(driver.run(notes))
        try:
            await scene(driver, notes)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await server.close()

    asyncio.run(main())


def command(point: str, value: Value) -> Command:
    return Command(point, value, "r", Source.PERSON, Reason("test"))


def spec(name: str, role: Role, **options: object) -> DeviceSpec:
    return DeviceSpec(f"uid-{name}", name, role, "http", "", options={"poll_s": 0.1, **options})


def test_an_envoy_is_read_as_inverter_grid_and_battery() -> None:
    of = VECTORS / "enphase" / "8.2.4286_with_3cts_and_battery_split__"
    pages = {
        "/info": "info",
        "/production.json": "production.json",
        "/ivp/meters/readings": "ivp_meters_readings",
        "/ivp/ensemble/secctrl": "ivp_ensemble_secctrl",
        "/ivp/ensemble/power": "ivp_ensemble_power",
    }
    app = web.Application()
    for path, name in pages.items():
        body = Path(f"{of}{name}").read_bytes()
        app.router.add_get(path, _page(body))
    meters = VECTORS / "enphase" / "8.2.127_with_3cts_and_battery_split__ivp_meters"
    app.router.add_get("/ivp/meters", _page(meters.read_bytes()))

    async def scene(driver: Any, notes: Notes) -> None:
        await notes.until(lambda: {"battery.power", "grid.energy_export", "battery.soc"} <= set(notes.values))
        assert notes.values["pv.power"] == 7131.017 and notes.values["grid.power"] == 1749.504
        assert notes.values["battery.power"] == -7083.656 and notes.values["battery.soc"] == 46
        assert notes.devices["pv"].firmware == "D8.2.4286"

    kind = {"kind": "enphase"}
    play(
        app,
        [spec("pv", Role.INVERTER, **kind), spec("grid", Role.GRID, **kind), spec("battery", Role.BATTERY, **kind)],
        scene,
    )


def test_a_peblar_obeys_and_shows_it() -> None:
    state: dict[str, object] = {
        "CpState": "State C",
        "ChargeCurrentLimit": 16000,
        "ChargeCurrentLimitActual": 16000,
        "Force1Phase": False,
    }

    async def change(request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != "abc":
            return web.Response(status=401)
        state.update(orjson.loads(await request.read()))
        return web.Response(body=orjson.dumps(state))

    async def shown(request: web.Request) -> web.Response:
        allowed = request.headers.get("Authorization") == "abc"
        return web.Response(body=orjson.dumps(state)) if allowed else web.Response(status=401)

    app = web.Application()
    app.router.add_get("/api/wlac/v1/evinterface", shown)
    app.router.add_patch("/api/wlac/v1/evinterface", change)
    app.router.add_get("/api/wlac/v1/meter", _page((VECTORS / "peblar" / "meter.json").read_bytes()))
    system = orjson.dumps({"PhaseCount": 3, "Force1PhaseAllowed": True, "FirmwareVersion": "1.6.1"})
    app.router.add_get("/api/wlac/v1/system", _page(system))

    async def scene(driver: Any, notes: Notes) -> None:
        await notes.until(lambda: notes.values.get("box.phases") == 3)
        await driver.apply(command("box.current_limit", 8.0))
        assert notes.values["box.current_limit"] == 8 and state["ChargeCurrentLimit"] == 8000
        await driver.apply(command("box.phases", 1))
        assert notes.values["box.phases"] == 1 and state["Force1Phase"] is True
        with pytest.raises(Refused):
            await driver.apply(command("box.current_limit", 40.0))

    play(app, [spec("box", Role.CHARGER, kind="peblar", token="abc", max_a=16)], scene)


def _page(body: bytes) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def page(request: web.Request) -> web.Response:
        return web.Response(body=body)

    return page
