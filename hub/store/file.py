"""history.db as a file: opened, brought to its newest schema, replayed; moved aside when it is damaged."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from hub.errors import ShemsError
from hub.store import hot
from hub.store.codec import Damaged
from hub.store.history import SeriesInfo
from hub.store.hour import HOUR_S
from hub.store.migrate import pending
from hub.store.now import Hour

PAGE = 4096
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_SETTINGS = (
    f"PRAGMA page_size={PAGE}",
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA journal_size_limit=-1",
    "PRAGMA secure_delete=OFF",
    "PRAGMA foreign_keys=OFF",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA cache_size=-2000",
    "PRAGMA mmap_size=0",
)


@dataclass(slots=True)
class Recovered:
    """What a file says at opening. `hours`: not sealed yet; `last_ms`: nothing at or before it is taken any more."""

    series: dict[SeriesInfo, int]
    hours: list[Hour] = field(default_factory=list)
    next_seq: int = 1
    last_ms: int = 0
    problems: list[str] = field(default_factory=list)


def open_history(path: Path, now_ms: int, budget: int) -> tuple[sqlite3.Connection, Recovered]:
    """The writer's connection and what was found; a damaged file is moved aside. Raises ShemsError."""
    try:
        return _open(path, budget)
    except sqlite3.DatabaseError as e:
        if not is_damage(e):
            raise ShemsError(f"{path}: cannot open the history: {e}; {_advice(path)}") from e
        aside = move_aside(path, now_ms)
    connection, found = _open(path, budget)
    found.problems.append(f"{path.name} was damaged and is now {aside.name}; a new history has been started")
    return connection, found


def is_damage(error: sqlite3.Error) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGED


def move_aside(path: Path, now_ms: int) -> Path:
    """Renames the database and its companions to `<name>.damaged-<ms>`."""
    aside = path.with_name(f"{path.name}.damaged-{now_ms}")
    for suffix in ("", "-wal", "-shm"):
        source = path.with_name(path.name + suffix)
        try:
            source.rename(aside.with_name(aside.name + suffix))
        except FileNotFoundError:
            continue
        except OSError as e:
            raise ShemsError(f"{source}: damaged, and cannot be moved aside: {e.strerror}; move it away") from e
    return aside


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All or nothing; durable when it ends."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.rollback()


def _open(path: Path, budget: int) -> tuple[sqlite3.Connection, Recovered]:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5.0)
    try:
        for setting in _SETTINGS:
            connection.execute(setting)
        connection.execute(f"PRAGMA wal_autocheckpoint={max(16, min(1000, budget // 8 // PAGE))}")
        for script in pending("history", connection.execute("PRAGMA user_version").fetchone()[0], path):
            connection.executescript(script)
        return connection, _recover(connection)
    except (sqlite3.Error, ShemsError):
        connection.close()
        raise


def _recover(connection: sqlite3.Connection) -> Recovered:
    columns = "key, kind, scale, unit, choices, boolean, id"
    rows = connection.execute(f"SELECT {columns} FROM series").fetchall()
    series = {SeriesInfo(k, kd, sc, u, tuple(json.loads(ch)), bool(bo)): i for k, kd, sc, u, ch, bo, i in rows}
    newest = connection.execute("SELECT max(t) FROM hour").fetchone()[0]
    sealed_until = 0 if newest is None else newest + HOUR_S
    found = Recovered(series, last_ms=sealed_until * 1000 - 1 if sealed_until else 0)
    records = connection.execute("SELECT seq, b FROM hot ORDER BY seq")
    _replay(((seq, bytes(b)) for seq, b in records), sealed_until, found)
    return found


def _replay(records: Iterator[tuple[int, bytes]], sealed_until: int, found: Recovered) -> None:
    """Puts hot records back into hours; after a damaged or missing one, goes on at the next full one."""
    hours: dict[int, Hour] = {}
    base: dict[int, int] | None = None
    expected = lost = 0
    for seq, record in records:
        found.next_seq = seq + 1
        try:
            _, hour, full = hot.peek(record)
            if not full and (base is None or seq != expected):
                raise Damaged("the record before is missing")
            batch, base = hot.decode(record, base or {})
        except Damaged:
            base, lost = None, lost + 1
            continue
        expected = seq + 1
        if hour >= sealed_until:
            hours.setdefault(hour, Hour(hour)).replay(batch)
            found.last_ms = max(found.last_ms, (hour + int(batch.offsets.max(initial=0))) * 1000)
    found.hours = [hours[h] for h in sorted(hours)]
    if lost:
        found.problems.append(f"{lost} damaged records of the last hour's seconds could not be read and are missing")


def _advice(path: Path) -> str:
    folder = path.parent
    if not folder.is_dir():
        return f"the folder {folder} does not exist; create it"
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        return f"the folder {folder} must be readable and writable by the user SHEMS runs as"
    return "check that the disk is not full, that the file is readable and writable, and that no other SHEMS uses it"
