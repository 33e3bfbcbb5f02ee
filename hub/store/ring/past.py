"""Writing into the past: what another system has recorded goes under what the ring knows itself, never over it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from hub.errors import ShemsError
from hub.store.ring.blob import Damaged, Holds, Tag, unsealed
from hub.store.ring.budget import make_room
from hub.store.ring.codec import MISSING, Ints, decode
from hub.store.ring.day import DayPacker, Rows
from hub.store.ring.energy import Mark, Reading
from hub.store.ring.file import Files, open_history, row_of, transaction
from hub.store.ring.levels import DAY, row_id
from hub.store.ring.rollup import Rolled
from hub.store.ring.types import SeriesInfo


class PastWriter:
    """Adds days that are over to a history whose hub is not running. Days of one series come in time order."""

    def __init__(self, files: Files, series: dict[SeriesInfo, int], budget: int, until: int) -> None:
        self._files = files
        self._series = series
        self._budget = budget
        self._before: dict[int, Reading] = {}
        self.until = until
        """the first UTC day (since 1970) that cannot be added to: from it on the ring has its own hours"""

    @staticmethod
    @contextmanager
    def opened(path: Path, now_ms: int, budget: int) -> Iterator[PastWriter]:
        """Raises ShemsError when there is no such history to be had, or its hub is running."""
        files, found = open_history(path, now_ms, budget)
        try:
            packed = files.connection.execute("SELECT v FROM meta WHERE k = 'packed_until'").fetchone()
            first = min((h.start // DAY for h in found.hours), default=now_ms // 1000 // DAY)
            yield PastWriter(files, found.series, budget, int(packed[0]) if packed else first)
        finally:
            files.close()

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

    def seconds(self, info: SeriesInfo, day: int, values: Ints) -> int:
        """Adds seconds to a day; returns how many were not known. Raises ShemsError past `until` or the budget."""
        mine = self.known(info, day)
        new = int(((mine == MISSING) & (values != MISSING)).sum())
        if not new:
            return 0
        series_id = self._id(info, day)
        packer = DayPacker(self._files.connection, day)
        both = np.where(mine == MISSING, values, mine)
        self._write(day, packer.rows(series_id, info, both, self._before.get(series_id), Mark.IMPORTED))
        last = int(np.flatnonzero(both != MISSING)[-1])
        self._before[series_id] = Reading(day * DAY + last, int(both[last]))
        return new

    def means(self, info: SeriesInfo, day: int, step: int, rolled: Rolled) -> int:
        """Adds buckets of `step` seconds (300 or 3600) of a day of which no seconds are known; returns how many.

        A day with seconds of its own is left as it is.
        """
        if (self.known(info, day) != MISSING).any() or not rolled.n.any():
            return 0
        packer = DayPacker(self._files.connection, day)
        self._write(day, packer.coarse(self._id(info, day), info, step, rolled, Mark.IMPORTED))
        return int((rolled.n > 0).sum())

    def note(self, now_s: int, kind: str, numbers: dict[str, object]) -> None:
        """An event: where the past came from."""
        sql = "INSERT INTO event (t, series, kind, numbers) VALUES (?, 0, ?, ?)"
        self._files.connection.execute(sql, (now_s, kind, json.dumps(numbers)))

    def _id(self, info: SeriesInfo, day: int) -> int:
        if info not in self._series:
            self._series[info] = max(self._series.values(), default=0) + 1
            row = (self._series[info], *row_of(info), day * DAY)
            self._files.connection.execute("INSERT INTO series VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
        return self._series[info]

    def _row(self, table: str, key: int) -> bytes | None:
        found = self._files.connection.execute(f"SELECT b FROM {table} WHERE id = ?", (key,)).fetchone()
        return found[0] if found else None

    def _write(self, day: int, rows: Rows) -> None:
        if day >= self.until:
            raise ShemsError(f"day {day}: the hub has recorded this day itself; import only what lies before")
        connection = self._files.connection
        with transaction(connection):
            if not make_room(connection, rows.size, self._budget, self.until, disk_full=False):
                raise ShemsError(f"{self._files.path}: the history's budget is used up; allow it more")
            rows.write(connection)
