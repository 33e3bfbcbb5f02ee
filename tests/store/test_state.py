"""state.db: what is answered is on the disk, and is answered the same the next time."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hub.errors import ShemsError
from hub.model import Reason, Relation, Request, Source, Value
from hub.model.journal import Entry, Input
from hub.store import migrate
from hub.store.accounts import Account, Token
from hub.store.devices import Identity
from hub.store.state import State
from tests.store.house import T0, StillClock

NOW = T0 * 1000


def entry(t: int, **changed: Any) -> Entry:
    """A write on somebody's wish, bound by a fuse and confirmed, `changed` as wanted."""
    wish = Entry(t, "write", "car.current_limit", "r1", 16.0, 10.0, "person", "ann", "", Reason("person_asked"))
    inputs = (Input("grid.current_l1", 21.5, 400),)
    limits = (Reason("main_fuse", {"a": 25}),)
    whole = replace(wish, limits=limits, inputs=inputs, state="confirmed", applied=10.0, ms=3.5)
    return replace(whole, **changed)


def run(path: Path, *visits: Callable[[State], Awaitable[None]], budget: int = 1 << 20) -> None:
    """Each visit finds the file as the one before has left it."""

    async def all_visits() -> None:
        for visit in visits:
            state = await State.open(path, StillClock(), budget)
            await visit(state)
            await state.close()

    asyncio.run(all_visits())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state.db"


def lease(id_: str, value: Value = 10.0, ends: int = NOW + 3_600_000) -> Request:
    return Request(id_, "car.current_limit", Relation.SET, value, Source.PERSON, NOW, ends, "ann", "app")


def on_disk(path: Path, sql: str) -> list[tuple[object, ...]]:
    """As another process sees it now."""
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as db:
        return db.execute(sql).fetchall()


def test_a_request_is_taken_once_and_answered_the_same_for_ever(path: Path) -> None:
    async def first(state: State) -> None:
        assert await state.requests.take(lease("r1")) is None
        assert on_disk(path, "SELECT id, state FROM request") == [("r1", "open")]
        again = await state.requests.take(lease("r1", 32.0))
        assert again and again.request.value == 10.0 and again.answer is None
        await state.requests.answer("r1", "confirmed", {"applied": 10.0})

    async def second(state: State) -> None:
        kept = await state.requests.take(lease("r1", 32.0))
        assert kept and (kept.request, kept.state, kept.answer) == (lease("r1"), "confirmed", {"applied": 10.0})

    run(path, first, second)


def test_twenty_at_once_with_one_id_are_one(path: Path) -> None:
    async def visit(state: State) -> None:
        taken = await asyncio.gather(*(state.requests.take(lease("r1", v)) for v in range(20)))
        assert taken.count(None) == 1

    run(path, visit)


def test_leases_survive_a_restart_until_they_end(path: Path) -> None:
    async def first(state: State) -> None:
        for request in (lease("a"), lease("b", "fast"), lease("c", True, NOW + 5), lease("d")):
            await state.requests.take(request)
        await state.requests.end("d", NOW)

    async def second(state: State) -> None:
        assert [k.request for k in await state.requests.leases(NOW + 5)] == [lease("a"), lease("b", "fast")]
        assert await state.requests.forget(NOW + 100) == 2
        assert await state.requests.get("c") is None

    run(path, first, second)


def test_intents_are_kept(path: Path) -> None:
    async def first(state: State) -> None:
        await state.requests.put_intent("car.mode", "solar", NOW, "ann")
        await state.requests.put_intent("car.mode", "fast", NOW + 1, "bob")

    async def second(state: State) -> None:
        assert await state.requests.intents() == {"car.mode": "fast"}

    run(path, first, second)


def test_accounts_and_tokens(path: Path) -> None:
    async def first(state: State) -> None:
        await state.accounts.put(Account("ann", "owner", "h1"))
        await state.accounts.put(Account("ann", "owner", "h2"))
        await state.accounts.put_token("d1", "ann", "session", NOW + 1000, "")
        await state.accounts.put_token("d2", "ann", "bearer", None, "script")

    async def second(state: State) -> None:
        assert await state.accounts.account("ann") == Account("ann", "owner", "h2")
        assert await state.accounts.token("d1") == ("ann", "owner", NOW + 1000)
        assert await state.accounts.token("d2") == ("ann", "owner", None)
        assert await state.accounts.tokens() == [Token("ann", "session", ""), Token("ann", "bearer", "script")]
        await state.accounts.drop_token("d1")
        assert await state.accounts.token("d1") is None

    run(path, first, second)


def test_a_reset_ends_every_token_of_the_account_and_of_no_other(path: Path) -> None:
    async def visit(state: State) -> None:
        for name in ("ann", "bob"):
            assert await state.accounts.add(Account(name, "resident", "h1"))
            await state.accounts.put_token(f"{name} session", name, "session", NOW + 1000, "")
            await state.accounts.put_token(f"{name} bearer", name, "bearer", None, "")
        assert not await state.accounts.add(Account("ann", "owner", "h2"))
        assert await state.accounts.reset("ann", "h3")
        assert await state.accounts.all() == [Account("ann", "resident", "h3"), Account("bob", "resident", "h1")]
        assert [t.account for t in await state.accounts.tokens()] == ["bob", "bob"]
        assert not await state.accounts.reset("eve", "h4")

    run(path, visit)


def test_the_site_document_keeps_its_versions(path: Path) -> None:
    async def first(state: State) -> None:
        assert await state.site.current() is None
        assert await state.site.save(NOW, "ann", "first", "a = 1") == 1
        assert await state.site.save(NOW, "ann", "the same", "a = 1") == 1
        assert await state.site.save(NOW + 1, "bob", "changed", "a = 2") == 2

    async def second(state: State) -> None:
        current = await state.site.current()
        assert current and current.toml == "a = 2"
        assert [(v.note, v.toml) for v in await state.site.versions()] == [("changed", "a = 2"), ("first", "a = 1")]

    run(path, first, second)


def test_a_device_keeps_uid_and_facts_whatever_it_is_called(path: Path) -> None:
    async def visit(state: State) -> None:
        meter, car = Identity("u1", "meter", "grid", {"serial": "7"}), Identity("u2", "car", "charger")
        await state.devices.present([meter, car])
        await state.devices.present([Identity("u1", "car", "grid"), Identity("u2", "meter", "charger")])
        assert await state.devices.get("u1") == Identity("u1", "car", "grid", {"serial": "7"}), "ids may be swapped"
        await state.devices.present([Identity("u3", "car", "charger")])
        assert [(d.uid, d.id) for d in await state.devices.all()] == [("u3", "car"), ("u1", "~u1"), ("u2", "~u2")]
        await state.devices.present([meter])
        assert await state.devices.get("u1") == meter, "it comes back as it was"

    run(path, visit)


def test_meta(path: Path) -> None:
    async def visit(state: State) -> None:
        assert await state.meta.get("last_ms") is None
        await state.meta.put("last_ms", NOW)
        await state.meta.put("last_ms", NOW + 1)
        assert await state.meta.get("last_ms") == NOW + 1

    run(path, visit)


# -- the journal -------------------------------------------------------------------------------------------------------


def test_what_had_no_place_while_the_disk_was_full_is_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.store.journal.MAX_WAITING", 3)

    async def visit(state: State) -> None:
        for k in range(5):
            state.journal.later(entry(NOW + k))
        await state.journal.flush()
        await state.journal.flush()
        gap, *kept = await state.journal.rows(None, NOW, NOW + 9, 9)
        assert [r["t"] for r in kept] == [NOW + 4, NOW + 3, NOW + 2]
        assert gap["reason"] == {"code": "journal_gap", "numbers": {"rows": 2}} and gap["kind"] == "incident"

    run(path, visit)


def test_journal_rows_come_back_whole_and_newest_first(path: Path) -> None:
    async def first(state: State) -> None:
        state.journal.later(entry(NOW + 1))
        state.journal.later(entry(NOW, point="plug.on", asked=None, value=True, applied=None))
        state.journal.later(entry(NOW + 1, value=11.0))
        assert on_disk(path, "SELECT count(*) FROM journal") == [(0,)]
        waiting = await state.journal.rows(None, NOW, NOW + 2, 10)
        await state.journal.flush()
        assert on_disk(path, "SELECT count(*) FROM journal") == [(3,)]
        assert await state.journal.rows(None, NOW, NOW + 2, 10) == waiting
        state.journal.later(entry(NOW + 2))

    async def second(state: State) -> None:
        await state.journal.record(entry(NOW + 2, state="refused"))
        rows = await state.journal.rows("car.current_limit", NOW, NOW + 3, 3)
        assert [(r["t"], r["id"]) for r in rows] == [(NOW + 2, 5), (NOW + 2, 4), (NOW + 1, 3)]
        plug = (await state.journal.rows("plug.on", 0, NOW + 3, 10))[0]
        assert plug["value"] is True and plug["asked"] is None and plug["ms"] == 3.5
        assert plug["limits"] == [{"code": "main_fuse", "numbers": {"a": 25}}]
        assert plug["inputs"] == [{"point": "grid.current_l1", "v": 21.5, "age_ms": 400}]
        assert await state.journal.rows(None, NOW + 3, NOW + 9, 10) == []

    run(path, first, second)


def test_what_became_of_one_wish_is_found_by_its_id(path: Path) -> None:
    async def visit(state: State) -> None:
        await state.journal.record(entry(NOW, kind="request", request="a"))
        await state.journal.record(entry(NOW + 1, request="b"))
        state.journal.later(entry(NOW + 2, request="a"))
        assert [(r["t"], r["kind"]) for r in await state.journal.of_request("a")] == [
            (NOW, "request"),
            (NOW + 2, "write"),
        ]
        assert await state.journal.of_request("") == []

    run(path, visit)


def test_a_recorded_row_is_on_disk_with_all_before_it(path: Path) -> None:
    async def visit(state: State) -> None:
        state.journal.later(entry(NOW))
        await asyncio.gather(*(state.journal.record(entry(NOW + k)) for k in range(1, 30)))
        assert on_disk(path, "SELECT t FROM journal ORDER BY id") == [(NOW + k,) for k in range(30)]

    run(path, visit)


def test_the_journal_keeps_to_its_budget(path: Path) -> None:
    async def visit(state: State) -> None:
        for k in range(400):
            state.journal.later(entry(NOW + k, cause="x" * 100))
            if k % 10 == 9:
                await state.journal.flush()
        [(kept, total, oldest)] = on_disk(path, "SELECT count(*), sum(bytes), min(t) FROM journal")
        assert on_disk(path, "SELECT v FROM meta WHERE k = 'journal_bytes'") == [(total,)]
        assert 0 < int(str(total)) <= 50_000 and 50 < int(str(kept)) < 400 and oldest == NOW + 400 - int(str(kept))

    run(path, visit, budget=50_000)


def test_a_full_disk_loses_no_row_and_says_so(path: Path) -> None:
    async def visit(state: State) -> None:
        await state.db.rows("PRAGMA max_page_count=1")
        state.journal.later(entry(NOW, cause="y" * 200_000))
        with pytest.raises(ShemsError, match="not saved"):
            await state.journal.flush()
        assert "full" in state.journal.problem
        with pytest.raises(ShemsError, match="not saved"):
            await state.site.save(NOW, "ann", "", "z" * 200_000)
        await state.db.rows("PRAGMA max_page_count=100000")
        await state.journal.flush()
        assert state.journal.problem == "" and len(await state.journal.rows(None, NOW, NOW + 1, 5)) == 1

    run(path, visit)


def test_a_cancelled_write_leaves_no_open_transaction(path: Path) -> None:
    async def visit(state: State) -> None:
        for _ in range(50):
            task = asyncio.create_task(state.site.save(NOW, "ann", "", "t"))
            await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await state.meta.put("k", 1)

    run(path, visit)


# -- the schema --------------------------------------------------------------------------------------------------------


def test_an_old_file_is_brought_up_to_date(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = (migrate._SQL / "state" / "001_house.sql").read_text("utf-8")
    with sqlite3.connect(path) as db:
        db.executescript(first + "PRAGMA user_version = 1; INSERT INTO account VALUES ('ann', 'owner', 'h', 1);")

    async def visit(state: State) -> None:
        assert await state.accounts.account("ann") == Account("ann", "owner", "h")
        await state.journal.record(entry(NOW))

    run(path, visit, visit)
    newest = max(int(script.name[:3]) for script in (migrate._SQL / "state").glob("*.sql"))
    assert on_disk(path, "PRAGMA user_version") == [(newest,)]
    assert on_disk(path, "PRAGMA journal_mode") == [("wal",)]


def test_a_file_from_the_future_is_left_alone(path: Path) -> None:
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(ShemsError, match="update SHEMS"):
        run(path)
        asyncio.run(State.open(path, StillClock()))


def test_a_damaged_or_missing_place_is_explained(path: Path, tmp_path: Path) -> None:
    path.write_bytes(b"no database" * 1000)
    with pytest.raises(ShemsError, match="restore a backup"):
        asyncio.run(State.open(path, StillClock()))
    with pytest.raises(ShemsError, match="create it"):
        asyncio.run(State.open(tmp_path / "gone" / "state.db", StillClock()))


# -- what people have planned ------------------------------------------------------------------------------------------


def test_rules_are_kept_in_every_version_and_survive_a_restart(path: Path) -> None:
    async def write(state: State) -> None:
        await state.plans.put("rule", "a", {"when": "holiday"}, "ann", NOW)
        await state.plans.put("rule", "a", {"when": "weekend"}, "ben", NOW + 1)
        await state.plans.put("rule", "b", {"when": "weekend"}, "ben", NOW)
        await state.plans.put("schedule", "a", {"start": "07:00"}, "ann", NOW)
        await state.plans.remove("rule", "b", "ann", NOW + 2)

    async def look(state: State) -> None:
        (rule,) = await state.plans.all("rule")
        assert (rule.id, rule.version, rule.author, rule.document) == ("a", 2, "ben", {"when": "weekend"})
        assert [k.document for k in await state.plans.versions("rule", "a")] == [
            {"when": "weekend"},
            {"when": "holiday"},
        ]
        assert [k.id for k in await state.plans.all("schedule")] == ["a"]
        assert [k.version for k in await state.plans.versions("rule", "b")] == [1]
        await state.plans.put("rule", "b", {"when": "holiday"}, "ann", NOW + 3)
        assert [(k.id, k.version) for k in await state.plans.all("rule")] == [("a", 2), ("b", 3)]

    run(path, write, look)
