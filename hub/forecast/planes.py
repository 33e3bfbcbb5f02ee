"""What the panels would make under a clear sky, learned from what they made: the upper envelope of the power.

With the place known: a sum of planes of a fan of directions, each with a size of at least 0 (several arrays are several
planes). Without it: each slot of the day for itself, from the highest of the last weeks. Pure; numpy only.

Sources: irradiance under a clear sky (Haurwitz 1945: 1098 sin h exp(-0.057 / sin h) W/m2 on the level), expectiles by
asymmetric least squares (Newey and Powell 1987), least squares with sizes of at least 0 (Lawson and Hanson 1974).
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from hub.calendar.sun import Place, towards

Floats = NDArray[np.float64]
_DAY_S = 86_400
_TILTS, _TURNS = (20, 40, 65, 90), range(0, 360, 30)
_DIFFUSE, _MOST_BEAM_W, _LOWEST = 0.15, 1000.0, 0.02
_EXPECTILE, _ROUNDS = 0.9, 6
_WEEK = 7
_HALF_LIFE_DAYS = 45.0
_SPAN_DAYS, _UPPER, _DUSK = 28, 0.9, 0.1


def sun_over(middle_s: NDArray[np.int64], place: Place) -> Floats:
    """Where the sun stands in each slot of days that follow one another, as `towards` says; `middle_s`: of the slots,
    s UTC, shape (days, slots). Shape (3, days, slots).
    """
    (days, slots), first = middle_s.shape, int(middle_s[0, 0])
    slot_s = _DAY_S // slots
    begin, skip = first // _DAY_S, first % _DAY_S // slot_s
    told = np.concatenate([_sun_of_day(begin + day, slot_s, place) for day in range(days + bool(skip))], axis=1)
    return told[:, skip : skip + days * slots].reshape(3, days, slots)


@lru_cache(400)
def _sun_of_day(day: int, slot_s: int, place: Place) -> Floats:
    """For each slot of a day of UTC; asked again and again, as the same weeks are looked back at each time."""
    return np.stack(towards(day * _DAY_S + slot_s // 2 + np.arange(0, _DAY_S, slot_s), place))


def fan(sun: Floats, used: NDArray[np.bool_] | None = None) -> Floats:
    """W/m2 on planes of many directions under a clear sky, and of the sky alone in the last column; 0 at night.

    `sun`: as `towards` says, shape (3, ...). Shape of one of its parts and one more axis: planes + 1, or as many of
    them as are `used`.
    """
    used = np.ones(_DIRECTIONS.shape[1] + 1, dtype=bool) if used is None else used
    up = sun[2]
    height = np.maximum(up, _LOWEST)
    level = np.where(up > 0, 1098.0 * up * np.exp(-0.057 / height), 0.0)
    beam = np.minimum((1 - _DIFFUSE) * level / height, _MOST_BEAM_W)
    facing = np.moveaxis(sun, 0, -1) @ _DIRECTIONS[:, used[:-1]]
    sky = _DIFFUSE * level[..., None][..., : int(used[-1])]
    return np.concatenate([np.maximum(facing, 0.0) * beam[..., None], sky], axis=-1)


def _directions() -> Floats:
    """Unit vectors (east, north, up) at right angles to the planes, shape (3, planes)."""
    found = [(0.0, 0.0, 1.0)]
    for tilt in map(math.radians, _TILTS):
        for turn in map(math.radians, _TURNS):
            found.append((math.sin(tilt) * math.sin(turn), math.sin(tilt) * math.cos(turn), math.cos(tilt)))
    return np.array(found).T


_DIRECTIONS = _directions()


def clear_of_planes(made: Floats, middle_s: NDArray[np.int64], place: Place) -> Floats:
    """W in every slot of `made` (rows of days, the newest last; NaN unknown) if no cloud were there; same shape.

    Learned from the best of each week in each slot.
    """
    rows, slots = made.shape
    best = np.where(np.isnan(made), -1.0, made)[rows % _WEEK :].reshape(-1, _WEEK, slots)
    row = np.argmax(best, axis=1) + np.arange(rows % _WEEK, rows, _WEEK)[:, None]
    at = (row, np.arange(slots)[None, :])
    sun = sun_over(middle_s, place)
    y, x = made[at].ravel(), fan(sun[:, at[0], at[1]].reshape(3, -1))
    known = (x[:, 0] > 0) & ~np.isnan(y)
    if not known.any():
        return np.zeros(made.shape)
    weight: Floats = 0.5 ** ((rows - 1 - row).ravel()[known] / _HALF_LIFE_DAYS)
    sizes = upper_fit(x[known], y[known], weight)
    used = sizes > 0
    clear: Floats = fan(sun, used) @ sizes[used]
    return clear


def upper_fit(x: Floats, y: Floats, weight: Floats) -> Floats:
    """Sizes >= 0 with which x @ sizes is an upper expectile of y; of shape (columns,)."""
    scale = np.sqrt(np.maximum((x * x * weight[:, None]).sum(axis=0), 1e-9))
    x = x / scale
    weighted = x * weight[:, None]
    gram, right = weighted.T @ x, weighted.T @ y
    ridge = 1e-4 * np.eye(x.shape[1])
    sizes = nnls(gram + ridge, right)
    for _ in range(_ROUNDS):
        above = y > x @ sizes
        some = weighted[above]
        ratio = _EXPECTILE / (1 - _EXPECTILE) - 1
        new = nnls(gram + ratio * (some.T @ x[above]) + ridge, right + ratio * (some.T @ y[above]), sizes > 0)
        if np.allclose(new, sizes, rtol=1e-3, atol=1e-3):
            break
        sizes = new
    found: Floats = sizes / scale
    return found


def nnls(gram: Floats, right: Floats, start: NDArray[np.bool_] | None = None) -> Floats:
    """The z >= 0 that makes z gram z / 2 - right z least, by active sets; `gram` positive definite, shape (n, n).

    `start`: where z is thought to be above 0.
    """
    free = np.zeros(len(right), dtype=bool) if start is None else start.copy()
    z = np.zeros(len(right))
    if free.any():
        z, free = _inside(gram, right, z + 1e-12 * free, free)
    for _ in range(3 * len(right)):
        slope = right - gram @ z
        slope[free] = 0
        best = int(np.argmax(slope))
        if slope[best] <= 1e-9 * float(np.abs(right).max()):
            break
        free[best] = True
        z, free = _inside(gram, right, z, free)
    return z


def _inside(gram: Floats, right: Floats, z: Floats, free: NDArray[np.bool_]) -> tuple[Floats, NDArray[np.bool_]]:
    """The least with the free ones alone; those that would fall below 0 are let go one after the other."""
    while free.any():
        best = np.zeros(len(right))
        best[free] = np.linalg.solve(gram[np.ix_(free, free)], right[free])
        low = free & (best <= 0)
        if not low.any():
            return best, free
        part = np.min(z[low] / (z[low] - best[low] + 1e-300))
        z = z + part * (best - z)
        free = free & ~(low & (z <= 1e-12 * max(1.0, float(np.abs(z).max()))))
        z = np.where(free, z, 0.0)
    return np.zeros(len(right)), free


def clear_of_slots(made: Floats) -> Floats:
    """The same where nobody knows the place: for each row from the rows before it alone, by slots."""
    rows, slots = made.shape
    padded = np.concatenate([np.full((_SPAN_DAYS, slots), np.nan), made])
    views = np.lib.stride_tricks.sliding_window_view(padded, _SPAN_DAYS, axis=0)[:rows]
    ordered = np.sort(views, axis=-1)
    count = (~np.isnan(ordered)).sum(axis=-1)
    at = np.floor(_UPPER * np.maximum(count - 1, 0)).astype(np.int64)
    upper = np.take_along_axis(ordered, at[..., None], axis=-1)[..., 0]
    return _smooth(_filled(upper))


def _filled(upper: Floats) -> Floats:
    """Slots in which nothing is ever known (held back each noon) from those beside them; 0 where those are dark."""
    known, at = ~np.isnan(upper), np.arange(upper.shape[1])[None, :]
    left = np.maximum.accumulate(np.where(known, at, -1), axis=1)
    right = np.minimum.accumulate(np.where(known, at, len(at[0]))[:, ::-1], axis=1)[:, ::-1]
    table = np.pad(np.nan_to_num(upper), ((0, 0), (1, 1)))
    before, after = np.take_along_axis(table, left + 1, axis=1), np.take_along_axis(table, right + 1, axis=1)
    between = before + (after - before) * (at - left) / np.maximum(right - left, 1)
    bright = np.minimum(before, after) > _DUSK * table.max(axis=1, keepdims=True)
    return np.where(known, table[:, 1:-1], np.where(bright, between, 0.0))


def _smooth(rows: Floats) -> Floats:
    """Over neighbouring slots, around midnight too."""
    out: Floats = 0.5 * rows + 0.25 * (np.roll(rows, 1, axis=1) + np.roll(rows, -1, axis=1))
    return out
