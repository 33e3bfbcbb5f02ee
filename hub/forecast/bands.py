"""How far off forecasts have been, by time of day: bands around the next ones, and shifts that are no chance."""

from __future__ import annotations

import numpy as np

from hub.forecast.series import Floats

QUANTILES = (0.1, 0.5, 0.9)
RESIDUAL_DAYS = 42
_HALF_LIFE = 21.0
_RECENT, _RARE = 3, 0.05


def quantiles(errors: Floats, ages: Floats, each_side: int) -> Floats:
    """The 10 %, 50 % and 90 % quantile by slot, shape (3, slots); 0 where nothing is known.

    `errors`: measured less forecast, W, shape (days, slots), NaN where unknown; `ages` in days: a day counts half as
    much as one 21 days younger. Steps up to `each_side` beside one are counted with it.
    """
    turned = [np.roll(errors, by, axis=1) for by in range(-each_side, each_side + 1)]
    pooled = np.concatenate(turned)
    weight = np.tile(0.5 ** (ages / _HALF_LIFE), len(turned))[:, None] * ~np.isnan(pooled)
    order = np.argsort(np.where(weight > 0, pooled, np.inf), axis=0)
    values = np.take_along_axis(np.nan_to_num(pooled), order, axis=0)
    share = np.cumsum(np.take_along_axis(weight, order, axis=0), axis=0)
    total = share[-1]
    rows = [np.argmax(share >= q * total, axis=0) for q in QUANTILES]
    return np.stack([np.where(total > 0, values[row, np.arange(values.shape[1])], 0.0) for row in rows])


def ranked(values: Floats, share: float) -> Floats:
    """The quantile along the last axis of what has no NaN: between two values as far as it lies between them.

    That of numpy loads masked arrays, a megabyte that the planner's process has no other use for; so does its median.
    """
    at, part = divmod(share * (values.shape[-1] - 1), 1)
    below, above = int(at), min(int(at) + 1, values.shape[-1] - 1)
    sorts = np.partition(values, (below, above), axis=-1)
    out: Floats = sorts[..., below] + part * (sorts[..., above] - sorts[..., below])
    return out


def shift(errors: Floats, each_side: int) -> Floats:
    """By how much the last days were off in the same way, W by slot: a device that came, a habit that changed.

    `errors` as in `quantiles`, in time order. Where each of the last three days was further off, and to the same side,
    than 19 of 20 days before: the middle one of the three; elsewhere 0, as one such day alone is mere chance.
    """
    if len(errors) < 3 * _RECENT:
        return np.zeros(errors.shape[1])
    smooth = _beside(errors, each_side)
    recent, before = smooth[-_RECENT:], smooth[:-_RECENT]
    low, high = (ranked(before.T, share) for share in (_RARE, 1 - _RARE))
    same = (recent.min(axis=0) > np.maximum(high, 0.0)) | (recent.max(axis=0) < np.minimum(low, 0.0))
    return np.where(same, ranked(recent.T, 0.5), 0.0)


def _beside(errors: Floats, each_side: int) -> Floats:
    """The mean over the steps beside each, of those that are known; 0 where none is."""
    turned = np.stack([np.roll(errors, by, axis=1) for by in range(-each_side, each_side + 1)])
    known = ~np.isnan(turned)
    out: Floats = np.nansum(turned, axis=0) / np.maximum(known.sum(axis=0), 1)
    return out
