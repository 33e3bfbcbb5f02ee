"""Every value of a Shelly answer as a reading in base units, by its key. Secrets that a device tells are left out."""

from __future__ import annotations

from drivers.json.told import Told, leaves

_UNITS = {
    "apower": "W", "act_power": "W", "power": "W", "total_power": "W", "max_power": "W", "power_limit": "W",
    "aprt_power": "VA", "reactive": "var", "voltage": "V", "V": "V", "current": "A", "ixsum": "A",
    "current_limit": "A", "voltage_limit": "V", "freq": "Hz", "tC": "degC", "tF": "degF", "current_C": "degC",
    "target_C": "degC", "rssi": "dBm", "rh": "%", "percent": "%", "brightness": "%", "gain": "%", "white": "%",
    "pos": "%", "current_pos": "%", "target_pos": "%", "battery": "%", "uptime": "s", "ppm": "ppm", "lux": "lx",
    "ret_energy": "Wh", "act_energy": "Wh", "total_act": "Wh", "total_act_ret": "Wh", "total_returned": "Wh",
    "ram_total": "B", "ram_size": "B", "ram_free": "B", "ram_min_free": "B", "fs_size": "B", "fs_free": "B",
}  # fmt: skip
_SECRET = ("pin_code", "key", "pass", "password", "ha1", "user_ca", "tls_client_key")
_MINUTE = 1 / 60


def read_all(told: Told, found: object, prefix: str = "", minutes: bool = False) -> None:
    """`minutes`: it is a Gen1 meter alone, which counts watt-minutes."""
    for path, key, value in leaves(found, prefix):
        if key in _SECRET:
            continue
        unit, factor = _unit(f"meters[0].{path}" if minutes else path, key)
        told.reading(path, value, unit if not isinstance(value, str | bool) else "", factor)


def _unit(path: str, key: str) -> tuple[str, float]:
    """Gen1 `meters` count watt-minutes, its `emeters` Wh; Gen2 counts Wh, and the last minutes in mWh."""
    if key == "by_minute":
        return "Wh", 0.001
    if key in ("total", "counters", "overpower") and "meters[" in path and "emeters[" not in path:
        return ("W", 1.0) if key == "overpower" else ("Wh", _MINUTE)
    if key == "total":
        return "Wh", 1.0
    stem = key[2:] if key[:2] in ("a_", "b_", "c_", "n_") else key
    stem = stem.removeprefix("total_") if stem.removeprefix("total_") in _UNITS else stem
    return _UNITS.get(stem.replace("act_ret_energy", "ret_energy"), ""), 1.0
