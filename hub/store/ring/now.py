"""Now: the hours in memory. Seconds come from the event loop; writer and readers take copies under a short lock."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from hub.model import Column
from hub.model.point import FRACTION
from hub.store.ring.begun import Hour, Places
from hub.store.ring.codec import Ints
from hub.store.ring.hot import Batch
from hub.store.ring.levels import HOUR, MAX_SERIES
from hub.store.ring.types import Incidents, Joined, SeriesInfo

MAX_HOURS = 12
"""Hours kept in memory while nothing can be written; then the newest seconds are refused, the oldest kept."""

END = 2**40
"""s UTC; later than any"""

STRANGER = 0
"""Stands for the number of a series that came when all were taken."""

_LIMIT = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Member:
    """A series that tells of a point, until before `until` (s UTC)."""

    id: int
    info: SeriesInfo
    until: int


@dataclass(slots=True)
class _Places:
    """Where the values of a column go: made once for the same points in the same order."""

    points: tuple[str, ...] = ()
    ids: list[int] = field(default_factory=list)
    hour: Hour | None = None
    places: Places = field(default_factory=lambda: np.zeros(0, np.intp))


class Now:
    """The hours that are not sealed yet, and the registry of series."""

    def __init__(
        self, known: Mapping[SeriesInfo, int], hours: Iterable[Hour], last_ms: int, joined: Iterable[Joined] = ()
    ) -> None:
        self.joined = list(joined)
        self.lock = threading.Lock()
        self.incidents = Incidents()
        self.last_ms = last_ms
        self._ids: dict[SeriesInfo, int] = {}
        self._keys: dict[str, dict[int, SeriesInfo]] = {}
        self._parts: dict[str, set[str]] = {}
        """the keys of the parts of a second that are kept beside a key"""
        for info, i in known.items():
            self._know(info, i)
        self._new: list[tuple[int, SeriesInfo, int]] = []
        self._hours = list(hours)
        self._next_id = max(self._ids.values(), default=0) + 1
        self._of_point: dict[str, int] = {}
        self._pasts: tuple[tuple[int, tuple[Joined, ...]], dict[str, list[Member]]] = (0, ()), {}
        self._places = _Places()
        self._shift: tuple[int, int, int] | None = None
        self._unsettled = False

    # -- the event loop's side ---------------------------------------------------------------------------------------

    def put(self, column: Column, series: Mapping[str, SeriesInfo]) -> int:
        """Stores one second; returns how many seconds wait to be made durable, or a full window at an hour's end.

        A second that comes late fills what is missing in the open hour, and changes nothing that is known.
        """
        with self.lock:
            t = column.t // 1000
            hour = self._open(t)
            if hour is None:
                return 0 if column.t <= self.last_ms else HOUR
            ids, numbers = self._stored(column, series)
            places = self._placed(hour, ids)
            offset = t - hour.start
            if column.t > self.last_ms:
                self.last_ms = column.t
                hour.put(offset, places, numbers)
            else:
                self.incidents.late += 1
                hour.add(offset, places, numbers)
            hour.dirty.add(offset)
            return len(hour.dirty) if len(self._hours) == 1 else HOUR

    def _open(self, t: int) -> Hour | None:
        """The hour of `t`; None, and the incident counted, when nothing can be added there."""
        start = t - t % HOUR
        newest = self._hours[-1] if self._hours else None
        if newest is not None and newest.start == start:
            return newest
        if t * 1000 <= self.last_ms:
            self.incidents.backwards += 1
            return None
        if len(self._hours) >= MAX_HOURS:
            self.incidents.overflow += 1
            return None
        self._hours.append(Hour(start))
        if newest is not None:
            self._hours[-1].reserve(len(newest))
        return self._hours[-1]

    def _stored(self, column: Column, series: Mapping[str, SeriesInfo]) -> tuple[list[int], Ints]:
        """Series ids and stored integers; left out are strangers, and what does not fit 32 bits, which is counted."""
        points = tuple(column.values)
        if points != self._places.points:
            self._places = _Places(points, [self._id(p, series, column.t) for p in points])
        values = list(column.values.values())
        try:
            numbers = np.array(values, np.int64)
        except OverflowError:
            numbers = np.array([v if -_LIMIT <= v <= _LIMIT else _LIMIT + 1 for v in values], np.int64)
        fits = np.abs(numbers) <= _LIMIT
        if fits.all() and not self.incidents.strangers:
            return self._places.ids, numbers.astype(np.int32)
        self.incidents.out_of_range += int((~fits).sum())
        fits &= np.array(self._places.ids) != STRANGER
        return [i for i, fit in zip(self._places.ids, fits.tolist(), strict=True) if fit], numbers[fits].astype(
            np.int32
        )

    def _placed(self, hour: Hour, ids: list[int]) -> Places:
        known = self._places
        if ids is not known.ids:
            return hour.places(ids)
        if known.hour is not hour:
            known.hour, known.places = hour, hour.places(ids)
        return known.places

    def _id(self, point: str, series: Mapping[str, SeriesInfo], t: int) -> int:
        """A point means the same as long as the program runs."""
        if point not in self._of_point:
            self._of_point[point] = self._registered(series[point], t)
        return self._of_point[point]

    def _know(self, info: SeriesInfo, series_id: int) -> None:
        self._ids[info] = series_id
        self._keys.setdefault(info.key, {})[series_id] = info
        of, _, part = info.key.partition(FRACTION)
        if part:
            self._parts.setdefault(of, set()).add(info.key)

    def _registered(self, info: SeriesInfo, t: int) -> int:
        if info not in self._ids:
            if self._next_id > MAX_SERIES:
                self.incidents.strangers.append(info.key)
                return STRANGER
            self._know(info, self._next_id)
            self._new.append((self._next_id, info, t // 1000))
            self._next_id += 1
        return self._ids[info]

    def shift(self, since: int, by: int) -> None:
        """The seconds told so far from `since` (s UTC) on belong `by` > 0 seconds later; the writer moves them."""
        with self.lock:
            self._shift = since, self.last_ms // 1000, by

    def id_of(self, info: SeriesInfo) -> int:
        """The number of a series, a new one if it is not known yet; STRANGER if there is none left."""
        with self.lock:
            return self._registered(info, 0)

    def fill(self, start: int, seconds: Mapping[int, Ints]) -> bool:
        """Puts in what an hour in memory does not know, by series id; False if the hour from `start` is not there."""
        with self.lock:
            hour = next((h for h in self._hours if h.start == start), None)
            for series_id, values in seconds.items() if hour else ():
                assert hour
                hour.dirty.update(hour.fill(series_id, values))
            return hour is not None

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
                hour.dirty = hour.known()

    def take_shifted(self) -> list[Hour]:
        """Moves seconds to where they belong; all hours, if any were moved since what was moved was `settled`."""
        with self.lock:
            if self._shift:
                self._move(*self._shift)
                self._shift, self._unsettled = None, True
            return list(self._hours) if self._unsettled else []

    def settled(self) -> None:
        """What was moved is in the file: until then no record may be given up."""
        with self.lock:
            self._unsettled = False

    def _move(self, since: int, until: int, by: int) -> None:
        """Seconds of [since, until] (s UTC) go `by` seconds later; what they leave is not known any more."""
        moved: list[Batch] = []
        for hour in self._hours:
            offsets = sorted(o for o in hour.known() if since <= hour.start + o <= until)
            moved.append(hour.batch(offsets))
            hour.dirty.update(offsets)
            for offset in offsets:
                hour.clear(offset)
        for batch in moved:
            for offset, values in zip(batch.offsets.tolist(), batch.values.T, strict=True):
                self._lay(batch.hour + offset + by, batch.ids.tolist(), values)
        self._hours.sort(key=lambda hour: hour.start)
        self._places = _Places()

    def _lay(self, t: int, ids: list[int], values: Ints) -> None:
        start = t - t % HOUR
        hour = next((h for h in self._hours if h.start == start), None)
        if hour is None:
            hour = Hour(start)
            self._hours.append(hour)
        hour.lay(t - start, hour.places(ids), values)
        hour.dirty.add(t - start)
        self.last_ms = max(self.last_ms, t * 1000)

    def complete(self) -> list[Hour]:
        """Hours that nothing is added to any more, oldest first."""
        with self.lock:
            return self._hours[:-1]

    def oldest(self) -> Hour | None:
        with self.lock:
            return self._hours[0] if self._hours else None

    def sealed(self, hour: Hour) -> None:
        with self.lock:
            self._hours.remove(hour)
            self._places.hour = None

    def take(self) -> Batch | None:
        """The oldest hour's seconds that are not durable; given back if writing fails.

        The oldest, so that the hot log only ever holds one hour: what is sealed need not be kept there.
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
            return dict(self._keys.get(key, {}))

    def fractions(self, key: str) -> dict[tuple[int, int], list[Member]]:
        """The series of the parts of a second that were kept beside `key`, by (part, parts)."""
        found: dict[tuple[int, int], list[Member]] = {}
        with self.lock:
            for of_part in self._parts.get(key, ()):
                k, _, n = of_part.partition(FRACTION)[2].partition("/")
                found[int(k), int(n)] = [Member(i, info, END) for i, info in self._keys[of_part].items()]
        return found

    def past(self, key: str) -> list[Member]:
        """All series that tell of `key`, oldest first: its own, and those of the devices that it has replaced."""
        registered = len(self._ids), tuple(self.joined)  # no series is ever lost
        if registered != self._pasts[0]:
            self._pasts = registered, {}
        pasts = self._pasts[1]
        if key not in pasts:
            pasts[key] = self._past(key)
        return pasts[key]

    def _past(self, key: str, after: tuple[str, ...] = ()) -> list[Member]:
        """`after`: the devices that came later, so that one that has come back is not asked for ever."""
        uid, _, quantity = key.partition(".")
        found = [Member(i, info, END) for i, info in sorted(self.ids(key).items())]
        for j in self.joined:
            if j.uid == uid and j.before not in after and all(m.info.key.partition(".")[0] != j.before for m in found):
                before = self._past(f"{j.before}.{quantity}", (*after, uid))
                found = [replace(m, until=min(m.until, j.t)) for m in before] + found
        return found

    def infos(self) -> dict[int, SeriesInfo]:
        with self.lock:
            return {i: info for info, i in self._ids.items()}

    def snapshot(self, ids: Iterable[int], start: int, end: int) -> tuple[set[int], dict[int, list[tuple[int, Ints]]]]:
        """(hours in memory, (hour, copy of its seconds) by series id) of the hours that [start, end) lies in."""
        with self.lock:
            held = {h.start for h in self._hours}
            hours = [h for h in self._hours if h.start < end and h.start + HOUR > start]
            return held, {i: [(h.start, h.seconds(i)) for h in hours if i in h] for i in ids}
