"""Shelly Gen1 (ESP8266: Plug S, 1PM, 2.5, EM, 3EM, dimmers, H&T, TRV): `/status` and its parts to points.

Source: shelly-api-docs.shelly.cloud/gen1. Powers in W, an emeter's + = from the grid; `meters` count watt-minutes,
`emeters` Wh. A relay without a meter shows its owner's estimate as power, and no counter: that is no measurement.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drivers.http.shelly_units import read_all
from drivers.json import degrees
from drivers.json.told import Told, as_number, under

_MINUTE = 1 / 60
_EMETER = {"power": "power", "reactive": "reactive_power", "pf": "power_factor", "voltage": "voltage_l1",
           "current": "current_l1", "total": "energy_import", "total_returned": "energy_export"}  # fmt: skip
_PHASES = 3


def numbered(role: str, index: int) -> str:
    return role if index == 0 else f"{role}_{index + 1}"


def facts(told: Told, info: Mapping[str, Any]) -> None:
    """The answer to `/shelly`, and the like in `/settings`."""
    told.fact("vendor", "Shelly")
    told.fact("model", info.get("type") or under(info, "device", "type"))
    told.fact("serial", info.get("mac") or under(info, "device", "mac"))
    told.fact("firmware", info.get("fw") or under(info, "update", "old_version"))


def understand(told: Told, found: Mapping[str, Any], roller: bool = False) -> None:
    """`roller`: its relays drive a motor, so they are not to be switched one by one."""
    meter = "is_valid" in found and "power" in found
    read_all(told, found, minutes=meter and not _is_emeter(found))
    facts(told, found)
    unix = as_number(found.get("unixtime"))
    told.time = round(unix * 1000) if unix and 0 < unix < 1e11 else None
    if "device" in found or "login" in found:
        return  # `/settings` repeats states, maybe old ones
    if "ison" in found:
        _single(told, found)
    elif meter and _is_emeter(found):
        _emeters(told, found, [found])
    elif meter:
        _meters(told, [found], 0, 0)
    relays = [] if roller else _rows(found, "relays")
    lights = _rows(found, "lights")
    for n, relay in enumerate(relays):
        told.point(numbered("plug", n), "on", relay.get("ison"))
    for n, light in enumerate(lights):
        _light(told, numbered("light", n), light)
    _meters(told, _rows(found, "meters"), len(relays), len(lights))
    _emeters(told, found, _rows(found, "emeters"))
    _thermostats(told, found)
    _sensors(told, found)


def _single(told: Told, found: Mapping[str, Any]) -> None:
    """The answer of one relay or light, to a question or a command; which channel it is, only the asker knows."""
    if "brightness" in found or "gain" in found:
        _light(told, "light", found)
    else:
        told.point("plug", "on", found.get("ison"))


def _is_emeter(found: Mapping[str, Any]) -> bool:
    """Of two answers of one meter alone: only that of an EM counts what was returned."""
    return "total_returned" in found or "reactive" in found


def _light(told: Told, place: str, light: Mapping[str, Any]) -> None:
    told.point(place, "on", light.get("ison"))
    told.point(place, "brightness", light.get("gain") if light.get("mode") == "color" else light.get("brightness"))


def _meters(told: Told, meters: list[Mapping[str, Any]], relays: int, lights: int) -> None:
    """A meter belongs to the relay or light of its number; one for several of them is a meter of its own."""
    channels = relays or lights
    for n, meter in enumerate(meters):
        if not _valid(told, f"meters[{n}]", meter) or not ("total" in meter or "counters" in meter):
            continue
        place = numbered(("plug" if relays else "light") if channels == len(meters) else "meter", n)
        told.point(place, "power", meter.get("power"))
        told.point(place, "voltage_l1", meter.get("voltage"))
        told.point(place, "energy_import" if place.startswith("meter") else "energy", meter.get("total"), _MINUTE)


def _emeters(told: Told, found: Mapping[str, Any], emeters: list[Mapping[str, Any]]) -> None:
    """Three of them are the phases of one meter, two are two meters."""
    valid = [_valid(told, f"emeters[{n}]", emeter) for n, emeter in enumerate(emeters)]
    if len(emeters) == _PHASES:
        for n, emeter in enumerate(emeters, 1):
            if valid[n - 1]:
                for key in ("power", "voltage", "current"):
                    told.point("grid", f"{key}_l{n}", emeter.get(key))
        if all(valid):
            _sums(told, found, emeters)
        return
    for n, emeter in enumerate(emeters):
        for key, name in _EMETER.items() if valid[n] else ():
            told.point(numbered("grid", n), name, emeter.get(key))


def _sums(told: Told, found: Mapping[str, Any], emeters: list[Mapping[str, Any]]) -> None:
    total = as_number(found.get("total_power"))
    told.point("grid", "power", _sum(emeters, "power") if total is None else total)
    told.point("grid", "energy_import", _sum(emeters, "total"))
    told.point("grid", "energy_export", _sum(emeters, "total_returned"))


def _sum(rows: list[Mapping[str, Any]], key: str) -> float | None:
    values = [value for row in rows if (value := as_number(row.get(key))) is not None]
    return round(sum(values), 6) if len(values) == len(rows) else None


def _thermostats(told: Told, found: Mapping[str, Any]) -> None:
    rows = _rows(found, "thermostats")
    for n, row in enumerate(rows):
        place = numbered("thermostat", n)
        told.point(place, "valve", row.get("pos"))
        degrees.tell(told, place, "target_temperature", row.get("target_t"))
        degrees.tell(told, place, "temperature", row.get("tmp"))
        told.point(place, "battery_level", under(found, "bat", "value"))


def in_fahrenheit(found: Mapping[str, Any]) -> frozenset[str]:
    """The thermostats of a status whose set-points are in degrees F."""
    rows = enumerate(_rows(found, "thermostats"))
    return frozenset(numbered("thermostat", n) for n, row in rows if degrees.in_fahrenheit(row.get("target_t")))


def _sensors(told: Told, found: Mapping[str, Any]) -> None:
    """Sensors on battery, and add-ons of relays; what a relay calls its temperature is the heat inside it."""
    if "bat" in found and "thermostats" not in found:
        told.point("sensor", "battery_level", under(found, "bat", "value"))
        if under(found, "tmp", "is_valid") is not False:
            told.point("sensor", "temperature", under(found, "tmp", "tC"))
    if under(found, "hum", "is_valid") is not False:
        told.point("sensor", "humidity", under(found, "hum", "value"))
    state = under(found, "sensor", "state")
    if state in ("open", "close"):
        told.point("sensor", "contact", state == "close")
    for key, name, leaf in (("ext_temperature", "temperature", "tC"), ("ext_humidity", "humidity", "hum")):
        probes = found.get(key)
        for n in range(_PHASES):
            told.point(numbered("sensor", n), name, under(probes, str(n), leaf))


def _rows(found: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    rows = found.get(key)
    return [row if isinstance(row, Mapping) else {} for row in rows] if isinstance(rows, list) else []


def _valid(told: Told, name: str, row: Mapping[str, Any]) -> bool:
    if row.get("is_valid") is False:
        told.problem(f"{name} marks its own figures as not valid")
        return False
    return True
