"""A past that lies in the future: what was stored while the machine's clock was far ahead makes way for the true time.

It is copied into a history of its own beside this one, since its measurements are true and only their time is not; then
it is taken out. The day that is now was over for a clock that had left it: it becomes one of hours again.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from hub.model import Kind
from hub.store.migrate import pending
from hub.store.ring import energy, hour, rollup
from hub.store.ring.begun import Hour
from hub.store.ring.blob import Damaged, Holds, Tag, sealed, unsealed
from hub.store.ring.codec import Ints, decode
from hub.store.ring.file import Files, Recovered, recovered, transaction
from hub.store.ring.levels import DAY, HOUR, LEVELS, QUARTER, begin, month_of
from hub.store.ring.mend import last_of
from hub.store.ring.pages import PAGE
from hub.store.ring.rollup import FIELDS, Rolled
from hub.store.ring.types import SeriesInfo

_BY_DAY = ("raw", "m1")
_BY_MONTH = ("m15", "h1", "d1", "energy")


def set_aside(files: Files, found: Recovered, now: int) -> Recovered:
    """Takes what lies after `now` (s UTC, the true time) out of the history; what it says afterwards.

    `found` is as it was opened. Raises sqlite3.Error, OSError; nothing is taken out then.
    """
    connection, day = files.connection, now // DAY
    aside = files.path.with_name(f"{files.path.name}.ahead-{now}")
    try:
        _copy(connection, found, aside, now)
    except (sqlite3.Error, OSError):
        aside.unlink(missing_ok=True)
        raise
    with transaction(connection):
        unpacked = _unpack(connection, day, now)
        _take_out(connection, now)
        _put_down(connection, found, now)
        _shorten(connection, {i: info for info, i in found.series.items()}, day, unpacked)
        _read_before(connection, found, day)
        _note(connection, files.log.next_seq, found, aside, now)
    files.log.keep_from(files.log.next_seq)
    connection.execute("PRAGMA wal_checkpoint")
    told = recovered(connection)
    told.problems = [*found.problems, _told(found, aside, now)]
    return told


def _told(found: Recovered, aside: Path, now: int) -> str:
    last, true = (datetime.fromtimestamp(t, UTC).isoformat(" ", "minutes") for t in (found.last_ms // 1000, now))
    return (
        f"the machine's clock was wrong: what was stored after {true[:16]} UTC, until {last[:16]}, lay in the future "
        f"and is now in {aside.name}; look after the machine's clock"
    )


# -- a history of its own --------------------------------------------------------------------------------------------


def _copy(connection: sqlite3.Connection, found: Recovered, aside: Path, now: int) -> None:
    with closing(sqlite3.connect(aside, isolation_level=None)) as fresh:
        fresh.execute(f"PRAGMA page_size={PAGE}")
        for script in pending("history", 0, aside):
            fresh.executescript(script)
    connection.execute("ATTACH ? AS aside", (str(aside),))
    try:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO aside.series SELECT * FROM series")
        connection.execute("INSERT INTO aside.meta SELECT * FROM meta WHERE k IN ('packed_until', 'registry')")
        for table, condition in _after(now, month_of(now // DAY)):
            connection.execute(f"INSERT INTO aside.{table} SELECT * FROM {table} WHERE {condition}")
        rows = [(h.start, True, *hour.pack(h.start, h.series())) for h in found.hours if h.start > now]
        connection.executemany("INSERT OR REPLACE INTO aside.hour VALUES (?, ?, ?, ?)", rows)
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.rollback()
        connection.execute("DETACH aside")


def _after(now: int, month: int) -> Iterator[tuple[str, str]]:
    """(table, which of its rows begin after `now`, or with `month` or a later one)."""
    yield "hour", f"t > {now}"
    yield "event", f"t > {now}"
    for table in _BY_DAY:
        yield table, f"id >= {(now // DAY + 1) << 16}"
    for table in _BY_MONTH:
        yield table, f"id >= {month << 16}"


# -- out of this one -------------------------------------------------------------------------------------------------


def _take_out(connection: sqlite3.Connection, now: int) -> None:
    for table, condition in _after(now, month_of(now // DAY) + 1):
        connection.execute(f"DELETE FROM {table} WHERE {condition}")


def _unpack(connection: sqlite3.Connection, day: int, now: int) -> set[int]:
    """Makes hours of the day again, if it was packed; of which series."""
    ids = {i for (i,) in connection.execute("SELECT id & 65535 FROM raw WHERE id >> 16 = ?", (day,)).fetchall()}
    begun = connection.execute("SELECT 1 FROM hour WHERE t >= ? AND t < ?", (day * DAY, (day + 1) * DAY)).fetchone()
    if not begun:  # else they are what is read: the day had not been packed to its end
        hours = [Hour(day * DAY + k * HOUR) for k in range(24)]
        for i in sorted(ids):
            for of_hour, values in zip(hours, _seconds(connection, i, day), strict=True):
                of_hour.fill(i, values)
        rows = [(h.start, h.start + HOUR <= now, *hour.pack(h.start, h.series())) for h in hours if h.known()]
        connection.executemany("INSERT INTO hour VALUES (?, ?, ?, ?)", rows)
    for table in _BY_DAY:
        connection.executemany(f"DELETE FROM {table} WHERE id = ?", [(day << 16 | i,) for i in ids])
    return ids


def _seconds(connection: sqlite3.Connection, series_id: int, day: int) -> list[Ints]:
    """By hour; none of a damaged day."""
    blob = connection.execute("SELECT b FROM raw WHERE id = ?", (day << 16 | series_id,)).fetchone()[0]
    try:
        return list(decode(unsealed(Tag(Holds.RAW, series_id, day), blob)).reshape(24, HOUR))
    except Damaged:
        return [Hour(0).seconds(series_id)] * 24


def _put_down(connection: sqlite3.Connection, found: Recovered, now: int) -> None:
    """Of what is in the hot log only the hours until now stay: they go into the file, as they are not over."""
    rows = [(h.start, False, *hour.pack(h.start, h.series())) for h in found.hours if h.start <= now]
    connection.executemany("INSERT OR REPLACE INTO hour VALUES (?, ?, ?, ?)", rows)


def _shorten(connection: sqlite3.Connection, infos: dict[int, SeriesInfo], day: int, unpacked: set[int]) -> None:
    """The month that is now ends with yesterday for series whose day is one of hours again, with today for others."""
    month = month_of(day)
    for level in LEVELS:
        rows = _month(connection, level.table, month) if level.monthly else ()
        for i, blob in rows:
            kept = ((day + (i not in unpacked)) * DAY - begin(level, month)) // level.step
            try:
                rolled = rollup.unpack(level, unsealed(Tag(level.holds, i, month), blob))
            except Damaged:
                continue
            left = Rolled(*(getattr(rolled, f)[:kept] for f in FIELDS)).known()
            body = rollup.pack(level, left, infos[i].numbers, infos[i].boolean) if i in infos and len(left) else b""
            _replace(connection, level.table, Tag(level.holds, i, month), body)
    for i, blob in _month(connection, "energy", month):
        try:
            flowed = energy.unpack(unsealed(Tag(Holds.ENERGY, i, month), blob))
        except Damaged:
            continue
        kept = ((day + (i not in unpacked)) * DAY - begin(LEVELS[-1], month)) // QUARTER
        flowed.marks[kept:] = 0
        _replace(connection, "energy", Tag(Holds.ENERGY, i, month), energy.pack(flowed) if flowed.marks.any() else b"")


def _month(connection: sqlite3.Connection, table: str, month: int) -> list[tuple[int, bytes]]:
    sql = f"SELECT id & 65535, b FROM {table} WHERE id >> 16 = ?"
    return connection.execute(sql, (month,)).fetchall()


def _replace(connection: sqlite3.Connection, table: str, tag: Tag, body: bytes) -> None:
    key = tag.period << 16 | tag.series
    if body:
        connection.execute(f"UPDATE {table} SET b = ? WHERE id = ?", (sealed(tag, body), key))
    else:
        connection.execute(f"DELETE FROM {table} WHERE id = ?", (key,))


def _read_before(connection: sqlite3.Connection, found: Recovered, day: int) -> None:
    """A counter's last reading is that of its last packed day again."""
    connection.execute("DELETE FROM reading WHERE t >= ?", (day * DAY,))
    [(oldest,)] = connection.execute("SELECT min(id) >> 16 FROM raw").fetchall()
    known = {i for (i,) in connection.execute("SELECT series FROM reading").fetchall()}
    counters = {i for info, i in found.series.items() if info.kind == Kind.COUNTER} - known
    for i in counters if oldest is not None else ():
        for past in range(day - 1, oldest - 1, -1):
            row = connection.execute("SELECT b FROM raw WHERE id = ?", (past << 16 | i,)).fetchone()
            last = last_of(i, past, row[0]) if row else None
            if last:
                connection.execute("INSERT INTO reading VALUES (?, ?, ?)", (i, *last))
                break


def _note(connection: sqlite3.Connection, hot_from: int, found: Recovered, aside: Path, now: int) -> None:
    connection.execute("UPDATE meta SET v = ? WHERE k = 'packed_until' AND v > ?", (now // DAY, now // DAY))
    connection.execute("DELETE FROM meta WHERE k = 'wear'")
    connection.execute("INSERT OR REPLACE INTO meta VALUES ('hot_from', ?)", (hot_from,))
    numbers = json.dumps({"until": found.last_ms // 1000, "file": aside.name})
    connection.execute(
        "INSERT INTO event (t, series, kind, numbers) VALUES (?, 0, 'clock_was_ahead', ?)", (now, numbers)
    )
