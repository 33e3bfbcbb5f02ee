"""What every forecaster is called like, and the two that all are measured against."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from hub.forecast.bands import RESIDUAL_DAYS, quantiles
from hub.forecast.series import Floats, Forecast, Past

DAY_S = 86_400
_BACK = 7


class Forecaster(Protocol):
    """A pure function of the past: the `steps` steps from `past.now_ms` on, on the grid of `past.power`.

    None when the past is too short for it. `past.now_ms` is a whole multiple of the step.
    """

    def __call__(self, past: Past, steps: int) -> Forecast | None: ...


def persistence(past: Past, steps: int) -> Forecast | None:
    """The last day again, and again; what is not known of it, as it was on the day before that, up to a week back.

    None when a step of the day is not known in the whole week.
    """
    return _again(past, steps, 1, "persistence")


def week(past: Past, steps: int) -> Forecast | None:
    """The same day of the last week again; what is not known of it, as a week earlier, up to seven."""
    return _again(past, steps, 7, "week")


def _again(past: Past, steps: int, days: int, by: str) -> Forecast | None:
    """Bands: by how much a period has differed from the one before, in the last 42 days, by time of day."""
    a_day = DAY_S // past.power.seconds
    length = days * a_day
    periods = -(-RESIDUAL_DAYS // days) + _BACK
    start = past.now_ms - periods * days * DAY_S * 1000
    rows = past.power.between(start, past.now_ms).values.reshape(periods, length)
    known = ~np.isnan(rows)
    if not known[-_BACK:].any(axis=0).all():
        return None
    latest = periods - 1 - np.argmax(known[::-1], axis=0)
    values = rows[latest, np.arange(length)]
    off = np.tile(_errors(rows, a_day), -(-steps // a_day))[:, :steps]
    mid = np.resize(values, steps)
    low, high = np.clip(np.minimum(mid + off[0], mid), 0.0, None), np.maximum(mid + off[1], mid)
    return Forecast(past.now_ms, past.power.seconds, np.minimum(low, mid), mid, high, mid, past.now_ms, by)


def _errors(rows: Floats, a_day: int) -> Floats:
    """The 10 % and 90 % quantile of a period less the one before, shape (2, steps of a day)."""
    differences = np.diff(rows, axis=0).reshape(-1, a_day)[-RESIDUAL_DAYS:]
    ages = np.arange(len(differences), dtype=np.float64)[::-1]
    return quantiles(differences, ages, a_day // 24)[[0, 2]]
