"""A schedule: from its document to checked days and times, and back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from hub.errors import ConfigError
from hub.model import CommandSpec, Quantity, Relation, Value
from hub.model.document import hint
from hub.model.moment import WEEKDAYS

KEYS = ("name", "set", "days", "dates", "holidays", "start", "end", "on_missed", "enabled")
HOLIDAYS = ("as_sunday", "skip", "ignore")
_WORDS = {"daily": range(7), "workdays": range(5), "weekend": (5, 6)}
_ID = re.compile(r"[a-z][a-z0-9_]{0,39}")
_SET = re.compile(r"\s*([a-z][a-z0-9_]*\.[a-z][a-z0-9_]*)\s*(<=|>=|=)\s*(.+?)\s*")
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})")
_SUN = re.compile(r"(sunrise|sunset)(?:\s*([+-])\s*(\d+)\s*(min|h))?")
_DURATION = re.compile(r"(\d+)\s*(min|h)")
_YEARLY = re.compile(r"(\d{2})-(\d{2})(?:\.\.(\d{2})-(\d{2}))?")
_MINUTES = {"min": 1, "h": 60}
_RELATIONS = {"=": Relation.SET, "<=": Relation.AT_MOST, ">=": Relation.AT_LEAST}
_ON = {"on": True, "true": True, "off": False, "false": False}
_LONGEST_MIN = 7 * 1440


@dataclass(frozen=True, slots=True)
class At:
    """A time of day: minutes since midnight, or since `sun` ("sunrise" or "sunset")."""

    minute: int
    sun: str = ""


@dataclass(frozen=True, slots=True)
class Dates:
    """Dates of each year, both ends among them, as (month, day); or one date of one year."""

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


@dataclass(frozen=True, slots=True)
class Schedule:
    """On its days `point` is asked to be `value` from `start` until `end`: a time of day, a number of minutes, or None:
    until the next schedule of the same point.

    `skips_missed`: an occurrence that began while the hub was not running is left out.
    """

    id: str
    name: str
    point: str
    relation: Relation
    value: Value
    days: frozenset[int]
    dates: tuple[Dates, ...]
    holidays: str
    start: At
    end: At | int | None
    skips_missed: bool
    enabled: bool
    document: Mapping[str, Any] = field(compare=False, repr=False)

    def on(self, of: date, weekday: int, holiday: bool) -> bool:
        """Whether it begins on this date."""
        if holiday and self.holidays == "skip":
            return False
        if self.dates:
            return any(of in d for d in self.dates)
        return (6 if holiday and self.holidays == "as_sunday" else weekday) in self.days


def parse(
    id_: str,
    document: Mapping[str, Any],
    points: Mapping[str, Quantity],
    commands: Mapping[str, CommandSpec],
    has_place: bool,
) -> Schedule:
    """Raises ConfigError, which names schedule and field and says what would be right."""
    return _Reader(id_, document, points, commands, has_place).schedule()


class _Reader:
    def __init__(
        self,
        id_: str,
        document: Mapping[str, Any],
        points: Mapping[str, Quantity],
        commands: Mapping[str, CommandSpec],
        has_place: bool,
    ) -> None:
        self._id, self._doc, self._points, self._commands = id_, document, points, commands
        self._has_place = has_place
        if not _ID.fullmatch(id_):
            raise ConfigError(f"schedules.{id_}", "an id is up to 40 lower-case letters, digits and _; rename it")

    def schedule(self) -> Schedule:
        for key in self._doc:
            if key not in KEYS:
                raise self._error(key, f"unknown key{hint(key, KEYS)}")
        point, relation, value = self._set()
        start = self._at("start", self._text("start"))
        return Schedule(
            self._id,
            self._text("name", self._id),
            point,
            relation,
            value,
            self._days(),
            self._dates(),
            self._one_of("holidays", HOLIDAYS, "ignore"),
            start,
            self._end(start),
            self._one_of("on_missed", ("late", "skip"), "late") == "skip",
            self._bool("enabled", True),
            dict(self._doc),
        )

    # -- what --------------------------------------------------------------------------------------------------------

    def _set(self) -> tuple[str, Relation, Value]:
        text = self._text("set")
        match = _SET.fullmatch(text)
        if match is None:
            raise self._error("set", f"{text!r} is no setting; write it like living.target_temperature = 21")
        point, sign, word = match.groups()
        spec = self._commands.get(point)
        if point not in self._points or spec is None:
            raise self._error("set", f"{point!r} cannot be set{hint(point, self._commands)}")
        return point, _RELATIONS[sign], self._value(point, word, spec, self._points[point])

    def _value(self, point: str, word: str, spec: CommandSpec, q: Quantity) -> Value:
        choices = spec.choices or q.choices
        if choices:
            if word not in choices:
                raise self._error("set", f"{point} cannot be {word!r}{hint(word, choices)}")
            return word
        if q.high == 1 and word in _ON:
            return _ON[word]
        try:
            value = float(word.removesuffix(q.unit).strip())
        except ValueError:
            raise self._error("set", f"{word!r} is no number in {q.unit or 'plain digits'}") from None
        low, high = (q.low if spec.low is None else spec.low), (q.high if spec.high is None else spec.high)
        if value != 0 and ((low is not None and value < low) or (high is not None and value > high)):
            raise self._error("set", f"{point} goes from {low:g} to {high:g} {q.unit}, not to {value:g}")
        return value

    # -- when --------------------------------------------------------------------------------------------------------

    def _days(self) -> frozenset[int]:
        told = self._doc.get("days", "daily")
        listed = [told] if isinstance(told, str) else told
        known = (*_WORDS, *WEEKDAYS)
        if not isinstance(listed, list) or not listed:
            raise self._error("days", f"must be a list of days, or one of {', '.join(_WORDS)}")
        for word in listed:
            if word not in known:
                raise self._error("days", f"{word!r} is no day{hint(str(word), known)}")
        return frozenset(d for w in listed for d in (_WORDS[w] if w in _WORDS else (WEEKDAYS.index(w),)))

    def _dates(self) -> tuple[Dates, ...]:
        told = self._doc.get("dates", [])
        listed = [told] if isinstance(told, str) else told
        if not isinstance(listed, list):
            raise self._error("dates", "must be a list of dates")
        if listed and "days" in self._doc:
            raise self._error("dates", "and days exclude each other; keep one of them")
        return tuple(self._date(str(text)) for text in listed)

    def _date(self, text: str) -> Dates:
        wrong = self._error("dates", f"{text!r} is no date; write 2026-12-24, 12-24 for every year, or 12-24..01-06")
        try:
            if yearly := _YEARLY.fullmatch(text):
                first = int(yearly[1]), int(yearly[2])
                last = (int(yearly[3]), int(yearly[4])) if yearly[3] else first
                for month, day in (first, last):
                    date(2024, month, day)
                return Dates(first, last)
            one = date.fromisoformat(text)
        except ValueError:
            raise wrong from None
        return Dates((one.month, one.day), (one.month, one.day), one.year)

    def _at(self, key: str, text: str) -> At:
        if clock := _CLOCK.fullmatch(text.strip()):
            hour, minute = int(clock[1]), int(clock[2])
            if hour < 24 and minute < 60:
                return At(hour * 60 + minute)
        if sun := _SUN.fullmatch(text.strip()):
            if not self._has_place:
                raise self._error(key, "the sun needs a place: give site.latitude and site.longitude")
            moved = int(sun[3] or 0) * _MINUTES.get(sun[4] or "min", 1)
            if moved > 720:
                raise self._error(key, "is more than 12 h from the sun; write a time of day")
            return At(-moved if sun[2] == "-" else moved, sun[1])
        said = "write HH:MM, or sunrise or sunset with an offset like 'sunset - 30 min'"
        raise self._error(key, f"{text!r} is no time of day; {said}")

    def _end(self, start: At) -> At | int | None:
        if "end" not in self._doc:
            return None
        text = self._text("end")
        if duration := _DURATION.fullmatch(text.strip()):
            minutes = int(duration[1]) * _MINUTES[duration[2]]
            if not 0 < minutes <= _LONGEST_MIN:
                raise self._error("end", "is a duration from 1 min to a week")
            return minutes
        end = self._at("end", text)
        if end == start:
            raise self._error("end", "is the same as start, so nothing lies between; write '24 h' for a whole day")
        return end

    # -- leaves ------------------------------------------------------------------------------------------------------

    def _text(self, key: str, default: str = "") -> str:
        told = self._doc.get(key, default)
        if not isinstance(told, str) or not told.strip():
            raise self._error(key, "is missing; add it" if told == "" else f"must be a text, not {told!r}")
        return told

    def _one_of(self, key: str, known: tuple[str, ...], default: str) -> str:
        told = self._doc.get(key, default)
        if told not in known:
            raise self._error(key, f"{told!r} is not known{hint(str(told), known)}")
        return str(told)

    def _bool(self, key: str, default: bool) -> bool:
        told = self._doc.get(key, default)
        if not isinstance(told, bool):
            raise self._error(key, f"must be true or false, not {told!r}")
        return told

    def _error(self, key: str, message: str) -> ConfigError:
        return ConfigError(f"schedules.{self._id}.{key}", message)
