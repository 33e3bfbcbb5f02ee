"""What a rule has switched is given back at its end, what people switch is not: with Desk, dispatcher and device."""

from __future__ import annotations

import pytest

from hub.control import Recorder
from hub.core import House, Inputs
from hub.core import State as Memory
from hub.core import step as decide
from hub.model import CommandSpec, Device, Link, OutcomeState, Relation, Request, Role, Source
from hub.model.site import Site
from tests.control.test_desk import Bench, on_a_bench
from tests.house_kit import ToldClock, points
from tests.rehearse.test_replay import ListLog


async def beats(b: Bench, seconds: int) -> None:
    for _ in range(seconds):
        b.clock.advance(1)
        b.heart.beat()
        await b.settle()


def ruled(b: Bench, value: bool) -> None:
    now = b.clock.now()
    b.desk.leases.take(Request("r", "plug.on", Relation.SET, value, Source.RULE, now, now + 10_000))


def switched(b: Bench) -> list[object]:
    return [v for p, v in b.driver.written if p == "plug.on"]


def test_it_is_told_once_when_the_rule_ends() -> None:
    async def play(b: Bench) -> None:
        await b.ask("plug.on", False)
        ruled(b, value=True)
        await beats(b, 60)
        assert switched(b) == [False, True, False] and b.board.read("plug.on").value is False

    on_a_bench(play)


@pytest.mark.parametrize("asked_at_s", [5, 10, 11, 30])
def test_what_a_person_asks_for_stays_or_ends_after_its_hour(asked_at_s: int) -> None:
    """While the rule is in force the wish is a lease; the answer says so by its end. Later on it is asked for once."""

    async def play(b: Bench) -> None:
        await b.ask("plug.on", False)
        ruled(b, value=True)
        await beats(b, asked_at_s)
        assert (await b.ask("plug.on", True)).state is OutcomeState.CONFIRMED
        leased = any(r.point == "plug.on" for r in b.keep.leases.values())
        await beats(b, 60)
        assert b.board.read("plug.on").value is True
        await beats(b, 3_600)
        assert b.board.read("plug.on").value is not leased

    on_a_bench(play)


def test_what_was_before_is_written_down_soon() -> None:
    spec = CommandSpec("lamp.brightness", 0, 100)
    lamp = Device(
        "l", "lamp", Role.LIGHT, Link("fake", "here"), points=points("l", "lamp", "brightness"), commands=(spec,)
    )
    log, state, house, now = ListLog(), Memory(), House.of(Site(), (lamp,)), ToldClock().ms
    recorder = Recorder(log, 1)
    for s in range(90):
        wish = Request("r", spec.point, Relation.SET, 80.0, Source.RULE, now + 5_000, now + 10**7)
        given = Inputs(now + s * 1000, house, {spec.point: 15.0}, (wish,) if s >= 5 else ())
        recorder.before(state, given, (), {}, urgent=False)
        state = decide(state, given).state
    frames = [row for row in log.rows if row.kind == "frame"]
    assert [row.data["memory"]["held"].get(spec.point, {}).get("taken") for row in frames][-1]["before"] == 15.0
