"""What a TOML document may hold, said once: it is checked by it, and its JSON Schema is made from it.

A check raises ConfigError with the path of the key and what would be right. Paths are written as in the document.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from hub.model.document import Document, hint

Schema = dict[str, Any]


class Shape(Protocol):
    """What one value may be."""

    def check(self, doc: Document, at: str, value: Any) -> None: ...

    def schema(self) -> Schema: ...


@dataclass(frozen=True, slots=True)
class Text:
    """Not empty."""

    def check(self, doc: Document, at: str, value: Any) -> None:
        if not doc.get({_last(at): value}, at, str, ""):
            raise doc.error(at, "is empty; fill it in or leave it out")

    def schema(self) -> Schema:
        return {"type": "string", "minLength": 1}


@dataclass(frozen=True, slots=True)
class Flag:
    def check(self, doc: Document, at: str, value: Any) -> None:
        doc.get({_last(at): value}, at, bool, False)

    def schema(self) -> Schema:
        return {"type": "boolean"}


@dataclass(frozen=True, slots=True)
class OneOf:
    words: tuple[str, ...]

    def check(self, doc: Document, at: str, value: Any) -> None:
        doc.one_of(at, value, self.words)

    def schema(self) -> Schema:
        return {"enum": list(self.words)}


@dataclass(frozen=True, slots=True)
class Number:
    """`whole`: without a fraction; `zero`: whether 0 is allowed."""

    low: float
    high: float
    whole: bool = False
    zero: bool = True

    def check(self, doc: Document, at: str, value: Any) -> None:
        read = doc.whole if self.whole else doc.number
        read({_last(at): value}, at, 0, self.low, self.high)  # type: ignore[arg-type]
        if not self.zero and not value:
            raise doc.error(at, "must not be 0")

    def schema(self) -> Schema:
        kind = {"type": "integer" if self.whole else "number", "minimum": self.low, "maximum": self.high}
        return kind if self.zero else kind | {"not": {"const": 0}}


def whole(low: int, high: int) -> Number:
    return Number(low, high, whole=True)


@dataclass(frozen=True, slots=True)
class Choice:
    """Whole numbers of which one may stand there."""

    numbers: tuple[int, ...]

    def check(self, doc: Document, at: str, value: Any) -> None:
        if isinstance(value, bool) or value not in self.numbers:
            known = ", ".join(map(str, self.numbers))
            raise doc.error(at, f"is {value!r}; use {known.rpartition(', ')[0]} or {self.numbers[-1]}")

    def schema(self) -> Schema:
        return {"enum": list(self.numbers)}


@dataclass(frozen=True, slots=True)
class Scalar:
    """A number, a text, or true and false."""

    text: bool = True

    def check(self, doc: Document, at: str, value: Any) -> None:
        if not isinstance(value, (bool, int, float, str) if self.text else (bool, int, float)):
            raise doc.error(at, f"must be a number{', a text' * self.text} or true or false, not {value!r}")

    def schema(self) -> Schema:
        return {"type": ["number", "boolean", "string"] if self.text else ["number", "boolean"]}


@dataclass(frozen=True, slots=True)
class ListOf:
    of: Shape
    least: int = 0
    most: int = 1_000

    def check(self, doc: Document, at: str, value: Any) -> None:
        found = doc.get({_last(at): value}, at, list, [])
        if not self.least <= len(found) <= self.most:
            raise doc.error(at, f"must be a list of {self.least} to {self.most}" if found else "is missing; list them")
        for n, each in enumerate(found):
            self.of.check(doc, f"{at}[{n}]", each)

    def schema(self) -> Schema:
        return {"type": "array", "items": self.of.schema(), "minItems": self.least, "maxItems": self.most}


@dataclass(frozen=True, slots=True)
class TableOf:
    """A table whose keys are names: one of `names`, or any when there are none."""

    of: Shape
    names: tuple[str, ...] = ()
    kind: str = "name"

    def check(self, doc: Document, at: str, value: Any) -> None:
        for key, each in doc.get({_last(at): value}, at, dict, {}).items():
            if self.names and key not in self.names:
                raise doc.error(f"{at}.{key}", f"unknown {self.kind} {key!r}{hint(key, self.names)}")
            self.of.check(doc, f"{at}.{key}", each)

    def schema(self) -> Schema:
        known = {"propertyNames": {"enum": list(self.names)}} if self.names else {}
        return {"type": "object", "additionalProperties": self.of.schema()} | known


@dataclass(frozen=True, slots=True)
class Key:
    """`text`: what the key means, for editors."""

    shape: Shape
    text: str
    default: Any = None

    def schema(self) -> Schema:
        default = {} if self.default is None else {"default": self.default}
        return self.shape.schema() | {"description": self.text} | default


@dataclass(frozen=True, slots=True)
class Form:
    """A closed table. `need` must be there (unless `instead` is); exactly one of `one`; at most one of `only`.

    `name`: its place in the `$defs` of the schema.
    """

    name: str
    keys: Mapping[str, Key]
    need: tuple[str, ...] = ()
    instead: str = ""
    one: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    missing: Mapping[str, str] = field(default_factory=dict)
    """what to do about a missing key, where "add it" does not say enough"""

    def check(self, doc: Document, at: str, value: Any) -> None:
        table = doc.get({_last(at): value}, at, dict, {}) if at else value
        doc.keys(table, at, self.keys)
        for key in self.need if self.instead not in table else ():
            if table.get(key) in (None, "", []):
                raise doc.error(_path(at, key), f"is missing; {self.missing.get(key, 'add it')}")
        self._excluded(doc, at, [k for k in self.one if k in table], [k for k in self.only if k in table])
        for key, each in table.items():
            self.keys[key].shape.check(doc, _path(at, key), each)

    def _excluded(self, doc: Document, at: str, ones: Sequence[str], only: Sequence[str]) -> None:
        if self.one and not ones:
            raise doc.error(_path(at, self.one[0]), f"is missing; {self.missing.get(self.one[0], 'add it')}")
        for found in (ones, only):
            if len(found) > 1:
                raise doc.error(_path(at, found[1]), f"does not go with {found[0]}; leave one of them out")

    def schema(self) -> Schema:
        return {"$ref": f"#/$defs/{self.name}"}

    def definition(self) -> Schema:
        made: Schema = {"type": "object", "properties": {k: key.schema() for k, key in self.keys.items()}}
        made["additionalProperties"] = False
        rules: list[Schema] = []
        if self.need:
            needed = {"required": list(self.need)}
            rules.append({"anyOf": [{"required": [self.instead]}, needed]} if self.instead else needed)
        if self.one:
            rules.append({"oneOf": [{"required": [k]} for k in self.one]})
        pairs = [[a, b] for n, a in enumerate(self.only) for b in self.only[n + 1 :]]
        if pairs:
            rules.append({"not": {"anyOf": [{"required": pair} for pair in pairs]}})
        return made | ({"allOf": rules} if rules else {})


def _path(at: str, key: str) -> str:
    return f"{at}.{key}" if at else key


def _last(at: str) -> str:
    return at.rpartition(".")[2]
