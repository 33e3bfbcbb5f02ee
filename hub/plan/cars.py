"""Charging points in the matrix."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hub.plan.matrix import Ints, Matrix
from hub.plan.problem import Car, Goal, Visit
from hub.plan.shape import Floats
from hub.plan.site import AS_WHOLE, VOLT_KW, Site

_MANY = 1e3


@dataclass(frozen=True, slots=True)
class Choice:
    """The same power with one number of phases: kW and whether it flows, in `steps`."""

    power: Ints
    on: Ints
    low_kw: float
    high_kw: float


@dataclass(frozen=True, slots=True)
class Charges:
    """The columns of a car. `steps`: those in which it is there; `level`: kWh at their ends, `rows`: that carry
    them; `back`: V2H, kW."""

    car: Car
    steps: Ints
    choices: tuple[Choice, ...]
    level: Ints
    rows: Ints
    back: Ints | None
    begin_kwh: float


def add_car(site: Site, car: Car) -> Charges | None:
    """None when it is never there."""
    there = [np.flatnonzero(site.within(v.start, v.end)) for v in car.visits]
    steps = np.concatenate([*there, np.zeros(0, int)]).astype(int)
    if not len(steps):
        _missed(site, car)
        return None
    m, n, h = site.matrix, len(steps), site.h
    choices = tuple(_choice(site, car, steps, count) for count in car.phases)
    if len(choices) > 1:
        rows = m.rows(n, -np.inf, 1.0)
        for choice in choices:
            m.put(rows, choice.on, 1.0)
    back = None
    if car.max_discharge_w:
        back = m.cols(n, 0.0, car.max_discharge_w / 1000, car.wear * h, pays="wear")
        site.draw(car.id, back, steps, -1.0, site.phases_of(max(car.phases), car.phase))
        rows = m.rows(n, -np.inf, car.max_discharge_w / 1000)
        m.put(rows, back, 1.0)
        for choice in choices:
            m.put(rows, choice.on, car.max_discharge_w / 1000)
    begin = car.soc / 100 * car.capacity_wh / 1000 if car.soc is not None and car.capacity_wh else 0.0
    level, rows = _level(site, car, there, choices, back, begin)
    _calm(m, car, steps, choices)
    if car.sun_value:
        _sunny(site, car, steps, choices)
    _goals(site, car, there, level, begin)
    return Charges(car, steps, choices, level, rows, back, begin)


def _choice(site: Site, car: Car, steps: Ints, count: int) -> Choice:
    m, n = site.matrix, len(steps)
    low, high = (amps * VOLT_KW * count for amps in (car.min_a, car.max_a))
    power, on = m.cols(n, 0.0, high), m.cols(n, 0.0, 1.0, -AS_WHOLE, integer=True)
    rows = m.rows(n, -np.inf, 0.0)
    m.put(rows, power, 1.0)
    m.put(rows, on, -high)
    rows = m.rows(n, 0.0, np.inf)
    m.put(rows, power, 1.0)
    m.put(rows, on, -low)
    site.draw(car.id, power, steps, 1.0, site.phases_of(count, car.phase))
    return Choice(power, on, low, high)


def _level(
    site: Site, car: Car, there: list[Ints], choices: tuple[Choice, ...], back: Ints | None, begin: float
) -> tuple[Ints, Ints]:
    """What is in the car, kWh; where its SoC is not known, what it has got, AC."""
    m, n, known = site.matrix, sum(map(len, there)), car.soc is not None and car.capacity_wh is not None
    most = car.capacity_wh / 1000 * car.soc_ceiling / 100 if known and car.capacity_wh else np.inf
    level = m.cols(n, 0.0, max(most, begin))
    used = np.zeros(n)
    at, driven = 0, 0.0
    for visit, steps in zip(car.visits, there, strict=True):
        driven += visit.used_wh / 1000 if at else 0.0
        if len(steps):
            used[at], driven = driven, 0.0
        at += len(steps)
    start = -used if known else np.zeros(n)
    start[0] += begin
    rows = m.rows(n, start, start)
    m.put(rows, level, 1.0)
    m.carry(rows, level)
    m.put(rows[1:], level[:-1], -1.0)
    gain = car.efficiency if known else 1.0
    for choice in choices:
        m.put(rows, choice.power, -gain * site.h)
    if back is not None:
        m.put(rows, back, site.h / car.efficiency)
        if known:
            _leaves(site, car, level, back, used, begin)
    if known and used.any():
        m.put(rows, m.slack("car_empty", car.id, n, _MANY, "kWh", 1.0, np.concatenate(there)), -1.0)
    if car.end_value:
        _ended(m, level, car.end_value)
    return level, rows


def _leaves(site: Site, car: Car, level: Ints, back: Ints, used: Floats, begin: float) -> None:
    """V2H leaves the least SoC in it. A car that comes home below it is not charged for that alone: it gives nothing
    until it is above.
    """
    m, n = site.matrix, len(level)
    kept = car.least_soc / 100 * (car.capacity_wh or 0.0) / 1000
    if begin - used.sum() >= kept:
        m.put(m.rows(n, kept, np.inf), level, 1.0)
        return
    gives = m.cols(n, 0.0, 1.0, integer=True)
    rows = m.rows(n, -np.inf, 0.0)
    m.put(rows, back, 1.0)
    m.put(rows, gives, -car.max_discharge_w / 1000)
    rows = m.rows(n, 0.0, np.inf)
    m.put(rows, level, 1.0)
    m.put(rows, gives, -kept)
    m.put(rows, m.slack("least_soc", car.id, n, _MANY, "kWh", 1.0), 1.0)


def _ended(m: Matrix, level: Ints, value: float) -> None:
    """The last level has a value: a column that is equal to it and earns."""
    row = m.rows(1, 0.0, 0.0)
    m.put(row, level[-1:], 1.0)
    m.put(row, m.cols(1, 0.0, np.inf, -value, pays="stored"), -1.0)


def _calm(m: Matrix, car: Car, steps: Ints, choices: tuple[Choice, ...]) -> None:
    """Each start and each change of power counts a little: a plan of a dozen starts serves nobody."""
    n = len(steps)
    together = np.diff(steps, prepend=steps[0] - 1) == 1
    if car.start_cost:
        for choice in choices:
            begun = m.cols(n, 0.0, 1.0, car.start_cost, pays="starts")
            rows = m.rows(n, 0.0 if not car.on else np.where(np.arange(n) == 0, -1.0, 0.0), np.inf)
            m.put(rows, begun, 1.0)
            m.put(rows, choice.on, -1.0)
            follow = np.flatnonzero(together & (np.arange(n) > 0))
            m.put(rows[follow], choice.on[follow - 1], 1.0)
    follow = np.flatnonzero(together & (np.arange(n) > 0))
    if car.ramp_cost and len(follow):
        change = m.cols(len(follow), cost=car.ramp_cost, pays="starts")
        for sign in (1.0, -1.0):
            rows = m.rows(len(follow), 0.0, np.inf)
            m.put(rows, change, 1.0)
            for choice in choices:
                m.put(rows, choice.power[follow], -sign)
                m.put(rows, choice.power[follow - 1], sign)


def _sunny(site: Site, car: Car, steps: Ints, choices: tuple[Choice, ...]) -> None:
    """What the panels leave earns what feeding it in would, and a little more; what comes from the grid nothing."""
    m, shines = site.matrix, np.flatnonzero(site.left_kw[steps] > 0)
    then = steps[shines]
    worth = np.maximum(site.sell[then], 0.0) + car.sun_value
    sunny = m.cols(len(then), 0.0, site.left_kw[then], -worth * site.h, pays="stored")
    rows = m.rows(len(then), -np.inf, 0.0)
    m.put(rows, sunny, 1.0)
    for choice in choices:
        m.put(rows, choice.power[shines], -1.0)
    site.sunny.append((then, sunny))


def _goals(site: Site, car: Car, there: list[Ints], level: Ints, begin: float) -> None:
    """What must be in it when; what cannot be is missing at its price. What was wished for a visit that is over is
    over.
    """
    at, driven = 0, 0.0
    for visit, steps in zip(car.visits, there, strict=True):
        driven += visit.used_wh / 1000 if at else 0.0
        for goal in visit.goals if visit.end > site.problem.start else ():
            by = at + int(site.within(visit.start, goal.by)[steps].sum())
            _goal(site, car, visit, goal, level, (begin, at, by, driven))
        driven = 0.0 if len(steps) else driven
        at += len(steps)


def _goal(site: Site, car: Car, visit: Visit, goal: Goal, level: Ints, when: tuple[float, int, int, float]) -> None:
    """`when`: kWh in it at first, the first step of the visit and the end of the goal among the car's steps, and the
    kWh that it has driven since it was there last.

    Of a goal that lies beyond the horizon as much is asked for as could not be charged after it.
    """
    m, (begin, at, by, driven) = site.matrix, when
    known = car.soc is not None and car.capacity_wh is not None
    gain = car.efficiency if known else 1.0
    then, in_it = _held(level, begin, by, driven if known and by == at else 0.0)
    if goal.soc is not None:
        asked, before = goal.soc / 100 * (car.capacity_wh or 0.0) / 1000, level[:0]
    else:
        before, came = _held(level, begin, at, driven if known else 0.0)
        asked = (goal.energy_wh or 0.0) / 1000 * gain + came
        then, before = (then, before) if by > at else (level[:0], level[:0])
    horizon = site.problem.start + site.n * site.problem.step_s * 1000
    later_h = max(0, min(goal.by, visit.end) - max(horizon, visit.start)) / 3_600_000
    asked -= later_h * car.max_a * VOLT_KW * max(car.phases) * gain
    row = m.rows(1, asked - in_it, np.inf)
    m.put(row, m.slack("ready_by", car.id, 1, goal.price, "kWh", 1.0), 1.0)
    if len(then):
        m.put(row, then, 1.0)
    if len(before):
        m.put(row, before, -1.0)


def _missed(site: Site, car: Car) -> None:
    """A car that is there for no whole step gets nothing of what is wished for."""
    known = car.soc is not None and car.capacity_wh is not None
    for goal in (goal for v in car.visits if v.end > site.problem.start for goal in v.goals):
        asked = (goal.energy_wh or 0.0) / 1000 * (car.efficiency if known else 1.0)
        if goal.soc is not None and goal.energy_wh is None:
            asked = max(0.0, goal.soc - (car.soc or 0.0)) / 100 * (car.capacity_wh or 0.0) / 1000
        row = site.matrix.rows(1, asked, np.inf)
        site.matrix.put(row, site.matrix.slack("ready_by", car.id, 1, goal.price, "kWh", 1.0), 1.0)


def _held(level: Ints, begin: float, steps: int, driven: float) -> tuple[Ints, float]:
    """What is in a car after so many of its steps: a column, and kWh on top of it."""
    return (level[steps - 1 : steps], -driven) if steps else (level[:0], begin)
