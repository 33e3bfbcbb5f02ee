"""Moments as people name them: local time, weekday, holidays and the sun, for one instant or for a year of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hub.calendar.holidays import holidays
from hub.calendar.sun import Place, elevation, rise_and_set
from hub.model import Moment
from hub.model.site import Site

_EPOCH = date(1970, 1, 1).toordinal()
_KEPT = 64


@dataclass(frozen=True, slots=True)
class Day:
    """A local date: days since 1970, its weekday, and what it has of holiday and sun (minutes since midnight)."""

    day: int
    weekday: int
    holiday: bool
    sunrise: int | None
    sunset: int | None


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
        """UTC ms of a wall-clock time (minutes since midnight, also beyond either end) of a local date.

        A time that does not exist on that date is the moment at which the clock leaps over it; one that comes twice is
        its first coming.
        """
        shifted = of + timedelta(minute // 1440)
        hour, rest = divmod(minute % 1440, 60)
        local = datetime(shifted.year, shifted.month, shifted.day, hour, rest, tzinfo=self.zone)
        t = int(local.timestamp())
        back = datetime.fromtimestamp(t, self.zone)
        if (back.hour, back.minute) != (hour, rest):
            t = self._leap(t)
        return t * 1000

    def _leap(self, t: int) -> int:
        """The instant within three hours of `t` (s UTC) at which the clock goes forward."""
        low, high = t - 3 * 3600, t + 3 * 3600
        before = datetime.fromtimestamp(low, self.zone).utcoffset()
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (
                (middle, high) if datetime.fromtimestamp(middle, self.zone).utcoffset() == before else (low, middle)
            )
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
