"""Invented prices that move like those of a day-ahead market with taxes and fees on top: one seed, one price list.

Each day has a level that leans on the day before, a morning and an evening peak of random height, a dip at noon of
random depth (field/optimiser.md, section 5). EUR/kWh, an hour each.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from hub.forecast.series import Floats, Series

_HOUR_MS = 3_600_000
_MEAN, _LEAST = 0.27, 0.08
_MORNING, _EVENING, _NOON, _NIGHT = (7.5, 1.8, 0.06), (19.0, 2.0, 0.11), (13.5, 2.5, -0.08), (3.0, 2.0, -0.03)
"""(its hour, its width in hours, EUR/kWh)"""
FIXED_EXPORT = 0.08
_SPOT_BELOW = 0.20
"""What of the import price is taxes and fees: an exporter on the spot market gets the rest, which may be negative."""


def day_ahead(start_ms: int, hours: int, zone: ZoneInfo, seed: int = 11) -> Series:
    """What a kWh from the grid costs."""
    random = np.random.default_rng(seed)
    first = datetime.fromtimestamp(start_ms / 1000, UTC)
    local = [(first + timedelta(hours=h)).astimezone(zone) for h in range(hours)]
    number = np.array([at.date().toordinal() for at in local])
    hour = np.array([at.hour + 0.5 for at in local])
    day = number - number[0]
    shocks = random.normal(0, 0.02, day[-1] + 1)
    level = np.array([sum(0.8**k * shocks[d - k] for k in range(min(d, 30) + 1)) for d in range(day[-1] + 1)])
    peaks = np.clip(random.normal(1, 0.35, day[-1] + 1), 0.2, 2)
    noon = np.clip(random.normal(1, 0.6, day[-1] + 1), 0, 2.2)
    price = _MEAN + level[day] + peaks[day] * (_hump(hour, _MORNING) + _hump(hour, _EVENING))
    price += noon[day] * _hump(hour, _NOON) + _hump(hour, _NIGHT) + random.normal(0, 0.008, hours)
    return Series(start_ms, 3600, np.maximum(price, _LEAST).round(4))


def _hump(hour: Floats, shape: tuple[float, float, float]) -> Floats:
    at, width, height = shape
    return np.asarray(height * np.exp(-(((hour - at) / width) ** 2)))


def spot_export(buy: Series) -> Series:
    return Series(buy.start_ms, buy.seconds, (buy.values - _SPOT_BELOW).round(4))
