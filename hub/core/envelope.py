"""The safety envelope: the last code before the driver. Each limit may only narrow what the decision above it left.

The result for a point is the decided value inside all bounds; every bound that moved it is named. Each bound admits 0,
so that bounds never contradict one another. What is not known counts as the safe value: no power for a battery,
`blind_a` for a car. What a limit forbids at once is here, what takes its time is in `pace`.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import NamedTuple

from hub.core.connection import Connection
from hub.core.draw import IMPORT, at_least, charger_volts, watts_per_amp
from hub.core.fuse import Fuses, Room, load_over
from hub.core.pace import CEILING, FLOOR
from hub.core.types import Inputs
from hub.model import CommandSpec, Reason, Source, Value
from hub.model.site import BatteryControl, ChargerControl


class Bound(NamedTuple):
    """At most `high`, at least `low`, in the point's unit; what is below `floor` then becomes 0 (a pause)."""

    low: float
    high: float
    reason: Reason
    floor: float = -math.inf

    def inside(self, value: float) -> float:
        inside = min(max(value, self.low), self.high)
        return 0.0 if inside < self.floor or inside == 0 else float(inside)


def clamp(value: float, bounds: tuple[Bound, ...]) -> tuple[float, tuple[Reason, ...]]:
    """`value` inside all bounds, and the reasons of those that moved it."""
    moved = []
    for bound in bounds:
        inside = bound.inside(value)
        if inside != value:
            moved.append(bound.reason)
            value = inside
    return value, tuple(moved)


def device_bound(spec: CommandSpec) -> Bound:
    """What the device itself takes."""
    ends = {"low": spec.low, "high": spec.high}
    reason = Reason("device_range", {name: end for name, end in ends.items() if end is not None})
    return Bound(-math.inf if spec.low is None else spec.low, math.inf if spec.high is None else spec.high, reason)


def _unknown(point: str) -> Reason:
    return Reason("stale_input", {"point": point})


def _fuse(room: Room) -> Reason:
    free = max(0.0, round(room.free_a, 1))
    numbers: dict[str, Value] = {
        "circuit": room.circuit.id,
        "fuse_a": room.circuit.fuse_a,
        "free_a": free,
        "phase": room.phase,
    }
    return Reason("fuse_limit", numbers)


def setting_bounds(inputs: Inputs, point: str, source: Source) -> tuple[Bound, ...]:
    """Of what a device keeps to by itself: what the site document says of the device holds there too."""
    device, _, name = point.partition(".")
    battery = next((b for b in inputs.house.known_batteries if b.device == device), None)
    pump = next((p for p in inputs.house.known_pumps if p.device == device), None)
    soc = {"soc": inputs.number(f"{device}.soc") or 0.0} if battery else {}
    if battery and name == "min_soc":
        reason = _soc_floor(battery, {**soc, "floor": battery.lowest_soc})
        return (Bound(battery.lowest_soc, math.inf, reason),)
    if battery and name == "max_soc":
        return (Bound(-math.inf, battery.soc_ceiling, Reason("soc_ceiling", {**soc, "ceiling": battery.soc_ceiling})),)
    if pump and name == "power_limit" and pump.guaranteed_w and source is not Source.PERSON:
        return (Bound(pump.guaranteed_w, math.inf, Reason("guaranteed_power", {"guaranteed_w": pump.guaranteed_w})),)
    return ()


# -- loads that are on or off ------------------------------------------------------------------------------------------


def refused(inputs: Inputs, device: str, more_w: float, fuses: Fuses, connection: Connection) -> Reason | None:
    """Why it must not draw `more_w` above what it draws, with 0 not even that."""
    room = fuses.refuses(inputs, device, more_w)
    return _fuse(room) if room else connection.refuses(inputs, device, more_w)


# -- chargers ----------------------------------------------------------------------------------------------------------


def charger_bounds(inputs: Inputs, charger: ChargerControl, fuses: Fuses, connection: Connection) -> tuple[Bound, ...]:
    """A per phase: between the minimum and the maximum of car, installation, device and fuses, or nothing at all."""
    device = device_bound(inputs.house.commands[f"{charger.device}.current_limit"])
    floor = max(charger.min_a, device.low)
    rooms = fuses.rooms(inputs, charger.device, charger.phases)
    tight = min(rooms, key=lambda room: room.free_a)
    blind = [Bound(0.0, charger.blind_a, _unknown(room.missing), floor) for room in rooms if room.missing]
    return (
        Bound(0.0, math.inf, Reason("below_minimum", {"min_a": charger.min_a}), charger.min_a),
        Bound(0.0, charger.max_a, Reason("rated_current", {"max_a": charger.max_a}), charger.min_a),
        Bound(0.0, device.high, device.reason, floor),
        Bound(0.0, float(int(max(0.0, tight.free_a))), _fuse(tight), floor),
        *_charger_import(inputs, charger, fuses, connection, floor),
        *_unbalance(inputs, charger, fuses, floor),
        *blind[:1],
    )


def _charger_import(
    inputs: Inputs, charger: ChargerControl, fuses: Fuses, connection: Connection, floor: float
) -> tuple[Bound, ...]:
    free = connection.free(inputs, charger.device, IMPORT)
    if free is None:
        return ()
    volts = charger_volts(inputs, charger)
    amps, reason = float(int(max(0.0, free) / volts)), connection.limits[IMPORT].reason(IMPORT, free)
    if amps < floor:
        reason = replace(reason, numbers={**reason.numbers, "least_w": float(round(floor * volts))})
    return (Bound(0.0, amps, reason, floor),)


def _unbalance(inputs: Inputs, charger: ChargerControl, fuses: Fuses, floor: float) -> tuple[Bound, ...]:
    """A car on one phase may raise it above the others by so much. Unknown phases are the blind bound's business."""
    most = inputs.house.limits.unbalanced_a
    others = [p for p in inputs.house.phases if p not in charger.phases]
    if most is None or not others:
        return ()
    loads = {p: load_over(inputs, p, IMPORT) for p in inputs.house.phases}
    low = [load for p in others if (load := loads[p]) is not None]
    high = [
        load - at_least(inputs, charger.device, p, IMPORT) + fuses.newly(inputs, charger.device, p, IMPORT)
        for p in charger.phases
        if (load := loads[p]) is not None
    ]
    free = most + min(low, default=0.0) - max(high, default=0.0)
    reason = Reason("unbalanced", {"limit_a": most, "free_a": max(0.0, round(free, 1))})
    return (Bound(0.0, float(int(max(0.0, free))), reason, floor),)


# -- batteries ---------------------------------------------------------------------------------------------------------


def battery_bounds(
    inputs: Inputs, battery: BatteryControl, end: str, fuses: Fuses, connection: Connection, ways: tuple[int, ...]
) -> tuple[Bound, ...]:
    """W: rated powers, SoC floor and ceiling, fuses and connection, the device's own range.

    `end`: whether it is at its floor or its ceiling; `ways`: those in which fuses and connection are looked at.
    """
    device = device_bound(inputs.house.commands[f"{battery.device}.power_setpoint"])
    return (
        Bound(-battery.max_charge_w, battery.max_discharge_w, Reason("rated_power")),
        *_soc_bounds(inputs, battery, end),
        *_fuse_bounds(inputs, battery, fuses, ways),
        *_connection_bounds(inputs, battery, connection, ways),
        Bound(min(device.low, 0.0), max(device.high, 0.0), device.reason),
    )


def _soc_bounds(inputs: Inputs, battery: BatteryControl, end: str) -> tuple[Bound, ...]:
    soc = inputs.number(f"{battery.device}.soc")
    if soc is None:
        return (Bound(0.0, 0.0, _unknown(f"{battery.device}.soc")),)
    floor, ceiling = battery.lowest_soc, battery.soc_ceiling
    bounds = []
    if end == FLOOR or soc <= floor:
        bounds.append(Bound(-math.inf, 0.0, _soc_floor(battery, {"soc": soc, "floor": floor})))
    if end == CEILING or soc >= ceiling:
        bounds.append(Bound(0.0, math.inf, Reason("soc_ceiling", {"soc": soc, "ceiling": ceiling})))
    return tuple(bounds)


def _soc_floor(battery: BatteryControl, numbers: dict[str, Value]) -> Reason:
    if battery.outage_reserve > battery.soc_floor:
        return Reason("outage_reserve", numbers)
    return Reason("soc_floor", numbers)


def _fuse_bounds(inputs: Inputs, battery: BatteryControl, fuses: Fuses, ways: tuple[int, ...]) -> tuple[Bound, ...]:
    """The fuses count what the battery does now as its own; when that is not known, it does nothing."""
    if inputs.number(f"{battery.device}.power") is None:
        return (Bound(0.0, 0.0, _unknown(f"{battery.device}.power")),)
    return tuple(_fuse_bound(inputs, battery, fuses, way) for way in ways)


def _fuse_bound(inputs: Inputs, battery: BatteryControl, fuses: Fuses, way: int) -> Bound:
    rooms = fuses.rooms(inputs, battery.device, inputs.house.phases, way)
    missing = next((room.missing for room in rooms if room.missing), "")
    if missing:
        return Bound(0.0, 0.0, _unknown(missing))
    watts = [room.free_a * watts_per_amp(inputs, room.phase) for room in rooms]
    return _one_way(way, min(watts), _fuse(rooms[watts.index(min(watts))]))


def _connection_bounds(
    inputs: Inputs, battery: BatteryControl, connection: Connection, ways: tuple[int, ...]
) -> list[Bound]:
    free = {way: connection.free(inputs, battery.device, way) for way in ways}
    return [_one_way(way, w, connection.limits[way].reason(way, w)) for way, w in free.items() if w is not None]


def _one_way(way: int, free_w: float, reason: Reason) -> Bound:
    free = float(int(max(0.0, free_w)))
    return Bound(-free, math.inf, reason) if way == IMPORT else Bound(-math.inf, free, reason)
