"""Two records of the same time become one: what the one does not know, the other may."""

from __future__ import annotations

import sqlite3
from contextlib import suppress

import numpy as np

from hub.store.ring import energy, hour, rollup
from hub.store.ring.blob import Damaged, Holds, Tag, sealed, unsealed
from hub.store.ring.codec import MISSING, Ints, decode, encode
from hub.store.ring.day import DayPacker, fuller
from hub.store.ring.levels import D1, DAY, HOUR, LEVELS, row_id, span
from hub.store.ring.types import SeriesInfo

TABLES = {Holds.RAW: "raw", Holds.ENERGY: "energy", **{level.holds: level.table for level in LEVELS}}
_LEVEL = {level.holds: level for level in LEVELS}


def merged(connection: sqlite3.Connection, tag: Tag, info: SeriesInfo, body: bytes) -> bytes | None:
    """The block that belongs at `tag` when `body` is known too; None if the file knows all of it. Raises Damaged."""
    row = connection.execute(
        f"SELECT b FROM {TABLES[tag.holds]} WHERE id = ?", (row_id(tag.period, tag.series),)
    ).fetchone()
    try:
        held = unsealed(tag, row[0]) if row else None
    except Damaged:
        held = None
    if held is None:
        new: bytes | None = body
    elif held == body:
        new = None
    elif tag.holds is Holds.RAW:
        new = _seconds(held, body)
    elif tag.holds is Holds.ENERGY:
        new = _energies(held, body)
    else:
        new = _buckets(tag, info, held, body)
    return None if new is None or new == held else sealed(tag, new)


def filled(mine: Ints, theirs: Ints) -> Ints:
    """`mine`, and where it is not known `theirs`."""
    return np.where(mine == MISSING, theirs, mine)


def hours(connection: sqlite3.Connection, start: int, whole: bool, theirs: dict[int, Ints]) -> None:
    """Puts seconds by series into the row of the hour from `start` (s UTC), below what it has."""
    row = connection.execute("SELECT dir, b FROM hour WHERE t = ?", (start,)).fetchone()
    both = dict(theirs)
    for series_id, values in chunks(start, *row).items() if row else ():
        both[series_id] = filled(values, both[series_id]) if series_id in both else values
    packed = hour.pack(start, sorted(both.items()))
    connection.execute("INSERT OR REPLACE INTO hour VALUES (?, ?, ?, ?)", (start, whole, *packed))


def chunks(start: int, directory: bytes, blob: bytes) -> dict[int, Ints]:
    """The sound chunks of an hour."""
    found = {}
    try:
        places = hour.directory(start, directory)
    except Damaged:
        places = hour.rebuilt(start, blob)
    for series_id, place in places.items():
        try:
            found[series_id] = hour.chunk(start, series_id, blob, place)
        except Damaged:
            continue
    return found


def into_day(connection: sqlite3.Connection, start: int, series_id: int, info: SeriesInfo, seconds: Ints) -> None:
    """Puts an hour's seconds into its day, which is packed: the day is made again from both."""
    day = start // DAY
    packer, tag = DayPacker(connection, day), Tag(Holds.RAW, series_id, day)
    row = connection.execute("SELECT b FROM raw WHERE id = ?", (row_id(day, series_id),)).fetchone()
    if row is None and packer.rolled(D1, series_id).n.any():
        return  # its seconds were given up for room, and its rollups know more than this hour
    mine = np.full(DAY, MISSING, np.int32)
    with suppress(Damaged):
        mine = decode(unsealed(tag, row[0])) if row else mine
    both = mine.copy()
    both[start % DAY :][:HOUR] = filled(mine[start % DAY :][:HOUR], seconds)
    if (both != mine).any():
        packer.rows(series_id, info, both).write(connection)


def _seconds(held: bytes, body: bytes) -> bytes | None:
    mine, theirs = decode(held), decode(body)
    both = filled(mine, theirs)
    return None if (both == mine).all() else encode(both)


def _energies(held: bytes, body: bytes) -> bytes:
    """Where both know a quarter, the one that knows more of the month is the later."""
    mine, theirs = energy.unpack(held), energy.unpack(body)
    if (mine.marks > 0).sum() >= (theirs.marks > 0).sum():
        mine, theirs = theirs, mine
    both = energy.Energy.empty(max(len(mine.marks), len(theirs.marks)))
    both.put(0, mine)
    both.put(0, theirs)
    return energy.pack(both)


def _buckets(tag: Tag, info: SeriesInfo, held: bytes, body: bytes) -> bytes:
    level = _LEVEL[tag.holds]
    start, end = span(level, tag.period)
    both = []
    for part in (held, body):
        whole = rollup.Rolled.empty((end - start) // level.step)
        whole.put(0, rollup.unpack(level, part))
        both.append(whole)
    best = fuller(*both)
    return rollup.pack(level, best.known() if level.monthly else best, info.numbers, info.boolean)


def last_reading(body: bytes) -> tuple[int, int]:
    """(second of the day, stored value) of the last known second of a day that knows some. Raises Damaged."""
    values = decode(body)
    at = np.flatnonzero(values != MISSING)
    if not len(at):
        raise Damaged("nothing is known of this day")
    return int(at[-1]), int(values[at[-1]])
