"""What reality does to panels and providers: each fades in and out of the forecast by itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from hub.forecast.pv import candidates
from hub.forecast.series import Forecast, Past
from tests.forecast.pv_house import House, house

BLEND = candidates(["sky"])["blend"]
WINTER = datetime(2024, 11, 20, tzinfo=UTC)
PLACE = pytest.mark.parametrize("place", [True, False])


def told(past: Past, steps: int = 48) -> Forecast:
    found = BLEND(past, steps)
    assert found is not None
    return found


def missed(home: House, days: range, **known: bool) -> float:
    off = [told(home.past(d, **known)).mid - home.made[home.day(d)] for d in days]
    return float(np.abs(off).mean())


@PLACE
@pytest.mark.parametrize("hours", [3, 30, 24 * 25])
def test_a_provider_that_falls_silent_costs_no_more_than_having_none(place: bool, hours: int) -> None:
    home = house(90)
    home.told[60 * 48 : 60 * 48 + 2 * hours] = np.nan
    days = range(60, 60 + max(1, hours // 24))
    with_none = missed(home, days, place=place, told=False)
    assert missed(home, days, place=place) < 1.1 * with_none + 20
    assert missed(home, range(86, 90), place=place) < missed(home, range(86, 90), place=place, told=False)


@PLACE
def test_a_provider_that_ends_within_the_horizon_is_used_as_far_as_it_goes(place: bool) -> None:
    home = house(70)
    past = home.past(60, place=place)
    whole, alone = told(past), told(home.past(60, place=place, told=False))
    home.told[60 * 48 + 24 :] = np.nan
    half = told(home.past(60, place=place))
    assert np.allclose(half.mid[:21], whole.mid[:21], rtol=0.02, atol=5)
    lit = alone.mid[25:] > 100
    assert (np.abs(half.mid[25:] - alone.mid[25:])[lit] < 0.5 * alone.mid[25:][lit]).all()


@PLACE
@pytest.mark.parametrize("stuck", ["at one value", "at an old day", "at nothing"])
def test_a_provider_that_hangs_fades_out(place: bool, stuck: str) -> None:
    home = house(90)
    home.told[60 * 48 :] = {
        "at one value": np.full(30 * 48, 1234.0),
        "at an old day": np.tile(home.told[home.day(59)], 30),
        "at nothing": np.zeros(30 * 48),
    }[stuck]
    days = range(68, 88)
    assert missed(home, days, place=place) < 1.15 * missed(home, days, place=place, told=False)


def test_a_provider_with_holes_is_nearly_as_good_as_a_whole_one() -> None:
    home = house(80)
    whole = missed(home, range(40, 78))
    home.told[np.random.default_rng(4).random(len(home.told)) < 0.15] = np.nan
    assert missed(home, range(40, 78)) < 1.08 * whole


def test_absurd_numbers_of_a_provider_do_not_spoil_the_weeks_after() -> None:
    home = house(80)
    days = range(52, 78)
    whole = missed(home, days)
    home.told[50 * 48 + 20] = 1e9
    home.told[50 * 48 + 22] = np.inf
    assert missed(home, days) < 1.05 * whole


@PLACE
def test_snow_fades_in_within_two_days_and_out_at_once(place: bool) -> None:
    home = house(90, start=WINTER)
    usual = {d: told(home.past(d, place=place)).mid.sum() for d in range(60, 72)}
    home.made[60 * 48 : 66 * 48] = 0
    covered = {d: told(home.past(d, place=place)) for d in range(60, 72)}
    assert covered[61].mid.sum() < 0.45 * usual[61]
    for day in (62, 63, 64, 65, 66):
        assert covered[day].mid.sum() < 0.2 * usual[day]
        assert covered[day].high.sum() > covered[day].mid.sum()
    for day in (67, 68, 69, 70):
        assert covered[day].mid.sum() == pytest.approx(usual[day], rel=0.35)


def test_panels_that_come_free_at_noon_are_believed_at_once() -> None:
    home = house(90, start=WINTER, clouds=0.3)
    usual = told(home.past(64.5)).mid[:9].sum()
    home.made[60 * 48 : 64 * 48 + 20] = 0
    assert told(home.past(64 + 20 / 48)).mid[:4].sum() < 0.2 * usual
    assert told(home.past(64.5)).mid[:9].sum() > 0.5 * usual


@PLACE
def test_an_inverter_that_trips_is_seen_after_hours_and_forgotten_when_it_works(place: bool) -> None:
    home = house(90, clouds=0.5)
    usual = told(home.past(60.625, place=place)).mid[:9].sum()
    home.made[60 * 48 + 20 : 62 * 48] = 0
    assert told(home.past(60.625, place=place)).mid[:9].sum() < 0.4 * usual
    assert told(home.past(62, place=place)).mid.sum() < 0.35 * home.clear[home.day(62)].sum()
    assert missed(home, range(63, 80), place=place) < 1.1 * missed(house(90, clouds=0.5), range(63, 80), place=place)


@PLACE
def test_a_dark_day_is_weather_and_no_snow(place: bool) -> None:
    home = house(90, clouds=0.3)
    home.made[60 * 48 : 61 * 48] = 0.06 * home.clear[60 * 48 : 61 * 48]
    assert told(home.past(61, place=place)).mid.sum() > 0.4 * home.clear[home.day(61)].sum()


@PLACE
def test_a_gap_in_the_history_is_not_a_day_without_sun(place: bool) -> None:
    home, gappy = house(90), house(90)
    gappy.made[50 * 48 : 60 * 48] = np.nan
    gappy.made[62 * 48 + 20 : 62 * 48 + 30] = np.nan
    assert missed(gappy, range(63, 88), place=place) < 1.1 * missed(home, range(63, 88), place=place)
    assert told(gappy.past(60, place=place)).mid.sum() > 0.5 * told(home.past(60, place=place)).mid.sum()


@PLACE
def test_nights_that_are_not_recorded_change_nothing(place: bool) -> None:
    home = house(90)
    dark = replace(home, made=np.where(home.clear > 0, home.made, np.nan))
    for at in (60.0, 60.5):
        assert np.allclose(told(dark.past(at, place=place)).mid, told(home.past(at, place=place)).mid, atol=30)


@PLACE
def test_new_shade_in_the_morning_is_learned_within_days_and_only_there(place: bool) -> None:
    home = house(90, clouds=0.3)
    for day in range(60, 90):
        home.made[home.day(day)][12:20] *= 0.15
    shaded = {d: told(home.past(d, place=place)).mean for d in (60, 67, 74, 84)}
    made = {d: home.made[home.day(d)] for d in shaded}
    over = {d: shaded[d][12:20].sum() / max(1, made[d][12:20].sum()) for d in shaded}
    assert over[60] > 3
    assert over[74] < 0.5 * over[60]
    assert over[84] < 1.6
    afternoon = [
        told(home.past(d, place=place)).mid[24:].sum() / home.made[home.day(d)][24:].sum() for d in range(70, 88)
    ]
    assert np.median(afternoon) == pytest.approx(1, abs=0.12)


@PLACE
@pytest.mark.parametrize("limit", [3000.0, 2000.0])
def test_no_forecast_is_above_what_the_inverter_gives(place: bool, limit: float) -> None:
    home = house(80)
    home.made = np.minimum(home.made, limit)
    assert home.told.max() > 1.2 * limit
    for day in range(45, 78):
        found = told(home.past(day, place=place), 96)
        assert max(found.high.max(), found.mean.max()) <= limit + 1e-9
    assert missed(home, range(45, 78), place=place) < 450


@PLACE
def test_what_was_held_back_is_not_learned_as_weather(place: bool) -> None:
    home, free = house(80, clouds=0.3), house(80, clouds=0.3)
    held = np.zeros(len(home.made), dtype=bool)
    for day in range(45, 70):
        held[home.day(day)] = home.made[home.day(day)] > 2000
    home.made = np.where(held, 0.0, home.made)
    for day in range(60, 70):
        learned = told(home.past(day, place=place, held_back=held)).mid.sum()
        assert learned == pytest.approx(told(free.past(day, place=place)).mid.sum(), rel=0.25)
        assert told(home.past(day, place=place)).mid.sum() < learned


@pytest.mark.parametrize("seed", range(12))
def test_whatever_is_in_the_past_a_forecast_is_whole_and_ordered(seed: int) -> None:
    rng = np.random.default_rng(seed)
    home = house(60, seconds=3600, seed=seed)
    spoiled = [home.made, home.told]
    for values in spoiled:
        for _ in range(12):
            first = int(rng.integers(0, len(values) - 200))
            span = slice(first, first + int(rng.integers(1, 200)))
            values[span] = rng.choice([np.nan, 0.0, -50.0, np.inf, 1e6, 500.0])
    for at in rng.uniform(0, 58, 6):
        found = BLEND(home.past(round(at * 24) / 24, place=bool(rng.integers(2))), 48)
        if found is None:
            continue
        for part in (found.low, found.mid, found.high, found.mean):
            assert part.shape == (48,) and np.isfinite(part).all() and (part >= 0).all()
        assert (found.low <= found.mid).all() and (found.mid <= found.high).all()
