"""The data sets of a read-out to readings: `address(value*unit)`, several on a line (IEC 62056-21, 6.4.4)."""

from __future__ import annotations

import re

from drivers.push.units import from_text, power_factor
from hub.model.heard import Reading

_SET = re.compile(r"([^()\r\n]{0,40})\(([^()\r\n]{0,128})\)")
_VALUE = re.compile(r"\s*([^*]*?)\s*(?:\*\s*([^*]*?)\s*)?")
_STARLESS = re.compile(r"([+-]?[0-9.,]+)(\s*)([A-Za-z][A-Za-z0-9/]{0,7})")
_MEASURED = re.compile(r"(?:1-\d+:)?(?!0\.|9[4-9]\.)\d{1,3}\.\d.*")
"""Codes whose values are quantities, not identifiers."""
_COUNTER = re.compile(r"(?:1-[01]:)?[12]\.8\.[0-9]{1,2}(?:\*255|\*00)?")
_KWH = re.compile(r"[0-9]{1,9}[.,][0-9]{1,9}")


def read_body(body: str, problems: list[str]) -> list[Reading]:
    """All data sets; what is none is a problem."""
    readings: list[Reading] = []
    address, nth = "", 1
    for line in body.splitlines():
        rest = line.strip(" \t\x00")
        if not rest or rest == "!":
            continue
        end = 0
        for found in _SET.finditer(rest):
            if found.start() != end:
                break
            end = found.end()
            name = found[1].strip()
            address, nth = (name, 1) if name else (address, nth + 1)
            if address:
                readings.append(_reading(address if nth == 1 else f"{address}/{nth}", found[2], problems))
        if rest[end:].strip(" !"):
            problems.append(f"not understood: {rest[end : end + 60]!r}")
    return readings


def _reading(code: str, text: str, problems: list[str]) -> Reading:
    found = _VALUE.fullmatch(text)
    number, unit = (found[1], found[2] or "") if found else (text, "")
    if not unit and (bare := _STARLESS.fullmatch(number)) and (bare[2] or _MEASURED.fullmatch(code)):
        number, unit = bare[1], bare[3]
    if not unit and _COUNTER.fullmatch(code) and _KWH.fullmatch(number):
        problems.append(f"{code}: no unit; taken as kWh, in which meters count")
        unit = "kWh"
    known = from_text(number, unit) if unit else None
    if known:
        return Reading(code, known[0], known[1])
    factor = power_factor(code, number)
    return Reading(code, text.strip() if factor is None else factor)
