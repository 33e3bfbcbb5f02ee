"""A charger that can switch its phases, and many who want it otherwise: people, rules, the sun. It is calm besides."""

from __future__ import annotations

import random
from collections.abc import Iterator

import orjson

from hub.core import House, Inputs, State, Step
from hub.core.keyframe import older, packed, unpacked
from hub.model import CommandSpec, Device, Link, Point, Relation, Request, Role, Source, Value
from hub.model.site import ChargerControl, Site
from tests.core.fuzz.houses import START, Moment

_LINK = Link("test", "test")
_POINTS = {"grid": "power power_l1 power_l2 power_l3", "car": "power current_l1 current_l2 current_l3 phases"}
_GAPS_MS = (*(1_000,) * 6, 5_000, 10_000, 10_000, 60_000, 0, -3_600_000, 90_000_000)


def walk(seed: int) -> Iterator[tuple[Moment, Step]]:
    """300 steps of one house; now and then the hub starts anew with what it remembers, or the box does not obey."""
    rng = random.Random(seed)
    site = Site(
        chargers=(
            ChargerControl(
                "car", start_delay_s=10, stop_delay_s=10, phase_switch_s=rng.choice((60, 120, 600)), mode="solar"
            ),
        )
    )
    car = CommandSpec("car.current_limit", 6, 32), CommandSpec("car.phases", 1, 3)
    devices = (_device("grid", Role.GRID), _device("car", Role.CHARGER, *car))
    house, state, t, shown, wishes = House.of(site, devices), State(), START, 3.0, list[Request]()
    for n in range(300):
        t += rng.choice(_GAPS_MS)
        if rng.random() < 0.3:
            source, value = rng.choice(tuple(Source)), rng.choice((1.0, 3.0))
            wishes = [*wishes[-2:], Request(f"r{n}", "car.phases", Relation.SET, value, source, t, 10**15)]
        elif rng.random() < 0.2:
            wishes = wishes[1:]
        sun = rng.choice((0.0, 2_000.0, 9_000.0))
        values: dict[str, Value] = {
            **{f"grid.power{x}": -sun / (3 if x else 1) for x in ("", "_l1", "_l2", "_l3")},
            **{f"car.{q}": 0.0 for q in ("power", "current_l1", "current_l2", "current_l3")},
            **({"car.phases": shown} if rng.random() < 0.9 else {}),
        }
        modes = {"car.mode": rng.choice(("off", "off", "solar", "fast"))}
        moment = Moment(seed, n, site, devices, state, Inputs(t, house, values, tuple(wishes), modes))
        result = moment.made()
        yield moment, result
        state = result.state
        if rng.random() < 0.02:
            kept = unpacked(orjson.loads(orjson.dumps(packed(state))))
            state = older(kept, 0.0) if kept else State()
        told = next((c.value for c in result.commands if c.point == "car.phases"), shown)
        shown = float(told) if rng.random() < 0.8 else rng.choice((shown, shown, 1.0, 3.0))


def _device(id_: str, role: Role, *commands: CommandSpec) -> Device:
    points = tuple(Point.of(id_, id_, q) for q in _POINTS[id_].split())
    return Device(id_, id_, role, _LINK, points=points, commands=commands)
