"""A million steps never leave the envelope; 20,000 each time.

For all of them: `SHEMS_STEPS=1000000 ./shems test tests/core/test_fuzz.py -s`.
What the fuzz has found and was mended has a small case further down.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Iterator
from itertools import pairwise

import pytest

from hub.core import HOUSE, House, Inputs, State, Step, charging, envelope, fuse, loads, pace, step, turn
from hub.core.arbitrate import Verdict
from hub.core.pace import switch_rate
from hub.model import CommandSpec, Device, Link, Point, Relation, Request, Role, Source, Value, Wear
from hub.model.site import ChargerControl, Circuit, ConnectionLimits, HeatPumpControl, Site, SwitchControl
from tests.core.fuzz import Tally, contactor, fuzz

STEPS = int(os.environ.get("SHEMS_STEPS", "20000"))


@pytest.fixture(scope="module")
def run() -> Tally:
    return fuzz(STEPS)


def test_nothing_leads_out_of_the_envelope(run: Tally) -> None:
    print(run)
    assert not run.first, "\n\n".join(run.first.values())
    assert run.checks > 20 * run.steps


def test_a_contactor_is_spared_whoever_asks() -> None:
    spared = fuzz(STEPS // 4, walk=contactor.walk)
    assert not spared.first, "\n\n".join(spared.first.values())


def test_the_same_seed_is_the_same_run() -> None:
    one, other = fuzz(500, seed=7), fuzz(500, seed=7)
    assert one == other


# -- the judge sees what is broken -------------------------------------------------------------------------------------

core = importlib.import_module("hub.core.step")
NO_MOVE: Callable[..., object] = lambda value, *_: (value, None)  # noqa: E731 beside the others
BREAKS = {
    "amps of the installation": (core, "clamp", lambda value, _: (value, ())),
    "ramp": (core, "ramp", NO_MOVE),
    "least time of a pump": (loads, "least_time", NO_MOVE),
    "a pause lasts": (core, "pause", NO_MOVE),
    "main fuse": (fuse.Fuses, "give", lambda *_: None),
    "circuit": (fuse.Fuses, "_behind_it", lambda _s, _i, circuit, _d, phase, _w: fuse.Room(circuit, phase, 99.0)),
    "SoC floor and reserve": (envelope, "_soc_bounds", lambda *_: ()),
    "import limit": (envelope, "_charger_import", lambda *_: ()),
    "export limit": (envelope, "_connection_bounds", lambda *_: []),
    "unbalance of one car": (envelope, "_unbalance", lambda *_: ()),
    "phases switch without current": (charging, "still_flows", lambda *_: False),
    "flash writes": (turn, "spent", lambda spec, wish, value, safe, tokens: (value, tokens, None)),
    "unmet is told": (Verdict, "unmet", lambda *_: []),
}


@pytest.mark.parametrize("name", BREAKS)
def test_the_judge_sees_what_is_broken(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(*BREAKS[name])
    assert name in fuzz(20_000, seed=100, until=name).broken


RATES = {
    "phases switch seldom, asked": (core, "switch_rate", lambda phases, m, least_s: switch_rate(phases, m, 0.0)),
    "phases switch seldom": (core, "switch_rate", lambda phases, m, least_s: switch_rate(phases, m, 0.0)),
    "phases rest a minute": (pace, "SWITCH_LEAST_S", 0.0),
    "a budget of phase switches": (pace, "SWITCH_S", 60.0),
}


@pytest.mark.parametrize("name", RATES)
def test_the_judge_sees_a_contactor_that_is_worn(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(*RATES[name])
    assert name in fuzz(20_000, until=name, walk=contactor.walk).broken


# -- a day of flash ----------------------------------------------------------------------------------------------------

LINK = Link("test", "test")
TEN_S = 10_000


def device(id_: str, role: Role, quantities: str, *commands: CommandSpec) -> Device:
    points = tuple(Point.of(id_, id_, q) for q in quantities.split())
    return Device(id_, id_, role, LINK, points=points, commands=commands)


def lease(point: str, value: Value, source: Source = Source.RULE) -> Request:
    return Request("r", point, Relation.SET, value, source, 0, 10**15)


def writes_of_a_day(writes_a_day: int) -> int:
    """How often a limit in flash is written when a rule wants another one every ten minutes."""
    spec = CommandSpec("car.current_limit", 0, 32, wear=Wear.FLASH, writes_a_day=writes_a_day)
    site = Site(chargers=(ChargerControl("car"),))
    home = House.of(site, (device("grid", Role.GRID, "power"), device("car", Role.CHARGER, "power", spec)))
    calm = {"grid.power": 0.0, "car.power": 0.0, **{f"grid.power_l{n}": 0.0 for n in (1, 2, 3)}}
    state, written = State(), list[Value]()
    for n in range(8_640):
        wish = lease("car.current_limit", 8.0 if n // 60 % 2 else 12.0)
        result = step(state, Inputs(TEN_S * (n + 1), home, calm, (wish,)))
        state, (command,) = result.state, result.commands
        if not written or written[-1] != command.value:
            written.append(command.value)
    return len(written)


@pytest.mark.parametrize("writes_a_day", [5, 10, 20])
def test_a_day_has_no_more_writes_than_its_budget(writes_a_day: int) -> None:
    assert writes_a_day / 2 < writes_of_a_day(writes_a_day) <= writes_a_day


def test_a_small_budget_can_be_used() -> None:
    assert writes_of_a_day(4) > 1


# -- small cases of what is known --------------------------------------------------------------------------------------

GRID = device("grid", Role.GRID, "power power_l1 power_l2 power_l3 voltage_l1")
QUIET: dict[str, Value] = {"grid.power": 0.0, **{f"grid.power_l{n}": 0.0 for n in (1, 2, 3)}}


def car(id_: str, *more: CommandSpec) -> Device:
    quantities = "power current_l1 current_l2 current_l3 phases"
    return device(id_, Role.CHARGER, quantities, CommandSpec(f"{id_}.current_limit", 0, 32), *more)


SWITCHABLE = car("car", CommandSpec("car.phases", 1, 3))
STILL: dict[str, Value] = {**QUIET, "car.power": 0.0, **{f"car.current_l{n}": 0.0 for n in (1, 2, 3)}}


def on(result: Step, point: str) -> Value | None:
    return next((c.value for c in result.commands if c.point == point), None)


def test_an_import_limit_holds_at_250_volts() -> None:
    site = Site(
        circuits=(Circuit("main", 63.0),),
        limits=ConnectionLimits(import_w=4_200.0),
        chargers=(ChargerControl("car", (1,), max_a=32.0, mode="fast"),),
    )
    home, state, amps = House.of(site, (GRID, car("car"))), State(), 0.0
    for n in range(1, 60):
        watts = amps * 250
        shown: dict[str, Value] = {"grid.power": watts, "grid.power_l1": watts, "car.power": watts}
        values = {**QUIET, **shown, "grid.voltage_l1": 250.0, "car.current_l1": amps}
        result = step(state, Inputs(n * 1000, home, values))
        state, amps = result.state, float(on(result, "car.current_limit") or 0)
    assert 0 < amps * 250 <= 4_200.0


def test_two_cars_on_one_phase_share_what_unbalance_leaves() -> None:
    cars = tuple(ChargerControl(id_, (1,), mode="fast") for id_ in ("car", "car2"))
    site = Site(limits=ConnectionLimits(unbalanced_a=20.0), chargers=cars)
    home = House.of(site, (GRID, car("car"), car("car2")))
    values = {**STILL, "car2.power": 0.0, "car2.current_l1": 0.0}
    result = step(State(), Inputs(1000, home, values))
    assert sum(float(on(result, f"{c.device}.current_limit") or 0) for c in cars) <= 20.0


def switches(home: Callable[[int], House], wishes: Callable[[int], tuple[Request, ...]]) -> Iterator[Value]:
    """What `car.phases` becomes, each 10 s, with a car that draws nothing and a device that obeys."""
    state, shown = State(), 3.0
    for n in range(1, 30):
        result = step(state, Inputs(TEN_S * n, home(n), {**STILL, "car.phases": shown}, wishes(n)))
        state, told = result.state, on(result, "car.phases")
        shown = shown if told is None else float(told)
        yield shown


def test_a_rule_cannot_switch_phases_over_and_over() -> None:
    home = House.of(Site(chargers=(ChargerControl("car", mode="off"),)), (GRID, SWITCHABLE))
    values = list(switches(lambda _: home, lambda n: (lease("car.phases", 1.0 if n % 2 else 3.0),)))
    assert sum(a != b for a, b in pairwise(values)) <= 1


def test_a_charger_that_was_away_keeps_its_pace() -> None:
    site = Site(chargers=(ChargerControl("car", start_delay_s=0, mode="fast"),))
    home, away = House.of(site, (GRID, SWITCHABLE)), House.of(site, (GRID,))
    person = (lease("car.phases", 1.0, Source.PERSON),)
    values = list(switches(lambda n: away if n == 9 else home, lambda n: person if n < 9 else ()))
    assert values[-1] == 1.0, "600 s have not passed since it was switched to one"


def test_who_asks_for_one_phase_is_told_that_the_car_has_to_stop_first() -> None:
    home = House.of(Site(chargers=(ChargerControl("car", mode="fast"),)), (GRID, SWITCHABLE))
    values = {**STILL, "car.current_l1": 10.0, "car.phases": 3}
    result = step(State(), Inputs(1000, home, values, (lease("car.phases", 1),)))
    assert [u.request for u in result.unmet] == ["r"]


def told_of_limits(*requests: Request) -> list[str]:
    home = House.of(Site(limits=ConnectionLimits(export_w=6_000.0)), (GRID, HOUSE))
    return [u.request for u in step(State(), Inputs(1000, home, QUIET, requests)).unmet]


def export(id_: str, watts: float, relation: Relation = Relation.SET, source: Source = Source.PERSON) -> Request:
    return Request(id_, "house.export_limit", relation, watts, source, 0, 10**15)


def test_who_asks_for_a_wider_limit_than_the_house_has_is_told() -> None:
    assert told_of_limits(export("wide", 9_000.0)) == ["wide"]


def test_at_most_is_met_by_a_lower_limit() -> None:
    assert told_of_limits(export("wide", 9_000.0, Relation.AT_MOST)) == []


def test_who_is_overruled_is_told_once() -> None:
    assert told_of_limits(export("low", 500.0, source=Source.SAFETY), export("high", 5_000.0)) == ["high"]


def test_a_plug_stays_on_when_the_lease_that_switched_it_ends() -> None:
    site = Site(switches=(SwitchControl("plug", min_on_s=300),))
    home = House.of(site, (GRID, device("plug", Role.PLUG, "power on", CommandSpec("plug.on"))))
    state = State()
    for n, wishes in enumerate(
        ((lease("plug.on", False),), (lease("plug.on", True),), (), (lease("plug.on", False),)), 8
    ):
        values = {**QUIET, "plug.on": n in (10, 11)}
        result = step(state, Inputs(TEN_S * n, home, values, wishes))
        state = result.state
    assert on(result, "plug.on") is True


def test_a_pause_lasts_though_the_charger_was_away() -> None:
    site = Site(circuits=(Circuit("main", 16.0),), chargers=(ChargerControl("car", mode="fast", pause_s=300),))
    home, away = House.of(site, (GRID, car("car"))), House.of(site, (GRID,))
    state = State()
    for n, (where, watts) in enumerate(((home, 0.0), (home, 8_000.0), (away, 0.0), (home, 0.0)), 1):
        result = step(state, Inputs(n * 1000, where, {**STILL, "grid.power_l1": watts}))
        state = result.state
    assert on(result, "car.current_limit") == 0.0


def test_an_inverter_that_was_silent_may_make_all_that_it_is_allowed() -> None:
    makers = [device(f"pv{n}", Role.INVERTER, "power", CommandSpec(f"pv{n}.power_limit", 0, 10_000)) for n in (0, 1)]
    home, state = House.of(Site(limits=ConnectionLimits(export_w=0.0)), (GRID, *makers)), State()
    for n in range(1, 16):
        speaks: dict[str, Value] = {"pv0.power": 800.0} if n == 15 else {}
        values = {**QUIET, "grid.power": 11_000.0 if n > 13 else 0.0, "pv1.power": 0.0, **speaks}
        result = step(state, Inputs(n * 1000, home, values))
        state = result.state
    free = 11_000.0 + 800.0
    assert sum(float(on(result, f"pv{n}.power_limit") or 0) for n in (0, 1)) <= free


def test_phases_that_the_budget_forbids_are_not_taken_for_switched() -> None:
    spec = CommandSpec("car.phases", 1, 3, wear=Wear.FLASH, writes_a_day=5)
    home = House.of(Site(chargers=(ChargerControl("car", mode="off"),)), (GRID, car("car", spec)))
    state = State()
    for n, wanted in ((1, 3.0), (2, 1.0)):
        values = {**STILL, "car.phases": 3.0}
        result = step(state, Inputs(TEN_S * n, home, values, (lease("car.phases", wanted, Source.PERSON),)))
        state = result.state
    assert state.chargers["car"].phases == on(result, "car.phases")


def test_a_spent_budget_does_not_keep_a_heat_pump_blocked() -> None:
    spec = CommandSpec("pump.sg_ready", 1, 4, wear=Wear.FLASH, writes_a_day=5)
    site = Site(heat_pumps=(HeatPumpControl("pump", min_pause_s=0),))
    home, state = House.of(site, (GRID, device("pump", Role.HEATPUMP, "power", spec))), State()
    for n, wishes in enumerate(((lease("pump.sg_ready", 1, Source.PERSON),), ()), 1):
        result = step(state, Inputs(TEN_S * n, home, QUIET, wishes))
        state = result.state
    assert on(result, "pump.sg_ready") == 2
