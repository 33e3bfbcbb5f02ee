"""HomeWizard answers (v1 and v2) to points. Source: api-documentation.homewizard.com, v1 and v2.

v1 says `active_power_l1_w` and `total_power_import_t1_kwh`, v2 `power_l1_w` and `energy_import_t1_kwh`; kWh there, Wh
here. + = taken, also by the battery, so that is turned. Stamps are local time without a zone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from drivers.json.told import Told, as_number, leaves

HOME = "Europe/Amsterdam"
_PRODUCTS = {"HWE-P1": "grid", "HWE-SKT": "plug", "HWE-BAT": "battery", "HWE-KWH": "meter", "SDM": "meter",
             "HWE-WTR": "meter", "HWE-DSP": "grid"}  # fmt: skip
_NAMED = re.compile(r"(HWE-P1|HWE-SKT|HWE-BAT|HWE-KWH|HWE-WTR|HWE-DSP|SDM(?=\d{3}))")
_OF_P1 = ("smr_version", "protocol_version", "meter_model", "external", "gas_timestamp", "any_power_fail_count")
_UNITS = {"kwh": ("Wh", 1000.0), "w": ("W", 1.0), "va": ("VA", 1.0), "var": ("var", 1.0), "v": ("V", 1.0),
          "a": ("A", 1.0), "hz": ("Hz", 1.0), "pct": ("%", 1.0), "m3": ("m3", 1.0), "lpm": ("l/min", 1.0),
          "s": ("s", 1.0), "db": ("dBm", 1.0), "strength": ("%", 1.0)}  # fmt: skip
_PHASED = (("power", "w"), ("voltage", "v"), ("current", "a"), ("apparent_power", "va"), ("reactive_power", "var"))
_WHOLE = (("power", "w"), ("apparent_power", "va"), ("reactive_power", "var"), ("frequency", "hz"))
_EXTERNAL = {"gas_meter": "gas", "water_meter": "water"}


def place_of(product: str) -> str:
    """By product type; "" for one that is not known."""
    return next((place for start, place in _PRODUCTS.items() if product.startswith(start)), "")


def product_in(name: str) -> str:
    match = _NAMED.search(name)
    return match[1] if match else ""


def understand(told: Told, found: Mapping[str, Any], product: str = "", zone: str = HOME) -> None:
    """`product`: the type as `/api` tells it, or "" when it has to be known by the answer itself."""
    _read_all(told, found)
    told.fact("vendor", "HomeWizard")
    if (error := found.get("error")) is not None:
        told.problem(f"the device answers with an error: {_words(error)}")
    elif "product_type" in found:
        told.fact("model", found["product_type"])
        told.fact("serial", found.get("serial"))
        told.fact("firmware", found.get("firmware_version"))
    elif "power_on" in found:
        told.point("plug", "on", found["power_on"])
    elif "mode" in found and "target_power_w" in found:
        told.point("battery", "power", as_number(found.get("power_w")), -1)
    else:
        _measured(told, {_v2(key): value for key, value in found.items()}, product, ZoneInfo(zone))


def unframed(found: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a frame of the v2 WebSocket carries; an answer as it is."""
    data = found.get("data")
    return data if isinstance(found.get("type"), str) and isinstance(data, Mapping) else found


def is_answer(found: Mapping[str, Any]) -> bool:
    return any(key in _KEYS or _v2(key) in _MEASURED for key in found)


_MEASURED = ("power_w", "energy_import_kwh", "energy_import_t1_kwh", "power_l1_w", "total_gas_m3", "external")
_KEYS = ("product_type", "power_on", "switch_lock", "brightness", "wifi_ssid", "wifi_rssi_db", "cloud_enabled", "key",
         "total_liter_m3", "target_power_w", "error", "token", "meter_model", "state_of_charge_pct")  # fmt: skip


def _v2(key: str) -> str:
    """A v1 key by its v2 name."""
    return key.removeprefix("active_").replace("total_power_", "energy_")


def _measured(told: Told, found: Mapping[str, Any], product: str, zone: ZoneInfo) -> None:
    if not product and isinstance(model := found.get("meter_model"), str):
        told.fact("model", " ".join(model.split()))
    told.time = _stamp(found.get("timestamp"), zone)
    place = place_of(product) or _place(found)
    if place == "battery":
        _battery(told, found)
    elif "total_liter_m3" in found:
        told.point(place or "meter", "water", found["total_liter_m3"])
    elif place:
        _electricity(told, place, found)
        _externals(told, place, found, zone)


def _place(found: Mapping[str, Any]) -> str:
    """A socket and a one-phase meter of older firmware tell the same: that is called a meter."""
    if any(key in found for key in _OF_P1):
        return "grid"
    if "state_of_charge_pct" in found:
        return "battery"
    if not any(key in found for key in ("power_w", "energy_import_kwh", "energy_import_t1_kwh", "total_liter_m3")):
        return ""
    return "meter"


def _battery(told: Told, found: Mapping[str, Any]) -> None:
    told.point("battery", "power", as_number(found.get("power_w")), -1)
    told.point("battery", "energy_charged", found.get("energy_import_kwh"), 1000)
    told.point("battery", "energy_discharged", found.get("energy_export_kwh"), 1000)
    told.point("battery", "soc", found.get("state_of_charge_pct"))
    told.point("battery", "voltage_l1", found.get("voltage_v"))
    told.point("battery", "frequency", found.get("frequency_hz"))


def _electricity(told: Told, place: str, found: Mapping[str, Any]) -> None:
    three = found.get("power_l2_w") is not None or found.get("voltage_l2_v") is not None
    for name, unit in _WHOLE:
        told.point(place, name, found.get(f"{name}_{unit}"))
    for name, unit in _PHASED:
        for n in (1, 2, 3):
            told.point(place, f"{name}_l{n}", found.get(f"{name}_l{n}_{unit}"))
    if not three:
        told.point(place, "power_factor", found.get("power_factor"))
        for name, unit in (("voltage", "v"), ("current", "a")):
            if found.get(f"{name}_l1_{unit}") is None:
                told.point(place, f"{name}_l1", found.get(f"{name}_{unit}"))
    for way in ("import", "export"):
        _energy(told, place, way, found)


def _energy(told: Told, place: str, way: str, found: Mapping[str, Any]) -> None:
    """The total where there is one, else the sum of the tariffs; a device without tariffs counts all as the first."""
    tariffs = [as_number(found.get(f"energy_{way}_t{n}_kwh")) for n in (1, 2, 3, 4)]
    given = [value for value in tariffs if value is not None]
    total = as_number(found.get(f"energy_{way}_kwh"))
    if total is None and given:
        total = sum(given)
    name = f"energy_{way}"
    if place == "plug":
        name = {"import": "energy", "export": "energy_export"}[way]
    told.point(place, name, total, 1000)
    if place == "grid" and len(given) > 1:
        for n in (1, 2):
            told.point(place, f"energy_{way}_t{n}", tariffs[n - 1], 1000)


def _externals(told: Told, place: str, found: Mapping[str, Any], zone: ZoneInfo) -> None:
    """Meters behind the P1 port, each with its own time: the newest of a kind; the older keys tell of gas only."""
    newest: dict[str, int] = {}
    for n, row in enumerate(_rows(found.get("external"))):
        at = _stamp(row.get("timestamp"), zone)
        value = as_number(row.get("value"))
        if not row.get("unique_id") or at is None or value is None or not row.get("type") or not row.get("unit"):
            told.problem(f"external[{n}] lacks its id, type, time, value or unit")
            continue
        name = _EXTERNAL.get(str(row["type"]))
        if name and row["unit"] == "m3" and at >= newest.get(name, at):
            newest[name] = at
            told.point(place, name, value, at=at)
    if "gas" not in newest and (at := _stamp(found.get("gas_timestamp"), zone)) is not None:
        told.point(place, "gas", found.get("total_gas_m3"), at=at)


def _rows(found: object) -> Iterable[Mapping[str, Any]]:
    return [row if isinstance(row, Mapping) else {} for row in found] if isinstance(found, list) else ()


def _stamp(raw: object, zone: ZoneInfo) -> int | None:
    """UTC ms of 210606140010 (v1) or 2024-06-28T14:12:34 (v2); None for what is no time."""
    try:
        if isinstance(raw, int) and not isinstance(raw, bool):
            found = datetime.strptime(f"{raw:012d}", "%y%m%d%H%M%S")
        elif isinstance(raw, str) and len(raw) <= 32:
            found = datetime.fromisoformat(raw)
        else:
            return None
        return round((found if found.tzinfo else found.replace(tzinfo=zone)).timestamp() * 1000)
    except (ValueError, OverflowError):
        return None


def _read_all(told: Told, found: Mapping[str, Any]) -> None:
    for path, key, value in leaves(found):
        if key == "token":
            continue
        unit, factor = _UNITS.get(key.rpartition("_")[2], ("", 1.0))
        if key == "brightness":
            unit, factor = "%", 100 / 255
        number = not isinstance(value, str | bool)
        told.reading(path, value, unit if number else "", factor if number else 1.0)


def _words(error: object) -> str:
    text = error.get("description") or error.get("code") if isinstance(error, Mapping) else error
    return str(text)[:120]
