"""The Modbus driver: one link (TCP, RTU, RTU over TCP) and the devices on it, each described by a device map."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from drivers.modbus.catalogue import InForce, Own
from drivers.modbus.link import TIMEOUT_S, ModbusLink
from drivers.modbus.member import TURNED_ROLES, Member
from drivers.modbus.proxy import Door, Proxy
from drivers.modbus.station import Station, ages
from hub.errors import ConfigError, NoAnswer, Refused
from hub.model import Clock, Command, Device, DeviceSpec, Driver, Sink
from hub.model.document import Document
from hub.model.heard import Reading

_OPTIONS = ("map", "unit", "poll_s", "timeout_s", "reversed", "proxy")
_PERIOD_S = 1.0
_RELEASE_S = 1.0
"""how long the hub's end may be put off so that devices are given back to themselves"""


def prepare(data: Path) -> None:
    """The owner's own maps lie in `maps` of the data folder."""
    Own.folder = data / "maps"


def build(link: str, devices: Sequence[DeviceSpec], clock: Clock) -> Driver:
    """A driver for the bus at `link`; raises ConfigError for a link, a map or an option that cannot be."""
    wishes = [_wish(spec) for spec in devices]
    maps = {name: InForce(name, {w.spec.role for w in wishes if w.map == name}) for name in {w.map for w in wishes}}
    for wish in wishes:
        Document("site").one_of(f"devices.{wish.spec.id}.role", wish.spec.role.value, maps[wish.map].map.roles)
    buses = [m.map.bus for m in maps.values()]
    groups: dict[tuple[int, str], list[_Wish]] = {}
    for wish in wishes:
        unit = maps[wish.map].map.bus.unit if wish.unit is None else wish.unit
        groups.setdefault((unit, wish.map), []).append(wish)
    longest: dict[int, float] = {}
    for (unit, name), group in groups.items():
        longest[unit] = max(longest.get(unit, 0.0), _longest_s(group, maps[name]))
    shared = ModbusLink(link, max(b.pause_s for b in buses), max(b.connect_s for b in buses), longest)
    stations = [_station(group, unit, maps[name], shared, clock) for (unit, name), group in groups.items()]
    return ModbusDriver(shared, stations, _door(wishes))


class ModbusDriver:
    """Owns the link; each station polls for itself, and the link lets one request pass at a time."""

    def __init__(self, link: ModbusLink, stations: Sequence[Station], door: Door | None = None) -> None:
        """`door`: where other programs may read through this link."""
        self._link = link
        self._stations = stations
        self._proxy = Proxy(door, link) if door else None
        self._sink: Sink | None = None

    @property
    def devices(self) -> tuple[Device, ...]:
        return tuple(m.device for s in self._stations for m in s.members.values())

    async def run(self, sink: Sink) -> None:
        self._sink = sink
        try:
            async with asyncio.TaskGroup() as tasks:
                for station in self._stations:
                    name = " ".join(station.members)
                    tasks.create_task(station.run(sink), name=f"poll {name}")
                    tasks.create_task(station.keep_alive(), name=f"keep alive {name}")
                if self._proxy:
                    tasks.create_task(self._proxy.run(), name=f"proxy of {self._link.address}")
        finally:
            self._sink = None
            await self._release()
            self._link.close()

    async def _release(self) -> None:
        until = asyncio.get_running_loop().time() + _RELEASE_S
        for station in self._stations:
            await station.release(until)

    async def apply(self, command: Command) -> None:
        device = command.point.partition(".")[0]
        station = next((s for s in self._stations if device in s.members), None)
        if station is None:
            raise Refused(f"{command.point}: no such device on this link")
        if self._sink is None:
            raise NoAnswer(f"{self._link.address}: not started")
        await station.apply(command, self._sink)

    def raw(self, device: str) -> tuple[Reading, ...]:
        return next((s.raw(device) for s in self._stations if device in s.members), ())


@dataclass(frozen=True, slots=True)
class _Wish:
    """The options of a device; None for what its map says."""

    spec: DeviceSpec
    map: str
    unit: int | None
    poll_s: float | None
    timeout_s: float | None
    turned: bool
    door: Door | None


def _wish(spec: DeviceSpec) -> _Wish:
    options, at, given = Document("site"), f"devices.{spec.id}", spec.options
    options.keys(given, at, _OPTIONS)
    turned = options.get(given, f"{at}.reversed", bool, False)
    if turned and spec.role not in TURNED_ROLES:
        raise ConfigError("site", f"{at}.reversed: is for a meter; a {spec.role} has no transformers to turn")
    return _Wish(
        spec,
        options.need(given, f"{at}.map"),
        options.whole(given, f"{at}.unit", 1, 0, 255) if "unit" in given else None,
        options.number(given, f"{at}.poll_s", _PERIOD_S, 0.05, 10) if "poll_s" in given else None,
        options.number(given, f"{at}.timeout_s", 1.0, *TIMEOUT_S) if "timeout_s" in given else None,
        turned,
        Door.parse(options.need(given, f"{at}.proxy"), f"{at}.proxy") if "proxy" in given else None,
    )


def _door(wishes: Sequence[_Wish]) -> Door | None:
    """One for the link, whichever of its devices names it."""
    doors = {w.door: w.spec.id for w in wishes if w.door}
    if len(doors) > 1:
        raise ConfigError("site", f"devices.{list(doors.values())[-1]}.proxy: the link has another already; keep one")
    return next(iter(doors), None)


def _longest_s(group: Sequence[_Wish], map_: InForce) -> float:
    """What an answer of the unit may take: as its owner says, else as its map does; 0 when nobody says."""
    return max((w.timeout_s for w in group if w.timeout_s is not None), default=map_.map.bus.timeout_s)


def _station(group: Sequence[_Wish], unit: int, map_: InForce, link: ModbusLink, clock: Clock) -> Station:
    """Asked as often as the most eager of its devices wants, and not more often than its map allows."""
    at_most_s = map_.map.bus.period_s
    period_s = max(min(w.poll_s or at_most_s or _PERIOD_S for w in group), at_most_s)
    slow_s = link.slow_s(unit)
    members = [Member(w.spec, map_.map, link.address, w.turned, ages(period_s), slow_s) for w in group]
    return Station(members, unit, map_, link, clock, period_s)
