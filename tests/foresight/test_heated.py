"""Heat pumps that are left to the plan: what the hub sees of them, what is planned, and why one is not."""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hub import config
from hub.calendar import calendar_of
from hub.core import House, Inputs, State, step
from hub.forecast.series import Floats, Series
from hub.foresight.heated import outdoors_ahead, pump_seen
from hub.foresight.think import answered
from hub.foresight.view import STEP_MS, STEP_S, PumpSeen, Solve, Thought, View
from hub.foresight.warmth import cop_at, pump_of
from hub.model import Source
from hub.model.feed import Outlook
from hub.model.heat import HouseStore, TankStore
from hub.model.site import HeatPumpControl
from hub.plan import read_problem
from tests.foresight import kit
from tests.foresight.living import SITE, START, Living, living

DAY, HOUR, N = 86_400_000, 3_600_000, 192
HOUSE = HouseStore("bedroom.temperature", 180.0, 10_000.0)
TANK = TankStore("heatpump.tank_temperature", 300.0, hot=((390, 480), (1080, 1260)))
PUMP = HeatPumpControl("heatpump", mode="plan", power_w=3_000.0, house=HOUSE, tank=TANK)
READ = {"heatpump.power": 900.0, "bedroom.temperature": 21.0, "heatpump.tank_temperature": 48.0}
DOCUMENT = (
    SITE
    + """
[devices.bedroom]
role = "thermostat"
driver = "mqtt"
link = "hub"
map = "zigbee2mqtt/auto"
topic = "bedroom"
[devices.heatpump]
role = "heatpump"
driver = "modbus"
link = "tcp://192.168.1.24:502"
map = "stiebel/isg"
[devices.heatpump.control]
mode = "plan"
power_w = 3000
house = { temperature = "bedroom.temperature", loss_w_k = 180, building = "medium", area_m2 = 140 }
tank = { litres = 300, hot = ["06:30-08:00"] }
"""
)
COLD = Outlook("temperature", START, 3_600, (2.0,) * 60, "sky", START)


# -- what is seen ------------------------------------------------------------------------------------------------------


def test_a_pump_of_which_all_is_known_is_seen() -> None:
    assert pump_seen(PUMP, READ.get, outdoors=True) == PumpSeen("heatpump", 21.0, 48.0, on=True)
    bare = replace(PUMP, tank=None)
    assert pump_seen(bare, {**READ, "heatpump.power": 5.0}.get, True) == PumpSeen("heatpump", 21.0)


@pytest.mark.parametrize(
    ("pump", "read", "outdoors", "said"),
    [
        (replace(PUMP, house=None, tank=None), READ, True, "the site document tells neither its house nor its tank"),
        (PUMP, {**READ, "heatpump.power": None}, True, "heatpump.power is not known"),
        (PUMP, {**READ, "bedroom.temperature": None}, True, "bedroom.temperature is not known"),
        (PUMP, {**READ, "heatpump.tank_temperature": None}, True, "heatpump.tank_temperature is not known"),
        (PUMP, {**READ, "bedroom.temperature": 85.0}, True, "bedroom.temperature cannot be 85 degC"),
        (PUMP, {**READ, "heatpump.tank_temperature": -60.0}, True, "tank_temperature cannot be -60 degC"),
        (PUMP, READ, False, "nobody tells how cold it is outdoors"),
    ],
)  # fmt: skip
def test_a_pump_of_which_something_lacks_says_what(
    pump: HeatPumpControl, read: dict[str, float | None], outdoors: bool, said: str
) -> None:
    told = pump_seen(pump, read.get, outdoors)
    assert isinstance(told, str) and told.startswith("heatpump: not planned, as ") and told.endswith(said)


def series(values: Floats) -> Series:
    return Series(START - len(values) * STEP_MS, STEP_S, values)


def test_outdoors_is_as_foretold_then_as_at_the_same_time_of_the_last_days() -> None:
    foretold = np.full(N, np.nan)
    foretold[:96] = 3.0
    week = np.tile(np.arange(96.0) / 4, 7)
    week[-96:] = np.nan
    week[:96] = 1_000.0
    out = outdoors_ahead(series(week), foretold)
    assert out is not None and out[:96].tolist() == [3.0] * 96 and out[96:].tolist() == [n / 4 for n in range(96)]


def test_gaps_of_both_are_bridged_and_of_nothing_comes_nothing() -> None:
    nothing = np.full(N, np.nan)
    assert outdoors_ahead(None, nothing) is None and outdoors_ahead(series(nothing), nothing) is None
    some = nothing.copy()
    some[[2, 6]] = 4.0, 8.0
    hot = outdoors_ahead(series(np.full(10, 80.0)), nothing)
    assert hot is not None and set(hot) == {60.0}, "a thermometer in the sun"
    out = outdoors_ahead(series(np.full(10, np.nan)), some)
    assert out is not None and out[:8].tolist() == [4, 4, 4, 5, 6, 7, 8, 8] and set(out[8:]) == {8.0}


# -- what is planned of it ---------------------------------------------------------------------------------------------


def view(outdoor_c: float | None = 2.0, pump: HeatPumpControl = PUMP, **more: object) -> View:
    told = None if outdoor_c is None else np.full(N, outdoor_c)
    site = replace(kit.SITE, heat_pumps=(pump,))
    return kit.view(site=site, pumps=(PumpSeen("heatpump", 20.5, 50.0),), outdoor_c=told, **more)


def test_the_cop_falls_with_the_cold_and_with_the_flow() -> None:
    cops = cop_at(np.array([-15.0, 0.0, 10.0, 35.0]))
    assert (np.diff(cops) > 0).all() and cops[1] == pytest.approx(0.45 * 313.15 / 40) and cops[3] == 6.0
    assert (cop_at(np.array([0.0]), 60.0) < cops[1]).all()


def test_house_and_tank_are_what_the_owner_told() -> None:
    seen = view()
    pump = pump_of(PUMP, seen.pumps[0], seen, np.full(N, 2.0), calendar_of(seen.site))
    assert pump.room is not None and pump.tank is not None
    assert (pump.max_w, pump.room.temperature, pump.room.loss_w_k, pump.room.capacity_wh_k) == (
        3_000,
        20.5,
        180,
        10_000,
    )
    assert (set(pump.room.low), set(pump.room.high), set(pump.room.gains_w)) == ({20.0}, {22.5}, {300.0})
    assert pump.cop[0] > pump.cop_tank[0] and pump.tank.capacity_wh_k == pytest.approx(348.9)
    told = pump_of(replace(PUMP, cop=3.2, phases=(2,)), seen.pumps[0], seen, np.full(N, 2.0), calendar_of(seen.site))
    assert set(told.cop) == set(told.cop_tank) == {3.2}
    assert ((pump.phases, pump.phase), (told.phases, told.phase)) == ((3, 1), (1, 2))


def test_the_tank_is_hot_at_its_times_and_drawn_from_then() -> None:
    seen = view()
    pump = pump_of(PUMP, seen.pumps[0], seen, np.full(N, 2.0), calendar_of(seen.site))
    assert pump.tank is not None
    low, drawn = pump.tank.low, pump.tank.draw_w
    hours = (13 + np.arange(N) / 4) % 24  # START is 13:00 in Berlin
    hot = ((hours >= 6.5) & (hours < 8)) | ((hours >= 18) & (hours < 21))
    assert (low[hot] == 45).all() and (low[~hot] == 10).all() and (drawn[~hot] == 0).all()
    assert drawn[:96].sum() / 4 == pytest.approx(5_800)
    always = pump_of(
        replace(PUMP, tank=replace(TANK, hot=())), seen.pumps[0], seen, np.full(N, 2.0), calendar_of(seen.site)
    )
    assert always.tank is not None and set(always.tank.low) == {45.0}
    assert always.tank.draw_w[:96].sum() / 4 == pytest.approx(5_800)


def solved(seen: View) -> Thought:
    *_, last = answered(Solve(seen, seen.now + 2 * HOUR))
    assert isinstance(last, Thought) and last.plan is not None and last.told is not None
    return last


def test_the_house_is_warmed_before_the_dear_hours() -> None:
    """Power is dear from 16 to 21 h UTC: it is warmer before, and rests then."""
    thought = solved(view(pump=replace(PUMP, tank=None), soc={}))
    assert thought.plan is not None and thought.told is not None
    doing = [step["devices"]["heatpump"] for step in thought.told["steps"]]
    at = START // HOUR
    dear = [d["power_w"] for i, d in enumerate(doing) if (at + i // 4) % 24 in range(16, 21)]
    cheap = [d["power_w"] for i, d in enumerate(doing) if (at + i // 4) % 24 not in range(16, 21)]
    assert np.mean(dear[:20]) < 0.3 * np.mean(cheap[:80])
    assert min(d["room_c"] for d in doing) > 19.9
    boosts = [slot.boosts["heatpump"] for slot in thought.plan.slots[:16]]
    assert any(boosts) and not any(slot.boosts["heatpump"] and slot.rests["heatpump"] for slot in thought.plan.slots)
    assert any(slot.rests["heatpump"] for slot in thought.plan.slots[16:36])


def test_without_the_cold_known_no_pump_is_planned_and_the_plan_says_so() -> None:
    thought = solved(view(None, not_planned=("heatpump: not planned, as nobody tells",)))
    assert thought.plan is not None and thought.told is not None
    assert thought.plan.slots[0].boosts == {} and "heatpump: not planned, as nobody tells" in thought.told["assumed"]


def test_the_same_view_is_the_same_plan() -> None:
    seen = view()
    assert pickle.dumps(solved(seen).plan) == pickle.dumps(solved(pickle.loads(pickle.dumps(seen))).plan)


@pytest.mark.parametrize("extreme", [(-20.0, 0.0, -60.0), (50.0, 100.0, 60.0)])
def test_whatever_is_believed_can_be_planned_and_its_problem_read_again(extreme: tuple[float, float, float]) -> None:
    house_c, tank_c, outdoor_c = extreme
    seen = view(outdoor_c, steps=8)
    seen = replace(seen, pumps=(PumpSeen("heatpump", house_c, tank_c),), outdoor_c=np.full(8, outdoor_c))
    *_, thought = answered(Solve(seen, seen.now + 2 * HOUR, keep=True))
    assert isinstance(thought, Thought) and thought.plan is not None
    [pump] = read_problem(thought.problem).heat_pumps
    assert pump.room and pump.tank and (pump.room.temperature, pump.tank.temperature) == (house_c, tank_c)
    assert set(pump.outdoor_c) == {outdoor_c} and set(thought.plan.slots[0].boosts) == {"heatpump"}


# -- in the living house -----------------------------------------------------------------------------------------------


def shown(house: Living) -> None:
    house.show(heatpump__mode="plan", heatpump__power=900.0, heatpump__tank_temperature=48.0, bedroom__temperature=21.0,
               heatpump__sg_ready=2)  # fmt: skip


def views(house: Living) -> list[View]:
    return [q.view for q in house.questions if isinstance(q, Solve)]


def test_a_pump_of_a_house_that_is_told_is_planned_by_the_forecast(tmp_path: Path) -> None:
    async def play(house: Living) -> None:
        await house.prices.outlook([COLD])
        house.history.of |= {"house.consumption": lambda t: 1_500.0 + 0 * t, "heatpump.power": lambda t: 900.0 + 0 * t}
        shown(house)
        await house.pass_by(15)
        [seen] = views(house)
        assert seen.pumps == (PumpSeen("heatpump", 21.0, 48.0, on=True),) and seen.not_planned == ()
        assert seen.outdoor_c is not None and set(seen.outdoor_c) == {2.0}
        assert np.nanmean(seen.load.power.values) == 600, "its own draw is not foreseen twice"
        latest = house.planner.latest
        assert latest.plan is not None and all("heatpump" in slot.boosts for slot in latest.plan.slots)
        assert latest.told is not None and {"room_c", "tank_c"} <= set(latest.told["steps"][0]["devices"]["heatpump"])
        assert house.planner.health() == "ok" and latest.devices == ("heatpump",)

    living(tmp_path, play, DOCUMENT)


def test_the_core_tells_the_pump_what_the_plan_has_it_do(tmp_path: Path) -> None:
    """At 15 degC it keeps comfort as it likes; at 20.5 degC, shortly before the dear hours, it stores."""

    async def play(house: Living) -> None:
        await house.prices.outlook([COLD])
        house.history.of |= {"house.consumption": lambda t: 1_500.0 + 0 * t, "heatpump.power": lambda t: 900.0 + 0 * t}
        core = House.of(config.parse(DOCUMENT), house.board.devices.values())
        said = list[tuple[object, str, object]]()
        for room_c, later_ms in ((15.0, 0), (20.5, 4 * HOUR - 1_200_000)):
            house.clock.ms += later_ms
            shown(house)
            house.show(bedroom__temperature=room_c, house__consumption=700.0, battery__soc=10.0)
            await house.pass_by(60)
            now = house.clock.now()
            plan = house.planner.plan(now)
            assert plan is not None and (slot := plan.at(now)) is not None
            values = {p: v for p in house.board.points if (v := house.board.read(p).value) is not None}
            told = step(State(), Inputs(now, core, values, plan=plan)).commands
            [one] = [c for c in told if c.point == "heatpump.sg_ready"]
            said.append((one.value, one.reason.code, one.reason.numbers["room_c"]))
            assert one.source is Source.PLAN and one.value == (3.0 if slot.boosts["heatpump"] else 2.0)
        assert said == [(2.0, "plan_normal", 15.0), (3.0, "plan_boost", 20.5)]

    living(tmp_path, play, DOCUMENT)


def test_without_a_forecast_the_last_days_tell_how_cold_it_gets(tmp_path: Path) -> None:
    async def play(house: Living) -> None:
        house.history.of["heatpump.outdoor_temperature"] = lambda t: 5.0 + (t // 3600 % 24 > 12)
        shown(house)
        await house.pass_by(15)
        outdoor_c = views(house)[0].outdoor_c
        assert outdoor_c is not None and outdoor_c[0] == 5.0 and outdoor_c[8] == 6.0 and len(views(house)[0].pumps) == 1

    living(tmp_path, play, DOCUMENT)


def test_a_reading_that_goes_ends_its_plan_and_is_named_until_it_is_back(tmp_path: Path) -> None:
    async def play(house: Living) -> None:
        await house.prices.outlook([COLD])
        house.history.of |= {"house.consumption": lambda t: 1_500.0 + 0 * t, "heatpump.power": lambda t: 900.0 + 0 * t}
        shown(house)
        await house.pass_by(15)
        house.board.gone(["bedroom.temperature"])
        await house.pass_by(60)
        said = "heatpump: not planned, as bedroom.temperature is not known"
        latest = house.planner.latest
        assert house.planner.health() == said and latest.cause == "heat"
        assert latest.told is not None and said in latest.told["assumed"]
        assert latest.plan is not None and latest.plan.slots[0].boosts == {}
        assert np.nanmean(views(house)[-1].load.power.values) == 1_500, "what is not planned is part of the house"
        house.show(bedroom__temperature=20.0)
        await house.pass_by(75)
        assert house.planner.health() == "ok" and [p.house_c for p in views(house)[-1].pumps] == [20.0]

    living(tmp_path, play, DOCUMENT)


def test_a_pump_that_nobody_tells_the_cold_of_is_named(tmp_path: Path) -> None:
    async def play(house: Living) -> None:
        shown(house)
        await house.pass_by(15)
        said = "heatpump: not planned, as nobody tells how cold it is outdoors"
        assert house.planner.health() == said and views(house)[0].pumps == ()

    living(tmp_path, play, DOCUMENT)


def test_a_pump_in_another_mode_is_nobodys_concern(tmp_path: Path) -> None:
    async def play(house: Living) -> None:
        shown(house)
        house.show(heatpump__mode="surplus")
        await house.pass_by(15)
        assert house.planner.health() == "ok" and views(house)[0].pumps == views(house)[0].not_planned == ()

    living(tmp_path, play, DOCUMENT)
