"""Somebody sets a set-point at the device or in its vendor's app: that is a wish, and no fight."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hub.control.intents import IntentSink
from hub.model import CommandSpec, Relation, Request, Source, Value
from tests.control.test_desk import Bench, on_a_bench
from tests.house_kit import plug, points


def test_what_somebody_sets_at_the_device_is_a_persons_wish_and_no_fight() -> None:
    async def play(b: Bench) -> None:
        await b.ask("wallbox.mode", "fast")
        await b.settle()
        writes = len(b.driver.written)
        b.clock.advance(8)
        b.driver.show(wallbox__current_limit=0.0)
        b.heart.beat()
        await b.settle()
        assert len(b.driver.written) == writes
        (lease,) = b.desk.leases.active(b.clock.now())
        assert (lease.value, lease.source, lease.cause) == (0.0, Source.PERSON, "set_at_device")
        assert [r.value for r in b.keep.leases.values()] == [0.0], "a restart knows of it"
        b.heart.beat()
        await b.settle()
        assert len(b.driver.written) == writes
        b.clock.advance(3601)
        b.heart.beat()
        await b.settle()
        assert b.driver.written[-1] == ("wallbox.current_limit", 6.0)

    on_a_bench(play)


class Regulated:
    """A set-point that a rule moves each second."""

    POINT = "plug.power_limit"

    def __init__(self, b: Bench) -> None:
        self.b = b
        limit = CommandSpec(self.POINT, 0, 3000, 100, settle_ms=80)
        IntentSink(b.board).seen(replace(plug(), points=points("u1", "plug", "power_limit"), commands=(limit,)))

    async def to(self, watts: float) -> None:
        now = self.b.clock.now()
        self.b.desk.leases.take(Request("rule", self.POINT, Relation.SET, watts, Source.RULE, now, now + 86_400_000))
        await self.second()

    async def second(self) -> None:
        self.b.clock.advance(1)
        self.b.heart.beat()
        await self.b.settle()

    def shows(self, watts: float) -> None:
        self.b.clock.advance(1)
        self.b.driver.show(plug__power_limit=watts)

    @property
    def written(self) -> list[Value]:
        return [v for p, v in self.b.driver.written if p == self.POINT]

    @property
    def wishes(self) -> list[Value]:
        """People's."""
        return [r.value for r in self.b.desk.leases.active(self.b.clock.now()) if r.source is Source.PERSON]


def test_what_somebody_sets_between_two_values_of_a_regulator_is_a_wish_too() -> None:
    async def play(b: Bench) -> None:
        heat = Regulated(b)
        for watts in (800, 900, 800):
            await heat.to(watts)
        assert heat.written == [800, 900, 800]
        heat.shows(1200)
        for watts in (900, 800, 900):
            await heat.to(watts)
        assert len(heat.written) == 3 and heat.wishes == [1200]
        heat.shows(0)
        b.clock.advance(5)
        await heat.to(800)
        assert len(heat.written) == 3 and heat.wishes == [0], "so is the next one"

    on_a_bench(play)


@pytest.mark.parametrize("shown", [900, 830])
def test_a_regulators_own_value_that_is_shown_late_is_nobodys_wish(shown: float) -> None:
    async def play(b: Bench) -> None:
        heat = Regulated(b)
        for watts in (800, 900, 800):
            await heat.to(watts)
        heat.shows(shown)
        await heat.to(1000)
        assert not heat.wishes and heat.written[-1] == 1000

    on_a_bench(play)


def test_what_has_stood_for_long_and_is_shown_once_more_is_nobodys_wish() -> None:
    async def play(b: Bench) -> None:
        heat = Regulated(b)
        await heat.to(800)
        b.clock.advance(600)
        await heat.to(900)
        heat.shows(800)
        await heat.to(1000)
        assert not heat.wishes and heat.written[-1] == 1000

    on_a_bench(play)


@pytest.mark.parametrize("fault", ["silent", "refuse"])
def test_a_device_that_never_showed_ours_has_not_been_set_by_another(fault: str) -> None:
    async def play(b: Bench) -> None:
        heat = Regulated(b)
        await heat.to(800)
        b.driver.fault = fault
        await heat.to(900)
        heat.shows(1200)
        b.driver.fault = ""
        await heat.to(1000)
        assert not heat.wishes and heat.written[-1] == 1000

    on_a_bench(play)
