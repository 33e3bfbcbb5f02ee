"""Sun and clouds: plane-of-array irradiance in W/m2 for a south roof of 30 degrees."""

import math
import random

TILT = math.radians(30)
DAY = 86400


def clear_sky(local_s: float, latitude: float) -> float:
    """Irradiance on the roof under a clear sky; `local_s` is mean local solar time in seconds since the epoch."""
    lat = math.radians(latitude)
    day_of_year = (local_s / DAY) % 365.2425
    declination = math.radians(23.45) * math.sin(math.tau * (284 + day_of_year) / 365)
    hour = math.radians(15) * ((local_s % DAY) / 3600 - 12)
    sin_elevation = _cos_angle(lat, declination, hour)
    if sin_elevation <= 0.01:
        return 0.0
    direct = 1353 * math.exp(math.log(0.7) * math.exp(-0.678 * math.log(sin_elevation)))
    on_roof = max(_cos_angle(lat - TILT, declination, hour), 0.0)
    return direct * on_roof + 0.1 * direct * (1 + math.cos(TILT)) / 2


def _cos_angle(latitude: float, declination: float, hour: float) -> float:
    """Cosine between the sun and the upright at `latitude`; a plane tilted south is the upright further south."""
    return math.sin(latitude) * math.sin(declination) + math.cos(latitude) * math.cos(declination) * math.cos(hour)


class Clouds:
    """Clouds come and go: two states with seeded dwell times, the share of cloud changing from day to day."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._random = random.Random(f"{seed}/clouds")
        self._day = -1
        self._clearness = 0.8
        self._left = 0.0
        self._target = 1.0
        self.factor = 1.0

    def step(self, day: int, dt: float) -> float:
        """Share of the clear-sky irradiance that gets through, 0.15 .. 1."""
        if day != self._day:
            first = self._day == -1
            self._day = day
            self._clearness = 0.9 if first else random.Random(f"{self._seed}/day/{day}").uniform(0.25, 0.98)
        self._left -= dt
        if self._left <= 0:
            self._turn()
        self.factor += (self._target - self.factor) * min(dt / 25, 1)
        return self.factor

    def _turn(self) -> None:
        clear = self._random.random() < self._clearness
        self._target = self._random.uniform(0.92, 1.0) if clear else self._random.uniform(0.15, 0.6)
        self._left = self._random.expovariate(1 / (400 if clear else 150))
