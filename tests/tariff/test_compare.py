"""Whether now is among the cheapest hours of the day, and how cheap it will be: on days of every length."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from hub.core import HOUSE
from hub.live import Board
from hub.model import Quality
from hub.store.state import State
from hub.tariff import feed
from hub.tariff.prices import Prices
from tests.house_kit import ToldClock
from tests.tariff.test_prices import CALENDAR, HEAD, HOUR, MARKET, QUARTER, ms, rates, site

PLAIN = MARKET.replace("import_factor = 1.19\nimport_add = 0.15\n", "")


def shown(
    folder: Path, document: str, at: str, play: Callable[[Prices, ToldClock], Awaitable[None]] | None = None
) -> Board:
    """The tariff as it is told at the local time `at`, after `play` has brought prices two hours before."""

    async def main() -> Board:
        clock = ToldClock(ms(at) - 2 * HOUR)
        state = await State.open(folder / "state.db", clock)
        try:
            prices = Prices(site(document), state.feeds, clock)
            if play:
                await play(prices, clock)
            clock.advance(7200)
            restarted = Prices(site(document), state.feeds, clock)
            await restarted.load()
            board = Board(clock)
            for device in (HOUSE, feed.DEVICE):
                board.expect(device)
            for one in (prices, restarted):
                feed.show(one, CALENDAR, board, clock.now())
            return board
        finally:
            await state.close()

    return asyncio.run(main())


@pytest.mark.parametrize(
    ("at", "quarters", "cheaper"),
    [("2026-03-28T23:50", 96, 95), ("2026-03-29T23:50", 92, 91), ("2026-10-25T23:50", 100, 99),
     ("2026-03-29T00:05", 92, 0), ("2026-10-25T03:00", 100, 16), ("2026-03-29T03:00", 92, 8)],
)  # fmt: skip
def test_prices_that_rise_all_day_are_dearest_in_its_last_quarter_hour(
    tmp_path: Path, at: str, quarters: int, cheaper: int
) -> None:
    midnight = ms(at[:10] + "T00:00")

    async def told(prices: Prices, clock: ToldClock) -> None:
        before, after = [-1_000] * 40, [-2_000] * 40
        listed = rates(midnight - 40 * QUARTER, [*before, *range(quarters), *after], QUARTER)
        await prices.rates("awattar/DE", "EUR", listed)

    board = shown(tmp_path, PLAIN, at, told)
    assert board.read("tariff.cheaper_today").value == cheaper * 15
    assert board.read("tariff.price_lowest").value == -2_000, "tomorrow counts for the next 24 hours"


def test_equal_prices_are_all_among_the_cheapest(tmp_path: Path) -> None:
    table = [0.20] * 6 + [0.30] * 16 + [0.20] * 2
    for at, cheaper in (("2026-05-05T05:59", 0), ("2026-05-05T06:00", 8 * 60), ("2026-05-05T23:00", 0)):
        board = shown(tmp_path, HEAD + f"import_price = {table}", at)
        assert board.read("tariff.cheaper_today").value == cheaper, at
        assert board.read("tariff.price_lowest").value == 20_000


def test_a_day_that_is_known_in_part_only_has_no_cheapest_hours(tmp_path: Path) -> None:
    """What stands in for untold prices is not compared with told ones, and is no lowest price either."""

    async def told(prices: Prices, clock: ToldClock) -> None:
        await prices.rates("awattar/DE", "EUR", rates(ms("2026-05-05T00:00"), [30_000] * 14 + [25_000] * 3))

    for n, stand_in in enumerate(("", "import_price = 0.1\n")):
        (tmp_path / str(n)).mkdir()
        board = shown(tmp_path / str(n), PLAIN + stand_in, "2026-05-05T12:00", told)
        assert board.read("tariff.price_import").value == 30_000
        assert board.read("tariff.cheaper_today").value is None
        assert board.read("tariff.price_lowest").value == 25_000


def test_a_whole_day_of_stand_ins_is_marked_as_such(tmp_path: Path) -> None:
    board = shown(tmp_path, PLAIN + "import_price = 0.3", "2026-05-05T12:00")
    for point, value in (("price_lowest", 30_000), ("cheaper_today", 0)):
        found = board.read(f"tariff.{point}")
        assert (found.value, found.quality) == (value, Quality.SUBSTITUTED)


def test_without_any_price_nothing_is_told(tmp_path: Path) -> None:
    board = shown(tmp_path, PLAIN, "2026-05-05T12:00")
    assert {board.read(p.id).value for p in feed.DEVICE.points} == {None}
    assert board.links["tariff"].reason == "no price is known for this time"
