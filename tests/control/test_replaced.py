"""A wish in whose place a newer one comes: gone for good when that one holds, back when nothing comes of it."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest

from hub.control.desk import Desk
from hub.control.leases import Leases
from hub.model import Command, OutcomeState, Relation, Request, Source
from hub.store.state import State
from tests.control.test_desk import Bench, on_a_bench

LIMIT = "wallbox.current_limit"


def amps(b: Bench) -> list[object]:
    return [r.value for r in b.desk.requests(b.clock.now())]


def kept(b: Bench) -> list[object]:
    """What a restart would take up again."""
    return [r.value for r in b.keep.leases.values() if r.ends > b.clock.now()]


def ended(b: Bench) -> list[tuple[object, str]]:
    return [(e.value, e.reason.code) for e in b.journal.of("request") if e.state == "ended"]


async def beats(b: Bench, n: int) -> None:
    for _ in range(n):
        b.clock.advance(1)
        b.heart.beat()
        await b.settle()


@pytest.mark.parametrize("fault", ["refuse", "ignore", "silent", "hang"])
def test_a_wish_that_comes_to_nothing_leaves_the_one_before_it_in_force(fault: str) -> None:
    async def play(b: Bench) -> None:
        await b.ask("wallbox.mode", "fast")
        first = await b.ask(LIMIT, 7, for_s=600)
        b.driver.fault = fault
        assert (await b.ask(LIMIT, 8)).state in (OutcomeState.REFUSED, OutcomeState.NO_ANSWER)
        assert (amps(b), kept(b), ended(b)) == ([7.0], [7.0], [])
        for task in asyncio.all_tasks():
            if task.get_name().startswith("write"):
                task.cancel()
        b.driver.fault = ""
        await b.settle()
        await beats(b, 8)
        assert b.desk.latest
        assert [c.request for c in b.desk.latest.step.commands if c.point == LIMIT] == [first.id]
        await beats(b, 600)
        assert ended(b) == [(7.0, "lease_ended")]

    on_a_bench(play)


def test_what_has_ended_meanwhile_does_not_come_back_and_its_end_is_told() -> None:
    async def play(b: Bench) -> None:
        await b.ask(LIMIT, 7, for_s=5)
        held = hold(b)
        asked = asyncio.create_task(b.ask(LIMIT, 8))
        await b.settle()
        b.clock.advance(6)
        b.driver.fault = "refuse"
        held.set()
        await asked
        assert (amps(b), kept(b), ended(b)) == ([], [], [(7.0, "lease_ended")])

    on_a_bench(play)


def test_what_another_has_replaced_since_comes_back_only_if_that_one_fails_too() -> None:
    async def play(b: Bench) -> None:
        await b.ask(LIMIT, 7)
        held = hold(b)
        second = asyncio.create_task(b.ask(LIMIT, 8))
        await b.settle()
        third = asyncio.create_task(b.ask(LIMIT, 9))
        await b.settle()
        b.driver.fault = "refuse"
        held.set()
        answers = await second, await third
        assert {a.state for a in answers} <= {OutcomeState.REFUSED, OutcomeState.NO_ANSWER}
        assert (amps(b), kept(b), ended(b)) == ([7.0], [7.0], [])
        b.driver.fault = ""
        assert (await b.ask(LIMIT, 10)).state is OutcomeState.CONFIRMED
        assert (amps(b), kept(b), ended(b)) == ([10.0], [10.0], [(7.0, "replaced")])

    on_a_bench(play)


def test_a_mode_that_is_chosen_while_a_limit_is_on_its_way_ends_what_was_before_that_too() -> None:
    async def play(b: Bench) -> None:
        await b.ask(LIMIT, 7)
        held = hold(b)
        asked = asyncio.create_task(b.ask(LIMIT, 8))
        await b.settle()
        await b.ask("wallbox.mode", "off")
        b.driver.fault = "refuse"
        held.set()
        await asked
        assert (amps(b), kept(b)) == ([], [])
        assert ended(b) == [(7.0, "replaced"), (8.0, "mode_chosen")]

    on_a_bench(play)


def test_a_limit_of_the_house_in_whose_place_another_comes_ends_with_a_row() -> None:
    async def play(b: Bench) -> None:
        await b.ask("house.import_limit", 9_000)
        await b.ask("house.import_limit", 4_200)
        assert (amps(b), ended(b)) == ([4_200.0], [(9_000.0, "replaced")])

    on_a_bench(play)


def hold(b: Bench) -> asyncio.Event:
    """The device takes its time until the event is set; what it does then goes by the driver's fault."""
    go, apply = asyncio.Event(), b.driver.apply

    async def late(command: Command) -> None:
        await go.wait()
        await apply(command)

    b.driver.apply = late  # type: ignore[method-assign]
    return go


def test_a_restart_finds_the_one_before_again_in_the_file_too(tmp_path: Path) -> None:
    async def play(b: Bench) -> None:
        state = await State.open(tmp_path / "state.db", b.clock, 1 << 20)
        b.desk = Desk(b.board, b.clock, b.journal, b.dispatcher, state.requests)
        b.heart._desk, b.desk.on_request = b.desk, b.heart.now

        async def found() -> list[object]:
            return [k.request.value for k in await state.requests.leases(b.clock.now())]

        await b.ask(LIMIT, 7, id_="a")
        b.clock.advance(1)
        b.driver.fault = "silent"
        assert (await b.ask(LIMIT, 8, id_="b")).state is OutcomeState.NO_ANSWER
        assert await found() == [7.0], "though the device failed before the disk was asked"
        b.driver.fault = ""
        b.clock.advance(1)
        assert (await b.ask(LIMIT, 9, id_="c")).state is OutcomeState.CONFIRMED
        assert await found() == [9.0]
        b.clock.advance(1)
        await b.ask("wallbox.mode", "off")
        assert await found() == []
        await state.close()

    on_a_bench(play)


def test_power_that_fails_at_any_write_never_takes_both() -> None:
    """After each of the writes that a refused wish and a mode make, one of them at least is known to the next start."""

    async def play(b: Bench) -> None:
        states: list[list[object]] = []
        end, take, put = b.keep.end, b.keep.take, b.keep.put_intent

        async def ending(request_id: str, now: int, back: Request | None = None) -> None:
            await end(request_id, now, back)
            states.append([*kept(b), *b.keep.intents.values()])

        async def taking(request: Request, instead_of: str = "", now: int = 0) -> None:
            await take(request, instead_of, now)
            states.append([*kept(b), *b.keep.intents.values()])

        async def putting(point: str, value: str, t: int, person: str) -> None:
            await put(point, value, t, person)
            states.append([*kept(b), *b.keep.intents.values()])

        await b.ask(LIMIT, 7)
        b.keep.end, b.keep.take, b.keep.put_intent = ending, taking, putting  # type: ignore[method-assign]
        b.driver.fault = "silent"
        await b.ask(LIMIT, 8)
        b.driver.fault = ""
        await b.ask("wallbox.mode", "off")
        assert states == [[8.0], [7.0], [7.0, "off"], ["off"]]

    on_a_bench(play)


def test_of_many_that_come_and_fail_in_any_order_the_last_that_did_not_fail_holds() -> None:
    rng = random.Random(1)
    for _ in range(500):
        leases, open_, good = Leases(), list[Request](), list[Request]()
        for n in range(rng.randint(1, 8)):
            new = Request(str(n), LIMIT, Relation.SET, float(n), Source.PERSON, 0, 10)
            leases.take(new)
            open_.append(new)
            while open_ and rng.random() < 0.5:
                one = open_.pop(rng.randrange(len(open_)))
                if rng.random() < 0.5:
                    leases.fail(one)
                else:
                    good.append(one)
                    leases.settle(one.id)
            expected = max((*open_, *good), key=lambda r: int(r.id), default=None)
            assert leases.active(0) == ((expected,) if expected else ())


@pytest.mark.parametrize(
    ("point", "raw", "wanted", "near"),
    [
        ("wallbox.mode", "turbo", "one of off, solar, min_solar, fast, plan", None),
        ("wallbox.mode", "boost", "one of off, solar, min_solar, fast, plan", None),
        ("wallbox.mode", "Fast", "one of off, solar, min_solar, fast, plan", "fast"),
        ("wallbox.mode", "sola", "one of off, solar, min_solar, fast, plan", "solar"),
        ("plug.mode", "plam", "one of manual, surplus, plan", "plan"),
        ("plug.mode", 3, "one of manual, surplus, plan", None),
    ],
)
def test_a_mode_that_there_is_not_is_refused_with_those_of_this_device(
    point: str, raw: object, wanted: str, near: str | None
) -> None:
    async def play(b: Bench) -> None:
        answer = await b.ask(point, raw)
        assert (answer.state, answer.reason.code) == (OutcomeState.REFUSED, "bad_value")
        assert (answer.reason.numbers["wanted"], answer.reason.numbers.get("near")) == (wanted, near)

    on_a_bench(play)
