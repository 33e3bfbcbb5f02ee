"""Who is there, before anybody is asked what it is: open ports, the framing behind one, and how a serial line is set.

Reads one register of a unit at a time and waits for its answer; whatever is not meant, a device has to ignore.
"""

from __future__ import annotations

import asyncio
import logging
import termios
from collections.abc import Iterable, Iterator, Sequence

import serial

from drivers.modbus.address import Address
from drivers.modbus.link import READ_HOLDING, ModbusLink
from hub.errors import LinkError, Refused

log = logging.getLogger(__name__)

GATEWAYS = (4196, 8899, 20_108)
"""ports at which converters speak RTU as they leave the factory: Waveshare, Elfin, PUSR"""
BAUDS = (9600, 19_200, 38_400, 57_600, 115_200)
FRAMINGS = ("parity=N", "parity=E", "parity=N&stop=2")
"""8N1, 8E1, 8N2; the last is the last, as most that are set to it answer to 8N1 too"""
UNITS = (1, 2, 3, 247, 126)
"""of a line, the most usual first"""
WALK_S = 60.0
"""how long a line's setting is looked for, at most: 75 questions that nobody answers take 50 s"""
NET_UNITS = (1, 255, 2, 3, 247, 126, 71)
_KNOCK_S = 0.8
LISTEN_S = 1.5
"""a master asks once a second at least"""
PAUSE_S = 0.1
"""what the most sensitive device of the catalogue wants between two requests"""


async def open_ports(host: str, ports: Iterable[int]) -> list[int]:
    """Those that take a connection; all are tried at once, so that a host that is none costs `_KNOCK_S`."""
    wanted = list(ports)
    opened = await asyncio.gather(*(_open(host, port) for port in wanted))
    return [port for port, there in zip(wanted, opened, strict=True) if there]


async def taken(address: str) -> bool:
    """Whether a connection to this link on the net is taken. Raises ConfigError."""
    at = Address.parse(address)
    return bool(await open_ports(at.host, [at.port]))


async def _open(host: str, port: int) -> bool:
    try:
        async with asyncio.timeout(_KNOCK_S):
            _, writer = await asyncio.open_connection(host, port)
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True


async def framed(host: str, port: int) -> str | None:
    """The link at which any unit answers: Modbus TCP first, RTU frames where nobody understands that."""
    for scheme in ("tcp", "rtu+tcp"):
        address = f"{scheme}://{host}:{port}"
        if await _anybody(address, NET_UNITS):
            return address
    return None


def settings(path: str) -> Iterator[str]:
    """The links of a serial port at every usual speed and framing."""
    yield from (f"serial://{path}?baud={baud}&{framing}" for framing in FRAMINGS for baud in BAUDS)


async def walked(path: str, units: Sequence[int] = UNITS) -> str | None:
    """The link of the serial port at which a unit answers, within WALK_S; None for nobody, or while another has it.

    Each unit is asked at every setting before the next unit is: mostly it is the first. On a line where somebody talks
    already nobody is asked: an inverter that lost its own meter there would stop.
    """
    if await asyncio.to_thread(_in_use, path):
        log.info("%s: somebody talks there already, so that it is left alone", path)
        return None
    try:
        async with asyncio.timeout(WALK_S):
            for unit in units:
                for address in settings(path):
                    if await _anybody(address, (unit,)):
                        return address
    except TimeoutError:
        pass
    return None


def _in_use(path: str) -> bool:
    """Whether anything is heard; at another speed it is garbage, but it is heard."""
    try:
        with serial.Serial(path, BAUDS[0], timeout=LISTEN_S, exclusive=True) as line:
            return bool(line.read(1))
    except (OSError, termios.error):  # SerialException is an OSError
        return False


async def _anybody(address: str, units: Iterable[int]) -> bool:
    bus = ModbusLink(address, PAUSE_S)
    try:
        for unit in units:
            if await answers(bus, unit):
                return True
    finally:
        bus.close()
    return False


async def answers(bus: ModbusLink, unit: int) -> bool:
    """Whether anybody is there; a refusal is an answer too."""
    try:
        await bus.read(unit, READ_HOLDING, 0, 1)
    except Refused:
        return True
    except LinkError:
        return False
    return True
