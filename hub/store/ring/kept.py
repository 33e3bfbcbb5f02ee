"""How finely the past of some series is kept, as imports and eviction have left it, and since when."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection

import numpy as np

from hub.store.ring import energy
from hub.store.ring.blob import HEAD, Damaged, Holds, Tag, unsealed
from hub.store.ring.levels import D1, DAY, HOUR, M1, M15, MINUTE, QUARTER, SECOND, Level, first_day, periods, row_id
from hub.store.ring.rollup import unpack

_AT_ONCE = 500
"""Rows that one question to the file asks for."""


def finest(connection: sqlite3.Connection, ids: Collection[int], start: int, end: int, least: int) -> int:
    """The finest step (s) at which all is kept that is known of the series on the days that [start, end), s UTC, is in.

    None finer is looked for than rollups can be of use to a step of `least` (s). Of hours nothing is ever given up.
    """
    if least >= HOUR:
        return HOUR
    days = _known(connection, D1, ids, start, end)
    if least < MINUTE and not _without(connection, "raw", days):
        return SECOND
    lost = _without(connection, M1.table, days)
    if least < QUARTER and not lost:
        return MINUTE
    return HOUR if lost and lost - _known(connection, M15, ids, start, end) else QUARTER


def since(connection: sqlite3.Connection, series_id: int) -> int:
    """When the first energy of a series flowed; while no day of it is packed, when it was made. s UTC, 0 for never."""
    oldest = connection.execute("SELECT min(id) >> 16 FROM energy").fetchone()[0]
    newest = connection.execute("SELECT max(id) >> 16 FROM energy").fetchone()[0]
    for month in range(oldest, newest + 1) if oldest is not None else ():
        row = connection.execute("SELECT b FROM energy WHERE id = ?", (row_id(month, series_id),)).fetchone()
        first = _first(Tag(Holds.ENERGY, series_id, month), row[0]) if row else None
        if first is not None:
            return first_day(month) * DAY + first * QUARTER
    made = connection.execute("SELECT made_at FROM series WHERE id = ?", (series_id,)).fetchone()
    return int(made[0]) if made else 0


def _first(tag: Tag, blob: bytes) -> int | None:
    """The first quarter-hour of a month that is known; of a row that is damaged any may have been."""
    try:
        known = np.flatnonzero(energy.unpack(unsealed(tag, blob)).marks)
    except Damaged:
        return 0
    return int(known[0]) if len(known) else None


def _known(connection: sqlite3.Connection, level: Level, ids: Collection[int], start: int, end: int) -> set[int]:
    """The days of series, as row ids, of which a monthly level knows anything."""
    found: set[int] = set()
    for month in periods(level, start, end):
        for i in ids:
            row = connection.execute(f"SELECT b FROM {level.table} WHERE id = ?", (row_id(month, i),)).fetchone()
            days = [first_day(month) + k for k in _days(level, row[0])] if row else []
            found |= {row_id(day, i) for day in days if start < (day + 1) * DAY and day * DAY < end}
    return found


def _days(level: Level, blob: bytes) -> list[int]:
    """The days of a month's row, from 0, of which anything is known; none of a row that is damaged."""
    try:
        known = np.flatnonzero(unpack(level, blob[HEAD:]).n)
    except Damaged:
        return []
    return [int(day) for day in np.unique(known // (DAY // level.step))]


def _without(connection: sqlite3.Connection, table: str, days: set[int]) -> set[int]:
    """Those of `days` that a daily table has no row of."""
    wanted, there = sorted(days), set[int]()
    for some in (wanted[k : k + _AT_ONCE] for k in range(0, len(wanted), _AT_ONCE)):
        marks = ",".join("?" * len(some))
        there.update(i for (i,) in connection.execute(f"SELECT id FROM {table} WHERE id IN ({marks})", some))
    return days - there
