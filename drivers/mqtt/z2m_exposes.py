"""What a Zigbee device can do, from the `exposes` of its definition. Pure.

Source: zigbee2mqtt documentation, "Exposes" and "MQTT topics and messages" (1.x, 2.x). `access`: bit 0 the state tells
it, bit 1 it can be set, bit 2 it can be asked for. Units are the definition's own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from drivers.json.told import as_number
from drivers.mqtt.z2m_meters import Meters, flow_of, meters

TOLD, SET, ASKED = 1, 2, 4
_DEEPEST = 4
_MOST = 400
"""features of one device that are looked at"""
_UNITS = {
    "w": 1.0, "kw": 1000.0, "mw": 0.001, "wh": 1.0, "kwh": 1000.0, "mwh": 0.001, "v": 1.0, "mv": 0.001, "a": 1.0,
    "ma": 0.001, "hz": 1.0, "%": 1.0, "°c": 1.0, "va": 1.0, "kva": 1000.0, "mva": 0.001, "var": 1.0, "kvar": 1000.0,
    "mvar": 0.001, "": 1.0,
}  # fmt: skip
_MEGA = 1e9
"""from milli, which lower case makes of it"""
_SENSED = {"temperature": "temperature", "humidity": "humidity", "contact": "contact", "battery": "battery_level"}
_CLIMATE = {
    "local_temperature": "temperature",
    "occupied_heating_setpoint": "target_temperature",
    "current_heating_setpoint": "target_temperature",
    "pi_heating_demand": "valve",
    "position": "valve",
    "valve_position": "valve",
}
_VALVES = tuple(name for name, quantity in _CLIMATE.items() if quantity == "valve")
_PLACES = {"switch": "plug", "light": "light", "climate": "thermostat"}
_SETTABLE = ("on", "brightness", "target_temperature")
_RANK = ("thermostat", "light", "plug", "meter", "sensor")


@dataclass(frozen=True, slots=True)
class Feature:
    """One key of a device's state. `factor` makes it base units; `on`, `off`: the words of a switch.

    `low`, `high`, `step`: in base units where the definition says how far it may be set. `flow`: the key that tells
    which way a power goes.
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
    flow: str = ""

    @property
    def settable(self) -> bool:
        return bool(self.access & SET) and self.quantity in _SETTABLE


def features(exposes: object) -> tuple[Feature, ...]:
    """Those that have a quantity. Endpoints (l1, l2, left, right) become the first, second, ... of their kind."""
    rows = list(_flat(exposes))[:_MOST]
    kinds = {kind for kind, _ in rows}
    main = next((_PLACES[k] for k in ("climate", "light", "switch") if k in kinds), "")
    measured = meters([name for kind, row in rows if not kind for name in _names(row)], main)
    flows = {str(row.get("name")): str(row["property"]) for kind, row in rows if not kind and row.get("type") == "enum"}
    endpoints = _endpoints(rows)
    found: dict[tuple[str, str], Feature] = {}
    for kind, row in rows:
        for place, quantity in _meanings(kind, row, main, measured):
            feature = _feature(row, place, quantity, endpoints, flows)
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


def _names(row: Mapping[str, Any]) -> tuple[str, ...]:
    """What a row is called: some have their maker's own name, and say only by their key what they are."""
    return tuple(dict.fromkeys((str(row.get("name")), str(row.get("property")))))


def _feature(
    row: Mapping[str, Any],
    place: str,
    quantity: str,
    endpoints: Mapping[tuple[str, str], int],
    flows: Mapping[str, str],
) -> Feature | None:
    wire, access = row.get("property"), row.get("access")
    if not isinstance(wire, str) or not isinstance(access, int) or isinstance(access, bool) or not access & TOLD:
        return None
    endpoint = str(row.get("endpoint") or "")
    n = endpoints.get((place, endpoint), 1) if endpoint else 1
    if quantity == "on":
        words = row.get("value_on", "ON"), row.get("value_off", "OFF")
        return Feature(wire, quantity, _numbered(place, n), 1.0, access, *words)
    factor = _factor(quantity, row)
    if factor is None:
        return None
    low, high, step = (_scaled(row.get(key), factor) for key in ("value_min", "value_max", "value_step"))
    flow = flows.get(flow_of(str(row.get("name"))), "")
    found = Feature(wire, quantity, _numbered(place, n), factor, access)
    return replace(found, low=low, high=high, step=step, flow=flow)


def _meanings(kind: str, row: Mapping[str, Any], main: str, measured: Meters) -> tuple[tuple[str, str], ...]:
    """Places and quantities, none for what has no quantity; what two meters share is of both."""
    name = str(row.get("name"))
    if kind in ("light", "switch") and name in ("state", "brightness"):
        return ((_PLACES[kind], {"state": "on", "brightness": "brightness"}[name]),)
    if kind == "climate" or (main == "thermostat" and name in _VALVES and row.get("type") == "numeric"):
        return (("thermostat", _CLIMATE[name]),) if name in _CLIMATE else ()
    if kind:
        return ()
    if name in _SENSED:
        return ((main or "sensor" if name == "battery" else "sensor", _SENSED[name]),)
    found = next(filter(None, map(measured.of, _names(row))), ())
    return () if _of_its_battery(name, row) else found


def _of_its_battery(name: str, row: Mapping[str, Any]) -> bool:
    """A voltage in mV is that of a device's own battery."""
    return name == "voltage" and str(row.get("unit", "")).lower() != "v"


def _factor(quantity: str, row: Mapping[str, Any]) -> float | None:
    """To base units; None for a unit that is not understood."""
    told = str(row.get("unit") or "")
    unit = told.lower()
    if quantity == "brightness":
        top = as_number(row.get("value_max"))
        return 100 / top if top and top > 0 else 100 / 254
    if quantity == "power_factor":
        return 0.01 if unit == "%" else 1.0
    if quantity.startswith("energy") and not unit:
        return 1000.0
    factor = _UNITS.get(unit)
    return factor * _MEGA if factor == _UNITS["mw"] and told.startswith("M") else factor


def _scaled(raw: object, factor: float) -> float | None:
    number = as_number(raw)
    return None if number is None else round(number * factor, 6)


def _numbered(role: str, n: int) -> str:
    return role if n == 1 else f"{role}_{n}"


def first_place(found: Sequence[Feature]) -> str:
    """What the device is, by what it can do; empty when it has nothing of ours."""
    places = {feature.place.partition("_")[0] for feature in found}
    return next((place for place in _RANK if place in places), "")
