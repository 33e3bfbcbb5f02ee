"""Reading the ring: sealed hours from a read-only connection, the open one from memory, merged into buckets."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

from hub.errors import UserError
from hub.store.buckets import Grid, Known, bucketed
from hub.store.codec import Damaged, decode
from hub.store.history import Buckets, SeriesInfo
from hub.store.hour import HOUR_S, directory
from hub.store.now import Now, Piece, cut

MAX_BUCKETS = 1_000_000


class Reader:
    """A Querier. Thread-safe: each query has its own connection."""

    def __init__(
        self, path: Path, now: Now, resolve: Callable[[str], str | None], report: Callable[[str], None]
    ) -> None:
        self._path = path
        self._now = now
        self._resolve = resolve
        self._report = report

    def query(self, points: Sequence[str], start: int, end: int, step_ms: int | None) -> dict[str, Buckets]:
        """See Querier. Raises UserError for an empty range, a step that is not whole seconds, or too many buckets."""
        grid = _grid(start, end, step_ms)
        wanted = {p: self._series(p) for p in points}
        pieces = self._pieces({i for series in wanted.values() for i in series}, grid.start, grid.end)
        return {p: bucketed(grid, [Known(series[i], pieces[i]) for i in series]) for p, series in wanted.items()}

    def _series(self, point: str) -> dict[int, SeriesInfo]:
        key = self._resolve(point)
        return self._now.ids(key) if key else {}

    def _pieces(self, ids: set[int], start: int, end: int) -> dict[int, list[Piece]]:
        """Memory first: an hour sealed in between is then found in the file, and none is read twice."""
        held, fresh = self._now.snapshot(ids, start, end)
        pieces: dict[int, list[Piece]] = {i: [] for i in ids}
        try:
            for series_id, piece in self._sealed(ids, held, start, end):
                pieces[series_id].append(piece)
        except sqlite3.DatabaseError as e:
            self._report(f"{self._path.name}: a part of the file cannot be read ({e}) and is missing")
        return {i: pieces[i] + fresh[i] for i in ids}

    def _sealed(self, ids: set[int], held: set[int], start: int, end: int) -> Iterator[tuple[int, Piece]]:
        uri = f"{self._path.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, isolation_level=None, timeout=5.0)) as connection:
            connection.execute("BEGIN")
            rows = connection.execute(
                "SELECT t, dir FROM hour WHERE t > ? AND t < ? ORDER BY t", (start - HOUR_S, end)
            ).fetchall()
            for hour, table in rows:
                if hour not in held:
                    for series_id, chunk in self._chunks(connection, hour, table, ids):
                        yield from self._decoded(hour, series_id, chunk, start, end)

    def _chunks(
        self, connection: sqlite3.Connection, hour: int, table: bytes, ids: Iterable[int]
    ) -> Iterator[tuple[int, bytes]]:
        try:
            places = directory(table)
        except Damaged:
            self._report(f"{self._path.name}: the hour from {hour} (UTC s) is damaged and missing")
            return
        with connection.blobopen("hour", "b", hour, readonly=True) as blob:
            for series_id in sorted(i for i in ids if i in places):
                offset, length = places[series_id]
                blob.seek(offset)
                yield series_id, blob.read(length)

    def _decoded(self, hour: int, series_id: int, chunk: bytes, start: int, end: int) -> Iterator[tuple[int, Piece]]:
        try:
            yield series_id, cut(hour, *decode(chunk), start, end)
        except Damaged:
            self._report(f"{self._path.name}: one series of the hour from {hour} (UTC s) is damaged and missing")


def _grid(start: int, end: int, step_ms: int | None) -> Grid:
    step = step_ms or 1000
    if start >= end:
        raise UserError("from: must be before to")
    if step < 1000 or step % 1000:
        raise UserError(f"step: {step} ms is not a whole number of seconds")
    first, last = start // step * step, -(-end // step) * step
    if (last - first) // step > MAX_BUCKETS:
        raise UserError(f"step: more than {MAX_BUCKETS} buckets; ask for a larger step or a shorter range")
    return Grid(first // 1000, last // 1000, step // 1000)
