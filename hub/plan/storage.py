"""Batteries in the matrix."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from hub.plan.matrix import Ints
from hub.plan.problem import Battery
from hub.plan.shape import Floats
from hub.plan.site import Site, middle

END, BELOW = 20.0, 2.0
"""What a kWh that lacks at the end, or below the floor for an hour, counts with."""
_FLOWS = 2e-3
"""kW: less is nothing."""
_NEVER = 1e3
_SPARE = 0.1
"""The share of a kWh's worth that is left when nothing is known to need it."""


@dataclass(frozen=True, slots=True)
class Stores:
    """The columns of a battery by step: kW in, kW out, kWh at the end; `rows`: those that carry kWh from step to step.

    `lets`: whole numbers, each with the column of a flow that there can only be where it is 1.
    """

    battery: Battery
    into: Ints
    out: Ints
    level: Ints
    rows: Ints
    lets: tuple[tuple[Ints, Ints], ...]

    def burns(self, x: Floats) -> set[int]:
        """Steps in which it charges and discharges at once."""
        return set(np.flatnonzero(np.minimum(x[self.into], x[self.out]) > _FLOWS).tolist())


def add_battery(site: Site, battery: Battery, burnt: Collection[int] = ()) -> Stores:
    m, n, h, b = site.matrix, site.n, site.h, battery
    size = b.capacity_wh / 1000
    share = b.power_share
    into = m.cols(n, 0.0, _into(site, b) * share, 0.0)
    out = m.cols(n, 0.0, b.max_discharge_w / 1000 * share, b.wear * h, pays="wear")
    begin = b.soc / 100 * size
    kept = (1 - b.loss_per_day / 100) ** (h / 24)
    rest = begin * kept ** (site.steps + 1)
    if not b.grid_charge:
        site.sun_only.append(into)
    level = m.cols(n, np.minimum(rest, b.soc_floor / 100 * size), max(begin, b.soc_ceiling / 100 * size))
    first = np.zeros(n)
    first[0] = begin * kept
    rows = m.rows(n, first, first)
    m.put(rows, level, 1.0)
    m.carry(rows, level)
    m.put(rows[1:], level[:-1], -kept)
    m.put(rows, into, -b.efficiency_charge * h)
    m.put(rows, out, h / b.efficiency_discharge)
    site.draw(b.id, into, site.steps, 1.0, range(1, site.connection.phases + 1))
    site.draw(b.id, out, site.steps, -1.0, range(1, site.connection.phases + 1))
    _limits(site, b, level, rest, size)
    lets = (
        *_curves(site, b, into, level, size, begin, b.charge_curve),
        *_curves(site, b, out, level, size, begin, b.discharge_curve),
        *_one_way(site, b, into, out, burnt),
    )
    _end(site, b, level, size)
    return Stores(b, into, out, level, rows, lets)


def _into(site: Site, b: Battery) -> Floats:
    """A battery that must not be charged from the grid takes what the panels leave."""
    most = np.full(site.n, b.max_charge_w / 1000)
    return most if b.grid_charge else np.minimum(most, site.left_kw)


def _limits(site: Site, b: Battery, level: Ints, rest: Floats, size: float) -> None:
    """Floor and ceiling bind the level; where it starts beyond them or leaks away below, they are wishes: nobody can
    move it at once. `rest`: what is in it by step when nothing flows.
    """
    m, n = site.matrix, site.n
    floor, ceiling = b.soc_floor / 100 * size, b.soc_ceiling / 100 * size
    if rest[-1] < floor:
        low = m.rows(n, floor, np.inf)
        m.put(low, level, 1.0)
        m.put(low, m.slack("soc_floor", b.id, n, BELOW * site.dear * site.h, "kWh h", site.h, site.steps), 1.0)
    if b.soc > b.soc_ceiling:
        high = m.rows(n, -np.inf, ceiling)
        m.put(high, level, 1.0)
        m.put(high, m.slack("soc_ceiling", b.id, n, BELOW * site.dear * site.h, "kWh h", site.h, site.steps), -1.0)
    if b.reserve > b.soc_floor:
        reserve = m.rows(n, b.reserve / 100 * size, np.inf)
        m.put(reserve, level, 1.0)
        m.put(reserve, m.slack("reserve", b.id, n, b.reserve_price * site.h, "kWh h", site.h, site.steps), 1.0)
    if b.full_above < b.soc_ceiling and b.full_price:
        full = m.rows(n, -np.inf, b.full_above / 100 * size)
        m.put(full, level, 1.0)
        m.put(full, m.cols(n, cost=b.full_price * site.h, pays="wear"), -1.0)


def _curves(
    site: Site, b: Battery, power: Ints, level: Ints, size: float, begin: float, curve: tuple[tuple[float, float], ...]
) -> list[tuple[Ints, Ints]]:
    """Each piece of a curve that bends downwards is a bound by itself: power <= a + slope x level before the step."""
    m, n = site.matrix, site.n
    kept = (1 - b.loss_per_day / 100) ** (n * site.h / 24)
    lets = []
    for (x0, y0), (x1, y1) in pairwise(curve):
        slope = (y1 - y0) / 1000 / ((x1 - x0) / 100 * size)
        at_zero = y0 / 1000 - slope * x0 / 100 * size
        rests = at_zero + slope * begin * (kept if slope > 0 else 1.0) < 0
        below = -at_zero - min(0.0, slope * size) if rests else 0.0
        most = np.full(n, at_zero + below)
        most[0] += slope * begin
        rows = m.rows(n, -np.inf, most)
        m.put(rows, power, 1.0)
        if slope:
            m.put(rows[1:], level[:-1], -slope)
        if rests:
            lets.append((_beyond(site, b, power, rows, below), power))
    return lets


def _beyond(site: Site, b: Battery, power: Ints, rows: Ints, below: float) -> Ints:
    """Where a battery is found beyond the place at which its curve comes to nothing it rests: the bound would be below
    0 there. `below`: by how much at most, kW.
    """
    m, n = site.matrix, site.n
    flows = m.cols(n, 0.0, 1.0, integer=True)
    m.put(rows, flows, below)
    m.put(rows, m.slack("curve", b.id, n, _NEVER * site.dear * site.h, "kWh", site.h, site.steps), -1.0)
    on = m.rows(n, -np.inf, 0.0)
    m.put(on, power, 1.0)
    m.put(on, flows, -max(b.max_charge_w, b.max_discharge_w) / 1000)
    return flows


def _one_way(site: Site, b: Battery, into: Ints, out: Ints, burnt: Collection[int]) -> list[tuple[Ints, Ints]]:
    """Only where a kWh that is lost is a gain would a plan charge and discharge at once; `burnt`: steps in which one
    was seen to.
    """
    m = site.matrix
    too_full = any(o.soc > o.soc_ceiling or (o.full_price and o.soc > o.full_above) for o in site.problem.batteries)
    both = np.flatnonzero(_paid_for_taking(site) | too_full | np.isin(site.steps, list(burnt)))
    if not len(both):
        return []
    direction = m.cols(len(both), 0.0, 1.0, integer=True)
    charge = m.rows(len(both), -np.inf, 0.0)
    m.put(charge, into[both], 1.0)
    m.put(charge, direction, -b.max_charge_w / 1000)
    give = m.rows(len(both), -np.inf, b.max_discharge_w / 1000)
    m.put(give, out[both], 1.0)
    m.put(give, direction, b.max_discharge_w / 1000)
    return [(direction, into[both])]


def _paid_for_taking(site: Site) -> NDArray[np.bool_]:
    """Steps in which one more kWh that is drawn earns."""
    unwanted = (site.sell < 0) | (site.left_kw > site.connection.export_limit_w / 1000)
    paid: NDArray[np.bool_] = (site.buy < 0) | (unwanted & (site.pv > 0) & (not site.problem.curtail))
    return paid


def _end(site: Site, b: Battery, level: Ints, size: float) -> None:
    m = site.matrix
    if b.end_soc is not None:
        row = m.rows(1, b.end_soc / 100 * size, np.inf)
        m.put(row, level[-1:], 1.0)
        m.put(row, m.slack("end_soc", b.id, 1, END * site.dear, "kWh", 1.0), 1.0)
        return
    first, then, needed = _worth(site, b)
    share = size / sum(o.capacity_wh / 1000 for o in site.problem.batteries)
    row = m.rows(1, b.soc_floor / 100 * size, b.soc_floor / 100 * size)
    m.put(row, level[-1:], 1.0)
    m.put(row, m.cols(1, 0.0, needed * share, -first, pays="stored"), -1.0)
    m.put(row, m.cols(1, 0.0, np.inf, -then, pays="stored"), -1.0)
    m.put(row, m.cols(1, cost=max(first, 0.0), pays="stored"), 1.0)


def left_worth(site: Site, b: Battery, kwh: float) -> float:
    """What is in a battery at the end, currency: what the next day will need of it counts more than the rest."""
    first, then, needed = _worth(site, b)
    usable = kwh - b.soc_floor / 100 * b.capacity_wh / 1000
    soon = min(usable, needed * b.capacity_wh / sum(o.capacity_wh for o in site.problem.batteries))
    return first * soon + then * (usable - soon)


def _worth(site: Site, b: Battery) -> tuple[float, float, float]:
    """Of a kWh that is left at the end: while the last day suggests a need for it, and beyond; and that need, kWh.

    What the house lacked in the hours of the last day is what it will lack in the next; a kWh stands in for the median
    of what those hours cost.
    """
    if b.end_value is not None:
        return b.end_value, b.end_value, np.inf
    day = min(site.n, round(24 / site.h))
    lacking = np.maximum(site.load - site.pv, 0.0)[-day:]
    buy = site.buy[-day:]
    dear = middle(buy[lacking > 0] if (lacking > 0).any() else buy)
    first = max(0.0, dear * b.efficiency_discharge - b.wear)
    sold = float(np.mean(site.sell[-day:])) * b.efficiency_discharge - b.wear if b.grid_discharge else 0.0
    then = min(first, max(sold, _SPARE * first))
    return first, then, float(lacking.sum() * site.h) / b.efficiency_discharge
