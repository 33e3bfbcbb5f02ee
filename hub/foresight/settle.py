"""What the planner's process does with a day that is over: its regret ledger. Pure."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from hub.foresight.day import Day
from hub.foresight.regret import split
from hub.foresight.view import Settle, Told
from hub.plan import read_problem
from hub.plan.solve import DIVE, Effort

NIGHTLY = Effort(seconds=1.0, nodes=100, gap=1e-3, tries=10)
"""Of each plan of the ledger, of which there are some twenty."""
_CENT = 0.01


def settled(asked: Settle) -> Iterator[Told]:
    """Raises UserError where the day does not fit its problem."""
    day = day_of(asked)
    quick = split(day, DIVE)
    yield Told(quick.told())
    if quick.terms["solver"] + quick.wished["solver"] > _CENT:
        yield Told(split(day, NIGHTLY).told())


def day_of(asked: Settle) -> Day:
    """Panels that were held back could have made what was foretold, or more. What was paid was with the fee that the
    problem tells apart.
    """
    problem = read_problem(asked.problem, "the problem of that day")
    foretold, made, held = problem.pv_w[: asked.steps], asked.pv_w, asked.held_back
    return Day(
        date=asked.date,
        problem=problem,
        steps=asked.steps,
        load_w=asked.load_w,
        pv_w=np.where(held, np.fmax(foretold, made), made),
        price_import=asked.price_import - problem.fee_import,
        price_export=asked.price_export,
        drawn_w=asked.drawn_w,
        soc=asked.soc,
        made_w=made if held.any() else None,
        asks=asked.asks,
    )
