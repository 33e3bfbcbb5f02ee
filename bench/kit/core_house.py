"""A house for the core, of any size: per unit of it 60 points and 12 devices that the core drives."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from hub.core import HOUSE, House
from hub.model import CommandSpec, Device, Link, Point, Relation, Request, Role, Source, Value
from hub.model.site import (
    BatteryControl,
    ChargerControl,
    Circuit,
    ConnectionLimits,
    HeatPumpControl,
    Site,
    SwitchControl,
)

LINK = Link("bench", "bench")
GRID = [f"{q}_l{n}" for q in ("power", "current", "voltage") for n in (1, 2, 3)]
CALM: dict[str, Value] = {"soc": 55.0, "on": True, "phases": 3, "sg_ready": 2, "frequency": 50.0}


@dataclass(frozen=True)
class Busy:
    """The house, one moment's readings, and what people, a rule and the grid operator ask of it then."""

    house: House
    values: dict[str, Value]
    requests: tuple[Request, ...]
    driven: int

    @staticmethod
    def of(size: int) -> Busy:
        """`size` 1: 2 cars, 2 batteries, 2 inverters, 2 heat pumps, 4 plugs behind 3 fuses."""
        devices = [HOUSE, _device("grid", Role.GRID, "power", *GRID), *_meters(size), *_driven(size)]
        site = Site(
            circuits=_circuits(size),
            limits=ConnectionLimits(30_000.0 * size, 20_000.0 * size, 20.0),
            chargers=tuple(ChargerControl(f"car{n}", mode=("fast", "solar")[n % 2]) for n in range(2 * size)),
            batteries=tuple(BatteryControl(f"store{n}") for n in range(2 * size)),
            heat_pumps=tuple(HeatPumpControl(f"pump{n}", mode="surplus") for n in range(2 * size)),
            switches=tuple(SwitchControl(f"plug{n}", mode=("surplus", "manual")[n % 2]) for n in range(4 * size)),
        )
        values = {p.id: _reading(p) for d in devices if d is not HOUSE for p in d.points}
        return Busy(House.of(site, devices), values, _requests(size), 12 * size)


def _driven(size: int) -> Iterator[Device]:
    for n in range(2 * size):
        amps = [f"current_l{p}" for p in (1, 2, 3)]
        yield _device(f"car{n}", Role.CHARGER, "power", *amps, "phases", driven=("current_limit", 0, 32))
        yield _device(f"store{n}", Role.BATTERY, "power", "soc", driven=("power_setpoint", -5_000, 5_000))
        yield _device(f"pv{n}", Role.INVERTER, "power", "pv_power", driven=("power_limit", 0, 10_000))
        yield _device(f"pump{n}", Role.HEATPUMP, "power", "sg_ready", driven=("sg_ready", 1, 4))
    for n in range(4 * size):
        yield _device(f"plug{n}", Role.PLUG, "power", "on", driven=("on", None, None))


def _meters(size: int) -> Iterator[Device]:
    """What only tells: it brings the points to 60 a unit."""
    for n in range(6 * size - 2):
        yield _device(f"meter{n}", Role.METER, "power", "energy_import", "frequency", "voltage", "current")


def _device(
    id_: str, role: Role, *quantities: str, driven: tuple[str, float | None, float | None] | None = None
) -> Device:
    points = tuple(Point.of(id_, id_, q) for q in quantities)
    commands = (CommandSpec(f"{id_}.{driven[0]}", *driven[1:]),) if driven else ()
    return Device(id_, id_, role, LINK, points=points, commands=commands)


def _circuits(size: int) -> tuple[Circuit, ...]:
    garages = [
        Circuit(f"garage{n}", 50.0, 3, "main", (f"car{2 * n}", f"car{2 * n + 1}", f"plug{4 * n}")) for n in range(size)
    ]
    cellars = [
        Circuit(f"cellar{n}", 35.0, 3, "main", (f"store{2 * n}", f"pv{2 * n}", f"pump{2 * n}")) for n in range(size)
    ]
    return (Circuit("main", 63.0 * size), *garages, *cellars)


def _requests(size: int) -> tuple[Request, ...]:
    return tuple(
        r
        for n in range(size)
        for r in (
            _request(f"a{n}", f"car{2 * n}.current_limit", 10.0, Source.PERSON, Relation.SET),
            _request(f"b{n}", f"store{2 * n}.power_setpoint", 1_000.0, Source.GRID_OPERATOR, Relation.AT_MOST),
            _request(f"c{n}", f"plug{4 * n + 1}.on", True, Source.RULE, Relation.SET),
        )
    )


def _request(id_: str, point: str, value: Value, source: Source, relation: Relation) -> Request:
    return Request(id_, point, relation, value, source, 0, 10**15)


def _reading(point: Point) -> Value:
    name = point.quantity.name
    return 231.4 if name.startswith("voltage") else 2.31 if name.startswith("current") else CALM.get(name, 534.0)
