"""The house's own past in quarter-hours, kept so that each time only what is new is read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, TypeVar

import numpy as np

from hub.forecast.series import Floats, Series
from hub.foresight.view import STEP_MS, STEP_S
from hub.store.ring import Buckets, Querier

T = TypeVar("T")
DAYS = 200
"""So far back is looked. What is older counts for little in any forecaster, and each day costs the planner memory."""
_DAY_MS, _AGAIN_MS, _MINUTE_MS = 86_400_000, 3_600_000, 60_000
"""The last hour is read again: a second may come late."""
_LEAST_S = 180
"""Of a quarter-hour that have to be known."""


class History(Protocol):
    """Where the past is read: `make` runs beside the event loop."""

    async def ask(self, make: Callable[[Querier], T]) -> T: ...


class Records:
    """Means of points. All of it is read anew each day, as the past may be mended or joined."""

    def __init__(self, history: History, days: int = DAYS) -> None:
        self._history = history
        self._days = days
        self._known: dict[str, Series] = {}
        self._day = 0

    async def until(self, end: int, points: Iterable[str]) -> dict[str, Series]:
        """The last days before `end` (UTC ms, a whole quarter-hour) of each point. Raises ShemsError."""
        if end // _DAY_MS != self._day:
            self._known, self._day = {}, end // _DAY_MS
        begin, wanted = end - self._days * _DAY_MS, list(dict.fromkeys(points))
        fresh = [p for p in wanted if p in self._known and begin < self._known[p].end_ms <= end]
        new = [p for p in wanted if p not in fresh]
        since = min((self._known[p].end_ms for p in fresh), default=end) - _AGAIN_MS
        await self._read(fresh, max(begin, since), end)
        await self._read(new, begin, end)
        self._known = {p: self._known[p].between(begin, end) for p in wanted}
        return dict(self._known)

    async def counted(self, point: str, t: int) -> float | None:
        """What a counter read last in the minutes before `t` (UTC ms); None if that is not known."""
        start = t // 1000 * 1000 - 300_000
        found = await self._history.ask(lambda q: q.query([point], start, start + 300_000, 60_000))
        last = [float(v) for v in found[point].last if isinstance(v, float | int) and not np.isnan(v)]
        return last[-1] if last else None

    async def last_while(self, point: str, held: str, end: int) -> float | None:
        """The last value of `point` in the day before `end` (UTC ms), unless `held` has been false since."""
        start = (end - _DAY_MS) // _MINUTE_MS * _MINUTE_MS
        found = await self._history.ask(lambda q: q.query([point, held], start, end, _MINUTE_MS))
        told, ended = np.flatnonzero(found[point].count), np.flatnonzero(found[held].min == 0)
        if not len(told) or (len(ended) and ended[-1] >= told[-1]):
            return None
        return float(found[point].mean[told[-1]])

    async def _read(self, points: Sequence[str], start: int, end: int) -> None:
        if not points or start >= end:
            return
        found = await self._history.ask(lambda q: q.query(points, start, end, STEP_MS))
        for point, buckets in found.items():
            new = Series(start, STEP_S, _means(buckets, start, end))
            self._known[point] = joined(self._known[point], new) if point in self._known else new


def joined(before: Series, after: Series) -> Series:
    """`before` up to where `after` begins, and then that."""
    kept = before.between(before.start_ms, after.start_ms).values
    return Series(before.start_ms, before.seconds, np.concatenate([kept, after.values]))


def _means(buckets: Buckets, start: int, end: int) -> Floats:
    out = np.full((end - start) // STEP_MS, np.nan)
    at = (buckets.t - start) // STEP_MS
    use = (at >= 0) & (at < len(out)) & (buckets.count >= _LEAST_S)
    out[at[use]] = buckets.mean[use]
    return out
