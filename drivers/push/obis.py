"""OBIS readings to points: one table for all meters (sources: IEC 62056-61, DSMR 5.0.2 table 6-12, FNN EDL 1.0).

Signs: 1, 21, 41, 61 is import and 2, 22, 42, 62 export, both positive; 16, 36, 56, 76 is import - export with its sign.
Of reactive power 3, 23, 43, 63 and 4, 24, 44, 64; and with its sign 131, 151, 171, 191.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TypeAlias

from hub.model import quantity
from hub.model.heard import Reading

Meter: TypeAlias = Mapping[str, Reading]

_CODE = re.compile(r"(?:1-[01]:)?(\d{1,3}\.\d{1,3})(?:\.(\d{1,3}))?(\*255|\*00)?")
_NOW = ("0", "255", "1")
"""Group E of a momentary value: the total; some old German meters say 255, and for the power 1."""
_POWERS = ("1.7", "2.7")

# quantity: unit, group C.D that is added, C.D that is subtracted ("" none)
_DIFFERENCES = {
    "power": ("W", "1.7", "2.7"),
    "power_l1": ("W", "21.7", "22.7"),
    "power_l2": ("W", "41.7", "42.7"),
    "power_l3": ("W", "61.7", "62.7"),
    "reactive_power": ("var", "3.7", "4.7"),
    "reactive_power_l1": ("var", "23.7", "24.7"),
    "reactive_power_l2": ("var", "43.7", "44.7"),
    "reactive_power_l3": ("var", "63.7", "64.7"),
}
_SIGNED = {
    "power": ("W", "16.7"),
    "power_l1": ("W", "36.7"),
    "power_l2": ("W", "56.7"),
    "power_l3": ("W", "76.7"),
    "reactive_power": ("var", "131.7"),
    "reactive_power_l1": ("var", "151.7"),
    "reactive_power_l2": ("var", "171.7"),
    "reactive_power_l3": ("var", "191.7"),
}
_PLAIN = {
    "apparent_power": ("VA", "9.7"),
    "apparent_power_l1": ("VA", "29.7"),
    "apparent_power_l2": ("VA", "49.7"),
    "apparent_power_l3": ("VA", "69.7"),
    "power_factor": ("", "13.7"),
    "voltage": ("V", "12.7"),
    "voltage_l1": ("V", "32.7"),
    "voltage_l2": ("V", "52.7"),
    "voltage_l3": ("V", "72.7"),
    "current": ("A", "11.7"),
    "current_l1": ("A", "31.7"),
    "current_l2": ("A", "51.7"),
    "current_l3": ("A", "71.7"),
    "frequency": ("Hz", "14.7"),
    "demand_import": ("W", "1.4"),
    "peak_import": ("W", "1.6"),
}
_QUADRANTS = (("5.7", 1), ("6.7", 1), ("7.7", -1), ("8.7", -1))
_PHASES = (1, 2, 3)
_WHOLE = ([1], [1, 2, 3])
"""Phases of a meter for one and of one for three."""
_BESIDE = ("voltage", "current")
"""Told beside the power of a phase, and of all phases alike: a power alone may be the first of several telegrams."""
_COUNTERS = {
    "energy_import_t1": "1.8.1",
    "energy_import_t2": "1.8.2",
    "energy_export_t1": "2.8.1",
    "energy_export_t2": "2.8.2",
}
_TOTALS = {"energy_import": ("1.8.0", "1.8."), "energy_export": ("2.8.0", "2.8.")}
_TARIFFS = ("1", "2", "3", "4")
_MBUS = re.compile(r"0-([1-9]):24\.([123])\.\d{1,3}(?:\*255)?")
_MBUS_KIND = re.compile(r"0-([1-9]):24\.1\.0(?:\*255)?")
_KINDS = {3: "gas", 7: "water"}
_OWN_MEDIUM = {"7-0:23.1.0": "gas", "8-0:1.0.0": "water"}
"""Volumes with their time before DSMR 2.2 (NTA 8130)."""


def points_of(readings: Iterable[Reading], problems: list[str]) -> tuple[dict[str, float], dict[str, int]]:
    """Quantity -> value in base units; and quantity -> UTC ms for those that carry their own time (gas, water)."""
    rows = list(readings)
    meter = electricity(rows)
    points = _momentary(meter) | _counters(meter)
    aged: dict[str, int] = {}
    for name, value, at in _mbus(rows):
        if at >= aged.get(name, at):
            points[name], aged[name] = value, at
    good = {name: value for name, value in points.items() if plausible(name, value, problems)}
    return good, {name: at for name, at in aged.items() if name in good}


def electricity(readings: Iterable[Reading]) -> dict[str, Reading]:
    """The meter's own present values by group C.D.E; the first of a code counts, as others are of times past.

    Storage 00 is the present one of meters that have no other (Pafal).
    """
    found: dict[str, Reading] = {}
    stored: dict[str, Reading] = {}
    for reading in readings:
        if match := _CODE.fullmatch(reading.code):
            (stored if match[3] == "*00" else found).setdefault(f"{match[1]}.{match[2] or 0}", reading)
    return stored | found


def undirected(readings: Iterable[Reading], problems: list[str]) -> None:
    """A power without sign may be either way, also where the meter has never counted an export: it may be new."""
    told = electricity(readings)
    if number(told, "15.7.0", "W") is not None and not any(c in told for c in ("1.7.0", "2.7.0", "16.7.0")):
        problems.append(f"{told['15.7.0'].code}: a power without direction")


def plausible(name: str, value: float, problems: list[str]) -> bool:
    """Whether the quantity can have this value; if not, a problem says so."""
    entry = quantity(name)
    low, high = entry.low, entry.high
    if (low is None or value >= low) and (high is None or value <= high):
        return True
    problems.append(f"{name}: {value:g} {entry.unit} is outside of what is possible")
    return False


def number(meter: Meter, code: str, unit: str) -> float | None:
    """The value under C.D.E if it is a number in `unit`."""
    reading = meter.get(code)
    if reading is None or reading.unit != unit or not isinstance(reading.value, float):
        return None
    return reading.value


def _now(meter: Meter, code: str, unit: str) -> float | None:
    for last in _NOW if code in _POWERS else _NOW[:2]:
        if (value := number(meter, f"{code}.{last}", unit)) is not None:
            return value
    return None


def _momentary(meter: Meter) -> dict[str, float]:
    points: dict[str, float] = {}
    for name, (unit, plus, minus) in _DIFFERENCES.items():
        added, taken = _now(meter, plus, unit), _now(meter, minus, unit)
        if added is not None or taken is not None:
            points[name] = round((added or 0.0) - (taken or 0.0), 6)
    for name, (unit, code) in (_SIGNED | _PLAIN).items():
        value = _now(meter, code, unit)
        if value is not None:
            points.setdefault(name, value)
    return points | _quadrants(meter, points) | _sums(points)


def _quadrants(meter: Meter, points: Mapping[str, float]) -> dict[str, float]:
    """The reactive power of meters that tell it by quadrant: I and II (5, 6) are import, III and IV (7, 8) export."""
    told = [(_now(meter, code, "var"), sign) for code, sign in _QUADRANTS]
    if "reactive_power" in points or all(value is None for value, _ in told):
        return {}
    return {"reactive_power": round(sum(sign * (value or 0.0) for value, sign in told), 6)}


def _sums(points: Mapping[str, float]) -> dict[str, float]:
    """The power of meters that tell it by phase only, where all the phases that they have are told."""
    phases = [n for n in _PHASES if any(f"{kind}_l{n}" in points for kind in ("power", *_BESIDE))]
    told = [points.get(f"power_l{n}") for n in phases]
    alone = phases == [1] and not any(f"{kind}_l1" in points for kind in _BESIDE)
    if "power" in points or phases not in _WHOLE or None in told or alone:
        return {}
    return {"power": round(sum(value for value in told if value is not None), 6)}


def _counters(meter: Meter) -> dict[str, float]:
    """The total register where there is one, else the sum of the tariffs."""
    points = {name: v for name, code in _COUNTERS.items() if (v := number(meter, code, "Wh")) is not None}
    for name, (total, tariff) in _TOTALS.items():
        parts = [v for t in _TARIFFS if (v := number(meter, tariff + t, "Wh")) is not None]
        whole = number(meter, total, "Wh")
        if whole is not None or parts:
            points[name] = whole if whole is not None else round(sum(parts), 6)
    return points


def _mbus(rows: list[Reading]) -> Iterable[tuple[str, float, int]]:
    """Gas and water meters behind this one; a volume without a stated kind counts as gas."""
    kinds = {
        m[1]: int(float(str(r.value)))
        for r in rows
        if (m := _MBUS_KIND.fullmatch(r.code)) and re.fullmatch(r"[0-9]{1,3}(\.0)?", str(r.value))
    }
    for row in rows:
        if row.unit == "m3" and isinstance(row.value, float) and row.at is not None:
            match = _MBUS.fullmatch(row.code)
            kind = _KINDS.get(kinds.get(match[1], 3)) if match else _OWN_MEDIUM.get(row.code.removesuffix("*255"))
            if kind:
                yield kind, row.value, row.at
