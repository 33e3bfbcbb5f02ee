"""Every value of a Tasmota message as a reading in base units, by its key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drivers.json.told import Told, leaves

_ENERGY = {  # what the group ENERGY holds: unit, factor
    **dict.fromkeys(("Total", "Yesterday", "Today", "TotalTariff", "ExportTariff", "ExportActive", "ImportActive"),
                    ("Wh", 1000.0)),
    **dict.fromkeys(("ImportReactive", "ExportReactive"), ("varh", 1000.0)),
    "Period": ("Wh", 1.0),
    "Power": ("W", 1.0),
    "ApparentPower": ("VA", 1.0),
    "ReactivePower": ("var", 1.0),
    "Voltage": ("V", 1.0),
    "Current": ("A", 1.0),
    "Frequency": ("Hz", 1.0),
    "PhaseAngle": ("deg", 1.0),
    "Load": ("%", 1.0),
}  # fmt: skip
_UNITS = {
    "Humidity": "%", "Illuminance": "lx", "Dimmer": "%", "CarbonDioxide": "ppm", "eCO2": "ppm", "TVOC": "ppb",
    "Signal": "dBm", "Vcc": "V", "UptimeSec": "s", "Battery": "%", "BatteryPercentage": "%", "Gas": "kOhm",
    "RMSVoltage": "V", "ActivePower": "W", "RSSI": "%",
}  # fmt: skip
_TEMPERATURES = ("Temperature", "DewPoint", "OBJTMP", "AMBTMP", "Celsius")
_SECRET = ("password", "mqttpassword", "webpassword", "key", "user_ca", "password1", "password2")


def read_all(told: Told, found: Mapping[str, Any] | list[Any]) -> None:
    """A value in a unit that the message names itself has that unit."""
    whole = found if isinstance(found, Mapping) else {}
    for path, key, value in leaves(found):
        if key.lower() not in _SECRET:
            told.reading(path, value, *_unit(whole, path, key))


def _unit(found: Mapping[str, Any], path: str, key: str) -> tuple[str, float, float]:
    """Unit, factor and offset to base units."""
    sensors = found.get("StatusSNS", found.get("sn", found))
    sensors = sensors if isinstance(sensors, Mapping) else found
    if "ENERGY." in path or (not path.count(".") and "Yesterday" in found):
        return *_ENERGY.get(key, ("", 1.0)), 0.0
    if key in _TEMPERATURES:
        return ("degC", 5 / 9, -160 / 9) if sensors.get("TempUnit") == "F" else ("degC", 1.0, 0.0)
    if key in ("Pressure", "SeaPressure"):
        return str(sensors.get("PressureUnit", "hPa"))[:10], 1.0, 0.0
    if key == "RSSI" and "Wifi" not in path:
        return "", 1.0, 0.0
    return _UNITS.get(key, ""), 1.0, 0.0
