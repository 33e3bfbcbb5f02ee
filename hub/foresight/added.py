"""Devices that a house does not have yet, as the planner would have them."""

from __future__ import annotations

from datetime import date
from itertools import count

import numpy as np

from hub.calendar.moments import Calendar
from hub.errors import UserError
from hub.foresight.change import NewCar, NewHeatPump, Storage
from hub.foresight.warmth import cop_at
from hub.plan.problem import Battery, Car, Goal, HeatPump, Problem, Room, Visit
from hub.plan.shape import Floats

_DAY_MIN = 1440
_C_RATE = 0.5
_SPARE = 1.3
"""A heat pump that is chosen new has so much more than the coldest hour needs."""
_BAND_K = 2.0
"""So much warmer than least it may be indoors."""


def new_battery(problem: Problem, storage: Storage) -> tuple[Battery, ...]:
    """Empty at first: what is in it has to be paid for."""
    if storage.capacity_wh is None:
        raise wrong("battery.factor", "there is no battery to be larger; give capacity_wh")
    if storage.capacity_wh < 1:
        return ()
    usual, floor = _C_RATE * storage.capacity_wh, 5.0
    return (
        Battery(
            id=storage.id or free_id(problem, "battery"),
            capacity_wh=storage.capacity_wh,
            soc=floor,
            soc_floor=floor,
            max_charge_w=usual if storage.max_charge_w is None else storage.max_charge_w,
            max_discharge_w=usual if storage.max_discharge_w is None else storage.max_discharge_w,
            power_share=np.ones(problem.steps),
        ),
    )


def new_car(problem: Problem, car: NewCar, calendar: Calendar) -> Car:
    end = problem.start + problem.steps * problem.step_s * 1000
    visits = []
    for start, until in visits_of(car, problem.start, end, calendar):
        goal = Goal(by=until, energy_wh=car.kwh_per_day * 1000)
        visits.append(Visit(start=max(start, problem.start), end=until, goals=(goal,)))
    return Car(id=free_id(problem, "car"), visits=tuple(visits), max_a=car.max_a, phases=(car.phases,))


def visits_of(car: NewCar, start: int, end: int, calendar: Calendar) -> list[tuple[int, int]]:
    """[from, until) of its visits that overlap `start` to `end`, UTC ms: one for each local day on which it comes."""
    over = _DAY_MIN if car.depart < car.arrive else 0
    first, last = calendar.date_at(start).toordinal() - 1, calendar.date_at(end).toordinal()
    days = [date.fromordinal(n) for n in range(first, last + 1)]
    spans = [(calendar.at(day, car.arrive), calendar.at(day, car.depart + over)) for day in days]
    return [(a, b) for a, b in spans if b > start and a < end and b > a]


def new_pump(problem: Problem, new: NewHeatPump, outdoor_c: Floats | None) -> HeatPump:
    """The house as one store of heat that begins at its least temperature.

    Told by kWh it loses the same at all times, else by what it is colder outdoors.
    """
    outdoor = np.full(problem.steps, new.outdoor_c) if outdoor_c is None else outdoor_c
    if new.loss_w_k is None:
        steady = (new.heat_kwh_per_day or 0.0) * 1000 / 24
        loss_w_k, gains, around = 1.0, np.full(problem.steps, -steady), np.full(problem.steps, new.indoor_c)
    else:
        loss_w_k, gains, around = new.loss_w_k, np.zeros(problem.steps), outdoor
    cop = cop_at(outdoor) if new.cop is None else np.full(problem.steps, new.cop)
    needed = np.maximum(loss_w_k * (new.indoor_c - around) - gains, 0.0) / cop
    room = Room(
        temperature=new.indoor_c,
        capacity_wh_k=new.capacity_wh_k,
        loss_w_k=loss_w_k,
        low=np.full(problem.steps, new.indoor_c),
        high=np.full(problem.steps, new.indoor_c + _BAND_K),
        gains_w=gains,
    )
    return HeatPump(
        id=free_id(problem, "heat_pump"),
        max_w=max(100.0, _SPARE * float(needed.max())) if new.max_w is None else new.max_w,
        cop=cop,
        cop_tank=cop,
        outdoor_c=around,
        room=room,
    )


def free_id(problem: Problem, name: str) -> str:
    kinds = (problem.batteries, problem.cars, problem.heat_pumps, problem.appliances)
    taken = {device.id for kind in kinds for device in kind}
    return next(id_ for n in count(1) if (id_ := name if n == 1 else f"{name} {n}") not in taken)


def wrong(at: str, message: str) -> UserError:
    return UserError(f"what-if: {at}: {message}")
