"""The published definitions, and registers made of them by hand: neither our code nor pysunspec2's has a part in it."""

from __future__ import annotations

import json
import random
import struct
from collections.abc import Iterator, Mapping
from decimal import Decimal
from importlib.resources import files
from typing import Any

_FORMS = {
    "int16": ">h",
    "uint16": ">H",
    "count": ">H",
    "acc16": ">H",
    "enum16": ">H",
    "bitfield16": ">H",
    "sunssf": ">h",
    "int32": ">i",
    "uint32": ">I",
    "acc32": ">I",
    "enum32": ">I",
    "bitfield32": ">I",
    "int64": ">q",
    "uint64": ">Q",
    "acc64": ">Q",
    "float32": ">f",
}
_ABSENT = {
    "int16": b"\x80\0",
    "sunssf": b"\x80\0",
    "acc16": b"\0\0",
    "int32": b"\x80\0\0\0",
    "acc32": bytes(4),
    "int64": b"\x80" + bytes(7),
    "acc64": bytes(8),
    "float32": b"\x7f\xc0\0\0",
    "ipaddr": bytes(4),
    "ipv6addr": bytes(16),
    "pad": b"\x80\0",
}
Expected = dict[str, Any]


def definitions() -> dict[int, Any]:
    """The models by number, as pysunspec2 brings them along."""
    folder = files("sunspec2").joinpath("models", "json")
    told = [json.loads(f.read_text("utf-8")) for f in folder.iterdir() if f.name.startswith("model_")]
    return {model["id"]: model for model in told}


class Maker:
    """One model's registers and what they say by `model.point`, with values from `dice`; `absent`: with the marks of
    points that are not implemented instead, but for the scale factors and counts."""

    def __init__(self, model: Mapping[str, Any], dice: random.Random, absent: bool = False) -> None:
        self._id = model["id"]
        self._dice = dice
        self._absent = absent
        self.expected: Expected = {}
        self.symbols: Expected = {}
        self._counted = {"N", *_counters(model["group"])}
        body = self._group(model["group"], str(self._id), {})[4:]
        self.expected[f"{self._id}.L"] = len(body) // 2
        self.words = struct.unpack(f">{len(body) // 2 + 2}H", struct.pack(">2H", self._id, len(body) // 2) + body)

    def _group(self, group: Mapping[str, Any], path: str, outer: Mapping[str, int]) -> bytes:
        told = {p["name"]: self._dice.randint(-3, 2) for p in group["points"] if p["type"] == "sunssf"}
        told |= {p["name"]: 2 for p in group["points"] if p["name"] in self._counted and not path.count(".")}
        known = {**outer, **told}
        data = b"".join(self._point(point, f"{path}.{point['name']}", known) for point in group["points"])
        for inner in group.get("groups", ()):
            times = 1 if "count" not in inner else 2
            names = [inner["name"] if "count" not in inner else f"{inner['name']}[{n + 1}]" for n in range(times)]
            data += b"".join(self._group(inner, f"{path}.{name}", known) for name in names)
        return data

    def _point(self, point: Mapping[str, Any], code: str, known: Mapping[str, int]) -> bytes:
        kind, size = point["type"], 2 * point["size"]
        if code.endswith((f"{self._id}.ID", f"{self._id}.L")) and code.count(".") == 1:
            self.expected[code] = self._id
            return bytes(2)
        if kind == "pad":
            return _ABSENT[kind]
        if point["name"] in known and (kind == "sunssf" or code.count(".") == 1):
            self.expected[code] = known[point["name"]]
            return struct.pack(_FORMS[kind], known[point["name"]])
        if self._absent:
            return bytes(size) if kind == "string" else _ABSENT.get(kind, b"\xff" * size)
        return self._value(point, code, known)

    def _value(self, point: Mapping[str, Any], code: str, known: Mapping[str, int]) -> bytes:
        kind, size = point["type"], 2 * point["size"]
        if kind == "string":
            self.expected[code] = f"t{self._dice.randrange(10 ** min(4, size - 1))}"[:size]
            return str(self.expected[code]).encode().ljust(size, b"\0")
        if kind in ("ipaddr", "ipv6addr", "eui48"):
            self.expected[code], data = _ADDRESSES[kind]
            return data
        if kind == "float32":
            self.expected[code] = float(self._dice.randrange(-4000, 4000)) / 4
            return struct.pack(">f", self.expected[code])
        raw = self._raw(point)
        power = known[point["sf"]] if isinstance(point.get("sf"), str) else point.get("sf", 0)
        self.expected[code] = float(Decimal(raw).scaleb(power))
        if names := ", ".join(_named(point, raw)):
            self.symbols[f"{code}.symbol"] = names
        return struct.pack(_FORMS[kind], raw)

    def _raw(self, point: Mapping[str, Any]) -> int:
        kind = point["type"]
        if kind.startswith("enum") and point.get("symbols"):
            return int(self._dice.choice(point["symbols"])["value"])
        if kind.startswith("int"):
            return self._dice.choice((-1, 1)) * self._dice.randrange(1, 30_000)
        return self._dice.randrange(1, 30_000)


_ADDRESSES = {
    "ipaddr": ("192.168.1.40", bytes([192, 168, 1, 40])),
    "ipv6addr": ("fe80::1", b"\xfe\x80" + bytes(13) + b"\x01"),
    "eui48": ("02:00:5E:10:00:01", bytes([0, 0, 2, 0, 0x5E, 0x10, 0, 1])),
}


def _named(point: Mapping[str, Any], raw: int) -> Iterator[str]:
    bits = point["type"].startswith("bitfield")
    for symbol in point.get("symbols", ()):
        if (raw >> symbol["value"] & 1) if bits else raw == symbol["value"]:
            yield symbol["name"]


def _counters(group: Mapping[str, Any]) -> Iterator[str]:
    for inner in group.get("groups", ()):
        if isinstance(inner.get("count"), str):
            yield inner["count"]
        yield from _counters(inner)
