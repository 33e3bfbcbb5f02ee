"""`drivers/sunspec/models/N.toml`: the published SunSpec models, one small file each, so that a hub reads few of them.

Source: github.com/sunspec/models (Apache-2.0), json/model_N.json, as they come with pysunspec2.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

_HEAD = """\
# SunSpec model {id}: {name}
# Written by `python -m gen` from github.com/sunspec/models, json/model_{id}.json (Apache-2.0).
"""
_UNITS = {
    "C": "degC",
    "Secs": "s",
    "Sec": "s",
    "Tms": "s",
    "mSecs": "ms",
    "Pct": "%",
    "%WHRtg": "%",
    "VNomPct": "%",
    "WMaxPct": "%",
    "VarPct": "%",
    "Var": "var",
    "Varh": "varh",
    "WH": "Wh",
    "AH": "Ah",
    "kAH": "kAh",
    "Degrees": "deg",
    "meters": "m",
    "mps": "m/s",
    "HPa": "hPa",
    "W/m^2": "W/m2",
    "Vm": "V/m",
    "kO": "kohm",
    "ohms": "ohm",
    "Tmh": "h",
    "Tmd": "d",
}
_NO_UNITS = {"cos()", "PF", "SF", "text", "YYYYMMDD", "hhmmss", "hhmmss.sssZ", "DeptRef"}
_CORRECTED = {(122, "VArAval"): "var"}
"""units that were published wrong, and corrected since"""
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_MODEL = re.compile(r"model_(\d+)\.json")


def models() -> dict[str, Callable[[], str]]:
    """By file what makes its text. Raises ModuleNotFoundError without pysunspec2, which the tests' packages have."""
    return {f"drivers/sunspec/models/{id_}.toml": _maker(path) for id_, path in _published()}


def _published() -> Iterator[tuple[int, Traversable]]:
    for path in files("sunspec2").joinpath("models", "json").iterdir():
        if match := _MODEL.fullmatch(path.name):
            yield int(match[1]), path


def _maker(path: Traversable) -> Callable[[], str]:
    def make() -> str:
        return text(json.loads(path.read_text(encoding="utf-8")))

    return make


def text(model: Mapping[str, Any]) -> str:
    """The table of a published model."""
    top, id_ = model["group"], model["id"]
    head = _HEAD.format(id=id_, name=" ".join(top.get("label", top["name"]).split()))
    return head + "".join(_block(top, id_, ""))


def _block(group: Mapping[str, Any], id_: int, path: str) -> Iterator[str]:
    """A group's points in the order of their registers, then the groups behind them."""
    yield f"\n[{path}points]\n"
    for point in group["points"]:
        yield f"{point['name']} = {{{', '.join(_told(point, id_))}}}\n"
    for inner in group.get("groups", ()):
        yield f"\n[[{path}groups]]\nname = {_quoted(inner['name'])}\n"
        if "count" in inner:
            yield f"count = {_count(inner['count'], group)}\n"
        yield from _block(inner, id_, f"{path}groups.")


def _count(said: int | str, outer: Mapping[str, Any]) -> str:
    """The point that counts, or how often; the older models say 0, and have a point of the type for it or none."""
    counter = next((point["name"] for point in outer["points"] if point["type"] == "count"), "")
    return _quoted(said or counter) if said or counter else "0"


def _told(point: Mapping[str, Any], id_: int) -> Iterator[str]:
    registers = point["size"] if point["type"] == "string" else ""
    yield f"type = {_quoted(point['type'] + str(registers))}"
    if unit := _unit(point, id_):
        yield f"unit = {_quoted(unit)}"
    if "sf" in point:
        yield f"sf = {json.dumps(point['sf'])}"
    if point.get("access") == "RW":
        yield "rw = true"
    if symbols := point.get("symbols"):
        named = ", ".join(f"{_key(symbol['name'])} = {symbol['value']}" for symbol in symbols)
        yield f"symbols = {{{named}}}"


def _unit(point: Mapping[str, Any], id_: int) -> str:
    unit = _CORRECTED.get((id_, point["name"]), point.get("units", "")).strip()
    return "" if unit in _NO_UNITS else _UNITS.get(unit, unit)


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _quoted(name)


def _quoted(word: int | str) -> str:
    return json.dumps(word, ensure_ascii=False)
