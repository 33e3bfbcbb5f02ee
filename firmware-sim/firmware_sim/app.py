"""Builds the house, opens its wires, and closes them in order."""

import asyncio
import json
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import web

from . import added
from .control import House, build
from .device import Device, View
from .devices.heidelberg import Heidelberg
from .devices.isg import Isg
from .devices.keba import Keba
from .devices.meters import Sdm630
from .devices.sunspec import SunSpecInverter
from .modbus.server import RtuBus, TcpStation
from .mqtt.link import Broker, MqttDevice, MqttLink
from .mqtt.tasmota import TasmotaPlug
from .mqtt.zigbee import ZigbeeBridge, ZigbeeDevice, ZigbeeLight, ZigbeeThermostat
from .p1 import P1Meter
from .physics.world import Setup, World
from .port import Port
from .pty_port import PtyPort
from .runner import Runner

GRACE_S = 1.0


@dataclass(frozen=True, slots=True)
class Options:
    setup: Setup
    directory: Path
    speed: float = 1.0
    broker: Broker | None = None
    control_port: int = 0
    password: str = ""
    """what added devices ask for that can be locked"""
    mdns: bool = True
    """whether they say by mDNS where they are"""


class Wires:
    """The links by name, and what must run behind them."""

    def __init__(self, view: View, directory: Path, more: list[added.Part]) -> None:
        self._added = more
        self.grid = Sdm630("grid", view, lambda house: view.wiring.meter(house.grid), lambda house: house.grid)
        self.circuit = Sdm630("heatpump_meter", view, lambda house: house.heatpump_meter)
        self.inverter = SunSpecInverter(view)
        self.keba, self.heidelberg, self.isg = Keba(view), Heidelberg(view), Isg(view)
        self.p1 = P1Meter(view, directory / "p1")
        self.bus = RtuBus(directory / "meter-rtu", {1: self.grid, 2: self.circuit}, self.grid)
        self.ports: dict[str, Port | PtyPort] = {
            "meter_tcp": TcpStation(self.grid, 1).port,
            "meter_rtu": self.bus.port,
            "inverter": TcpStation(self.inverter, 1).port,
            "keba": TcpStation(self.keba, 255).port,
            "heidelberg": TcpStation(self.heidelberg, 1).port,
            "heatpump": TcpStation(self.isg, 1).port,
            "p1_serial": self.p1.pty,
            "p1_tcp": self.p1.tcp,
            **{name: port for part in more for name, port in part.ports.items()},
        }

    def devices(self) -> list[Device]:
        own = [self.grid, self.circuit, self.inverter, self.keba, self.heidelberg, self.isg, self.p1]
        return [*own, *(part.device for part in self._added)]

    async def open(self) -> None:
        for port in self.ports.values():
            if isinstance(port, PtyPort):
                port.open()
            else:
                await port.open()

    def runs(self) -> Iterator[Coroutine[Any, Any, None]]:
        yield self.bus.run()
        yield self.p1.run()
        yield from (part.run() for part in self._added if part.run)
        for port in self.ports.values():
            yield port.run()


def mqtt_devices(view: View) -> list[MqttDevice]:
    members: list[ZigbeeDevice] = [
        ZigbeeLight("light_kitchen", view),
        ZigbeeLight("light_hall", view),
        ZigbeeThermostat("living", view),
    ]
    plugs = [TasmotaPlug("plug_tv", view), TasmotaPlug("plug_washer", view)]
    return [*plugs, *members, ZigbeeBridge(view, lambda: members)]


async def serve(options: Options, stop: asyncio.Event) -> None:
    """Run the house until `stop`; prints the ready line when every wire is open."""
    world = World(options.setup)
    view = View(world.snapshot())
    more = added.build(options.setup.added, view, options.directory, options.password)
    wires, talkers = Wires(view, options.directory, more), mqtt_devices(view)
    devices: list[Device] = [*wires.devices(), *(device for device in talkers if device.name != "bridge")]
    house = House(world, view, {device.name: device for device in devices})
    async with _control(house, options.control_port) as control:
        await wires.open()
        runs = (Runner(world, view, devices, options.speed).run(), *wires.runs(), *_announced(more, options.mdns))
        tasks = [asyncio.create_task(run) for run in runs]
        links = [
            asyncio.create_task(MqttLink(device, options.broker, stop).run()) for device in talkers if options.broker
        ]
        ready = {"ready": True, "control": control, "links": {name: port.link for name, port in wires.ports.items()}}
        print(json.dumps(ready), flush=True)
        try:
            await _until(stop, [*tasks, *links])
        finally:
            await _end(tasks, links)


def _announced(parts: list[added.Part], mdns: bool) -> Iterator[Coroutine[Any, Any, None]]:
    if mdns and (services := added.services(parts)):
        from .announce import Announcer  # zeroconf takes a while to load, and most houses have nothing to announce

        yield Announcer(services).run()


async def _until(stop: asyncio.Event, tasks: list[asyncio.Task[None]]) -> None:
    """Wait for the end; a task that ends before is a bug and its error is raised."""
    waiting = asyncio.create_task(stop.wait())
    done, _ = await asyncio.wait([waiting, *tasks], return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if not stop.is_set():
        for task in done:
            task.result()


async def _end(tasks: list[asyncio.Task[None]], links: list[asyncio.Task[None]]) -> None:
    if links:
        await asyncio.wait(links, timeout=GRACE_S)
    for task in [*tasks, *links]:
        task.cancel()
    await asyncio.wait([*tasks, *links], timeout=GRACE_S / 2)


@asynccontextmanager
async def _control(house: House, port: int) -> AsyncIterator[str]:
    runner = web.AppRunner(build(house), access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", port)
        await site.start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
