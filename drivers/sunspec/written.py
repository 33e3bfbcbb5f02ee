"""A device's models with their raw numbers as JSON, the form of pysunspec2's file client. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeGuard

import orjson

from drivers.sunspec.chain import Place
from drivers.sunspec.codec import scaled
from drivers.sunspec.layout import Field, Layout, Values, layouts

_END = 0xFFFF
_FILLING = re.compile(r"(?i)(pad|rsv|rsrvd)\w*")


def parsed(data: bytes) -> Any:
    """Raises ValueError."""
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        raise ValueError("not valid JSON") from None


def told_models(told: Any) -> tuple[dict[Place, Values], list[str]]:
    """The models and what was odd about them. Raises ValueError for what is no device."""
    if isinstance(told, dict) and "group" in told:
        raise ValueError("the definition of a model, not a device")
    models = _models(told)
    if not isinstance(models, list) or not all(isinstance(m, dict) for m in models):
        raise ValueError("no SunSpec device: there is no list of models")
    known = layouts()
    found: dict[Place, Values] = {}
    problems: list[str] = []
    for n, model in enumerate(models):
        id_ = model.get("ID")
        if isinstance(id_, int) and not isinstance(id_, bool) and id_ in known:
            found[Place(id_, n, 0)] = _Model(id_, problems).values(known[id_], model, {})
        elif id_ != _END:
            problems.append(f"model {id_}: not read")
    if not found:
        raise ValueError("no model that is read")
    return found, problems


def _models(told: Any) -> Any:
    """A list of models, by itself or in a table; models by their number; or one alone."""
    if not isinstance(told, dict):
        return told
    models = told.get("models", told)
    if not isinstance(models, dict):
        return models
    if "ID" in models:
        return [models]
    by_number = {n: m for n, m in models.items() if str(n).isdecimal()}
    return [{"ID": int(n), **m} for n, m in by_number.items() if isinstance(m, dict)] or None


class _Model:
    """Reads one model; `problems` gets what is odd about it."""

    def __init__(self, id_: int, problems: list[str]) -> None:
        self._id = id_
        self._problems = problems

    def values(self, layout: Layout, told: Mapping[str, Any], outer: Mapping[str, Any], name: str = "") -> Values:
        """`outer` has the scale factors that lie outside of a group."""
        numbers: dict[str, float] = {}
        texts: dict[str, str] = {}
        known = {**outer, **told}
        for field in layout.fields:
            raw = told.get(field.name)
            if isinstance(raw, str) and field.kind.spell:
                texts[field.name] = raw
            elif _is_number(raw) and not field.kind.spell and not _absent(field, raw):
                numbers[field.name] = self._scaled(field, raw, known.get(field.scale))
        self._name_strangers(layout, told)
        parts = tuple(
            self.values(group, part, known, group.label(n))
            for group in layout.groups
            for n, part in enumerate(_repeated(layout, group, told), 1)
        )
        return Values(numbers, texts, parts, name)

    def _scaled(self, field: Field, raw: float, exponent: Any) -> float:
        if isinstance(raw, float):
            return raw
        if not field.scale:
            return scaled(raw, field.power)
        if isinstance(exponent, int) and -10 <= exponent <= 10:
            return scaled(raw, exponent)
        self._say(f"model {self._id}: {field.scale} is not there; its points are taken as they stand")
        return float(raw)

    def _name_strangers(self, layout: Layout, told: Mapping[str, Any]) -> None:
        known = {field.name for field in layout.fields} | {group.name for group in layout.groups}
        strange = [n for n, v in told.items() if v is not None and not isinstance(v, list | dict) and n not in known]
        if names := ", ".join(name for name in strange if not _FILLING.fullmatch(name)):
            self._say(f"model {self._id}: no points of it: {names}")

    def _say(self, problem: str) -> None:
        if problem not in self._problems:
            self._problems.append(problem)


def _is_number(raw: object) -> TypeGuard[float]:
    return isinstance(raw, int | float) and not isinstance(raw, bool)


def _absent(field: Field, raw: float) -> bool:
    """Whether it is the mark of a point that is not implemented, which a text may give with its sign or without."""
    kind = field.kind
    whole = 1 << 16 * kind.size
    return kind.absent >= 0 and not kind.floats and isinstance(raw, int) and raw % whole == kind.absent


def _repeated(layout: Layout, group: Layout, told: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """A group's parts; the only group of a model may have any name, as the older models call it differently."""
    parts = told.get(group.name)
    if parts is None and len(layout.groups) == 1:
        parts = next((value for value in told.values() if isinstance(value, list)), None)
    yield from (part for part in (parts if isinstance(parts, list) else [parts]) if isinstance(part, dict))
