"""Reading the ring: packed days, sealed hours and memory, laid over each other at the resolution that was asked for."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from hub.model import Kind
from hub.store.ring import hour, kept
from hub.store.ring.blob import HEAD, Body, Damaged, Holds, Tag, check
from hub.store.ring.buckets import Grid, Known, bucketed, shared, turns
from hub.store.ring.codec import MISSING, Ints, decode
from hub.store.ring.day import DayPacker
from hub.store.ring.energy import EXACT_S, Energy, Reading, averaged, flows, summed, unit_of
from hub.store.ring.energy import unpack as unpack_energy
from hub.store.ring.file import text
from hub.store.ring.levels import DAY, H1, HOUR, M15, QUARTER, SECOND, Level, begin, first_day, periods, row_id
from hub.store.ring.now import Member, Now
from hub.store.ring.rollup import FIELDS, Rolled, fold, fold_at, merged, roll, spread
from hub.store.ring.storage import Reach, reaches
from hub.store.ring.types import Buckets, Flow, SeriesInfo

_AT_ONCE = 500
"""Rows that one question to the file asks for."""

PARTS_MS = (200, 250, 500)
"""Steps of a part of a second that points may be kept at."""
PARTS = {f"{ms}ms": ms for ms in PARTS_MS}
"""As they are asked for."""

_Lanes: TypeAlias = tuple[Member, dict[tuple[int, int], Member]]
"""A series, and those of the parts of a second beside it."""


class Reader:
    """A Querier. Thread-safe: each thread has its own connection."""

    def __init__(
        self,
        path: Path,
        now: Now,
        resolve: Callable[[str], str | None],
        report: Callable[[str], None],
        generation: Callable[[], int] = lambda: 0,
    ) -> None:
        self._path = path
        self._now = now
        self._resolve = resolve
        self._report = report
        self._generation = generation
        self._mine = threading.local()
        self._packed = -1, 0
        """the file's generation, and the day until which it was packed when that was last looked at"""

    def query(self, points: Sequence[str], start: int, end: int, step_ms: int | None) -> dict[str, Buckets]:
        """See Querier. Raises UserError for an empty range, a step that is not whole seconds, or too many buckets.

        A step of a part of a second (200, 250 or 500 ms) gives what was kept so often, and nothing for other points.
        """
        if step_ms in PARTS_MS:
            return {p: self._fractions(p, Grid.of(start, end, None), 1000 // step_ms) for p in points}
        grid = Grid.of(start, end, step_ms)
        series = {p: self._lanes(p) for p in points}
        ids = _ids(series)
        rolled = self._seconds_rolled(grid, ids) if grid.level is None else self._rolled(grid, grid.level, ids)
        t = grid.times
        return {p: bucketed(t, [k.within(t) for k in _known(of, rolled)], grid.step) for p, of in series.items()}

    def _lanes(self, point: str) -> list[_Lanes]:
        """The series that tell of the point, oldest first, with those of the parts of a second beside each."""
        return [(m, self._beside(m)) for m in self._series(point)]

    def _beside(self, whole: Member) -> dict[tuple[int, int], Member]:
        """The series of the parts of a second that were kept, in the same scale, beside one; by (part, parts)."""
        lanes = self._now.fractions(whole.info.key)
        return {
            part: m for part, kept in lanes.items() for m in kept if replace(m.info, key=whole.info.key) == whole.info
        }

    def _fractions(self, point: str, grid: Grid, parts: int) -> Buckets:
        """Every part of a second its own bucket; the last of a second is the second's value itself."""
        series = self._lanes(point)
        found = self._seconds(_ids({point: series}), grid.start, grid.end)
        step_ms, length = 1000 // parts, grid.end - grid.start
        starts = np.arange(length * parts, dtype=np.int64) * step_ms + grid.start * 1000 - 1000 + step_ms
        known = []
        for whole, beside in series:
            values = np.full((length, parts), MISSING, np.int32)
            for (k, n), m in (beside | {(parts, parts): whole}).items():
                if n == parts:
                    values[:, k - 1] = found[m.id]
            known.append(Known(whole.info, each(values.ravel()), whole.until).within(starts))
        return bucketed(starts, known)

    def seconds(self, point: str, start: int, end: int) -> tuple[SeriesInfo | None, Ints]:
        """(the newest series of the point, its stored seconds in [start, end), s UTC; MISSING where not known)."""
        series = self._series(point)
        if not series:
            return None, np.full(end - start, MISSING, np.int32)
        newest = series[-1]
        return newest.info, self._seconds({newest.id}, start, end)[newest.id]

    def periods(self, points: Sequence[str], edges: NDArray[np.int64]) -> dict[str, Buckets]:
        """Buckets between `edges` (UTC s, multiples of a quarter-hour, see `civil.edges`).

        An hour of which no quarters are kept, and that lies in two buckets, tells of both: its mean has the weight of
        its share, its least, greatest and last are those of both. Buckets of less than an hour it tells nothing of.
        """
        whole_hours = not (edges % HOUR).any()
        grid = Grid(int(edges[0]), int(edges[-1]), HOUR if whole_hours else QUARTER)
        series = {p: self._lanes(p) for p in points}
        if whole_hours or (np.diff(edges) < HOUR).any():
            rolled = self._rolled(grid, H1 if whole_hours else M15, _ids(series))
        else:
            rolled = self._by_quarters(grid, _ids(series))
        at, t = (edges[:-1] - grid.start) // grid.step, grid.times

        def folded(known: Known) -> Known:
            return replace(known, rolled=fold_at(known.within(t).rolled, at))

        return {
            p: bucketed(edges[:-1] * 1000, [folded(k) for k in _known(of, rolled)], np.diff(edges))
            for p, of in series.items()
        }

    def energy(self, points: Sequence[str], edges: NDArray[np.int64]) -> dict[str, Flow]:
        """What flowed between `edges` (UTC s, multiples of a quarter-hour, see `civil.edges`), by point id.

        Counters give what they counted, powers what they come to; other points are never known.
        """
        grid = Grid(int(edges[0]), int(edges[-1]), QUARTER)
        at = (edges - grid.start) // QUARTER
        out: dict[str, Flow] = {}
        for p in points:
            series = self._lanes(p)
            unit = min((unit_of(m.info) for m, _ in series), default=1.0)
            flow = summed(self._together(grid, series, unit), at, unit)
            out[p] = replace(flow, since=self._since([m for m, _ in series]))
        return out

    def _since(self, series: list[Member]) -> int | None:
        """When anything of them was known first, UTC ms."""
        new = {i: made_at for i, _, made_at in self._now.new_series()}
        found = []
        with self._reading() as connection:
            found = [kept.since(connection, m.id) or new.get(m.id, 0) for m in series] if connection else []
        return min((t * 1000 for t, m in zip(found, series, strict=False) if 0 < t < m.until), default=None)

    def _together(self, grid: Grid, series: list[_Lanes], unit: float) -> Energy:
        """Energies of all series of a point in tenths of `unit`; a quarter that two share in turn is that of both."""
        whole = Energy.empty(len(grid))
        known: list[Known] = []
        if len(series) > 1:
            rolled = self._rolled(grid, M15, {m.id for m, _ in series})
            known = [Known(m.info, rolled[m.id], m.until).within(grid.times) for m, _ in series]
        for k, (m, beside) in enumerate(series):
            mine = averaged([self._flowed(grid, part) for part in (*beside.values(), m)]).times(unit_of(m.info) / unit)
            mine.marks[max(-(-(m.until - grid.start) // QUARTER), 0) :] = 0
            if k:
                held = np.where(whole.marks > 0, np.max([b.rolled.n for b in known[:k]], axis=0), 0)
                mine.add(whole, turns(grid.times, QUARTER, known[k - 1], held, known[k]) & (mine.marks > 0))
            whole.put(0, mine)
        return whole

    def reach(self) -> tuple[Reach, ...]:
        """How far back each resolution goes, finest first; empty when the file cannot be read."""
        with self._reading() as connection:
            return reaches(connection) if connection else ()
        return ()

    def holds(self, point: str) -> bool:
        """See Querier."""
        key = self._resolve(point)
        return key is not None and bool(self._now.ids(key))

    def finest(self, start: int) -> int:
        """See Querier."""
        found = [(r.step * 1000, r.since) for r in self.reach() if r.since is not None]
        for k, (step_ms, since) in enumerate(found):
            if all(since < max(start, begun) // coarse * coarse + coarse for coarse, begun in found[k + 1 :]):
                return step_ms // 1000
        return SECOND

    def finest_of(self, points: Sequence[str], start: int, end: int, least: int) -> int:
        """See Querier."""
        ids = [m.id for p in points for m in self._series(p)]
        with self._reading() as connection:
            return kept.finest(connection, ids, start // 1000, -(-end // 1000), least) if connection else SECOND
        return SECOND

    def _flowed(self, grid: Grid, m: Member) -> Energy:
        """Packed months first, then what the days that are not packed yet come to.

        Of a counter all of these are read, wherever the question ends: its next reading tells of a gap that lies there.
        """
        out, first, counter = Energy.empty(len(grid)), grid.start // QUARTER, m.info.kind == Kind.COUNTER
        packed_until, before = 0, list[Reading]()
        with self._reading() as connection:
            if connection:
                packed_until = self._packed_until(connection)
                for month in periods(M15, grid.start, grid.end):
                    for body in self._row(connection, "energy", Tag(Holds.ENERGY, m.id, month)):
                        self._kept(out, first_day(month) * DAY // QUARTER - first, body)
                packer = DayPacker(connection, packed_until)
                if counter and (newest := packer.reading(m.id)) and newest.t < grid.end:
                    before = packer.before(m.id)
        last = self._now.last_ms // 1000
        begin = (packed_until or last // DAY - 1) * DAY
        stop = last // QUARTER * QUARTER + QUARTER
        if not counter:
            stop = min(stop, grid.end)
        told = before[-1].t if before and begin - before[-1].t > EXACT_S else begin
        if begin < stop and told < grid.end:
            values = self._seconds({m.id}, begin, stop)[m.id]
            late = flows(m.info, begin, values, before, min(last + 1 - (stop - QUARTER), QUARTER))
            if late:
                late.onto(out, first)
        return out

    def _kept(self, out: Energy, at: int, body: Body) -> None:
        try:
            out.put(at, unpack_energy(body))
        except Damaged as e:
            self._report(f"{self._path.name}: {e}")

    def _series(self, point: str) -> list[Member]:
        key = self._resolve(point)
        return self._now.past(key) if key else []

    def _seconds_rolled(self, grid: Grid, ids: set[int]) -> dict[int, Rolled]:
        found = self._seconds(ids, grid.start, grid.end)
        return {i: each(v) if grid.step == SECOND else roll(v, grid.step) for i, v in found.items()}

    def _rolled(self, grid: Grid, level: Level, ids: set[int]) -> dict[int, Rolled]:
        """Memory first: an hour sealed in between is then found in the file, and none is read twice."""
        held, fresh = self._now.snapshot(ids, grid.start, grid.end)
        out = {}
        with self._reading(grid.end) as connection:
            if connection:
                packed = grid.end if self._all_packed(grid.end) else self._packed_until(connection) * DAY
                packed = max(packed, grid.start)
                for i in ids:
                    out[i] = self._rows(connection, grid, level, i)
                    out[i].n[(packed - grid.start) // level.step :] = 0
                for start, i, values in self._sealed(connection, packed, grid.end, held, ids):
                    _add(out[i], (start - grid.start) // level.step, values, level.step)
        for i, hours in fresh.items():
            out.setdefault(i, Rolled.empty((grid.end - grid.start) // level.step))
            for start, values in hours:
                _add(out[i], (start - grid.start) // level.step, values, level.step)
        return {i: fold(rolled, grid.step // level.step) for i, rolled in out.items()}

    def _by_quarters(self, grid: Grid, ids: set[int]) -> dict[int, Rolled]:
        """The quarter-hours of the grid, and shares of the hours that have none."""
        start, end = grid.start // HOUR * HOUR, -(-grid.end // HOUR) * HOUR
        quarters = self._rolled(Grid(start, end, QUARTER), M15, ids)
        hours = self._rolled(Grid(start, end, HOUR), H1, ids)
        at = (grid.start - start) // QUARTER
        return {i: shared(q, hours[i], at, len(grid)) for i, q in quarters.items()}

    def _seconds(self, ids: set[int], start: int, end: int) -> dict[int, Ints]:
        held, fresh = self._now.snapshot(ids, start, end)
        out = _Columns(start, end)
        with self._reading() as connection:
            if connection:
                packed = self._packed_until(connection)
                for day in range(start // DAY, min((end - 1) // DAY + 1, packed)):
                    for i in ids:
                        for body in self._row(connection, "raw", Tag(Holds.RAW, i, day)):
                            out.put(i, day * DAY, self._decoded(body))
                for at, i, values in self._sealed(connection, max(start, packed * DAY), end, held, ids):
                    _lay(out.of(i), at - start, values)
        for i, hours in fresh.items():
            for at, values in hours:
                _lay(out.of(i), at - start, values)
        return {i: out.of(i) for i in ids}

    @contextmanager
    def _reading(self, end: int | None = None) -> Iterator[sqlite3.Connection | None]:
        """One state of the file, whatever is written meanwhile; None, and reported, when it cannot be read.

        What is packed does not change: where all until `end` (s UTC) is, each question is answered for itself.
        """
        try:
            connection = self._connection()
            if end is None or not self._all_packed(end):
                connection.execute("BEGIN")
        except sqlite3.DatabaseError as e:
            self._unreadable(e)
            yield None
            return
        try:
            yield connection
        except sqlite3.DatabaseError as e:
            self._unreadable(e)
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")

    def _unreadable(self, error: sqlite3.DatabaseError) -> None:
        self._mine.generation = None
        self._report(f"{self._path.name}: a part of the file cannot be read ({error}) and is missing")

    def _connection(self) -> sqlite3.Connection:
        mine, generation = self._mine, self._generation()
        if getattr(mine, "generation", None) != generation:
            uri = f"{self._path.absolute().as_uri()}?mode=ro"
            mine.connection = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=5.0)
            mine.connection.text_factory = text
            mine.connection.execute("PRAGMA cache_size=-1000")
            mine.generation = generation
        found: sqlite3.Connection = mine.connection
        return found

    def _packed_until(self, connection: sqlite3.Connection) -> int:
        """The first day that is not packed yet: of it and later days the hours are read."""
        found = connection.execute("SELECT v FROM meta WHERE k = 'packed_until'").fetchone()
        self._packed = self._mine.generation, int(found[0]) if found else 0
        return self._packed[1]

    def _all_packed(self, end: int) -> bool:
        """Whether all before `end` (s UTC) is known to be packed."""
        generation, until = self._packed
        return generation == self._generation() and end <= until * DAY

    # -- packed days -------------------------------------------------------------------------------------------------

    def _rows(self, connection: sqlite3.Connection, grid: Grid, level: Level, series_id: int) -> Rolled:
        tags = [Tag(level.holds, series_id, period) for period in periods(level, grid.start, grid.end)]
        rows = [
            ((begin(level, tag.period) - grid.start) // level.step, body)
            for tag, body in self._sound(connection, level.table, tags)
        ]
        found, damaged = spread(level, rows, (grid.end - grid.start) // level.step)
        for e in damaged:
            self._report(f"{self._path.name}: {e}")
        return found

    def _row(self, connection: sqlite3.Connection, table: str, tag: Tag) -> Iterator[Body]:
        """The body of a row, if it is there and sound."""
        return (body for _, body in self._sound(connection, table, [tag]))

    def _sound(self, connection: sqlite3.Connection, table: str, tags: Sequence[Tag]) -> Iterator[tuple[Tag, Body]]:
        """The bodies of the rows that are there and sound."""
        for some in (tags[k : k + _AT_ONCE] for k in range(0, len(tags), _AT_ONCE)):
            wanted = {row_id(tag.period, tag.series): tag for tag in some}
            marks = ",".join("?" * len(wanted))
            for key, blob in connection.execute(f"SELECT id, b FROM {table} WHERE id IN ({marks})", [*wanted]):
                try:
                    check(wanted[key], blob)
                except Damaged:
                    self._report(f"{self._path.name}: one row of {table} is damaged and missing")
                else:
                    yield wanted[key], memoryview(blob)[HEAD:]

    def _decoded(self, body: Body) -> Ints:
        """A packed day; nothing of it, and reported, when it is damaged."""
        try:
            return decode(body)
        except Damaged as e:
            self._report(f"{self._path.name}: {e}")
            return np.empty(0, np.int32)

    # -- sealed hours ------------------------------------------------------------------------------------------------

    def _sealed(
        self, connection: sqlite3.Connection, start: int, end: int, held: set[int], ids: set[int]
    ) -> Iterator[tuple[int, int, Ints]]:
        """(start, series, seconds) of the hours that are not in memory, in time order; `start`: no packed day's."""
        if start >= end:
            return
        rows = connection.execute(
            "SELECT t, dir FROM hour WHERE t > ? AND t < ? ORDER BY t", (start - HOUR, end)
        ).fetchall()
        for at, table in rows:
            if at not in held:
                for series_id, values in self._chunks(connection, at, table, ids):
                    yield at, series_id, values

    def _chunks(
        self, connection: sqlite3.Connection, start: int, table: bytes, ids: set[int]
    ) -> Iterator[tuple[int, Ints]]:
        places, sound = hour.places(connection, start, table)
        if not sound:
            what = "is damaged; it was not needed" if places else "and all of the hour are damaged and missing"
            self._report(f"{self._path.name}: the directory of the hour from {start} (UTC s) {what}")
        wanted = sorted(ids & places.keys())
        chunks = hour.row(connection, start) if wanted else b""
        for series_id in wanted:
            try:
                yield series_id, hour.chunk(start, series_id, chunks, places[series_id])
            except Damaged:
                self._report(f"{self._path.name}: one series of the hour from {start} (UTC s) is damaged and missing")


def _ids(series: Mapping[str, list[_Lanes]]) -> set[int]:
    return {m.id for lanes in series.values() for whole, beside in lanes for m in (whole, *beside.values())}


def _known(series: list[_Lanes], rolled: dict[int, Rolled]) -> Iterator[Known]:
    """Each series with the parts of a second beside it."""
    for m, beside in series:
        together = merged([*(rolled[part.id] for part in beside.values()), rolled[m.id]])
        yield Known(m.info, together, m.until, max((n for _, n in beside), default=1))


class _Columns:
    """Seconds of series in [start, end), s UTC; made when something is known. A day that is all is not copied."""

    def __init__(self, start: int, end: int) -> None:
        self._start = start
        self._end = end
        self._columns: dict[int, Ints] = {}

    def put(self, series_id: int, at: int, values: Ints) -> None:
        """A stretch from `at` (s UTC) on, of which nothing is known yet; what sticks out is left away."""
        at -= self._start
        length = self._end - self._start
        if at == 0 and len(values) == length:
            self._columns[series_id] = values
            return
        lo, hi = max(at, 0), min(at + len(values), length)
        if lo < hi:
            self.of(series_id)[lo:hi] = values[lo - at : hi - at]

    def of(self, series_id: int) -> Ints:
        if series_id not in self._columns:
            self._columns[series_id] = np.full(self._end - self._start, MISSING, np.int32)
        return self._columns[series_id]


def each(values: Ints) -> Rolled:
    """Every second its own bucket."""
    known = values != MISSING
    return Rolled(known.astype(np.int32), values, values, values.astype(np.float64), values)


def _lay(out: Ints, at: int, values: Ints) -> None:
    """The known seconds of `values` over those of `out` from index `at` on; what sticks out is left away."""
    lo, hi = max(at, 0), min(at + len(values), len(out))
    if lo < hi:
        piece = values[lo - at : hi - at]
        np.copyto(out[lo:hi], piece, where=piece != MISSING)


def _add(rolled: Rolled, at: int, values: Ints, step: int) -> None:
    """An hour's seconds into buckets of `step` from index `at` on; hours come in time order."""
    if step <= len(values):
        rolled.put(at, roll(values, step))
    elif 0 <= at < len(rolled):
        part = roll(values, len(values))
        day = Rolled(*(np.concatenate((getattr(rolled, f)[at : at + 1], getattr(part, f))) for f in FIELDS))
        rolled.put(at, fold(day, 2))
