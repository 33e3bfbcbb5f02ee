"""A heat pump with hot-water tank and heating buffer, and the house it heats. degC, W; SG-Ready 1..4."""

import math
import random
from dataclasses import dataclass

from .state import HeatPumpState

DAY = 86400
BLOCKED, NORMAL, ADVISED, FORCED = 1, 2, 3, 4
RAISE = {BLOCKED: 0.0, NORMAL: 0.0, ADVISED: 5.0, FORCED: 12.0}
"""K added to the set-points in each SG-Ready state"""
TANK_WH_K, BUFFER_WH_K, HOUSE_WH_K = 350.0, 230.0, 9000.0
HOUSE_LOSS_W_K = 140.0


def outside_temperature(local_s: float, seed: int) -> float:
    """Season, time of day and a seeded offset of the day."""
    day = int(local_s // DAY)
    season = -math.cos(math.tau * ((local_s / DAY % 365.2425) - 20) / 365)
    weather = random.Random(f"{seed}/outside/{day}").uniform(-3, 3)
    return 10 + 9 * season + weather - 3.5 * math.cos(math.tau * (local_s % DAY - 10800) / DAY)


@dataclass(slots=True)
class HeatPump:
    rated_w: float = 2600.0
    sg: int = NORMAL
    running: bool = False
    power_w: float = 0.0
    heat_w: float = 0.0
    tank_c: float = 46.5
    buffer_c: float = 36.0
    house_c: float = 20.7
    setpoint_c: float = 21.0
    outside_c: float = 8.0
    valve: float = 0.3

    def step(self, local_s: float, outside_c: float, sun_w: float, inner_w: float, dt: float) -> None:
        """`sun_w` and `inner_w` are the gains of the house by windows and appliances."""
        self.outside_c = outside_c
        self._decide()
        wanted = self.rated_w if self.running else 12.0
        self.power_w += (wanted - self.power_w) * min(dt / 15, 1)
        cop = 5.5 - 0.06 * (max(self.buffer_c, 35) - outside_c)
        self.heat_w = max(self.power_w - 12, 0.0) * max(cop, 1.5)
        self._move_heat(_hot_water_w(local_s), sun_w + inner_w, dt)

    def _decide(self) -> None:
        extra = RAISE[self.sg]
        tank, buffer = self.tank_c - extra, self.buffer_c - extra
        if self.sg == BLOCKED:
            self.running = False
        elif self.sg == FORCED:
            self.running = tank < 50 or buffer < 43
        elif tank < 44 or (buffer < 33 and self.valve > 0.05):
            self.running = True
        elif tank >= 49 and buffer >= 40:
            self.running = False

    def _move_heat(self, drawn_w: float, gains_w: float, dt: float) -> None:
        to_tank = self.heat_w if self.tank_c - RAISE[self.sg] < 49 and self.tank_c < self.buffer_c + 13 else 0.0
        self.tank_c += (to_tank - drawn_w - 1.6 * (self.tank_c - 20)) * dt / 3600 / TANK_WH_K
        self.valve = min(max((self.setpoint_c + 0.5 - self.house_c) / 1.5, 0.0), 1.0)
        radiators = self.valve * 320 * max(self.buffer_c - self.house_c, 0.0)
        self.buffer_c += (self.heat_w - to_tank - radiators) * dt / 3600 / BUFFER_WH_K
        lost = HOUSE_LOSS_W_K * (self.house_c - self.outside_c)
        self.house_c += (radiators + gains_w - lost) * dt / 3600 / HOUSE_WH_K

    def state(self) -> HeatPumpState:
        return HeatPumpState(
            self.sg,
            self.power_w,
            self.heat_w,
            self.buffer_c,
            self.tank_c,
            self.house_c,
            self.outside_c,
            self.setpoint_c,
            self.valve,
        )


def _hot_water_w(local_s: float) -> float:
    """Showers in the morning and the evening, a little by day."""
    hour = local_s % DAY / 3600
    if 6.5 <= hour < 7.1 or 20 <= hour < 20.5:
        return 4500.0
    return 250.0 if 9 <= hour < 22 else 0.0
