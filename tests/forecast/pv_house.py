"""A house with panels under changing clouds, and a provider that foretells them: made up, from a seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np

from hub.calendar.sun import Place, towards
from hub.forecast.panels import Plane, power
from hub.forecast.series import Floats, Past, Series

DAY_MS = 86_400_000
BERLIN = Place(52.52, 13.40)
SOUTH = (Plane(35, 0, 5.0),)


@dataclass
class House:
    """`made` and `told`: W of each step from `start_ms` on; a test may change them. `clear`: without clouds."""

    start_ms: int
    seconds: int
    clear: Floats
    made: Floats
    told: Floats
    place: Place

    @property
    def a_day(self) -> int:
        return 86_400 // self.seconds

    def day(self, number: int) -> slice:
        return slice(number * self.a_day, (number + 1) * self.a_day)

    def past(self, day: float, *, place: bool = True, told: bool = True, held_back: np.ndarray | None = None) -> Past:
        """As it is known `day` days after the start; the provider tells two days ahead."""
        n = round(day * self.a_day)
        now = self.start_ms + n * self.seconds * 1000
        providers = {"sky": Series(self.start_ms, self.seconds, self.told[: n + 2 * self.a_day])} if told else {}
        where = (self.place.latitude, self.place.longitude) if place else None
        held = None if held_back is None else held_back[:n]
        power_series = Series(self.start_ms, self.seconds, self.made[:n])
        return Past(now, ZoneInfo("UTC"), power_series, told=providers, place=where, held_back=held)


def house(
    days: int = 80,
    *,
    start: datetime = datetime(2025, 4, 1, tzinfo=UTC),
    seconds: int = 1800,
    planes: Sequence[Plane] = SOUTH,
    place: Place = BERLIN,
    seed: int = 1,
    clouds: float = 1.0,
    provider_bias: float = 1.0,
    provider_error: float = 0.15,
) -> House:
    """`clouds`: 0 = always clear. `provider_error`: standard deviation of what it tells of the clearness, 0 to 1."""
    rng = np.random.default_rng(seed)
    start_ms = int(start.timestamp() * 1000)
    slots = 86_400 // seconds
    middle = start_ms // 1000 + np.arange(days * slots, dtype=np.int64) * seconds + seconds // 2
    up = np.maximum(towards(middle, place)[2], 1e-6)
    sky = np.where(up > 0.001, 1098 * up * np.exp(-0.057 / up), 0.0)
    kind = 1 - clouds * (1 - rng.beta(1.2, 1.0, days))
    moving = np.repeat(kind, slots) + clouds * 0.12 * np.repeat(rng.standard_normal(days * 8), slots // 8)
    expected = np.repeat(kind + clouds * provider_error * rng.standard_normal(days), slots)

    def watts(clearness: Floats) -> Floats:
        weather = {"irradiance": sky * clearness}
        return np.sum([power(p, place, middle, weather) for p in planes], axis=0)

    clear = watts(np.ones(days * slots))
    made, told = watts(np.clip(moving, 0.08, 1.0)), watts(np.clip(expected, 0.08, 1.0)) * provider_bias
    return House(start_ms, seconds, clear, made, told, place)
