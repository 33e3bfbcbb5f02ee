"""Where P1 bytes come from: a serial port or a TCP socket (network P1 readers, ser2net), behind one small opener."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import serial_asyncio

from hub.errors import ConfigError

_OPEN_S = 5.0


@dataclass(frozen=True, slots=True)
class Port:
    """`serial:///dev/ttyUSB0?baud=115200` (DSMR 4 and 5: 115200 8N1; 2.2 and 3: `baud=9600&bits=7&parity=E`) or `tcp://host:port`."""

    path: str = ""
    baud: int = 115_200
    bits: int = 8
    parity: str = "N"
    host: str = ""
    tcp: int = 0

    @staticmethod
    def parse(link: str) -> Port:
        """Raises ConfigError that names the link and what is expected."""
        parts = urlsplit(link)
        keys = {key: values[-1] for key, values in parse_qs(parts.query).items()}
        try:
            if parts.scheme == "serial" and parts.path:
                return Port(
                    parts.path,
                    int(keys.get("baud", 115_200)),
                    int(keys.get("bits", 8)),
                    keys.get("parity", "N").upper(),
                )
            if parts.scheme == "tcp" and parts.hostname and parts.port:
                return Port(host=parts.hostname, tcp=parts.port)
        except ValueError as error:
            raise ConfigError(link, f"not a P1 link: {error}") from None
        raise ConfigError(link, "not a P1 link; expected serial:///dev/ttyUSB0?baud=115200 or tcp://host:port")

    @property
    def address(self) -> str:
        return self.path or f"{self.host}:{self.tcp}"

    async def open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Raises OSError (pyserial's SerialException is one) or TimeoutError."""
        async with asyncio.timeout(_OPEN_S):
            if not self.path:
                return await asyncio.open_connection(self.host, self.tcp)
            reader, writer = await serial_asyncio.open_serial_connection(
                url=self.path, baudrate=self.baud, bytesize=self.bits, parity=self.parity
            )
            return reader, writer
