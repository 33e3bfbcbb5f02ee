"""What is foretold of a house whose ways are known, in good days and in bad ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from hub.forecast.candidates import DAY_S, persistence
from hub.forecast.load import CANDIDATES, Nightly, house_load, ridge
from hub.forecast.load_model import fit
from hub.forecast.series import Forecast, Past, Series
from tests.forecast.load_house import BASE_W, DAY_MS, NOISE_W, error, house, midnight, past, routine, with_values

START, THURSDAY = midnight(2025, 9, 1), midnight(2026, 1, 15)
SATURDAY = midnight(2026, 1, 17)
HOUR_MS = 3_600_000
A_DAY = 48


def told(past: Past, steps: int = 2 * A_DAY) -> Forecast:
    found = ridge(past, steps)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def lived() -> Series:
    return house(START, 200)


@pytest.mark.parametrize("now", [THURSDAY, SATURDAY])
def test_a_work_day_and_a_week_end_are_each_told_as_they_are_lived(lived: Series, now: int) -> None:
    found = told(past(lived, now))
    assert error(found.mid, now, 1800) < NOISE_W / 2
    assert error(found.mean, now, 1800) < NOISE_W / 2


@pytest.mark.parametrize("seconds", [300, 900, 3600])
def test_other_steps_do_as_well(seconds: int) -> None:
    power = house(START, 140, seconds)
    assert error(told(past(power, THURSDAY), 2 * DAY_S // seconds).mid, THURSDAY, seconds) < NOISE_W / 2


def test_the_band_holds_about_four_of_five(lived: Series) -> None:
    within = []
    for day in range(60, 200, 3):
        now = START + day * DAY_MS
        found, came = told(past(lived, now), A_DAY), lived.between(now, now + DAY_MS).values
        within.append((came >= found.low) & (came <= found.high))
    assert 0.75 < np.mean(within) < 0.88


def test_low_mid_and_high_are_in_order_and_nothing_is_below_zero(lived: Series) -> None:
    power = with_values(lived, THURSDAY - 9 * DAY_MS, THURSDAY, 0.0)
    for name, forecaster in CANDIDATES.items():
        found = forecaster(past(power, THURSDAY + 5 * HOUR_MS), 2 * A_DAY)
        assert found is not None and found.by == name
        assert (found.low >= 0).all() and (found.mean >= 0).all()
        assert (found.low <= found.mid).all() and (found.mid <= found.high).all()


def test_other_weather_told_on_the_same_day_is_heard() -> None:
    power, now = house(START, 150, 3600), START + 149 * DAY_MS
    outdoors = (np.random.default_rng(seed).uniform(-5, 15, 152 * 24) for seed in (1, 2))
    one, other = (past(power, now, temperature=Series(START, 3600, values)) for values in outdoors)
    model = fit(one)
    assert model is not None
    first, second, again = (model.forecast(asked, 24).mean for asked in (one, other, one))
    assert np.array_equal(second, replace(model, kept={}).forecast(other, 24).mean)
    assert np.array_equal(first, again) and not np.array_equal(first, second)


@pytest.mark.parametrize("name", list(CANDIDATES))
def test_what_comes_later_changes_nothing(lived: Series, name: str) -> None:
    now = THURSDAY + 7 * HOUR_MS
    changed = with_values(lived, now, lived.end_ms, 9000.0)
    one, other = (CANDIDATES[name](past(power, now), A_DAY) for power in (lived, changed))
    assert one is not None and other is not None
    assert np.array_equal(one.mid, other.mid) and np.array_equal(one.high, other.high)


def test_learning_once_a_night_says_the_same_as_learning_each_time(lived: Series) -> None:
    nightly = Nightly()
    for hours in (0, 9, 23.5, 24, 30):
        asked = past(lived, THURSDAY + int(hours * HOUR_MS))
        one, other = nightly(asked, A_DAY), ridge(asked, A_DAY)
        assert one is not None and other is not None and np.array_equal(one.mean, other.mean)


def test_a_model_of_some_days_ago_goes_by_what_was_since(lived: Series) -> None:
    model = fit(past(lived, THURSDAY - 3 * DAY_MS))
    assert model is not None
    assert error(model.forecast(past(lived, THURSDAY), A_DAY).mid, THURSDAY, 1800) < NOISE_W / 2


def test_a_day_off_is_told_like_a_sunday(lived: Series) -> None:
    off = frozenset({(date(2026, 1, 15) - date(1970, 1, 1)).days})
    found = told(past(lived, THURSDAY, off), A_DAY)
    assert error(found.mid, THURSDAY, 1800, off) < NOISE_W
    assert error(found.mid, THURSDAY, 1800) > 2 * NOISE_W


@pytest.mark.parametrize("days", [3, 7, 20])
def test_while_nobody_is_at_home_the_level_of_the_last_days_counts(lived: Series, days: int) -> None:
    away = with_values(lived, THURSDAY - days * DAY_MS, THURSDAY, BASE_W)
    found = told(past(away, THURSDAY), A_DAY)
    assert np.allclose(found.mid, BASE_W)
    assert found.low.max() <= BASE_W
    usual = told(past(lived, THURSDAY), A_DAY)
    assert BASE_W < found.mean.mean() < usual.mean.mean()  # they may come back


@pytest.mark.parametrize("days", [1, 3, 20])
def test_when_people_come_back_they_live_as_before(lived: Series, days: int) -> None:
    away = with_values(lived, THURSDAY - days * DAY_MS, THURSDAY, BASE_W)
    evening = THURSDAY + 20 * HOUR_MS  # they came at midnight, and cooked
    assert error(told(past(away, evening), 8).mid, evening, 1800) < NOISE_W
    assert error(told(past(away, THURSDAY + DAY_MS), A_DAY).mid, THURSDAY + DAY_MS, 1800) < NOISE_W / 2


def test_a_few_quiet_hours_in_the_morning_do_not_send_people_away(lived: Series) -> None:
    noon = THURSDAY + 12 * HOUR_MS
    found = told(past(with_values(lived, THURSDAY, noon, BASE_W), noon), 24)
    assert error(found.mid[8:], noon + 4 * HOUR_MS, 1800) < 2 * NOISE_W


@pytest.mark.parametrize("ago", [1, 3])
def test_one_special_day_is_not_told_again(lived: Series, ago: int) -> None:
    feast = with_values(lived, THURSDAY - ago * DAY_MS, THURSDAY - (ago - 1) * DAY_MS, 4000.0)
    found = told(past(feast, THURSDAY), A_DAY)
    assert max(error(found.mid, THURSDAY, 1800), error(found.mean, THURSDAY, 1800)) < 250  # of 3,600 that it was above


def test_a_new_device_comes_into_the_forecast_within_days(lived: Series) -> None:
    """A heat pump of 2 kW from one to four at night."""
    hour = lived.starts_ms // HOUR_MS % 24
    at_night = (hour >= 1) & (hour < 4)
    levels = []
    for days in (1, 4, 8, 21):
        since = lived.starts_ms >= THURSDAY - days * DAY_MS
        power = Series(lived.start_ms, 1800, lived.values + 2000.0 * (since & at_night))
        found = told(past(power, THURSDAY), A_DAY)
        levels.append((found.mid[4:10].mean() - BASE_W, found.mean[4:10].mean() - BASE_W))
    assert max(levels[0]) < 700  # one night may be chance
    assert all(1400 < level < 2400 for night in levels[1:] for level in night)


@pytest.mark.parametrize("days", [0.5, 3, 10, 30])
def test_a_gap_up_to_now_is_bridged(lived: Series, days: float) -> None:
    gap = with_values(lived, THURSDAY - int(days * DAY_MS), THURSDAY, np.nan)
    assert error(told(past(gap, THURSDAY)).mid, THURSDAY, 1800) < NOISE_W / 2


def test_holes_everywhere_do_little_harm(lived: Series) -> None:
    values = lived.values.copy()
    values[np.random.default_rng(2).random(len(values)) < 0.2] = np.nan
    assert error(told(past(Series(lived.start_ms, 1800, values), THURSDAY)).mid, THURSDAY, 1800) < NOISE_W


@pytest.mark.parametrize(("month", "day"), [(3, 29), (10, 25)])
def test_on_the_days_on_which_clocks_change_people_go_by_their_clocks(month: int, day: int) -> None:
    changes = midnight(2026, month, day)
    power = house(changes - 120 * DAY_MS, 125)
    for now in (changes - DAY_MS, changes, changes + 5 * HOUR_MS, midnight(2026, month, day + 1)):
        assert error(told(past(power, now)).mid, now, 1800) < NOISE_W


def test_after_an_hour_above_the_next_hours_are_above_too_and_then_no_more() -> None:
    """Chance that lasts for some hours."""
    power = house(START, 200)
    rng, drift = np.random.default_rng(4), np.zeros(len(power.values))
    for i in range(1, len(drift)):
        drift[i] = 0.8 * drift[i - 1] + rng.normal(0, 60)
    lasting = Series(power.start_ms, 1800, np.maximum(power.values + drift + 300, 0))
    now = THURSDAY + 12 * HOUR_MS
    high = with_values(lasting, now - HOUR_MS, now, routine(lasting.between(now - HOUR_MS, now).starts_ms, 1800) + 1300)
    above = told(past(high, now), 24).mid - told(past(lasting, now), 24).mid
    assert above[0] > 300 and above[0] > above[3] > above[7]
    assert above[16] < 100


def test_cold_and_warm_days_are_told_apart_by_the_temperature() -> None:
    power = house(START, 150, 3600)
    rng = np.random.default_rng(3)
    outdoors = np.repeat(rng.normal(5, 6, 153), 24)
    heating = 80.0 * np.maximum(16 - outdoors, 0)
    heated = Series(START, 3600, power.values + heating[: len(power.values)])
    now, temperature = START + 149 * DAY_MS, Series(START, 3600, outdoors)
    found = told(past(heated, now, temperature=temperature), 24)
    assert abs((found.mean - heated.between(now, now + DAY_MS).values).mean()) < 150
    cold = Series(START, 3600, np.where(np.arange(len(outdoors)) >= 149 * 24, -10.0, outdoors))
    warm = Series(START, 3600, np.where(np.arange(len(outdoors)) >= 149 * 24, 20.0, outdoors))
    risen = told(past(heated, now, temperature=cold), 24).mean - told(past(heated, now, temperature=warm), 24).mean
    assert 1500 < risen.mean() < 2700  # 26 K of heating


def test_temperature_that_ends_now_is_held() -> None:
    power = house(START, 150, 3600)
    temperature = Series(START, 3600, np.resize(np.linspace(0, 15, 37), 149 * 24))
    now = START + 149 * DAY_MS
    assert error(told(past(power, now, temperature=temperature), 48).mid, now, 3600) < NOISE_W


@pytest.mark.parametrize(
    ("hours", "speaking", "at_most_w"),
    [(0, "typical", 400), (3, "typical", 300), (30, "persistence", 80), (60, "slots", 60), (30 * 24, "ridge", 60)],
)
def test_the_ladder_from_the_first_hour_on(lived: Series, hours: int, speaking: str, at_most_w: float) -> None:
    young = lived.between(THURSDAY - hours * HOUR_MS, THURSDAY)
    answers = [forecaster(past(young, THURSDAY), 2 * A_DAY) for forecaster in CANDIDATES.values()]
    first = next(found for found in answers if found)
    assert first.by == speaking
    assert error(first.mid, THURSDAY, 1800) < at_most_w


def test_a_house_that_uses_much_is_told_so_after_hours(lived: Series) -> None:
    few = [Series(THURSDAY - 6 * HOUR_MS, 1800, np.full(12, watts)) for watts in (100.0, 2000.0)]
    little, much = (CANDIDATES["typical"](past(power, THURSDAY), A_DAY) for power in few)
    assert little is not None and much is not None
    assert much.mid.mean() > 4 * little.mid.mean()


def test_persistence_takes_what_is_missing_of_yesterday_from_the_day_before(lived: Series) -> None:
    gap = with_values(lived, THURSDAY - 5 * HOUR_MS, THURSDAY - 3 * HOUR_MS, np.nan)
    found = persistence(past(gap, THURSDAY), 2 * A_DAY)
    assert found is not None
    yesterday, before = (lived.between(THURSDAY - k * DAY_MS, THURSDAY - (k - 1) * DAY_MS).values for k in (1, 2))
    assert np.array_equal(found.mid[:38], yesterday[:38]) and np.array_equal(found.mid[42:48], yesterday[42:])
    assert np.array_equal(found.mid[38:42], before[38:42]) and np.array_equal(found.mid[48:], found.mid[:48])


def test_persistence_is_silent_when_a_time_of_day_was_not_seen_all_week(lived: Series) -> None:
    noon = with_values(lived, THURSDAY - 8 * DAY_MS, THURSDAY - 6 * HOUR_MS, np.nan)
    assert persistence(past(noon, THURSDAY), A_DAY) is None


def devices(lived: Series, change: Callable[[np.ndarray], None]) -> tuple[Series, Series]:
    car = np.zeros(len(lived.values))
    car[200:220] = 7000.0
    total = Series(lived.start_ms, 1800, lived.values + car)
    change(car)
    return total, Series(lived.start_ms, 1800, car)


def test_what_is_planned_for_itself_is_taken_out_of_the_house(lived: Series) -> None:
    total, car = devices(lived, lambda car: None)
    assert np.allclose(house_load(total, {"car": car}).values, lived.values)


def test_while_a_device_is_silent_the_house_is_not_known(lived: Series) -> None:
    def silent(car: np.ndarray) -> None:
        car[210:230] = np.nan

    total, car = devices(lived, silent)
    left = house_load(total, {"car": car}).values
    assert np.isnan(left[210:230]).all() and not np.isnan(np.delete(left, slice(210, 230))).any()


def test_before_a_device_came_all_was_the_house(lived: Series) -> None:
    def came(car: np.ndarray) -> None:
        car[:180] = np.nan

    total, car = devices(lived, came)
    assert np.allclose(house_load(total, {"car": car}).values, lived.values)


def test_a_device_that_meters_more_than_the_house_leaves_nothing(lived: Series) -> None:
    more = Series(lived.start_ms, 1800, lived.values + 50)
    assert (house_load(lived, {"pump": more}).values == 0).all()


def test_a_device_of_another_step_is_refused(lived: Series) -> None:
    with pytest.raises(ValueError, match="pump: steps of 900 s"):
        house_load(lived, {"pump": Series(lived.start_ms, 900, lived.values)})
