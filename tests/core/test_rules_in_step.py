"""Rules inside the core: they ask of anything that can be set, come after people, and are not forgotten at once."""

from __future__ import annotations

import orjson

from hub.core import House, Inputs, State, Step, step
from hub.core.keyframe import packed, unpacked
from hub.model import CommandSpec, Device, Link, Moment, Relation, Request, Role, Source, quantity
from hub.model.site import ChargerControl, Site
from hub.rules import Rule, parse

LINK, T = Link("test", "test"), 1_700_000_000_000
SPECS = {
    "lamp.on": CommandSpec("lamp.on"),
    "car.current_limit": CommandSpec("car.current_limit", 6, 16, 1),
    "car.mode": CommandSpec("car.mode", choices=("off", "solar", "min_solar", "fast")),
    "car.target_energy": CommandSpec("car.target_energy", 0, 200_000),
}
POINTS = {p: quantity(p.partition(".")[2]) for p in (*SPECS, "grid.power")}
HOUSE = House.of(
    Site(chargers=(ChargerControl("car", mode="off"),)),
    (
        Device("g", "grid", Role.GRID, LINK),
        Device("l", "lamp", Role.LIGHT, LINK, commands=(SPECS["lamp.on"],)),
        Device("c", "car", Role.CHARGER, LINK, commands=tuple(s for p, s in SPECS.items() if p.startswith("car."))),
    ),
)
CALM = {"grid.power": 300.0, "car.power": 0.0, **{f"grid.power_l{n}": 100.0 for n in (1, 2, 3)}}


def rule(then: str, **more: object) -> Rule:
    return parse("r", {"when": "grid.power > 0", "then": [then], **more}, POINTS, SPECS)


def stepped(rules: tuple[Rule, ...], *requests: Request, state: State = State(), t: int = T) -> Step:  # noqa: B008
    return step(state, Inputs(t, HOUSE, CALM, requests, rules=rules, moment=Moment(t, 720, 0, 0)))


def person(point: str, value: float | str) -> Request:
    return Request("p", point, Relation.SET, value, Source.PERSON, T, T + 3_600_000)


def told(result: Step, point: str) -> tuple[object, str, str]:
    command = next(c for c in result.commands if c.point == point)
    return command.value, command.source.value, command.request


def test_a_rule_switches_what_the_core_does_not_drive_by_itself() -> None:
    assert told(stepped((rule("lamp.on = on"),)), "lamp.on") == (True, "rule", "rule:r:lamp.on:set")


def test_a_decision_names_what_its_rule_goes_by() -> None:
    (lamp,) = (c for c in stepped((rule("lamp.on = on"),)).commands if c.point == "lamp.on")
    assert "grid.power" in lamp.inputs


def test_a_wish_whose_time_is_over_is_nobodys() -> None:
    late = stepped((), person("car.current_limit", 8), t=T + 3_600_000)
    assert told(stepped((), person("car.current_limit", 8)), "car.current_limit")[1:] == ("person", "p")
    assert told(late, "car.current_limit") == (0.0, "default", "")


def test_a_mode_that_a_person_holds_for_a_time_comes_before_a_rule_and_the_rule_is_told() -> None:
    result = stepped((rule("car.current_limit = 0"),), person("car.mode", "fast"))
    assert told(result, "car.current_limit") == (16.0, "person", "p")
    assert [(u.point, u.by.code) for u in result.unmet] == [("car.current_limit", "overruled")]


def test_a_target_of_a_person_comes_before_a_rule() -> None:
    result = stepped((rule("car.current_limit = 0"),), person("car.target_energy", 20_000))
    assert told(result, "car.current_limit") == (16.0, "person", "p")


def test_a_rule_comes_before_the_mode_that_was_chosen_for_good() -> None:
    assert told(stepped((rule("car.current_limit = 10"),)), "car.current_limit") == (
        10.0,
        "rule",
        "rule:r:car.current_limit:set",
    )


def test_a_rule_that_is_written_anew_remembers_nothing_of_the_one_before_of_its_name() -> None:
    state = stepped((rule("lamp.on = on"),)).state
    state = stepped((), state=state, t=T + 1_000).state
    result = stepped((rule("lamp.on = on", **{"for": "10 min"}),), state=state, t=T + 2_000)
    assert (result.firings["r"].state, result.state.rules["r"].since) == ("waiting", 0)
    assert "lamp.on" not in [c.point for c in result.commands]


def test_a_rule_goes_on_after_a_restart_and_so_does_one_from_before_rules_had_digests() -> None:
    lit = rule("lamp.on = on")
    kept = orjson.loads(orjson.dumps(packed(stepped((lit,)).state)))
    state = unpacked(kept)
    assert state and state.rules["r"].digest == lit.digest
    changed = rule("lamp.on = on", **{"for": "10 min"})
    assert stepped((changed,), state=state, t=T + 1_000).firings["r"].state == "waiting"
    del kept["rules"]["r"]["digest"]
    older = unpacked(kept)
    assert older and older.rules["r"].digest == 0
    for known in (state, older):
        result = stepped((lit,), state=known, t=T + 1_000)
        assert (result.firings["r"].state, result.state.rules["r"].since) == ("active", T)


def test_a_rule_that_cannot_be_understood_for_a_moment_goes_on_where_it_was() -> None:
    cooling = rule("lamp.on = on", until="10 s", cooldown="2 h")
    state = State()
    for k in range(12):
        result = stepped((cooling,), state=state, t=T + k * 1000)
        state = result.state
    assert result.firings["r"].state in ("idle", "cooling")
    state = stepped((), state=state, t=T + 13_000).state
    assert stepped((cooling,), state=state, t=T + 14_000).firings["r"].state == "cooling"
