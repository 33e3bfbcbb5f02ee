"""A small house with the hub's real parts, a clock that is told the time, and devices that show a sunny hour.

Only the devices and the clock are made up: what its HTTP edge answers is what the hub would answer.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from hub import VERSION, config
from hub.auth import Doorman
from hub.calendar import calendar_of
from hub.commission.finding import Finding, Verdict
from hub.commission.session import Progress, Session
from hub.control import Desk, Dispatcher, Heart, Planned, Recorder
from hub.control.intents import IntentSink, with_intents
from hub.control.own import own_devices
from hub.errors import NoAnswer, Refused
from hub.finding.adoption import Adoption, Finds
from hub.foresight.planner import Planner
from hub.foresight.room import planner_of
from hub.live import Board
from hub.model import Command, CommandSpec, Device, Link, Measurement, Point, Reason, Role, Sink, Value
from hub.model.found import Found
from hub.model.heard import Reading
from hub.model.journal import Entry
from hub.model.site import Site
from hub.ops.health import OK, Health
from hub.rehearse.anew import decided
from hub.rehearse.shadow import Score
from hub.store.accounts import Account
from hub.store.ring import Ring, SeriesInfo
from hub.store.state import State
from hub.store.vault import Vault
from hub.tariff.prices import Prices
from hub.web import make_app
from hub.web.past import Past
from hub.web.rooms import Rooms, SelfTest

START = 1_750_496_400_000  # 2025-06-21 09:00 UTC
HOUR_S = 3600
SITE = """
[site]
name = "Sample house"
timezone = "Europe/Berlin"
[circuits.main]
fuse_a = 16
[tariff]
import_price = 0.2873
export_price = 0.0811
[devices.grid]
role = "grid"
driver = "modbus"
link = "tcp://192.168.1.20:502"
[devices.pv_roof]
role = "inverter"
driver = "sunspec"
link = "tcp://192.168.1.21:502"
[devices.battery]
role = "battery"
driver = "sunspec"
link = "tcp://192.168.1.21:502"
behind = "pv_roof"
[devices.wallbox]
role = "charger"
driver = "modbus"
link = "tcp://192.168.1.22:502"
control = { mode = "solar", start_delay_s = 60 }
[devices.heatpump]
role = "heatpump"
driver = "modbus"
link = "tcp://192.168.1.23:502"
[devices.plug_tv]
role = "plug"
driver = "mqtt"
link = "hub"
[devices.light_hall]
role = "light"
driver = "mqtt"
link = "hub"
[devices.living]
role = "thermostat"
driver = "mqtt"
link = "hub"
"""
_PHASES = "power_l1 power_l2 power_l3 voltage_l1 voltage_l2 voltage_l3"
_POINTS = {
    "grid": f"power {_PHASES} frequency energy_import energy_export",
    "pv_roof": "power pv_power energy status",
    "battery": "power soc power_setpoint",
    "wallbox": "power current_l1 current_l2 current_l3 current_limit connected status session_energy",
    "heatpump": "power sg_ready tank_temperature",
    "plug_tv": "on power energy",
    "light_hall": "on brightness",
    "living": "temperature target_temperature humidity valve battery_level",
}
_MODELS = {
    "grid": ("Eastron", "SDM630"),
    "pv_roof": ("Sample", "Hybrid 10"),
    "battery": ("Sample", "Hybrid 10"),
    "wallbox": ("KEBA", "P30"),
    "heatpump": ("Stiebel Eltron", "ISG"),
    "plug_tv": ("Tasmota", "Plug"),
    "light_hall": ("Zigbee2MQTT", "Light"),
    "living": ("Zigbee2MQTT", "Thermostat"),
}
_COMMANDS = (
    CommandSpec("battery.power_setpoint", -5000, 5000, 1, heartbeat_s=60),
    CommandSpec("wallbox.current_limit", 6, 16, 0.1),
    CommandSpec("heatpump.sg_ready", 1, 4, 1),
    CommandSpec("plug_tv.on"),
    CommandSpec("light_hall.on", settle_ms=20),
    CommandSpec("light_hall.brightness", 0, 100, 1),
    CommandSpec("living.target_temperature", 5, 30, 0.5),
)


@dataclass
class ToldClock:
    """Time as it is told; it is always trusted."""

    ms: int = START
    trusted: bool = True

    provisional_since = None

    def now(self) -> int:
        return self.ms

    def monotonic(self) -> float:
        return (self.ms - START) / 1000


class Devices:
    """All devices in one driver. The light is out of reach; the heat pump refuses to be blocked."""

    def __init__(self, site: Site, clock: ToldClock) -> None:
        self._clock = clock
        self._sink: Sink | None = None
        self._set: dict[str, Value] = {
            "battery.power_setpoint": 0.0,
            "wallbox.current_limit": 0.0,
            "heatpump.sg_ready": 2,
            "plug_tv.on": True,
            "living.target_temperature": 21.0,
        }
        self.devices = tuple(_device(s.uid, s.id, s.role, s.driver, s.link, s.behind) for s in site.devices)

    async def run(self, sink: Sink) -> None:
        """Announces the devices; nothing comes by itself, `tell` shows the readings of a moment."""
        self._sink = sink
        for device in self.devices:
            sink.seen(device)
        sink.lost("light_hall", "the device has been silent for 24 s")

    async def apply(self, command: Command) -> None:
        if command.point.startswith("light_hall."):
            raise NoAnswer("light_hall: nothing came back")
        if command.point == "heatpump.sg_ready" and command.value == 1:
            raise Refused("exception 3, illegal data value")
        self._set[command.point] = command.value
        self._put({command.point: command.value})

    def tell(self) -> None:
        self._put({**_readings((self._clock.ms - START) / 1000, self._set), **self._set})

    def _put(self, values: dict[str, Value]) -> None:
        assert self._sink is not None
        self._sink.put([Measurement(p, v, self._clock.ms) for p, v in values.items()])


def _device(uid: str, id_: str, role: Role, driver: str, link: str, behind: str) -> Device:
    commands = tuple(c for c in _COMMANDS if c.point.partition(".")[0] == id_)
    writable = {c.point for c in commands}
    points = tuple(Point.of(uid, id_, q, f"{id_}.{q}" in writable) for q in _POINTS[id_].split())
    vendor, model = _MODELS[id_]
    return Device(uid, id_, role, Link(driver, link), vendor, model, f"S-{id_}", "1.0", behind, points, commands)


def _readings(t: float, is_set: dict[str, Value]) -> dict[str, Value]:
    """A sunny hour `t` seconds in: the balance is right, because the meter is computed from the rest."""
    sun = round(6400 + 1200 * math.sin(t / 900))
    battery, limit, on = (
        float(is_set["battery.power_setpoint"]),
        float(is_set["wallbox.current_limit"]),
        is_set["plug_tv.on"],
    )
    car, plug, pump = round(limit * 690), 84 if on else 0, 640
    inverter = sun + battery
    grid = 420 + car + plug + pump - inverter
    return {
        "grid.power": grid,
        **{f"grid.power_l{n}": round(grid / 3) for n in (1, 2, 3)},
        **{f"grid.voltage_l{n}": 230.0 + n / 2 for n in (1, 2, 3)},
        "grid.frequency": 50.01,
        "grid.energy_import": 4_381_220.0,
        "grid.energy_export": 7_120_400.0,
        "pv_roof.power": inverter,
        "pv_roof.pv_power": sun,
        "pv_roof.energy": 18_403_000.0 + round(t * sun / 3600),
        "pv_roof.status": "running",
        "battery.power": battery,
        "battery.soc": round(62 + t / 900, 1),
        "wallbox.power": car,
        **{f"wallbox.current_l{n}": limit for n in (1, 2, 3)},
        "wallbox.connected": True,
        "wallbox.status": "charging" if car else "paused",
        "wallbox.session_energy": round(t),
        "heatpump.power": pump,
        "heatpump.tank_temperature": 48.5,
        "plug_tv.power": plug,
        "plug_tv.energy": 90_210.0,
        "living.temperature": 21.3,
        "living.humidity": 47.0,
        "living.valve": 12,
        "living.battery_level": 88,
    }


@dataclass(frozen=True, slots=True)
class SampleHouse:
    """A running house: the address of its HTTP edge and a bearer token for it."""

    base: str
    token: str
    clock: ToldClock
    devices: Devices
    heart: Heart
    state: State
    planner: Planner
    desk: Desk
    ring: Ring
    """nothing of it is written until it is started"""

    async def live(self, seconds: int) -> None:
        """Lets `seconds` pass, one beat each."""
        for _ in range(seconds):
            self.clock.ms += 1000
            self.devices.tell()
            self.heart.beat()
            for _turn in range(5):  # what the beat has decided is written and read back before the next one
                await asyncio.sleep(0)


@asynccontextmanager
async def running(data: Path, seconds: int = HOUR_S) -> AsyncIterator[SampleHouse]:
    """The house after `seconds`, with its files in `data`."""
    clock, site = ToldClock(), config.parse(SITE)
    async with AsyncExitStack() as parts:
        ring = Ring.open(data / "history.db", clock)
        parts.callback(ring.close)
        state = await State.open(data / "state.db", clock)
        parts.push_async_callback(state.close)
        board, driver = Board(clock), Devices(site, clock)
        _furnish(board, site, driver.devices)
        past = Past(ring, lambda p: board.points[p].series if p in board.points else None)
        parts.callback(past.close)
        tasks = await parts.enter_async_context(asyncio.TaskGroup())
        dispatcher = Dispatcher(board, clock, state.journal, tasks)
        dispatcher.attach(driver)
        desk = Desk(board, clock, state.journal, dispatcher, state.requests)
        desk.resume({}, {c.device: c.mode for c in site.chargers} | {b.device: b.mode for b in site.batteries})
        prices = Prices(site, state.feeds, clock)
        planner = planner_of(
            *(site, board, clock, prices, past, state), lambda t: (*desk.leases.active(t), *planned.requests(t))
        )
        planned = Planned(board, clock, calendar_of(site), state.plans, plan=planner.plan)
        heart = Heart(
            site, board, desk, dispatcher, clock, state.journal,
            lambda column: ring.append(column, {p: SeriesInfo.of(board.points[p]) for p in column.values}),
            recorder=Recorder(state.inputs, await state.site.save(clock.now(), "config.toml", "start", SITE)),
            planned=planned,
        )  # fmt: skip
        await driver.run(IntentSink(board))
        board.put(
            Measurement(f"tariff.price_{way}", price, START) for way, price in (("import", 28730), ("export", 8110))
        )
        vault = Vault.open(data / "secret.key")
        adoption = Adoption(SITE, {}, state.adopted, vault, clock, lambda _specs: None, Finds(list(FOUND)))
        doorman, health = Doorman(state.accounts, clock), Health()
        health.watch("core", lambda: OK)
        health.ready = True
        tested = _tested(Session(board, desk, dispatcher, clock, site, lambda: None))
        rooms = Rooms(
            site,
            board,
            desk,
            doorman,
            state.journal,
            past,
            clock,
            health,
            data / "static",
            VERSION,
            noted=state.inputs.until,
            decided=lambda t: decided(data, t, ring.reader, desk.latest.inputs.t if desk.latest else 0),
            observed=Score(),
            planned=planned,
            adoption=adoption,
            prices=prices,
            planner=planner,
            raw=lambda device: RAW if device == "grid" else (),
            self_test=SelfTest(tested, lambda _person, _pace: True),
        )
        await state.accounts.put(Account("owner", "owner", ""))
        await state.journal.record(Entry(START, "start", reason=Reason("started", {"version": VERSION})))
        base = await parts.enter_async_context(_served(rooms))
        house = SampleHouse(
            base, await doorman.issue_bearer("owner", "samples"), clock, driver, heart, state, planner, desk, ring
        )
        await house.live(seconds)
        board.put(Measurement(p, wh, clock.now()) for p, wh in FORESEEN.items())
        yield house


def _tested(session: Session) -> Session:
    """As after a test that has found something."""
    session.progress = Progress(
        began=START - 200_000,
        ended=START - 9_000,
        done=180,
        all=180,
        findings=(
            Finding("grid_direction", Verdict.GOOD, "grid_right", "grid"),
            Finding("ct_direction", Verdict.FAULT, "ct_reversed", "grid", {"phase": 2}),
            Finding("phase_order", Verdict.UNKNOWN, "no_voltages", "grid"),
            Finding("control", Verdict.GOOD, "set_obeyed", "wallbox", {"value": 10.0, "ms": 41.0}),
        ),
    )
    return session


FORESEEN = {
    "tariff.price_lowest": 28730,
    "tariff.cheaper_today": 0,
    "forecast.pv_left_today": 31_400,
    "forecast.pv_tomorrow": 44_800,
    "forecast.pv_next_hour": 6_900,
    "forecast.load_tomorrow": 12_600,
}
"""What the planner would have told of such a day, W and Wh; at one price all day."""
FOUND = (
    Found(
        "sunspec", "tcp://192.168.1.40:1502", (Role.INVERTER, Role.BATTERY, Role.GRID), "Fluxwerk", "Hybrid 10.0",
        "FW10-0042", "1.4.2", {"unit": 1}, "SunSpec models 103, 160, 124, 203",
    ),
    Found(
        "http", "http://192.168.1.51", (Role.PLUG,), "Shelly", "Plus Plug S", "E465B8", "1.4.4", {"kind": "shelly"},
        "mDNS",
    ),
    Found(
        "http", "https://192.168.1.60", (Role.INVERTER, Role.GRID), "Enphase", "Envoy", options={"kind": "enphase"},
        how="mDNS", needs=("token",),
    ),
    Found(
        "modbus", "tcp://192.168.1.70:502", (), how="port 502 is open", options={"unit": 1}, certain=False,
        needs=("map",),
    ),
)  # fmt: skip
"""What a search finds in a house like this: devices that are sure, one that needs a secret, one that nobody knows."""
RAW = (Reading("0034", -1234.0, "W"), Reading("0048", 5123400.0, "Wh"), Reading("serial", "SDM-0815"))


def _furnish(board: Board, site: Site, devices: Iterable[Device]) -> None:
    for device in devices:
        board.expect(with_intents(device))
    for own in own_devices(site):
        board.expect(own)
        board.seen(own)


@asynccontextmanager
async def _served(rooms: Rooms) -> AsyncIterator[str]:
    runner = web.AppRunner(make_app(rooms), access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/api/v1"
    finally:
        await runner.cleanup()
