"""A Fronius Smart Meter's answer: the names of Datamanagers, and those of GEN24 with early firmware.

Only a meter at the grid connection (location 0) has a sign that is certain there: + = import. What another meter's
sign means depends on how it was commissioned, so of such a one the powers and counters stay readings.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drivers.json.told import Told, as_number

_PLAIN = {"Voltage_AC_Phase_{n}": "voltage_l{n}", "SMARTMETER_VOLTAGE_0{n}_F64": "voltage_l{n}"}
_PHASED = {
    "PowerReal_P_Phase_{n}": "power_l{n}",
    "SMARTMETER_POWERACTIVE_MEAN_0{n}_F64": "power_l{n}",
    "PowerReactive_Q_Phase_{n}": "reactive_power_l{n}",
    "SMARTMETER_POWERREACTIVE_MEAN_0{n}_F64": "reactive_power_l{n}",
    "PowerApparent_S_Phase_{n}": "apparent_power_l{n}",
    "SMARTMETER_POWERAPPARENT_MEAN_0{n}_F64": "apparent_power_l{n}",
    "Current_AC_Phase_{n}": "current_l{n}",
    "ACBRIDGE_CURRENT_ACTIVE_MEAN_0{n}_F64": "current_l{n}",
}
_WHOLE = {
    "PowerReal_P_Sum": "power",
    "SMARTMETER_POWERACTIVE_MEAN_SUM_F64": "power",
    "PowerReactive_Q_Sum": "reactive_power",
    "SMARTMETER_POWERREACTIVE_MEAN_SUM_F64": "reactive_power",
    "PowerApparent_S_Sum": "apparent_power",
    "SMARTMETER_POWERAPPARENT_MEAN_SUM_F64": "apparent_power",
    "PowerFactor_Sum": "power_factor",
    "EnergyReal_WAC_Sum_Consumed": "energy_import",
    "SMARTMETER_ENERGYACTIVE_CONSUMED_SUM_F64": "energy_import",
    "EnergyReal_WAC_Sum_Produced": "energy_export",
    "SMARTMETER_ENERGYACTIVE_PRODUCED_SUM_F64": "energy_export",
}
_FREQUENCY = ("Frequency_Phase_Average", "GRID_FREQUENCY_MEAN_F32")
_LOCATION = ("Meter_Location_Current", "SMARTMETER_VALUE_LOCATION_U16")


def meter(told: Told, row: Mapping[str, Any]) -> bool:
    """Adds its points; True when it is the meter at the grid connection: the first one of several."""
    location = next((as_number(row[key]) for key in _LOCATION if key in row), None)
    grid = location == 0 and not told.has("grid.power")
    place = "grid" if grid else _free(told)
    for key, name in _spread(_PLAIN).items():
        told.point(place, name, row.get(key))
    for key in _FREQUENCY:
        told.point(place, "frequency", row.get(key))
    for key, name in (_spread(_PHASED) | _WHOLE).items() if grid else ():
        told.point(place, name, row.get(key))
    return grid


def _spread(names: Mapping[str, str]) -> dict[str, str]:
    return {key.format(n=n): name.format(n=n) for key, name in names.items() for n in (1, 2, 3)}


def _free(told: Told) -> str:
    n = 1
    while told.has_place(place := "meter" if n == 1 else f"meter_{n}"):
        n += 1
    return place
