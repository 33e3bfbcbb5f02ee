"""What the hostile peer can be told to do with a request, and how a failure is noted."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable
from typing import Any

from hub.errors import ShemsError
from tests.drivers_modbus.kit import Call, Script, crc, now, right

CARRIERS = ["tcp", "rtu+tcp", "serial"]
RTU = ["rtu+tcp", "serial"]


def says(make: Callable[[Call], bytes]) -> Script:
    async def play(call: Call) -> None:
        call.send(make(call))

    return play


def after(seconds: float, then: Script = right) -> Script:
    async def play(call: Call) -> None:
        await asyncio.sleep(seconds)
        await then(call)

    return play


def pieces(*cuts: int) -> Script:
    """The right answer in pieces: after so many bytes each, then the rest."""

    async def play(call: Call) -> None:
        rest = call.frame()
        for cut in cuts:
            call.send(rest[:cut])
            rest = rest[cut:]
            await asyncio.sleep(0.002)
        call.send(rest)

    return play


def exception(code: int) -> Script:
    return says(lambda c: c.frame(bytes([c.function | 0x80, code])))


def words(call: Call, count: int, function: int | None = None) -> bytes:
    """A read's answer with another count or function than was asked for."""
    body = struct.pack(f">BB{count}H", function or call.function, 2 * count, *range(count))
    return call.frame(body)


def other_talk(call: Call) -> bytes:
    """Somebody else asks another unit for as much, and is answered."""
    unit = call.unit + 1
    request = bytes([unit]) + call.raw[1:-2]
    return request + crc(request) + call.frame(unit=unit)


async def hangs_up(call: Call) -> None:
    call.hang_up()


async def hangs_up_midway(call: Call) -> None:
    call.send(call.frame()[:-3])
    call.hang_up()


async def fails(coroutine: Any) -> tuple[type[ShemsError] | None, float]:
    """With what it failed, and after how many seconds."""
    begin = now()
    try:
        await coroutine
    except ShemsError as error:
        return type(error), now() - begin
    return None, now() - begin
