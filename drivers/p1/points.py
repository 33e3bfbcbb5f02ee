"""P1 readings to points: one table of OBIS codes (source: DSMR 5.0.2 table 6-12, DLMS blue book groups C and D)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TypeAlias

from hub.model import quantity

Read: TypeAlias = tuple[str, float | str, str, int | None]

# quantity: unit, code that is added, code that is subtracted ("" none); OBIS group C, then 7 = instantaneous
_DIFFERENCES = {
    "power": ("W", "1.7.0", "2.7.0"),
    "power_l1": ("W", "21.7.0", "22.7.0"),
    "power_l2": ("W", "41.7.0", "42.7.0"),
    "power_l3": ("W", "61.7.0", "62.7.0"),
    "reactive_power": ("var", "3.7.0", "4.7.0"),
    "reactive_power_l1": ("var", "23.7.0", "24.7.0"),
    "reactive_power_l2": ("var", "43.7.0", "44.7.0"),
    "reactive_power_l3": ("var", "63.7.0", "64.7.0"),
    "voltage_l1": ("V", "32.7.0", ""),
    "voltage_l2": ("V", "52.7.0", ""),
    "voltage_l3": ("V", "72.7.0", ""),
    "current_l1": ("A", "31.7.0", ""),
    "current_l2": ("A", "51.7.0", ""),
    "current_l3": ("A", "71.7.0", ""),
    "frequency": ("Hz", "14.7.0", ""),
    "energy_import_t1": ("Wh", "1.8.1", ""),
    "energy_import_t2": ("Wh", "1.8.2", ""),
    "energy_export_t1": ("Wh", "2.8.1", ""),
    "energy_export_t2": ("Wh", "2.8.2", ""),
}
_TOTALS = {"energy_import": ("1.8.0", "1.8."), "energy_export": ("2.8.0", "2.8.")}
_TARIFFS = ("1", "2", "3", "4")
_MBUS = re.compile(r"0-([1-9]):24\.([123])\.(\d)")
_MBUS_KIND = re.compile(r"0-([1-9]):24\.1\.0")
_KINDS = {3: "gas", 7: "water"}


def points_of(readings: Iterable[Read], problems: list[str]) -> tuple[dict[str, float], dict[str, int]]:
    """Quantity -> value in base units; and quantity -> UTC ms for those that carry their own time (gas, water)."""
    rows = list(readings)
    meter = {
        _short(code): (value, unit) for code, value, unit, _ in rows if code.startswith("1-0:") and "/" not in code
    }
    points = _instantaneous(meter) | _totals(meter)
    aged: dict[str, int] = {}
    for name, value, at in _mbus(rows):
        if at >= aged.get(name, at):
            points[name], aged[name] = value, at
    return {name: value for name, value in points.items() if _plausible(name, value, problems)}, aged


def _short(code: str) -> str:
    return code.removeprefix("1-0:").removesuffix("*255")


def _number(meter: dict[str, tuple[float | str, str]], code: str, unit: str) -> float | None:
    value, found = meter.get(code, ("", ""))
    return value if found == unit and isinstance(value, float) else None


def _instantaneous(meter: dict[str, tuple[float | str, str]]) -> dict[str, float]:
    points: dict[str, float] = {}
    for name, (unit, plus, minus) in _DIFFERENCES.items():
        added, taken = _number(meter, plus, unit), _number(meter, minus, unit)
        if added is not None or taken is not None:
            points[name] = round((added or 0.0) - (taken or 0.0), 6)
    signed = _number(meter, "16.7.0", "W")  # sum of phases, signed, where a meter has no 1.7.0
    return points if "power" in points or signed is None else points | {"power": signed}


def _totals(meter: dict[str, tuple[float | str, str]]) -> dict[str, float]:
    """The total register where there is one, else the sum of the tariffs."""
    points: dict[str, float] = {}
    for name, (total, tariff) in _TOTALS.items():
        parts = [v for t in _TARIFFS if (v := _number(meter, tariff + t, "Wh")) is not None]
        whole = _number(meter, total, "Wh")
        if whole is not None or parts:
            points[name] = whole if whole is not None else round(sum(parts), 6)
    return points


def _mbus(rows: list[Read]) -> Iterable[tuple[str, float, int]]:
    """Gas and water meters behind the P1 meter; a volume without a stated kind counts as gas."""
    kinds = {
        m[1]: int(str(value))
        for code, value, _, _ in rows
        if (m := _MBUS_KIND.fullmatch(code)) and re.fullmatch("[0-9]{1,3}", str(value))
    }
    for code, value, unit, at in rows:
        match = _MBUS.fullmatch(code)
        if match and unit == "m3" and isinstance(value, float) and at is not None:
            name = _KINDS.get(kinds.get(match[1], 3))
            if name:
                yield name, value, at


def _plausible(name: str, value: float, problems: list[str]) -> bool:
    entry = quantity(name)
    low, high = entry.low, entry.high
    if (low is None or value >= low) and (high is None or value <= high):
        return True
    problems.append(f"{name}: {value:g} {entry.unit} is outside of what is possible")
    return False
