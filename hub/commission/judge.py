"""From evidence to findings: pure. A fault is named only when its own mark is seen; what cannot be told is said so.

Every step is a question to the grid meter: this load went up by so many watts, on these conductors; what did you see?
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from hub.commission.counters import counters
from hub.commission.evidence import Evidence, Phases, Step, Window
from hub.commission.finding import NEAR, Finding, Verdict, near, rounded
from hub.model import OutcomeState, Value

LEAST_W = 400.0
"""A step that moves less is lost in the house's own coming and going."""
_SLOW_MS = 2_500.0
_CLOCK_S = 60.0
_STILL_W = 100.0
_LATE_S, _MEAN_S = 5, 10
"""So many seconds after another a device may show what happens; over so many what they show is compared."""
_PAIRS = (((0, 1, 2), ""), ((1, 0, 2), "L1 and L2"), ((0, 2, 1), "L2 and L3"), ((2, 1, 0), "L1 and L3"))
_TURNED = (((1, 2, 0), "all three"), ((2, 0, 1), "all three"))


def judge(evidence: Evidence) -> tuple[Finding, ...]:
    """All findings, in the order in which an installer mends things."""
    found: list[Finding] = []
    for check in _CHECKS:
        found += check(evidence)
    first = {f.code for f in found if f.check in _FIRST and f.verdict is Verdict.FAULT}
    turned = {f.device for f in found if f.code in ("pv_reversed", "battery_reversed")}
    return tuple(_later(f, first, turned) for f in found)


_FIRST = ("grid_direction", "ct_direction", "phase_order")
"""What all else is judged by: while it is wrong, nothing certain can be said of the rest of it."""


def _later(finding: Finding, first: set[str], turned: set[str]) -> Finding:
    """A fault that may only follow from one of `first`, or of a device that is `turned`, is not known until then."""
    counted = finding.check in ("counters", "phase_sum")
    by_meter = counted or finding.code == "export_not_held"
    follows = (finding.check == "phase_assignment" and first) or (by_meter and _metered(first))
    if finding.verdict is Verdict.FAULT and (follows or (counted and finding.device in turned)):
        return replace(finding, verdict=Verdict.UNKNOWN, code="mend_first", numbers={})
    return finding


def _metered(codes: set[str]) -> bool:
    """Whether the grid meter's amounts are in doubt, and not only the order of its phases."""
    return any(code not in ("phases_swapped", "device_phases_swapped") for code in codes)


# -- the grid meter ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Asked:
    """A step whose load is known: `watts` of consumption, by conductor where it is told, and what the meter saw."""

    step: Step
    watts: float
    phases: Phases | None
    total: float
    seen: Phases | None


def _asked(evidence: Evidence) -> list[_Asked]:
    grid = evidence.wiring.grid
    found = []
    for step in evidence.steps:
        total, watts = step.moved(f"{grid}.power"), _load(evidence, step)
        if total is not None and watts is not None and abs(watts) >= LEAST_W:
            found.append(_Asked(step, watts, _by_phase(evidence, step, watts), total, step.moved_three(grid, "power")))
    return found


def _load(evidence: Evidence, step: Step) -> float | None:
    """By how much the house used more, W, by the devices' own words; a battery counts on its inverter's AC side."""
    made = _made(evidence, step)
    if step.device not in evidence.wiring.chargers:
        return -made if made else None
    used = step.moved(f"{step.device}.power")
    return None if used is None else used - made


def _made(evidence: Evidence, step: Step) -> float:
    """By how much inverters and AC batteries gave more meanwhile, W; what one shows that is turned round counts so."""
    wiring, turned = evidence.wiring, _turned(evidence)
    sources = [*wiring.inverters, *(b for b in wiring.batteries if b not in wiring.behind)]
    return sum((-1 if device in turned else 1) * (step.moved(f"{device}.power") or 0.0) for device in sources)


def _turned(evidence: Evidence) -> set[str]:
    """Inverters and batteries that show the wrong sign, by their own sides and by what they were told."""
    batteries = {f.device for f in _battery(evidence) if f.code == "battery_reversed"}
    return batteries | {i for i in evidence.wiring.inverters if (_ac_to_dc(evidence, i) or 0.0) < 0}


def _by_phase(evidence: Evidence, step: Step, watts: float) -> Phases | None:
    """By conductor: as the device tells its currents, else evenly over all three for what has three phases."""
    currents = step.moved_three(step.device, "current")
    if currents and step.device in evidence.wiring.chargers and (whole := sum(map(abs, currents))) > 1:
        made = _made(evidence, step)
        a, b, c = ((watts + made) * abs(i) / whole - made / 3 for i in currents)
        return a, b, c
    if step.device in (*evidence.wiring.batteries, *evidence.wiring.inverters):
        return watts / 3, watts / 3, watts / 3
    return None


def _grid(evidence: Evidence) -> Iterator[Finding]:
    grid, asked = evidence.wiring.grid, _asked(evidence)
    if not grid or not asked:
        yield Finding("grid_direction", Verdict.UNKNOWN, "nothing_to_step", grid)
        return
    best = max(asked, key=lambda a: (a.phases is not None and min(map(abs, a.phases)) > LEAST_W / 4, abs(a.watts)))
    yield from _by_conductors(grid, best) if best.phases and best.seen else _by_total(grid, best)


def _by_total(grid: str, asked: _Asked) -> Iterator[Finding]:
    ratio = asked.total / asked.watts
    yield _scaled("grid_direction", grid, ratio)


def _by_conductors(grid: str, asked: _Asked) -> Iterator[Finding]:
    """Each conductor that carried the step must have moved by as much, and none of the others."""
    phases, seen = asked.phases, asked.seen
    assert phases is not None and seen is not None
    carried = [n for n in (0, 1, 2) if abs(phases[n]) > LEAST_W / 4]
    ratios = {n: seen[n] / phases[n] for n in carried}
    if len(carried) == 1 and near(sum(seen) / asked.watts, 1):
        yield Finding("grid_direction", Verdict.GOOD, "grid_right", grid)
        return
    if _alike(list(ratios.values())):
        yield _scaled("grid_direction", grid, sum(ratios.values()) / len(ratios))
        return
    for n, ratio in ratios.items():
        if near(ratio, -1):
            yield Finding("ct_direction", Verdict.FAULT, "ct_reversed", grid, {"phase": n + 1})
        elif abs(ratio) < NEAR / 2:
            yield Finding("ct_direction", Verdict.FAULT, "ct_missing", grid, {"phase": n + 1})
        elif not near(ratio, 1):
            yield Finding(
                "ct_direction", Verdict.FAULT, "ct_scale", grid, {"phase": n + 1, "factor": rounded(1 / ratio)}
            )


def _scaled(check: str, device: str, ratio: float) -> Finding:
    if near(ratio, 1):
        return Finding(check, Verdict.GOOD, "grid_right", device)
    if near(ratio, -1):
        return Finding(check, Verdict.FAULT, "grid_reversed", device)
    if abs(ratio) < NEAR / 2:
        return Finding(check, Verdict.FAULT, "grid_blind", device)
    return Finding(check, Verdict.FAULT, "ct_scale", device, {"factor": rounded(1 / ratio)})


# -- conductors --------------------------------------------------------------------------------------------------------


def _order(evidence: Evidence) -> Iterator[Finding]:
    """The meter's voltages against those of whatever else sees all three conductors: the same net, the same wobble."""
    grid, whole = evidence.wiring.grid, evidence.whole
    others = [d for d in (*evidence.wiring.inverters, *evidence.wiring.chargers) if whole.three(d, "voltage")]
    if not grid or not whole.three(grid, "voltage") or not others:
        yield Finding("phase_order", Verdict.UNKNOWN, "no_voltages", grid)
        return
    orders = {d: order for d in others if (order := _matching(whole, grid, d)) is not None}
    swapped = {order for order in orders.values() if order}
    if not orders:
        yield Finding("phase_order", Verdict.UNKNOWN, "voltages_alike", grid)
    elif len(orders) > 1 and len(set(orders.values())) > 1:
        for device, order in orders.items():
            if order:
                yield Finding("phase_order", Verdict.FAULT, "device_phases_swapped", device, {"phases": order})
    elif swapped:
        yield Finding("phase_order", Verdict.FAULT, "phases_swapped", grid, {"phases": swapped.pop()})
    else:
        yield Finding("phase_order", Verdict.GOOD, "phases_right", grid)


def _matching(whole: Window, grid: str, device: str) -> str | None:
    """Which conductors of `device` are changed over against the grid meter's: "" for none; None: it cannot be told.

    Where two conductors are alike, others may be seen to be changed over all the same: two of them rather than all.
    """
    mine, theirs = _volts(whole, grid), _volts(whole, device)
    late = range(-_LATE_S, _LATE_S + 1)
    apart = [(name, min(_apart(mine, theirs[list(order)], s) for s in late)) for order, name in (*_PAIRS, *_TURNED)]
    least = min(volts for _, volts in apart)
    fit = [name for name, volts in apart if volts <= 1.5 * least + 0.02]
    return None if "" in fit and len(fit) > 1 else fit[0]


def _volts(whole: Window, device: str) -> NDArray[np.float64]:
    """L1 to L3, means of _MEAN_S: two devices do not tell of the same moment. NaN where a second of them is missing."""
    told = zip(*(whole.values.get(f"{device}.voltage_l{n}", ()) for n in (1, 2, 3)), strict=False)
    volts = np.array([*told], np.float64).reshape(-1, 3).T
    few = volts.shape[1] < _MEAN_S
    return volts[:, :0] if few else sliding_window_view(volts, _MEAN_S, axis=1).mean(axis=2)


def _apart(mine: NDArray[np.float64], theirs: NDArray[np.float64], late_s: int) -> float:
    """Volts between the two, each conductor's own offset (a meter's error) left out, but half of it counted.

    `late_s`: how long after the first the second shows what happens. Infinite where too little is known.
    """
    mine, theirs = mine[:, max(-late_s, 0) :], theirs[:, max(late_s, 0) :]
    length = min(mine.shape[1], theirs.shape[1])
    gaps = mine[:, :length] - theirs[:, :length]
    gaps = gaps[:, ~np.isnan(gaps).any(axis=0)]
    if gaps.shape[1] < _MEAN_S:
        return math.inf
    return float((gaps.std(axis=1) + np.abs(gaps.mean(axis=1)) / 2).mean())


def _assignment(evidence: Evidence) -> Iterator[Finding]:
    """A load on one conductor must show on the one that the site document names."""
    for asked in _asked(evidence):
        told = evidence.wiring.chargers.get(asked.step.device)
        if told is None or asked.phases is None or asked.seen is None:
            continue
        own = [n for n in (0, 1, 2) if abs(asked.phases[n]) > LEAST_W / 4]
        if len(own) != 1:
            continue
        sign = 1 if asked.watts > 0 else -1
        seen = max((0, 1, 2), key=lambda n: sign * asked.seen[n] if asked.seen else 0.0)
        right = seen + 1 == told[own[0] % len(told)] if len(told) == 1 else seen == own[0]
        numbers: dict[str, Value] = {"told": told[0] if len(told) == 1 else own[0] + 1, "seen": seen + 1}
        code = "phase_right" if right else "phase_assignment"
        yield Finding("phase_assignment", Verdict.GOOD if right else Verdict.FAULT, code, asked.step.device, numbers)


# -- signs -------------------------------------------------------------------------------------------------------------


def _battery(evidence: Evidence) -> Iterator[Finding]:
    """What the battery shows while it is told a power must have that power's sign (+ = discharge)."""
    for battery in evidence.wiring.batteries:
        told = [
            (step.value, shown)
            for step in evidence.steps
            if step.device == battery
            and (shown := step.during.middle(f"{battery}.power")) is not None
            and min(abs(step.value), abs(shown)) >= LEAST_W
        ]
        if not told:
            yield Finding("battery_direction", Verdict.UNKNOWN, "battery_did_not_move", battery)
        elif all(wanted * shown < 0 for wanted, shown in told):
            yield Finding("battery_direction", Verdict.FAULT, "battery_reversed", battery)
        else:
            yield Finding("battery_direction", Verdict.GOOD, "battery_right", battery)


def _solar(evidence: Evidence) -> Iterator[Finding]:
    """By day an inverter gives; what it takes then is turned round. By night there is nothing to make it from."""
    behind = set(evidence.wiring.behind.values())
    for inverter in evidence.wiring.inverters:
        power = evidence.whole.middle(f"{inverter}.power")
        panels = evidence.whole.middle(f"{inverter}.pv_power")
        ratio = _ac_to_dc(evidence, inverter)
        if ratio is not None:
            good = ratio > 0
            code = "pv_right" if good else "pv_reversed"
            numbers: dict[str, Value] = {"watts": rounded(power or 0.0)}
            yield Finding("solar_direction", Verdict.GOOD if good else Verdict.FAULT, code, inverter, numbers)
            continue
        if power is None or (panels is None and inverter in behind):
            yield Finding("solar_direction", Verdict.UNKNOWN, "no_power_told", inverter)
        elif panels is not None and panels < -_STILL_W:
            yield Finding("solar_direction", Verdict.FAULT, "pv_reversed", inverter, {"watts": rounded(panels)})
        elif panels is None and power < -_STILL_W:
            yield Finding("solar_direction", Verdict.FAULT, "pv_reversed", inverter, {"watts": rounded(power)})
        elif evidence.daylight is False and (power if panels is None else panels) > _STILL_W:
            yield Finding("solar_direction", Verdict.FAULT, "pv_at_night", inverter, {"watts": rounded(power)})
        elif evidence.daylight is None or abs(power if panels is None else panels) <= _STILL_W:
            yield Finding("solar_direction", Verdict.UNKNOWN, "too_dark", inverter)
        else:
            yield Finding("solar_direction", Verdict.GOOD, "pv_right", inverter)


def _ac_to_dc(evidence: Evidence, inverter: str) -> float | None:
    """How the AC side follows the DC side: near 1 where both count the same way; None where too little moved."""
    batteries = [b for b, its in evidence.wiring.behind.items() if its == inverter]
    turned = {f.device for f in _battery(evidence) if f.code == "battery_reversed"}
    columns = [evidence.whole.values.get(f"{d}.{q}", ()) for d, q in ((inverter, "power"), (inverter, "pv_power"))]
    columns += [evidence.whole.values.get(f"{b}.power", ()) for b in batteries]
    signs = [1.0, 1.0, *(-1.0 if b in turned else 1.0 for b in batteries)]
    rows = [row for row in zip(*columns, strict=False) if all(v is not None for v in row)]
    pairs = [(row[0] or 0.0, sum(s * (v or 0.0) for s, v in zip(signs[1:], row[1:], strict=True))) for row in rows]
    size = sum(dc * dc for _, dc in pairs)
    if len(pairs) < 10 or size < len(pairs) * LEAST_W * LEAST_W:
        return None
    return sum(ac * dc for ac, dc in pairs) / size


def _sums(evidence: Evidence) -> Iterator[Finding]:
    """A meter's phases against its total, second by second."""
    for meter in filter(None, (evidence.wiring.grid, *evidence.wiring.meters)):
        columns = [evidence.whole.values.get(f"{meter}.{q}", ()) for q in ("power", "power_l1", "power_l2", "power_l3")]
        rows = [[v for v in row if v is not None] for row in zip(*columns, strict=False)]
        offs = sorted((abs(sum(row[1:]) - row[0]), row) for row in rows if len(row) == 4)
        if not offs:
            continue
        off, (total, *phases) = offs[len(offs) // 2]
        good = off <= max(50.0, 0.1 * sum(map(abs, phases)))
        code = "sum_right" if good else "sum_wrong"
        numbers: dict[str, Value] = {"phases": rounded(sum(phases)), "total": rounded(total)}
        yield Finding("phase_sum", Verdict.GOOD if good else Verdict.FAULT, code, meter, numbers)


# -- control -----------------------------------------------------------------------------------------------------------


def _obeyed(evidence: Evidence) -> Iterator[Finding]:
    """What was set is in force: the device's answer, and what flows while it limits something."""
    for step in evidence.steps:
        numbers: dict[str, Value] = {"value": rounded(step.value), "ms": rounded(step.ms)}
        if not step.is_back:
            yield Finding("control", Verdict.FAULT, "not_put_back", step.device, numbers)
        if step.answer is not OutcomeState.CONFIRMED:
            yield Finding("control", Verdict.FAULT, f"set_{step.answer.value}", step.device, numbers)
            continue
        flows = _flows(evidence, step)
        if flows is not None and flows > step.value + max(_SPARE[step.point.partition(".")[2]], 0.1 * step.value):
            numbers |= {"flows": rounded(flows), "unit": _UNITS[step.point.partition(".")[2]]}
            exported = step.point.endswith(".export_limit")
            code = "export_not_held" if exported else "limit_not_obeyed"
            yield Finding("control", Verdict.FAULT, code, step.device, numbers)
        elif step.ms > _SLOW_MS:
            yield Finding("control", Verdict.FAULT, "slow_answer", step.device, numbers)
        else:
            yield Finding("control", Verdict.GOOD, "set_obeyed", step.device, numbers)


_SPARE = {"current_limit": 1.0, "power_limit": 100.0, "export_limit": 100.0}
_UNITS = {"current_limit": "A", "power_limit": "W", "export_limit": "W"}


def _flows(evidence: Evidence, step: Step) -> float | None:
    """What flows while a limit is set, in its unit; None for a set-point that limits nothing."""
    limited = step.point.partition(".")[2]
    if limited == "power_limit":
        return step.during.middle(f"{step.device}.power")
    if limited == "export_limit":
        bought = step.during.middle(f"{evidence.wiring.grid}.power")
        return None if bought is None else -bought
    currents = step.during.three(step.device, "current")
    return max(map(abs, currents)) if limited == "current_limit" and currents else None


def _reversion(evidence: Evidence) -> Iterator[Finding]:
    """A device with a watchdog lets go of what nobody renews."""
    for silence in evidence.silences:
        numbers: dict[str, Value] = {"held": rounded(silence.held), "watchdog_s": silence.watchdog_s}
        if silence.shown is None:
            yield Finding("reversion", Verdict.UNKNOWN, "not_shown", silence.device, numbers)
        elif math.isclose(silence.shown, silence.held, abs_tol=0.05 * abs(silence.held) + 0.05):
            yield Finding("reversion", Verdict.FAULT, "no_reversion", silence.device, numbers)
        else:
            numbers["shown"] = rounded(silence.shown)
            yield Finding("reversion", Verdict.GOOD, "lets_go", silence.device, numbers)


def _clock(evidence: Evidence) -> Iterator[Finding]:
    good = evidence.clock_trusted
    yield Finding("clock", Verdict.GOOD if good else Verdict.FAULT, "clock_right" if good else "clock_not_set")
    for device, ahead_s in evidence.clocks.items() if good else ():
        yield _compared(device, ahead_s)


def _compared(device: str, ahead_s: float) -> Finding:
    """Two clocks that differ do not tell which of them is wrong, so that this is no fault."""
    numbers: dict[str, Value] = {"seconds": round(abs(ahead_s)), "way": "ahead of" if ahead_s > 0 else "behind"}
    if abs(ahead_s) > _CLOCK_S:
        return Finding("clock", Verdict.UNKNOWN, "clock_off", device, numbers)
    return Finding("clock", Verdict.GOOD, "clock_agrees", device, numbers)


_CHECKS: tuple[Callable[[Evidence], Iterator[Finding]], ...] = (
    *(_grid, _order, _assignment, _sums, _battery, _solar),
    *(counters, _obeyed, _reversion, _clock),
)


def _alike(ratios: list[float]) -> bool:
    """All of one sign, and none far from the others."""
    return all(abs(a - b) <= NEAR * max(abs(a), abs(b)) for a, b in itertools.combinations(ratios, 2))
