"""step(state, inputs) -> Step: wishes by source, arbitration, envelope. Pure; the same inputs give the same bits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hub.core.battery import battery_wish
from hub.core.charging import charger_wish
from hub.core.derive import derive
from hub.core.envelope import battery_bounds, charger_bounds, clamp, device_bound
from hub.core.fuse import Fuses
from hub.core.types import ChargerMemory, Inputs, State, Wish, is_number
from hub.model import Command, CommandSpec, Reason, Relation, Request, Source, Value
from hub.model.site import BatteryControl, ChargerControl

ORDER = tuple(Source)


@dataclass(frozen=True, slots=True)
class Step:
    state: State
    commands: tuple[Command, ...]
    derived: Mapping[str, float | None]


def step(state: State, inputs: Inputs) -> Step:
    """One decision for the whole house: the wanted value of every point that somebody or something drives.

    Cars are decided before batteries, in the order of the site document, and so come first at the fuses: a car waits
    for its driver, a battery only for another hour. It agrees with the surplus, which a battery takes from what cars
    leave. What a battery draws already is not taken from it, as nobody knows how soon it would let go.
    """
    dt = max(0.0, min((inputs.t - state.t) / 1000.0, 10.0)) if state.t else 0.0
    commands: list[Command] = []
    memories: dict[str, ChargerMemory] = {}
    fuses = Fuses(inputs.house)
    for charger in inputs.house.chargers:
        memory = state.chargers.get(charger.device, ChargerMemory())
        command, memories[charger.device] = _charge(inputs.anew(), charger, memory, dt, fuses)
        commands.append(command)
    for battery in inputs.house.batteries:
        commands += _store(inputs.anew(), battery, fuses)
    for point in _wished(inputs):
        commands += _switch(inputs.anew(), point)
    return Step(State(inputs.t, memories), tuple(commands), derive(inputs))


def _charge(
    inputs: Inputs, charger: ChargerControl, memory: ChargerMemory, dt: float, fuses: Fuses
) -> tuple[Command, ChargerMemory]:
    default, memory = charger_wish(inputs, charger, memory, dt)
    wish = _arbitrate(inputs, default.point, default) or default
    amps, limits = clamp(float(wish.value), charger_bounds(inputs, charger, fuses))
    for phase in charger.phases:
        fuses.give(charger.device, phase, amps)
    return _command(inputs, wish, amps, limits), ChargerMemory(amps, memory.enough_s, memory.short_s)


def _store(inputs: Inputs, battery: BatteryControl, fuses: Fuses) -> list[Command]:
    wish = _arbitrate(inputs, f"{battery.device}.power_setpoint", battery_wish(inputs, battery))
    if wish is None:
        return []
    watts, limits = clamp(float(wish.value), battery_bounds(inputs, battery, fuses))
    for phase in inputs.house.phases:
        fuses.give(battery.device, phase, -watts / fuses.draws.watts_per_amp(inputs, phase))
    return [_command(inputs, wish, watts, limits)]


def _switch(inputs: Inputs, point: str) -> list[Command]:
    """What the core only drives on somebody's wish; 0 is off or pause, even where the device's range begins higher."""
    wish = _arbitrate(inputs, point, None)
    if wish is None:
        return []
    if isinstance(wish.value, str) or wish.value == 0:
        return [_command(inputs, wish, wish.value, ())]
    value, limits = clamp(wish.value, (device_bound(inputs.house.commands[point]),))
    return [_command(inputs, wish, value, limits)]


def _command(inputs: Inputs, wish: Wish, value: Value, limits: tuple[Reason, ...]) -> Command:
    return Command(wish.point, value, wish.request, wish.source, wish.reason, limits, tuple(inputs.looked_at))


def _wished(inputs: Inputs) -> list[str]:
    """Points with a lease in force that are not driven anyway, each once, in the order of the leases."""
    driven = inputs.house.managed
    points = dict.fromkeys(r.point for r in inputs.requests if r.point in inputs.house.commands)
    return [p for p in points if p not in driven]


def _arbitrate(inputs: Inputs, point: str, default: Wish | None) -> Wish | None:
    """The highest source's `set` wins; `at_most` and `at_least` of higher sources narrow what lower ones may choose.

    A lease whose value the device could never take (NaN, a text for a number) is no wish: it is as if nobody had asked.
    """
    leases = [r for r in inputs.requests if r.point == point and _understood(inputs.house.commands[point], r.value)]
    ranked = sorted(leases, key=lambda r: (ORDER.index(r.source), -r.starts))
    chosen = next((r for r in ranked if r.relation is Relation.SET), None)
    wish = _of(chosen) if chosen else default
    if wish is None:
        return None
    rank = ORDER.index(wish.source)
    for lease in reversed([r for r in ranked if r.relation is not Relation.SET and ORDER.index(r.source) <= rank]):
        wish = _narrow(wish, lease)
    return wish


def _understood(spec: CommandSpec, value: Value) -> bool:
    return value in spec.choices if spec.choices else is_number(value)


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
