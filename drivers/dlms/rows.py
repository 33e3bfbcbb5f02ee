"""The data of a push as rows: an OBIS code, its value, and scaler and unit where they are sent.

Meters arrange them in four ways: structures of (code, value, (scaler, unit)) (Aidon); one flat list of code, value and
often (scaler, unit) (Kaifa in Sweden and Austria, Kamstrup, Sagemcom, Iskraemeco); a list of what will come, class,
code and attribute, then the values (Landis+Gyr); and values alone (Kaifa in Norway, see `makers`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeGuard

from drivers.dlms.axdr import Data, Enumerated, Number

_CLASS, _INDEX, _ATTRIBUTE = 18, 18, 15
_VALUE, _SCALER_UNIT = 2, 3
_REGISTERS = (3, 4, 5)
_CLOCK = 8


@dataclass(frozen=True, slots=True)
class Row:
    """One value. `scaler`, `unit`: None where the meter does not send them."""

    code: str
    value: Data
    scaler: int | None = None
    unit: int | None = None


@dataclass(frozen=True, slots=True)
class Rows:
    """All rows of a push, and what stands in the list without a code, in its order."""

    named: tuple[Row, ...]
    alone: tuple[Data, ...]


def rows_of(data: Data) -> Rows:
    """Every row in `data`, at whatever depth."""
    named: list[Row] = []
    alone: list[Data] = []
    _walk(data if isinstance(data, tuple) else (data,), named, alone)
    return Rows(tuple(named), tuple(alone))


def _walk(items: tuple[Data, ...], named: list[Row], alone: list[Data]) -> None:
    if described := _described(items):
        named += described
        return
    at = 0
    while at < len(items):
        item = items[at]
        if _is_code(item) and at + 1 < len(items) and _is_value(items[at + 1]):
            scale = items[at + 2] if at + 2 < len(items) else None
            scaler, unit = _scaler_unit(scale)
            named.append(Row(_text(item), items[at + 1], scaler, unit))
            at += 2 if scaler is None else 3
            continue
        if isinstance(item, tuple):
            _walk(item, named, alone)
        else:
            alone.append(item)
        at += 1


def _described(items: tuple[Data, ...]) -> list[Row]:
    """A list whose first element says what the others are; it names itself first, or not at all."""
    first = items[0] if items else None
    if not isinstance(first, tuple) or not first or not all(_is_description(d) for d in first):
        return []
    values: Sequence[Data] = items if len(items) == len(first) else items[1:]
    if len(values) != len(first):
        return []
    found: dict[str, Row] = {}
    for description, value in zip(first, values, strict=True):
        if isinstance(description, tuple):
            _describe(description, value, found)
    return list(found.values())


def _describe(description: tuple[Data, ...], value: Data, found: dict[str, Row]) -> None:
    kind, code, attribute = description[:3]
    if not (isinstance(kind, Number) and isinstance(code, bytes) and isinstance(attribute, Number)):
        return
    name = _text(code)
    if attribute.value == _VALUE and _is_value(value):
        found[name] = Row(name, value)
    elif attribute.value == _SCALER_UNIT and kind.value in _REGISTERS and name in found:
        scaler, unit = _scaler_unit(value)
        found[name] = replace(found[name], scaler=scaler, unit=unit)


def _is_description(item: Data) -> bool:
    """(class, code, attribute) or (class, code, attribute, index)."""
    if not isinstance(item, tuple) or len(item) not in (3, 4):
        return False
    kind, code, attribute = item[:3]
    typed = isinstance(kind, Number) and kind.tag == _CLASS and isinstance(attribute, Number)
    return typed and isinstance(attribute, Number) and attribute.tag == _ATTRIBUTE and _is_code(code)


def _is_code(item: Data) -> TypeGuard[bytes]:
    """Six bytes that are an OBIS code: a kind of energy up to 15, and 255 for the present at the end."""
    return isinstance(item, bytes) and len(item) == 6 and item[0] < 16 and item[5] == 0xFF


def _is_value(item: Data) -> bool:
    return not isinstance(item, tuple | Enumerated | None) and not _is_code(item)


def _scaler_unit(item: Data) -> tuple[int | None, int | None]:
    if isinstance(item, tuple) and len(item) == 2:
        scaler, unit = item
        if isinstance(scaler, Number) and scaler.tag == _ATTRIBUTE and isinstance(unit, Enumerated):
            return int(scaler.value), unit.value
    return None, None


def _text(code: bytes) -> str:
    return "{}-{}:{}.{}.{}*{}".format(*code)
