"""What a plan may not do though it would pay: each with the price that tempts it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from hub.plan import Planned, plan, read_problem

START = "2026-06-01T00:00:00Z"
DAY = {"start": START, "step_s": 900, "steps": 96, "load_w": 400, "price_import": 0.30, "price_export": 0.08}
VISIT = {"start": START, "end": "2026-06-02T00:00:00Z"}


def planned(**told: Any) -> Planned:
    return plan(read_problem(DAY | told))


def powers(made: Planned, device: str) -> np.ndarray:
    return np.array([s.devices[device].power_w if device in s.devices else 0.0 for s in made.steps])


def test_a_car_that_nobody_needs_takes_the_sun_and_buys_nothing() -> None:
    cheap = [0.25] * 40 + [0.02] * 16 + [0.25] * 40
    feed_in = [0.26] * 40 + [0.02] * 16 + [0.26] * 40  # a kWh fed in earns more at night than this one costs at noon
    car = {"id": "car", "phases": [1], "visits": [VISIT], "sun_value": 0.01}
    made = planned(price_import=cheap, price_export=feed_in, cars=[car])
    assert not powers(made, "car").any()
    sunny = planned(pv_w=[0] * 40 + [4_400] * 16 + [0] * 40, cars=[car])
    drawn = powers(sunny, "car")
    assert drawn[40:56].mean() > 3_500 and not drawn[:40].any() and not drawn[56:].any()


def test_two_cars_share_the_sun() -> None:
    cars = [{"id": f"car{i}", "phases": [1], "visits": [VISIT], "sun_value": 0.01} for i in range(2)]
    made = planned(pv_w=[0] * 40 + [2_400] * 16 + [0] * 40, cars=cars)
    assert all(s.grid_w <= s.load_w + 1 for s in made.steps)
    assert powers(made, "car0")[40:56].sum() + powers(made, "car1")[40:56].sum() > 16 * 1_300


def test_batteries_that_get_the_sun_alone_share_it_and_get_none_that_is_held_back() -> None:
    load, sun = [400] * 48 + [6_000] * 48, [2_400] * 8 + [400] * 36 + [2_400] * 4 + [0] * 48
    batteries = [
        {"id": f"b{i}", "capacity_wh": 30_000, "soc": 10, "max_charge_w": 5_000, "max_discharge_w": 5_000,
         "grid_charge": False} for i in range(2)
    ]  # fmt: skip
    made = planned(load_w=load, pv_w=sun, price_import=[0.1] * 48 + [0.5] * 48, batteries=batteries)
    assert all(s.grid_w <= 1 for s in made.steps if s.pv_w > s.load_w)
    paid = planned(pv_w=2_400, price_import=-0.1, price_export=-0.1, batteries=batteries[:1])
    assert not any(s.held_back_w > 2_300 and s.devices["b0"].power_w < -1 for s in paid.steps)


def test_a_fuse_carries_no_more_out_of_the_house_than_into_it() -> None:
    made = planned(load_w=0, pv_w=12_000, connection={"phases": 1, "fuse_a": 25})
    assert min(s.grid_w for s in made.steps) >= -25 * 230 - 1 and not made.given_up
    forced = planned(load_w=0, pv_w=12_000, connection={"phases": 1, "fuse_a": 25}, curtail=False)
    assert {given.wish for given in forced.given_up} == {"fuse_l1"}


def test_two_phases_are_two() -> None:
    goal = {"by": "2026-06-01T03:00:00Z", "energy_wh": 40_000}
    car = {"id": "car", "phases": [2], "max_a": 32, "visits": [VISIT | {"goals": [goal]}]}
    made = planned(load_w=200, cars=[car], connection={"phases": 3, "fuse_a": 25})
    assert powers(made, "car").max() <= 2 * 25 * 230 + 1


def test_a_tank_is_so_hot_once_and_not_for_a_cheap_hour() -> None:
    tank = {"temperature": 48, "capacity_wh_k": 350, "draw_w": 100, "high": 50, "hygiene_c": 65}
    pump = {"id": "pump", "max_w": 2_000, "cop_tank": 2.5, "tank": tank}
    made = planned(steps=192, price_import=-0.05, price_export=-0.05, heat_pumps=[pump])
    hot = [s.devices["pump"].tank_c or 0.0 for s in made.steps]
    assert max(hot) >= 64.9 and sum(c > 51 for c in hot) < 120 and not made.given_up


def test_a_run_is_never_shorter_than_its_least_time() -> None:
    """2,200 s are three quarters of an hour."""
    room = {"temperature": 20.2, "capacity_wh_k": 3_000, "loss_w_k": 150, "low": 20, "high": 21}
    pump = {"id": "pump", "max_w": 2_000, "min_w": 1_900, "min_on_s": 2_200, "outdoor_c": 5, "room": room}
    edges = np.flatnonzero(np.diff(np.concatenate([[0], powers(planned(heat_pumps=[pump]), "pump") > 10, [0]])))
    lengths = edges[1::2] - edges[::2]
    assert len(lengths) > 1 and lengths[:-1].min() >= 3


def test_what_is_on_for_a_time_is_never_on_for_less() -> None:
    """1,300 s are two quarters of an hour."""
    steps = {"id": "it", "kind": "steps", "power_w": 1_000, "duration_s": 1_300}
    assert (powers(planned(appliances=[steps]), "it") > 10).sum() == 2


def test_a_visit_without_a_whole_step_gives_its_goal_up_by_name() -> None:
    visit = {"start": "2026-06-01T00:05:00Z", "end": "2026-06-01T00:25:00Z"}
    made = planned(cars=[{"id": "car", "visits": [visit | {"goals": [{"by": visit["end"], "energy_wh": 3_000}]}]}])
    [given] = made.given_up
    assert (given.wish, given.device) == ("ready_by", "car") and given.amount == pytest.approx(3.0)


def test_a_run_for_which_there_is_no_room_in_time_runs_late_rather_than_never() -> None:
    """2 h late count 4, skipped 50."""
    dimmed = {"start": START, "end": "2026-06-01T03:00:00Z", "limit_w": 1_000}
    run = {"id": "run", "power_w": 2_000, "duration_s": 3_600, "latest": "2026-06-01T02:00:00Z"}
    made = planned(load_w=100, appliances=[run], connection={"dimming": [dimmed]})
    [given] = made.given_up
    assert given.wish == "late" and given.amount == pytest.approx(2.0)
    assert (powers(made, "run")[12:16] == 2_000).all()


def test_a_run_that_may_come_after_the_horizon_is_no_wish_yet() -> None:
    run = {"id": "run", "power_w": 2_000, "duration_s": 7_200}
    made = planned(appliances=[run | {"earliest": "2026-06-01T23:00:00Z", "latest": "2026-06-02T06:00:00Z"}])
    assert not made.given_up and not powers(made, "run").any()
    made = planned(appliances=[run | {"earliest": "2026-06-01T22:00:00Z", "latest": "2026-06-02T06:00:00Z"}])
    assert not made.given_up
