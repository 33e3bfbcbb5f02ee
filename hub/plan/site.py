"""The house in the matrix: the balance of each step, the grid connection, its fuses, limits and charges.

kW, kWh and hours inside. balance: import - export - held back + discharge - draws = load - pv.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from hub.plan.matrix import Ints, Matrix
from hub.plan.peaks import floors_kw, intervals
from hub.plan.problem import Connection, Dimming, Problem
from hub.plan.shape import Floats

FUSE, IMPORT, DIMMED, EXPORT = 100.0, 80.0, 60.0, 40.0
"""What a kWh beyond a limit counts with, in times of the dearest price: what must not be given up first costs most."""
VOLT_KW = 0.23
_FLOWS = 1e-3
"""kW: less is nothing."""
AS_WHOLE = 3e-6
"""Currency that a step counts less in which a device is on. Of all shares of a step that its power allows the LP then
takes the greatest, which is a whole one wherever the least power flows, and less is left to be decided."""


@dataclass(frozen=True, slots=True)
class Draw:
    """`cols` draw `kw` a unit in `steps` from each of `phases` in equal parts; below 0 = they give."""

    device: str
    cols: Ints
    steps: Ints
    kw: Floats
    phases: tuple[int, ...]
    flexible: bool = True


class Site:
    """What all devices of a problem share. `steps`: 0 to n-1; `h`: hours of a step; `left_kw`: panels beyond the load;
    `to_grid`: kW, the most that may be fed in; `buy`, `sell`: of a kWh with fees and CO2, currency; `dear`: the
    greatest of them, 1 at least, so that limits count more than any price of any currency. `ways`: steps in which the
    direction over the meter is to be chosen, and the columns that are 1 where the house draws.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem, self.matrix = problem, Matrix()
        self.connection = problem.connection or Connection(np.full(problem.steps, 1e6), np.full(problem.steps, 1e6))
        self.n, self.h = problem.steps, problem.step_s / 3600
        self.steps = np.arange(self.n)
        self.load, self.pv = problem.load_w / 1000, problem.pv_w / 1000
        self.left_kw = np.maximum(self.pv - self.load, 0.0)
        self.buy = problem.price_import + problem.fee_import + problem.co2_g / 1000 * problem.co2_price
        self.sell = problem.price_export
        self.dear = max(1.0, *(float(np.abs(prices).max()) for prices in (self.buy, self.sell)))
        self.draws: list[Draw] = []
        self.sunny: list[tuple[Ints, Ints]] = []
        """of each car that likes the sun: steps, and what it takes of what the panels leave in them, kW"""
        self.sun_only: list[Ints] = []
        """by battery that must not be charged from the grid: what goes into it, kW by step"""
        self.peak: Ints | None = None
        """by billing period: the highest mean import, kW"""
        self.ways = np.zeros(0, int), np.zeros(0, int)
        self._fed: Ints | None = None
        self._bought_and_sold()

    def _bought_and_sold(self) -> None:
        m, net = self.matrix, self.load - self.pv
        most = self.connection
        to_grid = most.export_limit_w / 1000
        givers = [*self.problem.batteries, *(c for c in self.problem.cars if c.max_discharge_w)]
        self._may_feed = {b.id for b in self.problem.batteries if b.grid_discharge}
        if givers and not self._may_feed:
            to_grid = np.minimum(to_grid, self.left_kw)
        self.to_grid = to_grid
        self._some_may_feed = 0 < len(self._may_feed) < len(givers)
        self.imported = m.cols(self.n, 0.0, most.import_limit_w / 1000, self.buy * self.h, pays="import")
        self.exported = m.cols(self.n, 0.0, to_grid, -self.sell * self.h, pays="export")
        self.held_back = m.cols(self.n, 0.0, self.pv if self.problem.curtail else 0.0)
        self.balance = m.rows(self.n, net, net)
        self.beyond = self._beyond("import_limit", IMPORT)
        m.put(self.balance, self.imported, 1.0)
        m.carry(self.balance, self.imported)
        m.put(self.balance, self.beyond, 1.0)
        m.put(self.balance, self.exported, -1.0)
        m.put(self.balance, self.held_back, -1.0)
        if not self.problem.curtail:
            spilt = self._beyond("export_limit", EXPORT)
            m.put(self.balance, spilt, -1.0)
            panels = m.rows(self.n, -np.inf, self.left_kw)
            m.put(panels, spilt, 1.0)
            if givers and not self._may_feed:
                m.put(panels, self.exported, 1.0)
        if any(c.max_discharge_w for c in self.problem.cars):
            # a car that charges must take its least current: what it gave before has to go somewhere
            self._fed = self._beyond("feed_in", IMPORT)
            m.put(self.balance, self._fed, -1.0)
        self._one_direction(to_grid)

    def _one_direction(self, to_grid: Floats) -> None:
        """Only where a kWh earns more than it costs would a plan buy and sell at once."""
        m, both = self.matrix, np.flatnonzero(self.sell > self.buy)
        if not len(both):
            return
        drawn, given = most_flows(self.problem)
        # with room, so that these bounds set no price
        most = np.minimum(self.connection.import_limit_w[both] / 1000, self.load[both] + drawn + 1.0)
        into = np.minimum(to_grid[both], self.pv[both] + given + 1.0)
        direction = m.cols(len(both), 0.0, 1.0, integer=True)
        self.ways = both, direction
        bought = m.rows(len(both), -np.inf, 0.0)
        m.put(bought, self.imported[both], 1.0)
        m.put(bought, direction, -most)
        sold = m.rows(len(both), -np.inf, into)
        m.put(sold, self.exported[both], 1.0)
        m.put(sold, direction, into)

    def turned(self, x: Floats) -> Floats | None:
        """With each step's direction over the meter as its net flow goes; None where it does already.

        A direction that was rounded the wrong way would be told as a limit that was broken.
        """
        steps, direction = self.ways
        net = (self.load - self.pv + x[self.held_back])[steps]
        for draw in self.draws:
            flow = np.zeros(self.n)
            np.add.at(flow, draw.steps, x[draw.cols] * draw.kw)
            net += flow[steps]
        must_go = (self.left_kw[steps] > 0) & (not self.problem.curtail)
        wrong = np.where(x[direction] > 0.5, net < np.where(must_go, _FLOWS, -_FLOWS), net > _FLOWS)
        if not wrong.any():
            return None
        right = x.copy()
        right[direction[wrong]] = 1.0 - np.round(x[direction[wrong]])
        return right

    def draw(
        self, device: str, cols: Ints, steps: Ints, kw: Floats | float, phases: Sequence[int], flexible: bool = True
    ) -> None:
        """The columns take part in the balance of their steps."""
        spread = np.broadcast_to(np.asarray(kw, float), cols.shape)
        self.matrix.put(self.balance[steps], cols, -spread)
        self.draws.append(Draw(device, cols, steps, spread, tuple(phases), flexible))

    def phases_of(self, count: int, phase: int) -> tuple[int, ...]:
        """The conductors of a device with `count` phases, from `phase` on."""
        there = self.connection.phases
        first = min(phase, there) - 1
        return tuple(sorted((first + i) % there + 1 for i in range(min(count, there))))

    def close(self) -> None:
        """When all devices are there: what holds for all of them together."""
        if self.connection.peak:
            self._charged_for_the_peak()
        if self.connection.fuse_a or self.connection.unbalance_w:
            self._phases()
        for signal in self.connection.dimming:
            self._dimmed(signal)
        if self._some_may_feed:
            self._kept_in_the_house(self.steps, self._may_feed, self._may_feed)
        self._spared_from_cars()
        self._sun_shared()
        # a kWh spilt counts so much that stores would be emptied over the limit to burn some by their losses
        spilling = np.flatnonzero(self.left_kw * 1000 > self.connection.export_limit_w)
        if len(spilling) and not self.problem.curtail:
            self._kept_in_the_house(spilling, set(), {b.id for b in self.problem.batteries})

    def _spared_from_cars(self) -> None:
        """What cars charge comes from the grid or the panels, not from the batteries that do not feed them."""
        cars, spared = {c.id for c in self.problem.cars}, {b.id for b in self.problem.batteries if not b.feeds_cars}
        there = [d.steps for d in self.draws if d.device in cars]
        if spared and there:
            others = {b.id for b in self.problem.batteries} - spared
            self._kept_in_the_house(np.flatnonzero(np.bincount(np.concatenate(there))), others | cars, cars | spared)

    def _sun_shared(self) -> None:
        """What the panels leave is there once: for all cars that like it, and for all batteries that get nothing else.

        Of panels that are held back by a share, a battery gets no more than what that share leaves of it.
        """
        m = self.matrix
        if len(self.sunny) > 1:
            rows = m.rows(self.n, -np.inf, self.left_kw)
            for steps, cols in self.sunny:
                m.put(rows[steps], cols, 1.0)
        if self.sun_only:
            rows = m.rows(self.n, -np.inf, self.left_kw)
            m.put(rows, self.held_back, self.left_kw / np.maximum(self.pv, 1e-9))
            for cols in self.sun_only:
                m.put(rows, cols, 1.0)

    def _kept_in_the_house(self, steps: Ints, free: set[str], not_to: set[str]) -> None:
        """In these steps all stores but the `free` ones give what the house lacks, instead of panels that are held back
        too, and what its devices draw, but nothing to the stores `not_to`, which would pass it on.
        """
        place = np.full(self.n, -1)
        place[steps] = np.arange(len(steps))
        rows = self.matrix.rows(len(steps), -np.inf, np.maximum(self.load - self.pv, 0.0)[steps])
        self.matrix.put(rows, self.held_back[steps], -1.0)
        if self._fed is not None:
            self.matrix.put(rows, self._fed[steps], -1.0)
        for draw in self.draws:
            gives = bool((draw.kw < 0).any())
            here = place[draw.steps] >= 0
            if draw.device not in (free if gives else not_to):
                self.matrix.put(rows[place[draw.steps][here]], draw.cols[here], -draw.kw[here])

    def _charged_for_the_peak(self) -> None:
        peak = self.connection.peak
        assert peak is not None
        m, each = self.matrix, intervals(self.problem, peak, self.steps)
        floors = floors_kw(self.problem, peak)
        self.peak = m.cols(len(floors), floors, np.inf, peak.price_per_kw, pays="peak")
        rows = m.rows(len(each.share), -np.inf, -each.begun_kw)
        m.put(rows[each.which], self.imported, each.share[each.which])
        m.put(rows, self.peak[each.period], -1.0)

    def at_the_peak(self, x: Floats) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """The steps whose interval is as high as any of its billing period may be that is paid for."""
        peak, found = self.connection.peak, np.zeros(self.n, bool)
        if peak is None or self.peak is None or not peak.price_per_kw:
            return found
        each = intervals(self.problem, peak, self.steps)
        found[:] = (each.means_kw(x[self.imported]) >= x[self.peak][each.period] - _FLOWS)[each.which]
        return found

    def _phases(self) -> None:
        """Over each phase flows its share of load and panels, and what hangs at it, in or out; a fuse that all of it
        together cannot blow sets nothing, and is left out.
        """
        m, there, most = self.matrix, self.connection.phases, self.matrix.uppers()
        fuse = self.connection.fuse_a * VOLT_KW or np.inf
        flows = [np.full(self.n, -1) for _ in range(there)]
        for f, flow in enumerate(flows):
            drawn, given = (np.flatnonzero(self._most_over(f, most, way) > fuse) for way in (1.0, -1.0))
            blows = np.flatnonzero(np.isin(self.steps, np.concatenate([drawn, given])))
            steps = self.steps if self.connection.unbalance_w else blows
            if len(steps):
                flow[steps] = self._over(f, steps)
            if len(blows):
                beyond = np.zeros(self.n, int)
                beyond[blows] = self._beyond(f"fuse_l{f + 1}", FUSE, blows)
                for some, way in ((drawn, 1.0), (given, -1.0)):
                    rows = m.rows(len(some), -np.inf, fuse)
                    m.put(rows, flow[some], way)
                    m.put(rows, beyond[some], -1.0)
        if self.connection.unbalance_w:
            most_w = self.connection.unbalance_w / 1000
            for a, b in combinations(flows, 2):
                rows = m.rows(self.n, -most_w, most_w)
                for flow, sign in ((a, 1.0), (b, -1.0)):
                    m.put(rows, flow, sign)
                    m.put(rows, self._beyond("unbalance", EXPORT), -sign)

    def _most_over(self, phase: int, uppers: Floats, way: float) -> Floats:
        """What could flow over a phase, kW by step: in (`way` 1) with everything on and the panels held back, out (-1)
        with nothing on but what gives.
        """
        load, pv = self._shares(phase)
        most: Floats = way * (load * self.load - pv * self.pv) + (pv * uppers[self.held_back] if way > 0 else 0.0)
        for draw in self.draws:
            if phase + 1 in draw.phases:
                there = np.flatnonzero(way * draw.kw > 0)
                np.add.at(most, draw.steps[there], abs(draw.kw[there]) * uppers[draw.cols[there]] / len(draw.phases))
        return most

    def _over(self, phase: int, steps: Ints) -> Ints:
        """What flows over a phase, kW, in these steps."""
        m, (load, pv) = self.matrix, self._shares(phase)
        fixed = (load * self.load - pv * self.pv)[steps]
        rows, flow = m.rows(len(steps), fixed, fixed), m.cols(len(steps), -np.inf, np.inf)
        m.put(rows, flow, 1.0)
        m.carry(rows, flow)
        if pv:
            m.put(rows, self.held_back[steps], -pv)
        place = np.full(self.n, -1)
        place[steps] = np.arange(len(steps))
        for draw in self.draws:
            if phase + 1 in draw.phases:
                here = place[draw.steps] >= 0
                m.put(rows[place[draw.steps][here]], draw.cols[here], -draw.kw[here] / len(draw.phases))
        return flow

    def _shares(self, phase: int) -> tuple[float, float]:
        """Of the load and of the panels."""
        load, pv = (
            shares(s, self.connection.phases)[phase] for s in (self.problem.load_shares, self.problem.pv_shares)
        )
        return load, pv

    def _beyond(self, name: str, times: float, steps: Ints | None = None) -> Ints:
        """How far a limit is broken in each step, kW."""
        at = self.steps if steps is None else steps
        return self.matrix.slack(name, "", len(at), times * self.dear * self.h, "kWh", self.h, at)

    def _dimmed(self, signal: Dimming) -> None:
        """The limit is on what comes from the grid, so what the panels leave may be drawn on top of it."""
        hit = np.flatnonzero(self.within(signal.start, signal.end, touched=True))
        if not len(hit):
            return
        place = np.full(self.n, -1)
        place[hit] = np.arange(len(hit))
        m = self.matrix
        rows = m.rows(len(hit), -np.inf, signal.limit_w / 1000 + self.left_kw[hit])
        beyond = m.slack("dimming", "", len(hit), DIMMED * self.dear * self.h, "kWh", self.h, hit)
        m.put(rows, beyond, -1.0)
        for draw in self.draws:
            named = draw.device in signal.devices if signal.devices else draw.flexible
            inside = place[draw.steps] >= 0
            if named and inside.any():
                at = rows[place[draw.steps][inside]]
                positive = np.maximum(draw.kw[inside], 0.0)
                m.put(at[positive > 0], draw.cols[inside][positive > 0], positive[positive > 0])

    def within(self, start: int, end: int, touched: bool = False) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """The steps from `start` until `end` (UTC ms): those that lie inside, or with `touched` that overlap."""
        begins = self.problem.start + self.steps * self.problem.step_s * 1000
        ends = begins + self.problem.step_s * 1000
        inside: np.ndarray[tuple[int], np.dtype[np.bool_]] = (
            (ends > start) & (begins < end) if touched else (begins >= start) & (ends <= end)
        )
        return inside


def most_flows(problem: Problem) -> tuple[float, float]:
    """kW that all devices together can draw at most, and give."""
    drawn = sum(b.max_charge_w for b in problem.batteries) + sum(a.power_w for a in problem.appliances)
    drawn += sum(max((p.power_w for p in a.parts), default=0.0) for a in problem.appliances)
    drawn += sum(h.max_w + (h.tank.rod_w if h.tank else 0.0) for h in problem.heat_pumps)
    cars = sum(c.max_a * VOLT_KW * max(c.phases) for c in problem.cars)
    given = sum(b.max_discharge_w for b in problem.batteries) + sum(c.max_discharge_w for c in problem.cars)
    return drawn / 1000 + cars, given / 1000


def middle(values: Floats) -> float:
    """The median (that of numpy loads masked arrays, a megabyte that the planner's process has no other use for)."""
    ordered = np.sort(values)
    return float(ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2


def shares(given: tuple[float, ...], there: int) -> tuple[float, ...]:
    return given or (1.0 / there,) * there
