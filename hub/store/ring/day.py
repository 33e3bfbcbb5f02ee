"""Packing a day: the seconds of its hours become, series by series, day chunks, rollups and energies.

A day is packed a few series at a time, so that no transaction is long; until the last of them is done the day's hours
stay, and they are what is read.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from hub.model import Kind
from hub.store.ring import energy, hour, rollup
from hub.store.ring.blob import Damaged, Holds, Tag, sealed, unsealed
from hub.store.ring.codec import MISSING, Ints, decode, encode
from hub.store.ring.energy import Counted, Energy, Mark, Reading
from hub.store.ring.levels import DAY, HOUR, LEVELS, QUARTER, Level, first_day, month_of, row_id, span
from hub.store.ring.sums import differing
from hub.store.ring.types import SeriesInfo

NEWER = (
    "INSERT INTO reading VALUES (?, ?, ?) ON CONFLICT (series) "
    "DO UPDATE SET t = excluded.t, value = excluded.value WHERE excluded.t > t"
)


@dataclass(slots=True)
class Rows:
    """What a packed series-day puts into the file."""

    replaced: list[tuple[str, int, bytes]] = field(default_factory=list)
    """(table, id, blob)"""
    readings: list[tuple[int, int, int]] = field(default_factory=list)
    events: list[tuple[int, int, str, str]] = field(default_factory=list)

    def write(self, connection: sqlite3.Connection) -> None:
        for table, id_, blob in self.replaced:
            connection.execute(f"INSERT OR REPLACE INTO {table} VALUES (?, ?)", (id_, blob))
        connection.executemany(NEWER, self.readings)
        connection.executemany("INSERT INTO event (t, series, kind, numbers) VALUES (?, ?, ?, ?)", self.events)

    @property
    def size(self) -> int:
        return sum(len(blob) + 64 for _, _, blob in self.replaced)


class DayPacker:
    """Turns series-days into rows. It reads the file and writes nothing; not thread-safe."""

    def __init__(self, connection: sqlite3.Connection, day: int) -> None:
        self._connection = connection
        self._day = day
        self._energies: dict[str, Counted] = {}
        self.damaged: list[str] = []

    def seconds(self, ids: Sequence[int]) -> dict[int, Ints]:
        """The day's seconds of some series, from its hours."""
        values = {i: np.full(DAY, MISSING, np.int32) for i in ids}
        for start, directory in self._hours():
            chunks = hour.row(self._connection, start)
            for i in ids:
                if i in directory:
                    values[i][start - self._day * DAY :][:HOUR] = self._chunk(start, i, chunks, directory[i])
        return values

    def series(self) -> set[int]:
        """All series of which anything is known in the day."""
        return {i for _, directory in self._hours() for i in directory}

    def rows(
        self, series_id: int, info: SeriesInfo, values: Ints, before: Sequence[Reading] | None = None, marks: int = 0
    ) -> Rows:
        """Everything that `values`, the day's seconds, puts into the file.

        `before`: a counter's readings before the day, when they are not those in the file; `marks` go on energies.
        """
        rows = Rows()
        if not (values != MISSING).any():
            return rows
        day = self._day
        raw = sealed(Tag(Holds.RAW, series_id, day), encode(values))
        rows.replaced.append(("raw", row_id(day, series_id), raw))
        fine = rollup.roll(values, LEVELS[0].step)
        for level in LEVELS:
            fine = rollup.fold(fine, level.step // (DAY // len(fine)))
            rows.replaced.append(self._rolled(level, series_id, info, fine))
        if before is None:
            before = self.before(series_id) if info.kind == Kind.COUNTER else ()
        self._flowed(rows, series_id, info, values, before, marks)
        return rows

    def coarse(self, series_id: int, info: SeriesInfo, step: int, rolled: rollup.Rolled, marks: int = 0) -> Rows:
        """What `rolled`, buckets of `step` seconds of the whole day, puts into the file: no seconds are known.

        Only the levels that are no finer are made, and energies if it is a power. A bucket that the file has stays as
        it is, but for those that are told more of now.
        """
        rows = Rows()
        fine, width = rolled, step
        for level in LEVELS:
            if level.step >= step and level.step % step == 0:
                fine = fuller(self.rolled(level, series_id), rollup.fold(fine, level.step // width))
                width = level.step
                rows.replaced.append(self._rolled(level, series_id, info, fine))
        if info.key.partition(".")[2] in energy.WATTS:
            even = np.where(rolled.n > 0, np.rint(rolled.mean).astype(np.int32), np.int32(MISSING))
            flowed = energy.integrated(np.repeat(even, step), info.scale)
            flowed.marks |= np.where(flowed.marks > 0, np.uint8(marks) | _told(rolled.n, step), np.uint8(0))
            rows.replaced += self._kept(series_id, Counted(self._day * DAY // QUARTER, flowed, None))
        return rows

    def seam(self, series_id: int, info: SeriesInfo, values: Ints, before: Sequence[Reading]) -> Rows:
        """A counter's energies from its last reading `before` the day to its first one in `values`, told again.

        Nothing of one that was reset in between or is another meter.
        """
        found = energy.flows(info, self._day * DAY, values, before)
        first = self._day * DAY + int(np.flatnonzero(values != MISSING)[0])
        if not before or found is None or any(e.t == first for e in found.events):
            return Rows()
        told = found.energy.until(first // QUARTER - found.first + 1)
        return Rows(list(self._kept(series_id, Counted(found.first, told, None))))

    def checked(self, ids: dict[str, int]) -> Rows:
        """Energies of the day's series whose sums are not right, marked so. `ids`: series by key."""
        rows = Rows()
        for uid, known in self._of_devices().items():
            has = {key.partition(".")[2] for key in ids if key.startswith(f"{uid}.")}
            for quantity, off in differing(known, has):
                found = known[quantity]
                found.energy.marks[off] |= np.uint8(Mark.SUM)
                rows.replaced += self._kept(ids[f"{uid}.{quantity}"], found)
        return rows

    def _of_devices(self) -> dict[str, dict[str, Counted]]:
        """The day's energies by uid and quantity."""
        out: dict[str, dict[str, Counted]] = {}
        for key, found in self._energies.items():
            uid, _, quantity = key.partition(".")
            out.setdefault(uid, {})[quantity] = found
        return out

    # -- reading -----------------------------------------------------------------------------------------------------

    def _hours(self) -> Iterator[tuple[int, hour.Directory]]:
        span = self._day * DAY, (self._day + 1) * DAY
        for start, blob in self._connection.execute("SELECT t, dir FROM hour WHERE t >= ? AND t < ?", span).fetchall():
            places, _ = hour.places(self._connection, start, blob)
            if not places:
                self.damaged.append(f"the hour from {start} (UTC s)")
            yield start, places

    def _chunk(self, start: int, series_id: int, chunks: bytes, place: tuple[int, int]) -> Ints:
        try:
            return hour.chunk(start, series_id, chunks, place)
        except Damaged:
            self.damaged.append(f"one series of the hour from {start} (UTC s)")
            return np.full(HOUR, MISSING, np.int32)

    def _row(self, table: str, tag: Tag) -> bytes | None:
        found = self._connection.execute(
            f"SELECT b FROM {table} WHERE id = ?", (row_id(tag.period, tag.series),)
        ).fetchone()
        try:
            return unsealed(tag, found[0]) if found else None
        except Damaged:
            self.damaged.append(f"a row of {table}")
            return None

    def _days(self, series_id: int, newest: int) -> Iterator[tuple[int, Ints]]:
        """(start s UTC, seconds) of the packed days of a series from `newest` down to one that is damaged."""
        oldest = self._connection.execute("SELECT min(id) >> 16 FROM raw").fetchone()[0]
        for day in range(newest, newest if oldest is None else oldest - 1, -1):
            noticed = len(self.damaged)
            body = self._row("raw", Tag(Holds.RAW, series_id, day))
            if body is None and len(self.damaged) == noticed:
                continue
            try:
                values = decode(body or b"")
            except Damaged:
                return
            yield day * DAY, values

    def rolled(self, level: Level, series_id: int) -> rollup.Rolled:
        """The day's buckets as the file has them."""
        period = month_of(self._day) if level.monthly else self._day
        day = rollup.Rolled.empty(DAY // level.step)
        body = self._row(level.table, Tag(level.holds, series_id, period))
        if body is not None:
            day.put((span(level, period)[0] - self._day * DAY) // level.step, rollup.unpack(level, body))
        return day

    # -- rollups -----------------------------------------------------------------------------------------------------

    def _rolled(self, level: Level, series_id: int, info: SeriesInfo, today: rollup.Rolled) -> tuple[str, int, bytes]:
        period = month_of(self._day) if level.monthly else self._day
        tag = Tag(level.holds, series_id, period)
        if level.monthly:
            start, end = span(level, period)
            month = rollup.Rolled.empty((end - start) // level.step)
            before = self._row(level.table, tag)
            if before is not None:
                month.put(0, rollup.unpack(level, before))
            month.put((self._day * DAY - start) // level.step, today)
            today = month.known()
        return (
            level.table,
            row_id(period, series_id),
            sealed(tag, rollup.pack(level, today, info.numbers, info.boolean)),
        )

    # -- energies ----------------------------------------------------------------------------------------------------

    def _flowed(
        self, rows: Rows, series_id: int, info: SeriesInfo, values: Ints, before: Sequence[Reading], marks: int
    ) -> None:
        found = energy.flows(info, self._day * DAY, values, before)
        if found is None:
            return
        self._note(rows, series_id, found)
        found.energy.marks[found.energy.marks > 0] |= np.uint8(marks)
        self._energies[info.key] = found
        rows.replaced += self._kept(series_id, found)

    def before(self, series_id: int) -> list[Reading]:
        """A counter's readings before the day, as `energy.tail` tells them."""
        start, last = self._day * DAY, self.reading(series_id)
        if last is None:
            return []
        known = [last] if last.t < start else []
        if known and start - last.t <= energy.EXACT_S:
            return known
        return energy.tail(self._days(series_id, min(last.t // DAY, self._day - 1))) or known

    def reading(self, series_id: int) -> Reading | None:
        """A counter's last packed reading."""
        found = self._connection.execute("SELECT t, value FROM reading WHERE series = ?", (series_id,)).fetchone()
        return Reading(*found) if found else None

    @staticmethod
    def _note(rows: Rows, series_id: int, found: Counted) -> None:
        if found.last:
            rows.readings.append((series_id, found.last.t, found.last.value))
        for e in found.events:
            rows.events.append((e.t, series_id, e.kind, json.dumps({"before": e.before, "after": e.after})))

    def _kept(self, series_id: int, found: Counted) -> Iterator[tuple[str, int, bytes]]:
        """The rows of all months that `found` reaches."""
        last = found.first + len(found.energy.marks) - 1
        for month in range(month_of(found.first * QUARTER // DAY), month_of(last * QUARTER // DAY) + 1):
            begin, end = (first_day(m) * DAY // QUARTER for m in (month, month + 1))
            tag = Tag(Holds.ENERGY, series_id, month)
            kept = Energy.empty(end - begin)
            before = self._row("energy", tag)
            if before is not None:
                kept.put(0, energy.unpack(before))
            found.onto(kept, begin)
            yield "energy", row_id(month, series_id), sealed(tag, energy.pack(kept))


def _told(n: Ints, step: int) -> energy.Flags:
    """What is to be said of a day's quarter-hours that buckets of `step` seconds tell of, `n` seconds of each known.

    Of a bucket that is longer only the whole is told; of one that is not full, not even that.
    """
    begins = np.arange(0, DAY, QUARTER)
    full = np.repeat(n >= step - energy.EXACT_S, step).reshape(-1, QUARTER).all(1)
    marks = np.where(full, np.uint8(0), np.uint8(Mark.INTERPOLATED))
    for edges, mark in ((begins, Mark.OPEN_START), (begins + QUARTER, Mark.OPEN_END)):
        marks[full & (edges % step != 0)] |= np.uint8(mark | Mark.INTERPOLATED)
    return marks


def fuller(held: rollup.Rolled, new: rollup.Rolled) -> rollup.Rolled:
    """Of each two buckets the one of which more is known, `held` if that is the same."""
    both = rollup.Rolled.empty(len(new))
    both.put(0, new)
    kept = np.where(held.n >= new.n, held.n, 0)
    both.put(0, rollup.Rolled(kept, held.low, held.high, held.mean, held.last))
    return both
