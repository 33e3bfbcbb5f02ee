"""A long past lived through once more: by the rule, and at best with perfect knowledge of a week. Pure.

`problem`: load, panels, prices and batteries of all of the past, and cars and heat pumps that somebody thinks of.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from math import exp
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from hub.plan.baseline import self_consumption
from hub.plan.build import Built, build
from hub.plan.laid import Laid
from hub.plan.peaks import highest_kw
from hub.plan.problem import WAITED, Appliance, Battery, Connection, HeatPump, Problem
from hub.plan.shape import Floats, Many, Part
from hub.plan.site import VOLT_KW, Site
from hub.plan.solve import DIVE, Solver, solve

AT_ONCE_S, AHEAD_S = 7 * 86_400, 2 * 86_400
"""So much is decided at once, with the two days after it in view."""
_WHOLE = 1e-6
_BEYOND = {"import_limit": 1.0, "export_limit": -1.0}
"""What flows over the meter beyond its limits."""
Ints = NDArray[np.int64]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Lived:
    """By step, shapes (n,): `net_kw` over the meter (+ = import), `wear` in currency, `stored_kwh` that batteries could
    give at the end of the step, `short_kwh` that a car left without, `cold_kh` K h below comfort. `begin_kwh`: stored
    at first.
    """

    net_kw: Floats
    wear: Floats
    stored_kwh: Floats
    short_kwh: Floats
    cold_kh: Floats
    begin_kwh: float


@dataclass(frozen=True, slots=True)
class Need:
    """What a visit of a car takes: `kwh` at up to `kw`, in the steps from `first` until before `last`."""

    id: str
    first: int
    last: int
    kwh: float
    kw: float


def needs_of(problem: Problem) -> list[Need]:
    """In time order. Of a visit that lasts beyond the end the share counts that lies before it."""
    step_ms, end = problem.step_s * 1000, problem.start + problem.steps * problem.step_s * 1000
    needs = []
    for car in problem.cars:
        for i, visit in enumerate(car.visits):
            first = -(-(visit.start - problem.start) // step_ms)
            last = min(problem.steps, (visit.end - problem.start) // step_ms)
            seen = min(1.0, (end - visit.start) / (visit.end - visit.start))
            kwh = seen * sum(goal.energy_wh or 0.0 for goal in visit.goals) / 1000
            if last > first:
                needs.append(Need(f"{car.id} {i}", first, last, kwh, car.max_a * VOLT_KW * max(car.phases)))
    return sorted(needs, key=lambda n: n.first)


# -- by the rule -------------------------------------------------------------------------------------------------------


def by_rule(problem: Problem) -> Lived:
    """Batteries keep the grid at zero, cars charge when they come, heat is made when it lacks."""
    site, short = Site(replace(problem, cars=())), np.zeros(problem.steps)
    net = site.load - site.pv
    for need in needs_of(problem):
        drawn = np.zeros(need.last - need.first)
        full, rest = divmod(need.kwh / site.h, need.kw)
        drawn[: int(full)] = need.kw
        if int(full) < len(drawn):
            drawn[int(full)] = rest
        net[need.first : need.last] += drawn
        short[need.last - 1] += max(0.0, need.kwh - float(drawn.sum()) * site.h)
    cold = np.zeros(problem.steps)
    for pump in problem.heat_pumps:
        drawn, lacks = _thermostat(pump, problem.steps, site.h)
        net, cold = net + drawn, cold + lacks
    wear, stored, begin = np.zeros(problem.steps), np.zeros(problem.steps), 0.0
    for b in problem.batteries:
        before = net
        net, worn, _ = self_consumption(site, b, net)
        drawn = net - before
        came = np.where(drawn > 0, drawn * b.efficiency_charge, drawn / b.efficiency_discharge) * site.h
        stored += np.cumsum(came) * b.efficiency_discharge
        wear = wear + worn
        begin += b.soc / 100 * b.capacity_wh / 1000 * b.efficiency_discharge
    return Lived(net, wear, begin + stored, short, cold, begin)


def _thermostat(pump: HeatPump, steps: int, h: float) -> tuple[Floats, Floats]:
    """kW electrical, and K h below comfort, of a pump that gives just what lacks at the end of each step.

    The store of heat is that of hub/plan/heat.py: T' = a T + (1 - a) (T_out + (gains + heat) / UA).
    """
    drawn, cold, room = np.zeros(steps), np.zeros(steps), pump.room
    if room is None:
        return drawn, cold
    kept, level = exp(-h * room.loss_w_k / room.capacity_wh_k), room.temperature
    for t in range(steps):
        around = pump.outdoor_c[t] + room.gains_w[t] / room.loss_w_k
        heat = ((room.low[t] - kept * level) / (1 - kept) - around) * room.loss_w_k
        watts = min(max(heat / pump.cop[t], 0.0), pump.max_w)
        level = kept * level + (1 - kept) * (around + watts * pump.cop[t] / room.loss_w_k)
        drawn[t], cold[t] = watts / 1000, max(0.0, room.low[t] - level) * h
    return drawn, cold


# -- at best -----------------------------------------------------------------------------------------------------------


def at_best(problem: Problem, month: Ints) -> Lived:
    """The cheapest way, a week at a time with two days more in view; each week begins as the one before ended.

    `month`: the number of the month of each step; a peak that was reached before in it costs nothing more.
    """
    n, h = problem.steps, problem.step_s / 3600
    soon, ahead = AT_ONCE_S // problem.step_s, AHEAD_S // problem.step_s
    lived = Lived(np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(n), _stored(problem))
    state, needs = problem, needs_of(problem)
    got = dict.fromkeys((need.id for need in needs), 0.0)
    for first in range(0, n, soon):
        decided, last = min(soon, n - first), min(first + soon + ahead, n)
        seen = [need for need in needs if need.first < last and need.last > first]
        seen = [need for need in seen if need.last <= last or need.first < first + decided]
        week = replace(cut(state, first, last), cars=(), appliances=_charges(problem, seen, got, first))
        if last == n:
            week = replace(week, batteries=_valued(week, month[first:last] == month[-1]))
        so_far = np.flatnonzero(month[:first] == month[first])
        built = build(replace(week, connection=_reached(week, float(highest_kw(problem, lived.net_kw, so_far).max()))))
        x = _solved(built)
        state = _kept(built, state, x, lived, slice(first, first + decided))
        for move in built.moves:
            if move.power is not None and move.steps is not None:
                got[move.appliance.id] += float(x[move.power][move.steps < decided].sum()) * h
    for need in needs:
        lived.short_kwh[need.last - 1] += max(0.0, need.kwh - got[need.id])
    return lived


def _charges(problem: Problem, needs: list[Need], got: dict[str, float], first: int) -> tuple[Appliance, ...]:
    """What is still to be charged, without a least current: as little as it is, it makes the best only better."""
    step_ms = problem.step_s * 1000
    still = ((need, need.kwh - got[need.id]) for need in needs)
    return tuple(
        Appliance(
            need.id,
            kind="level",
            power_w=need.kw * 1000,
            duration_s=kwh / need.kw * 3600,
            earliest=problem.start + max(need.first, first) * step_ms,
            latest=problem.start + need.last * step_ms,
            skip_price=kwh * WAITED,
        )
        for need, kwh in still
        if kwh > _WHOLE
    )


def _solved(built: Built) -> Floats:
    """The linear problem; whole numbers (below a price of 0) only where its answer is none."""
    arrays = built.site.matrix.arrays()
    solver = Solver(arrays)
    x, _, _ = solver.lp()
    halves = np.abs(x[solver.ints] - np.round(x[solver.ints]))
    return x if not (halves > _WHOLE).any() else solve(arrays, built.groups(), np.zeros(len(x)), DIVE).x


def _kept(built: Built, state: Problem, x: Floats, lived: Lived, at: slice) -> Problem:
    """Notes what was decided, and gives what is in the stores at its end."""
    count, h = at.stop - at.start, built.site.h
    net = x[built.site.imported] - x[built.site.exported]
    for wish in built.site.matrix.wishes:
        if wish.name in _BEYOND:
            net = net + _BEYOND[wish.name] * x[wish.cols]
    lived.net_kw[at] = net[:count]
    batteries = []
    for store in built.stores:
        b, size = store.battery, store.battery.capacity_wh / 1000
        lived.wear[at] += x[store.out[:count]] * b.wear * h
        lived.stored_kwh[at] += x[store.level[:count]] * b.efficiency_discharge
        batteries.append(min(100.0, max(0.0, float(x[store.level[count - 1]]) / size * 100)))
    pumps = []
    for heat in built.heats:
        if heat.room is not None and heat.pump.room is not None:
            lived.cold_kh[at] += np.maximum(heat.pump.room.low - x[heat.room], 0.0)[:count] * h
            pumps.append(float(x[heat.room[count - 1]]))
    return replace(
        state,
        batteries=tuple(replace(b, soc=soc) for b, soc in zip(state.batteries, batteries, strict=True)),
        heat_pumps=tuple(
            replace(p, room=replace(p.room, temperature=t)) if p.room else p
            for p, t in zip(state.heat_pumps, pumps, strict=True)
        ),
    )


def _valued(week: Problem, at: NDArray[np.bool_]) -> tuple[Battery, ...]:
    """What is left at the very end counts with the mean price of its month, as on the bill."""
    mean = float(np.mean((week.price_import + week.fee_import)[at]))
    return tuple(replace(b, end_value=max(0.0, mean * b.efficiency_discharge)) for b in week.batteries)


def _reached(problem: Problem, kw: float) -> Connection | None:
    most = problem.connection
    return replace(most, peak=replace(most.peak, reached_w=kw * 1000)) if most and most.peak else most


def _stored(problem: Problem) -> float:
    return sum(b.soc / 100 * b.capacity_wh / 1000 * b.efficiency_discharge for b in problem.batteries)


def cut(problem: Problem, first: int, last: int) -> Problem:
    """The steps from `first` until before `last` of it."""
    start = problem.start + first * problem.step_s * 1000
    return replace(_cut(problem, first, last), start=start, steps=last - first)


def _cut(part: T, first: int, last: int) -> T:
    """All of its series."""
    changes: dict[str, Any] = {}
    for f in fields(part):  # type: ignore[arg-type]
        shape, value = f.metadata["shape"], getattr(part, f.name)
        if isinstance(shape, Laid):
            changes[f.name] = value[first:last]
        elif isinstance(shape, Part) and value is not None:
            changes[f.name] = _cut(value, first, last)
        elif isinstance(shape, Many) and isinstance(shape.of, Part):
            changes[f.name] = tuple(_cut(one, first, last) for one in value)
    return replace(part, **changes)  # type: ignore[type-var]
