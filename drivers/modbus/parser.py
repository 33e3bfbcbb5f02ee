"""The TOML form of a device map to a `DeviceMap`.

`format.py` says what may stand where; here the parts are put together, and what only the whole can tell is checked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from drivers.modbus.blocks import MAX_GAP, MAX_REGISTERS, Limits
from drivers.modbus.device_map import Bus, CommandMap, DeviceMap, Face, Identity, Keepalive, PointMap
from drivers.modbus.format import MAP, ROLES
from drivers.modbus.registers import BIT, TEXT, Reading, Register, Source, Sum, Term, encode, size
from drivers.modbus.transforms import TRANSFORMS
from drivers.modbus.writes import Part, Write
from hub.errors import Refused
from hub.model import CommandSpec, Role, Value, Wear, quantity
from hub.model.document import Document, Table

_BIT_FUNCTIONS = (1, 2, 5)
_MERGED = ("points", "commands")
_WORDS = {"true": True, "false": False}


def parse(text: str, where: str, base: Callable[[str], str] | None = None) -> DeviceMap:
    """The map in `text`; `base` gives the text of the map that it rests on.

    Raises ConfigError that names map, key and remedy.
    """
    doc = Document.load(text, where)
    MAP.check(Document(where), "", doc)
    if "base" in doc and base is not None:
        below = f"{where}: base {doc['base']}"
        rests_on = Document.load(base(doc["base"]), below)
        MAP.check(Document(below), "", rests_on)
        if "base" in rests_on:
            raise Document(where).error("base", f"{doc['base']!r} has a base itself; name that one")
        doc = _joined(rests_on, {k: v for k, v in doc.items() if k != "base"})
        MAP.check(Document(where), "", doc)
    return _Parser(where, doc).device()


def _joined(below: Table, above: Table, depth: int = 0) -> Table:
    """Tables are joined key by key down to single points and commands, which are replaced whole."""
    made = dict(below)
    for key, value in above.items():
        old = made.get(key)
        joins = isinstance(value, Mapping) and isinstance(old, Mapping) and (depth == 0 or key in _MERGED)
        made[key] = _joined(old, value, depth + 1) if joins and isinstance(old, Mapping) else value
    return made


class _Parser(Document):
    """Walks a document that has its form already; what `bus` says holds for whatever does not say otherwise."""

    def __init__(self, where: str, doc: Table) -> None:
        super().__init__(where)
        self.doc = doc
        self.bus: Table = doc.get("bus", {})

    def device(self) -> DeviceMap:
        doc = self.doc
        return DeviceMap(
            vendor=doc["vendor"],
            models=tuple(doc["models"]),
            source=doc["source"],
            firmware=doc.get("firmware", ""),
            verified=doc["verified"],
            notes=tuple(doc.get("notes", ())),
            bus=_bus(self.bus),
            identify=tuple(self.identity(t, f"identify[{n}]") for n, t in enumerate(doc.get("identify", ()))),
            info={k: self.reading(t, f"info.{k}") for k, t in doc.get("info", {}).items()},
            keepalive=self.keepalive(),
            faces=self.faces(),
        )

    def faces(self) -> Mapping[Role, Face]:
        """By role: a part of its own, else the one that is at the head."""
        parts = {Role(r): self.face(self.doc[r], f"{r}.") for r in ROLES if r in self.doc}
        listed = [Role(r) for r in self.doc.get("roles", ())]
        shared = [role for role in listed if role not in parts]
        if not shared and ("points" in self.doc or not parts):
            raise self.error("roles", "is missing; list which roles a device with these points can have")
        if not shared:
            return {role: parts[role] for role in (*listed, *(r for r in parts if r not in listed))}
        if not self.doc.get("points"):
            raise self.error("points", f"is missing; a {shared[0]} has at least one point")
        head = self.face(self.doc, "")
        return {role: parts.get(role, head) for role in (*listed, *(r for r in parts if r not in listed))}

    def face(self, doc: Table, at: str) -> Face:
        points: Table = doc.get("points", {})
        if not points:
            raise self.error(f"{at}points", "is missing; a device has at least one point")
        commands: Table = doc.get("commands", {})
        return Face(
            tuple(self.point(t, f"{at}points.{name}", name) for name, t in points.items()),
            tuple(self.command(t, f"{at}commands.{name}", name, list(points)) for name, t in commands.items()),
        )

    def keepalive(self) -> Keepalive | None:
        t = self.doc.get("keepalive")
        if t is None:
            return None
        writes = self.writes(t, "keepalive.writes")
        for n, write in enumerate(writes):
            if not write.fixed:
                raise self.error(f"keepalive.writes[{n}].value", "is missing; a keepalive writes fixed values")
        return Keepalive(t["every_s"], writes)

    def identity(self, t: Table, at: str) -> Identity:
        reading = Reading(self.register(t, at, "function", 3))
        equals = t.get("one_of", [t["equals"]] if "equals" in t else [])
        if ("starts" in t or any(isinstance(e, str) for e in equals)) != (reading.register.kind == TEXT):
            raise self.error(at, "a text register has a text to compare with, any other a number")
        return Identity(reading, tuple(equals), t.get("starts", ""))

    # -- points ------------------------------------------------------------------------------------------------------

    def point(self, t: Table, at: str, name: str) -> PointMap:
        source: Source = self.sum(t, at) if "sum" in t else self.reading(t, at)
        if isinstance(source, Reading):
            self.vocabulary(source, at, name)
        transform = TRANSFORMS[t["transform"]] if "transform" in t else None
        return PointMap(name, source, t.get("poll", "fast"), transform)

    def sum(self, t: Table, at: str) -> Sum:
        other = next((k for k in t if k not in ("sum", "poll", "transform")), None)
        if other:
            raise self.error(f"{at}.{other}", "does not go with sum; each of its registers has its own")
        terms = enumerate(t["sum"])
        return Sum(tuple(Term(self.reading(r, f"{at}.sum[{n}]"), r.get("optional", False)) for n, r in terms))

    def reading(self, t: Table, at: str) -> Reading:
        register = self.register(t, at, "function", 3)
        bits = tuple(t.get("bits", [t["bit"]] if "bit" in t else []))
        if bits and (register.kind[0] in "ft" or bits[0] > bits[-1] or bits[-1] >= 16 * register.length):
            raise self.error(at, f"a register of type {register.kind} has no bits {bits[0]} to {bits[-1]}")
        if "asleep" in t and not t.get("missing"):
            raise self.error(f"{at}.asleep", "is the value for the raw numbers of missing; list them")
        exponent = self.register(t["exponent"], f"{at}.exponent", "function", 3) if "exponent" in t else None
        return Reading(
            register,
            t.get("scale", 1.0),
            t.get("offset", 0.0),
            exponent,
            bits,
            tuple(t.get("missing", ())),
            {k if register.kind == TEXT else self.raw(f"{at}.values", k): v for k, v in t.get("values", {}).items()},
            float(t["asleep"]) if "asleep" in t else None,
        )

    def vocabulary(self, reading: Reading, at: str, name: str) -> None:
        """A word is one of the quantity's; a quantity of words has nothing else."""
        choices = quantity(name).choices
        for key, word in reading.values.items():
            if choices or isinstance(word, str):
                self.one_of(f"{at}.values.{key}", word, choices)
        if choices and not reading.values:
            raise self.error(f"{at}.values", f"is missing; {name} is one of {', '.join(choices)}")
        if reading.register.kind == TEXT and not reading.values:
            raise self.error(f"{at}.values", "is missing; say what each text means")

    # -- commands ----------------------------------------------------------------------------------------------------

    def command(self, t: Table, at: str, name: str, points: list[str]) -> CommandMap:
        prepare, writes, release = (self.writes(t, f"{at}.{k}") for k in ("prepare", "writes", "release"))
        if name not in points:
            raise self.error(at, f"needs a point {name!r}; say where the device shows what it was told")
        read_back = self.one_of(f"{at}.read_back", t.get("read_back", name), points)
        for n, write in enumerate(release):
            if not write.fixed:
                raise self.error(f"{at}.release[{n}].value", "is missing; a release writes fixed values")
        return CommandMap(name, _spec(t, name), writes, prepare, release, read_back)

    def writes(self, t: Table, at: str) -> tuple[Write, ...]:
        return tuple(self.write(w, f"{at}[{n}]") for n, w in enumerate(t.get(at.rpartition(".")[2], ())))

    def write(self, t: Table, at: str) -> Write:
        parts, address = [], t["address"]
        for n, part in enumerate(t.get("block", [t])):
            parts.append(self.part(t | part | {"address": address}, f"{at}.block[{n}]" if "block" in t else at))
            address = parts[-1].register.end
        length = address - t["address"]
        if parts[0].register.function == 6 and length != 1:
            raise self.error(f"{at}.function", "is 6, which writes one register; use 16")
        return Write(tuple(parts), frozenset(t.get("when", ())), t.get("pause_ms", 0) / 1000)

    def part(self, t: Table, at: str) -> Part:
        register = self.register(t, at, "write_function", 16)
        if register.kind == TEXT:
            raise self.error(f"{at}.type", "is text; a number is written")
        made = Part(
            register,
            t.get("scale", 1.0),
            t.get("offset", 0.0),
            float(t["value"]) if "value" in t else None,
            {self.wanted(f"{at}.values", k): float(v) for k, v in t.get("values", {}).items()},
            {k: float(v) for k, v in t.get("signs", {}).items()},
            t.get("magnitude", False),
        )
        self.fit(made, at)
        return made

    def fit(self, part: Part, at: str) -> None:
        """What is written as it stands in the map fits into its register."""
        fixed = [] if part.constant is None else [part.constant]
        for raw in (*fixed, *part.values.values(), *part.signs.values()):
            try:
                encode(part.register, raw)
            except Refused as error:
                raise self.error(at, str(error)) from None

    # -- leaves ------------------------------------------------------------------------------------------------------

    def register(self, t: Table, at: str, default: str, function: int) -> Register:
        found: int = t.get("function", self.bus.get(default, function))
        if found in _BIT_FUNCTIONS:
            kind, length = BIT, 1
        else:
            kind = t.get("type", self.bus.get("type", "u16"))
            length = t.get("length", 1) if kind == TEXT else size(kind)
        if t["address"] + length > 65_536:
            raise self.error(f"{at}.address", f"must be a number from 0 to {65_536 - length}, not {t['address']}")
        low = t.get("words", self.bus.get("words", "high")) == "low"
        return Register(t["address"], found, kind, length, low)

    def raw(self, at: str, key: str) -> int:
        try:
            return int(key, 0)
        except ValueError:
            raise self.error(at, f"{key!r} is not a register's number") from None

    def wanted(self, at: str, key: str) -> Value:
        try:
            return _WORDS[key] if key in _WORDS else float(key)
        except ValueError:
            raise self.error(at, f"{key!r} is neither a number nor true or false") from None


def _bus(t: Table) -> Bus:
    return Bus(
        t.get("unit", 1),
        Limits(t.get("max_registers", MAX_REGISTERS), t.get("max_gap", MAX_GAP)),
        t.get("pause_ms", 0) / 1000,
        t.get("connect_ms", 0) / 1000,
        t.get("timeout_ms", 0) / 1000,
        t.get("period_s", 0.0),
        t.get("one_client", False),
        t.get("port", 502),
        t.get("baud", 9600),
        t.get("parity", "N"),
        t.get("stop", 1),
    )


def _spec(t: Table, name: str) -> CommandSpec:
    found: dict[str, Any] = {k: float(t[k]) for k in ("low", "high", "step") if k in t}
    return CommandSpec(
        name,
        **found,
        settle_ms=t.get("settle_ms", 800),
        heartbeat_s=t.get("watchdog_s", 0.0),
        wear=Wear(t.get("register", "volatile")),
        tolerance=t.get("tolerance", 0.0),
        writes_a_day=t.get("writes_a_day", 100),
        shown=t.get("shown", True),
    )
