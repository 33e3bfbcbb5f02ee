"""A wanted value to the registers that are written: pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from drivers.modbus.registers import Register, encode
from hub.errors import Refused
from hub.model import Value


@dataclass(frozen=True, slots=True)
class Part:
    """What goes into one register or more: `constant`, one of `values` or `signs`, or (wanted - offset) / scale.

    `magnitude`: the wanted value's size without its sign.
    """

    register: Register
    scale: float = 1.0
    offset: float = 0.0
    constant: float | None = None
    values: Mapping[Value, float] = field(default_factory=dict)
    signs: Mapping[str, float] = field(default_factory=dict)
    magnitude: bool = False

    def words(self, value: Value) -> tuple[int, ...]:
        """Raises Refused for a value that the register cannot hold."""
        return encode(self.register, self._raw(value))

    def _raw(self, value: Value) -> float:
        if self.constant is not None:
            return self.constant
        if self.values:
            return _chosen(self.values, value)
        if self.signs:
            return _chosen(self.signs, sign(value))
        wanted = _number(value)
        return ((abs(wanted) if self.magnitude else wanted) - self.offset) / self.scale


@dataclass(frozen=True, slots=True)
class Write:
    """One request: `parts` lie one behind the other. `when`: the signs of a wanted value for which it is sent, all
    when empty. `pause_s`: rest after it.
    """

    parts: tuple[Part, ...]
    when: frozenset[str] = frozenset()
    pause_s: float = 0.0

    @property
    def function(self) -> int:
        return self.parts[0].register.function

    @property
    def address(self) -> int:
        return self.parts[0].register.address

    @property
    def fixed(self) -> bool:
        """It does not depend on what is wanted."""
        return not self.when and all(p.constant is not None for p in self.parts)

    def goes(self, value: Value) -> bool:
        """Whether it is sent for this value."""
        return not self.when or sign(value) in self.when

    def words(self, value: Value) -> tuple[int, ...]:
        """Raises Refused for a value that the registers cannot hold."""
        return tuple(word for part in self.parts for word in part.words(value))


def sign(value: Value) -> str:
    number = _number(value)
    return "negative" if number < 0 else "positive" if number > 0 else "zero"


def _number(value: Value) -> float:
    if isinstance(value, str):
        raise Refused(f"{value!r} is not a number")
    return float(value)


def _chosen(known: Mapping[Value, float] | Mapping[str, float], value: Value) -> float:
    key = value if isinstance(value, str) else float(value)
    if key not in known:
        shown = value if isinstance(value, str) else f"{float(value):g}"
        raise Refused(f"{shown} is none of {', '.join(k if isinstance(k, str) else f'{float(k):g}' for k in known)}")
    return known[key]  # type: ignore[index]
