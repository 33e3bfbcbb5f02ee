"""Quarter-hour energies: from counters where there are some, from power where there are none, and always marked so.

A counter read at second t tells what had flowed until t. Its increments are laid on a line, and the line is read at the
edges of the quarter-hours; so the quarters of a day add up to what the counter has counted. A counter that falls back
is never a negative bar, one that jumps never a spike: `classify` says which increments count.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import IntFlag

import numpy as np
from numpy.typing import NDArray

from hub.model import Kind
from hub.model.point import FRACTION
from hub.store.ring.blob import Body, Damaged
from hub.store.ring.codec import MISSING, Ints
from hub.store.ring.levels import DAY, HOUR, QUARTER
from hub.store.ring.types import Flow, SeriesInfo

QUARTERS = DAY // QUARTER
PARTS = 10
"""Energies are kept in tenths of the counter's unit (0.1 Wh)."""

MAX_W = 200_000.0
"""No house draws or makes more (three phases of 290 A): what implies more is not a flow of energy."""
_LONG_W = 25_000.0
"""Nor this much for hours, which is how long a counter may be unread, or lie between two systems' records of it."""

WATTS = frozenset(f"power{p}" for p in ("", "_l1", "_l2", "_l3")) | {"pv_power", "battery_power", "consumption"}
"""Powers that are summed to energies."""

_UNIT_W = 10_000.0
"""Watts that make a unit an hour of other counters: a cubic metre of gas is about 10 kWh."""

EXACT_S = 15
"""A reading at most this far from an edge makes it exact."""
_NOISE = 3
"""Stored units that a counter may fall back by rounding."""
_FEW, _STILL = 3, 3.0
"""So many steps of a counter tell how long it stands still between two; it may as many times as long."""
_UNSEEN_S = 180
"""So long it may, where fewer are seen: a step is then 10 kWh at most, or 1 m3."""
_ENDS = np.array([10.0**k for k in range(5, 10)] + [2.0**31, 2.0**32])
"""Where counters start again from 0."""

Wide = NDArray[np.int64]
Flags = NDArray[np.uint8]


class Mark(IntFlag):
    """How sure an energy is; 0 beside KNOWN means: a counter, read at both edges."""

    INTERPOLATED = 1
    """no reading near an edge, or a part of the quarter unread"""
    INTEGRATED = 2
    """summed from power: there is no counter"""
    RESET = 4
    """the counter was reset, rolled over or swapped in it"""
    SUM = 8
    """the parts and the whole, or the counter and the power, disagree"""
    IMPORTED = 16
    """from another system's records"""
    OPEN_START = 32
    """interpolated only in that no reading is near its start: what is not its own is the quarter's before"""
    OPEN_END = 64
    """the same at its end"""
    KNOWN = 128


_OPEN = Mark.OPEN_START | Mark.OPEN_END


@dataclass(slots=True)
class Energy:
    """Quarter-hours of one series: `plus` and `minus` in tenths of its unit; without KNOWN nothing is known."""

    plus: Wide
    minus: Wide
    marks: Flags

    @staticmethod
    def empty(quarters: int) -> Energy:
        return Energy(np.zeros(quarters, np.int64), np.zeros(quarters, np.int64), np.zeros(quarters, np.uint8))

    def signed(self, way: int) -> Energy:
        """The same, or with `way` -1 the other way round."""
        return self if way > 0 else Energy(self.minus, self.plus, self.marks)

    def until(self, k: int) -> Energy:
        """The first `k` quarters."""
        return Energy(self.plus[:k], self.minus[:k], self.marks[:k])

    def times(self, factor: float) -> Energy:
        """The same in a unit that is `factor` times smaller."""
        if factor == 1:
            return self
        plus, minus = (np.rint(a * factor).astype(np.int64) for a in (self.plus, self.minus))
        return Energy(plus, minus, self.marks)

    def add(self, other: Energy, where: NDArray[np.bool_]) -> None:
        """Adds the quarters of `other` that are `where`."""
        self.plus[where] += other.plus[where]
        self.minus[where] += other.minus[where]
        self.marks[where] = (self.marks[where] | other.marks[where]) & np.uint8(255 - _OPEN)

    def put(self, at: int, other: Energy) -> None:
        """Lays the known quarters of `other` over those from `at` on; what sticks out is left away."""
        lo, hi = max(at, 0), min(at + len(other.marks), len(self.marks))
        if lo < hi:
            mine, theirs = slice(lo, hi), slice(lo - at, hi - at)
            known = other.marks[theirs] > 0
            for name in ("plus", "minus", "marks"):
                np.copyto(getattr(self, name)[mine], getattr(other, name)[theirs], where=known)


@dataclass(frozen=True, slots=True)
class Reading:
    """A counter's last known reading: `t` s UTC, `value` as stored."""

    t: int
    value: int


@dataclass(frozen=True, slots=True)
class Event:
    """A counter that did not simply count on, at `t` (s UTC): `kind` is reset, rollover or swap."""

    t: int
    kind: str
    before: int
    after: int


@dataclass(slots=True)
class Counted:
    """A stretch of a counter: `first` is the first quarter-hour (since 1970) that `energy` tells of; `step`: how much
    it counts on by at once, stored units.
    """

    first: int
    energy: Energy
    last: Reading | None
    events: list[Event] = field(default_factory=list)
    step: float = 0.0

    def onto(self, out: Energy, start: int) -> None:
        """Lays it over `out`, whose first quarter-hour is `start`; what was imported there stays marked so."""
        at = self.first - start
        imported = out.marks & np.uint8(Mark.IMPORTED)
        out.put(at, self.energy)
        out.marks |= imported


def tail(days: Iterable[tuple[int, Ints]], older: Sequence[Reading] = ()) -> list[Reading]:
    """A counter's last readings, in time order: those of the quarter-hour of the last, and one at its start or before.

    `days`: (start s UTC, seconds), newest first, looked at as far as it takes; `older`: readings before all of them.
    """
    found: list[Reading] = []
    for start, values in days:
        at = np.flatnonzero(values != MISSING)
        if len(at):
            edge = (found[-1].t if found else start + int(at[-1])) // QUARTER * QUARTER
            first = max(int(np.searchsorted(at, edge - start, "right")) - 1, 0)
            found = [Reading(start + k, int(values[k])) for k in at[first:].tolist()] + found
            if found[0].t <= edge:
                return found
    return [*older[-1:], *found]


def counted(start: int, values: Ints, before: Sequence[Reading], unit_w: float, open_s: int = QUARTER) -> Counted:
    """Energies of the seconds from `start` (s UTC, of a day) on, and of the gap since the readings `before` it.

    `before` is a `tail`: after a gap the quarter of its last reading is told again as a whole, the gap's part with it.
    `unit_w`: watts that make one stored unit in an hour (1 for a counter of Wh); `open_s`: seconds of the last quarter
    that are over.
    """
    gap = before and start - before[-1].t > EXACT_S
    before = before if gap else before[-1:]
    at = np.flatnonzero(values != MISSING)
    t = np.concatenate([np.array([r.t for r in before], np.int64), at + start])
    c = np.concatenate([np.array([r.value for r in before], np.int64), values[at]])
    last = Reading(int(t[-1]), int(c[-1])) if len(t) else None
    if len(t) < 2:
        return Counted(start // QUARTER, Energy.empty(len(values) // QUARTER), last)
    steps, events = classify(t, c, unit_w)
    first = (before[-1].t if gap else start) // QUARTER
    edges = np.arange(first, (start + len(values)) // QUARTER + 1) * QUARTER
    at_edges = np.floor(np.interp(edges, *_line(t, steps, _lasts(t, c, 0.0))) * PARTS + 0.5).astype(np.int64)
    if edges[0] % DAY == 0 and edges[0] - t[0] <= EXACT_S:
        at_edges[0] = 0  # the day before was told until that reading
    flowed = np.maximum(np.diff(at_edges), 0)
    ends = np.append(edges[1:-1], edges[-1] - QUARTER + open_s)
    energy = Energy(flowed, np.zeros(len(flowed), np.int64), _marks(edges, ends, t))
    for event in events:
        k = min(event.t // QUARTER - first, len(flowed) - 1)
        energy.marks[k] |= Mark.RESET | Mark.KNOWN
    step = float(np.median(steps[steps > 0])) if (steps > 0).any() else 0.0
    return Counted(first, energy, last, [e for e in events if e.t >= start], step)


def _lasts(t: Wide, c: Wide, rested: float) -> Wide:
    """Over how many seconds flowed what a counter has counted on by between each two readings.

    One that counts in large steps, or tells seldom, shows the same for a while and then a step. For how long is seen of
    its other steps: what one that usually counts each second jumps by has not flowed while it rested before. `rested`:
    over how many times the usual flowed what ends a longer rest; it is the time since the last reading at least.
    """
    seconds, moved = np.diff(t), np.diff(c) != 0
    begins = np.concatenate(([True], moved[:-1]))
    stood = t[1:] - t[np.maximum.accumulate(np.where(begins, np.arange(len(moved)), 0))]
    seen = stood[moved][1:]  # since when it has shown the first one is not known
    usual = float(np.median(seen)) if len(seen) >= _FEW else _UNSEEN_S / _STILL
    stood[: int(moved.argmax()) + 1] = QUARTER + 1
    most, after = (min(round(x * usual), QUARTER) for x in (_STILL, rested))
    return np.where(moved, np.maximum(np.where(stood > most, after, stood), seconds), seconds)


def _line(t: Wide, steps: NDArray[np.float64], lasts: Wide) -> tuple[Wide, NDArray[np.float64]]:
    """(times, what has flowed until then): each step is laid over the seconds that it lasted."""
    at = np.flatnonzero(steps)
    line = np.concatenate(([0.0], np.cumsum(steps)))
    times = np.column_stack((np.maximum(t[at + 1] - lasts[at], t[0]), t[at + 1])).ravel()
    flowed = np.column_stack((line[at], line[at + 1])).ravel()
    return np.concatenate((t[:1], times, t[-1:])), np.concatenate((line[:1], flowed, line[-1:]))


def _most(seconds: Wide, unit_w: float) -> NDArray[np.float64]:
    """What may have flowed in so many seconds, stored units."""
    most: NDArray[np.float64] = np.minimum(seconds, HOUR) * MAX_W + np.maximum(seconds - HOUR, 0) * _LONG_W
    return most / HOUR / unit_w + _NOISE


def classify(t: Wide, c: Wide, unit_w: float) -> tuple[NDArray[np.float64], list[Event]]:
    """(what flowed between each two readings, in stored units; what was not simple counting)."""
    steps, seconds = np.diff(c).astype(np.float64), np.diff(t)
    most, much = _most(seconds, unit_w), _most(_lasts(t, c, _STILL), unit_w)
    anew = _most(np.minimum(seconds, QUARTER), unit_w)
    events = []
    for k in np.flatnonzero((steps < -_NOISE) | (steps > much)).tolist():
        was, now = int(c[k]), int(c[k + 1])
        around = _ENDS - was + now
        if steps[k] < 0 and ((around >= 0) & (around <= most[k]) & (was > 0.9 * _ENDS)).any():
            kind, flowed = "rollover", float(around[(around >= 0) & (around <= most[k]) & (was > 0.9 * _ENDS)][0])
        elif steps[k] < 0 and 0 <= now <= anew[k]:
            kind, flowed = "reset", float(now)
        else:
            kind, flowed = "swap", 0.0
        steps[k] = flowed
        events.append(Event(int(t[k + 1]), kind, was, now))
    return steps, events


def integrated(values: Ints, scale: float, open_s: int = QUARTER) -> Energy:
    """Energies of a power in W (`scale` W a stored unit), from what is known of each quarter-hour.

    A quarter of which less than a tenth is known stays unknown; one with gaps is told as the mean of what is known.
    `open_s`: seconds of the last quarter that are over; it is told as far as it has come.
    """
    grid = values.reshape(-1, QUARTER)
    known = grid != MISSING
    n = known.sum(1)
    lasted = np.full(len(grid), QUARTER)
    lasted[-1:] = open_s
    enough = n >= np.maximum(lasted // 10, 1)
    watts = np.where(known, grid, 0).astype(np.float64) * scale
    times = PARTS * lasted / 3600 / np.maximum(n, 1)
    plus = np.rint(np.where(watts > 0, watts, 0).sum(1) * times).astype(np.int64)
    minus = np.rint(-np.where(watts < 0, watts, 0).sum(1) * times).astype(np.int64)
    marks = np.where(enough, np.uint8(Mark.KNOWN | Mark.INTEGRATED), np.uint8(0))
    marks[enough & (n < lasted - EXACT_S)] |= np.uint8(Mark.INTERPOLATED)
    return Energy(np.where(enough, plus, 0), np.where(enough, minus, 0), marks)


def averaged(lanes: Sequence[Energy]) -> Energy:
    """A power that is kept several times a second: the mean of `lanes`, each of which is one part of every second."""
    if len(lanes) == 1:
        return lanes[0]
    known = np.maximum(np.sum([e.marks > 0 for e in lanes], axis=0), 1)
    plus, minus = (np.rint(np.sum([getattr(e, f) for e in lanes], axis=0) / known) for f in ("plus", "minus"))
    marks = np.bitwise_or.reduce([e.marks for e in lanes])
    return Energy(plus.astype(np.int64), minus.astype(np.int64), marks)


def flows(
    info: SeriesInfo, start: int, values: Ints, before: Sequence[Reading], open_s: int = QUARTER
) -> Counted | None:
    """Energies of a series' seconds from `start` (s UTC, of a day) on; None for one that carries none.

    `before`: of a counter, see `counted`; `open_s`: seconds of the last quarter that are over.
    """
    if info.kind == Kind.COUNTER:
        return counted(start, values, before, _unit_w(info), open_s)
    if info.key.partition(".")[2].partition(FRACTION)[0] in WATTS:
        return Counted(start // QUARTER, integrated(values, info.scale, open_s), None)
    return None


def unit_of(info: SeriesInfo) -> float:
    """What a whole unit of the series' energies is, in its counter's unit or in Wh."""
    return info.scale if info.kind == Kind.COUNTER else 1.0


def _unit_w(info: SeriesInfo) -> float:
    """Watts that make one stored unit of a counter in an hour."""
    return info.scale * (1.0 if info.unit == "Wh" else _UNIT_W)


def summed(quarters: Energy, at: Wide, scale: float) -> Flow:
    """Quarter-hours as periods that begin at the indices `at`, the last of which is the end."""
    first, lengths = at[:-1], np.diff(at)
    there = quarters.marks > 0
    count = np.add.reduceat(there, first, dtype=np.int64)
    unit = scale / PARTS
    plus, minus = (
        np.where(count > 0, np.round(np.add.reduceat(np.where(there, a, 0), first) * unit, 4), np.nan)
        for a in (quarters.plus, quarters.minus)
    )
    marks = _joined(quarters.marks, at) & np.uint8(255 - Mark.KNOWN)
    return Flow(plus, minus, np.round(count / lengths, 4), marks)


def _joined(marks: Flags, at: Wide) -> Flags:
    """The marks of periods: to which of two quarters something belongs that flowed in one period is no matter."""
    open_ = marks & np.uint8(_OPEN)
    doubted = ((marks & np.uint8(Mark.INTERPOLATED)) > 0) & (open_ == 0)
    out = np.bitwise_or.reduceat(marks & np.uint8(255 - _OPEN - Mark.INTERPOLATED), at[:-1])
    edges = (open_[at[:-1]] & np.uint8(Mark.OPEN_START)) | (open_[at[1:] - 1] & np.uint8(Mark.OPEN_END))
    unsure = np.bitwise_or.reduceat(doubted, at[:-1])
    out |= np.where(unsure, np.uint8(0), edges)
    out[unsure | (edges > 0)] |= np.uint8(Mark.INTERPOLATED)
    return out


def disagree(whole: Energy, parts: list[Energy], share: float, least: int) -> NDArray[np.bool_]:
    """Quarters in which the sum of `parts` is further from `whole` than `share` of it and `least` tenths of a unit."""
    known = np.logical_and.reduce([e.marks > 0 for e in (whole, *parts)])
    net = whole.plus - whole.minus
    off = np.abs(np.sum([p.plus - p.minus for p in parts], axis=0) - net)
    found: NDArray[np.bool_] = known & (off > np.maximum(least, share * np.abs(net)))
    return found


def _marks(edges: Wide, ends: Wide, t: Wide) -> Flags:
    """A quarter is known when readings lie on both sides of its middle part; exact when near its start and its end."""
    some = (edges[1:] > t[0]) & (edges[:-1] < t[-1])
    marks = np.where(some, np.uint8(Mark.KNOWN), np.uint8(0))
    outside = np.zeros(len(some), np.bool_)
    for places, mark in ((edges[:-1], Mark.OPEN_START), (ends, Mark.OPEN_END)):
        before = np.maximum(np.searchsorted(t, places, "right") - 1, 0)
        after = np.minimum(before + 1, len(t) - 1)
        near = (np.abs(places - t[before]) <= EXACT_S) | (np.abs(t[after] - places) <= EXACT_S)
        marks[some & ~near] |= np.uint8(mark | Mark.INTERPOLATED)
        outside |= ~near & ((places < t[0]) | (places > t[-1]))
    marks[outside] &= np.uint8(255 - _OPEN)
    return marks


def pack(energy: Energy) -> bytes:
    """A row's body."""
    planes = [a.astype("<i8").view(np.uint8).reshape(-1, 8).T.tobytes() for a in (energy.plus, energy.minus)]
    press = zlib.compressobj(9, zlib.DEFLATED, -15, 9)
    return press.compress(b"".join(planes) + energy.marks.tobytes()) + press.flush()


def unpack(body: Body) -> Energy:
    """What was packed; raises Damaged."""
    try:
        raw = zlib.decompress(body, -15)
        n = len(raw) // 17
        plus, minus = (
            np.ascontiguousarray(np.frombuffer(raw, np.uint8, 8 * n, 8 * n * k).reshape(8, n).T).view("<i8").ravel()
            for k in (0, 1)
        )
        return Energy(plus.copy(), minus.copy(), np.frombuffer(raw, np.uint8, n, 16 * n).copy())
    except (ValueError, zlib.error) as e:
        raise Damaged(f"a row of energies cannot be read: {e}") from None
