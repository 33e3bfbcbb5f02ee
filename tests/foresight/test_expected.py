"""What forecasts come to: against a walk over single minutes, over every kind of day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from hub.calendar import Calendar, Place
from hub.forecast.series import Forecast
from hub.foresight.expected import energy_wh, expected, next_sunrise
from hub.foresight.view import STEP_MS, STEP_S, STEPS

BERLIN = ZoneInfo("Europe/Berlin")
CALENDAR = Calendar(BERLIN, Place(52.52, 13.40))
HOUR, MINUTE = 3_600_000, 60_000
LONELY = {"pv_left_today": None, "pv_tomorrow": None, "pv_next_hour": None}


def ms(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=BERLIN).timestamp() * 1000)


def forecast(start: int, mean_w: list[float] | np.ndarray[tuple[int], np.dtype[np.float64]]) -> Forecast:
    """Whose other bands are so far off that nobody can mistake them."""
    mean = np.asarray(mean_w, np.float64)
    return Forecast(start // STEP_MS * STEP_MS, STEP_S, mean * 0 - 1e6, mean * 0, mean + 1e6, mean, start, "test")


def wild(start: int, seed: int) -> Forecast:
    return forecast(start, np.random.default_rng(seed).uniform(0, 5_000, STEPS))


def walked(f: Forecast, start: int, local_days: range) -> float:
    """Wh of the minutes from `start` on whose local date is one of those after the date of `start`."""
    today = datetime.fromtimestamp(start / 1000, BERLIN).date()
    wanted = {today + timedelta(d) for d in local_days}
    total = 0.0
    for t in range(start, start + 60 * HOUR, MINUTE):
        if datetime.fromtimestamp(t / 1000, BERLIN).date() in wanted:
            total += f.mean[min((t - f.start_ms) // STEP_MS, len(f.mean) - 1)] / 60
    return total


@pytest.mark.parametrize(
    "now",
    ["2026-06-01T12:00", "2026-06-01T11:53", "2026-06-01T00:00", "2026-06-01T23:59", "2026-03-28T17:07",
     "2026-03-29T00:00", "2026-03-29T01:59", "2026-03-29T03:00", "2026-10-24T19:31", "2026-10-25T00:00",
     "2026-10-25T02:30"],
)  # fmt: skip
def test_today_and_tomorrow_are_those_of_the_local_clock(now: str) -> None:
    t = ms(now)
    pv, load = wild(t, 1), wild(t, 2)
    told = expected({"pv": pv, "load": load}, CALENDAR, t)
    assert told["pv_left_today"] == pytest.approx(walked(pv, t, range(1)))
    assert told["pv_tomorrow"] == pytest.approx(walked(pv, t, range(1, 2)))
    assert told["load_tomorrow"] == pytest.approx(walked(load, t, range(1, 2)))


@pytest.mark.parametrize(
    ("now", "today", "tomorrow"),
    [("2026-06-01T00:00", 24, 24), ("2026-03-28T00:00", 24, 23), ("2026-03-29T00:00", 23, 24),
     ("2026-10-24T00:00", 24, 25), ("2026-10-25T00:00", 25, 24), ("2026-03-29T23:45", 0.25, 24)],
)  # fmt: skip
def test_a_kilowatt_all_the_time_is_as_many_kilowatt_hours_as_the_day_has(
    now: str, today: float, tomorrow: float
) -> None:
    told = expected({"pv": forecast(ms(now), [1000.0] * STEPS)}, CALENDAR, ms(now))
    assert (told["pv_left_today"], told["pv_tomorrow"]) == (today * 1000, tomorrow * 1000)


def test_the_next_hour_has_its_share_of_the_quarter_hours_that_it_cuts() -> None:
    f = forecast(ms("2026-06-01T12:00"), [4000.0, 0.0, 0.0, 0.0, 2000.0, *[9e4] * 40])
    t = ms("2026-06-01T12:06")
    assert expected({"pv": f}, CALENDAR, t)["pv_next_hour"] == pytest.approx((9 * 4000 + 6 * 2000) / 60)


def test_what_is_not_foreseen_is_not_known_and_not_nothing() -> None:
    t = ms("2026-06-01T12:00")
    assert set(expected({}, CALENDAR, t).values()) == {None}
    only_load = expected({"load": forecast(t, [500.0] * STEPS)}, CALENDAR, t)
    assert {k: v for k, v in only_load.items() if v is None} == LONELY
    short = expected({"pv": forecast(t, [100.0] * 48)}, CALENDAR, t)
    assert (short["pv_left_today"], short["pv_tomorrow"], short["pv_next_hour"]) == (1200.0, None, 100.0)


def test_a_tomorrow_that_has_just_begun_is_known_before_the_next_forecast_is_there() -> None:
    """Made at 23:00, read a minute after midnight: an hour of the new tomorrow is as its last step."""
    f = forecast(ms("2026-06-01T23:00"), [*[100.0] * (STEPS - 1), 700.0])
    told = expected({"load": f}, CALENDAR, ms("2026-06-02T00:01"))
    assert told["load_tomorrow"] == pytest.approx(22.75 * 100 + 1.25 * 700)
    end = f.start_ms + STEPS * STEP_MS
    assert energy_wh(f, end - HOUR, end + 3 * HOUR) is not None
    assert energy_wh(f, end - HOUR, end + 3 * HOUR + 1) is None
    assert energy_wh(f, f.start_ms - 1, end) is None, "what was before it began it does not know either"


@pytest.mark.parametrize(
    ("now", "rises"),
    [("2026-06-01T02:00", "2026-06-01T04:48"), ("2026-06-01T04:50", "2026-06-02T04:47"),
     ("2026-06-01T23:59", "2026-06-02T04:47"), ("2026-03-28T20:00", "2026-03-29T06:47"),
     ("2026-10-24T20:00", "2026-10-25T06:50")],
)  # fmt: skip
def test_the_next_sunrise_is_that_of_the_almanac(now: str, rises: str) -> None:
    found = next_sunrise(CALENDAR, ms(now))
    assert found is not None and abs(found - ms(rises)) <= 2 * MINUTE
    told = expected({"load": forecast(ms(now), [600.0] * STEPS)}, CALENDAR, ms(now))
    assert told["load_until_sunrise"] == pytest.approx(600 * (found - ms(now)) / HOUR)


def test_without_a_sunrise_there_is_nothing_until_it() -> None:
    noon = round(datetime(2026, 12, 21, 11, tzinfo=UTC).timestamp() * 1000)
    load = {"load": forecast(noon, [600.0] * STEPS)}
    for nowhere in (Calendar(BERLIN), Calendar(BERLIN, Place(69.65, 18.96))):
        told = expected(load, nowhere, noon)
        assert told["load_until_sunrise"] is None and told["load_tomorrow"] == 14_400
