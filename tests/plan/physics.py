"""A plan held against its problem by arithmetic of its own: the balance, stores, limits, and what was given up.

Nothing of hub.plan is used but the data that goes in and comes out. Powers in a plan are whole W, so each bound has the
slack of that rounding.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from math import exp

from hub.plan import Planned, Problem
from hub.plan.problem import Appliance, Battery, Car, Goal, HeatPump, Visit
from hub.plan.result import Doing, Step

ROUND_W = 0.5
NEAR_KWH = 2e-3


def broken(problem: Problem, plan: Planned) -> list[str]:
    """One line for each thing that cannot be or must not be, the first few of each kind."""
    checks = [_shape, _balance, _money, _limits, _fuses, _unbalance, _dimmed, _peak]
    lines = [line for check in checks for line in _few(check(problem, plan))]
    for b in problem.batteries:
        lines += _few(_battery(problem, plan, b))
    for c in problem.cars:
        lines += _few(_car(problem, plan, c))
    for h in problem.heat_pumps:
        lines += _few(_pump(problem, plan, h))
    for a in problem.appliances:
        lines += _few(_appliance(problem, plan, a))
    return lines


def _few(lines: Iterator[str]) -> list[str]:
    return [line for line, _ in zip(lines, range(3), strict=False)]


def _hours(problem: Problem) -> float:
    return problem.step_s / 3600


def _missed(plan: Planned, wish: str, device: str = "") -> float:
    return sum(g.amount for g in plan.given_up if g.wish == wish and g.device == device)


def _explained(plan: Planned, wish: str, device: str, lacking: float, near: float) -> Iterator[str]:
    """What is lacking by this arithmetic is what the plan says was given up."""
    told = _missed(plan, wish, device)
    if abs(told - lacking) > near + 1e-3 * lacking:
        yield f"{wish} {device}: {lacking:.4f} lacks, told is {told:.4f}"


def _powers(plan: Planned, name: str) -> list[float]:
    """W drawn (+) or given (-) by a device, 0 where it is not there."""
    return [_drawn(s.devices[name]) if name in s.devices else 0.0 for s in plan.steps]


def _drawn(doing: Doing) -> float:
    return -doing.power_w if doing.task is not None else doing.power_w


# -- the house ---------------------------------------------------------------------------------------------------------


def _shape(problem: Problem, plan: Planned) -> Iterator[str]:
    if len(plan.steps) != problem.steps or plan.step_s != problem.step_s:
        yield f"{len(plan.steps)} steps of {plan.step_s} s"
    for t, step in enumerate(plan.steps):
        if step.start != problem.start + t * problem.step_s * 1000:
            yield f"step {t} begins at {step.start}"
    parts = plan.costs
    whole = parts.energy + parts.peak + parts.wear + parts.starts + parts.co2 + parts.given_up + parts.stored
    if abs(parts.total - whole) > 1e-4:
        yield f"the parts of the cost come to {whole}, not to {parts.total}"
    if plan.bound > parts.total + 1e-3 * max(1.0, abs(parts.total)):
        yield f"the bound {plan.bound} is above the cost {parts.total}"


def _balance(problem: Problem, plan: Planned) -> Iterator[str]:
    for t, step in enumerate(plan.steps):
        near = ROUND_W * (len(step.devices) + 4)
        if abs(step.load_w - problem.load_w[t]) > 1 or abs(step.pv_w + step.held_back_w - problem.pv_w[t]) > 2:
            yield f"{t}: load {step.load_w}, panels {step.pv_w} and {step.held_back_w} held back"
        if step.held_back_w < 0 or step.pv_w < 0 or (step.held_back_w > 1 and not problem.curtail):
            yield f"{t}: {step.held_back_w} W held back of {problem.pv_w[t]}"
        net = step.load_w - step.pv_w + sum(map(_drawn, step.devices.values()))
        if abs(net - step.grid_w) > near:
            yield f"{t}: {net} W are needed, {step.grid_w} W come from the grid"


def _money(problem: Problem, plan: Planned) -> Iterator[str]:
    """Energy and CO2 of what goes over the meter within its limits; what is beyond them counts as given up."""
    c, h = problem.connection, _hours(problem)
    energy = grams = 0.0
    prices = 0.0
    for t, step in enumerate(plan.steps):
        bought, sold = max(step.grid_w, 0.0), max(-step.grid_w, 0.0)
        if c:
            bought, sold = min(bought, c.import_limit_w[t]), min(sold, c.export_limit_w[t])
        fee = problem.price_import[t] + problem.fee_import[t]
        energy += (bought * fee - sold * problem.price_export[t]) * h / 1000
        grams += bought * problem.co2_g[t] * h / 1000
        prices += max(abs(fee), abs(problem.price_export[t]))
    near = 1e-3 + prices * h / 1000
    if _missed(plan, "feed_in"):
        # what stores feed in that must not is not paid for
        near += _missed(plan, "feed_in") * float(abs(problem.price_export).max())
    if abs(energy - plan.costs.energy) > near:
        yield f"the energy costs {energy:.4f}, told is {plan.costs.energy}"
    if abs(grams / 1000 * problem.co2_price - plan.costs.co2) > 1e-3 + 0.01 * abs(plan.costs.co2):
        yield f"its CO2 costs {grams / 1000 * problem.co2_price:.4f}, told is {plan.costs.co2}"
    if (
        abs(sum(s.cost for s in plan.steps) - plan.costs.energy - plan.costs.wear - _beyond(problem, plan))
        > near + 0.01
    ):
        yield f"the steps cost {sum(s.cost for s in plan.steps):.4f}, energy and wear {plan.costs.energy}"


def _beyond(problem: Problem, plan: Planned) -> float:
    """Of the sum of the steps what is no energy or wear of the plan: CO2, the energy beyond limits, aged cells."""
    c, h, more = problem.connection, _hours(problem), plan.costs.co2
    for t, step in enumerate(plan.steps):
        if c and step.grid_w > c.import_limit_w[t]:
            price = problem.price_import[t] + problem.fee_import[t] + problem.co2_g[t] / 1000 * problem.co2_price
            more += (step.grid_w - c.import_limit_w[t]) * price * h / 1000
    for b in problem.batteries:
        levels = [(_soc(s, b.id) - b.full_above) / 100 * b.capacity_wh / 1000 for s in plan.steps]
        more -= sum(max(0.0, v) for v in levels) * h * b.full_price if b.full_above < b.soc_ceiling else 0.0
    return more


def _limits(problem: Problem, plan: Planned) -> Iterator[str]:
    c, h = problem.connection, _hours(problem)
    if not c:
        return
    over = sum(max(0.0, s.grid_w - c.import_limit_w[t]) for t, s in enumerate(plan.steps)) * h / 1000
    yield from _explained(plan, "import_limit", "", over, NEAR_KWH + len(plan.steps) * ROUND_W * h / 1000)
    over = sum(max(0.0, -s.grid_w - c.export_limit_w[t]) for t, s in enumerate(plan.steps)) * h / 1000
    fed = min(_missed(plan, "feed_in"), max(0.0, over - _missed(plan, "export_limit")))
    yield from _explained(plan, "export_limit", "", over - fed, NEAR_KWH + len(plan.steps) * ROUND_W * h / 1000)


def _peak(problem: Problem, plan: Planned) -> Iterator[str]:
    peak = problem.connection.peak if problem.connection else None
    if not peak:
        return
    length = max(peak.interval_s, plan.step_s)
    drawn: dict[int, list[float]] = {}
    if peak.begun_w is not None:
        drawn[problem.start // 1000 // length] = [peak.begun_w] * (problem.start // 1000 % length // plan.step_s)
    tops, begins = dict[int, float](), dict[int, int]()
    for t, step in enumerate(plan.steps):
        bought = min(max(0.0, step.grid_w), problem.connection.import_limit_w[t])  # type: ignore[union-attr]
        interval = step.start // 1000 // length
        drawn.setdefault(interval, []).append(bought)
        begins.setdefault(interval, step.start)
    for interval, begin in begins.items():
        period, mean = sum(problem.start < t <= begin for t in peak.anew), sum(drawn[interval]) / len(drawn[interval])
        tops[period] = max(tops.get(period, 0.0), mean)
    free = {period: max(peak.reached_w if period == 0 else 0.0, peak.least_w) for period in tops}
    cost = sum(max(0.0, top - free[period]) for period, top in tops.items()) / 1000 * peak.price_per_kw
    if abs(cost - plan.costs.peak) > 2e-3 * peak.price_per_kw * len(tops) + 1e-3:
        yield f"peaks of {tops} W cost {cost:.4f}, told is {plan.costs.peak}"


def _dimmed(problem: Problem, plan: Planned) -> Iterator[str]:
    signals = problem.connection.dimming if problem.connection else ()
    over, count = 0.0, 0
    for signal in signals:
        for t, step in enumerate(plan.steps):
            if step.start + plan.step_s * 1000 <= signal.start or step.start >= signal.end:
                continue
            named = signal.devices or tuple(step.devices)
            drawn = sum(max(0.0, _drawn(d)) for name, d in step.devices.items() if name in named)
            free = max(0.0, problem.pv_w[t] - problem.load_w[t])
            over += max(0.0, drawn - free - signal.limit_w) * _hours(problem) / 1000
            count += len(named)
    if signals:
        yield from _explained(plan, "dimming", "", over, NEAR_KWH + count * ROUND_W * _hours(problem) / 1000)


# -- conductors --------------------------------------------------------------------------------------------------------


def _on_phases(problem: Problem, plan: Planned) -> list[list[float]]:
    """W over each phase in each step."""
    there = problem.connection.phases if problem.connection else 3
    load, pv = ((s or (1 / there,) * there) for s in (problem.load_shares, problem.pv_shares))
    return [
        [load[f] * step.load_w - pv[f] * step.pv_w + _phase(problem, step, f + 1, there) for f in range(there)]
        for step in plan.steps
    ]


def _phase(problem: Problem, step: Step, phase: int, there: int) -> float:
    total = 0.0
    wired = {p.id: (p.phases, p.phase) for p in problem.heat_pumps}
    wired |= {a.id: (a.phases, a.phase) for a in problem.appliances}
    wired |= {c.id: (max(c.phases), c.phase) for c in problem.cars}
    for name, doing in step.devices.items():
        count, at = wired.get(name, (there, 1))
        count = doing.phases or count
        on = {(min(at, there) - 1 + i) % there + 1 for i in range(min(count, there))}
        total += _drawn(doing) / len(on) if phase in on else 0.0
    return total


def _fuses(problem: Problem, plan: Planned) -> Iterator[str]:
    c, h = problem.connection, _hours(problem)
    if not c or not c.fuse_a:
        return
    flows = _on_phases(problem, plan)
    for f in range(c.phases):
        over = sum(max(0.0, abs(flow[f]) - c.fuse_a * 230) for flow in flows) * h / 1000
        yield from _explained(plan, f"fuse_l{f + 1}", "", over, NEAR_KWH + len(flows) * 2 * ROUND_W * h / 1000)


def _unbalance(problem: Problem, plan: Planned) -> Iterator[str]:
    c, h = problem.connection, _hours(problem)
    if not c or not c.unbalance_w or c.phases == 1:
        return
    flows = _on_phases(problem, plan)
    pairs = [(a, b) for a in range(c.phases) for b in range(c.phases) if a != b]
    over = sum(max(0.0, flow[a] - flow[b] - c.unbalance_w) for flow in flows for a, b in pairs) * h / 1000
    yield from _explained(plan, "unbalance", "", over, NEAR_KWH + len(flows) * 6 * ROUND_W * h / 1000)


# -- batteries ---------------------------------------------------------------------------------------------------------


def _soc(step: Step, name: str) -> float:
    return step.devices[name].soc or 0.0


def _battery(problem: Problem, plan: Planned, b: Battery) -> Iterator[str]:
    h, size, before = _hours(problem), b.capacity_wh / 1000, b.soc
    kept = (1 - b.loss_per_day / 100) ** (h / 24)
    under = over = reserve = 0.0
    for t, (step, drawn) in enumerate(zip(plan.steps, _powers(plan, b.id), strict=True)):
        level, into, out = _soc(step, b.id) / 100 * size, max(0.0, drawn) / 1000, max(0.0, -drawn) / 1000
        expected = before / 100 * size * kept + into * h * b.efficiency_charge - out * h / b.efficiency_discharge
        if abs(level - expected) > 1.1e-4 * size + 2e-3 * ROUND_W * h:
            yield f"{t}: {b.id} holds {level:.4f} kWh, what flowed makes {expected:.4f}"
        yield from _may_flow(problem, b, t, drawn, before)
        before = _soc(step, b.id)
        under += max(0.0, b.soc_floor - before) / 100 * size * h
        over += max(0.0, before - b.soc_ceiling) / 100 * size * h
        reserve += max(0.0, b.reserve - before) / 100 * size * h
    near = len(plan.steps) * h * size * 1e-4 + NEAR_KWH
    yield from _explained(plan, "soc_floor", b.id, under, near)
    yield from _explained(plan, "soc_ceiling", b.id, over, near)
    if b.reserve > b.soc_floor:
        yield from _explained(plan, "reserve", b.id, reserve, near)
    if b.end_soc is not None:
        yield from _explained(plan, "end_soc", b.id, max(0.0, b.end_soc - before) / 100 * size, near)


def _may_flow(problem: Problem, b: Battery, t: int, drawn: float, soc: float) -> Iterator[str]:
    """Powers, curves, and whether the grid may be used."""
    share = float(b.power_share[t])
    near = 1.0 + 0.0002 * max(b.max_charge_w, b.max_discharge_w)
    if drawn > b.max_charge_w * share + near or -drawn > b.max_discharge_w * share + near:
        yield f"{t}: {b.id} {drawn} W are more than it can"
    for curve, power in ((b.charge_curve, drawn), (b.discharge_curve, -drawn)):
        if curve and power > max(0.0, _curve(curve, soc)) + near:
            yield f"{t}: {b.id} {power} W at {soc} %, its curve allows {_curve(curve, soc):.0f}"
    if not b.grid_charge and drawn > max(0.0, problem.pv_w[t] - problem.load_w[t]) + 1.0:
        yield f"{t}: {b.id} is charged with {drawn} W, the panels leave {problem.pv_w[t] - problem.load_w[t]:.0f}"


def _curve(curve: tuple[tuple[float, float], ...], soc: float) -> float:
    """The lowest of its pieces, each drawn on beyond its ends."""
    return min(y0 + (y1 - y0) / (x1 - x0) * (soc - x0) for (x0, y0), (x1, y1) in pairwise(curve))


# -- cars --------------------------------------------------------------------------------------------------------------


def _car(problem: Problem, plan: Planned, c: Car) -> Iterator[str]:
    lines, lacking = _driven(problem, plan, c)
    yield from lines
    here = [any(_there(plan, s, v) for v in c.visits) for s in plan.steps]
    for t, step in enumerate(plan.steps):
        if (c.id in step.devices) != here[t]:
            yield f"{t}: {c.id} is {'there' if here[t] else 'away'}, and planned as if not"
    if any(here) and not _missed(plan, "car_empty", c.id):
        yield from _explained(plan, "ready_by", c.id, lacking, 0.02 + 3e-4 * (c.capacity_wh or 0.0) / 1000)


def _there(plan: Planned, step: Step, visit: Visit) -> bool:
    return step.start >= visit.start and step.start + plan.step_s * 1000 <= visit.end


def _driven(problem: Problem, plan: Planned, c: Car) -> tuple[list[str], float]:
    """Through its visits: what cannot be, and the kWh that its wishes lack."""
    known = c.soc is not None and c.capacity_wh is not None
    level = (c.soc or 0.0) / 100 * (c.capacity_wh or 0.0) / 1000 if known else 0.0
    lines, lacking, been = list[str](), 0.0, False
    for visit in c.visits:
        level -= visit.used_wh / 1000 if known and been else 0.0
        begin, reached = level, [(0, level)]
        for t, step in enumerate(plan.steps):
            if not _there(plan, step, visit) or c.id not in step.devices:
                continue
            been, doing = True, step.devices[c.id]
            lines += _charges(c, t, doing)
            level = _filled(problem, c, level, doing.power_w / 1000)
            lifted = level if doing.soc is None else doing.soc / 100 * (c.capacity_wh or 0.0) / 1000
            near = 1.2e-4 * (c.capacity_wh or 0.0) / 1000 + 2e-3 * ROUND_W * _hours(problem)
            if abs(lifted - level) > near and not _missed(plan, "car_empty", c.id):
                lines.append(f"{t}: {c.id} holds {lifted:.4f} kWh, what flowed makes {level:.4f}")
            if doing.power_w < -5 and lifted < c.least_soc / 100 * (c.capacity_wh or 0.0) / 1000 - near and known:
                lines.append(f"{t}: {c.id} gives at {doing.soc} %")
            level = lifted
            reached.append((step.start + plan.step_s * 1000, level))
        for goal in visit.goals if visit.end > problem.start else ():
            got = [v for end, v in reached if end <= goal.by][-1]
            lacking += max(0.0, _wanted(problem, c, visit, goal, begin) - got)
    return lines, lacking


def _filled(problem: Problem, c: Car, level: float, kw: float) -> float:
    gain = c.efficiency if c.soc is not None and c.capacity_wh is not None else 1.0
    h = _hours(problem)
    return level + (kw * h * gain if kw > 0 else kw * h / c.efficiency)


def _wanted(problem: Problem, c: Car, visit: Visit, goal: Goal, begin: float) -> float:
    """kWh in it at the goal; of a goal beyond the horizon what could not be charged after it."""
    known = c.soc is not None and c.capacity_wh is not None
    if goal.soc is not None:
        wanted = goal.soc / 100 * (c.capacity_wh or 0.0) / 1000
    else:
        wanted = begin + (goal.energy_wh or 0.0) / 1000 * (c.efficiency if known else 1.0)
    end = problem.start + problem.steps * problem.step_s * 1000
    later_h = max(0.0, min(goal.by, visit.end) - max(end, visit.start)) / 3.6e6
    most = c.max_a * 0.23 * max(c.phases)
    return float(wanted - later_h * most * (c.efficiency if known else 1.0))


def _charges(c: Car, t: int, doing: Doing) -> Iterator[str]:
    """Nothing, or from the least to the most current on as many phases as it can."""
    watts = doing.power_w
    if watts > 30:
        count = doing.phases or 0
        if count not in c.phases or not c.min_a * 230 * count - 2 <= watts <= c.max_a * 230 * count + 2:
            yield f"{t}: {c.id} charges with {watts} W on {count} phases"
    if watts < -c.max_discharge_w - 1:
        yield f"{t}: {c.id} gives {-watts} W"
    if doing.soc is not None and doing.soc > max(c.soc_ceiling, c.soc or 0.0) + 0.02:
        yield f"{t}: {c.id} is charged to {doing.soc} %"


# -- heat --------------------------------------------------------------------------------------------------------------


def _pump(problem: Problem, plan: Planned, p: HeatPump) -> Iterator[str]:
    """The heat that each store must have got, by its temperatures, is what the electricity made."""
    h = _hours(problem)
    room = p.room.temperature if p.room else 0.0
    tank = p.tank.temperature if p.tank else 0.0
    sums = {"room_cold": 0.0, "room_warm": 0.0, "tank_cold": 0.0, "tank_warm": 0.0}
    for t, step in enumerate(plan.steps):
        d = step.devices[p.id]
        rod, used, near = (d.rod_w or 0.0), 0.0, 2.0
        if p.room and d.room_c is not None:
            a = exp(-h * p.room.loss_w_k / p.room.capacity_wh_k)
            rest = a * room + (1 - a) * (p.outdoor_c[t] + p.room.gains_w[t] / p.room.loss_w_k)
            used += (d.room_c - rest) * p.room.loss_w_k / (1 - a) / p.cop[t]
            near += 0.011 * p.room.loss_w_k / (1 - a) / p.cop[t]
            room = d.room_c
            sums["room_cold"] += max(0.0, p.room.low[t] - room) * h
            sums["room_warm"] += max(0.0, room - p.room.high[t]) * h
        if p.tank and d.tank_c is not None:
            a = exp(-h * p.tank.loss_w_k / p.tank.capacity_wh_k)
            rest = a * tank + (1 - a) * p.tank.cellar - h * p.tank.draw_w[t] / p.tank.capacity_wh_k
            rest += h * rod / p.tank.capacity_wh_k
            used += (d.tank_c - rest) * p.tank.capacity_wh_k / h / p.cop_tank[t]
            near += 0.011 * p.tank.capacity_wh_k / h / p.cop_tank[t]
            tank = d.tank_c
            sums["tank_cold"] += max(0.0, p.tank.low[t] - tank) * h
            sums["tank_warm"] += max(0.0, tank - max(p.tank.high, p.tank.hygiene_c or 0.0)) * h
        if abs(used + rod - d.power_w) > near and not _missed(plan, "hot_water", p.id):
            yield f"{t}: {p.id} draws {d.power_w} W, its stores got {used + rod:.0f}"
        pump = d.power_w - rod
        if pump > p.max_w + 2 or pump < -2 or (pump > 2 and pump < p.min_w - 2):
            yield f"{t}: {p.id} runs at {pump} W"
        if rod > (p.tank.rod_w if p.tank else 0.0) + 1:
            yield f"{t}: the rod of {p.id} draws {rod} W"
    for wish, amount in sums.items():
        yield from _explained(plan, wish, p.id, amount, 0.006 * h * len(plan.steps))
    yield from _lasting(
        p.id,
        [s.devices[p.id].power_w - (s.devices[p.id].rod_w or 0.0) > 2 for s in plan.steps],
        (p.min_on_s, p.min_off_s),
        plan.step_s,
        p.on,
    )


def _lasting(name: str, on: list[bool], least: tuple[float, float], step_s: int, was: bool) -> Iterator[str]:
    """Runs that began in the plan last, and so do pauses; what reaches the end may go on after it."""
    spans: list[tuple[bool, int, int]] = []
    for t, state in enumerate(on):
        if spans and spans[-1][0] == state:
            spans[-1] = (state, spans[-1][1], t + 1)
        else:
            spans.append((state, t, t + 1))
    for state, first, end in spans:
        needed = -(-round(least[0 if state else 1]) // step_s)
        began = first > 0 or (state and not was)
        if began and end < len(on) and end - first < needed:
            yield f"{name} is {'on' if state else 'off'} only from {first} to {end}"


# -- what can wait -----------------------------------------------------------------------------------------------------


def _appliance(problem: Problem, plan: Planned, a: Appliance) -> Iterator[str]:
    h, powers = _hours(problem), _powers(plan, a.id)
    got = sum(powers) * h / 1000
    parts = [(p.power_w, p.duration_s) for p in a.parts] or [(a.power_w, a.duration_s)]
    wanted = sum(w * s for w, s in parts) / 3.6e6
    near = NEAR_KWH + len(powers) * ROUND_W * h / 1000
    if a.kind == "run":
        skipped, late = _missed(plan, "skipped", a.id), _missed(plan, "late", a.id)
        if abs(got - wanted * (1 - skipped)) > near:
            yield f"{a.id} gets {got:.3f} of {wanted:.3f} kWh"
    else:
        late = 0.0
        lacks = _missed(plan, "not_enough", a.id)
        whole = max(1, -(-round(a.duration_s) // plan.step_s)) * a.power_w * h / 1000 if a.kind == "steps" else wanted
        if abs(got + lacks - whole) > near:
            yield f"{a.id} gets {got:.3f} of {whole:.3f} kWh, {lacks} are told to lack"
    for t, (step, watts) in enumerate(zip(plan.steps, powers, strict=True)):
        end = step.start + plan.step_s * 1000
        early = a.earliest is not None and step.start < a.earliest
        after = a.latest is not None and end > a.latest and not late
        quiet = any(step.start < until and end > since for since, until in a.quiet)
        if watts > 2 and (early or after or quiet):
            yield f"{t}: {a.id} runs when it must not"
        if watts > max(w for w, _ in parts) + 2:
            yield f"{t}: {a.id} draws {watts} W"
        if a.kind == "steps" and 2 < watts < a.power_w - 2:
            yield f"{t}: {a.id} draws {watts} W, between on and off"
    if a.kind == "steps":
        yield from _lasting(a.id, [w > 2 for w in powers], (a.min_on_s, a.min_off_s), plan.step_s, False)
