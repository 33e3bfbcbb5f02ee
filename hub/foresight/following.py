"""How a day would have gone by a plan: batteries follow the house by the value of a stored kWh, the rest as planned.

The executor of `core` without what takes less than a step: its dead times, ramps and waiting. field/optimiser.md,
section 5, "Hybrid executor": what is left over is stored where charge efficiency x value >= feed-in price - 1 ct, and
what lacks is covered where price - wear > value / discharge efficiency + 1 ct.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from hub.model.plan import Task
from hub.plan.problem import Battery, Car, Problem
from hub.plan.result import Doing, Planned
from hub.plan.shape import Floats
from hub.plan.site import VOLT_KW

MARGIN = 0.01
"""Currency per kWh, as in `core`: what is left over is stored up to so much below the feed-in price; what is missing is
covered against the task from so much above the value on."""
_NOTHING = Doing(0.0, None, Task.FOLLOW, value=0.0)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Ran:
    """What devices did. `draws`: kW by step and device, + = draws, of batteries too; `levels`: kWh in each battery at
    the ends of steps. All arrays have the day's steps.
    """

    draws: dict[str, Floats]
    levels: dict[str, Floats]


@dataclass(frozen=True, slots=True)
class Held:
    """A device that somebody else had in hand: where `mask` holds it draws `kw`, as far as it can; shapes (steps,)."""

    device: str
    mask: NDArray[np.bool_]
    kw: Floats


def followed(real: Problem, planned: Planned, steps: int, held: tuple[Held, ...] = ()) -> Ran:
    """The first `steps` steps of `real` (load, panels and prices as they came), carried out by `planned`.

    Planned powers of cars and appliances are kept; a car that was held back catches up as soon as it may.
    """
    draws: dict[str, Floats] = {}
    for car in real.cars:
        draws[car.id] = _car(real, car, _power(planned, car.id, steps), _of(held, car.id))
    for appliance in real.appliances:
        mine = _of(held, appliance.id)
        draws[appliance.id] = mine[-1].kw if mine else _power(planned, appliance.id, steps)
    lacks = (real.load_w - real.pv_w)[:steps] / 1000 + sum(draws.values(), np.zeros(steps))
    levels = {}
    for battery in real.batteries:
        doing = [step.devices.get(battery.id, _NOTHING) for step in planned.steps[:steps]]
        draws[battery.id], levels[battery.id] = _battery(real, battery, doing, lacks, _of(held, battery.id))
        lacks = lacks + draws[battery.id]
    return Ran(draws, levels)


def _of(held: tuple[Held, ...], device: str) -> list[Held]:
    return [h for h in held if h.device == device]


def _power(planned: Planned, device: str, steps: int) -> Floats:
    """kW by step."""
    doing = [step.devices.get(device) for step in planned.steps[:steps]]
    return np.array([d.power_w / 1000 if d else 0.0 for d in doing])


# -- batteries ---------------------------------------------------------------------------------------------------------


def _battery(real: Problem, b: Battery, doing: list[Doing], lacks: Floats, held: list[Held]) -> tuple[Floats, Floats]:
    """kW drawn (below 0 = discharge) and kWh at the end, by step. `lacks`: kW that the house draws without it."""
    n, h, size = len(lacks), real.step_s / 3600, b.capacity_wh / 1000
    kept = kept_by_step(b, h)
    draws, levels, level = np.zeros(n), np.zeros(n), b.soc / 100 * size
    forced = forced_kw(held, n)
    sun = np.maximum(real.pv_w - real.load_w, 0.0) / 1000
    most_in, most_out = _limits(real, lacks)
    low, high = flowing(b)
    floor, ceiling = max(low, b.soc_floor / 100 * size), min(high, b.soc_ceiling / 100 * size)
    for t in range(n):
        wanted = -forced[t] if not np.isnan(forced[t]) else _wanted(real, b, doing[t], float(lacks[t]), t)
        soc, share = level / size * 100, float(b.power_share[t])
        level *= kept
        if wanted < 0:
            room = max(0.0, ceiling - level) / b.efficiency_charge / h
            top = min(b.max_charge_w / 1000 * share, on_curve(b.charge_curve, soc), room, most_in[t])
            draws[t] = min(-wanted, max(0.0, top if b.grid_charge else min(top, sun[t])))
        else:
            there = max(0.0, level - floor) * b.efficiency_discharge / h
            top = min(b.max_discharge_w / 1000 * share, on_curve(b.discharge_curve, soc), there)
            top = min(top, most_out[t]) if b.grid_discharge else min(top, max(0.0, float(lacks[t])))
            draws[t] = -min(wanted, max(0.0, top))
        level += max(draws[t], 0.0) * b.efficiency_charge * h + min(draws[t], 0.0) / b.efficiency_discharge * h
        levels[t] = level
    return draws, levels


def _limits(real: Problem, lacks: Floats) -> tuple[Floats, Floats]:
    """What a battery may take and give inside of the connection's limits, kW by step."""
    n, most = len(lacks), real.connection
    if most is None:
        return np.full(n, np.inf), np.full(n, np.inf)
    return most.import_limit_w[:n] / 1000 - lacks, np.maximum(0.0, most.export_limit_w[:n] / 1000 + lacks)


def kept_by_step(b: Battery, hours: float) -> float:
    """The share of what is stored that is still there after a step."""
    return float((1 - b.loss_per_day / 100) ** (hours / 24))


def forced_kw(held: list[Held], steps: int) -> Floats:
    """kW that a device draws because somebody has it in hand; NaN where nobody has. Later ones win."""
    forced = np.full(steps, np.nan)
    for one in held:
        forced[one.mask] = one.kw[one.mask]
    return forced


def on_curve(curve: tuple[tuple[float, float], ...], soc: float) -> float:
    """Most kW at this SoC (%): the lowest of the lines through neighbouring points; without a curve any."""
    lines = ((y0 + (y1 - y0) / (x1 - x0) * (soc - x0)) / 1000 for (x0, y0), (x1, y1) in pairwise(curve))
    return max(0.0, min(lines, default=float("inf")))


def flowing(b: Battery) -> tuple[float, float]:
    """The kWh between which the lines of no curve fall below 0."""
    low, high, size = 0.0, b.capacity_wh / 1000, b.capacity_wh / 1000
    for curve in (b.charge_curve, b.discharge_curve):
        for (x0, y0), (x1, y1) in pairwise(curve):
            nothing = (x0 - y0 * (x1 - x0) / (y1 - y0)) / 100 * size if y1 != y0 else 0.0
            low, high = (max(low, nothing), high) if y1 > y0 else (low, min(high, nothing) if y1 < y0 else high)
    return low, max(low, high)


def _wanted(real: Problem, b: Battery, doing: Doing, lacks: float, t: int) -> float:
    """kW to give (+) or take: what the plan's task answers, unless the prices of the step say that following pays."""
    value, sold = doing.value or 0.0, float(real.price_export[t])
    bought = float(real.price_import[t] + real.fee_import[t])
    stores = b.efficiency_charge * value >= sold - MARGIN
    covers = bought - b.wear > value / b.efficiency_discharge + MARGIN
    task = doing.task or Task.FOLLOW
    if covers if task in (Task.HOLD, Task.CHARGE) else stores:
        return lacks
    planned = doing.power_w / 1000
    limit = real.connection.export_limit_w[t] / 1000 if real.connection else np.inf
    match task:
        case Task.HOLD:
            return min(lacks, 0.0)
        case Task.CHARGE:
            return min(lacks, planned, 0.0)
        case Task.SELL:
            return max(lacks, planned, 0.0)
        case Task.EXPORT:
            return max(lacks, 0.0) if lacks >= -limit else lacks + float(limit)
        case _:
            return lacks


# -- cars --------------------------------------------------------------------------------------------------------------


def _car(real: Problem, car: Car, planned: Floats, held: list[Held]) -> Floats:
    """As much energy as planned by the end of each step, as far as its charger can; what is held is as it was."""
    most, least = car.max_a * VOLT_KW * max(car.phases), -car.max_discharge_w / 1000
    draws, behind, forced = np.zeros(len(planned)), 0.0, forced_kw(held, len(planned))
    starts = real.start + np.arange(len(planned)) * real.step_s * 1000
    there = np.zeros(len(planned), bool)
    for visit in car.visits:
        there |= (starts >= visit.start) & (starts + real.step_s * 1000 <= visit.end)
    for t in range(len(planned)):
        due = planned[t] + behind
        if not np.isnan(forced[t]):
            draws[t] = forced[t]
        elif there[t]:
            draws[t] = min(most, max(due, min(planned[t], 0.0), least))
        behind = due - draws[t]
    return draws


def total_kw(draws: Mapping[str, Floats], steps: int) -> Floats:
    """What all devices draw together, kW by step."""
    return sum(draws.values(), np.zeros(steps))
