"""A policy at work through the whole time, and the log of it."""

from __future__ import annotations

import numpy as np

from hub.rehearse.plant import Plant
from hub.rehearse.policies import Policy
from hub.rehearse.scene import Scene
from hub.rehearse.swift import Span, Swift
from hub.rehearse.track import Kept, Track
from hub.rehearse.visits import Visits

_COLD_C = 0.3
"""A room that is so much colder than wanted, or warmer, is not comfortable."""
_LACKS = 0.02
"""A car that lacks this share of what it was to get is not ready."""


def driven(scene: Scene, policy: Policy) -> Track:
    """In each step the cars come and go, the policy plans, and the core decides until the next step begins."""
    plant = Plant(scene.site, scene.world)
    swift, log = Swift(plant, policy.intents), _Log(plant, scene.steps)
    for k in range(scene.steps):
        now = scene.start + k * scene.seconds * 1000
        plant.load_w, plant.pv_w = float(scene.load[k]), float(scene.pv[k])
        for pump in plant.pumps:
            pump.outdoor_c = float(scene.visits.outdoors(now, scene.seconds, 1)[0])
        _come_and_go(scene.visits, plant, now, log.ready)
        plan, wishes = policy.plan(now, plant), scene.visits.wishes(now, plant.cars)
        flow = swift.run(Span(now, scene.seconds, scene.market.told(now), plan, wishes))
        policy.metered(k, flow.imported)
        log.note(k, (flow.imported, flow.exported, flow.held_back))
    return log.track(scene.seconds)


def _come_and_go(visits: Visits, plant: Plant, now: int, ready: Kept) -> None:
    """Cars leave with the step that their departure lies in, and are back with the first one after their return."""
    for car in plant.cars:
        away = bool(visits.trips(car.world, now, now + 1))
        if away and car.there:
            asked = car.asked_wh
            ready.days += 1
            ready.missed += car.leave() > _LACKS * asked
        elif not away and not car.there:
            car.arrive(now)


class _Log:
    """Takes down what a plant does."""

    def __init__(self, plant: Plant, steps: int) -> None:
        self._plant = plant
        self._flows = np.zeros((3, steps))
        self._given = {b.control.device: np.zeros(steps) for b in plant.batteries}
        self._stored = {b.control.device: np.zeros(steps) for b in plant.batteries}
        self._rooms = {p.control.device: np.zeros(steps) for p in plant.pumps}
        self._began = {b.control.device: b.stored_wh for b in plant.batteries}
        self._warm = {p.control.device: p.room_c for p in plant.pumps}
        self._gave = dict.fromkeys(self._given, 0.0)
        self.ready = Kept()

    def note(self, k: int, flows: tuple[float, float, float]) -> None:
        self._flows[:, k] = flows
        for battery in self._plant.batteries:
            device = battery.control.device
            self._given[device][k] = battery.given_wh - self._gave[device]
            self._gave[device] = battery.given_wh
            self._stored[device][k] = battery.stored_wh
        for pump in self._plant.pumps:
            self._rooms[pump.control.device][k] = pump.room_c

    def track(self, seconds: int) -> Track:
        day = max(1, 86_400 // seconds)
        comfort = Kept()
        for pump in self._plant.pumps:
            room, low, high = self._rooms[pump.control.device], pump.world.target_c, pump.world.boost_c
            wrong = (room < low - _COLD_C) | (room > high + _COLD_C)
            comfort.days += -(-len(room) // day)
            comfort.missed += sum(bool(wrong[i : i + day].any()) for i in range(0, len(room), day))
        imported, exported, held_back = self._flows
        levels = (self._given, self._stored, self._began, self._rooms, self._warm)
        return Track(imported, exported, held_back, *levels, comfort, self.ready)
