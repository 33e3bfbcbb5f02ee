"""Answers of a Tesla Energy Gateway (Powerwall 1, 2 and +) to readings and points, recognised by content. Pure.

Source: the gateway's local API as published by the projects around it; captures of firmware 1.4x to 23. Signs on the
wire, as the house has them: site + = import, battery + = discharge, solar + = production, load + = consumption.
The state of charge is the pack's own, 0 to 100 %; Tesla's app hides the lowest 5 %: app = (raw - 5) / 0.95.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from drivers.json.told import Told, as_json, as_number, leaves, under
from hub.model.heard import Heard, Rejected

_PLACES = {"site": "grid", "solar": "inverter", "battery": "battery"}
_COUNTERS = {
    "site": {"energy_import": "energy_imported", "energy_export": "energy_exported"},
    "solar": {"energy": "energy_exported"},
    "battery": {"energy_discharged": "energy_exported", "energy_charged": "energy_imported"},
}
_FRESH_MS = 5_000
_ALIVE_V = 50
_UNITS = (
    ("instant_power", "W"),
    ("real_power", "W"),
    ("reactive_power", "var"),
    ("apparent_power", "VA"),
    ("target_power", "W"),
    ("energy", "Wh"),
    ("frequency", "Hz"),
    ("_current", "A"),
    ("voltage", "V"),
    ("percent", "%"),
    ("p_out", "W"),
    ("q_out", "var"),
    ("v_out", "V"),
    ("f_out", "Hz"),
    ("i_out", "A"),
    ("v_l", "V"),
)
_ANSWERS = ("site", "battery", "percentage", "backup_reserve_percent", "nominal_full_pack_energy", "version",
            "gateway_din")  # fmt: skip
_ERROR_KEYS = {"code", "error", "message", "status"}


def understand(body: bytes) -> Heard | Rejected:
    found = as_json(body)
    if not isinstance(found, dict | list):
        return Rejected(0, "neither a JSON object nor a list" if body.strip() else "empty")
    if isinstance(found, dict) and "error" in found and set(found) <= _ERROR_KEYS:
        return Rejected(0, f"an error instead of an answer: {str(found.get('message') or found['error'])[:60]}")
    told = Told()
    told.fact("vendor", "Tesla")
    for path, key, value in leaves(found):
        told.reading(path or "?", value, _unit(key))
    if isinstance(found, list):
        _meters(told, found)
    elif isinstance(under(found, "site"), dict) or isinstance(under(found, "battery"), dict):
        _aggregates(told, found)
    else:
        _single(told, found)
    return told.heard()


def is_answer(found: object) -> bool:
    """Whether what stands in a list is an answer by itself, and not one of several meters."""
    return isinstance(found, dict) and "location" not in found and any(key in found for key in _ANSWERS)


def _single(told: Told, found: dict[str, Any]) -> None:
    told.point("battery", "soc", as_number(found.get("percentage")))
    told.point("battery", "min_soc", as_number(found.get("backup_reserve_percent")))
    if as_number(found.get("nominal_full_pack_energy")):
        told.point("battery", "capacity", found["nominal_full_pack_energy"])
    if "version" in found and ("up_time_seconds" in found or "din" in found):
        told.fact("firmware", str(found["version"]).split(" ")[0])
    _identity(told, found.get("din") or found.get("gateway_din"))


def _identity(told: Told, din: object) -> None:
    """`1118431-00-L--T123456`: part number and serial number."""
    part, dashes, serial = str(din or "").partition("--")
    if dashes:
        told.fact("model", part)
        told.fact("serial", serial)


def _aggregates(told: Told, found: dict[str, Any]) -> None:
    """`/api/meters/aggregates`. A place without meters is not told; one that lags keeps its own time."""
    times = {name: _ms(under(found, name, "last_communication_time")) for name in _PLACES}
    newest = max((t for t in times.values() if t is not None), default=None)
    told.time = newest
    for name, place in _PLACES.items():
        meter = found.get(name)
        if not isinstance(meter, dict) or meter.get("num_meters_aggregated") == 0 or _never(meter):
            continue
        time = times[name]
        at = time if newest is not None and time is not None and newest - time > _FRESH_MS else None
        told.point(place, "power", as_number(meter.get("instant_power")), at=at)
        if as_number(meter.get("frequency")):
            told.point(place, "frequency", meter["frequency"], at=at)
        for quantity, key in _COUNTERS[name].items():
            told.point(place, quantity, as_number(meter.get(key)), at=at)


def _never(meter: dict[str, Any]) -> bool:
    """The gateway lists places that it has no meter for, with the year 1 as the time of their last word."""
    return str(meter.get("last_communication_time", "")).startswith("0001-")


def _meters(told: Told, found: list[Any]) -> None:
    """`/api/meters/site` and `/solar`: each meter with its clamps. Of several only their sum means something, and that
    is in the aggregates. The counters of a solar clamp run either way round, so they are readings only.
    """
    if len(found) != 1:
        return
    values, location = under(found[0], "Cached_readings"), under(found[0], "location")
    if not isinstance(values, dict) or location not in ("site", "solar"):
        return
    place = _PLACES[location]
    told.time = _ms(values.get("last_communication_time"))
    told.point(place, "power", as_number(values.get("instant_power")))
    if as_number(values.get("frequency")):
        told.point(place, "frequency", values["frequency"])
    if location == "site":
        for quantity, key in _COUNTERS["site"].items():
            told.point(place, quantity, as_number(values.get(key)))
    for n, letter in enumerate("abc", 1):
        volts = as_number(values.get(f"v_l{n}n"))
        if volts is not None and volts > _ALIVE_V:
            told.point(place, f"voltage_l{n}", volts)
            told.point(place, f"power_l{n}", as_number(values.get(f"real_power_{letter}")))


def _ms(stamp: object) -> int | None:
    """RFC 3339 with nanoseconds."""
    text = str(stamp)
    head, dot, rest = text.partition(".")
    if dot:
        digits = len(rest) - len(rest.lstrip("0123456789"))
        text = f"{head}.{rest[: min(digits, 6)]}{rest[digits:]}"
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is None or not 2000 <= moment.year <= 2200:
        return None
    return int(moment.timestamp() * 1000)


def _unit(key: str) -> str:
    return next((unit for part, unit in _UNITS if part in key), "")
