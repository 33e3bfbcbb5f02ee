"""Panels of which nothing is known yet: by how high the sun stands and what the inverter can give. Pure."""

from __future__ import annotations

import numpy as np

from hub.calendar import Place
from hub.calendar.sun import towards
from hub.forecast.days import DAY_S, local_steps
from hub.forecast.series import Forecast, Past

_SHARE, _LOW, _HIGH = 0.45, 0.2, 1.8
"""Of what it can give under the zenith, on a usual day; a dark and a bright one."""


def guessed(past: Past, steps: int, most_w: float) -> Forecast | None:
    """None where nobody knows what the inverters can give (`most_w`, W)."""
    if most_w <= 0:
        return None
    seconds = past.power.seconds
    starts = past.now_ms + np.arange(steps, dtype=np.int64) * seconds * 1000
    if past.place is not None:
        up = towards(starts // 1000 + seconds // 2, Place(*past.place))[2]
    else:
        of_day = local_steps(starts, seconds, past.zone) * seconds % DAY_S / DAY_S
        up = np.sin((of_day - 0.25) * 2 * np.pi)
    mid = np.minimum(_SHARE * most_w * np.maximum(up, 0.0), most_w)
    return Forecast(past.now_ms, seconds, _LOW * mid, mid, np.minimum(_HIGH * mid, most_w), mid, past.now_ms, "guess")
