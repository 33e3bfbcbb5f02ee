"""What a place's points are for the role that the owner gave it: the signs and the counters' names. Pure.

A plug that a balcony inverter feeds measures a negative consumption; as `inverter` that is a production.
"""

from __future__ import annotations

from collections.abc import Mapping

from hub.model import Value

_USES = ("grid", "meter", "plug", "light", "charger", "heatpump", "thermostat", "sensor")
_SIGNED = ("power", "reactive_power")
_SIZES = ("current", "power_factor")
_PHASES = ("", "_l1", "_l2", "_l3")
_NAMES = {  # role: its counter of what it took from the house's wires, and of what it gave
    "grid": ("energy_import", "energy_export"),
    "meter": ("energy_import", "energy_export"),
    "inverter": ("energy_import", "energy"),
    "battery": ("energy_charged", "energy_discharged"),
}
_LOAD = ("energy", "energy_export")


def as_role(values: Mapping[str, Value], place: str, role: str, reverse: bool = False) -> dict[str, Value]:
    """The values of `place` by quantity, as `role` has them. `reverse`: its clamp looks the other way."""
    place = place.rpartition("_")[0] if place[-1:].isdigit() else place
    if place == role and not reverse:
        return dict(values)
    turned = ((place in _USES) != (role in _USES)) != reverse
    found = {name: _turned(name, value) if turned else value for name, value in values.items()}
    return _counters(found, place, role, reverse)


def _turned(name: str, value: Value) -> Value:
    stem, phase = (name[:-3], name[-3:]) if name[-3:] in _PHASES else (name, "")
    if phase not in _PHASES or isinstance(value, str | bool):
        return value
    if stem in _SIGNED:
        return -value if value else value
    return abs(value) if stem in _SIZES else value


def _counters(values: dict[str, Value], place: str, role: str, reverse: bool) -> dict[str, Value]:
    """Renamed by what they count: what the place took and what it gave."""
    took, gave = _NAMES.get(place, _LOAD)
    if reverse:
        took, gave = gave, took
    to_take, to_give = _NAMES.get(role, _LOAD)
    renamed = {took: to_take, gave: to_give}
    return {renamed.get(name, name): value for name, value in values.items()}
