"""What the forecasts come to in the terms of people's rules: until midnight, tomorrow, until sunrise. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import numpy as np

from hub.calendar import Calendar
from hub.forecast.series import Forecast
from hub.model.score import Quantity

_HOUR_MS = 3_600_000
_HOLDS_ON_MS = 3 * _HOUR_MS
"""So long the last step of a forecast stands for what comes after it: 48 h that began a while ago do not quite reach
the end of a tomorrow that has just begun, and two days in which a clock is put back have 49.
"""
_DAY = timedelta(1)


def expected(forecasts: Mapping[Quantity, Forecast], calendar: Calendar, now: int) -> dict[str, float | None]:
    """By quantity of the vocabulary, in its unit; None where it is not known at `now` (UTC ms).

    The mean of each step counts: it is what the energy of many days comes to.
    """
    today = calendar.date_at(now)
    midnight, next_midnight = (calendar.at(today + days * _DAY, 0) for days in (1, 2))
    pv, load = forecasts.get("pv"), forecasts.get("load")
    return {
        "pv_left_today": energy_wh(pv, now, midnight),
        "pv_tomorrow": energy_wh(pv, midnight, next_midnight),
        "pv_next_hour": energy_wh(pv, now, now + _HOUR_MS),
        "load_until_sunrise": energy_wh(load, now, next_sunrise(calendar, now)),
        "load_tomorrow": energy_wh(load, midnight, next_midnight),
    }


def energy_wh(forecast: Forecast | None, start: int, end: int | None) -> float | None:
    """Wh from `start` until `end` (UTC ms), with their share of steps that they cut; None where it does not reach."""
    if forecast is None or end is None:
        return None
    step_ms = forecast.seconds * 1000
    begins = forecast.start_ms + np.arange(len(forecast.mean), dtype=np.int64) * step_ms
    ends = begins + step_ms
    if not len(ends) or start < forecast.start_ms or end > ends[-1] + _HOLDS_ON_MS:
        return None
    ends[-1] = max(int(ends[-1]), end)
    inside = np.maximum(0, np.minimum(ends, end) - np.maximum(begins, start))
    return max(0.0, float(forecast.mean @ inside) / _HOUR_MS)


def next_sunrise(calendar: Calendar, now: int) -> int | None:
    """UTC ms, after `now`; None where the sun does not rise within two days, or nobody knows the place."""
    today = calendar.date_at(now)
    for day in (today, today + _DAY, today + 2 * _DAY):
        minute = calendar.day(day).sunrise
        if minute is not None and (rises := calendar.at(day, minute)) > now:
            return rises
    return None
