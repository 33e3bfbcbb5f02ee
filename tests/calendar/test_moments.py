"""A year of moments at once is what each of them is by itself, also where the clock changes; what it shows when."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.calendar import Calendar, Moments, Place
from hub.model import Moment

ZONES = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "UTC"]
PLACES = [Place(52.52, 13.405), Place(69.65, 18.96), Place(-31.55, 159.08), None]
CHANGES = {
    "Europe/Berlin": ("2026-03-29T01:00", "2026-10-25T01:00"),
    "America/New_York": ("2026-03-08T07:00", "2026-11-01T06:00"),
    "Australia/Lord_Howe": ("2026-04-04T15:00", "2026-10-03T15:30"),
    "Pacific/Apia": ("2011-12-30T10:00", "2012-03-31T14:00"),
}


def ms(utc: str) -> int:
    return round(datetime.fromisoformat(utc).replace(tzinfo=UTC).timestamp() * 1000)


def each(found: Moments) -> list[Moment]:
    def none(value: float) -> float | None:
        return None if np.isnan(value) else float(value)

    whole = zip(found.t, found.minute, found.weekday, found.day, found.holiday, strict=True)
    sun = zip(found.sunrise, found.sunset, found.elevation, strict=True)
    return [
        Moment(int(t), int(m), int(w), int(d), bool(h), *map(none, s))  # type: ignore[arg-type]
        for (t, m, w, d, h), s in zip(whole, sun, strict=True)
    ]


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(ZONES), st.sampled_from(PLACES), st.integers(0, 2_000_000_000_000), st.integers(1, 90_000_000))
def test_many_are_what_each_is(zone: str, place: Place | None, start: int, step: int) -> None:
    calendar = Calendar(ZoneInfo(zone), place, "DE")
    t = start + step * np.arange(50, dtype=np.int64)
    assert each(calendar.moments(t)) == [calendar.moment(int(one)) for one in t]


@pytest.mark.parametrize(("zone", "change"), [(z, c) for z, both in CHANGES.items() for c in both])
def test_many_are_what_each_is_where_the_clock_changes(zone: str, change: str) -> None:
    calendar = Calendar(ZoneInfo(zone), Place(52.52, 13.405), "DE")
    t = ms(change) + 60_000 * np.arange(-180, 180, dtype=np.int64)
    found = calendar.moments(t)
    assert each(found) == [calendar.moment(int(one)) for one in t]
    assert len(np.unique(np.diff(found.minute.astype(int)) % 1440)) == (
        1 if zone.endswith("Apia") and "12-30" in change else 2
    )


def test_they_come_in_the_order_asked_for_and_none_is_none() -> None:
    calendar = Calendar(ZoneInfo("Europe/Berlin"), Place(52.52, 13.405))
    back = np.array([ms("2026-06-01T10:00"), ms("2026-01-01T10:00")], np.int64)
    assert each(calendar.moments(back)) == [calendar.moment(int(one)) for one in back]
    assert len(calendar.moments(np.array([], np.int64))) == 0


@pytest.mark.parametrize(
    ("zone", "utc", "expected"),
    [
        ("Europe/Berlin", "2026-03-29T00:59", (119, 6)),
        ("Europe/Berlin", "2026-03-29T01:00", (180, 6)),
        ("Europe/Berlin", "2026-10-25T01:00", (120, 6)),
        ("Australia/Lord_Howe", "2026-10-03T15:30", (150, 6)),
        ("Pacific/Apia", "2011-12-30T09:59", (1439, 3)),
        ("Pacific/Apia", "2011-12-30T10:00", (0, 5)),
        ("Asia/Kathmandu", "2026-01-01T00:00", (345, 3)),
    ],
)
def test_local_time_and_weekday(zone: str, utc: str, expected: tuple[int, int]) -> None:
    moment = Calendar(ZoneInfo(zone)).moment(ms(utc) + 59_999)
    assert (moment.minute, moment.weekday) == expected


def test_a_moment_that_is_asked_for_again_is_no_other_day() -> None:
    """One calendar over midnight, and back."""
    calendar = Calendar(ZoneInfo("Europe/Berlin"), Place(52.52, 13.405), "DE")
    times = [ms("2026-12-24T22:59:59"), ms("2026-12-24T23:00:00"), ms("2026-12-24T22:59:59")]
    assert [calendar.moment(t).holiday for t in times] == [False, True, False]
    assert [calendar.moment(t).day for t in times] == [20811, 20812, 20811]


@pytest.mark.parametrize(
    ("of", "minute", "utc"),
    [
        (date(2011, 12, 29), 420, "2011-12-29T17:00"),
        (date(2011, 12, 30), 420, "2011-12-30T10:00"),  # that day there was none: the leap
        (date(2011, 12, 31), 420, "2011-12-30T17:00"),
    ],
)
def test_samoa_left_out_a_day(of: date, minute: int, utc: str) -> None:
    calendar = Calendar(ZoneInfo("Pacific/Apia"))
    assert calendar.at(of, minute) == ms(utc)
    assert calendar.exists(of) is (of.day != 30)


def test_a_day_exists_whose_midnight_does_not() -> None:
    havana = Calendar(ZoneInfo("America/Havana"))
    assert havana.exists(date(2026, 3, 8))
    assert havana.at(date(2026, 3, 8), 0) == havana.at(date(2026, 3, 8), 60) == ms("2026-03-08T05:00")


def test_far_north_the_sun_sets_after_midnight() -> None:
    reykjavik = Calendar(ZoneInfo("Atlantic/Reykjavik"), Place(64.147, -21.94)).day(date(2024, 6, 21))
    assert reykjavik.sunset is not None and abs(reykjavik.sunset - (1440 + 4)) <= 2
    assert reykjavik.sunrise is not None and abs(reykjavik.sunrise - 175) <= 2
