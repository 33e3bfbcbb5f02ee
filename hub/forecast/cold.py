"""What is said of a house before there is enough of it to learn from: the first hours, days and weeks."""

from __future__ import annotations

import numpy as np

from hub.forecast.bands import quantiles
from hub.forecast.candidates import DAY_S
from hub.forecast.days import Days, Ints, by_day, local_steps, weekdays
from hub.forecast.load_features import smoothed
from hub.forecast.series import Floats, Forecast, Past
from hub.forecast.usual import Usual, usual_days

_HOURLY = (6, 5, 5, 5, 5, 6, 9, 11, 11, 11, 11, 12, 13, 12, 10, 10, 10, 12, 15, 17, 17, 15, 12, 9)
"""The rough shape of a household's day, the same everywhere: little at night, some at noon, most in the evening."""
_USUAL_W, _WORTH_H = 400.0, 6.0
"""A household of 3,500 kWh a year; counts as much as six hours of the house itself."""
_LOW, _HIGH = 0.4, 1.8
_LEAST_DAYS, _MOST_DAYS, _LEAST_OF_KIND = 2, 28, 3
_SATURDAY = 5


def typical(past: Past, steps: int) -> Forecast:
    """A household's day at the level of the hours that are known, of the last week; always has an answer.

    Without any hours at all it is a guess, and its band says so.
    """
    seconds = past.power.seconds
    shape = _shape(DAY_S // seconds)
    days = by_day(past.power.between(past.now_ms - 7 * DAY_S * 1000, past.now_ms), past.zone)
    known = ~np.isnan(days.values)
    told = _WORTH_H * 3600 / seconds
    level = (np.nansum(days.values) + told * _USUAL_W) / (float((known * shape).sum()) + told)
    mid = level * shape[_slots(past, steps)[1]]
    return Forecast(past.now_ms, seconds, _LOW * mid, mid, _HIGH * mid, mid, past.now_ms, "typical")


def slots(past: Past, steps: int) -> Forecast | None:
    """What was usual at this time of day; None before the second day is over."""
    numbers, at = _slots(past, steps)
    today = int(numbers[0])
    days = by_day(past.power, past.zone)
    usual = usual_days(Days(days.first, days.values[: max(today - days.first, 0)]), past.days_off)
    if len(usual.numbers) < _LEAST_DAYS:
        return None
    codes = weekdays(np.arange(today, int(numbers[-1]) + 1), past.days_off)
    rows = np.stack([slot_rows(usual, today, int(code)) for code in codes])
    low, mid, high, mean = rows[numbers - today, :, at].T
    return Forecast(past.now_ms, past.power.seconds, low, mid, high, mean, past.now_ms, "slots")


def slot_rows(usual: Usual, today: int, code: int) -> Floats:
    """Low, mid, high and mean by slot, shape (4, slots), of the last 28 days with people at home, with the hour before
    and after; of work days or of days off alone (as `code` is) as soon as there are three of them.
    """
    values, codes = usual.values[-_MOST_DAYS:], usual.codes[-_MOST_DAYS:]
    of_kind = (codes >= _SATURDAY) == (code >= _SATURDAY)
    chosen = of_kind if of_kind.sum() >= _LEAST_OF_KIND else np.ones(len(codes), dtype=bool)
    ages = (today - usual.numbers[-_MOST_DAYS:][chosen]).astype(np.float64)
    hour = values.shape[1] // 24
    return np.vstack([quantiles(values[chosen], ages, hour), smoothed(values[chosen].mean(axis=0), hour)])


def _shape(a_day: int) -> Floats:
    """By step of the day, mean 1."""
    hours = np.array(_HOURLY, dtype=np.float64)
    shape = np.interp((np.arange(a_day) + 0.5) / a_day * 24, np.arange(-1, 25) + 0.5, hours[np.arange(-1, 25) % 24])
    out: Floats = shape / shape.mean()
    return out


def _slots(past: Past, steps: int) -> tuple[Ints, Ints]:
    """Local day and step of the day of each step to come."""
    starts = past.now_ms + np.arange(steps, dtype=np.int64) * past.power.seconds * 1000
    day, at = np.divmod(local_steps(starts, past.power.seconds, past.zone), DAY_S // past.power.seconds)
    return day, at
