"""Every scenario in the folders beside this file: what is given, and what the plan must be like."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.errors import UserError
from hub.plan import plan, read_problem
from hub.plan.solve import Effort
from tests.plan.judge import Outcome, missed, misses
from tests.plan.physics import broken
from tests.plan.scenario import ROOM, Scenario, files, read_scenario
from tests.plan.spoil import spoiled

_EFFORTS = {"": None, "dive": Effort(nodes=0, tries=0)}


def _named(path: Path) -> str:
    return path.relative_to(ROOM).with_suffix("").as_posix()


@pytest.mark.parametrize("path", files(), ids=_named)
def test_scenario(path: Path, request: pytest.FixtureRequest) -> None:
    """The plan is as expected, obeys physics, and no expectation is one that every plan meets."""
    scenario = read_scenario(path)
    if scenario.known_defect:
        request.applymarker(pytest.mark.xfail(reason=scenario.known_defect, strict=True))
    outcome = _outcome(scenario)
    missing = misses(scenario, outcome)
    assert not missing, "\n".join(["", scenario.about, *missing])
    wrong = list(spoiled(outcome))
    idle = [dict(row) for row in scenario.expect if not any(missed(row, plan) for plan in wrong[1:] or wrong)]
    assert not idle, f"met by any plan: {idle}"


def _outcome(scenario: Scenario) -> Outcome:
    try:
        problem = read_problem(scenario.problem, scenario.name)
    except UserError as e:
        return e
    planned = plan(problem, _EFFORTS[scenario.effort])
    assert not broken(problem, planned), "\n".join(["", scenario.about, *broken(problem, planned)])
    return planned


def test_there_are_enough_scenarios() -> None:
    assert len(files()) >= 200
