"""A hub that falls over again and again spends the day's calls once."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

from drivers.fetch.client import Ask, Client
from drivers.fetch.feed import PolledFeed
from drivers.fetch.pace import Budget, Every
from drivers.weather import solcast
from drivers.weather.driver import WeatherSource
from hub.config import parse
from hub.store.state import State
from hub.tariff.prices import Prices
from tests.drivers_fetch.kit import ZONE, Time, ms, service, text

CALLS = 10
NAME = "solcast/site"
SITE = parse("")


def lives(path: Path, starts: list[str]) -> tuple[list[int], list[str]]:
    """Half an hour from each of the times on: how many questions each life asked, and what it said in the end."""

    async def main() -> tuple[list[int], list[str]]:
        counts, said = list[int](), list[str]()
        async with AsyncExitStack() as parts:
            there = await service(parts, text("", 500))
            for start in starts:
                before = len(there.asked)
                said.append(await life(path, start, f"{there.base}/forecasts"))
                counts.append(len(there.asked) - before)
        return counts, said

    return asyncio.run(main())


async def life(path: Path, start: str, url: str) -> str:
    """Gives what the house says of its feeds in the end."""
    clock = Time(start)
    clock.end = ms(start) + 1_800_000
    state = await State.open(path, clock)
    prices = Prices(SITE, state.feeds, clock)
    await prices.load()
    source = WeatherSource(NAME, Every(8640, 120), lambda _now: [Ask(url)], solcast.read, CALLS)
    feed = PolledFeed(source, Client(clock.now), Budget(CALLS, ZONE), clock, clock.sleep, lambda: 0.5)
    running = asyncio.create_task(feed.run(prices))
    async with asyncio.timeout(20):
        await clock.over.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await state.close()
    return prices.health()


def test_a_budget_that_is_spent_stays_spent_until_the_next_day(tmp_path: Path) -> None:
    same_day = [f"2026-03-01T{h:02}:00" for h in (8, 9, 10, 11)]
    counts, said = lives(tmp_path / "state.db", [*same_day, "2026-03-02T00:01"])
    assert sum(counts[:4]) == CALLS and counts[0] == 5 and counts[3] == 0
    assert "10 calls a day are used up" in said[3]
    assert counts[4] == 5
