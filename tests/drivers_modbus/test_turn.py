"""Whose turn it is: urgent first, then by arrival; nobody who goes away keeps the link."""

from __future__ import annotations

import asyncio

import pytest

from drivers.modbus.turn import Turns
from tests.drivers_modbus.kit import eventually
from tests.simulated_loop import SimulatedLoop

GRACE_S = 0.1
new_loop = SimulatedLoop


class Queue:
    """Takes turns and writes down who had one."""

    def __init__(self) -> None:
        self.turns = Turns(GRACE_S)
        self.had: list[str] = []

    def take(self, name: str, seconds: float = 0.0) -> asyncio.Task[None]:
        """A name in capitals is urgent, one that is a digit idle."""

        async def hold() -> None:
            async with self.turns.turn(urgent=name.isupper(), idle=name.isdigit()):
                self.had.append(name)
                await asyncio.sleep(seconds)

        return asyncio.create_task(hold())

    async def mark(self, name: str, seconds: float) -> None:
        """Writes down what the order of turns is compared with."""
        await asyncio.sleep(seconds)
        self.had.append(name)


async def test_urgent_first_then_by_arrival() -> None:
    queue = Queue()
    tasks = [queue.take(name) for name in "abCdEf"]
    await asyncio.gather(*tasks)
    assert queue.had == list("aCEbdf")


async def test_idle_ones_come_when_nobody_else_waits() -> None:
    queue = Queue()
    tasks = [queue.take(name) for name in "a12bCd3"]
    await asyncio.gather(*tasks)
    assert queue.had == list("aCbd123")


async def test_while_it_is_reserved_only_urgent_ones_have_a_turn() -> None:
    queue = Queue()
    with queue.turns.reserved():
        tasks = [queue.take(name) for name in "a1B"]
        await eventually(lambda: queue.had)
        for name in "CD":
            await queue.take(name)
        assert queue.had == list("BCD")
    await asyncio.gather(*tasks)
    assert queue.had == list("BCDa1")


async def test_an_urgent_one_ends_a_turn_after_its_grace() -> None:
    queue = Queue()
    held = queue.take("a", 5)
    await eventually(lambda: queue.had)
    await asyncio.gather(queue.take("B"), queue.mark("early", 0.9 * GRACE_S), queue.mark("late", 1.1 * GRACE_S))
    assert queue.had == ["a", "early", "B", "late"]
    with pytest.raises(TimeoutError):
        await held


@pytest.mark.parametrize("holder, waiter", ["ab", "AB", "Ab"])
async def test_a_turn_is_not_ended_otherwise(holder: str, waiter: str) -> None:
    queue = Queue()
    held = queue.take(holder, 2 * GRACE_S)
    await eventually(lambda: queue.had)
    await queue.take(waiter)
    await held


async def test_more_urgent_ones_do_not_lengthen_the_grace() -> None:
    queue = Queue()
    held = queue.take("a", 5)
    await eventually(lambda: queue.had)
    late = asyncio.create_task(queue.mark("late", 1.1 * GRACE_S))
    first = queue.take("B")
    await asyncio.sleep(GRACE_S / 2)
    second = queue.take("C")
    await asyncio.gather(first, second, late)
    assert queue.had == ["a", "B", "C", "late"]
    assert isinstance((await asyncio.gather(held, return_exceptions=True))[0], TimeoutError)


async def test_a_turn_that_begins_while_an_urgent_one_waits_is_short() -> None:
    """The urgent one comes after the turn was given away, and before it begins."""
    queue = Queue()
    async with queue.turns.turn(urgent=False):
        given = queue.take("b", 5)
        await asyncio.sleep(0)
        urgent = queue.take("C")
    await asyncio.gather(urgent, queue.mark("early", 0.9 * GRACE_S), queue.mark("late", 1.1 * GRACE_S))
    assert queue.had == ["b", "early", "C", "late"]
    assert isinstance((await asyncio.gather(given, return_exceptions=True))[0], TimeoutError)


async def test_whoever_goes_away_gives_the_turn_on() -> None:
    queue = Queue()
    a, b, c = queue.take("a", 5), queue.take("b", 5), queue.take("c")
    await eventually(lambda: queue.had)
    b.cancel()
    a.cancel()
    await asyncio.wait_for(c, 1)
    assert queue.had == ["a", "c"]


async def test_whoever_goes_away_just_when_it_is_his_turn_gives_it_on() -> None:
    queue = Queue()
    async with queue.turns.turn(urgent=False):
        b, c = queue.take("b", 5), queue.take("c")
        await asyncio.sleep(0)
    b.cancel()
    await asyncio.wait_for(c, 1)
    assert queue.had == ["c"]


async def test_an_error_ends_a_turn() -> None:
    turns = Turns(GRACE_S)
    with pytest.raises(KeyError):
        async with turns.turn(urgent=False):
            raise KeyError
    async with asyncio.timeout(1):
        async with turns.turn(urgent=True):
            pass
