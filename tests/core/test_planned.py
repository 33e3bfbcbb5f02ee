"""How a plan is carried out: the decision as a table, the envelope whatever the plan says, and rules without one."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import pairwise

import pytest

from hub.core import House, Inputs, State, Step, step
from hub.core.keyframe import older, packed, unpacked
from hub.core.plain import plain_plan, plan_of
from hub.core.types import Course
from hub.model import CommandSpec, Device, Link, Reason, Relation, Request, Role, Source, Value
from hub.model.heat import HouseStore, TankStore
from hub.model.plan import Plan, Slot, Stored, Task
from hub.model.site import BatteryControl, ChargerControl, ConnectionLimits, HeatPumpControl, Price, Site, SwitchControl
from tests.core.fuzz import fuzz
from tests.core.fuzz.houses import walk
from tests.core.fuzz.plans import Planner

LINK, T, HOUR = Link("test", "test"), 1_700_000_000_000, 3_600_000
FOLLOW, HOLD, CHARGE, SELL, EXPORT = Task.FOLLOW, Task.HOLD, Task.CHARGE, Task.SELL, Task.EXPORT
SUN, LOAD = -2_000.0, 1_500.0
BATTERY, NO_LIMITS = BatteryControl("battery", mode="plan", grid_discharge=True), ConnectionLimits()


def house(battery: BatteryControl = BATTERY, limits: ConnectionLimits = NO_LIMITS) -> House:
    site = Site(
        limits=limits,
        chargers=(ChargerControl("car", mode="plan"),),
        batteries=(battery,),
        heat_pumps=(HeatPumpControl("pump", mode="plan", min_run_s=0),),
        switches=(SwitchControl("plug", mode="plan"),),
    )
    commands = {
        Role.CHARGER: CommandSpec("car.current_limit", 6, 32),
        Role.BATTERY: CommandSpec("battery.power_setpoint"),
        Role.HEATPUMP: CommandSpec("pump.sg_ready", 1, 4),
        Role.PLUG: CommandSpec("plug.on"),
    }
    listed = [Device(r.value, c.point.partition(".")[0], r, LINK, commands=(c,)) for r, c in commands.items()]
    return House.of(site, [Device("g", "grid", Role.GRID, LINK), *listed])


def plan(slots: tuple[Slot, ...], wear: int = 0, efficiency: tuple[float, float] = (0.95, 0.95)) -> Plan:
    return Plan("p", T, T + 10 * HOUR, slots, {"battery": efficiency}, {"battery": wear})


def stored(task: Task, value: int = 20_000, power_w: float = 0.0) -> Plan:
    return plan((Slot(T, T + HOUR, {"battery": Stored(task, power_w, value, 50.0)}),))


def given(
    grid_w: float, its: Plan | None, bought: int = 30_000, sold: int | None = 8_000, n: int = 1, **more: Value
) -> Inputs:
    """What the core sees with so much over the meter and a battery that does nothing."""
    values: dict[str, Value] = {"grid.power": grid_w, "battery.power": 0.0, "battery.soc": 50.0, "car.power": 0.0}
    values |= {f"grid.power_l{p}": grid_w / 3 for p in (1, 2, 3)} | {"plug.on": False}
    values |= {name.replace("__", "."): value for name, value in more.items()}
    price = Price(T, T + HOUR, bought, export=sold)
    return Inputs(T + n * 1000, HOUSE, values, prices=(price,), plan=its)


HOUSE = house()


def command(result: Step, point: str = "battery.power_setpoint") -> tuple[Value, Reason, Source]:
    c = next(c for c in result.commands if c.point == point)
    return c.value, c.reason, c.source


# -- the table ---------------------------------------------------------------------------------------------------------

TABLE = [
    # what the meter shows, task, planned W, value, import, export -> W, code
    (SUN, FOLLOW, 900.0, 20_000, 30_000, 8_000, -2_000.0, "plan_store"),
    (LOAD, FOLLOW, 0.0, 20_000, 30_000, 8_000, 1_500.0, "plan_covers"),
    (LOAD, FOLLOW, 0.0, 90_000, 30_000, 8_000, 1_500.0, "plan_covers"),
    (SUN, FOLLOW, 0.0, 0, 30_000, 8_000, -2_000.0, "plan_store"),
    (SUN, HOLD, 0.0, 35_000, 30_000, 8_000, -2_000.0, "plan_store"),
    (LOAD, HOLD, 0.0, 35_000, 30_000, 8_000, 0.0, "plan_holds"),
    (LOAD, HOLD, 0.0, 20_000, 22_052, 8_000, 0.0, "plan_holds"),
    (LOAD, HOLD, 0.0, 20_000, 22_053, 8_000, 1_500.0, "plan_covers"),
    (SUN, CHARGE, -3_000.0, 35_000, 30_000, 8_000, -3_000.0, "plan_charges"),
    (SUN, CHARGE, -1_000.0, 35_000, 30_000, 8_000, -2_000.0, "plan_store"),
    (LOAD, CHARGE, -3_000.0, 35_000, 30_000, 8_000, -3_000.0, "plan_charges"),
    (LOAD, CHARGE, 3_000.0, 35_000, 30_000, 8_000, 0.0, "plan_charges"),
    (LOAD, CHARGE, -3_000.0, 20_000, 30_000, 8_000, 1_500.0, "plan_covers"),
    (SUN, CHARGE, -3_000.0, 20_000, 30_000, 8_000, -2_000.0, "plan_store"),
    (SUN, EXPORT, 0.0, 5_000, 30_000, 8_000, 0.0, "plan_lets_go"),
    (SUN, EXPORT, 0.0, 7_368, 30_000, 8_000, 0.0, "plan_lets_go"),
    (SUN, EXPORT, 0.0, 7_369, 30_000, 8_000, -2_000.0, "plan_store"),
    (SUN, EXPORT, 0.0, 8_422, 30_000, 8_000, -2_000.0, "plan_store"),
    (SUN, EXPORT, 0.0, 0, 30_000, -1_000, -2_000.0, "plan_store"),
    (SUN, EXPORT, 0.0, 5_000, 30_000, None, -2_000.0, "plan_store"),
    (LOAD, EXPORT, 0.0, 5_000, 30_000, 8_000, 1_500.0, "plan_covers"),
    (SUN, SELL, 3_000.0, 20_000, 45_000, 40_000, 3_000.0, "plan_sells"),
    (LOAD, SELL, 3_000.0, 20_000, 45_000, 40_000, 3_000.0, "plan_sells"),
    (LOAD, SELL, 1_000.0, 20_000, 45_000, 40_000, 1_500.0, "plan_covers"),
    (LOAD, SELL, 3_000.0, 45_000, 45_000, 40_000, 1_500.0, "plan_covers"),
    (SUN, SELL, 3_000.0, 45_000, 45_000, 40_000, -2_000.0, "plan_store"),
    (LOAD, SELL, 3_000.0, 20_000, 45_000, None, 1_500.0, "plan_covers"),
]  # fmt: skip


@pytest.mark.parametrize(("grid_w", "task", "power_w", "value", "bought", "sold", "watts", "code"), TABLE)
def test_task_value_and_prices_decide_together(
    grid_w: float, task: Task, power_w: float, value: int, bought: int, sold: int | None, watts: float, code: str
) -> None:
    result = step(State(), given(grid_w, stored(task, value, power_w), bought, sold))
    told, reason, source = command(result)
    assert (told, reason.code, source) == (watts, code, Source.PLAN)
    compared = sold if code in ("plan_store", "plan_lets_go", "plan_sells") else bought
    assert reason.numbers["value"] == value and reason.numbers.get("price") == compared
    assert reason.numbers["until"] == T + HOUR


def test_the_wear_of_the_plan_counts_and_else_that_of_the_house() -> None:
    dear = replace(stored(HOLD, 20_000), wear={"battery": 3_000})
    assert command(step(State(), given(LOAD, dear, 24_000)))[1].code == "plan_holds"
    assert command(step(State(), given(LOAD, replace(dear, wear={}), 24_000)))[1].code == "plan_covers"
    worn = replace(given(LOAD, replace(dear, wear={}), 24_000), house=house(replace(BATTERY, wear=3_000)))
    assert command(step(State(), worn))[1].code == "plan_holds"


def test_the_efficiency_of_the_house_counts_where_the_plan_names_none() -> None:
    unnamed = replace(stored(EXPORT, 8_500), efficiency={})
    assert command(step(State(), given(SUN, unnamed)))[1].code == "plan_store"
    lossy = replace(given(SUN, unnamed), house=house(replace(BATTERY, efficiency=0.5)))
    assert command(step(State(), lossy))[1].code == "plan_lets_go"


@pytest.mark.parametrize("task", Task)
def test_no_way_jumps_where_what_is_left_over_becomes_what_is_missing(task: Task) -> None:
    for value in (0, 5_000, 20_000, 60_000):
        watts = [command(step(State(), given(w, stored(task, value, 0.0))))[0] for w in (-2.0, -1.0, 0.0, 1.0, 2.0)]
        assert all(abs(float(b) - float(a)) <= 1.0 for a, b in pairwise(watts)), (task, value, watts)


def test_until_is_when_the_task_ends_and_not_the_slot() -> None:
    quarters = tuple(
        Slot(
            T + k * HOUR // 4,
            T + (k + 1) * HOUR // 4,
            {"battery": Stored(HOLD if k < 3 else FOLLOW, 0.0, 35_000, 50.0)},
        )
        for k in range(4)
    )
    assert command(step(State(), given(LOAD, plan(quarters))))[1].numbers["until"] == T + 3 * HOUR // 4


def test_what_is_beyond_an_export_limit_is_stored_though_the_plan_lets_go() -> None:
    limited = replace(given(-5_000.0, stored(EXPORT, 5_000)), house=house(limits=ConnectionLimits(export_w=3_000.0)))
    assert command(step(State(), limited))[0] == -2_000.0


# -- no plan, no change ------------------------------------------------------------------------------------------------

EMPTY = plan((Slot(T, T + HOUR),))
NOT_IN_FORCE = {
    "none": None,
    "stale": replace(stored(CHARGE, 20_000, -3_000.0), good_until=T),
    "made later": replace(stored(CHARGE, 20_000, -3_000.0), made=T + HOUR),
    "begins later": plan((Slot(T + HOUR, T + 2 * HOUR, {"battery": Stored(CHARGE, -3_000.0, 20_000, 50.0)}),)),
    "ended": plan((Slot(T - HOUR, T, {"battery": Stored(CHARGE, -3_000.0, 20_000, 50.0)}),)),
    "without slots": plan(()),
    "without the devices": EMPTY,
}


@pytest.mark.parametrize("its", NOT_IN_FORCE.values(), ids=NOT_IN_FORCE)
@pytest.mark.parametrize("grid_w", [LOAD, SUN, -9_000.0])
def test_a_plan_that_is_not_in_force_changes_no_command(its: Plan | None, grid_w: float) -> None:
    """Against the modes that stand behind the plan's."""
    auto = {"battery.mode": "auto", "car.mode": "solar", "pump.mode": "surplus", "plug.mode": "manual"}
    planned, plain = State(), State()
    for n in range(1, 90):
        inputs = given(grid_w, its, n=n)
        one, other = step(planned, inputs), step(plain, replace(inputs, plan=None, intents=auto))
        assert [(c.point, c.value, c.source) for c in one.commands] == [
            (c.point, c.value, c.source) for c in other.commands
        ]
        assert {c.reason.code for c in one.commands} == {"no_plan"}
        assert [c.reason.numbers["instead"] for c in one.commands] == [c.reason.code for c in other.commands]
        planned, plain = one.state, other.state


@pytest.mark.parametrize(
    "broken",
    [
        stored(CHARGE, 20_000, float("nan")),
        replace(stored(CHARGE, 20_000, -3_000.0), efficiency={"battery": (0.95, 0.0)}),
        replace(stored(CHARGE, 20_000, -3_000.0), efficiency={"battery": (float("nan"), 0.95)}),
        replace(stored(CHARGE, 20_000, -3_000.0), wear={"battery": 10**400}),
    ],
)
def test_numbers_without_sense_are_no_plan(broken: Plan) -> None:
    watts, reason, source = command(step(State(), given(LOAD, broken)))
    assert (watts, reason.code, source) == (LOAD, "no_plan", Source.DEFAULT)


def test_an_unknown_price_is_no_plan() -> None:
    watts, reason, _ = command(step(State(), replace(given(LOAD, stored(HOLD, 35_000)), prices=())))
    assert (watts, reason.code, reason.numbers["lacks"]) == (LOAD, "no_plan", "price")


# -- who has the say ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("source", "wins"), [(Source.PERSON, True), (Source.RULE, True), (Source.DEFAULT, False)])
def test_those_above_a_plan_overrule_it(source: Source, wins: bool) -> None:
    wish = Request("r", "battery.power_setpoint", Relation.SET, 700.0, source, 0, 10**15)
    result = step(State(), replace(given(LOAD, stored(HOLD, 35_000)), requests=(wish,)))
    assert command(result)[0] == (700.0 if wins else 0.0)
    assert [u.request for u in result.unmet] == ([] if wins else ["r"])


def test_a_plan_that_a_person_chose_for_a_time_is_the_persons_wish_and_keeps_least_times() -> None:
    lease = Request("r", "plug.mode", Relation.SET, "plan", Source.PERSON, 0, 10**15)
    spec = CommandSpec("plug.mode", choices=("manual", "surplus", "plan"))
    home = replace(HOUSE, commands={**HOUSE.commands, "plug.mode": spec})
    state, seen = State(), []
    for n in range(1, 12):
        its = plan((Slot(T, T + HOUR, switches={"plug": n < 4}),))
        inputs = replace(
            given(LOAD, its, n=n, plug__on=n > 2), house=home, requests=(lease,), intents={"plug.mode": "manual"}
        )
        result = step(state, inputs)
        state = result.state
        seen.append(command(result, "plug.on"))
    assert all(source is Source.PERSON for _, _, source in seen)
    assert [on for on, _, _ in seen] == [True] * 11, "min_on_s is 300"


# -- cars, heat pumps, switches ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("watts", "amps"), [(0.0, 0.0), (1.0, 6.0), (4_140.0, 6.0), (7_200.0, 10.0), (7_300.0, 11.0), (99_000.0, 16.0)]
)
def test_a_planned_power_becomes_whole_amperes(watts: float, amps: float) -> None:
    result = step(State(), given(LOAD, plan((Slot(T, T + HOUR, cars={"car": watts}),))))
    told, reason, source = command(result, "car.current_limit")
    assert (told, source) == (amps, Source.PLAN)
    assert reason.code == ("plan_car" if watts else "plan_car_waits") and reason.numbers["until"] == T + HOUR


@pytest.mark.parametrize("watts", [-1.0, float("nan"), float("inf")])
def test_a_power_without_sense_is_no_plan_for_the_car(watts: float) -> None:
    result = step(State(), given(LOAD, plan((Slot(T, T + HOUR, cars={"car": watts}),))))
    assert command(result, "car.current_limit")[1].code == "no_plan"


@pytest.mark.parametrize(("boost", "state", "code"), [(True, 3.0, "plan_boost"), (False, 2.0, "plan_normal")])
def test_a_heat_pump_is_boosted_or_runs_as_it_likes(boost: bool, state: float, code: str) -> None:
    told, reason, source = command(
        step(State(), given(LOAD, plan((Slot(T, T + HOUR, boosts={"pump": boost}),)))), "pump.sg_ready"
    )
    assert (told, reason.code, source) == (state, code, Source.PLAN)
    assert reason.numbers == {"price": 30_000, "until": T + HOUR}


RESTS = plan((Slot(T, T + HOUR, boosts={"pump": False}, rests={"pump": True}),))
STORES = HeatPumpControl(
    "pump", mode="plan", min_run_s=0, guaranteed_w=0.0, power_w=3_000.0,
    house=HouseStore("room.temperature", 180.0, 9_000.0), tank=TankStore("pump.tank_temperature", 300.0),
)  # fmt: skip


@pytest.mark.parametrize(
    ("pump", "room_c", "tank_c", "state", "code"),
    [
        (STORES, 20.0, 45.0, 1.0, "plan_rests"),
        (STORES, 19.9, 45.0, 2.0, "plan_normal"),
        (STORES, 20.0, 44.9, 2.0, "plan_normal"),
        (STORES, None, 45.0, 2.0, "plan_normal"),
        (STORES, float("nan"), 45.0, 2.0, "plan_normal"),
        (replace(STORES, guaranteed_w=4_200.0), 22.0, 50.0, 2.0, "plan_normal"),
        (replace(STORES, house=None, tank=None), 22.0, 50.0, 2.0, "plan_normal"),
        (replace(STORES, house=None), 22.0, 50.0, 2.0, "plan_normal"),
        (replace(STORES, tank=None), 22.0, 50.0, 2.0, "plan_normal"),
    ],
)  # fmt: skip
def test_a_heat_pump_rests_only_where_it_may_be_blocked_and_is_read_to_be_warm(
    pump: HeatPumpControl, room_c: float | None, tank_c: float, state: float, code: str
) -> None:
    inputs = given(LOAD, RESTS)
    read = {"room.temperature": room_c, "pump.tank_temperature": tank_c}
    values = {**inputs.values, **{point: value for point, value in read.items() if value is not None}}
    inputs = replace(inputs, house=replace(inputs.house, heat_pumps=(pump,)), values=values)
    told, reason, source = command(step(State(), inputs), "pump.sg_ready")
    assert (told, reason.code, source) == (state, code, Source.PLAN)
    if code == "plan_rests":
        assert reason.numbers == {"price": 30_000, "until": T + HOUR, "room_c": room_c, "tank_c": tank_c}


@pytest.mark.parametrize(
    ("room_c", "tank_c", "state"), [(20.0, 45.0, 3.0), (20.0, 99.0, 2.0), (35.0, 45.0, 2.0), (None, 45.0, 2.0)]
)
def test_a_heat_pump_takes_more_only_while_all_that_it_warms_is_read_to_have_room(
    room_c: float | None, tank_c: float, state: float
) -> None:
    inputs = given(LOAD, plan((Slot(T, T + HOUR, boosts={"pump": True}),)))
    read = {"room.temperature": room_c, "pump.tank_temperature": tank_c}
    values = {**inputs.values, **{point: value for point, value in read.items() if value is not None}}
    inputs = replace(inputs, house=replace(inputs.house, heat_pumps=(STORES,)), values=values)
    assert command(step(State(), inputs), "pump.sg_ready")[0] == state


@pytest.mark.parametrize("on", [True, False])
def test_a_switch_is_on_or_off(on: bool) -> None:
    told, reason, source = command(
        step(State(), given(LOAD, plan((Slot(T, T + HOUR, switches={"plug": on}),)))), "plug.on"
    )
    assert (told, reason.code, source) == (on, "plan_switch", Source.PLAN)


# -- calm --------------------------------------------------------------------------------------------------------------


def lived(plans: list[Plan], loads: list[float], seconds: int) -> list[tuple[Value, str]]:
    """(W, code) of each second: a battery that obeys at once, plans and loads in turn."""
    state, now, seen = State(), 0.0, []
    for n in range(1, seconds + 1):
        load = loads[n % len(loads)]
        inputs = given(load - now, plans[n % len(plans)], n=n, battery__power=now)
        result = step(state, inputs)
        state = result.state
        watts, reason, _ = command(result)
        now = float(watts)
        seen.append((watts, reason.code))
    return seen


def test_a_new_plan_each_second_changes_the_way_every_five_minutes_at_most() -> None:
    seen = lived([stored(HOLD, 31_000), stored(FOLLOW, 31_000)], [800.0], 1_500)
    ways = [code for _, code in seen]
    assert set(ways) == {"plan_holds", "plan_covers"}
    assert sum(a != b for a, b in pairwise(ways)) <= 6


def test_grid_charging_ends_at_once_and_begins_again_after_five_minutes() -> None:
    seen = lived([stored(HOLD, 31_000)] * 10 + [stored(CHARGE, 31_000, -2_000.0)] * 10, [800.0], 1_500)
    charging = [code == "plan_charges" for _, code in seen]
    starts = [n for n, (a, b) in enumerate(pairwise(charging)) if b and not a]
    assert len(starts) >= 3 and all(b - a >= 300 for a, b in pairwise(starts))
    assert sum(charging) <= 15 * len(starts)


def test_a_noisy_house_does_not_change_the_way() -> None:
    for task, code in ((HOLD, "plan_holds"), (EXPORT, "plan_lets_go")):
        seen = lived([stored(task, 31_000 if task is HOLD else 5_000)], [-300.0, 500.0, -900.0, 800.0], 600)
        watts = [float(w) for w, _ in seen]
        assert any(c == code for _, c in seen)
        assert max(watts) <= 0.0 if task is HOLD else min(watts) >= 0.0


def test_another_price_frees_the_way() -> None:
    state = step(State(), given(LOAD, stored(FOLLOW))).state
    state = step(state, given(LOAD, stored(HOLD, 31_000), n=2)).state
    kept = step(state, given(LOAD, stored(FOLLOW, 31_000), n=3))
    assert command(kept)[1].code == "plan_holds"
    assert command(kept)[1].numbers["until"] == T + 3_000 + 299_000
    assert command(step(state, given(LOAD, stored(FOLLOW, 31_000), bought=31_000, n=3)))[1].code == "plan_covers"


# -- whatever the plan says --------------------------------------------------------------------------------------------


def test_no_plan_leads_out_of_the_envelope() -> None:
    run = fuzz(20_000, walk=lambda seed: walk(seed, Planner))
    assert not run.first, "\n\n".join(run.first.values())


def test_the_fuzz_reaches_all_that_a_plan_can_say() -> None:
    seen: Counter[str] = Counter()
    for seed in range(150):
        seen.update(c.reason.code for _, result in walk(seed, Planner) for c in result.commands)
    codes = [
        "store",
        "covers",
        "holds",
        "charges",
        "sells",
        "lets_go",
        "car",
        "car_waits",
        "boost",
        "normal",
        "switch",
        "gone",
        "phases",
    ]
    assert not [code for code in codes if not seen[f"plan_{code}"]]
    assert seen["no_plan"]


# -- as data -----------------------------------------------------------------------------------------------------------


def test_a_plan_comes_back_from_plain_data_bit_for_bit() -> None:
    slots = (
        Slot(
            T,
            T + 1,
            {"battery": Stored(SELL, 0.1 + 0.2, -7, 33.3)},
            {"car": 1e3 / 3},
            {"pump": False},
            {},
            {"pump": True},
        ),
        Slot(T + 1, T + 9, {"other": Stored(HOLD, 0.0, 0, 1.0)}, {}, {}, {"plug": True}),
        Slot(T + 9, T + 10),
    )
    its = Plan("id", T, T + 5, slots, {"battery": (0.97, 0.93)}, {"battery": 1_500})
    assert plan_of(plain_plan(its)) == its and plan_of(plain_plan(plan(()))) == plan(())


def test_a_plan_that_was_noted_before_heat_pumps_could_rest_can_still_be_read() -> None:
    old = {kind: told for kind, told in plain_plan(RESTS).items() if kind != "rests"}
    assert plan_of(old) == plan((Slot(T, T + HOUR, boosts={"pump": False}),))


def test_what_was_remembered_before_there_were_plans_can_still_be_read() -> None:
    old = {k: v for k, v in packed(State(t=5)).items() if k != "courses"}
    assert unpacked(old) == State(t=5)
    kept = older(State(t=5, courses={"battery": Course("hold", 10.0)}), 60.0)
    assert kept.courses == {"battery": Course("hold", 70.0)}


def test_the_same_inputs_give_the_same_step() -> None:
    inputs = given(LOAD, stored(HOLD, 35_000))
    again = replace(inputs, plan=plan_of(plain_plan(inputs.plan or EMPTY)))
    assert step(State(), inputs) == step(State(), again)
