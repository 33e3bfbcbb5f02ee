"""The judge itself: every assertion of its vocabulary is met by a right plan and missed by a wrong one."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from hub.errors import UserError
from hub.plan import Planned, plan, read_problem
from tests.plan.judge import CHECKS, missed
from tests.plan.scenario import Scenario, files, read_scenario, scenario_of
from tests.plan.spoil import WISHES, spoiled

HOUSE = {
    "about": "a house with one of each",
    "start": "2026-01-15",
    "hours": 12,
    "pv_w": "0, 9: 4000",
    "price_import": "0.20, 5: 0.50, 7: 0.20, 10: ?, 10.25: 0.20",
    "batteries": {"home": {"soc": 40}},
    "cars": {"box": {"soc": 30, "visits": [{"start": "00:00", "end": "04:00", "goals": [{"by": "04:00", "soc": 99}]}]}},
    "heat_pumps": {
        "pump": {
            "outdoor_c": 0,
            "room": {"temperature": 20.5, "capacity_wh_k": 8000, "loss_w_k": 150},
            "tank": {"temperature": 50, "capacity_wh_k": 300},
        }
    },
    "appliances": {"washer": {"earliest": "08:00"}},
    "expect": [{"given_up": "nothing"}],
}
_MET: tuple[dict[str, Any], ...] = (
    {"device": "box", "never": "draws", "from": "04:00"},
    {"device": "box", "always": "draws", "until": "03:00"},
    {"device": "home", "sometimes": "gives"},
    {"device": "washer", "energy": [3.9, 4.1], "of": "draws"},
    {"device": "box", "power": [0, 11041]},
    {"device": "home", "soc": [5, 100]},
    {"device": "pump", "room": [19, 24]},
    {"device": "pump", "tank": [44, 61]},
    {"device": "home", "value": [0.05, 0.6]},
    {"device": "washer", "starts": [1, 1]},
    {"device": "washer", "changes": [1, 2]},
    {"device": "box", "phases": [3]},
    {"device": "home", "task": "follow", "from": "05:00", "until": "07:00"},
    {"device": "box", "why": "charges_cheap", "until": "03:00"},
    {"device": "home", "some_why": "covers"},
    {"device": "home", "turns": [0.1, 0.6], "from": "05:00", "until": "07:00"},
    {"price": [0.15, 0.21], "until": "04:00"},
    {"binds": "import_price", "until": "04:00"},
    {"device": "box", "given_up": "ready_by", "amount": [0.1, 10]},
    {"device": "box", "not_given_up": "car_empty"},
    {"cost": [1, 100]},
    {"saves": [0.01, 50], "of": "nothing"},
    {"assumed": "price_import: 1 of 48 values"},
    {"proven": True},
)


@cache
def _right() -> tuple[Scenario, Planned]:
    scenario = scenario_of(HOUSE | {"expect": list(_MET)}, "judge")
    return scenario, plan(read_problem(scenario.problem, "judge"))


@pytest.mark.parametrize("at", range(len(_MET)), ids=[next(k for k in row if k in CHECKS) for row in _MET])
def test_it_is_met_by_a_right_plan_and_missed_by_a_wrong_one(at: int) -> None:
    scenario, right = _right()
    row = scenario.expect[at]
    assert missed(row, right) == []
    assert any(missed(row, wrong) for wrong in spoiled(right) if isinstance(wrong, Planned))


def test_the_table_above_and_the_scenarios_know_every_assertion() -> None:
    used = {k for path in files() for row in read_scenario(path).expect for k in row if k in CHECKS}
    assert used == set(CHECKS)
    assert {k for row in _MET for k in row if k in CHECKS} == set(CHECKS) - {"error"}


def test_an_expected_error_is_missed_by_a_plan_and_by_another_error() -> None:
    row = {"error": "soc_floor"}
    assert missed(row, UserError("batteries[0].soc_floor: is wrong")) == []
    assert missed(row, UserError("start: is wrong"))
    assert missed(row, _right()[1])


def test_nothing_but_an_error_is_met_by_an_error() -> None:
    refused = UserError("no")
    assert all(missed(row, refused) for row in _right()[0].expect)


@pytest.mark.parametrize(
    "row",
    [
        {"never": "draws", "device": "nobody"},
        {"given_up": "nothing", "proven": True},
        {"nevr": "draws", "device": "home"},
        {"always": "draws", "device": "home", "from": 0, "until": 1},
    ],
    ids=["a device that is not there", "two assertions", "an unknown word", "a window without steps"],
)
def test_a_slip_of_the_pen_is_an_error(row: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"no such device|must hold one of|no step lies there"):
        missed(row, _right()[1])


def test_wishes_that_the_scenarios_name_are_wishes() -> None:
    named = {row.get("given_up", row.get("not_given_up")) for path in files() for row in read_scenario(path).expect}
    assert named - {None, "nothing"} <= set(WISHES)


def test_nothing_given_up_is_missed_when_something_is() -> None:
    _, right = _right()
    assert missed({"given_up": "nothing"}, right)
    assert missed({"given_up": "nothing"}, replace(right, given_up=())) == []
