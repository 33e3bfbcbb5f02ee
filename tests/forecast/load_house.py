"""A made-up house whose ways are known: what forecasts of its load must come to."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np

from hub.forecast.days import DAY_S, local_steps, weekdays
from hub.forecast.series import Floats, Past, Series

BERLIN = ZoneInfo("Europe/Berlin")
DAY_MS = DAY_S * 1000
BASE_W, NOISE_W = 150.0, 60.0
_WORK = ((6.5, 8.5, 500.0), (17.5, 22.0, 700.0))
_FREE = ((8.5, 13.0, 600.0), (17.0, 23.0, 650.0))


def midnight(year: int, month: int, day: int, zone: ZoneInfo = BERLIN) -> int:
    """UTC ms."""
    return int(datetime(year, month, day, tzinfo=zone).astimezone(UTC).timestamp()) * 1000


def routine(starts_ms: np.ndarray, seconds: int, zone: ZoneInfo = BERLIN, off: frozenset[int] = frozenset()) -> Floats:
    """W without chance: two busy times a day, others at the week-end and on days off."""
    day, at = np.divmod(local_steps(starts_ms, seconds, zone), DAY_S // seconds)
    hour, free = at * seconds / 3600, weekdays(day, off) >= 5
    out = np.full(len(starts_ms), BASE_W)
    for busy, which in ((_WORK, ~free), (_FREE, free)):
        for since, until, watts in busy:
            out += watts * (which & (hour >= since) & (hour < until))
    return out


def house(start_ms: int, days: float, seconds: int = 1800, seed: int = 0, off: frozenset[int] = frozenset()) -> Series:
    """W with chance, at least 20 W."""
    starts = start_ms + np.arange(round(days * DAY_S / seconds), dtype=np.int64) * seconds * 1000
    chance = np.random.default_rng(seed).normal(0, NOISE_W, len(starts))
    return Series(start_ms, seconds, np.maximum(routine(starts, seconds, off=off) + chance, 20.0))


def past(power: Series, now_ms: int, off: frozenset[int] = frozenset(), temperature: Series | None = None) -> Past:
    """All of `power` before `now_ms`."""
    return Past(now_ms, BERLIN, power.between(power.start_ms, now_ms), temperature, {}, off)


def with_values(power: Series, since_ms: int, until_ms: int, values: Floats | float) -> Series:
    """The same with other values in [since, until)."""
    step = power.seconds * 1000
    changed = power.values.copy()
    changed[(since_ms - power.start_ms) // step : (until_ms - power.start_ms) // step] = values
    return Series(power.start_ms, power.seconds, changed)


def error(told: Floats, start_ms: int, seconds: int, off: frozenset[int] = frozenset()) -> float:
    """Mean absolute difference to the routine, W."""
    starts = start_ms + np.arange(len(told), dtype=np.int64) * seconds * 1000
    return float(np.abs(told - routine(starts, seconds, off=off)).mean())
