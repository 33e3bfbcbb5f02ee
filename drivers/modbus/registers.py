"""Registers to values: pure. A Modbus register is 16 bits, big byte first; words big first unless said."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from hub.errors import Refused
from hub.model import Value

FORMS = {"u16": "H", "i16": "h", "u32": "I", "i32": "i", "u64": "Q", "i64": "q", "f32": "f", "f64": "d"}
TEXT, BIT = "text", "bit"
SIGNS = ("negative", "zero", "positive")
COILS, INPUTS, WRITE_COIL = 1, 2, 5
_DIGITS = 6
_LARGEST_EXPONENT = 20


@dataclass(frozen=True, slots=True)
class Register:
    """Where a value lies: 0-based `address`, by `function`, of `kind` (a key of FORMS, text, or bit: a coil, an input).

    `length`: registers, or 1 coil.
    """

    address: int
    function: int
    kind: str
    length: int
    low_word_first: bool = False

    @property
    def end(self) -> int:
        return self.address + self.length


Image = Callable[[Register], Sequence[int] | None]
"""The words of a register as they were read; None when the device refused them."""


class Source(Protocol):
    """Where a point's value comes from."""

    @property
    def registers(self) -> tuple[Register, ...]: ...

    def of(self, image: Image) -> Value | None:
        """The value in base units; None when the device says that it has none."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How the raw number becomes a value in base units: raw x 10^`exponent` x `scale` + `offset`, or one of `values`.

    `bits`: the first and the last bit that count; one alone is on or off. `missing`: raw numbers that mean
    "not available", and `asleep` the value then, where the device says so because it sleeps.
    """

    register: Register
    scale: float = 1.0
    offset: float = 0.0
    exponent: Register | None = None
    bits: tuple[int, ...] = ()
    missing: tuple[int, ...] = ()
    values: Mapping[int | str, Value] = field(default_factory=dict)
    asleep: float | None = None

    @property
    def registers(self) -> tuple[Register, ...]:
        return (self.register, self.exponent) if self.exponent else (self.register,)

    def of(self, image: Image) -> Value | None:
        words = image(self.register)
        if words is None:
            return None
        if self.register.kind == TEXT:
            told = text(words)
            return self.values.get(told) if self.values else told
        raw = decode(self.register, words)
        if raw in self.missing:
            return self.asleep
        if not math.isfinite(raw):
            return None
        return self._value(raw, image)

    def _value(self, raw: float, image: Image) -> Value | None:
        if self.bits:
            raw = int(raw) >> self.bits[0] & (1 << self.bits[-1] - self.bits[0] + 1) - 1
        if self.values:
            return self.values.get(int(raw)) if raw == int(raw) else None
        if len(self.bits) == 1:
            return bool(raw)
        power = self._power(image)
        return None if power is None else round(raw * power * self.scale + self.offset, _DIGITS)

    def _power(self, image: Image) -> float | None:
        if self.exponent is None:
            return 1.0
        words = image(self.exponent)
        e = decode(self.exponent, words) if words is not None else math.inf
        return 10.0**e if abs(e) <= _LARGEST_EXPONENT else None

    def text(self, image: Image) -> str:
        """The value as a device's own text: a serial number is no quantity."""
        value = self.of(image)
        return "" if value is None else f"{value:.0f}" if isinstance(value, float) else str(value)


@dataclass(frozen=True, slots=True)
class Term:
    """One part of a sum; an `optional` one counts as 0 when it is not available."""

    reading: Reading
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Sum:
    """Registers that are added up. Not available when a term is not that must be, or none is."""

    terms: tuple[Term, ...]

    @property
    def registers(self) -> tuple[Register, ...]:
        return tuple(r for term in self.terms for r in term.reading.registers)

    def of(self, image: Image) -> Value | None:
        total, available = 0.0, False
        for term in self.terms:
            value = term.reading.of(image)
            if value is None and not term.optional:
                return None
            available |= value is not None
            total += float(value or 0)
        return round(total, _DIGITS) if available else None


def size(kind: str) -> int:
    """Registers of one value of this kind."""
    return 1 if kind == BIT else struct.calcsize(">" + FORMS[kind]) // 2


def decode(at: Register, words: Sequence[int]) -> float:
    """The raw number in `words`, of which there are `at.length`."""
    if at.kind == BIT:
        return words[0]
    ordered = words[::-1] if at.low_word_first else words
    raw: float = struct.unpack(">" + FORMS[at.kind], struct.pack(f">{len(ordered)}H", *ordered))[0]
    return raw


def encode(at: Register, raw: float) -> tuple[int, ...]:
    """The registers that hold `raw`; raises Refused when it does not fit."""
    if at.kind == BIT:
        return (int(bool(raw)),)
    form = ">" + FORMS[at.kind]
    try:
        packed = struct.pack(form, raw if at.kind.startswith("f") else round(raw))
    except (struct.error, OverflowError, ValueError):
        raise Refused(f"{raw:g} does not fit into a register of type {at.kind}") from None
    words = struct.unpack(f">{at.length}H", packed)
    return words[::-1] if at.low_word_first else words


def text(words: Sequence[int]) -> str:
    raw = struct.pack(f">{len(words)}H", *words)
    return raw.split(b"\0")[0].decode("latin-1").strip()
