"""The same tree over many moments at once: what a rehearsal runs. Equal to the scalar evaluator, step by step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from hub.calendar import Moments
from hub.rules import tree
from hub.rules.scalar import MOST

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Span:
    """Some moments in a row. `values`: numbers by point, NaN = not known; a state as the index of its choice, on and
    off as 1 and 0.
    """

    values: Mapping[str, Floats]
    moments: Moments

    def reading(self, point: str) -> Floats:
        found = self.values.get(point)
        return np.full(len(self.moments), np.nan) if found is None else found


@dataclass(frozen=True, slots=True)
class Truths:
    """Kleene's three: true, false, not known. What is not known is not `true`."""

    true: Mask
    known: Mask

    def part(self, start: int, end: int) -> Truths:
        return Truths(self.true[start:end], self.known[start:end])


@dataclass(slots=True)
class Bits:
    """The last truths of comparisons with a band: `before` a part's first moment, and `after` each of its moments, by
    number.
    """

    before: tuple[int, ...]
    after: dict[int, NDArray[np.int8]] = field(default_factory=dict)

    def at(self, k: int) -> tuple[int, ...]:
        """As they are after moment `k` of the part."""
        return tuple(int(self.after[b][k]) if b in self.after else bit for b, bit in enumerate(self.before))


Part: TypeAlias = Callable[[int, int, Bits], Truths]
"""The truths of the moments from a start until before an end, with the bits before the first."""


def truths(node: tree.Truth, span: Span) -> Part:
    """What does not depend on bits is worked out once, for the whole span."""
    match node:
        case tree.Compare() if node.band is not None:
            return _banded(node, node.band, span)
        case tree.Not(of):
            inner = truths(of, span)
            return lambda start, end, bits: _not(inner(start, end, bits))
        case tree.Both(left, right):
            one, other = truths(left, span), truths(right, span)
            return lambda start, end, bits: _both(one(start, end, bits), other(start, end, bits))
        case tree.Either(left, right):
            one, other = truths(left, span), truths(right, span)
            return lambda start, end, bits: _not(_both(_not(one(start, end, bits)), _not(other(start, end, bits))))
        case _:
            whole = _leaf(node, span)
            return lambda start, end, _bits: whole.part(start, end)


def _leaf(node: tree.Truth, span: Span) -> Truths:  # noqa: PLR0911  # a case for each kind of node
    match node:
        case tree.Compare():
            left, right = amounts(node.left, span), amounts(node.right, span)
            return _of(_SIGNS[node.sign](left, right), ~(np.isnan(left) | np.isnan(right)))
        case tree.Between():
            return _between(node, span)
        case tree.State(point, choices):
            index = span.reading(point)
            return _of(np.isin(index, [k for _, k in choices]), ~np.isnan(index))
        case tree.Switch(point):
            value = _bounded(span.reading(point))
            return _of(value != 0, ~np.isnan(value))
        case tree.Day(days):
            return _sure(np.isin(span.moments.weekday, days))
        case tree.Flag("holiday"):
            return _sure(span.moments.holiday)
        case tree.Known(point):
            return _sure(~np.isnan(_bounded(span.reading(point))))
        case _:
            return _of(span.moments.elevation > 0, ~np.isnan(span.moments.elevation))


def amounts(node: tree.Amount, span: Span) -> Floats:  # noqa: PLR0911  # a case for each kind of node
    """NaN = not known."""
    match node:
        case tree.Number(value):
            return np.full(len(span.moments), value)
        case tree.Reading(point):
            return _bounded(span.reading(point))
        case tree.Clock(name):
            return _clock(name, span.moments)
        case tree.Negative(of):
            return -amounts(of, span)
        case tree.Sum(sign, left, right):
            with np.errstate(all="ignore"):
                return _bounded(_SUMS[sign](amounts(left, span), amounts(right, span)))
        case tree.Pick("abs", (of,)):
            return np.abs(amounts(of, span))
        case tree.Pick(name, (left, right)):
            return (np.minimum if name == "min" else np.maximum)(amounts(left, span), amounts(right, span))
        case _:
            raise TypeError(node)


# -- truths ------------------------------------------------------------------------------------------------------------


def _banded(node: tree.Compare, band: tree.Amount, span: Span) -> Part:
    left, right, wide = amounts(node.left, span), amounts(node.right, span), amounts(band, span)
    holds, bit = _SIGNS[node.sign], node.bit
    known = ~(np.isnan(left) | np.isnan(right) | np.isnan(wide))
    far, near = (right + wide, right - wide) if node.sign in (">", ">=") else (right - wide, right + wide)
    plain = holds(left, right)
    decided = np.where(holds(left, far), np.int8(1), np.where(~holds(left, near), np.int8(0), np.int8(-1)))
    decided[~known] = -1

    def part(start: int, end: int, bits: Bits) -> Truths:
        here = known[start:end]
        carried = _carried(decided[start:end], plain[start:end], here, bits.before[bit])
        bits.after[bit] = carried
        return _of(carried == 1, here)

    return part


def _carried(decided: NDArray[np.int8], plain: Mask, known: Mask, before: int) -> NDArray[np.int8]:
    """The last decided truth is carried on; before the first, it is decided without the band."""
    if before < 0 and known.any():
        first = int(known.argmax())
        if decided[first] < 0:
            decided = decided.copy()
            decided[first] = plain[first]
    at = np.maximum.accumulate(np.where(decided >= 0, np.arange(len(decided)), -1))
    found: NDArray[np.int8] = np.where(at >= 0, decided[at], np.int8(before)).astype(np.int8)
    return found


def _between(node: tree.Between, span: Span) -> Truths:
    of, low, high = (amounts(part, span) for part in (node.of, node.low, node.high))
    inside = (of >= low) & (of < high)
    if node.wraps:
        inside = np.where(low > high, (of >= low) | (of < high), inside)
    return _of(inside, ~(np.isnan(of) | np.isnan(low) | np.isnan(high)))


def _of(true: Mask, known: Mask) -> Truths:
    return Truths(true & known, known)


def _sure(true: Mask) -> Truths:
    return Truths(true, np.ones(len(true), np.bool_))


def _not(a: Truths) -> Truths:
    return Truths(a.known & ~a.true, a.known)


def _both(a: Truths, b: Truths) -> Truths:
    false = (a.known & ~a.true) | (b.known & ~b.true)
    true = a.true & b.true
    return Truths(true, true | false)


_SIGNS = {"<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal, "=": np.equal, "!=": np.not_equal}

# -- amounts -----------------------------------------------------------------------------------------------------------

_SUMS = {"+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide}


def _bounded(values: Floats) -> Floats:
    return np.where(np.abs(values) < MOST, values, np.nan)


def _clock(name: str, moments: Moments) -> Floats:
    if name == "time":
        return moments.minute.astype(np.float64)
    return {"sunrise": moments.sunrise, "sunset": moments.sunset}.get(name, moments.elevation)
