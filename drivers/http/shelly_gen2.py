"""Shelly Gen2 and later (Plus, Pro, Gen3, Gen4): RPC answers and notifications to points.

Source: shelly-api-docs.shelly.cloud/gen2, "Components and Services" and "RPC Protocol". Powers in W, + = into the load;
energies in Wh. `aenergy` counts both directions, `ret_aenergy` what was returned: what was taken is the difference.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from drivers.http.shelly_units import read_all
from drivers.json.told import Told, as_number, under

_COMPONENT = re.compile(r"([a-z0-9]+):(\d{1,6})")
_METER = {"apower": "power", "act_power": "power", "aprt_power": "apparent_power", "voltage": "voltage_l1",
          "current": "current_l1", "freq": "frequency", "pf": "power_factor"}  # fmt: skip
_PHASE = {"act_power": "power", "aprt_power": "apparent_power", "voltage": "voltage", "current": "current"}
_RANGE = {"act_power": "active_power", "aprt_power": "apparent_power", "voltage": "voltage", "current": "current"}
LIGHTS = ("light", "rgb", "rgbw", "cct", "rgbcct")
"""One of these a channel; a device's profile decides which."""


def numbered(role: str, id_: int) -> str:
    """Components of the device itself count from 0, those of add-ons and gateways from 100 or 200."""
    n = id_ % 100 + 1
    return role if n == 1 else f"{role}_{n}"


def understand(told: Told, found: Mapping[str, Any], component: str = "") -> None:
    """A whole answer, or the one of a single `component` such as `cover:0`. Adds readings, facts and points."""
    if "method" in found and isinstance(found.get("params"), Mapping):
        read_all(told, found)
        _source(told, found)
        _components(told, found["params"])
    elif "src" in found and ("result" in found or "error" in found):
        read_all(told, found)
        _source(told, found)
        _result(told, found, component)
    else:
        read_all(told, found)
        _plain(told, found, component)


def facts(told: Told, info: Mapping[str, Any]) -> None:
    """The answer to `/shelly` and Shelly.GetDeviceInfo."""
    told.fact("vendor", "Shelly")
    told.fact("model", info.get("model"))
    told.fact("serial", info.get("mac"))
    told.fact("firmware", info.get("ver") or info.get("fw_id"))


def error_of(found: Mapping[str, Any]) -> str:
    """What the device has against a request, "" for nothing."""
    error = found.get("error", found if "code" in found and "message" in found else None)
    if not isinstance(error, Mapping):
        return ""
    text = "asks for the password" if error.get("code") == 401 else str(error.get("message", ""))[:120]
    return f"error {error.get('code')}: {text}"


def _result(told: Told, found: Mapping[str, Any], component: str) -> None:
    if error := error_of(found):
        told.problem(error)
    if isinstance(result := found.get("result"), Mapping):
        _plain(told, result, component)


def _plain(told: Told, found: Mapping[str, Any], component: str) -> None:
    told.fact("vendor", "Shelly")
    if error := error_of(found):
        told.problem(error)
    elif isinstance(found.get("gen"), int) and "mac" in found:
        facts(told, found)
    elif any(":" in key for key in found) or "sys" in found:
        _components(told, found)
    else:
        _component(told, component or _guessed(found), found)


def _source(told: Told, found: Mapping[str, Any]) -> None:
    told.fact("vendor", "Shelly")
    told.fact("serial", str(found.get("src", "")).rpartition("-")[2].upper() or None)


def _components(told: Told, found: Mapping[str, Any]) -> None:
    told.fact("serial", under(found, "sys", "mac"))
    unix = as_number(under(found, "sys", "unixtime")) or as_number(found.get("ts"))
    told.time = round(unix * 1000) if unix and unix < 1e11 else told.time
    for key, status in found.items():
        if isinstance(status, Mapping):
            _component(told, key, status, whole=found)


def _guessed(found: Mapping[str, Any]) -> str:
    """Which component an answer is of that does not say so."""
    kind = next((kind for keys, kind in _SIGNS if all(key in found for key in keys)), "")
    id_ = found.get("id")
    return f"{kind}:{id_ if isinstance(id_, int) and 0 <= id_ < 100_000 else 0}" if kind else ""


def _component(told: Told, key: str, status: Mapping[str, Any], whole: Mapping[str, Any] | None = None) -> None:
    match = _COMPONENT.fullmatch(key)
    read = _READ.get(match[1]) if match else None
    if match is None or read is None:
        return
    read(told, status, int(match[2]), match[1], whole or {})
    errors = status.get("errors")
    if isinstance(errors, list) and errors:
        told.problem(f"{key}: {', '.join(map(str, errors))[:120]}")


def _switch(told: Told, status: Mapping[str, Any], id_: int, kind: str, whole: Mapping[str, Any]) -> None:
    place = numbered("light" if kind in LIGHTS else "plug", id_)
    told.point(place, "on", status.get("output"))
    if kind in LIGHTS:
        told.point(place, "brightness", status.get("brightness"))
    _metered(told, place, status, "energy")


def _meter(told: Told, status: Mapping[str, Any], id_: int, kind: str, whole: Mapping[str, Any]) -> None:
    """A power meter without a switch, and the motor of a cover."""
    _metered(told, numbered("meter", id_), status, "energy_import")


def _metered(told: Told, place: str, status: Mapping[str, Any], taken: str) -> None:
    if "power_meter_failure" in _errors(status):
        return
    _figures(told, place, status)
    both, returned = under(status, "aenergy", "total"), under(status, "ret_aenergy", "total")
    if as_number(both) is None or as_number(returned) is None:
        told.point(place, taken, both)
        return
    told.point(place, "energy_export", returned)
    if both >= returned:
        told.point(place, taken, round(both - returned, 6))
    else:
        told.problem(f"{place}: more energy was returned than was counted at all")


def _figures(told: Told, place: str, status: Mapping[str, Any]) -> None:
    wrong = _out_of_range(_errors(status))
    for key, name in _METER.items():
        if _RANGE.get(key.replace("apower", "act_power"), key) not in wrong:
            told.point(place, name, status.get(key))


def _em(told: Told, status: Mapping[str, Any], id_: int, kind: str, whole: Mapping[str, Any]) -> None:
    """Three phases of one meter (profile `triphase`)."""
    place = numbered("grid", id_)
    if "power_meter_failure" in _errors(status):
        return
    every: set[str] = set()
    for n, phase in enumerate("abc", 1):
        wrong = _out_of_range(_errors(status, f"{phase}_errors"))
        every |= wrong
        for key, name in _PHASE.items():
            if _RANGE[key] not in wrong:
                told.point(place, f"{name}_l{n}", status.get(f"{phase}_{key}"))
    for key in ("act_power", "aprt_power"):
        if _RANGE[key] not in every:
            told.point(place, _PHASE[key], status.get(f"total_{key}"))
    told.point(place, "frequency", next((f for p in "abc" if (f := status.get(f"{p}_freq"))), None))


def _emdata(told: Told, status: Mapping[str, Any], id_: int, kind: str, whole: Mapping[str, Any]) -> None:
    place = numbered("grid", id_)
    told.point(place, "energy_import", status.get("total_act"))
    told.point(place, "energy_export", status.get("total_act_ret"))


def _em1(told: Told, status: Mapping[str, Any], id_: int, kind: str, whole: Mapping[str, Any]) -> None:
    """One clamp of several (profile `monophase`, and EM devices)."""
    if "power_meter_failure" not in _errors(status):
        _figures(told, numbered("grid", id_), status)


def _em1data(told: Told, status: Mapping[str, Any], id_: int, kind: str, whole: Mapping[str, Any]) -> None:
    place = numbered("grid", id_)
    told.point(place, "energy_import", status.get("total_act_energy"))
    told.point(place, "energy_export", status.get("total_act_ret_energy"))


def _temperature(told: Told, status: Mapping[str, Any], id_: int, kind: str, whole: Mapping[str, Any]) -> None:
    """A room's, of a sensor or an add-on; what a meter or relay tells under 0 is the heat inside it."""
    if id_ >= 100 or not whole or any(key.startswith(("humidity:", "devicepower:")) for key in whole):
        told.point(numbered("sensor", id_), "temperature", status.get("tC"))


def _humidity(told: Told, status: Mapping[str, Any], id_: int, kind: str, whole: Mapping[str, Any]) -> None:
    told.point(numbered("sensor", id_), "humidity", status.get("rh"))


def _devicepower(told: Told, status: Mapping[str, Any], id_: int, kind: str, whole: Mapping[str, Any]) -> None:
    told.point(numbered("sensor", id_), "battery_level", under(status, "battery", "percent"))


def _input(told: Told, status: Mapping[str, Any], id_: int, kind: str, whole: Mapping[str, Any]) -> None:
    """A contact; a button and an analogue input have no such state."""
    if isinstance(status.get("state"), bool):
        told.point(numbered("sensor", id_), "contact", status["state"])


def _thermostat(told: Told, status: Mapping[str, Any], id_: int, kind: str, whole: Mapping[str, Any]) -> None:
    """A wall display's own, and radiator valves behind a gateway, which say when they were heard."""
    place, heard = numbered("thermostat", id_), as_number(status.get("last_updated_ts"))
    at = round(heard * 1000) if heard and 0 < heard < 1e11 else None
    told.point(place, "temperature", status.get("current_C"), at=at)
    told.point(place, "target_temperature", status.get("target_C"), at=at)
    if kind == "blutrv":
        told.point(place, "valve", status.get("pos"), at=at)
        told.point(place, "battery_level", status.get("battery"), at=at)
        told.point(place, "signal", status.get("rssi"), at=at)


def _errors(status: Mapping[str, Any], key: str = "errors") -> list[str]:
    found = status.get(key)
    return [str(error) for error in found] if isinstance(found, list) else []


def _out_of_range(errors: list[str]) -> set[str]:
    """`out_of_range:active_power` -> active_power."""
    return {error.partition(":")[2] for error in errors if error.startswith("out_of_range:")}


_Reader = Callable[[Told, Mapping[str, Any], int, str, Mapping[str, Any]], None]
_READ: dict[str, _Reader] = {
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
KINDS = frozenset(_READ)
"""the components that are understood"""
_SIGNS: tuple[tuple[tuple[str, ...], str], ...] = (  # keys that only this component has, the most telling first
    (("a_act_power",), "em"),
    (("total_act",), "emdata"),
    (("total_act_energy",), "em1data"),
    (("act_power",), "em1"),
    (("rgb", "white", "output"), "rgbw"),
    (("rgb", "output"), "rgb"),
    (("ct", "output"), "cct"),
    (("brightness", "output"), "light"),
    (("output",), "switch"),
    (("pos_control",), "cover"),
    (("current_C", "target_C"), "thermostat"),
    (("apower",), "pm1"),
    (("rh",), "humidity"),
    (("tC",), "temperature"),
    (("battery", "external"), "devicepower"),
    (("id", "state"), "input"),
)
