"""A device map: the registers of one device family as data. `parser.py` makes it from TOML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from drivers.modbus.blocks import Limits
from drivers.modbus.registers import Image, Reading, Register, Source
from drivers.modbus.transforms import Transform
from drivers.modbus.writes import Write
from hub.model import CommandSpec, Role, Value


@dataclass(frozen=True, slots=True)
class PointMap:
    """A quantity and where it comes from. `poll`: fast (each pass), slow (every 5 s) or rare (every minute)."""

    name: str
    source: Source
    poll: str = "fast"
    transform: Transform | None = None

    @property
    def registers(self) -> tuple[Register, ...]:
        return (*self.source.registers, *(self.transform.registers if self.transform else ()))

    def of(self, image: Image) -> Value | None:
        value = self.source.of(image)
        return self.transform.apply(value, image) if self.transform else value


@dataclass(frozen=True, slots=True)
class CommandMap:
    """How a quantity is set. `prepare` goes before the first `writes` of a connection; then `read_back` is read.

    `release` gives the device back to itself.
    """

    name: str
    spec: CommandSpec
    writes: tuple[Write, ...]
    prepare: tuple[Write, ...]
    release: tuple[Write, ...]
    read_back: str

    def rests_s(self, value: Value) -> float:
        """How long the device needs between the writes of `value`, seconds."""
        return sum(w.pause_s for w in (*self.prepare, *self.writes) if w.goes(value))


@dataclass(frozen=True, slots=True)
class Face:
    """What a device is in one role."""

    points: tuple[PointMap, ...]
    commands: tuple[CommandMap, ...]

    def point(self, name: str) -> PointMap:
        return next(p for p in self.points if p.name == name)

    def command(self, name: str) -> CommandMap | None:
        return next((c for c in self.commands if c.name == name), None)


@dataclass(frozen=True, slots=True)
class Bus:
    """How the device wants to be asked; `period_s` and `timeout_s` are 0 when the map does not say.

    `port` to `stop` are what the factory sets.
    """

    unit: int
    limits: Limits
    pause_s: float
    connect_s: float
    timeout_s: float
    period_s: float
    one_client: bool
    port: int
    baud: int
    parity: str
    stop: int


@dataclass(frozen=True, slots=True)
class Identity:
    """A register that tells the device from others: it holds one of `equals`, or a text that begins with `starts`."""

    reading: Reading
    equals: tuple[Value, ...] = ()
    starts: str = ""

    def holds(self, image: Image) -> bool:
        value = self.reading.of(image)
        return value in self.equals or bool(self.starts and isinstance(value, str) and value.startswith(self.starts))


@dataclass(frozen=True, slots=True)
class Keepalive:
    """What is written every `every_s` so that the device goes on taking commands."""

    every_s: float
    writes: tuple[Write, ...]


@dataclass(frozen=True, slots=True)
class DeviceMap:
    """`faces` by role; roles that share `[points]` have one and the same."""

    vendor: str
    models: tuple[str, ...]
    source: str
    firmware: str
    verified: str
    notes: tuple[str, ...]
    bus: Bus
    identify: tuple[Identity, ...]
    info: Mapping[str, Reading]
    keepalive: Keepalive | None
    faces: Mapping[Role, Face]

    @property
    def roles(self) -> tuple[Role, ...]:
        return tuple(self.faces)

    @property
    def parted(self) -> tuple[tuple[tuple[Role, ...], Face], ...]:
        """Each face with the roles that have it."""
        found: dict[int, tuple[tuple[Role, ...], Face]] = {}
        for role, face in self.faces.items():
            found[id(face)] = ((*found.get(id(face), ((), face))[0], role), face)
        return tuple(found.values())
