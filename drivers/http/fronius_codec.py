"""Fronius Solar API answers (v1, and v0 of older data cards) to points.

Source: Fronius Solar API V1, 42,0410,2012. P_Grid + = import, P_Akku + = discharge, P_Load - = use, P_PV and an
inverter's P and PAC + = production; Wh. An inverter's number is its own device number: 1 is the place `inverter`.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from drivers.http.fronius_meters import meter
from drivers.json.told import Told, as_number, leaves, under

_STATES = {7: "running", 8: "standby", 9: "starting", 10: "fault", 11: "idle", 12: "ready", 13: "sleeping"} | (
    dict.fromkeys(range(7), "starting")
)
_OHM_STATES = {0: "running", 1: "heating", 2: "heating", 3: "fault", 4: "fault", 5: "heating"}
_WORDS = {
    **{word: word for word in ("running", "standby", "idle", "ready", "sleeping")},
    **{"startup": "starting", "bootloading": "starting", "error": "fault"},
}
_INVERTER = {"PAC": "power", "SAC": "apparent_power", "FAC": "frequency", "UAC": "voltage", "IAC": "current",
             "TOTAL_ENERGY": "energy"} | {
    f"{key}_L{n}": f"{name}_l{n}" for key, name in (("UAC", "voltage"), ("IAC", "current")) for n in (1, 2, 3)
}  # fmt: skip
_UNITS = (  # start or end of a key: unit
    (re.compile(r"(P_(Grid|Load|Akku|PV|AC_Total)|P|PVPower|PowerReal_.*|P_PAC.*|SMARTMETER_POWERACTIVE.*)"), "W"),
    (re.compile(r"PowerApparent_.*"), "VA"),
    (re.compile(r"PowerReactive_.*"), "var"),
    (re.compile(r"(E_(Day|Year|Total)|EnergyReal_.*|Capacity_Maximum|DesignedCapacity)"), "Wh"),
    (re.compile(r"EnergyReactive_.*"), "varh"),
    (re.compile(r"(Voltage_.*)"), "V"),
    (re.compile(r"(Current_.*)"), "A"),
    (re.compile(r"Frequency_.*"), "Hz"),
    (re.compile(r"(Temperature(_.*)?)"), "degC"),
    (re.compile(r"(SOC|StateOfCharge_Relative|rel_.*)"), "%"),
)


_TROUBLES = {
    1: "not implemented",
    2: "not initialised",
    5: "time-out",
    6: "wrong argument",
    7: "the inverter refused the request",
    8: "the inverter did not answer in time",
    9: "the inverter's answer could not be read",
    10: "configuration error",
    11: "not supported",
    12: "device not available",
    255: "unknown error",
}


def numbered(role: str, id_: object, first: int = 0) -> str:
    """`role` for the device with the number `first` or less, else with the place's number behind it."""
    n = int(str(id_)) - first + 1 if str(id_).isascii() and str(id_).isdigit() and len(str(id_)) < 6 else 1
    return role if n <= 1 else f"{role}_{n}"


def understand(told: Told, found: Mapping[str, Any]) -> None:
    _read_all(told, found)
    told.fact("vendor", "Fronius")
    told.time = _time(under(found, "Head", "Timestamp"))
    if why := trouble(found):
        told.problem(why)
        return
    info = under(found, "Body", "LoggerInfo")
    if isinstance(info, Mapping):
        told.fact("firmware", info.get("SWVersion"))
    data = under(found, "Body", "Data")
    if isinstance(data, Mapping):
        _data(told, data, under(found, "Head", "RequestArguments"))


def trouble(found: Mapping[str, Any]) -> str:
    """What the interface has against the request, though HTTP says 200; "" for nothing."""
    code = as_number(under(found, "Head", "Status", "Code"))
    if not code:
        return ""
    said = under(found, "Head", "Status", "Reason") or under(found, "Head", "Status", "UserMessage")
    return f"status {code:g}: {str(said or _TROUBLES.get(round(code), 'no reason told'))[:120]}"


def is_answer(found: Mapping[str, Any]) -> bool:
    return ("Body" in found and "Head" in found) or "APIVersion" in found


def _data(told: Told, data: Mapping[str, Any], asked: object) -> None:
    """Which question it answers is told by what is in it; a single device's is not under its number."""
    if isinstance(data.get("Site"), Mapping):
        _flow(told, data["Site"], data.get("Inverters"))
        _smart_loads(told, data.get("Smartloads"))
    elif isinstance(data.get("Inverter"), Mapping):
        _active(told, data["Inverter"])
    elif any(isinstance(under(value, "Values"), Mapping) for value in data.values()):
        _system(told, data)
    elif any("Value" in value for value in data.values() if isinstance(value, Mapping)) or "DeviceStatus" in data:
        id_ = under(asked, "DeviceId") or under(asked, "DeviceIndex") or "1"
        _inverter(told, numbered("inverter", id_, 1), data)
    else:
        single = next((read for sign, read in _SIGNS if sign(data)), None)
        rows = {str(under(asked, "DeviceId") or 0): data} if single else data
        _rows(told, rows)


def _rows(told: Told, rows: Mapping[str, Any]) -> None:
    for id_, row in rows.items():
        if isinstance(row, Mapping):
            read = next((read for sign, read in _SIGNS if sign(row)), None)
            if read:
                read(told, row, id_)
    inverters = [row for row in rows.values() if isinstance(row, Mapping) and as_number(row.get("PVPower"))]
    if len(inverters) == 1:  # of several, whose serial number it is could not be told
        told.fact("serial", inverters[0].get("UniqueID"))
        told.fact("model", html.unescape(str(inverters[0].get("CustomName") or "")))


def _flow(told: Told, site: Mapping[str, Any], inverters: object) -> None:
    """GetPowerFlowRealtimeData. The DC sides are told of the whole site: certain only for one inverter."""
    told.point("grid", "power", site.get("P_Grid"))
    told.point("battery", "power", site.get("P_Akku"))
    rows = inverters if isinstance(inverters, Mapping) else {}
    for id_, row in rows.items():
        if not isinstance(row, Mapping):
            continue
        place = numbered("inverter", id_, 1)
        told.point(place, "power", row.get("P"))
        told.point(place, "energy", row.get("E_Total"))
        if row.get("Battery_Mode") != "disabled" and not told.has("battery.soc"):
            told.point("battery", "soc", row.get("SOC"))
        if len(rows) == 1:
            told.point(place, "pv_power", site.get("P_PV"))
            told.point(place, "battery_power", site.get("P_Akku"))


def _smart_loads(told: Told, loads: object) -> None:
    """The heating rods in the power flow, under the numbers that GetOhmPilotRealtimeData has for them."""
    found = under(loads, "Ohmpilots")
    for id_, row in found.items() if isinstance(found, Mapping) else ():
        place = numbered("heatpump", id_)
        told.point(place, "power", under(row, "P_AC_Total"))
        told.point(place, "tank_temperature", under(row, "Temperature"))


def _inverter(told: Told, place: str, data: Mapping[str, Any]) -> None:
    for key, name in _INVERTER.items():
        told.point(place, name, under(data, key, "Value"), _factor(under(data, key, "Unit")))
    _state(told, place, under(data, "DeviceStatus", "StatusCode"), under(data, "DeviceStatus", "ErrorCode"))


def _state(told: Told, place: str, state: object, error: object) -> None:
    if isinstance(state, str):
        told.point(place, "status", _WORDS.get(state.lower(), "unknown"))
    elif (code := as_number(state)) is not None:
        told.point(place, "status", _STATES.get(round(code), "unknown"))
    if (code := as_number(error)) is not None and code >= 0:
        told.point(place, "error_code", code)


def _system(told: Told, data: Mapping[str, Any]) -> None:
    """Scope System: one figure of all inverters after the other."""
    for key, row in data.items():
        values = under(row, "Values")
        if key in _INVERTER and isinstance(values, Mapping):
            for id_, value in values.items():
                told.point(numbered("inverter", id_, 1), _INVERTER[key], value, _factor(under(row, "Unit")))


def _factor(unit: object) -> float:
    """Older cards may answer in larger units."""
    return {"k": 1e3, "M": 1e6}.get(str(unit)[:1], 1.0) if isinstance(unit, str) and len(unit) > 1 else 1.0


def _storage(told: Told, row: Mapping[str, Any], id_: str) -> None:
    """GetStorageRealtimeData. The sign of its current is not told, so its power comes from the power flow."""
    place, found = numbered("battery", id_), row["Controller"]
    told.point(place, "soc", under(found, "StateOfCharge_Relative"))
    told.point(place, "capacity", under(found, "Capacity_Maximum"))
    told.point(place, "voltage", under(found, "Voltage_DC"))
    told.point(place, "temperature", under(found, "Temperature_Cell"))
    _details(told, found)


def _ohmpilot(told: Told, row: Mapping[str, Any], id_: str) -> None:
    """The heating rod: a heat load like a heat pump."""
    place = numbered("heatpump", id_)
    told.point(place, "power", row.get("PowerReal_PAC_Sum"))
    told.point(place, "energy", row.get("EnergyReal_WAC_Sum_Consumed"))
    told.point(place, "tank_temperature", row.get("Temperature_Channel_1"))
    told.point(place, "error_code", row.get("CodeOfError"))
    if (state := as_number(row.get("CodeOfState"))) is not None:
        told.point(place, "status", _OHM_STATES.get(round(state), "unknown"))
    _details(told, row)


def _meter(told: Told, row: Mapping[str, Any], id_: str) -> None:
    if meter(told, row):
        _details(told, row)


def _about(told: Told, row: Mapping[str, Any], id_: str) -> None:
    """GetInverterInfo."""
    _state(told, numbered("inverter", id_, 1), row.get("StatusCode"), row.get("ErrorCode"))


def _active(told: Told, inverters: Mapping[str, Any]) -> None:
    if len(inverters) == 1:
        told.fact("serial", under(next(iter(inverters.values())), "Serial"))


def _details(told: Told, row: object) -> None:
    details = under(row, "Details")
    told.fact("vendor", under(details, "Manufacturer"))
    told.fact("model", under(details, "Model"))
    told.fact("serial", under(details, "Serial"))
    told.fact("firmware", under(details, "Software"))


def _time(stamp: object) -> int | None:
    try:
        return round(datetime.fromisoformat(stamp).timestamp() * 1000) if isinstance(stamp, str) else None
    except (ValueError, OverflowError):
        return None


def _read_all(told: Told, found: Mapping[str, Any]) -> None:
    units = {path.rpartition(".")[0]: value for path, key, value in leaves(found) if key == "Unit"}
    for path, key, value in leaves(found):
        above = path.rpartition(".")[0]
        unit = units.get(above, units.get(above.removesuffix(".Values")))
        if isinstance(value, str | bool):
            told.reading(path, value)
        elif isinstance(unit, str) and (key == "Value" or above.endswith(".Values")):
            factor = _factor(unit)
            told.reading(path, value, unit[1:] if factor != 1 else unit, factor)
        else:
            told.reading(path, value, next((unit for sign, unit in _UNITS if sign.fullmatch(key)), ""))


_Sign = Callable[[Mapping[str, Any]], bool]
_Row = Callable[[Told, Mapping[str, Any], str], None]


def _has(*keys: str) -> _Sign:
    return lambda row: any(key in row for key in keys)


_SIGNS: Iterable[tuple[_Sign, _Row]] = (
    (lambda row: isinstance(row.get("Controller"), Mapping), _storage),
    (_has("CodeOfState", "PowerReal_PAC_Sum"), _ohmpilot),
    (lambda row: any(key.startswith(("PowerReal_P_", "EnergyReal_WAC_", "SMARTMETER_")) for key in row), _meter),
    (_has("DT", "PVPower"), _about),
)
