"""Peers that finders look at: pymodbus' own server with a map's register image, and pseudo terminals that talk."""

from __future__ import annotations

import asyncio
import contextlib
import os
import termios
import tty
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

from pymodbus.datastore import ModbusDeviceContext, ModbusServerContext, ModbusSparseDataBlock
from pymodbus.framer import FramerRTU
from pymodbus.server import ModbusTcpServer

from tests.drivers_modbus.test_maps import TABLES, vector

VECTORS = Path(__file__).parents[3] / "shared" / "vectors"
_BLOCKS = {1: "co", 2: "di", 3: "hr", 4: "ir"}


def unit_of(*names: str, **changed: Mapping[int, int]) -> ModbusDeviceContext:
    """A unit with the registers of these maps' vectors; `hr={40001: 5}` changes some."""
    blocks: dict[str, dict[int, int]] = {}
    for name in names:
        raw: dict[str, Any] = vector(name)
        for function, table in TABLES.items():
            for first, words in raw.get(table, {}).items():
                for n, word in enumerate(words.split()):
                    blocks.setdefault(_BLOCKS[function], {})[int(first, 0) + n] = int(word, 16)
    for block, words in changed.items():
        blocks.setdefault(block, {}).update(words)
    return ModbusDeviceContext(**{block: _block(words) for block, words in blocks.items()})


@contextlib.asynccontextmanager
async def modbus(units: Mapping[int, ModbusDeviceContext]) -> AsyncIterator[int]:
    """The port of a server with these units."""
    server: Any = ModbusTcpServer(
        ModbusServerContext(dict(units), single=False), address=("127.0.0.1", 0), ignore_missing_devices=True
    )
    task = asyncio.create_task(server.serve_forever())
    try:
        while server.transport is None:
            await asyncio.sleep(0.01)
        yield server.transport.sockets[0].getsockname()[1]
    finally:
        await server.shutdown()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def _block(words: dict[int, int]) -> Any:
    return ModbusSparseDataBlock(words)  # type: ignore[no-untyped-call]


class Talker:
    """The other end of a pseudo terminal: says `data` again and again, or answers `asked` with `answer`."""

    def __init__(self, data: bytes = b"", asked: bytes = b"", answer: bytes = b"") -> None:
        self._data, self._asked, self._answer = data, asked, answer
        self.heard = b""

    async def __aenter__(self) -> Talker:
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        self.path = os.ttyname(self._slave)
        os.set_blocking(self._master, False)
        asyncio.get_running_loop().add_reader(self._master, self._listen)
        self._task = asyncio.create_task(self._talk())
        return self

    async def __aexit__(self, *_: object) -> None:
        asyncio.get_running_loop().remove_reader(self._master)
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        os.close(self._master)
        os.close(self._slave)

    def _listen(self) -> None:
        self.heard += os.read(self._master, 4096)
        if self._asked and self.heard.endswith(self._asked):
            os.write(self._master, self._answer)

    async def _talk(self) -> None:
        while self._data:
            for at in range(0, len(self._data), 512):
                with contextlib.suppress(BlockingIOError):  # nobody reads: as on a real line, it is lost
                    os.write(self._master, self._data[at : at + 512])
                await asyncio.sleep(0.005)


class Bus:
    """Units by their holding registers that speak RTU; what a unit lacks it refuses, what is no frame nobody hears."""

    def __init__(self, units: Mapping[int, Mapping[int, int]]) -> None:
        self._units = units
        self.asked: list[tuple[int, int]] = []
        """unit and address of each request that was understood"""

    def answer(self, frame: bytes) -> bytes:
        unit = self._units.get(frame[0]) if len(frame) == 8 and frame[6:] == _crc(frame[:6]) else None
        if unit is None:
            return b""
        address, count = int.from_bytes(frame[2:4]), int.from_bytes(frame[4:6])
        self.asked.append((frame[0], address))
        words = [unit.get(at) for at in range(address, address + count)]
        if frame[1] != 3 or None in words:
            body = bytes((frame[0], frame[1] | 0x80, 2))
        else:
            body = bytes((*frame[:2], 2 * count)) + b"".join((word or 0).to_bytes(2) for word in words)
        return body + _crc(body)

    @contextlib.asynccontextmanager
    async def serial(self, baud: int, stop: int = 1) -> AsyncIterator[str]:
        """A port of that speed and so many stop bits; a pseudo terminal knows no parity."""
        master, slave = os.openpty()
        tty.setraw(slave)

        def listen() -> None:
            frame, set_to = os.read(master, 256), termios.tcgetattr(master)
            if set_to[4] == getattr(termios, f"B{baud}") and bool(set_to[2] & termios.CSTOPB) == (stop == 2):
                os.write(master, self.answer(frame))

        asyncio.get_running_loop().add_reader(master, listen)
        try:
            yield os.ttyname(slave)
        finally:
            asyncio.get_running_loop().remove_reader(master)
            os.close(master)
            os.close(slave)

    @contextlib.asynccontextmanager
    async def converter(self) -> AsyncIterator[int]:
        """The TCP port of a converter that hands on what it gets."""

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while frame := await reader.read(256):
                writer.write(self.answer(frame))
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            server.close()


def _crc(frame: bytes) -> bytes:
    return FramerRTU.compute_CRC(frame).to_bytes(2)
