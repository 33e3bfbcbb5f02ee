"""The same tree over many moments at once: what a rehearsal runs. Equal to the scalar evaluator, step by step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hub.rules import tree
from hub.rules.scalar import MOST

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Moments:
    """Fields of `Moment` as arrays; NaN where there is no sunrise, sunset or elevation. `t`: UTC ms."""

    t: NDArray[np.int64]
    minute: NDArray[np.int16]
    weekday: NDArray[np.int8]
    holiday: Mask
    sunrise: Floats
    sunset: Floats
    elevation: Floats

    def part(self, start: int, end: int) -> Moments:
        return Moments(*(getattr(self, f)[start:end] for f in self.__slots__))

    def __len__(self) -> int:
        return len(self.t)


@dataclass(slots=True)
class Span:
    """Some moments in a row. `values`: numbers by point, NaN = not known; a state as the index of its choice, on and
    off as 1 and 0. `bits` are those before the first moment; `after` has them after each, by the bit's number.
    """

    values: Mapping[str, Floats]
    moments: Moments
    bits: tuple[int, ...]
    after: dict[int, NDArray[np.int8]]

    def reading(self, point: str) -> Floats:
        found = self.values.get(point)
        return np.full(len(self.moments), np.nan) if found is None else found


@dataclass(frozen=True, slots=True)
class Truths:
    """Kleene's three: true, false, not known. What is not known is not `true`."""

    true: Mask
    known: Mask


def truths(node: tree.Truth, span: Span) -> Truths:  # noqa: C901, PLR0911  # a case for each kind of node
    match node:
        case tree.Compare():
            return _compare(node, span)
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
        case tree.Flag():
            return _of(span.moments.elevation > 0, ~np.isnan(span.moments.elevation))
        case tree.Known(point):
            return _sure(~np.isnan(_bounded(span.reading(point))))
        case tree.Not(of):
            return _not(truths(of, span))
        case tree.Both(left, right):
            return _both(truths(left, span), truths(right, span))
        case tree.Either(left, right):
            return _not(_both(_not(truths(left, span)), _not(truths(right, span))))


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


def _compare(node: tree.Compare, span: Span) -> Truths:
    left, right, holds = amounts(node.left, span), amounts(node.right, span), _SIGNS[node.sign]
    if node.band is None:
        return _of(holds(left, right), ~(np.isnan(left) | np.isnan(right)))
    band = amounts(node.band, span)
    known = ~(np.isnan(left) | np.isnan(right) | np.isnan(band))
    up = node.sign in (">", ">=")
    far, near = (right + band, right - band) if up else (right - band, right + band)
    return _held(node.bit, span, holds(left, far), ~holds(left, near), holds(left, right), known)


def _held(bit: int, span: Span, on: Mask, off: Mask, plain: Mask, known: Mask) -> Truths:
    """The last decided truth is carried on; before the first, it is decided without the band."""
    decided = np.where(on, np.int8(1), np.where(off, np.int8(0), np.int8(-1)))
    decided[~known] = -1
    before = span.bits[bit]
    first = int(known.argmax()) if before < 0 and known.any() else -1
    if first >= 0 and decided[first] < 0:
        decided[first] = plain[first]
    at = np.maximum.accumulate(np.where(decided >= 0, np.arange(len(decided)), -1))
    carried = np.where(at >= 0, decided[at], np.int8(before)).astype(np.int8)
    span.after[bit] = carried
    return _of(carried == 1, known)


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
