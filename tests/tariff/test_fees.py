"""The network operator's charges: fees by the clock on the wall, on top of any price, and billing periods."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from hub import config
from hub.calendar import Calendar
from hub.live import Board
from hub.model.feed import Rate
from hub.model.network import CapacityCharge, Fee, NetworkCharges
from hub.model.site import TariffSpec
from hub.store.state import State
from hub.tariff import feed
from hub.tariff.ahead import Ahead, ahead
from hub.tariff.book import Book
from hub.tariff.capacity import begins, begun
from hub.tariff.fees import by_step, fees_at, same_until
from hub.tariff.force import in_force, spans
from hub.tariff.prices import Prices
from tests.house_kit import ToldClock
from tests.tariff.test_prices import BERLIN, CALENDAR, HEAD, HOUR, MARKET, QUARTER, T0, known, ms, rates

DAY = 24 * HOUR
FEES = """
[[tariff.import_fees]]
fee = 0.15
times = ["17:00-20:30"]
days = ["workdays"]
months = [1, 2, 3, 10, 11, 12]
[[tariff.import_fees]]
fee = 0.01
times = ["22:00-06:00"]
[[tariff.import_fees]]
fee = 0.08
[[tariff.export_fees]]
fee = 0.012
times = ["11:00-14:00"]
"""


def tariff(text: str) -> TariffSpec:
    found = config.parse(text).tariff
    assert found is not None
    return found


FIXED = tariff(f"{HEAD}import_price = 0.20\nexport_price = 0.08\n{FEES}")


@pytest.mark.parametrize(
    ("at", "fee"),
    [
        ("2026-03-02T17:00", 15_000),
        ("2026-03-02T20:29", 15_000),
        ("2026-03-02T20:30", 8_000),
        ("2026-03-02T16:59", 8_000),
        ("2026-03-01T18:00", 8_000),  # a Sunday
        ("2026-04-02T18:00", 8_000),  # in summer
        ("2026-03-02T22:00", 1_000),
        ("2026-03-02T00:00", 1_000),
        ("2026-03-02T06:00", 8_000),
    ],
)
def test_the_first_that_holds_counts(at: str, fee: int) -> None:
    assert fees_at(FIXED.network, ms(at), BERLIN)[0] == fee


def test_at_other_times_there_is_none() -> None:
    evening = NetworkCharges((Fee(15_000, ((1020, 1230),)),))
    assert fees_at(evening, ms("2026-03-02T12:00"), BERLIN) == (0, 0)


@pytest.mark.parametrize("day", ["2026-03-28", "2026-03-29", "2026-10-24", "2026-10-25", "2026-12-31"])
def test_no_quarter_hour_of_a_clock_change_has_another_fee_than_the_clock_says(day: str) -> None:
    """Against a plain walk over the quarter-hours of two days."""
    start = ms(f"{day}T00:00")
    found = spans(FIXED, (), start, start + 2 * DAY, BERLIN)
    assert found[0].start == start and found[-1].end == start + 2 * DAY
    assert all(a.end == b.start for a, b in pairwise(found))
    for t in range(start, start + 2 * DAY, QUARTER):
        local = datetime.fromtimestamp(t / 1000, UTC).astimezone(BERLIN)
        minute, workday, winter = local.hour * 60 + local.minute, local.weekday() < 5, local.month not in range(4, 10)
        fee = 15_000 if workday and winter and 1020 <= minute < 1230 else 8_000 if 360 <= minute < 1320 else 1_000
        span = next(s for s in found if s.start <= t < s.end)
        assert (span.import_price, span.export_price) == (20_000 + fee, 8_000 - 1_200 * (660 <= minute < 840)), local


def test_the_hour_that_comes_twice_is_charged_twice() -> None:
    fees = (Fee(5_000, ((120, 180),)),)
    charged = by_step(fees, ms("2026-10-25T00:00"), 100, QUARTER, BERLIN)
    assert np.flatnonzero(charged).tolist() == list(range(8, 16)) and charged.max() == 5_000
    assert not by_step(fees, ms("2026-03-29T00:00"), 92, QUARTER, BERLIN).any(), "and the one that is left out never"
    assert by_step((), T0, 4, QUARTER, BERLIN).tolist() == [0] * 4


def test_fees_come_on_top_of_a_market_price_and_of_the_fixed_one_that_stands_in() -> None:
    told = tariff(f"{MARKET}import_price = 0.30\nexport_factor = 1\n{FEES}")
    found = in_force(told, rates(T0, [10_000]), T0 + QUARTER, BERLIN)
    assert (found.market, found.import_price, found.export_price) == (10_000, 26_900 + 8_000, 10_000 - 1_200)
    later = in_force(told, rates(T0, [10_000]), T0 + HOUR, BERLIN)
    assert (later.market, later.import_price, later.export_price, later.provisional) == (None, 38_000, None, True)
    unknown = in_force(tariff(MARKET + FEES), (), T0, BERLIN)
    assert unknown.import_price is None, "a fee alone is no price"


def test_what_is_in_force_ends_where_a_fee_does() -> None:
    at = ms("2026-03-02T20:10")
    found = in_force(FIXED, (), at, BERLIN)
    assert (found.start, found.end) == (ms("2026-03-02T20:00"), ms("2026-03-02T20:30"))
    long = in_force(tariff(MARKET + FEES), [Rate(T0, 10**6, 10_000, None, "awattar/DE")], at, BERLIN)
    assert (long.start, long.end) == (ms("2026-03-02T20:00"), ms("2026-03-02T20:30"))
    late = ms("2026-03-02T20:30")
    assert same_until(FIXED.network, (8_000, 0), late, BERLIN) == ms("2026-03-02T21:00"), "an hour at most"


def test_the_core_is_given_the_same_sums() -> None:
    t = ms("2026-03-02T16:00")
    found = ahead(FIXED, BERLIN, t)
    assert next((p.start - t, p.price) for p in found if p.price > 30_000) == (HOUR, 35_000)
    assert sum(p.end - p.start for p in found if p.price > 30_000) == 2 * (3 * HOUR + 2 * QUARTER)
    again = Ahead(FIXED, BERLIN, Book(FIXED, known([])))
    assert again(t) == found and again(t) is again(t + 1_000)


def test_the_page_and_the_points_tell_the_same_sums(tmp_path: Path) -> None:
    async def main() -> None:
        clock = ToldClock(ms("2026-03-02T17:00"))
        state = await State.open(tmp_path / "state.db", clock)
        try:
            prices = Prices(config.parse(f"{HEAD}import_price = 0.20\nexport_price = 0.08\n{FEES}"), state.feeds, clock)
            board = Board(clock)
            board.expect(feed.DEVICE)
            feed.show(prices, CALENDAR, board, clock.now())
            told = {p: board.read(f"tariff.{p}").value for p in ("price_import", "price_export", "price_lowest")}
            assert told == {"price_import": 35_000, "price_export": 8_000, "price_lowest": 21_000}
            assert board.read("tariff.cheaper_today").value == 24 * 60 - 210
            [first, *_] = await prices.between(clock.now(), clock.now() + DAY)
            assert (first.import_price, first.end) == (35_000, clock.now() + HOUR)
            assert prices.next_change() == clock.now() + HOUR
        finally:
            await state.close()

    asyncio.run(main())


# -- billing periods ---------------------------------------------------------------------------------------------------

MONTH, YEAR = CapacityCharge(4.0), CapacityCharge(48.0, "year")


def test_a_billing_period_is_a_local_month_or_year() -> None:
    t = ms("2026-03-29T12:00")
    assert begun(MONTH, t, CALENDAR) == ms("2026-03-01T00:00")
    assert begun(YEAR, t, CALENDAR) == ms("2026-01-01T00:00")
    assert begun(MONTH, ms("2026-04-01T00:00"), CALENDAR) == ms("2026-04-01T00:00")
    assert begun(MONTH, ms("2026-04-01T00:00") - 1, CALENDAR) == ms("2026-03-01T00:00")


def test_periods_begin_after_the_start_and_before_the_end() -> None:
    start, end = ms("2026-03-01T00:00"), ms("2027-02-01T00:00")
    found = [CALENDAR.date_at(t) for t in begins(MONTH, start, end, CALENDAR)]
    assert found == [date(2026, m, 1) for m in range(4, 13)] + [date(2027, 1, 1)]
    assert list(begins(YEAR, start, end, CALENDAR)) == [ms("2027-01-01T00:00")]
    assert not list(begins(MONTH, start, ms("2026-04-01T00:00"), CALENDAR))


def test_a_month_begins_at_midnight_of_the_place() -> None:
    auckland = Calendar(ZoneInfo("Pacific/Auckland"))
    [t] = begins(MONTH, ms("2026-05-31T00:00"), ms("2026-06-02T00:00"), auckland)
    assert datetime.fromtimestamp(t / 1000, UTC) == datetime(2026, 5, 31, 12, tzinfo=UTC)
