"""What the panels' forecasters do in ordinary weeks: against persistence, at night, at dawn, with little history."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from hub.errors import UserError
from hub.forecast.panels import Plane
from hub.forecast.pv import CANDIDATES, candidates
from hub.forecast.series import Floats, Forecast, Past, Series
from tests.forecast.pv_house import House, house

ALL = candidates(["sky"])


def told(name: str, past: Past, steps: int = 48) -> Forecast:
    found = ALL[name](past, steps)
    assert found is not None
    return found


def missed(home: House, name: str, days: range, **known: bool) -> float:
    """Mean absolute error of the middle, W."""
    off = [told(name, home.past(d, **known), home.a_day).mid - home.made[home.day(d)] for d in days]
    return float(np.abs(off).mean())


def test_the_candidates_are_named_and_the_providers_are_among_them() -> None:
    assert {"persistence", "mean-7d", "plane", "blend"} <= set(CANDIDATES)
    assert {"told:sky", "calibrated:sky"} == set(ALL) - set(CANDIDATES)


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("place", [True, False])
@pytest.mark.parametrize("at", [40.0, 40.25, 40.5, 40.9375])
def test_a_forecast_is_whole_ordered_and_nothing_at_night(name: str, place: bool, at: float) -> None:
    home = house(50)
    found = told(name, home.past(at, place=place), 96)
    first = round(at * home.a_day)
    assert (found.start_ms, found.seconds, found.by) == (home.past(at).now_ms, 1800, name)
    assert found.made_ms == found.start_ms
    for part in (found.low, found.mid, found.high, found.mean):
        assert part.shape == (96,) and np.isfinite(part).all() and (part >= 0).all()
    assert (found.low <= found.mid).all() and (found.mid <= found.high).all()
    hour = (first + np.arange(96)) % 48 / 2
    night = (hour >= 21) | (hour < 2)  # UTC, in May, in Berlin
    assert not found.high[night].any() and found.mid[(hour > 8) & (hour < 14)].all()


@pytest.mark.parametrize("place", [True, False])
def test_the_blend_with_a_provider_is_far_better_than_yesterday_and_as_good_as_the_best(place: bool) -> None:
    home, days = house(100), range(30, 98)
    yesterday, blend = missed(home, "persistence", days), missed(home, "blend", days, place=place)
    best = min(missed(home, name, days, place=place) for name in ("told:sky", "calibrated:sky", "plane"))
    assert blend < 0.5 * yesterday
    assert blend < 1.1 * best


@pytest.mark.parametrize("place", [True, False])
def test_without_any_provider_the_house_alone_is_better_than_yesterday(place: bool) -> None:
    home, days = house(100), range(30, 98)
    assert missed(home, "blend", days, place=place, told=False) < 0.85 * missed(home, "persistence", days)


@pytest.mark.parametrize("seconds", [900, 1800, 3600])
@pytest.mark.parametrize("seed", [1, 2])
def test_four_of_five_lit_steps_fall_into_the_band_and_the_mean_keeps_the_energy(seconds: int, seed: int) -> None:
    home = house(130, seconds=seconds, seed=seed)
    inside, made, mean = [], 0.0, 0.0
    for day in range(50, 128):
        found, was = told("blend", home.past(day), home.a_day), home.made[home.day(day)]
        inside.append(((was >= found.low) & (was <= found.high))[was > 0])
        made, mean = made + was.sum(), mean + found.mean.sum()
    assert 0.74 < np.concatenate(inside).mean() < 0.86
    assert mean == pytest.approx(made, rel=0.06)


def test_persistence_is_yesterday_and_where_that_is_unknown_the_day_before() -> None:
    home = house(10)
    home.made[home.day(8)][24] = np.nan
    found = told("persistence", home.past(9), 96)
    expected = home.made[home.day(8)].copy()
    expected[24] = home.made[home.day(7)][24]
    assert np.array_equal(found.mid, np.tile(expected, 2))


def test_a_raw_provider_is_what_it_says() -> None:
    home = house(40)
    assert np.allclose(told("told:sky", home.past(30)).mid, home.told[home.day(30)])


@pytest.mark.parametrize("bias", [0.4, 2.5, 0.001])
def test_the_bias_of_a_provider_is_learned_away(bias: float) -> None:
    home, days = house(80, provider_bias=bias), range(40, 78)
    honest = missed(house(80), "calibrated:sky", days)
    assert missed(home, "calibrated:sky", days) < 1.2 * honest
    assert missed(home, "blend", days) < 1.2 * missed(house(80), "blend", days)


def test_several_arrays_and_several_providers_make_one_forecast() -> None:
    planes = (Plane(30, -90, 3.0), Plane(30, 90, 4.0), Plane(60, 0, 1.0))
    home = house(70, planes=planes)
    off = []
    for day in range(40, 68):
        past = home.past(day)
        other = np.where(np.isnan(past.told["sky"].values), np.nan, 2500.0)
        past = replace(
            past, told={**past.told, "nonsense": Series(home.start_ms, 1800, other * (home.told > 0)[: len(other)])}
        )
        off.append(told("blend", past).mid - home.made[home.day(day)])
    assert np.abs(off).mean() < 1.15 * missed(home, "blend", range(40, 68))


@pytest.mark.parametrize("step", [300, 900, 3600, 10_800])
def test_a_provider_may_have_steps_of_its_own(step: int) -> None:
    home = house(70)
    fine = np.repeat(home.told, 1800 // 300)
    steps = fine[: len(fine) // (step // 300) * (step // 300)].reshape(-1, step // 300).mean(axis=1)
    off = []
    for day in range(40, 68):
        past = home.past(day)
        off.append(told("blend", replace(past, told={"sky": Series(home.start_ms, step, steps)})).mid)
    error = np.abs(np.array(off) - home.made[40 * 48 : 68 * 48].reshape(-1, 48)).mean()
    assert error < 1.15 * missed(home, "blend", range(40, 68))


def dimmed(home: House, day: int, factor: float) -> House:
    made = home.made.copy()
    made[day * home.a_day :] *= factor
    return replace(home, made=made)


@pytest.mark.parametrize("factor", [0.3, 1.4])
def test_after_sunrise_the_next_hours_follow_what_was_made_and_tomorrow_does_not(factor: float) -> None:
    home = house(60, clouds=0.3)
    changed = dimmed(home, 50, factor)
    usual, now = told("blend", home.past(50.5), 96).mid, told("blend", changed.past(50.5), 96).mid
    ratio = now[:48] / np.maximum(usual[:48], 1e-9)
    lit = usual[:12] > 200
    assert abs(ratio[0] - 1) > 0.5 * abs(factor - 1)
    assert (np.diff(np.abs(ratio[:12][lit] - 1)) < 0.05).all()
    assert now[54:].sum() == pytest.approx(usual[54:].sum(), rel=0.3)


@pytest.mark.parametrize("slot", range(4, 12))
@pytest.mark.parametrize("factor", [0.0, 20.0])
def test_dawn_does_not_blow_up(slot: int, factor: float) -> None:
    home = house(60, clouds=0.3, start=datetime(2025, 3, 1, tzinfo=UTC))
    lit = np.flatnonzero(home.clear[home.day(50)] > 0)[0]
    home.made[50 * 48 + lit : 50 * 48 + lit + 2] *= factor
    before, after = told("blend", home.past(50)), told("blend", home.past(50 + slot / 48))
    total = before.mid.sum()
    assert 0.6 * total < after.mid[: 48 - slot].sum() < 1.5 * total
    assert after.high.max() < 1.3 * home.clear.max()


def blank(home: House, until: int) -> House:
    made = home.made.copy()
    made[: until * home.a_day] = np.nan
    return replace(home, made=made)


@pytest.mark.parametrize("place", [True, False])
def test_on_the_first_day_the_provider_is_taken_at_its_word(place: bool) -> None:
    home = blank(house(40), 40)
    for name in ("blend", "calibrated:sky", "told:sky"):
        found = told(name, home.past(30, place=place), 96)
        assert np.allclose(found.mid, home.told[30 * 48 : 32 * 48], atol=1.0)
        assert (found.high > found.mid)[found.mid > 100].all()


def test_without_past_and_provider_there_is_no_forecast() -> None:
    home = blank(house(40), 40)
    empty = replace(home.past(30, told=False), power=Series(home.past(30).now_ms, 1800, np.empty(0)))
    for name, forecaster in ALL.items():
        assert forecaster(home.past(30, told=False), 48) is None, name
        assert forecaster(empty, 48) is None, name


@pytest.mark.parametrize("known", [1, 2, 4, 8, 15])
@pytest.mark.parametrize("place", [True, False])
def test_with_few_days_of_history_the_forecast_is_sensible(known: int, place: bool) -> None:
    home = blank(house(60, clouds=0.5), 40 - known)
    alone = told("blend", home.past(40, place=place, told=False))
    assert 0.2 * home.clear[home.day(40)].sum() < alone.mid.sum() < 1.3 * home.clear[home.day(40)].sum()
    whole = house(60, clouds=0.5)
    both = [told("blend", blank(whole, day - known).past(day, place=place)).mid for day in range(30, 50)]
    error = np.abs(np.array(both) - whole.made[30 * 48 : 50 * 48].reshape(-1, 48)).mean()
    assert error < missed(whole, "persistence", range(30, 50))


def test_a_wrong_place_is_not_believed() -> None:
    home = house(70)
    off: list[Floats] = []
    for day in range(40, 68):
        past = replace(home.past(day), place=(-35.0, 150.0))
        off.append(told("blend", past).mid - home.made[home.day(day)])
    assert np.abs(off).mean() < 1.1 * missed(home, "blend", range(40, 68), place=False)


def test_the_same_past_gives_the_same_forecast_and_is_left_as_it_was() -> None:
    home = house(50)
    past = home.past(45)
    copy = past.power.values.copy()
    first, second = told("blend", past, 96), told("blend", past, 96)
    assert first.mid.tobytes() == second.mid.tobytes() and first.high.tobytes() == second.high.tobytes()
    assert np.array_equal(past.power.values, copy, equal_nan=True)


def test_what_comes_later_changes_nothing() -> None:
    home = house(60)
    before = told("blend", home.past(45), 48)
    home.made[45 * 48 :] = 1e4
    home.told[47 * 48 :] = 1e4
    assert np.array_equal(told("blend", home.past(45), 48).mid, before.mid)


def test_steps_that_do_not_divide_a_day_are_refused_in_one_line() -> None:
    past = Past(0, house(2).past(1).zone, Series(0, 1000, np.ones(500)))
    with pytest.raises(UserError, match="divide a day"):
        ALL["blend"](past, 10)
