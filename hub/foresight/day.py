"""A day that is over, as the ledger needs it: what was foretold, what came, and who had which device in hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from hub.errors import UserError
from hub.foresight.following import Ran, kept_by_step
from hub.foresight.ledger import WHO, Ask
from hub.model.document import hint
from hub.plan.problem import Battery, Problem
from hub.plan.shape import Floats


@dataclass(frozen=True, slots=True)
class Day:
    """A day that is over. The steps of `problem`: the first `steps` are the day, the others the time after it.

    `problem`: as it was planned at the begin of the day, with its forecasts and with the limits that held in the day.
    `load_w`, `pv_w`, `price_import`, `price_export`: what came, in the units of Problem; at least `steps` values; those
    after them are what is known now of the time after. NaN, or no value: as foretold. `pv_w` is what the panels could
    make, `made_w` what they made where they were held back (None = all).
    `drawn_w`: W by device, as hub points are signed: batteries + = discharge, others + = consumption. `soc`: % at the
    ends of steps, by battery. Shapes (steps,); NaN of `drawn_w` counts as 0, that of `soc` is filled in between.
    """

    date: str
    problem: Problem
    steps: int
    load_w: ArrayLike
    pv_w: ArrayLike
    price_import: ArrayLike
    price_export: ArrayLike
    drawn_w: Mapping[str, ArrayLike] = field(default_factory=dict)
    soc: Mapping[str, ArrayLike] = field(default_factory=dict)
    made_w: ArrayLike | None = None
    asks: tuple[Ask, ...] = ()


@dataclass(frozen=True, slots=True)
class Came:
    """The day as data without gaps. `known`, `foretold`: the problem without heat pumps, whose draw is in the load."""

    known: Problem
    foretold: Problem
    ran: Ran
    made_w: Floats | None
    missing: float


def came_of(day: Day) -> Came:
    p, steps = day.problem, day.steps
    if not 0 < steps <= p.steps:
        raise UserError(f"day {day.date}: steps is {steps}, the problem has {p.steps}; correct one of them")
    _check_asks(day)
    told = {key: _laid(day, key, getattr(day, key)) for key in ("load_w", "pv_w", "price_import", "price_export")}
    known: dict[str, Any] = {key: np.where(np.isnan(values), getattr(p, key), values) for key, values in told.items()}
    known["load_w"], known["pv_w"] = np.maximum(known["load_w"], 0.0), np.maximum(known["pv_w"], 0.0)
    gaps = {key: np.isnan(values[:steps]) for key, values in told.items()}
    gaps["pv_w"] &= p.pv_w[:steps] > 0  # inverters sleep at night
    missing = np.any(list(gaps.values()), axis=0)
    made = None if day.made_w is None else _of_day(day, "made_w", day.made_w)
    drawn = {d.id: _of_day(day, f"drawn_w[{d.id}]", _needed(day, d.id)) for d in _devices(p)}
    for values in drawn.values():
        missing |= np.isnan(values)
    drawn = {name: np.nan_to_num(values) for name, values in drawn.items()}
    heat = sum((_onwards(drawn[pump.id], p.steps) for pump in p.heat_pumps), np.zeros(p.steps))
    bare = replace(p, heat_pumps=(), load_w=p.load_w + heat)
    known["load_w"] = known["load_w"] + heat
    return Came(
        replace(bare, **known),
        bare,
        Ran(_signed(p, drawn), {b.id: _levels(day, b, drawn[b.id]) for b in p.batteries}),
        made if made is None else np.where(np.isnan(made), known["pv_w"][:steps], made),
        float(missing.mean()),
    )


def _check_asks(day: Day) -> None:
    known = [d.id for d in _devices(day.problem)]
    for i, ask in enumerate(day.asks):
        if ask.who not in WHO:
            raise UserError(f"day {day.date}: asks[{i}].who: {ask.who!r} is not known{hint(ask.who, WHO)}")
        if ask.device not in known:
            raise UserError(f"day {day.date}: asks[{i}].device: {ask.device!r} is not planned{hint(ask.device, known)}")


def _devices(p: Problem) -> Iterator[Any]:
    yield from (*p.batteries, *p.cars, *p.heat_pumps, *p.appliances)


def _needed(day: Day, id_: str) -> ArrayLike:
    if id_ not in day.drawn_w:
        raise UserError(f"day {day.date}: drawn_w[{id_}]: is missing; give what the device drew, 0 where it rested")
    return day.drawn_w[id_]


def _laid(day: Day, key: str, values: ArrayLike) -> Floats:
    """On all steps of the problem; NaN where nothing is known."""
    told = np.atleast_1d(np.asarray(values, float))
    if told.ndim != 1 or not day.steps <= len(told) <= day.problem.steps:
        span = f"{day.steps} to {day.problem.steps}"
        raise UserError(f"day {day.date}: {key}: has shape {told.shape}; give {span} values")
    laid = np.full(day.problem.steps, np.nan)
    laid[: len(told)] = told
    return laid


def _of_day(day: Day, key: str, values: ArrayLike) -> Floats:
    told = np.atleast_1d(np.asarray(values, float))
    if told.shape != (day.steps,):
        raise UserError(f"day {day.date}: {key}: has shape {told.shape}; give {day.steps} values, NaN for a gap")
    return told


def _onwards(values: Floats, steps: int) -> Floats:
    """The time after the day as the same time of the day."""
    return np.resize(values, steps)


def _signed(p: Problem, drawn: Mapping[str, Floats]) -> dict[str, Floats]:
    """kW, + = draws, of all that is planned but heat pumps."""
    stores = {b.id for b in p.batteries}
    pumps = {h.id for h in p.heat_pumps}
    return {n: (-values if n in stores else values) / 1000 for n, values in drawn.items() if n not in pumps}


def _levels(day: Day, b: Battery, power_w: Floats) -> Floats:
    """kWh at the ends of steps: as measured; where no SoC is known at all, from what was drawn."""
    size, h = b.capacity_wh / 1000, day.problem.step_s / 3600
    soc = _of_day(day, f"soc[{b.id}]", day.soc[b.id]) if b.id in day.soc else np.full(day.steps, np.nan)
    there = np.flatnonzero(~np.isnan(soc))
    if len(there):
        at = np.concatenate(([-1], there))
        filled: Floats = np.interp(np.arange(day.steps), at, np.concatenate(([b.soc], soc[there]))) / 100 * size
        return filled
    levels, level = np.zeros(day.steps), b.soc / 100 * size
    for t, watts in enumerate(power_w):
        came = -watts * b.efficiency_charge if watts < 0 else -watts / b.efficiency_discharge
        level = min(size, max(0.0, level * kept_by_step(b, h) + came / 1000 * h))
        levels[t] = level
    return levels
