"""Finding smart meters on serial ports: listens at the usual line speeds, then asks as older meters want it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from drivers.push.marks import D0, DLMS, SML, Mark, answer, mark
from drivers.push.port import Line, Port
from hub.errors import LinkError
from hub.model import Role
from hub.model.found import Found, Where

LISTENED = (Line(115_200), Line(9600), Line(2400, 8, "E"), Line(2400))
"""P1; SML, and D0 that talks by itself; DLMS of Austria and Kamstrup; DLMS of Aidon and Kaifa"""
ASKED = Line(300, 7, "E")
LISTEN_S = 12.0
"""longer than any of them is silent: DSMR 2 to 4 and Kamstrup talk every 10 s"""
ANSWER_S = 4.0
_REQUEST = b"/?!\r\n"
_MOST = 16_384
"""bytes in which a meter is known, or not"""
_ROLES = (Role.GRID, Role.METER)
_SPOKEN = {SML: "SML", DLMS: "DLMS", D0: "IEC 62056-21"}


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds: how long to listen at one speed, and for an answer."""

    listen: float = LISTEN_S
    answer: float = ANSWER_S


PACE = Pace()


async def find(where: Where, found: Callable[[Found], None]) -> None:
    """All ports side by side; one that somebody else has is left alone."""

    async def look(path: str) -> None:
        if one := await _meter(Port(LISTENED[0], path), LISTENED, (ASKED,)):
            found(one)

    async with asyncio.TaskGroup() as tasks:
        for path in where.ports:
            tasks.create_task(look(path), name=f"find a meter at {path}")


async def probe(link: str) -> Sequence[Found]:
    """The meter at `link`, at the speed that it names, else at any. Raises ConfigError or LinkError."""
    found = await _meter(*_asked(link))
    if found is None:
        raise LinkError(f"{link}: no smart meter talks there")
    return [found]


async def record(link: str, seconds: float) -> bytes:
    """What the meter says within `seconds`; one that must be asked is asked once. Raises ConfigError or LinkError."""
    port, lines, asks = _asked(link)
    found = await _meter(port, lines, asks)
    if found is None:
        raise LinkError(f"{link}: no smart meter talks there")
    port = Port.parse(found.link, found.driver, port.line)
    try:
        async with _opened(port) as (reader, writer):
            if port.path and port.line.baud == ASKED.baud:
                writer.write(_REQUEST)
            data = b"".join([piece async for piece in _heard(reader, seconds)])
    except OSError as error:
        raise LinkError(f"{link}: {error.strerror or error}") from None
    if not data:
        raise LinkError(f"{link}: has become silent")
    return data


def _asked(link: str) -> tuple[Port, Sequence[Line], Sequence[Line]]:
    """The port, the lines to listen at, and those to ask at."""
    port = Port.parse(link, "meter", LISTENED[0])
    if port.path and not urlsplit(link).query:
        return port, LISTENED, (ASKED,)
    asks = (port.line,) if port.line.baud == ASKED.baud else ()
    return port, () if asks else (port.line,), asks


# -- one port ----------------------------------------------------------------------------------------------------------


async def _meter(port: Port, lines: Iterable[Line], asks: Iterable[Line]) -> Found | None:
    """None when there is none, or the port is not to be had."""
    try:
        for line in lines:
            told, heard = await _listen(replace(port, line=line))
            if told:
                return _found(port, _seven(line) if told.parity else line, told)
            if not heard:
                break  # a wrong speed would give wrong bytes, not none
        for line in asks:
            if told := await _ask(replace(port, line=line)):
                return _found(port, line, told, asked=True)
    except (OSError, LinkError):  # TimeoutError and SerialException are OSErrors
        return None
    return None


async def _listen(port: Port) -> tuple[Mark | None, bool]:
    """What was understood, and whether anything came at all."""
    data = b""
    async with _opened(port) as (reader, _):
        async for piece in _heard(reader, PACE.listen):
            data = (data + piece)[-_MOST:]
            if told := mark(data):
                return told, True
    return None, bool(data)


async def _ask(port: Port) -> Mark | None:
    data = b""
    async with _opened(port) as (reader, writer):
        writer.write(_REQUEST)
        async for piece in _heard(reader, PACE.answer):
            data += piece
            if told := answer(data):
                return told
    return None


@asynccontextmanager
async def _opened(port: Port) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await port.open()
    try:
        yield reader, writer
    finally:
        writer.close()
        await asyncio.sleep(0)  # the port is given back by the loop, and may be wanted at once


async def _heard(reader: asyncio.StreamReader, seconds: float) -> AsyncIterator[bytes]:
    """Piece after piece, for so long or until the stream ends."""
    until = asyncio.get_running_loop().time() + seconds
    while True:
        try:
            async with asyncio.timeout_at(until):
                piece = await reader.read(4096)
        except TimeoutError:
            return
        if not piece:
            return
        yield piece


def _seven(line: Line) -> Line:
    """The same line as its parity bit says that it is."""
    return replace(line, bits=7, parity="E")


def _found(port: Port, line: Line, told: Mark, asked: bool = False) -> Found:
    link = f"serial://{port.path}?{line.text}" if port.path else f"tcp://{port.host}:{port.tcp}"
    options = {"mode": "listen"} if told.name == D0 and not asked else {}
    return Found(
        told.name,
        link,
        _ROLES,
        model=told.ident,
        options=options,
        how=f"{_SPOKEN.get(told.name, 'P1')} {'when asked' if asked else 'that it sends by itself'}",
        needs=("key",) if told.sealed else (),
    )
