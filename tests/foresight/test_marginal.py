"""What a load costs at any time: the plan's prices order the starts, planning again says what is exact."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hub.errors import UserError
from hub.foresight.marginal import SOLVES, advice, profile_kw, run_costs, with_load
from hub.plan import Planned, Problem, plan
from tests.foresight.houses import HOUR_MS, QUICK, START, dishwasher, problem


def solve(p: Problem) -> Planned:
    return plan(p, QUICK)


def plain(n: int = 24) -> Problem:
    """Nothing but a load and two prices: 10 ct from 22 h to 6 h, else 40 ct."""
    clock = np.arange(n) % 24
    price = np.where((clock >= 22) | (clock < 6), 0.10, 0.40)
    return replace(problem(1, n), price_import=price, pv_w=np.zeros(n), batteries=())


# -- by the prices of the plan -----------------------------------------------------------------------------------------


def test_without_anything_that_stores_a_run_costs_what_the_grid_takes() -> None:
    p = plain()
    costs = run_costs(solve(p), p, 2000.0, 2 * 3600)
    assert [c.start for c in costs] == [START + h * HOUR_MS for h in range(23)]
    assert all(c.cost == pytest.approx(c.grid_cost, abs=1e-6) for c in costs)
    assert costs[0].cost == pytest.approx(2 * 2 * 0.10)
    assert costs[5].cost == pytest.approx(2 * (0.10 + 0.40))
    assert costs[12].cost == pytest.approx(2 * 2 * 0.40)


def test_a_run_on_surplus_costs_what_would_have_been_earned() -> None:
    p = replace(plain(), pv_w=np.full(24, 9000.0), load_w=np.full(24, 500.0))
    first = run_costs(solve(p), p, 1000.0, 3600)[12]
    assert first.cost == pytest.approx(0.08, abs=1e-6)
    assert first.grid_cost == pytest.approx(0.40)


def test_the_prices_never_say_too_much_without_whole_numbers() -> None:
    """The cost of a linear plan is convex in the load, and the price is its slope."""
    for seed in range(15):
        p = problem(seed, 30)
        base = solve(p)
        for cost in run_costs(base, p, 3000.0, 2 * 3600)[:: 1 + seed % 4]:
            kw = profile_kw(3000.0, 2 * 3600, p.step_s)
            exact = solve(with_load(p, kw, cost.start)).costs.total - base.costs.total
            assert exact >= cost.cost - 1e-4, (seed, cost)


def test_a_small_load_costs_its_price() -> None:
    p = problem(3, 30)
    base = solve(p)
    costs = run_costs(base, p, 1.0, 3600)
    kw = profile_kw(1.0, 3600, p.step_s)
    exact = [solve(with_load(p, kw, c.start)).costs.total - base.costs.total for c in costs]
    assert [c.cost for c in costs] == pytest.approx(exact, abs=2e-5)


def test_prices_that_are_not_known_yet_are_said_to_be_estimates() -> None:
    p = replace(plain(), estimated_from=START + 10 * HOUR_MS)
    assert [c.estimated for c in run_costs(solve(p), p, 100.0, 3600)][8:12] == [False, False, True, True]


# -- profiles and windows ----------------------------------------------------------------------------------------------


def test_a_profile_keeps_its_energy_whatever_the_steps() -> None:
    for step_s in (300, 900, 3600):
        kw = profile_kw([2000.0, 100.0, 1500.0], 95 * 60, step_s)
        assert kw.sum() * step_s / 3600 == pytest.approx(3.6 * 95 / 60 / 3)
        assert len(kw) == -(-95 * 60 // step_s)


def test_a_run_that_ends_within_a_step_draws_less_in_it() -> None:
    assert profile_kw(1000.0, 5400, 3600) == pytest.approx([1.0, 0.5])


def test_only_starts_inside_of_the_window_are_told() -> None:
    p = plain()
    window = (START + 3 * HOUR_MS + 60_000, START + 8 * HOUR_MS)
    starts = [c.start for c in run_costs(solve(p), p, 1000.0, 2 * 3600, window)]
    assert starts == [START + h * HOUR_MS for h in (3, 4, 5, 6)]


@pytest.mark.parametrize(
    ("power_w", "duration_s", "window"),
    [
        (0.0, 3600, (None, None)),
        (-5.0, 3600, (None, None)),
        (float("nan"), 3600, (None, None)),
        ([], 3600, (None, None)),
        ([[1.0]], 3600, (None, None)),
        (1000.0, 0, (None, None)),
        (1000.0, 1e9, (None, None)),
        (1000.0, 25 * 3600, (None, None)),
        (1000.0, 7200, (START, START + HOUR_MS)),
        (1000.0, 7200, (START + 90 * HOUR_MS, None)),
    ],
)
def test_a_run_that_cannot_be_is_told_in_one_line(power_w: float, duration_s: float, window: tuple[int, int]) -> None:
    p = plain()
    with pytest.raises(UserError, match="run: ") as told:
        run_costs(solve(p), p, power_w, duration_s, window)
    assert "\n" not in str(told.value)


# -- now or later ------------------------------------------------------------------------------------------------------


def test_later_when_that_saves() -> None:
    """At noon: ten hours later the night begins, and the run may begin until the last hour that is cheap."""
    p = plain(32)
    told = advice(solve(p), p, 2000.0, 2 * 3600, solve, (START + 12 * HOUR_MS, None))
    assert told.later
    assert told.now.cost == pytest.approx(1.6) and told.now.exact
    assert told.best.start == START + 22 * HOUR_MS and told.best.exact
    assert told.saves == pytest.approx(1.2)
    assert told.decide_by == START + 28 * HOUR_MS


def test_now_when_nothing_is_saved_by_waiting() -> None:
    p = plain()
    told = advice(solve(p), p, 2000.0, 2 * 3600, solve)
    assert not told.later
    assert told.saves == pytest.approx(0.0, abs=1e-6)
    assert told.decide_by == START + 4 * HOUR_MS


def test_the_best_start_is_that_of_planning_all_of_them() -> None:
    for seed in range(12):
        p = problem(seed, 30)
        base = solve(p)
        kw = profile_kw(3000.0, 2 * 3600, p.step_s)
        exact = {
            c.start: solve(with_load(p, kw, c.start)).costs.total - base.costs.total
            for c in run_costs(base, p, 3000.0, 2 * 3600)
        }
        told = advice(base, p, 3000.0, 2 * 3600, solve)
        assert told.best.cost == pytest.approx(exact[told.best.start], abs=1e-4)
        assert told.best.cost == pytest.approx(min(exact.values()), abs=1e-3), seed
        assert all(c.cost <= exact[c.start] + 1e-3 for c in told.costs)
        assert told.now.cost == pytest.approx(exact[START], abs=1e-4)


def test_only_a_few_starts_are_planned() -> None:
    asked: list[Problem] = []

    def counted(p: Problem) -> Planned:
        asked.append(p)
        return solve(p)

    p = replace(problem(5, 48), appliances=(dishwasher(),))
    advice(solve(p), p, 3000.0, 2 * 3600, counted)
    assert 2 <= len(asked) <= SOLVES + 2


def test_a_battery_makes_the_dear_hours_cheaper_than_the_grid() -> None:
    p = problem(2, 30)
    costs = run_costs(solve(p), p, 1000.0, 3600)
    assert max(c.cost for c in costs) < max(c.grid_cost for c in costs) - 0.01
    assert all(c.cost <= c.grid_cost + 1e-4 for c in costs)


def test_the_run_is_no_part_of_what_the_plan_thinks_of_tomorrow() -> None:
    """In the last day before the end, more load would make what is stored worth more; a run that happens once not."""
    p = problem(4, 24)
    kw = profile_kw(2000.0, 3600, p.step_s)
    at = START + 20 * HOUR_MS
    added = with_load(p, kw, at)
    assert np.array_equal(added.load_w, p.load_w)
    step = solve(added).steps[20].devices["run 0"]
    assert step.power_w == 2000.0
    assert with_load(added, kw, at).appliances[-1].id == "run 1"
