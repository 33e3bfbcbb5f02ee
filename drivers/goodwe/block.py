"""A block of registers or bytes, and the tables of what stands in it."""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_SIZES = {"u8": 1, "u16": 2, "s16": 2, "m16": 2, "u32": 4, "s32": 4, "m32": 4, "f32": 4}
_NOT_THERE = {
    "u16": (0xFFFF, 0x7FFF),
    "s16": (0x7FFF, -0x8000),
    "u32": (0xFFFFFFFF, 0x7FFFFFFF),
    "s32": (0x7FFFFFFF, -0x80000000),
    "m16": (0x7FFF, -0x8000, -1),
    "m32": (0x7FFFFFFF, -0x80000000, -1),
}
"""What stands for a value that this model does not have. m16 and m32 are signed, and all ones is not -1 there."""


@dataclass(frozen=True, slots=True)
class Field:
    """`at`: register, or byte of an AA55 answer. `factor` makes base units; `point` with a leading `-` turns the sign.

    `needs`: another field that must be there for this one's point: a phase's voltage.
    """

    code: str
    at: int
    form: str = "u16"
    unit: str = ""
    factor: float = 1.0
    point: str = ""
    needs: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """`first`: what the first two bytes are; `step`: bytes per unit of `at` (2 = registers)."""

    name: str
    first: int
    count: int
    fields: tuple[Field, ...]
    step: int = 2

    @property
    def size(self) -> int:
        return self.count * self.step

    def values(self, data: bytes) -> dict[str, float]:
        """Code -> value in base units; what this model does not have, or what is cut off, is not in it."""
        found = {}
        for f in self.fields:
            value = number(data, (f.at - self.first) * self.step, f.form)
            if value is not None:
                found[f.code] = value if f.factor == 1 else round(value * f.factor, 6)
        return found


def number(data: bytes, at: int, form: str) -> float | int | None:
    """Big-endian; None for a mark of absence, and outside of `data`."""
    size = _SIZES[form]
    raw = data[at : at + size] if at >= 0 else b""
    if len(raw) < size:
        return None
    if form == "f32":
        single = float(struct.unpack(">f", raw)[0])
        return single if math.isfinite(single) else None
    value = int.from_bytes(raw, "big", signed=form[0] in "sm")
    return None if value in _NOT_THERE.get(form, ()) else value


def text(data: bytes, begin: int, end: int) -> str:
    """Printable ASCII of it; some firmwares put a zero before each letter."""
    return "".join(chr(byte) for byte in data[begin:end] if 0x20 <= byte < 0x7F).strip()


def together(values: Mapping[str, float], codes: Sequence[str]) -> float | None:
    """The sum of those that are there, None when none is."""
    parts = [values[code] for code in codes if code in values]
    return round(sum(parts), 6) if parts else None
