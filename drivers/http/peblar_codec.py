"""Answers of a Peblar charger's local REST API to readings and points, recognised by content. Pure.

Source: Peblar, "Local REST API" (developer.peblar.com): mA, W, Wh, V; `CpState` after IEC 61851-1.
"""

from __future__ import annotations

from typing import Any

from drivers.json.told import Told, as_json, as_number, leaves
from hub.model.heard import Heard, Rejected

PLACE = "charger"
_STATES = {"A": ("no_vehicle", False), "B": ("ready", True), "C": ("charging", True), "D": ("charging", True)}
_FAULTS = ("E", "F")
_ANSWERS = ("PowerTotal", "ChargeCurrentLimit", "CpState", "ProductSn", "ProductPn", "FirmwareVersion", "FwIdent",
            "Firmware", "ApiVersion")  # fmt: skip
_SIGNALS = ("WlanSignalStrength", "CellularSignalStrength")


def understand(body: bytes) -> Heard | Rejected:
    found = as_json(body)
    if isinstance(found, list):
        found = {"list": found}
    if not isinstance(found, dict):
        return Rejected(0, "neither a JSON object nor a list" if body.strip() else "empty")
    if set(found) <= {"error", "message", "code", "status", "Error", "Message"} and found:
        return Rejected(0, f"an error instead of an answer: {str(next(iter(found.values())))[:60]}")
    told = Told()
    told.fact("vendor", found.get("ProductVendorName") or "Peblar")
    for path, key, value in leaves(found):
        if key not in ("ApiToken", "Password"):
            told.reading(path or "?", value, *_unit(key))
    _who(told, found)
    if "PowerTotal" in found:
        _meter(told, found)
    if "ChargeCurrentLimit" in found:
        _interface(told, found)
    for key in _SIGNALS:
        if as_number(found.get(key)) and not told.has(f"{PLACE}.signal"):
            told.point(PLACE, "signal", found[key])
    return told.heard()


def is_answer(found: object) -> bool:
    """Whether what stands in a list is an answer by itself, and not a row of it."""
    return isinstance(found, dict) and any(key in found for key in _ANSWERS)


def _who(told: Told, found: dict[str, Any]) -> None:
    told.fact("model", found.get("ProductModelName") or found.get("ProductPn"))
    told.fact("serial", found.get("ProductSn"))
    told.fact("firmware", found.get("FirmwareVersion") or found.get("FwIdent") or found.get("Firmware"))


def _meter(told: Told, found: dict[str, Any]) -> None:
    """A phase that is not wired has no voltage (null), and then nothing else of it is told."""
    told.point(PLACE, "power", as_number(found.get("PowerTotal")))
    told.point(PLACE, "energy", as_number(found.get("EnergyTotal")))
    told.point(PLACE, "session_energy", as_number(found.get("EnergySession")))
    for n in (1, 2, 3):
        if as_number(found.get(f"VoltagePhase{n}")) is not None:
            told.point(PLACE, f"voltage_l{n}", found[f"VoltagePhase{n}"])
            told.point(PLACE, f"power_l{n}", as_number(found.get(f"PowerPhase{n}")))
            told.point(PLACE, f"current_l{n}", as_number(found.get(f"CurrentPhase{n}")), 0.001)


def _interface(told: Told, found: dict[str, Any]) -> None:
    told.point(PLACE, "current_limit", as_number(found.get("ChargeCurrentLimit")), 0.001)
    if found.get("Force1Phase") is True:
        told.point(PLACE, "phases", 1)
    letter = str(found.get("CpState", "")).removeprefix("State ")
    if letter in _STATES:
        status, connected = _STATES[letter]
        told.point(PLACE, "status", status)
        told.point(PLACE, "connected", connected)
    elif letter in _FAULTS:
        told.point(PLACE, "status", "fault")
    elif letter:
        told.problem(f"CpState {letter[:40]!r} says nothing about a vehicle")


def _unit(key: str) -> tuple[str, float]:
    if key.startswith(("CurrentPhase", "ChargeCurrentLimit")) and not key.endswith("Source"):
        return "A", 0.001
    for start, unit in (("Voltage", "V"), ("Power", "W"), ("Energy", "Wh")):
        if key.startswith(start) and key.endswith(("1", "2", "3", "Total", "Session")):
            return unit, 1.0
    return ("dBm", 1.0) if key in _SIGNALS else ("", 1.0)
