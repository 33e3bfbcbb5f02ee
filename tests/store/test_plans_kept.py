"""Rules and schedules in state.db: every version stays, the newest counts, and a removed one may come back."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from hub.store.database import Database
from hub.store.plans import Plans

Visit = Callable[[Plans], Awaitable[None]]


def run(path: Path, *visits: Visit) -> None:
    """Each visit finds the file as the one before has left it."""

    async def all_visits() -> None:
        for visit in visits:
            db = await Database.open(path)
            try:
                await visit(Plans(db))
            finally:
                await db.close()

    asyncio.run(all_visits())


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state.db"


def test_the_newest_version_counts_and_the_older_ones_stay(state: Path) -> None:
    async def write(plans: Plans) -> None:
        await plans.put("schedule", "night", {"start": "22:00"}, "ann", 1_000)
        await plans.put("schedule", "night", {"start": "23:00", "name": "Nächte"}, "bob", 2_000)
        await plans.put("schedule", "morning", {"start": "06:00"}, "ann", 3_000)

    async def read(plans: Plans) -> None:
        newest = [(k.id, k.version, k.t, k.author, k.document) for k in await plans.all("schedule")]
        assert newest == [
            ("morning", 1, 3_000, "ann", {"start": "06:00"}),
            ("night", 2, 2_000, "bob", {"start": "23:00", "name": "Nächte"}),
        ]
        versions = [(k.version, k.author, k.document["start"]) for k in await plans.versions("schedule", "night")]
        assert versions == [(2, "bob", "23:00"), (1, "ann", "22:00")]

    run(state, write, read)


def test_rules_and_schedules_do_not_meet(state: Path) -> None:
    async def visit(plans: Plans) -> None:
        await plans.put("rule", "a", {"when": "x"}, "ann", 1)
        await plans.put("schedule", "a", {"start": "07:00"}, "ann", 2)
        await plans.remove("rule", "a", "ann", 3)
        assert await plans.all("rule") == []
        assert [k.version for k in await plans.all("schedule")] == [1]

    run(state, visit)


def test_a_removed_one_is_gone_keeps_its_versions_and_comes_back_with_a_number_of_its_own(state: Path) -> None:
    async def remove(plans: Plans) -> None:
        await plans.put("rule", "a", {"v": 1}, "ann", 1)
        await plans.remove("rule", "a", "bob", 2)

    async def gone(plans: Plans) -> None:
        assert await plans.all("rule") == []
        assert [k.document for k in await plans.versions("rule", "a")] == [{"v": 1}]
        await plans.put("rule", "a", {"v": 2}, "ann", 3)

    async def back(plans: Plans) -> None:
        assert [(k.version, k.document) for k in await plans.all("rule")] == [(3, {"v": 2})]

    run(state, remove, gone, back)


def test_versions_of_many_writers_at_once_are_numbered_without_a_gap(state: Path) -> None:
    async def visit(plans: Plans) -> None:
        await asyncio.gather(*(plans.put("rule", "a", {"v": n}, "ann", n) for n in range(20)))
        assert [k.version for k in await plans.versions("rule", "a")] == list(range(20, 0, -1))

    run(state, visit)


def test_it_is_on_the_disk_when_it_returns(state: Path) -> None:
    """Read over another connection, while the first is open still."""

    async def visit(plans: Plans) -> None:
        await plans.put("rule", "a", {"v": 1}, "ann", 1)
        other = sqlite3.connect(state)
        assert other.execute("SELECT kind, id, version, json FROM plan").fetchall() == [("rule", "a", 1, '{"v": 1}')]
        other.close()

    run(state, visit)


def test_there_is_no_third_kind(state: Path) -> None:
    async def visit(plans: Plans) -> None:
        with pytest.raises(sqlite3.IntegrityError):
            await plans.put("scene", "a", {}, "ann", 1)  # type: ignore[arg-type]

    run(state, visit)
