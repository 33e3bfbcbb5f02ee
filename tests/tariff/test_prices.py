"""What a kWh costs: fees on the market's price, fallbacks, corrections, restarts without the internet."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from hub import config
from hub.calendar import Calendar
from hub.core import HOUSE
from hub.live import Board
from hub.model import Quality
from hub.model.feed import KnownRate, Outlook, Rate
from hub.model.site import Price, Site
from hub.store.state import State
from hub.tariff import feed
from hub.tariff.ahead import Ahead, ahead
from hub.tariff.book import Book
from hub.tariff.force import in_force, spans
from hub.tariff.prices import Prices
from tests.house_kit import ToldClock

BERLIN = ZoneInfo("Europe/Berlin")
CALENDAR = Calendar(BERLIN)
HOUR, QUARTER = 3_600_000, 900_000
HEAD = '[site]\ntimezone = "Europe/Berlin"\n[tariff]\n'
MARKET = HEAD + 'source = "awattar"\ncountry = "DE"\nimport_factor = 1.19\nimport_add = 0.15\n'


def ms(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=BERLIN).timestamp() * 1000)


T0 = ms("2026-03-01T12:00")


def site(text: str) -> Site:
    return config.parse(text)


def rates(
    start: int, prices: list[int], step: int = HOUR, source: str = "awattar/DE", export: int | None = None
) -> list[Rate]:
    return [Rate(start + n * step, step // 1000, p, export, source) for n, p in enumerate(prices)]


def known(found: list[Rate], at: int = 0, currency: str = "EUR") -> list[KnownRate]:
    return [KnownRate(r, currency, at) for r in found]


# -- the price of a moment --------------------------------------------------------------------------------------------


def test_vat_and_fees_come_on_top_of_the_market_price() -> None:
    tariff = site(MARKET).tariff
    assert tariff is not None
    found = in_force(tariff, rates(T0, [10_000, -5_000]), T0, BERLIN)
    assert (found.import_price, found.market, found.end) == (round(10_000 * 1.19) + 15_000, 10_000, T0 + HOUR)
    assert found.export_price is None and not found.provisional
    assert in_force(tariff, rates(T0, [10_000, -5_000]), T0 + HOUR, BERLIN).import_price == 9_050


@pytest.mark.parametrize(("keys", "own", "export"), [
    ("export_price = 0.08", None, 8_000),
    ("export_factor = 0.9\nexport_add = -0.01", None, 8_000),
    ("export_factor = 0.9\nexport_price = 0.05", None, 9_000),
    ("", 7_000, 7_000),
    ("export_price = 0.08", 7_000, 8_000),
    ("export_factor = 0.5", 7_000, 3_500),
    ("", None, None),
])  # fmt: skip
def test_what_is_fed_in(keys: str, own: int | None, export: int | None) -> None:
    tariff = site(MARKET + keys).tariff
    assert tariff is not None
    assert in_force(tariff, rates(T0, [10_000], export=own), T0, BERLIN).export_price == export


def test_the_fixed_price_stands_in_for_what_is_not_known() -> None:
    tariff = site(MARKET + "import_price = " + str([n / 100 for n in range(24)]) + "\nexport_price = 0.08").tariff
    assert tariff is not None
    found = in_force(tariff, rates(T0 + 2 * HOUR + QUARTER, [10_000]), T0 + 2 * HOUR, BERLIN)
    assert (found.import_price, found.provisional, found.market) == (14_000, True, None)
    assert found.end == T0 + 2 * HOUR + QUARTER and found.export_price == 8_000


def test_another_currency_needs_a_rate_of_exchange() -> None:
    plain = '[site]\ncurrency = "SEK"\n[tariff]\nsource = "entsoe"\nzone = "SE3"\ntoken = "x"\n'
    name = "entsoe/SE3"
    assert not Book(site(plain).tariff, known(rates(T0, [10_000], source=name))).at(T0)
    changed = site(plain + "exchange = 11.2\nimport_add = 0.5").tariff
    assert changed is not None
    book = Book(changed, known(rates(T0, [10_000], source=name)))
    assert in_force(changed, book.at(T0), T0, BERLIN).import_price == 162_000


def test_quarter_hours_over_an_older_hour_and_the_hour_where_they_end() -> None:
    tariff = site(MARKET.replace("import_factor = 1.19\nimport_add = 0.15\n", "")).tariff
    assert tariff is not None
    found = [*rates(T0, [10_000, 20_000]), *rates(T0 + QUARTER, [11_000, 12_000], QUARTER)]
    book = Book(tariff, known(found))
    told = spans(tariff, book.at(T0), T0, T0 + 2 * HOUR, BERLIN)
    assert [((s.start - T0) // QUARTER, (s.end - T0) // QUARTER, s.import_price) for s in told] == [
        (0, 1, 10_000), (1, 2, 11_000), (2, 3, 12_000), (3, 4, 10_000), (4, 8, 20_000),
    ]  # fmt: skip


# -- the hours to come ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("day", ["2026-03-28T13:00", "2026-03-29T00:30", "2026-10-24T22:10", "2026-10-25T02:30"])
def test_fixed_prices_ahead_go_by_the_local_hour(day: str) -> None:
    """Against a plain walk over the hours: what the core was given before there were feeds."""
    table = [n / 100 for n in range(24)]
    tariff, t = site(HEAD + f"import_price = {table}").tariff, ms(day)
    first = t // HOUR * HOUR
    hours = [datetime.fromtimestamp((first + k * HOUR) / 1000, UTC).astimezone(BERLIN).hour for k in range(48)]
    assert ahead(tariff, BERLIN, t) == tuple(
        Price(first + k * HOUR, first + (k + 1) * HOUR, h * 1000, export=0) for k, h in enumerate(hours)
    )


def test_known_prices_ahead_then_the_fixed_one_as_an_estimate() -> None:
    tariff = site(MARKET.replace("0.15", "0") + "import_price = 0.3").tariff
    found = ahead(tariff, BERLIN, T0 + 5, rates(T0, [10_000] * 8, QUARTER))
    assert [(p.start - T0, p.end - T0, p.price, p.provisional) for p in found[:9]] == [
        *((n * QUARTER, (n + 1) * QUARTER, 11_900, False) for n in range(8)), (2 * HOUR, 3 * HOUR, 30_000, True)
    ]  # fmt: skip
    assert found[-1].end == T0 + 48 * HOUR
    assert all(a.end == b.start for a, b in pairwise(found))


def test_without_a_fixed_price_what_is_not_known_is_left_out() -> None:
    found = ahead(site(MARKET).tariff, BERLIN, T0, [*rates(T0, [10_000]), *rates(T0 + 3 * HOUR, [20_000])])
    assert [(p.start - T0) // HOUR for p in found] == [0, 3]
    assert ahead(None, BERLIN, T0) == ()


def test_a_price_without_an_end_holds_for_all_hours_ahead() -> None:
    found = ahead(site(MARKET).tariff, BERLIN, T0, [Rate(T0 - HOUR, 10**9, 10_000, None, "awattar/DE")])
    assert [(p.start, p.end) for p in found] == [(T0, T0 + 48 * HOUR)]


def test_what_is_known_later_changes_nothing_before() -> None:
    tariff = site(MARKET.replace("import_factor = 1.19\nimport_add = 0.15\n", "")).tariff
    book = Book(tariff, known(rates(T0, [10_000, 20_000]), at=T0 - 500))
    prices = Ahead(tariff, BERLIN, book)
    before = prices(T0)
    book.add(known(rates(T0 + HOUR, [25_000, 30_000]), at=T0 + 2_000))
    assert prices(T0 + 1_999) == before and [p.price for p in prices(T0 + 2_000)] == [10_000, 25_000, 30_000]
    assert prices(T0 + 2_000) is prices(T0 + 3_000) and prices(T0 + 1_000) == before
    assert book.changes_at(T0) == T0 + 2_000


# -- the house's prices -----------------------------------------------------------------------------------------------


def run(tmp_path: Path, text: str, play: Callable[[Prices, State, ToldClock], Awaitable[None]]) -> None:
    async def main() -> None:
        clock = ToldClock(T0)
        state = await State.open(tmp_path / "state.db", clock)
        try:
            prices = Prices(site(text), state.feeds, clock)
            await prices.load()
            await play(prices, state, clock)
        finally:
            await state.close()

    asyncio.run(main())


def board_of(clock: ToldClock) -> Board:
    board = Board(clock)
    for device in (HOUSE, feed.DEVICE):
        board.expect(device)
    return board


def test_a_restart_without_the_internet_knows_tomorrows_prices(tmp_path: Path) -> None:
    async def first(prices: Prices, state: State, clock: ToldClock) -> None:
        await prices.rates("awattar/DE", "EUR", rates(T0, list(range(36))))

    async def second(prices: Prices, state: State, clock: ToldClock) -> None:
        clock.advance(30 * 3600)
        assert prices.now() is not None and prices.now().market == 30  # type: ignore[union-attr]
        assert prices.last("awattar/DE") == (T0 + 2_000, T0 + 36 * HOUR)
        assert prices.health() == "ok"
        prices.missed("awattar/DE", "api.awattar.de: does not connect")
        assert prices.health() == "awattar/DE: api.awattar.de: does not connect; prices are known until 03.03. 00:00"
        clock.advance(12 * 3600)
        assert prices.now().import_price is None  # type: ignore[union-attr]
        assert prices.health().endswith("no price is known now")

    run(tmp_path, MARKET, first)
    run(tmp_path, MARKET, second)


def test_only_what_is_new_is_kept_and_every_correction_with_its_time(tmp_path: Path) -> None:
    async def play(prices: Prices, state: State, clock: ToldClock) -> None:
        estimate = [Rate(T0, 1800, 10_000, 5_000, "awattar/DE", provisional=True)]
        for _ in range(3):
            await prices.rates("awattar/DE", "EUR", estimate)
            clock.advance(60)
        await prices.rates("awattar/DE", "EUR", [Rate(T0, 1800, 12_000, 5_000, "awattar/DE")])
        rows = await state.feeds._db.rows("SELECT known, import, provisional FROM rate ORDER BY known")
        assert [tuple(r) for r in rows] == [(T0 + 2_000, 10_000, 1), (T0 + 182_000, 12_000, 0)]
        assert [k.rate.import_price for k in await state.feeds.between("awattar/DE", T0, T0 + 1)] == [12_000]
        await state.feeds.forget(T0 + 61 * 24 * HOUR)
        assert [tuple(r) for r in await state.feeds._db.rows("SELECT import FROM rate")] == [(12_000,)]
        await state.feeds.forget(T0 + 1200 * 24 * HOUR)
        assert not await state.feeds._db.rows("SELECT 1 FROM rate")

    run(tmp_path, MARKET, play)


def test_prices_in_another_currency_are_refused_and_said(tmp_path: Path) -> None:
    async def play(prices: Prices, state: State, clock: ToldClock) -> None:
        await prices.rates("awattar/DE", "CHF", rates(T0, [1]))
        assert "its prices are in CHF, the site's currency is EUR; give tariff.exchange" in prices.health()
        assert prices.now().import_price is None  # type: ignore[union-attr]

    run(tmp_path, MARKET, play)


def test_what_is_and_was_in_force(tmp_path: Path) -> None:
    async def play(prices: Prices, state: State, clock: ToldClock) -> None:
        await prices.rates("awattar/DE", "EUR", rates(T0, [10_000, 20_000]))
        found = await prices.between(T0 - HOUR, T0 + 2 * HOUR)
        assert [(s.market, s.import_price) for s in found] == [(None, 30_000), (10_000, 26_900), (20_000, 38_800)]

    run(tmp_path, MARKET + "import_price = 0.3", play)


def test_forecasts_come_back_after_a_restart(tmp_path: Path) -> None:
    one = Outlook("temperature", T0, 3600, (1.5, None, 3.0), "open-meteo", T0 - 1000)

    async def first(prices: Prices, state: State, clock: ToldClock) -> None:
        await prices.outlook([one, Outlook("temperature", T0, 3600, (0.0,), "open-meteo", T0 - 2000)][::-1])

    async def second(prices: Prices, state: State, clock: ToldClock) -> None:
        assert prices.outlooks == {("open-meteo", "temperature"): one}
        assert prices.last("open-meteo") == (T0 - 1000, one.end_ms)

    run(tmp_path, MARKET, first)
    run(tmp_path, MARKET, second)


def test_the_points_show_market_stand_in_and_nothing(tmp_path: Path) -> None:
    async def play(prices: Prices, state: State, clock: ToldClock) -> None:
        board = board_of(clock)
        await prices.rates("awattar/DE", "EUR", rates(T0, [10_000]))
        clock.advance(2)
        feed.show(prices, CALENDAR, board, clock.now())
        assert (board.read("tariff.price_import").value, board.read("tariff.price_import").quality) == (
            26_900,
            Quality.GOOD,
        )
        clock.advance(3600)
        feed.show(prices, CALENDAR, board, clock.now())
        known_price = board.read("tariff.price_import")
        if prices.tariff and prices.tariff.import_price:
            assert (known_price.value, known_price.quality) == (30_000, Quality.SUBSTITUTED)
        else:
            assert known_price.value is None and board.links["tariff"].reason == "no price is known for this time"

    for n, more in enumerate(("import_price = 0.3", "")):
        (tmp_path / str(n)).mkdir()
        run(tmp_path / str(n), MARKET + more, play)


def test_a_price_is_shown_as_soon_as_it_comes(tmp_path: Path) -> None:
    async def play(prices: Prices, state: State, clock: ToldClock) -> None:
        board = board_of(clock)
        running = asyncio.create_task(feed.run(prices, CALENDAR, board, clock))
        await asyncio.sleep(0)
        assert board.read("tariff.price_import").value is None
        await prices.rates("awattar/DE", "EUR", rates(T0, [10_000]))
        clock.advance(2)
        async with asyncio.timeout(5):
            while board.read("tariff.price_import").value is None:
                await asyncio.sleep(0.01)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    run(tmp_path, MARKET, play)
