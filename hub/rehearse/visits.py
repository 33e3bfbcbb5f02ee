"""What cars and heat pumps of a simulated house will want: for plans, and as wishes of people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from hub.forecast.series import Floats, Series
from hub.model import Relation, Request, Source
from hub.plan.problem import Car, Goal, HeatPump, Room, Visit
from hub.rehearse.physics import SimCar, SimPump, cop
from hub.rehearse.world import CarWorld

_HELD_C = 0.05
"""A plan may be so much colder than what the thermostat keeps, as that keeps it only nearly."""


def held(values: Floats) -> Floats:
    """The last known before each NaN, the first known before all."""
    known = np.flatnonzero(~np.isnan(values))
    if not len(known):
        return values
    return values[known[np.maximum(np.searchsorted(known, np.arange(len(values)), side="right") - 1, 0)]]


@dataclass(frozen=True, slots=True)
class Trip:
    """A car is away from `leaves` until before `arrives`, UTC ms."""

    leaves: int
    arrives: int


class Visits:
    """`outdoors`: degC, of the file; foretold as it came."""

    def __init__(self, zone: ZoneInfo, outdoors: Series) -> None:
        self._zone = zone
        self._outdoors = Series(outdoors.start_ms, outdoors.seconds, held(outdoors.values))

    def trips(self, car: CarWorld, start: int, end: int) -> list[Trip]:
        """Those that touch the time from `start` until before `end` (UTC ms), in time order."""
        first = datetime.fromtimestamp(start / 1000, UTC).astimezone(self._zone).date() - timedelta(1)
        days = (first + timedelta(n) for n in range(int((end - start) // 86_400_000) + 3))
        found = [
            Trip(*(self._at(day.toordinal(), minute) for minute in (car.leaves, car.arrives)))
            for day in days
            if day.weekday() in car.days
        ]
        return [trip for trip in found if trip.leaves < end and trip.arrives > start]

    def _at(self, ordinal: int, minute: int) -> int:
        day = datetime.fromordinal(ordinal).date()
        return round(datetime.combine(day, time(minute // 60, minute % 60), self._zone).timestamp() * 1000)

    def cars(self, now: int, cars: Sequence[SimCar], reach_s: int) -> tuple[Car, ...]:
        """As problems: what is missing by the next departure, and what the days after will need."""
        return tuple(self._car(now, car, now + reach_s * 1000) for car in cars)

    def _car(self, now: int, car: SimCar, end: int) -> Car:
        control, world = car.control, car.world
        visits, since, needs = list[Visit](), now, car.needs_wh if car.there else None
        for trip in self.trips(world, now, end + 86_400_000):
            if needs is not None and trip.leaves > since:
                goals = (Goal(trip.leaves, None, needs),) if needs > 1 else ()
                visits.append(Visit(since, trip.leaves, goals))
            since, needs = trip.arrives, world.wh_per_day
            if since >= end:
                break
        return Car(
            control.device,
            tuple(v for v in visits if v.start < end),
            control.min_a,
            control.max_a,
            (min(3, control.phase_count),),
            control.phases[0],
            start_cost=0.0,
            on=car.power_w > 0,
        )

    def wishes(self, now: int, cars: Sequence[SimCar]) -> tuple[Request, ...]:
        """What people ask of their chargers: what it needs, by the next departure."""
        found = list[Request]()
        for car in cars:
            trip = next((t for t in self.trips(car.world, now, now + 8 * 86_400_000) if t.leaves > now), None)
            if not car.there or trip is None or car.needs_wh <= 1:
                continue
            point = f"{car.control.device}.target_energy"
            ends = trip.leaves
            found.append(Request(f"{point}-{ends}", point, Relation.SET, car.asked_wh, Source.PERSON, car.since, ends))
        return tuple(found)

    def outdoors(self, now: int, step_s: int, steps: int) -> Floats:
        """degC, the mean of each step."""
        each = max(1, step_s // self._outdoors.seconds)
        at = (now - self._outdoors.start_ms) // (self._outdoors.seconds * 1000) + np.arange(steps * each)
        found = self._outdoors.values[np.clip(at, 0, len(self._outdoors.values) - 1)]
        means: Floats = found.reshape(steps, each).mean(axis=1)
        return means

    def pumps(self, now: int, pumps: Sequence[SimPump], step_s: int, steps: int) -> tuple[HeatPump, ...]:
        if not pumps:
            return ()
        outdoors = self.outdoors(now, step_s, steps)
        return tuple(self._pump(pump, outdoors) for pump in pumps)

    def _pump(self, pump: SimPump, outdoors: Floats) -> HeatPump:
        world, n = pump.world, len(outdoors)
        room = Room(
            pump.room_c,
            world.capacity_wh_k,
            world.loss_w_k,
            np.full(n, world.target_c - _HELD_C),
            np.full(n, world.boost_c),
            np.full(n, world.gains_w),
        )
        cops = np.array([cop(world, t) for t in outdoors])
        return HeatPump(pump.control.device, world.max_w, 0.0, cops, cops, outdoors, room=room)
