"""Prices by quarter-hour: as known, and beyond that by their shape."""

from __future__ import annotations

import numpy as np

from hub.forecast.series import Series
from hub.foresight.pricing import continued, fees_ahead, known_prices
from hub.foresight.view import STEP_MS, STEP_S
from hub.model.network import Fee
from hub.model.site import Price
from tests.foresight.kit import DAY, HOUR, START, ZONE, past

A_DAY = 96


def test_hours_and_quarter_hours_lie_where_they_are() -> None:
    told = (
        Price(START - HOUR, START + STEP_MS, 10, False, 1),
        Price(START + STEP_MS, START + 2 * STEP_MS, 20, False, None),
        Price(START + 2 * STEP_MS, START + HOUR, 30, True, 3),
    )
    buy, sell, estimated = known_prices(told, START, 6)
    assert buy[:4].tolist() == [10, 20, 30, 30] and np.isnan(buy[4:]).all()
    assert sell[0] == 1 and np.isnan(sell[1]) and sell[2] == 3
    assert estimated == START + 2 * STEP_MS, "from the first that the source calls one"


def test_all_known_is_no_estimate() -> None:
    _, _, estimated = known_prices((Price(START, START + DAY, 10),), START, 96)
    assert estimated == START + DAY


def test_a_tariff_by_the_hour_goes_on_as_it_is() -> None:
    by_hour = np.repeat(np.arange(24.0), 4)
    values = np.tile(by_hour, 3)
    values[A_DAY + 10 :] = np.nan
    paid = Series(START - 7 * DAY, STEP_S, np.tile(by_hour, 7))
    assert np.allclose(continued(values, past(np.zeros(A_DAY)), paid), np.tile(by_hour, 3))


def test_without_a_past_it_is_the_mean() -> None:
    values = np.full(8, np.nan)
    values[:2] = [10.0, 20.0]
    assert continued(values, past(np.zeros(A_DAY)), None)[2:].tolist() == [15.0] * 6
    assert np.isnan(continued(np.full(4, np.nan), past(np.zeros(A_DAY)), None)).all()


def test_what_is_known_stays() -> None:
    values = np.arange(192.0)
    assert continued(values, past(np.zeros(A_DAY)), None).tolist() == values.tolist()


def test_fees_go_on_by_the_clock_and_only_the_price_of_energy_by_its_shape() -> None:
    """START is a Tuesday noon; the fee begins on Wednesday, and no day before had it."""
    fees = (Fee(1_000, days=frozenset({2})),)
    paid = Series(START - 4 * DAY, STEP_S, np.full(4 * A_DAY, 200.0))
    values = np.full(2 * A_DAY, np.nan)
    values[:2] = 200.0
    midnight = 44  # 23:00 UTC
    found = continued(values, past(np.zeros(A_DAY)), paid, fees)
    assert found.tolist() == [200.0] * midnight + [1_200.0] * A_DAY + [200.0] * (A_DAY - midnight)
    known = np.full(2 * A_DAY, 300.0)
    assert continued(known, past(np.zeros(A_DAY)), paid, fees).tolist() == known.tolist(), (
        "what is known has it already"
    )
    assert fees_ahead(fees, START, 2 * A_DAY, ZONE)[midnight - 1 : midnight + 1].tolist() == [0.0, 1_000.0]
