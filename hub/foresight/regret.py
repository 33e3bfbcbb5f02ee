"""The regret ledger: what a day cost more than the best that could have been, and whose doing that was. Pure.

The difference is split along a chain of days that might have been. Each differs from the one before in one thing only,
each costs what `judged` says, and a term is the difference of two neighbours: so the terms come to the total whatever
the day was. The order, from the best to what was (docs/regret.md says why):

    bound      nobody can do better: load, panels and prices known before, no limits of the connection
    solver     the best that the solver finds
    limits     the same inside of the limits of the connection and the grid operator's signals
    following  the same plan carried out by following the house, not by sending planned powers
    load, pv, price   planned on what was foretold at its begin: each alone and after each other, the mean of
               all six orders (Shapley), from eight plans
    people, refused, rules   what people, devices and rules did instead, one after another in time
    execution  what was: re-planning, dead times, measurement
"""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import numpy as np

from hub.foresight.day import Came, Day, came_of
from hub.foresight.following import Held, followed
from hub.foresight.judged import Cost, best, cost_of, unlimited
from hub.foresight.ledger import QUANTITIES, TERMS, WHO, Ask, Item, Ledger, Month, monthly
from hub.plan import Planned, Problem, plan
from hub.plan.solve import Effort

__all__ = ["NIGHTLY", "TERMS", "WHO", "Ask", "Day", "Item", "Ledger", "Month", "monthly", "split"]

NIGHTLY = Effort(seconds=10.0, nodes=200, gap=1e-3, tries=20)
"""For each of the plans of one ledger."""


def split(day: Day, effort: Effort = NIGHTLY) -> Ledger:
    """Raises UserError where the day does not fit its problem."""
    came = came_of(day)
    chain = _Chain(day, came, effort)
    costs, asked = chain.terms()
    total = sum(costs.values(), Cost(0.0, 0.0))
    return Ledger(
        date=day.date,
        paid=_paid(day, came),
        total=total.money,
        terms={name: costs[name].money for name in TERMS},
        wishes=total.wishes,
        wished={name: costs[name].wishes for name in TERMS},
        asks=tuple(Item(a.who, a.device, a.start, a.end, a.cause, c.money, c.wishes) for a, c in asked),
        missing=came.missing,
    )


def _paid(day: Day, came: Came) -> float:
    """For energy over the meter and wear, in the day."""
    p, steps, h = came.known, day.steps, day.problem.step_s / 3600
    pv = p.pv_w[:steps] if came.made_w is None else came.made_w
    net = (p.load_w[:steps] - pv) / 1000 + sum(came.ran.draws.values(), np.zeros(steps))
    buy, sell = (p.price_import + p.fee_import)[:steps], p.price_export[:steps]
    wear = sum(float(np.maximum(-came.ran.draws[b.id], 0.0).sum()) * b.wear for b in p.batteries)
    return float(np.sum(np.where(net > 0, net * buy, net * sell)) + wear) * h


# -- the chain ---------------------------------------------------------------------------------------------------------


class _Chain:
    """The days that might have been, each worth what it costs."""

    def __init__(self, day: Day, came: Came, effort: Effort) -> None:
        self._day, self._came, self._effort = day, came, effort
        self._foretold = frozenset(q for q in QUANTITIES if not _same(came.known, came.foretold, q))
        self._plans: dict[frozenset[str], Planned] = {}
        self._costs: dict[frozenset[str], Cost] = {}

    def terms(self) -> tuple[dict[str, Cost], list[tuple[Ask, Cost]]]:
        """Each term, and what each of the asks cost."""
        known, effort = self._came.known, self._effort
        free, bound = best(unlimited(known), effort)
        limited = best(known, effort)[0] if known.connection else free
        costs = {"solver": free - bound, "limits": limited - free, "following": self._by(frozenset()) - limited}
        costs |= {q: self._shapley(q) for q in QUANTITIES}
        asked, now = self._asked()
        costs |= {who: sum((c for a, c in asked if a.who == who), Cost(0.0, 0.0)) for who in WHO}
        was = cost_of(known, self._came.ran, self._day.steps, effort, self._came.made_w)
        return {**costs, "execution": was - now}, asked

    def _asked(self) -> tuple[list[tuple[Ask, Cost]], Cost]:
        """What each ask adds to those before it, and what the day costs with all of them."""
        now, asked = self._by(frozenset(QUANTITIES)), []
        held: tuple[Held, ...] = ()
        for ask in sorted(self._day.asks, key=lambda a: (WHO.index(a.who), a.start, a.device)):
            held = (*held, self._held(ask))
            then = self._followed(self._foretold, held)
            asked.append((ask, then - now))
            now = then
        return asked, now

    def _shapley(self, quantity: str) -> Cost:
        """What the error of one forecast costs: the mean over all orders in which the three may come in."""
        orders = list(permutations(QUANTITIES))
        cost = Cost(0.0, 0.0)
        for order in orders:
            before = frozenset(order[: order.index(quantity)])
            cost = cost + (self._by(before | {quantity}) - self._by(before))
        return cost.times(1 / len(orders))

    def _by(self, foretold: frozenset[str]) -> Cost:
        """Of the day by a plan that knew only the forecasts of `foretold`, and what came of the others."""
        which = foretold & self._foretold
        if which not in self._costs:
            self._costs[which] = self._followed(which, ())
        return self._costs[which]

    def _followed(self, foretold: frozenset[str], held: tuple[Held, ...]) -> Cost:
        known, steps = self._came.known, self._day.steps
        if foretold not in self._plans:
            self._plans[foretold] = plan(_mixed(known, self._came.foretold, foretold), self._effort)
        return cost_of(known, followed(known, self._plans[foretold], steps, held), steps, self._effort)

    def _held(self, ask: Ask) -> Held:
        """The device does in these steps what it did in the day."""
        step_ms = self._day.problem.step_s * 1000
        starts = self._day.problem.start + np.arange(self._day.steps) * step_ms
        mask = (starts + step_ms > ask.start) & (starts < ask.end)
        return Held(ask.device, mask, self._came.ran.draws.get(ask.device, np.zeros(self._day.steps)))


_FIELDS = {"load": ("load_w",), "pv": ("pv_w",), "price": ("price_import", "price_export")}


def _same(one: Problem, other: Problem, quantity: str) -> bool:
    return all(np.array_equal(getattr(one, key), getattr(other, key)) for key in _FIELDS[quantity])


def _mixed(known: Problem, foretold: Problem, quantities: frozenset[str]) -> Problem:
    """What came, but `quantities` as they were foretold."""
    return replace(known, **{key: getattr(foretold, key) for q in quantities for key in _FIELDS[q]})
