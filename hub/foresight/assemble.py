"""The house as a problem, and the solved problem as a plan for the core. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from hub.model.plan import Plan, Slot, Stored, Task
from hub.model.site import BatteryControl, Site
from hub.plan import Planned, Problem
from hub.plan.problem import Appliance, Battery, Car, Connection, HeatPump, Peak, Visit
from hub.plan.result import Doing, Step
from hub.plan.shape import Floats
from hub.plan.site import VOLT_KW

PER_KWH = 100_000
"""Of the hub's integer prices to a currency unit."""
_WARMS, _RESTS = ("warms_sun", "warms_cheap"), "warm_enough"


@dataclass(frozen=True, slots=True)
class Known:
    """What is known at `start` (UTC ms, a whole multiple of `step_s`). Arrays have a value for each step.

    `load_w`: the house without the devices that are planned; `price_import`, `price_export`: 1e-5 currency units per
    kWh, `fee_import` on top of the first where that is told apart; `estimated_from`: from when on they are estimates,
    UTC ms. By battery: `soc` in %, `capacity_wh`; `reserve`, %, where people ask for one. `peak`: what the highest
    power costs.
    """

    start: int
    step_s: int
    load_w: Floats
    pv_w: Floats
    price_import: Floats
    price_export: Floats
    soc: dict[str, float] = field(default_factory=dict)
    capacity_wh: dict[str, float] = field(default_factory=dict)
    reserve: dict[str, float] = field(default_factory=dict)
    cars: tuple[Car, ...] = ()
    heat_pumps: tuple[HeatPump, ...] = ()
    appliances: tuple[Appliance, ...] = ()
    fee_import: Floats | None = None
    peak: Peak | None = None
    estimated_from: int | None = None
    assumed: tuple[str, ...] = ()


def problem_of(site: Site, known: Known) -> Problem:
    """Batteries whose SoC or capacity nobody knows are not planned: the core drives them as if there were no plan."""
    batteries = tuple(_battery(b, known) for b in site.batteries if known.soc.get(b.device) is not None)
    problem = Problem(
        start=known.start,
        step_s=known.step_s,
        steps=len(known.load_w),
        load_w=np.maximum(known.load_w, 0.0),
        price_import=known.price_import / PER_KWH,
        price_export=known.price_export / PER_KWH,
        pv_w=np.maximum(known.pv_w, 0.0),
        fee_import=np.zeros(len(known.load_w)) if known.fee_import is None else known.fee_import / PER_KWH,
        co2_g=np.zeros(len(known.load_w)),
        connection=_connection(site, known),
        batteries=tuple(b for b in batteries if b.capacity_wh > 1),
        cars=known.cars,
        heat_pumps=known.heat_pumps,
        appliances=known.appliances,
        estimated_from=known.estimated_from,
        assumed=known.assumed,
    )
    paid = problem.price_import + problem.fee_import, problem.price_export
    dearest = max(float(np.nanmax(np.abs(prices), initial=0.0)) for prices in paid)
    return _counted_in(problem, dearest) if dearest > 1 else problem


def _counted_in(problem: Problem, times: float) -> Problem:
    """What wishes count with is meant for money of which a kWh costs less than 1; of other money it is as much more."""

    def goals(visit: Visit) -> Visit:
        return replace(visit, goals=tuple(replace(g, price=g.price * times) for g in visit.goals))

    def warm(pump: HeatPump) -> HeatPump:
        room = pump.room and replace(pump.room, price=pump.room.price * times)
        return replace(pump, room=room, tank=pump.tank and replace(pump.tank, price=pump.tank.price * times))

    return replace(
        problem,
        batteries=tuple(replace(b, reserve_price=b.reserve_price * times) for b in problem.batteries),
        cars=tuple(replace(c, visits=tuple(map(goals, c.visits))) for c in problem.cars),
        heat_pumps=tuple(map(warm, problem.heat_pumps)),
        appliances=tuple(
            replace(a, skip_price=a.skip_price * times, late_price=a.late_price * times) for a in problem.appliances
        ),
    )


def to_plan(problem: Problem, planned: Planned, id_: str, made: int, good_until: int) -> Plan:
    """What the core needs of it: tasks, powers, and what a stored kWh is worth."""
    return Plan(
        id_,
        made,
        good_until,
        tuple(_slot(problem, step, _import_w(problem, planned, step)) for step in planned.steps),
        {b.id: (b.efficiency_charge, b.efficiency_discharge) for b in problem.batteries},
        {b.id: round(b.wear * PER_KWH) for b in problem.batteries},
    )


def _battery(b: BatteryControl, known: Known) -> Battery:
    each = b.efficiency**0.5
    return Battery(
        id=b.device,
        capacity_wh=known.capacity_wh.get(b.device, 0.0),
        soc=min(100.0, max(0.0, known.soc[b.device])),
        max_charge_w=b.max_charge_w,
        max_discharge_w=b.max_discharge_w,
        soc_floor=b.lowest_soc,
        reserve=min(known.reserve.get(b.device, 0.0), b.soc_ceiling),
        soc_ceiling=b.soc_ceiling,
        efficiency_charge=each,
        efficiency_discharge=each,
        power_share=np.ones(len(known.load_w)),
        wear=b.wear / PER_KWH,
        grid_charge=b.grid_charge,
        grid_discharge=b.grid_discharge,
        feeds_cars=b.feeds_cars,
    )


def _connection(site: Site, known: Known) -> Connection:
    n = len(known.load_w)
    main = next((c for c in site.circuits if not c.parent), None)
    limits = site.limits
    return Connection(
        import_limit_w=np.full(n, limits.import_w if limits.import_w is not None else 1e6),
        export_limit_w=np.full(n, limits.export_w if limits.export_w is not None else 1e6),
        phases=main.phases if main else 3,
        fuse_a=main.fuse_a if main else 0.0,
        unbalance_w=(limits.unbalanced_a or 0.0) * VOLT_KW * 1000,
        peak=known.peak,
    )


def _import_w(problem: Problem, planned: Planned, step: Step) -> float | None:
    """What does not raise the power that is charged for; only of the billing period in which the plan begins."""
    peak, highest = problem.connection.peak if problem.connection else None, planned.highest
    if peak is None or highest is None or not peak.price_per_kw:
        return None
    if any(problem.start < t <= step.start for t in peak.anew):
        return None
    return max(highest.before_w, highest.planned_w)


def _slot(problem: Problem, step: Step, import_w: float | None) -> Slot:
    doing = step.devices
    return Slot(
        step.start,
        step.start + problem.step_s * 1000,
        {b.id: _stored(doing[b.id]) for b in problem.batteries},
        {c.id: doing[c.id].power_w for c in problem.cars if c.id in doing},
        {h.id: doing[h.id].why.code in _WARMS for h in problem.heat_pumps},
        {a.id: doing[a.id].power_w > 0 for a in problem.appliances},
        {h.id: doing[h.id].why.code == _RESTS for h in problem.heat_pumps},
        import_w,
    )


def _stored(doing: Doing) -> Stored:
    return Stored(doing.task or Task.FOLLOW, doing.power_w, round((doing.value or 0.0) * PER_KWH), doing.soc or 0.0)
