"""Moments as people name them: local time, weekday, holidays and the sun, for one instant or for a year of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from hub.calendar.holidays import holidays
from hub.calendar.sun import DAY_S, Place, elevation, elevations, rise_and_set
from hub.model import Moment
from hub.model.site import Site

_EPOCH = date(1970, 1, 1).toordinal()
_KEPT = 1024
_QUARTER_S = 900
"""No clock of our time is put forward or back but at a whole quarter of an hour UTC."""


@dataclass(frozen=True, slots=True)
class Day:
    """A local date: days since 1970, its weekday, and what it has of holiday and sun.

    `sunrise`, `sunset`: minutes since midnight on the wall clock; below 0 or from 1440 where, far north or far south,
    the sun rises before or sets after midnight.
    """

    day: int
    weekday: int
    holiday: bool
    sunrise: int | None
    sunset: int | None


@dataclass(frozen=True, slots=True)
class Moments:
    """Fields of `Moment` as arrays; NaN where there is no sunrise, sunset or elevation. `t`: UTC ms."""

    t: NDArray[np.int64]
    minute: NDArray[np.int16]
    weekday: NDArray[np.int8]
    day: NDArray[np.int32]
    holiday: NDArray[np.bool_]
    sunrise: NDArray[np.float64]
    sunset: NDArray[np.float64]
    elevation: NDArray[np.float64]

    @property
    def local(self) -> NDArray[np.int64]:
        """The local day and time, in minutes."""
        return self.day.astype(np.int64) * 1440 + self.minute

    def __len__(self) -> int:
        return len(self.t)


def calendar_of(site: Site) -> Calendar:
    """The calendar of the site document."""
    told = site.calendar
    place = None if told.latitude is None or told.longitude is None else Place(told.latitude, told.longitude)
    extra, without = (map(date.fromisoformat, dates) for dates in (told.extra, told.without))
    return Calendar(ZoneInfo(site.timezone), place, told.region, extra, without)


class Calendar:
    """`region`: whose public holidays count; `extra` and `without`: dates that do too, or do not."""

    def __init__(
        self,
        zone: ZoneInfo,
        place: Place | None = None,
        region: str = "",
        extra: Iterable[date] = (),
        without: Iterable[date] = (),
    ) -> None:
        self.zone, self.place = zone, place
        self._region, self._extra, self._without = region, frozenset(extra), frozenset(without)
        self._days: dict[date, Day] = {}
        self._minute: tuple[int, float | None, int, Day] | None = None

    def moment(self, t_ms: int) -> Moment:
        """The moment at `t_ms` (UTC ms). The sun's place is that at the begin of the UTC minute."""
        minute = t_ms // 60_000
        if self._minute is None or self._minute[0] != minute:
            at = datetime.fromtimestamp(minute * 60, UTC).astimezone(self.zone)
            up = None if self.place is None else elevation(minute * 60, self.place)
            self._minute = minute, up, at.hour * 60 + at.minute, self.day(at.date())
        _, up, local, day = self._minute
        return Moment(t_ms, local, day.weekday, day.day, day.holiday, day.sunrise, day.sunset, up)

    def moments(self, t_ms: NDArray[np.int64]) -> Moments:
        """The moment at each of `t_ms` (UTC ms), in any order."""
        t_s = t_ms // 60_000 * 60
        local = t_s + self._offsets(t_s)
        days, which = np.unique(local // DAY_S, return_inverse=True)
        each = [self.day(date.fromordinal(int(d) + _EPOCH)) for d in days]
        up = np.full(len(t_s), np.nan) if self.place is None else elevations(t_s, self.place)
        return Moments(
            t_ms,
            (local % DAY_S // 60).astype(np.int16),
            np.array([d.weekday for d in each], np.int8)[which],
            days.astype(np.int32)[which],
            np.array([d.holiday for d in each], np.bool_)[which],
            np.array([d.sunrise for d in each], np.float64)[which],  # None becomes NaN
            np.array([d.sunset for d in each], np.float64)[which],
            up,
        )

    def _offsets(self, t_s: NDArray[np.int64]) -> NDArray[np.int64]:
        """How far the local clock is ahead of UTC, s."""
        quarters, which = np.unique(t_s // _QUARTER_S, return_inverse=True)
        return np.array([self._offset(int(q) * _QUARTER_S) for q in quarters], np.int64)[which]

    def _offset(self, t_s: int) -> int:
        return _seconds(datetime.fromtimestamp(t_s, self.zone))

    def day(self, of: date) -> Day:
        """What is known of a local date."""
        found = self._days.get(of)
        if found is None:
            if len(self._days) >= _KEPT:
                self._days.clear()
            sun = self._sun(of)
            found = Day(of.toordinal() - _EPOCH, of.weekday(), self.is_holiday(of), *(sun or (None, None)))
            self._days[of] = found
        return found

    def is_holiday(self, of: date) -> bool:
        if of in self._without:
            return False
        return of in self._extra or (bool(self._region) and of in holidays(self._region, of.year))

    def at(self, of: date, minute: int) -> int:
        """UTC ms of a wall-clock time (minutes since midnight, also beyond either end) of a local date: the first
        instant at which the clock shows it or has leapt over it.
        """
        shifted = of + timedelta(minute // 1440)
        hour, rest = divmod(minute % 1440, 60)
        local = datetime(shifted.year, shifted.month, shifted.day, hour, rest, tzinfo=self.zone)
        leapt = _seconds(local.replace(fold=1)) - _seconds(local)
        t = int(local.timestamp())
        return (t if leapt <= 0 else self._leap(t - leapt, t)) * 1000

    def exists(self, of: date) -> bool:
        """Samoa went from 29 to 31 December 2011."""
        return self.date_at(self.at(of, 0)) == of

    def date_at(self, t_ms: int) -> date:
        """The local date at `t_ms` (UTC ms)."""
        return datetime.fromtimestamp(t_ms // 1000, self.zone).date()

    def _leap(self, low: int, high: int) -> int:
        """The instant (s UTC) after `low` and not after `high` at which the clock goes forward."""
        before = self._offset(low)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self._offset(middle) == before else (low, middle)
        return high

    def _sun(self, of: date) -> tuple[int, int] | None:
        """Minutes of the local clock."""
        if self.place is None:
            return None
        noon = datetime(of.year, of.month, of.day, 12, tzinfo=self.zone).timestamp()
        found = rise_and_set(noon, self.place)
        if found is None:
            return None
        rise, fall = (datetime.fromtimestamp(round(t / 60) * 60, self.zone) for t in found)
        return _minutes(rise, of), _minutes(fall, of)


def _minutes(at: datetime, of: date) -> int:
    return (at.date() - of).days * 1440 + at.hour * 60 + at.minute


def _seconds(at: datetime) -> int:
    """Of its clock before UTC."""
    offset = at.utcoffset()
    assert offset is not None  # it has a zone
    return int(offset.total_seconds())
