"""What the last hours and days showed of panels: that they stand still, that the day is brighter than foretold, that
the inverter gives no more. Tables as in hub.forecast.window. Pure; numpy only.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_NOTHING, _FORETOLD, _BRIGHT = 0.02, 0.1, 0.2
_STILL_H, _STAYS = 3.0, 0.3
_LAST_H, _FADE_H, _LEAST, _MOST, _PRIOR = 1.5, 3.0, 0.2, 2.5, 0.15
_AT_THE_TOP, _TOP_DAYS, _TOP_H, _TOP_SPAN = 0.985, 4, 6.0, 28
_HEADROOM, _HEADROOM_PEAK = 1.15, 0.03


def without_still_days(made: Floats, clear: Floats) -> Floats:
    """NaN in days on which the panels made nothing although the darkest cloud lets more than that through: snow lay on
    them, or the inverter was off. Weather is not learned from them.
    """
    bright = (clear > _BRIGHT * clear.max(axis=1, keepdims=True)) & ~np.isnan(made)
    still = bright.any(axis=1) & ~(bright & (made > _NOTHING * clear)).any(axis=1)
    return np.where(still[:, None], np.nan, made)


def still_days(made: Floats, foretold: Floats, clear: Floats, slot_s: int) -> float:
    """For how many days' light the panels have made nothing right up to the origin, the end of these tables; 0 for less
    than three hours of it: that may be a thunderstorm.
    """
    now, told, could = made.ravel(), foretold.ravel(), clear.ravel()
    bright = (told > _FORETOLD * could) & (could > _BRIGHT * could[-made.shape[1] :].max()) & ~np.isnan(now)
    works = bright & (now > _NOTHING * could)
    since = int(np.max(np.flatnonzero(works), initial=-1)) + 1
    if bright[since:].sum() * slot_s < _STILL_H * 3600:
        return 0.0
    return float(np.where(bright, could, 0.0)[since:].sum() / max(1e-9, could[-made.shape[1] :].sum()))


def still_factor(days: float, lead: int) -> float:
    """What is left of a forecast for panels that have stood still: each day of it makes another one likelier, each day
    further ahead an end of it.
    """
    return float(_STAYS ** (min(days, 3.0) / lead))


def brighter(made: Floats, foretold: Floats, clear: Floats, slot_s: int) -> float:
    """Made to foretold in the last hours before the origin (the end of these rows), the latest counting most; drawn to
    1 by how little light there was yet, so that dawn says nothing.
    """
    age_h = (np.arange(len(made))[::-1] + 0.5) * slot_s / 3600
    counts = 0.5 ** (age_h / _LAST_H) * (age_h < 4 * _LAST_H) * ~np.isnan(made) * ~np.isnan(foretold)
    prior = _PRIOR * float(clear.max()) * _LAST_H * 3600 / slot_s + 1e-9
    sums = [float((counts * np.nan_to_num(table)).sum()) for table in (made, foretold)]
    return min(max((sums[0] + prior) / (sums[1] + prior), _LEAST), _MOST)


def fading(ratio: float, slots: int, slot_s: int) -> Floats:
    """What to multiply the next slots with: less and less of the ratio, hour by hour."""
    ahead_h = (np.arange(slots) + 0.5) * slot_s / 3600
    factor: Floats = 1 + (ratio - 1) * 0.5 ** (ahead_h / _FADE_H)
    return factor


def ceiling(made: Floats, clear: Floats, slot_s: int) -> Floats:
    """The most that can be expected in the slots of the last row of `clear`, W: somewhat above the clear sky, and never
    more than a limit that many slots of several days have ended at.
    """
    most: Floats = _HEADROOM * clear[-1] + _HEADROOM_PEAK * clear.max() * (clear[-1] > 0)
    last = np.nan_to_num(made[-_TOP_SPAN:])
    top = float(last.max())
    there = last >= _AT_THE_TOP * top
    if top > 0 and there.any(axis=1).sum() >= _TOP_DAYS and there.sum() * slot_s >= _TOP_H * 3600:
        most = np.minimum(most, top)
    return most
