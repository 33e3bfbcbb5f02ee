"""The ways to drive a house that are compared: what people choose in each, and which plan the core gets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Protocol

import numpy as np

from hub.forecast.series import Floats
from hub.foresight.assemble import Known, problem_of, to_plan
from hub.model.plan import Plan, Slot
from hub.model.site import Site
from hub.plan import Planned, Problem, plan
from hub.plan.problem import Peak
from hub.plan.solve import Effort
from hub.rehearse.foreseen import Foreseen
from hub.rehearse.plant import Plant
from hub.rehearse.scene import Scene

NONE, RULE, PLAN, PERFECT = "none", "rule", "plan", "perfect"
POLICIES = (NONE, RULE, PLAN, PERFECT)
HORIZON_S, FINEST_S = 36 * 3600, 1800
"""How far a plan looks, and its steps where the file's are shorter: a month of plans is to take seconds."""
QUARTER_S = 900
_GOOD_MS = 2 * 3_600_000
_TOLD = 4
"""Steps of a plan that matter: by then the next one is made."""
_QUICK = Effort(nodes=0, tries=20)


class Policy(Protocol):
    """`intents`: the modes that people chose, by point. `metered`: it is told what was imported in a step, Wh."""

    @property
    def intents(self) -> Mapping[str, str]: ...
    def plan(self, now: int, plant: Plant) -> Plan | None: ...
    def metered(self, k: int, imported_wh: float) -> None: ...


class Nothing:
    """Batteries rest, cars charge as soon as they are there, heat pumps run by their own thermostats."""

    def __init__(self, site: Site) -> None:
        self.intents: Mapping[str, str] = {
            **{f"{b.device}.mode": "hold" for b in site.batteries},
            **{f"{c.device}.mode": "fast" for c in site.chargers},
            **{f"{p.device}.mode": "normal" for p in site.heat_pumps},
        }

    def plan(self, now: int, plant: Plant) -> Plan | None:
        return None

    def metered(self, k: int, imported_wh: float) -> None:
        pass


class ByRule:
    """The core without a plan: the modes of the site document, and where that leaves it to a plan, what is done when
    there is none: batteries keep the meter at zero.
    """

    intents: Mapping[str, str] = {}

    def plan(self, now: int, plant: Plant) -> Plan | None:
        return None

    def metered(self, k: int, imported_wh: float) -> None:
        pass


class ByPlan:
    """A new plan in each step, made of what was known then."""

    def __init__(self, scene: Scene, foreseen: Foreseen) -> None:
        site = scene.site
        self._site, self._market, self._visits = site, scene.market, scene.visits
        self._foreseen = foreseen
        self._seconds, self._each = scene.seconds, max(1, FINEST_S // scene.seconds)
        self._plan: Plan | None = None
        self._start, self._highest, self._imported = scene.start, scene.highest, np.zeros(scene.steps)
        batteries, cars = [b.device for b in site.batteries], [c.device for c in site.chargers]
        devices = (*batteries, *cars, *(p.device for p in site.heat_pumps))
        self.intents: Mapping[str, str] = {f"{device}.mode": "plan" for device in devices}

    def plan(self, now: int, plant: Plant) -> Plan | None:
        step_ms = self._seconds * self._each * 1000
        if self._plan is None or now % step_ms == 0:
            self._plan = self._made(now, plant, HORIZON_S * 1000 // step_ms)
        return self._plan

    def metered(self, k: int, imported_wh: float) -> None:
        self._imported[k] = imported_wh

    def _made(self, now: int, plant: Plant, steps: int) -> Plan:
        step_s, fine = self._seconds * self._each, steps * self._each
        bought, sold, known = self._market.ahead(now, fine)
        problem = problem_of(
            self._site,
            Known(
                start=now,
                step_s=step_s,
                load_w=self._coarse(self._foreseen.load(now, fine)),
                pv_w=self._coarse(self._foreseen.pv(now, fine)),
                price_import=self._coarse(bought),
                price_export=self._coarse(sold),
                soc={b.control.device: b.soc for b in plant.batteries},
                capacity_wh={b.control.device: b.capacity_wh for b in plant.batteries},
                cars=self._visits.cars(now, plant.cars, steps * step_s),
                heat_pumps=self._visits.pumps(now, plant.pumps, step_s, steps),
                peak=self._peak(now, steps, step_s),
                estimated_from=now + known * self._seconds * 1000 if known < fine else None,
            ),
        )
        planned = plan(problem, _QUICK, _TOLD)
        made = to_plan(problem, planned, "simulated", now, now + _GOOD_MS)
        return replace(made, slots=tuple(_quarters(problem, planned, made.slots))) if problem.heat_pumps else made

    def _peak(self, now: int, steps: int, step_s: int) -> Peak | None:
        k = (now - self._start) // (self._seconds * 1000)
        return self._highest.ahead(self._imported, k, steps, step_s) if self._highest else None

    def _coarse(self, values: Floats) -> Floats:
        coarse: Floats = np.reshape(values, (-1, self._each)).mean(axis=1)
        return coarse


def _quarters(problem: Problem, planned: Planned, slots: tuple[Slot, ...]) -> Iterator[Slot]:
    """Slots of a quarter-hour, as in the hub's own plans: a heat pump that is to take a part of its power for a longer
    step is told to take more for that part of it.
    """
    each = max(1, problem.step_s // QUARTER_S)
    for slot, step in zip(slots, planned.steps, strict=True):
        shares = {pump.id: step.devices[pump.id].power_w / pump.max_w for pump in problem.heat_pumps}
        span = (slot.end - slot.start) // each
        for n in range(each):
            boosts = {id_: on and n < round(shares[id_] * each) for id_, on in slot.boosts.items()}
            start = slot.start + n * span
            yield replace(slot, start=start, end=start + span, boosts=boosts)
