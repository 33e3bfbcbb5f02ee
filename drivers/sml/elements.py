"""SML's encoding: type and length, then the value (BSI TR-03109-1 annex IV part b, 6, binary encoding).

A type-length byte: bit 7 more of them follow, bits 6-4 the type, bits 3-0 the length; lengths of scalars count the
type-length bytes too, those of lists count elements.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

_DEEPEST = 12
_OCTETS, _BOOL, _INT, _UINT, _LIST = 0, 4, 5, 6, 7


class Broken(ValueError):
    """Bytes that are no SML element."""


@dataclass(frozen=True, slots=True)
class Number:
    """An integer, and the bytes it came in."""

    value: int
    raw: bytes
    signed: bool


Element: TypeAlias = "bytes | Number | bool | tuple[Element, ...] | None"


def element(data: bytes, at: int, depth: int = 0) -> tuple[Element, int]:
    """The element at `at` and where it ends; None for an optional one that is not there. Raises Broken."""
    kind, length, body = _head(data, at)
    if kind == _LIST:
        return _list(data, body, length, depth)
    end = at + length
    if length < body - at or end > len(data):
        raise Broken(f"an element of {length} bytes does not fit")
    raw = data[body:end]
    if kind == _OCTETS:
        return (raw or None) if length == 1 else raw, end
    if kind in (_INT, _UINT) and 1 <= len(raw) <= 8:
        return Number(int.from_bytes(raw, "big", signed=kind == _INT), raw, kind == _INT), end
    if kind == _BOOL and len(raw) == 1:
        return raw != b"\x00", end
    raise Broken(f"no element has type {kind} with {len(raw)} bytes")


def _head(data: bytes, at: int) -> tuple[int, int, int]:
    """Type, length and where the value begins."""
    kind, length = -1, 0
    for body in range(at, min(at + 4, len(data))):
        byte = data[body]
        if kind < 0:
            kind = (byte >> 4) & 7
        length = (length << 4) | (byte & 0x0F)
        if not byte & 0x80:
            return kind, length, body + 1
    raise Broken("no type and length where an element should begin")


def _list(data: bytes, at: int, count: int, depth: int) -> tuple[Element, int]:
    if depth >= _DEEPEST or count > len(data) - at:
        raise Broken(f"a list of {count} elements does not fit")
    elements: list[Element] = []
    for _ in range(count):
        value, at = element(data, at, depth + 1)
        elements.append(value)
    return tuple(elements), at
