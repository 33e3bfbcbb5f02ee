"""A SunSpec device's registers, or its points as a file, decoded as the driver would: for `shems decode sunspec`. Pure.

Understood: the registers from the mark `SunS` on, as bytes, in hexadecimal or as numbers (a list, or address and value
a line); a register image of `shems record`; a device's models with their raw numbers as JSON (the form of pysunspec2's
file client); a register map of pysunspec 1 (`mbmap`).
"""

from __future__ import annotations

import re
import struct
import tomllib
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from drivers.sunspec.aspects import sources
from drivers.sunspec.chain import BASES, MARK, Place, Walk, walk
from drivers.sunspec.layout import Values, layouts
from drivers.sunspec.makers import first_texts
from drivers.sunspec.mbmap import is_mbmap, registers
from drivers.sunspec.options import Options
from drivers.sunspec.tell import labels, readings
from drivers.sunspec.written import parsed, told_models
from hub.errors import LinkError, Refused
from hub.model import Role, Value, quantity
from hub.model.heard import NO_HINTS, Capture, CaptureHints, Heard, Rejected

_MARK = struct.pack(">2H", *MARK)
_TABLE = re.compile(rb"\[[a-z]+\]")
_HEX = re.compile(rb"(?:0x)?[0-9A-Fa-f]+(?:[\s,;]+(?:0x)?[0-9A-Fa-f]+)*", re.IGNORECASE)
_REMARK = re.compile(rb"^\s*#.*$", re.MULTILINE)
_SPLIT = re.compile(r"[\s,;]+")
_REGISTERS = 1 << 16
_METERS = 9


def decode(data: bytes, hints: CaptureHints = NO_HINTS) -> Capture:
    """One message for a device; what is no SunSpec device is rejected with its reason."""
    del hints
    try:
        images, problems = _images(_bare(data))
    except (LinkError, ValueError) as error:
        return Capture(rejected=(Rejected(0, str(error)),))
    if not images:
        return Capture(rejected=(Rejected(0, f"no model could be read: {'; '.join(problems[:3]) or 'there is none'}"),))
    return Capture((_heard(images, problems),))


def _bare(data: bytes) -> bytes:
    """Text in UTF-8, without the mark that some programs begin a file with: PowerShell writes UTF-16."""
    if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return data.decode("utf-16", "replace").encode()
    return data.removeprefix(BOM_UTF8)


def _images(data: bytes) -> tuple[dict[Place, Values], list[str]]:
    """The models and what was odd about them. Raises LinkError or ValueError for what is no device."""
    stripped = data.strip()
    if stripped[:1] in (b"{", b"[") and not _TABLE.match(stripped):
        told = parsed(stripped)
        image = _numbered(told)
        return _from_registers(image) if image else told_models(told)
    if is_mbmap(text := stripped.decode("utf-8", "replace")):
        return _from_registers(registers(text))
    if _MARK in data:
        return _from_registers(_at_zero(data[data.index(_MARK) :]))
    plain = _REMARK.sub(b"", stripped).strip()
    if _HEX.fullmatch(plain):
        return _from_registers(_written(plain.decode("ascii")))
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
    image = _based(image)
    for place in _walked(walk(), image):
        words = _words(image, place.address, place.length + 2)
        if len(words) < place.length + 2:
            problems.append(f"model {place.model}: cut after {len(words)} of {place.length + 2} registers")
        if place.model not in known:
            problems.append(f"model {place.model}: not read")
            continue
        found[place], end = known[place.model].read(words)
        if len(words) > end:
            problems.append(f"model {place.model}: {len(words) - end} registers more than its points take")
    for place, label in labels(found):
        problems += _unscaled(label, found[place])
    return found, problems


def _based(image: Mapping[int, int]) -> Mapping[int, int]:
    """With the mark where a device has it: some tools count from 1, some from what they have read first."""
    marked = [at for at, word in image.items() if word == MARK[0] and image.get(at + 1) == MARK[1]]
    if not marked or any(base in marked for base in BASES):
        return image
    return {at - min(marked): word for at, word in image.items() if at >= min(marked)}


def _unscaled(label: str, values: Values) -> Iterator[str]:
    if values.bare:
        yield f"model {label}: no scale factor, taken as they stand: {', '.join(values.bare)}"
    for part in values.parts:
        yield from _unscaled(f"{label}.{part.name}", part)


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


# -- what it means -----------------------------------------------------------------------------------------------------


def _heard(images: Mapping[Place, Values], problems: list[str]) -> Heard:
    points: dict[str, Value] = {}
    for place, role, index in _places():
        for source in sources(role, Options(index=index), images):
            for name, value in source.read(images[source.place]).items():
                _point(points, f"{place}.{name}", value, problems)
    named = first_texts(images)
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
