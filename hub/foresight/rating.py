"""How all forecasters would have done: each is asked at the midnight before a day, with what was known then. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from hub.forecast.candidates import Forecaster, persistence
from hub.forecast.series import Floats, Forecast, Past, Series
from hub.foresight.forecasters import candidates_of
from hub.foresight.view import Rate, day_of
from hub.model.score import Quantity, Score

_ENOUGH = 0.5
"""The share of a day that has to be known, or it says nothing."""


def rated(asked: Rate) -> tuple[Score, ...]:
    """Of each day, forecaster and quantity that there is enough of."""
    found: list[Score] = []
    for quantity, past, candidates in candidates_of(asked.load, asked.pv):
        for day in asked.days:
            found += _day(quantity, past, candidates, day)
    return tuple(found)


def _day(quantity: Quantity, past: Past, candidates: Mapping[str, Forecaster], day: int) -> Iterator[Score]:
    step_ms = past.power.seconds * 1000
    begin, end = (-(-t // step_ms) * step_ms for t in day_of(day, past.zone))
    made = past.power.between(begin, end).values
    if past.held_back is not None:
        held = Series(past.power.start_ms, past.power.seconds, past.held_back.astype(np.float64))
        made = np.where(held.between(begin, end).values == 1, np.nan, made)
    if np.isnan(made).mean() > _ENOUGH:
        return
    then, steps = _as_of(past, begin), len(made)
    before = persistence(then, steps)
    if before is None:
        return
    for name, candidate in candidates.items():
        forecast = before if name == before.by else candidate(then, steps)
        if forecast is not None:
            yield _score(quantity, day, forecast, made, before.mid)


def _score(quantity: Quantity, day: int, forecast: Forecast, made: Floats, before: Floats) -> Score:
    known = ~np.isnan(made)
    truth = made[known]
    off, far = forecast.mid[known] - truth, before[known] - truth
    inside = (forecast.low[known] <= truth) & (truth <= forecast.high[known])
    return Score(
        quantity,
        day,
        forecast.by,
        int(known.sum()),
        float(np.abs(off).mean()),
        float(np.sqrt(((forecast.mean[known] - truth) ** 2).mean())),
        float(off.mean()),
        float(inside.mean()),
        float(np.abs(far).mean()),
        float(np.sqrt((far**2).mean())),
    )


def _as_of(past: Past, then: int) -> Past:
    """What was known at `then` (UTC ms); for the weather to come that of the day before stands in, as the one that was
    told then is not kept.
    """
    count = max(0, (then - past.power.start_ms) // (past.power.seconds * 1000))
    held = None if past.held_back is None else past.held_back[:count]
    return replace(
        past,
        now_ms=then,
        power=past.power.between(past.power.start_ms, then),
        temperature=None if past.temperature is None else _until(past.temperature, then),
        held_back=held,
    )


def _until(series: Series, then: int) -> Series:
    a_day = 86_400 // series.seconds
    at = min(max(0, (then - series.start_ms) // (series.seconds * 1000)), len(series.values))
    values = series.values.copy()
    for k in range(at, len(values)):
        values[k] = values[k - a_day] if k >= a_day else np.nan
    return Series(series.start_ms, series.seconds, values)
