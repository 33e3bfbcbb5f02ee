"""A battery of cells: W at its DC port, + = discharge; Wh inside."""

from dataclasses import dataclass

EFFICIENCY = 0.97
"""of each direction, port to cells"""
STANDBY_W = 8.0


@dataclass(slots=True)
class Battery:
    capacity_wh: float = 10_000.0
    stored_wh: float = 5_500.0
    max_charge_w: float = 5_000.0
    max_discharge_w: float = 5_000.0
    min_soc: float = 5.0
    charged_wh: float = 0.0
    discharged_wh: float = 0.0

    @property
    def soc(self) -> float:
        return 100 * self.stored_wh / self.capacity_wh

    @property
    def voltage(self) -> float:
        return 380 + 0.6 * self.soc

    def bounds(self) -> tuple[float, float]:
        """Lowest (negative, charging) and highest power now: tapered over the last 8 % full and the last 5 % empty."""
        charge = self.max_charge_w * min(max((100 - self.soc) / 8, 0.0), 1.0)
        discharge = self.max_discharge_w * min(max((self.soc - self.min_soc) / 5, 0.0), 1.0)
        return -charge, discharge

    def step(self, power_w: float, dt: float) -> None:
        """Move energy. `power_w` must lie within `bounds`, whose tapers keep the charge within its limits."""
        energy = power_w * dt / 3600
        if power_w > 0:
            self.stored_wh -= energy / EFFICIENCY
            self.discharged_wh += energy
        else:
            self.stored_wh -= energy * EFFICIENCY
            self.charged_wh -= energy
        self.stored_wh = min(max(self.stored_wh - STANDBY_W * dt / 3600, 0.0), self.capacity_wh)
