"""When one schedule begins and ends, worked out from the calendar alone.

Local days have 23, 24 or 25 hours: a time that does not exist is when the clock leaps over it, one that comes twice is
its first coming; an interval keeps its ends on the clock, and there is none where the leap swallows it. One with
the same end as start lasts until then of the next day. Where the sun does not rise or set, what goes by it does not
happen. An offset from the sun is a stretch of time, its bounds are clock times.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from hub.calendar import Calendar
from hub.schedules.schedule import Schedule
from hub.schedules.times import At

FOREVER = 2**53
_BEFORE, _AFTER, _LONGEST = 2, 3, 10
"""Dates: the sun and its offset may carry a start to the day before its own or the second one after it, what began nine
days ago may still last; and one more, as there may be a date in between that there was not.
"""
_LOOK_DAYS, _LOOK_YEARS = 200, 8
"""How far to look for the next one: over a polar night, and from one 29 February to the next."""
_OVERNIGHT_MS = 20 * 3_600_000
_KEPT = 512


@dataclass(frozen=True, slots=True)
class Occurrence:
    """From `start` until before `end` (UTC ms). A switch point ends when the next one of the same point begins, which
    is `FOREVER` if there is none.
    """

    schedule: Schedule
    start: int
    end: int


class Timeline:
    """The occurrences of one schedule; those of a switch point have no end yet. Remembers what it has worked out."""

    def __init__(self, schedule: Schedule, calendar: Calendar) -> None:
        self.schedule = schedule
        self._calendar = calendar
        self._made: dict[date, Occurrence | None] = {}

    def on(self, of: date) -> Occurrence | None:
        """The one that belongs to a local date."""
        if of not in self._made:
            if len(self._made) >= _KEPT:
                self._made.clear()
            self._made[of] = self._make(of)
        return self._made[of]

    def between(self, first: date, last: date) -> Iterator[Occurrence]:
        """Those of the local dates, both among them."""
        found = (self.on(first + timedelta(n)) for n in range((last - first).days + 1))
        return (o for o in found if o is not None)

    def within(self, start: int, end: int) -> Iterator[Occurrence]:
        """Those in force some time from `start` until before `end` (UTC ms); of a switch point, that begin in it."""
        first = self._calendar.date_at(start) - timedelta(_LONGEST)
        found = self.between(first, self._calendar.date_at(end) + timedelta(_BEFORE))
        since = start if self.schedule.end is None else 0
        return (o for o in found if since <= o.start < end and o.end > start)

    def last(self, t: int) -> Occurrence | None:
        """The last that begins at `t` (UTC ms) or before."""
        first = self._calendar.date_at(t) + timedelta(_BEFORE)
        return next((o for d in self._days(first, -1) if (o := self.on(d)) and o.start <= t), None)

    def next(self, t: int) -> Occurrence | None:
        """The first that begins after `t` (UTC ms)."""
        first = self._calendar.date_at(t) - timedelta(_AFTER)
        return next((o for d in self._days(first, 1) if (o := self.on(d)) and o.start > t), None)

    def _days(self, first: date, step: int) -> Iterator[date]:
        """Dates it may begin on, from `first` on, or back."""
        if not self.schedule.dates:
            yield from (first + timedelta(step * n) for n in range(_LOOK_DAYS))
            return
        for n in range(_LOOK_YEARS + 1):
            found = {d for dates in self.schedule.dates for d in dates.of(first.year + step * n)}
            yield from sorted((d for d in found if (d - first).days * step >= 0), reverse=step < 0)

    def _make(self, of: date) -> Occurrence | None:
        day, s = self._calendar.day(of), self.schedule
        if not s.on(of, day.weekday, day.holiday) or not self._calendar.exists(of):
            return None
        start = self._time(of, s.start)
        end = None if start is None else self._end(of, start)
        return None if start is None or end is None or end <= start else Occurrence(s, start, end)

    def _end(self, of: date, start: int) -> int | None:
        end = self.schedule.end
        if end is None:
            return FOREVER
        if isinstance(end, int):
            return start + end * 60_000
        if end == self.schedule.start:
            return self._time(of + timedelta(1), end)
        return (
            self._clock_end(of, end) if not self.schedule.start.sun and not end.sun else self._sun_end(of, end, start)
        )

    def _clock_end(self, of: date, end: At) -> int | None:
        """By what is written: from 02:10 to 02:50 is not over midnight, though the leap makes them one instant."""
        return self._time(of + timedelta(end.minute < self.schedule.start.minute), end)

    def _sun_end(self, of: date, end: At, start: int) -> int | None:
        """Over midnight if need be; not nearly a day long, though, when the sun sets at 22:30 on one that is from
        sunset to 22:00.
        """
        same = self._time(of, end)
        if same is None or same > start:
            return same
        after = self._time(of + timedelta(1), end)
        return None if after is None or after - start > _OVERNIGHT_MS else after

    def _time(self, of: date, at: At) -> int | None:
        """UTC ms."""
        if not at.sun:
            return self._calendar.at(of, at.minute)
        day = self._calendar.day(of)
        sun = day.sunrise if at.sun == "sunrise" else day.sunset
        if sun is None:
            return None
        t = self._calendar.at(of, sun) + at.minute * 60_000
        if at.not_before is not None:
            t = max(t, self._calendar.at(of, at.not_before))
        return t if at.not_after is None else min(t, self._calendar.at(of, at.not_after))
