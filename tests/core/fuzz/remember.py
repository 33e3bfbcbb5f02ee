"""What the judge remembers of a step for the next ones."""

from __future__ import annotations

import math
from collections.abc import Mapping

from hub.model import Command
from tests.core.fuzz.plan import Past, Plan, Readings, Told


def remember(past: Past, plan: Plan, read: Readings, given: Mapping[str, Command]) -> None:
    for car in plan.site.chargers:
        gone = car not in plan.cars
        past.gone[car.device] = past.gone.get(car.device, False) or gone
        if gone:
            past.phases.pop(car.device, None)
        elif command := given.get(f"{car.device}.phases"):
            past.phases[car.device] = float(command.value)
    for plug in plan.plugs:  # one that somebody else has switched meanwhile is nobody's any more
        point = f"{plug.device}.on"
        told, shown = past.told.get(point), read.get(point)
        if told and point not in given and shown is not None and shown != told.value:
            del past.told[point]
    for c in given.values():
        before = past.told.get(c.point)
        if before is None:
            past.told[c.point] = Told(c.value, _since(past, c))
        elif before.value != c.value:
            by_hand = c.point.endswith(".phases") and read.get(c.point) == c.value
            past.told[c.point] = Told(c.value, before.since if by_hand else past.clock, before.value)


def _since(past: Past, first: Command) -> float:
    if first.point.endswith(".current_limit") and first.value:
        return past.clock
    return past.clock - past.dt if first.point.endswith(".sg_ready") else -math.inf
