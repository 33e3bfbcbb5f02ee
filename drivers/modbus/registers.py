"""Registers to values and back: pure. A Modbus register is 16 bits, big byte first; words big first unless said."""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from hub.errors import Refused
from hub.model import Value

FORMS = {"u16": "H", "i16": "h", "u32": "I", "i32": "i", "u64": "Q", "i64": "q", "f32": "f", "f64": "d"}
TEXT = "text"
_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Register:
    """Where a value lies: 0-based `address`, read by `function` (3 or 4), of `kind` (a key of FORMS, or text)."""

    address: int
    function: int
    kind: str
    length: int
    low_word_first: bool = False

    @property
    def end(self) -> int:
        return self.address + self.length


@dataclass(frozen=True, slots=True)
class Reading:
    """How the raw number becomes a value in base units: raw x `scale`, or the `bit`, or one of `values`.

    `missing`: raw numbers that mean "not available".
    """

    register: Register
    scale: float = 1.0
    bit: int | None = None
    missing: tuple[int, ...] = ()
    values: Mapping[int, Value] = field(default_factory=dict)

    def of(self, words: Sequence[int]) -> Value | None:
        """The value of its own registers; None when the device says that it has none."""
        if self.register.kind == TEXT:
            return _text(words)
        raw = decode(self.register, words)
        if raw in self.missing or not math.isfinite(raw):
            return None
        if self.bit is not None:
            return bool(int(raw) >> self.bit & 1)
        if self.values:
            return self.values.get(int(raw))
        return round(raw * self.scale, _DIGITS)

    def text(self, words: Sequence[int]) -> str:
        """The value as a device's own text: a serial number is no quantity."""
        value = self.of(words)
        return "" if value is None else f"{value:.0f}" if isinstance(value, float) else str(value)


@dataclass(frozen=True, slots=True)
class Write:
    """One write of a command: `constant`, or one of `values`, or the wanted value / `scale`, by `function` 6 or 16."""

    register: Register
    scale: float = 1.0
    constant: int | None = None
    values: Mapping[float, int] = field(default_factory=dict)

    def words(self, value: Value) -> tuple[int, ...]:
        """Raises Refused for a value that the register cannot hold."""
        return encode(self.register, self._raw(value))

    def _raw(self, value: Value) -> float:
        if self.constant is not None:
            return self.constant
        if isinstance(value, str):
            raise Refused(f"{value!r} is not a number")
        if not self.values:
            return float(value) / self.scale
        if float(value) not in self.values:
            raise Refused(f"{float(value):g} is none of {', '.join(f'{v:g}' for v in self.values)}")
        return self.values[float(value)]


def size(kind: str) -> int:
    """Registers of one value of this kind."""
    return struct.calcsize(">" + FORMS[kind]) // 2


def decode(at: Register, words: Sequence[int]) -> float:
    """The raw number in `words`, of which there are `at.length`."""
    ordered = words[::-1] if at.low_word_first else words
    raw: float = struct.unpack(">" + FORMS[at.kind], struct.pack(f">{len(ordered)}H", *ordered))[0]
    return raw


def encode(at: Register, raw: float) -> tuple[int, ...]:
    """The registers that hold `raw`; raises Refused when it does not fit."""
    form = ">" + FORMS[at.kind]
    try:
        packed = struct.pack(form, raw if at.kind.startswith("f") else round(raw))
    except (struct.error, OverflowError):
        raise Refused(f"{raw:g} does not fit into a register of type {at.kind}") from None
    words = struct.unpack(f">{at.length}H", packed)
    return words[::-1] if at.low_word_first else words


def _text(words: Sequence[int]) -> str:
    raw = struct.pack(f">{len(words)}H", *words)
    return raw.split(b"\0")[0].decode("latin-1").strip()
