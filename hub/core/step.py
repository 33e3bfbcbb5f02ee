"""step(state, inputs) -> Step: wishes by source, arbitration, envelope. Pure; the same inputs give the same bits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hub.core.battery import battery_wish
from hub.core.charging import charger_wish
from hub.core.derive import derive
from hub.core.envelope import Bound, FuseBudget, battery_bounds, charger_bound, clamp
from hub.core.types import ChargerMemory, Inputs, State, Wish
from hub.model import Command, Reason, Relation, Request, Source, Value
from hub.model.site import ChargerControl

ORDER = tuple(Source)


@dataclass(frozen=True, slots=True)
class Step:
    state: State
    commands: tuple[Command, ...]
    derived: Mapping[str, float | None]


def step(state: State, inputs: Inputs) -> Step:
    """One decision for the whole house: the wanted value of every point that somebody or something drives."""
    dt = max(0.0, min((inputs.t - state.t) / 1000.0, 10.0)) if state.t else 0.0
    commands: list[Command] = []
    memories: dict[str, ChargerMemory] = {}
    managed = set(inputs.house.managed)
    for battery in inputs.house.batteries:
        seen = inputs.anew()
        wish = battery_wish(seen, battery)
        commands += _command(seen, f"{battery.device}.power_setpoint", wish, battery_bounds(seen, battery))
    fuse = FuseBudget(next(c for c in inputs.house.circuits if not c.parent))
    for charger in inputs.house.chargers:
        seen = inputs.anew()
        wish, memory = charger_wish(seen, charger, state.chargers.get(charger.device, ChargerMemory()), dt)
        decided = _command(seen, wish.point, wish, _charger_bounds(seen, charger, fuse, wish))
        commands += decided
        memories[charger.device] = ChargerMemory(float(decided[0].value), memory.enough_s, memory.short_s)
    for point in _wished(inputs):
        if point not in managed:
            commands += _command(inputs.anew(), point, None, ())
    return Step(State(inputs.t, memories), tuple(commands), derive(inputs))


def _charger_bounds(inputs: Inputs, charger: ChargerControl, fuse: FuseBudget, wish: Wish) -> tuple[Bound, ...]:
    wanted = _arbitrate(inputs, wish.point, wish)
    amps = float(wanted.value) if wanted else 0.0
    rated = charger_bound(charger, amps)
    left = fuse.take(inputs, charger, min(amps, rated.high))
    return (rated, left) if left else (rated,)


def _wished(inputs: Inputs) -> list[str]:
    """Points with a lease in force, each once, in the order of the leases."""
    return list(dict.fromkeys(r.point for r in inputs.requests if r.point in inputs.house.commands))


def _command(inputs: Inputs, point: str, default: Wish | None, bounds: tuple[Bound, ...]) -> list[Command]:
    wish = _arbitrate(inputs, point, default)
    if wish is None:
        return []
    value: Value = wish.value
    limits: tuple[Reason, ...] = ()
    if bounds and not isinstance(value, str):
        value, limits = clamp(float(value), bounds)
    return [Command(point, value, wish.request, wish.source, wish.reason, limits, tuple(inputs.looked_at))]


def _arbitrate(inputs: Inputs, point: str, default: Wish | None) -> Wish | None:
    """The highest source's `set` wins; `at_most` and `at_least` of higher sources narrow what lower ones may choose."""
    leases = [r for r in inputs.requests if r.point == point]
    ranked = sorted(leases, key=lambda r: (ORDER.index(r.source), -r.starts))
    chosen = next((r for r in ranked if r.relation is Relation.SET), None)
    wish = _of(chosen) if chosen else default
    if wish is None:
        return None
    rank = ORDER.index(wish.source)
    for lease in reversed([r for r in ranked if r.relation is not Relation.SET and ORDER.index(r.source) <= rank]):
        wish = _narrow(wish, lease)
    return wish


def _of(request: Request) -> Wish:
    return Wish(request.point, request.value, request.source, Reason(f"{request.source.value}_asked"), request.id)


def _narrow(wish: Wish, lease: Request) -> Wish:
    if isinstance(wish.value, str) or isinstance(lease.value, str):
        return wish
    inside = (min if lease.relation is Relation.AT_MOST else max)(wish.value, lease.value)
    if inside == wish.value:
        return wish
    return Wish(
        wish.point, inside, lease.source, Reason(f"{lease.source.value}_limit", {"limit": lease.value}), lease.id
    )
