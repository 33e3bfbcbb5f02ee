"""A plan that needs no search: what people would do who look no further than now, as values of the columns that decide.

Appliances begin as soon as they may, heat is made when it is too cold, cars take all they can, one after the other in
what the connection, its fuses and the grid operator leave; batteries store what is left over and give what the house
lacks. The LP finds what follows from it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from hub.plan.appliances import Moves, allowed
from hub.plan.build import Built
from hub.plan.cars import Charges, Choice
from hub.plan.heat import Heats, Warmth
from hub.plan.matrix import Ints
from hub.plan.problem import Visit
from hub.plan.shape import Floats
from hub.plan.site import VOLT_KW, Site, shares
from hub.plan.storage import Stores

_NEARLY = 1e-3
"""kW: less is nothing."""
_ROUNDED = 1e-6
"""kW, kWh: so far from a limit of a battery, for the solver's sums are not the same to the last bit."""
_COOLED_K = 1.0
"""A store of heat is warmed up from so far above the lower end of comfort on."""


@dataclass(slots=True)
class First:
    """Columns and their values. All others follow, but for whole numbers, which are 0."""

    cols: list[Ints] = field(default_factory=list)
    values: list[Floats] = field(default_factory=list)

    def put(self, cols: Ints, values: Floats | float) -> None:
        self.cols.append(cols)
        self.values.append(np.broadcast_to(values, cols.shape))


def first(built: Built) -> tuple[Ints, Floats]:
    """Columns, and what each is held at."""
    site, out = built.site, First()
    room = Room(site)
    for move in built.moves:
        room.take(move.appliance.id, _moved(site, move, room, out), site.phases_of(*_phases(move)))
    for heat in built.heats:
        room.take(heat.pump.id, _heated(site, heat, room, out), site.phases_of(heat.pump.phases, heat.pump.phase))
    house = room.drawn
    for car in built.cars:
        _charged(site, car, room, out)
    cars = room.drawn - house
    lacking, left = np.maximum(house, 0.0), np.maximum(-house, 0.0)
    for store in built.stores:
        into, given = _stored(site, store, (lacking, left, cars), room, out)
        room.take(store.battery.id, into - given, site.phases_of(3, 1))
        lacking, left = lacking - given, np.maximum(left - into, 0.0)
    steps, draws = site.ways
    out.put(draws, np.where(room.drawn[steps] > 0, 1.0, 0.0))
    return np.concatenate([*out.cols, np.zeros(0, int)]).astype(int), np.concatenate([*out.values, np.zeros(0)])


def _phases(move: Moves) -> tuple[int, int]:
    return move.appliance.phases, move.appliance.phase


class Room:
    """What may still be drawn, kW by step. `drawn`: net of the panels, by all that has been taken."""

    def __init__(self, site: Site) -> None:
        there = site.connection.phases
        self.drawn = site.load - site.pv
        self._most = site.connection.import_limit_w / 1000
        parts = zip(shares(site.problem.load_shares, there), shares(site.problem.pv_shares, there), strict=True)
        fuse = site.connection.fuse_a * VOLT_KW or np.inf
        self._phases = [fuse - load * site.load + pv * site.pv for load, pv in parts]
        self._dimmed: list[tuple[tuple[str, ...], Floats]] = []
        for signal in site.connection.dimming:
            hit = site.within(signal.start, signal.end, touched=True)
            self._dimmed.append((signal.devices, np.where(hit, signal.limit_w / 1000 + site.left_kw, np.inf)))

    def most(self, device: str, phases: tuple[int, ...]) -> Floats:
        """For this device, in each step."""
        limits = [self._most - self.drawn, *(len(phases) * self._phases[p - 1] for p in phases)]
        limits += [left for devices, left in self._dimmed if not devices or device in devices]
        least: Floats = np.min(limits, axis=0)
        return least

    def take(self, device: str, kw: Floats, phases: tuple[int, ...]) -> None:
        self.drawn = self.drawn + kw
        for p in phases:
            self._phases[p - 1] = self._phases[p - 1] - kw / len(phases)
        self._dimmed = [
            (devices, left - kw if not devices or device in devices else left) for devices, left in self._dimmed
        ]


# -- cars --------------------------------------------------------------------------------------------------------------


def _charged(site: Site, car: Charges, room: Room, out: First) -> None:
    """Each visit as much as its goals want, from its begin on, with as many phases as there is room for."""
    ways = [
        _Way.of(site, car, choice, phases, room) for choice, phases in zip(car.choices, car.car.phases, strict=True)
    ]
    ways.sort(key=lambda way: -way.choice.high_kw)
    known = car.car.soc is not None and car.car.capacity_wh is not None
    gain, level, driven, came = car.car.efficiency if known else 1.0, car.begin_kwh, 0.0, False
    for visit in car.car.visits:
        driven += visit.used_wh / 1000 if came and known else 0.0
        mine = np.flatnonzero(site.within(visit.start, visit.end)[car.steps])
        if not len(mine):
            continue
        level, driven, came = max(0.0, level - driven), 0.0, True
        left = max(0.0, _wanted(car, visit, level)) / gain / site.h
        for i in mine.tolist():
            way = next((way for way in ways if min(left, way.most[i]) >= way.choice.low_kw), None)
            if way:
                way.kw[i] = min(left, way.most[i])
                left -= way.kw[i]
                level += way.kw[i] * site.h * gain
    for way in ways:
        out.put(way.choice.power, way.kw)
        out.put(way.choice.on, np.where(way.kw > 0, 1.0, 0.0))
        kw = np.zeros(site.n)
        kw[car.steps] = way.kw
        room.take(car.car.id, kw, way.phases)
    if car.back is not None:
        out.put(car.back, 0.0)


@dataclass(frozen=True, slots=True)
class _Way:
    """To charge with so many phases: what there is room for, and what is taken, kW in the steps of the car."""

    choice: Choice
    phases: tuple[int, ...]
    most: Floats
    kw: Floats

    @staticmethod
    def of(site: Site, car: Charges, choice: Choice, count: int, room: Room) -> _Way:
        phases = site.phases_of(count, car.car.phase)
        most = np.minimum(choice.high_kw, room.most(car.car.id, phases))[car.steps]
        return _Way(choice, phases, most, np.zeros(len(car.steps)))


def _wanted(car: Charges, visit: Visit, level: float) -> float:
    """kWh that lack in the car, for its most demanding goal, and no more than it holds."""
    whole = (car.car.capacity_wh or 0.0) / 1000
    lacking = [
        goal.soc / 100 * whole - level
        if goal.soc is not None
        else (goal.energy_wh or 0.0) / 1000 * (car.car.efficiency if car.car.soc is not None else 1.0)
        for goal in visit.goals
    ]
    room = whole * car.car.soc_ceiling / 100 - level if car.car.soc is not None and whole else np.inf
    return float(min(max(lacking, default=0.0), room))


# -- appliances --------------------------------------------------------------------------------------------------------


def _moved(site: Site, move: Moves, room: Room, out: First) -> Floats:
    """kW by step."""
    kw, a = np.zeros(site.n), move.appliance
    most = room.most(a.id, site.phases_of(*_phases(move)))
    if move.power is None or move.steps is None:
        return _run(move, most, out, kw)
    free, most = allowed(site, a)[move.steps], most[move.steps]
    taken = np.zeros(len(move.steps))
    if a.kind == "steps":
        wanted, least = (max(1, -(-round(s) // site.problem.step_s)) for s in (a.duration_s, a.min_on_s))
        free &= most >= move.each_kw
        taken[_at_a_stretch(free, wanted if wanted >= least else len(free) + 1)] = 1.0
    else:
        can = np.where(free, np.clip(most, 0.0, a.power_w / 1000), 0.0)
        wanted_kw = a.power_w / 1000 * a.duration_s / 3600 / site.h
        taken = np.clip(wanted_kw - (np.cumsum(can) - can), 0.0, can)
    out.put(move.power, taken)
    kw[move.steps] = taken * move.each_kw
    return kw


def _at_a_stretch(free: NDArray[np.bool_], wanted: int) -> slice:
    """The first `wanted` steps in a row that are free; none where there are not so many."""
    runs = np.flatnonzero(np.diff(np.concatenate(([0], free.astype(int), [0]))))
    begins, ends = runs[::2].tolist(), runs[1::2].tolist()
    fits = (a for a, b in zip(begins, ends, strict=True) if b - a >= wanted)
    return next((slice(a, a + wanted) for a in fits), slice(0))


def _run(move: Moves, most: Floats, out: First, kw: Floats) -> Floats:
    """All parts in a row from the earliest time on at which that is possible; else it is left out."""
    begins = _begins(move, most)
    for part, begin in zip(move.parts, begins or [-1] * len(move.parts), strict=True):
        out.put(part.starts, (part.at == begin) * 1.0)
        if begins:
            kw[begin : begin + len(part.profile)] += part.profile
    return kw


def _begins(move: Moves, most: Floats) -> list[int]:
    offsets = np.cumsum([0, *(len(part.profile) for part in move.parts[:-1])])
    possible = set(move.parts[0].at.tolist()) if move.parts else set()
    for part, offset in zip(move.parts, offsets, strict=True):
        fits = [bool((part.profile <= most[at : at + len(part.profile)]).all()) for at in part.at.tolist()]
        possible &= set((part.at[np.array(fits, bool)] - offset).tolist())
    return [min(possible) + int(offset) for offset in offsets] if possible else []


# -- heat --------------------------------------------------------------------------------------------------------------


def _heated(site: Site, heat: Heats, room: Room, out: First) -> Floats:
    """kW by step: while it runs, all of it goes where it is too cold, and the least it can where nothing is."""
    pump, n = heat.pump, site.n
    least = pump.min_w / 1000
    most = np.minimum(pump.max_w / 1000, room.most(pump.id, site.phases_of(pump.phases, pump.phase)))
    blocks = heat.on_in - heat.on_in[0] if heat.on_in is not None else np.arange(n)
    runs = np.zeros(int(blocks[-1]) + 1)
    stores = list(_stores(site, heat))
    rest = n
    pause = -(-round(pump.min_off_s / site.problem.step_s) // max(1, int((blocks == 0).sum())))
    for t in range(n):
        block = int(blocks[t])
        if t == 0 or blocks[t - 1] != block:
            cold = bool((most[blocks == block] >= max(least, _NEARLY)).all()) and any(s.cold(t) for s in stores)
            was = runs[block - 1] if block else float(pump.on)
            runs[block] = cold and (was or rest >= pause)
            rest = 0 if runs[block] else rest + 1
        chosen = next((store for store in stores if store.cold(t)), stores[-1] if stores else None)
        for store in stores:
            store.warm(t, float(most[t] if store.cold(t) else least) if runs[block] and store is chosen else 0.0)
    if heat.on is not None:
        out.put(heat.on, runs)
    if heat.rod is not None:
        out.put(heat.rod, 0.0)
    for store in stores:
        out.put(store.cols, store.kw)
    return sum((store.kw for store in stores), np.zeros(n))


def _stores(site: Site, heat: Heats) -> Iterator[_Warmed]:
    """The tank first: it is small, and cold water is noticed sooner."""
    pump = heat.pump
    if heat.to_tank is not None and pump.tank:
        yield _Warmed(heat.to_tank, Warmth.of_tank(site, pump, pump.tank), pump.tank.temperature, np.zeros(site.n))
    if heat.to_room is not None and pump.room:
        yield _Warmed(heat.to_room, Warmth.of_room(site, pump, pump.room), pump.room.temperature, np.zeros(site.n))


@dataclass(slots=True)
class _Warmed:
    """A room or a tank as the days go by."""

    cols: Ints
    store: Warmth
    level: float
    kw: Floats

    def cold(self, t: int) -> bool:
        return bool(self.level < self.store.low[t] + _COOLED_K)

    def warm(self, t: int, kw: float) -> None:
        self.kw[t] = kw
        self.level = self.store.kept * self.level + float(self.store.gained[t]) + float(self.store.per_kw[t]) * kw


# -- batteries ---------------------------------------------------------------------------------------------------------


def _stored(
    site: Site, store: Stores, house: tuple[Floats, Floats, Floats], room: Room, out: First
) -> tuple[Floats, Floats]:
    """kW in and out by step: what is left over is stored, what the house lacks is given. `house`: what it lacks without
    its cars, what is left over, and what the cars draw.

    What it will lack beyond the connection's limit is kept for then, and bought before where that may be.
    """
    b, h, size = store.battery, site.h, store.battery.capacity_wh / 1000
    lacking, left, cars = house
    into, given = np.zeros(site.n), np.zeros(site.n)
    kept, level = (1 - b.loss_per_day / 100) ** (h / 24), b.soc / 100 * size
    floor = max(b.soc_floor, b.reserve, *_nothing_at(b.discharge_curve, rising=True)) / 100 * size
    floors = floor / kept ** np.arange(site.n - 1, -1, -1) + _ROUNDED  # what leaks away must not be lacking then
    ceiling = min(b.soc_ceiling, *_nothing_at(b.charge_curve, rising=False), 100.0) / 100 * size - _ROUNDED
    beyond = np.clip(lacking + cars - site.connection.import_limit_w / 1000, 0.0, lacking)
    later = (np.cumsum(beyond[::-1])[::-1] - beyond) * h / b.efficiency_discharge
    spare = np.maximum(room.most(b.id, site.phases_of(3, 1)), 0.0) if b.grid_charge else np.zeros(site.n)
    for t in range(site.n):
        share, before, rest = float(b.power_share[t]), level, level * kept
        needed = (min(ceiling, floors[t] + later[t]) - rest) / b.efficiency_charge / h
        if left[t] > 0 or (needed > 0 and not beyond[t]):
            most = min(b.max_charge_w / 1000 * share, _bend(b.charge_curve, before / size))
            wanted = max(float(left[t]), min(needed, float(spare[t])))
            into[t] = max(0.0, min(wanted, most, (ceiling - rest) / b.efficiency_charge / h))
        else:
            most = min(b.max_discharge_w / 1000 * share, _bend(b.discharge_curve, before / size))
            above, whole = ((rest - f) * b.efficiency_discharge / h for f in (floors[t] + later[t], floors[t]))
            given[t] = max(0.0, min(float(lacking[t]), most, max(above, min(whole, float(beyond[t])))))
        level = rest + (into[t] * b.efficiency_charge - given[t] / b.efficiency_discharge) * h
    out.put(store.into, into)
    out.put(store.out, given)
    flows = dict(zip([*store.into, *store.out], [*into, *given], strict=True))
    for let, flow in store.lets:
        out.put(let, np.array([flows[col] > 0 for col in flow], float))
    return into, given


def _nothing_at(curve: tuple[tuple[float, float], ...], rising: bool) -> list[float]:
    """SoC in % at which its rising or its falling pieces come to nothing."""
    pieces = [(x0, y0, (y1 - y0) / (x1 - x0)) for (x0, y0), (x1, y1) in pairwise(curve)]
    return [x0 - y0 / slope for x0, y0, slope in pieces if slope and (slope > 0) == rising]


def _bend(curve: tuple[tuple[float, float], ...], share: float) -> float:
    """kW that a curve allows at a share of the capacity: the least of its pieces, each as a line."""
    pieces = [y0 + (y1 - y0) * (100 * share - x0) / (x1 - x0) for (x0, y0), (x1, y1) in pairwise(curve)]
    return min(pieces, default=np.inf) / 1000 - _ROUNDED
