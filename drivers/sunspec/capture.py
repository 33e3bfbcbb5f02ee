"""A SunSpec device's registers, or its points as a file, decoded as the driver would: for `shems decode sunspec`. Pure.

Understood: the registers from the mark `SunS` on, as bytes, in hexadecimal or as numbers (a list, or address and value
a line); a register image of `shems record`; a device's models with their raw numbers as JSON (the form of pysunspec2's
file client).
"""

from __future__ import annotations

import re
import struct
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson

from drivers.sunspec.aspects import sources
from drivers.sunspec.chain import MARK, Place, Walk, walk
from drivers.sunspec.codec import scaled
from drivers.sunspec.layout import Field, Layout, Values, layouts
from drivers.sunspec.options import Options
from hub.errors import LinkError, Refused
from hub.model import Role, Value, quantity
from hub.model.heard import NO_HINTS, Capture, CaptureHints, Heard, Reading, Rejected

_MARK = struct.pack(">2H", *MARK)
_TABLE = re.compile(rb"\[[a-z]+\]")
_HEX = re.compile(rb"(?:0x)?[0-9A-Fa-f]+(?:[\s,;]+(?:0x)?[0-9A-Fa-f]+)*", re.IGNORECASE)
_SPLIT = re.compile(r"[\s,;]+")
_REGISTERS = 1 << 16
_END = 0xFFFF
_METERS = 9
_UNITS = (  # by the point's name in the published models
    (r"_Ena$", ""),
    (r"Tms(Per)?$", "s"),
    (r"Hz$", "Hz"),
    (r"(WH|WhImp|WhExp|WhInj|WhAbs|WHRtg)", "Wh"),
    (r"(Pct|SoC|SoH|Rte$|ChaState|MinRsvPct)", "%"),
    (r"^Tmp", "degC"),
    (r"^(PPV|PhV|V|LLV|LNV|DCV)", "V"),
    (r"^(Aph|A$|AL|DCA)", "A"),
    (r"^VA", "VA"),
    (r"^(VAr|Var)", "var"),
    (r"^(W|DCW|Wph)", "W"),
)


def decode(data: bytes, hints: CaptureHints = NO_HINTS) -> Capture:
    """One message for a device; what is no SunSpec device is rejected with its reason."""
    del hints
    try:
        images, problems = _images(data)
    except (LinkError, ValueError) as error:
        return Capture(rejected=(Rejected(0, str(error)),))
    return Capture((_heard(images, problems),))


def _images(data: bytes) -> tuple[dict[Place, Values], list[str]]:
    """The models and what was odd about them. Raises LinkError or ValueError for what is no device."""
    stripped = data.strip()
    if stripped[:1] in (b"{", b"[") and not _TABLE.match(stripped):
        told = _json(stripped)
        image = _numbered(told)
        return _from_registers(image) if image else _from_points(told)
    if _MARK in data:
        return _from_registers(_at_zero(data[data.index(_MARK) :]))
    if _HEX.fullmatch(stripped):
        return _from_registers(_written(stripped.decode("ascii")))
    return _from_registers(_recorded(stripped))


# -- registers ---------------------------------------------------------------------------------------------------------


def _at_zero(data: bytes) -> dict[int, int]:
    return dict(enumerate(struct.unpack(f">{len(data) // 2}H", data[: len(data) // 2 * 2])))


def _written(text: str) -> dict[int, int]:
    """Registers as numbers or in hexadecimal, from the mark on; or two columns, address and register."""
    lines = [[*filter(None, _SPLIT.split(line))] for line in text.splitlines() if line.strip()]
    words = [word for line in lines for word in line]
    if len(lines) > 1 and all(len(line) == 2 for line in lines) and lines[0][0].isdigit():
        pairs = {int(at): _word(word) for at, word in lines if at.isdigit()}
        if MARK[0] in pairs.values():
            return pairs
    if words[0] == str(MARK[0]):
        return dict(enumerate(map(_word, words)))
    plain = "".join(word.lower().removeprefix("0x") for word in words)
    data = bytes.fromhex(plain[: len(plain) // 2 * 2])
    if _MARK not in data:
        raise ValueError("no SunSpec device: there is no mark SunS in these registers")
    return _at_zero(data[data.index(_MARK) :])


def _word(text: str) -> int:
    value = int(text, 16 if text.lower().startswith("0x") else 10)
    if not 0 <= value < _REGISTERS:
        raise ValueError(f"{text} is no register")
    return value


def _numbered(told: Any) -> dict[int, int]:
    """Registers in a JSON list, or by address; empty when it is something else."""
    if isinstance(told, dict) and isinstance(told.get("registers"), dict | list):
        told = told["registers"]
    if isinstance(told, list):
        told = dict(enumerate(told))
    if not isinstance(told, dict) or not all(str(at).isdecimal() and _is_register(w) for at, w in told.items()):
        return {}
    return {int(at): word for at, word in told.items()}


def _is_register(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _REGISTERS


def _recorded(data: bytes) -> dict[int, int]:
    """A register image: first address = registers in hexadecimal."""
    try:
        told = tomllib.loads(data.decode("utf-8")).get("holding", {})
        return {int(a, 0) + n: int(w, 16) for a, ws in told.items() for n, w in enumerate(str(ws).split())}
    except (ValueError, AttributeError):  # both decoding errors are ValueErrors
        raise ValueError("no SunSpec device: neither registers with the mark SunS nor a device's models") from None


def _from_registers(image: Mapping[int, int]) -> tuple[dict[Place, Values], list[str]]:
    known = layouts()
    found: dict[Place, Values] = {}
    problems: list[str] = []
    for place in _walked(walk(), image):
        words = _words(image, place.address, place.length + 2)
        if len(words) < place.length + 2:
            problems.append(f"model {place.model}: cut after {len(words)} of {place.length + 2} registers")
        if place.model in known:
            found[place] = known[place.model].decode(words)
        else:
            problems.append(f"model {place.model}: not read")
    return found, problems


def _walked(steps: Walk, image: Mapping[int, int]) -> Sequence[Place]:
    wish = next(steps)
    while True:
        words = _words(image, wish.address, wish.count)
        try:
            wish = steps.send(words if len(words) == wish.count else Refused("not in the capture"))
        except StopIteration as end:
            places: Sequence[Place] = end.value
            return places


def _words(image: Mapping[int, int], at: int, count: int) -> tuple[int, ...]:
    """As many of `count` registers as there are without a gap."""
    words: list[int] = []
    while len(words) < count and at + len(words) in image:
        words.append(image[at + len(words)])
    return tuple(words)


# -- models with raw numbers -------------------------------------------------------------------------------------------


def _json(data: bytes) -> Any:
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        raise ValueError("not valid JSON") from None


def _from_points(told: Any) -> tuple[dict[Place, Values], list[str]]:
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
        if isinstance(id_, int) and id_ in known:
            found[Place(id_, n, 0)] = _values(known[id_], model, id_, problems)
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


def _values(layout: Layout, model: Mapping[str, Any], id_: int, problems: list[str]) -> Values:
    numbers, texts = _fields(layout.fields, model, model, id_, problems)
    if layout.group is None:
        return Values(numbers, texts)
    groups = next((v for v in model.values() if isinstance(v, list)), [])
    parts = [_fields(layout.group.fields, part, model, id_, problems) for part in groups if isinstance(part, dict)]
    return Values(numbers, texts, tuple(Values(*part) for part in parts))


def _fields(
    fields: Sequence[Field], told: Mapping[str, Any], outer: Mapping[str, Any], id_: int, problems: list[str]
) -> tuple[dict[str, float], dict[str, str]]:
    numbers: dict[str, float] = {}
    texts: dict[str, str] = {}
    for field in fields:
        raw = told.get(field.name)
        if isinstance(raw, str) and field.type.startswith("string"):
            texts[field.name] = raw
        elif isinstance(raw, int | float) and not isinstance(raw, bool) and not _absent(field, raw):
            numbers[field.name] = _scaled(field, raw, told.get(field.scale, outer.get(field.scale)), id_, problems)
    return numbers, texts


def _absent(field: Field, raw: float) -> bool:
    """Whether it is the mark of a point that is not implemented, which a text may give with its sign or without."""
    kind = field.kind
    whole = 1 << 16 * kind.size
    return kind.absent > 0 and isinstance(raw, int) and raw % whole == kind.absent


def _scaled(field: Field, raw: float, exponent: Any, id_: int, problems: list[str]) -> float:
    if not field.scale or isinstance(raw, float):
        return float(raw)
    if isinstance(exponent, int) and -10 <= exponent <= 10:
        return scaled(int(raw), exponent)
    said = f"model {id_}: {field.scale} is not there; its points are taken as they stand"
    if said not in problems:
        problems.append(said)
    return float(raw)


# -- what it means -----------------------------------------------------------------------------------------------------


def _heard(images: Mapping[Place, Values], problems: list[str]) -> Heard:
    points: dict[str, Value] = {}
    for place, role, index in _places():
        for source in sources(role, Options(index=index), images):
            for name, value in source.read(images[source.place]).items():
                _point(points, f"{place}.{name}", value, problems)
    named = next((v.texts for p, v in images.items() if p.model == 1), {})
    device = {"vendor": "Mn", "model": "Md", "serial": "SN", "firmware": "Vr"}
    return Heard(
        tuple(readings(images)),
        points,
        {key: named.get(point, "") for key, point in device.items()},
        problems=tuple(problems),
    )


def _places() -> Iterator[tuple[str, Role, int]]:
    """A unit's first meter is the grid's, as far as a capture can tell."""
    yield "inverter", Role.INVERTER, 1
    yield "battery", Role.BATTERY, 1
    yield "grid", Role.GRID, 1
    for n in range(2, _METERS + 1):
        yield "meter" if n == 2 else f"meter_{n - 1}", Role.METER, n


def _point(points: dict[str, Value], id_: str, value: Value, problems: list[str]) -> None:
    entry = quantity(id_.partition(".")[2])
    low, high = entry.low, entry.high
    number = value if isinstance(value, int | float) else 0.0
    if (low is not None and number < low) or (high is not None and number > high):
        problems.append(f"{id_}: {number:g} {entry.unit} cannot be")
    else:
        points[id_] = value


def readings(images: Mapping[Place, Values]) -> Iterator[Reading]:
    """Every point of every model, by `model.point`."""
    for place, values in images.items():
        yield from _said(str(place.model), values)
        for n, part in enumerate(values.parts, 1):
            yield from _said(f"{place.model}[{n}]", part)


def _said(prefix: str, values: Values) -> Iterator[Reading]:
    yield from (Reading(f"{prefix}.{name}", text) for name, text in values.texts.items() if text)
    yield from (
        Reading(f"{prefix}.{name}", number, _unit(name))
        for name, number in values.numbers.items()
        if not name.endswith("_SF")
    )


def _unit(point: str) -> str:
    return next((unit for pattern, unit in _UNITS if re.search(pattern, point)), "")
