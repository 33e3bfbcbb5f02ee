"""Sun, holidays and local time against what almanacs say."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from hub.calendar import Calendar, Place
from hub.calendar.holidays import easter, holidays, known
from hub.errors import UserError

BERLIN = Place(52.52, 13.405)
ALMANAC = [
    ("Europe/Berlin", BERLIN, date(2024, 6, 21), "04:43", "21:33"),
    ("Europe/Berlin", BERLIN, date(2024, 12, 21), "08:15", "15:54"),
    ("Europe/Berlin", BERLIN, date(2024, 3, 31), "06:42", "19:40"),
    ("America/New_York", Place(40.7128, -74.006), date(2024, 6, 20), "05:25", "20:31"),
    ("America/New_York", Place(40.7128, -74.006), date(2024, 12, 21), "07:17", "16:32"),
    ("Australia/Sydney", Place(-33.8688, 151.2093), date(2024, 12, 21), "05:41", "20:05"),
    ("Europe/London", Place(51.5074, -0.1278), date(2024, 6, 21), "04:43", "21:21"),
    ("Pacific/Auckland", Place(-36.8485, 174.7633), date(2024, 6, 21), "07:33", "17:11"),
    ("Asia/Tokyo", Place(35.6762, 139.6503), date(2024, 3, 20), "05:45", "17:53"),
]


@pytest.mark.parametrize(("zone", "place", "of", "rise", "fall"), ALMANAC)
def test_the_sun_rises_and_sets_as_the_almanac_says(zone: str, place: Place, of: date, rise: str, fall: str) -> None:
    day = Calendar(ZoneInfo(zone), place).day(of)
    for got, told in ((day.sunrise, rise), (day.sunset, fall)):
        hour, minute = map(int, told.split(":"))
        assert got is not None and abs(got - hour * 60 - minute) <= 2


def test_in_polar_summer_and_winter_it_does_neither() -> None:
    tromso = Calendar(ZoneInfo("Europe/Oslo"), Place(69.65, 18.96))
    for of in (date(2024, 6, 21), date(2024, 12, 21)):
        assert (tromso.day(of).sunrise, tromso.day(of).sunset) == (None, None)
    assert tromso.moment(1_718_928_000_000).elevation is not None  # midnight sun
    assert Calendar(ZoneInfo("UTC")).moment(0).elevation is None


def test_the_sun_stands_highest_at_noon() -> None:
    calendar = Calendar(ZoneInfo("Europe/Berlin"), BERLIN)
    noon = calendar.moment(1_718_968_020_000)  # 2024-06-21 11:07 UTC
    assert noon.elevation == pytest.approx(90 - 52.52 + 23.44, abs=0.2)


@pytest.mark.parametrize(
    ("year", "day"), [(2024, date(2024, 3, 31)), (2026, date(2026, 4, 5)), (2038, date(2038, 4, 25))]
)
def test_easter(year: int, day: date) -> None:
    assert easter(year) == day


@pytest.mark.parametrize(
    ("region", "day", "expected"),
    [
        ("DE", date(2026, 10, 3), True), ("DE", date(2026, 1, 6), False), ("DE-BY", date(2026, 1, 6), True),
        ("DE-BE", date(2026, 3, 8), True), ("DE-SN", date(2026, 11, 18), True), ("DE-NW", date(2026, 6, 4), True),
        ("DE-BB", date(2026, 4, 5), True), ("AT", date(2026, 10, 26), True), ("CH", date(2026, 8, 1), True),
        ("NL", date(2026, 4, 27), True), ("FR", date(2026, 7, 14), True), ("FR", date(2026, 4, 3), False),
    ],
)  # fmt: skip
def test_public_holidays(region: str, day: date, expected: bool) -> None:
    assert (day in holidays(known(region), day.year)) is expected


def test_an_unknown_region_is_refused_with_what_may_have_been_meant() -> None:
    with pytest.raises(UserError, match="did you mean 'DE-BY'"):
        known("DE-BYA")


def test_the_owner_has_the_last_word_about_holidays() -> None:
    of, other = date(2026, 10, 3), date(2026, 12, 24)
    calendar = Calendar(ZoneInfo("Europe/Berlin"), None, "DE", [other], [of])
    assert calendar.is_holiday(other) and not calendar.is_holiday(of)


@pytest.mark.parametrize(
    ("zone", "of", "minute", "utc"),
    [
        ("Europe/Berlin", date(2026, 3, 29), 150, "2026-03-29T01:00"),  # 02:30 does not exist: the leap
        ("Europe/Berlin", date(2026, 10, 25), 150, "2026-10-25T00:30"),  # 02:30 comes twice: the first
        ("Europe/Berlin", date(2026, 10, 25), 180, "2026-10-25T02:00"),
        ("Australia/Lord_Howe", date(2026, 10, 4), 135, "2026-10-03T15:30"),  # half an hour is left out
        ("Europe/Berlin", date(2026, 1, 1), 1500, "2026-01-02T00:00"),
    ],
)
def test_a_time_on_the_clock_is_one_instant(zone: str, of: date, minute: int, utc: str) -> None:
    assert Calendar(ZoneInfo(zone)).at(of, minute) == int(np.datetime64(utc, "ms").astype(np.int64))
