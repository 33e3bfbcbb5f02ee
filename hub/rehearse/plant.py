"""A simulated house behind one meter: the devices of a site document as the core sees them, and what flows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import inf

from hub.core import House
from hub.core.types import VOLT
from hub.errors import UserError
from hub.model import Command, CommandSpec, Device, DeviceSpec, Link, Role, Value
from hub.model.site import BatteryControl, Site
from hub.rehearse.physics import SimBattery, SimCar, SimDevice, SimPump
from hub.rehearse.world import World

_HOURS = 2.0
"""A battery whose size nobody tells is taken to be charged in so long at full power."""


@dataclass(slots=True)
class Flow:
    """Of some time, Wh. `held_back`: what could have been fed in, but must not, or would have cost."""

    imported: float = 0.0
    exported: float = 0.0
    held_back: float = 0.0

    def add(self, other: Flow) -> None:
        self.imported += other.imported
        self.exported += other.exported
        self.held_back += other.held_back


def capacity_of(battery: BatteryControl) -> float:
    """Wh; the site document's, or an assumption."""
    return battery.capacity_wh or _HOURS * battery.max_charge_w


def house_of(site: Site, world: World) -> House:
    """The core's view of the house, in which every battery, car and heat pump takes commands; no link is opened.

    Chargers and heat pumps that `world` does not tell of are left out. Raises UserError without a grid meter.
    """
    if not any(spec.role is Role.GRID for spec in site.devices):
        raise UserError('devices: none has role = "grid"; a house is driven by its meter, so add one')
    return House.of(site, (device for spec in site.devices for device in _device(spec, site, world)))


def _device(spec: DeviceSpec, site: Site, world: World) -> Iterable[Device]:
    commands = tuple[CommandSpec, ...]()
    if spec.role is Role.BATTERY:
        control = next(b for b in site.batteries if b.device == spec.id)
        commands = (CommandSpec(f"{spec.id}.power_setpoint", -control.max_charge_w, control.max_discharge_w),)
    elif spec.role is Role.CHARGER and spec.id in world.cars:
        limit = next(c.max_a for c in site.chargers if c.device == spec.id)
        commands = (CommandSpec(f"{spec.id}.current_limit", 0, limit, 1),)
    elif spec.role is Role.HEATPUMP and spec.id in world.pumps:
        commands = (CommandSpec(f"{spec.id}.sg_ready", 1, 4, 1),)
    elif spec.role not in (Role.GRID, Role.INVERTER):
        return
    yield Device(spec.uid, spec.id, spec.role, Link("simulated", ""), behind=spec.behind, commands=commands)


class Plant:
    """All of it. The load and what the panels make are told for each step."""

    def __init__(self, site: Site, world: World) -> None:
        self.house = house_of(site, world)
        floor_to_ceiling = {b.device: (b.lowest_soc, b.soc_ceiling) for b in site.batteries}
        self.batteries = tuple(
            SimBattery(b, capacity_of(b), min(max(world.soc, floor_to_ceiling[b.device][0]), b.soc_ceiling))
            for b in self.house.batteries
        )
        self.cars = tuple(SimCar(c, world.cars[c.device]) for c in self.house.chargers)
        self.pumps = tuple(SimPump(p, world.pumps[p.device]) for p in self.house.heat_pumps)
        self.load_w = self.pv_w = 0.0
        self._export_w = inf if site.limits.export_w is None else site.limits.export_w
        self._inverters = tuple(spec.id for spec in site.devices if spec.role is Role.INVERTER)
        self._devices: tuple[SimDevice, ...] = (*self.batteries, *self.cars, *self.pumps)

    def tell(self, commands: Iterable[Command]) -> None:
        for command in commands:
            for device in self._devices:
                device.tell(command.point, command.value)

    @property
    def grid_w(self) -> float:
        """+ = import, with nothing held back yet."""
        drawn = sum(c.power_w for c in self.cars) + sum(p.power_w for p in self.pumps)
        return self.load_w + drawn - self.pv_w - sum(b.power_w for b in self.batteries)

    @property
    def lasts_s(self) -> float:
        """How long all can go on like this."""
        return min((d.lasts_s for d in self._devices), default=inf)

    def go(self, seconds: float, sold: bool) -> Flow:
        """`sold`: whether what is left over earns something; else the inverter holds it back, once nobody takes it."""
        grid = self.grid_w
        flow = Flow(max(0.0, grid) * seconds / 3600)
        flow.exported = min(max(0.0, -grid), self._export_w) * seconds / 3600 if sold else 0.0
        flow.held_back = max(0.0, -grid) * seconds / 3600 - flow.exported
        for device in self._devices:
            device.go(seconds)
        return flow

    def readings(self) -> dict[str, Value]:
        """What the meters show: whole W, the load spread evenly over the phases."""
        found: dict[str, Value] = {}
        for device in self._devices:
            found |= device.readings()
        found |= self._made()
        grid = self.grid_w
        found[f"{self.house.grid}.power"] = float(round(grid))
        cars = {n: sum(c.amps for c in self.cars if n in c.control.phases) * VOLT for n in self.house.phases}
        rest = (grid - sum(cars.values())) / len(self.house.phases)
        return found | {f"{self.house.grid}.power_l{n}": float(round(rest + w)) for n, w in cars.items()}

    def _made(self) -> Mapping[str, float]:
        """By inverter, AC side: the panels are at the first one, batteries at the one they are behind."""
        made = dict.fromkeys(self._inverters, 0.0)
        if self._inverters:
            made[self._inverters[0]] += self.pv_w
        for battery in self.batteries:
            behind = self.house.behind.get(battery.control.device, "")
            if behind in made:
                made[behind] += battery.power_w
        return {f"{device}.power": float(round(watts)) for device, watts in made.items()}
