"""What-ifs: read at the border, laid on the problem, compared with what was; over two days and over a whole past."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from hub.calendar.moments import Calendar
from hub.errors import UserError
from hub.foresight.change import Change, change_schema
from hub.foresight.lived import at_best, by_rule, cut
from hub.foresight.past import HOW, past
from hub.foresight.whatif import changed, compared, read_change
from hub.plan import Planned, Problem, plan
from hub.plan.problem import Connection, Goal, Peak
from tests.foresight.houses import HOUR_MS, QUICK, START, battery, car, dishwasher, problem

BERLIN = Calendar(ZoneInfo("Europe/Berlin"))


def solve(p: Problem) -> Planned:
    return plan(p, QUICK)


def change(**told: Any) -> Change:
    return read_change(told)


def house(seed: int = 1) -> Problem:
    p = problem(seed)
    return replace(p, cars=(car(),), appliances=(dishwasher(),))


# -- read at the border ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ([], "must be a table"),
        ({}, "changes nothing"),
        ({"no_sun": False}, "changes nothing"),
        ({"nosun": True}, "did you mean 'no_sun'?"),
        ({"no_sun": 1}, "no_sun: must be true or false"),
        ({"reserve": 130}, "reserve: must be a number from 0 to 100"),
        ({"reserve": float("nan")}, "reserve: must be a number"),
        ({"ready_by": [{"car": "wallbox"}]}, "ready_by[0]: needs either by or earlier_min"),
        ({"ready_by": [{"car": "wallbox", "by": "2026-07-01T06:00"}]}, "has no offset"),
        ({"battery": {}}, "battery: needs either capacity_wh or factor"),
        ({"battery": {"factor": 2, "capacity_wh": 5000}}, "battery: needs either"),
        ({"car": {"kwh_per_day": 8, "arrive": "25:00"}}, "car.arrive: must be a time of day"),
        ({"car": {"kwh_per_day": 8, "arrive": "7:00"}}, "car.arrive: must be a time of day"),
        ({"car": {"kwh_per_day": 8, "arrive": 7}}, "car.arrive: must be a time of day"),
        ({"car": {"kwh_per_day": 8, "arrive": "07:00", "depart": "07:00"}}, "car.depart: is too soon"),
        ({"car": {"arrive": "18:00"}}, "car.kwh_per_day: is missing"),
        ({"heat_pump": {}}, "heat_pump: needs either heat_kwh_per_day or loss_w_k"),
        ({"tariff": {"hours": [0.3] * 23}}, "tariff.hours: has 23 prices"),
        ({"tariff": {"hours": [0.3] * 25}}, "tariff.hours: must be a list of at most 24"),
        ({"tariff": {"fixed": 0.3, "factor": 2}}, "give only one of hours, fixed and factor"),
        ({"tariff": {}}, "tariff: needs hours, fixed, factor or export"),
        ({"move": [{"id": "dishwasher"}]}, "move[0]: needs either start"),
        ({"move": [{"id": "a", "earliest": "2026-07-01T10:00Z", "latest": "2026-07-01T09:00Z"}]}, "is not after"),
        ({"skip": ["a"], "move": [{"id": "a", "start": "2026-07-01T10:00Z"}]}, "is skipped too"),
    ],
)
def test_what_cannot_be_read_is_told_in_one_line(told: Any, said: str) -> None:
    with pytest.raises(UserError) as error:
        read_change(told)
    assert said in str(error.value) and str(error.value).startswith("what-if: ") and "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"ready_by": [{"car": "walbox", "earlier_min": 60}]}, "did you mean 'wallbox'?"),
        ({"ready_by": [{"car": "wallbox", "earlier_min": 9000}]}, "is not there then"),
        ({"skip": ["washer"]}, "'washer' is not in this plan"),
        ({"move": [{"id": "dishwasher", "start": "2030-07-01T10:00Z"}]}, "outside of this plan"),
        ({"battery": {"id": "none", "factor": 2}}, "'none' is not in this plan"),
    ],
)
def test_what_names_nothing_of_the_plan_is_told(told: Any, said: str) -> None:
    with pytest.raises(UserError, match="what-if: ") as error:
        changed(house(), read_change(told))
    assert said in str(error.value)


def test_a_reserve_without_a_battery_is_told() -> None:
    with pytest.raises(UserError, match="there is no battery"):
        changed(replace(house(), batteries=()), change(reserve=30))
    with pytest.raises(UserError, match="no battery to be larger"):
        changed(replace(house(), batteries=()), change(battery={"factor": 2}))


def test_a_car_without_a_wish_cannot_be_ready_earlier() -> None:
    visit = replace(car().visits[0], goals=())
    with pytest.raises(UserError, match="has no wish"):
        changed(
            replace(house(), cars=(replace(car(), visits=(visit,)),)),
            change(ready_by=[{"car": "wallbox", "earlier_min": 60}]),
        )


def test_the_schema_names_every_key() -> None:
    schema = change_schema()
    assert set(schema["properties"]) == {
        "no_sun", "ready_by", "reserve", "battery", "car", "heat_pump", "tariff", "skip", "move"
    }  # fmt: skip
    assert "kwh_per_day" in schema["$defs"]["NewCar"]["properties"]


# -- laid on the problem -----------------------------------------------------------------------------------------------


def test_no_sun() -> None:
    p = house()
    after = solve(changed(p, change(no_sun=True)))
    assert all(step.pv_w == 0 for step in after.steps)
    told = compared(solve(p), after)
    assert told.money > 0
    assert {m.device: m for m in told.moved}["sun"].more_kwh < -10


def test_ready_earlier_moves_the_goal_and_costs_no_less() -> None:
    p = house()
    goal: Goal = p.cars[0].visits[0].goals[0]
    earlier = changed(p, change(ready_by=[{"car": "wallbox", "earlier_min": 600}]))
    assert earlier.cars[0].visits[0].goals[0].by == goal.by - 600 * 60_000
    by = datetime.fromtimestamp((goal.by - 2 * HOUR_MS) / 1000, UTC).isoformat()
    assert changed(p, change(ready_by=[{"car": "wallbox", "by": by}])).cars[0].visits[0].goals[0].by == (
        goal.by - 2 * HOUR_MS
    )
    assert compared(solve(p), solve(earlier)).total > -1e-3


def test_ready_too_early_names_the_wish_that_is_given_up() -> None:
    """11 kWh in half an hour: at 11 kW half of it is missing."""
    p = replace(problem(1, 192 // 4, 3600), cars=(car(),))
    hour = changed(p, change(ready_by=[{"car": "wallbox", "earlier_min": 660}]))
    short = replace(hour, cars=(replace(hour.cars[0], max_a=8.0),))
    told = compared(solve(p), solve(short))
    assert [(g.wish, g.device) for g in told.given_up] == [("ready_by", "wallbox")]
    assert told.given_up[0].amount == pytest.approx(11 - 8 * 0.23 * 3, abs=0.01)
    assert told.wishes == pytest.approx(told.given_up[0].price, abs=1e-4)
    assert compared(solve(short), solve(p)).met == told.given_up


def test_a_reserve_is_kept_and_costs_no_less() -> None:
    p = problem(2)
    after = changed(p, change(reserve=40))
    assert [b.reserve for b in after.batteries] == [40.0]
    assert compared(solve(p), solve(after)).total > -1e-3


def test_a_larger_battery_holds_what_was_stored_and_costs_no_more() -> None:
    for seed in range(6):
        p = problem(seed)
        p = replace(p, batteries=(replace(p.batteries[0], end_value=0.15, reserve=30.0),))
        larger = changed(p, change(battery={"factor": 2}))
        old, new = p.batteries[0], larger.batteries[0]
        assert new.capacity_wh == 2 * old.capacity_wh
        for was, now in ((old.soc, new.soc), (old.reserve, new.reserve)):
            assert max(0, now - new.soc_floor) * new.capacity_wh == pytest.approx(
                max(0, was - old.soc_floor) * old.capacity_wh
            )
        assert compared(solve(p), solve(larger)).total < 1e-3


def test_no_battery_costs_no_less() -> None:
    p = replace(problem(3), batteries=(battery(48, soc=5.0),))
    for told in ({"factor": 0}, {"capacity_wh": 0}):
        without = changed(p, change(battery=told))
        assert without.batteries == ()
        assert compared(solve(p), solve(without)).money > -1e-3


def test_a_battery_where_there_is_none_saves_and_begins_empty() -> None:
    p = replace(problem(3), batteries=())
    added = changed(p, change(battery={"capacity_wh": 8000}))
    assert [(b.id, b.soc, b.max_charge_w) for b in added.batteries] == [("battery", 5.0, 4000.0)]
    assert compared(solve(p), solve(added)).money < 0


def test_of_several_batteries_one_has_to_be_named() -> None:
    p = replace(problem(3), batteries=(battery(48), battery(48, id="other")))
    with pytest.raises(UserError, match="name one of battery, other"):
        changed(p, change(battery={"factor": 2}))
    after = changed(p, change(battery={"id": "other", "factor": 2}))
    assert [b.capacity_wh for b in after.batteries] == [10_000, 20_000]


def test_a_car_comes_each_local_day_and_gets_its_energy() -> None:
    p = problem(4)
    added = changed(p, change(car={"kwh_per_day": 9, "arrive": "18:00", "depart": "07:00"}), BERLIN)
    visits = added.cars[0].visits
    local = [(datetime.fromtimestamp(v.start / 1000, BERLIN.zone).strftime("%d %H:%M")) for v in visits]
    assert local == ["01 00:00", "01 18:00", "02 18:00"]
    told = compared(solve(p), solve(added))
    assert told.given_up == () and told.money > 0
    assert {m.device: m for m in told.moved}["car"].more_kwh >= 18


def test_visits_follow_the_local_clock_over_its_change() -> None:
    start = BERLIN.at(date(2026, 10, 24), 0)
    p = replace(problem(4, 72), start=start)
    visits = changed(p, change(car={"kwh_per_day": 9, "arrive": "18:00", "depart": "07:00"}), BERLIN).cars[0].visits
    lasts = [(v.end - v.start) / HOUR_MS for v in visits]
    assert lasts[1] == 14.0 and lasts[2] == 13.0


def test_a_heat_pump_draws_what_the_house_loses() -> None:
    p = replace(problem(5), pv_w=np.zeros(48))
    cold = np.full(48, 0.0)
    added = changed(p, change(heat_pump={"loss_w_k": 150, "cop": 3.0}), outdoor_c=cold)
    told = compared(solve(p), solve(added))
    drawn = {m.device: m for m in told.moved}["heat_pump"].more_kwh
    assert drawn == pytest.approx(150 * 20 * 48 / 3 / 1000, rel=0.06)
    assert told.given_up == ()
    by_day = changed(p, change(heat_pump={"heat_kwh_per_day": 72, "cop": 3.0}))
    again = {m.device: m for m in compared(solve(p), solve(by_day)).moved}["heat_pump"].more_kwh
    assert again == pytest.approx(48.0, rel=0.06)


def test_colder_air_costs_more_power() -> None:
    p = problem(5)
    mild, cold = (
        changed(p, change(heat_pump={"heat_kwh_per_day": 40, "outdoor_c": c})).heat_pumps[0].cop[0] for c in (10, -10)
    )
    assert mild > cold > 2.0


def test_another_tariff_by_local_hours() -> None:
    p = replace(problem(6), fee_import=np.full(48, 0.1), estimated_from=START + 24 * HOUR_MS)
    hours = [0.2 if h < 6 else 0.4 for h in range(24)]
    after = changed(p, change(tariff={"hours": hours}), BERLIN)
    assert after.price_import[:7].tolist() == [0.2] * 6 + [0.4]
    assert after.fee_import.max() == 0.0 and after.estimated_from is None
    utc = changed(p, change(tariff={"hours": hours}))
    assert utc.price_import[:3].tolist() == [0.4, 0.4, 0.2]


def test_a_fixed_price_a_factor_and_what_is_paid_for_feeding_in() -> None:
    p = replace(problem(6), fee_import=np.full(48, 0.1))
    assert set(changed(p, change(tariff={"fixed": 0.3})).price_import) == {0.3}
    twice = changed(p, change(tariff={"factor": 2}))
    assert twice.price_import == pytest.approx(2 * p.price_import) and twice.fee_import.max() == 0.1
    export = changed(p, change(tariff={"export": 0.12}))
    assert set(export.price_export) == {0.12} and np.array_equal(export.price_import, p.price_import)


def test_skip_and_move_an_appliance() -> None:
    p = house()
    assert changed(p, change(skip=["dishwasher"])).appliances == ()
    start = datetime.fromtimestamp((START + 19 * HOUR_MS + 600_000) / 1000, UTC).isoformat()
    moved = changed(p, change(move=[{"id": "dishwasher", "start": start}]))
    steps = solve(moved).steps
    assert [s.devices["dishwasher"].power_w for s in steps[18:22]] == [0.0, 2000.0, 800.0, 0.0]
    told = compared(solve(p), solve(moved))
    assert told.total > -1e-3
    run = [m for m in told.moved if m.device == "dishwasher"]
    assert run == [] or (abs(run[0].more_kwh) < 1e-9 and run[0].moved_kwh == pytest.approx(2.8))


def test_all_at_once() -> None:
    told = change(no_sun=True, reserve=20, skip=["dishwasher"], battery={"factor": 2}, tariff={"fixed": 0.3})
    after = changed(house(), told)
    assert (after.pv_w.max(), after.batteries[0].reserve, after.appliances) == (0.0, 20.0, ())
    assert solve(after).costs.total > 0


def test_what_changes_nothing_of_a_plan_costs_nothing() -> None:
    p = solve(house())
    told = compared(p, p)
    assert (told.total, told.money, told.wishes, told.moved, told.given_up) == (0.0, 0.0, 0.0, (), ())


def test_plans_of_other_times_are_not_compared() -> None:
    with pytest.raises(UserError, match="not of the same time"):
        compared(solve(problem(1, 24)), solve(problem(1, 48)))


# -- over a whole past -------------------------------------------------------------------------------------------------


def years(seed: int, days: int = 40, step_s: int = 3600) -> Problem:
    """From the middle of July on, so that there are two months."""
    p = problem(seed, days * 24, step_s)
    return replace(p, start=BERLIN.at(date(2026, 7, 12), 0), batteries=(battery(p.steps, soc=5.0, wear=0.01),))


def test_the_past_is_told_by_local_month() -> None:
    told = past(years(1), change(battery={"factor": 2}), BERLIN)
    assert [m.month for m in told.months] == ["2026-07", "2026-08"]
    assert told.rule == pytest.approx(sum(m.rule for m in told.months), abs=0.01)
    assert told.how == HOW
    assert "upper bound" in told.how


def test_the_best_is_no_dearer_than_the_rule() -> None:
    """In all; at the end of a month the one may have in its battery what the other has sold."""
    for seed in range(6):
        told = past(years(seed, 23), change(tariff={"factor": 1.5}), BERLIN)
        for when in ("before", "after"):
            rule = sum(getattr(m, f"rule_{when}").cost for m in told.months)
            best = sum(getattr(m, f"best_{when}").cost for m in told.months)
            assert best <= rule + 0.05, seed


def test_at_best_is_what_one_plan_over_all_of_it_costs() -> None:
    """Weeks chained by what is stored: no cheaper than all at once, and hardly dearer."""
    p = years(3, 23)
    lived = at_best(p, np.zeros(p.steps, np.int64))
    end = float(np.mean(p.price_import)) * p.batteries[0].efficiency_discharge
    whole = plan(replace(p, batteries=(replace(p.batteries[0], end_value=end),)), QUICK)
    net = lived.net_kw
    paid = float((np.maximum(net, 0) * p.price_import - np.maximum(-net, 0) * p.price_export + lived.wear).sum())
    floor = 0.05 * 10 * end
    chained = paid - lived.stored_kwh[-1] * float(np.mean(p.price_import)) + floor
    assert chained >= whole.costs.total - 0.001
    assert chained == pytest.approx(whole.costs.total, abs=0.01 * abs(whole.costs.energy))


def test_a_larger_battery_would_have_saved_and_no_sun_cost() -> None:
    p = years(2)
    larger = past(p, change(battery={"factor": 2}), BERLIN)
    assert larger.best <= 0.01
    dark = past(p, change(no_sun=True), BERLIN)
    assert dark.rule > 1 and dark.best > 1
    assert all(m.rule_after.sold_kwh == 0 for m in dark.months)


def test_a_car_is_charged_in_full_by_both() -> None:
    """Ten kWh a day: bought, or not sold."""
    p = replace(years(2, 30), batteries=(), pv_w=np.zeros(30 * 24))
    told = past(p, change(car={"kwh_per_day": 10, "arrive": "18:00", "depart": "07:00"}), BERLIN)
    for before, after in (("rule_before", "rule_after"), ("best_before", "best_after")):
        more = sum(getattr(m, after).bought_kwh - getattr(m, before).bought_kwh for m in told.months)
        # thirty nights, that of the first day at its end, and the share of the last that lies before the end
        assert more == pytest.approx(10 * (30 + 6 / 13), abs=0.5)
        assert sum(getattr(m, after).short_kwh for m in told.months) == 0
    assert told.best < told.rule


def test_a_car_that_cannot_be_filled_is_short() -> None:
    p = replace(years(2, 10), batteries=())
    told = past(p, change(car={"kwh_per_day": 50, "arrive": "18:00", "depart": "20:00"}), BERLIN)
    short = sum(m.rule_after.short_kwh for m in told.months)
    assert short == pytest.approx(10 * (50 - 2 * 16 * 0.23 * 3), abs=0.2)
    assert sum(m.best_after.short_kwh for m in told.months) == pytest.approx(short, abs=0.2)


def test_a_heat_pump_keeps_the_house_warm_by_both() -> None:
    p = replace(years(2, 21), batteries=())
    outdoor = 5 + 5 * np.sin(np.arange(p.steps) / 24 * 2 * np.pi)
    told = past(p, change(heat_pump={"loss_w_k": 200}), BERLIN, outdoor)
    assert all(m.rule_after.cold_kh == m.best_after.cold_kh == 0 for m in told.months)
    assert 0 < told.best <= told.rule + 0.05


def test_gaps_are_told_and_count_nothing() -> None:
    p = years(1, 30)
    load, pv = p.load_w.copy(), p.pv_w.copy()
    load[100:172] = np.nan
    pv[p.pv_w == 0] = np.nan
    told = past(replace(p, load_w=load, pv_w=pv), change(reserve=20), BERLIN)
    assert [m.missing > 0 for m in told.months] == [True, False]
    assert sum(m.missing for m in told.months) == pytest.approx(72 / (20 * 24), abs=1e-3)
    whole = past(p, change(reserve=20), BERLIN)
    assert told.months[0].rule_before.bought_kwh < whole.months[0].rule_before.bought_kwh


def test_a_past_of_which_nothing_is_known_is_told() -> None:
    p = years(1, 2)
    with pytest.raises(UserError, match="nothing is recorded"):
        past(replace(p, load_w=np.full(p.steps, np.nan)), change(no_sun=True))
    with pytest.raises(UserError, match="part of its load"):
        past(replace(p, cars=(car(),)), change(no_sun=True))
    with pytest.raises(UserError, match="is not in this plan"):
        past(p, change(skip=["dishwasher"]))


def test_a_peak_is_paid_each_month() -> None:
    p = replace(years(1, 30), batteries=())
    most = np.full(p.steps, 1e6)
    charged = replace(p, connection=Connection(most, most, peak=Peak(4.0, 3600)))
    plain, with_peak = (past(q, change(tariff={"export": 0.1}), BERLIN) for q in (p, charged))
    for one, other in zip(plain.months, with_peak.months, strict=True):
        assert other.rule_before.cost - one.rule_before.cost > 1.0


def test_negative_prices_do_not_stop_it() -> None:
    p = years(1, 15)
    price = p.price_import.copy()
    price[::7] = -0.05
    told = past(replace(p, price_import=price, price_export=price - 0.02), change(battery={"factor": 2}), BERLIN)
    assert np.isfinite([told.rule, told.best]).all()


def test_a_cut_has_all_series_of_its_time() -> None:
    p = years(1, 3)
    p = replace(p, connection=Connection(np.arange(p.steps) * 1.0, np.full(p.steps, 9.0)))
    part = cut(p, 10, 20)
    assert (part.start, part.steps) == (p.start + 10 * HOUR_MS, 10)
    assert part.connection is not None
    assert part.connection.import_limit_w.tolist() == list(range(10, 20))
    assert len(part.batteries[0].power_share) == len(part.co2_g) == 10


def test_the_rule_keeps_the_balance() -> None:
    """What was bought and sold is load less panels, and what the battery took and gave."""
    p = years(4, 10)
    lived = by_rule(p)
    b = p.batteries[0]
    drawn = lived.net_kw - (p.load_w - p.pv_w) / 1000
    level = lived.stored_kwh / b.efficiency_discharge
    came = np.where(drawn > 0, drawn * b.efficiency_charge, drawn / b.efficiency_discharge)
    assert level == pytest.approx(0.5 + np.cumsum(came), abs=1e-6)
    assert level.min() > 0.5 - 1e-6 and level.max() < 10 + 1e-6
