"""The few small facts in the file that are no blocks and so have no checksum: held against what else tells of them.

Which number is which series, where the packed days end, what a counter's last reading was: a flipped bit in one of
these would not lose a block but tell wrong values.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterator
from typing import TypeAlias

import numpy as np

from hub.store.ring.blob import Damaged, Holds, Tag, sealed, unsealed
from hub.store.ring.codec import MISSING, decode
from hub.store.ring.levels import DAY, row_id

Described: TypeAlias = tuple[object, ...]
"""A series as `series` has it: key, kind, scale, unit, choices (JSON), boolean."""

_REGISTRY = Tag(Holds.REGISTRY, 0, 0)
_BACK = 8
"""Days in which a counter's last second is looked for."""

_COLUMNS = "id, key, kind, scale, unit, choices, boolean"


def registry(known: dict[int, Described]) -> bytes:
    """The second copy of all series."""
    return sealed(_REGISTRY, zlib.compress(json.dumps([(i, *row) for i, row in known.items()]).encode()))


def registered(blob: bytes) -> dict[int, Described]:
    """What `registry` was made of; raises Damaged."""
    try:
        return {row[0]: tuple(row[1:]) for row in json.loads(zlib.decompress(unsealed(_REGISTRY, blob)))}
    except (ValueError, zlib.error) as e:
        raise Damaged(f"the registry cannot be read: {e}") from None


def mend(connection: sqlite3.Connection) -> list[str]:
    """Puts right what is contradicted by something with a checksum; what was wrong, in words. Inside no transaction."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        problems = [*_series(connection), *_meta(connection), *_readings(connection)]
        connection.execute("COMMIT")
        return problems
    finally:
        if connection.in_transaction:
            connection.rollback()


def _series(connection: sqlite3.Connection) -> Iterator[str]:
    rows = {row[0]: row[1:] for row in connection.execute(f"SELECT {_COLUMNS} FROM series").fetchall()}
    second = connection.execute("SELECT v FROM meta WHERE k = 'registry'").fetchone()
    try:
        right = registered(second[0]) if second else {}
    except Damaged:
        right = {}
        yield "the second copy of the list of series was damaged; it has been made again"
    for i, row in right.items():
        if rows.get(i) != row:
            yield f"the description of the series {row[0]} was damaged; it has been put right from its second copy"
            connection.execute("INSERT OR REPLACE INTO series VALUES (?, ?, ?, ?, ?, ?, ?, 0)", (i, *row))
            rows[i] = row
    described = set(right.values())
    for i, row in list(rows.items()):
        if i not in right and (row in described or not is_description(i, row)):
            yield f"the description of series {i} was damaged and has been left out"
            connection.execute("DELETE FROM series WHERE id = ?", (i,))
            del rows[i]
    if rows and rows != right:
        connection.execute("INSERT OR REPLACE INTO meta VALUES ('registry', ?)", (registry(rows),))


def is_description(i: int, row: Described) -> bool:
    key, kind, scale, unit, choices, boolean = row
    if not (0 < i < 1 << 16 and all(isinstance(text, str) for text in (key, kind, unit, choices))):
        return False
    try:
        return isinstance(json.loads(str(choices)), list) and isinstance(scale, float) and boolean in (0, 1)
    except ValueError:
        return False


def _meta(connection: sqlite3.Connection) -> Iterator[str]:
    meta = dict(connection.execute("SELECT k, v FROM meta WHERE k != 'registry'").fetchall())
    for name in ("packed_until", "hot_from"):
        if name in meta and not isinstance(meta[name], int):
            yield f"the note {name} was damaged"
            connection.execute("DELETE FROM meta WHERE k = ?", (name,))
            del meta[name]
    try:
        if "wear" in meta and not isinstance(json.loads(meta["wear"]), dict):
            raise ValueError
    except (ValueError, TypeError):
        yield "the note of what was written was damaged; it begins anew"
        connection.execute("DELETE FROM meta WHERE k = 'wear'")
    right = _packed_until(connection, meta.get("packed_until"))
    if right != meta.get("packed_until"):
        yield "the note of the last packed day was damaged; it has been made again"
        connection.execute("INSERT OR REPLACE INTO meta VALUES ('packed_until', ?)", (right,))


def _packed_until(connection: sqlite3.Connection, said: int | None) -> int | None:
    """The first day that is not packed: days before it have seconds, those from it on hours."""
    [(hours, last)] = connection.execute(
        "SELECT (SELECT min(t) / ? FROM hour), (SELECT max(id) >> 16 FROM raw)", (DAY,)
    ).fetchall()
    if last is None:
        return said if hours is None or (said is not None and said <= hours) else hours
    least: int = last if hours is not None and hours <= last else last + 1
    if said is not None and least <= said and (hours is None or said <= hours):
        return said
    return least


def _readings(connection: sqlite3.Connection) -> Iterator[str]:
    """A counter's last reading is the last second of its last packed day; where that is damaged it is believed."""
    packed = connection.execute("SELECT v FROM meta WHERE k = 'packed_until'").fetchone()
    days = range(packed[0], packed[0] - _BACK, -1) if packed else range(0)
    for series_id, t, value in connection.execute("SELECT series, t, value FROM reading").fetchall():
        found = [(day, blob) for day in days for blob in _seconds(connection, series_id, day)][:1]
        right = next((last_of(series_id, day, blob) for day, blob in found), None)
        sane = isinstance(t, int) and isinstance(value, int) and (not days or t < (days[0] + 1) * DAY)
        if right == (t, value) or (right is None and sane):
            continue
        yield f"the last reading of series {series_id} was damaged"
        connection.execute("DELETE FROM reading WHERE series = ?", (series_id,))
        if right:
            connection.execute("INSERT INTO reading VALUES (?, ?, ?)", (series_id, *right))


def _seconds(connection: sqlite3.Connection, series_id: int, day: int) -> list[object]:
    """The block of a series' day, if there is one."""
    key = row_id(day, series_id)
    rows = connection.execute("SELECT b FROM raw WHERE id = ?", (key,)).fetchall() if abs(key) < 1 << 62 else []
    return [row[0] for row in rows]


def last_of(series_id: int, day: int, blob: object) -> tuple[int, int] | None:
    """(s UTC, stored value) of the day's last known second; None if its block is damaged."""
    try:
        values = decode(unsealed(Tag(Holds.RAW, series_id, day), blob)) if isinstance(blob, bytes) else None
    except Damaged:
        return None
    if values is None or not (values != MISSING).any():
        return None
    last = int(np.flatnonzero(values != MISSING)[-1])
    return day * DAY + last, int(values[last])
