"""Two wishes for one point, and a wish that comes while the hub's own write is on its way: the latest one counts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from hub.control import Answer
from hub.control.intents import IntentSink
from hub.model import Command, CommandSpec, OutcomeState
from tests.control.test_desk import Bench, on_a_bench
from tests.control.test_replaced import LIMIT, hold
from tests.house_kit import plug, points, wallbox

CONFIRMED, REFUSED, NO_ANSWER = OutcomeState.CONFIRMED, OutcomeState.REFUSED, OutcomeState.NO_ANSWER


def told(*answers: Answer) -> list[tuple[OutcomeState, object, str]]:
    return [(a.state, a.applied, a.reason.code) for a in answers]


POWER = "plug.power_limit"


def limited(b: Bench, settle_ms: int = 80, heartbeat_s: float = 60) -> None:
    """A plug whose power can be limited."""
    limit = CommandSpec(POWER, 0, 3_000, 100, settle_ms=settle_ms, heartbeat_s=heartbeat_s)
    IntentSink(b.board).seen(replace(plug(), points=points("u1", "plug", "power_limit"), commands=(limit,)))


@pytest.mark.parametrize("heartbeat_s", [0, 60])
@pytest.mark.parametrize("values", [(700, 900), (900, 700), (700, 900, 800)])
def test_of_wishes_at_once_the_latest_is_confirmed_and_the_others_are_replaced(
    values: tuple[int, ...], heartbeat_s: float
) -> None:
    async def play(b: Bench) -> None:
        limited(b, heartbeat_s=heartbeat_s)
        answers = await asyncio.gather(*(b.ask(POWER, v) for v in values))
        *earlier, last = told(*answers)
        assert last == (CONFIRMED, float(values[-1]), "confirmed")
        assert {(state, code) for state, _, code in earlier} == {(REFUSED, "replaced")}
        assert b.driver.written[-1] == (POWER, float(values[-1]))
        rows = [(e.asked, e.state, e.reason.code) for e in b.journal.of("request") if e.reason.code == "replaced"]
        assert len(rows) == len(values) - 1, "each of them is told once"

    on_a_bench(play)


def test_a_wish_that_comes_before_the_older_write_has_begun_does_not_take_its_answer() -> None:
    async def play(b: Bench) -> None:
        first = asyncio.create_task(b.ask("plug.on", True))
        while not b.dispatcher._flying:
            await asyncio.sleep(0)
        second = await b.ask("plug.on", False)
        assert told(second) == [(CONFIRMED, False, "confirmed")]
        assert (await first).reason.code == "replaced"

    on_a_bench(play)


def test_the_same_wish_twice_is_confirmed_twice() -> None:
    async def play(b: Bench) -> None:
        go = hold(b)
        asked = [asyncio.create_task(b.ask("plug.on", True)) for _ in range(3)]
        await b.settle()
        go.set()
        assert told(*await asyncio.gather(*asked)) == [(CONFIRMED, True, "confirmed")] * 3

    on_a_bench(play)


def test_a_mode_that_is_chosen_while_a_wish_is_on_its_way_answers_it() -> None:
    async def play(b: Bench) -> None:
        go = hold(b)
        asked = asyncio.create_task(b.ask(LIMIT, 8))
        await b.settle()
        mode = asyncio.create_task(b.ask("wallbox.mode", "off"))
        await b.settle()
        assert (await asked).reason.code == "mode_chosen"
        go.set()
        assert (await mode).state is CONFIRMED

    on_a_bench(play)


def ignores(b: Bench) -> Callable[[], int]:
    """The device takes every order and goes on showing what it shows; gives how many it took."""
    taken: list[Command] = []

    async def apply(command: Command) -> None:
        taken.append(command)
        b.driver.show(**{command.point.replace(".", "__"): 5.0})

    b.driver.apply = apply  # type: ignore[method-assign]
    return lambda: len(taken)


def test_a_wish_does_not_wait_for_the_reading_of_the_regulators_own_write() -> None:
    """A device that ignores is told apart from one that is silent whenever the wish comes."""

    async def play(b: Bench) -> None:
        IntentSink(b.board).seen(wallbox(settle_ms=600_000))
        orders = ignores(b)
        assert (await b.ask("wallbox.mode", "fast")).state is OutcomeState.PENDING
        IntentSink(b.board).seen(wallbox(settle_ms=80))
        assert orders() == 1
        answer = await b.ask(LIMIT, 8)
        assert (orders(), told(answer)) == (2, [(REFUSED, 5.0, "device_ignored")])
        cut = [e for e in b.journal.of("write") if e.reason.code == "replaced"]
        assert [(e.value, e.state) for e in cut] == [(6.0, "refused")]

    on_a_bench(play)


@pytest.mark.parametrize("point", ["plug.on", "wallbox.mode"])
def test_a_device_that_is_lost_gives_no_answer_at_once_and_nothing_is_sent(point: str) -> None:
    async def play(b: Bench) -> None:
        before = dict(b.desk.intents)
        b.board.lost(point.partition(".")[0], "three questions without an answer")
        written = list(b.driver.written)
        answer = await b.ask(point, "on" if point == "plug.on" else "fast", id_="a")
        assert told(answer) == [(NO_ANSWER, None, "no_answer")]
        assert answer.reason.numbers["detail"] == "three questions without an answer"
        assert b.driver.written == written and b.desk.intents == before
        row = b.journal.of("request")[-1]
        assert (row.state, row.reason.code) == ("no_answer", "no_answer")

    on_a_bench(play)


@pytest.mark.parametrize("settle_ms", [80, 600_000])
def test_a_device_that_is_lost_while_it_is_asked_gives_no_answer_however_slow_it_is(settle_ms: int) -> None:
    async def play(b: Bench) -> None:
        IntentSink(b.board).seen(plug(settle_ms=settle_ms))
        b.driver.fault = "mute"
        asked = asyncio.create_task(b.ask("plug.on", True))
        await b.settle()
        b.board.lost("plug", "gone")
        answer = await asked
        assert told(answer) == [(NO_ANSWER, None, "no_answer")]
        assert answer.reason.numbers["detail"] == "gone"
        for task in asyncio.all_tasks():
            if task.get_name().startswith("write"):
                task.cancel()

    on_a_bench(play)


def test_no_answer_says_why() -> None:
    async def play(b: Bench) -> None:
        b.driver.fault = "mute"
        answer = await b.ask("plug.on", True)
        assert answer.reason.code == "no_answer" and answer.reason.numbers["detail"]

    on_a_bench(play)


def test_a_wish_whose_write_the_driver_still_reads_back_is_judged_by_the_reading_at_hand() -> None:
    async def play(b: Bench) -> None:
        async def apply(command: Command) -> None:
            b.clock.advance(0.1)
            b.driver.show(plug__on=False)
            await asyncio.Event().wait()

        b.driver.apply = apply  # type: ignore[method-assign]
        assert told(await b.ask("plug.on", True)) == [(REFUSED, False, "device_ignored")]
        for task in asyncio.all_tasks():
            if task.get_name().startswith("write"):
                task.cancel()

    on_a_bench(play)
