"""What somebody moves for a time: what of it stays, and what the core remembers of it over a restart."""

from __future__ import annotations

from collections.abc import Mapping

import orjson
import pytest

from hub.core import House, Inputs, State, Step, step
from hub.core.keyframe import packed, unpacked
from hub.model import CommandSpec, Device, Link, Point, Relation, Request, Role, Source, Value
from hub.model.site import Site, SwitchControl

LINK, T = Link("test", "test"), 1_700_000_000_000


def _device(id_: str, role: Role, *commands: CommandSpec) -> Device:
    points = tuple(Point.of(id_, id_, c.point.partition(".")[2]) for c in commands)
    return Device(id_, id_, role, LINK, points=points, commands=commands)


HOUSE = House.of(
    Site(switches=(SwitchControl("plug", min_on_s=0, min_off_s=0),)),
    (
        _device("grid", Role.GRID),
        _device("plug", Role.PLUG, CommandSpec("plug.on")),
        _device("lamp", Role.LIGHT, CommandSpec("lamp.on"), CommandSpec("lamp.brightness", 0, 100)),
        _device("room", Role.THERMOSTAT, CommandSpec("room.target_temperature", 5, 30, 0.5)),
    ),
)
BEFORE: dict[str, Value] = {
    "plug.on": False,
    "lamp.on": False,
    "lamp.brightness": 15.0,
    "room.target_temperature": 17.5,
}
AFTER: dict[str, Value] = {"plug.on": True, "lamp.on": True, "lamp.brightness": 80.0, "room.target_temperature": 21.0}


def wish(point: str, value: Value, source: Source = Source.RULE, stays: bool = False, id_: str = "r") -> Request:
    return Request(id_, point, Relation.SET, value, source, T, T + 10**9, stays=stays)


def went_on(state: State, n: int, values: Mapping[str, Value], *requests: Request) -> Step:
    return step(state, Inputs(T + n * 1000, HOUSE, {"grid.power": 0.0, **values}, requests))


def told(made: Step, point: str) -> Value | None:
    return next((c.value for c in made.commands if c.point == point), None)


def over(request: Request, shows: Value | None = None) -> Step:
    """The step after `request`, which the device has obeyed, or shows something else by then."""
    point = request.point
    first = went_on(State(), 1, BEFORE, request)
    shown = {**BEFORE, point: request.value}
    second = went_on(first.state, 2, shown, request)
    return went_on(second.state, 3, shown if shows is None else {**BEFORE, point: shows})


@pytest.mark.parametrize("point", BEFORE)
def test_what_a_rule_sets_is_given_back_in_its_own_type(point: str) -> None:
    given = told(over(wish(point, AFTER[point])), point)
    assert given == BEFORE[point] and type(given) is type(BEFORE[point])


@pytest.mark.parametrize("point", BEFORE)
def test_what_stays_is_not_given_back(point: str) -> None:
    assert told(over(wish(point, AFTER[point], stays=True)), point) is None
    assert told(over(wish(point, AFTER[point], Source.PERSON)), point) is None


def test_what_somebody_else_has_set_meanwhile_is_left_alone_for_good() -> None:
    made = over(wish("lamp.brightness", 80.0), shows=50.0)
    assert told(made, "lamp.brightness") is None
    assert told(went_on(made.state, 4, {**BEFORE, "lamp.brightness": 80.0}), "lamp.brightness") is None


def test_one_that_changes_its_mind_gives_back_what_was_before_all_of_it() -> None:
    state, shown = State(), dict(BEFORE)
    for n, value in enumerate((40.0, 60.0, 80.0), 1):
        made = went_on(state, n, shown, wish("lamp.brightness", value))
        state, shown = made.state, {**BEFORE, "lamp.brightness": value}
    assert told(went_on(state, 4, shown), "lamp.brightness") == 15.0


def test_one_device_that_never_shows_anything_is_given_back_nothing() -> None:
    first = went_on(State(), 1, {}, wish("lamp.brightness", 80.0))
    assert told(went_on(first.state, 2, {}), "lamp.brightness") is None


@pytest.mark.parametrize("point", ["plug.on", "lamp.brightness"])
def test_it_is_remembered_over_a_restart(point: str) -> None:
    request = wish(point, AFTER[point])
    first = went_on(State(), 1, BEFORE, request)
    shown = {**BEFORE, point: AFTER[point]}
    kept = unpacked(orjson.loads(orjson.dumps(packed(went_on(first.state, 2, shown, request).state))))
    assert kept is not None and told(went_on(kept, 3, shown), point) == BEFORE[point]


def test_a_memory_from_before_this_was_remembered_can_be_read() -> None:
    raw = orjson.loads(orjson.dumps(packed(went_on(State(), 1, BEFORE, wish("plug.on", True)).state)))
    for held in raw["held"].values():
        del held["taken"]
    kept = unpacked(raw)
    assert kept is not None and kept.held["plug.on"].value is True and kept.held["plug.on"].taken is None
