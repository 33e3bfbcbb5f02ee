"""How the house lives, learned from its past days: a line for the median, one for the mean, and how far off they are.

Source of the method: field/optimiser.md, section 4: ridge in its L2 and L1 forms, half-life of 60 days, quantiles of
the residuals of 42 days.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hub.forecast.bands import RESIDUAL_DAYS, quantiles, ranked, shift
from hub.forecast.days import Days, Ints
from hub.forecast.load_features import LEAST_BEFORE, OWN, Outdoors, Table, Targets, features
from hub.forecast.ridge import Line, Ridge, Rows
from hub.forecast.series import Floats
from hub.forecast.usual import Usual

MOST_DAYS = 240
_HALF_LIFE, _WEEK = 60.0, 7
_NORMAL, _SPECIAL = 1.4826, 6.0
"""A day is special that is further off than six standard deviations, told from the median of what days are off."""
_DENSE = 48
"""Steps of a day that are learned from: of finer ones each day gives others."""


@dataclass(frozen=True, slots=True)
class Lead:
    """For a day whose last known day is `lead` days before; `off`: 10 and 90 % of the errors, W, shape (2, slots)."""

    median: Line
    mean: Line
    off: Floats
    median_shift: Floats
    mean_shift: Floats

    def rows(self, table: Table) -> Floats:
        """Low, mid, high and mean of days, W, shape (days, 4, slots)."""
        mid, mean = self.median(table) + self.median_shift, self.mean(table) + self.mean_shift
        return np.stack([mid + self.off[0], mid, mid + self.off[1], mean], axis=-2)


def learned(days: Days, usual: Usual, outdoors: Outdoors | None, lead: int) -> tuple[Lead, Floats]:
    """And by how much the median was off on the last days, without having seen their week: shape (days, slots)."""
    targets = _targets(usual, lead)
    table, y = features(usual, targets, outdoors), days.values[targets.numbers - days.first]
    count, slots = y.shape
    ages = (usual.numbers[-1] - targets.numbers).astype(np.float64)
    back = np.arange(count)[::-1]
    block = np.where(back < RESIDUAL_DAYS, back // _WEEK, -1)
    use = ~np.isnan(y) & _thinned(targets.numbers, slots)
    rows = Rows(table, y, use * (0.5 ** (ages / _HALF_LIFE))[:, None], block, OWN)
    ridge = Ridge(rows)
    median, unseen = ridge.median()
    off_by = y - median(table)
    mean = ridge.mean(rows.weight * _special(off_by)[:, None])
    last, hour = slice(-RESIDUAL_DAYS, None), slots // 24
    off = quantiles(unseen[last], ages[last], hour)[[0, 2]]
    shifts = shift(off_by[last], hour), shift(y[last] - mean(table.only(last)), hour)
    return Lead(median, mean, off, *shifts), unseen[last]


def carries(errors: Floats) -> float:
    """The correlation of an hour's error with that of the hour before."""
    by_hour = errors.reshape(len(errors), 24, -1)
    known = ~np.isnan(by_hour)
    hours = np.where(known.any(axis=2), np.nansum(by_hour, axis=2) / np.maximum(known.sum(axis=2), 1), np.nan)
    a, b = hours[:, :-1].ravel(), hours[:, 1:].ravel()
    both = ~np.isnan(a) & ~np.isnan(b)
    a, b = a[both], b[both]
    if len(a) < 2 or not a.std() or not b.std():
        return 0.0
    return float(np.clip(np.corrcoef(a, b)[0, 1], 0.0, 0.9))


def _special(errors: Floats) -> Floats:
    """How much each day counts for the mean: less, the further it is from all others (Huber's weights; the median does
    so by itself). `errors`: W, shape (days, slots).
    """
    by_day = np.nansum(errors, axis=1) / np.maximum((~np.isnan(errors)).sum(axis=1), 1)
    far = np.abs(by_day - ranked(by_day, 0.5))
    usual = _NORMAL * float(ranked(far, 0.5))
    weight: Floats = np.minimum(1.0, _SPECIAL * usual / np.maximum(far, 1e-9))
    return weight


def _targets(usual: Usual, lead: int) -> Targets:
    known = np.searchsorted(usual.numbers, usual.numbers - lead, side="right")
    all_days = Targets(usual.numbers, usual.codes, known)
    recent = usual.numbers > usual.numbers[-1] - MOST_DAYS
    return all_days.only(np.flatnonzero(recent & (known >= LEAST_BEFORE)))


def _thinned(numbers: Ints, slots: int) -> NDArray[np.bool_]:
    every = max(1, slots // _DENSE)
    chosen: NDArray[np.bool_] = (np.arange(slots)[None, :] + numbers[:, None]) % every == 0
    return chosen
