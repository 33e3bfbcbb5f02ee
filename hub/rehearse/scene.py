"""What all policies have in common: the house, the time, what was used and made in it, and what it cost."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np

from hub.calendar import calendar_of
from hub.errors import UserError
from hub.forecast.homefile import Home
from hub.forecast.series import Floats, Series
from hub.model.site import Site
from hub.rehearse.highest import Highest, highest
from hub.rehearse.market import Market, market
from hub.rehearse.plant import capacity_of
from hub.rehearse.visits import Visits
from hub.rehearse.world import World


@dataclass(frozen=True, slots=True)
class Scene:
    """`load`, `pv`: W in the steps of `seconds` from `start` (UTC ms) on, without gaps; `first`: the step of the home's
    file that is the first one. `assumed`: what was not told; `highest`: None where no power is charged for.
    """

    site: Site
    world: World
    home: Home
    zone: ZoneInfo
    first: int
    start: int
    seconds: int
    load: Floats
    pv: Floats
    market: Market
    visits: Visits
    assumed: tuple[str, ...]
    highest: Highest | None = None

    @property
    def steps(self) -> int:
        return len(self.load)

    @property
    def place(self) -> tuple[float, float] | None:
        """Degrees north and east."""
        told = self.site.calendar
        return None if told.latitude is None or told.longitude is None else (told.latitude, told.longitude)

    @property
    def days_off(self) -> frozenset[int]:
        """Public holidays of the time and of the year before it, days since 1970."""
        days = range(self.start // _DAY_MS - 366, (self.start + self.steps * self.seconds * 1000) // _DAY_MS + 4)
        moments = calendar_of(self.site).moments(np.array([d * _DAY_MS + _DAY_MS // 2 for d in days], np.int64))
        return frozenset(int(d) for d in moments.day[moments.holiday])


_DAY_MS = 86_400_000


def scene(home: Home, site: Site, world: World, first: int, end: int) -> Scene:
    """The steps of the home's file from `first` until before `end`. Raises UserError for what the file lacks."""
    if world.pumps and home.temperature is None:
        raise UserError("temperature_c: a heat pump needs it: add the column to the file, or take the pump out")
    zone = ZoneInfo(site.timezone)
    load, no_load = whole(home.load, first, end)
    pv, no_pv = whole(home.pv, first, end) if home.pv else (np.zeros(end - first), 0)
    prices = market(site.tariff, home.load, (home.price_import, home.price_export), zone)
    gaps = {"load_w": no_load, "pv_w": no_pv}
    told = [f"{k}: {n} of {end - first} steps are missing, taken from other days" for k, n in gaps.items() if n]
    told += [
        f"{b.device}: capacity_wh is not told, taken to be {capacity_of(b):g}"
        for b in site.batteries
        if not b.capacity_wh
    ]
    return Scene(
        site,
        world,
        home,
        zone,
        first,
        home.load.start_ms + first * home.load.seconds * 1000,
        home.load.seconds,
        np.maximum(load, 0.0),
        np.maximum(pv, 0.0),
        prices,
        Visits(zone, home.temperature or home.load),
        (*told, *prices.assumed),
        highest(
            site.tariff.network.capacity if site.tariff else None,
            home.load.start_ms + first * home.load.seconds * 1000,
            home.load.seconds,
            end - first,
            calendar_of(site),
        ),
    )


def whole(series: Series, first: int, end: int) -> tuple[Floats, int]:
    """The steps without a gap, and how many were missing: as on the day before, else as on the next that is known."""
    day = 86_400 // series.seconds
    values = series.values.copy()
    missing = int(np.isnan(values[first:end]).sum())
    for i in np.flatnonzero(np.isnan(values)):
        values[i] = values[i - day] if i >= day else np.nan
    for i in np.flatnonzero(np.isnan(values))[::-1]:
        values[i] = values[i + day] if i + day < len(values) else 0.0
    return np.nan_to_num(values[first:end]), missing
