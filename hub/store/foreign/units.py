"""Other systems' units to our base units: value x factor + offset."""

from __future__ import annotations

import re
from dataclasses import dataclass

from hub.model import Quantity

PRICE = "1e-5/kWh"

_FACTORS: dict[str, dict[str, float]] = {
    "W": {"mW": 1e-3, "W": 1, "kW": 1e3, "MW": 1e6, "GW": 1e9},
    "Wh": {"Wh": 1, "kWh": 1e3, "MWh": 1e6, "GWh": 1e9, "MJ": 1e3 / 3.6, "GJ": 1e6 / 3.6, "J": 1 / 3600},
    "VA": {"VA": 1, "kVA": 1e3},
    "var": {"var": 1, "kvar": 1e3},
    "V": {"mV": 1e-3, "V": 1, "kV": 1e3},
    "A": {"mA": 1e-3, "A": 1},
    "Hz": {"Hz": 1, "kHz": 1e3},
    "degC": {"degC": 1, "°C": 1, "C": 1, "K": 1, "°F": 5 / 9, "F": 5 / 9, "degF": 5 / 9},
    "%": {"%": 1, "percent": 1},
    "m3": {"m3": 1, "m³": 1, "L": 1e-3, "l": 1e-3, "ft³": 0.028316846592, "CCF": 2.8316846592, "gal": 0.003785411784},
    "W/m2": {"W/m2": 1, "W/m²": 1, "kW/m²": 1e3},
    "": {"": 1},
}
_OFFSETS = {"K": -273.15, "°F": -160 / 9, "F": -160 / 9, "degF": -160 / 9}
_PER = re.compile(r"^(?P<money>[^\s/]+) */ *(?P<energy>kWh|MWh|Wh)$", re.IGNORECASE)
_CENTS = ("ct", "c", "¢", "cent", "cents", "øre", "öre", "rp")
_ENERGIES = {"kwh": 1.0, "mwh": 1e-3, "wh": 1e3}


@dataclass(frozen=True, slots=True)
class Conversion:
    """`energies`: the value is the energy (Wh) of a stretch of time, and a power once it is known how long that is."""

    factor: float = 1.0
    offset: float = 0.0
    energies: bool = False


def conversion(unit: str, quantity: Quantity) -> Conversion | None:
    """From `unit` to the quantity's base unit, None when there is no way; no unit at all is the base unit."""
    if not unit or unit == quantity.unit:
        return Conversion()
    if quantity.unit == PRICE:
        return _price(unit)
    if quantity.name == "power_factor" and unit == "%":
        return Conversion(0.01)
    named = _named(_FACTORS.get(quantity.unit, {}), unit)
    if named:
        return Conversion(_FACTORS[quantity.unit][named], _OFFSETS.get(named, 0.0))
    energy = _named(_FACTORS["Wh"], unit) if quantity.unit == "W" else None
    return Conversion(_FACTORS["Wh"][energy], energies=True) if energy else None


def accepted(quantity: Quantity) -> str:
    """The units that it can be told in, for people."""
    return "EUR/kWh, ct/kWh" if quantity.unit == PRICE else ", ".join(_FACTORS.get(quantity.unit, {})) or "none"


def _named(known: dict[str, float], unit: str) -> str | None:
    """As it is written; else in another case, if only one is meant by it (mW and MW are two)."""
    if unit in known:
        return unit
    alike = [k for k in known if k.lower() == unit.lower()]
    return alike[0] if len(alike) == 1 else None


def _price(unit: str) -> Conversion | None:
    found = _PER.match(unit)
    if not found:
        return None
    money = 1e3 if found["money"].lower() in _CENTS else 1e5
    return Conversion(money * _ENERGIES[found["energy"].lower()])
