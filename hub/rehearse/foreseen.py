"""What the hub would have expected of load and sun at any moment of the past, by its own forecasters."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import numpy as np

from hub.forecast import lately
from hub.forecast import load as loads
from hub.forecast import pv as panels
from hub.forecast.homefile import Home
from hub.forecast.series import Floats, Past, Series

_LEARNT_MS = 270 * 86_400_000
_PANELS_MS = 120 * 86_400_000
"""So much of the past is looked at."""
_DAY_MS, _HOUR_MS, _ANEW_MS, _DARK_W = 86_400_000, 3_600_000, 3 * 3_600_000, 1.0
_LADDER = ("slots", "persistence", "typical")
"""While there is too little of it to learn from."""


class Foreseen:
    """`place`: degrees north and east, where known; `days_off`: as in Past."""

    def __init__(
        self,
        home: Home,
        zone: ZoneInfo,
        place: tuple[float, float] | None = None,
        days_off: frozenset[int] = frozenset(),
    ) -> None:
        self._home, self._zone, self._place, self._days_off = home, zone, place, days_off
        self._use = self._sun = Series(0, home.load.seconds, np.zeros(0))
        self._learned = loads.Nightly()
        self._told = {"file": home.told} if home.told else {}
        self._panels = panels.candidates(self._told)["blend"]

    def load(self, now: int, steps: int) -> Floats:
        """W of the steps from `now` (UTC ms) on; made anew each hour, learned anew each local day."""
        step_ms = self._home.load.seconds * 1000
        if now >= self._use.start_ms + _HOUR_MS or now + steps * step_ms > self._use.end_ms:
            past, more = self._past(self._home.load, now, _LEARNT_MS), steps + _HOUR_MS // step_ms
            ladder = (self._learned, *(loads.CANDIDATES[name] for name in _LADDER))
            found = (forecaster(past, more) for forecaster in ladder)
            self._use = Series(now, step_ms // 1000, next(f.mid for f in found if f is not None))
        return self._use.between(now, now + steps * step_ms).values

    def pv(self, now: int, steps: int) -> Floats:
        """W that are counted on; nothing where there are no panels, or nobody has seen them yet."""
        if self._home.pv is None:
            return np.zeros(steps)
        step_ms = self._home.pv.seconds * 1000
        if self._is_news(self._home.pv, now, steps):
            day = _DAY_MS // step_ms
            past, whole = self._past(self._home.pv, now, _PANELS_MS), -(-steps // day) * day
            found = self._panels(past, whole) or panels.CANDIDATES["persistence"](past, whole)
            self._sun = Series(now, step_ms // 1000, found.counted_on if found else np.zeros(whole))
        return self._sun.between(now, now + steps * step_ms).values * self._brighter(self._home.pv, now, steps)

    def _is_news(self, made: Series, now: int, steps: int) -> bool:
        """A forecast every three hours, and none while it stays dark: nothing new can be learned of the sun."""
        if now + steps * made.seconds * 1000 > self._sun.end_ms:
            return True
        since = [s.between(self._sun.start_ms, now).values for s in (made, self._sun)]
        return now - self._sun.start_ms >= _ANEW_MS and any((np.nan_to_num(w) > _DARK_W).any() for w in since)

    def _brighter(self, made: Series, now: int, steps: int) -> Floats:
        """What the time since the last forecast showed, as forecasts themselves take it up."""
        since, told = (s.between(self._sun.start_ms, now).values for s in (made, self._sun))
        if not len(since):
            return np.ones(steps)
        usual = np.nan_to_num(made.between(now - 28 * _DAY_MS, now).values)
        return lately.fading(lately.brighter(since, told, usual, made.seconds), steps, made.seconds)

    def _past(self, power: Series, now: int, reach: int) -> Past:
        start = max(power.start_ms, now - reach)
        ahead = now + 4 * 86_400_000
        return Past(
            now,
            self._zone,
            power.between(start, now),
            self._home.temperature.between(start, ahead) if self._home.temperature else None,
            {name: told.between(start, ahead) for name, told in self._told.items()},
            self._days_off,
            self._place,
        )
