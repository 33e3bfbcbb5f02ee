"""What simulated devices do with what they are told: a battery, a car at its charger, a heat pump with its room.

Each goes from one moment to the next in leaps in which its power stays as it is. Powers in W, energies in Wh.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import exp, inf, sqrt
from typing import Protocol

from hub.core.types import VOLT
from hub.model import Value
from hub.model.site import BatteryControl, ChargerControl, HeatPumpControl
from hub.rehearse.world import CarWorld, PumpWorld

LEAST_COP = 1.0
_AIM_S = 900.0
"""A thermostat aims to have what it is told in a quarter of an hour."""
_FULL_WH = 1.0


class SimDevice(Protocol):
    """`power_w`: as it flows now; `lasts_s`: how long it can."""

    @property
    def power_w(self) -> float: ...
    @property
    def lasts_s(self) -> float: ...
    def tell(self, point: str, value: Value) -> None: ...
    def go(self, seconds: float) -> None: ...
    def readings(self) -> Mapping[str, Value]: ...


class SimBattery:
    """`stored_wh` is between nothing and `capacity_wh`. What is stored and what comes out each lose the same share."""

    def __init__(self, control: BatteryControl, capacity_wh: float, soc: float) -> None:
        self.control, self.capacity_wh = control, capacity_wh
        self.stored_wh = soc / 100 * capacity_wh
        self.given_wh = self.taken_wh = 0.0
        self._each = sqrt(control.efficiency)
        self._told = 0.0

    def tell(self, point: str, value: Value) -> None:
        if point == f"{self.control.device}.power_setpoint":
            self._told = float(value)

    @property
    def power_w(self) -> float:
        """AC, + = discharge."""
        watts = max(-self.control.max_charge_w, min(self._told, self.control.max_discharge_w))
        stuck = self.stored_wh <= 0 if watts > 0 else self.stored_wh >= self.capacity_wh
        return 0.0 if stuck else watts

    @property
    def soc(self) -> float:
        return 100 * self.stored_wh / self.capacity_wh

    @property
    def lasts_s(self) -> float:
        """How long it can go on like this until it is at one of the ends that it must not pass."""
        flow, control = self._flow_w(), self.control
        ends = [control.lowest_soc, 0.0] if flow < 0 else [control.soc_ceiling, 100.0]
        ways = [(end / 100 * self.capacity_wh - self.stored_wh) / flow for end in ends] if flow else []
        return min((way * 3600 for way in ways if way > 1e-6), default=inf)

    def _flow_w(self) -> float:
        """Into what is stored."""
        watts = self.power_w
        return -watts / self._each if watts > 0 else -watts * self._each

    def go(self, seconds: float) -> None:
        self.stored_wh = min(self.capacity_wh, max(0.0, self.stored_wh + self._flow_w() * seconds / 3600))
        self.given_wh += max(0.0, self.power_w) * seconds / 3600
        self.taken_wh += max(0.0, -self.power_w) * seconds / 3600

    def readings(self) -> Mapping[str, Value]:
        device = self.control.device
        return {f"{device}.power": self.power_w, f"{device}.soc": round(self.soc, 1)}


class SimCar:
    """A car that takes what its charger allows until it has what it needs. `asked_wh`: what it needed as it came, at
    `since` (UTC ms).
    """

    def __init__(self, control: ChargerControl, world: CarWorld) -> None:
        self.control, self.world = control, world
        self.there = True
        self.needs_wh = self.asked_wh = world.wh_per_day
        self.since = 0
        self.energy_wh = 0.0
        self._told = 0.0

    def tell(self, point: str, value: Value) -> None:
        if point == f"{self.control.device}.current_limit":
            self._told = float(value)

    @property
    def amps(self) -> float:
        allowed = self._told >= self.control.min_a
        return min(self._told, self.control.max_a) if self.there and self.needs_wh > _FULL_WH and allowed else 0.0

    @property
    def power_w(self) -> float:
        return self.amps * VOLT * self.control.phase_count

    @property
    def lasts_s(self) -> float:
        return self.needs_wh / self.power_w * 3600 if self.power_w else inf

    def go(self, seconds: float) -> None:
        charged = min(self.power_w * seconds / 3600, self.needs_wh)
        self.energy_wh += charged
        self.needs_wh -= charged

    def leave(self) -> float:
        """What it lacks, Wh."""
        self.there, lacks = False, self.needs_wh
        self.needs_wh = 0.0
        return lacks if lacks > _FULL_WH else 0.0

    def arrive(self, now: int) -> None:
        """Back from a day, at UTC ms. What it lacked in the morning was charged elsewhere."""
        self.there, self.since, self._told = True, now, 0.0
        self.needs_wh = self.asked_wh = self.world.wh_per_day

    def readings(self) -> Mapping[str, Value]:
        device = self.control.device
        currents = {f"{device}.current_l{n}": self.amps for n in self.control.phases}
        own = {f"{device}.power": self.power_w, f"{device}.energy": self.energy_wh, f"{device}.connected": self.there}
        return {**own, **currents}


class SimPump:
    """A heat pump that modulates; its room loses heat to the outside in proportion to the difference."""

    def __init__(self, control: HeatPumpControl, world: PumpWorld) -> None:
        self.control, self.world = control, world
        self.room_c = world.target_c
        self.outdoor_c = world.cop_at_c
        self.used_wh = 0.0
        self._state = 2.0

    def tell(self, point: str, value: Value) -> None:
        if point == f"{self.control.device}.sg_ready":
            self._state = float(value)

    @property
    def cop(self) -> float:
        return cop(self.world, self.outdoor_c)

    @property
    def power_w(self) -> float:
        """What brings the room to what is asked in a quarter of an hour, as far as it can."""
        if self._state == 1.0:
            return 0.0
        aim = self.world.boost_c if self._state >= 3.0 else self.world.target_c
        kept = self._kept(_AIM_S)
        heat = ((aim - kept * self.room_c) / (1 - kept) - self.outdoor_c) * self.world.loss_w_k - self.world.gains_w
        return max(0.0, min(heat / self.cop, self.world.max_w))

    @property
    def lasts_s(self) -> float:
        return _AIM_S

    def _kept(self, seconds: float) -> float:
        return exp(-seconds / 3600 * self.world.loss_w_k / self.world.capacity_wh_k)

    def go(self, seconds: float) -> None:
        """The exact answer of a store of heat to constant power."""
        kept, watts = self._kept(seconds), self.power_w
        rests_at = self.outdoor_c + (watts * self.cop + self.world.gains_w) / self.world.loss_w_k
        self.room_c = kept * self.room_c + (1 - kept) * rests_at
        self.used_wh += watts * seconds / 3600

    def readings(self) -> Mapping[str, Value]:
        device = self.control.device
        return {f"{device}.power": self.power_w, f"{device}.sg_ready": self._state}


def cop(world: PumpWorld, outdoor_c: float) -> float:
    """Heat for each Wh of current, linear in what it is outdoors."""
    return max(LEAST_COP, world.cop + world.cop_per_k * (outdoor_c - world.cop_at_c))
