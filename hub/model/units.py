"""The units that people may write, as in rules and schedules."""

from __future__ import annotations

UNITS: dict[str, tuple[str, float]] = {
    "W": ("W", 1.0),
    "kW": ("W", 1e3),
    "Wh": ("Wh", 1.0),
    "kWh": ("Wh", 1e3),
    "var": ("var", 1.0),
    "kvar": ("var", 1e3),
    "VA": ("VA", 1.0),
    "kVA": ("VA", 1e3),
    "V": ("V", 1.0),
    "A": ("A", 1.0),
    "Hz": ("Hz", 1.0),
    "%": ("%", 1.0),
    "degC": ("degC", 1.0),
    "°C": ("degC", 1.0),
    "deg": ("deg", 1.0),
    "°": ("deg", 1.0),
    **dict.fromkeys(("m3", "m³"), ("m3", 1.0)),
    **dict.fromkeys(("W/m2", "W/m²"), ("W/m2", 1.0)),
    "dBm": ("dBm", 1.0),
    "s": ("min", 1 / 60),
    "min": ("min", 1.0),
    "h": ("min", 60.0),
    "ct/kWh": ("1e-5/kWh", 1e3),
    **dict.fromkeys(("EUR/kWh", "CHF/kWh", "GBP/kWh", "cur/kWh"), ("1e-5/kWh", 1e5)),
}
"""Word -> (base unit, factor). Times are minutes; prices are kept in 1e-5 of the currency a kWh."""
