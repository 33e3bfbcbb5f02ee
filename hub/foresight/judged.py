"""What a day costs that has gone one way or the other, and the best that it could have been. All by the plan's matrix.

A day that has gone is put into the matrix as it went: what devices drew into the balance, what is in batteries and cars
into their rows. What is left to the solver is the time after the day: so what is stored at its end, a car that is half
full and a run that is still to come count with what they are worth there, and in each case by the same measure.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from hub.foresight.following import Ran, flowing, kept_by_step, total_kw
from hub.plan.build import Built, build
from hub.plan.cars import Charges
from hub.plan.matrix import WISH, Arrays
from hub.plan.peaks import highest_kw
from hub.plan.problem import Appliance, Problem
from hub.plan.shape import Floats
from hub.plan.site import EXPORT, IMPORT
from hub.plan.solve import Effort, solve
from hub.plan.storage import Stores

_DONE = 0.5
"""A run that has drawn this share of its energy has happened."""
_LITTLE = 1e-3
UNLIMITED = 1e6


@dataclass(frozen=True, slots=True)
class Cost:
    """Currency. `money`: what is paid, less what is stored at the end; `wishes`: what wishes count that are missed."""

    money: float
    wishes: float

    def __sub__(self, other: Cost) -> Cost:
        return Cost(self.money - other.money, self.wishes - other.wishes)

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.money + other.money, self.wishes + other.wishes)

    def times(self, factor: float) -> Cost:
        return Cost(self.money * factor, self.wishes * factor)

    @property
    def total(self) -> float:
        return self.money + self.wishes


def best(known: Problem, effort: Effort) -> tuple[Cost, Cost]:
    """The cheapest way that is found through all of `known`, and what no way can cost less than."""
    built = build(plain(known))
    arrays = built.site.matrix.arrays()
    solved = solve(arrays, built.groups(), np.zeros(len(arrays.cost)), effort)
    cost = _paid(built, solved.x)
    return cost, replace(cost, money=cost.money - max(0.0, solved.cost - solved.bound))


def cost_of(known: Problem, ran: Ran, steps: int, effort: Effort, made_w: Floats | None = None) -> Cost:
    """Of the days of `known` when the first `steps` go as `ran`.

    `made_w`: what the panels made in them (W) where that is known; else they are held back where that pays.
    """
    problem, end = plain(known), known.start + steps * known.step_s * 1000
    left = tuple(_left(a, ran, known, steps, end) for a in problem.appliances)
    problem = replace(problem, appliances=tuple(a for a in left if a))
    built = build(problem)
    arrays = built.site.matrix.arrays()
    wear = _freeze(built, arrays, ran, steps)
    gone = _metered(built, arrays, total_kw(ran.draws, steps), steps, made_w)
    solved = solve(arrays, built.groups(), np.zeros(len(arrays.cost)), effort)
    return _paid(built, solved.x) + gone + Cost(wear, 0.0)


def plain(problem: Problem) -> Problem:
    """Without what only keeps a plan calm, and without fuses: a day that has gone is not judged by them again."""
    return replace(
        problem,
        connection=replace(problem.connection, fuse_a=0.0, unbalance_w=0.0) if problem.connection else None,
        cars=tuple(replace(c, start_cost=0.0, ramp_cost=0.0) for c in problem.cars),
        appliances=tuple(replace(a, start_cost=0.0) for a in problem.appliances),
    )


def unlimited(problem: Problem) -> Problem:
    """Without the limits of the connection: import, export, and the grid operator's signals."""
    if problem.connection is None:
        return problem
    most = np.full(problem.steps, UNLIMITED)
    return replace(
        problem, connection=replace(problem.connection, import_limit_w=most, export_limit_w=most, dimming=())
    )


def _paid(built: Built, x: Floats) -> Cost:
    paid = built.site.matrix.paid(x)
    wishes = paid.pop(WISH, 0.0)
    return Cost(sum(paid.values()), wishes)


# -- the day as it went ------------------------------------------------------------------------------------------------


def _freeze(built: Built, arrays: Arrays, ran: Ran, steps: int) -> float:
    """Takes the day out of the solver's hands; the wear of what was discharged, currency."""
    h, wear = built.site.h, 0.0
    for store in built.stores:
        _as_stored(store, arrays, ran.levels[store.battery.id], steps, h)
        wear += float(np.maximum(-ran.draws[store.battery.id], 0.0).sum()) * h * store.battery.wear
    for car in built.cars:
        drawn = ran.draws[car.car.id]
        _as_charged(car, arrays, drawn, steps, h)
        wear += float(np.maximum(-drawn, 0.0).sum()) * h * car.car.wear if car.back is not None else 0.0
    return wear


def _as_stored(store: Stores, arrays: Arrays, levels: Floats, steps: int, h: float) -> None:
    """The battery has what it had, and after the day what is left of it when nothing flows, whatever its bounds."""
    kept = kept_by_step(store.battery, h)
    levels = np.clip(levels, *flowing(store.battery))
    for cols in (store.into, store.out):
        arrays.upper[cols[:steps]] = 0.0
    rest = levels[-1] * kept ** np.arange(1, len(store.level) - steps + 1)
    there = np.concatenate((levels, rest))
    arrays.lower[store.level] = np.minimum(arrays.lower[store.level], there)
    arrays.upper[store.level] = np.maximum(arrays.upper[store.level], there)
    came = levels.copy()
    came[1:] -= levels[:-1] * kept
    rows = store.rows[:steps]
    arrays.row_lower[rows] = arrays.row_upper[rows] = came


def _as_charged(car: Charges, arrays: Arrays, drawn: Floats, steps: int, h: float) -> None:
    """The car has got what it got while it was there, as far as there is room in it."""
    known = car.car.soc is not None and car.car.capacity_wh is not None
    gain = car.car.efficiency if known else 1.0
    mine = np.flatnonzero(car.steps < steps)
    for choice in car.choices:
        arrays.upper[choice.power[mine]] = arrays.upper[choice.on[mine]] = 0.0
    if car.back is not None:
        arrays.upper[car.back[mine]] = 0.0
    least = min(car.begin_kwh, car.car.least_soc / 100 * (car.car.capacity_wh or 0.0) / 1000 if known else 0.0)
    level = 0.0
    for i in mine:
        kw = drawn[car.steps[i]]
        came = kw * gain * h if kw > 0 else kw / car.car.efficiency * h
        before = arrays.row_lower[car.rows[i]]
        came = min(came, arrays.upper[car.level[i]] - level - before)
        came = max(came, min(0.0, least - level - before)) if kw < 0 else came
        arrays.row_lower[car.rows[i]] = arrays.row_upper[car.rows[i]] = before + came
        level = max(0.0, level + before + came)


def _metered(built: Built, arrays: Arrays, drawn: Floats, steps: int, made_w: Floats | None) -> Cost:
    """What flowed over the meter in the day, as the matrix counts it; in the matrix nothing flows then."""
    site, day = built.site, slice(0, steps)
    made = site.pv[day] if made_w is None else made_w / 1000
    net = site.load[day] - made + drawn
    limit, left = site.connection.import_limit_w[day] / 1000, np.maximum(-net, 0.0)
    bought = np.clip(net, 0.0, limit)
    may, sold = arrays.upper[site.exported[day]], left
    if made_w is None:
        sold = (
            np.where(site.sell[day] < 0, 0.0, np.minimum(left, may)) if site.problem.curtail else np.minimum(left, may)
        )
        sold = np.maximum(sold, left - made) if site.problem.curtail else sold
    _silence(built, arrays, day)
    if site.peak is not None:
        highest = highest_kw(site.problem, net, np.arange(steps))
        arrays.lower[site.peak] = np.maximum(arrays.lower[site.peak], highest)
    spilt = 0.0 if site.problem.curtail else float((left - sold).sum()) * EXPORT
    beyond = float(np.maximum(net - limit, 0.0).sum()) * IMPORT
    money = float(np.sum(bought * site.buy[day] - sold * site.sell[day]))
    return Cost(money, spilt + beyond).times(site.h)


def _silence(built: Built, arrays: Arrays, day: slice) -> None:
    site = built.site
    arrays.row_lower[site.balance[day]] = arrays.row_upper[site.balance[day]] = 0.0
    for cols in (site.imported, site.exported, site.held_back):
        arrays.upper[cols[day]] = 0.0


def _left(a: Appliance, ran: Ran, known: Problem, steps: int, end: int) -> Appliance | None:
    """What is still to be done after the day; None when nothing is."""
    got_s = float(ran.draws.get(a.id, np.zeros(steps)).sum()) * known.step_s
    earliest = end if a.earliest is None else max(end, a.earliest)
    if a.kind == "run":
        parts_kws = (
            sum(p.power_w * p.duration_s for p in a.parts) / 1000 if a.parts else a.power_w * a.duration_s / 1000
        )
        return None if got_s >= _DONE * parts_kws else replace(a, earliest=earliest)
    still = a.duration_s - got_s / (a.power_w / 1000)
    return replace(a, duration_s=still, earliest=earliest) if still > _LITTLE * a.duration_s else None
