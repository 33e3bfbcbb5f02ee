"""Public holidays: all that weekdays and Sundays have of them in a year, by region."""

from __future__ import annotations

from datetime import date

import pytest

from hub.calendar.holidays import REGIONS, holidays

GERMANY = "01-01 04-03 04-06 05-01 05-14 05-25 10-03 12-25 12-26"
IN_2026 = {
    "DE": "",
    "DE-BW": "01-06 06-04 11-01",
    "DE-BY": "01-06 06-04 08-15 11-01",
    "DE-BE": "03-08",
    "DE-BB": "04-05 05-24 10-31",
    "DE-HB": "10-31",
    "DE-HH": "10-31",
    "DE-HE": "06-04",
    "DE-MV": "03-08 10-31",
    "DE-NI": "10-31",
    "DE-NW": "06-04 11-01",
    "DE-RP": "06-04 11-01",
    "DE-SL": "06-04 08-15 11-01",
    "DE-SN": "10-31 11-18",
    "DE-ST": "01-06 10-31",
    "DE-SH": "10-31",
    "DE-TH": "09-20 10-31",
}
OTHERS = {
    ("AT", 2026): "01-01 01-06 04-06 05-01 05-14 05-25 06-04 08-15 10-26 11-01 12-08 12-25 12-26",
    ("CH", 2026): "01-01 05-14 08-01 12-25",
    ("NL", 2026): "01-01 04-05 04-06 04-27 05-14 05-24 05-25 12-25 12-26",
    ("NL", 2025): "01-01 04-20 04-21 04-26 05-05 05-29 06-08 06-09 12-25 12-26",
    ("FR", 2026): "01-01 04-06 05-01 05-08 05-14 05-25 07-14 08-15 11-01 11-11 12-25",
    ("GB-ENG", 2026): "01-01 04-03 04-06 05-04 05-25 08-31 12-25 12-26 12-28",
    ("GB-ENG", 2027): "01-01 03-26 03-29 05-03 05-31 08-30 12-25 12-26 12-27 12-28",
    ("GB-ENG", 2028): "01-01 01-03 04-14 04-17 05-01 05-29 08-28 12-25 12-26",
    ("GB-ENG", 2033): "01-01 01-03 04-15 04-18 05-02 05-30 08-29 12-25 12-26 12-27",
    ("DE-BE", 2028): "01-01 03-08 04-14 04-17 05-01 05-25 06-05 06-17 10-03 12-25 12-26",
}


@pytest.mark.parametrize(("region", "own"), IN_2026.items())
def test_germany_and_each_land(region: str, own: str) -> None:
    assert told(region, 2026) == sorted({*GERMANY.split(), *own.split()})


@pytest.mark.parametrize(("region", "year"), OTHERS)
def test_other_countries_and_years(region: str, year: int) -> None:
    assert told(region, year) == OTHERS[region, year].split()


def test_every_region_has_its_holidays_in_every_year() -> None:
    assert {*IN_2026, *(region for region, _ in OTHERS)} == set(REGIONS)
    for region in REGIONS:
        for year in range(2020, 2060):
            assert date(year, 12, 25) in holidays(region, year)
            assert all(day.year == year for day in holidays(region, year))


def told(region: str, year: int) -> list[str]:
    return [f"{day:%m-%d}" for day in sorted(holidays(region, year))]
