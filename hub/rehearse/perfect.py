"""Perfect foresight: one plan over the whole time with all that came known, by the planner's own matrix.

Whole numbers may be fractions in it (a car on half a minimum current), so that nothing real costs less.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from hub.foresight.assemble import Known, problem_of
from hub.plan.build import build
from hub.plan.problem import Problem
from hub.plan.solve import Solver
from hub.rehearse.market import PER_KWH
from hub.rehearse.plant import Plant
from hub.rehearse.scene import Scene
from hub.rehearse.track import Track, Worth, prices_of, summed

_SAME_KWH = 0.01


@dataclass(frozen=True, slots=True)
class _Found:
    track: Track
    stored: dict[str, float]


class Ideal:
    """`track`: the cheapest way after which the batteries are as full as before it."""

    def __init__(self, scene: Scene) -> None:
        self._problem = _problem(scene)
        plant = Plant(scene.site, scene.world)
        self._began = {b.control.device: b.stored_wh for b in plant.batteries}
        self._rooms = {p.control.device: p.room_c for p in plant.pumps}
        found = self._ending(self._began)
        self.track = found.track
        self._worth = _worth(scene, self._problem, found.stored)
        self._cost = self._paid(found.track)

    def worth(self, track: Track) -> Worth:
        """What a kWh counts that `track` leaves more or less in the batteries than was in them: what perfect foresight
        pays or saves to come to the same end. So no policy comes out cheaper than it.
        """
        ends = {b: float(np.clip(wh[-1], *self._range(b))) for b, wh in track.stored.items()}
        linear = sum((wh - self._began[b]) / 1000 * self._worth.stored[b] for b, wh in ends.items())
        if all(abs(wh - self._began[b]) < 1000 * _SAME_KWH for b, wh in ends.items()) or abs(linear) < 1e-6:
            return self._worth
        share = (self._paid(self._ending(ends).track) - self._cost) / linear
        return replace(self._worth, stored={b: share * each for b, each in self._worth.stored.items()})

    def _range(self, battery: str) -> tuple[float, float]:
        b = next(b for b in self._problem.batteries if b.id == battery)
        return b.soc_floor / 100 * b.capacity_wh, b.soc_ceiling / 100 * b.capacity_wh

    def _paid(self, track: Track) -> float:
        nothing = dict.fromkeys(track.stored, 0.0)
        return summed(track, replace(self._worth, stored=nothing), 0, len(track.imported)).cost

    def _ending(self, ends_wh: dict[str, float]) -> _Found:
        batteries = (replace(b, end_soc=100 * ends_wh[b.id] / b.capacity_wh) for b in self._problem.batteries)
        built = build(replace(self._problem, batteries=tuple(batteries)))
        x, dual, _ = Solver(built.site.matrix.arrays()).lp()
        wh = 1000 * built.site.h
        track = Track(
            imported=x[built.site.imported] * wh,
            exported=x[built.site.exported] * wh,
            held_back=x[built.site.held_back] * wh,
            given={s.battery.id: x[s.out] * wh for s in built.stores},
            stored={s.battery.id: x[s.level] * 1000 for s in built.stores},
            began=self._began,
            room_c={h.pump.id: x[h.room] for h in built.heats if h.room is not None},
            room_began=self._rooms,
        )
        return _Found(track, {s.battery.id: float(-dual[s.rows[-1]]) for s in built.stores})


def _worth(scene: Scene, problem: Problem, stored: dict[str, float]) -> Worth:
    bought, sold = (
        prices_of(p[scene.first : scene.first + scene.steps]) for p in (scene.market.bought, scene.market.sold)
    )
    median = float(np.median(bought))
    heat = {
        p.id: median * p.room.capacity_wh_k / 1000 / float(np.mean(p.cop))
        for p in problem.heat_pumps
        if p.room is not None
    }
    wear = {b.device: b.wear / PER_KWH for b in scene.site.batteries}
    return Worth(bought, sold, wear, stored, heat, scene.highest)


def _problem(scene: Scene) -> Problem:
    """The whole time as one."""
    plant = Plant(scene.site, scene.world)
    bought, sold = (
        p[scene.first : scene.first + scene.steps].astype(float) for p in (scene.market.bought, scene.market.sold)
    )
    known = Known(
        start=scene.start,
        step_s=scene.seconds,
        load_w=scene.load,
        pv_w=scene.pv,
        price_import=bought,
        price_export=sold,
        soc={b.control.device: b.soc for b in plant.batteries},
        capacity_wh={b.control.device: b.capacity_wh for b in plant.batteries},
        cars=tuple(
            replace(car, ramp_cost=0.0)
            for car in scene.visits.cars(scene.start, plant.cars, scene.steps * scene.seconds)
        ),
        heat_pumps=scene.visits.pumps(scene.start, plant.pumps, scene.seconds, scene.steps),
        peak=scene.highest.whole() if scene.highest else None,
    )
    return problem_of(scene.site, known)
