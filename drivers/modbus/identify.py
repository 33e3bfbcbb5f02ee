"""What a Modbus unit is, by the maps that say how their device is told from others. Reads only, and not much."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from drivers.modbus.blocks import Block, Limits, blocks
from drivers.modbus.catalogue import load, names
from drivers.modbus.device_map import DeviceMap, Face, PointMap
from drivers.modbus.image import Words
from drivers.modbus.link import ModbusLink
from drivers.modbus.registers import Image, Register
from hub.errors import ConfigError, LinkError, NoAnswer, Refused
from hub.model import Role
from hub.model.found import Found

MOST_READS = 40
_LIMITS = Limits(registers=64, gap=0)
"""only neighbours together: one register that a device lacks must not hide another"""
_TELLING = ("power", "soc", "energy", "status")
_MISSES = 2
"""a device may be silent about a register that it lacks, but not about all"""


class SparingLink(ModbusLink):
    """A link for looking around: after `left` requests it is over."""

    def __init__(self, address: str, maps: Iterable[DeviceMap], left: int = MOST_READS) -> None:
        """Rests as long as the most sensitive of `maps` wants."""
        buses = [m.bus for m in maps]
        super().__init__(
            address, max((b.pause_s for b in buses), default=0), max((b.connect_s for b in buses), default=0)
        )
        self.left = left

    async def read(
        self, unit: int, function: int, address: int, count: int, until: float = 0.0, idle: bool = False
    ) -> tuple[int, ...]:
        if self.left <= 0:
            raise LinkError(f"{self.address}: asked often enough")
        self.left -= 1
        return await super().read(unit, function, address, count, until, idle)


def catalogue() -> dict[str, DeviceMap]:
    """Every map that can be used; takes a second."""
    found = {}
    for name in names():
        try:
            found[name] = load(name)
        except ConfigError:
            continue
    return found


def units(maps: Iterable[DeviceMap]) -> tuple[int, ...]:
    """What makers set at the factory, the most usual first."""
    return tuple(unit for unit, _ in Counter(m.bus.unit for m in maps).most_common())


async def identified(bus: ModbusLink, unit: int, maps: Mapping[str, DeviceMap]) -> list[Found]:
    """The devices of `unit` whose map says so: several when they are told by other registers, or by serial numbers."""
    image = await _registers(bus, unit, (r for m in maps.values() for i in m.identify for r in i.reading.registers))
    fitting = {
        name: m for name, m in maps.items() if m.identify and all(identity.holds(image) for identity in m.identify)
    }
    best: dict[object, _Seen] = {}
    for one in sorted(await _seen(bus, unit, fitting), key=_rank):
        told_by = tuple(identity.reading.register for identity in one.map.identify)
        best.setdefault(one.info.get("serial") or told_by, one)
    return [one.found(bus.address, unit) for one in best.values()]


@dataclass(frozen=True, slots=True)
class _Seen:
    """A map that fits, and the `roles` of it that the device fills with values."""

    name: str
    map: DeviceMap
    roles: tuple[Role, ...]
    info: Mapping[str, str]

    def found(self, address: str, unit: int) -> Found:
        info = self.info
        return Found(
            "modbus",
            address,
            self.roles,
            info.get("vendor") or self.map.vendor,
            info.get("model") or self.map.models[0],
            info.get("serial", ""),
            info.get("firmware", ""),
            {"map": self.name, "unit": unit},
            f"what map {self.name} is told by",
        )


def _rank(seen: _Seen) -> tuple[int, int, str]:
    """The map that explains most of the device, and of those the one that claims least besides."""
    return -len(seen.roles), len(seen.map.roles), seen.name


async def _seen(bus: ModbusLink, unit: int, fitting: Mapping[str, DeviceMap]) -> list[_Seen]:
    info = await _registers(bus, unit, (r for m in fitting.values() for i in m.info.values() for r in i.registers))
    told = [p for m in fitting.values() for face in m.faces.values() for p in _telling(face)]
    image = await _registers(bus, unit, (r for point in told for r in point.registers))
    return [
        _Seen(name, m, _roles(m, image), {key: reading.text(info) for key, reading in m.info.items()})
        for name, m in fitting.items()
    ]


def _roles(map_: DeviceMap, image: Image) -> tuple[Role, ...]:
    """Those that the device fills with values; what it is itself comes before the meter that it reads."""
    filled = [role for role, face in map_.faces.items() if any(p.of(image) is not None for p in _telling(face))]
    return tuple(sorted(filled or map_.roles, key=lambda role: role in (Role.GRID, Role.METER)))


def _telling(face: Face) -> list[PointMap]:
    """By a few of its points it is seen whether the device has this side."""
    names = {p.name: p for p in face.points}
    return [names[name] for name in _TELLING if name in names] or list(face.points[:2])


def registers(map_: DeviceMap) -> Iterator[Register]:
    """All that its points need."""
    return (r for face in map_.faces.values() for p in face.points for r in p.registers)


async def _registers(bus: ModbusLink, unit: int, wanted: Iterable[Register]) -> Image:
    """What the unit says of each, as far as it does."""
    words, misses = Words(), 0
    for block in blocks(wanted, _LIMITS):
        try:
            words.add(block, await _said(bus, unit, block))
        except Refused:
            continue
        except LinkError:
            misses += 1
            if misses >= _MISSES:
                break
    return words.of


async def _said(bus: ModbusLink, unit: int, block: Block) -> tuple[int, ...]:
    """Asked once more where nothing is said: an answer that is lost must not make a known device an unknown one."""
    try:
        return await bus.read(unit, block.function, block.address, block.count)
    except NoAnswer:
        return await bus.read(unit, block.function, block.address, block.count)


def unknown(address: str, unit: int) -> Found:
    """Somebody who speaks Modbus and does not say who it is."""
    return Found(
        "modbus",
        address,
        (),
        options={"unit": unit},
        how=f"an answer to Modbus at unit {unit}",
        certain=False,
        needs=("map",),
    )


def of_serial(found: Sequence[Found]) -> frozenset[str]:
    return frozenset(f.serial for f in found if f.serial)
