"""A tree as a function of one moment: what the core runs. Only + - * / and comparisons on doubles; None = not known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from hub.model import Moment, Value
from hub.rules import tree

MOST = 1e15
"""What is larger is no number that a house can have."""


@dataclass(slots=True)
class Now:
    """One moment. `bits`: the last truth of each comparison that has a band (-1 = none yet), brought up to date."""

    values: Mapping[str, Value]
    moment: Moment
    bits: list[int]


Amount: TypeAlias = Callable[[Now], float | None]
Truth: TypeAlias = Callable[[Now], bool | None]


def truth(node: tree.Truth) -> Truth:  # noqa: C901, PLR0911  # a case for each kind of node
    """Every part is looked at each time, so that all bands keep up."""
    match node:
        case tree.Compare():
            return _compare(node)
        case tree.Between():
            return _between(node)
        case tree.State(point, choices):
            return _state(point, tuple(text for text, _ in choices))
        case tree.Switch(point):
            return lambda now: _switch(now.values.get(point))
        case tree.Day(days):
            return lambda now: now.moment.weekday in days
        case tree.Flag(name):
            return (lambda now: now.moment.holiday) if name == "holiday" else _sun_up
        case tree.Known(point):
            return lambda now: _number(now.values.get(point)) is not None or isinstance(now.values.get(point), str)
        case tree.Not(of):
            inner = truth(of)
            return lambda now: _not(inner(now))
        case tree.Both(left, right):
            one, other = truth(left), truth(right)
            return lambda now: _both(one(now), other(now))
        case tree.Either(left, right):
            one, other = truth(left), truth(right)
            return lambda now: _not(_both(_not(one(now)), _not(other(now))))


def amount(node: tree.Amount) -> Amount:  # noqa: PLR0911  # a case for each kind of node
    match node:
        case tree.Number(value):
            return lambda _now: value
        case tree.Reading(point):
            return lambda now: _number(now.values.get(point))
        case tree.Clock(name):
            return _clock(name)
        case tree.Negative(of):
            inner = amount(of)
            return lambda now: None if (v := inner(now)) is None else -v
        case tree.Sum(sign, left, right):
            one, other, joined = amount(left), amount(right), _SUMS[sign]
            return lambda now: _joined(joined, one(now), other(now))
        case tree.Pick("abs", (of,)):
            inner = amount(of)
            return lambda now: None if (v := inner(now)) is None else abs(v)
        case tree.Pick(name, (left, right)):
            one, other, picked = amount(left), amount(right), min if name == "min" else max
            return lambda now: None if (a := one(now)) is None or (b := other(now)) is None else picked(a, b)
        case _:
            raise TypeError(node)


# -- truths ------------------------------------------------------------------------------------------------------------


def _compare(node: tree.Compare) -> Truth:
    left, right, holds = amount(node.left), amount(node.right), SIGNS[node.sign]
    if node.band is None:
        return lambda now: None if (a := left(now)) is None or (b := right(now)) is None else holds(a, b)
    band, up, bit = amount(node.band), node.sign in (">", ">="), node.bit

    def banded(now: Now) -> bool | None:
        a, b, wide = left(now), right(now), band(now)
        if a is None or b is None or wide is None:
            return None
        far, near = (b + wide, b - wide) if up else (b - wide, b + wide)
        if holds(a, far):
            now.bits[bit] = 1
        elif not holds(a, near):
            now.bits[bit] = 0
        elif now.bits[bit] < 0:
            now.bits[bit] = int(holds(a, b))
        return bool(now.bits[bit])

    return banded


def _between(node: tree.Between) -> Truth:
    of, low, high, wraps = amount(node.of), amount(node.low), amount(node.high), node.wraps

    def between(now: Now) -> bool | None:
        v, a, b = of(now), low(now), high(now)
        if v is None or a is None or b is None:
            return None
        return (v >= a or v < b) if wraps and a > b else a <= v < b

    return between


def _state(point: str, chosen: tuple[str, ...]) -> Truth:
    return lambda now: text in chosen if isinstance(text := now.values.get(point), str) else None


def _switch(value: Value | None) -> bool | None:
    return None if (v := _number(value)) is None else v != 0


def _sun_up(now: Now) -> bool | None:
    return None if now.moment.elevation is None else now.moment.elevation > 0


def _not(a: bool | None) -> bool | None:
    return None if a is None else not a


def _both(a: bool | None, b: bool | None) -> bool | None:
    """Kleene: False whatever the other is, unknown if it could be either."""
    if a is False or b is False:
        return False
    return None if a is None or b is None else True


SIGNS: dict[str, Callable[[float, float], bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
}

# -- amounts -----------------------------------------------------------------------------------------------------------


def _number(value: Value | None) -> float | None:
    if value is None or isinstance(value, str):
        return None
    number = float(value) if abs(value) < MOST else None
    return number


def _clock(name: str) -> Amount:
    match name:
        case "time":
            return lambda now: float(now.moment.minute)
        case "sunrise":
            return lambda now: None if now.moment.sunrise is None else float(now.moment.sunrise)
        case "sunset":
            return lambda now: None if now.moment.sunset is None else float(now.moment.sunset)
        case _:
            return lambda now: now.moment.elevation


def _joined(joined: Callable[[float, float], float], a: float | None, b: float | None) -> float | None:
    if a is None or b is None:
        return None
    try:
        v = joined(a, b)
    except ZeroDivisionError:
        return None
    return v if abs(v) < MOST else None


_SUMS: dict[str, Callable[[float, float], float]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
}
