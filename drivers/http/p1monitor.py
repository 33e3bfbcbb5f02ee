"""P1 Monitor (a program on a Pi at the P1 port): its JSON to readings and points of the grid meter.

Source: P1 Monitor, API documentation (`/api/v1/smartmeter`, `/api/v1/status`, `/api/v2/watermeter`). Dutch meters: low
tariff is 1, high is 2. Consumption and production are two positive figures; power = their difference.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from drivers.http import answers
from drivers.http.ask import Ask
from drivers.http.login import Login
from drivers.http.standstill import Standstill
from drivers.json.options import Options
from drivers.json.told import Told, as_json, as_number, leaves
from hub.errors import Refused
from hub.model import CommandSpec, Value
from hub.model.heard import NO_HINTS, Capture, CaptureHints, Heard, Rejected

_OBIS = re.compile(r"\((\d{1,2}\.7\.0)\)")
_NUMBER = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,6})?")
_SIGNED = {"power_l1": ("21.7.0", "22.7.0"), "power_l2": ("41.7.0", "42.7.0"), "power_l3": ("61.7.0", "62.7.0")}
_VOLTS = {"l1": "32.7.0", "l2": "52.7.0", "l3": "72.7.0"}
_AMPS = {"l1": "31.7.0", "l2": "51.7.0", "l3": "71.7.0"}
_ENERGIES = {
    "energy_import": ("CONSUMPTION_KWH_LOW", "CONSUMPTION_KWH_HIGH"),
    "energy_export": ("PRODUCTION_KWH_LOW", "PRODUCTION_KWH_HIGH"),
}
_ALIVE_V = 50
_STILL = 6
"""Passes: an older meter speaks every 10 s, and P1 Monitor is asked every 5."""


def make(options: Options) -> P1Monitor:
    """It has no options."""
    return P1Monitor()


class P1Monitor:
    """Its figures are as old as their stamp says: 10 s with an older meter."""

    places: tuple[str, ...] = ("grid",)
    also: Mapping[str, tuple[str, ...]] = {"meter": ("grid",)}
    period_s = 5.0

    def __init__(self) -> None:
        self._still = Standstill(_STILL)

    def login(self) -> Login:
        return Login()

    def expected(self, place: str) -> tuple[str, ...]:
        return ("power", "energy_import", "energy_export")

    def asks(self) -> tuple[Ask, ...]:
        return (
            Ask("smartmeter", "/api/v1/smartmeter?limit=1"),
            Ask("status", "/api/v1/status", optional=True),
            Ask("watermeter", "/api/v2/watermeter/day?limit=1", every_s=300, optional=True),
        )

    def read(self, name: str, body: bytes) -> Heard:
        found = understand(body)
        if not isinstance(found, Heard):
            return Heard(problems=(found.reason,))
        return self._still.pass_on(found) if name == "smartmeter" else found

    def commands(self, device: str, place: str) -> tuple[CommandSpec, ...]:
        return ()

    def write(self, place: str, quantity: str, value: Value) -> Ask:
        raise Refused(f"{quantity}: a meter can only be read")

    def taken(self, ask: Ask, body: bytes) -> None:
        return None


def decode(data: bytes, hints: CaptureHints = NO_HINTS) -> Capture:
    """Answers: smart meter, phases (status), water meter or settings."""
    return answers.decode(data, hints, lambda body, _: understand(body), lambda found: bool(_rows(found)))


def understand(body: bytes) -> Heard | Rejected:
    found = as_json(body)
    rows = [found] if _is_row(found) else _rows(found)
    if not rows and found != []:
        return Rejected(0, "no list of rows" if body.strip() else "empty")
    told = Told()
    told.fact("vendor", "P1 Monitor")
    if not rows:
        told.problem("no rows: it has measured nothing of this")
        return told.heard()
    if any("LABEL" in row and "STATUS" in row for row in rows):
        _labelled(told, rows)
        return told.heard()
    timed = any("TIMESTAMP_UTC" in row for row in rows)
    newest = max(rows, key=lambda row: as_number(row.get("TIMESTAMP_UTC")) or 0)
    for path, key, value in leaves(newest if timed else rows):
        told.reading(path or "?", value, *_unit(key))
    told.time = _ms(newest.get("TIMESTAMP_UTC"))
    _smartmeter(told, newest)
    told.point("grid", "water", as_number(newest.get("WATERMETER_CONSUMPTION_TOTAL_M3")))
    return told.heard()


def _rows(found: object) -> list[dict[str, Any]]:
    return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []


def _is_row(found: object) -> bool:
    return isinstance(found, dict) and ("TIMESTAMP_UTC" in found or ("LABEL" in found and "STATUS" in found))


def _smartmeter(told: Told, row: dict[str, Any]) -> None:
    taken, given = as_number(row.get("CONSUMPTION_W")), as_number(row.get("PRODUCTION_W"))
    if taken is not None and given is not None:
        told.point("grid", "power", taken - given)
    for name, keys in _ENERGIES.items():
        parts = [as_number(row.get(key)) for key in keys]
        for n, part in enumerate(parts, 1):
            told.point("grid", f"{name}_t{n}", part, 1000)
        if None not in parts:
            told.point("grid", name, sum(part for part in parts if part is not None), 1000)
    told.point("grid", "gas", as_number(row.get("CONSUMPTION_GAS_M3")))


def _labelled(told: Told, rows: list[dict[str, Any]]) -> None:
    """Rows of a label with its OBIS code and a value as text: kW, V and A of the phases."""
    found: dict[str, float] = {}
    for row in rows:
        label, text = str(row.get("LABEL")), str(row.get("STATUS"))
        code = _OBIS.search(label)
        if code is None or not _NUMBER.fullmatch(text):
            told.reading(label[:80] or "?", text)
            continue
        unit, factor = ("W", 1000.0) if code[1][1] in "12" and code[1][0] in "246" else _sized(code[1])
        found[code[1]] = float(text)
        told.reading(code[1], float(text), unit, factor)
    for name, (plus, minus) in _SIGNED.items():
        phase = name[-2:]
        if found.get(_VOLTS[phase], _ALIVE_V + 1) <= _ALIVE_V:
            continue
        if plus in found and minus in found:
            told.point("grid", name, found[plus] - found[minus], 1000)
        told.point("grid", f"voltage_{phase}", found.get(_VOLTS[phase]))
        told.point("grid", f"current_{phase}", found.get(_AMPS[phase]))


def _sized(code: str) -> tuple[str, float]:
    return ("A", 1.0) if code in _AMPS.values() else ("V", 1.0) if code in _VOLTS.values() else ("", 1.0)


def _unit(key: str) -> tuple[str, float]:
    if "_KWH" in key:
        return "Wh", 1000.0
    for end, unit, factor in (("_W", "W", 1.0), ("_M3", "m3", 1.0), ("_LITER", "m3", 0.001)):
        if key.endswith(end):
            return unit, factor
    return "", 1.0


def _ms(stamp: object) -> int | None:
    number = as_number(stamp)
    return int(number * 1000) if number is not None and 0 < number < 1e11 else None
