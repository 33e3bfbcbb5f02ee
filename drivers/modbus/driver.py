"""The Modbus driver: one link (TCP, RTU, RTU over TCP) and the devices on it, each described by a device map."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from drivers.modbus.catalogue import load
from drivers.modbus.device_map import DeviceMap
from drivers.modbus.link import ModbusLink
from drivers.modbus.station import Station
from hub.errors import NoAnswer, Refused
from hub.model import Clock, Command, Device, DeviceSpec, Driver, Link, Point, Sink
from hub.model.document import Document

_OPTIONS = ("map", "unit", "poll_s")
_PERIOD_S = 1.0


def build(link: str, devices: Sequence[DeviceSpec], clock: Clock) -> Driver:
    """A driver for the bus at `link`; raises ConfigError for a link, a map or an option that cannot be."""
    maps = {spec.id: _map(spec) for spec in devices}
    shared = ModbusLink(link, max(m.pause_s for m in maps.values()))
    return ModbusDriver(shared, [_station(spec, maps[spec.id], shared, clock) for spec in devices])


class ModbusDriver:
    """Owns the link; each station polls for itself, and the link lets one request pass at a time."""

    def __init__(self, link: ModbusLink, stations: Sequence[Station]) -> None:
        self._link = link
        self._stations = {s.device.id: s for s in stations}
        self._sink: Sink | None = None

    @property
    def devices(self) -> tuple[Device, ...]:
        return tuple(s.device for s in self._stations.values())

    async def run(self, sink: Sink) -> None:
        self._sink = sink
        try:
            async with asyncio.TaskGroup() as tasks:
                for station in self._stations.values():
                    tasks.create_task(station.run(sink), name=f"poll {station.device.id}")
        finally:
            self._sink = None
            self._link.close()

    async def apply(self, command: Command) -> None:
        station = self._stations.get(command.point.partition(".")[0])
        if station is None:
            raise Refused(f"{command.point}: no such device on this link")
        if self._sink is None:
            raise NoAnswer(f"{self._link.address}: not started")
        await station.apply(command, self._sink)


def _station(spec: DeviceSpec, map_: DeviceMap, link: ModbusLink, clock: Clock) -> Station:
    options, at = Document("site"), f"devices.{spec.id}"
    options.keys(spec.options, at, _OPTIONS)
    unit = options.whole(spec.options, f"{at}.unit", map_.unit, 0, 255)
    period_s = options.number(spec.options, f"{at}.poll_s", _PERIOD_S, 0.05, 10)
    return Station(_device(spec, map_, link.address), unit, map_, link, clock, period_s)


def _map(spec: DeviceSpec) -> DeviceMap:
    options, at = Document("site"), f"devices.{spec.id}"
    found = load(options.need(spec.options, f"{at}.map"))
    options.one_of(f"{at}.role", spec.role.value, found.roles)
    return found


def _device(spec: DeviceSpec, map_: DeviceMap, address: str) -> Device:
    """The device as its map tells, before it has answered."""
    writable = {c.name for c in map_.commands}
    return Device(
        spec.uid,
        spec.id,
        spec.role,
        Link("modbus", address),
        vendor=map_.vendor,
        model=map_.models[0],
        behind=spec.behind,
        points=tuple(Point.of(spec.uid, spec.id, p.name, p.name in writable) for p in map_.points),
        commands=tuple(replace(c.spec, point=f"{spec.id}.{c.name}") for c in map_.commands),
    )
