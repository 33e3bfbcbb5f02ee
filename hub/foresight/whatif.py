"""What if: the same days with something changed, and what the change costs or saves. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeVar
from zoneinfo import ZoneInfo

import numpy as np

from hub.calendar.moments import Calendar
from hub.foresight.added import new_battery, new_car, new_pump, wrong
from hub.foresight.change import Change, Move, OtherTariff, Ready, Storage, read_change
from hub.model.document import hint
from hub.plan.problem import Appliance, Battery, Car, Problem
from hub.plan.result import Doing, GivenUp, Planned
from hub.plan.shape import Floats

__all__ = ["Change", "Compared", "Moved", "changed", "compared", "read_change"]

_LEAST = 0.005
"""kWh, and currency: less is the same."""

D = TypeVar("D", Appliance, Battery, Car)


# -- what is changed ---------------------------------------------------------------------------------------------------


def changed(
    problem: Problem, change: Change, calendar: Calendar | None = None, outdoor_c: Floats | None = None
) -> Problem:
    """`problem` with all of `change`. `calendar`: whose local time hours and times of day are, UTC without one;
    `outdoor_c`: degC by step, for a heat pump that is new.

    Raises UserError where the change names what is not there, or cannot be.
    """
    calendar = calendar or Calendar(ZoneInfo("UTC"))
    if change.no_sun:
        problem = replace(problem, pv_w=np.zeros(problem.steps))
    for ready in change.ready_by:
        problem = replace(problem, cars=_readied(problem.cars, ready))
    if change.battery:
        problem = replace(problem, batteries=_resized(problem, change.battery))
    if change.reserve is not None:
        problem = replace(problem, batteries=_reserved(problem.batteries, change.reserve))
    if change.car:
        problem = replace(problem, cars=(*problem.cars, new_car(problem, change.car, calendar)))
    if change.heat_pump:
        problem = replace(problem, heat_pumps=(*problem.heat_pumps, new_pump(problem, change.heat_pump, outdoor_c)))
    if change.tariff:
        problem = _other_prices(problem, change.tariff, calendar)
    for id_ in change.skip:
        _the(problem.appliances, id_, "skip")
    kept = tuple(a for a in problem.appliances if a.id not in change.skip)
    for move in change.move:
        asked = _moved(problem, _the(problem.appliances, move.id, "move"), move)
        kept = tuple(asked if a.id == move.id else a for a in kept)
    return replace(problem, appliances=kept)


def _the(devices: tuple[D, ...], id_: str, at: str) -> D:
    for device in devices:
        if device.id == id_:
            return device
    raise wrong(at, f"{id_!r} is not in this plan" + (hint(id_, [d.id for d in devices]) if devices else ""))


# -- wishes ------------------------------------------------------------------------------------------------------------


def _readied(cars: tuple[Car, ...], ready: Ready) -> tuple[Car, ...]:
    """The first goal of the car at another time, inside of its visit."""
    car = _the(cars, ready.car, "ready_by")
    visit = next((v for v in car.visits if v.goals), None)
    if visit is None:
        raise wrong("ready_by", f"{ready.car!r} has no wish to be ready in this plan; give it one first")
    goal = visit.goals[0]
    by = ready.by if ready.by is not None else goal.by - round((ready.earlier_min or 0) * 60_000)
    if not visit.start < by <= visit.end:
        raise wrong("ready_by", f"{ready.car!r} is not there then; name a time while it is")
    goals = sorted((replace(goal, by=by), *visit.goals[1:]), key=lambda g: g.by)
    readied = replace(visit, goals=tuple(goals))
    new = replace(car, visits=tuple(readied if v is visit else v for v in car.visits))
    return tuple(new if c is car else c for c in cars)


def _reserved(batteries: tuple[Battery, ...], reserve: float) -> tuple[Battery, ...]:
    if not batteries:
        raise wrong("reserve", "there is no battery in this plan; add one with `battery`")
    return tuple(replace(b, reserve=reserve) for b in batteries)


def _moved(problem: Problem, appliance: Appliance, move: Move) -> Appliance:
    """In another window; with `start` in one that is just long enough."""
    if move.start is None:
        moved = replace(
            appliance,
            earliest=move.earliest if move.earliest is not None else appliance.earliest,
            latest=move.latest if move.latest is not None else appliance.latest,
        )
    else:
        step_ms = problem.step_s * 1000
        lasts_s = sum(p.duration_s for p in appliance.parts) if appliance.parts else appliance.duration_s
        start = problem.start + (move.start - problem.start) // step_ms * step_ms
        moved = replace(appliance, earliest=start, latest=start + -(-round(lasts_s * 1000) // step_ms) * step_ms)
    end = problem.start + problem.steps * problem.step_s * 1000
    first = problem.start if moved.earliest is None else moved.earliest
    last = end if moved.latest is None else moved.latest
    if not (first < last and problem.start < last and first < end):
        raise wrong("move", f"{move.id!r} would run outside of this plan or in no time at all; name another time")
    return moved


# -- devices -----------------------------------------------------------------------------------------------------------


def _resized(problem: Problem, storage: Storage) -> tuple[Battery, ...]:
    """What is stored above the floor, and kept for outages, stays the same in kWh as far as there is room.

    So a larger battery takes nothing from what the house has to use. Powers stay too unless they are given.
    """
    there = problem.batteries
    if not there or (storage.id is not None and storage.id not in [b.id for b in there] and storage.factor is None):
        return (*there, *new_battery(problem, storage))
    if storage.id is None and len(there) > 1:
        raise wrong("battery.id", f"is missing; name one of {', '.join(b.id for b in there)}")
    old = _the(there, storage.id or there[0].id, "battery.id")
    size = storage.capacity_wh if storage.capacity_wh is not None else old.capacity_wh * (storage.factor or 0.0)
    if size < 1:
        return tuple(b for b in there if b is not old)

    def as_much(soc: float) -> float:
        above = max(0.0, soc - old.soc_floor) * old.capacity_wh / size
        return min(max(old.soc_ceiling, soc), old.soc_floor + above)

    new = replace(
        old,
        capacity_wh=size,
        soc=as_much(old.soc),
        reserve=as_much(old.reserve) if old.reserve > old.soc_floor else old.reserve,
        max_charge_w=old.max_charge_w if storage.max_charge_w is None else storage.max_charge_w,
        max_discharge_w=old.max_discharge_w if storage.max_discharge_w is None else storage.max_discharge_w,
    )
    return tuple(new if b is old else b for b in there)


# -- prices ------------------------------------------------------------------------------------------------------------


def _other_prices(problem: Problem, tariff: OtherTariff, calendar: Calendar) -> Problem:
    n = problem.steps
    if tariff.export is not None:
        problem = replace(problem, price_export=np.full(n, tariff.export))
    if tariff.factor is not None:
        return replace(problem, price_import=problem.price_import * tariff.factor)
    if tariff.fixed is None and not tariff.hours:
        return problem
    prices = np.full(n, tariff.fixed or 0.0)
    if tariff.hours:
        starts = problem.start + np.arange(n, dtype=np.int64) * problem.step_s * 1000
        prices = np.asarray(tariff.hours)[calendar.moments(starts).minute // 60]
    return replace(problem, price_import=prices, fee_import=np.zeros(n), estimated_from=None)


# -- what it costs or saves --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Moved:
    """Of a device, `grid` for what is bought, `sold` for what is fed in, `sun` for what the panels make.

    `more_kwh`: after less before, of batteries what they take; `moved_kwh`: taken from one time and put in another.
    """

    device: str
    more_kwh: float
    moved_kwh: float


@dataclass(frozen=True, slots=True)
class Compared:
    """What a change does. Currency, + = costs more: `money`, energy, fees, peak, wear and what is stored at the end;
    `wishes`, what wishes count that are given up; `total`, both.

    `given_up`: wishes that are missed by more than before, with the difference; `met`: the other way round.
    """

    total: float
    money: float
    wishes: float
    energy: float
    moved: tuple[Moved, ...]
    given_up: tuple[GivenUp, ...]
    met: tuple[GivenUp, ...]


def compared(before: Planned, after: Planned) -> Compared:
    """Both plans over the same steps; raises UserError else."""
    if (before.start, before.step_s, len(before.steps)) != (after.start, after.step_s, len(after.steps)):
        raise wrong("compared", "the two plans are not of the same time; plan both anew")
    total = after.costs.total - before.costs.total
    wishes = after.costs.given_up - before.costs.given_up
    was, now = _missed(before), _missed(after)
    return Compared(
        total=total,
        money=total - wishes,
        wishes=wishes,
        energy=after.costs.energy - before.costs.energy,
        moved=_all_moved(before, after),
        given_up=_more(was, now),
        met=_more(now, was),
    )


def _missed(planned: Planned) -> dict[tuple[str, str], list[GivenUp]]:
    missed: dict[tuple[str, str], list[GivenUp]] = {}
    for given in planned.given_up:
        missed.setdefault((given.wish, given.device), []).append(given)
    return missed


def _more(than: dict[tuple[str, str], list[GivenUp]], now: dict[tuple[str, str], list[GivenUp]]) -> tuple[GivenUp, ...]:
    """A wish of a device may be missed several times (goals, days): their sums count, and the first and last time."""
    found = []
    for key, given in sorted(now.items()):
        amount, price = (
            sum(getattr(g, of) for g in given) - sum(getattr(g, of) for g in than.get(key, []))
            for of in ("amount", "price")
        )
        if price > _LEAST or amount > _LEAST:
            starts, ends = [g.start for g in given if g.start], [g.end for g in given if g.end]
            first, last = min(starts, default=None), max(ends, default=None)
            found.append(GivenUp(*key, round(amount, 4), given[0].unit, round(price, 5), first, last))
    return tuple(found)


def _all_moved(before: Planned, after: Planned) -> tuple[Moved, ...]:
    hours = before.step_s / 3600
    was, now = _powers(before), _powers(after)
    nothing = np.zeros(len(before.steps))
    found = []
    for name in [*was, *(n for n in now if n not in was)]:
        step = (now.get(name, nothing) - was.get(name, nothing)) / 1000 * hours
        more, all_of = float(step.sum()), float(np.abs(step).sum())
        moved = Moved(name, round(more, 3) + 0.0, round((all_of - abs(more)) / 2, 3) + 0.0)
        if abs(moved.more_kwh) > _LEAST or moved.moved_kwh > _LEAST:
            found.append(moved)
    return tuple(found)


def _powers(planned: Planned) -> dict[str, Floats]:
    """W by step, + = draws; the devices first."""
    steps = planned.steps
    names = sorted({name for step in steps for name in step.devices})
    powers = {name: np.array([_drawn(s.devices.get(name)) for s in steps]) for name in names}
    grid = np.array([s.grid_w for s in steps])
    powers["grid"], powers["sold"] = np.maximum(grid, 0.0), np.maximum(-grid, 0.0)
    powers["sun"] = np.array([s.pv_w for s in steps])
    return powers


def _drawn(doing: Doing | None) -> float:
    """W; of batteries, which alone have a task, + = charge."""
    if doing is None:
        return 0.0
    return -doing.power_w if doing.task else doing.power_w
