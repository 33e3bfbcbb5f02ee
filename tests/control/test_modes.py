"""A mode is answered by its device: taken over when the device follows it, and as it was when it does not."""

from __future__ import annotations

import asyncio

import pytest

from hub.control import Answer
from hub.control.intents import IntentSink
from hub.errors import ShemsError
from hub.model import Command, OutcomeState, Relation, Request, Source
from tests.control.test_desk import Bench, on_a_bench
from tests.control.test_overtaken import CONFIRMED, NO_ANSWER, REFUSED
from tests.control.test_replaced import LIMIT, amps, ended, hold, kept
from tests.house_kit import wallbox


@pytest.mark.parametrize(
    ("fault", "state", "code"),
    [
        ("silent", NO_ANSWER, "no_answer"),
        ("refuse", REFUSED, "device_refused"),
        ("ignore", REFUSED, "device_ignored"),
        ("hang", NO_ANSWER, "no_answer"),
    ],
)
@pytest.mark.parametrize("for_s", [None, 600.0])
def test_a_mode_that_its_device_does_not_follow_leaves_all_as_it_was(
    fault: str, state: OutcomeState, code: str, for_s: float | None
) -> None:
    async def play(b: Bench) -> None:
        await b.ask("wallbox.mode", "off")
        await b.ask(LIMIT, 7)
        b.driver.fault = fault
        answer = await b.ask("wallbox.mode", "fast", for_s=for_s)
        assert (answer.state, answer.applied, answer.reason.code) == (state, None, code)
        assert b.board.read("wallbox.mode").value == "off" and b.desk.intents == {"wallbox.mode": "off"}
        assert (amps(b), kept(b), b.keep.intents) == ([7.0], [7.0], {"wallbox.mode": "off"})
        assert (7.0, "mode_chosen") not in ended(b)
        for task in asyncio.all_tasks():
            if task.get_name().startswith("write"):
                task.cancel()

    on_a_bench(play)


@pytest.mark.parametrize("for_s", [None, 60.0])
def test_a_mode_for_a_time_goes_on_when_the_next_one_comes_to_nothing(for_s: float | None) -> None:
    async def play(b: Bench) -> None:
        b.desk.resume({}, {"wallbox": "off"})
        await b.ask("wallbox.mode", "fast", for_s=3_600)
        b.driver.fault = "refuse"
        assert (await b.ask("wallbox.mode", "solar", for_s=for_s)).state is REFUSED
        assert b.board.read("wallbox.mode").value == "fast" and b.desk.intents == {"wallbox.mode": "off"}
        assert (amps(b), kept(b)) == (["fast"], ["fast"])

    on_a_bench(play)


def test_a_mode_of_somebody_who_went_away_before_the_device_followed_is_dropped() -> None:
    async def play(b: Bench) -> None:
        b.desk.resume({}, {"wallbox": "off"})
        await b.ask(LIMIT, 7)
        hold(b)
        asked = asyncio.create_task(b.ask("wallbox.mode", "fast"))
        await b.settle()
        assert b.desk.intents == {"wallbox.mode": "fast"}
        asked.cancel()
        await asyncio.wait([asked])
        assert (b.desk.intents, amps(b)) == ({"wallbox.mode": "off"}, [7.0])
        for task in asyncio.all_tasks():
            if task.get_name().startswith("write"):
                task.cancel()

    on_a_bench(play)


def test_a_mode_whose_device_is_slow_by_nature_is_pending_and_holds() -> None:
    async def play(b: Bench) -> None:
        IntentSink(b.board).seen(wallbox(settle_ms=30_000))
        b.driver.fault = "ignore"
        answer = await b.ask("wallbox.mode", "fast")
        assert (answer.state, answer.applied) == (OutcomeState.PENDING, None)
        assert b.keep.intents == {"wallbox.mode": "fast"}
        b.driver.show(wallbox__current_limit=6.0)
        await b.settle()

    on_a_bench(play)


def test_a_mode_from_which_no_write_follows_is_confirmed() -> None:
    async def play(b: Bench) -> None:
        await b.ask("plug.on", True)
        b.driver.fault = "silent"
        assert (await b.ask("plug.mode", "manual")).state is CONFIRMED

    on_a_bench(play)


def test_a_hub_that_only_watches_takes_a_mode_over() -> None:
    async def play(b: Bench) -> None:
        b.dispatcher.silent = True
        assert (await b.ask("wallbox.mode", "fast")).state is CONFIRMED

    on_a_bench(play)


@pytest.mark.parametrize("for_s", [None, 600.0])
@pytest.mark.parametrize("fails", [False, True])
def test_of_modes_at_once_the_latest_counts_and_none_when_it_fails(fails: bool, for_s: float | None) -> None:
    async def play(b: Bench) -> None:
        b.desk.resume({}, {"wallbox": "off"})
        await b.ask(LIMIT, 7)
        go = hold(b)
        first = asyncio.create_task(b.ask("wallbox.mode", "fast", for_s=for_s))
        await b.settle()
        second = asyncio.create_task(b.ask("wallbox.mode", "min_solar"))
        await b.settle()
        b.driver.fault = "refuse" if fails else ""
        go.set()
        answers: list[Answer] = [await first, await second]
        assert (answers[0].state, answers[0].reason.code) in ((REFUSED, "replaced"), (REFUSED, "mode_chosen"))
        assert answers[1].state is (REFUSED if fails else CONFIRMED)
        assert b.desk.intents == {"wallbox.mode": "off" if fails else "min_solar"}
        assert b.board.read("wallbox.mode").value == ("off" if fails else "min_solar")
        assert kept(b) == ([7.0] if fails else [])
        assert b.keep.intents == ({} if fails else {"wallbox.mode": "min_solar"})

    on_a_bench(play)


def test_a_wish_that_came_while_a_mode_was_tried_stays_when_that_comes_to_nothing() -> None:
    async def play(b: Bench) -> None:
        await b.ask(LIMIT, 7)
        apply = b.driver.apply

        async def only_eight(command: Command) -> None:
            b.driver.fault = "" if command.value == 6.0 else "refuse"
            await apply(command)

        go = hold(b)
        mode = asyncio.create_task(b.ask("wallbox.mode", "off"))
        await b.settle()
        b.driver.apply = only_eight  # type: ignore[method-assign]
        wish = asyncio.create_task(b.ask(LIMIT, 8))
        await b.settle()
        b.driver.fault = "refuse"
        go.set()
        assert (await mode).state is REFUSED
        assert (await wish).state is CONFIRMED
        assert amps(b) == [8.0]

    on_a_bench(play)


def test_a_mode_that_the_disk_did_not_take_says_so() -> None:
    async def play(b: Bench) -> None:
        async def full(point: str, value: str, t: int, person: str) -> None:
            raise ShemsError("disk full")

        b.keep.put_intent = full  # type: ignore[method-assign]
        answer = await b.ask("wallbox.mode", "fast")
        assert (answer.state, answer.reason.code) == (CONFIRMED, "not_saved")

    on_a_bench(play)


def test_a_persons_mode_leaves_what_a_rule_asks() -> None:
    async def play(b: Bench) -> None:
        now = b.clock.now()
        b.desk.leases.take(Request("r", LIMIT, Relation.SET, 9.0, Source.RULE, now, now + 60_000))
        await b.ask("wallbox.mode", "fast")
        assert amps(b) == [9.0]

    on_a_bench(play)
