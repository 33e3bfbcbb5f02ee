"""state.db as a connection: one transaction at a time, durable when it returns."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeAlias

import aiosqlite

from hub.errors import ShemsError
from hub.store.migrate import pending

Cell: TypeAlias = str | int | float | bytes | None
Statement: TypeAlias = tuple[str, Sequence[Cell]]

_SETTINGS = ("page_size=4096", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "temp_store=MEMORY")


class Database:
    """What the keepers of accounts, requests, journal... share."""

    def __init__(self, path: Path, connection: aiosqlite.Connection) -> None:
        self._path = path
        self._connection = connection
        self._turn = asyncio.Lock()

    @staticmethod
    async def open(path: Path) -> Database:
        """Opens or makes the file, in its newest schema; raises ShemsError."""
        if not path.parent.is_dir():
            raise ShemsError(f"{path}: the folder {path.parent} does not exist; create it")
        try:
            connection = await aiosqlite.connect(path, isolation_level=None, timeout=5.0)
        except sqlite3.Error as e:
            raise _unusable(path, e) from e
        try:
            await _prepare(connection, path)
        except sqlite3.Error as e:
            await connection.close()
            raise _unusable(path, e) from e
        except ShemsError:
            await connection.close()
            raise
        return Database(path, connection)

    async def write(self, *statements: Statement) -> int:
        """All statements in one transaction, on disk when this returns; gives the rows changed by the last one."""
        changed = 0
        async with self._transaction():
            for sql, cells in statements:
                changed = (await self._connection.execute(sql, cells)).rowcount
        return changed

    async def insert(self, sql: str, cells: Sequence[Cell]) -> int:
        """The new row's id."""
        async with self._transaction():
            return (await self._connection.execute(sql, cells)).lastrowid or 0

    async def rows(self, sql: str, cells: Sequence[Cell] = ()) -> list[sqlite3.Row]:
        async with self._turn:
            return list(await self._connection.execute_fetchall(sql, cells))

    async def row(self, sql: str, cells: Sequence[Cell] = ()) -> sqlite3.Row | None:
        return next(iter(await self.rows(sql, cells)), None)

    async def close(self) -> None:
        async with self._turn:
            await self._connection.close()

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[None]:
        """`rollback` after a commit does nothing; after a cancellation it undoes whatever was still on its way."""
        async with self._turn:
            try:
                await self._connection.execute("BEGIN IMMEDIATE")
                yield
                await self._connection.execute("COMMIT")
            except sqlite3.OperationalError as e:
                raise ShemsError(f"{self._path}: not saved: {e}; check that the disk is not full or read-only") from e
            finally:
                await self._connection.rollback()


async def _prepare(connection: aiosqlite.Connection, path: Path) -> None:
    connection.row_factory = sqlite3.Row
    for setting in _SETTINGS:
        await connection.execute(f"PRAGMA {setting}")
    [(version,)] = await connection.execute_fetchall("PRAGMA user_version")
    for script in pending("state", version, path):
        await connection.executescript(script)


def _unusable(path: Path, error: sqlite3.Error) -> ShemsError:
    advice = "check that file and folder are readable and writable and the disk is not full, or restore a backup"
    return ShemsError(f"{path}: cannot open the house's state: {error}; {advice}")
