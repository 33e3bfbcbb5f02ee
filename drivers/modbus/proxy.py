"""A Modbus TCP server for other programs: they read a device through the hub, since many devices serve one client only.

It reads only: every write is refused with exception 1. Its reads wait for those of the hub, and what has been read
within the last second is not asked for again.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from dataclasses import dataclass

from drivers.modbus.blocks import Block
from drivers.modbus.link import DeviceException, ModbusLink
from drivers.modbus.mbap import BUSY, NO_TARGET, BrokenStream, Request, Requests
from hub.errors import ConfigError, LinkError

log = logging.getLogger(__name__)

_FRESH_S = 1.0
_KEPT = 256
"""blocks"""
_WAIT_S = 3.0
_CLIENTS = 16
_IDLE_S = 300.0
_AGAIN_S = 10.0


@dataclass(frozen=True, slots=True)
class Door:
    """Where the proxy listens."""

    host: str
    port: int

    @staticmethod
    def parse(text: str, where: str) -> Door:
        """`host:port`. Raises ConfigError."""
        host, _, port = text.rpartition(":")
        if not host or not port.isdecimal() or not 0 < int(port) < 65_536:
            raise ConfigError("site", f'{where}: {text!r} is not host:port; write for example "127.0.0.1:1502"')
        return Door(host.strip("[]"), int(port))


class Cache:
    """What has been read lately, by unit and block."""

    def __init__(self) -> None:
        self._blocks: OrderedDict[tuple[int, Block], tuple[float, tuple[int, ...]]] = OrderedDict()

    def put(self, unit: int, block: Block, words: tuple[int, ...], now: float) -> None:
        self._blocks[unit, block] = (now, words)
        self._blocks.move_to_end((unit, block))
        if len(self._blocks) > _KEPT:
            self._blocks.popitem(last=False)

    def get(self, unit: int, wanted: Block, now: float) -> tuple[int, ...] | None:
        """The words of a block that holds it, the newest first."""
        for (of, block), (at, words) in reversed(self._blocks.items()):
            if now - at > _FRESH_S:
                return None
            inside = block.address <= wanted.address and wanted.end <= block.end
            if (of, block.function) == (unit, wanted.function) and inside:
                return words[wanted.address - block.address : wanted.end - block.address]
        return None


class Proxy:
    def __init__(self, door: Door, link: ModbusLink) -> None:
        self._door = door
        self._link = link
        self._cache = Cache()
        self._clients: set[asyncio.Task[None]] = set()
        link.on_read = lambda unit, function, address, words: self._cache.put(
            unit, Block(function, address, len(words)), words, _now()
        )

    async def run(self) -> None:
        """Never returns. An address that cannot be had is tried again, and said once."""
        said = False
        while True:
            try:
                server = await asyncio.start_server(self._serve, self._door.host, self._door.port)
            except OSError as error:
                if not said:
                    log.error("proxy %s:%s: %s; tried again", self._door.host, self._door.port, error.strerror)
                said = True
                await asyncio.sleep(_AGAIN_S)
                continue
            try:
                await asyncio.Event().wait()
            finally:
                server.close()
                await self._end_clients()

    async def _end_clients(self) -> None:
        for client in self._clients:
            client.cancel()
        await asyncio.gather(*self._clients, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._clients.add(task)
        try:
            if len(self._clients) <= _CLIENTS:
                await self._talk(reader, writer)
        except (OSError, BrokenStream, TimeoutError) as error:
            log.debug("proxy: a client has gone: %s", error)
        except asyncio.CancelledError:
            pass  # the hub ends: the server's own task has nobody who waits for this one
        finally:
            self._clients.discard(task)
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        requests = Requests()
        while True:
            async with asyncio.timeout(_IDLE_S):
                data = await reader.read(1_024)
            if not data:
                return
            for request in requests.feed(data):
                answer = await self.answer(request)
                if writer.is_closing():
                    return
                writer.write(answer)
                await writer.drain()

    async def answer(self, request: Request) -> bytes:
        if request.wrong:
            return request.exception(request.wrong)
        address, count = request.span
        known = self._cache.get(request.unit, Block(request.function, address, count), _now())
        if known is not None:
            return request.answer(known)
        try:
            async with asyncio.timeout(_WAIT_S):
                words = await self._link.read(request.unit, request.function, address, count, idle=True)
        except TimeoutError:
            return request.exception(BUSY)
        except LinkError:
            return request.exception(NO_TARGET)
        except DeviceException as refused:
            return request.exception(refused.code)
        return request.answer(words)


def _now() -> float:
    return asyncio.get_running_loop().time()
