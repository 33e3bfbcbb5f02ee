"""Temperatures that say their own unit, as `{"value": 68.3, "units": "F", "tC": 20.2}` of first-generation Shellys.

Source: shelly-api-docs.shelly.cloud/gen1 (TRV: `target_t`, `tmp`; H&T: `tmp`). degC in the house; a set-point is
written without a unit, and so in the device's own (github.com/home-assistant/core, pull request 108188).
"""

from __future__ import annotations

from drivers.json.told import Told, as_number, under

_PER_C, _AT_0 = 9 / 5, 32.0
NEAR_C = 0.3
"""A set-point that comes back so near is the one that was wished: a device in F may keep whole degrees."""


def tell(told: Told, place: str, name: str, found: object) -> None:
    """A point of one such temperature; `is_valid` = false says nothing."""
    if under(found, "is_valid") is False:
        return
    if as_number(under(found, "tC")) is not None:
        told.point(place, name, under(found, "tC"))
    elif in_fahrenheit(found):
        told.point(place, name, under(found, "value"), 1 / _PER_C, -_AT_0 / _PER_C)
    else:
        told.point(place, name, under(found, "value"))


def in_fahrenheit(found: object) -> bool:
    return bool(under(found, "units") == "F")


def wired(celsius: float, fahrenheit: bool) -> str:
    """As it is written, to a tenth of a degree F."""
    return f"{round(celsius * _PER_C + _AT_0, 1) if fahrenheit else celsius:g}"
