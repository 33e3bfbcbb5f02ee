"""Shelly Gen2 and later over MQTT: component states, notifications and RPC answers. Pure.

Source: shelly-api-docs.shelly.cloud/gen2, "MQTT", "Components and Services", "Notifications". Powers in W, + = into the
load or from the grid; energies in Wh. `aenergy` counts both directions, `ret_aenergy` what was returned.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from drivers.json.told import Told, as_number, as_object, leaves, under

_COMPONENT = re.compile(r"([a-z0-9]+):(\d{1,6})")
LIGHTS = ("light", "rgb", "rgbw", "cct", "rgbcct")
_UNITS = {
    "apower": "W", "act_power": "W", "total_act_power": "W", "aprt_power": "VA", "total_aprt_power": "VA",
    "voltage": "V", "current": "A", "total_current": "A", "freq": "Hz", "tC": "degC", "tF": "degF",
    "current_C": "degC", "target_C": "degC", "rssi": "dBm", "rh": "%", "percent": "%", "brightness": "%",
    "total": "Wh", "total_act": "Wh", "total_act_ret": "Wh", "total_act_energy": "Wh", "total_act_ret_energy": "Wh",
    "uptime": "s", "current_pos": "%", "pos": "%", "lux": "lx", "V": "V",
}  # fmt: skip
_FIGURES = {
    "apower": "power", "act_power": "power", "aprt_power": "apparent_power", "voltage": "voltage_l1",
    "current": "current_l1", "freq": "frequency", "pf": "power_factor",
}  # fmt: skip
_PHASE = {"act_power": "power", "aprt_power": "apparent_power", "voltage": "voltage", "current": "current"}
_SECRET = ("pin_code", "key", "pass", "password", "ha1", "user_ca", "tls_client_key")
_RANGES = {"apower": "active_power", "act_power": "active_power", "aprt_power": "apparent_power"}


def read(told: Told, rest: str, payload: bytes) -> bool:
    """What follows `<id>/` in the topic. False for what is no word of the device."""
    found = as_object(payload)
    if not found:
        return False
    told.fact("vendor", "Shelly")
    if rest.startswith("status/"):
        read_all(told, found, rest.removeprefix("status/"))
        _component(told, rest.removeprefix("status/"), found, {})
        _sys(told, found if rest == "status/sys" else {})
        return True
    if not rest.endswith("rpc"):
        return False
    body = found.get("params") if "method" in found else found.get("result")
    told.fact("serial", str(found.get("src", "")).rpartition("-")[2].upper() or None)
    read_all(told, body, "")
    if isinstance(error := found.get("error"), Mapping):
        told.problem(f"error {error.get('code')}: {str(error.get('message', ''))[:120]}")
    if isinstance(body, Mapping):
        components(told, body)
    return "src" in found and ("method" in found or "result" in found or "error" in found)


def components(told: Told, found: Mapping[str, Any]) -> None:
    """Several components by their keys, as Shelly.GetStatus and NotifyStatus tell them."""
    _sys(told, found.get("sys"))
    if "gen" in found and "mac" in found:  # the answer to Shelly.GetDeviceInfo
        for name, key in (("serial", "mac"), ("model", "model"), ("firmware", "ver")):
            told.fact(name, found.get(key))
    stamp = as_number(found.get("ts"))
    told.time = told.time or (round(stamp * 1000) if stamp and 0 < stamp < 1e11 else None)
    for key, status in found.items():
        if isinstance(status, Mapping):
            _component(told, key, status, found)


def read_all(told: Told, found: object, prefix: str) -> None:
    for path, key, value in leaves(found, prefix):
        if key not in _SECRET:
            stem = key[2:] if key[:2] in ("a_", "b_", "c_", "n_") else key
            told.reading(path, value, *(("Wh", 0.001) if key == "by_minute" else (_UNITS.get(stem, ""), 1.0)))


def numbered(role: str, id_: int) -> str:
    """Components of the device itself count from 0, those of add-ons and gateways from 100 or 200."""
    n = id_ % 100 + 1
    return role if n == 1 else f"{role}_{n}"


def _sys(told: Told, found: object) -> None:
    told.fact("serial", under(found, "mac"))
    unix = as_number(under(found, "unixtime"))
    told.time = round(unix * 1000) if unix and 0 < unix < 1e11 else told.time


_Status = Mapping[str, Any]


def _component(told: Told, key: str, status: _Status, whole: _Status) -> None:
    match = _COMPONENT.fullmatch(key)
    if match is None or match[1] not in _READ:
        return
    _READ[match[1]](told, match[1], int(match[2]), status, whole)
    if said := ", ".join(map(str, _errors(status)))[:120]:
        told.problem(f"{key}: {said}")


def _errors(status: _Status, key: str = "errors") -> list[str]:
    found = status.get(key)
    return [str(error) for error in found] if isinstance(found, list) else []


def _switch(told: Told, kind: str, id_: int, status: _Status, whole: _Status) -> None:
    place = numbered("light" if kind in LIGHTS else "plug", id_)
    told.point(place, "on", status.get("output") if isinstance(status.get("output"), bool) else None)
    if kind in LIGHTS:
        told.point(place, "brightness", status.get("brightness"))
    _metered(told, place, status, "energy")


def _meter(told: Told, kind: str, id_: int, status: _Status, whole: _Status) -> None:
    """A power meter without a switch, and the motor of a cover."""
    _metered(told, numbered("meter", id_), status, "energy_import")


def _metered(told: Told, place: str, status: _Status, taken: str) -> None:
    if "power_meter_failure" in _errors(status):
        return
    _figures(told, place, status)
    both, returned = as_number(under(status, "aenergy", "total")), as_number(under(status, "ret_aenergy", "total"))
    told.point(place, "energy_export", returned)
    if both is not None and both >= (returned or 0):
        told.point(place, taken, round(both - (returned or 0), 6))
    elif both is not None:
        told.problem(f"{place}: more energy was returned than was counted at all")


def _figures(told: Told, place: str, status: _Status) -> None:
    """What the device itself marks as out of range is left out."""
    for key, name in _FIGURES.items():
        if f"out_of_range:{_RANGES.get(key, key)}" not in _errors(status):
            told.point(place, name, status.get(key))


def _em(told: Told, kind: str, id_: int, status: _Status, whole: _Status) -> None:
    """Three phases of one meter (profile `triphase`)."""
    place = numbered("grid", id_)
    if "power_meter_failure" in _errors(status):
        return
    wrong: set[str] = set()
    for n, phase in enumerate("abc", 1):
        mine = set(_errors(status, f"{phase}_errors"))
        wrong |= mine
        for key, name in _PHASE.items():
            if f"out_of_range:{_RANGES.get(key, key)}" not in mine:
                told.point(place, f"{name}_l{n}", status.get(f"{phase}_{key}"))
    for key in ("act_power", "aprt_power"):
        if f"out_of_range:{_RANGES[key]}" not in wrong:
            told.point(place, _PHASE[key], status.get(f"total_{key}"))
    told.point(place, "frequency", next((f for p in "abc" if (f := status.get(f"{p}_freq"))), None))


def _emdata(told: Told, kind: str, id_: int, status: _Status, whole: _Status) -> None:
    told.point(numbered("grid", id_), "energy_import", status.get("total_act"))
    told.point(numbered("grid", id_), "energy_export", status.get("total_act_ret"))


def _em1(told: Told, kind: str, id_: int, status: _Status, whole: _Status) -> None:
    """One clamp of several (profile `monophase`, and EM devices)."""
    if "power_meter_failure" not in _errors(status):
        _figures(told, numbered("grid", id_), status)


def _em1data(told: Told, kind: str, id_: int, status: _Status, whole: _Status) -> None:
    told.point(numbered("grid", id_), "energy_import", status.get("total_act_energy"))
    told.point(numbered("grid", id_), "energy_export", status.get("total_act_ret_energy"))


def _temperature(told: Told, kind: str, id_: int, status: _Status, whole: _Status) -> None:
    """Of an add-on, or of a device that is a sensor; what a relay tells under 0 is the heat inside it."""
    if id_ >= 100 or any(key.startswith(("humidity:", "devicepower:")) for key in whole):
        told.point(numbered("sensor", id_), "temperature", status.get("tC"))


def _humidity(told: Told, kind: str, id_: int, status: _Status, whole: _Status) -> None:
    told.point(numbered("sensor", id_), "humidity", status.get("rh"))


def _devicepower(told: Told, kind: str, id_: int, status: _Status, whole: _Status) -> None:
    told.point(numbered("sensor", id_), "battery_level", under(status, "battery", "percent"))


def _input(told: Told, kind: str, id_: int, status: _Status, whole: _Status) -> None:
    """A contact; a button and an analogue input have no such state."""
    if isinstance(status.get("state"), bool):
        told.point(numbered("sensor", id_), "contact", status["state"])


def _thermostat(told: Told, kind: str, id_: int, status: _Status, whole: _Status) -> None:
    place = numbered("thermostat", id_)
    told.point(place, "temperature", status.get("current_C"))
    told.point(place, "target_temperature", status.get("target_C"))
    if kind == "blutrv":
        told.point(place, "valve", status.get("pos"))
        told.point(place, "battery_level", status.get("battery"))
        told.point(place, "signal", status.get("rssi"))


_READ: dict[str, Callable[[Told, str, int, _Status, _Status], None]] = {
    **dict.fromkeys(("switch", *LIGHTS), _switch),
    **dict.fromkeys(("pm1", "cover"), _meter),
    **dict.fromkeys(("thermostat", "blutrv"), _thermostat),
    "em": _em,
    "emdata": _emdata,
    "em1": _em1,
    "em1data": _em1data,
    "temperature": _temperature,
    "humidity": _humidity,
    "devicepower": _devicepower,
    "input": _input,
}


def component_keys(found: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    """Kind and id of every component in a status."""
    for key in found:
        if match := _COMPONENT.fullmatch(key):
            yield match[1], int(match[2])
