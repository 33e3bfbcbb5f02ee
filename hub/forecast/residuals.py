"""How far what was made fell from what was foretold, by the time of day and by how bright it was to be: bands of PV.

Pure; numpy only.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
QUANTILES = np.array([0.1, 0.5, 0.9])
_DAYS, _BESIDE_H, _WIDTH = 42, 1, 0.15
_LEAST, _UNKNOWN, _SURE_DAYS = 10, 1.5, 14
_BIAS_DAYS, _BIAS_PRIOR_DAYS = 28, 5.0


def quantiles(foretold: Floats, past: Floats, made: Floats, clear: Floats, slot_s: int) -> Floats:
    """W at QUANTILES for one day; shape (3, slots).

    `foretold`: of this day; `past`: what was foretold of the days before, the newest last, beside `made` and `clear`
    (of those days, and in its last row of this day). What was wrong is counted in shares of the clear sky, in the same
    hour of the last weeks, on days foretold about as bright (a Gaussian kernel); where too little is known the band
    goes from nothing to the clear sky, or to half as much again.
    """
    past, made, clear_past, clear_now = past[-_DAYS:], made[-_DAYS:], clear[:-1][-_DAYS:], clear[-1]
    lit = clear_past > 0.02 * max(1.0, float(clear.max()))
    share = np.where(lit, clear_past, np.nan)
    level, wrong = past / share, (made - past) / share
    reach = max(1, _BESIDE_H * 3600 // slot_s)
    offsets = np.arange(-reach, reach + 1)
    at = (np.arange(past.shape[1])[:, None] + offsets[None, :]) % past.shape[1]
    near_level = level[:, at].transpose(1, 0, 2).reshape(past.shape[1], -1)
    near_wrong = wrong[:, at].transpose(1, 0, 2).reshape(past.shape[1], -1)
    here = np.where(clear_now > 0, foretold / np.where(clear_now > 0, clear_now, 1.0), 0.0)
    weight = np.exp(-0.5 * ((near_level - here[:, None]) / _WIDTH) ** 2) + 0.02
    found = _weighted(near_wrong, np.where(np.isnan(near_wrong) | np.isnan(near_level), 0.0, weight))
    bands = np.maximum(foretold + found * clear_now, 0.0)
    widest = np.stack([0 * foretold, foretold, np.maximum(clear_now, _UNKNOWN * foretold)])
    sure = np.minimum((~np.isnan(wrong)).any(axis=1).sum() / _SURE_DAYS, 1.0)
    return np.where(np.isnan(found), widest, sure * bands + (1 - sure) * widest)


def _weighted(values: Floats, weight: Floats) -> Floats:
    """QUANTILES of each row of `values`; NaN where fewer than a few count. Shape (3, rows)."""
    order = np.argsort(np.where(weight > 0, values, np.inf), axis=1)
    sums = np.cumsum(np.take_along_axis(weight, order, axis=1), axis=1)
    total = sums[:, -1:]
    enough = (weight > 0).sum(axis=1) >= _LEAST
    ordered = np.take_along_axis(values, order, axis=1)
    found = [
        np.take_along_axis(ordered, np.argmax(sums >= q * total, axis=1)[:, None], axis=1)[:, 0] for q in QUANTILES
    ]
    return np.where(enough, np.stack(found), np.nan)


def bias(past: Floats, made: Floats) -> float:
    """What the energy of the last weeks came to, beside what was foretold; drawn to 1 by a few days of it."""
    both = ~np.isnan(past) & ~np.isnan(made)
    both[:-_BIAS_DAYS] = False
    days = max(1, int(both.any(axis=1).sum()))
    was, said = float(made[both].sum()), float(past[both].sum())
    prior = _BIAS_PRIOR_DAYS * said / days + 1e-9
    return min(max((was + prior) / (said + prior), 0.5), 2.0)
