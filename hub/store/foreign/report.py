"""What an import does, or would do: for each point, so that the owner can compare with the old system."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np

from hub.store.foreign.source import Day, Remarks, Told, Wish
from hub.store.ring.codec import MISSING
from hub.store.ring.energy import WATTS, classify
from hub.store.ring.levels import DAY

_SHARE, _LEAST_KWH = 0.03, 0.5
"""By how much what comes in may differ from what the other system says: of both, and at least."""


@dataclass(slots=True)
class Tally:
    """One point. Seconds and buckets are those of the file; `kwh` is all that it comes to, `kwh_back` the other way.

    `first`, `last`: UTC s of the first and after the last that is known. `told`: what the old system says.
    """

    wish: Wish
    told: Told | None = None
    first: int | None = None
    last: int = 0
    days: int = 0
    new_seconds: int = 0
    known_seconds: int = 0
    new_buckets: int = 0
    known_buckets: int = 0
    refused_days: int = 0
    resets: int = 0
    _wh: float = 0.0
    _wh_back: float = 0.0
    _wh_told: float = 0.0
    _before: tuple[int, int] | None = None

    def take(self, day: Day, new: int | None) -> None:
        """A day of which `new` seconds or buckets are added; None when the day was refused."""
        self.days += 1
        total, width, at = _extent(day)
        if self.first is None:
            self.first = day.day * DAY + int(at[0]) * width
        self.last = day.day * DAY + (int(at[-1]) + 1) * width
        self._flow(day)
        if new is None:
            self.refused_days += 1
        elif day.seconds is not None:
            self.new_seconds += new
            self.known_seconds += total - new
        else:
            self.new_buckets += new
            self.known_buckets += total - new

    @property
    def kwh(self) -> float | None:
        return round(self._wh / 1000, 3) if self._energetic else None

    @property
    def kwh_back(self) -> float | None:
        return round(self._wh_back / 1000, 3) if self._energetic and not self.wish.counter else None

    @property
    def told_kwh(self) -> float | None:
        return self.told.kwh if self.told else None

    @property
    def same_kwh(self) -> float:
        """What comes in of the time that the old system tells of."""
        return round(self._wh_told / 1000, 3)

    @property
    def refused(self) -> bool:
        """Whether that is not what the old system says, and the owner has not said which is true."""
        if self.told is None or self.wish.read:
            return False
        most = max(abs(self.told.kwh), self.same_kwh)
        return abs(self.told.kwh - self.same_kwh) > max(_LEAST_KWH, _SHARE * most)

    @property
    def _energetic(self) -> bool:
        return self.wish.info.unit == "Wh" if self.wish.counter else self.wish.point.quantity.name in WATTS

    def _flow(self, day: Day) -> None:
        if not self._energetic:
            return
        scale = self.wish.info.scale
        if self.wish.counter and day.seconds is not None:
            self._count(day.day, day.seconds, scale)
        elif day.seconds is not None:
            known = day.seconds[day.seconds != MISSING].astype(np.float64)
            self._add(known, scale / 3600)
        elif day.rolled is not None:
            self._add(day.rolled.mean * day.rolled.n, scale / 3600)

    def _add(self, flows: np.ndarray[tuple[int], np.dtype[np.float64]], times: float) -> None:
        self._wh += float(flows[flows > 0].sum()) * times
        self._wh_back -= float(flows[flows < 0].sum()) * times

    def _count(self, day: int, seconds: np.ndarray[tuple[int], np.dtype[np.int32]], scale: float) -> None:
        at = np.flatnonzero(seconds != MISSING)
        t, c = at.astype(np.int64) + day * DAY, seconds[at].astype(np.int64)
        if self._before:
            t, c = np.insert(t, 0, self._before[0]), np.insert(c, 0, self._before[1])
        self._before = int(t[-1]), int(c[-1])
        if len(t) > 1:
            steps, events = classify(t, c, scale)
            self._wh += float(steps.sum()) * scale
            if self.told:
                same = (t[:-1] >= self.told.since) & (t[1:] <= self.told.until)
                self._wh_told += float(steps[same].sum()) * scale
            self.resets += len(events)


@dataclass(slots=True)
class Report:
    """`left_out`: names in the file that nobody has wished for."""

    file: str
    format: str
    dry_run: bool
    points: list[Tally]
    left_out: list[str] = field(default_factory=list)
    remarks: Remarks = field(default_factory=Remarks)

    @property
    def refused(self) -> list[Tally]:
        return [p for p in self.points if p.refused]

    @property
    def new(self) -> int:
        return sum(p.new_seconds + p.new_buckets for p in self.points)

    def told(self) -> dict[str, object]:
        """As JSON."""
        return {
            "file": self.file,
            "format": self.format,
            "dry_run": self.dry_run,
            "points": [_point(p) for p in self.points],
            "left_out": self.left_out,
            "remarks": [
                {"name": name, "what": what, "count": n, "example": self.remarks.examples[name, what]}
                for (name, what), n in self.remarks.counts.items()
            ],
        }

    def lines(self) -> Iterator[str]:
        """For people."""
        for p in self.points:
            yield f"{p.wish.point.id}  from {p.wish.name}"
            if p.first is None:
                yield "    nothing in the file"
                continue
            yield f"    {iso(p.first)} to {iso(p.last)}, {_n(p.days, 'day')}"
            yield from (f"    {line}" for line in _amounts(p))
        for (name, what), n in self.remarks.counts.items():
            example = self.remarks.examples[name, what]
            yield f"{name}: {n:,} {what}" + (f" (the first: {example})" if example else "")
        if self.left_out:
            more = f" and {len(self.left_out) - 10} more" if len(self.left_out) > 10 else ""
            yield f"not taken: {', '.join(self.left_out[:10])}{more}"
        yield "dry run: nothing was written" if self.dry_run else self._done()

    def _done(self) -> str:
        if self.refused:
            return f"done, but for {', '.join(p.wish.point.id for p in self.refused)}"
        return "done" if self.new else "done: all of it was known"


def iso(t: int) -> str:
    return datetime.fromtimestamp(t, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _amounts(p: Tally) -> Iterator[str]:
    if p.refused:
        yield (
            f"refused: {p.same_kwh:,.3f} kWh would come in, but Home Assistant's own sum says {p.told_kwh:,.3f} kWh "
            'for the same time; take one with read = "state" or read = "sum" beside the point in the map, or correct '
            "it in Home Assistant first"
        )
        return
    if p.new_seconds or p.known_seconds:
        yield f"{_n(p.new_seconds, 'second')} new, {p.known_seconds:,} known already"
    if p.new_buckets or p.known_buckets:
        yield f"{_n(p.new_buckets, 'mean')} new, {p.known_buckets:,} known already"
    if p.refused_days:
        yield f"{_n(p.refused_days, 'day')} refused: not over, or recorded by the hub itself"
    if p.kwh is not None:
        back = f", {p.kwh_back:,.3f} kWh the other way" if p.kwh_back else ""
        told = f" (the old system says {p.told_kwh:,.3f} kWh)" if p.told_kwh is not None else ""
        resets = f", over {_n(p.resets, 'reset')}" if p.resets else ""
        yield f"{p.kwh:,.3f} kWh in all{back}{resets}{told}"


def _point(p: Tally) -> dict[str, object]:
    return {
        "point": p.wish.point.id,
        "name": p.wish.name,
        "from": None if p.first is None else p.first * 1000,
        "to": None if p.first is None else p.last * 1000,
        "days": p.days,
        "refused_days": p.refused_days,
        "seconds": {"new": p.new_seconds, "known": p.known_seconds},
        "buckets": {"new": p.new_buckets, "known": p.known_buckets},
        "kwh": p.kwh,
        "kwh_back": p.kwh_back,
        "told_kwh": p.told_kwh,
        "refused": p.refused,
        "resets": p.resets,
    }


def _extent(day: Day) -> tuple[int, int, np.ndarray[tuple[int], np.dtype[np.intp]]]:
    """(how many are known, seconds each, their indices)."""
    if day.seconds is not None:
        at = np.flatnonzero(day.seconds != MISSING)
        return len(at), 1, at
    assert day.rolled is not None
    at = np.flatnonzero(day.rolled.n)
    return len(at), day.step, at


def _n(n: int, what: str) -> str:
    return f"{n:,} {what}" if n == 1 else f"{n:,} {what}s"
