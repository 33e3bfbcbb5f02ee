"""Is this wish one that the device understands? Checked once, at the border."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Sequence

from hub.model import CommandSpec, Kind, Point, Reason, Value

_WORDS = {"on": True, "true": True, "1": True, "off": False, "false": False, "0": False}
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
_FLOWS = ("A", "W")
"""Units of what flows: none of it is off, also where a device has a least value to run with."""


def coerce(point: Point, raw: Value, choices: Sequence[str] = ()) -> Value | Reason:
    """`raw` as the point's own type, or the reason why it cannot be. `choices`: those of its command, if any."""
    q = point.quantity
    if choices := choices or q.choices:
        return raw if isinstance(raw, str) and raw in choices else _none_of(raw, choices)
    if q.kind is Kind.STATE and q.high == 1:
        return _switch(raw)
    if isinstance(raw, str) and not _NUMBER.fullmatch(raw.strip()):
        return _bad(raw, "a number")
    value = float(raw)
    return value if math.isfinite(value) and abs(value) < 1e12 else _bad(raw, "a finite number")


def allowed(point: Point, spec: CommandSpec, value: Value) -> Reason | None:
    """None if `value` is inside the range of the device and of what `point` can hold at all, else the reason."""
    if spec.choices:
        return None if value in spec.choices else _none_of(value, spec.choices)
    if isinstance(value, str):
        return None
    q = point.quantity
    low = max((end for end in (spec.low, q.low) if end is not None), default=None)
    high = min((end for end in (spec.high, q.high) if end is not None), default=None)
    off = value == 0 and q.unit in _FLOWS
    if (low is not None and value < low and not off) or (high is not None and value > high):
        ends = {"low": low, "high": high}
        return Reason("out_of_range", {"asked": value, **{name: end for name, end in ends.items() if end is not None}})
    return None if q.unit else _in_steps(value, low or 0.0, spec.step or q.scale)


def _in_steps(value: float, low: float, step: float) -> Reason | None:
    """A number without a unit stands for something, and one in between for nothing."""
    return None if _is_whole((value - low) / step) else Reason("between_steps", {"asked": value, "step": step})


def _is_whole(steps: float) -> bool:
    return abs(steps - round(steps)) < 1e-6


def _switch(raw: Value) -> Value | Reason:
    if isinstance(raw, str):
        return _WORDS.get(raw.strip().lower(), _bad(raw, "on or off"))
    return bool(raw) if raw in (0, 1) else _bad(raw, "on or off")


def _none_of(raw: Value, choices: Sequence[str]) -> Reason:
    """With the one that may have been meant."""
    return _bad(raw, "one of " + ", ".join(choices), difflib.get_close_matches(str(raw).lower(), choices, 1))


def _bad(raw: Value, wanted: str, near: Sequence[str] = ()) -> Reason:
    return Reason("bad_value", {"asked": raw, "wanted": wanted, **({"near": near[0]} if near else {})})
