"""What a Home Assistant sensor measures, by its device class and unit. Pure.

Source: home-assistant.io, "Sensor": device classes and their units. No class, no quantity: a unit alone says little.
"""

from __future__ import annotations

_UNITS: dict[str, tuple[str, float, float]] = {  # unit: base unit, factor, offset
    "W": ("W", 1, 0), "kW": ("W", 1e3, 0), "MW": ("W", 1e6, 0), "mW": ("W", 1e-3, 0), "Wh": ("Wh", 1, 0),
    "kWh": ("Wh", 1e3, 0), "MWh": ("Wh", 1e6, 0), "mWh": ("Wh", 1e-3, 0), "V": ("V", 1, 0), "mV": ("V", 1e-3, 0),
    "kV": ("V", 1e3, 0), "A": ("A", 1, 0), "mA": ("A", 1e-3, 0), "Hz": ("Hz", 1, 0), "kHz": ("Hz", 1e3, 0),
    "var": ("var", 1, 0), "kvar": ("var", 1e3, 0), "VA": ("VA", 1, 0), "kVA": ("VA", 1e3, 0), "°C": ("degC", 1, 0),
    "C": ("degC", 1, 0), "°F": ("degC", 5 / 9, -160 / 9), "F": ("degC", 5 / 9, -160 / 9), "K": ("degC", 1, -273.15),
    "%": ("%", 1, 0), "dBm": ("dBm", 1, 0), "m³": ("m3", 1, 0), "L": ("m3", 1e-3, 0), "W/m²": ("W/m2", 1, 0),
}  # fmt: skip
_CLASSES = {  # device class: quantity, its base unit
    "power": ("power", "W"),
    "apparent_power": ("apparent_power", "VA"),
    "reactive_power": ("reactive_power", "var"),
    "energy": ("energy", "Wh"),
    "voltage": ("voltage_l1", "V"),
    "current": ("current_l1", "A"),
    "frequency": ("frequency", "Hz"),
    "temperature": ("temperature", "degC"),
    "humidity": ("humidity", "%"),
    "battery": ("battery_level", "%"),
    "signal_strength": ("signal", "dBm"),
    "gas": ("gas", "m3"),
    "water": ("water", "m3"),
    "irradiance": ("irradiance", "W/m2"),
}


def base(unit: object) -> tuple[str, float, float]:
    """Base unit, factor and offset; an unknown unit is its own."""
    return _UNITS.get(unit, (unit[:20], 1.0, 0.0)) if isinstance(unit, str) else ("", 1.0, 0.0)


def meaning(device_class: object, unit: object) -> tuple[str, float, float] | None:
    """Quantity, factor and offset; None for what has no quantity, or a unit that is not its class's."""
    if device_class == "power_factor":
        return ("power_factor", 0.01, 0.0) if unit == "%" else ("power_factor", 1.0, 0.0)
    known = _CLASSES.get(device_class) if isinstance(device_class, str) else None
    name, factor, offset = base(unit)
    return (known[0], factor, offset) if known and known[1] == name else None
