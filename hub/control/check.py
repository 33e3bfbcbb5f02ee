"""Is this wish one that the device understands? Checked once, at the border."""

from __future__ import annotations

import difflib
import math
from collections.abc import Sequence

from hub.model import CommandSpec, Kind, Point, Reason, Value

_WORDS = {"on": True, "true": True, "1": True, "off": False, "false": False, "0": False}


def coerce(point: Point, raw: Value, choices: Sequence[str] = ()) -> Value | Reason:
    """`raw` as the point's own type, or the reason why it cannot be. `choices`: those of its command, if any."""
    q = point.quantity
    if choices := choices or q.choices:
        return raw if isinstance(raw, str) and raw in choices else _none_of(raw, choices)
    if q.kind is Kind.STATE and q.high == 1:
        return _switch(raw)
    try:
        value = float(raw)
    except ValueError:
        return _bad(raw, "a number")
    return value if math.isfinite(value) and abs(value) < 1e12 else _bad(raw, "a finite number")


def allowed(spec: CommandSpec, value: Value) -> Reason | None:
    """None if `value` is inside the device's range, else the reason."""
    if spec.choices:
        return None if value in spec.choices else _none_of(value, spec.choices)
    if isinstance(value, str):
        return None
    low, high = spec.low, spec.high
    if (low is not None and value < low and value != 0) or (high is not None and value > high):
        return Reason(
            "out_of_range", {"asked": value, "low": 0 if low is None else low, "high": 0 if high is None else high}
        )
    return None


def _switch(raw: Value) -> Value | Reason:
    if isinstance(raw, str):
        return _WORDS.get(raw.strip().lower(), _bad(raw, "on or off"))
    return bool(raw) if raw in (0, 1) else _bad(raw, "on or off")


def _none_of(raw: Value, choices: Sequence[str]) -> Reason:
    """With the one that may have been meant."""
    return _bad(raw, "one of " + ", ".join(choices), difflib.get_close_matches(str(raw).lower(), choices, 1))


def _bad(raw: Value, wanted: str, near: Sequence[str] = ()) -> Reason:
    return Reason("bad_value", {"asked": raw, "wanted": wanted, **({"near": near[0]} if near else {})})
