"""The Board: the latest value of every point, its age, and bounded subscriptions to changes."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from hub.model import Clock, Column, Device, Kind, LinkState, Measurement, Point, Quality, Quantity, Value
from hub.model.point import FRACTION

STALE = "stale"


@dataclass(frozen=True, slots=True)
class Reading:
    """A point's latest measurement, seen at one moment. `value` is None unless it may be used as a number now."""

    value: Value | None
    at: int
    quality: str


@dataclass(frozen=True, slots=True)
class LinkStatus:
    state: LinkState
    since: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Slot:
    """A point's latest measurement as the core and the ring see it: the stored integer and what it means.

    `until`: UTC ms after which it is stale. `stored` is None while nothing may be used as a number.
    """

    measurement: Measurement
    stored: int | None
    value: Value | None
    until: float

    @staticmethod
    def of(m: Measurement, quantity: Quantity) -> Slot:
        if m.value is None or m.quality is Quality.INVALID:
            return Slot(m, None, None, m.at)
        stored = quantity.quantise(m.value)
        return Slot(m, stored, quantity.restore(stored), m.at + quantity.max_age_s * 1000)


class Fractions:
    """What a point was at each part of the second that has just gone by."""

    def __init__(self, parts: int) -> None:
        self._parts = parts
        self._noted: deque[tuple[int, int]] = deque(maxlen=4 * parts)

    def note(self, at: int, stored: int) -> None:
        self._noted.append((at, stored))

    def before(self, t: int, point: str) -> dict[str, int]:
        """Stored integers of the parts between the second before `t` (UTC ms) and `t`, where one was measured."""
        found = {}
        for at, stored in self._noted:
            part = -(-(at - t + 1000) * self._parts // 1000)
            if 0 < part < self._parts:
                found[f"{point}{FRACTION}{part}/{self._parts}"] = stored
        return found


class Subscription:
    """Changed points since the last `get`. Gauges coalesce, so the backlog is bounded by the number of points."""

    def __init__(self) -> None:
        self._changed: set[str] = set()
        self._wake = asyncio.Event()

    def mark(self, points: Iterable[str]) -> None:
        self._changed.update(points)
        self._wake.set()

    async def get(self) -> frozenset[str]:
        """Ids of all points that changed since the last call; waits for the first."""
        await self._wake.wait()
        return self.take()

    async def settled(self, tick_s: float) -> frozenset[str]:
        """Like `get`, but waits on to the next whole tick: who is told of everything at once is told less often."""
        changed = await self.get()
        await asyncio.sleep(tick_s - asyncio.get_running_loop().time() % tick_s)
        return changed | self.take()

    def take(self) -> frozenset[str]:
        """Ids of all points that changed since the last call, possibly none."""
        self._wake.clear()
        changed, self._changed = frozenset(self._changed), set()
        return changed


class Board:
    """Latest value per point. Implements the drivers' Sink; everything that reads the house reads it here."""

    def __init__(
        self, clock: Clock, on_link: Callable[[str, LinkStatus], None] = lambda _device, _status: None
    ) -> None:
        self._clock = clock
        self._on_link = on_link
        self._points: dict[str, Point] = {}
        self._latest: dict[str, Slot] = {}
        self._stale: set[str] = set()
        self._stored: dict[str, int] = {}
        self._values: dict[str, Value] = {}
        """what is fresh, as stored integers and in base units"""
        self._fresh_until = math.inf
        """UTC ms; before that nothing of it passes its age limit"""
        self._subscriptions: set[Subscription] = set()
        self.changes = 0
        """counts up with every change, so that what was made of the same state is made once"""
        self._fractions: dict[str, Fractions] = {}
        self.devices: dict[str, Device] = {}
        self.links: dict[str, LinkStatus] = {}

    # -- what drivers call -------------------------------------------------------------------------------------------

    def expect(self, device: Device) -> None:
        """A device of the site document, before it has answered."""
        self._place(device)
        self.links[device.id] = LinkStatus(LinkState.CONNECTING, self._clock.now())

    def record(self, device: str, step_ms: int) -> None:
        """The powers and currents of this device are kept every `step_ms`, a whole part of a second."""
        for point in self.devices[device].points:
            if point.quantity.kind is Kind.GAUGE and point.quantity.unit in ("W", "A"):
                self._fractions[point.id] = Fractions(1000 // step_ms)

    def seen(self, device: Device) -> None:
        self._place(device)
        if self.links[device.id].state is not LinkState.UP:
            self._link(device.id, LinkStatus(LinkState.UP, self._clock.now()))

    def lost(self, device: str, reason: str) -> None:
        """All values of a lost device are stale at once, whatever their age limit."""
        if self.links[device].state is not LinkState.LOST:
            self._link(device, LinkStatus(LinkState.LOST, self._clock.now(), reason))
            self.gone(p.id for p in self.devices[device].points if p.quantity.kind is not Kind.INTENT)

    def put(self, measurements: Iterable[Measurement]) -> None:
        changed = []
        for m in measurements:
            if m.point not in self._points:
                raise KeyError(f"measurement of unknown point {m.point!r}")
            point = self._points[m.point]
            self._latest[m.point] = slot = Slot.of(_in_range(m, point), point.quantity)
            self._stale.discard(m.point)
            self._keep(slot)
            changed.append(m.point)
        self._tell(changed)

    def gone(self, points: Iterable[str]) -> None:
        """These points have no value any more, whatever their age limit; they keep the time of their last one."""
        fresh = [p for p in points if p in self._latest and p not in self._stale]
        self._stale.update(fresh)
        for point in fresh:
            self._drop(point)
        self._tell(fresh)

    # -- what readers call -------------------------------------------------------------------------------------------

    @property
    def points(self) -> Mapping[str, Point]:
        return self._points

    def read(self, point: str) -> Reading:
        """The point's value now; raises KeyError for a point that does not exist."""
        if point not in self._points:
            raise KeyError(point)
        slot = self._latest.get(point)
        if slot is None:
            return Reading(None, 0, STALE)
        m = slot.measurement
        if slot.stored is None:
            return Reading(None, m.at, Quality.INVALID)
        if point in self._stale or self._clock.now() > slot.until:
            return Reading(None, m.at, STALE)
        return Reading(m.value, m.at, m.quality)

    def snapshot(self, points: Iterable[str] | None = None) -> dict[str, Reading]:
        return {p: self.read(p) for p in (self._points if points is None else points)}

    def freeze(self, t: int) -> tuple[Column, dict[str, Value]]:
        """The second's column, and what it means in base units: what is not fresh is absent in both.

        Points that have just passed their age limit are announced to subscribers as stale.
        """
        now = self._clock.now()
        if now > self._fresh_until:
            self._age(now)
        stored, values = self._stored.copy(), self._values.copy()
        for point, fractions in self._fractions.items():
            stored.update(fractions.before(t, point))
        return Column(t, stored), values

    @contextmanager
    def subscribe(self) -> Iterator[Subscription]:
        subscription = Subscription()
        self._subscriptions.add(subscription)
        try:
            yield subscription
        finally:
            self._subscriptions.discard(subscription)

    # -- helpers -----------------------------------------------------------------------------------------------------

    def _place(self, device: Device) -> None:
        self.devices[device.id] = device
        self._points.update({p.id: p for p in device.points})

    def _keep(self, slot: Slot) -> None:
        point = slot.measurement.point
        if slot.stored is None or slot.value is None:
            self._drop(point)
            return
        self._stored[point], self._values[point] = slot.stored, slot.value
        self._fresh_until = min(self._fresh_until, slot.until)
        if point in self._fractions:
            self._fractions[point].note(slot.measurement.at, slot.stored)

    def _drop(self, point: str) -> None:
        self._stored.pop(point, None)
        self._values.pop(point, None)

    def _age(self, now: int) -> None:
        until = {point: self._latest[point].until for point in self._stored}
        self.gone([point for point, end in until.items() if now > end])
        self._fresh_until = min((end for end in until.values() if now <= end), default=math.inf)

    def _link(self, device: str, status: LinkStatus) -> None:
        self.links[device] = status
        self._on_link(device, status)

    def _tell(self, points: list[str]) -> None:
        if points:
            self.changes += 1
            for subscription in self._subscriptions:
                subscription.mark(points)


def _in_range(m: Measurement, point: Point) -> Measurement:
    """A number outside the vocabulary's physical range, or not a number at all, is invalid, never passed on."""
    q = point.quantity
    if isinstance(m.value, str):
        known = not q.choices or m.value in q.choices
        return m if known else Measurement(m.point, None, m.at, Quality.INVALID)
    if m.value is None or _within(float(m.value), q.low, q.high):
        return m
    return Measurement(m.point, None, m.at, Quality.INVALID)


def _within(value: float, low: float | None, high: float | None) -> bool:
    return (low is None or value >= low) and (high is None or value <= high) and not math.isnan(value)
