"""A car and its charge point: A per phase, W and Wh at the AC side, SoC in %."""

import random
from dataclasses import dataclass

from .state import EvseState, Three

EFFICIENCY = 0.9
MIN_A = 6.0
DAY = 86400


@dataclass(slots=True)
class Evse:
    """The car obeys `limit_a` (below 6 A it waits) and its own 16 A; `enabled` is the charge point's release."""

    name: str
    seed: int
    capacity_wh: float
    soc: float
    present: bool
    limit_a: float = 16.0
    enabled: bool = True
    phases: int = 3
    first: int = 0
    """the house's conductor on which its first one hangs; 0 = L1"""
    total_wh: float = 0.0
    session_wh: float = 0.0
    current_a: float = 0.0
    current: Three = (0.0, 0.0, 0.0)
    power: Three = (0.0, 0.0, 0.0)
    forced_present: bool | None = None
    first_day: int = 0
    """of the simulation, since the epoch: what the car does depends on the seed and not on the date"""
    stays: bool = False
    """at home on the first day"""
    _plan_day: int = -1
    _plan: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def step(self, local_s: float, voltage: Three, dt: float) -> None:
        self._come_or_go(local_s)
        wanted = self._wanted_a()
        pace, now = 4.0 * dt, max(self.current_a, MIN_A)
        self.current_a = 0.0 if wanted < MIN_A else min(max(wanted, now - pace), now + pace)
        amps = self.current_a
        self.current = (amps, amps, amps) if self.phases == 3 else (amps, 0.0, 0.0)
        a, b, c = (volt * amp for volt, amp in zip(voltage, self.current, strict=True))
        self.power = (a, b, c)
        energy = (a + b + c) * dt / 3600
        self.total_wh += energy
        self.session_wh += energy
        self.soc = min(self.soc + 100 * energy * EFFICIENCY / self.capacity_wh, 100.0)

    @property
    def load(self) -> Three:
        """W on the conductors of the house."""
        a, b, c = (self.power[(n - self.first) % 3] for n in (0, 1, 2))
        return a, b, c

    def _wanted_a(self) -> float:
        if not (self.present and self.enabled) or self.limit_a < MIN_A or self.soc >= 99.9:
            return 0.0
        taper = 16.0 if self.soc < 90 else max(16.0 * (100 - self.soc) / 10, MIN_A)
        return min(self.limit_a, taper)

    def _come_or_go(self, local_s: float) -> None:
        here = self._is_home(local_s) if self.forced_present is None else self.forced_present
        if here and not self.present:
            self.session_wh = 0.0
            self.soc = max(self.soc - self._plan[2], 8.0)
        self.present = here

    def _is_home(self, local_s: float) -> bool:
        day, second = divmod(local_s, DAY)
        if day != self._plan_day:
            self._plan_day = int(day)
            self._plan = self._plan_for(int(day))
        leaves, returns, _ = self._plan
        return not leaves <= second < returns

    def _plan_for(self, day: int) -> tuple[float, float, float]:
        """Seconds of the day of leaving and coming back, and the share of the battery driven (%)."""
        chance = random.Random(f"{self.seed}/{self.name}/day {day - self.first_day}")
        leaves = chance.gauss(7.6, 0.6) * 3600
        returns = max(chance.gauss(16.8, 1.2) * 3600, leaves + 3600)
        driven = chance.uniform(12, 45)
        if (self.stays and day == self.first_day) or chance.random() < 0.25:
            return 0.0, 0.0, 0.0
        return leaves, returns, driven

    def state(self) -> EvseState:
        return EvseState(
            self.present,
            self.current_a >= MIN_A,
            self.limit_a if self.enabled else 0.0,
            self.phases,
            self.current,
            sum(self.power),
            self.total_wh,
            self.session_wh,
            self.soc,
        )
