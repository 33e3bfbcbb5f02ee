"""`shems account` beside a running hub: what it says, what it refuses, and that the hub sees it at once."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from gen.house import SampleHouse, running

ROOT = Path(__file__).parents[2]


def account(data: Path, *args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "hub", "account", *args, "--data", str(data)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )


def done(data: Path, *args: str) -> str:
    ran = account(data, *args)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.strip()


def as_json(data: Path, *args: str) -> Any:
    return json.loads(done(data, *args, "--json"))


def refused(data: Path, *args: str) -> str:
    ran = account(data, *args)
    assert (ran.returncode, ran.stdout) == (2, ""), ran.stderr
    assert "Traceback" not in ran.stderr
    return ran.stderr.strip().splitlines()[-1]


class Browser:
    """Somebody at the running house's HTTP edge, with a jar of cookies."""

    def __init__(self, http: aiohttp.ClientSession, base: str) -> None:
        self._http, self._base = http, base

    async def sign_in(self, user: str, password: str) -> int:
        async with self._http.post(f"{self._base}/session", json={"user": user, "password": password}) as answer:
            return answer.status

    async def points(self, token: str = "") -> int:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with self._http.get(f"{self._base}/points", headers=headers) as answer:
            return answer.status

    async def role(self) -> Any:
        async with self._http.get(f"{self._base}/session") as answer:
            return (await answer.json())["role"]


@asynccontextmanager
async def browser(house: SampleHouse) -> AsyncIterator[Browser]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        yield Browser(http, house.base)


def beside_a_house(data: Path, play: Callable[[SampleHouse, Path], Awaitable[None]]) -> None:
    async def main() -> None:
        async with running(data, seconds=1) as house:
            await play(house, data)

    asyncio.run(main())


def test_a_new_account_signs_in_and_a_reset_throws_out_whoever_used_it(tmp_path: Path) -> None:
    async def play(house: SampleHouse, data: Path) -> None:
        first = await asyncio.to_thread(done, data, "add", "anna", "--role", "guest")
        token = await asyncio.to_thread(done, data, "token", "anna", "--note", "a script")
        async with browser(house) as anna:
            assert (await anna.sign_in("anna", first), await anna.role()) == (200, "guest")
            assert (await anna.points(), await anna.points(token), await anna.points(house.token)) == (200, 200, 200)
            second = await asyncio.to_thread(done, data, "reset", "anna")
            house.clock.ms += 2_000
            assert (await anna.points(), await anna.points(token)) == (401, 401)
            assert await anna.points(house.token) == 200, "others stay signed in"
            assert (await anna.sign_in("anna", first), await anna.sign_in("anna", second)) == (401, 200)

    beside_a_house(tmp_path, play)


def _lasting(data: Path) -> None:
    """The sample house lives in the past, and the command in the present, where its sessions have ended."""
    with sqlite3.connect(data / "state.db") as db:
        db.execute("UPDATE token SET expires = 1 << 50 WHERE kind = 'session'")


def test_the_list_has_roles_sessions_and_notes_but_no_secret(tmp_path: Path) -> None:
    async def play(house: SampleHouse, data: Path) -> None:
        added = await asyncio.to_thread(as_json, data, "add", "anna")
        assert added == {"name": "anna", "role": "resident", "password": added["password"]}
        async with browser(house) as anna:
            assert await anna.sign_in("anna", added["password"]) == 200
        _lasting(data)
        issued = await asyncio.to_thread(as_json, data, "token", "anna", "--note", "a script")
        assert (issued["name"], issued["note"], len(issued["token"])) == ("anna", "a script", 43)
        assert (await asyncio.to_thread(as_json, data, "list"))["accounts"] == [
            {"name": "anna", "role": "resident", "sessions": 1, "tokens": ["a script"]},
            {"name": "owner", "role": "owner", "sessions": 0, "tokens": ["samples"]},
        ]
        told = await asyncio.to_thread(done, data, "list")
        assert told.splitlines()[0] == "anna\tresident\tsigned in 1x; tokens: a script"
        assert added["password"] not in told and issued["token"] not in told

    beside_a_house(tmp_path, play)


def test_a_busy_database_is_waited_for(tmp_path: Path) -> None:
    async def play(_house: SampleHouse, data: Path) -> None:
        writer = sqlite3.connect(data / "state.db", isolation_level=None, check_same_thread=False)
        writer.execute("BEGIN IMMEDIATE")
        threading.Timer(1.5, writer.execute, ("COMMIT",)).start()
        assert await asyncio.to_thread(done, data, "add", "anna")
        writer.close()

    beside_a_house(tmp_path, play)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a house that has run once."""
    folder = tmp_path_factory.mktemp("data")

    async def nothing(_house: SampleHouse, _data: Path) -> None:
        return

    beside_a_house(folder, nothing)
    return folder


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("reset", "ownr"), "there is no account 'ownr'; did you mean 'owner'?"),
        (("token", "zoe"), "there is no account 'zoe'; known: owner"),
        (("add", "owner"), "`shems account reset` gives it a new password"),
        (("add", "anna", "--role", "king"), "invalid choice: 'king'"),
        (("add", ""), "is no name"),
        (("add", " anna"), "is no name"),
        (("add", "an\nna"), "is no name"),
        (("add", "x" * 65), "is no name"),
        (("add", b"\xff".decode("utf-8", "surrogateescape")), "is no name"),
        (("add",), "required: NAME"),
        ((), "required: add|list|reset|token"),
        (("remove", "owner"), "invalid choice: 'remove'"),
    ],
    ids=str,
)
def test_what_cannot_be_is_said_in_one_line(data: Path, args: tuple[str, ...], said: str) -> None:
    if args:
        assert said in refused(data, *args)
    else:
        ran = subprocess.run(
            [sys.executable, "-m", "hub", "account"], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert ran.returncode == 2 and said in ran.stderr


def test_a_folder_without_a_house_is_said_and_left_as_it_is(tmp_path: Path) -> None:
    assert "name the hub's folder with --data" in refused(tmp_path, "list")
    assert not list(tmp_path.iterdir())


def test_help_says_that_roles_are_not_enforced_yet() -> None:
    for args in ((), ("add",)):
        ran = subprocess.run(
            [sys.executable, "-m", "hub", "account", *args, "--help"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0
        assert "everybody who is signed in may do everything" in ran.stdout
