"""Whether a schedule will ever be due: dates that are over, or times with nothing in between, are slips of the pen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from hub.calendar import Calendar
from hub.errors import ConfigError
from hub.schedules.occurrence import Timeline
from hub.schedules.schedule import Schedule
from hub.schedules.times import plain_dates

_YEARS, _YEARS_OF_DATES = 4, 8
"""How far to look: the sun does the same each year, and on each weekday within a few; 29 February comes in eight."""
_BEFORE = timedelta(3)
"""The sun and its offset may carry a start as far from its date."""


def must_come(schedule: Schedule, calendar: Calendar, t: int) -> None:
    """Raises ConfigError, which names the field, for one that neither is due at `t` (UTC ms) nor will be.

    A switch point whose dates are over holds still, and yet nobody would write it now: it is refused too.
    """
    line, today = Timeline(schedule, calendar), calendar.date_at(t)
    if any(d.year > today.year + _YEARS_OF_DATES for d in schedule.dates):
        return
    if schedule.end is not None and any(True for _ in line.within(t, t + 1)):
        return
    found = ((day, line.on(day)) for day in _days(schedule, today))
    if not any(o and (o.start > t or (o.end > t and day >= today)) for day, o in found):
        raise _error(schedule, calendar, line, today)


def is_over(schedule: Schedule, calendar: Calendar, t: int) -> str:
    """Why one that has been kept is never due again after `t` (UTC ms); empty if it holds, or will be due."""
    if schedule.end is None and Timeline(schedule, calendar).last(t):
        return ""
    try:
        must_come(schedule, calendar, t)
    except ConfigError as e:
        return str(e)
    return ""


def _days(schedule: Schedule, today: date) -> Iterator[date]:
    """The dates on which it may begin, from shortly before today on."""
    first = today - _BEFORE
    if not schedule.dates:
        yield from (first + timedelta(n) for n in range(_YEARS * 366))
        return
    for year in range(first.year, first.year + _YEARS_OF_DATES + 1):
        yield from sorted({d for dates in schedule.dates for d in dates.of(year) if d >= first})


def _error(s: Schedule, calendar: Calendar, line: Timeline, today: date) -> ConfigError:
    days = [d for d in _days(s, today) if d >= today]
    kept = [d for d in days if s.on(d, d.weekday(), calendar.is_holiday(d))]
    if s.dates and (not days or any(line.on(d) for d in days)):
        dates = ", ".join(map(plain_dates, s.dates))
        field, said = "dates", f"it is past {dates}; write a date to come, or one of every year like 12-24"
    elif not kept:
        field, said = "holidays", "leaves none of its days, as all of them are holidays; write ignore, or other days"
    elif s.start.sun and all(_sunless(calendar, d, s.start.sun) for d in kept):
        field, said = "start", f"there is no {s.start.sun} on its days; write HH:MM"
    else:
        start, end = (_said(s.document.get(key)) for key in ("start", "end"))
        field, said = (
            "end",
            f"{end} never comes after {start} on its days; write another time, or a duration like '2 h'",
        )
    return ConfigError(f"schedules.{s.id}.{field}", said)


def _said(told: object) -> object:
    return told["at"] if isinstance(told, Mapping) else told


def _sunless(calendar: Calendar, of: date, sun: str) -> bool:
    day = calendar.day(of)
    return (day.sunrise if sun == "sunrise" else day.sunset) is None
