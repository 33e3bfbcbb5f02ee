"""Peers that finders look at: pymodbus' own server with a map's register image, and pseudo terminals that talk."""

from __future__ import annotations

import asyncio
import contextlib
import os
import tty
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

from pymodbus.datastore import ModbusDeviceContext, ModbusServerContext, ModbusSparseDataBlock
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
