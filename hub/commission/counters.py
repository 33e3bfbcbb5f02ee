"""Energy counters against the power that flowed meanwhile: pure. Energies in Wh.

Many counters move in steps of 0.1 kWh or 1 kWh, which is as much as a whole test lets flow. The step is learnt from the
series: the smallest change seen, or where none was seen, how round the counter's number is. Nothing is said of a
counter that had no chance to show whether it is right.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from hub.commission.evidence import Evidence
from hub.commission.finding import NEAR, Finding, Verdict, near, rounded
from hub.model import Value

_LEAST_WH = 25.0
_SURE = 10
"""steps that the energy must have, so that one more or less is within what may be off"""
_STANDS = 2
"""steps in which a counter moves for certain"""
_STEPS = (1_000.0, 100.0, 10.0)
"""as coarse counters have them: 1 kWh, 0.1 kWh, 0.01 kWh"""


def counters(evidence: Evidence) -> Iterator[Finding]:
    """What the counters counted against what the power came to."""
    grid, hybrids = evidence.wiring.grid, set(evidence.wiring.behind.values())
    if grid:
        yield _two_way(evidence, grid)
    for device in (*evidence.wiring.inverters, *evidence.wiring.chargers):
        if device in hybrids:
            yield from _hybrid(evidence, device)
        else:
            yield from _one_way(evidence, device)


def _two_way(evidence: Evidence, grid: str) -> Finding:
    """By what went in less what went out: some meters count each phase by itself, and then both counters run."""
    net = sum(evidence.whole.of(f"{grid}.power")) / 3600
    ways = (f"{grid}.energy_import", f"{grid}.energy_export")
    bought, sold = map(evidence.whole.change, ways)
    if bought is None or sold is None or abs(net) < _LEAST_WH:
        return _too_little(grid)
    moved = [evidence.whole.of(way) for way, change in zip(ways, (bought, sold), strict=True) if change]
    step = max(map(_step, moved), default=_step(evidence.whole.of(ways[net < 0])))
    counted, counter = bought - sold, "energy_import" if net > 0 else "energy_export"
    if near(counted / net, -1) and _sure(net, counted, step):
        return Finding("counters", Verdict.FAULT, "counters_swapped", grid)
    return _judged(grid, counter, counted * (1 if net > 0 else -1), abs(net), step, bool(moved))


def _one_way(evidence: Evidence, device: str) -> Iterator[Finding]:
    wh, counted = _positive(evidence, f"{device}.power"), evidence.whole.change(f"{device}.energy")
    if counted is not None and wh is not None and wh >= _LEAST_WH:
        yield _judged(device, "energy", counted, wh, _step(evidence.whole.of(f"{device}.energy")), bool(counted))


def _hybrid(evidence: Evidence, device: str) -> Iterator[Finding]:
    """With a battery on its DC side: some makers count what the panels yield, some what goes to the AC side."""
    counted, step = evidence.whole.change(f"{device}.energy"), _step(evidence.whole.of(f"{device}.energy"))
    ac, pv = (_positive(evidence, f"{device}.{side}") for side in ("power", "pv_power"))
    sides = [wh for wh in (ac, pv) if wh is not None]
    if counted is None or max(sides, default=0.0) < _LEAST_WH:
        return
    right = [wh for wh in sides if abs(counted - wh) <= max(NEAR * wh, step)]
    if any(wh >= _LEAST_WH and _sure(wh, counted, step) for wh in right):
        yield _right(device, "energy")
    elif right or (pv is not None and pv < _LEAST_WH):
        yield _too_little(device)
    elif pv is None:
        yield Finding("counters", Verdict.UNKNOWN, "counts_what", device, {"counter": "energy"})
    else:
        yield _judged(device, "energy", counted, pv, step, bool(counted))


def _judged(device: str, counter: str, counted: float, wh: float, step: float, moved: bool) -> Finding:
    """`wh`: what must have been counted."""
    if not moved and wh >= _STANDS * step:
        return Finding("counters", Verdict.FAULT, "counter_stands", device, {"counter": counter})
    if not moved or not _sure(wh, counted, step):
        return _too_little(device)
    if near(counted / wh, 1):
        return _right(device, counter)
    if counted < NEAR / 20 * wh:
        return Finding("counters", Verdict.FAULT, "counter_stands", device, {"counter": counter})
    numbers: dict[str, Value] = {"counter": counter, "factor": rounded(wh / counted)}
    return Finding("counters", Verdict.FAULT, "counter_scale", device, numbers)


def _sure(wh: float, counted: float, step: float) -> bool:
    """A counter whose scale is too large moves in large steps, but in many."""
    return max(wh, abs(counted)) >= _SURE * step


def _step(values: Sequence[float]) -> float:
    """By how much the counter moves at once, Wh: the smallest change that was seen."""
    changes = [b - a for a, b in pairwise(values) if b > a]
    if changes:
        return min(changes)
    return next((step for step in _STEPS if all(value % step == 0 for value in values)), 1.0)


def _positive(evidence: Evidence, point: str) -> float | None:
    known = evidence.whole.of(point)
    return sum(max(watts, 0.0) for watts in known) / 3600 if known else None


def _right(device: str, counter: str) -> Finding:
    return Finding("counters", Verdict.GOOD, "counter_right", device, {"counter": counter})


def _too_little(device: str) -> Finding:
    return Finding("counters", Verdict.UNKNOWN, "too_little_energy", device)
