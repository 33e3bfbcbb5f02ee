"""The closed grammar of Home Assistant's templates that is read: text to a tree of data, and the tree's value. Pure.

    whole  := sum ["if" tests "else" whole]
    tests  := sum "is" ["not"] ("defined" | "none" | "number") ["and" tests]
    sum    := product {("+" | "-") product}
    product:= signed {("*" | "/") signed}
    signed := ["-"] part {"|" filter}
    filter := "float" | "int" | "round" | "abs" | "multiply" | "default" | "is_defined", some with literals
    part   := literal | "(" whole ")" | ("float" | "int") "(" whole ["," literal] ")" | path
    path   := "value" | "value_json" {"." name | "[" literal "]" | ".get(" literal ")"}

As in Jinja a filter binds more tightly than what computes: `x * 1000 | int` is x times the whole of 1000. What stands
for a value that was not told (a default, a literal after `else`) is no measurement: nothing is told then.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from drivers.json.told import as_json, text_number, under

_TOKEN = re.compile(
    r"""\s*(?:(?P<number>\d{1,12}(?:\.\d{1,12})?)|(?P<name>[A-Za-z_]\w*)|'(?P<single>[^'\\]*)'|"(?P<double>[^"\\]*)"
    |(?P<mark>[-+*/|.,=()\[\]]))""",
    re.VERBOSE,
)
_DEEPEST = 12
_MOST_DIGITS = 9
_FILTERS = ("float", "int", "round", "abs", "multiply", "default", "is_defined")
_TESTS = ("defined", "none", "number")


@dataclass(frozen=True, slots=True)
class Path:
    """Where in the payload a value is; without `json` it is the payload itself."""

    json: bool = False
    steps: tuple[str | int, ...] = ()


@dataclass(frozen=True, slots=True)
class Literal:
    value: str | float | int


@dataclass(frozen=True, slots=True)
class Filter:
    name: str
    of: Node
    argument: Told = None


@dataclass(frozen=True, slots=True)
class Computed:
    mark: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Check:
    """Whether `of` is (`wanted`) what `name` says."""

    of: Node
    name: str
    wanted: bool


@dataclass(frozen=True, slots=True)
class Either:
    """`then` where all tests hold; None as a branch tells nothing."""

    tests: tuple[Check, ...]
    then: Node | None
    other: Node | None = None


Told: TypeAlias = str | float | int | None
Node: TypeAlias = Path | Literal | Filter | Computed | Either


# -- text to tree ----------------------------------------------------------------------------------------------------


class Reader:
    """Reads one text from its beginning; each method raises ValueError for what is not understood."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = list(_tokens(text))
        self._at = 0
        self._depth = 0

    def expression(self) -> Node:
        """All of the text, which must name a value."""
        found = self._whole()
        if self._at < len(self._tokens) or not _tells(found):
            raise self._error()
        return found

    def condition(self) -> tuple[Check, ...]:
        found = self._tests()
        if self._at < len(self._tokens):
            raise self._error()
        return found

    def _whole(self) -> Node:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise self._error()
        found = self._sum()
        if self._took("if"):
            tests = self._tests()
            self._must("else")
            found = either(tests, found, self._whole())
        self._depth -= 1
        return found

    def _tests(self) -> tuple[Check, ...]:
        tests: list[Check] = []
        while not tests or self._took("and"):
            of = self._sum()
            self._must("is")
            wanted = not self._took("not")
            tests.append(Check(of, self._one_of(_TESTS), wanted))
        return tuple(tests)

    def _sum(self) -> Node:
        found = self._product()
        while mark := self._took("+", "-"):
            found = Computed(mark, found, self._product())
        return found

    def _product(self) -> Node:
        found = self._signed()
        while mark := self._took("*", "/"):
            found = Computed(mark, found, self._signed())
        return found

    def _signed(self) -> Node:
        if not self._took("-"):
            return self._filtered(self._part())
        return self._filtered(_negative(self._part()))

    def _filtered(self, found: Node) -> Node:
        while self._took("|"):
            name = self._one_of(_FILTERS)
            found = self._filter(name, found, self._arguments() if self._took("(") else [])
        return found

    def _filter(self, name: str, of: Node, given: list[Told]) -> Node:
        """Two that say no more: `default(0, true)`, and `round(1, "common")`, which is the usual way."""
        if name in ("default", "is_defined"):
            return of
        most = {"abs": 0, "round": 2}.get(name, 1)
        first = given[0] if given else None
        if len(given) > most or (len(given) == 2 and given[1] not in ("common", None)):
            raise self._error()
        if name == "multiply" and not isinstance(first, float | int):
            raise self._error()
        if name == "round" and not (first is None or (isinstance(first, int) and first >= 0)):
            raise self._error()
        return Filter(name, of, first)

    def _arguments(self) -> list[Told]:
        """Up to the closing bracket; a named default, and `true` or `none`, are None."""
        found: list[Told] = []
        while not self._took(")"):
            named = bool(self._took("default"))
            if named:
                self._must("=")
            told = None if self._took("true", "True", "false", "False", "none", "None") else self._literal()
            found.append(None if named else told)
            if not self._took(",") and not self._next(")"):
                raise self._error()
        return found

    def _part(self) -> Node:
        if self._took("("):
            found = self._whole()
            self._must(")")
            return found
        if name := self._took("float", "int"):
            self._must("(")
            found = self._whole()
            if self._took(","):
                self._arguments()
            else:
                self._must(")")
            return Filter(name, found)
        if self._took("value"):
            return Path()
        if self._took("value_json"):
            return Path(True, tuple(self._steps()))
        return Literal(self._literal())

    def _steps(self) -> list[str | int]:
        steps: list[str | int] = []
        while mark := self._took(".", "["):
            if mark == "[":
                steps.append(self._step())
                self._must("]")
            elif (name := self._name()) == "get" and self._took("("):
                steps.append(self._step())
                if self._took(","):
                    self._literal()
                self._must(")")
            else:
                steps.append(name)
        return steps

    def _step(self) -> str | int:
        found = self._literal()
        if isinstance(found, float):
            raise self._error()
        return found

    def _literal(self) -> str | float | int:
        sign = -1 if self._took("-") else 1
        kind, text = self._peek()
        if kind not in ("number", "text") or (kind == "text" and sign < 0):
            raise self._error()
        self._at += 1
        if kind == "text":
            return text
        return sign * (float(text) if "." in text else int(text))

    # -- tokens --

    def _peek(self) -> tuple[str, str]:
        return self._tokens[self._at] if self._at < len(self._tokens) else ("", "")

    def _next(self, *words: str) -> bool:
        kind, text = self._peek()
        return kind in ("name", "mark") and text in words

    def _took(self, *words: str) -> str:
        """The next token where it is one of `words`, taken; else ""."""
        if not self._next(*words):
            return ""
        self._at += 1
        return self._tokens[self._at - 1][1]

    def _must(self, word: str) -> None:
        if not self._took(word):
            raise self._error()

    def _one_of(self, words: tuple[str, ...]) -> str:
        found = self._took(*words)
        if not found:
            raise self._error()
        return found

    def _name(self) -> str:
        kind, text = self._peek()
        if kind != "name":
            raise self._error()
        self._at += 1
        return text

    def _error(self) -> ValueError:
        return ValueError(f"template {self._text[:80]!r} is not of a form that is understood")


def _tokens(text: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    at, end = 0, len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None:
            raise ValueError(f"template {text[:80]!r} is not of a form that is understood")
        kind = match.lastgroup or ""
        found.append(("text" if kind in ("single", "double") else kind, match[kind]))
        at = match.end()
    return found


def either(tests: tuple[Check, ...], then: Node, other: Node | None) -> Either:
    """A literal stands for what was not told."""
    then_, other_ = (None if isinstance(one, Literal) else one for one in (then, other))
    return Either(tests, then_, other_)


def _negative(found: Node) -> Node:
    if isinstance(found, Literal) and not isinstance(found.value, str):
        return Literal(-found.value)
    return Computed("*", Literal(-1), found)


def _tells(found: Node | None) -> bool:
    """Whether there is a path in it."""
    match found:
        case Path():
            return True
        case Filter(of=of):
            return _tells(of)
        case Computed(left=left, right=right):
            return _tells(left) or _tells(right)
        case Either(then=then, other=other):
            return _tells(then) or _tells(other)
    return False


# -- tree to value ---------------------------------------------------------------------------------------------------


def value_of(node: Node | None, payload: bytes) -> object:
    """None where nothing is told. What is no number comes through filters and computing as it is."""
    match node:
        case Path(json, steps):
            return under(as_json(payload), *steps) if json else payload.decode(errors="replace").strip()
        case Literal(value):
            return value
        case Filter(name, of, argument):
            found = value_of(of, payload)
            number = text_number(found)
            return found if number is None else _finite(_APPLY[name], number, argument)
        case Computed(mark, left, right):
            return _computed(mark, value_of(left, payload), value_of(right, payload))
        case Either(tests, then, other):
            return value_of(then if all(_holds(check, payload) for check in tests) else other, payload)
    return None


def _computed(mark: str, left: object, right: object) -> object:
    numbers = text_number(left), text_number(right)
    for told, number in zip((left, right), numbers, strict=True):
        if number is None:
            return told
    return _finite(_COMPUTE[mark], *numbers)


def _finite(do: Callable[..., float | int], *given: object) -> float | int | None:
    try:
        found = do(*given)
        return found if math.isfinite(found) else None
    except (OverflowError, ZeroDivisionError):
        return None


_APPLY: Mapping[str, Callable[..., float | int]] = {
    "float": lambda number, _: number,
    "int": lambda number, _: int(number),
    "abs": lambda number, _: abs(number),
    "round": lambda number, digits: round(number, min(digits or 0, _MOST_DIGITS)),
    "multiply": lambda number, by: number * by,
}
_COMPUTE: Mapping[str, Callable[..., float | int]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
}


def _holds(check: Check, payload: bytes) -> bool:
    found = value_of(check.of, payload)
    known = text_number(found) is not None if check.name == "number" else found is not None
    return (known != (check.name == "none")) == check.wanted
