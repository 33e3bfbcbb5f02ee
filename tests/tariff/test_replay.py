"""Decisions that were made on a feed's prices are made again from what was kept of them, corrections and all."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from hub import config
from hub.model.feed import Rate
from hub.rehearse.recorded import Recorded
from hub.store.state import State
from hub.tariff.ahead import Ahead
from hub.tariff.book import Book
from hub.tariff.prices import Prices
from tests.house_kit import ToldClock

HOUR = 3_600_000
T0 = round(datetime(2026, 3, 1, 12, tzinfo=UTC).timestamp() * 1000)
SITE = config.parse('[tariff]\nsource = "awattar"\nimport_factor = 1.19\nimport_add = 0.15\nimport_price = 0.3\n')


def test_the_core_is_given_the_same_prices_again(tmp_path: Path) -> None:
    """Live, hour by hour with corrections in between and a restart; then from the file alone."""
    given: dict[int, object] = {}

    async def live() -> None:
        clock = ToldClock(T0 + 123)
        for start in range(2):
            state = await State.open(tmp_path / "state.db", clock)
            prices = Prices(SITE, state.feeds, clock)
            await prices.load()
            for n in range(30):
                if n % 7 == 3:
                    told = [Rate(T0 + k * HOUR, 3600, 100 * k + n + start, None, "awattar") for k in range(n + 20)]
                    await prices.rates("awattar", "EUR", told)
                for _ in range(5):
                    second = clock.now() // 1000 * 1000
                    given[second] = prices.ahead(second)
                    clock.advance(1)
                clock.advance(1200)
            await state.close()

    asyncio.run(live())
    (tmp_path / "history.db").touch()
    kept = Recorded(tmp_path).rates(T0 + 10**9)
    again = Ahead(SITE.tariff, ZoneInfo(SITE.timezone), Book(SITE.tariff, kept))
    assert len({str(p) for p in given.values()}) > 20
    assert {t: again(t) for t in given} == given
