"""Where the points of each model lie (models/), which registers that asks for, and what they say. Pure.

The published models are all there, in a file each; a model is read when it is asked for, so that a hub holds those of
its own devices only.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from itertools import pairwise
from sys import intern
from typing import Any, TypeAlias

from drivers.sunspec.codec import Kind, kind_of, number

MOST = 125
"""registers in one request"""
_PARTS = 64
"""more modules or ports than that are no house"""
_NONE: Mapping[int, str] = {}
_LONGEST = 2000
"""registers of one model that are asked for, whatever it says of its length"""


@dataclass(frozen=True, slots=True)
class Field:
    """One point: from `at` up to `end`, in registers after the model's id (or the group's start).

    `scale` names its scale factor, if any, and `power` is one that is always the same; `symbols` name an enum's values
    or a bitfield's bits.
    """

    name: str
    at: int
    end: int
    type: str
    kind: Kind
    unit: str
    scale: str
    power: int
    writable: bool
    symbols: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Values:
    """What a model or a group says, in plain units; what is not implemented is absent.

    `parts`: its groups, one after the other, each with its `name` (`PFWInj`, or `Crv[1]` for what repeats). `bare`: raw
    numbers of points whose scale factor is not implemented.
    """

    numbers: Mapping[str, float]
    texts: Mapping[str, str]
    parts: tuple[Values, ...] = ()
    name: str = ""
    bare: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Layout:
    """A model, or a group in it: points in `size` registers, then the groups.

    `count` of a group: the point that says how often it comes, 0 for as often as there is room, None for once.
    """

    fields: tuple[Field, ...]
    size: int
    groups: tuple[Layout, ...] = ()
    name: str = ""
    count: str | int | None = None

    def field(self, name: str) -> Field:
        return next(field for field in self.fields if field.name == name)

    def group(self, name: str) -> Layout:
        return next(group for group in self.groups if group.name == name)

    def label(self, n: int) -> str:
        """What the n-th of a group is called; counts from 1."""
        return self.name if self.count is None else f"{self.name}[{n}]"

    # -- what to read ------------------------------------------------------------------------------------------------

    def spans(self, length: int) -> tuple[tuple[int, int], ...]:
        """(offset, count) of the reads that a model of `length` takes; none of them splits a value of a house's.

        Of a model without groups one request is enough: the few longer ones end with alarms and a maker's text.
        """
        edges = [0, *self._edges(length + 2)]
        spans = [(0, 0)]
        for start, end in pairwise(edges):
            first = spans[-1][0]
            if end - first > MOST:
                spans.append((start, end - start))
            else:
                spans[-1] = (first, end - first)
        return tuple(spans)

    def _edges(self, whole: int) -> Sequence[int]:
        """Where reads may end: after the model's own points, and after each repetition."""
        if not self.groups or whole <= self.size:
            ends = (min(whole, self.size), *(field.end for field in self.fields))
            return [max(end for end in ends if end <= min(whole, MOST))]
        match self.groups:
            case (Layout(groups=(), count=str() | int(), size=step),) if self.size <= MOST and step <= MOST:
                parts = min((whole - self.size) // step, _PARTS)
                return [self.size + n * step for n in range(parts + 1)]
        return range(1, min(whole, _LONGEST) + 1)

    # -- what it says ------------------------------------------------------------------------------------------------

    def decode(self, words: Sequence[int]) -> Values:
        """`words` from the model's id on; a point beyond their end is absent."""
        return self.read(words)[0]

    def read(self, words: Sequence[int]) -> tuple[Values, int]:
        """The values, and how many of the `words` are the model's as it is published."""
        return self._read(words, 0, {}, "")

    def _read(self, words: Sequence[int], at: int, outer: Mapping[str, float], name: str) -> tuple[Values, int]:
        """`outer` has what lies outside of a group: scale factors and counts."""
        own = _points(self.fields, words[at : at + self.size], outer)
        known = {**outer, **own.numbers}
        end = at + self.size
        parts: list[Values] = []
        for group in self.groups:
            for n in range(group._times(known, len(words) - end)):
                part, end = group._read(words, end, known, group.label(n + 1))
                parts.append(part)
        return Values(own.numbers, own.texts, tuple(parts), name, own.bare), end

    def _times(self, known: Mapping[str, float], room: int) -> int:
        if self.count is None:
            return 1
        fits = max(room, 0) // self._extent(known)
        said = known.get(self.count) if isinstance(self.count, str) else self.count or None
        return fits if said is None else min(int(said), fits)

    def _extent(self, known: Mapping[str, float]) -> int:
        """Registers of one repetition."""
        return self.size + sum(group._extent(known) * group._told(known) for group in self.groups)

    def _told(self, known: Mapping[str, float]) -> int:
        return int(known.get(self.count, 0)) if isinstance(self.count, str) else 1


def _points(fields: Sequence[Field], words: Sequence[int], outer: Mapping[str, float]) -> Values:
    numbers: dict[str, float] = {}
    texts: dict[str, str] = {}
    bare: dict[str, float] = {}
    here = [f for f in fields if f.end <= len(words)]
    factors = {**outer, **dict(_factors(here, words))}
    for f in here:
        raw, kind = words[f.at : f.end], f.kind
        if kind.spell:
            texts[f.name] = kind.spell(raw)
        elif (value := number(kind, raw, factors.get(f.scale) if f.scale else f.power)) is not None:
            numbers[f.name] = value
        elif f.scale and f.scale not in factors and (value := number(kind, raw)) is not None:
            bare[f.name] = value
    return Values(numbers, texts, bare=bare)


def _factors(fields: Sequence[Field], words: Sequence[int]) -> Iterator[tuple[str, float]]:
    for f in fields:
        if f.type == "sunssf" and (value := number(f.kind, words[f.at : f.end])) is not None:
            yield f.name, value


# -- the files -------------------------------------------------------------------------------------------------------


class _Models(Mapping[int, Layout]):
    def __init__(self) -> None:
        self._folder = resources.files("drivers.sunspec").joinpath("models")
        self._ids = frozenset(int(file.name.removesuffix(".toml")) for file in self._folder.iterdir())
        self._read: dict[int, Layout] = {}

    def __getitem__(self, id_: int) -> Layout:
        if id_ not in self._read:
            if id_ not in self._ids:
                raise KeyError(id_)
            self._read[id_] = _layout(tomllib.loads(self._folder.joinpath(f"{id_}.toml").read_text(encoding="utf-8")))
        return self._read[id_]

    def __contains__(self, id_: object) -> bool:
        return id_ in self._ids

    def __iter__(self) -> Iterator[int]:
        return iter(sorted(self._ids))

    def __len__(self) -> int:
        return len(self._ids)


Models: TypeAlias = Mapping[int, Layout]


@functools.cache
def layouts() -> Models:
    """The models by id, each read from its file when it is first asked for."""
    return _Models()


def _layout(table: Mapping[str, Any]) -> Layout:
    fields, size = _fields(table["points"])
    groups = tuple(_layout(group) for group in table.get("groups", ()))
    return Layout(fields, size, groups, table.get("name", ""), table.get("count"))


def _fields(points: Mapping[str, Mapping[str, Any]]) -> tuple[tuple[Field, ...], int]:
    """A model has no gaps: each point begins where the one before it ends; one for filling says nothing."""
    fields, at = [], 0
    for name, point in points.items():
        told = _field(name, at, point)
        at = told.end
        if told.type != "pad":
            fields.append(told)
    return tuple(fields), at


def _field(name: str, at: int, point: Mapping[str, Any]) -> Field:
    """The words are shared between points, as most of them come again and again."""
    type_, unit, factor = intern(point["type"]), intern(point.get("unit", "")), point.get("sf", "")
    scale, power = (intern(factor), 0) if isinstance(factor, str) else ("", factor)
    symbols = {value: intern(symbol) for symbol, value in point["symbols"].items()} if "symbols" in point else _NONE
    kind = kind_of(type_)
    return Field(intern(name), at, at + kind.size, type_, kind, unit, scale, power, "rw" in point, symbols)
