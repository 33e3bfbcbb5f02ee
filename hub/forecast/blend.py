"""Several forecasts of the panels made into one: each learned away its own error, each weighted by what it lately got
wrong, and all within what the panels can do.

Everything is a table as in hub.forecast.window: row r was foretold when the rows before r - lead + 1 were known, so
that the weeks before the origin are forecast just like the days after it. A forecaster that is silent or wrong fades
out by itself. Pure; numpy only.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_CALIBRATION_DAYS, _SHRINKAGE, _CALIBRATION_PRIOR_DAYS = 10.0, 0.3, 3.0
_FAR_DAYS, _NEAR_DAYS = 7.0, 0.5
_LASTING = 0.4
_WEIGHT_DAYS, _WEIGHT_POWER, _WEIGHT_PRIOR_DAYS = 14, 3, 2.0


@lru_cache(64)
def recency(rows: int, lead: int, half_life: float, span: int | None = None) -> Floats:
    """How much row k counts for what is foretold for row r: halved every `half_life` days, 0 for what was not known
    then and for what is older than `span` days. Shape (rows, rows).
    """
    age = np.arange(rows)[:, None] - lead - np.arange(rows)[None, :]
    inside = age >= 0 if span is None else (age >= 0) & (age < span)
    counts = np.where(inside, 0.5 ** (np.where(inside, age, 0) / half_life), 0.0)
    counts.flags.writeable = False  # all who ask get the same
    return counts


def latest(made: Floats, lead: int) -> Floats:
    """For each row the last that was known of each slot; NaN where nothing was."""
    rows = np.arange(made.shape[0])[:, None]
    last = np.maximum.accumulate(np.where(np.isnan(made), -1, rows), axis=0)
    last = np.concatenate([np.full((lead, made.shape[1]), -1), last[:-lead]])
    return np.where(last >= 0, np.take_along_axis(made, np.maximum(last, 0), axis=0), np.nan)


def mean_of(made: Floats, lead: int, days: int) -> Floats:
    """For each row the mean of each slot over the last `days` that were known of; NaN where nothing was."""
    counts = recency(len(made), lead, np.inf, days)
    known = ~np.isnan(made)
    return _ratio(counts @ np.where(known, made, 0.0), counts @ known.astype(np.float64))


def clearness(made: Floats, could: Floats, a_slot: float, lead: int) -> Floats:
    """The share of the clear sky that each day is likely to have, at most 1.5: between that of the last weeks and that
    of the last day. Shape (rows,).

    `made`, `could`: of each day, in the slots in which both are known; `a_slot`: the most of a slot, how little is no
    proof.
    """
    far, near = recency(len(made), lead, _FAR_DAYS), recency(len(made), lead, _NEAR_DAYS, 2)
    usual = (far @ made + 0.5 * a_slot) / (far @ could + a_slot + 1e-9)
    last = (near @ made + usual * a_slot) / (near @ could + a_slot + 1e-9)
    return np.clip(usual + _LASTING * (last - usual), 0.0, 1.5)


def calibrated(foretold: Floats, made: Floats, lead: int) -> Floats:
    """`foretold` times what it has lately been too low or too high by, in each slot: a slope by least squares, older
    days counting less, its neighbours sharing in it, drawn to that of the whole day, and that to 1
    as long as there are few days.
    """
    both = ~np.isnan(foretold) & ~np.isnan(made)
    said, was = np.where(both, foretold, 0.0), np.where(both, made, 0.0)
    counts = recency(len(made), lead, _CALIBRATION_DAYS)
    products, squares = spread(counts @ (said * was)), spread(counts @ (said * said))
    days = both.any(axis=1).astype(np.float64)
    a_day = _CALIBRATION_PRIOR_DAYS * float((said * said).sum()) / max(1.0, float(days.sum()))
    prior = a_day * 0.5 ** (recency(len(made), lead, np.inf) @ days / _CALIBRATION_DAYS) + 1e-9
    whole = (products.sum(axis=1) + prior) / (squares.sum(axis=1) + prior)
    lit = squares > 0
    usual = _SHRINKAGE * squares.sum(axis=1) / np.maximum(lit.sum(axis=1), 1) + 1e-9
    slope = (products + (usual * whole)[:, None]) / (squares + usual[:, None])
    found: Floats = foretold * slope
    return found


def blended(members: Sequence[Floats], made: Floats, reference: Floats, lead: int, row: int = -1) -> Floats:
    """The mean of the members that say something, weighted by the inverse third power of what each got wrong in the
    last 14 days, measured by what `reference` got wrong in the same slots. NaN where none says anything.

    A member counts in no row in the slots in which it is silent in `row`: so the weeks before show what to expect of
    those that are left.
    """
    said = np.stack(members)
    error = np.abs(said - made)
    known = ~np.isnan(error) & ~np.isnan(reference)
    beside = np.where(known, np.abs(reference - made), 0.0).sum(axis=2)
    counts = recency(len(made), lead, np.inf, _WEIGHT_DAYS)
    days = _or_nothing(np.abs(reference - made)).sum(axis=1)
    prior = _WEIGHT_PRIOR_DAYS * _ratio(counts @ days, counts @ (days > 0).astype(np.float64), 1.0) + 1e-9
    wrong = np.where(known, error, 0.0).sum(axis=2) @ counts.T
    worse = (wrong + prior) / (beside @ counts.T + prior)
    weight = (worse**-_WEIGHT_POWER)[..., None] * (~np.isnan(said) & ~np.isnan(said[:, row])[:, None, :])
    return _ratio((weight * _or_nothing(said)).sum(axis=0), weight.sum(axis=0))


def spread(table: Floats) -> Floats:
    """A slot and its neighbours, around midnight too."""
    return 0.5 * table + 0.25 * (np.roll(table, 1, axis=1) + np.roll(table, -1, axis=1))


def _or_nothing(table: Floats) -> Floats:
    """0 for NaN; `np.nan_to_num` looks for infinities too, which no table has."""
    return np.where(np.isnan(table), 0.0, table)


def _ratio(over: Floats, under: Floats, otherwise: float = np.nan) -> Floats:
    return np.where(under > 0, over / np.where(under > 0, under, 1.0), otherwise)
