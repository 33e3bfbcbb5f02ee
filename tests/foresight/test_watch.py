"""When it is planned again: each line a moment of the house, and why that is one to plan at."""

from __future__ import annotations

from typing import Any

from hub.foresight.view import STEP_MS
from hub.foresight.watch import Look, Watch
from hub.model.plan import Plan, Slot, Stored, Task

T0 = 1_770_000_300_000 // 3_600_000 * 3_600_000
S = 1_000
FACTS: dict[str, Any] = {"mode": [("battery", "plan")], "wish": [], "car": (), "prices": (1,)}


def look(at_s: float, **more: Any) -> Look:
    facts = {**FACTS, **{k: v for k, v in more.items() if k in FACTS}}
    told = {k: v for k, v in more.items() if k not in FACTS}
    return Look(T0 + round(at_s * S), **{"planned": ("battery",), "facts": facts, "soc": {"battery": 50.0}, **told})


def plan(*soc: float) -> Plan:
    slots = (
        Slot(T0 + k * STEP_MS, T0 + (k + 1) * STEP_MS, {"battery": Stored(Task.FOLLOW, 0.0, 0, s)})
        for k, s in enumerate(soc)
    )
    return Plan("p", T0, T0 + 8 * STEP_MS, tuple(slots))


def causes(looks: list[Look], in_force: Plan | None = None) -> list[str]:
    """As the planner does it: each cause is followed by a plan."""
    watch, found = Watch(), []
    for one in looks:
        cause = watch.due(one, in_force)
        if cause:
            watch.made(one)
        found.append(cause)
    return found


def test_it_starts_when_the_house_has_settled_and_goes_on_each_quarter_hour() -> None:
    assert causes([look(s) for s in (0, 5, 10, 15, 895, 900, 905, 1795, 1800)]) == [
        *("", "", "start", "", "", "time", "", "", "time"),
    ]  # fmt: skip


def test_a_plan_that_is_only_shown_is_made_once_an_hour() -> None:
    at = (0, 10, 900, 3_595, 3_600, 5_400, 7_200)
    assert causes([look(s, planned=()) for s in at]) == ["", "start", "", "", "time", "", "time"]


def test_with_nothing_to_foresee_nothing_is_done() -> None:
    assert causes([look(s, planned=(), worth=False) for s in range(0, 9_000, 300)]) == [""] * 30


def test_prices_wishes_modes_and_cars_make_a_new_plan_once_they_have_settled() -> None:
    for word, new in (
        ("prices", (2,)),
        ("wish", [("wallbox.target_energy", 9, 0)]),
        ("car", ("wallbox",)),
        ("mode", []),
    ):
        looks = [look(0), look(10), look(100, **{word: new}), look(105, **{word: new}), look(110, **{word: new})]
        assert causes([*looks, look(115, **{word: new})]) == ["", "start", "", "", word, ""], word


def test_several_wishes_in_a_row_make_one_plan() -> None:
    looks = [look(100 + 5 * k, wish=[k]) for k in range(6)]
    assert causes([look(0), look(10), *looks, look(135, wish=[5]), look(140, wish=[5])]) == [
        *("", "start", "", "", "", "", "", "", "wish", ""),
    ]  # fmt: skip


def test_two_plans_are_apart() -> None:
    assert causes([look(0), look(10), look(20, car=("w",)), look(30, car=("w",)), look(65, car=("w",)),
                   look(70, car=("w",))]) == ["", "start", "", "", "", "car"]  # fmt: skip


def test_what_has_changed_back_needs_no_plan() -> None:
    assert causes([look(0), look(10), look(100, car=("w",)), look(105), look(120)]) == ["", "start", "", "", ""]


def test_a_battery_that_is_not_where_the_plan_has_it() -> None:
    """Planned from 50 to 60 % in the quarter-hour: at 55 % half way there is nothing to do, at 44 % there is."""
    way = [look(0), look(10)]
    for soc, said in ((55.0, ""), (51.0, ""), (61.0, "soc"), (44.0, "soc")):
        assert causes([*way, look(450, soc={"battery": soc})], plan(60, 70)) == ["", "start", said], soc
    soon = causes([*way, look(200, soc={"battery": 10.0})], plan(60, 70))
    assert soon == ["", "start", ""], "it is given time to get there"
    assert causes([*way, look(450, soc={"battery": 10.0})], None) == ["", "start", ""]
    assert causes([*way, look(450, soc={})], plan(60, 70)) == ["", "start", ""], "not known is not far off"


def test_a_clock_that_is_set_back_makes_a_new_plan() -> None:
    assert causes([look(0), look(10), look(-7_200)]) == ["", "start", "clock"]
