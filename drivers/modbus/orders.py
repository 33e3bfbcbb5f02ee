"""What is written to one unit: commands with their preparation, what keeps the device obedient, and its release."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Iterable

from drivers.modbus.device_map import CommandMap, Keepalive
from drivers.modbus.link import ModbusLink
from drivers.modbus.writes import Write
from hub.errors import LinkError, Refused
from hub.model import Value

log = logging.getLogger(__name__)


class Orders:
    """`keepalive` is written from the first command on: a hub that only watches writes nothing."""

    def __init__(self, link: ModbusLink, unit: int, keepalive: Keepalive | None) -> None:
        self.keepalive = keepalive
        self._link = link
        self._unit = unit
        self._prepared: dict[str, int] = {}
        """how many of a command's preparing writes the device has taken since it was last lost"""
        self._held: dict[str, CommandMap] = {}
        """commands that the device has got and that it has not been released from, by point"""
        self._first = asyncio.Event()
        self._writing = asyncio.Lock()
        """the writes of one command are not mixed with those of another"""
        self._kept_at = 0.0
        self._said = ""

    def lost(self) -> None:
        """The device may have been restarted: it is prepared anew."""
        self._prepared.clear()
        self._kept_at = 0.0

    async def carry_out(self, point: str, command: CommandMap, value: Value, until: float) -> None:
        """Raises NoAnswer or Refused."""
        for write in command.writes:
            if write.goes(value):
                write.words(value)  # what cannot be is refused before anything is written
        async with self._writing:
            with self._link.reserved():
                await self._command(point, command, value, until)

    async def _command(self, point: str, command: CommandMap, value: Value, until: float) -> None:
        self._held[point] = command
        if self.keepalive and not self._kept_at:
            await self._keep(self.keepalive, until)
        for write in command.prepare[self._prepared.get(point, 0) :]:
            await self._write(write, value, until)
            self._prepared[point] = self._prepared.get(point, 0) + 1
        await self._all(command.writes, value, until)
        self._first.set()

    async def keep_alive(self) -> None:
        """Never returns."""
        await self._first.wait()
        while True:
            now = asyncio.get_running_loop().time()
            keepalive = self.keepalive
            if keepalive is None or not self._held:
                await asyncio.sleep(1.0)
            elif now < self._kept_at + keepalive.every_s:
                await asyncio.sleep(self._kept_at + keepalive.every_s - now)
            else:
                await self._try_keeping(keepalive)

    async def _try_keeping(self, keepalive: Keepalive) -> None:
        """A device that does not answer is the poll's matter; one that refuses is told of once."""
        try:
            async with self._writing:
                await self._keep(keepalive)
            self._said = ""
        except LinkError:
            await asyncio.sleep(min(1.0, keepalive.every_s))
        except Refused as error:
            if str(error) != self._said:
                self._said = str(error)
                log.warning("keepalive: %s", error)
            await asyncio.sleep(keepalive.every_s)

    async def _keep(self, keepalive: Keepalive, until: float = 0.0) -> None:
        await self._all(keepalive.writes, 0, until)
        self._kept_at = asyncio.get_running_loop().time()

    async def release(self, until: float) -> None:
        """Gives the device back to itself, as far as it answers and its map says how."""
        for point, command in self._held.items():
            try:
                await self._all(command.release, 0, until)
            except (LinkError, Refused) as error:
                log.warning("%s: not released: %s", point, error)
        self._held.clear()

    async def _all(self, writes: Iterable[Write], value: Value, until: float) -> None:
        for write in writes:
            if write.goes(value):
                await self._write(write, value, until)

    async def _write(self, write: Write, value: Value, until: float) -> None:
        """A device may take its time for many writes, not for one."""
        until = min(until or math.inf, asyncio.get_running_loop().time() + self._link.write_s(self._unit))
        await self._link.write(self._unit, write.function, write.address, write.words(value), until)
        if write.pause_s:
            await asyncio.sleep(write.pause_s)
