"""What would alter a decision: with the numbers of its reason, its wish, and what it lacks."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest

from hub.core import Change, changes
from hub.core.changes import CHANGES, NUMBERS, ChangeCode
from hub.model import Reason, Relation, Request, Source
from hub.schedules import FOREVER

CAR = "wallbox.current_limit"
WISH = Request("w", CAR, Relation.SET, 16, Source.PERSON, 0, 9_000)
FUSE = Reason("fuse_limit", {"circuit": "main", "fuse_a": 16.0, "free_a": 9.3, "phase": 2})


def test_a_wish_that_a_fuse_holds_back_is_taken_back_or_gets_what_it_lacks() -> None:
    assert changes(CAR, Reason("person_asked"), (FUSE,), WISH, 16) == (
        Change("take_back", {"ends": 9_000}),
        Change("less_on_fuse", {"circuit": "main", "phase": 2, "less_a": 6.7, "asked_a": 16}),
    )


def test_without_a_wish_a_car_lacks_what_its_mode_is_out_for() -> None:
    fast = changes(CAR, Reason("charge_fast", {"limit_a": 11.0}), (FUSE,))
    assert [c.code for c in fast] == ["choose_mode", "ask_yourself", "less_on_fuse"]
    assert fast[-1].numbers["less_a"] == 1.7


def test_amperes_are_not_taken_from_watts() -> None:
    (change,) = changes("battery.power_setpoint", Reason("battery_hold"), (FUSE,), asked=-5000)[1:]
    assert change == Change("less_on_fuse", {"circuit": "main", "phase": 2})


def test_a_mode_that_is_held_for_a_time_ends_with_its_wish() -> None:
    mode = replace(WISH, point="wallbox.mode", value="fast")
    found = changes(CAR, Reason("charge_fast", {"limit_a": 16.0}), wish=mode)
    assert found[0] == Change("take_back", {"ends": 9_000})
    assert Change("choose_mode", {}) in found


@pytest.mark.parametrize(
    ("cause", "ends", "first"),
    [
        ("rule:sunny", 9_000, Change("change_rule", {})),
        ("schedule:night", 9_000, Change("change_schedule", {"ends": 9_000})),
        ("schedule:night", FOREVER, Change("change_schedule", {})),
    ],
)
def test_a_rule_has_no_end_of_its_own_a_schedule_may_have_one(cause: str, ends: int, first: Change) -> None:
    wish = replace(WISH, source=Source.RULE, cause=cause, ends=ends)
    assert changes(CAR, Reason("rule_asked"), wish=wish)[0] == first
    over = changes(CAR, Reason("rule_asked"), cause=cause)
    assert over[0] == Change(first.code, {}), "the wish itself is over"


@pytest.mark.parametrize(
    ("source", "ends_it"), [("grid_operator", "operator_ends"), ("site", "change_site"), ("person", "take_limit_back")]
)
def test_a_limit_of_the_house_leaves_more_or_is_ended_by_whoever_set_it(source: str, ends_it: str) -> None:
    limit = Reason("import_limit", {"limit_w": 4200.0, "free_w": 1200.0, "source": source})
    found = changes("battery.power_setpoint", Reason("battery_charge", {"power_w": 3000.0}), (limit,), asked=-3000)
    assert found[1:] == (Change("less_import", {"less_w": 1800.0}), Change(ends_it, {}))  # type: ignore[arg-type]


def test_how_much_less_the_house_has_to_take_before_a_car_can_charge() -> None:
    limit = Reason("import_limit", {"limit_w": 3000.0, "free_w": 2500.0, "least_w": 4140.0, "source": "site"})
    (less,) = (c for c in changes(CAR, Reason("charge_fast", {"limit_a": 16.0}), (limit,)) if c.code == "less_import")
    assert less.numbers == {"less_w": 1640.0}


def test_how_much_more_sun_a_car_needs() -> None:
    found = changes(CAR, Reason("no_surplus", {"surplus_a": -3.0, "min_a": 6.0}))
    assert found[0] == Change("sun_leaves_more", {"more_a": 9.0})
    assert [c.code for c in found[1:]] == ["min_solar_mode", "fast_mode"]


def test_without_a_plan_what_is_done_instead_can_be_altered_too() -> None:
    instead = Reason("no_plan", {"instead": "charge_solar", "lacks": "plan", "surplus_a": 8.0, "min_a": 6.0})
    assert [c.code for c in changes(CAR, instead)] == ["plan_comes", "more_sun", "fast_mode"]


def test_each_change_is_told_once_and_of_an_unknown_code_there_is_none() -> None:
    assert changes("heatpump.sg_ready", Reason("pump_boost"), (Reason("battery_hold"),)) == (Change("choose_mode", {}),)
    assert changes(CAR, Reason("solar_flare")) == ()


def test_every_change_belongs_to_a_reason_and_no_reason_is_without() -> None:
    told = {code for codes in CHANGES.values() for code in codes}
    assert told <= set(get_args(ChangeCode)) and all(CHANGES.values())
    assert set(get_args(ChangeCode)) == told and set(NUMBERS) <= told
