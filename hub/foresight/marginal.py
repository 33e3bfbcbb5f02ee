"""What a load costs at any time: by the prices of the plan at once, exactly by planning again with the load in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import count

import numpy as np

from hub.errors import UserError
from hub.plan.problem import Appliance, Phase, Problem
from hub.plan.result import Planned
from hub.plan.shape import Floats

SOLVES = 8
"""So many starts are planned exactly at most, besides that of now."""
WORTH_IT = 0.02
"""Currency: who saves less may as well run it now."""
_SAME = 0.05
"""The share of the saving within which starts are as good as the best."""
_ALWAYS = 1e4
_EXACT = 1e-4
"""Currency: plans that differ by less cost the same."""


@dataclass(frozen=True, slots=True)
class RunCost:
    """A run that begins at `start` (UTC ms). Currency: `cost`, what the plan's total rises by; `grid_cost`, if it were
    all bought. `exact`: planned again with the load; else by the prices of the plan, which is never too much as long
    as the plan has no whole numbers. `estimated`: some of its prices are not known yet.
    """

    start: int
    cost: float
    grid_cost: float
    exact: bool = False
    estimated: bool = False


@dataclass(frozen=True, slots=True)
class Advice:
    """Now or later. `saves`: of `best` against `now`, currency, 0 or more; `decide_by`: the last start (UTC ms) that is
    about as cheap as `best`. `costs`: of all starts, in time order.
    """

    later: bool
    now: RunCost
    best: RunCost
    saves: float
    decide_by: int
    costs: tuple[RunCost, ...]


def run_costs(
    planned: Planned,
    problem: Problem,
    power_w: float | Sequence[float],
    duration_s: float,
    window: tuple[int | None, int | None] = (None, None),
) -> list[RunCost]:
    """What a run costs for each start, by the marginal prices of `planned`, in time order.

    `power_w`: W, one number or a profile whose parts last equally long; `duration_s`: of all of it, s. `window`: not
    before and done by, UTC ms; None = the plan's own ends. Raises UserError where no start fits.
    """
    kw = profile_kw(power_w, duration_s, problem.step_s)
    first, last = _starts(problem, len(kw), window)
    hours, step_ms = problem.step_s / 3600, problem.step_s * 1000
    price = np.array([s.price for s in planned.steps])
    buy = np.array([s.buy for s in planned.steps])
    at = np.arange(first, last + 1)
    own, grid = (np.correlate(p[first : last + len(kw)], kw, "valid") * hours for p in (price, buy))
    known_until = problem.estimated_from if problem.estimated_from is not None else float("inf")
    ends = problem.start + (at + len(kw)) * step_ms
    return [
        RunCost(problem.start + int(t) * step_ms, float(c), float(g), estimated=bool(end > known_until))
        for t, c, g, end in zip(at, own, grid, ends, strict=True)
    ]


def advice(
    planned: Planned,
    problem: Problem,
    power_w: float | Sequence[float],
    duration_s: float,
    solve: Callable[[Problem], Planned],
    window: tuple[int | None, int | None] = (None, None),
) -> Advice:
    """Whether to run it now (at the first start of `window`) or later, and what that saves.

    `solve`: plans a problem; it is asked SOLVES + 2 times at most. The cost of a plan is convex in the load, so the
    prices of each plan, with the load or without it, say of every other start what it costs at least (a cutting plane).
    The start of which they say least is planned next, until none can be cheaper than the best. With whole numbers in
    the plan that is no proof, only a good order.
    """
    costs = run_costs(planned, problem, power_w, duration_s, window)
    kw = profile_kw(power_w, duration_s, problem.step_s)
    base = solve(problem).costs.total
    least = np.array([cost.cost for cost in costs])
    exact: dict[int, float] = {}
    at = 0
    while len(exact) <= SOLVES:
        told = solve(with_load(problem, kw, costs[at].start))
        exact[at] = told.costs.total - base
        by_price = np.array([cost.cost for cost in run_costs(told, problem, power_w, duration_s, window)])
        least = np.maximum(least, exact[at] + by_price - by_price[at])
        least[list(exact)] = list(exact.values())
        best = min(exact, key=lambda i: (exact[i], i))
        at = int(np.argmin(least))
        if at in exact or least[at] >= exact[best] - _EXACT:
            break
    told_costs = tuple(replace(c, cost=float(least[i]), exact=i in exact) for i, c in enumerate(costs))
    now, cheapest = told_costs[0], told_costs[best]
    saves = max(0.0, now.cost - cheapest.cost)
    later = saves >= WORTH_IT
    chosen = cheapest if later else now
    tolerance = max(WORTH_IT / 2, _SAME * saves)
    return Advice(later, now, cheapest, saves, _decide_by(told_costs, chosen, tolerance), told_costs)


def profile_kw(power_w: float | Sequence[float], duration_s: float, step_s: int) -> Floats:
    """kW by step of the plan: the mean of each, so that the energy is kept; shape (steps,). Raises UserError."""
    told = np.atleast_1d(np.asarray(power_w, float))
    if not told.size or told.ndim > 1 or not np.isfinite(told).all() or (told < 0).any() or not told.any():
        raise UserError("run: power_w must be a number of W above 0, or a list of such; correct it")
    if not 0 < duration_s <= 7 * 86_400:
        raise UserError(f"run: duration_s must be from 1 to 604800 s, not {duration_s:g}; correct it")
    edges = np.arange(int(np.ceil(duration_s / step_s - 1e-9)) + 1) * float(step_s)
    part = duration_s / len(told)
    energy = np.concatenate(([0.0], np.cumsum(told / 1000 * part)))
    kw: Floats = np.diff(np.interp(edges, np.arange(len(energy)) * part, energy)) / step_s
    return kw


def with_load(problem: Problem, kw: Floats, start: int) -> Problem:
    """The same days with one more load of `kw` by step from `start` (UTC ms, the begin of a step) on.

    It is a run that cannot move: as part of the house's load it would change what the plan thinks of the next day.
    """
    step_s = problem.step_s
    taken = {device.id for kind in (problem.batteries, problem.cars, problem.heat_pumps) for device in kind}
    taken |= {a.id for a in problem.appliances}
    run = Appliance(
        next(name for n in count() if (name := f"run {n}") not in taken),
        parts=tuple(Phase(float(power) * 1000, step_s) for power in kw),
        earliest=start,
        latest=start + len(kw) * step_s * 1000,
        skip_price=_ALWAYS,
    )
    return replace(problem, appliances=(*problem.appliances, run))


def _starts(problem: Problem, length: int, window: tuple[int | None, int | None]) -> tuple[int, int]:
    """The first and the last step that it may begin in; a step that has begun counts as now."""
    step_ms = problem.step_s * 1000
    first = 0 if window[0] is None else max(0, (window[0] - problem.start) // step_ms)
    end = problem.steps if window[1] is None else min(problem.steps, (window[1] - problem.start) // step_ms)
    last = end - length
    if last < first:
        raise UserError("run: no start fits: it takes longer than there is time; widen the window or shorten the run")
    return first, last


def _decide_by(costs: Sequence[RunCost], chosen: RunCost, tolerance: float) -> int:
    """The end of the stretch from `chosen` on in which a start costs about as little."""
    until = chosen.start
    for cost in costs:
        if cost.start > chosen.start:
            if cost.cost > chosen.cost + tolerance:
                break
            until = cost.start
    return until
