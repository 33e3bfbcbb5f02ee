"""The load forecaster that learns: a ridge for the next day and one for the day after, with bands from its own errors.

`fit` once a night (about 50 ms), `LoadModel.forecast` as often as one likes.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from hub.forecast.cold import slot_rows
from hub.forecast.days import DAY_S, Days, Ints, by_day, local_day, local_steps, weekdays
from hub.forecast.load_features import WEATHER_DAYS, Outdoors, Targets, features, kinds
from hub.forecast.load_learn import MOST_DAYS, Lead, carries, learned
from hub.forecast.series import Floats, Forecast, Past
from hub.forecast.usual import Usual, usual_days

_LEAST_DAYS = 21
_TEMPERATURE_DAYS, _TEMPERATURE_KNOWN = 60, 0.8
_RECENT_DAYS = 70
"""Usual days that features look back to."""
_BACK_H, _MORE = 3, 1.2
_STEADY, _AWAY_DAYS = 0.9, 3
_MONDAY, _SUNDAY = 0, 6


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known at the start of the local day `day`: the last usual days, and what they say without learning, of
    days of work and of days off, shape (2, 4, slots).
    """

    day: int
    usual: Usual
    plain: Floats

    @staticmethod
    def at(day: int, usual: Usual) -> _Known:
        recent = usual.last(_RECENT_DAYS)
        return _Known(day, recent, np.stack([slot_rows(recent, day, code) for code in (_MONDAY, _SUNDAY)]))


@dataclass(frozen=True, slots=True)
class _Kept:
    """What was said of some days at their start, as nothing of it changes until other weather is told."""

    weather: Floats
    days_off: frozenset[int]
    rows: Floats


@dataclass(frozen=True, slots=True)
class LoadModel:
    """`trust`: share of what was learned, the rest is what was usual at the time of day; `carries`: how much of the
    error of an hour is left in the next, 0 to 0.9. `kept`: by first and last day, of the day of the fit.
    """

    known: _Known
    outdoors: Outdoors | None
    leads: tuple[Lead, Lead]
    trust: float
    carries: float
    kept: dict[tuple[int, int], _Kept] = field(default_factory=dict, compare=False, repr=False)

    def forecast(self, past: Past, steps: int) -> Forecast:
        """From any moment at or after the fit; `past.power` has the step of the fit and reaches back at least a day,
        or 70 days when it is asked on another day than that of the fit.
        """
        seconds = past.power.seconds
        starts = past.now_ms + np.arange(steps, dtype=np.int64) * seconds * 1000
        numbers, at = np.divmod(local_steps(starts, seconds, past.zone), DAY_S // seconds)
        asked = _Asked(self, past, np.arange(numbers[0], numbers[-1] + 1), int(at[0]))
        out = asked.days()[numbers - numbers[0], :, at].T
        low, mid, high, mean = np.maximum(asked.carried(out), 0.0)
        low, high = np.minimum(low, mid), np.maximum(high, mid)
        return Forecast(past.now_ms, seconds, low, mid, high, mean, past.now_ms, "ridge")


def fit(past: Past) -> LoadModel | None:
    """Learns from the whole days before `past.now_ms`; None with fewer than 21 of them."""
    today = local_day(past.now_ms, past.zone)
    days = _before(by_day(past.power, past.zone), today)
    usual = usual_days(days, past.days_off)
    if len(usual.numbers) < _LEAST_DAYS:
        return None
    outdoors = _outdoors(past, today, MOST_DAYS + 2 * _RECENT_DAYS)
    one, errors = learned(days, usual, outdoors, 1)
    two, _ = learned(days, usual, outdoors, 2)
    trust = len(usual.numbers) / (len(usual.numbers) + _LEAST_DAYS)
    return LoadModel(_Known.at(today, usual), outdoors, (one, two), trust, carries(errors))


class _Asked:
    """One forecast being made, in the slot `now` of the first of the local days `numbers`: what is known then, and what
    follows.
    """

    def __init__(self, model: LoadModel, past: Past, numbers: Ints, now: int) -> None:
        today = int(numbers[0])
        self._model, self._numbers, self._now, self._off = model, numbers, now, past.days_off
        self._so_far = _day(past, today)
        known = model.known if today == model.known.day else _known_at(past, today)
        self._plain, self._usual = known.plain, known.usual
        self._outdoors = (_outdoors(past, today, _RECENT_DAYS) or model.outdoors) if model.outdoors else None
        self._told = self._at_start() if known is model.known else self._rows(self._usual, numbers)
        if self._back(self._told[0, 1]):
            self._usual = replace(self._usual, away=self._usual.away[:0])
        self._first: Floats = self._away(self._told[:1])[0]

    def days(self) -> Floats:
        """Low, mid, high and mean of today and of the days after, W, shape (days, 4, slots).

        The more of today is over, the more the days to come are told as from tomorrow's start, with the rest of today
        as it is foretold now.
        """
        numbers, told = self._numbers[1:], self._told[1:]
        if not len(numbers):
            return self._first[None]
        share = float((~np.isnan(self._so_far)).mean())
        if share and not len(self._usual.away):
            whole = np.where(np.isnan(self._so_far), self._first[1], self._so_far)
            code = int(weekdays(self._numbers[:1], self._off)[0])
            after = self._rows(self._usual.with_day(int(self._numbers[0]), code, whole), numbers)
            told = share * after + (1 - share) * told
        return np.concatenate([self._first[None], self._away(told, 2)])

    def carried(self, out: Floats) -> Floats:
        """The error of the last hour goes on and fades; so near, the band is narrower. `out`: shape (4, steps)."""
        hour = len(self._so_far) // 24
        error = (self._so_far - self._first[1])[max(self._now - hour, 0) : self._now]
        if np.isnan(error).all():
            return out
        left = self._model.carries ** ((np.arange(out.shape[1]) + 0.5) / hour + 0.5)
        low, mid, high, mean = out
        moved, narrower = float(np.nanmean(error)) * left, np.sqrt(1 - left**2)
        near = mid + moved
        return np.stack([near + (low - mid) * narrower, near, near + (high - mid) * narrower, mean + moved])

    def _at_start(self) -> Floats:
        """Of all days, with nothing known of the first one."""
        first, last = int(self._numbers[0]), int(self._numbers[-1])
        days = np.arange(first - WEATHER_DAYS, last + 1)
        weather = self._outdoors.of(days) if self._outdoors else np.zeros(0)
        kept = self._model.kept.get((first, last))
        if kept is None or kept.days_off != self._off or not np.array_equal(kept.weather, weather):
            kept = _Kept(weather, self._off, self._rows(self._usual, self._numbers))
            self._model.kept[first, last] = kept
        return kept.rows

    def _rows(self, usual: Usual, numbers: Ints) -> Floats:
        """The first of these days is the one that follows those that are known."""
        targets = Targets(numbers, weekdays(numbers, self._off), np.full(len(numbers), len(usual.numbers)))
        table, (one, two) = features(usual, targets, self._outdoors), self._model.leads
        learned = one.rows(table.only(slice(1)))
        if len(numbers) > 1:
            learned = np.concatenate([learned, two.rows(table.only(slice(1, None)))])
        return self._model.trust * learned + (1 - self._model.trust) * self._plain[kinds(targets.codes)]

    def _away(self, rows: Floats, first: int = 1) -> Floats:
        """While nobody is at home, the last such days again, as likely as they are to go on for `first` days, and one
        more for each row after the first.
        """
        last = self._usual.away[-_AWAY_DAYS:]
        if not len(last):
            return rows
        stays = self._usual.stays ** (first + np.arange(len(rows)))[:, None]
        low, mid, high, mean = rows.swapaxes(0, 1)
        quiet, most = last.mean(axis=0), last.max(axis=0)
        told = [
            np.minimum(low, last.min(axis=0)),
            np.where(stays > 0.5, quiet, mid),
            np.where(stays > _STEADY, most, np.maximum(high, most)),
            stays * quiet + (1 - stays) * mean,
        ]
        return np.stack(told, axis=1)

    def _back(self, at_home: Floats) -> bool:
        """After quiet days, more has been used in the last three hours than lies half way to what is usual."""
        away = self._usual.away[-_AWAY_DAYS:]
        since = slice(max(self._now - _BACK_H * len(at_home) // 24, 0), self._now)
        now = self._so_far[since]
        known = ~np.isnan(now)
        if not len(away) or not known.any():
            return False
        quiet = away.mean(axis=0)[since][known]
        half = (quiet + np.maximum(at_home[since][known], quiet)) / 2
        return bool(now[known].mean() > max(half.mean(), _MORE * quiet.mean()))


def _before(days: Days, today: int) -> Days:
    return Days(days.first, days.values[: max(today - days.first, 0)])


def _day(past: Past, number: int) -> Floats:
    """What is known of a local day so far, shape (slots,)."""
    days = by_day(past.power.between(past.now_ms - 2 * DAY_S * 1000, past.now_ms), past.zone)
    there = number < days.first + len(days.values)
    return days.values[number - days.first] if there else np.full(days.slots, np.nan)


def _known_at(past: Past, today: int) -> _Known:
    return _Known.at(today, usual_days(_before(by_day(past.power, past.zone), today), past.days_off))


def _outdoors(past: Past, today: int, back: int) -> Outdoors | None:
    """From `back` days ago on; None where too little of the last 60 days is known."""
    told = past.temperature
    if told is None:
        return None
    days = by_day(told.between(max(past.now_ms - back * DAY_S * 1000, told.start_ms), told.end_ms), past.zone)
    recent = days.values[max(today - _TEMPERATURE_DAYS - days.first, 0) : max(today - days.first, 0)]
    if not len(recent) or (~np.isnan(recent)).mean() < _TEMPERATURE_KNOWN:
        return None
    return Outdoors(days.first, _held(days.values))


def _held(values: Floats) -> Floats:
    """The last known before each NaN, the first known before all."""
    flat = values.ravel()
    known = np.flatnonzero(~np.isnan(flat))
    at = np.maximum(np.searchsorted(known, np.arange(len(flat)), side="right") - 1, 0)
    out: Floats = flat[known[at]].reshape(values.shape)
    return out
