"""The SunSpec driver: inverters, batteries and meters that describe themselves, over one Modbus link.

Devices of the same unit (a hybrid inverter and its battery) are polled once. Lost after two passes without answer,
which is within 10 s; found again by itself within 5 s of its return.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from drivers.modbus.link import ModbusLink
from drivers.sunspec.member import Member
from drivers.sunspec.options import parse
from drivers.sunspec.unit import Unit
from hub.errors import NoAnswer, Refused
from hub.model import Clock, Command, Device, DeviceSpec, Driver, Sink
from hub.model.heard import Reading


def build(link: str, devices: Sequence[DeviceSpec], clock: Clock) -> Driver:
    """A driver for the Modbus link at `link`; raises ConfigError for a link or options that cannot be."""
    longest: dict[int, float] = {}
    for options in map(parse, devices):
        longest[options.unit] = max(longest.get(options.unit, 0.0), options.timeout_s)
    return SunSpecDriver(ModbusLink(link, longest_s=longest), devices, clock)


class SunSpecDriver:
    """Owns the link; each unit has its own task, one request is in flight."""

    def __init__(self, link: ModbusLink, devices: Sequence[DeviceSpec], clock: Clock) -> None:
        self._link = link
        self._sink: Sink | None = None
        self._members = {spec.id: _member(spec, link) for spec in devices}
        numbers = sorted({member.options.unit for member in self._members.values()})
        self._units = {
            number: Unit(link, number, [m for m in self._members.values() if m.options.unit == number], clock)
            for number in numbers
        }

    @property
    def devices(self) -> tuple[Device, ...]:
        return tuple(member.device for member in self._members.values())

    async def run(self, sink: Sink) -> None:
        self._sink = sink
        try:
            async with asyncio.TaskGroup() as tasks:
                for number, unit in self._units.items():
                    tasks.create_task(unit.run(sink), name=f"sunspec {self._link.address} unit {number}")
                    tasks.create_task(unit.beat(), name=f"heartbeat {self._link.address} unit {number}")
        finally:
            self._sink = None
            self._link.close()

    async def apply(self, command: Command) -> None:
        """Writes, and puts the read-back into the sink, within the link's `write_s`. Raises NoAnswer or Refused."""
        member = self._members.get(command.point.partition(".")[0])
        if member is None:
            raise Refused(f"{command.point}: no such device on this link")
        if self._sink is None:
            raise NoAnswer(f"{self._link.address}: not started")
        await self._units[member.options.unit].apply(member, command, self._sink)

    def raw(self, device: str) -> tuple[Reading, ...]:
        member = self._members.get(device)
        return self._units[member.options.unit].raw() if member else ()


def _member(spec: DeviceSpec, link: ModbusLink) -> Member:
    options = parse(spec)
    return Member(spec, options, link.address, link.slow_s(options.unit))
