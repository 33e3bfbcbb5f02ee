"""state.db as a connection: a thread of its own, one transaction at a time, durable when it returns."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TypeAlias, TypeVar

from hub.errors import ShemsError
from hub.store.migrate import pending
from hub.store.room import connected, has_room

Cell: TypeAlias = str | int | float | bytes | None
Statement: TypeAlias = tuple[str, Sequence[Cell]]
T = TypeVar("T")

_SETTINGS = tuple(
    f"PRAGMA {setting}"
    for setting in ("page_size=4096", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "temp_store=MEMORY")
)


class Database:
    """What the keepers of accounts, requests, journal... share. A call goes to the thread and back once."""

    def __init__(self, path: Path, connection: sqlite3.Connection, alone: bool, thread: ThreadPoolExecutor) -> None:
        self._path = path
        self._connection = connection
        self._alone = alone
        """the disk was full: nobody else can open it"""
        self._thread = thread

    @staticmethod
    async def open(path: Path) -> Database:
        """Opens or makes the file, in its newest schema; raises ShemsError."""
        if not path.parent.is_dir():
            raise ShemsError(f"{path}: the folder {path.parent} does not exist; create it")
        thread = ThreadPoolExecutor(1, thread_name_prefix="state-db")
        try:
            connection, alone = await asyncio.get_running_loop().run_in_executor(thread, _opened, path)
        except sqlite3.Error as e:
            thread.shutdown()
            raise _unusable(path, e) from e
        except ShemsError:
            thread.shutdown()
            raise
        return Database(path, connection, alone, thread)

    async def write(self, *statements: Statement) -> int:
        """All statements in one transaction, on disk when this returns; gives the rows changed by the last one.

        A cancelled caller does not stop it half-way.
        """
        done = await self._call(partial(self._transaction, statements))
        return done.rowcount

    async def insert(self, sql: str, cells: Sequence[Cell]) -> int:
        """The new row's id."""
        done = await self._call(partial(self._transaction, ((sql, cells),)))
        return done.lastrowid or 0

    async def rows(self, sql: str, cells: Sequence[Cell] = ()) -> list[sqlite3.Row]:
        return await self._call(lambda: self._connection.execute(sql, cells).fetchall())

    async def row(self, sql: str, cells: Sequence[Cell] = ()) -> sqlite3.Row | None:
        return next(iter(await self.rows(sql, cells)), None)

    async def close(self) -> None:
        await self._call(self._connection.close)
        self._thread.shutdown()

    async def _call(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _transaction(self, statements: Sequence[Statement]) -> sqlite3.Cursor:
        if self._alone and has_room(self._path):
            self._connection.close()
            self._connection, self._alone = _opened(self._path)
        done = self._connection.cursor()
        try:
            done.execute("BEGIN IMMEDIATE")
            for sql, cells in statements:
                done.execute(sql, cells)
            self._connection.execute("COMMIT")
        except sqlite3.OperationalError as e:
            raise ShemsError(f"{self._path}: not saved: {e}; check that the disk is not full or read-only") from e
        finally:
            self._connection.rollback()  # nothing after a commit
        return done


def _opened(path: Path) -> tuple[sqlite3.Connection, bool]:
    """(the connection, whether it is ours alone)."""
    connection, alone = connected(path, _SETTINGS)
    try:
        connection.row_factory = sqlite3.Row
        [(version,)] = connection.execute("PRAGMA user_version").fetchall()
        for script in pending("state", version, path):
            connection.executescript(script)
    except (sqlite3.Error, ShemsError):
        connection.close()
        raise
    return connection, alone


def _unusable(path: Path, error: sqlite3.Error) -> ShemsError:
    advice = "check that file and folder are readable and writable and the disk is not full, or restore a backup"
    return ShemsError(f"{path}: cannot open the house's state: {error}; {advice}")
