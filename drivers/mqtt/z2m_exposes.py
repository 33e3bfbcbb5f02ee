"""What a Zigbee device can do, from the `exposes` of its definition. Pure.

Source: zigbee2mqtt documentation, "Exposes" and "MQTT topics and messages" (1.x, 2.x). `access`: bit 0 the state tells
it, bit 1 it can be set, bit 2 it can be asked for. Units are the definition's own; the ZCL's phase A is a device's
plain `power` where it has phases B and C.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from drivers.json.told import as_number

TOLD, SET, ASKED = 1, 2, 4
_DEEPEST = 4
_MOST = 400
"""features of one device that are looked at"""
_UNITS = {
    "w": 1.0, "kw": 1000.0, "wh": 1.0, "kwh": 1000.0, "v": 1.0, "mv": 0.001, "a": 1.0, "ma": 0.001, "hz": 1.0, "%": 1.0,
    "°c": 1.0, "va": 1.0, "var": 1.0, "": 1.0,
}  # fmt: skip
_METERED = {  # name: quantity
    "power": "power",
    "power_phase_b": "power_l2",
    "power_phase_c": "power_l3",
    "power_apparent": "apparent_power",
    "power_reactive": "reactive_power",
    "power_factor": "power_factor",
    "voltage": "voltage_l1",
    "voltage_phase_b": "voltage_l2",
    "voltage_phase_c": "voltage_l3",
    "current": "current_l1",
    "current_phase_b": "current_l2",
    "current_phase_c": "current_l3",
    "ac_frequency": "frequency",
    "energy": "energy",
    "consumed_energy": "energy",
    "produced_energy": "energy_export",
}
_SENSED = {"temperature": "temperature", "humidity": "humidity", "contact": "contact", "battery": "battery_level"}
_CLIMATE = {
    "local_temperature": "temperature",
    "occupied_heating_setpoint": "target_temperature",
    "current_heating_setpoint": "target_temperature",
    "pi_heating_demand": "valve",
    "position": "valve",
    "valve_position": "valve",
}
_PLACES = {"switch": "plug", "light": "light", "climate": "thermostat"}
_SETTABLE = ("on", "brightness", "target_temperature")
_RANK = ("thermostat", "light", "plug", "meter", "sensor")


@dataclass(frozen=True, slots=True)
class Feature:
    """One key of a device's state. `factor` makes it base units; `on`, `off`: the words of a switch.

    `low`, `high`, `step`: in base units where the definition says how far it may be set.
    """

    key: str
    quantity: str
    place: str
    factor: float = 1.0
    access: int = TOLD
    on: object = True
    off: object = False
    low: float | None = None
    high: float | None = None
    step: float | None = None

    @property
    def settable(self) -> bool:
        return bool(self.access & SET) and self.quantity in _SETTABLE


def features(exposes: object) -> tuple[Feature, ...]:
    """Those that have a quantity. Endpoints (l1, l2, left, right) become the first, second, ... of their kind."""
    rows = list(_flat(exposes))[:_MOST]
    phases = {str(row.get("name")) for _, row in rows} & {"power_phase_b", "voltage_phase_b", "current_phase_b"}
    kinds = {kind for kind, _ in rows}
    main = next((_PLACES[k] for k in ("climate", "light", "switch") if k in kinds), "")
    endpoints = _endpoints(rows)
    found: dict[tuple[str, str], Feature] = {}
    for kind, row in rows:
        feature = _feature(kind, row, main, endpoints, bool(phases))
        if feature and (feature.place, feature.quantity) not in found:
            found[feature.place, feature.quantity] = feature
    return tuple(found.values())


def _flat(exposes: object, kind: str = "", depth: int = 0) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """(type of the group, row) of every feature; covers, fans and locks have their own meaning of the same names."""
    for row in exposes if isinstance(exposes, Sequence) and not isinstance(exposes, str) and depth < _DEEPEST else ():
        if not isinstance(row, Mapping):
            continue
        if isinstance(row.get("features"), list):
            for name, feature in _flat(row["features"], str(row.get("type")), depth + 1):
                yield name, {"endpoint": row.get("endpoint"), **feature}
        elif "property" in row:
            yield kind, row


def _endpoints(rows: Sequence[tuple[str, Mapping[str, Any]]]) -> dict[tuple[str, str], int]:
    """(place, endpoint): the how many-th of its kind it is, from 1."""
    found: dict[tuple[str, str], int] = {}
    for kind, row in rows:
        if kind in _PLACES and row.get("name") == "state":
            place = _PLACES[kind]
            n = 1 + sum(known == place for known, _ in found)
            found.setdefault((place, str(row.get("endpoint") or "")), n)
    return found


def _feature(
    kind: str, row: Mapping[str, Any], main: str, endpoints: Mapping[tuple[str, str], int], phases: bool
) -> Feature | None:
    name, wire = str(row.get("name")), row.get("property")
    access = row.get("access")
    if not isinstance(wire, str) or not isinstance(access, int) or isinstance(access, bool) or not access & TOLD:
        return None
    place, quantity = _meaning(kind, name, main, phases, row)
    if not quantity:
        return None
    endpoint = str(row.get("endpoint") or "")
    n = endpoints.get((place, endpoint), 1) if endpoint else 1
    if quantity == "on":
        words = row.get("value_on", "ON"), row.get("value_off", "OFF")
        return Feature(wire, quantity, _numbered(place, n), 1.0, access, *words)
    factor = _factor(quantity, row)
    if factor is None:
        return None
    limits = (_scaled(row.get(key), factor) for key in ("value_min", "value_max", "value_step"))
    return Feature(wire, quantity, _numbered(place, n), factor, access, True, False, *limits)


def _meaning(kind: str, name: str, main: str, phases: bool, row: Mapping[str, Any]) -> tuple[str, str]:
    """Place and quantity, both empty for what has no quantity."""
    if kind in ("light", "switch") and name in ("state", "brightness"):
        return _PLACES[kind], {"state": "on", "brightness": "brightness"}[name]
    if kind == "climate" or (name == "pi_heating_demand" and main == "thermostat"):
        return ("thermostat", _CLIMATE[name]) if name in _CLIMATE else ("", "")
    if kind:
        return "", ""
    if name in _METERED:
        return _metered(name, main, phases, row)
    return (main or "sensor" if name == "battery" else "sensor", _SENSED.get(name, ""))


def _metered(name: str, main: str, phases: bool, row: Mapping[str, Any]) -> tuple[str, str]:
    """The voltage in mV is that of a device's own battery."""
    quantity = _METERED[name]
    if quantity == "voltage_l1" and str(row.get("unit", "")).lower() != "v":
        return "", ""
    place = main if main in ("plug", "light") else "meter"
    if place == "meter" and quantity == "energy":
        quantity = "energy_import"
    return place, "power_l1" if phases and quantity == "power" else quantity


def _factor(quantity: str, row: Mapping[str, Any]) -> float | None:
    """To base units; None for a unit that is not understood."""
    unit = str(row.get("unit") or "").lower()
    if quantity == "brightness":
        top = as_number(row.get("value_max"))
        return 100 / top if top and top > 0 else 100 / 254
    if quantity == "power_factor":
        return 0.01 if unit == "%" else 1.0
    if quantity.startswith("energy") and not unit:
        return 1000.0
    return _UNITS.get(unit)


def _scaled(raw: object, factor: float) -> float | None:
    number = as_number(raw)
    return None if number is None else round(number * factor, 6)


def _numbered(role: str, n: int) -> str:
    return role if n == 1 else f"{role}_{n}"


def first_place(found: Sequence[Feature]) -> str:
    """What the device is, by what it can do; empty when it has nothing of ours."""
    places = {feature.place.partition("_")[0] for feature in found}
    return next((place for place in _RANK if place in places), "")
