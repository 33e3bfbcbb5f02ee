"""Lines of wishes: one per device, in order, bounded."""

from __future__ import annotations

import asyncio
import logging

import pytest

from hub.errors import Refused
from hub.mqtt.wishes import LINES, WAITING, Wishes


class Desk:
    """The heat pump does not answer until it is told to; the plug refuses a value of `?`."""

    def __init__(self) -> None:
        self.pump = asyncio.Event()
        self.done: list[tuple[str, str]] = []

    async def submit(self, point_id: str, value: str, person: str) -> None:
        if not point_id.startswith("plug"):
            await self.pump.wait()
        if value == "?":
            raise Refused("bad_value")
        self.done.append((point_id, value))


async def turns(count: int = 20) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


def test_a_silent_device_holds_up_only_itself() -> None:
    async def play() -> None:
        desk = Desk()
        async with asyncio.TaskGroup() as tasks:
            wishes = Wishes(tasks, desk.submit)
            for state in (1, 2, 3, 4):
                wishes.put("shems/heatpump/sg_ready/set", str(state).encode())
            for value in (b"?", b" true "):
                wishes.put("shems/plug/on/set", value)
            await turns()
            assert desk.done == [("plug.on", "true")]
            desk.pump.set()
        assert desk.done[1:] == [("heatpump.sg_ready", str(n)) for n in (1, 2, 3, 4)]

    asyncio.run(play())


def test_what_finds_no_place_is_refused_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    async def play() -> None:
        desk = Desk()
        async with asyncio.TaskGroup() as tasks:
            wishes = Wishes(tasks, desk.submit)
            for n in range(WAITING + 1):
                wishes.put("shems/heatpump/sg_ready/set", str(n).encode())
            for n in range(LINES):
                wishes.put(f"shems/no{n}/such/set", b"1")
            await turns()
            desk.pump.set()
        assert len(desk.done) == WAITING + LINES - 1

    asyncio.run(play())
    assert [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING] == [
        "shems/heatpump/sg_ready/set: refused: 8 wishes wait for this device already",
        "shems/no63/such/set: refused: 64 devices have wishes waiting already",
    ]
