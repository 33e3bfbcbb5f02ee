"""The highest power that is charged for, by interval and billing period, worked out by hand."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hub.cli.main import main
from hub.plan import Problem, plan
from hub.plan.peaks import floors_kw, highest_kw, peak_cost
from hub.plan.problem import Connection, Peak
from hub.plan.write import problem_table
from tests.foresight.houses import HOUR_MS, START, battery

KW = np.array([1.0, 5.0, 2.0, -4.0, 3.0, 3.0, 6.0, 0.0])


def problem(peak: Peak, start: int = START, n: int = 8) -> Problem:
    """Half-hours; START is a whole hour."""
    most = np.full(n, 1e6)
    zero, price = np.zeros(n), np.full(n, 0.3)
    return Problem(
        start, 1_800, n, np.full(n, 500.0), price, zero, zero, zero, zero, connection=Connection(most, most, peak=peak)
    )


def hour(**more: object) -> Peak:
    return replace(Peak(10.0, 3_600), **more)  # type: ignore[arg-type]


def test_the_mean_of_a_clock_hour_counts_and_what_is_fed_in_takes_nothing_off() -> None:
    p = problem(hour())
    assert highest_kw(p, KW, np.arange(8)).tolist() == [3.0]
    assert highest_kw(p, KW, np.array([2, 3])).tolist() == [1.0]
    assert highest_kw(p, KW, np.arange(0)).tolist() == [0.0]
    assert peak_cost(p, KW) == pytest.approx(30.0)
    assert peak_cost(problem(hour(reached_w=2_500.0)), KW) == pytest.approx(5.0)
    assert peak_cost(problem(hour(least_w=4_000.0)), KW) == 0.0
    assert peak_cost(replace(p, connection=None), KW) == 0.0


def test_of_an_hour_that_has_begun_what_was_drawn_in_it_counts() -> None:
    late = START + HOUR_MS // 2
    assert highest_kw(problem(hour(), late), KW, np.arange(8)).tolist() == [4.5], "the hour of 3 and 6 kW"
    assert highest_kw(problem(hour(), late), np.full(8, 2.0), np.arange(8)).tolist() == [2.0]
    begun = problem(hour(begun_w=9_000.0), late)
    assert highest_kw(begun, KW, np.arange(8)).tolist() == [5.0], "half of it at 9 kW, half at 1 kW"
    assert highest_kw(begun, KW, np.arange(1, 8)).tolist() == [4.5], "not one of these steps is of it"
    assert highest_kw(problem(hour(begun_w=9_000.0)), KW, np.arange(8)).tolist() == [3.0], "none has begun"


def test_each_billing_period_has_its_own_and_begins_at_what_is_charged_anyway() -> None:
    p = problem(hour(reached_w=2_000.0, least_w=500.0, anew=(START - HOUR_MS, START + 2 * HOUR_MS)))
    assert highest_kw(p, KW, np.arange(8)).tolist() == [3.0, 3.0]
    assert floors_kw(p, p.connection.peak).tolist() == [2.0, 0.5]  # type: ignore[union-attr,arg-type]
    assert peak_cost(p, KW) == pytest.approx(10 * 1.0 + 10 * 2.5)
    beyond = problem(hour(anew=(START + 5 * HOUR_MS,)))
    assert len(floors_kw(beyond, beyond.connection.peak)) == 1  # type: ignore[union-attr,arg-type]


def test_the_plan_tells_how_high_it_is_and_what_that_costs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    p = problem(hour(reached_w=200.0))
    found = plan(p)
    assert found.highest is not None
    assert (found.highest.before_w, found.highest.planned_w, found.highest.price_per_kw) == (200.0, 500.0, 10.0)
    assert found.costs.peak == pytest.approx(3.0) and {s.binds for s in found.steps} == {"import_price", "peak"}
    assert plan(replace(p, connection=None)).highest is None
    file = tmp_path / "problem.json"
    file.write_text(json.dumps(problem_table(p)), encoding="utf-8")
    assert main(["plan", str(file)]) == 0
    said = "highest power that is charged for: 200 W before, 500 W in this plan, 10.00 a kW"
    assert said in capsys.readouterr().out.splitlines()


def test_what_a_plan_saves_against_batteries_at_rest_knows_of_both_periods() -> None:
    p = problem(hour(anew=(START + 2 * HOUR_MS,)))
    load_w = np.array([500.0] * 3 + [3_000.0] + [500.0] * 3 + [3_000.0])
    found = plan(replace(p, load_w=load_w, batteries=(battery(8, wear=0.0),)))
    assert found.costs.peak == pytest.approx(10 * (0.5 + 0.566), abs=0.02)
    assert found.saves_nothing > 10 * 2 * 1.75 - found.costs.peak - 1.0
