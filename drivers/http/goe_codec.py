"""go-e charger answers to points. Source: goecharger/go-eCharger-API-v2 (apikeys) and go-eCharger-API-v1.

v2: W, A, V, Wh. v1: all values are texts; `nrg` in V, 0.1 A, 0.1 kW and 0.01 kW, `eto` 0.1 kWh, `dws` 10 Ws.
`nrg`: voltages L1 L2 L3 N, currents L1 L2 L3, powers L1 L2 L3 N and all, power factors in %.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drivers.json.told import Told, as_number, leaves

PLACE = "charger"
IDLE, CHARGING, WAITS, COMPLETE, BROKEN = 1, 2, 3, 4, 5
FORCE_OFF = 1
_PHASES = {1: 1, 2: 3}
"""psm: 1 = one phase, 2 = three; 0 = the charger decides"""
_UNITS_V2 = {"amp": "A", "ama": "A", "mca": "A", "acu": "A", "cbl": "A", "eto": "Wh", "wh": "Wh", "rssi": "dBm",
             "tma": "degC", "tpa": "W", "fhz": "Hz"}  # fmt: skip
_UNITS_V1 = {"amp": ("A", 1.0), "amx": ("A", 1.0), "ama": ("A", 1.0), "cbl": ("A", 1.0), "eto": ("Wh", 100.0),
             "dws": ("Wh", 1 / 360), "tmp": ("degC", 1.0)}  # fmt: skip
_NRG_V2 = [("V", 1.0)] * 4 + [("A", 1.0)] * 3 + [("W", 1.0)] * 5 + [("", 0.01)] * 4
_NRG_V1 = [("V", 1.0)] * 4 + [("A", 0.1)] * 3 + [("W", 100.0)] * 4 + [("W", 10.0)] + [("", 0.01)] * 4
_SECRET = ("wak", "wss", "wke", "cch", "cwc", "token", "cll")


def is_answer(found: Mapping[str, Any]) -> bool:
    return "car" in found or "nrg" in found or ("amp" in found and ("frc" in found or "alw" in found)) or "sse" in found


def status(found: Mapping[str, Any]) -> Mapping[str, Any]:
    """The charger's own answer: the maker's cloud puts it into `{"success", "age", "data"}`."""
    inner = found.get("data")
    return inner if "success" in found and isinstance(inner, Mapping) else found


def is_v1(found: Mapping[str, Any]) -> bool:
    """The older interface writes numbers as texts."""
    return isinstance(found.get("car", found.get("amp")), str)


def understand(told: Told, found: Mapping[str, Any]) -> None:
    told.fact("vendor", "go-e")
    told.fact("serial", found.get("sse"))
    told.fact("firmware", found.get("fwv"))
    told.fact("model", found.get("typ"))
    if is_v1(found):
        _read_v1(told, found)
        _v1(told, {key: whole(value) for key, value in found.items()}, found.get("nrg"))
    else:
        _read_v2(told, found)
        _v2(told, found)


def whole(raw: object) -> float | None:
    """A number, as such or written out."""
    if isinstance(raw, str) and len(raw) <= 12:
        try:
            return as_number(float(raw))
        except ValueError:
            return None
    return as_number(raw)


def _v2(told: Told, found: Mapping[str, Any]) -> None:
    _energies(told, found.get("nrg"), _NRG_V2)
    told.point(PLACE, "energy", as_number(found.get("eto")))
    told.point(PLACE, "session_energy", as_number(found.get("wh")))
    off = found.get("frc") == FORCE_OFF
    told.point(PLACE, "current_limit", 0 if off else as_number(found.get("amp")))
    told.point(PLACE, "phases", _PHASES.get(found["psm"]) if isinstance(found.get("psm"), int) else None)
    _state(told, as_number(found.get("car")), as_number(found.get("err")), off or found.get("alw") is False)


def _v1(told: Told, found: Mapping[str, float | None], nrg: object) -> None:
    """The limit in force is `amx`, which is not kept; chargers with old firmware have only the stored `amp`."""
    _energies(told, nrg, _NRG_V1, one_phase=(found.get("pha") or 0) // 8 == 1)
    told.point(PLACE, "energy", found.get("eto"), 100)
    told.point(PLACE, "session_energy", found.get("dws"), 1 / 360)
    off = found.get("alw") == 0
    limit = found.get("amx") if found.get("amx") else found.get("amp")
    told.point(PLACE, "current_limit", 0 if off else limit)
    _state(told, found.get("car"), found.get("err"), off)


def _energies(told: Told, nrg: object, units: list[tuple[str, float]], one_phase: bool = False) -> None:
    if not isinstance(nrg, list) or len(nrg) < 12:
        return
    values = _phase_at_n([whole(raw) for raw in nrg], one_phase)
    for n in range(3):
        for name, at in (("voltage", n), ("current", 4 + n), ("power", 7 + n)):
            told.point(PLACE, f"{name}_l{n + 1}", values[at], units[at][1])
    told.point(PLACE, "power", values[11], units[11][1])


def _phase_at_n(values: list[float | None], one_phase: bool) -> list[float | None]:
    """v1, "App logic" of `nrg`: N has the voltage and power of a single phase that is wired the other way round."""
    if one_phase and len(values) > 10 and (values[3] or 0) > (values[0] or 0):
        return [values[3], *values[1:7], values[10], *values[8:]]
    return values


def _state(told: Told, car: float | None, error: float | None, off: bool) -> None:
    """The car's state, and whether the charger lets it charge."""
    if error is not None and error >= 0:
        told.point(PLACE, "error_code", error)
    if car is None:
        return
    waiting = "paused" if off else {WAITS: "ready", COMPLETE: "full"}.get(int(car), "unknown")
    names = {IDLE: "no_vehicle", CHARGING: "charging", BROKEN: "fault", WAITS: waiting, COMPLETE: waiting}
    told.point(PLACE, "status", "fault" if error else names.get(int(car), "unknown"))
    if car in (IDLE, CHARGING, WAITS, COMPLETE):
        told.point(PLACE, "connected", car != IDLE)


def _read_v2(told: Told, found: Mapping[str, Any]) -> None:
    for path, key, value in leaves(found):
        if path.partition(".")[0].partition("[")[0] in _SECRET:
            continue
        at = path.removeprefix("nrg[").removesuffix("]")
        unit, factor = (
            _NRG_V2[int(at)] if key == "nrg" and at.isdigit() and int(at) < 16 else (_UNITS_V2.get(key, ""), 1.0)
        )
        number = not isinstance(value, str | bool)
        told.reading(path, value, unit if number else "", factor if number else 1.0)


def _read_v1(told: Told, found: Mapping[str, Any]) -> None:
    for path, key, value in leaves(found):
        if key in _SECRET:
            continue
        at = path.removeprefix("nrg[").removesuffix("]")
        unit, factor = (
            _NRG_V1[int(at)] if key == "nrg" and at.isdigit() and int(at) < 16 else _UNITS_V1.get(key, ("", 1.0))
        )
        number = whole(value) if unit else None
        told.reading(
            path,
            value if number is None else number,
            unit if number is not None else "",
            factor if number is not None else 1.0,
        )
