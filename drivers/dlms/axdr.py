"""COSEM data in A-XDR: a tag, then the value (DLMS UA 1000-2, data type table; IEC 61334-6)."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

from drivers.dlms.hdlc import Broken
from drivers.push.sealed import Incomplete, length

_DEEPEST = 8
_ARRAY, _STRUCTURE, _BOOLEAN, _BITS = 1, 2, 3, 4
_OCTETS, _ENUM = 9, 22
_TEXTS = (10, 12)
_INTEGERS = {15: (1, True), 16: (2, True), 5: (4, True), 20: (8, True)} | {
    tag: (size, False) for tag, size in ((13, 1), (17, 1), (18, 2), (6, 4), (21, 8))
}
_FLOATS = {23: ">f", 24: ">d"}
_TIMES = {25: 12, 26: 5, 27: 4}
_FARTHEST = 840


@dataclass(frozen=True, slots=True)
class Number:
    """An integer or a float, and the tag it came with: an attribute's index is 15, a class 18."""

    value: int | float
    tag: int


@dataclass(frozen=True, slots=True)
class Enumerated:
    """A choice, such as a unit."""

    value: int


Data: TypeAlias = "Number | Enumerated | bytes | str | bool | tuple[Data, ...] | None"


def whole(data: bytes) -> Data:
    """The one value that `data` is; raises Broken for what is none, or has bytes left."""
    value, end = read(data, 0)
    if end != len(data):
        raise Broken(f"{len(data) - end} bytes behind the data's end")
    return value


def read(data: bytes, at: int, depth: int = 0) -> tuple[Data, int]:
    """The value at `at` and where it ends. Raises Broken."""
    if at >= len(data):
        raise Broken("the data end too early")
    tag, at = data[at], at + 1
    if tag in (_ARRAY, _STRUCTURE):
        return _several(data, at, depth)
    if tag in _INTEGERS or tag in _FLOATS:
        return _number(data, at, tag)
    if tag == 0:
        return None, at
    raw, end = _raw(data, at, tag)
    if tag in _TEXTS:
        return raw.decode("utf-8", "replace"), end
    if tag == _BOOLEAN:
        return raw != b"\x00", end
    return (Enumerated(raw[0]) if tag == _ENUM else raw), end


def _several(data: bytes, at: int, depth: int) -> tuple[Data, int]:
    count, at = _length(data, at)
    if depth >= _DEEPEST or count > len(data) - at:
        raise Broken(f"{count} elements do not fit")
    items: list[Data] = []
    for _ in range(count):
        item, at = read(data, at, depth + 1)
        items.append(item)
    return tuple(items), at


def _number(data: bytes, at: int, tag: int) -> tuple[Data, int]:
    if tag in _INTEGERS:
        size, signed = _INTEGERS[tag]
        raw = _take(data, at, size)
        return Number(int.from_bytes(raw, "big", signed=signed), tag), at + size
    raw = _take(data, at, struct.calcsize(_FLOATS[tag]))
    value = float(struct.unpack(_FLOATS[tag], raw)[0])
    return (Number(value, tag) if math.isfinite(value) else None), at + len(raw)


def _raw(data: bytes, at: int, tag: int) -> tuple[bytes, int]:
    """The bytes of what is no number."""
    if tag in (_BOOLEAN, _ENUM):
        return _take(data, at, 1), at + 1
    if tag in _TIMES:
        return _take(data, at, _TIMES[tag]), at + _TIMES[tag]
    if tag in (_OCTETS, *_TEXTS):
        size, at = _length(data, at)
    elif tag == _BITS:
        bits, at = _length(data, at)
        size = (bits + 7) // 8
    else:
        raise Broken(f"data type {tag} is not known")
    return _take(data, at, size), at + size


def _take(data: bytes, at: int, size: int) -> bytes:
    if at + size > len(data):
        raise Broken("the data end too early")
    return data[at : at + size]


def _length(data: bytes, at: int) -> tuple[int, int]:
    try:
        return length(data, at)
    except Incomplete:
        raise Broken("the data end too early") from None
    except ValueError as error:
        raise Broken(str(error)) from None


def moment(raw: bytes) -> tuple[str, int | None] | None:
    """A COSEM date-time of 12 bytes: its local time as ISO text, and UTC ms where it says its offset; None for none.

    The offset is minutes from local time to UTC: -60 in central Europe's winter.
    """
    if len(raw) != 12:
        return None
    year, (month, day), (hour, minute, second) = int.from_bytes(raw[:2], "big"), raw[2:4], raw[5:8]
    offset = int.from_bytes(raw[9:11], "big", signed=True)
    try:
        local = datetime(year, month, day, hour, minute, second)
        utc = (local + timedelta(minutes=offset)).replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
    if not -_FARTHEST <= offset <= _FARTHEST:  # 0x8000: not specified
        return local.isoformat(), None
    return local.isoformat(), round(utc.timestamp() * 1000)
