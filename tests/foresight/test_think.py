"""What the planner's process answers: always something, and what had to be assumed with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from hub.forecast.series import Series
from hub.foresight.think import answered
from hub.foresight.view import (
    STEP_MS,
    STEP_S,
    STEPS,
    NowOrLater,
    RunSeen,
    Solve,
    Thought,
    Told,
    View,
    WhatIf,
    WhatIfPast,
    Wrong,
)  # fmt: skip
from hub.model.plan import Task
from tests.foresight.kit import HOUR, START, car, load_w, past, prices, pv_w, view

GOOD = START + 2 * HOUR


def thoughts(seen: View) -> list[Thought]:
    def each() -> Iterator[Thought]:
        for answer in answered(Solve(seen, GOOD)):
            assert isinstance(answer, Thought)
            yield answer

    return list(each())


def last(seen: View) -> tuple[Thought, dict[str, Any]]:
    found = thoughts(seen)[-1]
    assert found.told is not None and found.plan is not None
    return found, dict(found.told)


def test_a_plan_for_the_core_and_the_same_with_its_reasons() -> None:
    found, told = last(view())
    assert found.plan is not None
    assert (found.plan.made, found.plan.good_until, len(found.plan.slots)) == (START + 60_000, GOOD, STEPS)
    for slot, step in zip(found.plan.slots, told["steps"], strict=True):
        assert slot.start == step["start"] and slot.end == slot.start + STEP_MS
        assert slot.batteries["battery"].power_w == step["devices"]["battery"]["power_w"]
        assert step["devices"]["battery"]["why"]["code"]
    assert {q: f.by for q, f in found.forecasts.items()} == {"load": "ridge", "pv": "blend"}
    tasks = {slot.batteries["battery"].task for slot in found.plan.slots}
    assert tasks <= set(Task)


def test_a_car_is_full_when_it_is_wanted() -> None:
    _, told = last(view(cars=(car(8_000.0, 16),)))
    charged = sum(s["devices"]["wallbox"]["power_w"] for s in told["steps"] if s["start"] < START + 16 * HOUR) / 4
    assert charged >= 8_000 - 1 and not told["given_up"]


def test_each_plan_is_no_worse_than_the_one_before_and_none_gives_up_what_can_be() -> None:
    """The sun of this house is thinner than what the car draws at least: an LP thinks that half a car may charge."""
    seen = view(20, load=past(load_w(20, 2)), pv=past(pv_w(20, 52)), cars=(car(4_000.0, 30),))
    told = [dict(found.told or {}) for found in thoughts(seen)]
    costs = [each["costs"]["total"] for each in told]
    assert len(costs) > 1 and costs == sorted(costs, reverse=True)
    assert not any(each["given_up"] for each in told)
    assert costs[1] < costs[-1] + 0.01


def test_a_car_without_a_wish_buys_nothing_however_dear_a_kwh_is_that_is_fed_in() -> None:
    spot = tuple(
        replace(p, price=20_000 if k % 24 < 12 else 30_000, export=0 if k % 24 < 12 else 26_000)
        for k, p in enumerate(prices())
    )
    _, told = last(view(pv=None, prices=spot, cars=(car(0.0),)))
    assert not any(s["devices"]["wallbox"]["power_w"] for s in told["steps"])


def test_wishes_count_as_much_in_a_currency_in_which_a_kwh_costs_forty() -> None:
    forints = tuple(replace(p, price=p.price * 200, export=(p.export or 0) * 100) for p in prices())
    _, told = last(view(prices=forints, cars=(car(8_000.0, 16),)))
    assert not told["given_up"]


def test_a_change_is_reckoned_over_the_months_that_the_house_has_lived() -> None:
    days = 120
    begin, hours = START - days * 86_400_000, np.arange(days * 96) / 4 % 24
    paid = Series(begin, STEP_S, 15_000.0 + 25_000 * ((hours > 15) & (hours < 20)))
    seen = view(days, price_import=paid, price_export=Series(begin, STEP_S, np.full(days * 96, 8_000.0)))
    [twice] = answered(WhatIfPast(seen, {"battery": {"id": "battery", "factor": 2}}))
    [none] = answered(WhatIfPast(seen, {"battery": {"id": "battery", "factor": 0}}))
    assert isinstance(twice, Told) and isinstance(none, Told)
    assert [m["month"] for m in none.told["months"]] == ["2025-11", "2025-12", "2026-01", "2026-02", "2026-03"]
    assert twice.told["best"] < 0 < none.told["rule"] and none.told["best"] > 0
    [dark] = answered(WhatIfPast(replace(seen, price_import=None, price_export=None), {"no_sun": True}))
    assert isinstance(dark, Wrong) and "nothing is recorded" in dark.said


def test_a_wish_that_cannot_be_is_named_and_the_rest_goes_on() -> None:
    _, told = last(view(cars=(car(50_000.0, 2),)))
    [given] = told["given_up"]
    assert given["device"] == "wallbox" and given["amount"] > 20


def test_a_car_that_nobody_needs_takes_what_the_sun_leaves_and_nothing_dear() -> None:
    _, told = last(view(cars=(car(0.0),)))
    for step in told["steps"]:
        if step["pv_w"] == 0 and step["buy"] > 0.3:
            assert step["devices"]["wallbox"]["power_w"] == 0


def test_a_plug_runs_once_and_is_done_in_time() -> None:
    run = RunSeen("plug_washer", 2_000.0, 3_600.0, START, START + 20 * HOUR)
    found, _ = last(view(runs=(run,)))
    assert found.plan is not None
    on = [s.start for s in found.plan.slots if s.switches["plug_washer"]]
    assert len(on) == 4 and on[-1] - on[0] == 3 * STEP_MS and on[-1] < START + 20 * HOUR


def test_without_prices_there_are_forecasts_and_no_plan() -> None:
    [only] = thoughts(view(prices=()))
    assert only.plan is None and only.told is None and set(only.forecasts) == {"load", "pv"}


def test_a_house_without_a_past_still_gets_a_plan_that_says_what_it_assumes() -> None:
    nothing = np.full(96, np.nan)
    found, told = last(view(load=past(nothing), pv=past(nothing)))
    assert found.forecasts["load"].by == "typical" and "pv" not in found.forecasts
    assert told["assumed"] == ["the panels make nothing: nothing is known of them yet"]


def test_new_panels_are_guessed_by_the_sun_and_their_inverter() -> None:
    nothing = past(np.full(96, np.nan))
    for seen in (nothing, replace(nothing, place=None)):
        found, told = last(view(pv=seen, pv_most_w=5_000.0))
        pv = found.forecasts["pv"]
        night = [k for k in range(STEPS) if (START // STEP_MS + k) % 96 in range(76, 96)]
        assert pv.by == "guess" and not pv.high[night].any() and 500 < pv.mid.max() < 5_000
        assert (pv.low <= pv.mid).all() and (pv.mid <= pv.high).all() and pv.high.max() <= 5_000
        assert told["assumed"] == ["the panels are guessed by the sun and their inverter: nothing is known of them yet"]


def test_what_is_fed_in_for_an_unknown_price_earns_nothing() -> None:
    _, told = last(view(prices=tuple(replace(p, export=None) for p in prices())))
    assert {s["sell"] for s in told["steps"]} == {0.0}
    assert "nothing is earned for what is fed in: its price is not known" in told["assumed"]


def test_beyond_the_last_known_price_its_shape_goes_on_and_is_called_an_estimate() -> None:
    found, told = last(view(prices=prices(36)))
    assert found.estimated_from == START + 36 * HOUR
    buy = [s["buy"] for s in told["steps"]]
    assert buy[144:] == pytest.approx(buy[144 - 96 : 96])


def test_the_forecaster_that_did_best_is_asked_first() -> None:
    found, _ = last(view(use={"load": "week", "pv": "nobody"}))
    assert found.forecasts["load"].by == "week" and found.forecasts["pv"].by == "blend"


@pytest.mark.steady  # as far as the search comes in its time
def test_the_same_question_has_the_same_answer() -> None:
    seen = view(cars=(car(),))
    assert [t.told for t in thoughts(seen)] == [t.told for t in thoughts(seen)]


def test_no_sun_costs_something_and_changes_nothing() -> None:
    [answer] = answered(WhatIf(view(), {"no_sun": True}))
    assert isinstance(answer, Told)
    told = answer.told
    assert told["total"] > 0 and abs(told["after"] - told["before"] - told["total"]) < 1e-6
    assert next(m for m in told["moved"] if m["device"] == "sun")["more_kwh"] < 0


def test_a_new_heat_pump_reckons_with_the_air_that_is_foreseen() -> None:
    def total(outdoor_c: float) -> float:
        seen = view()
        colder = replace(seen, outdoor_c=np.full(seen.steps, outdoor_c))
        [answer] = answered(WhatIf(colder, {"heat_pump": {"heat_kwh_per_day": 30}}))
        assert isinstance(answer, Told)
        return float(answer.told["total"])

    assert total(-10.0) > total(10.0) > 0


def test_a_question_that_is_none_is_told_so() -> None:
    for change in ({"no_snu": True}, {}, {"skip": ["dishwasher"]}, {"reserve": 300}):
        [answer] = answered(WhatIf(view(), change))
        assert isinstance(answer, Wrong) and answer.said.startswith("what-if: ")
    [answer] = answered(WhatIf(view(prices=()), {"no_sun": True}))
    assert isinstance(answer, Wrong) and "no prices are known" in answer.said


def test_the_dishwasher_is_cheaper_when_power_is() -> None:
    [answer] = answered(NowOrLater(view(), 1_200.0, 7_200.0))
    assert isinstance(answer, Told)
    told = answer.told
    assert told["costs"][0]["start"] == START and len(told["costs"]) == STEPS - 7
    assert told["best"]["cost"] <= told["now"]["cost"] and told["saves"] >= 0
    [answer] = answered(NowOrLater(view(), 1_200.0, 7_200.0, START, START + HOUR))
    assert isinstance(answer, Wrong) and "no start fits" in answer.said


def test_the_past_reaches_only_to_the_step_that_runs() -> None:
    """What comes after is unknown to every forecaster: another future makes no other forecast."""
    seen = view()
    other = Series(seen.load.power.start_ms, STEP_S, np.append(load_w(30), [9_999.0] * 96))
    again = replace(seen, load=replace(seen.load, power=other.between(other.start_ms, START)))
    one, two = thoughts(seen)[0], thoughts(again)[0]
    assert np.array_equal(one.forecasts["load"].mid, two.forecasts["load"].mid)
