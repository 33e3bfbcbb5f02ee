"""How often each source has been asked is on the disk before it is asked, and is known after a restart."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from hub.store.feeds import OUTLOOK_DAYS
from hub.store.state import State
from tests.store.house import T0, StillClock

NOW = T0 * 1000
DAY_MS = 86_400_000


def run(path: Path, *visits: Callable[[State], Awaitable[None]]) -> None:
    async def all_visits() -> None:
        for visit in visits:
            state = await State.open(path, StillClock())
            await visit(state)
            await state.close()

    asyncio.run(all_visits())


def test_calls_outlive_a_restart_and_the_last_day_counts(tmp_path: Path) -> None:
    async def first(state: State) -> None:
        assert await state.feeds.calls() == {}
        await state.meta.put("last_ms", NOW)
        for count in (1, 2):
            await state.feeds.put_calls("solcast/1f", "2026-03-01", count)
        await state.feeds.put_calls("own", "2026-03-01", 7)

    async def second(state: State) -> None:
        assert await state.feeds.calls() == {"solcast/1f": ("2026-03-01", 2), "own": ("2026-03-01", 7)}
        await state.feeds.put_calls("own", "2026-03-02", 1)

    async def third(state: State) -> None:
        assert (await state.feeds.calls())["own"] == ("2026-03-02", 1)
        assert await state.meta.get("last_ms") == NOW

    run(tmp_path / "state.db", first, second, third)


def test_a_source_that_is_no_longer_asked_is_forgotten(tmp_path: Path) -> None:
    async def visit(state: State) -> None:
        await state.meta.put("last_ms", "0")
        await state.feeds.put_calls("gone", "2026-03-01", 2)
        march = 1_772_323_200_000
        await state.feeds.forget(march + OUTLOOK_DAYS * DAY_MS)
        assert set(await state.feeds.calls()) == {"gone"}
        await state.feeds.forget(march + (OUTLOOK_DAYS + 1) * DAY_MS)
        assert await state.feeds.calls() == {} and await state.meta.get("last_ms") == "0"

    run(tmp_path / "state.db", visit)
