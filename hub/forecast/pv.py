"""What the panels will make, learned from what they made and from what providers say.

Every forecaster here is one table of hub.forecast.window: how it would have foretold each of the last weeks' days, and
the days to come. From that table come its bands, what it gets wrong, and its weight in the blend. What holds for all:
nothing at night, never more than the panels were seen to be able to, nothing while they lie under snow or stand still,
and after sunrise what the last hours showed. Pure; numpy only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from hub.calendar.sun import Place
from hub.forecast import blend, lately, residuals
from hub.forecast.candidates import Forecaster
from hub.forecast.planes import clear_of_planes, clear_of_slots, sun_over
from hub.forecast.series import Floats, Forecast, Past
from hub.forecast.window import ROWS, Window, window

_SEASONED_DAYS, _ABSURD, _AT_NIGHT = 14, 10.0, 0.03


@dataclass(frozen=True)
class Sight:
    """All that is seen at one origin for one lead (days ahead, from 1 on)."""

    seen: Window
    clear: Floats
    lit: NDArray[np.bool_]
    made: Floats
    lead: int
    slot_s: int

    @property
    def row(self) -> int:
        """Of the day that is foretold."""
        return ROWS + self.lead - 1

    def beside(self, table: Table) -> tuple[Floats, Floats, Floats, Floats]:
        """What `table` foretold of the days before and foretells of this one, what was made, and the clear sky of all;
        where it is silent, what the house knows by itself.
        """
        found = table(self)
        found = np.where(np.isnan(found), self.own, found)
        return found[:ROWS], np.nan_to_num(found[self.row]), self.made[:ROWS], self.clear[[*range(ROWS), self.row]]

    @cached_property
    def before(self) -> Floats:
        """The last day as it was, whatever was wrong with it."""
        return blend.latest(self.seen.made, self.lead)

    @cached_property
    def yesterday(self) -> Floats:
        return blend.latest(self.made, self.lead)

    @cached_property
    def usual(self) -> Floats:
        return blend.mean_of(self.made, self.lead, 7)

    @cached_property
    def plane(self) -> Floats:
        """The clear sky times how clear it is likely to be, and what the slots of the day make of it."""
        lit = self.clear > 0
        known = ~np.isnan(self.made) & lit
        made, could = np.where(known, self.made, 0.0).sum(axis=1), np.where(known, self.clear, 0.0).sum(axis=1)
        level = blend.clearness(made, could, float(self.clear.max()), self.lead)
        seen = np.where(lit.any(axis=1, keepdims=True), self.clear, np.nan)
        return blend.calibrated(seen * level[:, None], self.made, self.lead)

    @cached_property
    def calibrated(self) -> dict[str, Floats]:
        """What providers tell, less what they always get wrong; what these panels could never make is not heard."""
        absurd = _ABSURD * float(self.clear.max()) or np.inf
        heard = {name: np.where(told > absurd, np.nan, told) for name, told in self.seen.told.items()}
        return {name: blend.calibrated(told, self.made, self.lead) for name, told in heard.items()}

    @cached_property
    def own(self) -> Floats:
        """What the house knows by itself."""
        return blend.blended([self.yesterday, self.usual, self.plane], self.made, self.plane, self.lead, self.row)

    @cached_property
    def blend(self) -> Floats:
        return blend.blended([self.own, *self.calibrated.values()], self.made, self.plane, self.lead, self.row)


Table = Callable[[Sight], Floats]
_LEARNED: Mapping[str, Table] = {
    "mean-7d": lambda s: s.usual,
    "plane": lambda s: s.plane,
    "own": lambda s: s.own,
    "blend": lambda s: s.blend,
}


def candidates(providers: Iterable[str]) -> dict[str, Forecaster]:
    """All forecasters of the panels, those of each of the providers among them (names as in Past.told)."""
    found = {"persistence": _forecaster("persistence", lambda s: s.before, raw=True)}
    found |= {name: _forecaster(name, table) for name, table in _LEARNED.items()}
    for name in providers:
        found[f"told:{name}"] = _forecaster(f"told:{name}", _told(name), raw=True)
        found[f"calibrated:{name}"] = _forecaster(f"calibrated:{name}", _calibrated(name))
    return found


def _told(provider: str) -> Table:
    return lambda s: s.seen.told.get(provider, np.full_like(s.made, np.nan))


def _calibrated(provider: str) -> Table:
    return lambda s: s.calibrated.get(provider, np.full_like(s.made, np.nan))


def _forecaster(name: str, table: Table, *, raw: bool = False) -> Forecaster:
    """`raw`: the middle as the table says it, with nothing learned but the band around it."""

    def forecast(past: Past, steps: int) -> Forecast | None:
        seen = window(past, steps)
        told = any(not np.isnan(rows[ROWS:]).all() for rows in seen.told.values())
        if not _enough(seen) and not told:
            return None
        clear, lit = _clear(seen, past.place)
        made = lately.without_still_days(seen.made, clear)
        sights = [Sight(seen, clear, lit, made, lead, past.power.seconds) for lead in range(1, seen.ahead + 1)]
        days = [_raw_day(s, table) if raw else _day(s, table) for s in sights]
        low, mid, high, mean = np.concatenate(days, axis=1)[:, :steps]
        return Forecast(past.now_ms, past.power.seconds, low, mid, high, mean, past.now_ms, name)

    return forecast


def _enough(seen: Window) -> bool:
    """At least half of a day is known of what was made."""
    return int((~np.isnan(seen.made)).sum()) >= seen.slots // 2


def _seasoned(seen: Window) -> bool:
    return int((np.nan_to_num(seen.made) > 0).any(axis=1).sum()) >= _SEASONED_DAYS


def _clear(seen: Window, place: tuple[float, float] | None) -> tuple[Floats, NDArray[np.bool_]]:
    """What the panels could make, W, and where the sun may be up: both of the shape of `seen.made`.

    A place at which the panels would make much of their power at night is not theirs, and is not used.
    """
    of_slots = clear_of_slots(seen.made)
    if place is not None:
        where = Place(*place)
        up = sun_over(seen.middle_s, where)[2] > 0
        if of_slots[~up].sum() <= _AT_NIGHT * of_slots.sum():
            return clear_of_planes(seen.made, seen.middle_s, where), up
    told = [np.nan_to_num(rows) > 0 for rows in seen.told.values()] if not _seasoned(seen) else []
    return of_slots, np.logical_or.reduce([of_slots > 0, *told])


def _day(sight: Sight, table: Table) -> Floats:
    """(low, mid, high, mean) of the day of the sight; shape (4, slots)."""
    past, day, made, clear = sight.beside(table)
    if sight.lead == 1:
        ratio = lately.brighter(made[-1], past[-1], clear[-2], sight.slot_s)
        day = day * lately.fading(ratio, sight.seen.slots, sight.slot_s)
    low, mid, high = residuals.quantiles(day, past, made, clear, sight.slot_s)
    mean = day * residuals.bias(past, made)
    still = lately.still_days(sight.seen.made[:ROWS], past, clear[:-1], sight.slot_s)
    if still > 0:
        left = lately.still_factor(still, sight.lead)
        low, mid, mean = 0 * low, mid * left, mean * left
    out = np.stack([low, mid, np.maximum(mid, high), mean])
    if _seasoned(sight.seen):
        out = np.minimum(out, lately.ceiling(made, clear, sight.slot_s))
    return np.where(sight.lit[sight.row], np.maximum(out, 0.0), 0.0)


def _raw_day(sight: Sight, table: Table) -> Floats:
    """The same for a table that is taken as it is."""
    past, day, made, clear = sight.beside(table)
    low, _, high = residuals.quantiles(day, past, made, clear, sight.slot_s)
    return np.stack([np.minimum(low, day), day, np.maximum(high, day), day])


CANDIDATES: Mapping[str, Forecaster] = candidates(())
"""Those that need no provider's name; the blend takes all providers of the past."""
