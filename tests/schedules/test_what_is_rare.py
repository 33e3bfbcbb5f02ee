"""Schedules that come once a year or once for all, that collide, that go by the sun far north; and their documents."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from hub.calendar import Calendar, Place
from hub.errors import ConfigError
from hub.model import CommandSpec, Relation, Source, quantity
from hub.schedules import (
    FOREVER,
    Conflict,
    Due,
    Schedule,
    conflicts,
    due,
    next_change,
    occurrences,
    parse,
    plain,
    preview,
)

POINTS = {p: quantity(p.partition(".")[2]) for p in ("plug.on", "living.target_temperature", "wallbox.mode")}
COMMANDS = {
    "plug.on": CommandSpec("plug.on"),
    "living.target_temperature": CommandSpec("living.target_temperature", 5, 30),
    "wallbox.mode": CommandSpec("wallbox.mode", choices=("off", "solar", "fast")),
}
BERLIN = Calendar(ZoneInfo("Europe/Berlin"), Place(52.52, 13.4), "DE")
TROMSO = Calendar(ZoneInfo("Europe/Oslo"), Place(69.65, 18.96))
DAY = 86_400_000


def schedule(id_: str = "a", **document: object) -> Schedule:
    return parse(id_, {"set": "plug.on = on", "start": "07:00", **document}, POINTS, COMMANDS, True)


def ms(text: str, calendar: Calendar = BERLIN) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=calendar.zone).timestamp() * 1000)


def text(t: int | None, calendar: Calendar = BERLIN) -> str:
    return "" if t is None else datetime.fromtimestamp(t / 1000, calendar.zone).strftime("%Y-%m-%dT%H:%M")


def active(s: Schedule, at: str, calendar: Calendar = BERLIN) -> bool:
    return bool(Due((s,), calendar).at(ms(at, calendar)))


@pytest.mark.parametrize(
    ("dates", "at", "expected"),
    [
        (["05-01"], "2026-05-21T12:00", "2026-05-01T07:00"),
        (["05-01"], "2026-05-01T06:59", "2025-05-01T07:00"),
        (["02-29"], "2026-07-01T12:00", "2024-02-29T07:00"),
        (["2026-05-01"], "2031-05-01T12:00", "2026-05-01T07:00"),
        (["2026-05-01"], "2026-05-01T06:59", ""),
        (["12-24..01-06"], "2026-10-01T12:00", "2026-01-06T07:00"),
        (["05-01", "10-15"], "2026-12-01T12:00", "2026-10-15T07:00"),
    ],
)
def test_a_switch_point_holds_however_long_it_is_ago(dates: list[str], at: str, expected: str) -> None:
    found = Due((schedule(dates=dates),), BERLIN).at(ms(at))
    assert [text(r.starts) for r in found] == ([expected] if expected else [])


def test_its_wish_is_the_same_one_all_the_time() -> None:
    summer, winter = schedule("s", dates=["05-01"]), schedule("w", dates=["10-15"], set="plug.on = off")
    days = range(0, 160, 9)
    found = {due((summer, winter), BERLIN, ms("2026-05-01T12:00") + n * DAY, 0) for n in days}
    ((wish,),) = found
    assert (wish.id, wish.cause) == (f"schedule:s:{ms('2026-05-01T07:00')}", "schedule:s")
    assert (wish.starts, wish.ends) == (ms("2026-05-01T07:00"), ms("2026-10-15T07:00"))
    assert (wish.source, wish.relation, wish.value, wish.priority) == (Source.RULE, Relation.SET, True, 40)


@pytest.mark.parametrize(
    ("document", "at", "expected"),
    [
        ({"days": ["mon"], "end": "2 h"}, "2026-11-24T12:00", "2026-11-30T07:00"),
        ({"dates": ["05-01"], "end": "2 h"}, "2026-05-01T09:00", "2027-05-01T07:00"),
        ({"dates": ["02-29"]}, "2024-02-29T07:00", "2028-02-29T07:00"),
        ({"dates": ["2026-05-01"], "end": "2 h"}, "2026-05-01T09:00", ""),
        ({"dates": ["2026-05-01"], "end": "2 h"}, "2026-05-01T08:59", "2026-05-01T09:00"),
        ({"enabled": False}, "2026-05-01T08:59", ""),
    ],
)
def test_the_next_change(document: dict[str, object], at: str, expected: str) -> None:
    assert text(next_change((schedule(**document),), BERLIN, ms(at))) == expected


def test_what_is_hidden_is_no_change() -> None:
    long, late = schedule("long", start="06:00", end="10:00"), schedule("late", end="12:00", set="plug.on = off")
    assert text(next_change((long, late), BERLIN, ms("2026-11-27T08:00"))) == "2026-11-27T12:00"


@pytest.mark.parametrize(
    ("document", "at", "expected"),
    [
        ({"start": "sunset", "end": "22:00"}, "2026-06-21T23:30", False),
        ({"start": "sunset", "end": "22:00"}, "2026-06-21T21:50", True),
        ({"start": "sunset", "end": "21:30"}, "2026-06-21T22:30", False),
        ({"start": "sunset", "end": "21:30"}, "2026-06-22T12:00", False),
        ({"start": "06:00", "end": "sunrise"}, "2026-06-21T12:00", False),
        ({"start": "06:00", "end": "sunrise"}, "2026-12-21T08:00", True),
        ({"start": "sunset", "end": "00:30"}, "2026-06-22T00:29", True),
        ({"start": {"at": "sunset", "not_before": "18:00"}, "end": "23:00"}, "2026-12-21T17:59", False),
        ({"start": {"at": "sunset", "not_before": "18:00"}, "end": "23:00"}, "2026-12-21T18:00", True),
        ({"start": {"at": "sunset", "not_after": "20:00"}, "end": "23:00"}, "2026-06-21T20:00", True),
        ({"start": {"at": "sunset", "not_after": "20:00"}, "end": "23:00"}, "2026-12-21T15:58", True),
        (
            {"start": "05:00", "end": {"at": "sunrise", "not_before": "07:00", "not_after": "08:00"}},
            "2026-06-21T06:59",
            True,
        ),
        (
            {"start": "05:00", "end": {"at": "sunrise", "not_before": "07:00", "not_after": "08:00"}},
            "2026-12-21T08:00",
            False,
        ),
    ],
)
def test_by_the_sun(document: dict[str, object], at: str, expected: bool) -> None:
    assert active(schedule(**document), at) is expected


def test_in_polar_night_what_goes_by_the_sun_does_not_happen_and_a_switch_point_holds_over_it() -> None:
    light, switch = schedule(start="sunset", end="23:30"), schedule(start="sunrise")
    assert occurrences(light, TROMSO, ms("2026-12-05T00:00"), ms("2026-12-12T00:00")) == []
    held = Due((switch,), TROMSO).at(ms("2026-12-21T12:00"))
    assert len(held) == 1 and text(held[0].starts).startswith("2026-11-2")
    assert text(held[0].ends).startswith("2027-01-1")


def test_an_offset_from_the_sun_is_a_stretch_of_time_also_over_the_leap() -> None:
    (found,) = occurrences(
        schedule(start="sunrise - 5 h", end="1 min"), BERLIN, ms("2026-03-29T00:00"), ms("2026-03-29T12:00")
    )
    sunrise = BERLIN.day(BERLIN.date_at(found[0])).sunrise
    assert sunrise is not None
    assert found[0] == BERLIN.at(BERLIN.date_at(found[0]), sunrise) - 5 * 3_600_000


def test_what_the_leap_swallows_does_not_happen_and_does_not_last_a_day() -> None:
    s = schedule(start="02:10", end="02:50")
    found = occurrences(s, BERLIN, ms("2026-03-28T00:00"), ms("2026-03-31T00:00"))
    assert [(text(a), text(b)) for a, b in found] == [
        ("2026-03-28T02:10", "2026-03-28T02:50"),
        ("2026-03-30T02:10", "2026-03-30T02:50"),
    ]


def test_a_day_that_there_was_not_has_no_occurrence() -> None:
    apia = Calendar(ZoneInfo("Pacific/Apia"))
    found = occurrences(schedule(end="2 h"), apia, ms("2011-12-29T00:00", apia), ms("2012-01-01T00:00", apia))
    assert [text(a, apia) for a, _ in found] == ["2011-12-29T07:00", "2011-12-31T07:00"]


def test_a_start_that_lies_before_a_day_that_there_was_not_is_found_from_before_it() -> None:
    """The sun of another continent: the sunrise of 31 December comes on the evening of the 29th."""
    apia = Calendar(ZoneInfo("Pacific/Apia"), Place(52.52, 13.4))
    (found,) = Due((schedule(start="sunrise"),), apia).at(ms("2011-12-29T23:59", apia))
    assert text(found.starts, apia) == "2011-12-29T21:17"


def test_a_preview_begins_with_what_is_in_force() -> None:
    s = schedule(days=["fri", "sun"], end="2 h")
    assert [text(a) for a, _ in preview(s, BERLIN, ms("2026-11-27T08:00"), 3)] == [
        "2026-11-27T07:00",
        "2026-11-29T07:00",
    ]
    last = preview(schedule(dates=["2026-11-27"]), BERLIN, ms("2026-12-27T08:00"), 3)
    assert last == [(ms("2026-11-27T07:00"), None)]


def test_conflicts_are_told_once_for_each_two_with_who_wins() -> None:
    listed = [
        schedule("solar", set="wallbox.mode = solar", start="00:00"),
        schedule("day", set="wallbox.mode = off", start="08:00", end="20:00"),
        schedule("noon", set="wallbox.mode = fast", start="12:00", end="14:00", days="workdays"),
        schedule("same", set="wallbox.mode = fast", start="13:00", end="15:00", days="workdays"),
        schedule("off", set="wallbox.mode = solar", start="09:00", end="10:00", enabled=False),
        schedule("plug", start="08:00", end="20:00"),
    ]
    found = conflicts(listed, BERLIN, ms("2026-11-28T00:00"), 14)  # a Saturday
    first = [(c.winner, c.loser, text(c.start), text(c.end)) for c in found]
    assert first == [
        ("noon", "day", "2026-11-30T12:00", "2026-11-30T14:00"),
        ("same", "day", "2026-11-30T13:00", "2026-11-30T15:00"),
    ]
    assert isinstance(found[0], Conflict) and found[0].point == "wallbox.mode"


def test_two_switch_points_at_once_are_a_conflict_and_the_first_id_wins() -> None:
    listed = [schedule("b", set="plug.on = off"), schedule("a", days=["sat"])]
    (found,) = conflicts(listed, BERLIN, ms("2026-11-27T00:00"), 7)
    assert (found.winner, found.loser, text(found.start)) == ("a", "b", "2026-11-28T07:00")
    assert [r.value for r in due(listed, BERLIN, ms("2026-11-28T08:00"), 0)] == [True]


def test_at_least_and_at_most_stand_side_by_side() -> None:
    listed = [
        schedule("low", set="living.target_temperature >= 18", end="12:00"),
        schedule("high", set="living.target_temperature <= 22", end="12:00"),
    ]
    found = due(listed, BERLIN, ms("2026-11-27T08:00"), 0)
    assert {(r.relation, r.value) for r in found} == {(Relation.AT_LEAST, 18), (Relation.AT_MOST, 22)}


def test_one_that_is_missed_and_left_out_uncovers_what_it_lay_over() -> None:
    listed = [
        schedule("base", start="06:00", end="10:00"),
        schedule("over", end="9 h", set="plug.on = off", on_missed="skip"),
    ]
    at = ms("2026-11-27T08:00")
    assert [r.cause for r in due(listed, BERLIN, at, 0)] == ["schedule:over"]
    assert [r.cause for r in due(listed, BERLIN, at, ms("2026-11-27T07:00"))] == ["schedule:over"]
    assert [r.cause for r in due(listed, BERLIN, at, ms("2026-11-27T07:01"))] == ["schedule:base"]


def test_the_last_switch_point_of_all_holds_for_ever() -> None:
    (wish,) = due([schedule(dates=["2026-11-27"])], BERLIN, ms("2027-11-27T08:00"), 0)
    assert wish.ends == FOREVER


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"set": "living.target_temperature = nan"}, "schedules.a.set: 'nan' is no number in degC"),
        ({"set": "plug.on = 0.5"}, "schedules.a.set: plug.on is on or off, not '0.5'"),
        ({"dates": []}, "schedules.a.dates: must be a list of dates; write at least one, or drop it"),
        ({"dates": ["20261224"]}, "'20261224' is no date"),
        ({"dates": [1224]}, "1224 is no date; write 2026-12-24"),
        ({"start": 7}, "schedules.a.start: 7 is no time of day; write HH:MM"),
        ({"start": {"at": "25:00"}}, "schedules.a.start.at: '25:00' is no time of day"),
        ({"start": {"not_before": "07:00"}}, "schedules.a.start.at: is missing; add it"),
        ({"start": {"at": "sunset", "not_befor": "07:00"}}, "start.not_befor: unknown key; did you mean 'not_before'?"),
        (
            {"start": {"at": "sunset", "not_before": "sunrise"}},
            "start.not_before: 'sunrise' is no time of day; write HH:MM",
        ),
        ({"start": {"at": "07:00", "not_before": "06:00"}}, "schedules.a.start: only a time by the sun has bounds"),
        (
            {"start": {"at": "sunset", "not_before": "21:00", "not_after": "20:00"}},
            "start.not_after: lies before not_before",
        ),
        ({"start": "07:60"}, "'07:60' is no time of day"),
    ],
)
def test_what_is_impossible_is_refused(document: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError) as e:
        schedule(**document)
    assert said in str(e.value)


def test_a_document_written_out() -> None:
    whole = {
        "set": "living.target_temperature >= 20.5",
        "dates": ["12-24..01-06", "2026-05-01", "08-15"],
        "start": {"at": "sunset - 30 min", "not_before": "16:30"},
        "end": "120 min",
        "name": "Evenings",
        "holidays": "skip",
        "on_missed": "skip",
        "enabled": False,
    }
    assert plain(parse("a", whole, POINTS, COMMANDS, True)) == whole
    assert plain(schedule(days=["sat", "sun"])) == {"set": "plug.on = on", "days": "weekend", "start": "07:00"}
    assert plain(schedule(days=["sun", "mon"]))["days"] == ["mon", "sun"]


@pytest.mark.parametrize("document", [{"end": "9" * 5000 + " min"}, {"start": "sunset + " + "9" * 5000 + " min"}])
def test_a_number_without_end_is_refused_like_any_other(document: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match="no time of day"):
        schedule(**document)


@pytest.mark.parametrize("document", [{"start": "٠٧:٠٠"}, {"dates": ["١٢-٢٤"]}])
def test_only_plain_digits_are_read(document: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        schedule(**document)
