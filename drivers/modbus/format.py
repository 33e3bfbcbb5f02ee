"""The form of a device map, said once: the parser checks by it, and `docs/device-map.schema.json` is made from it.

What each key means in full is in `docs/device-maps.md`; what the registers of a key become is in `parser.py`.
"""

from __future__ import annotations

from typing import Any

from drivers.modbus.registers import FORMS, SIGNS, TEXT
from drivers.modbus.shape import (
    Choice,
    Flag,
    Form,
    Key,
    ListOf,
    Number,
    OneOf,
    Scalar,
    Schema,
    Shape,
    TableOf,
    Text,
    whole,
)
from drivers.modbus.transforms import TRANSFORMS
from hub.model import OWN_ROLES, QUANTITIES, Role, Wear

VERIFIED = ("facts", "example", "vector", "hardware")
"""how far a map is proven: read in a source, checked against a register image made by hand from that source or recorded
from a simulated device, checked against what a real device sent, seen on a real device"""
INFO = ("vendor", "model", "serial", "firmware")
POLLS = ("fast", "slow", "rare")
READS, WRITES = (1, 2, 3, 4), (5, 6, 16)
ROLES = tuple(r.value for r in Role if r not in OWN_ROLES)

_ANY = Number(-1e12, 1e12)
_SCALE = Number(-1e12, 1e12, zero=False)
_TYPE, _WORDS = OneOf((*FORMS, TEXT)), OneOf(("high", "low"))
_REMEDY = {"address": "give the 0-based register address", "writes": "list what is written"}

_REGISTER = {
    "address": Key(whole(0, 65_535), "0-based, as it goes over the wire"),
    "function": Key(Choice(READS), "1 coils, 2 discrete inputs, 3 holding registers, 4 input registers"),
    "type": Key(_TYPE, "how the number is coded; coils and inputs are 0 or 1"),
    "words": Key(_WORDS, "which word of a longer number comes first"),
    "length": Key(whole(1, 125), "registers of a text"),
}
REGISTER = Form("register", _REGISTER, need=("address",), missing=_REMEDY)
_NUMBER = {
    "scale": Key(_SCALE, "value in base units = raw x scale + offset", 1),
    "offset": Key(_ANY, "value in base units = raw x scale + offset", 0),
    "exponent": Key(REGISTER, "a register whose value e makes it raw x 10^e x scale + offset"),
    "missing": Key(ListOf(whole(-(2**63), 2**64 - 1)), 'raw numbers that mean "not available"'),
}
_READING = {
    **_REGISTER,
    **_NUMBER,
    "bit": Key(whole(0, 63), "that bit, as on or off"),
    "bits": Key(ListOf(whole(0, 63), 2, 2), "the bits from the first to the last named, as a number"),
    "values": Key(TableOf(Scalar()), 'raw number or text = word, number or true/false; others mean "not available"'),
}
READING = Form("reading", _READING, need=("address",), only=("bit", "bits"), missing=_REMEDY)
TERM = Form(
    "term",
    {**_REGISTER, **_NUMBER, "optional": Key(Flag(), "counts as 0 when it is not available", False)},
    need=("address",),
    missing=_REMEDY,
)
POINT = Form(
    "point",
    {
        **_READING,
        "sum": Key(ListOf(TERM, 1), "instead of an address: registers that are added up"),
        "asleep": Key(_ANY, "value in base units for a raw one of `missing`: the AC power of an inverter that sleeps"),
        "poll": Key(OneOf(POLLS), "fast: each second, slow: every fifth, rare: every minute", "fast"),
        "transform": Key(OneOf(tuple(TRANSFORMS)), "a named piece of Python, applied last"),
    },
    one=("address", "sum"),
    only=("bit", "bits", "sum"),
    missing=_REMEDY,
)
IDENTITY = Form(
    "identity",
    {
        **_REGISTER,
        "equals": Key(Scalar(), "the number or text that is there"),
        "one_of": Key(ListOf(Scalar(), 1), "the numbers or texts of which one is there"),
        "starts": Key(Text(), "how the text begins"),
    },
    need=("address",),
    one=("equals", "one_of", "starts"),
    missing=_REMEDY | {"equals": "say what is there by equals, one_of or starts"},
)

_RAW = {
    "type": Key(_TYPE, "how the number is coded"),
    "words": Key(_WORDS, "which word of a longer number comes first"),
    "value": Key(Scalar(text=False), "a fixed raw value"),
    "values": Key(TableOf(Scalar(text=False)), "wanted = raw"),
    "signs": Key(TableOf(_ANY, SIGNS, "sign"), "the wanted value's sign = raw"),
    "scale": Key(_SCALE, "raw = (wanted - offset) / scale", 1),
    "offset": Key(_ANY, "raw = (wanted - offset) / scale", 0),
    "magnitude": Key(Flag(), "the wanted value's size without its sign", False),
}
_CONTENT = ("value", "values", "signs")
PART = Form("part", _RAW, only=_CONTENT)
WRITE = Form(
    "write",
    {
        **_RAW,
        "address": _REGISTER["address"],
        "function": Key(Choice(WRITES), "5 one coil, 6 one register, 16 registers"),
        "block": Key(ListOf(PART, 1, 123), "parts that lie one behind the other and go out in one request"),
        "when": Key(ListOf(OneOf(SIGNS), 1, 3), "sent only for a wanted value of that sign"),
        "pause_ms": Key(whole(0, 10_000), "rest after it", 0),
    },
    need=("address",),
    only=("block", *_CONTENT),
    missing=_REMEDY,
)
COMMAND = Form(
    "command",
    {
        "low": Key(_ANY, "least value in base units; 0 is always allowed and pauses"),
        "high": Key(_ANY, "greatest value in base units"),
        "step": Key(_ANY, "smallest difference that the device knows"),
        "tolerance": Key(Number(0, 1e12), "how far the read-back may be off (half a step)"),
        "settle_ms": Key(whole(0, 600_000), "until the device's own reading shows the value", 800),
        "watchdog_s": Key(Number(0, 86_400), "after which the device forgets the value; renewed at half of it", 0),
        "register": Key(OneOf(tuple(w.value for w in Wear)), "where the device keeps it", "volatile"),
        "writes_a_day": Key(whole(1, 100_000), "how often a flash one may be changed", 100),
        "read_back": Key(OneOf(tuple(QUANTITIES)), "the point that shows the value (the same)"),
        "shown": Key(Flag(), "false where not every such device shows what it was told", True),
        "prepare": Key(ListOf(WRITE), "writes that go before the first `writes` of each connection"),
        "writes": Key(ListOf(WRITE, 1), "writes in order"),
        "release": Key(ListOf(WRITE), "writes that give the device back to itself when the hub ends"),
    },
    need=("writes",),
    missing=_REMEDY,
)


def _by_quantity(of: Shape) -> TableOf:
    return TableOf(of, tuple(QUANTITIES), "quantity")


_FACE = {
    "points": Key(_by_quantity(POINT), "what is read, by quantity"),
    "commands": Key(_by_quantity(COMMAND), "what can be set, by quantity"),
}
FACE = Form("face", _FACE)
BUS = Form(
    "bus",
    {
        "unit": Key(whole(0, 255), "unit address when the site document names none", 1),
        "function": Key(Choice(READS), "of each register that does not say otherwise", 3),
        "type": Key(_TYPE, "of each register that does not say otherwise", "u16"),
        "words": Key(_WORDS, "of each register that does not say otherwise", "high"),
        "write_function": Key(Choice(WRITES), "of each write that does not say otherwise", 16),
        "max_registers": Key(whole(1, 125), "how much one request may ask for", 100),
        "max_gap": Key(whole(-1, 124), "how far apart two values may lie to be asked for together; -1: never", 16),
        "pause_ms": Key(whole(0, 10_000), "rest between an answer and the next request", 0),
        "connect_ms": Key(whole(0, 10_000), "rest between the connection and the first request", 0),
        "timeout_ms": Key(whole(200, 15_000), "how long an answer or a write may take at most", 1_000),
        "period_s": Key(Number(0.05, 3_600), "how often it may be asked at most", 1),
        "one_client": Key(Flag(), "it serves one connection only", False),
        "port": Key(whole(1, 65_535), "TCP port from the factory", 502),
        "baud": Key(whole(300, 1_000_000), "speed from the factory", 9600),
        "parity": Key(OneOf(("N", "E", "O")), "parity from the factory", "N"),
        "stop": Key(Choice((1, 2)), "stop bits from the factory", 1),
    },
)
KEEPALIVE = Form(
    "keepalive",
    {
        "every_s": Key(Number(0.5, 86_400), "how often it is written"),
        "writes": Key(ListOf(WRITE, 1), "fixed values, in order"),
    },
    need=("every_s", "writes"),
    missing=_REMEDY,
)
MAP = Form(
    "map",
    {
        "vendor": Key(Text(), "who makes it"),
        "models": Key(ListOf(Text(), 1), "what it is sold as"),
        "roles": Key(ListOf(OneOf(ROLES), 1), "which roles a device with these points can have"),
        "source": Key(Text(), "the documents that the registers were taken from"),
        "firmware": Key(Text(), "firmware or register layout that it was taken from"),
        "verified": Key(
            OneOf(VERIFIED),
            "read in a source, checked against a register image made by hand, checked against what a real device sent, "
            "seen on a real device",
        ),
        "notes": Key(ListOf(Text()), "sentences for whoever installs it"),
        "base": Key(Text(), "a map that holds wherever this one says nothing"),
        "bus": Key(BUS, "how the device wants to be asked"),
        "identify": Key(ListOf(IDENTITY, 1), "registers that tell it from other devices; all must hold"),
        "info": Key(TableOf(READING, INFO, "key"), "where the device tells what it is"),
        "keepalive": Key(KEEPALIVE, "what is written again and again so that it goes on taking commands"),
        **_FACE,
        **{role: Key(FACE, f"points and commands of its {role}") for role in ROLES},
    },
    need=("vendor", "models", "source", "verified"),
    instead="base",
)


def schema() -> Schema:
    """The JSON Schema (2020-12) of a map file, for editors."""
    head: dict[str, Any] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "SHEMS device map",
        "description": "Registers of a Modbus device; explained in docs/device-maps.md",
    }
    forms = (REGISTER, READING, TERM, POINT, IDENTITY, PART, WRITE, COMMAND, FACE, BUS, KEEPALIVE)
    return head | MAP.definition() | {"$defs": {form.name: form.definition() for form in forms}}
