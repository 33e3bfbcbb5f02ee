"""SunSpec values: registers to numbers in plain units, and back. Big word first; a type has its mark for "not there".

Source: SunSpec Device Information Model Specification, data types; an accumulator at 0 says nothing, a uint64 may be 0.
"""

from __future__ import annotations

import functools
import ipaddress
import math
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """`size` in registers, `absent` the raw mark of a point that is not implemented; `spell` for what is no number,
    the empty text when it is not implemented."""

    size: int
    absent: int = -1
    signed: bool = False
    floats: str = ""
    spell: Callable[[Sequence[int]], str] | None = None


def text(words: Sequence[int]) -> str:
    """Up to the first zero byte, printable characters only."""
    data = _bytes(words).split(b"\0")[0]
    return "".join(c for c in data.decode(errors="ignore") if c.isprintable()).strip()


def _ipv4(words: Sequence[int]) -> str:
    return str(ipaddress.IPv4Address(_bytes(words))) if any(words) else ""


def _ipv6(words: Sequence[int]) -> str:
    return str(ipaddress.IPv6Address(_bytes(words))) if any(words) else ""


def _eui48(words: Sequence[int]) -> str:
    """The last six bytes, as on a label."""
    data = _bytes(words)[2:]
    return "" if data in (b"\0" * 6, b"\xff" * 6) else data.hex(":").upper()


def _bytes(words: Sequence[int]) -> bytes:
    return b"".join(word.to_bytes(2, "big") for word in words)


KINDS: Mapping[str, Kind] = {
    "int16": Kind(1, 0x8000, signed=True),
    "uint16": Kind(1, 0xFFFF),
    "count": Kind(1, 0xFFFF),
    "enum16": Kind(1, 0xFFFF),
    "bitfield16": Kind(1, 0xFFFF),
    "acc16": Kind(1, 0),
    "sunssf": Kind(1, 0x8000, signed=True),
    "int32": Kind(2, 0x8000_0000, signed=True),
    "uint32": Kind(2, 0xFFFF_FFFF),
    "enum32": Kind(2, 0xFFFF_FFFF),
    "bitfield32": Kind(2, 0xFFFF_FFFF),
    "acc32": Kind(2, 0),
    "int64": Kind(4, 0x8000_0000_0000_0000, signed=True),
    "uint64": Kind(4, 0xFFFF_FFFF_FFFF_FFFF),
    "acc64": Kind(4, 0),
    "float32": Kind(2, floats=">f"),
    "float64": Kind(4, floats=">d"),
    "ipaddr": Kind(2, 0, spell=_ipv4),
    "ipv6addr": Kind(8, 0, spell=_ipv6),
    "eui48": Kind(4, spell=_eui48),
}
_EXPONENTS = range(-10, 11)


@functools.cache
def kind_of(name: str) -> Kind:
    """`stringN` has N registers, `pad` one; raises KeyError for a type that is not known."""
    if name.startswith("string"):
        return Kind(int(name.removeprefix("string")), spell=text)
    return Kind(1) if name == "pad" else KINDS[name]


def number(kind: Kind, words: Sequence[int], exponent: float | None = 0) -> float | None:
    """The value in plain units; None when it is not implemented or its scale factor says nothing."""
    raw = _raw(words)
    if kind.floats:
        return _floating(kind, raw)
    if raw == kind.absent or exponent is None or exponent not in _EXPONENTS:
        return None
    if kind.signed and raw >> 16 * kind.size - 1:
        raw -= 1 << 16 * kind.size
    return scaled(raw, int(exponent))


def scaled(raw: int, exponent: int) -> float:
    """raw x 10^exponent without dust: 2301 x 10^-1 is 230.1."""
    return float(raw * 10**exponent) if exponent >= 0 else round(raw / 10**-exponent, -exponent)


def encode(kind: Kind, value: float, exponent: int = 0) -> tuple[int, ...]:
    """The registers nearest to `value` in plain units; raises ValueError when the type cannot hold it."""
    if not math.isfinite(value):
        raise ValueError(f"{value} cannot be written")
    if kind.floats:
        return _words(int.from_bytes(struct.pack(kind.floats, value), "big"), kind.size)
    raw, bits = round(value / 10**exponent), 16 * kind.size
    low, high = (-(1 << bits - 1) + 1, (1 << bits - 1) - 1) if kind.signed else (0, (1 << bits) - 2)
    if not low <= raw <= high:
        raise ValueError(f"{value:g} does not fit into the device's register")
    return _words(raw % (1 << bits), kind.size)


def _floating(kind: Kind, raw: int) -> float | None:
    """A float32 has seven digits; the rest would be dust."""
    value: float = struct.unpack(kind.floats, raw.to_bytes(2 * kind.size, "big"))[0]
    if not math.isfinite(value):
        return None
    return float(f"{value:.7g}") if kind.size == 2 else value


def _raw(words: Sequence[int]) -> int:
    raw = 0
    for word in words:
        raw = raw << 16 | word
    return raw


def _words(raw: int, size: int) -> tuple[int, ...]:
    return tuple(raw >> 16 * shift & 0xFFFF for shift in reversed(range(size)))
