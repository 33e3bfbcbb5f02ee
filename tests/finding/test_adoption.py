"""What the searches of the running hub leave for whoever takes a device in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from hub.finding import adoption as room
from hub.finding.adoption import Adoption, Finds
from hub.finding.finders import Lane
from hub.model import Role
from hub.model.found import Found, Where
from hub.store.state import State
from hub.store.vault import Vault
from tests.store.house import StillClock

BROKER = "mqtt://hub:hunter2@127.0.0.1:1883"
Tell = Callable[[Found], None]


@asynccontextmanager
async def hub(tmp_path: Path, document: str = "") -> AsyncIterator[Adoption]:
    state = await State.open(tmp_path / "state.db", StillClock())
    vault = Vault.open(tmp_path / "secret.key")
    adoption = Adoption(document, {}, state.adopted, vault, StillClock(), lambda _specs: None, Finds())
    adoption.broker = BROKER
    yield adoption
    await state.close()


def test_a_device_of_the_hubs_own_broker_shows_no_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def search(where: Where, tell: Tell, links: Iterable[str], *_: object) -> None:
        assert (where.brokers, where.hosts, where.ports) == ((BROKER,), (), ())
        for link in (BROKER, "mqtt://10.0.0.9:1883", "http://10.0.0.5"):
            tell(Found("mqtt", link, (Role.PLUG,)))

    async def told() -> list[str]:
        async with hub(tmp_path) as adoption:
            async with asyncio.TaskGroup() as tasks:
                adoption.look(tasks, ["hub"])
            return [f.link for f in adoption.found]

    monkeypatch.setattr(room, "search", search)
    assert asyncio.run(told()) == ["hub", "mqtt://10.0.0.9:1883", "http://10.0.0.5"]


def test_a_new_search_ends_the_one_under_way_and_is_told_nothing_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tells: list[Tell] = []

    async def search(where: Where, tell: Tell, links: Iterable[str], *_: object) -> None:
        tells.append(tell)
        tell(Found("http", f"http://{where.hosts[0]}", (Role.PLUG,)))
        if len(tells) == 1:
            await asyncio.Event().wait()

    async def told() -> list[str]:
        async with hub(tmp_path) as adoption:
            async with asyncio.TaskGroup() as tasks:
                adoption.look(tasks, ["10.0.0.1"])
                await asyncio.sleep(0)
                adoption.look(tasks, ["10.0.0.2"])
            tells[0](Found("http", "http://10.0.0.3", (Role.PLUG,)))  # an answer that was under way
            assert not adoption.searching
            return [f.link for f in adoption.found]

    monkeypatch.setattr(room, "search", search)
    assert asyncio.run(told()) == ["http://10.0.0.2"]


def test_what_is_looked_at_and_until_when_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def search(where: Where, tell: Tell, links: Iterable[str], under_way: list[Lane]) -> None:
        under_way += [Lane("ports", ("push",), 90), Lane("hosts", ("http",), 30), Lane("hosts", ("ocpp",), 60)]
        await asyncio.Event().wait()

    async def told() -> None:
        async with hub(tmp_path) as adoption, asyncio.TaskGroup() as tasks:
            adoption.look(tasks, ["10.0.0.1"])
            assert adoption.until is None
            await asyncio.sleep(0)
            assert adoption.looking == ["hosts", "ports"] and adoption.until == (adoption.searched or 0) + 90_000
            raise asyncio.CancelledError

    monkeypatch.setattr(room, "search", search)
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(told())


def test_a_search_that_names_no_place_looks_where_the_site_document_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[Where] = []

    async def search(where: Where, tell: Tell, links: Iterable[str], *_: object) -> None:
        looked.append(where)

    async def told() -> None:
        document = "[network]\nsearch = ['192.168.7.0/30', '10.1.1.9']"
        async with hub(tmp_path, document) as adoption, asyncio.TaskGroup() as tasks:
            adoption.look(tasks, [])

    monkeypatch.setattr(room, "search", search)
    asyncio.run(told())
    assert [(w.hosts, w.brokers) for w in looked] == [(("192.168.7.1", "192.168.7.2", "10.1.1.9"), (BROKER,))]
