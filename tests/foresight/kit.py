"""A house with a past, for what looks ahead."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np

from hub.forecast.series import Floats, Past, Series
from hub.foresight.view import STEP_MS, STEP_S, CarSeen, View
from hub.model.site import BatteryControl, Price, Site

ZONE = ZoneInfo("Europe/Berlin")
START = round(datetime(2026, 3, 10, 12, tzinfo=UTC).timestamp() * 1000)
HOUR, DAY = 3_600_000, 86_400_000
A_DAY = DAY // STEP_MS
SITE = Site(timezone="Europe/Berlin", batteries=(BatteryControl("battery"),))


def load_w(days: int, seed: int = 1) -> Floats:
    """A house that sleeps at night and is at home in the evening, each day somewhat otherwise."""
    hours = np.arange(days * A_DAY) / 4 % 24
    usual = 300 + 500 * ((hours > 17) & (hours < 22)) + 200 * ((hours > 6) & (hours < 9))
    out: Floats = usual * np.random.default_rng(seed).uniform(0.8, 1.2, len(hours))
    return out


def pv_w(days: int, seed: int = 2) -> Floats:
    """Panels under a sky that is another one each day; the hours are those of UTC."""
    hours = np.arange(days * A_DAY) / 4 % 24
    clear = 4000 * np.maximum(0.0, np.sin((hours - 6) / 12 * np.pi))
    sky = np.repeat(np.random.default_rng(seed).uniform(0.3, 1.0, days), A_DAY)
    out: Floats = clear * sky
    return out


def past(values: Floats, end: int = START) -> Past:
    return Past(end, ZONE, Series(end - len(values) * STEP_MS, STEP_S, values), place=(52.5, 13.4))


def prices(hours: int = 36, start: int = START) -> tuple[Price, ...]:
    """Cheap at night, dear in the evening, in 1e-5 per kWh."""
    return tuple(
        Price(start + h * HOUR, start + (h + 1) * HOUR, 15_000 + 25_000 * ((start // HOUR + h) % 24 in range(16, 21)),
              False, 8_000)
        for h in range(hours)
    )  # fmt: skip


def view(days: int = 30, **more: object) -> View:
    """With `days` of past; `more` replaces what is told of it."""
    seen = View(
        SITE, START + 60_000, START, past(load_w(days)), past(pv_w(days)), prices=prices(),
        soc={"battery": 30.0}, capacity_wh={"battery": 10_000.0},
    )  # fmt: skip
    return replace(seen, **more)  # type: ignore[arg-type]


def car(goal_wh: float = 8_000.0, hours: int = 16) -> CarSeen:
    return CarSeen("wallbox", 6, 16, (3,), 1, goal_wh=goal_wh, by=START + hours * HOUR)
