"""Houses, and what happens in them: readings and wishes that nobody thought of, the same for the same seed."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from hub.core import HOUSE, House, Inputs, State, Step, step
from hub.model import CommandSpec, Device, Link, Point, Relation, Request, Role, Source, Value, Wear
from hub.model.site import (
    BatteryControl,
    ChargerControl,
    Circuit,
    ConnectionLimits,
    HeatPumpControl,
    Site,
    SwitchControl,
)

LINK = Link("test", "test")
START = 1_750_000_000_000
ODD: tuple[Value | None, ...] = (
    *(None,) * 6,
    *(math.nan, math.inf, -math.inf, 1e300, -1e300, 1e11, -1e11, 10**400, 0, -0.0, 1e-9, True, "text", ""),
)
HUNG: tuple[tuple[int, ...], ...] = ((), (), (1,), (2,), (1, 2, 3))
"""the phases of a plug or a heat pump, as far as somebody has said"""
GAPS_MS = (*(1_000,) * 12, *(10_000,) * 5, 250, 0, 0, 60_000, 3_600_000, 90_000_000, -1_000, -3_600_000)
MODES = {
    Role.CHARGER: ("off", "solar", "min_solar", "fast", "fast"),
    Role.BATTERY: ("off", "auto", "auto", "hold", "charge", "discharge"),
    Role.HEATPUMP: ("normal", "boost", "surplus"),
    Role.PLUG: ("manual", "surplus"),
}


# -- houses ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Estate:
    """A house, with all devices that it may have at a time; `obedient`: its devices do as they are told."""

    site: Site
    devices: tuple[Device, ...]
    obedient: bool


def estate(rng: random.Random) -> Estate:
    main = rng.choice([3, 3, 3, 1])
    cars = tuple(_car(rng, f"car{n}", main) for n in range(rng.randint(0, 3)))
    stores = tuple(_store(rng, f"store{n}") for n in range(rng.randint(0, 2)))
    pumps = tuple(_pump(rng, "pump") for _ in range(rng.randint(0, 1)))
    plugs = tuple(_plug(rng, f"plug{n}") for n in range(rng.randint(0, 3)))
    makers = [f"pv{n}" for n in range(rng.randint(0, 2))]
    devices = [
        *_readers(rng, bool(pumps)),
        *(_charger_device(rng, c) for c in cars),
        *(_store_device(rng, s, makers) for s in stores),
        *(_device(rng, d, Role.INVERTER, "power", _held_back(rng, d)) for d in makers),
        *(
            _device(rng, p.device, Role.HEATPUMP, rng.choice(["power", ""]), CommandSpec(f"{p.device}.sg_ready", 1, 4))
            for p in pumps
        ),
        *(_device(rng, p.device, Role.PLUG, "power on", CommandSpec(f"{p.device}.on")) for p in plugs),
    ]
    members = [d.id for d in devices if d.role not in (Role.GRID, Role.HOUSE)]
    site = Site(
        circuits=_circuits(rng, members, main),
        limits=_limits(rng, main),
        chargers=cars,
        batteries=stores,
        heat_pumps=pumps,
        switches=tuple(p for p in plugs if rng.random() < 0.8),
    )
    return Estate(site, tuple(devices), rng.random() < 0.6)


def _readers(rng: random.Random, pump: bool) -> Iterator[Device]:
    """The meters, and what only people drive."""
    yield HOUSE
    if rng.random() < 0.95:
        phases = [f"{q}_l{n}" for q in ("power", "current", "voltage") for n in (1, 2, 3)]
        yield _device(rng, "grid", Role.GRID, " ".join(["power", *phases]))
    if pump and rng.random() < 0.4:
        yield _device(rng, "pump_meter", Role.METER, "power", behind="pump")
    if rng.random() < 0.3:
        yield _device(rng, "room", Role.THERMOSTAT, "", CommandSpec("room.target_temperature", 5.0, 30.0, 0.5))
    if rng.random() < 0.1:
        yield _device(rng, "stray", Role.PLUG, "power", CommandSpec("stray.current_limit", 0, 16))


def _car(rng: random.Random, device: str, main: int) -> ChargerControl:
    phases = rng.choice([(1,), (2,), (3,), (1, 2), (1, 2, 3), (1, 2, 3), (1, 2, 3)]) if main == 3 else (1,)
    low, high = rng.choice([6.0, 6.0, 6.5, 8.0]), rng.choice([16.0, 16.0, 16.5, 20.0, 32.0])
    return ChargerControl(
        device,
        phases,
        low,
        high,
        rng.choice([0.0, 0.0, low, 10.0]),
        rng.choice([0, 5, 60]),
        rng.choice([0, 5, 60]),
        rng.choice(MODES[Role.CHARGER]),
        rng.choice([0, 30, 300]),
        rng.choice([60, 600]),
    )


def _store(rng: random.Random, device: str) -> BatteryControl:
    return BatteryControl(
        device,
        rng.choice([0.0, 10.0]),
        rng.choice([90.0, 100.0]),
        rng.choice([0.0, 3_000.0, 5_000.0, 20_000.0]),
        rng.choice([0.0, 3_000.0, 5_000.0, 20_000.0]),
        rng.choice(MODES[Role.BATTERY]),
        rng.choice([0.0, 0.0, 30.0]),
        rng.choice([0.0, 0.0, 50.0, 500.0]),
        rng.random() < 0.3,
        grid_discharge=device == "store0",
    )


def _pump(rng: random.Random, device: str) -> HeatPumpControl:
    times = rng.choice([0, 20, 900]), rng.choice([0, 20, 600])
    guaranteed_w, mode = rng.choice([0.0, 4_200.0]), rng.choice(MODES[Role.HEATPUMP])
    return HeatPumpControl(device, *times, guaranteed_w, 2_000.0, mode, phases=rng.choice(HUNG))


def _plug(rng: random.Random, device: str) -> SwitchControl:
    times = rng.choice([0, 20, 300]), rng.choice([0, 20, 60])
    return SwitchControl(device, *times, 500.0, rng.choice(MODES[Role.PLUG]), rng.choice(HUNG))


def _charger_device(rng: random.Random, car: ChargerControl) -> Device:
    ends = rng.choice([(None, None), (0, 32), (6, 16), (0, 10.5), (8.0, 40.0), (0, 4)])
    commands = [CommandSpec(f"{car.device}.current_limit", *ends)]
    if car.phase_count == 3 and rng.random() < 0.5:
        commands.append(CommandSpec(f"{car.device}.phases", 1, 3))
    return _device(
        rng,
        car.device,
        Role.CHARGER,
        "power current_l1 current_l2 current_l3" + " phases" * (len(commands) - 1),
        *commands,
    )


def _store_device(rng: random.Random, store: BatteryControl, makers: list[str]) -> Device:
    ends = rng.choice([(None, None), (-5_000, 5_000), (0, 2_000), (-2_000, 0), (500, 4_000)])
    command = CommandSpec(f"{store.device}.power_setpoint", *ends)
    return _device(rng, store.device, Role.BATTERY, "power soc", command, behind=rng.choice(["", *makers]))


def _held_back(rng: random.Random, device: str) -> CommandSpec:
    return CommandSpec(f"{device}.power_limit", 0, rng.choice([None, 3_000, 10_000, 10_000]))


def _device(
    rng: random.Random, id_: str, role: Role, quantities: str, *commands: CommandSpec, behind: str = ""
) -> Device:
    """Some keep their set-points in flash; a thing that can be driven has a mode too.

    Not the phases: that the core takes them for switched when its budget forbade it has a test of its own, as the judge
    cannot say then which phases a car is on.
    """
    if rng.random() < 0.15:
        writes = rng.choice([5, 10, 100])
        flash = [c.point for c in commands if not c.point.endswith(".phases")]
        commands = tuple(replace(c, wear=Wear.FLASH, writes_a_day=writes) if c.point in flash else c for c in commands)
    if role in MODES and commands and id_ != "stray":
        commands = (*commands, CommandSpec(f"{id_}.mode", choices=tuple(dict.fromkeys(MODES[role]))))
    points = tuple(Point.of(id_, id_, q) for q in quantities.split())
    return Device(id_, id_, role, LINK, behind=behind, points=points, commands=commands)


def _circuits(rng: random.Random, members: list[str], phases: int) -> tuple[Circuit, ...]:
    names = ["main", *("garage", "annex", "shed")[: rng.choice([0, 0, 1, 2, 3])]]
    homes = {m: rng.choice(["", *names]) for m in members}
    return tuple(
        Circuit(
            name,
            rng.choice([10.0, 16.0, 25.0, 35.0, 63.0]),
            phases,
            rng.choice(names[:n]) if n else "",
            tuple(m for m in members if homes[m] == name),
        )
        for n, name in enumerate(names)
    )


def _limits(rng: random.Random, main: int) -> ConnectionLimits:
    return ConnectionLimits(
        rng.choice([None, None, 1_000.0, 4_200.0, 15_000.0]),
        rng.choice([None, None, 0.0, 600.0, 6_000.0]),
        rng.choice([None, 6.0, 16.0, 20.0]) if main == 3 else None,
    )


# -- what happens in them ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Moment:
    """One step: what the core was given, what it made of it; `site` and `devices` as they were then."""

    seed: int
    n: int
    site: Site
    devices: tuple[Device, ...]
    state: State
    inputs: Inputs

    def made(self) -> Step:
        return step(self.state, self.inputs)


class World:
    """Readings, wishes and time of one estate."""

    def __init__(self, rng: random.Random, home: Estate) -> None:
        self._rng = rng
        self._home = home
        self.t = START
        self.devices = home.devices
        self.house = House.of(home.site, home.devices)
        points = [p for d in home.devices if d is not HOUSE for p in d.points]
        self._draw: dict[str, Callable[[random.Random], Value]] = {p.id: DRAW[p.quantity.name] for p in points}
        self._points = [p.id for p in points]
        self.values: dict[str, Value] = {p: draw(rng) for p, draw in self._draw.items()}
        self._asked: list[Request] = []
        self._wishable = [c.point for d in home.devices for c in d.commands] + ["nobody.on"]
        self.intents: dict[str, str] = {}
        self._n = 0

    def turn(self) -> Inputs:
        """The next moment."""
        self._n += 1
        self.t += self._rng.choice(GAPS_MS)
        self._change_readings()
        self._change_wishes()
        if self._rng.random() < 0.01:
            self._change_house()
        return Inputs(self.t, self.house, dict(self.values), tuple(self._asked), dict(self.intents))

    def obey(self, result: Step) -> None:
        """The devices do as they were told, and the meter shows it."""
        if not self._home.obedient or self._rng.random() < 0.2:
            return
        for c in result.commands:
            device, _, quantity = c.point.partition(".")
            if quantity == "current_limit" and isinstance(c.value, float) and device != "stray":
                self._charges(device, c.value)
            elif quantity == "power_setpoint" and isinstance(c.value, float):
                self._show(f"{device}.power", c.value)
            elif quantity in ("phases", "on"):
                self._show(c.point, c.value)

    def _charges(self, car: str, amps: float) -> None:
        self._show(f"{car}.power", amps * 690)
        for n in (1, 2, 3):
            self._show(f"{car}.current_l{n}", amps)

    def _show(self, point: str, value: Value) -> None:
        if point in self.values:
            self.values[point] = value

    def _change_readings(self) -> None:
        rng = self._rng
        if not self._points:
            return
        every = rng.random() < 0.03
        for point in self._points if every else rng.choices(self._points, k=rng.choice((0, 0, 1, 2, 4))):
            value = rng.choice(ODD) if rng.random() < 0.12 else self._draw[point](rng)
            if value is None:
                self.values.pop(point, None)
            else:
                self.values[point] = value
        if rng.random() < 0.02:
            silent = rng.choice(self._points).partition(".")[0] + "."
            self.values = {p: v for p, v in self.values.items() if not p.startswith(silent)}

    def _change_wishes(self) -> None:
        rng, chance = self._rng, self._rng.random()
        if chance < 0.15 and len(self._asked) < 8:
            self._asked.append(self._wish())
        elif chance < 0.28 and self._asked:
            self._asked.pop(rng.randrange(len(self._asked)))
        elif chance < 0.29:
            self._asked = []
        elif chance < 0.33:
            device = rng.choice(self._home.devices)
            if device.role in MODES:
                self.intents[f"{device.id}.mode"] = rng.choice(MODES[device.role])

    def _wish(self) -> Request:
        rng, point = self._rng, self._rng.choice(self._wishable)
        device, _, quantity = point.partition(".")
        role = next((d.role for d in self._home.devices if d.id == device), Role.PLUG)
        value: Value | None = rng.choice(MODES.get(role, ("off",))) if quantity == "mode" else WISH[quantity](rng)
        if rng.random() < 0.08:
            value = rng.choice(ODD)
        relation = rng.choice((Relation.SET, Relation.SET, Relation.AT_MOST, Relation.AT_LEAST))
        starts = self.t - rng.randrange(10) * 1000
        source, id_ = rng.choice(tuple(Source)), f"r{self._n}"
        return Request(
            id_, point, relation, "" if value is None else value, source, starts, 10**15, priority=rng.randrange(2)
        )

    def _change_house(self) -> None:
        """A device goes, or all are there again."""
        whole = len(self.devices) < len(self._home.devices)
        gone = self._rng.choice([d for d in self._home.devices if d is not HOUSE])
        self.devices = self._home.devices if whole else tuple(d for d in self._home.devices if d is not gone)
        self.house = House.of(self._home.site, self.devices)


def _flow(high: float) -> Callable[[random.Random], Value]:
    """Mostly small, now and then far out."""
    return lambda rng: round(rng.choice((0.0, 0.2, 0.2, 0.5, 1.2)) * rng.uniform(-high, high), 1)


def _between(*ends: float) -> Callable[[random.Random], Value]:
    return lambda rng: round(rng.uniform(*ends), 1)


def _one_of(*values: Value) -> Callable[[random.Random], Value]:
    return lambda rng: rng.choice(values)


DRAW: dict[str, Callable[[random.Random], Value]] = {
    "power": _flow(12_000),
    **{f"power_l{n}": _flow(9_000) for n in (1, 2, 3)},
    **{f"current_l{n}": _flow(40) for n in (1, 2, 3)},
    **{f"voltage_l{n}": _one_of(230.0, 231.5, 222.2, 248.0, 207.0, 12.0, 400.0, -230.0) for n in (1, 2, 3)},
    "soc": _one_of(-1.0, 0.0, 5.0, 10.0, 20.0, 30.0, 50.0, 50.0, 50.0, 90.0, 99.9, 100.0, 104.0),
    "phases": _one_of(1, 1, 3, 3, 2, 0),
    "on": _one_of(True, False),
}
WISH: dict[str, Callable[[random.Random], Value]] = {
    "current_limit": _one_of(0, 0.0, 6.0, 7.3, 10, 16.0, 32.0, -4.0),
    "power_setpoint": _between(-15_000, 15_000),
    "power_limit": _between(-500, 12_000),
    "sg_ready": _one_of(1, 1.0, 2, 3, 3.0, 4, 2.5, 9),
    "on": _one_of(True, False, 1, 0),
    "phases": _one_of(1, 3, 1.0, 3.0, 2),
    "target_temperature": _between(0, 35),
    "import_limit": _one_of(0, 1_000.0, 4_200.0, 9_000.0, -1.0),
    "export_limit": _one_of(0, 500.0, 4_000.0, 9_000.0, -1.0),
}


def walk(
    seed: int, dressed: Callable[[int], Callable[[Inputs], Inputs]] = lambda _seed: lambda inputs: inputs
) -> Iterator[tuple[Moment, Step]]:
    """One house, step after step; `dressed`: adds what a house is given beside readings and wishes."""
    rng = random.Random(seed)
    home = estate(rng)
    world, state, dress = World(rng, home), State(), dressed(seed)
    for n in range(rng.choice((20, 60, 200))):
        inputs = dress(world.turn())
        moment = Moment(seed, n, home.site, world.devices, state, inputs)
        result = moment.made()
        yield moment, result
        world.obey(result)
        state = result.state
