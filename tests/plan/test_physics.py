"""The arithmetic that judges plans finds what is wrong, in each respect."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from hub.plan import Planned, Problem, plan, read_problem
from hub.plan.result import Doing, Step
from tests.plan.physics import broken
from tests.plan.scenario import scenario_of
from tests.plan.test_judge import HOUSE

_CONNECTION = {
    "connection": {
        "import_limit_w": 12000,
        "fuse_a": 16,
        "unbalance_w": 1000,
        "peak": {"price_per_kw": 2},
        "dimming": [{"start": "01:00", "end": "02:00", "limit_w": 4200}],
    }
}


@cache
def _planned() -> tuple[Problem, Planned]:
    scenario = scenario_of({**HOUSE, **_CONNECTION}, "physics")
    problem = read_problem(scenario.problem)
    return problem, plan(problem)


def test_a_plan_is_fine() -> None:
    assert broken(*_planned()) == []


def _step(at: int, change: Callable[[Step], Step]) -> Callable[[Planned], Planned]:
    def changed(planned: Planned) -> Planned:
        return replace(planned, steps=tuple(change(s) if t == at else s for t, s in enumerate(planned.steps)))

    return changed


def _device(name: str, at: int, **what: Any) -> Callable[[Planned], Planned]:
    def change(step: Step) -> Step:
        doing: Doing = replace(step.devices[name], **what)
        return replace(step, devices={**step.devices, name: doing})

    return _step(at, change)


def _cost(part: str, more: float) -> Callable[[Planned], Planned]:
    return lambda p: replace(p, costs=replace(p.costs, **{part: getattr(p.costs, part) + more}))


_WRONG: dict[str, tuple[Callable[[Planned], Planned], str]] = {
    "the balance": (_step(3, lambda s: replace(s, grid_w=s.grid_w + 50)), "W are needed"),
    "the load": (_step(3, lambda s: replace(s, load_w=s.load_w + 50)), "3: load"),
    "panels below nothing": (_step(3, lambda s: replace(s, pv_w=-9.0, held_back_w=9.0)), "W held back"),
    "the time": (_step(3, lambda s: replace(s, start=s.start + 1)), "step 3 begins"),
    "the sum": (_cost("total", 1.0), "the parts of the cost"),
    "the energy's price": (_cost("energy", 1.0), "the energy costs"),
    "the peak's price": (_cost("peak", 1.0), "W cost"),
    "the bound": (lambda p: replace(p, bound=p.costs.total + 5), "the bound"),
    "what is stored": (_device("home", 3, soc=77.7), "home holds"),
    "more than the battery can": (_device("home", 3, power_w=9000.0), "are more than it can"),
    "what is in the car": (_device("box", 3, soc=77.7), "box holds"),
    "less than six amperes": (_device("box", 3, power_w=900.0), "box charges with"),
    "a car that is away": (_step(40, lambda s: replace(s, devices=s.devices | {"box": s.devices["pump"]})), "is away"),
    "the room": (_device("pump", 3, room_c=29.0), "its stores got"),
    "the tank": (_device("pump", 3, tank_c=59.0), "its stores got"),
    "more than the pump can": (_device("pump", 3, power_w=9000.0), "pump runs at"),
    "an appliance too early": (_device("washer", 3, power_w=2000.0), "runs when it must not"),
    "an appliance twice": (_device("washer", 46, power_w=2000.0), "washer gets"),
    "wishes untold": (lambda p: replace(p, given_up=()), "ready_by box"),
    "limits untold": (_step(2, lambda s: replace(s, grid_w=20000.0)), "import_limit"),
}


@pytest.mark.parametrize("what", _WRONG)
def test_it_finds(what: str) -> None:
    problem, planned = _planned()
    spoil, line = _WRONG[what]
    found = broken(problem, spoil(planned))
    assert any(line in f for f in found), found


@pytest.mark.parametrize("wish", ["fuse_l1", "unbalance", "dimming"])
def test_it_finds_a_broken_limit_that_is_not_told(wish: str) -> None:
    """The car draws 12 kW on phase 1 while it is dimmed."""
    problem, planned = _planned()
    spoilt = _device("box", 5, power_w=12000.0, phases=1)(planned)
    assert any(line.startswith(wish) for line in broken(problem, spoilt))
