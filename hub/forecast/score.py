"""Forecasts made again as they would have been made, each from what was known at its moment, and how far off they were.

Every candidate stands beside persistence on the same days and steps. `used` is what the hub would have gone by: at each
origin the candidate that was best in the 28 days before it, by what was known then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from hub.forecast.candidates import DAY_S, Forecaster
from hub.forecast.days import midnights
from hub.forecast.series import Floats, Past, Series

DAYS_AHEAD = 2
HISTORY_DAYS, WARM_UP_DAYS = 300, 28
USED = "used"
_CHOSEN_DAYS, _LEAST_CHOSEN_DAYS = 28, 7
_YARDSTICK = "persistence"
_LOW, _MID, _HIGH, _MEAN = range(4)


@dataclass(frozen=True, slots=True)
class Subject:
    """What is forecast, and all that forecasters may be told beside it, as in Past."""

    power: Series
    zone: ZoneInfo
    temperature: Series | None = None
    told: Mapping[str, Series] | None = None
    days_off: frozenset[int] = frozenset()
    place: tuple[float, float] | None = None

    def past(self, now_ms: int) -> Past:
        """Nothing measured later is in it; what is foretold in the file reaches on to the end of the forecast."""
        start = max(self.power.start_ms, now_ms - HISTORY_DAYS * DAY_S * 1000)
        end = now_ms + DAYS_AHEAD * DAY_S * 1000
        temperature = self.temperature.between(start, end) if self.temperature else None
        told = {name: series.between(start, end) for name, series in (self.told or {}).items()}
        return Past(now_ms, self.zone, self.power.between(start, now_ms), temperature, told, self.days_off, self.place)


@dataclass(frozen=True, slots=True)
class Issued:
    """`truth`: what came after each origin, W, shape (origins, steps), NaN where unknown. `made`: low, mid, high and
    mean by candidate, shape (origins, 4, steps), NaN where it said nothing. `origins`: UTC ms, ascending.
    """

    origins: Sequence[int]
    seconds: int
    truth: Floats
    made: Mapping[str, Floats]


@dataclass(frozen=True, slots=True)
class Score:
    """W but for shares and ratios; ratios are to persistence on the same steps, None where it made no error at all.

    `mae_w`, `bias_mid_w`, `pinball_w`: of the median, and of the 10, 50 and 90 % quantiles; `rmse_w`, `bias_w`: of the
    mean; a bias above 0: too much was foretold. `coverage`: share of the steps within the 80 % band, of those on which
    there was or could be anything. `days`: origins with at least a quarter of their steps known (an inverter is silent
    at night).
    """

    mae_w: float
    rmse_w: float
    bias_w: float
    bias_mid_w: float
    coverage: float
    pinball_w: float
    mae_ratio: float | None
    rmse_ratio: float | None
    pinball_ratio: float | None
    days: int


def origins(subject: Subject, every_h: int = 24, warm_up_days: int = WARM_UP_DAYS) -> list[int]:
    """Local midnights and, when `every_h` is less than 24, moments in between, after `warm_up_days` days (or half of
    what there is, when that is shorter) and with one whole day after them; UTC ms.
    """
    power = subject.power
    warm_up = min(warm_up_days * DAY_S * 1000, (power.end_ms - power.start_ms) // 2)
    last = power.end_ms - DAY_S * 1000
    found = midnights(power.start_ms + warm_up, last + 1, subject.zone, power.seconds)
    between = [t + h * 3_600_000 for t in found for h in range(0, 24, every_h)]
    return sorted({t for t in between if t <= last})


def issue(subject: Subject, candidates: Mapping[str, Forecaster], at_ms: Sequence[int]) -> Issued:
    """Asks every candidate at every origin."""
    power = subject.power
    steps = DAYS_AHEAD * DAY_S // power.seconds
    made = {name: np.full((len(at_ms), 4, steps), np.nan) for name in candidates}
    truth = np.full((len(at_ms), steps), np.nan)
    for i, now in enumerate(at_ms):
        past = subject.past(now)
        truth[i] = power.between(now, now + DAYS_AHEAD * DAY_S * 1000).values
        for name, forecaster in candidates.items():
            forecast = forecaster(past, steps)
            if forecast is not None:
                made[name][i] = forecast.low, forecast.mid, forecast.high, forecast.mean
    return Issued(at_ms, power.seconds, truth, made)


def with_used(issued: Issued) -> Issued:
    """And `used`, the candidate chosen at each origin."""
    made = np.full((len(issued.origins), 4, issued.truth.shape[1]), np.nan)
    for i, name in enumerate(chosen(issued)):
        if name:
            made[i] = issued.made[name][i]
    return Issued(issued.origins, issued.seconds, issued.truth, {USED: made, **issued.made})


def chosen(issued: Issued) -> list[str | None]:
    """By origin: of the forecasts of the 28 days before whose day was over, the candidate of the least MAE, if it beats
    the first that speaks (in their own order) by more than chance; else, or with less than seven days, that first one.
    """
    a_day = DAY_S // issued.seconds
    at = np.array(issued.origins, dtype=np.int64)
    errors = {name: np.abs(rows[:, _MID, :a_day] - issued.truth[:, :a_day]) for name, rows in issued.made.items()}
    out: list[str | None] = []
    for i, now in enumerate(issued.origins):
        speaking = [name for name, rows in issued.made.items() if not np.isnan(rows[i]).any()]
        first, last = np.searchsorted(at, [now - _CHOSEN_DAYS * DAY_S * 1000, now - DAY_S * 1000 + 1])
        out.append(_best({name: errors[name][first:last] for name in speaking}, a_day))
    return out


def _best(errors: Mapping[str, Floats], a_day: int) -> str | None:
    """Each is compared with the first over the steps that are known of both, origin by origin; what it is better by
    must be more than one standard error of its sum.
    """
    first = next(iter(errors), None)
    best, most = first, 0.0
    for name, own in errors.items():
        gained = errors[first] - own if first else own
        by_origin = np.nansum(gained, axis=1)
        gain = float(by_origin.sum())
        enough = (~np.isnan(gained)).sum() >= _LEAST_CHOSEN_DAYS * a_day
        if enough and gain > most and gain**2 > float((by_origin**2).sum()):
            best, most = name, gain
    return best


def scores(issued: Issued, day: int) -> dict[str, Score]:
    """Of the first (`day` 0) or the second day after each origin; without those who never spoke."""
    a_day = DAY_S // issued.seconds
    steps = slice(day * a_day, (day + 1) * a_day)
    truth, yardstick = issued.truth[:, steps], issued.made[_YARDSTICK][..., steps]
    found = {name: _score(truth, rows[..., steps], yardstick) for name, rows in issued.made.items()}
    return {name: score for name, score in found.items() if score is not None}


def _score(truth: Floats, made: Floats, yardstick: Floats) -> Score | None:
    use = ~(np.isnan(truth) | np.isnan(made).any(axis=1) | np.isnan(yardstick).any(axis=1))
    if not use.any():
        return None
    own, other = _errors(truth, made, use), _errors(truth, yardstick, use)
    mae, rmse, _, _, _, pinball = (a / b if b > 0 else None for a, b in zip(own, other, strict=True))
    return Score(*own, mae, rmse, pinball, int((use.mean(axis=1) >= 0.25).sum()))


def _errors(truth: Floats, made: Floats, use: NDArray[np.bool_]) -> tuple[float, float, float, float, float, float]:
    """MAE, RMSE, bias of the mean and of the median, coverage, pinball."""
    y = truth[use]
    low, mid, high, mean = (made[:, k][use] for k in (_LOW, _MID, _HIGH, _MEAN))
    some = (y > 0) | (high > 0)
    within = ((y >= low) & (y <= high))[some]
    losses = [
        np.maximum(q * (y - told), (q - 1) * (y - told)).mean() for q, told in ((0.1, low), (0.5, mid), (0.9, high))
    ]
    return (
        float(np.abs(mid - y).mean()),
        float(np.sqrt(((mean - y) ** 2).mean())),
        float((mean - y).mean()),
        float((mid - y).mean()),
        float(within.mean()) if some.any() else 1.0,
        float(np.mean(losses)),
    )
