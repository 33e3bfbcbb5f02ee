"""Plugs and lamps: single-phase loads that somebody switches. W, Wh; brightness 0..254 as on the wire."""

from collections.abc import Callable
from dataclasses import dataclass

from .state import SmallLoadState


@dataclass(slots=True)
class SmallLoad:
    """`trace` is the power at full brightness by local time."""

    phase: int
    trace: Callable[[float], float]
    on: bool = True
    brightness: int = 254
    standby_w: float = 0.0
    power_w: float = 0.0
    total_wh: float = 0.0

    def step(self, local_s: float, dt: float) -> None:
        self.power_w = self.trace(local_s) * self.brightness / 254 if self.on else self.standby_w
        self.total_wh += self.power_w * dt / 3600

    def state(self) -> SmallLoadState:
        return SmallLoadState(self.on, self.brightness, self.power_w, self.total_wh)
