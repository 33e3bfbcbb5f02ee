"""The doorman: guessing is slow however it is done, and what is taken away in the database is gone at once."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import get_args, get_type_hints

import pytest

from hub.auth import Doorman, LockedOutError, doorman, hash_password
from hub.auth.doorman import KNOWN_S, UNSAVED
from hub.auth.tries import Tries
from hub.errors import ShemsError
from hub.store.accounts import ROLES, Account
from hub.store.state import State
from hub.web.schema import SessionInfo
from tests.house_kit import ToldClock

PASSWORD = "amber-birch-cedar-delta-42"
HASH = hash_password(PASSWORD)


def with_doorman(data: Path, play: Callable[[Doorman, State, ToldClock], Awaitable[None]]) -> None:
    async def main() -> None:
        clock = ToldClock()
        state = await State.open(data / "state.db", clock)
        try:
            await state.accounts.put(Account("owner", "owner", HASH))
            await play(Doorman(state.accounts, clock), state, clock)
        finally:
            await state.close()

    asyncio.run(main())


async def outcome(door: Doorman, password: str, address: str = "10.0.0.7") -> str:
    try:
        return "in" if await door.sign_in("owner", password, address) else "wrong"
    except LockedOutError:
        return "locked"


def test_tries_count_from_their_beginning(tmp_path: Path) -> None:
    async def play(door: Doorman, _state: State, clock: ToldClock) -> None:
        found = await asyncio.gather(*(outcome(door, f"guess {n}") for n in range(60)))
        assert (found.count("wrong"), found.count("locked")) == (5, 55)
        assert await outcome(door, PASSWORD) == "locked"
        assert await outcome(door, PASSWORD, "10.0.0.8") == "in", "another address is not punished"
        clock.advance(61)
        assert await outcome(door, PASSWORD) == "in"

    with_doorman(tmp_path, play)


def test_the_right_password_is_no_licence_to_guess(tmp_path: Path) -> None:
    async def play(door: Doorman, _state: State, _clock: ToldClock) -> None:
        assert [await outcome(door, PASSWORD) for _ in range(7)] == ["in"] * 7
        assert [await outcome(door, "guess") for _ in range(4)] == ["wrong"] * 4
        assert [await outcome(door, p) for p in (PASSWORD, "guess", PASSWORD)] == ["in", "wrong", "locked"]

    with_doorman(tmp_path, play)


def test_two_passwords_are_hashed_at_once_and_few_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock, running, most = threading.Lock(), [0], [0]

    def slow(_password: str, _stored: str) -> bool:
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        time.sleep(0.02)
        with lock:
            running[0] -= 1
        return False

    async def play(door: Doorman, _state: State, _clock: ToldClock) -> None:
        monkeypatch.setattr(doorman, "verify_password", slow)
        found = await asyncio.gather(*(outcome(door, "guess", f"10.0.0.{n}") for n in range(40)))
        assert most == [doorman.AT_ONCE] == [2]
        assert found.count("wrong") == doorman.AT_ONCE + doorman.WAITING
        assert await outcome(door, "guess") == "wrong", "whoever comes later is served again"

    with_doorman(tmp_path, play)


def test_old_tries_are_forgotten() -> None:
    clock = ToldClock()
    tries = Tries(clock)
    for n in range(500):
        tries.begin(f"10.0.{n // 256}.{n % 256}")
    assert len(tries) == 500
    clock.advance(61)
    tries.begin("10.0.0.1")
    assert len(tries) == 1


def test_a_token_that_is_gone_from_the_database_opens_nothing(tmp_path: Path) -> None:
    async def play(door: Doorman, state: State, clock: ToldClock) -> None:
        entered = await door.sign_in("owner", PASSWORD, "")
        assert entered
        bearer = await door.issue_bearer("owner", "script")
        assert await door.who(entered[0]) and await door.who(bearer)
        with sqlite3.connect(tmp_path / "state.db") as other:
            other.execute("DELETE FROM token")
        clock.advance(KNOWN_S)
        assert await door.who(entered[0]) is None and await door.who(bearer) is None

    with_doorman(tmp_path, play)


def test_a_session_ends_after_thirty_days(tmp_path: Path) -> None:
    async def play(door: Doorman, _state: State, clock: ToldClock) -> None:
        entered = await door.sign_in("owner", PASSWORD, "")
        bearer = await door.issue_bearer("owner", "script")
        assert entered
        clock.advance(30 * 86_400)
        assert await door.who(entered[0])
        clock.advance(KNOWN_S)
        assert await door.who(entered[0]) is None
        assert await door.who(bearer)

    with_doorman(tmp_path, play)


def test_a_full_disk_locks_nobody_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def full(*_statements: object) -> int:
        raise ShemsError("not saved: the disk is full")

    async def play(door: Doorman, state: State, clock: ToldClock) -> None:
        with monkeypatch.context() as patched:
            patched.setattr(type(state.db), "write", full)
            first, second, third = [await door.sign_in("owner", PASSWORD, "") for _ in range(3)]
            assert first and second and third and await door.sign_in("owner", "guess", "") is None
            assert door.problem.startswith("3 could not be saved")
            assert await door.who(first[0]) == first[1]
            await door.sign_out(first[1])
            assert await door.who(first[0]) is None, "signed out without the disk"
        assert await door.who(second[0]), "room on the disk changes nothing for it"
        clock.advance(30 * 86_400 + 1)
        assert await door.who(second[0]) is None
        again = await door.sign_in("owner", PASSWORD, "")
        assert again and door.problem.startswith("1 "), "the new one is stored"
        assert await state.accounts.token(again[1].token_id)

    with_doorman(tmp_path, play)


def test_a_new_password_ends_a_session_that_was_not_saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def play(door: Doorman, state: State, clock: ToldClock) -> None:
        with monkeypatch.context() as patched:
            patched.setattr(state.accounts, "put_token", refused)
            entered = [await door.sign_in("owner", PASSWORD, "") for _ in range(UNSAVED + 1)]
        assert entered[0] and entered[1]
        assert await door.who(entered[0][0]) is None, "so many are known, and no more"
        assert await door.who(entered[1][0])
        await state.accounts.reset("owner", hash_password("another"))
        clock.advance(KNOWN_S)
        assert await door.who(entered[1][0]) is None

    async def refused(*_token: object) -> None:
        raise ShemsError("not saved: the disk is full")

    monkeypatch.setattr(doorman, "verify_password", lambda password, _stored: password == PASSWORD)
    with_doorman(tmp_path, play)


def test_the_surface_knows_the_same_roles() -> None:
    assert get_args(get_type_hints(SessionInfo)["role"]) == ROLES
