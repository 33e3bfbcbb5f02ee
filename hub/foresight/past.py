"""What if, over the house's own past: what a change would have cost or saved, month by month. Pure.

Twice, for two who would have lived in the house: by the rule (the battery covers and stores whatever comes, a car
charges when it comes, heat is made when it lacks) and at best, by somebody who knew load, sun and prices a week before.
The best is a bound: no hub comes up to it. What a hub would have made lies between the two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from hub.calendar.moments import Calendar
from hub.errors import UserError
from hub.foresight.added import wrong
from hub.foresight.change import Change
from hub.foresight.lived import Lived, at_best, by_rule
from hub.foresight.whatif import changed
from hub.plan.baseline import energy_cost
from hub.plan.peaks import highest_kw
from hub.plan.problem import Problem
from hub.plan.shape import Floats
from hub.plan.site import Site

Flags = NDArray[np.bool_]

HOW = "perfect knowledge of a week: an upper bound of what any hub can reach"
_MONEY, _KWH = 2, 1


@dataclass(frozen=True, slots=True)
class Bill:
    """`cost`: currency, energy, fees, peak and wear, less what is stored more than before; `bought_kwh`, `sold_kwh`:
    over the meter; `short_kwh` that cars left without; `cold_kh`: K below comfort times hours.
    """

    cost: float
    bought_kwh: float
    sold_kwh: float
    short_kwh: float
    cold_kh: float


@dataclass(frozen=True, slots=True)
class PastMonth:
    """`month`: YYYY-MM in local time. `rule`, `best`: what the change costs (+) or saves (-), currency. `missing`: the
    share of the steps of which something was not recorded; they count as if the house had drawn nothing.
    """

    month: str
    rule_before: Bill
    rule_after: Bill
    best_before: Bill
    best_after: Bill
    rule: float
    best: float
    missing: float


@dataclass(frozen=True, slots=True)
class Past:
    """`rule`, `best`: of all months together, currency, + = the change costs more; `how`: what `best` means."""

    months: tuple[PastMonth, ...]
    rule: float
    best: float
    how: str = HOW


def past(problem: Problem, change: Change, calendar: Calendar | None = None, outdoor_c: Floats | None = None) -> Past:
    """`problem`: all of the past, of any length: what the house drew and its panels made, prices, batteries, limits.

    NaN of load or prices is a gap; NaN of the panels counts as nothing, as inverters sleep at night. Cars, heat pumps
    and appliances that were there are in `load_w`: they stay as they were; the change may add some. Raises UserError
    where the change cannot be, or where nothing is recorded.
    """
    calendar = calendar or Calendar(ZoneInfo("UTC"))
    if problem.cars or problem.heat_pumps or problem.appliances:
        raise wrong("past", "devices of the past are part of its load; leave them out of the problem")
    missing = ~np.isfinite(problem.load_w + problem.price_import + problem.price_export)
    if missing.all():
        raise UserError("nothing is recorded of this past yet, or no price of it; ask again in some days")
    before = _without_gaps(problem, missing)
    after = changed(before, change, calendar, outdoor_c)
    month = _months(problem, calendar)
    sites = [Site(replace(p, cars=())) for p in (before, after)]
    ways = [*(by_rule(p) for p in (before, after)), *(at_best(p, month) for p in (before, after))]
    lived = list(zip([*sites, *sites], ways, strict=True))
    months = tuple(_month(int(m), month == m, lived, missing) for m in np.unique(month))
    return Past(months, round(sum(m.rule for m in months), _MONEY), round(sum(m.best for m in months), _MONEY))


def _without_gaps(problem: Problem, missing: Flags) -> Problem:
    """In a gap nothing is drawn or made, and prices are as usual."""
    return replace(
        problem,
        load_w=np.where(missing, 0.0, problem.load_w),
        pv_w=np.where(missing, 0.0, np.nan_to_num(problem.pv_w)),
        price_import=np.where(missing, np.mean(problem.price_import[~missing]), problem.price_import),
        price_export=np.where(missing, np.mean(problem.price_export[~missing]), problem.price_export),
    )


def _months(problem: Problem, calendar: Calendar) -> NDArray[np.int64]:
    """Of each step, counted from the year 0 on, by local time."""
    starts = problem.start + np.arange(problem.steps, dtype=np.int64) * problem.step_s * 1000
    days = calendar.moments(starts).day.astype("datetime64[D]")
    months: NDArray[np.int64] = days.astype("datetime64[M]").astype(np.int64) + 1970 * 12
    return months


def _month(month: int, mine: Flags, lived: Sequence[tuple[Site, Lived]], missing: Flags) -> PastMonth:
    before, after, best_before, best_after = (_bill(site, one, np.flatnonzero(mine)) for site, one in lived)
    return PastMonth(
        f"{month // 12}-{month % 12 + 1:02}",
        before,
        after,
        best_before,
        best_after,
        rule=round(after.cost - before.cost, _MONEY),
        best=round(best_after.cost - best_before.cost, _MONEY),
        missing=round(float(missing[mine].mean()), 4),
    )


def _bill(site: Site, lived: Lived, at: NDArray[np.int64]) -> Bill:
    """What is stored more at the end than at the begin counts with the mean price of the month."""
    net = lived.net_kw[at]
    before = lived.stored_kwh[at[0] - 1] if at[0] else lived.begin_kwh
    stored = float(lived.stored_kwh[at[-1]] - before) * float(site.buy[at].mean())
    cost = float((energy_cost(site, lived.net_kw) + lived.wear)[at].sum()) + _peak(site, lived, at) - stored
    sold = np.minimum(np.maximum(-net, 0.0), site.connection.export_limit_w[at] / 1000)
    return Bill(
        round(cost, _MONEY),
        round(float(np.maximum(net, 0.0).sum()) * site.h, _KWH),
        round(float(sold.sum()) * site.h, _KWH),
        round(float(lived.short_kwh[at].sum()), _KWH),
        round(float(lived.cold_kh[at].sum()), _KWH),
    )


def _peak(site: Site, lived: Lived, at: NDArray[np.int64]) -> float:
    """The charge for the highest mean of a clock interval."""
    peak = site.connection.peak
    if peak is None:
        return 0.0
    return peak.price_per_kw * max(float(highest_kw(site.problem, lived.net_kw, at).max()), peak.least_w / 1000)
