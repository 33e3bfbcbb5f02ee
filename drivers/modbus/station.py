"""One device on a Modbus link: what is read when, and what a command does."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace

from drivers.modbus.blocks import Block, blocks
from drivers.modbus.device_map import CommandMap, DeviceMap, PointMap
from drivers.modbus.link import WRITE_S, ModbusLink, Pulse
from drivers.modbus.registers import Reading, Write
from hub.errors import LinkError, NoAnswer, Refused
from hub.model import Clock, Command, Device, Measurement, Quality, Sink, Value
from hub.model.clock import until_tick

SLOW_EVERY = 5
_REREAD_S = (0.01, 0.02, 0.05, 0.1, 0.2)
_JUDGE_S = 0.1
"""what is left of the settle time for whoever judges the last reading"""


class Station:
    """Polls its device every `period_s` and puts one batch a pass; `slow` points every SLOW_EVERY passes."""

    def __init__(
        self, device: Device, unit: int, map_: DeviceMap, link: ModbusLink, clock: Clock, period_s: float
    ) -> None:
        self.device = device
        self._unit = unit
        self._map = map_
        self._link = link
        self._clock = clock
        self._period_s = period_s
        self._pulse = Pulse()
        self._prepared: dict[str, int] = {}
        """how many of a command's preparing writes the device has taken since it was last lost"""
        self._plans = tuple(self._plan(p for p in map_.points if slow or not p.slow) for slow in (False, True))

    def _plan(self, points: Iterable[PointMap]) -> dict[Block, list[PointMap]]:
        """The requests of a pass and the points that each answers."""
        wanted = list(points)
        registers = [p.reading.register for p in wanted]
        plan: dict[Block, list[PointMap]] = {block: [] for block in blocks(registers, self._map.limits)}
        for point in wanted:
            plan[next(b for b in plan if _holds(b, point.reading))].append(point)
        return plan

    # -- reading -----------------------------------------------------------------------------------------------------

    async def run(self, sink: Sink) -> None:
        """Lives as long as the link is wanted; a device that is lost is asked again ever more seldom."""
        passes = 0
        while True:
            try:
                await self._pass(sink, slow=passes % SLOW_EVERY == 0)
                passes += 1
                pause = until_tick(self._clock, self._period_s)
            except LinkError as error:
                self._prepared.clear()
                passes = 0
                pause = max(self._pulse.missed(self.device.id, str(error), sink), self._link.retry_s)
            await asyncio.sleep(pause)

    async def _pass(self, sink: Sink, slow: bool) -> None:
        if not self._pulse.known:
            self.device = await self._identified()
        values: dict[str, Value | None] = {}
        for block, points in self._plans[slow].items():
            values |= await self._block(block, points)
        self._pulse.answered(self.device, sink)
        self._put(sink, values)

    async def _identified(self) -> Device:
        """The device with what it says of itself; what it refuses to say stays as it was."""
        told: dict[str, str] = {}
        for key, reading in self._map.info.items():
            at = reading.register
            try:
                told[key] = reading.text(await self._link.read(self._unit, at.function, at.address, at.length))
            except Refused:
                continue
        now = self.device
        return replace(
            now,
            vendor=told.get("vendor") or now.vendor,
            model=told.get("model") or now.model,
            serial=told.get("serial") or now.serial,
            firmware=told.get("firmware") or now.firmware,
        )

    async def _block(self, block: Block, points: list[PointMap], until: float = 0.0) -> dict[str, Value | None]:
        """The values of a block; a device that refuses it has none of them."""
        try:
            words = await self._link.read(self._unit, block.function, block.address, block.count, until)
        except Refused:
            return dict.fromkeys((p.name for p in points), None)
        return {p.name: p.reading.of(words[_span(block, p.reading)]) for p in points}

    def _put(self, sink: Sink, values: dict[str, Value | None]) -> None:
        now = self._clock.now()
        sink.put(
            Measurement(f"{self.device.id}.{name}", value, now, Quality.INVALID if value is None else Quality.GOOD)
            for name, value in values.items()
        )

    # -- writing -----------------------------------------------------------------------------------------------------

    async def apply(self, command: Command, sink: Sink) -> None:
        """Writes, then reads back until the device shows it or its settle time is nearly over.

        Raises NoAnswer or Refused.
        """
        start = asyncio.get_running_loop().time()
        name = command.point.partition(".")[2]
        known = self._map.command(name)
        if known is None:
            raise Refused(f"{command.point}: the device has no such command")
        until = start + WRITE_S
        for write in known.prepare[self._prepared.get(name, 0) :]:
            await self._write(write, command.value, until)
            self._prepared[name] = self._prepared.get(name, 0) + 1
        for write in known.writes:
            await self._write(write, command.value, until)
        await self._read_back(known, command.value, min(until, start + known.spec.settle_ms / 1000 - _JUDGE_S), sink)

    async def _write(self, write: Write, value: Value, until: float) -> None:
        at = write.register
        await self._link.write(self._unit, at.function, at.address, write.words(value), until)

    async def _read_back(self, known: CommandMap, wanted: Value, until: float, sink: Sink) -> None:
        point = self._map.point(known.read_back)
        at = point.reading.register
        block = Block(at.function, at.address, at.length)
        loop = asyncio.get_running_loop()
        until = max(until, loop.time() + _JUDGE_S)
        for pause in (0.0, *_REREAD_S, *[_REREAD_S[-1]] * 5):
            if loop.time() + pause > until:
                return
            await asyncio.sleep(pause)
            try:
                values = await self._block(block, [point], until)
            except NoAnswer:
                return
            self._put(sink, values)
            if known.spec.shows(wanted, values[point.name]):
                return


def _holds(block: Block, reading: Reading) -> bool:
    at = reading.register
    return block.function == at.function and block.address <= at.address and at.end <= block.end


def _span(block: Block, reading: Reading) -> slice:
    start = reading.register.address - block.address
    return slice(start, start + reading.register.length)
