"""When schedules are due: weeks, dates, sun, holidays, the two odd days of the year, and after an outage."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.calendar import Calendar, Place
from hub.errors import ConfigError
from hub.model import CommandSpec, quantity
from hub.schedules import Due, Schedule, parse

_NAMES = ("plug.on", "living.target_temperature", "wallbox.mode", "wallbox.target_energy", "wallbox.restart")
POINTS = {p: quantity(p.partition(".")[2]) for p in _NAMES}
COMMANDS = {
    "plug.on": CommandSpec("plug.on"),
    "living.target_temperature": CommandSpec("living.target_temperature", 5, 30),
    "wallbox.target_energy": CommandSpec("wallbox.target_energy", 0, 200_000),
    "wallbox.restart": CommandSpec("wallbox.restart", choices=("soft", "hard")),
    "wallbox.mode": CommandSpec("wallbox.mode", choices=("off", "solar", "fast")),
}
BERLIN = Calendar(ZoneInfo("Europe/Berlin"), Place(52.52, 13.4), "DE")


def schedule(id_: str = "a", **document: object) -> Schedule:
    return parse(id_, {"set": "plug.on = on", "start": "07:00", **document}, POINTS, COMMANDS, True)


def ms(text: str, zone: str = "Europe/Berlin") -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)


def asked(due: Due, text: str, up_since: int = 0) -> dict[str, object]:
    return {r.point: r.value for r in due.at(ms(text), up_since)}


@pytest.mark.parametrize(
    ("document", "at", "expected"),
    [
        ({"end": "09:00"}, "2026-11-27T07:00", True),
        ({"end": "09:00"}, "2026-11-27T06:59:59", False),
        ({"end": "09:00"}, "2026-11-27T09:00", False),
        ({"start": "22:00", "end": "06:00"}, "2026-11-27T05:59", True),
        ({"start": "22:00", "end": "06:00", "days": ["fri"]}, "2026-11-28T05:59", True),
        ({"start": "22:00", "end": "06:00", "days": ["fri"]}, "2026-11-27T05:59", False),
        ({"days": "workdays", "end": "2 h"}, "2026-11-28T08:00", False),
        ({"days": ["weekend"], "end": "2 h"}, "2026-11-28T08:00", True),
        ({"dates": ["2026-11-27"], "end": "2 h"}, "2026-11-27T08:00", True),
        ({"dates": ["12-24..01-06"], "end": "2 h"}, "2027-01-06T08:00", True),
        ({"dates": ["12-24..01-06"], "end": "2 h"}, "2027-01-07T08:00", False),
        ({"start": "sunset - 30 min", "end": "23:00"}, "2026-11-27T15:29", True),
        ({"start": "sunset - 30 min", "end": "23:00"}, "2026-11-27T15:20", False),
        ({"start": "sunset", "end": "sunrise"}, "2026-11-28T07:30", True),
        ({"days": ["sun"], "holidays": "as_sunday", "end": "2 h"}, "2026-12-25T08:00", True),
        ({"days": "daily", "holidays": "skip", "end": "2 h"}, "2026-12-25T08:00", False),
        ({"end": "7 h", "enabled": True, "days": ["mon"]}, "2026-11-23T13:59", True),
    ],
)  # fmt: skip
def test_it_is_due(document: dict[str, object], at: str, expected: bool) -> None:
    assert bool(asked(Due((schedule(**document),), BERLIN), at)) is expected


def test_a_thermostat_week_is_a_list_of_switch_points() -> None:
    def point(id_: str, start: str, degrees: int, days: object) -> Schedule:
        document = {"set": f"living.target_temperature = {degrees}", "start": start, "days": days}
        return parse(id_, document, POINTS, COMMANDS, True)

    due = Due(
        (
            point("morning", "06:00", 21, "workdays"),
            point("away", "08:30", 18, "workdays"),
            point("night", "22:00", 17, "daily"),
            point("late", "08:00", 21, "weekend"),
        ),
        BERLIN,
    )
    times = ("27T05:00", "27T06:00", "27T12:00", "27T23:00", "28T07:59", "28T09:00")
    told = [asked(due, f"2026-11-{t}")["living.target_temperature"] for t in times]
    assert told == [17, 21, 18, 17, 17, 21]


def test_of_two_on_one_point_the_later_start_wins_and_the_other_is_back_after_it() -> None:
    base = parse("base", {"set": "wallbox.mode = solar", "start": "00:00"}, POINTS, COMMANDS, True)
    night = parse("night", {"set": "wallbox.mode = fast", "start": "02:00", "end": "04:00"}, POINTS, COMMANDS, True)
    due = Due((base, night), BERLIN)
    told = [asked(due, f"2026-11-27T0{h}:30")["wallbox.mode"] for h in (1, 2, 3, 4)]
    assert told == ["solar", "fast", "fast", "solar"]


@pytest.mark.parametrize(
    ("document", "of", "start", "end", "quarters"),
    [
        ({"start": "00:00", "end": "24 h"}, date(2026, 3, 29), "2026-03-28T23:00", "2026-03-29T23:00", 96),
        ({"start": "00:00", "end": "24 h"}, date(2026, 10, 25), "2026-10-24T22:00", "2026-10-25T22:00", 96),
        ({"start": "00:00", "end": "24:00"}, date(2026, 3, 29), "2026-03-28T23:00", "2026-03-29T22:00", 92),
        ({"start": "00:00", "end": "00:00"}, date(2026, 3, 29), "2026-03-28T23:00", "2026-03-29T22:00", 92),
        ({"start": "00:00", "end": "24:00"}, date(2026, 10, 25), "2026-10-24T22:00", "2026-10-25T23:00", 100),
        ({"start": "00:00", "end": "00:00"}, date(2026, 10, 25), "2026-10-24T22:00", "2026-10-25T23:00", 100),
        ({"start": "07:00", "end": {"at": "07:00"}}, date(2026, 3, 28), "2026-03-28T06:00", "2026-03-29T05:00", 92),
        ({"start": "02:30", "end": "02:30"}, date(2026, 10, 24), "2026-10-24T00:30", "2026-10-25T00:30", 96),
        ({"start": "02:30", "end": "02:30"}, date(2026, 10, 25), "2026-10-25T00:30", "2026-10-26T01:30", 100),
        ({"start": "22:00", "end": " 24:00 "}, date(2026, 10, 25), "2026-10-25T21:00", "2026-10-25T23:00", 8),
        ({"start": "sunset", "end": {"at": "24:00"}}, date(2026, 6, 21), "2026-06-21T19:33", "2026-06-21T22:00", 9),
        ({"start": "sunset", "end": "sunset"}, date(2026, 6, 21), "2026-06-21T19:33", "2026-06-22T19:33", 96),
        ({"start": "00:00", "end": "23:59"}, date(2026, 3, 29), "2026-03-28T23:00", "2026-03-29T21:59", 91),
        ({"start": "00:00", "end": "23:59"}, date(2026, 10, 25), "2026-10-24T22:00", "2026-10-25T22:59", 99),
        ({"start": "02:30", "end": "04:00"}, date(2026, 3, 29), "2026-03-29T01:00", "2026-03-29T02:00", 4),
        ({"start": "02:30", "end": "04:00"}, date(2026, 10, 25), "2026-10-25T00:30", "2026-10-25T03:00", 10),
        ({"start": "01:00", "end": "02:30"}, date(2026, 10, 25), "2026-10-24T23:00", "2026-10-25T00:30", 6),
    ],
)
def test_the_days_on_which_the_clock_changes(
    document: dict[str, object], of: date, start: str, end: str, quarters: int
) -> None:
    (found,) = Due((schedule(**document),), BERLIN).between(of, of)
    as_utc = [datetime.fromtimestamp(t / 1000, UTC).strftime("%Y-%m-%dT%H:%M") for t in (found.start, found.end)]
    assert as_utc == [start, end]
    assert (found.end - found.start) // 900_000 == quarters


@pytest.mark.parametrize("end", ["24:00", "00:00"])
def test_whole_days_of_all_lengths_follow_one_another_without_a_gap(end: str) -> None:
    (always,) = (Due((schedule(start="00:00", end=end),), BERLIN),)
    for change in ("2026-03-29T00:00", "2026-10-25T00:00"):
        begun = [asked(always, change)]
        found = always.within(ms(change) - 86_400_000, ms(change) + 3 * 86_400_000)
        assert all(one.end == two.start for one, two in pairwise(found)) and begun == [{"plug.on": True}]
        assert {(o.end - o.start) // 3_600_000 for o in found} in ({23, 24}, {24, 25})


def test_what_was_missed_is_made_up_for_or_left_out() -> None:
    late, skip = Due((schedule(end="2 h"),), BERLIN), Due((schedule(end="2 h", on_missed="skip"),), BERLIN)
    back = ms("2026-11-27T07:30")
    assert asked(late, "2026-11-27T07:30", back) and not asked(skip, "2026-11-27T07:30", back)
    assert asked(skip, "2026-11-28T07:30", back)
    begun = Due((schedule(end="2 h", on_missed="skip"),), BERLIN, ms("2026-11-27T07:10"))
    assert asked(begun, "2026-11-27T07:30", back), "it had begun before the hub went down"


def test_a_switch_point_that_was_missed_and_left_out_does_not_end_the_one_before() -> None:
    solar = schedule("solar", set="wallbox.mode = solar", start="22:00")
    fast = schedule("fast", set="wallbox.mode = fast", start="07:00", on_missed="skip")
    house = Due((solar, fast), BERLIN, ms("2026-11-27T06:30"))
    back = ms("2026-11-27T07:10")
    (wish,) = house.at(ms("2026-11-27T07:30"), back)
    assert (wish.value, wish.starts, wish.ends) == ("solar", ms("2026-11-26T22:00"), ms("2026-11-27T22:00"))
    assert house.next_change(ms("2026-11-27T07:30"), back) == ms("2026-11-27T22:00")
    assert asked(house, "2026-11-28T07:30", back) == {"wallbox.mode": "fast"}
    assert asked(Due((fast,), BERLIN, ms("2026-11-27T06:30")), "2026-11-27T07:30", back) == {"wallbox.mode": "fast"}
    assert asked(Due((solar, fast), BERLIN), "2026-11-27T07:30", back) == {"wallbox.mode": "solar"}
    assert not asked(Due((fast,), BERLIN), "2026-11-27T07:30", back), "nothing was before"


def test_what_a_switch_point_sets_stays_and_what_an_interval_sets_does_not() -> None:
    for document, stays in (({}, True), ({"end": "2 h"}, False)):
        (wish,) = Due((schedule(**document),), BERLIN).at(ms("2026-11-27T08:00"))
        assert wish.stays is stays


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"start": "25:00"}, "schedules.a.start: '25:00' is no time of day; write HH:MM, or sunrise or sunset with"),
        ({"start": "sunset - 13 h"}, "is more than 12 h from the sun"),
        ({"start": ""}, "schedules.a.start: is missing; add it"),
        ({"start": "24:00"}, "schedules.a.start: '24:00' is no time of day; write HH:MM, or sunrise or sunset with"),
        ({"end": "24:01"}, "schedules.a.end: '24:01' is no time of day; write HH:MM (24:00 for midnight), or"),
        ({"end": "0 min"}, "is a duration from 1 min to a week"),
        ({"days": []}, "schedules.a.days: must be a list of days, or one of daily, workdays, weekend"),
        ({"days": ["mo"]}, "'mo' is no day; did you mean 'mon'?"),
        ({"dates": ["02-30"]}, "'02-30' is no date; write 2026-12-24, 12-24 for every year, or 12-24..01-06"),
        ({"dates": ["2026-02-30"]}, "'2026-02-30' is no date"),
        ({"dates": ["12-24"], "days": ["mon"]}, "and days exclude each other; keep one of them"),
        ({"set": "plug.off = on"}, "'plug.off' cannot be set; did you mean 'plug.on'?"),
        ({"set": "plug.on"}, "'plug.on' is no setting; write it like living.target_temperature = 21"),
        ({"set": "wallbox.mode = fats"}, "wallbox.mode cannot be 'fats'; did you mean 'fast'?"),
        ({"set": "living.target_temperature = 40 degC"}, "goes from 5 to 30 degC, not to 40"),
        ({"set": "wallbox.mode <= fast"}, "wallbox.mode is a word and can only be set with ="),
        ({"set": "plug.on >= on"}, "plug.on is a word and can only be set with ="),
        ({"set": "wallbox.target_energy >= 5000", "end": "9 h"}, "wallbox.target_energy is an amount to heed"),
        ({"set": "wallbox.target_energy = 5000"}, "schedules.a.end: is missing; wallbox.target_energy needs a time"),
        ({"set": "wallbox.restart = soft"}, "wallbox.restart is for a person to ask for, never for a schedule"),
        ({"set": "living.target_temperature = warm"}, "'warm' is no number in degC"),
        ({"set": "living.target_temperature = 2 kW"}, "a.set: '2 kW' is in W, and living.target_temperature is set in"),
        ({"set": "wallbox.target_energy = 5 kW", "end": "1 h"}, "'5 kW' is in W, and wallbox.target_energy is set"),
        ({"set": "living.target_temperature = 21 degF"}, "'degF' is no unit; did you mean 'deg"),
        ({"set": "wallbox.target_energy = 300 kWh", "end": "1 h"}, "goes from 0 to 200000 Wh, not to 300000"),
        ({"holidays": "skp"}, "schedules.a.holidays: 'skp' is not known; did you mean 'skip'?"),
        ({"ende": "09:00"}, "schedules.a.ende: unknown key; did you mean 'end'?"),
        ({"enabled": 1}, "schedules.a.enabled: must be true or false, not 1"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_field_and_what_would_be_right(document: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError) as e:
        schedule(**document)
    assert said in str(e.value)


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("living.target_temperature = 21.5", 21.5),
        ("living.target_temperature = 21.5 °C", 21.5),
        ("living.target_temperature=21degC", 21.0),
        ("wallbox.target_energy = 12.3 kWh", 12_300.0),
        ("wallbox.target_energy = 1.005 kWh", 1_005.0),
        ("wallbox.target_energy = 500 Wh", 500.0),
    ],
)
def test_a_number_may_be_written_in_any_unit_of_its_kind_as_in_rules(said: str, value: float) -> None:
    assert schedule(set=said, end="9 h").value == value


def test_the_sun_needs_a_place() -> None:
    with pytest.raises(ConfigError, match="the sun needs a place"):
        parse("a", {"set": "plug.on = on", "start": "sunset"}, POINTS, COMMANDS, False)


times = st.one_of(
    st.tuples(st.integers(0, 23), st.integers(0, 59)).map(lambda t: f"{t[0]:02}:{t[1]:02}"),
    st.sampled_from(["sunrise", "sunset", "sunset - 30 min", "sunrise + 2 h"]),
)
documents = st.fixed_dictionaries(
    {"start": times, "set": st.sampled_from(["plug.on = on", "plug.on = off", "wallbox.mode = fast"])},
    optional={
        "end": st.one_of(times, st.sampled_from(["15 min", "3 h", "30 h"])),
        "days": st.sampled_from(["daily", "workdays", ["sun", "wed"]]),
        "on_missed": st.sampled_from(["late", "skip"]),
        "holidays": st.sampled_from(["skip", "as_sunday"]),
    },
)
ZONES = st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "UTC"])


@settings(max_examples=150, deadline=None)
@given(st.lists(documents, min_size=1, max_size=4), ZONES, st.data())
def test_what_is_due_does_not_depend_on_what_was_asked_before(
    listed: list[Mapping[str, object]], zone: str, data: st.DataObject
) -> None:
    """One that has been asked every few minutes, one that is asked for the first time; and nothing changes in between
    the changes that are told."""
    made = []
    for k, document in enumerate(listed):
        try:
            made.append(schedule(f"s{k}", **document))
        except ConfigError:
            continue
    calendar = Calendar(ZoneInfo(zone), Place(52.5, 13.4), "DE")
    due, t = Due(tuple(made), calendar), data.draw(st.integers(1_600_000_000, 1_800_000_000)) * 1000
    up = t - data.draw(st.integers(0, 10)) * 3_600_000
    for _ in range(12):
        change = due.next_change(t, up)
        now = due.at(t, up)
        assert now == Due(tuple(made), calendar).at(t, up)
        if change is not None:
            assert {r.id for r in due.at(change - 1, up)} == {r.id for r in now}
        for r in now:
            assert r.starts <= t < r.ends
        t = change if change is not None and data.draw(st.booleans()) else t + data.draw(st.integers(1, 90)) * 60_000
