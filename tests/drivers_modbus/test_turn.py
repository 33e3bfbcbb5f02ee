"""Whose turn it is: urgent first, then by arrival; nobody who goes away keeps the link."""

from __future__ import annotations

import asyncio

import pytest

from drivers.modbus.turn import Turns
from tests.drivers_modbus.kit import eventually, now

GRACE_S = 0.1


class Queue:
    """Takes turns and writes down who had one."""

    def __init__(self) -> None:
        self.turns = Turns(GRACE_S)
        self.had: list[str] = []

    def take(self, name: str, seconds: float = 0.0) -> asyncio.Task[None]:
        """`Name` in capitals is urgent."""

        async def hold() -> None:
            async with self.turns.turn(urgent=name.isupper()):
                self.had.append(name)
                await asyncio.sleep(seconds)

        return asyncio.create_task(hold())


async def test_urgent_first_then_by_arrival() -> None:
    queue = Queue()
    tasks = [queue.take(name) for name in "abCdEf"]
    await asyncio.gather(*tasks)
    assert queue.had == list("aCEbdf")


async def test_an_urgent_one_ends_a_turn_after_its_grace() -> None:
    queue = Queue()
    begin = now()
    held = queue.take("a", 5)
    await eventually(lambda: queue.had)
    await queue.take("B")
    assert now() - begin == pytest.approx(GRACE_S, abs=0.05)
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
    begin = now()
    held = queue.take("a", 5)
    await eventually(lambda: queue.had)
    first = queue.take("B")
    await asyncio.sleep(GRACE_S / 2)
    second = queue.take("C")
    await asyncio.gather(first, second)
    assert now() - begin == pytest.approx(GRACE_S, abs=0.04)
    assert isinstance((await asyncio.gather(held, return_exceptions=True))[0], TimeoutError)


async def test_a_turn_that_begins_while_an_urgent_one_waits_is_short() -> None:
    """The urgent one comes after the turn was given away, and before it begins."""
    queue = Queue()
    async with queue.turns.turn(urgent=False):
        given = queue.take("b", 5)
        await asyncio.sleep(0)
        urgent = queue.take("C")
    begin = now()
    await urgent
    assert now() - begin == pytest.approx(GRACE_S, abs=0.04)
    assert queue.had == ["b", "C"]
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
