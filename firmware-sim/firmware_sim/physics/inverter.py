"""A hybrid inverter: PV and battery share a DC bus behind one AC port (W, + = production)."""

from dataclasses import dataclass, field

from .battery import Battery
from .state import InverterState

EFFICIENCY = 0.97
OWN_W = 15.0
"""what the electronics take from the AC side"""


@dataclass(slots=True)
class Orders:
    """What the remote side asks. `battery_w` wins over the bounds; None or the widest bounds mean self-consumption."""

    battery_w: float | None = None
    battery_low: float = -1e9
    battery_high: float = 1e9
    ac_limit_w: float = 1e9
    grid_charging: bool = True
    connected: bool = True
    export_limit_w: float = 1e9
    """at the meter of the whole house"""

    @property
    def remote(self) -> bool:
        return self.battery_w is not None or self.battery_low > -1e9 or self.battery_high < 1e9


@dataclass(slots=True)
class Inverter:
    rated_w: float = 10_000.0
    peak_w: tuple[float, float] = (5_600.0, 4_400.0)
    battery: Battery = field(default_factory=Battery)
    orders: Orders = field(default_factory=Orders)
    share: float = 1.0
    """of what the meter shows, where several inverters bring it to zero together"""
    ac_w: float = 0.0
    battery_w: float = 0.0
    pv_w: tuple[float, float] = (0.0, 0.0)
    curtailed: bool = False
    injected_wh: float = 8_214_300.0
    absorbed_wh: float = 41_200.0
    pv_wh: list[float] = field(default_factory=lambda: [4_912_000.0, 3_611_000.0])
    temperature: float = 25.0
    _pv_used: float = 0.0

    def step(self, irradiance: float, outside_c: float, grid_w: float, dt: float) -> None:
        """One step; `grid_w` is what the inverter's own meter showed last (+ = import)."""
        available = [_pv_power(peak, irradiance, outside_c) for peak in self.peak_w]
        limit = min(self.orders.ac_limit_w, max(self.ac_w + grid_w + self.orders.export_limit_w, 0.0))
        self._settle(sum(available), self._wish(self.share * grid_w, sum(available)), limit)
        total = sum(available)
        share = self._pv_used / total if total > 0 else 0.0
        self.pv_w = (available[0] * share, available[1] * share)
        self.battery.step(self.battery_w, dt)
        self._count(outside_c, dt)

    def _wish(self, grid_w: float, pv_w: float) -> float:
        """Battery power wanted: the remote set-point, or the step that brings the grid to zero, within the bounds."""
        orders = self.orders
        wish = orders.battery_w if orders.battery_w is not None else self.battery_w + 0.8 * grid_w / EFFICIENCY
        if orders.battery_w is None:
            wish = min(max(wish, orders.battery_low), orders.battery_high)
        if not orders.grid_charging:
            wish = max(wish, -pv_w)
        low, high = self.battery.bounds()
        return min(max(wish, low), high)

    def _settle(self, pv_w: float, battery_w: float, limit_w: float) -> None:
        """Share the AC limit: without a remote set-point the battery takes the surplus first, then PV is curtailed."""
        orders = self.orders
        if not orders.connected:
            self._pv_used, self.battery_w, self.ac_w, self.curtailed = 0.0, 0.0, 0.0, pv_w > 0
            return
        room = min(self.rated_w, limit_w + OWN_W) / EFFICIENCY
        if pv_w + battery_w > room and not orders.remote:
            battery_w = max(room - pv_w, self.battery.bounds()[0])
        battery_w = max(min(battery_w, room), -self.rated_w * EFFICIENCY - pv_w)
        used = min(pv_w, room - battery_w)
        self.curtailed = used < pv_w - 1
        self._pv_used, self.battery_w = used, battery_w
        direct = used + battery_w
        self.ac_w = (direct * EFFICIENCY if direct > 0 else direct / EFFICIENCY) - OWN_W

    def _count(self, outside_c: float, dt: float) -> None:
        self.injected_wh += max(self.ac_w, 0.0) * dt / 3600
        self.absorbed_wh += max(-self.ac_w, 0.0) * dt / 3600
        for string in (0, 1):
            self.pv_wh[string] += self.pv_w[string] * dt / 3600
        self.temperature += (outside_c + 12 + 20 * abs(self.ac_w) / self.rated_w - self.temperature) * min(dt / 900, 1)

    def state(self) -> InverterState:
        volts = tuple(
            0.0 if power < 5 else 350 + 250 * (power / peak) ** 0.15
            for power, peak in zip(self.pv_w, self.peak_w, strict=True)
        )
        return InverterState(
            self.ac_w,
            self.pv_w,
            (volts[0], volts[1]),
            self.battery_w,
            self.battery.voltage,
            self.battery.soc,
            self.battery.capacity_wh,
            self.curtailed,
            self.orders.remote,
            self.temperature,
            self.injected_wh,
            self.absorbed_wh,
            (self.pv_wh[0], self.pv_wh[1]),
            self.battery.charged_wh,
            self.battery.discharged_wh,
        )


def _pv_power(peak_w: float, irradiance: float, outside_c: float) -> float:
    cell_c = outside_c + 0.03 * irradiance
    return max(peak_w * irradiance / 1000 * (1 - 0.004 * (cell_c - 25)), 0.0)
