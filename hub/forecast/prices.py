"""Prices beyond those that are known: the shape of the house's own past by kind of day and hour, at today's level."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np

from hub.forecast.bands import ranked
from hub.forecast.days import DAY_S, Ints, by_day, local_steps, weekdays
from hub.forecast.load_features import kinds
from hub.forecast.series import Floats, Series

_DAYS, _HALF_LIFE = 28, 14.0
_WHOLE = 0.8
"""Share of a day's steps from which on it is a day that says something."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """What days of a kind are like: `level` (the median of their means), `spread` (of the standard deviations over the
    day the mean), and the shape around the level, in spreads, shape (slots,).
    """

    level: float
    spread: float
    shape: Floats


def beyond(known: Series, until_ms: int, zone: ZoneInfo, days_off: frozenset[int] = frozenset()) -> Series:
    """`known` on to `until_ms` (a multiple of the step): what is NaN or comes later, by shape; any unit.

    Level and spread are those of the last whole day that is known, as days of its kind compare with days of the other
    one: a tariff by the hour comes out as it is, and a flat one flat. With less than a whole day, the mean of what is
    known; NaN where nothing is.
    """
    out = known.between(known.start_ms, max(until_ms, known.end_ms))
    unknown = np.isnan(out.values)
    if unknown.all() or not unknown.any():
        return out
    days = by_day(known, zone)
    whole = (~np.isnan(days.values)).mean(axis=1) >= _WHOLE
    if not whole.any():
        return Series(out.start_ms, out.seconds, np.where(unknown, np.nanmean(out.values), out.values))
    rows = _rows(days.numbers[whole][-_DAYS:], days.values[whole][-_DAYS:], days_off)
    numbers, at = np.divmod(local_steps(out.starts_ms, out.seconds, zone), DAY_S // out.seconds)
    made = np.stack([rows[k] for k in kinds(weekdays(numbers, days_off))])[np.arange(len(at)), at]
    return Series(out.start_ms, out.seconds, np.where(unknown, made, out.values))


def _rows(numbers: Ints, values: Floats, days_off: frozenset[int]) -> Floats:
    """The price by slot of a day of work and of a day off to come, shape (2, slots)."""
    sort = kinds(weekdays(numbers, days_off))
    weight = 0.5 ** ((numbers[-1] - numbers) / _HALF_LIFE)
    of_kind = [sort == k if (sort == k).any() else sort >= 0 for k in (0, 1)]
    filled = [_filled(values[which]) for which in of_kind]
    kind = [_kind(rows, weight[which]) for rows, which in zip(filled, of_kind, strict=True)]
    like, last = kind[int(sort[-1])], _kind(filled[int(sort[-1])][-1:], weight[-1:])
    return np.stack([k.level + last.level - like.level + _spread(last, like, k) * k.shape for k in kind])


def _filled(values: Floats) -> Floats:
    """What is missing of days as in the mean of the others of their kind."""
    known = ~np.isnan(values)
    usual = np.where(
        known.any(axis=0), np.nansum(values, axis=0) / np.maximum(known.sum(axis=0), 1), np.nanmean(values)
    )
    return np.where(known, values, usual)


def _spread(last: _Kind, like: _Kind, wanted: _Kind) -> float:
    return last.spread * wanted.spread / like.spread if like.spread > 0 else wanted.spread


def _kind(values: Floats, weight: Floats) -> _Kind:
    level, spread = values.mean(axis=1), values.std(axis=1)
    usual = float(np.average(spread, weights=weight))
    shape = np.average(values - level[:, None], axis=0, weights=weight)
    return _Kind(float(ranked(level, 0.5)), usual, shape / usual if usual > 0 else np.zeros_like(shape))
