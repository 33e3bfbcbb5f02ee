"""Prices beyond those that are known."""

from __future__ import annotations

import numpy as np
import pytest

from hub.forecast.days import DAY_S, local_steps, weekdays
from hub.forecast.prices import beyond
from hub.forecast.series import Floats, Series
from tests.forecast.load_house import BERLIN, DAY_MS, midnight

MONDAY = midnight(2026, 1, 12)
"""Until its begin prices are known."""
SECONDS = 3600


def grid(days: int) -> tuple[Floats, np.ndarray, np.ndarray]:
    """Zeros, and local hour and weekday of each step from `days` before MONDAY until 3 days after it."""
    starts = MONDAY - days * DAY_MS + np.arange((days + 3) * 24) * 3_600_000
    day, hour = np.divmod(local_steps(starts, SECONDS, BERLIN), DAY_S // SECONDS)
    return np.zeros(len(starts)), hour, weekdays(day, frozenset())


def by_the_hour(days: int) -> Floats:
    """A tariff of two steps, the dear one only on days of work."""
    _, hour, weekday = grid(days)
    return np.where((weekday < 5) & (hour >= 7) & (hour < 21), 34.0, 22.0)


def known(values: Floats, days: int) -> Series:
    return Series(MONDAY - days * DAY_MS, SECONDS, values[: days * 24])


def made(values: Floats, days: int) -> Floats:
    """What is said of the three days from MONDAY on."""
    told = beyond(known(values, days), MONDAY + 3 * DAY_MS, BERLIN)
    assert np.array_equal(told.values[: days * 24], values[: days * 24])
    assert len(told.values) == (days + 3) * 24
    return told.values[days * 24 :]


@pytest.mark.parametrize("days", [9, 11, 12])
def test_a_tariff_by_the_hour_comes_out_as_it_is_whatever_day_was_last(days: int) -> None:
    values = by_the_hour(days)
    assert np.allclose(made(values, days), values[days * 24 :])


def test_a_week_end_is_told_from_the_week_ends() -> None:
    values = by_the_hour(17)
    friday = known(values, 17).between(MONDAY - 17 * DAY_MS, MONDAY - 2 * DAY_MS)
    told = beyond(friday, MONDAY, BERLIN)
    assert np.allclose(told.values, values[: 17 * 24])


def test_a_flat_price_stays_flat() -> None:
    assert np.allclose(made(np.full(33 * 24, 29.5), 30), 29.5)


def spot(days: int, levels: Floats) -> Floats:
    """Two peaks around the level of each day."""
    _, hour, _ = grid(days)
    shape = 6 * np.sin(2 * np.pi * (hour - 4) / 12)
    return np.repeat(levels, 24) + shape


def test_the_shape_of_the_past_is_told_at_the_level_of_the_last_day() -> None:
    levels = np.random.default_rng(1).normal(20, 0.5, 33)
    levels[29:] = 45.0
    values = spot(30, levels)
    assert np.allclose(made(values, 30), values[30 * 24 :], atol=1)


def test_around_a_level_below_zero_the_shape_is_the_same_side_up() -> None:
    levels = np.full(33, 10.0)
    levels[29:] = -8.0
    values = spot(30, levels)
    assert np.corrcoef(made(values, 30), values[30 * 24 :])[0, 1] > 0.999


def test_gaps_in_what_is_known_are_filled_too() -> None:
    values = by_the_hour(21)
    gap = values.copy()
    gap[10 * 24 + 5 : 10 * 24 + 9] = np.nan
    told = beyond(known(gap, 21), MONDAY, BERLIN).values
    assert np.allclose(told, values[: 21 * 24])


def test_with_some_hours_their_mean_and_with_none_nothing() -> None:
    few = Series(MONDAY, SECONDS, np.array([10.0, 20.0, 30.0]))
    assert np.allclose(beyond(few, MONDAY + DAY_MS, BERLIN).values[3:], 20.0)
    assert np.isnan(beyond(Series(MONDAY, SECONDS, np.full(3, np.nan)), MONDAY + DAY_MS, BERLIN).values).all()


def test_what_is_known_for_long_enough_stays_as_it_is() -> None:
    series = known(by_the_hour(9), 9)
    assert np.array_equal(beyond(series, series.start_ms, BERLIN).values, series.values)
