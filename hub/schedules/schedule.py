"""A schedule: from its document to checked days and times, and back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from hub.errors import ConfigError
from hub.model import HEEDED, CommandSpec, Kind, Quantity, Relation, Value
from hub.model.document import hint
from hub.model.moment import WEEKDAYS
from hub.model.quantity import MOMENTARY, TARGETS
from hub.model.units import UNITS
from hub.schedules.times import At, Dates, plain_at, plain_dates, plain_end, read_at, read_dates, read_end

KEYS = ("name", "set", "days", "dates", "holidays", "start", "end", "on_missed", "enabled")
WHEN = ("days", "dates", "holidays", "start", "end")
"""The keys that say when it is due."""
HOLIDAYS = ("as_sunday", "skip", "ignore")
_WORDS = {"daily": range(7), "workdays": range(5), "weekend": (5, 6)}
_ID = re.compile(r"[a-z][a-z0-9_]{0,39}")
_SET = re.compile(r"\s*([a-z][a-z0-9_]*\.[a-z][a-z0-9_]*)\s*(<=|>=|=)\s*(.+?)\s*")
_RELATIONS = {"=": Relation.SET, "<=": Relation.AT_MOST, ">=": Relation.AT_LEAST}
_NUMBER = re.compile(r"([+-]?[0-9]+(?:\.[0-9]+)?)\s*([A-Za-z°%][A-Za-z/%]*)?")
_ON = {"on": True, "true": True, "off": False, "false": False}


@dataclass(frozen=True, slots=True)
class Schedule:
    """On its days `point` is asked to be `value` from `start` until `end`: a time of day (of the next day, if it is the
    same), a number of minutes, or None: until the next schedule of the same point.

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


def plain(s: Schedule) -> dict[str, Any]:
    """The document that reads as this schedule; what goes without saying is left out."""
    sign = next(sign for sign, relation in _RELATIONS.items() if relation is s.relation)
    when: dict[str, Any] = {"dates": [plain_dates(d) for d in s.dates]} if s.dates else {"days": _day_words(s.days)}
    end = {} if s.end is None else {"end": plain_end(s.end)}
    said = {
        "name": (s.name, s.id),
        "holidays": (s.holidays, HOLIDAYS[-1]),
        "on_missed": ("skip" if s.skips_missed else "late", "late"),
        "enabled": (s.enabled, True),
    }
    rest = {key: value for key, (value, usual) in said.items() if value != usual}
    return {"set": f"{s.point} {sign} {_word(s.value)}", **when, "start": plain_at(s.start), **end, **rest}


def _day_words(days: frozenset[int]) -> str | list[str]:
    whole = next((word for word, listed in _WORDS.items() if days == frozenset(listed)), None)
    return whole or [WEEKDAYS[d] for d in sorted(days)]


def _word(value: Value) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return value if isinstance(value, str) else f"{Decimal(repr(value)).normalize():f}"


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
        if point.partition(".")[2] in TARGETS and "end" not in self._doc:
            raise self._error("end", f"is missing; {point} needs a time to be reached by")
        return Schedule(
            self._id,
            self._text("name", self._id),
            point,
            relation,
            value,
            self._days(),
            self._dates(),
            self._one_of("holidays", HOLIDAYS, "ignore"),
            read_at("start", self._doc.get("start"), self._has_place, self._error),
            self._end(),
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
        if point.partition(".")[2] in MOMENTARY:
            raise self._error("set", f"{point} is for a person to ask for, never for a schedule; take it out")
        value = self._value(point, word, spec, self._points[point])
        if isinstance(value, str | bool) and sign != "=":
            raise self._error("set", f"{point} is a word and can only be set with =")
        if point.partition(".")[2] in HEEDED and sign != "=":
            raise self._error("set", f"{point} is an amount to heed and can only be set with =")
        return point, _RELATIONS[sign], value

    def _value(self, point: str, word: str, spec: CommandSpec, q: Quantity) -> Value:
        choices = spec.choices or q.choices
        if choices:
            if word not in choices:
                raise self._error("set", f"{point} cannot be {word!r}{hint(word, choices)}")
            return word
        if q.kind is Kind.STATE and q.high == 1:
            if word not in _ON:
                raise self._error("set", f"{point} is on or off, not {word!r}")
            return _ON[word]
        return self._number(point, word, spec, q)

    def _number(self, point: str, word: str, spec: CommandSpec, q: Quantity) -> float:
        value = self._in_unit(point, word, q.unit)
        low, high = (q.low if spec.low is None else spec.low), (q.high if spec.high is None else spec.high)
        if value != 0 and ((low is not None and value < low) or (high is not None and value > high)):
            ends = " ".join(f"{word} {end:g}" for word, end in (("from", low), ("to", high)) if end is not None)
            raise self._error("set", f"{point} goes {ends} {q.unit}, not to {value:g}")
        return value

    def _in_unit(self, point: str, word: str, wanted: str) -> float:
        """The number in the point's unit; it may be written in another one of the same kind, as in rules."""
        match, right = _NUMBER.fullmatch(word), wanted or "plain digits"
        if match is None:
            raise self._error("set", f"{word!r} is no number in {right}")
        unit = match[2] or wanted
        base, factor = (wanted, 1.0) if unit == wanted else UNITS.get(unit, ("", 0.0))
        if not factor:
            raise self._error("set", f"{unit!r} is no unit{hint(unit, UNITS)}; {point} is set in {right}")
        if base != wanted:
            raise self._error("set", f"{word!r} is in {base}, and {point} is set in {right}")
        return round(float(match[1]) * factor, 9)

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
        if "dates" not in self._doc:
            return ()
        if "days" in self._doc:
            raise self._error("dates", "and days exclude each other; keep one of them")
        return read_dates(self._doc["dates"], self._error)

    def _end(self) -> At | int | None:
        return read_end(self._doc["end"], self._has_place, self._error) if "end" in self._doc else None

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
