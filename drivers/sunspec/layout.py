"""Where the points of each model lie (models.toml), which registers that asks for, and what they say. Pure."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from itertools import pairwise
from typing import Any

from drivers.sunspec.codec import Kind, kind_of, number, text

MOST = 125
"""registers in one request"""
_PARTS = 64
"""more modules or ports than that are no house"""


@dataclass(frozen=True, slots=True)
class Field:
    """One point: `at` registers after the model's id (or the group's start); `scale` names its scale factor, if any."""

    name: str
    at: int
    type: str
    scale: str = ""
    writable: bool = False

    @property
    def kind(self) -> Kind:
        return kind_of(self.type)

    @property
    def end(self) -> int:
        return self.at + self.kind.size


@dataclass(frozen=True, slots=True)
class Group:
    """What repeats: from `at`, `size` registers each, as often as the point `count` says and the model has room for."""

    at: int
    size: int
    count: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Values:
    """What a model says, in plain units; what is not implemented is absent."""

    numbers: Mapping[str, float]
    texts: Mapping[str, str]
    parts: tuple[Values, ...] = ()


@dataclass(frozen=True, slots=True)
class Layout:
    fields: tuple[Field, ...]
    group: Group | None = None

    def field(self, name: str) -> Field:
        return next(field for field in self.fields if field.name == name)

    def spans(self, length: int) -> tuple[tuple[int, int], ...]:
        """(offset, count) of the reads that a model of `length` takes; none of them splits a value."""
        edges = [0, *self._edges(length + 2)]
        spans = [(0, 0)]
        for start, end in pairwise(edges):
            first = spans[-1][0]
            if end - first > MOST:
                spans.append((start, end - start))
            else:
                spans[-1] = (first, end - first)
        return tuple(spans)

    def _edges(self, whole: int) -> list[int]:
        """Where reads may end: after the fixed points, and after each repetition."""
        if self.group is None or whole <= self.group.at:
            return [min(whole, max(field.end for field in self.fields))]
        parts = min((whole - self.group.at) // self.group.size, _PARTS)
        return [self.group.at + n * self.group.size for n in range(parts + 1)]

    def decode(self, words: Sequence[int]) -> Values:
        """`words` from the model's id on; a point beyond their end is absent."""
        fixed = _decode(self.fields, words, {})
        if self.group is None:
            return fixed
        return Values(fixed.numbers, fixed.texts, tuple(self._parts(self.group, words, fixed.numbers)))

    @staticmethod
    def _parts(group: Group, words: Sequence[int], fixed: Mapping[str, float]) -> list[Values]:
        room = max(0, len(words) - group.at) // group.size
        count = min(room, int(fixed.get(group.count, room)))
        starts = [group.at + n * group.size for n in range(count)]
        return [_decode(group.fields, words[at : at + group.size], fixed) for at in starts]


@functools.cache
def layouts() -> Mapping[int, Layout]:
    """The models by id."""
    tables = tomllib.loads(resources.files("drivers.sunspec").joinpath("models.toml").read_text())
    return {id_: _layout(table) for table in tables["model"] for id_ in table["ids"]}


def _layout(table: Mapping[str, Any]) -> Layout:
    group = table.get("group")
    repeated = Group(group["at"], group["size"], group["count"], _fields(group["points"])) if group else None
    return Layout(_fields(table["points"]), repeated)


def _fields(points: Mapping[str, Sequence[Any]]) -> tuple[Field, ...]:
    return tuple(Field(name, at, type_, "".join(more[:1]), "rw" in more) for name, (at, type_, *more) in points.items())


def _decode(fields: Sequence[Field], words: Sequence[int], outer: Mapping[str, float]) -> Values:
    """`outer` has the scale factors that lie outside of a group."""
    here = [field for field in fields if field.end <= len(words)]
    texts = {f.name: text(words[f.at : f.end]) for f in here if f.type.startswith("string")}
    plain = [field for field in here if field.name not in texts]
    factors = dict(outer) | _numbers((f for f in plain if not f.scale), words, {})
    return Values(_numbers(plain, words, factors), texts)


def _numbers(fields: Any, words: Sequence[int], factors: Mapping[str, float]) -> dict[str, float]:
    values = {f.name: number(f.kind, words[f.at : f.end], factors.get(f.scale) if f.scale else 0) for f in fields}
    return {name: value for name, value in values.items() if value is not None}
