"""What the judge knows of a house and of a moment: worked out anew, without the core."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import TypeGuard

from hub.model import Command, CommandSpec, Device, Relation, Request, Role, Source, Value
from hub.model.site import ChargerControl, Circuit, Site

ENVELOPED = ("current_limit", "power_setpoint", "phases")
URGENT = (Source.SAFETY, Source.GRID_OPERATOR, Source.SITE)
HOUSE_LIMITS = ("house.import_limit", "house.export_limit")
IMPORT, EXPORT = 1, -1
DAY_S = 86_400.0
NEAR = 1e-3
LATE_S, REACTS_S = 20.0, 4.0
"""So late a charger may show what it draws since it was told otherwise; so soon a car takes less when it is told so."""


@dataclass
class Told:
    """What a point was last commanded, since when on the summed-up clock, and what it was before."""

    value: Value
    since: float
    before: Value = 0.0


@dataclass
class Past:
    """What the judge remembers of one house. `clock`: s, summed up with at most 10 s of each gap, `dt`."""

    clock: float = 0.0
    dt: float = 0.0
    t: int = 0
    told: dict[str, Told] = field(default_factory=dict)
    writes: dict[str, list[float]] = field(default_factory=dict)
    paused: dict[str, float] = field(default_factory=dict)
    watts: dict[str, float] = field(default_factory=dict)
    gone: dict[str, bool] = field(default_factory=dict)
    phases: dict[str, float] = field(default_factory=dict)
    switches: dict[str, list[float]] = field(default_factory=dict)
    below: dict[str, float] = field(default_factory=dict)
    silent: dict[str, float] = field(default_factory=dict)

    def tick(self, t: int) -> float:
        dt = max(0.0, min((t - self.t) / 1000, 10.0)) if self.t else 0.0
        self.clock, self.t, self.dt = self.clock + dt, t, dt
        return dt

    def told_more(self, car: str, amps: float) -> bool:
        before = self.told.get(f"{car}.current_limit")
        return before is None or amps > float(before.value)

    def at_most(self, car: str) -> float:
        """A that the car draws at most, where its charger may still show what it drew before it was told less."""
        told = self.told.get(f"{car}.current_limit")
        late = told is not None and self.clock - self.dt - told.since < LATE_S
        return float(told.value) if told and late else math.inf

    def lately(self, car: str) -> float:
        """A that the car may draw by what it was told, where its charger cannot have shown that yet."""
        told = self.told.get(f"{car}.current_limit")
        if told is None:
            return 0.0
        ago = self.clock - self.dt - told.since
        now = float(told.value) if ago < LATE_S else 0.0
        return max(now, float(told.before) if ago < REACTS_S else 0.0)

    def switches_seldom(self, car: str) -> bool:
        """Notes a switch of phases: three may come at once, each further one takes ten minutes, whoever asks."""
        at = self.switches.setdefault(car, [])
        at.append(self.clock)
        return all(n <= 3 + (self.clock - since) / 600 + NEAR for n, since in enumerate(reversed(at), 1))

    def copied(self) -> Past:
        return deepcopy(self)


class Plan:
    """Who hangs where in a house, found anew from its document and its devices."""

    def __init__(self, site: Site, devices: Sequence[Device]) -> None:
        by_id = {d.id: d for d in devices}
        self.site = site
        self.specs = {c.point: c for d in devices for c in d.commands}
        self.grid = next((d.id for d in devices if d.role is Role.GRID), "")
        self.root = next(c for c in site.circuits if not c.parent)
        self.phases = tuple(range(1, self.root.phases + 1))
        self.cars = [c for c in site.chargers if f"{c.device}.current_limit" in self.specs]
        self.stores = [b for b in site.batteries if f"{b.device}.power_setpoint" in self.specs]
        self.pumps = [p for p in site.heat_pumps if f"{p.device}.sg_ready" in self.specs]
        self.plugs = [s for s in site.switches if f"{s.device}.on" in self.specs]
        self.makers = [
            d.id
            for d in devices
            if d.role is Role.INVERTER and (c := d.command(f"{d.id}.power_limit")) and c.high is not None
        ]
        ids = [*(c.device for c in self.cars), *(b.device for b in self.stores)]
        self.driven = {f"{d}.{q}" for d in ids for q in ENVELOPED}
        self.hung = {p.device: p.phases for p in site.heat_pumps} | {s.device: s.phases for s in site.switches}
        self.known_cars = {c.device: c for c in site.chargers}
        self.stored = {b.device: b for b in self.stores}
        self.behind = {b.device: by_id[b.device].behind for b in self.stores}
        tells = {d.id for d in devices if any(p.quantity.name == "power" for p in d.points)}
        self.loads = {
            d.id
            for d in devices
            if d.id in tells
            and (d.role in (Role.CHARGER, Role.HEATPUMP, Role.PLUG) or (d.role is Role.METER and d.behind not in tells))
        }
        self.producers = {d.id for d in devices if d.role is Role.INVERTER or (d.role is Role.BATTERY and not d.behind)}
        self.inside = {c.id: self._inside(c, by_id) for c in site.circuits if c.parent}
        self.behind_fuses = [c for c in site.circuits if c.parent]

    def _inside(self, circuit: Circuit, devices: Mapping[str, Device]) -> list[str]:
        named = {m: c.id for c in self.site.circuits for m in c.members}
        for d in devices.values():
            if (d.behind and d.id not in named and d.role is not Role.METER) or (
                d.behind and d.id not in named and d.id in self.loads
            ):
                named[d.id] = named.get(d.behind, self.root.id)
        parents = {c.id: c.parent for c in self.site.circuits}
        return [d for d, home in named.items() if circuit.id in _chain(home, parents)]


def _chain(circuit: str, parents: Mapping[str, str]) -> list[str]:
    way = [circuit]
    while parents[way[-1]]:
        way.append(parents[way[-1]])
    return way


class Readings:
    """The values as an honest reader takes them."""

    def __init__(self, values: Mapping[str, Value], plan: Plan) -> None:
        self._values = values
        self._plan = plan
        self._volts = {p: self._sane_volts(p) for p in (1, 2, 3)}

    def get(self, point: str) -> float | None:
        value = self._values.get(point)
        return None if value is None or isinstance(value, str) or not abs(value) < 1e12 else float(value)

    def _sane_volts(self, phase: int) -> float:
        volts = self.get(f"{self._plan.grid}.voltage_l{phase}")
        return volts if volts is not None and 100 <= volts <= 300 else 230.0

    def volts(self, phase: int) -> float:
        return self._volts[phase]

    def per_amp(self, phase: int) -> float:
        return self._volts[phase] * len(self._plan.phases)

    def load(self, phase: int, way: int) -> float | None:
        """A over the meter that way; a current alone counts as either."""
        grid = self._plan.grid
        amps, watts = self.get(f"{grid}.current_l{phase}"), self.get(f"{grid}.power_l{phase}")
        if watts is None and self._plan.phases == (1,):
            watts = self.get(f"{grid}.power")
        if watts is None:
            return None if amps is None else abs(amps)
        flows = way * watts / self._volts[phase]
        return flows if flows < 0 else max(flows, abs(amps or 0.0))

    def draws(self, device: str, phase: int) -> float | None:
        """A into the device on the phase, as far as it tells; a car that does not may draw all it can."""
        plan = self._plan
        if device in plan.known_cars:
            car = plan.known_cars[device]
            shown = self._consumed(device, phase)
            return min(car.max_a if shown is None else max(0.0, shown), car.max_a) if phase in car.phases else 0.0
        if device in plan.stored:
            watts = self.get(f"{device}.power")
            return None if watts is None else -watts / self.per_amp(phase)
        if device in plan.loads:
            return self._consumed(device, phase)
        return self._made(device, phase) if device in plan.producers else 0.0

    def shown(self, car: ChargerControl, phase: int) -> float:
        """A that the charger tells, a power without phases spread over all that it has."""
        amps = self.get(f"{car.device}.current_l{phase}")
        if amps is not None:
            return abs(amps)
        return max(0.0, self.get(f"{car.device}.power") or 0.0) / sum(self._volts[p] for p in car.phases)

    def silent(self, car: ChargerControl) -> bool:
        told = (f"{car.device}.power", *(f"{car.device}.current_l{p}" for p in car.phases))
        return all(self.get(p) is None for p in told)

    def _consumed(self, device: str, phase: int) -> float | None:
        amps = self.get(f"{device}.current_l{phase}")
        watts = self.get(f"{device}.power")
        if amps is not None or watts is None:
            return None if amps is None else abs(amps)
        hung = self._plan.hung.get(device) or (phase,)
        return watts / len(hung) / self._volts[phase] if phase in hung else 0.0

    def _made(self, device: str, phase: int) -> float | None:
        total = 0.0
        for d, sign in ((device, -1), *((b, 1) for b, host in self._plan.behind.items() if host == device)):
            watts = self.get(f"{d}.power")
            if watts is None:
                return None
            total += sign * watts
        return total / self.per_amp(phase)


def _unwanted(charge: Command) -> bool:
    """Whether the car would stand still without any limit too."""
    code = charge.reason.numbers.get("instead", charge.reason.code)
    waits = ("charge_off", "no_surplus", "wait_hysteresis", "plan_car_waits")
    return code in waits or charge.reason.numbers.get("limit_a") == 0


def _finite(value: Value) -> bool:
    return not isinstance(value, str) and math.isfinite(value)


def _usable(value: Value) -> TypeGuard[float]:
    return not isinstance(value, str) and abs(value) < 1e12


def _understood(spec: CommandSpec, value: Value) -> bool:
    return value in spec.choices if spec.choices else _usable(value)


def _met(r: Request, got: Value) -> bool:
    if isinstance(got, str) or isinstance(r.value, str):
        return got == r.value
    if r.relation is Relation.SET:
        return abs(got - float(r.value)) < 1e-9
    return got <= float(r.value) if r.relation is Relation.AT_MOST else got >= float(r.value)


def _shows(spec: CommandSpec, wanted: Value, stands: Value) -> bool:
    if isinstance(wanted, str) or isinstance(stands, str):
        return wanted == stands
    return abs(float(wanted) - float(stands)) <= (spec.tolerance or (spec.step or 0.0) / 2) + 1e-9


def _calms(stands: Value, value: Value) -> bool:
    """Whether the new value is nearer to nothing, or on its other side: then what stood may not have been safe."""
    if isinstance(stands, str) or isinstance(value, str):
        return False
    return abs(value) < abs(stands) or value * stands < 0
