"""What schedules ask at a moment: worked out from the calendar alone, so that no restart and no outage can lose it.

Local days have 23, 24 or 25 hours: a time that does not exist is when the clock leaps over it, one that comes twice is
its first coming; an interval keeps its ends on the clock.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from hub.calendar import Calendar
from hub.model import Request, Source
from hub.schedules.schedule import At, Schedule

PRIORITY = 40
_BACK = 8
"""Days before a date that an occurrence of it may have begun on: a week is the longest."""
_FOREVER = 2**53


@dataclass(frozen=True, slots=True)
class Occurrence:
    """From `start` until before `end` (UTC ms); `end` of a switch point is the next one's start."""

    schedule: Schedule
    start: int
    end: int


class Due:
    """All schedules of a house. What is due changes rarely: it is worked out once for each stretch without a change."""

    def __init__(self, schedules: tuple[Schedule, ...], calendar: Calendar) -> None:
        self._schedules = schedules
        self._calendar = calendar
        self._stretch: tuple[int, int, int, tuple[Request, ...]] | None = None

    def at(self, t: int, up_since: int = 0) -> tuple[Request, ...]:
        """What is asked at `t` (UTC ms), by a hub that has been running since `up_since`."""
        known = self._stretch
        if known is None or not known[0] <= t < known[1] or known[2] != up_since:
            self._stretch = known = self._worked_out(t, up_since)
        return known[3]

    def _worked_out(self, t: int, up_since: int) -> tuple[int, int, int, tuple[Request, ...]]:
        found = self.around(t)
        begun = [o for o in found if o.start <= t < o.end]
        running = [o for o in begun if not (o.schedule.skips_missed and o.start < up_since)]
        edges = [e for o in found for e in (o.start, o.end)]
        today = self._date(t)
        since = max(self._calendar.at(today, 0), *(e for e in edges if e <= t), 0)
        until = min(self._calendar.at(today, 1440), *(e for e in edges if e > t), _FOREVER)
        return since, until, up_since, tuple(map(_request, _first(running)))

    def around(self, t: int) -> list[Occurrence]:
        """All that are in force at `t` or begin within two days of it, by start."""
        today = self._date(t)
        return self.between(today - timedelta(_BACK), today + timedelta(2))

    def _date(self, t: int) -> date:
        return datetime.fromtimestamp(t / 1000, UTC).astimezone(self._calendar.zone).date()

    def between(self, first: date, last: date) -> list[Occurrence]:
        """All that begin on one of the local dates, by start and id. Switch points end when the next one begins."""
        found = [o for s in self._schedules for o in self._of(s, first, last)]
        found.sort(key=lambda o: (o.start, o.schedule.id))
        return list(_ended(found))

    def next_change(self, t: int) -> int | None:
        """When what is asked changes next (UTC ms), within the next two days."""
        return min((e for o in self.around(t) for e in (o.start, o.end) if t < e < _FOREVER), default=None)

    def _of(self, schedule: Schedule, first: date, last: date) -> Iterator[Occurrence]:
        for n in range((last - first).days + 1):
            of = first + timedelta(n)
            day = self._calendar.day(of)
            if schedule.on(of, day.weekday, day.holiday):
                start, end = self._time(of, schedule.start), self._until(of, schedule)
                if start is not None and end is not None and start < end:
                    yield Occurrence(schedule, start, end)

    def _until(self, of: date, schedule: Schedule) -> int | None:
        if schedule.end is None:
            return _FOREVER
        start = self._time(of, schedule.start)
        if isinstance(schedule.end, int):
            return None if start is None else start + schedule.end * 60_000
        end = self._time(of, schedule.end)
        if start is not None and end is not None and end <= start:
            end = self._time(of + timedelta(1), schedule.end)
        return end

    def _time(self, of: date, at: At) -> int | None:
        """None where the sun does not rise or set that day."""
        if not at.sun:
            return self._calendar.at(of, at.minute)
        day = self._calendar.day(of)
        sun = day.sunrise if at.sun == "sunrise" else day.sunset
        return None if sun is None else self._calendar.at(of, sun + at.minute)


def _ended(found: list[Occurrence]) -> Iterator[Occurrence]:
    """A switch point holds until the next one of the same point."""
    for k, o in enumerate(found):
        if o.end == _FOREVER:
            same = (n for n in found[k + 1 :] if n.schedule.point == o.schedule.point and n.schedule.end is None)
            later = (n.start for n in same if n.start > o.start)
            yield Occurrence(o.schedule, o.start, next(later, _FOREVER))
        else:
            yield o


def _first(running: list[Occurrence]) -> list[Occurrence]:
    """Of several on one point the one that began last, then the one whose id comes first."""
    best: dict[tuple[str, str], Occurrence] = {}
    for o in running:
        key = o.schedule.point, o.schedule.relation.value
        held = best.get(key)
        if held is None or (-o.start, o.schedule.id) < (-held.start, held.schedule.id):
            best[key] = o
    return list(best.values())


def _request(o: Occurrence) -> Request:
    s = o.schedule
    return Request(
        f"schedule:{s.id}:{o.start}",
        s.point,
        s.relation,
        s.value,
        Source.RULE,
        o.start,
        o.end,
        cause=f"schedule:{s.id}",
        priority=PRIORITY,
    )
