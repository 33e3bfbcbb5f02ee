"""Reading of a home's file: what is taken, and what is refused with line and column."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from hub.errors import UserError
from hub.forecast.homefile import Home, read

BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2026, 1, 1, tzinfo=UTC)


def home(text: str, zone: ZoneInfo = BERLIN) -> Home:
    return read(text.splitlines(keepends=True), "home.csv", zone)


def rows(*cells: str, minutes: float = 30, header: str = "time,load_w") -> str:
    """The cells after the time, one row a step."""
    at = (START + timedelta(minutes=minutes) * i for i in range(len(cells)))
    return "\n".join([header, *(f"{t.isoformat()},{c}" for t, c in zip(at, cells, strict=True))])


def refused(text: str) -> str:
    with pytest.raises(UserError) as e:
        home(text)
    return str(e.value)


def test_columns_of_any_order_and_case_are_found_and_others_passed_over() -> None:
    found = home(
        "PV_W,room,Time,temperature_c,load_w,pv_forecast_w\n-3,x,2026-01-01T00:00Z,4.5,300,7\n9,y,2026-01-01T01:00Z,,310,"
    )
    assert found.load.start_ms == START.timestamp() * 1000 and found.load.seconds == 3600
    assert found.load.values.tolist() == [300, 310]
    assert found.pv is not None and found.pv.values.tolist() == [0, 9]  # what it takes at rest is nothing made
    assert found.told is not None and found.told.values[0] == 7 and np.isnan(found.told.values[1])
    assert found.temperature is not None and found.temperature.values[0] == 4.5


def test_a_column_that_is_empty_or_not_there_is_none() -> None:
    found = home(rows("300,", "310,", header="time,load_w,pv_w"))
    assert found.pv is None and found.told is None and found.temperature is None


def test_rows_in_disorder_twice_and_missing_are_put_in_their_place() -> None:
    lines = rows("1", "2", "3", "4", "5", "6").splitlines()
    found = home(
        "\n".join([lines[0], lines[6], lines[1], lines[2], lines[2].replace(",2", ",4"), "", lines[3], lines[5]])
    )
    assert found.load.values[[0, 1, 2, 4, 5]].tolist() == [1, 3, 3, 5, 6]
    assert np.isnan(found.load.values[3])


@pytest.mark.parametrize("cell", ["", "NaN", "null", " unavailable ", "None"])
def test_what_is_unknown_is_unknown(cell: str) -> None:
    assert np.isnan(home(rows("300", cell, "310")).load.values[1])


@pytest.mark.parametrize(
    ("minutes", "seconds"),
    [(5, 300), (10, 600), (15, 900), (20, 1200), (30, 1800), (60, 3600), (7, 600), (1, 900), (0.1, 900)],
)
def test_the_step_is_found_and_odd_ones_are_averaged(minutes: float, seconds: int) -> None:
    found = home(rows(*(["100", "300"] * 200), minutes=minutes))
    assert found.load.seconds == seconds
    assert abs(np.nanmean(found.load.values) - 200) < 20
    assert not np.isnan(found.load.values).any()


def test_times_that_tremble_by_seconds_keep_their_step() -> None:
    at = [START + timedelta(minutes=15 * i, seconds=i * 7 % 5) for i in range(100)]
    found = home("time,load_w\n" + "\n".join(f"{t.isoformat()},{i}" for i, t in enumerate(at)))
    assert found.load.seconds == 900 and found.load.values.tolist() == list(range(100))


def test_times_without_an_offset_are_of_the_zone_also_in_the_hour_that_comes_twice() -> None:
    local = ["01:00", "01:30", "02:00", "02:30", "02:00", "02:30", "03:00"]
    found = home("time,load_w\n" + "\n".join(f"2026-10-25 {t},{i}" for i, t in enumerate(local, 1)))
    assert found.load.values.tolist() == [1, 2, 3, 4, 5, 6, 7]
    assert found.load.start_ms == datetime(2026, 10, 24, 23, tzinfo=UTC).timestamp() * 1000


def test_semicolons_and_a_byte_order_mark_are_understood() -> None:
    assert home("\ufefftime;load_w\n2026-01-01T00:00Z;300\n2026-01-01T01:00Z;310").load.values.tolist() == [300, 310]


def test_beside_semicolons_a_comma_is_that_of_a_decimal() -> None:
    found = home("time;load_w;pv_w\n2026-01-01T00:00Z;520,2;0\n2026-01-01T01:00Z;310;12,5")
    assert found.load.values.tolist() == [520.2, 310] and found.pv is not None
    assert found.pv.values.tolist() == [0, 12.5]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "line 1: is empty"),
        (rows("0.3", "0.62", *["0.4"] * 30), "load_w: no row is above 0.62: these look like kW; give W"),
        ("time,load_w\n", "has no rows"),
        ("when,load_w\n1,2", "line 1: has no column 'time'"),
        ("time,load\n1,2", "line 1: has no column 'load_w'; did you mean 'load'?"),
        ("time,load_w,load_w\n1,2,3", "line 1: names 'load_w' twice"),
        (rows("300", "much", "310"), "line 3: load_w: 'much' is no number"),
        (rows("300", "inf"), "line 3: load_w: inf is not between"),
        (rows("300", "2e9"), "line 3: load_w: 2e9 is not between"),
        (
            rows("1,20", "1,290", header="time,load_w,temperature_c"),
            "line 3: temperature_c: 290 is not between -70 and 70",
        ),
        (rows("1,2,3"), "line 2: has 4 cells where the first line names 2"),
        ("time,load_w\nyesterday,300", "line 2: time: 'yesterday' is no moment"),
        ("time,load_w\n1026-01-01T00:00Z,300", "line 2: time: '1026-01-01T00:00Z' lies outside"),
        ("time,load_w\n0001-01-01T00:00,300", "line 2: time:"),
        (rows("300"), "has one moment only"),
        (rows("0", "0", ""), "load_w: no row is above 0 W"),
        (
            rows("300", "-700", "-900", "200"),
            "line 3: load_w: 2 rows from here on are below 0 W: this looks like the power at",
        ),
        (rows("300", "310", minutes=180), "rows are 10800 s apart"),
        ("time,load_w\n1995-01-01T00:00Z,1\n2026-01-01T00:00Z,1", "time: reaches from 1995-01-01 to 2026-01-01"),
        ("time,load_w\n2026-01-01T00:00Z,\0", "home.csv: "),
    ],
)
def test_nonsense_is_refused_with_its_place(text: str, says: str) -> None:
    message = refused(text)
    assert message.startswith("home.csv: ") and says in message and "\n" not in message
