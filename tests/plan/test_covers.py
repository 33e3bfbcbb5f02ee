"""What the LP is told of devices that are on or off: no whole answer breaks it, and what a half one gains is gone."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from hub.plan import plan, read_problem
from hub.plan.covers import Covers, Flows
from hub.plan.solve import Effort


def _flows(cols: list[int], kw: list[float], most: list[float]) -> Flows:
    return Flows(np.array(cols), np.zeros(len(cols), int), np.array(kw), np.array(most))


def _covers(left_kw: float, most_kw: list[float]) -> Covers:
    """One step. Column 0 takes from the grid; of each device one column is its power and one whether it is on."""
    devices = [_flows([1 + 2 * i, 2 + 2 * i], [1.0, 0.0], [0.0, most]) for i, most in enumerate(most_kw)]
    return Covers(np.array([left_kw]), _flows([0], [1.0], [0.0]), devices)


def _x(left_kw: float, powers: list[float], on: list[float]) -> np.ndarray:
    taken = max(0.0, sum(powers) - left_kw)
    return np.array([taken, *(v for pair in zip(powers, on, strict=True) for v in pair)])


@pytest.mark.parametrize("seed", range(20))
def test_no_whole_answer_breaks_what_a_fractional_one_does(seed: int) -> None:
    random = np.random.default_rng(seed)
    most = random.uniform(0.3, 4.0, 4).tolist()
    left = float(random.uniform(0.2, 0.9)) * max(most)
    covers = _covers(left, most)
    told = []
    for _ in range(50):
        on = (random.uniform(0, 1, 4) * random.uniform(0, 1)).tolist()
        told += covers.broken(_x(left, [m * o for m, o in zip(most, on, strict=True)], on))
    assert told
    for on in product((0.0, 1.0), repeat=4):
        for share in (0.0, 0.5, 1.0):
            whole = _x(left, [m * o * share for m, o in zip(most, on, strict=True)], list(on))
            assert not covers.broken(whole)
            assert all(float(c.values @ whole[c.cols]) <= c.upper + 1e-9 for c in told)


def test_half_a_device_on_half_the_sun_is_told() -> None:
    (cover,) = _covers(1.0, [2.0]).broken(_x(1.0, [1.0], [0.5]))
    whole = _x(1.0, [2.0], [1.0])
    assert float(cover.values @ whole[cover.cols]) == pytest.approx(cover.upper)  # 1 kW of the grid is needed, no more


def test_without_panels_there_is_nothing_to_tell() -> None:
    assert not _covers(0.0, [2.0]).broken(_x(0.0, [1.0], [0.5]))


def test_a_run_that_the_sun_feeds_by_half_is_proven_without_a_search() -> None:
    run = {"id": "dishes", "kind": "run", "power_w": 2000, "duration_s": 7200}
    sun = [0] * 8 + [1000] * 8 + [0] * 8
    problem = {
        "start": "2026-06-01T00:00:00Z",
        "step_s": 3600,
        "steps": 24,
        "load_w": 0,
        "pv_w": sun,
        "price_import": 0.3,
    }
    planned = plan(read_problem(problem | {"appliances": [run]}), Effort(nodes=0, tries=1))
    assert planned.costs.energy == pytest.approx(0.6)
    assert planned.proven and planned.bound == pytest.approx(0.6, abs=1e-3)


def test_a_battery_that_spares_the_car_does_not_make_half_a_sun_look_like_a_whole_one() -> None:
    """It would turn in itself, in and out at once, and what came out would count as what the car lacks."""
    problem = read_problem(
        {
            "start": "2026-06-01T00:00:00Z",
            "step_s": 3600,
            "steps": 24,
            "load_w": 300,
            "pv_w": [0] * 8 + [2300] * 8 + [0] * 8,
            "price_import": 0.15,
            "price_export": 0.08,
            "batteries": [{"id": "battery", "capacity_wh": 10_000, "soc": 30, "max_charge_w": 5000,
                           "max_discharge_w": 5000, "feeds_cars": False, "end_value": 0.05}],
            "cars": [{"id": "car", "min_a": 6, "max_a": 16, "phases": [3], "end_value": 0.09,
                      "visits": [{"start": "2026-06-01T00:00:00Z", "end": "2026-06-02T00:00:00Z",
                                  "goals": [{"by": "2026-06-01T18:00:00Z", "energy_wh": 8000}]}]}],
        }
    )  # fmt: skip
    planned = plan(problem, Effort(nodes=0, tries=1))
    assert planned.costs.total == pytest.approx(plan(problem, Effort(seconds=20.0)).costs.total, abs=1e-3)
    assert planned.costs.total - planned.bound < 0.03
