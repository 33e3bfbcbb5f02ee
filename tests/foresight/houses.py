"""Random houses and days for the tests of this folder: every number from a seed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from hub.foresight.day import Day
from hub.foresight.following import followed
from hub.plan import Problem, plan
from hub.plan.problem import Appliance, Battery, Car, Connection, Dimming, Goal, Peak, Phase, Visit
from hub.plan.shape import Floats
from hub.plan.solve import Effort

START = 1_782_856_800_000
"""2026-06-30T22:00Z: midnight in Berlin."""
HOUR_MS = 3_600_000
QUICK = Effort(seconds=10.0, nodes=50, gap=1e-6, tries=10)


def battery(steps: int, **other: object) -> Battery:
    b = Battery(
        id="battery", capacity_wh=10_000, soc=30.0, max_charge_w=5000, max_discharge_w=5000, power_share=np.ones(steps)
    )
    return replace(b, **other)  # type: ignore[arg-type]


def problem(seed: int, hours: int = 48, step_s: int = 3600) -> Problem:
    """A house with panels, a battery and a price that is dear in the evening."""
    rng = np.random.default_rng(seed)
    n = hours * 3600 // step_s
    clock = np.arange(n) * step_s / 3600 % 24
    sun = np.maximum(0.0, np.sin((clock - 6) / 12 * np.pi)) * rng.uniform(0.2, 1.0)
    load = 300 + 900 * np.exp(-(((clock - 19) / 2.5) ** 2)) + rng.gamma(1.5, 150, n)
    price = 0.28 + 0.08 * np.sin((clock - 13) / 24 * 2 * np.pi) + rng.normal(0, 0.02, n)
    return Problem(
        start=START,
        step_s=step_s,
        steps=n,
        load_w=load,
        price_import=price,
        price_export=np.full(n, 0.08),
        pv_w=sun * rng.uniform(2000, 9000),
        fee_import=np.zeros(n),
        co2_g=np.zeros(n),
        batteries=(battery(n, soc=float(rng.uniform(5, 95)), wear=float(rng.choice([0.0, 0.02]))),),
    )


def car(hours: float = 12.0, energy_wh: float = 11_000.0) -> Car:
    """Comes at six in the evening."""
    start = START + 18 * HOUR_MS
    end = start + round(hours * HOUR_MS)
    return Car("wallbox", (Visit(start, end, (Goal(end, energy_wh=energy_wh),)),))


def dishwasher(earliest_h: int = 8, latest_h: int = 22) -> Appliance:
    parts = (Phase(2000, 3600), Phase(800, 3600))
    return Appliance(
        "dishwasher", parts=parts, earliest=START + earliest_h * HOUR_MS, latest=START + latest_h * HOUR_MS
    )


def rich(seed: int, hours: int = 48) -> Problem:
    """`problem` with, by chance, a car, a dishwasher, limits and signals."""
    rng = np.random.default_rng(seed + 10_000)
    p = problem(seed, hours)
    n = p.steps
    signal = Dimming(START + 18 * HOUR_MS, START + 21 * HOUR_MS, 4200.0)
    connection = Connection(
        np.full(n, float(rng.choice([1e6, 8000]))),
        np.full(n, float(rng.choice([1e6, 3000, 0]))),
        dimming=(signal,) if rng.random() < 0.4 else (),
    )
    return replace(
        p,
        connection=connection if rng.random() < 0.7 else None,
        cars=(car(),) if rng.random() < 0.4 else (),
        appliances=(dishwasher(),) if rng.random() < 0.4 else (),
    )


def wild(seed: int, hours: int = 30) -> Problem:
    """`rich` with whatever else a problem can hold, in any combination."""
    rng = np.random.default_rng(seed + 50_000)
    p = rich(seed, hours)

    def odd(share: float) -> bool:
        return bool(rng.random() < share)

    price = p.price_import - 0.5 * (rng.random(p.steps) < 0.15) * odd(0.5)
    connection = p.connection
    if connection and odd(0.4):
        connection = replace(connection, fuse_a=25.0, unbalance_w=4600.0, peak=Peak(5.0, 3600, reached_w=2000.0))
    return replace(
        p,
        price_import=price,
        price_export=price + 0.02 if odd(0.1) else np.where(rng.random(p.steps) < 0.1, -0.05, 0.08),
        curtail=odd(0.6),
        connection=connection,
        batteries=tuple(_wild_battery(p.steps, f"battery{k}", rng) for k in range(int(rng.integers(1, 3)))),
        cars=(_commuter(float(rng.uniform(5, 95)), 5000.0 * odd(0.5)),) if odd(0.3) else p.cars,
        appliances=(*p.appliances, *_others(int(rng.integers(10, 30)))) if odd(0.4) else p.appliances,
    )


def _wild_battery(steps: int, id_: str, rng: np.random.Generator) -> Battery:
    return battery(
        steps,
        id=id_,
        soc=float(rng.uniform(0, 100)),
        soc_floor=float(rng.choice([5, 20])),
        soc_ceiling=float(rng.choice([90, 100])),
        reserve=float(rng.choice([0, 30])),
        wear=float(rng.choice([0, 0.03])),
        loss_per_day=float(rng.choice([0, 5])),
        grid_charge=bool(rng.random() < 0.6),
        grid_discharge=bool(rng.random() < 0.6),
        charge_curve=((0, 5000), (80, 5000), (96, 0)) if rng.random() < 0.4 else (),
        discharge_curve=((0, 1000), (20, 5000)) if rng.random() < 0.3 else (),
        full_above=float(rng.choice([80, 100])),
        full_price=0.01,
        power_share=np.where(rng.random(steps) < 0.1, 0.0, 1.0),
        end_soc=50.0 if rng.random() < 0.2 else None,
    )


def _commuter(soc: float, max_discharge_w: float) -> Car:
    """There until seven and from five on, with a SoC, and perhaps V2H."""
    morning, evening = START + 7 * HOUR_MS, START + 17 * HOUR_MS
    visits = (
        Visit(START, morning, (Goal(morning, soc=70.0),)),
        Visit(evening, START + 28 * HOUR_MS, (Goal(START + 27 * HOUR_MS, soc=80.0),), used_wh=8000.0),
    )
    return Car("wallbox", visits, capacity_wh=40_000.0, soc=soc, max_discharge_w=max_discharge_w)


def _others(latest_h: int) -> tuple[Appliance, ...]:
    night = ((START, START + 6 * HOUR_MS),)
    return (
        Appliance("pool", "level", 1500.0, 3 * 3600.0, earliest=START + 2 * HOUR_MS, latest=START + latest_h * HOUR_MS),
        Appliance("heater", "steps", 1500.0, 3 * 3600.0, quiet=night, min_on_s=7200.0),
    )


def mistaken(p: Problem, seed: int, by: float = 0.3) -> Problem:
    """The same days as they came: all three quantities otherwise than foretold."""
    rng = np.random.default_rng(seed + 20_000)
    return replace(
        p,
        load_w=p.load_w * rng.lognormal(0, by, p.steps),
        pv_w=p.pv_w * rng.uniform(1 - by, 1 + by, p.steps),
        price_import=p.price_import + rng.normal(0, by / 10, p.steps),
    )


def day(foretold: Problem, came: Problem, steps: int, drawn_w: dict[str, Floats], soc: dict[str, Floats]) -> Day:
    return Day(
        "2026-07-01", foretold, steps, came.load_w, came.pv_w, came.price_import, came.price_export, drawn_w, soc
    )


def by_plan(foretold: Problem, came: Problem, steps: int) -> Day:
    """The day carried out by the executor's model."""
    ran = followed(came, plan(foretold, QUICK), steps)
    stores = {b.id: b.capacity_wh for b in foretold.batteries}
    drawn = {name: kw * (-1000 if name in stores else 1000) for name, kw in ran.draws.items()}
    return day(foretold, came, steps, drawn, {name: kwh * 1e5 / stores[name] for name, kwh in ran.levels.items()})


def exactly(foretold: Problem, came: Problem, steps: int) -> Day:
    """The day exactly as a plan with perfect knowledge wants it."""
    planned = plan(came, QUICK)
    names = [*(b.id for b in came.batteries), *(c.id for c in came.cars), *(a.id for a in came.appliances)]
    drawn = {
        name: np.array([s.devices[name].power_w if name in s.devices else 0.0 for s in planned.steps[:steps]])
        for name in names
    }
    soc = {b.id: np.array([s.devices[b.id].soc or 0.0 for s in planned.steps[:steps]]) for b in came.batteries}
    return day(foretold, came, steps, drawn, soc)


def at_random(foretold: Problem, came: Problem, steps: int, seed: int) -> Day:
    """Devices that do what they like: no model has to hold."""
    rng = np.random.default_rng(seed + 30_000)
    drawn = {b.id: rng.normal(0, 3000, steps) for b in foretold.batteries}
    drawn |= {c.id: rng.uniform(0, 11_000, steps) * (rng.random(steps) < 0.2) for c in foretold.cars}
    drawn |= {a.id: rng.uniform(0, 2000, steps) * (rng.random(steps) < 0.1) for a in foretold.appliances}
    return day(foretold, came, steps, drawn, {b.id: rng.uniform(0, 100, steps) for b in foretold.batteries})
