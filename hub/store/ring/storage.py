"""What the history takes, how far it reaches and what it writes: for the page and for `shems history budget`."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hub.store.ring.blob import HEAD, Damaged
from hub.store.ring.file import hot_path
from hub.store.ring.levels import DAY, LEVELS, SECOND, Level, span
from hub.store.ring.rollup import unpack


@dataclass(frozen=True, slots=True)
class Reach:
    """A resolution and how far back it is kept: `step` in s, `since` in UTC ms, None when there is nothing yet."""

    step: int
    since: int | None


@dataclass(frozen=True, slots=True)
class Storage:
    """Bytes on disk, of the budget and a day; `reach` finest first."""

    budget: int
    write_budget: int
    file: int
    wal: int
    hot: int
    reach: tuple[Reach, ...]
    window_s: int
    ours_a_day: int | None
    device_a_day: int | None


def sizes(path: Path) -> tuple[int, int, int]:
    """Bytes of database, write-ahead log and hot log."""
    files = (path, path.with_name(path.name + "-wal"), hot_path(path))
    first, second, third = (f.stat().st_size if f.exists() else 0 for f in files)
    return first, second, third


def reaches(connection: sqlite3.Connection) -> tuple[Reach, ...]:
    """How far back each resolution goes, as the file has it."""
    hours = connection.execute("SELECT min(t) FROM hour").fetchone()[0]
    days = connection.execute("SELECT min(id) FROM raw").fetchone()[0]
    oldest = [t for t in (hours, None if days is None else (days >> 16) * DAY) if t is not None]
    found = [Reach(SECOND, min(oldest) * 1000 if oldest else None)]
    for level in LEVELS:
        first = connection.execute(f"SELECT id, b FROM {level.table} ORDER BY id LIMIT 1").fetchone()
        start = [*oldest, *([] if first is None else [_begins(level, *first)])]
        found.append(Reach(level.step, min(start) * 1000 if start else None))
    return tuple(found)


def _begins(level: Level, key: int, blob: bytes) -> int:
    """The first known bucket of a row, s UTC."""
    start = span(level, key >> 16)[0]
    try:
        known = np.flatnonzero(unpack(level, blob[HEAD:]).n)
    except Damaged:
        return start
    return start + int(known[0]) * level.step if len(known) else start
