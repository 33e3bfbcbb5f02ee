"""Times of day and dates of the year as they are written in a schedule, and back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from hub.model.document import hint

Fault = Callable[[str, str], Exception]
"""Makes the error that names a field: of (field, what is wrong and what would be right)."""

_CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{2})")
_SUN = re.compile(r"(sunrise|sunset)(?:\s*([+-])\s*([0-9]{1,9})\s*(min|h))?")
_DURATION = re.compile(r"([0-9]{1,9})\s*(min|h)")
_YEARLY = re.compile(r"([0-9]{2})-([0-9]{2})(?:\.\.([0-9]{2})-([0-9]{2}))?")
_ONE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MINUTES = {"min": 1, "h": 60}
_BOUNDS = ("not_before", "not_after")
_RIGHT = "write HH:MM, or sunrise or sunset with an offset like 'sunset - 30 min'"
_RIGHT_END = _RIGHT.replace("HH:MM", "HH:MM (24:00 for midnight)")
_LONGEST_MIN, _FARTHEST_MIN = 7 * 1440, 720
_MIDNIGHT = "24:00"
"""As an end: when the day is over, however long it was."""


@dataclass(frozen=True, slots=True)
class At:
    """A time of day: minutes since midnight, 1440 at the end of a day, or from `sun` ("sunrise" or "sunset") on.

    `not_before`, `not_after`: minutes since midnight that a time by the sun is kept within.
    """

    minute: int
    sun: str = ""
    not_before: int | None = None
    not_after: int | None = None


@dataclass(frozen=True, slots=True)
class Dates:
    """Dates of each year, both ends among them, as (month, day); or one date of one `year`."""

    first: tuple[int, int]
    last: tuple[int, int]
    year: int = 0

    def __contains__(self, of: date) -> bool:
        day = of.month, of.day
        if self.year:
            return of.year == self.year and day == self.first
        if self.first <= self.last:
            return self.first <= day <= self.last
        return day >= self.first or day <= self.last

    def of(self, year: int) -> Iterator[date]:
        """Those in a year."""
        if self.year and self.year != year:
            return
        wraps = self.first > self.last
        spans = (((1, 1), self.last), (self.first, (12, 31))) if wraps else ((self.first, self.last),)
        for first, last in spans:
            yield from (day for day in _days(year, first, last) if day in self)


def _days(year: int, first: tuple[int, int], last: tuple[int, int]) -> Iterator[date]:
    """From `first` to `last`; their months may have a day less that year, so a 1 March may be one too many."""
    begin, end = (date(year, month, 1) + timedelta(day - 1) for month, day in (first, last))
    return (begin + timedelta(n) for n in range((end - begin).days + 1))


# -- reading ---------------------------------------------------------------------------------------------------------


def read_at(key: str, told: object, has_place: bool, fault: Fault, right: str = _RIGHT) -> At:
    """From "07:30", "sunset - 30 min", or {"at": "sunset", "not_before": "16:30", "not_after": "22:00"}."""
    if not isinstance(told, Mapping):
        return _simple(key, told, has_place, fault, right)
    for name in told:
        if name not in ("at", *_BOUNDS):
            raise fault(f"{key}.{name}", f"unknown key{hint(str(name), ('at', *_BOUNDS))}")
    at = _simple(f"{key}.at", told.get("at", ""), has_place, fault, right)
    low, high = (_bound(f"{key}.{name}", told[name], fault) if name in told else None for name in _BOUNDS)
    if not at.sun and (low, high) != (None, None):
        raise fault(key, "only a time by the sun has bounds; drop them, or write sunrise or sunset")
    if low is not None and high is not None and low > high:
        raise fault(f"{key}.not_after", "lies before not_before; swap them")
    return At(at.minute, at.sun, low, high)


def read_end(told: object, has_place: bool, fault: Fault) -> At | int:
    """A time of day, 24:00 too, or a number of minutes from a duration like "2 h"."""
    if isinstance(told, str) and (duration := _DURATION.fullmatch(told.strip())):
        minutes = int(duration[1]) * _MINUTES[duration[2]]
        if not 0 < minutes <= _LONGEST_MIN:
            raise fault("end", "is a duration from 1 min to a week")
        return minutes
    midnight = (told.strip() if isinstance(told, str) else told) in (_MIDNIGHT, {"at": _MIDNIGHT})
    return At(1440) if midnight else read_at("end", told, has_place, fault, _RIGHT_END)


def read_dates(told: object, fault: Fault) -> tuple[Dates, ...]:
    listed = [told] if isinstance(told, str) else told
    if not isinstance(listed, list) or not listed:
        raise fault("dates", "must be a list of dates; write at least one, or drop it")
    return tuple(_date(text, fault) for text in listed)


def _simple(key: str, told: object, has_place: bool, fault: Fault, right: str) -> At:
    if told in (None, ""):
        raise fault(key, "is missing; add it")
    text = told.strip() if isinstance(told, str) else ""
    if (minute := _clock(text)) is not None:
        return At(minute)
    sun = _SUN.fullmatch(text)
    if sun is None:
        raise fault(key, f"{told!r} is no time of day; {right}")
    if not has_place:
        raise fault(key, "the sun needs a place: give calendar.latitude and calendar.longitude, or write HH:MM")
    moved = int(sun[3] or 0) * _MINUTES.get(sun[4] or "min", 1)
    if moved > _FARTHEST_MIN:
        raise fault(key, "is more than 12 h from the sun; write a time of day")
    return At(-moved if sun[2] == "-" else moved, sun[1])


def _bound(key: str, told: object, fault: Fault) -> int:
    minute = _clock(told.strip()) if isinstance(told, str) else None
    if minute is None:
        raise fault(key, f"{told!r} is no time of day; write HH:MM")
    return minute


def _clock(text: str) -> int | None:
    clock = _CLOCK.fullmatch(text)
    hour, minute = (int(clock[1]), int(clock[2])) if clock else (24, 0)
    return hour * 60 + minute if hour < 24 and minute < 60 else None


def _date(told: Any, fault: Fault) -> Dates:
    text = told if isinstance(told, str) else ""
    try:
        if yearly := _YEARLY.fullmatch(text):
            first = int(yearly[1]), int(yearly[2])
            last = (int(yearly[3]), int(yearly[4])) if yearly[3] else first
            for month, day in (first, last):
                date(2024, month, day)
            return Dates(first, last)
        one = date.fromisoformat(text if _ONE.fullmatch(text) else "")
    except ValueError:
        right = "write 2026-12-24, 12-24 for every year, or 12-24..01-06"
        raise fault("dates", f"{told!r} is no date; {right}") from None
    return Dates((one.month, one.day), (one.month, one.day), one.year)


# -- writing ---------------------------------------------------------------------------------------------------------


def plain_at(at: At) -> str | dict[str, str]:
    bounds = {k: clock(v) for k in _BOUNDS if (v := getattr(at, k)) is not None}
    return {"at": _time(at), **bounds} if bounds else _time(at)


def plain_end(end: At | int) -> str | dict[str, str]:
    return f"{end} min" if isinstance(end, int) else plain_at(end)


def plain_dates(d: Dates) -> str:
    first, last = (f"{month:02}-{day:02}" for month, day in (d.first, d.last))
    return f"{d.year:04}-{first}" if d.year else first if first == last else f"{first}..{last}"


def clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _time(at: At) -> str:
    if not at.sun:
        return clock(at.minute)
    return f"{at.sun} {'-' if at.minute < 0 else '+'} {abs(at.minute)} min" if at.minute else at.sun
