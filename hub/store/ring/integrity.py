"""Is the history sound? A quick look at every start, a deep one on demand; neither writes anything."""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np

from hub.store.ring import energy, hour, rollup
from hub.store.ring.blob import Damaged, Holds, Tag, peek, unsealed
from hub.store.ring.codec import Ints, decode
from hub.store.ring.levels import DAY, HOUR, LEVELS, M15, QUARTER, month_of, row_id, span
from hub.store.ring.types import SeriesInfo

QUICK_S = 0.5
"""What the look at a start may cost, however large the file is."""

NEWEST, SAMPLE = 20, 200
"""Rows of a table that a quick look reads: the newest ones, and as many anywhere."""

AGAIN = 50
"""Series-days of which a deep look makes the rollups again."""

_LEVEL = {level.table: level for level in LEVELS}
_HOLDS = {"raw": Holds.RAW, "energy": Holds.ENERGY, **{level.table: level.holds for level in LEVELS}}
_AT_ONCE = 50


@dataclass(slots=True)
class Report:
    """`rows`: read, by table; `damaged`: a block each, in words; `sqlite`: what is wrong with the file as such."""

    rows: dict[str, int] = field(default_factory=dict)
    damaged: list[str] = field(default_factory=list)
    sqlite: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def sound(self) -> bool:
        return not self.damaged and not self.sqlite


def quick(
    connection: sqlite3.Connection,
    series: Mapping[SeriesInfo, int],
    limit_s: float = QUICK_S,
    report: Report | None = None,
) -> Report:
    """The look at a start, written into `report`. Raises sqlite3.DatabaseError for what SQLite itself finds damaged."""
    report, began = report or Report(), time.monotonic()
    _Look(connection, series, report).quick(began + limit_s)
    report.seconds = time.monotonic() - began
    return report


def deep(connection: sqlite3.Connection, series: Mapping[SeriesInfo, int], report: Report) -> None:
    """Everything is read, and what is wrong written into `report`. Raises sqlite3.DatabaseError as `quick` does."""
    _Look(connection, series, report).deep()


class _Look:
    def __init__(self, connection: sqlite3.Connection, series: Mapping[SeriesInfo, int], report: Report) -> None:
        self._connection = connection
        self._infos = {i: info for info, i in series.items()}
        self._report = report
        self._rows = report.rows

    # -- which rows --------------------------------------------------------------------------------------------------

    def quick(self, until: float) -> None:
        """All hours' directories, the newest hour, the newest rows, and some anywhere; until `until` (monotonic s)."""
        hours = self._connection.execute("SELECT t, dir FROM hour ORDER BY t DESC")
        for t, directory in hours:
            self._directory(t, directory)
            if time.monotonic() > until:
                hours.close()
                return
        newest = self._connection.execute("SELECT max(t) FROM hour").fetchone()[0]
        if newest is not None:
            self._hour(*self._connection.execute("SELECT t, dir, b FROM hour WHERE t = ?", (newest,)).fetchone())
        for rows in (self._newest, self._anywhere):
            for table in _HOLDS:
                for id_, blob in rows(table):
                    self._block(table, id_, blob)
                    if time.monotonic() > until:
                        return

    def _newest(self, table: str) -> Iterator[tuple[int, bytes]]:
        yield from self._connection.execute(f"SELECT id, b FROM {table} ORDER BY id DESC LIMIT ?", (NEWEST,))

    def _anywhere(self, table: str) -> Iterator[tuple[int, bytes]]:
        ends = f"SELECT (SELECT min(id) FROM {table}), (SELECT max(id) FROM {table})"  # asked for together: a full scan
        low, high = self._connection.execute(ends).fetchone()
        seen: set[int] = set()
        for _ in range(SAMPLE if low is not None else 0):
            sql = f"SELECT id, b FROM {table} WHERE id >= ? ORDER BY id LIMIT 1"
            at = row_id(random.randint(low >> 16, high >> 16), random.randint(0, max(self._infos, default=0)))
            row = self._connection.execute(sql, (at,)).fetchone()
            if row and row[0] not in seen:
                seen.add(row[0])
                yield row

    def deep(self) -> None:
        """Everything. Rows are read some at a time: a long read would keep the hub's write-ahead log from shrinking."""
        found = [row[0] for row in self._connection.execute("PRAGMA integrity_check(20)")]
        self._report.sqlite += [line for line in found if line != "ok"]
        for row in self._all("hour", "t, dir, b", "t"):
            self._hour(*row)
        for table in _HOLDS:
            for row in self._all(table, "id, b", "id"):
                self._block(table, *row)
        self._again()

    def _all(self, table: str, columns: str, key: str) -> Iterator[tuple[Any, ...]]:
        sql = f"SELECT {columns} FROM {table} WHERE {key} > ? ORDER BY {key} LIMIT {_AT_ONCE}"
        after = -(2**62)
        try:
            while rows := self._connection.execute(sql, (after,)).fetchall():
                yield from rows
                after = rows[-1][0]
        except sqlite3.DatabaseError as e:
            self._report.sqlite.append(f"{table}: {e}")

    # -- what a row must be ------------------------------------------------------------------------------------------

    def _directory(self, t: int, blob: bytes) -> hour.Directory | None:
        try:
            return hour.directory(t, blob)
        except Damaged as e:
            self._report.damaged.append(f"hour: the directory of {_hour(t)}: {e}")
            return None

    def _hour(self, t: int, directory: bytes, blob: bytes) -> None:
        self._count("hour")
        places = self._directory(t, directory)
        for series_id, place in (hour.rebuilt(t, blob) if places is None else places).items():
            try:
                if len(hour.chunk(t, series_id, blob, place)) != HOUR:
                    raise Damaged("it is not an hour long")
            except (Damaged, TypeError) as e:
                self._report.damaged.append(f"hour: {self._name(series_id)} of {_hour(t)}: {e}")

    def _block(self, table: str, id_: int, blob: bytes) -> None:
        self._count(table)
        series_id, period = id_ & 0xFFFF, id_ >> 16
        try:
            self._placed(table, id_, blob)
            _decoded(table, series_id, period, blob)
            if series_id not in self._infos:
                raise Damaged("this series is not known")
        except Damaged as e:
            day = period if table in ("raw", "m1") else span(M15, min(max(period, 0), 10_000))[0] // DAY
            words = f"{table}: {self._name(series_id)} of {_day(day, table)}: {e}"
            if words not in self._report.damaged:
                self._report.damaged.append(words)

    def _placed(self, table: str, id_: int, blob: object) -> None:
        """A sound block in another's place, or none at all, is no damaged block: the table's tree is not sound."""
        tag = peek(blob) if isinstance(blob, bytes) else None
        if tag is None or id_ != row_id(tag.period, tag.series):
            self._report.sqlite.append(f"{table}: row {id_} has what belongs elsewhere")

    def _count(self, table: str) -> None:
        self._rows[table] = self._rows.get(table, 0) + 1

    def _name(self, series_id: int) -> str:
        return self._infos[series_id].key if series_id in self._infos else f"series {series_id}"

    # -- rollups made again ------------------------------------------------------------------------------------------

    def _again(self) -> None:
        """Some days' rollups must be what their seconds come to."""
        for id_, blob in [row for _, row in zip(range(AGAIN), self._anywhere("raw"), strict=False)]:
            series_id, day = id_ & 0xFFFF, id_ >> 16
            try:
                values = decode(unsealed(Tag(Holds.RAW, series_id, day), blob))
            except Damaged:
                continue
            for table in self._disagreeing(series_id, day, values) if series_id in self._infos else ():
                words = f"{table}: {self._name(series_id)} of {_day(day, 'raw')}: it is not what its seconds come to"
                self._report.damaged.append(words)

    def _disagreeing(self, series_id: int, day: int, values: Ints) -> Iterator[str]:
        numbers = self._infos[series_id].numbers
        for level in LEVELS:
            period = month_of(day) if level.monthly else day
            sql = f"SELECT b FROM {level.table} WHERE id = ?"
            row = self._connection.execute(sql, (row_id(period, series_id),)).fetchone()
            try:
                kept = _decoded(level.table, series_id, period, row[0]) if row else None
            except Damaged:
                continue
            if not isinstance(kept, rollup.Rolled):
                continue
            mine, theirs = rollup.Rolled.empty(DAY // level.step), rollup.roll(values, level.step)
            mine.put((span(level, period)[0] - day * DAY) // level.step, kept)
            known = theirs.n > 0
            fields = ("n", "low", "high", "last") if numbers else ("n", "last")
            same = all((getattr(mine, f)[known] == getattr(theirs, f)[known]).all() for f in fields)
            near = not numbers or np.abs(mine.mean[known] - theirs.mean[known]).max(initial=0) <= 1.0
            if not (same and near and (mine.n == theirs.n).all()):
                yield level.table


def _decoded(table: str, series_id: int, period: int, blob: bytes) -> object:
    """Raises Damaged for a block that is not of that series and period, or not what belongs there."""
    if not 0 <= period < 1 << 32:
        raise Damaged(f"there is no period {period}")
    body = unsealed(Tag(_HOLDS[table], series_id, period), blob)
    if table == "raw":
        values = decode(body)
        if len(values) != DAY:
            raise Damaged("it is not a day long")
        return values
    start, end = span(_LEVEL.get(table, M15), period)
    if table == "energy":
        flowed = energy.unpack(body)
        if len(flowed.marks) != (end - start) // QUARTER:
            raise Damaged("it is not a month long")
        return flowed
    rolled = rollup.unpack(_LEVEL[table], body)
    if len(rolled) > (end - start) // _LEVEL[table].step:
        raise Damaged("it is too long")
    return rolled


def _hour(t: int) -> str:
    return f"{_day(t // DAY, 'raw')} {t // HOUR % 24:02} h UTC"


def _day(day: int, table: str) -> str:
    try:
        date = datetime.fromtimestamp(day * DAY, UTC)
    except (ValueError, OverflowError, OSError):
        return f"day {day}"
    return date.strftime("%Y-%m-%d" if table in ("raw", "m1") else "%Y-%m")
