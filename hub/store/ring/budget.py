"""What the ring may take of the disk and the card, and what goes first when it is too much."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

from hub.store.ring.file import hot_blocks
from hub.store.ring.hotlog import BLOCK
from hub.store.ring.levels import first_day
from hub.store.ring.pages import PAGE

WAL_RESERVE = 6 << 20
_KEEP_DAYS = (("raw", 3), ("m1", 31), ("m15", 400), ("raw", 0), ("m1", 0), ("m15", 0))
"""What goes, oldest first, down to so many days; then the next. Hours, days and energies are kept for ever."""

_SLACK = 16 * PAGE
_SPARE = 2 << 20
"""Bytes of the disk that are left to others."""


def file_limit(budget: int) -> int:
    """Bytes that the database itself may have: the budget less the write-ahead log and the hot log."""
    return max(budget - WAL_RESERVE - hot_blocks(budget) * BLOCK, budget // 2)


def make_room(connection: sqlite3.Connection, coming: int, budget: int, today: int, disk_full: bool) -> bool:
    """Deletes whole periods, inside the caller's transaction, until `coming` bytes fit; False if they cannot.

    A file that was over its limit before, since the budget has become smaller, is not made to fit at once: no more goes
    than what comes needs. On a full disk it must make do with the pages it has, some of which are never quite filled.
    """
    limit = file_limit(budget)
    if disk_full:
        limit, coming = min(limit, PAGE * _pragma(connection, "page_count")), 2 * coming + _SLACK
    before = held = used(connection)
    while held + coming > limit and before - held < coming:
        if not any(_drop_oldest(connection, table, today - days) for table, days in _KEEP_DAYS):
            return False
        held = used(connection)
    return True


def scarce(path: Path, coming: int) -> bool:
    """Whether the disk has no room for `coming` bytes, once in the write-ahead log and once in the file."""
    try:
        return shutil.disk_usage(path.parent).free < 2 * coming + _SPARE
    except OSError:
        return False


def used(connection: sqlite3.Connection) -> int:
    """Bytes of pages in use."""
    return PAGE * (_pragma(connection, "page_count") - _pragma(connection, "freelist_count"))


def _drop_oldest(connection: sqlite3.Connection, table: str, before_day: int) -> bool:
    """Whether a period that ends before `before_day` was there to be deleted."""
    found = connection.execute(f"SELECT min(id) FROM {table}").fetchone()[0]
    if found is None:
        return False
    period = found >> 16
    ends = first_day(period + 1) if table == "m15" else period + 1
    if ends > before_day:
        return False
    connection.execute(f"DELETE FROM {table} WHERE id < ?", ((period + 1) << 16,))
    return True


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])
