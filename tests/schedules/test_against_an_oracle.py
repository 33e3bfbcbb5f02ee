"""What is due, worked out a second time, dully: all occurrences of weeks, and the clock as a table of minutes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from hub.calendar import Calendar, Place
from hub.model import CommandSpec, Request, quantity
from hub.schedules import FOREVER, Due, Schedule, due, next_change, occurrences, parse, plain
from hub.schedules.times import At

POINTS = {p: quantity(p.partition(".")[2]) for p in ("plug.on", "living.target_temperature")}
COMMANDS = {p: CommandSpec(p) for p in POINTS}
MINUTE, DAY = 60_000, 86_400_000
PAST, COMING = 28, 24
CHANGES = {
    "Europe/Berlin": ["2026-03-29T01:00", "2026-10-25T01:00"],
    "America/New_York": ["2026-03-08T07:00", "2026-11-01T06:00"],
    "Australia/Lord_Howe": ["2026-04-04T15:00", "2026-10-03T15:30"],
    "Pacific/Apia": ["2011-12-30T10:00", "2011-12-30T10:00"],
    "UTC": ["2026-12-25T00:00", "2026-12-31T00:00"],
}


@dataclass(frozen=True)
class Row:
    schedule: Schedule
    start: int
    end: int


class Oracle:
    """Of the weeks around `t`: the clock is a table of minutes, and a time is the first row that shows it or more."""

    def __init__(self, listed: list[Schedule], calendar: Calendar, t: int) -> None:
        self._calendar = calendar
        self._first = (t // DAY - PAST - 3) * DAY
        quarters = range((PAST + COMING + 6) * 96)
        offsets = np.repeat([self._ahead(self._first + q * 15 * MINUTE) for q in quarters], 15)
        shown = self._first // MINUTE + np.arange(len(offsets)) + offsets
        self._shown, self._dates = np.maximum.accumulate(shown), set((shown // 1440).tolist())
        today = datetime.fromtimestamp(t // 1000, UTC).date()
        days = [today + timedelta(n) for n in range(-PAST, COMING)]
        self._begun = [row for s in listed if s.enabled for d in days for row in self._row(s, d)]
        self.rows = self._ended(self._begun)

    def due(self, t: int, up_since: int) -> list[tuple[str, int, int]]:
        best: dict[tuple[str, str], Row] = {}
        for row in self._ended([r for r in self._begun if not (r.schedule.skips_missed and r.start < up_since)]):
            s = row.schedule
            if row.start <= t < row.end:
                held = best.get((s.point, s.relation))
                if held is None or row.start > held.start or (row.start == held.start and s.id < held.schedule.id):
                    best[s.point, s.relation] = row
        return sorted((f"schedule:{r.schedule.id}:{r.start}", r.start, r.end) for r in best.values())

    def _ahead(self, t: int) -> int:
        offset = datetime.fromtimestamp(t // 1000, self._calendar.zone).utcoffset()
        assert offset is not None
        return int(offset.total_seconds()) // 60

    def _row(self, s: Schedule, of: date) -> Iterator[Row]:
        day = self._calendar.day(of)
        if (of - date(1970, 1, 1)).days not in self._dates or not s.on(of, day.weekday, day.holiday):
            return
        start, end = self._time(of, s.start), FOREVER
        if isinstance(s.end, int) and start is not None:
            end = start + s.end * MINUTE
        elif isinstance(s.end, At) and start is not None:
            end = self._end(s, of, start)
        if start is not None and start < end:
            yield Row(s, start, end)

    def _end(self, s: Schedule, of: date, start: int) -> int:
        assert isinstance(s.end, At)
        same, after = self._time(of, s.end), self._time(of + timedelta(1), s.end)
        if s.end == s.start:
            return after or 0
        if not s.start.sun and not s.end.sun:
            return (after if s.end.minute < s.start.minute else same) or 0
        if same is None or same > start:
            return same or 0
        return after if after is not None and after <= start + 20 * 60 * MINUTE else 0

    def _time(self, of: date, at: At) -> int | None:
        day = self._calendar.day(of)
        base = {"": 0, "sunrise": day.sunrise, "sunset": day.sunset}[at.sun]
        if not at.sun:
            return self._instant(of, at.minute)
        if base is None:
            return None
        found = self._instant(of, base) + at.minute * MINUTE
        low, high = (None if b is None else self._instant(of, b) for b in (at.not_before, at.not_after))
        found = found if low is None or low < found else low
        return found if high is None or high > found else high

    def _instant(self, of: date, minute: int) -> int:
        wanted = (of - date(1970, 1, 1)).days * 1440 + minute
        return self._first + int(np.searchsorted(self._shown, wanted)) * MINUTE

    def _ended(self, rows: list[Row]) -> list[Row]:
        def end(row: Row) -> int:
            point = row.schedule.point
            switches = [r.start for r in rows if r.schedule.end is None and r.schedule.point == point]
            return row.end if row.end < FOREVER else min((s for s in switches if s > row.start), default=FOREVER)

        return [Row(r.schedule, r.start, end(r)) for r in rows]


clock = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.sampled_from([0, 1, 10, 15, 30, 50, 59]))
night = st.builds("{:02}:{:02}".format, st.integers(0, 3), st.sampled_from([0, 10, 30, 50]))
sun = st.sampled_from(["sunrise", "sunset", "sunset - 30 min", "sunrise + 2 h", "sunset + 11 h", "sunrise - 9 h"])
bounded = st.builds(
    lambda a, b: {"at": a, **b}, sun, st.sampled_from([{"not_before": "07:30"}, {"not_after": "20:15"}])
)
moment = st.one_of(clock, night, sun, bounded)
document = st.fixed_dictionaries(
    {
        "set": st.sampled_from(
            ["plug.on = on", "plug.on = off", *(f"living.target_temperature {s} 20" for s in ["<=", ">="])]
        ),
        "start": moment,
    },
    optional={
        "end": st.one_of(moment, st.sampled_from(["24:00", "same", "15 min", "3 h", "30 h", "168 h"])),
        "days": st.sampled_from(["daily", "workdays", "weekend", ["sun"], ["fri", "sat"]]),
        "holidays": st.sampled_from(["as_sunday", "skip", "ignore"]),
        "on_missed": st.sampled_from(["late", "skip"]),
        "enabled": st.sampled_from([True, True, False]),
    },
)

documents = document.map(lambda told: {**told, "end": told["start"]} if told.get("end") == "same" else told)


@st.composite
def houses(draw: st.DrawFn) -> tuple[list[Schedule], Calendar, int]:
    """Some schedules, a place, and an instant that is often near a change of the clock."""
    zone = draw(st.sampled_from(sorted(CHANGES)))
    where = draw(st.sampled_from([Place(52.52, 13.4), Place(40.7, -74.0), Place(-31.5, 159.1), Place(69.65, 18.96)]))
    near = datetime.fromisoformat(draw(st.sampled_from(CHANGES[zone]))).replace(tzinfo=UTC)
    days = draw(st.one_of(st.integers(-2, 2), st.integers(-200, 200)))
    t = round(near.timestamp() * 1000) + days * DAY + draw(st.integers(-1440, 1440)) * MINUTE
    listed = []
    for k, told in enumerate(draw(st.lists(documents, min_size=1, max_size=4))):
        listed.append(parse(f"s{k}", told, POINTS, COMMANDS, True))
    return listed, Calendar(ZoneInfo(zone), where, "DE"), t


def told(found: tuple[Request, ...]) -> list[tuple[str, int, int]]:
    return sorted((r.id, r.starts, r.ends) for r in found)


def polar(listed: list[Schedule], calendar: Calendar) -> bool:
    """The oracle does not see over a polar night."""
    assert calendar.place is not None
    return calendar.place.latitude > 60 and any(s.start.sun and s.end is None for s in listed)


@settings(max_examples=200, deadline=None)
@given(houses(), st.integers(0, 30), st.lists(st.integers(0, 4 * 1440), max_size=8))
def test_what_is_due_is_what_is_dully_worked_out(
    house: tuple[list[Schedule], Calendar, int], up_h: int, later: list[int]
) -> None:
    listed, calendar, t = house
    assume(not polar(listed, calendar))
    oracle, up = Oracle(listed, calendar, t), t - up_h * 3_600_000
    always = Due([s for s in listed if s.enabled], calendar)
    for now in (t, *(t + n * MINUTE for n in sorted(later)), t):
        assert told(always.at(now, up)) == oracle.due(now, up)
        assert told(due(listed, calendar, now, up)) == oracle.due(now, up)


@settings(max_examples=120, deadline=None)
@given(houses())
def test_the_next_change_is_the_first_at_which_something_else_is_due(
    house: tuple[list[Schedule], Calendar, int],
) -> None:
    listed, calendar, t = house
    assume(not polar(listed, calendar))
    oracle = Oracle(listed, calendar, t)
    edges = sorted({e for row in oracle.rows for e in (row.start, row.end) if t < e < t + 14 * DAY})
    now = [r[0] for r in oracle.due(t, 0)]
    expected = next((e for e in edges if [r[0] for r in oracle.due(e, 0)] != now), None)
    found = next_change(listed, calendar, t)
    assert found == expected if expected is not None else found is None or found >= t + 14 * DAY


@settings(max_examples=120, deadline=None)
@given(houses(), st.integers(1, 10 * 1440))
def test_one_schedule_is_due_just_when_one_of_its_occurrences_is_in_force(
    house: tuple[list[Schedule], Calendar, int], minutes: int
) -> None:
    (one, *_), calendar, t = house
    assume(one.enabled and not polar([one], calendar))
    end = t + minutes * MINUTE
    found = occurrences(one, calendar, t, end)
    rows = sorted((r.start, r.end) for r in Oracle([one], calendar, t).rows if r.start < end and r.end > t)
    assert found == [(s, e if e < FOREVER else None) for s, e in rows]
    edges = {t, end - 1, *(e + n for s, e in rows for e in (s, e) for n in (-1, 0) if t <= e + n < end)}
    for now in edges:
        begun = [s for s, e in found if s <= now < (e or FOREVER)]
        assert [r.starts for r in due([one], calendar, now, 0)] == ([max(begun)] if begun else [])


@given(documents)
def test_a_schedule_written_out_plainly_is_the_same_schedule(document: dict[str, object]) -> None:
    once = parse("a", document, POINTS, COMMANDS, True)
    assert parse("a", plain(once), POINTS, COMMANDS, True) == once
