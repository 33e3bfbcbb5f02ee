"""What one message says, collected: every leaf is a reading, and the points are checked against the vocabulary."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from hub.model import Kind, Value, quantity
from hub.model.heard import Heard, Reading

_DEEPEST = 24
_SHOWN = 40
"""so much of a device's own text is repeated in a problem"""


class Told:
    """A Heard in the making. Raises nothing for what a device sends."""

    def __init__(self) -> None:
        self._readings: list[Reading] = []
        self._points: dict[str, Value] = {}
        self._aged: dict[str, int] = {}
        self._problems: list[str] = []
        self.device: dict[str, str] = {}
        self.time: int | None = None

    def reading(
        self,
        code: str,
        value: object,
        unit: str = "",
        factor: float = 1.0,
        offset: float = 0.0,
        *,
        at: int | None = None,
    ) -> None:
        """One value of the wire; x `factor` + `offset` is in base units. What is no text, number or truth is left out.

        `at`: its own time, UTC ms.
        """
        code = code or '""'  # a JSON object may well have a nameless key
        if isinstance(value, str | bool):
            self._readings.append(Reading(code, value, unit, at))
        elif (number := as_number(value)) is not None and math.isfinite(scaled := linear(number, factor, offset)):
            self._readings.append(Reading(code, scaled, unit, at))

    def point(
        self, place: str, name: str, value: object, factor: float = 1.0, offset: float = 0.0, *, at: int | None = None
    ) -> None:
        """`value` x `factor` + `offset` in base units and with the house's sign. None says nothing.

        `at`: its own time, UTC ms.
        """
        if value is None:
            return
        entry, point = quantity(name), f"{place}.{name}"
        if entry.choices or isinstance(value, bool) or (isinstance(value, str) and entry.kind is Kind.STATE):
            self._state(point, name, value)
            return
        number = as_number(value)
        if number is None:
            self.problem(f"{point}: {shown(value)} is not a number")
            return
        scaled = linear(number, factor, offset)
        if not (entry.low is None or scaled >= entry.low) or not (entry.high is None or scaled <= entry.high):
            self.problem(f"{point}: {scaled:g} {entry.unit} is outside of what is possible")
            return
        self._points[point] = scaled
        if at is not None:
            self._aged[point] = at

    def _state(self, point: str, name: str, value: object) -> None:
        """A truth for an on/off state, a text of the choices for a status."""
        choices = quantity(name).choices
        known = value in choices if isinstance(value, str) else not choices and is_state(name)
        if isinstance(value, str | bool) and known:
            self._points[point] = value
        else:
            self.problem(f"{point}: {shown(value)} is no such state")

    def has(self, point: str) -> bool:
        return point in self._points

    def has_place(self, place: str) -> bool:
        return any(point.startswith(f"{place}.") for point in self._points)

    def problem(self, text: str) -> None:
        self._problems.append(text)

    def fact(self, name: str, value: object) -> None:
        """`name`: vendor, model, serial or firmware."""
        if isinstance(value, str | int) and not isinstance(value, bool) and str(value).strip():
            self.device[name] = str(value).strip()

    def add(self, other: Told) -> None:
        """The points, facts and problems of an answer within this one, without its readings."""
        self._points |= other._points
        self._aged |= other._aged
        self._problems += other._problems
        self.device |= other.device
        self.time = other.time or self.time

    def heard(self, offset: int = 0) -> Heard:
        """`offset`: where in the capture it began, bytes."""
        found = tuple(self._readings)
        return Heard(found, self._points, self.device, self.time, self._aged, tuple(self._problems), offset)


def is_state(name: str) -> bool:
    """Whether the quantity is on or off, yes or no."""
    entry = quantity(name)
    return entry.low == 0 and entry.high == 1 and not entry.unit


def as_json(payload: bytes) -> Any:
    """The JSON of a payload, None for anything else. Devices put names in other encodings: such bytes are replaced."""
    try:
        return orjson.loads(payload.decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError):
        return None


def as_object(payload: bytes) -> dict[str, Any]:
    found = as_json(payload)
    return found if isinstance(found, dict) else {}


def under(found: object, *keys: str | int) -> Any:
    """`found[keys[0]][keys[1]]...`, None where the way ends."""
    for key in keys:
        if isinstance(found, Mapping) and isinstance(key, str):
            found = found.get(key)
        elif isinstance(found, list) and isinstance(key, int) and -len(found) <= key < len(found):
            found = found[key]
        else:
            return None
    return found


def as_number(raw: object) -> float | int | None:
    """A finite number; a truth is none."""
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        return None
    return raw if math.isfinite(raw) else None


def text_number(raw: object) -> float | int | None:
    """Also a number that is written as a text, as many devices do."""
    if not isinstance(raw, str):
        return as_number(raw)
    try:
        return as_number(float(raw))
    except ValueError:
        return None


def leaves(found: object, path: str = "", depth: int = 0) -> Iterator[tuple[str, str, object]]:
    """(path, last key, value) of every text, number and truth, as `switch:0.aenergy.total` or `emeters[1].power`.

    The last key of a list's items is the list's own key. What is no object or list has the path `value`.
    """
    if depth > _DEEPEST:
        return
    if isinstance(found, Mapping):
        for key, value in found.items():
            yield from leaves(value, f"{path}.{key}" if path else str(key), depth + 1)
    elif isinstance(found, list):
        for n, value in enumerate(found):
            yield from leaves(value, f"{path}[{n}]", depth + 1)
    elif found is not None:
        yield path or ("" if depth else "value"), path.rpartition(".")[2].partition("[")[0], found


def shown(value: object) -> str:
    return repr(value if isinstance(value, int | float) else str(value)[:_SHOWN])


def linear(number: float | int, factor: float, offset: float = 0.0) -> float | int:
    """Rounded to a millionth, so that 0.1 kWh is 100 Wh and not a little more."""
    return number if factor == 1 and not offset else round(number * factor + offset, 6)
