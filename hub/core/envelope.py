"""The safety envelope: the last code before the driver. Each limit may only narrow what the decision above it left.

The result for a point is the decided value clamped into [low, high]; every bound that moved it is named.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hub.core.charging import VOLT
from hub.core.types import Inputs
from hub.model import Reason
from hub.model.site import BatteryControl, ChargerControl, Circuit


@dataclass(frozen=True, slots=True)
class Bound:
    """At most `high`, at least `low`, in the point's unit."""

    low: float
    high: float
    reason: Reason


def clamp(value: float, bounds: tuple[Bound, ...]) -> tuple[float, tuple[Reason, ...]]:
    """`value` inside all bounds, later bounds winning, and the reasons of those that moved it."""
    moved = []
    for bound in bounds:
        inside = min(max(value, bound.low), bound.high)
        if inside != value:
            moved.append(bound.reason)
        value = inside
    return value, tuple(moved)


def battery_bounds(inputs: Inputs, battery: BatteryControl) -> tuple[Bound, ...]:
    """SoC floor and ceiling and rated powers; without a fresh SoC the battery neither charges nor discharges."""
    rated = Bound(-battery.max_charge_w, battery.max_discharge_w, Reason("rated_power"))
    soc = inputs.number(f"{battery.device}.soc")
    if soc is None:
        return rated, Bound(0.0, 0.0, Reason("stale_input", {"point": f"{battery.device}.soc"}))
    bounds = [rated]
    if soc <= battery.soc_floor:
        bounds.append(Bound(-battery.max_charge_w, 0.0, Reason("soc_floor", {"soc": soc, "floor": battery.soc_floor})))
    if soc >= battery.soc_ceiling:
        bounds.append(
            Bound(0.0, battery.max_discharge_w, Reason("soc_ceiling", {"soc": soc, "ceiling": battery.soc_ceiling}))
        )
    return tuple(bounds)


def charger_bound(charger: ChargerControl, wanted: float) -> Bound:
    """What installation and car allow, A per phase: between the minimum and the maximum, or nothing at all."""
    if wanted < charger.min_a:
        return Bound(0.0, 0.0, Reason("below_minimum", {"min_a": charger.min_a}))
    return Bound(0.0, charger.max_a, Reason("rated_current", {"max_a": charger.max_a}))


class FuseBudget:
    """The current left on each phase of the grid connection, A; chargers draw from it in their order."""

    def __init__(self, circuit: Circuit) -> None:
        self._circuit = circuit
        self._given = dict.fromkeys(range(1, circuit.phases + 1), 0.0)

    def take(self, inputs: Inputs, charger: ChargerControl, wanted: float) -> Bound | None:
        """The bound for one charger wanting `wanted` A; what it takes above its present draw is gone for the next."""
        phases = range(1, min(charger.phases, self._circuit.phases) + 1)
        own = {n: inputs.number(f"{charger.device}.current_l{n}") or 0.0 for n in phases}
        left = [self._headroom(inputs, n) for n in phases]
        known = [free + own[n] for n, free in zip(phases, left, strict=True) if free is not None]
        if len(known) < len(left):
            return Bound(0.0, charger.min_a, Reason("stale_input", {"point": f"{inputs.house.grid}.power"}))
        high = float(int(min(known)))
        given = 0.0 if high < charger.min_a else min(high, wanted)
        for n in phases:
            self._given[n] += max(0.0, given - own[n])
        numbers: Mapping[str, float] = {"fuse_a": self._circuit.fuse_a, "free_a": round(min(known), 1)}
        return Bound(0.0, given, Reason("fuse_limit", numbers)) if given < wanted else None

    def _headroom(self, inputs: Inputs, phase: int) -> float | None:
        watts = inputs.number(f"{inputs.house.grid}.power_l{phase}")
        if watts is None:
            return None
        volts = inputs.number(f"{inputs.house.grid}.voltage_l{phase}") or VOLT
        return self._circuit.fuse_a - watts / max(volts, 100.0) - self._given[phase]
