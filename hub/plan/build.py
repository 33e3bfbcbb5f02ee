"""From the problem to the matrix: all devices, and the order in which their whole numbers are decided."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from hub.plan.appliances import Moves, add_appliance
from hub.plan.cars import Charges, add_car
from hub.plan.covers import Covers, Flows, joined
from hub.plan.heat import Heats, add_heat_pump
from hub.plan.matrix import Ints
from hub.plan.problem import Problem
from hub.plan.shape import Floats
from hub.plan.site import Site
from hub.plan.storage import Stores, add_battery


@dataclass(frozen=True, slots=True)
class Built:
    """The matrix and where in it everything is."""

    site: Site
    stores: tuple[Stores, ...]
    cars: tuple[Charges, ...]
    heats: tuple[Heats, ...]
    moves: tuple[Moves, ...]

    def groups(self) -> list[Ints]:
        """Whole numbers that belong together: of one device, the one that draws most first."""
        cars = [np.concatenate([choice.on for choice in car.choices]) for car in self.cars]
        parts = [[cols for cols in (heat.on, heat.hot) if cols is not None] for heat in self.heats]
        heats = [np.concatenate(cols) for cols in parts if cols]
        runs = [np.concatenate([part.starts for part in move.parts]) for move in self.moves if move.parts]
        steps = [m.power for m in self.moves if m.power is not None and m.appliance.kind == "steps"]
        return [*cars, *heats, *runs, *steps]

    def covers(self) -> Covers:
        """What the LP is to be told of devices that are on or off."""
        site = self.site
        taken = [_flows(cols, site.steps, 1.0) for cols in (site.imported, site.beyond)]
        taken += [_flows(d.cols, d.steps, -d.kw) for d in site.draws if (d.kw < 0).any()]
        devices = [
            [f for choice in car.choices for f in _switched(car.steps, [choice.power], choice.on, choice.high_kw)]
            for car in self.cars
        ]
        for heat in self.heats:
            if heat.on_in is not None:
                drawn = [cols for cols in (heat.to_room, heat.to_tank) if cols is not None]
                devices.append(_switched(site.steps, drawn, heat.on_in, heat.pump.max_w / 1000))
        for move in self.moves:
            if move.appliance.kind != "level":
                mine = [d for d in site.draws if d.device == move.appliance.id]
                devices.append([_flows(d.cols, d.steps, d.kw, d.kw) for d in mine])
        return Covers(site.pv - site.load, joined(taken), [joined(d) for d in devices if d])

    def late(self, columns: int) -> Floats:
        """Between equal plans the one that does things early: it has most in hand when the day turns out otherwise."""
        late = np.zeros(columns)
        share = (1.0 + self.site.steps) / self.site.n
        for store in self.stores:
            late[store.into] = late[store.out] = share
        for car in self.cars:
            for choice in car.choices:
                late[choice.power] = share[car.steps]
        for move in self.moves:
            if move.power is not None and move.steps is not None and move.appliance.kind == "level":
                late[move.power] = share[move.steps]
        return late


def build(problem: Problem, burnt: Mapping[str, Collection[int]] | None = None, late: Collection[str] = ()) -> Built:
    """`burnt`: by battery, steps in which it must not charge and discharge at once; `late`: runs that may end late."""
    site = Site(problem)
    stores = tuple(add_battery(site, b, (burnt or {}).get(b.id, ())) for b in problem.batteries)
    cars = tuple(c for c in (add_car(site, car) for car in problem.cars) if c)
    heats = tuple(add_heat_pump(site, pump) for pump in problem.heat_pumps)
    moves = tuple(add_appliance(site, a, a.id in late) for a in problem.appliances)
    site.close()
    return Built(site, stores, cars, heats, moves)


def _switched(steps: Ints, drawn: list[Ints], on: Ints, most: float) -> list[Flows]:
    """What `drawn` draws, at most `most` kW, is drawn while `on`."""
    return [*(_flows(cols, steps, 1.0) for cols in drawn), _flows(on, steps, 0.0, most)]


def _flows(cols: Ints, steps: Ints, kw: Floats | float, most: Floats | float = 0.0) -> Flows:
    return Flows(cols, steps, np.broadcast_to(kw, cols.shape), np.broadcast_to(most, cols.shape))
