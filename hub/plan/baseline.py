"""What the same days would cost without a plan: batteries that rest, and everything at once."""

from __future__ import annotations

import numpy as np

from hub.plan.appliances import Moves
from hub.plan.build import Built
from hub.plan.cars import Charges
from hub.plan.problem import Battery
from hub.plan.shape import Floats
from hub.plan.site import Site


def energy_cost(site: Site, net_kw: Floats, planned: bool = False) -> Floats:
    """Of each step, currency: what is missing is bought; what is left is sold, or held back where that would cost and
    nobody has `planned` it.
    """
    bought, left = np.maximum(net_kw, 0.0), np.maximum(-net_kw, 0.0)
    sold = np.minimum(left, site.connection.export_limit_w / 1000)
    sell = np.maximum(site.sell, 0.0) if site.problem.curtail and not planned else site.sell
    cost: Floats = (bought * site.buy - sold * sell) * site.h
    return cost


def everything_at_once(built: Built, x: Floats) -> tuple[Floats, Floats, dict[str, float]]:
    """Net draw (kW) and cost by step, and what is in the batteries at the end (kWh): cars and appliances run as soon as
    they can, the batteries keep the grid at zero. Heat is made as planned.
    """
    site = built.site
    net = site.load - site.pv + heat_kw(built, x)
    for car in built.cars:
        net = net + _car_at_once(site, car, x)
    for move in built.moves:
        net = net + _move_at_once(site, move, x)
    left = {}
    wear = np.zeros(site.n)
    for battery in site.problem.batteries:
        net, worn, level = self_consumption(site, battery, net)
        wear += worn
        left[battery.id] = level
    return net, energy_cost(site, net) + wear, left


def heat_kw(built: Built, x: Floats) -> Floats:
    total = np.zeros(built.site.n)
    for heat in built.heats:
        for cols in (heat.to_room, heat.to_tank, heat.rod):
            if cols is not None:
                total += x[cols]
    return total


def self_consumption(site: Site, b: Battery, net: Floats) -> tuple[Floats, Floats, float]:
    """The net draw with the battery that covers and stores whatever comes, its wear by step, its last level in kWh."""
    size = b.capacity_wh / 1000
    floor, ceiling, level = b.soc_floor / 100 * size, b.soc_ceiling / 100 * size, b.soc / 100 * size
    most_in, most_out, gain = b.max_charge_w / 1000, b.max_discharge_w / 1000, b.efficiency_charge
    into, out = [0.0] * site.n, [0.0] * site.n
    for t, flow in enumerate(net.tolist()):  # numbers of their own: arrays take three times as long
        if flow < 0:
            into[t] = power = min(-flow, most_in, max(0.0, ceiling - level) / gain / site.h)
            level += power * gain * site.h
        else:
            out[t] = power = min(flow, most_out, max(0.0, level - floor) * b.efficiency_discharge / site.h)
            level -= power / b.efficiency_discharge * site.h
    given = np.array(out)
    return net + np.array(into) - given, given * site.h * b.wear, level


def _car_at_once(site: Site, car: Charges, x: Floats) -> Floats:
    """As much as the plan charges in each visit, from its begin on at full power."""
    total, most = np.zeros(site.n), max(c.high_kw for c in car.choices)
    planned = sum(x[c.power] for c in car.choices)
    for visit in car.car.visits:
        mine = np.flatnonzero(site.within(visit.start, visit.end)[car.steps])
        left = float(np.sum(np.asarray(planned)[mine])) if len(mine) else 0.0
        for i in mine:
            total[car.steps[i]] = min(left, most)
            left -= min(left, most)
    return total


def _move_at_once(site: Site, move: Moves, x: Floats) -> Floats:
    total = np.zeros(site.n)
    if move.power is not None and move.steps is not None:
        left = float(x[move.power].sum())
        most = 1.0 if move.appliance.kind == "steps" else move.appliance.power_w / 1000
        for t in move.steps:
            total[t] = min(left, most) * move.each_kw
            left -= min(left, most)
        return total
    if move.is_skipped(x):
        return total
    at = 0
    for part in move.parts:
        later = part.at[part.at >= at]
        if not len(later):
            break
        at = int(later[0])
        total[at : at + len(part.profile)] += part.profile
        at += len(part.profile)
    return total
