"""P1 telegrams decoded: OBIS objects to readings, readings to points. Pure; `feed` bytes, get events.

Sources: DSMR P1 Companion Standard 5.0.2 table 6-12; Fluvius eMUCS-P1 1.7.1 (BE); Energiföretagen AMI HAN (SE).
Signs: P1 has import and export as two positive figures; `power` = import - export, so + is import.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from drivers.p1.frame import Frame, Framer, Rejected
from drivers.p1.points import points_of
from drivers.p1.stamp import STAMP, flag_agrees, milliseconds

__all__ = ["Parser", "Reading", "Rejected", "Telegram", "decode"]

_OBJECT = re.compile(r"(\d+-\d+:\d+\.\d+\.\d+(?:\*\d+)?)((?:\([^()]*\))+)")
_GROUP = re.compile(r"\(([^()]*)\)")
_VALUE = re.compile(r"(-?[0-9]{1,15}(?:\.[0-9]{1,9})?)\*([A-Za-z0-9]{1,8})")
_CHUNK = 65_536
_CODE = re.compile(r"\d+-\d+:\d+\.\d+\.\d+(?:\*\d+)?")
_BASE: dict[str, tuple[str, int | Decimal]] = {  # the wire's unit in lower case -> base unit, factor
    "kwh": ("Wh", 1000),
    "wh": ("Wh", 1),
    "kw": ("W", 1000),
    "w": ("W", 1),
    "kvar": ("var", 1000),
    "var": ("var", 1),
    "kvarh": ("varh", 1000),
    "varh": ("varh", 1),
    "kva": ("VA", 1000),
    "va": ("VA", 1),
    "v": ("V", 1),
    "a": ("A", 1),
    "hz": ("Hz", 1),
    "m3": ("m3", 1),
    "dm3": ("m3", Decimal("0.001")),
    "s": ("s", 1),
    "gj": ("GJ", 1),
}


@dataclass(frozen=True, slots=True)
class Reading:
    """One value of the wire in base units (W, Wh, V, A, m3; heat stays GJ). `at`: its own time, UTC ms, if any."""

    code: str
    value: float | str
    unit: str = ""
    at: int | None = None


@dataclass(frozen=True, slots=True)
class Telegram:
    """What a meter said once. `points`: quantity -> value in base units; `aged`: those with a time of their own."""

    offset: int
    ident: str
    time: int | None
    readings: tuple[Reading, ...]
    points: Mapping[str, float]
    aged: Mapping[str, int]
    problems: tuple[str, ...]

    def text(self, *codes: str) -> str:
        """The first of `codes` that was sent as text, else nothing."""
        return next((str(r.value) for c in codes for r in self.readings if r.code == c), "")

    @property
    def serial(self) -> str:
        """The equipment identifier, out of its hexadecimal form where it has one."""
        return _unhex(self.text("0-0:96.1.1", "0-0:96.1.0", "0-0:42.0.0", "0-0:96.1.255*255", "1-0:0.0.0*255"))

    @property
    def version(self) -> str:
        """`50` is DSMR 5.0; Belgian meters say `50217`."""
        return self.text("1-3:0.2.8", "0-0:96.1.4")


class Parser:
    """Sans-I/O: `feed(bytes)` gives telegrams and rejections, in the order of the wire."""

    def __init__(self) -> None:
        self._framer = Framer()

    def feed(self, data: bytes) -> list[Telegram | Rejected]:
        return [_understand(event) for event in self._framer.feed(data)]

    def finish(self) -> list[Telegram | Rejected]:
        return [_understand(event) for event in self._framer.finish()]


def decode(data: bytes) -> dict[str, Any]:
    """A capture as `shems decode` prints it: messages with readings and points, and what was rejected and why."""
    parser = Parser()
    events = [e for start in range(0, len(data), _CHUNK) for e in parser.feed(data[start : start + _CHUNK])]
    events += parser.finish()
    rejected = [{"offset": e.offset, "reason": e.reason} for e in events if isinstance(e, Rejected)]
    messages = [_message(e) for e in events if isinstance(e, Telegram)]
    if not events:
        rejected = [{"offset": 0, "reason": _nothing_because(data)}]
    return {"messages": messages, "rejected": rejected}


def _nothing_because(data: bytes) -> str:
    if data[:2] == b"\xdb\x08":
        return "an encrypted telegram (DLMS general-glo-ciphering, as in Luxembourg): it needs the meter's key"
    return "no P1 telegram found: none begins with / and three letters" if data else "empty"


def _message(telegram: Telegram) -> dict[str, Any]:
    return {
        "time": telegram.time,
        "device": {
            "vendor": telegram.ident[:3],
            "model": telegram.ident[3:].lstrip("\\").strip(),
            "serial": telegram.serial,
            "firmware": telegram.version,
        },
        "readings": [_reading(r) for r in telegram.readings],
        "points": {f"grid.{name}": value for name, value in telegram.points.items()},
        "problems": list(telegram.problems),
    }


def _reading(reading: Reading) -> dict[str, Any]:
    shown: dict[str, Any] = {"code": reading.code, "value": reading.value, "unit": reading.unit}
    return shown if reading.at is None else shown | {"time": reading.at}


def _understand(event: Frame | Rejected) -> Telegram | Rejected:
    if isinstance(event, Rejected):
        return event
    readings: list[Reading] = []
    problems: list[str] = []
    for line in event.lines[1:]:
        _object(line, readings, problems)
    time = _time(readings, problems)
    points, aged = points_of(((r.code, r.value, r.unit, r.at) for r in readings), problems)
    if not readings:
        return Rejected(event.offset, "a telegram without any reading")
    return Telegram(event.offset, event.lines[0][1:], time, tuple(readings), points, aged, tuple(problems))


def _time(readings: list[Reading], problems: list[str]) -> int | None:
    stamp = next((str(r.value) for r in readings if r.code == "0-0:1.0.0"), "")
    at = _stamp(stamp, problems) if stamp else None
    if at is not None and not flag_agrees(stamp):
        problems.append(f"0-0:1.0.0: {stamp}: the summer letter contradicts the calendar")
    return at


def _object(line: str, readings: list[Reading], problems: list[str]) -> None:
    match = _OBJECT.fullmatch(line)
    if not match:
        problems.append(f"line not understood: {line[:60]}")
        return
    code, groups = match[1], _GROUP.findall(match[2])
    if len(groups) > 2 and STAMP.fullmatch(groups[0]) and _CODE.fullmatch(groups[-3]):
        _old_gas(code, groups, readings, problems)
    elif len(groups) > 2:
        _log(code, groups, readings, problems)
    else:
        at = _stamp(groups[0], problems) if len(groups) == 2 else None
        if len(groups) == 1 or at is not None:
            readings.append(_value(code, groups[-1], at))


def _old_gas(code: str, groups: list[str], readings: list[Reading], problems: list[str]) -> None:
    """DSMR 2.2 and 3: (time)(status)(period)(n)(code)(unit)(value)."""
    at = _stamp(groups[0], problems)
    if at is not None:
        readings.append(_value(code, f"{groups[-1]}*{groups[-2]}", at))


def _log(code: str, groups: list[str], readings: list[Reading], problems: list[str]) -> None:
    """A profile buffer: (n)(code)...(time)(value)(time)(value)...; each value goes under the code it is of."""
    codes = [g for g in groups if _CODE.fullmatch(g)]
    at: int | None = None
    position = 0
    for group in groups:
        if STAMP.fullmatch(group):
            at, position = _stamp(group, problems), 0
        elif at is not None and _VALUE.fullmatch(group):
            readings.append(_value(f"{code}/{codes[min(position, len(codes) - 1)]}" if codes else code, group, at))
            position += 1


def _value(code: str, text: str, at: int | None) -> Reading:
    match = _VALUE.fullmatch(text)
    if not match or match[2].lower() not in _BASE:
        return Reading(code, text, "", at)
    unit, factor = _BASE[match[2].lower()]
    return Reading(code, float(Decimal(match[1]) * factor), unit, at)


def _stamp(text: str, problems: list[str]) -> int | None:
    try:
        return milliseconds(text)
    except ValueError:
        problems.append(f"not a time: {text[:20]}")
        return None


def _unhex(text: str) -> str:
    """Identifiers come as ASCII in hexadecimal, or as they are."""
    try:
        plain = bytes.fromhex(text).decode("ascii")
    except ValueError:
        return text
    return plain if plain.isalnum() and plain.isascii() else text
