"""problem -> plan: built, solved, and told with its reasons."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

import numpy as np

from hub.plan.baseline import energy_cost, everything_at_once
from hub.plan.build import Built, build
from hub.plan.first import first
from hub.plan.matrix import WISH, Arrays, Wish
from hub.plan.peaks import floors_kw, highest_kw, peak_cost
from hub.plan.problem import Problem
from hub.plan.result import Costs, GivenUp, Highest, Planned, Step
from hub.plan.shape import Floats
from hub.plan.solve import Effort, Solved, Solver, follow, solve
from hub.plan.storage import left_worth
from hub.plan.why import Reasons

_LEAST = 1e-4
"""Wishes that are missed by less are met."""


def plan(problem: Problem, effort: Effort | None = None, tell: int | None = None) -> Planned:
    """The cheapest way through the days of `problem`. Always an answer; what cannot be is in `given_up`.

    `tell`: only so many of the first steps are told, where nobody asks for the others.
    """
    built, solved = _solved(problem, {}, effort or Effort())
    late = {m.appliance.id for m in built.moves if m.appliance.latest is not None and m.is_skipped(solved.x)}
    if late:  # rare, and many whole numbers: so only when there was no room for it in time
        built, solved = _solved(problem, {}, effort or Effort(), late)
    burnt = {s.battery.id: s.burns(solved.x) for s in built.stores}
    if any(burnt.values()):
        # rare, and many whole numbers: so only when it is seen, first there, then wherever it might be
        built, solved = _solved(problem, burnt, effort or Effort(), late)
        if any(s.burns(solved.x) for s in built.stores):
            built, solved = _solved(problem, dict.fromkeys(burnt, range(problem.steps)), effort or Effort(), late)
    return told(built, solved, tell)


def at_once(problem: Problem) -> Planned:
    """A plan without any search, for when there is no time for a better one (see `first`)."""
    built = build(problem)
    arrays = built.site.matrix.arrays()
    return told(built, follow(arrays, *first(built)))


def _solved(
    problem: Problem, burnt: Mapping[str, Collection[int]], effort: Effort, late: Collection[str] = ()
) -> tuple[Built, Solved]:
    built = build(problem, burnt, late)
    arrays = built.site.matrix.arrays()
    late = built.late(len(arrays.cost))
    solved = solve(arrays, built.groups(), late, effort, built.covers() if arrays.integer.any() else None)
    turned = built.site.turned(solved.x)
    return built, solved if turned is None else _again(arrays, solved, turned, late)


def _again(arrays: Arrays, solved: Solved, x: Floats, late: Floats) -> Solved:
    """The same with the whole numbers of `x`, where that costs less."""
    solver = Solver(arrays)
    whole = np.round(x[solver.ints])
    if solver.tried(whole, whole) is None:
        return solved
    _, price, cost = solver.lp(whole, whole)
    return replace(solved, x=solver.tidied(late, cost), price=price, cost=cost) if cost < solved.cost else solved


def told(built: Built, solved: Solved, tell: int | None = None) -> Planned:
    """The solver's numbers as a plan."""
    site, problem = built.site, built.site.problem
    tell = site.n if tell is None else min(tell, site.n)
    reasons = Reasons(built, solved, tell)
    flow = reasons.flow
    cost = energy_cost(site, flow.net, planned=True) + _wear(built, solved.x)
    rested = energy_cost(site, flow.net + flow.batteries)
    net_once, once, levels = everything_at_once(built, solved.x)
    costs = _costs(built, solved)

    def left(levels: Mapping[str, float]) -> float:
        return sum(left_worth(site, s.battery, levels[s.battery.id]) for s in built.stores)

    begin = {s.battery.id: s.battery.soc / 100 * s.battery.capacity_wh / 1000 for s in built.stores}
    end = {s.battery.id: float(solved.x[s.level[-1]]) for s in built.stores}
    mine = float(cost.sum()) + costs.peak - left(end)
    resting = float(rested.sum()) + peak_cost(problem, flow.net + flow.batteries) - left(begin)
    hasty = float(once.sum()) + peak_cost(problem, net_once) - left(levels)
    powers = (flow.net, site.load, site.pv - flow.held_back, flow.held_back)
    prices = (site.buy, site.sell, reasons.price, cost, rested, once)
    told = (
        [[watts(v) for v in each[:tell].tolist()] for each in powers],
        [[money(v) for v in each[:tell].tolist()] for each in prices],
    )
    (grid, load, pv, held_back), (buy, sell, price, planned, nothing, all_at_once) = told
    steps = tuple(
        Step(
            start=problem.start + t * problem.step_s * 1000,
            grid_w=grid[t],
            load_w=load[t],
            pv_w=pv[t],
            held_back_w=held_back[t],
            buy=buy[t],
            sell=sell[t],
            price=price[t],
            binds=reasons.binds(t),
            cost=planned[t],
            nothing=nothing[t],
            at_once=all_at_once[t],
            devices=reasons.doing(t),
        )
        for t in range(tell)
    )
    constant = _floor(built)
    return Planned(
        start=problem.start,
        step_s=problem.step_s,
        costs=costs,
        bound=money(solved.bound - constant),
        how=solved.how,
        proven=solved.done,
        saves_nothing=money(resting - mine),
        saves_at_once=money(hasty - mine),
        given_up=tuple(given for wish in site.matrix.wishes if (given := _given_up(built, solved.x, wish))),
        assumed=problem.assumed,
        steps=steps,
        highest=_highest(built, flow.net),
    )


def watts(kw: float) -> float:
    """Whole W, never -0."""
    return round(kw * 1000) + 0.0


def money(value: float) -> float:
    """1e-5 currency units."""
    return round(float(value), 5) + 0.0


def _wear(built: Built, x: Floats) -> Floats:
    wear = np.zeros(built.site.n)
    for store in built.stores:
        wear += x[store.out] * store.battery.wear * built.site.h
    for car in built.cars:
        if car.back is not None:
            wear[car.steps] += x[car.back] * car.car.wear * built.site.h
    return wear


def _floor(built: Built) -> float:
    """What the peaks cost that were reached before: in the solver's sum, but not in this plan's."""
    peak = built.site.connection.peak
    return peak.price_per_kw * float(floors_kw(built.site.problem, peak).sum()) if peak else 0.0


def _highest(built: Built, net_kw: Floats) -> Highest | None:
    peak, problem = built.site.connection.peak, built.site.problem
    if peak is None:
        return None
    before, planned = floors_kw(problem, peak)[0], highest_kw(problem, net_kw, built.site.steps)[0]
    return Highest(watts(before), watts(planned), peak.price_per_kw)


def _costs(built: Built, solved: Solved) -> Costs:
    site, paid = built.site, built.site.matrix.paid(solved.x)
    grams = site.problem.co2_g / 1000 * site.problem.co2_price
    co2 = float(np.sum(solved.x[site.imported] * grams) * site.h)
    parts = {
        "energy": paid.get("import", 0.0) + paid.get("export", 0.0) - co2,
        "peak": paid.get("peak", 0.0) - _floor(built),
        "wear": paid.get("wear", 0.0),
        "starts": paid.get("starts", 0.0),
        "co2": co2,
        "given_up": paid.get(WISH, 0.0),
        "stored": paid.get("stored", 0.0),
    }
    return Costs(total=money(sum(parts.values())), **{k: money(v) for k, v in parts.items()})


def _given_up(built: Built, x: Floats, wish: Wish) -> GivenUp | None:
    missed = x[wish.cols]
    amount = float(missed.sum()) * wish.amount
    if amount < _LEAST:
        return None
    arrays_cost = built.site.matrix.cost_of(wish.cols)
    at = wish.steps[missed * wish.amount > _LEAST / 10]
    at = at[at >= 0]
    problem = built.site.problem
    step_ms = problem.step_s * 1000
    start, end = (
        (problem.start + int(at[0]) * step_ms, problem.start + (int(at[-1]) + 1) * step_ms) if len(at) else (None, None)
    )
    return GivenUp(wish.name, wish.device, round(amount, 4), wish.unit, money(float(missed @ arrays_cost)), start, end)
