"""A lease that takes the place of another: one transaction, so that a restart finds one of them and never both."""

from __future__ import annotations

import asyncio
from pathlib import Path

from hub.model import Relation, Request, Source
from hub.store.state import State
from tests.store.house import T0, StillClock

NOW = T0 * 1000


def lease(id_: str, starts: int = NOW) -> Request:
    return Request(id_, "car.target_energy", Relation.SET, 10.0, Source.PERSON, starts, NOW + 3_600_000, "ann", "app")


def test_the_older_one_ends_now_even_when_the_newer_one_begins_later(tmp_path: Path) -> None:
    async def visit() -> None:
        state = await State.open(tmp_path / "state.db", StillClock(), 1 << 20)
        await state.requests.take(lease("old"))
        assert await state.requests.take(lease("new", NOW + 60_000), "old", NOW + 5) is None
        assert [k.request.id for k in await state.requests.leases(NOW + 5)] == ["new"]
        again = await state.requests.take(lease("new"), "old", NOW + 5)
        assert again and again.request == lease("new", NOW + 60_000)
        await state.close()

    asyncio.run(visit())


def test_a_wish_that_was_made_while_the_clock_was_far_ahead_does_not_hold_for_years(tmp_path: Path) -> None:
    async def visit() -> None:
        state = await State.open(tmp_path / "state.db", StillClock(), 1 << 20)
        await state.requests.take(lease("now"))
        before = NOW - 400 * 86_400_000
        assert [k.request.id for k in await state.requests.leases(before)] == []
        assert [k.request.id for k in await state.requests.leases(NOW - 60_000)] == ["now"]
        await state.close()

    asyncio.run(visit())
