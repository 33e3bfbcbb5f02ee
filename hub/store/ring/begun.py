"""An hour that has begun, in memory: second by second beside each other, two bytes a value for nearly all series."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hub.store.ring.codec import MISSING, Ints
from hub.store.ring.hot import Batch
from hub.store.ring.levels import HOUR

Places = NDArray[np.intp]

_GROW = 32
_MIDDLE, _TOP = 1 << 15, (1 << 16) - 1
_UNKNOWN = 1 << 40
"""Stands for the first value of a series that has none yet."""
_AT_ONCE = 64


class Hour:
    """The seconds from `start` (UTC s) on; MISSING where nothing is known. `dirty`: offsets that are not durable yet.

    A value is kept as its distance from the first one of its series, 0 = nothing is known. A series of which one does
    not fit two bytes is `wide`: it has four from then on. Memory is taken as seconds come, not before.
    """

    def __init__(self, start: int, seconds: Mapping[int, Ints] | None = None) -> None:
        self.start = start
        self.dirty: set[int] = set()
        self._place: dict[int, int] = {}
        self._near: NDArray[np.uint16] = np.zeros((HOUR, _GROW), np.uint16)
        self._wide: NDArray[np.uint32] = np.zeros((HOUR, 0), np.uint32)
        self._first: NDArray[np.int64] = np.full(_GROW, _UNKNOWN, np.int64)
        self._wide_at: Places = np.full(_GROW, -1, np.intp)
        self._wides = 0
        for series_id, values in (seconds or {}).items():
            self.fill(series_id, values)

    def __contains__(self, series_id: int) -> bool:
        return series_id in self._place

    def __len__(self) -> int:
        """How many series have a place in it."""
        return len(self._place)

    def places(self, series_ids: Iterable[int]) -> Places:
        """Where the series are; new ones get a place."""
        found = [self._place.setdefault(i, len(self._place)) for i in series_ids]
        self.reserve(len(self._place))
        return np.array(found, np.intp)

    def reserve(self, series: int) -> None:
        """Makes room for so many."""
        more = series - len(self._first)
        if more > 0:
            more = max(more, _GROW)
            self._near = _wider(self._near, len(self._first) + more, self.known())
            self._first = np.append(self._first, np.full(more, _UNKNOWN, np.int64))
            self._wide_at = np.append(self._wide_at, np.full(more, -1, np.intp))

    # -- one second --------------------------------------------------------------------------------------------------

    def put(self, offset: int, places: Places, values: Ints) -> None:
        """All that is known at `offset`."""
        self.clear(offset)
        self.lay(offset, places, values)

    def add(self, offset: int, places: Places, values: Ints) -> None:
        """Where nothing is known yet."""
        new = self._read([offset], places)[0] == MISSING
        self.lay(offset, places[new], values[new])

    def lay(self, offset: int, places: Places, values: Ints) -> None:
        """Over what is known."""
        self._set(np.full(len(places), offset, np.intp), places, values)

    def clear(self, offset: int) -> None:
        self._near[offset] = 0
        self._wide[offset] = 0

    def _set(self, offsets: Places, places: Places, values: Ints) -> None:
        told = values != MISSING
        if not told.all():
            offsets, places, values = offsets[told], places[told], values[told]
        new = self._first[places] == _UNKNOWN
        self._first[places[new]] = values[new]
        codes = values - self._first[places] + _MIDDLE
        far = (self._wide_at[places] < 0) & ((codes < 1) | (codes > _TOP))
        if far.any():
            self._widen(np.unique(places[far]))
        wide = self._wide_at[places]
        near = wide < 0
        self._near[offsets[near], places[near]] = codes[near]
        if not near.all():
            self._wide[offsets[~near], wide[~near]] = values[~near].astype(np.int64) - MISSING

    def _widen(self, places: Places) -> None:
        for place in places.tolist():
            if self._wides == self._wide.shape[1]:
                self._wide = _wider(self._wide, self._wides + _GROW, range(HOUR) if self._wides else ())
            column = self._near[:, place].astype(np.int64)
            known = np.flatnonzero(column)
            self._wide[known, self._wides] = column[known] - _MIDDLE + self._first[place] - MISSING
            self._near[known, place] = 0
            self._wide_at[place] = self._wides
            self._wides += 1

    # -- all of it ---------------------------------------------------------------------------------------------------

    def known(self) -> set[int]:
        """Offsets at which anything is known."""
        known = self._near.any(axis=1)
        if self._wides:
            known |= self._wide.any(axis=1)
        return {*np.flatnonzero(known).tolist()}

    def seconds(self, series_id: int) -> Ints:
        """An hour of them; nothing is known of a series that has no place."""
        if series_id not in self._place:
            return np.full(HOUR, MISSING, np.int32)
        return self._read(slice(None), np.array([self._place[series_id]], np.intp))[:, 0]

    def series(self) -> Iterator[tuple[int, Ints]]:
        """(id, its seconds), by id."""
        ids = sorted(self._place)
        for some in (ids[k : k + _AT_ONCE] for k in range(0, len(ids), _AT_ONCE)):
            columns = np.ascontiguousarray(self._read(slice(None), self.places(some)).T)
            yield from zip(some, columns, strict=True)

    def fill(self, series_id: int, values: Ints) -> list[int]:
        """Puts in what is not known of a series; the offsets at which that was."""
        places = self.places([series_id])
        new = np.flatnonzero((self.seconds(series_id) == MISSING) & (values != MISSING))
        self._set(new, places.repeat(len(new)), values[new])
        return [int(offset) for offset in new]

    def batch(self, offsets: Iterable[int]) -> Batch:
        """What is known at the offsets."""
        ids, at = sorted(self._place), np.array(sorted(offsets), np.uint16)
        values = np.ascontiguousarray(self._read(at.astype(np.intp), self.places(ids)).T)
        known = (values != MISSING).any(axis=1)
        return Batch(self.start, at, np.array(ids, np.uint32)[known], values[known])

    def replay(self, batch: Batch) -> None:
        """Seconds that are durable already, as they were when the record was made."""
        places = self.places(batch.ids.tolist())
        for offset, values in zip(batch.offsets.tolist(), batch.values.T, strict=True):
            self.put(offset, places, values)

    def _read(self, at: Any, places: Places) -> Ints:
        """Seconds x series."""
        codes = self._near[at][:, places]
        values: Ints = (codes - (_MIDDLE - self._first[places])).astype(np.int32)
        values[codes == 0] = MISSING
        for k in np.flatnonzero(self._wide_at[places] >= 0).tolist():
            values[:, k] = self._wide[at][:, self._wide_at[places[k]]].astype(np.int64) + MISSING
        return values


def _wider(codes: NDArray[Any], columns: int, known: Iterable[int]) -> NDArray[Any]:
    """The same with more columns; only the seconds `known` take memory."""
    wider = np.zeros((len(codes), columns), codes.dtype)
    for offset in known:
        wider[offset, : codes.shape[1]] = codes[offset]
    return wider
