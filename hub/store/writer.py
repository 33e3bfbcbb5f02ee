"""What the writer thread does with its file: seal finished hours, make the newest seconds durable, keep to budget."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from hub.errors import ShemsError
from hub.store import hot, hour
from hub.store.file import PAGE, is_damage, move_aside, open_history, transaction
from hub.store.now import Hour, Now

FULL_EVERY = 30
"""Hot records from one full one to the next: what a damaged one can cost at most."""

WAL_RESERVE = 5 << 20
_DISK_FULL = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)


class Writer:
    """Owns the connection. Not thread-safe: only the writer thread calls it once the ring has started."""

    def __init__(self, path: Path, connection: sqlite3.Connection, next_seq: int, now: Now, budget: int) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = connection
        self._seq = next_seq
        self._now = now
        self._budget = budget
        self._base: dict[int, int] | None = None
        self._base_hour = -1
        self._since_full = 0
        self.trouble = ""
        self.moved: list[str] = []

    def cycle(self, wall_ms: Callable[[], int]) -> bool:
        """Makes everything in memory durable; False (and `trouble` says why) when that fails, to be retried."""
        try:
            if self._connection is None:
                self._start_over(wall_ms())
            for done in self._now.complete():
                self._seal(done)
            self._flush()
        except sqlite3.DatabaseError as e:
            self._failed(e)
            return False
        except ShemsError as e:
            self.trouble = str(e)
            return False
        self.trouble = ""
        return True

    def close(self) -> None:
        if self._connection:
            self._connection.close()
            self._connection = None

    # -- sealing -----------------------------------------------------------------------------------------------------

    def _seal(self, done: Hour) -> None:
        """One transaction: the hour's row in, its hot records out, the oldest hours out if the budget asks for it."""
        directory, chunks = hour.pack(done.series())
        with self._registering() as connection:
            self._evict(connection, len(directory) + len(chunks))
            connection.execute("INSERT OR REPLACE INTO hour VALUES (?, ?, ?)", (done.start, directory, chunks))
            connection.execute("DELETE FROM hot")
        self._now.sealed(done)
        self._base = None

    def _evict(self, connection: sqlite3.Connection, coming: int) -> None:
        limit = max(self._budget - WAL_RESERVE, self._budget // 2)
        while _used(connection) + coming > limit:
            if not connection.execute("DELETE FROM hour WHERE t = (SELECT min(t) FROM hour)").rowcount:
                return

    # -- the hot log -------------------------------------------------------------------------------------------------

    def _flush(self) -> None:
        batch = self._now.take()
        if batch is None:
            return
        full = self._base is None or self._base_hour != batch.hour or self._since_full >= FULL_EVERY
        record, base = hot.encode(self._seq, batch, None if full else self._base)
        try:
            with self._registering() as connection:
                connection.execute("INSERT INTO hot VALUES (?, ?)", (self._seq, record))
        except sqlite3.Error:
            self._now.give_back(batch)
            raise
        self._seq += 1
        self._base, self._base_hour = base, batch.hour
        self._since_full = 0 if full else self._since_full + 1

    @contextmanager
    def _registering(self) -> Iterator[sqlite3.Connection]:
        """A transaction that also brings series made since the last one into the file."""
        rows = self._now.new_series()
        connection = self._opened()
        with transaction(connection):
            connection.executemany(
                "INSERT OR IGNORE INTO series VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [(i, s.key, s.kind, s.scale, s.unit, json.dumps(s.choices), s.boolean, t) for i, s, t in rows],
            )
            yield connection
        self._now.registered(rows)

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            raise ShemsError(f"{self._path}: the history is closed")
        return self._connection

    # -- trouble -----------------------------------------------------------------------------------------------------

    def _failed(self, error: sqlite3.DatabaseError) -> None:
        if not isinstance(error, sqlite3.OperationalError) and not is_damage(error):
            raise error
        self.trouble = self._explain(error)
        self._base = None
        if is_damage(error):
            self.close()

    def _start_over(self, wall_ms: int) -> None:
        """The file turned out damaged while in use: it is moved aside, what is in memory goes into a new one."""
        aside = move_aside(self._path, wall_ms)
        self._connection, found = open_history(self._path, wall_ms, self._budget)
        self._seq = found.next_seq
        self._now.forget_file()
        self.moved.append(f"{self._path.name} was damaged and is now {aside.name}; a new history has been started")

    def _explain(self, error: sqlite3.DatabaseError) -> str:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        what = "the disk is full or failing" if code in _DISK_FULL else "writing failed"
        return f"{self._path}: {what} ({error}); measurements are kept in memory and tried again; free some space"


def _used(connection: sqlite3.Connection) -> int:
    """Bytes of pages in use."""
    return PAGE * (_pragma(connection, "page_count") - _pragma(connection, "freelist_count"))


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])
