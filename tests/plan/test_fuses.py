"""A fuse that nothing can blow is not looked at, and one that can be blown is, in the steps in which it can."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hub.plan import plan, read_problem
from hub.plan.build import build
from hub.plan.problem import Problem

STEPS = 24


def _problem(fuse_a: float, **more: object) -> Problem:
    """A cheap night, a dear evening, and a battery that wants all that the night can give."""
    prices = [0.1 if t < 6 else 0.4 for t in range(STEPS)]
    battery = {"id": "b", "capacity_wh": 20_000, "soc": 10, "max_charge_w": 6000, "max_discharge_w": 6000}
    told = {
        "start": "2026-01-01T00:00:00+00:00",
        "step_s": 3600,
        "steps": STEPS,
        "load_w": [1500.0 if t >= 18 else 600.0 for t in range(STEPS)],
        "price_import": prices,
        "connection": {"fuse_a": fuse_a},
        "batteries": [battery],
        **more,
    }
    return read_problem(told)


def _names(problem: Problem) -> set[str]:
    return {wish.name for wish in build(problem).site.matrix.wishes}


def test_a_fuse_that_cannot_blow_is_left_out_and_changes_nothing() -> None:
    with_fuse = _problem(35.0)
    assert not any(name.startswith("fuse") for name in _names(with_fuse))
    free = replace(with_fuse, connection=None)
    assert plan(with_fuse).costs == plan(free).costs


@pytest.mark.parametrize("fuse_a", [4.0, 6.0, 9.0])
def test_a_fuse_that_can_blow_holds(fuse_a: float) -> None:
    told = plan(_problem(fuse_a))
    most = 3 * fuse_a * 230
    assert max(step.grid_w for step in told.steps) <= most + 1
    assert not told.given_up
    assert max(step.grid_w for step in told.steps[:6]) > most - 1


def test_only_the_steps_in_which_it_can_blow_are_looked_at() -> None:
    problem = _problem(10.2)  # 7.04 kW: the battery and the evening's load are more, the battery and the night's not
    wishes = [w for w in build(problem).site.matrix.wishes if w.name.startswith("fuse")]
    assert [w.steps.tolist() for w in wishes] == [list(range(18, STEPS))] * 3


def test_one_phase_with_all_the_load_is_looked_at_alone() -> None:
    problem = _problem(14.0, load_shares=[1.0, 0.0, 0.0])
    assert {name for name in _names(problem) if name.startswith("fuse")} == {"fuse_l1"}
    told = plan(replace(problem, load_w=np.full(STEPS, 3000.0)))
    assert max(step.grid_w - 3000 for step in told.steps) <= 3 * (14 * 230 - 3000) + 3
