"""What a problem file may hold, said once on the fields of the dataclasses: it is read by it, and its JSON Schema made.

Every error is one line that names the place in the file, what is wrong there, and what would be right.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from hub.errors import UserError
from hub.model.document import hint

Floats = NDArray[np.float64]
Schema = dict[str, Any]
_FIRST_YEAR, _LAST_YEAR = 1971, 2200
T = TypeVar("T")


@dataclass(slots=True)
class Grid:
    """The steps that series are laid on, and what had to be assumed to lay them."""

    where: str
    start_ms: int = 0
    step_s: int = 0
    steps: int = 0
    assumed: list[str] = field(default_factory=list)

    def error(self, at: str, message: str) -> UserError:
        return UserError(f"{self.where}: {at}: {message}")


class Shape(Protocol):
    def read(self, grid: Grid, at: str, value: Any) -> Any: ...

    def schema(self) -> Schema: ...


@dataclass(frozen=True, slots=True)
class Number:
    low: float
    high: float
    whole: bool = False

    def read(self, grid: Grid, at: str, value: Any) -> float:
        fits = isinstance(value, int | float) and not isinstance(value, bool) and self.low <= value <= self.high
        if not fits or (self.whole and value != int(value)):
            kind = "whole number" if self.whole else "number"
            raise grid.error(at, f"must be a {kind} from {self.low:g} to {self.high:g}, not {_said(value)}")
        return int(value) if self.whole else float(value)

    def schema(self) -> Schema:
        return {"type": "integer" if self.whole else "number", "minimum": self.low, "maximum": self.high}


@dataclass(frozen=True, slots=True)
class Text:
    longest: int = 100

    def read(self, grid: Grid, at: str, value: Any) -> str:
        if not isinstance(value, str) or not value or len(value) > self.longest:
            raise grid.error(at, f"must be a text of 1 to {self.longest} letters, not {_said(value)}")
        return value

    def schema(self) -> Schema:
        return {"type": "string", "minLength": 1, "maxLength": self.longest}


@dataclass(frozen=True, slots=True)
class Flag:
    def read(self, grid: Grid, at: str, value: Any) -> bool:
        if not isinstance(value, bool):
            raise grid.error(at, f"must be true or false, not {_said(value)}")
        return value

    def schema(self) -> Schema:
        return {"type": "boolean"}


@dataclass(frozen=True, slots=True)
class OneOf:
    words: tuple[str, ...]

    def read(self, grid: Grid, at: str, value: Any) -> str:
        if value not in self.words:
            raise grid.error(at, f"{_said(value)} is not known{hint(str(value), self.words)}")
        return str(value)

    def schema(self) -> Schema:
        return {"enum": list(self.words)}


@dataclass(frozen=True, slots=True)
class Time:
    """ISO 8601 with an offset; UTC ms inside."""

    def read(self, grid: Grid, at: str, value: Any) -> int:
        try:
            told = datetime.fromisoformat(value)
        except (TypeError, ValueError):
            raise grid.error(at, f"must be a time like 2026-12-24T18:00:00+01:00, not {_said(value)}") from None
        if told.tzinfo is None:
            raise grid.error(at, f"{value!r} has no offset from UTC; add Z or +01:00")
        if not _FIRST_YEAR <= told.year <= _LAST_YEAR:
            raise grid.error(at, f"must lie from {_FIRST_YEAR} to {_LAST_YEAR}, not {_said(value)}")
        return round(told.astimezone(UTC).timestamp() * 1000)

    def schema(self) -> Schema:
        return {"type": "string", "format": "date-time"}


@dataclass(frozen=True, slots=True)
class Pairs:
    """A curve: [x, y] pairs with rising x."""

    high_x: float
    high_y: float

    def read(self, grid: Grid, at: str, value: Any) -> tuple[tuple[float, float], ...]:
        if not isinstance(value, list) or not all(isinstance(p, list) and len(p) == 2 for p in value):
            raise grid.error(at, f"must be a list of pairs like [[0, 5000], [100, 1000]], not {_said(value)}")
        x, y = Number(0, self.high_x), Number(0, self.high_y)
        read = tuple((x.read(grid, f"{at}[{i}]", a), y.read(grid, f"{at}[{i}]", b)) for i, (a, b) in enumerate(value))
        if any(b[0] <= a[0] for a, b in pairwise(read)):
            raise grid.error(at, "the first numbers of its pairs must rise")
        return read

    def schema(self) -> Schema:
        pair = {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}
        return {"type": "array", "items": pair}


@dataclass(frozen=True, slots=True)
class Span:
    """[from, until) as two times."""

    def read(self, grid: Grid, at: str, value: Any) -> tuple[int, int]:
        if not isinstance(value, list) or len(value) != 2:
            raise grid.error(at, f"must be two times [from, until], not {_said(value)}")
        start, end = (Time().read(grid, f"{at}[{i}]", v) for i, v in enumerate(value))
        if end <= start:
            raise grid.error(at, "ends before it begins; swap the two times")
        return start, end

    def schema(self) -> Schema:
        return {"type": "array", "items": Time().schema(), "minItems": 2, "maxItems": 2}


@dataclass(frozen=True, slots=True)
class Part:
    """A table of its own."""

    cls: type

    def read(self, grid: Grid, at: str, value: Any) -> Any:
        return read(self.cls, grid, at, value)

    def schema(self) -> Schema:
        return {"$ref": f"#/$defs/{self.cls.__name__}"}


@dataclass(frozen=True, slots=True)
class Many:
    of: Shape
    most: int = 100

    def read(self, grid: Grid, at: str, value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list) or len(value) > self.most:
            raise grid.error(at, f"must be a list of at most {self.most}, not {_said(value)}")
        return tuple(self.of.read(grid, f"{at}[{i}]", v) for i, v in enumerate(value))

    def schema(self) -> Schema:
        return {"type": "array", "items": self.of.schema(), "maxItems": self.most}


def told(shape: Shape, unit: str, text: str, default: Any = MISSING) -> Any:
    """A field of a dataclass: its shape, unit and meaning; without a default it must be there."""
    meta = {"shape": shape, "unit": unit, "text": text}
    return field(metadata=meta) if default is MISSING else field(default=default, metadata=meta)


def read(cls: type[T], grid: Grid, at: str, value: Any) -> T:
    """A `cls` out of a JSON table."""
    if not isinstance(value, Mapping):
        raise grid.error(at or "the file", f"must be a table in braces, not {_said(value)}")
    known = {f.name: f for f in fields(cls)}  # type: ignore[arg-type]
    for key in value:
        if key not in known:
            raise grid.error(_path(at, str(key)), f"unknown key{hint(str(key), known)}")
    return cls(**{name: _field(grid, f, _path(at, name), value) for name, f in known.items()})


def _field(grid: Grid, f: Field[Any], at: str, table: Mapping[str, Any]) -> Any:
    shape: Shape = f.metadata["shape"]
    if table.get(f.name) is not None:
        return shape.read(grid, at, table[f.name])
    if f.default is MISSING:
        raise grid.error(at, f"is missing; add it: {f.metadata['text']}")
    laid = getattr(shape, "default", None)
    return laid(grid, f.default) if laid else f.default


def schema(cls: type, shown: dict[str, Schema] | None = None) -> Schema:
    """The JSON Schema of `cls`; tables inside of it go to `shown` by name."""
    properties: dict[str, Schema] = {}
    for f in fields(cls):
        shape, unit = f.metadata["shape"], f.metadata["unit"]
        inner = shape.of if isinstance(shape, Many) else shape
        if isinstance(inner, Part) and shown is not None and inner.cls.__name__ not in shown:
            shown[inner.cls.__name__] = {}
            shown[inner.cls.__name__] = schema(inner.cls, shown)
        text = f.metadata["text"] + (f" [{unit}]" if unit else "")
        properties[f.name] = _annotated(shape.schema(), text, f.default)
    needed = [f.name for f in fields(cls) if f.default is MISSING]
    said = " ".join((cls.__doc__ or "").split())
    return {
        "type": "object",
        "description": said,
        "properties": properties,
        "required": needed,
        "additionalProperties": False,
    }


def _annotated(shape: Schema, text: str, default: Any) -> Schema:
    plain = isinstance(default, bool | int | float | str) and not (isinstance(default, float) and math.isinf(default))
    if "$ref" in shape:
        return {"allOf": [shape], "description": text}
    return {**shape, "description": text, **({"default": default} if plain else {})}


def _path(at: str, name: str) -> str:
    return f"{at}.{name}" if at else name


def _said(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
