"""A wished value as a device takes it. Raises Refused for what cannot be. Pure."""

from __future__ import annotations

from hub.errors import Refused
from hub.model import Value

_STATES = {"on": True, "off": False, "true": True, "false": False, "1": True, "0": False, "1.0": True, "0.0": False}


def switch(raw: object) -> bool | None:
    """On and off in the spellings of the field; None for anything else."""
    return _STATES.get(str(raw).lower())


def wanted_switch(value: Value) -> bool:
    state = switch(value)
    if state is None:
        raise Refused(f"{value!r} is not on or off")
    return state


def wanted_number(value: Value, low: float, high: float) -> float:
    try:
        found = float(value)
    except ValueError:
        raise Refused(f"{value!r} is not a number") from None
    if not low <= found <= high:
        raise Refused(f"{found:g} is outside of {low:g} to {high:g}")
    return found
