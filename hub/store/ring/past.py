"""Writing into the past: what another system has recorded goes under what the ring knows itself, never over it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np

from hub.errors import ShemsError
from hub.model import Kind
from hub.store.ring.blob import Damaged, Holds, Tag, unsealed
from hub.store.ring.budget import make_room
from hub.store.ring.codec import MISSING, Ints, decode
from hub.store.ring.day import DayPacker, Rows
from hub.store.ring.energy import Mark, Reading, tail
from hub.store.ring.file import Files, Recovered, keep_registry, look, open_history, row_of, transaction
from hub.store.ring.levels import DAY, H1, HOUR, M15, MAX_SERIES, QUARTER, Level, row_id
from hub.store.ring.rollup import Rolled
from hub.store.ring.types import FULL, SeriesInfo


class PastReader:
    """What the ring knows of days that are over, and so what could be added to them. Writes nothing."""

    def __init__(self, connection: sqlite3.Connection, series: dict[SeriesInfo, int], until: int) -> None:
        self._connection = connection
        self._series = series
        self.until = until
        """the first UTC day (since 1970) that cannot be added to: from it on the ring has its own hours"""

    @staticmethod
    @contextmanager
    def looked(path: Path, now_ms: int) -> Iterator[PastReader]:
        """Of files that a hub may be writing; a history that is not there is an empty one. Raises UserError."""
        if not path.is_file():
            with closing(sqlite3.connect(":memory:")) as nothing:
                yield PastReader(nothing, {}, now_ms // 1000 // DAY)
            return
        found = look(path)
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=5.0)) as connection:
            yield PastReader(connection, found.series, _until(connection, found, now_ms))

    def known(self, info: SeriesInfo, day: int) -> Ints:
        """The day's seconds that the ring has, MISSING where it has none."""
        series_id = self._series.get(info)
        found = None if series_id is None else self._row("raw", row_id(day, series_id))
        if found is None or series_id is None:
            return np.full(DAY, MISSING, np.int32)
        try:
            return decode(unsealed(Tag(Holds.RAW, series_id, day), found))
        except Damaged:
            return np.full(DAY, MISSING, np.int32)

    def new_seconds(self, info: SeriesInfo, day: int, values: Ints) -> Ints:
        """Those of the day's seconds that could be added; none to a day of which only buckets are left or known."""
        mine = self.known(info, day)
        nothing = not (mine != MISSING).any()
        if nothing and self._rolled(info, day, H1).n.any():
            return mine
        return np.where(mine == MISSING, values, np.int32(MISSING))

    def new_means(self, info: SeriesInfo, day: int, step: int, rolled: Rolled) -> Rolled:
        """Those of the day's buckets that could be added; none to a day that has seconds of its own."""
        quarters, hours = (self._rolled(info, day, level) for level in (M15, H1))
        if (self.known(info, day) != MISSING).any():
            taken = np.ones(len(rolled), np.bool_)
        elif step > QUARTER:
            taken = np.repeat(hours.n > 0, HOUR // step)
        else:
            gone = hours.n > quarters.n.reshape(-1, HOUR // QUARTER).sum(1)
            taken = np.repeat(quarters.n > 0, QUARTER // step) | np.repeat(gone, HOUR // step)
        return Rolled(np.where(taken, 0, rolled.n), rolled.low, rolled.high, rolled.mean, rolled.last)

    def _rolled(self, info: SeriesInfo, day: int, level: Level) -> Rolled:
        series_id = self._series.get(info)
        if series_id is None:
            return Rolled.empty(DAY // level.step)
        return DayPacker(self._connection, day).rolled(level, series_id)

    def _row(self, table: str, key: int) -> bytes | None:
        found = self._connection.execute(f"SELECT b FROM {table} WHERE id = ?", (key,)).fetchone()
        return found[0] if found else None


class PastWriter(PastReader):
    """Adds days that are over to a history whose hub is not running. Days of one series come in time order."""

    def __init__(self, files: Files, series: dict[SeriesInfo, int], budget: int, until: int) -> None:
        super().__init__(files.connection, series, until)
        self._files = files
        self._budget = budget
        self._tails: dict[int, list[Reading]] = {}
        """a counter's last readings that were added: their seconds may have gone already for want of room"""
        self._added: dict[SeriesInfo, set[int]] = {}
        """the days of counters that were added to"""

    @staticmethod
    @contextmanager
    def opened(path: Path, now_ms: int, budget: int) -> Iterator[PastWriter]:
        """Raises ShemsError when there is no such history to be had, or its hub is running."""
        files, found = open_history(path, now_ms, budget)
        try:
            past = PastWriter(files, found.series, budget, _until(files.connection, found, now_ms))
            yield past
            past._join()
        finally:
            files.close()

    def seconds(self, info: SeriesInfo, day: int, values: Ints) -> int:
        """Adds seconds to a day; returns how many were not known. Raises ShemsError past `until` or the budget."""
        added = self.new_seconds(info, day, values)
        new = int((added != MISSING).sum())
        if not new:
            return 0
        series_id = self._id(info, day)
        packer = DayPacker(self._connection, day)
        mine = self.known(info, day)
        both = np.where(mine == MISSING, added, mine)
        before = self._before(packer, series_id, day) if info.kind == Kind.COUNTER else []
        self._write(day, packer.rows(series_id, info, both, before, Mark.IMPORTED))
        if info.kind == Kind.COUNTER:
            self._tails[series_id] = tail([(day * DAY, both)], before)
            self._added.setdefault(info, set()).add(day)
        return new

    def means(self, info: SeriesInfo, day: int, step: int, rolled: Rolled) -> int:
        """Adds buckets of `step` seconds (300 or 3600) to a day of which no seconds are known; returns how many.

        A day with seconds of its own is left as it is, and so is every bucket that is known.
        """
        added = self.new_means(info, day, step, rolled)
        if not added.n.any():
            return 0
        packer = DayPacker(self._connection, day)
        self._write(day, packer.coarse(self._id(info, day), info, step, added, Mark.IMPORTED))
        return int((added.n > 0).sum())

    def _before(self, packer: DayPacker, series_id: int, day: int) -> list[Reading]:
        """A counter's last readings before a day, in the file or added just now."""
        held, added = packer.before(series_id), self._tails.get(series_id, [])
        return added if added and (held[-1].t if held else 0) < added[-1].t < day * DAY else held

    def _join(self) -> None:
        """What counters have counted from days that were added to until their next reading in one that was not."""
        for info, days in self._added.items():
            for added in (day for day in sorted(days) if day + 1 not in days):
                day = self._next(info, added + 1)
                while day < self.until and self._seam(info, day):
                    day = self._next(info, day + 1)

    def _seam(self, info: SeriesInfo, day: int) -> bool:
        """Tells a day's first quarter anew, and the gap before; True if it is its last too: the next seam is in it."""
        packer, series_id, values = DayPacker(self._connection, day), self._series[info], self.known(info, day)
        self._write(day, packer.seam(series_id, info, values, self._before(packer, series_id, day)))
        first, last = np.flatnonzero(values != MISSING)[[0, -1]] // QUARTER
        return bool(first == last)

    def _next(self, info: SeriesInfo, day: int) -> int:
        """The first day from `day` on in which a counter was read; `until` if there is none."""
        return next((d for d in range(day, self.until) if (self.known(info, d) != MISSING).any()), self.until)

    def note(self, now_s: int, kind: str, numbers: dict[str, object]) -> None:
        """An event: where the past came from."""
        sql = "INSERT INTO event (t, series, kind, numbers) VALUES (?, 0, ?, ?)"
        self._files.connection.execute(sql, (now_s, kind, json.dumps(numbers)))

    def _id(self, info: SeriesInfo, day: int) -> int:
        if info not in self._series:
            if max(self._series.values(), default=0) >= MAX_SERIES:
                raise ShemsError(f"{self._files.path}: {info.key} has no place: {FULL}")
            self._series[info] = max(self._series.values(), default=0) + 1
            row = (self._series[info], *row_of(info), day * DAY)
            connection = self._files.connection
            with transaction(connection):
                connection.execute("INSERT INTO series VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
                keep_registry(connection, {i: known for known, i in self._series.items()})
        return self._series[info]

    def _write(self, day: int, rows: Rows) -> None:
        if day >= self.until:
            raise ShemsError(f"day {day}: the hub has recorded this day itself; import only what lies before")
        connection = self._files.connection
        with transaction(connection):
            if not make_room(connection, rows.size, self._budget, self.until, disk_full=False):
                raise ShemsError(f"{self._files.path}: the history's budget is used up; allow it more")
            rows.write(connection)
            connection.execute("INSERT OR REPLACE INTO meta VALUES ('packed_until', ?)", (self.until,))


def _until(connection: sqlite3.Connection, found: Recovered, now_ms: int) -> int:
    """The day of the first hour that is not packed; today, when there is none."""
    kept = connection.execute("SELECT min(t) FROM hour").fetchone()[0]
    hours = [h.start for h in found.hours] + ([] if kept is None else [kept])
    return int(min(hours, default=now_ms // 1000)) // DAY
