"""Fuses, circuits and phases as tables: what stands in the site document, what is read, what a device gets."""

from __future__ import annotations

import math

import pytest

from hub.core import House, Inputs, State, Step, step
from hub.model import CommandSpec, Device, Link, Point, Relation, Request, Role, Source, Value
from hub.model.site import BatteryControl, ChargerControl, Circuit, Site

LINK = Link("test", "test")
MAIN = Circuit("main", 35.0)
GRID = {f"grid.power_l{n}": 0.0 for n in (1, 2, 3)}


def device(id_: str, role: Role, quantities: str = "power", command: CommandSpec | None = None, **more: str) -> Device:
    points = tuple(Point.of(id_, id_, q) for q in quantities.split())
    return Device(id_, id_, role, LINK, points=points, commands=(command,) if command else (), **more)  # type: ignore[arg-type]


def car(id_: str, low: float | None = None, high: float | None = None) -> Device:
    return device(id_, Role.CHARGER, command=CommandSpec(f"{id_}.current_limit", low, high))


def store(id_: str, low: float | None = None, high: float | None = None, **more: str) -> Device:
    return device(id_, Role.BATTERY, "power soc", CommandSpec(f"{id_}.power_setpoint", low, high), **more)


GRID_METER = device("grid", Role.GRID)


def decide(site: Site, devices: tuple[Device, ...], values: dict[str, Value], *leases: Request) -> Step:
    modes = {f"{c.device}.mode": "fast" for c in site.chargers}
    return step(State(), Inputs(1000, House.of(site, devices), values, leases, modes))


def lease(point: str, value: Value, relation: Relation = Relation.SET) -> Request:
    return Request("r", point, relation, value, Source.PERSON, 0, 10**12)


def limits(result: Step) -> dict[str, float]:
    return {c.point.partition(".")[0]: float(c.value) for c in result.commands}


def two_cars(*circuits: Circuit, **control: float) -> Site:
    cars = tuple(ChargerControl(id_, **control) for id_ in ("car1", "car2"))  # type: ignore[arg-type]
    return Site(circuits=circuits, chargers=cars)


CARS = (GRID_METER, car("car1"), car("car2"))
GARAGE = Circuit("garage", 10.0, 3, "main", ("car1", "car2"))


@pytest.mark.parametrize(
    ("circuits", "change", "expected"),
    [
        ((MAIN,), {}, (16.0, 16.0)),
        ((Circuit("main", 20.0),), {}, (16.0, 0.0)),
        ((Circuit("main", 25.0),), {}, (16.0, 9.0)),
        ((MAIN, GARAGE), {}, (10.0, 0.0)),
        ((MAIN, Circuit("garage", 24.0, 3, "main", ("car1", "car2"))), {}, (16.0, 8.0)),
        ((MAIN, GARAGE), {"car2.current_l2": 9.0}, (0.0, 10.0)),
        ((MAIN, GARAGE), {"car2.current_l1": None, "car2.power": None}, (0.0, 10.0)),
        ((MAIN, Circuit("annex", 20.0, 3, "main", ("car2",)), Circuit("garage", 10.0, 3, "annex", ("car1",))), {},
         (10.0, 10.0)),
        ((MAIN, Circuit("garage", 10.0, 3, "main", ("car1",))), {}, (10.0, 16.0)),
        ((MAIN, Circuit("garage", 16.0, 3, "main", ("car1", "plug"))), {"plug.power": 1380.0}, (10.0, 16.0)),
        ((MAIN, Circuit("garage", 16.0, 3, "main", ("car1", "plug"))), {"plug.power": -1380.0}, (16.0, 16.0)),
        ((MAIN, Circuit("garage", 32.0, 3, "main", ("car1", "plug"))), {"plug.power": None}, (0.0, 16.0)),
        ((MAIN, Circuit("garage", 16.0, 3, "main", ("car1", "pv"))), {"pv.power": 6000.0}, (16.0, 16.0)),
    ],
)  # fmt: skip
def test_cars_share_what_the_fuses_above_them_leave(
    circuits: tuple[Circuit, ...], change: dict[str, float | None], expected: tuple[float, float]
) -> None:
    idle: dict[str, float | None] = {f"{c}.{q}": 0.0 for c in ("car1", "car2") for q in ("power", "current_l1")}
    given = {k: v for k, v in {**GRID, **idle, "plug.power": 0.0, "pv.power": 0.0, **change}.items() if v is not None}
    devices = (*CARS, device("plug", Role.PLUG), device("pv", Role.INVERTER))
    decided = limits(decide(two_cars(*circuits), devices, given))
    assert (decided["car1"], decided["car2"]) == expected


def test_the_reason_names_the_circuit() -> None:
    values = {**GRID, "car1.power": 0.0, "car2.power": 0.0}
    commands = decide(two_cars(MAIN, GARAGE), CARS, values).commands
    named = {"circuit": "garage", "fuse_a": 10.0, "phase": 1}
    assert [dict(c.limits[-1].numbers) for c in commands] == [named | {"free_a": 10.0}, named | {"free_a": 0.0}]
    assert {c.limits[-1].code for c in commands} == {"fuse_limit"}


@pytest.mark.parametrize(
    ("phases", "load", "expected"),
    [
        ((1, 2, 3), {"grid.power_l3": 5750.0}, 10.0),
        ((1,), {"grid.power_l3": 5750.0}, 16.0),
        ((2,), {"grid.power_l2": 5750.0}, 10.0),
        ((2,), {"grid.power_l1": None}, 16.0),
        ((2,), {"grid.power_l2": None}, 0.0),
        ((1,), {"grid.power_l1": 4600.0, "grid.current_l1": 27.0}, 8.0),
        ((1,), {"grid.power_l1": 4600.0, "grid.current_l1": -27.0}, 8.0),
        ((1,), {"grid.power_l1": 5750.0, "grid.current_l1": 3.0}, 10.0),
        ((1,), {"grid.power_l1": -4600.0, "grid.current_l1": 27.0}, 16.0),
        ((1,), {"grid.power_l1": None, "grid.current_l1": 27.0}, 8.0),
        ((1,), {"grid.power_l1": 5750.0, "grid.voltage_l1": 999.0}, 10.0),
        ((1,), {"grid.power_l1": math.nan}, 0.0),
        ((1,), {"grid.power_l1": math.inf}, 0.0),
    ],
)
def test_only_its_own_phases_bound_a_car(
    phases: tuple[int, ...], load: dict[str, float | None], expected: float
) -> None:
    site = Site(circuits=(MAIN,), chargers=(ChargerControl("car1", phases),))
    values = {k: v for k, v in {**GRID, **load}.items() if v is not None}
    assert limits(decide(site, CARS[:2], values))["car1"] == expected


def test_the_sum_is_the_phase_where_the_connection_has_only_one() -> None:
    site = Site(circuits=(Circuit("main", 35.0, 1),), chargers=(ChargerControl("car1", (1,)),))
    assert limits(decide(site, CARS[:2], {"grid.power": 5750.0}))["car1"] == 10.0


@pytest.mark.parametrize(
    ("fuse", "blind_a", "devices", "expected"),
    [
        (35.0, 0.0, CARS, (0.0, 0.0)),
        (35.0, 6.0, CARS, (6.0, 6.0)),
        (35.0, 6.0, CARS[1:], (6.0, 6.0)),
        (10.0, 6.0, CARS, (6.0, 0.0)),
        (35.0, 16.0, CARS, (16.0, 16.0)),
        (25.0, 16.0, CARS, (16.0, 9.0)),
    ],
)
def test_a_blind_hub_gives_what_was_agreed_and_the_fuse_carries(
    fuse: float, blind_a: float, devices: tuple[Device, ...], expected: tuple[float, float]
) -> None:
    result = decide(two_cars(Circuit("main", fuse), blind_a=blind_a), devices, {"car1.power": 0.0})
    decided = limits(result)
    assert (decided["car1"], decided["car2"]) == expected


@pytest.mark.parametrize(
    ("low", "high", "asked", "expected"),
    [
        (6, 32, 16.0, (16.0, ())),
        (8, 32, 7.0, (0.0, ("device_range",))),
        (6, 13, 16.0, (13.0, ("device_range",))),
        (6, 4, 16.0, (0.0, ("device_range",))),
        (None, None, 16.0, (16.0, ())),
        (6, 32, 0.0, (0.0, ())),
        (6, 32, -3.0, (0.0, ("below_minimum",))),
        (6, 32, math.nan, (16.0, ())),
        (6, 32, math.inf, (16.0, ())),
        (6, 32, "fast", (16.0, ())),
    ],
)
def test_a_charger_is_only_told_what_it_understands(
    low: float | None, high: float | None, asked: Value, expected: tuple[float, tuple[str, ...]]
) -> None:
    site = Site(circuits=(MAIN,), chargers=(ChargerControl("car1"),))
    result = decide(site, (GRID_METER, car("car1", low, high)), GRID, lease("car1.current_limit", asked))
    assert (result.commands[0].value, tuple(r.code for r in result.commands[0].limits)) == expected


@pytest.mark.parametrize(
    ("spec", "asked", "expected"),
    [
        (CommandSpec("t.target_temperature", 5, 30), 45.0, [(30.0, ("device_range",))]),
        (CommandSpec("t.target_temperature", 5, 30), 2.0, [(5.0, ("device_range",))]),
        (CommandSpec("t.target_temperature", 5, 30), 0.0, [(0.0, ())]),
        (CommandSpec("t.on", 0, 1), True, [(True, ())]),
        (CommandSpec("t.brightness", 0, 100), math.nan, []),
        (CommandSpec("t.brightness", 0, 100), -math.inf, []),
        (CommandSpec("t.brightness", 0, 100), "bright", []),
        (CommandSpec("t.sound", choices=("low", "high")), "low", [("low", ())]),
        (CommandSpec("t.sound", choices=("low", "high")), "loud", []),
        (CommandSpec("t.power_setpoint", -100, 100), 50.0, []),
        (CommandSpec("t.current_limit", 6, 16), 10.0, []),
    ],
)
def test_nothing_leaves_the_core_that_a_device_does_not_understand_or_that_has_no_envelope(
    spec: CommandSpec, asked: Value, expected: list[object]
) -> None:
    result = decide(Site(), (device("t", Role.PLUG, command=spec),), {}, lease(spec.point, asked))
    assert [(c.value, tuple(r.code for r in c.limits)) for c in result.commands] == expected


def test_a_wish_that_is_no_number_leaves_the_others_in_force() -> None:
    wishes = (lease("t.brightness", 80.0), lease("t.brightness", math.nan, Relation.AT_MOST))
    lamp = device("t", Role.LIGHT, command=CommandSpec("t.brightness", 0, 100))
    assert limits(decide(Site(), (lamp,), {}, *wishes)) == {"t": 80.0}


BATTERY = BatteryControl("bat", 10, 90, 20_000, 20_000)
IDLE = {**GRID, "grid.power": 0.0, "bat.power": 0.0, "bat.soc": 50.0, "pv.power": 0.0}
BESIDE_PLUG = Circuit("cellar", 16.0, 3, "main", ("bat", "plug"))
WITH_PV = Circuit("cellar", 16.0, 3, "main", ("pv",))
FUSE, BLIND = ("fuse_limit",), ("stale_input",)


@pytest.mark.parametrize(
    ("circuits", "asked", "change", "expected"),
    [
        ((MAIN,), -20_000, {}, (-20_000.0, ())),
        ((MAIN,), -20_000, {"grid.power_l2": 4600.0}, (-10_350.0, FUSE)),
        ((MAIN,), -20_000, {"grid.power_l2": 4600.0, "bat.power": -3000.0}, (-13_350.0, FUSE)),
        ((MAIN,), -20_000, {"grid.power_l2": 4600.0, "bat.power": 3000.0}, (-7_350.0, FUSE)),
        ((MAIN,), -20_000, {"grid.power_l2": 9200.0}, (0.0, FUSE)),
        ((MAIN,), -20_000, {"grid.power_l2": 8970.0, "bat.power": -90_000.0}, (-17_240.0, FUSE)),
        ((MAIN,), 20_000, {"grid.power_l2": -4600.0}, (10_350.0, FUSE)),
        ((MAIN,), 20_000, {"grid.power_l2": -4600.0, "bat.power": 3000.0}, (13_350.0, FUSE)),
        ((MAIN,), 20_000, {"grid.power_l2": 4600.0}, (20_000.0, ())),
        ((MAIN,), -5_000, {"grid.power_l2": None}, (-5_000.0, ())),
        ((MAIN,), -20_000, {"grid.power_l2": None, "grid.power": 4600.0}, (-10_350.0, FUSE)),
        ((MAIN,), -5_000, {"grid.power_l2": None, "grid.power": None}, (0.0, BLIND)),
        ((MAIN,), -5_000, {"bat.power": None}, (0.0, BLIND)),
        ((MAIN,), 5_000, {"bat.soc": None}, (0.0, BLIND)),
        ((MAIN, BESIDE_PLUG), -20_000, {"plug.power": 1380.0}, (-6_900.0, FUSE)),
        ((MAIN, BESIDE_PLUG), 20_000, {"plug.power": 1380.0}, (11_040.0, FUSE)),
        ((MAIN, BESIDE_PLUG), 20_000, {"plug.power": None}, (0.0, BLIND)),
        ((MAIN, WITH_PV), 20_000, {"pv.power": 6900.0}, (4_140.0, FUSE)),
        ((MAIN, WITH_PV), 20_000, {"pv.power": 6900.0, "bat.power": 3000.0}, (7_140.0, FUSE)),
    ],
)
def test_a_battery_pushes_no_phase_over_a_fuse_in_either_direction(
    circuits: tuple[Circuit, ...], asked: float, change: dict[str, float | None], expected: object
) -> None:
    values = {k: v for k, v in {**IDLE, "plug.power": 0.0, **change}.items() if v is not None}
    devices = (GRID_METER, store("bat", behind="pv"), device("pv", Role.INVERTER), device("plug", Role.PLUG))
    site = Site(circuits=circuits, batteries=(BATTERY,))
    command = decide(site, devices, values, lease("bat.power_setpoint", asked)).commands[0]
    assert (command.value, tuple(r.code for r in command.limits)) == expected


def test_the_cars_come_first_and_the_battery_takes_what_they_leave() -> None:
    site = Site(circuits=(Circuit("main", 20.0),), chargers=(ChargerControl("car1"),), batteries=(BATTERY,))
    charge = lease("bat.power_setpoint", -20_000)
    assert limits(decide(site, (GRID_METER, car("car1"), store("bat")), IDLE, charge)) == {"car1": 16.0, "bat": -2760.0}
    blocked = {**IDLE, **{f"grid.power_l{n}": 2300.0 for n in (1, 2, 3)}, "bat.power": -6900.0}
    assert limits(decide(site, (GRID_METER, car("car1"), store("bat")), blocked, charge)) == {
        "car1": 10.0,
        "bat": -6900.0,
    }


def test_two_batteries_share_the_fuse_and_each_keeps_to_its_device() -> None:
    batteries = (BATTERY, BatteryControl("bat2", 10, 90, 20_000, 20_000))
    site = Site(circuits=(Circuit("main", 20.0),), batteries=batteries)
    wishes = (lease("bat.power_setpoint", -20_000), lease("bat2.power_setpoint", -20_000))
    values = {**IDLE, "bat2.power": 0.0, "bat2.soc": 50.0}
    devices = (GRID_METER, store("bat", -9_000, 9_000), store("bat2"))
    assert limits(decide(site, devices, values, *wishes)) == {"bat": -9000.0, "bat2": -4800.0}


def test_a_car_that_nobody_drove_for_a_while_is_not_taken_for_one_that_shows_late() -> None:
    """Its charger was away for a minute; what it was told before then says nothing of what it draws now."""
    site = Site(circuits=(Circuit("main", 16.0),), chargers=(ChargerControl("car1"),))
    modes = {"car1.mode": "fast"}
    values: dict[str, Value] = {**GRID, "car1.power": 0.0, "car1.current_l1": 0.0}
    state, told = State(), dict[int, float]()
    for t in range(1, 70):
        away, load = 2 <= t < 62, 12.0 if t >= 2 else 0.0
        devices = (GRID_METER,) if away else (GRID_METER, car("car1"))
        grid = {f"grid.power_l{n}": load * 230 for n in (1, 2, 3)}
        result = step(state, Inputs(1000 * t, House.of(site, devices), {**values, **grid}, (), modes))
        state, told[t] = result.state, limits(result).get("car1", -1.0)
    assert told[1] == 16.0 and told[30] == -1.0 and told[62] == 0.0
