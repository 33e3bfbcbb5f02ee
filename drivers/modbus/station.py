"""One unit on a Modbus link with all its devices: what is read when, and what a command does.

A hybrid is several devices of the site document with one unit and one map: it is read once for all of them.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence

from drivers.modbus.catalogue import InForce
from drivers.modbus.device_map import CommandMap
from drivers.modbus.link import ModbusLink
from drivers.modbus.member import Member
from drivers.modbus.orders import Orders
from drivers.modbus.raw import readings
from drivers.modbus.reader import Reader
from drivers.modbus.registers import Image, Register
from hub.errors import ConfigError, LinkError, NoAnswer, Refused
from hub.model import Clock, Command, Sink
from hub.model.clock import until_tick
from hub.model.heard import Reading

log = logging.getLogger(__name__)

POLL_S = {"fast": 1.0, "slow": 5.0, "rare": 60.0}
_LOOK_S = 3.0
"""how often it is looked whether the map has changed"""
_REREAD_S = (0.01, 0.02, 0.05, 0.1, 0.2)
_JUDGE_S = 0.1
"""what is left of the settle time for whoever judges the last reading"""
_REFUSALS = 5
"""passes in a row in which a unit says nothing but that it is busy, or has failed: then it is as good as lost"""
_LONGEST_S = 3.0
"""a command that takes long to settle may take so long to be written"""


def passes(period_s: float) -> dict[str, int]:
    """Every how many passes a poll class is read. One that is asked more often than once a second counts passes."""
    return {poll: max(1, round(every_s / max(period_s, 1.0))) for poll, every_s in POLL_S.items()}


def ages(period_s: float) -> dict[str, float]:
    """Seconds between two readings of a poll class."""
    return {poll: period_s * every for poll, every in passes(period_s).items()}


class Station:
    """Polls its unit every `period_s` and puts one batch a pass."""

    def __init__(
        self, members: Sequence[Member], unit: int, map_: InForce, link: ModbusLink, clock: Clock, period_s: float
    ) -> None:
        self.members = {m.spec.id: m for m in members}
        self._unit = unit
        self._map = map_
        self._link = link
        self._clock = clock
        self._period_s = period_s
        self._every = passes(period_s)
        self._reader = Reader(link, unit, map_.map.bus.limits)
        self._orders = Orders(link, unit, map_.map.keepalive)
        self._known = False
        self._refusals = 0
        self._look_at = 0.0
        self._images: dict[str, Image] = {}
        """what was read last, by poll class"""
        self._written_at: dict[str, float] = {}
        """when a point was last written or read back: a pass that began before has an older value of it"""

    # -- reading -----------------------------------------------------------------------------------------------------

    async def run(self, sink: Sink) -> None:
        """Lives as long as the link is wanted; a unit that is lost is asked again ever more seldom."""
        count = 0
        while True:
            self._follow(sink)
            try:
                await self._pass(sink, {poll for poll, every in self._every.items() if count % every == 0})
                count += 1
                pause = until_tick(self._clock, self._period_s)
            except LinkError as error:
                self._orders.lost()
                count = 0
                pause = self._missed(str(error), sink)
            await asyncio.sleep(pause)

    async def keep_alive(self) -> None:
        """Never returns."""
        await self._orders.keep_alive()

    async def _pass(self, sink: Sink, polls: set[str]) -> None:
        if not self._known:
            info = await self._info()
            for member in self.members.values():
                member.told(info)
        if "rare" in polls:
            self._reader.try_again()
        began = _now()
        image = await self._reader.read(self._registers(polls))
        if image.left_out and not image.words:
            self._refusals += 1
            if self._refusals >= _REFUSALS:
                raise NoAnswer(f"{image.why}; nothing of it can be read")
            return
        self._refusals = 0
        self._known = True
        self._images |= dict.fromkeys(polls, image)
        now = self._clock.now()
        for member in self.members.values():
            member.pulse.answered(member.device, sink)
        batch = (m for member in self.members.values() for m in member.measure(image, polls, now))
        sink.put(m for m in batch if self._written_at.get(m.point, 0.0) < began)

    def _registers(self, polls: set[str]) -> list[Register]:
        return [r for m in self.members.values() for p in m.face.points if p.poll in polls for r in p.registers]

    def raw(self, device: str) -> tuple[Reading, ...]:
        """The registers of a device as they were read last."""
        return readings(self.members[device].face.points, self._images)

    def _missed(self, reason: str, sink: Sink) -> float:
        """Seconds until the next try."""
        pause = max(member.pulse.missed(member.device.id, reason, sink) for member in self.members.values())
        self._known = all(member.pulse.known for member in self.members.values())
        return max(pause, self._link.retry_s)

    async def _info(self) -> Mapping[str, str]:
        """What the unit says of itself."""
        readings = self._map.map.info
        image = await Reader(self._link, self._unit, self._map.map.bus.limits).read(
            r for reading in readings.values() for r in reading.registers
        )
        return {key: reading.text(image) for key, reading in readings.items()}

    def _follow(self, sink: Sink) -> None:
        """The owner's map may have been changed: from now on it is as it says."""
        now = self._clock.monotonic()
        if now < self._look_at:
            return
        self._look_at = now + _LOOK_S
        try:
            if not self._map.look():
                return
        except ConfigError as error:
            log.error("%s; what it said before holds", error)
            return
        map_ = self._map.map
        log.info("map %s: read again", self._map.name)
        self._reader = Reader(self._link, self._unit, map_.bus.limits)
        self._images = {}
        self._orders.keepalive = map_.keepalive
        for member in self.members.values():
            member.fit(map_)
            if member.pulse.known:
                sink.seen(member.device)

    # -- writing -----------------------------------------------------------------------------------------------------

    async def apply(self, command: Command, sink: Sink) -> None:
        """Writes, then reads back until the device shows it or its settle time is nearly over.

        Raises NoAnswer or Refused.
        """
        start = _now()
        device, _, name = command.point.partition(".")
        member = self.members[device]
        known = member.face.command(name)
        if known is None:
            raise Refused(f"{command.point}: the device has no such command")
        settled = start + known.spec.settle_ms / 1000 - _JUDGE_S
        until = max(start + self._link.write_s(self._unit), min(settled, start + _LONGEST_S)) + known.rests_s(
            command.value
        )
        self._written_at[f"{device}.{known.read_back}"] = start
        misses = member.pulse.misses
        try:
            await self._orders.carry_out(command.point, known, command.value, until)
        except NoAnswer as error:
            # writes may leave reads no time, so a write without answer tells of a loss too
            if self._known and member.pulse.misses == misses:
                self._missed(str(error), sink)
            raise
        await self._read_back(member, known, command, min(until, settled), sink)

    async def _read_back(self, member: Member, known: CommandMap, command: Command, until: float, sink: Sink) -> None:
        registers = member.face.point(known.read_back).registers
        until = max(until, _now() + _JUDGE_S)
        for pause in _pauses():
            if _now() + pause > until:
                return
            if pause:
                await asyncio.sleep(pause)
            try:
                image = await self._reader.read(registers, until)
            except NoAnswer:
                return
            if not image.tells(registers):
                continue
            (shown,) = member.values(image, lambda p: p.name == known.read_back, self._clock.now())
            self._written_at[shown.point] = _now()
            sink.put([shown])
            if known.spec.shows(command.value, shown.value):
                return

    async def release(self, until: float) -> None:
        """Gives the device back to itself, where its map says how."""
        await self._orders.release(until)


def _now() -> float:
    return asyncio.get_running_loop().time()


def _pauses() -> Sequence[float]:
    return (0.0, *_REREAD_S, *[_REREAD_S[-1]] * 15)
