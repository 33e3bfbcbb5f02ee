"""Where a meter's bytes come from: a serial port or a TCP socket (network readers, ser2net): one opener."""

from __future__ import annotations

import asyncio
import termios
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import parse_qs, urlsplit

import serial_asyncio

from hub.errors import ConfigError, LinkError
from hub.model.document import hint

_OPEN_S = 5.0
_KEYS = ("baud", "bits", "parity", "stop")


@dataclass(frozen=True, slots=True)
class Line:
    """How a serial port is set: bits per second, data bits, parity N, E or O, stop bits."""

    baud: int = 9600
    bits: int = 8
    parity: str = "N"
    stop: int = 1

    @property
    def text(self) -> str:
        return f"baud={self.baud}&bits={self.bits}&parity={self.parity}&stop={self.stop}"


@dataclass(frozen=True, slots=True)
class Port:
    """`serial:///dev/serial/by-id/...?baud=115200` or `tcp://host:port`."""

    line: Line
    path: str = ""
    host: str = ""
    tcp: int = 0

    @staticmethod
    def parse(link: str, name: str, usual: Line) -> Port:
        """`name`: what the meter's language is called; `usual`: its line. Raises ConfigError."""
        try:
            parts = urlsplit(link)
            given = {key: values[-1] for key, values in parse_qs(parts.query, keep_blank_values=True).items()}
            if parts.scheme == "serial" and parts.path:
                return Port(_line(given, usual), parts.path)
            if parts.scheme == "tcp" and parts.hostname and parts.port and not given:
                return Port(usual, host=parts.hostname, tcp=parts.port)
        except ValueError as error:
            raise ConfigError(link, f"not a {name} link: {error}") from None
        expected = f"serial:///dev/ttyUSB0?{usual.text} or tcp://host:port"
        raise ConfigError(link, f"not a {name} link; expected {expected}")

    @property
    def address(self) -> str:
        return self.path or f"{self.host}:{self.tcp}"

    async def open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Raises OSError (pyserial's SerialException is one), TimeoutError, or LinkError."""
        async with asyncio.timeout(_OPEN_S):
            if not self.path:
                try:
                    return await asyncio.open_connection(self.host, self.tcp)
                except UnicodeError:
                    raise LinkError(f"{self.host} is no name that a host can have") from None
            line = self.line
            try:
                reader, writer = await serial_asyncio.open_serial_connection(
                    url=self.path,
                    baudrate=line.baud,
                    bytesize=line.bits,
                    parity=line.parity,
                    stopbits=line.stop,
                    exclusive=True,
                )
            except termios.error as error:
                raise LinkError(f"the port cannot be set to {line.text}: {error.args[-1]}") from None
            return reader, writer


def set_baud(writer: asyncio.StreamWriter, baud: int) -> None:
    """The open serial port goes on at `baud`; a socket stays as it is. Raises OSError or LinkError."""
    port = writer.get_extra_info("serial")
    if port is None or port.baudrate == baud:
        return
    try:
        port.baudrate = baud
    except termios.error as error:
        raise LinkError(f"the port cannot be set to {baud} baud: {error.args[-1]}") from None


def _line(given: Mapping[str, str], usual: Line) -> Line:
    """Raises ValueError that names the key."""
    for key in given:
        if key not in _KEYS:
            raise ValueError(f"unknown key {key!r}{hint(key, _KEYS)}")
    numbers = {key: _number(key, given[key]) for key in ("baud", "bits", "stop") if key in given}
    parity = given.get("parity", usual.parity).upper()
    if parity not in ("N", "E", "O"):
        raise ValueError(f"parity is N (none), E (even) or O (odd), not {parity!r}")
    return replace(usual, parity=parity, **numbers)


def _number(key: str, text: str) -> int:
    ranges = {"baud": range(50, 4_000_001), "bits": (7, 8), "stop": (1, 2)}
    if not (text.isascii() and text.isdigit() and int(text[:8]) in ranges[key]):
        raise ValueError(f"{key}={text} is not possible")
    return int(text)
