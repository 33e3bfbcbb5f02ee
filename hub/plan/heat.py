"""Heat pumps with a room and a tank in the matrix.

A store of heat with loss UA and capacity C goes towards what is around it: after h hours of heat Q
T' = a T + (1 - a) (T_out + Q / UA), a = exp(-h UA / C): the exact answer for a step of constant heat.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp

import numpy as np

from hub.plan.matrix import Ints
from hub.plan.problem import HeatPump, Room, Tank
from hub.plan.shape import Floats
from hub.plan.site import AS_WHOLE, Site, middle

_KEPT = 0.6
"""The share of its cost that heat is worth that is left at the end: the rest leaks away before it is needed."""
_HOT = 0.04
"""The share of the price of a K of discomfort that one above what is allowed counts with, where hygiene wants it."""
_COLDEST = -60.0
_MAINS = 10.0
"""degC of the water that comes into the tank."""
_NO_WATER = 100.0
"""What a kWh of heat counts with that is wanted and cannot be drawn: only what is impossible is given up."""
_BLOCK_S = 1800.0
"""On and off are decided for so long at least: a compressor wants it, and a plan needs no more."""


@dataclass(frozen=True, slots=True)
class Heats:
    """The columns of a heat pump by step: kW electrical to each store, kW of the rod, degC at the ends; `on`: whether
    it runs, and `on_in`: the one of each step; `hot`: at which of the times the tank is hot enough once. `carried`: of
    each store the rows that carry its warmth from step to step, and the K that a kW gives it in each.
    """

    pump: HeatPump
    to_room: Ints | None
    to_tank: Ints | None
    rod: Ints | None
    room: Ints | None
    tank: Ints | None
    on: Ints | None
    on_in: Ints | None
    hot: Ints | None
    carried: tuple[tuple[Ints, Floats], ...]


def add_heat_pump(site: Site, pump: HeatPump) -> Heats:
    m, n = site.matrix, site.n
    most = pump.max_w / 1000
    to_room = m.cols(n, 0.0, most) if pump.room else None
    to_tank = m.cols(n, 0.0, most) if pump.tank else None
    rod = m.cols(n, 0.0, pump.tank.rod_w / 1000) if pump.tank and pump.tank.rod_w else None
    phases = site.phases_of(pump.phases, pump.phase)
    for cols in (to_room, to_tank, rod):
        if cols is not None:
            site.draw(pump.id, cols, site.steps, 1.0, phases)
    parts = [cols for cols in (to_room, to_tank) if cols is not None]
    on, on_in = _runs(site, pump, parts)
    carried: list[tuple[Ints, Floats]] = []
    room = _room(site, pump, pump.room, to_room, carried) if pump.room and to_room is not None else None
    tank, hot = None, None
    if pump.tank and to_tank is not None:
        tank, hot = _tank(site, pump, pump.tank, to_tank, rod, carried)
    return Heats(pump, to_room, to_tank, rod, room, tank, on, on_in, hot, tuple(carried))


def _runs(site: Site, pump: HeatPump, parts: list[Ints]) -> tuple[Ints | None, Ints | None]:
    """On and off, and by step, where it cannot run on as little as it likes or as shortly; else only its most."""
    m, n, most = site.matrix, site.n, pump.max_w / 1000
    if not (pump.min_w or pump.min_on_s or pump.min_off_s):
        rows = m.rows(n, -np.inf, most)
        for cols in parts:
            m.put(rows, cols, 1.0)
        return None, None
    block = -(-round(max(pump.min_on_s, _BLOCK_S)) // site.problem.step_s)
    on = m.cols(-(-n // block), 0.0, 1.0, -AS_WHOLE, integer=True)
    on_in = on[site.steps // block]
    for factor, low, high in ((most, -np.inf, 0.0), (pump.min_w / 1000, 0.0, np.inf)):
        rows = m.rows(n, low, high)
        for cols in parts:
            m.put(rows, cols, 1.0)
        m.put(rows, on_in, -factor)
    pause = -(-round(pump.min_off_s) // (site.problem.step_s * block))
    lasting(site, on, pump.on, pump.start_cost, 1, pause)
    return on, on_in


def lasting(site: Site, on: Ints, was: bool, start_cost: float, run: int, pause: int, closed: bool = False) -> None:
    """Starts of an on-off device: what starts stays on for `run` columns at least, what stops is off for `pause`.

    `closed`: it must be off after the last column; else a run may go on beyond it.
    """
    m, n = site.matrix, len(on)
    may = np.arange(n) + run <= n if closed and run > 1 else np.ones(n)
    begun = m.cols(n, 0.0, may, start_cost, pays="starts")
    first = np.zeros(n)
    first[0] = -1.0 if was else 0.0
    rows = m.rows(n, first, np.inf)
    m.put(rows, begun, 1.0)
    m.put(rows, on, -1.0)
    m.put(rows[1:], on[:-1], 1.0)
    if run > 1:
        # who started in the last `run` columns is on
        rows = m.rows(n, -np.inf, 0.0)
        m.put(rows, on, -1.0)
        for back in range(min(run, n)):
            m.put(rows[back:], begun[: n - back], 1.0)
    if pause > 1:
        # who starts in the next `pause` columns is off now
        rows = m.rows(n, -np.inf, 1.0)
        m.put(rows, on, 1.0)
        for ahead in range(1, min(pause, n - 1) + 1):
            m.put(rows[: n - ahead], begun[ahead:], 1.0)


@dataclass(frozen=True, slots=True)
class Warmth:
    """A store of heat from step to step, degC: `kept` of what it was, `gained` without the heat pump, and `per_kw`.

    `low`: the lower end of comfort.
    """

    begin: float
    kept: float
    gained: Floats
    per_kw: Floats
    low: Floats

    @staticmethod
    def of_room(site: Site, pump: HeatPump, room: Room) -> Warmth:
        kept = exp(-site.h * room.loss_w_k / room.capacity_wh_k)
        gained = (1 - kept) * (pump.outdoor_c + room.gains_w / room.loss_w_k)
        return Warmth(room.temperature, kept, gained, (1 - kept) * 1000 * pump.cop / room.loss_w_k, room.low)

    @staticmethod
    def of_tank(site: Site, pump: HeatPump, tank: Tank) -> Warmth:
        kept = exp(-site.h * tank.loss_w_k / tank.capacity_wh_k)
        gained = (1 - kept) * tank.cellar - site.h * tank.draw_w / tank.capacity_wh_k
        return Warmth(tank.temperature, kept, gained, site.h * 1000 * pump.cop_tank / tank.capacity_wh_k, tank.low)

    def rows(self, site: Site, level: Ints, heat: Ints) -> Ints:
        """What carries `level` from step to step."""
        m, gained = site.matrix, self.gained.copy()
        gained[0] += self.kept * self.begin
        rows = m.rows(site.n, gained, gained)
        m.put(rows, level, 1.0)
        m.carry(rows, level)
        m.put(rows[1:], level[:-1], -self.kept)
        m.put(rows, heat, -self.per_kw)
        return rows


def _room(site: Site, pump: HeatPump, room: Room, heat: Ints, carried: list[tuple[Ints, Floats]]) -> Ints:
    level, warmth = site.matrix.cols(site.n, -np.inf, np.inf), Warmth.of_room(site, pump, room)
    carried.append((warmth.rows(site, level, heat), warmth.per_kw))
    _comfort(site, pump.id, level, room.low, room.high, room.price, "room")
    _left(site, level, room.low, room.high, room.capacity_wh_k, float(np.mean(pump.cop)))
    return level


def _tank(
    site: Site, pump: HeatPump, tank: Tank, heat: Ints, rod: Ints | None, carried: list[tuple[Ints, Floats]]
) -> tuple[Ints, Ints | None]:
    m, n, h = site.matrix, site.n, site.h
    level = m.cols(n, _COLDEST, np.inf)
    warmth = Warmth.of_tank(site, pump, tank)
    rows = warmth.rows(site, level, heat)
    carried.append((rows, warmth.per_kw))
    if rod is not None:
        m.put(rows, rod, -h * 1000 / tank.capacity_wh_k)
    _not_drawn(site, pump.id, level, rows, tank)
    high = max(tank.high, tank.hygiene_c or 0.0)
    _comfort(site, pump.id, level, tank.low, np.full(n, high), tank.price, "tank")
    if high > tank.high:  # it may be so hot once, and not for the sake of a cheap hour
        once = m.rows(n, -np.inf, tank.high)
        m.put(once, level, 1.0)
        m.put(once, m.cols(n, cost=_HOT * tank.price * h), -1.0)
    _left(site, level, tank.low, np.full(n, tank.high), tank.capacity_wh_k, float(np.mean(pump.cop_tank)))
    return level, _once_hot(site, pump.id, level, tank) if tank.hygiene_c is not None else None


def _not_drawn(site: Site, device: str, level: Ints, rows: Ints, tank: Tank) -> None:
    """Where more is drawn than the water can give, some is not: it gets no colder than what comes from the mains."""
    m, drawn = site.matrix, tank.draw_w / 1000
    most = float(np.sum(drawn)) * site.h * 1000 / tank.capacity_wh_k
    if tank.temperature - most > _MAINS:
        return
    coldest = m.rows(site.n, min(_MAINS, tank.temperature, tank.cellar), np.inf)
    m.put(coldest, level, 1.0)
    lacking = m.slack("hot_water", device, site.n, _NO_WATER * site.h, "kWh", site.h, site.steps)
    m.put(rows, lacking, -site.h * 1000 / tank.capacity_wh_k)
    bounded = m.rows(site.n, -np.inf, drawn)
    m.put(bounded, lacking, 1.0)


def _comfort(site: Site, device: str, level: Ints, low: Floats, high: Floats, price: float, place: str) -> None:
    m, n = site.matrix, site.n
    rows = m.rows(n, low, high)
    m.put(rows, level, 1.0)
    for name, sign in (("cold", 1.0), ("warm", -1.0)):
        m.put(rows, m.slack(f"{place}_{name}", device, n, price * site.h, "K h", site.h, site.steps), sign)


def _left(site: Site, level: Ints, low: Floats, high: Floats, capacity_wh_k: float, cop: float) -> None:
    """Heat above the lower end of comfort saves some of what would be bought after the end; what lacks below it must be
    bought then.
    """
    m = site.matrix
    each = max(0.0, middle(site.buy) / cop * capacity_wh_k / 1000 * _KEPT)
    spare = m.cols(1, 0.0, max(0.0, float(high[-1] - low[-1])), -each, pays="stored")
    row = m.rows(1, float(low[-1]), np.inf)
    m.put(row, level[-1:], 1.0)
    m.put(row, spare, -1.0)
    m.put(row, m.cols(1, cost=each / _KEPT, pays="stored"), 1.0)


def _once_hot(site: Site, device: str, level: Ints, tank: Tank) -> Ints:
    """At the end of one of the hours until then it is hot enough."""
    m = site.matrix
    end = tank.hygiene_by or site.problem.start + site.n * site.problem.step_s * 1000
    inside = np.flatnonzero(site.within(site.problem.start, end))
    each = max(1, round(1 / site.h))
    at = inside[each - 1 :: each] if len(inside) >= each else inside[-1:]
    once = m.rows(1, 1.0, np.inf)
    missed = m.slack("hygiene", device, 1, 20.0, "", 1.0)
    m.put(once, missed, 1.0)
    chosen = m.cols(len(at), 0.0, 1.0, integer=True)
    m.put(np.repeat(once, len(at)), chosen, 1.0)
    hot = float(tank.hygiene_c or 0.0)
    rows = m.rows(len(at), _COLDEST, np.inf)
    m.put(rows, level[at], 1.0)
    m.put(rows, chosen, _COLDEST - hot)
    return chosen
