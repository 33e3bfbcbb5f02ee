"""Now: the hours in memory. Seconds come from the event loop; writer and readers take copies under a short lock."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from hub.model import Column
from hub.store.codec import Ints, Mask
from hub.store.history import Incidents, SeriesInfo
from hub.store.hot import Batch
from hub.store.hour import HOUR_S

MAX_HOURS = 12
"""Hours kept in memory while nothing can be written; then the newest seconds are refused, the oldest kept."""

_GROW = 32
_INT32 = range(-(2**31), 2**31)


@dataclass(slots=True)
class Hour:
    """One hour of seconds, series x 3600; `rows` by series id; `dirty`: offsets not yet durable."""

    start: int
    rows: dict[int, int] = field(default_factory=dict)
    values: Ints = field(default_factory=lambda: np.zeros((_GROW, HOUR_S), np.int32))
    present: Mask = field(default_factory=lambda: np.zeros((_GROW, HOUR_S), np.bool_))
    dirty: set[int] = field(default_factory=set)

    def row(self, series_id: int) -> int:
        row = self.rows.setdefault(series_id, len(self.rows))
        if row == len(self.values):
            self.values = np.vstack((self.values, np.zeros((_GROW, HOUR_S), np.int32)))
            self.present = np.vstack((self.present, np.zeros((_GROW, HOUR_S), np.bool_)))
        return row

    def put(self, offset: int, values: Mapping[int, int]) -> None:
        """Replaces the second at `offset`."""
        rows = [self.row(i) for i in values]
        self.present[:, offset] = False
        self.values[rows, offset] = list(values.values())
        self.present[rows, offset] = True
        self.dirty.add(offset)

    def replay(self, batch: Batch) -> None:
        """Seconds that are durable already."""
        rows = np.array([self.row(i) for i in batch.ids.tolist()], np.intp)
        self.present[:, batch.offsets] = False
        cells = np.ix_(rows, batch.offsets.astype(np.intp))
        self.values[cells] = batch.values
        self.present[cells] = batch.present

    def series(self) -> Iterator[tuple[int, Ints, Mask]]:
        return ((i, self.values[r], self.present[r]) for i, r in sorted(self.rows.items()))

    def batch(self, offsets: Iterable[int]) -> Batch:
        ids = np.array(sorted(self.rows), np.uint32)
        at = np.array(sorted(offsets), np.uint16)
        rows = np.array([self.rows[i] for i in ids.tolist()], np.intp)
        cells = np.ix_(rows, at.astype(np.intp))
        known = self.present[cells].any(axis=1)
        return Batch(self.start, at, ids[known], self.values[cells][known], self.present[cells][known])


@dataclass(frozen=True, slots=True)
class Piece:
    """A copy of one series' known seconds: times in UTC seconds, stored integers."""

    t: NDArray[np.int64]
    values: Ints


class Now:
    """The hours that are not sealed yet, and the registry of series."""

    def __init__(self, known: Mapping[SeriesInfo, int], hours: Iterable[Hour], last_ms: int) -> None:
        self.lock = threading.Lock()
        self.incidents = Incidents()
        self.last_ms = last_ms
        self._ids = dict(known)
        self._new: list[tuple[int, SeriesInfo, int]] = []
        self._hours = list(hours)
        self._next_id = max(self._ids.values(), default=0) + 1
        self._seen: dict[str, tuple[SeriesInfo, int]] = {}

    # -- the event loop's side ---------------------------------------------------------------------------------------

    def put(self, column: Column, series: Mapping[str, SeriesInfo]) -> int:
        """Stores one second; returns how many seconds wait to be made durable, or a full window at an hour's end."""
        with self.lock:
            if column.t <= self.last_ms:
                self.incidents.backwards += 1
                return 0
            hour = self._open(column.t // 1000)
            if hour is None:
                self.incidents.overflow += 1
                return HOUR_S
            self.last_ms = column.t
            hour.put(column.t // 1000 - hour.start, self._stored(column, series))
            return len(hour.dirty) if len(self._hours) == 1 else HOUR_S

    def _open(self, t: int) -> Hour | None:
        start = t - t % HOUR_S
        if not self._hours or self._hours[-1].start != start:
            if len(self._hours) >= MAX_HOURS:
                return None
            self._hours.append(Hour(start))
        return self._hours[-1]

    def _stored(self, column: Column, series: Mapping[str, SeriesInfo]) -> dict[int, int]:
        fits = {p: v for p, v in column.values.items() if v in _INT32}
        self.incidents.out_of_range += len(column.values) - len(fits)
        return {self._id(p, series[p], column.t): v for p, v in fits.items()}

    def _id(self, point: str, info: SeriesInfo, t: int) -> int:
        known = self._seen.get(point)
        if known is None or known[0] is not info:
            known = self._seen[point] = info, self._registered(info, t)
        return known[1]

    def _registered(self, info: SeriesInfo, t: int) -> int:
        if info not in self._ids:
            self._ids[info] = self._next_id
            self._new.append((self._next_id, info, t // 1000))
            self._next_id += 1
        return self._ids[info]

    # -- the writer's side -------------------------------------------------------------------------------------------

    def new_series(self) -> list[tuple[int, SeriesInfo, int]]:
        """(id, series, made at s UTC) not yet in the file."""
        with self.lock:
            return list(self._new)

    def registered(self, rows: list[tuple[int, SeriesInfo, int]]) -> None:
        with self.lock:
            self._new = [r for r in self._new if r not in rows]

    def forget_file(self) -> None:
        """The file is gone: everything in memory must be written again."""
        with self.lock:
            self._new = [(i, info, 0) for info, i in self._ids.items()]
            for hour in self._hours:
                hour.dirty = set(np.flatnonzero(hour.present.any(axis=0)).tolist())

    def complete(self) -> list[Hour]:
        """Hours that nothing is added to any more, oldest first."""
        with self.lock:
            return self._hours[:-1]

    def sealed(self, hour: Hour) -> None:
        with self.lock:
            self._hours.remove(hour)

    def take(self) -> Batch | None:
        """The oldest hour's seconds that are not durable; given back if writing fails.

        The oldest, so that the hot log only ever holds one hour: it is emptied when that hour is sealed.
        """
        with self.lock:
            if not self._hours or not self._hours[0].dirty:
                return None
            hour = self._hours[0]
            offsets, hour.dirty = hour.dirty, set()
            return hour.batch(offsets)

    def give_back(self, batch: Batch) -> None:
        with self.lock:
            for hour in self._hours:
                if hour.start == batch.hour:
                    hour.dirty.update(batch.offsets.tolist())

    # -- readers -----------------------------------------------------------------------------------------------------

    def ids(self, key: str) -> dict[int, SeriesInfo]:
        """All series that were ever kept under `key`."""
        with self.lock:
            return {i: info for info, i in self._ids.items() if info.key == key}

    def snapshot(self, ids: Iterable[int], start: int, end: int) -> tuple[set[int], dict[int, list[Piece]]]:
        """(hours in memory, copies of their seconds from `start` until before `end`) by series id."""
        with self.lock:
            held = {h.start for h in self._hours}
            return held, {i: [_piece(h, i, start, end) for h in self._hours if i in h.rows] for i in ids}


def _piece(hour: Hour, series_id: int, start: int, end: int) -> Piece:
    row = hour.rows[series_id]
    return cut(hour.start, hour.values[row], hour.present[row], start, end)


def cut(hour: int, values: Ints, present: Mask, start: int, end: int) -> Piece:
    """The known seconds of an hour that lie in [start, end)."""
    lo, hi = max(start - hour, 0), max(min(end - hour, len(values)), 0)
    at = np.flatnonzero(present[lo:hi]) + lo
    return Piece((at + hour).astype(np.int64), values[at])
