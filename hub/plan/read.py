"""A problem file at the border: JSON in, a checked Problem out, or one clear error."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Any

from hub.errors import UserError
from hub.plan.problem import MOST_STEPS, STEPS, Appliance, Battery, Car, HeatPump, Problem, Visit
from hub.plan.shape import Grid, Number, Schema, Shape, Time, read, schema

_DRAFT = "https://json-schema.org/draft/2020-12/schema"


def read_text(text: str, where: str) -> Problem:
    """Raises UserError that names the file and the key."""
    try:
        told = json.loads(text)
    except (ValueError, RecursionError) as e:
        raise UserError(f"{where}: not valid JSON: {e}; correct that line") from None
    return read_problem(told, where)


def read_problem(told: Any, where: str = "problem") -> Problem:
    """Raises UserError that names the key."""
    if not isinstance(told, Mapping):
        raise UserError(f"{where}: must be a table in braces; `shems plan --schema` tells its keys")
    grid = Grid(where)
    needed: dict[str, Shape] = {
        "start": Time(),
        "step_s": Number(60, 3600, whole=True),
        "steps": Number(1, MOST_STEPS, whole=True),
    }
    for key, shape in needed.items():
        if told.get(key) is None:
            raise grid.error(key, "is missing; `shems plan --schema` tells the keys of a problem")
        setattr(grid, "start_ms" if key == "start" else key, shape.read(grid, key, told[key]))
    if grid.step_s not in STEPS:
        raise grid.error("step_s", f"{grid.step_s} is none of {', '.join(map(str, STEPS))}")
    if grid.start_ms % (grid.step_s * 1000):
        raise grid.error("start", f"is not a whole multiple of {grid.step_s} s; begin with a step")
    problem = read(Problem, grid, "", told)
    _check(grid, problem)
    return replace(problem, assumed=(*problem.assumed, *grid.assumed))


def problem_schema() -> Schema:
    """The JSON Schema (2020-12) of a problem file."""
    shown: dict[str, Schema] = {}
    top = schema(Problem, shown)
    return {"$schema": _DRAFT, "title": "What `shems plan` reads", **top, "$defs": shown}


def _check(grid: Grid, p: Problem) -> None:
    """What no single key says: that they fit one another."""
    seen: dict[str, str] = {}
    for kind in ("batteries", "cars", "heat_pumps", "appliances"):
        for i, device in enumerate(getattr(p, kind)):
            at = f"{kind}[{i}]"
            if device.id in seen:
                raise grid.error(f"{at}.id", f"{device.id!r} is that of {seen[device.id]} too; give each its own")
            seen[device.id] = at
            for key, message in _CHECKS[kind](device):
                raise grid.error(f"{at}.{key}" if key else at, message)
    _connected(grid, p, seen)


def _connected(grid: Grid, p: Problem, seen: Mapping[str, str]) -> None:
    phases = p.connection.phases if p.connection else 3
    for key in ("load_shares", "pv_shares"):
        shares = getattr(p, key)
        if shares and (len(shares) != phases or abs(sum(shares) - 1) > 1e-3):
            raise grid.error(key, f"must be {phases} shares that come to 1")
    for i, signal in enumerate(p.connection.dimming if p.connection else ()):
        if signal.end <= signal.start:
            raise grid.error(f"connection.dimming[{i}].end", "must be after start")
        for name in signal.devices:
            if name not in seen:
                raise grid.error(f"connection.dimming[{i}].devices", f"{name!r} is no device of this problem")
    peak = p.connection.peak if p.connection else None
    if peak and peak.interval_s > p.step_s and peak.interval_s % p.step_s:
        raise grid.error("connection.peak.interval_s", f"must be a multiple of step_s = {p.step_s}")
    if peak and any(later <= earlier for earlier, later in pairwise(peak.anew)):
        raise grid.error("connection.peak.anew", "must be in time order, each later than the one before")


def _battery(b: Battery) -> Iterator[tuple[str, str]]:
    if b.soc_floor >= b.soc_ceiling:
        yield "soc_floor", f"{b.soc_floor:g} is not below soc_ceiling = {b.soc_ceiling:g}; correct one of them"
    if b.end_soc is not None and not b.soc_floor <= b.end_soc <= b.soc_ceiling:
        yield "end_soc", f"{b.end_soc:g} is not from soc_floor = {b.soc_floor:g} to soc_ceiling = {b.soc_ceiling:g}"
    for key in ("charge_curve", "discharge_curve"):
        curve = getattr(b, key)
        slopes = [(y1 - y0) / (x1 - x0) for (x0, y0), (x1, y1) in pairwise(curve)]
        if len(curve) == 1 or any(later > slope + 1e-9 for slope, later in pairwise(slopes)):
            yield key, "must bend downwards: two pairs at least, and each piece no steeper upwards than the one before"


def _car(c: Car) -> Iterator[tuple[str, str]]:
    if c.min_a > c.max_a:
        yield "min_a", f"{c.min_a:g} is above max_a = {c.max_a:g}; lower the one or raise the other"
    if not c.phases or len(set(c.phases)) != len(c.phases):
        yield "phases", "must be one or two different numbers, like [1, 3]"
    if c.soc is not None and c.capacity_wh is None:
        yield "capacity_wh", "is missing; a SoC needs it"
    last = 0
    for i, visit in enumerate(c.visits):
        if visit.start < last or visit.end <= visit.start:
            yield f"visits[{i}]", "must end after it begins, and begin after the one before"
        last = visit.end
        yield from _goals(c, visit, f"visits[{i}]")


def _goals(c: Car, visit: Visit, at: str) -> Iterator[tuple[str, str]]:
    for k, goal in enumerate(visit.goals):
        if (goal.soc is None) == (goal.energy_wh is None):
            yield f"{at}.goals[{k}]", "needs either soc or energy_wh"
        if goal.soc is not None and (c.soc is None or c.capacity_wh is None):
            yield f"{at}.goals[{k}].soc", "needs the car's soc and capacity_wh; else give energy_wh"
        if goal.by <= visit.start:
            yield f"{at}.goals[{k}].by", "is before the car is there; correct one of them"


def _pump(h: HeatPump) -> Iterator[tuple[str, str]]:
    if h.min_w > h.max_w:
        yield "min_w", f"{h.min_w:g} is above max_w = {h.max_w:g}; correct one of them"
    if h.room is None and h.tank is None:
        yield "", "warms nothing; give it a room, a tank, or both"
    if h.room is not None and bool((h.room.low > h.room.high).any()):
        yield "room.low", "is above room.high at some time; correct one of them"
    if h.tank is not None and bool((h.tank.low > h.tank.high).any()):
        yield "tank.low", "is above tank.high at some time; correct one of them"


def _appliance(a: Appliance) -> Iterator[tuple[str, str]]:
    if a.parts and a.kind != "run":
        yield "parts", f"are for a run, not for {a.kind!r}; give power_w and duration_s"
    if not a.parts and not (a.power_w and a.duration_s):
        yield "power_w", "and duration_s must be given and not 0, or parts for a run"
    if a.earliest is not None and a.latest is not None and a.latest <= a.earliest:
        yield "latest", "is not after earliest; correct one of them"


_CHECKS: dict[str, Any] = {"batteries": _battery, "cars": _car, "heat_pumps": _pump, "appliances": _appliance}
