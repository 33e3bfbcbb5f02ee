"""The ledger: its terms come to the total on any day, and each names what really was the cause."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from hub.errors import UserError
from hub.foresight.day import came_of
from hub.foresight.following import Held, followed
from hub.foresight.judged import best, cost_of, unlimited
from hub.foresight.regret import TERMS, WHO, Ask, Day, Ledger, monthly, split
from hub.plan import Problem, plan
from hub.plan.problem import Connection, Dimming, Goal, HeatPump, Peak, Room
from hub.plan.solve import Effort
from tests.foresight.houses import (
    HOUR_MS,
    QUICK,
    START,
    at_random,
    battery,
    by_plan,
    car,
    day,
    dishwasher,
    exactly,
    mistaken,
    problem,
    rich,
    wild,
)

DIVE = Effort(nodes=0, tries=0)
CENT = 0.01
FORECASTS = ("load", "pv", "price")


def asked(d: Day, seed: int) -> Day:
    """With things that others did at random times."""
    rng = np.random.default_rng(seed + 40_000)
    p = d.problem
    devices = [x.id for x in (*p.batteries, *p.cars, *p.appliances)]
    asks = []
    for _ in range(int(rng.integers(0, 4))):
        start = START + int(rng.integers(0, 22)) * HOUR_MS
        asks.append(Ask(str(rng.choice(WHO)), str(rng.choice(devices)), start, start + 2 * HOUR_MS))
    return replace(d, asks=tuple(asks))


@pytest.mark.parametrize("kind", ["plan", "exact", "random"])
@pytest.mark.parametrize("block", range(7))
def test_the_terms_come_to_the_total_on_any_day(kind: str, block: int) -> None:
    """The total is worked out without the chain: what was, less the bound of the best."""
    for seed in range(block * 10, block * 10 + 10):
        foretold = rich(seed, 28)
        came = mistaken(foretold, seed)
        d = {
            "plan": lambda f=foretold, c=came: by_plan(f, c, 24),
            "exact": lambda f=foretold, c=came: exactly(f, c, 24),
            "random": lambda f=foretold, c=came, s=seed: at_random(f, c, 24, s),
        }[kind]()
        d = asked(d, seed)
        ledger = split(d, DIVE)
        facts = came_of(d)
        was = cost_of(facts.known, facts.ran, 24, DIVE)
        bound = best(unlimited(facts.known), DIVE)[1]
        assert ledger.total == pytest.approx(was.money - bound.money, abs=1e-6), seed
        assert sum(ledger.terms.values()) == pytest.approx(ledger.total, abs=CENT / 100), seed
        assert sum(ledger.wished.values()) == pytest.approx(ledger.wishes, abs=CENT / 100), seed
        assert list(ledger.terms) == list(TERMS) == list(ledger.wished)
        for who in WHO:
            items = sum(item.money for item in ledger.asks if item.who == who)
            assert items == pytest.approx(ledger.terms[who], abs=1e-9)


@pytest.mark.parametrize("block", range(4))
def test_they_do_so_whatever_the_house_has(block: int) -> None:
    """Negative prices, feed-in above the price, leaks, curves, permissions, V2H, peaks, reserves, panels that cannot be
    held back; and no day that the model can tell is better than the bound.
    """
    for seed in range(block * 6, block * 6 + 6):
        foretold = wild(seed)
        came = mistaken(foretold, seed)
        told = split(asked(by_plan(foretold, came, 24), seed), DIVE)
        assert told.total + told.wishes > -0.002, seed
        random = replace(at_random(foretold, came, 24, seed), made_w=came.pv_w[:24] * 0.7)
        for ledger in (told, split(asked(random, seed), DIVE)):
            assert sum(ledger.terms.values()) == pytest.approx(ledger.total, abs=CENT / 100), seed
            assert sum(ledger.wished.values()) == pytest.approx(ledger.wishes, abs=CENT / 100), seed


def test_no_day_is_better_than_the_bound() -> None:
    for seed in range(40):
        foretold = rich(seed, 28)
        ledger = split(by_plan(foretold, mistaken(foretold, seed), 24), DIVE)
        assert ledger.total + ledger.wishes > -0.001, seed
        assert ledger.terms["solver"] >= 0, seed


def test_perfect_forecasts_cost_nothing() -> None:
    for seed in range(30):
        foretold = rich(seed, 28)
        ledger = split(at_random(foretold, foretold, 24, seed), DIVE)
        assert [ledger.terms[q] for q in FORECASTS] == [0.0, 0.0, 0.0], seed


def test_a_day_that_went_as_it_should_has_no_regret() -> None:
    """Powers of a plan are whole W, its SoC has two digits: that is all that is left."""
    for seed in range(20):
        foretold = problem(seed, 30)
        ledger = split(exactly(foretold, foretold, 24), QUICK)
        assert abs(ledger.total) < 0.005, seed
        assert ledger.wishes == pytest.approx(0.0, abs=1e-6)


def test_what_the_model_says_is_what_happened_when_the_executor_did_so() -> None:
    """Then nothing is left for `execution`, and following costs no more than being wrong does."""
    for seed in range(20):
        foretold = problem(seed, 36)
        ledger = split(by_plan(foretold, mistaken(foretold, seed), 24), QUICK)
        assert abs(ledger.terms["execution"]) < 1e-6, seed


@pytest.mark.parametrize("wrong", FORECASTS)
def test_only_the_forecast_that_was_wrong_is_blamed(wrong: str) -> None:
    fields = {"load": ["load_w"], "pv": ["pv_w"], "price": ["price_import"]}[wrong]
    blamed = 0.0
    for seed in range(30):
        foretold = problem(seed, 30)
        all_wrong = mistaken(foretold, seed, 0.8)
        came = replace(foretold, **{key: getattr(all_wrong, key) for key in fields})
        ledger = split(by_plan(foretold, came, 24), QUICK)
        assert all(ledger.terms[q] == 0.0 for q in FORECASTS if q != wrong)
        blamed += ledger.terms[wrong]
    assert blamed > 0.02


def test_the_three_forecasts_share_what_they_cost_together() -> None:
    for seed in range(10):
        foretold = problem(seed, 30)
        came = mistaken(foretold, seed, 0.6)
        ledger = split(by_plan(foretold, came, 24), QUICK)
        wrong = cost_of(came, followed(came, plan(foretold, QUICK), 24), 24, QUICK)
        right = cost_of(came, followed(came, plan(came, QUICK), 24), 24, QUICK)
        assert sum(ledger.terms[q] for q in FORECASTS) == pytest.approx(wrong.money - right.money, abs=1e-9)


def test_two_forecasts_that_are_wrong_alike_are_blamed_alike() -> None:
    """A quantity too much of load and as much too little of panels are the same to a battery: Shapley is symmetric."""
    foretold = replace(problem(3, 30), load_w=np.full(30, 2000.0), pv_w=np.full(30, 1000.0))
    shift = np.where(np.arange(30) % 24 > 17, 600.0, 0.0)
    came = replace(foretold, load_w=foretold.load_w + shift, pv_w=foretold.pv_w - shift)
    ledger = split(by_plan(foretold, came, 24), QUICK)
    assert ledger.terms["load"] == pytest.approx(ledger.terms["pv"], abs=1e-6)


# -- what others did ---------------------------------------------------------------------------------------------------


def held_day(p: Problem, hours: slice, kw: float, who: str, cause: str) -> Day:
    """The day of a plan but that the battery drew `kw` in `hours`, as far as it could."""
    mask = np.zeros(24, bool)
    mask[hours] = True
    ran = followed(p, plan(p, QUICK), 24, (Held("battery", mask, np.full(24, kw)),))
    d = day(p, p, 24, {"battery": -1000 * ran.draws["battery"]}, {"battery": ran.levels["battery"] * 10})
    start = START + hours.start * HOUR_MS
    return replace(d, asks=(Ask(who, "battery", start, START + hours.stop * HOUR_MS, cause),))


def dear_evening() -> Problem:
    """Nights cost 10 ct, evenings 50 ct, no sun: a battery is full in the morning and empty at night."""
    price = np.where((np.arange(48) % 24 >= 17) & (np.arange(48) % 24 < 22), 0.50, 0.10)
    p = replace(problem(1), price_import=price, pv_w=np.zeros(48), load_w=np.full(48, 1500.0))
    return replace(p, batteries=(battery(48, soc=5.0),))


def test_a_person_who_discharges_by_force_is_named() -> None:
    """4 kWh sold at 8 ct that would have spared 50 ct in the evening."""
    ledger = split(held_day(dear_evening(), slice(12, 14), -5.0, "people", "Anna: discharge"), QUICK)
    assert ledger.terms["people"] > 0.5
    assert ledger.asks[0].cause == "Anna: discharge"
    assert ledger.asks[0].money == pytest.approx(ledger.terms["people"])
    assert ledger.total == pytest.approx(ledger.terms["people"], abs=CENT)
    assert all(abs(ledger.terms[name]) < CENT for name in TERMS if name != "people")


def test_a_battery_that_refuses_to_charge_is_named() -> None:
    """The whole night without a charge: the evening is bought dear."""
    ledger = split(held_day(dear_evening(), slice(0, 17), 0.0, "refused", "no answer"), QUICK)
    assert ledger.terms["refused"] > 1.0
    assert ledger.total == pytest.approx(ledger.terms["refused"], abs=CENT)


def test_a_rule_that_keeps_the_battery_still_is_named() -> None:
    ledger = split(held_day(dear_evening(), slice(17, 22), 0.0, "rules", "reserve"), QUICK)
    assert ledger.terms["rules"] > 1.0
    assert ledger.terms["people"] == ledger.terms["refused"] == 0.0


def test_a_person_who_does_what_the_plan_does_costs_nothing() -> None:
    p = dear_evening()
    d = by_plan(p, p, 24)
    ledger = split(replace(d, asks=(Ask("people", "battery", START, START + 24 * HOUR_MS),)), QUICK)
    assert abs(ledger.terms["people"]) < 1e-6


def test_a_dishwasher_that_people_start_in_the_evening_costs_more() -> None:
    p = replace(dear_evening(), batteries=(), appliances=(dishwasher(),))
    drawn = np.zeros(24)
    drawn[18:20] = 2000.0, 800.0
    d = replace(day(p, p, 24, {"dishwasher": drawn}, {}), asks=(Ask("people", "dishwasher", START, START + 1, "now"),))
    ledger = split(d, QUICK)
    assert ledger.terms["people"] == pytest.approx(2.8 * 0.4, abs=1e-6)
    assert ledger.total == pytest.approx(2.8 * 0.4, abs=1e-6)


# -- limits, the solver, the rest --------------------------------------------------------------------------------------


def test_what_limits_cost_is_named() -> None:
    """Zero export: what the panels leave is lost at 8 ct."""
    p = replace(problem(2), batteries=(), pv_w=np.full(48, 3000.0), load_w=np.full(48, 1000.0))
    free = split(by_plan(p, p, 24), QUICK)
    zero = replace(p, connection=Connection(np.full(48, 1e6), np.zeros(48)))
    ledger = split(by_plan(zero, zero, 24), QUICK)
    assert free.terms["limits"] == 0.0
    assert ledger.terms["limits"] == pytest.approx(48 * 2.0 * 0.08, abs=1e-6)
    assert ledger.total == pytest.approx(ledger.terms["limits"], abs=1e-6)


def test_what_dimming_costs_is_named() -> None:
    """The car may draw 4.2 kW only in the cheap hours, and has to take dear ones too."""
    n = 36
    price = np.where((np.arange(n) >= 18) & (np.arange(n) < 21), 0.10, 0.50)
    p = replace(problem(2, n), pv_w=np.zeros(n), price_import=price, batteries=(), cars=(car(6.0, 22_000.0),))
    signal = Dimming(START + 18 * HOUR_MS, START + 21 * HOUR_MS, 4200.0)
    p = replace(p, connection=Connection(np.full(n, 1e6), np.full(n, 1e6), dimming=(signal,)))
    ledger = split(by_plan(p, p, 24), QUICK)
    assert ledger.terms["limits"] == pytest.approx((22.0 - 3 * 4.2) * 0.4, abs=0.02)


def test_a_solver_that_does_not_search_has_a_gap() -> None:
    """Eight runs under a tight import limit: the LP cuts them in pieces."""
    p = replace(problem(4, 30), batteries=())
    runs = tuple(replace(dishwasher(), id=f"run{i}") for i in range(8))
    p = replace(p, appliances=runs, connection=Connection(np.full(30, 3700.0), np.full(30, 1e6)))
    ledger = split(by_plan(p, p, 24), DIVE)
    assert ledger.terms["solver"] > 0.001


def test_what_nothing_explains_is_execution() -> None:
    p = dear_evening()
    still = day(p, p, 24, {"battery": np.zeros(24)}, {"battery": np.full(24, 5.0)})
    ledger = split(still, QUICK)
    assert ledger.terms["execution"] == pytest.approx(ledger.total, abs=CENT)
    assert ledger.total > 1.0


def test_a_peak_counts() -> None:
    """10 EUR for each kW of the highest hour: six hours at the least current were best, though it is too much."""
    n = 36
    p = replace(problem(2, n), pv_w=np.zeros(n), load_w=np.full(n, 500.0), price_import=np.full(n, 0.3))
    p = replace(p, batteries=(), cars=(car(6.0, 22_000.0),))
    p = replace(p, connection=Connection(np.full(n, 1e6), np.full(n, 1e6), peak=Peak(10.0, 3600)))
    drawn = np.zeros(24)
    drawn[18:20] = 11_000.0
    ledger = split(day(p, p, 24, {"wallbox": drawn}, {}), QUICK)
    assert ledger.terms["execution"] == pytest.approx(10 * (11.0 - 4.14) - 0.3 * (6 * 4.14 - 22), abs=1e-3)


def test_a_car_that_is_still_there_at_midnight_is_not_late() -> None:
    """Its cheap hours are after the end of the day: to have waited for them is right."""
    n = 36
    price = np.where(np.arange(n) >= 25, 0.10, 0.30)
    p = replace(problem(2, n), pv_w=np.zeros(n), price_import=price, batteries=(), cars=(car(12.0),))
    waited = split(day(p, p, 24, {"wallbox": np.zeros(24)}, {}), QUICK)
    assert waited.total == pytest.approx(0.0, abs=1e-5)
    at_once = np.zeros(24)
    at_once[18] = 11_000.0
    assert split(day(p, p, 24, {"wallbox": at_once}, {}), QUICK).total == pytest.approx(11 * 0.2, abs=1e-5)


def test_a_wish_that_was_missed_is_counted_apart_from_money() -> None:
    n = 30
    p = replace(problem(2, n), pv_w=np.zeros(n), batteries=(), cars=(car(5.0),), price_import=np.full(n, 0.3))
    ledger = split(day(p, p, 24, {"wallbox": np.zeros(24)}, {}), QUICK)
    goal: Goal = p.cars[0].visits[0].goals[0]
    assert ledger.wishes == pytest.approx(11 * goal.price, abs=1e-6)
    assert ledger.total == pytest.approx(-11 * 0.3, abs=1e-6)
    assert ledger.total + ledger.wishes > 0


def test_heat_is_taken_as_it_was() -> None:
    """Its draw is load that was known: no term holds it, and what it cost is in `paid`."""
    n = 30
    room = Room(21.0, 10_000.0, 150.0, np.full(n, 20.0), np.full(n, 23.0), np.zeros(n))
    pump = HeatPump("pump", 2000.0, cop=np.full(n, 3.0), cop_tank=np.full(n, 3.0), outdoor_c=np.zeros(n), room=room)
    p = replace(problem(2, n), batteries=(), heat_pumps=(pump,))
    without = replace(p, heat_pumps=())
    ledger = split(day(p, p, 24, {"pump": np.full(24, 1000.0)}, {}), QUICK)
    assert ledger.total == pytest.approx(0.0, abs=1e-9)
    assert ledger.paid > split(day(without, without, 24, {}, {}), QUICK).paid + 3.0


def test_panels_that_were_held_back_for_nothing_are_execution() -> None:
    p = replace(problem(2, 30), batteries=(), pv_w=np.full(30, 3000.0), load_w=np.full(30, 1000.0))
    d = replace(day(p, p, 24, {}, {}), made_w=np.full(24, 1000.0))
    ledger = split(d, QUICK)
    assert ledger.terms["execution"] == pytest.approx(24 * 2.0 * 0.08, abs=1e-6)
    assert ledger.paid == pytest.approx(0.0, abs=1e-9)


def test_what_is_paid_is_what_the_meter_says() -> None:
    p = dear_evening()
    power = np.zeros(24)
    power[20] = 1000.0
    ledger = split(day(p, p, 24, {"battery": power}, {"battery": np.full(24, 20.0)}), QUICK)
    wear = p.batteries[0].wear
    assert ledger.paid == pytest.approx(1.5 * (19 * 0.1 + 5 * 0.5) - 1.0 * 0.5 + wear)


def test_days_with_a_change_of_clocks_have_their_own_length() -> None:
    for steps in (23, 25):
        p = problem(5, 30)
        ledger = split(by_plan(p, mistaken(p, 5), steps), QUICK)
        assert sum(ledger.terms.values()) == pytest.approx(ledger.total, abs=1e-9)


def test_a_day_without_a_time_after_it_is_split_too() -> None:
    p = problem(6, 24)
    ledger = split(by_plan(p, mistaken(p, 6), 24), QUICK)
    assert sum(ledger.terms.values()) == pytest.approx(ledger.total, abs=1e-9)
    assert ledger.total > -0.001


# -- gaps and what does not fit ----------------------------------------------------------------------------------------


def test_what_was_not_measured_counts_as_foretold() -> None:
    p = problem(7, 30)
    came = mistaken(p, 7)
    d = by_plan(p, came, 24)
    load = came.load_w.copy()
    load[:24] = np.nan
    ledger = split(replace(d, load_w=load[:24]), QUICK)
    assert ledger.missing == 1.0
    assert ledger.terms["load"] == 0.0
    soc = np.array(d.soc["battery"])
    soc[3:9] = np.nan
    filled = came_of(replace(d, soc={"battery": soc})).ran.levels["battery"]
    assert np.isfinite(filled).all()
    assert filled[2] <= max(filled[3], filled[2]) and filled[9] == pytest.approx(soc[9] / 10)


def test_without_a_soc_the_level_comes_from_what_was_drawn() -> None:
    p = problem(8, 30)
    d = by_plan(p, p, 24)
    assert came_of(replace(d, soc={})).ran.levels["battery"] == pytest.approx(
        came_of(d).ran.levels["battery"], abs=1e-6
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"steps": 0}, "steps is 0"),
        ({"steps": 99}, "steps is 99"),
        ({"load_w": np.zeros(5)}, "load_w: has shape (5,)"),
        ({"drawn_w": {}}, "drawn_w[battery]: is missing"),
        ({"drawn_w": {"battery": np.zeros(3)}}, "drawn_w[battery]: has shape (3,)"),
        ({"soc": {"battery": np.zeros(3)}}, "soc[battery]: has shape (3,)"),
        ({"asks": (Ask("nobody", "battery", START, START + 1),)}, "asks[0].who: 'nobody' is not known"),
        ({"asks": (Ask("people", "batery", START, START + 1),)}, "did you mean 'battery'?"),
    ],
)
def test_what_does_not_fit_is_told_in_one_line(change: dict[str, object], said: str) -> None:
    p = problem(1, 30)
    d = replace(by_plan(p, p, 24), **change)  # type: ignore[arg-type]
    with pytest.raises(UserError) as told:
        split(d, DIVE)
    assert said in str(told.value) and "\n" not in str(told.value)


# -- months ------------------------------------------------------------------------------------------------------------


def ledger_of(date: str, total: float) -> Ledger:
    terms = {name: total / len(TERMS) for name in TERMS}
    return Ledger(date, 2.0, total, terms, 0.0, dict.fromkeys(TERMS, 0.0))


def test_months_are_the_sums_of_their_days() -> None:
    told = monthly([ledger_of("2026-08-01", 0.3), ledger_of("2026-07-02", 0.5), ledger_of("2026-07-01", 0.1)])
    assert [(m.month, m.days, m.worst) for m in told] == [("2026-07", 2, "2026-07-02"), ("2026-08", 1, "2026-08-01")]
    assert told[0].total == pytest.approx(0.6) == pytest.approx(sum(told[0].terms.values()))
    assert told[0].paid == 4.0
    assert json.loads(json.dumps(told[0].told()))["month"] == "2026-07"


def test_no_days_no_months() -> None:
    assert monthly([]) == ()


def test_a_ledger_is_plain_data() -> None:
    p = problem(1, 30)
    d = by_plan(p, p, 24)
    ledger = split(d, DIVE)
    assert json.loads(json.dumps(ledger.told()))["date"] == "2026-07-01"
    assert split(d, DIVE) == ledger
