"""The data lines of a telegram to readings: `OBIS(value*unit)`, two values, values with their own time, logs.

The time stands before its value, in the telegrams before DSMR 2.2 behind it (IEC 62056-21, 6.4.4).
"""

from __future__ import annotations

import re

from drivers.push.telegram.stamp import CLOCK, STAMP, ZONE, milliseconds
from drivers.push.units import from_text, power_factor
from hub.model.heard import Reading

_OBJECT = re.compile(r"(\d+-\d+:\d+\.\d+\.\d+(?:\*\d+)?)((?:\s*\([^()]*\))+)")
_GROUP = re.compile(r"\(([^()]*)\)")
_VALUE = re.compile(r"(-?[0-9]{1,15}(?:[.,][0-9]{1,9})?)\*([A-Za-z0-9]{1,8})")
_STARLESS = re.compile(r"(-?[0-9]{1,15}(?:[.,][0-9]{1,9})?)\s*([A-Za-z][A-Za-z0-9]{0,7})")
"""As the first Belgian meters sent it."""
_MEASURED = re.compile(r"1-\d+:(?!0\.|9[4-9]\.).*|0-\d+:(?:17\.|24\.[23]\.).*")
"""Codes whose values are quantities, not identifiers."""
_UNITLESS = re.compile(r"1-0:([34])\.7\.0")
_KILO = re.compile(r"[0-9]{1,6}\.[0-9]{3}")
_CODE = re.compile(r"\d+-\d+:\d+\.\d+\.\d+(?:\*\d+)?")
_STAMP_LIKE = re.compile(r"[0-9]{9,}[A-Z]?|")
_NEVER = "632525252525W"
"""What some Belgian meters say for the time of a peak that has not been."""


def read_line(line: str, readings: list[Reading], problems: list[str], zone: str = ZONE) -> None:
    """Adds what `line` says; `zone`: of its times."""
    match = _OBJECT.fullmatch(line)
    if not match:
        problems.append(f"line not understood: {line[:60]}")
        return
    code, groups = match[1], _GROUP.findall(match[2])
    if len(groups) > 2 and STAMP.fullmatch(groups[0]) and _CODE.fullmatch(groups[-3]):
        _old_gas(code, groups, readings, problems, zone)
    elif len(groups) > 2 or (len(groups) == 2 and _CODE.fullmatch(groups[1])):
        _log(code, groups, readings, problems, zone)
    elif len(groups) == 2 and CLOCK.fullmatch(groups[1]):
        at = _time(groups[1], problems, zone)
        if at is not None:
            readings.append(_value(code, groups[0], at))
    elif len(groups) == 2 and groups[0] == _NEVER:
        return
    elif len(groups) == 2 and not _STAMP_LIKE.fullmatch(groups[0]):
        readings += _value(code, groups[0], None), _value(f"{code}/2", groups[1], None)
    else:
        at = _time(groups[0], problems, zone) if len(groups) == 2 else None
        if len(groups) == 1 or at is not None:
            readings.append(_value(code, _with_unit(code, groups[-1], problems), at))


def _old_gas(code: str, groups: list[str], readings: list[Reading], problems: list[str], zone: str) -> None:
    """DSMR 2.2 and 3: (time)(status)(period)(n)(code)(unit)(value)."""
    at = _time(groups[0], problems, zone)
    if at is not None:
        readings.append(_value(code, f"{groups[-1]}*{groups[-2]}", at))


def _log(code: str, groups: list[str], readings: list[Reading], problems: list[str], zone: str) -> None:
    """A profile buffer: (n)(code)...(time)(value)(time)(value)...; each value goes under the code it is of."""
    codes = [g for g in groups if _CODE.fullmatch(g)]
    at: int | None = None
    position = 0
    for group in groups:
        if STAMP.fullmatch(group):
            at, position = (None if group == _NEVER else _time(group, problems, zone)), 0
        elif at is not None and _VALUE.fullmatch(group):
            readings.append(_value(f"{code}/{codes[min(position, len(codes) - 1)]}" if codes else code, group, at))
            position += 1


def _with_unit(code: str, text: str, problems: list[str]) -> str:
    """Luxembourg's first meters sent the reactive power without its unit, in three decimals as the active one."""
    if not _UNITLESS.fullmatch(code) or not _KILO.fullmatch(text):
        return text
    problems.append(f"{code}: no unit; taken as kvar, in which telegrams say it")
    return f"{text}*kvar"


def _value(code: str, text: str, at: int | None) -> Reading:
    match = _VALUE.fullmatch(text) or (_STARLESS.fullmatch(text) if _MEASURED.fullmatch(code) else None)
    known = from_text(match[1], match[2]) if match else None
    if known:
        return Reading(code, known[0], known[1], at)
    factor = power_factor(code, text)
    return Reading(code, text if factor is None else factor, "", at)


def _time(text: str, problems: list[str], zone: str) -> int | None:
    try:
        return milliseconds(text, zone)
    except ValueError:
        problems.append(f"not a time: {text[:20]}")
        return None
