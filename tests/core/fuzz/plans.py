"""Plans and prices that no planner would make, over the houses of the fuzz: most devices are left to them."""

from __future__ import annotations

import math
import random
from dataclasses import replace

from hub.core import House, Inputs
from hub.model.plan import Plan, Slot, Stored, Task
from hub.model.site import Price

MINUTE = 60_000
NONSENSE = (math.nan, math.inf, -math.inf, 1e300, -1e300, 10**400, -0.0)


class Planner:
    """Dresses the inputs of one house with a plan, prices and modes."""

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(seed * 7 + 3)
        self._plan: Plan | None = None
        self._prices: tuple[Price, ...] = ()
        self._modes: dict[str, str] = {}

    def __call__(self, inputs: Inputs) -> Inputs:
        rng, house = self._rng, inputs.house
        if rng.random() < (0.1 if self._plan and self._plan.at(inputs.t) else 0.6):
            self._plan = None if rng.random() < 0.1 else self._new(inputs.t, house)
        if rng.random() < (0.1 if any(p.start <= inputs.t < p.end for p in self._prices) else 0.6):
            self._prices = tuple(self._price(inputs.t + n * 5 * MINUTE) for n in range(rng.choice((0, 1, 3, 3))))
        for device in _devices(house):
            if f"{device}.mode" not in self._modes or rng.random() < 0.005:
                self._modes[f"{device}.mode"] = "plan" if rng.random() < 0.8 else ""
        modes = {p: m for p, m in self._modes.items() if m}
        return replace(inputs, plan=self._plan, prices=self._prices, intents={**inputs.intents, **modes})

    def _new(self, t: int, house: House) -> Plan:
        rng = self._rng
        starts = [t + (n - 1) * rng.choice((0, 1, 5, 5)) * MINUTE for n in range(rng.choice((0, 1, 2, 6, 6)))]
        if rng.random() < 0.1:
            rng.shuffle(starts)
        stores = [b.device for b in house.batteries]
        return Plan(
            "nonsense",
            t + rng.choice((-MINUTE, -MINUTE, 0, 0, 0, 0, MINUTE)),
            t + rng.choice((0, MINUTE, 60 * MINUTE, 60 * MINUTE, 60 * MINUTE)),
            tuple(self._slot(start, house) for start in starts),
            {d: (self._share(), self._share()) for d in stores if rng.random() < 0.8},
            {d: self._cents() for d in stores if rng.random() < 0.5},
        )

    def _slot(self, start: int, house: House) -> Slot:
        rng = self._rng
        return Slot(
            start,
            start + rng.choice((0, 5 * MINUTE, 60 * MINUTE, 60 * MINUTE)),
            {b.device: self._stored() for b in house.batteries if rng.random() < 0.9},
            {
                c.device: self._odd(rng.choice((0.0, 0.0, 900.0, 3_000.0, 7_400.0, 50_000.0, -5.0)))
                for c in house.chargers
            },
            {p.device: rng.random() < 0.5 for p in house.heat_pumps if rng.random() < 0.9},
            {s.device: rng.random() < 0.5 for s in house.switches if rng.random() < 0.9},
        )

    def _stored(self) -> Stored:
        rng = self._rng
        power = self._odd(round(rng.uniform(-12_000, 12_000), 1))
        return Stored(rng.choice(tuple(Task)), power, self._cents(), self._odd(50.0))

    def _price(self, start: int) -> Price:
        rng = self._rng
        export = rng.choice((None, self._cents()))
        return Price(start - 2 * MINUTE, start + rng.choice((0, 5, 60)) * MINUTE, self._cents(), export=export)

    def _cents(self) -> int:
        return self._odd(self._rng.randint(-20_000, 60_000))  # type: ignore[return-value]

    def _share(self) -> float:
        return self._odd(self._rng.choice((*(0.9, 0.95, 1.0) * 5, 0.0, 1e-300, 1.5, -1.0)))

    def _odd(self, value: float) -> float:
        return self._rng.choice(NONSENSE) if self._rng.random() < 0.03 else value


def _devices(house: House) -> list[str]:
    cars, stores = [c.device for c in house.chargers], [b.device for b in house.batteries]
    return cars + stores + [p.device for p in house.heat_pumps] + [s.device for s in house.switches]
