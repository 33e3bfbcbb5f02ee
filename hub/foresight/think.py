"""What the planner's process does with a question: forecasts, the plan, and what follows from it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, fields, is_dataclass, replace
from typing import Any

import numpy as np

from hub.calendar import calendar_of
from hub.errors import UserError
from hub.forecast.candidates import Forecaster
from hub.forecast.series import Floats, Forecast, Past, Series
from hub.foresight.assemble import Known, problem_of, to_plan
from hub.foresight.forecasters import candidates_of
from hub.foresight.guess import guessed
from hub.foresight.pricing import continued, fees_ahead, known_prices
from hub.foresight.view import (
    STEP_MS,
    STEP_S,
    CarSeen,
    NowOrLater,
    PeakSeen,
    Rate,
    RunSeen,
    Settle,
    Solve,
    Thought,
    Told,
    View,
    WhatIf,
    WhatIfPast,
    Wrong,
)
from hub.foresight.warmth import pump_of
from hub.model.network import NOTHING
from hub.model.score import Quantity
from hub.plan import Planned, Problem, at_once, plan
from hub.plan.problem import Appliance, Car, Goal, HeatPump, Peak, Visit
from hub.plan.solve import QUICK, Effort
from hub.plan.write import problem_table
from hub.tariff.capacity import begins

EACH = Effort(seconds=8.0)
ALIKE = Effort(seconds=1.5, nodes=200, tries=20)
"""For several plans of one question, which has an end."""
_LIVED_DAYS = 100
_KNOWN = 0.95
"""The share of a billing period of which the power has to be known, so that nothing has to be assumed of it."""
_ABOVE_FEED_IN = 0.01
"""A kWh in a car that nobody needs by a time is worth so much more than fed in, currency/kWh: so it takes what the sun
leaves."""


def answered(question: object) -> Iterator[object]:
    """One answer, or a quick one and then a better one; none to what is no Question."""
    try:
        match question:
            case Solve():
                yield from _solved(question)
            case WhatIf():
                yield Told(_what_if(question))
            case WhatIfPast():
                yield Told(_what_if_past(question))
            case NowOrLater():
                yield Told(_now_or_later(question))
            case Rate():
                from hub.foresight.rating import rated

                yield rated(question)
            case Settle():
                from hub.foresight.settle import settled

                yield from settled(question)
    except UserError as e:
        yield Wrong(str(e))


def _solved(asked: Solve) -> Iterator[Thought]:
    view, forecasts = asked.view, foretold(asked.view)
    if not view.prices:
        yield Thought(forecasts)
        return
    problem = problem_of(view.site, known(view, forecasts))
    best = at_once(problem)
    yield _thought(asked, forecasts, problem, best)
    for effort in (QUICK, Effort(seconds=asked.seconds)):
        found = plan(problem, effort)
        if found.costs.total <= best.costs.total:
            best = found
            yield _thought(asked, forecasts, problem, best)
        if found.proven:
            break


def _thought(asked: Solve, forecasts: Mapping[Quantity, Forecast], problem: Problem, planned: Planned) -> Thought:
    view = asked.view
    made = to_plan(problem, planned, f"plan-{view.now}", view.now, asked.good_until)
    table = problem_table(problem) if asked.keep else None
    return Thought(forecasts, made, plain(planned), problem.estimated_from, table)


def _what_if(asked: WhatIf) -> Mapping[str, Any]:
    from hub.foresight.whatif import changed, compared, read_change

    change = read_change(asked.change)
    problem = _problem(asked.view)
    other = changed(problem, change, calendar_of(asked.view.site), asked.view.outdoor_c)
    now, then = plan(problem, EACH), plan(other, EACH)
    told: dict[str, Any] = plain(compared(now, then))
    return {**told, "before": now.costs.total, "after": then.costs.total}


def _what_if_past(asked: WhatIfPast) -> Mapping[str, Any]:
    from hub.foresight.past import past
    from hub.foresight.whatif import read_change

    view = asked.view
    told: dict[str, Any] = plain(past(lived(view), read_change(asked.change), calendar_of(view.site)))
    return told


def _now_or_later(asked: NowOrLater) -> Mapping[str, Any]:
    from hub.foresight.marginal import advice

    problem = _problem(asked.view)
    base = plan(problem, ALIKE)
    window = asked.start, asked.end
    return asdict(advice(base, problem, asked.power_w, asked.duration_s, lambda other: plan(other, ALIKE), window))


def _problem(view: View) -> Problem:
    if not view.prices:
        raise UserError("no prices are known, so nothing can be planned; give the house a tariff")
    return problem_of(view.site, known(view, foretold(view)))


def plain(told: Any) -> Any:
    """As JSON may hold it: without what is None."""
    if is_dataclass(told):
        told = {f.name: getattr(told, f.name) for f in fields(told)}
    if isinstance(told, dict):
        return {k: plain(v) for k, v in told.items() if v is not None}
    return [plain(v) for v in told] if isinstance(told, list | tuple) else told


# -- forecasts ---------------------------------------------------------------------------------------------------------


def foretold(view: View) -> dict[Quantity, Forecast]:
    """By quantity, by the forecaster that did best, else by the first that has an answer."""
    found: dict[Quantity, Forecast] = {}
    for quantity, past, candidates in candidates_of(view.load, view.pv):
        forecast = _first(candidates, view.use.get(quantity, ""), past, view.steps)
        if forecast is None and quantity == "pv":
            forecast = guessed(past, view.steps, view.pv_most_w)
        if forecast is not None:
            found[quantity] = forecast
    return found


def _first(candidates: Mapping[str, Forecaster], best: str, past: Past, steps: int) -> Forecast | None:
    order = [best, *candidates] if best in candidates else [*candidates]
    return next((f for name in order if (f := candidates[name](past, steps)) is not None), None)


# -- what is known -----------------------------------------------------------------------------------------------------


def known(view: View, forecasts: Mapping[Quantity, Forecast]) -> Known:
    """With what had to be assumed."""
    assumed: list[str] = [*view.not_planned]
    nothing = np.zeros(view.steps)
    buy, sell, known_until = known_prices(view.prices, view.start, view.steps)
    network = view.site.tariff.network if view.site.tariff else NOTHING
    fee = fees_ahead(network.import_fees, view.start, view.steps, view.load.zone)
    kept = [replace(f, fee=-f.fee) for f in network.export_fees]
    buy = continued(buy, view.load, view.price_import, network.import_fees)
    sell = continued(sell, view.load, view.price_export, kept)
    if np.isnan(sell).any():
        sell = np.nan_to_num(sell)
        assumed.append("nothing is earned for what is fed in: its price is not known")
    load_w = forecasts["load"].mid if "load" in forecasts else nothing
    if view.pv is not None and "pv" not in forecasts:
        assumed.append("the panels make nothing: nothing is known of them yet")
    elif view.pv is not None and forecasts["pv"].by == "guess":
        assumed.append("the panels are guessed by the sun and their inverter: nothing is known of them yet")
    return Known(
        start=view.start,
        step_s=STEP_S,
        load_w=load_w,
        pv_w=forecasts["pv"].counted_on if "pv" in forecasts else nothing,
        price_import=buy - fee,
        price_export=sell,
        fee_import=fee,
        soc=dict(view.soc),
        capacity_wh=dict(view.capacity_wh),
        reserve=dict(view.reserve),
        cars=tuple(_car(car, view, float(sell.max()) / 100_000) for car in view.cars),
        heat_pumps=_pumps(view),
        appliances=tuple(_appliance(run) for run in view.runs),
        peak=_peak(view, assumed),
        estimated_from=known_until if known_until < view.start + view.steps * STEP_MS else None,
        assumed=tuple(assumed),
    )


def _peak(view: View, assumed: list[str]) -> Peak | None:
    """What the highest power costs; `assumed` is told where it is not known how high that was."""
    charge = view.site.tariff.network.capacity if view.site.tariff else None
    if charge is None:
        return None
    seen = view.peak or PeakSeen(known=0.0)
    if seen.known < _KNOWN:
        assumed.append(f"the highest power of this {charge.period} is known of {seen.known:.0%} of it so far")
    end = view.start + view.steps * STEP_MS
    return Peak(
        charge.price_per_kw,
        charge.interval_s,
        seen.reached_w,
        charge.least_w,
        seen.begun_w,
        tuple(begins(charge, view.start, end, calendar_of(view.site))),
    )


def _monthly(view: View, start: int, end: int) -> Peak | None:
    """The same for the past, which is told month by month: a charge by the year is not part of it."""
    charge = view.site.tariff.network.capacity if view.site.tariff else None
    if charge is None or charge.period != "month":
        return None
    anew = tuple(begins(charge, start, end, calendar_of(view.site)))
    return Peak(charge.price_per_kw, charge.interval_s, least_w=charge.least_w, anew=anew)


def lived(view: View) -> Problem:
    """The last months of the house as a problem, NaN where nothing was recorded. What devices drew that are planned is
    not part of it, and what is fed in earns nothing where nobody has ever told what it earns.
    """
    load = view.load.power
    start, end = max(load.start_ms, load.end_ms - _LIVED_DAYS * 86_400_000), load.end_ms

    def of(series: Series | None) -> Floats:
        steps = (end - start) // (load.seconds * 1000)
        return series.between(start, end).values if series is not None else np.full(steps, np.nan)

    earned = of(view.price_export)
    known = Known(
        start=start,
        step_s=load.seconds,
        load_w=of(load),
        pv_w=of(view.pv.power if view.pv else None),
        price_import=of(view.price_import),
        price_export=np.nan_to_num(earned) if np.isnan(earned).all() else earned,
        soc=dict(view.soc),
        capacity_wh=dict(view.capacity_wh),
        peak=_monthly(view, start, end),
    )
    return problem_of(view.site, known)


def _car(seen: CarSeen, view: View, sell: float) -> Car:
    end = view.start + view.steps * STEP_MS
    begin = min(max(view.start, seen.earliest), end)
    goal = Goal(by=seen.by, energy_wh=seen.goal_wh)
    return Car(
        id=seen.device,
        visits=(Visit(begin, end, (goal,) if seen.goal_wh > 0 and begin < seen.by <= end else ()),),
        min_a=seen.min_a,
        max_a=seen.max_a,
        phases=seen.phases,
        phase=seen.phase,
        sun_value=_ABOVE_FEED_IN,
        on=seen.on,
    )


def _pumps(view: View) -> tuple[HeatPump, ...]:
    if view.outdoor_c is None or not view.pumps:
        return ()
    calendar = calendar_of(view.site)
    controls = {p.device: p for p in view.site.heat_pumps}
    return tuple(pump_of(controls[seen.device], seen, view, view.outdoor_c, calendar) for seen in view.pumps)


def _appliance(run: RunSeen) -> Appliance:
    return Appliance(
        id=run.device, power_w=run.power_w, duration_s=run.left_s, earliest=run.earliest, latest=run.latest
    )
