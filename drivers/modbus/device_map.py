"""A device map: the registers of one device family as data, and the parser of its TOML form.

The schema is closed: an unknown key is an error with a suggestion. `docs/device-maps.md` explains each key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from drivers.modbus.blocks import MAX_GAP, MAX_REGISTERS, Limits
from drivers.modbus.registers import FORMS, TEXT, Reading, Register, Write, size
from hub.model import CommandSpec, Role, Wear, quantity
from hub.model.document import Document, Table

VERIFIED = ("facts", "vector", "hardware")
"""how far a map is proven: read in a source, checked against a register image, seen on a real device"""
INFO = ("vendor", "model", "serial", "firmware")

_TOP = ("vendor", "models", "roles", "source", "firmware", "verified", "bus", "info", "points", "commands")
_BUS = ("unit", "function", "type", "words", "max_registers", "max_gap", "pause_ms", "write_function")
_REGISTER = ("address", "function", "type", "words", "length")
_READING = (*_REGISTER, "scale", "bit", "missing", "values")
_WRITE = (*_REGISTER, "scale", "value", "values")
_RANGE = ("low", "high", "step")
_COMMAND = (*_RANGE, "tolerance", "settle_ms", "watchdog_s", "register", "read_back", "writes", "prepare")
_ANY = 1e12
_SETTLE_MS = 800


@dataclass(frozen=True, slots=True)
class PointMap:
    """A quantity and its register; `slow` ones are read every few seconds only."""

    name: str
    reading: Reading
    slow: bool = False


@dataclass(frozen=True, slots=True)
class CommandMap:
    """How a quantity is set. `prepare` goes before the first `writes` of a connection; then `read_back` is read."""

    name: str
    spec: CommandSpec
    writes: tuple[Write, ...]
    prepare: tuple[Write, ...]
    read_back: str


@dataclass(frozen=True, slots=True)
class DeviceMap:
    vendor: str
    models: tuple[str, ...]
    roles: tuple[Role, ...]
    source: str
    firmware: str
    verified: str
    unit: int
    limits: Limits
    pause_s: float
    info: Mapping[str, Reading]
    points: tuple[PointMap, ...]
    commands: tuple[CommandMap, ...]

    def point(self, name: str) -> PointMap:
        return next(p for p in self.points if p.name == name)

    def command(self, name: str) -> CommandMap | None:
        return next((c for c in self.commands if c.name == name), None)


def parse(text: str, where: str) -> DeviceMap:
    """Raises ConfigError that names map, key and remedy."""
    return _Parser(where, Document.load(text, where)).device()


class _Parser(Document):
    """Walks the document once; what `bus` says holds for every register that does not say otherwise."""

    def __init__(self, where: str, doc: Table) -> None:
        super().__init__(where)
        self.doc = doc
        self.bus = self.table(doc, "bus")

    def device(self) -> DeviceMap:
        doc, bus = self.doc, self.bus
        self.keys(doc, "", _TOP)
        self.keys(bus, "bus", _BUS)
        points, info, commands = (self.table(doc, k) for k in ("points", "info", "commands"))
        self.keys(info, "info", INFO)
        if not points:
            raise self.error("points", "is missing; a device has at least one point")
        return DeviceMap(
            vendor=self.need(doc, "vendor"),
            models=self.some(doc, "models"),
            roles=tuple(Role(self.one_of("roles", role, Role)) for role in self.some(doc, "roles")),
            source=self.need(doc, "source"),
            firmware=self.get(doc, "firmware", str, ""),
            verified=self.one_of("verified", self.need(doc, "verified"), VERIFIED),
            unit=self.whole(bus, "bus.unit", 1, 0, 255),
            limits=Limits(
                self.whole(bus, "bus.max_registers", MAX_REGISTERS, 1, 125),
                self.whole(bus, "bus.max_gap", MAX_GAP, -1, 124),
            ),
            pause_s=self.whole(bus, "bus.pause_ms", 0, 0, 10_000) / 1000,
            info={k: self.reading(info, f"info.{k}", _READING) for k in info},
            points=tuple(self.point(points, name) for name in points),
            commands=tuple(self.command(commands, name, list(points)) for name in commands),
        )

    def point(self, points: Table, name: str) -> PointMap:
        at = f"points.{name}"
        self.vocabulary(at, name)
        reading = self.reading(points, at, (*_READING, "poll"))
        choices = quantity(name).choices
        for word in reading.values.values() if choices else ():
            self.one_of(f"{at}.values", word, choices)
        poll = self.one_of(f"{at}.poll", self.table(points, at).get("poll", "fast"), ("fast", "slow"))
        return PointMap(name, reading, poll == "slow")

    def reading(self, parent: Table, at: str, known: tuple[str, ...]) -> Reading:
        t = self.table(parent, at)
        self.keys(t, at, known)
        return Reading(
            self.register(t, at, self.whole(self.bus, "bus.function", 3, 3, 4), (3, 4)),
            self.scale(t, at),
            self.whole(t, f"{at}.bit", 0, 0, 63) if "bit" in t else None,
            tuple(self.get({"missing": m}, f"{at}.missing", int, 0) for m in self.get(t, f"{at}.missing", list, [])),
            {self.raw(f"{at}.values", k): v for k, v in self.table(t, f"{at}.values").items()},
        )

    def command(self, commands: Table, name: str, points: list[str]) -> CommandMap:
        at = f"commands.{name}"
        t = self.table(commands, at)
        self.vocabulary(at, name)
        self.keys(t, at, _COMMAND)
        writes, prepare = (self.writes(t, f"{at}.{k}") for k in ("writes", "prepare"))
        if not writes:
            raise self.error(f"{at}.writes", "is missing; list what is written")
        read_back = self.one_of(f"{at}.read_back", t.get("read_back", name), points)
        return CommandMap(name, self.spec(t, at, name), writes, prepare, read_back)

    def spec(self, t: Table, at: str, name: str) -> CommandSpec:
        low, high, step = (self.number(t, f"{at}.{k}", 0, -_ANY, _ANY) if k in t else None for k in _RANGE)
        return CommandSpec(
            name,
            low,
            high,
            step,
            settle_ms=self.whole(t, f"{at}.settle_ms", _SETTLE_MS, 0, 600_000),
            heartbeat_s=self.number(t, f"{at}.watchdog_s", 0, 0, 86_400),
            wear=Wear(self.one_of(f"{at}.register", t.get("register", "volatile"), Wear)),
            tolerance=self.number(t, f"{at}.tolerance", 0, 0, _ANY),
        )

    def writes(self, t: Table, at: str) -> tuple[Write, ...]:
        return tuple(self.write(self.table({"write": w}, f"{at}.write"), at) for w in self.get(t, at, list, []))

    def write(self, t: Table, at: str) -> Write:
        self.keys(t, at, _WRITE)
        return Write(
            self.register(t, at, self.whole(self.bus, "bus.write_function", 16, 6, 16), (6, 16)),
            self.scale(t, at),
            self.whole(t, f"{at}.value", 0, -(2**31), 2**32 - 1) if "value" in t else None,
            {float(self.raw(f"{at}.values", k)): v for k, v in self.table(t, f"{at}.values").items()},
        )

    def register(self, t: Table, at: str, function: int, functions: tuple[int, int]) -> Register:
        if "address" not in t:
            raise self.error(f"{at}.address", "is missing; give the 0-based register address")
        kind = self.one_of(f"{at}.type", t.get("type", self.bus.get("type", "u16")), (*FORMS, TEXT))
        words = self.one_of(f"{at}.words", t.get("words", self.bus.get("words", "high")), ("high", "low"))
        length = self.whole(t, f"{at}.length", 1, 1, 125) if kind == TEXT else size(kind)
        found = self.whole(t, f"{at}.function", function, 1, 127)
        if found not in functions or (found == 6 and length != 1):
            raise self.error(f"{at}.function", f"is {found}; use {functions[0]} or {functions[1]} (6: one register)")
        return Register(self.whole(t, f"{at}.address", 0, 0, 65_536 - length), found, kind, length, words == "low")

    # -- leaves ------------------------------------------------------------------------------------------------------

    def vocabulary(self, at: str, name: str) -> None:
        try:
            quantity(name)
        except KeyError as e:
            raise self.error(at, str(e.args[0])) from None

    def some(self, t: Table, at: str) -> tuple[str, ...]:
        found = self.texts(t, at)
        if not found:
            raise self.error(at, "is missing; list at least one")
        return found

    def scale(self, t: Table, at: str) -> float:
        found = self.number(t, f"{at}.scale", 1.0, -_ANY, _ANY)
        if not found:
            raise self.error(f"{at}.scale", "must not be 0")
        return found

    def raw(self, at: str, text: str) -> int:
        try:
            return int(text, 0)
        except ValueError:
            raise self.error(at, f"{text!r} is not a register's number") from None
