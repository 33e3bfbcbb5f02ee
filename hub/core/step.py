"""step(state, inputs) -> Step: wishes, arbitration, envelope, pace. Pure: the same inputs give the same bits."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TypeAlias

from hub.core import charging, planned, target, worth
from hub.core.arbitrate import Verdict, arbitrate
from hub.core.battery import FOLLOWS_S, balance, battery_wish, follows
from hub.core.charging import charger_wish
from hub.core.draw import EXPORT, IMPORT, charger_volts, watts_at_least, watts_per_amp
from hub.core.envelope import Bound, battery_bounds, charger_bounds, clamp, device_bound
from hub.core.heed import reserved, target_of
from hub.core.house import Inverter
from hub.core.loads import heat, switch
from hub.core.pace import PEOPLE, at_end, counted_on, held_on, pause, ramp, switch_rate, switched
from hub.core.turn import Turn
from hub.core.types import ChargerMemory, Held, Inputs, State, Step, Unmet, Wish
from hub.core.wished import wished
from hub.model import Reason, Source, Wear
from hub.model.command import ORDER
from hub.model.site import BatteryControl, ChargerControl

_CANNOT_S, _MORE = 10.0, 0.02
"""An inverter that has made less than it may for so long will make at most that share of its power more in a second;
what it does not make is left to the others."""
_HELD_BACK = 0.97
"""An inverter that makes this share of its limit would make more without it."""


def step(state: State, inputs: Inputs) -> Step:
    """One decision for the whole house: the wanted value of every point that somebody or something drives.

    Cars are decided before batteries, in the order of the site document, and so come first at the fuses: a car waits
    for its driver, a battery only for another hour. It agrees with the surplus, which a battery takes from what cars
    leave. What a battery draws already is not taken from it, as nobody knows how soon it would let go.
    """
    turn, house = Turn(state, inputs), inputs.house
    for charger in house.chargers:
        charge(turn, charger)
    for battery in house.batteries:
        store(turn, battery)
    for inverter in house.inverters:
        curtail(turn, inverter)
    for pump in house.heat_pumps:
        heat(turn, pump)
    for plug in house.switches:
        switch(turn, plug)
    wished(turn)
    return turn.done()


# -- cars --------------------------------------------------------------------------------------------------------------


def charge(turn: Turn, charger: ChargerControl) -> None:
    memory, stop = _phases(turn, charger, turn.state.chargers.get(charger.device, charging.NEW))
    inputs = turn.anew()
    charger = charging.on_phases(inputs, charger, memory)
    course, newly_w = turn.courses.get(charger.device), turn.newly_w["cars"]
    default, memory = charger_wish(inputs, charger, memory, turn.dt, newly_w)
    left_w = charging.surplus_w(inputs, charger, newly_w)
    decided = planned.car_wish(inputs, charger, course, turn.dt, memory.limit_a, left_w)
    default = turn.planned(inputs, charger.device, charger.mode, decided, default) or default
    default = _target(turn, inputs, charger, turn.spoken(default))
    verdict = arbitrate(inputs, default.point, default) or Verdict(default)
    may_move = _may_move(inputs, verdict.wish)
    bounds = charger_bounds(turn.drawn_least(), charger, turn.fuses, turn.connection) if may_move else ()
    wanted = float(verdict.wish.value)
    amps, limits = clamp(wanted, bounds)
    if amps < min(memory.limit_a, wanted):
        amps, limits, bounds = _kept(turn, charger, memory, wanted, (amps, limits, bounds))
    by_itself = _by_itself(turn, verdict.wish)
    amps, waits = (0.0, stop) if stop else pause(amps, memory, charger, by_itself)
    limits = (*limits, *([waits] if waits else ()))
    amps = float(turn.decide(inputs, verdict, amps, limits, () if waits else bounds))
    for phase in charger.phases:
        turn.fuses.give(charger.device, phase, amps)
    watts = amps * charger_volts(inputs, charger)
    turn.connection.give(charger.device, watts)
    if verdict.wish.value and planned.code(verdict.wish.reason) not in charging.SOLAR_CODES:
        turn.fast.append(charger.device)
    for_s = memory.for_s + turn.dt if (amps > 0) == (memory.limit_a > 0) else 0.0
    if amps and for_s < charging.TAKES_UP_S:
        turn.newly_w["cars"] += max(0.0, watts - watts_at_least(inputs, charger.device, IMPORT))
    same = amps == memory.limit_a
    turn.chargers[charger.device] = replace(
        memory,
        limit_a=amps,
        for_s=for_s,
        told_s=memory.told_s + turn.dt if same else 0.0,
        before_a=memory.before_a if same else memory.limit_a,
        forced=not amps and (bool(limits) or memory.forced if verdict.wish.value else by_itself),
        draws_on=charging.draws_on(inputs, charger, memory),
    )


_Bounded: TypeAlias = tuple[float, tuple[Reason, ...], tuple[Bound, ...]]


def _kept(turn: Turn, charger: ChargerControl, memory: ChargerMemory, wished: float, less: _Bounded) -> _Bounded:
    """A car that has not shown yet what it draws is told no less than before, as far as the meter shows that to fit."""
    bounds = charger_bounds(turn.drawn_most(), charger, turn.fuses, turn.connection)
    amps, limits = clamp(min(memory.limit_a, wished), bounds)
    if amps <= less[0]:
        return less
    if amps == memory.limit_a < wished:
        wait_s = float(max(0, math.ceil(charging.LATE_S - memory.told_s)))
        limits = (Reason("not_shown_yet", {"limit_a": amps, "wait_s": wait_s}), *less[1])
    return amps, limits, bounds


def _may_move(inputs: Inputs, wish: Wish) -> tuple[int, ...]:
    """The ways in which limits of fuses and connection may move what is wished.

    Every limit admits 0, and what flows the other way. But in a flash memory something else may stand, and go on to.
    """
    if inputs.house.commands[wish.point].wear is Wear.FLASH:
        return IMPORT, EXPORT
    watts = float(wish.value)
    return (IMPORT,) if watts < 0 else (EXPORT,) if watts > 0 else ()


def _target(turn: Turn, inputs: Inputs, charger: ChargerControl, default: Wish) -> Wish:
    """What the car's mode wants, or more of it where a target has to be reached: not against whoever comes first."""
    request = target_of(inputs, charger.device)
    if request is None:
        turn.targets.pop(charger.device, None)
        return default
    if default.source is not Source.DEFAULT and ORDER[default.source] < ORDER[request.source]:
        by = Reason("overruled", {"source": default.source.value, "by": default.reason.code})
        turn.unmet.append(Unmet(request.id, request.point, request.value, 0.0, by))
        return default
    by_plan = planned.is_plans(default.reason)
    seen = replace(inputs, prices=()) if by_plan else inputs
    most_w = target.most_w(charger, turn.chargers.get(charger.device), turn.connection.limits.get(IMPORT))
    wish, memory, left_wh = target.target_wish(seen, charger, request, turn.targets.get(charger.device), most_w)
    turn.targets[charger.device] = memory
    if wish is not None:
        return replace(wish, source=request.source, request=request.id)
    if left_wh and default.value == 0 and not by_plan:
        numbers = {"left_wh": float(round(left_wh)), "by": request.ends}
        waits = replace(default, reason=Reason("target_waits", numbers))
        return planned.without(inputs, waits) if planned.asked(inputs, charger.device, charger.mode) else waits
    return default


def _by_itself(turn: Turn, wish: Wish) -> bool:
    """Whether a rule or a plan is behind it, by a value or by a mode, and no person."""
    if planned.is_plans(wish.reason):
        return True
    return wish.source not in PEOPLE and (
        wish.source is not Source.DEFAULT or f"{wish.point.partition('.')[0]}.mode" in turn.ruled
    )


def _room(turn: Turn, inputs: Inputs, charger: ChargerControl, phases: int) -> float:
    """A that fuses and limits leave on so many phases; 0 = less than the car needs."""
    on = replace(charger, phases=charger.phases[:phases])
    return clamp(charger.max_a, charger_bounds(inputs, on, turn.fuses, turn.connection))[0]


def _phases(turn: Turn, charger: ChargerControl, memory: ChargerMemory) -> tuple[ChargerMemory, Reason | None]:
    """Switches between one phase and three while nothing flows; the reason why the car has to wait for it."""
    inputs = turn.anew()
    if not charging.switchable(inputs, charger):
        return memory, None
    rooms = {n: _room(turn, inputs, charger, n) for n in (1, 3)}
    default, memory = charging.phases_wanted(inputs, charger, counted_on(memory, turn.dt), rooms, turn.dt)
    verdict = arbitrate(inputs, default.point, default) or Verdict(default)
    wanted = 1 if verdict.wish.value == 1 else 3
    shown = inputs.number(default.point)
    if shown in (1, 3) and shown != memory.phases and memory.phases_s > charging.SWITCHES_S:
        wanted, memory = int(shown), replace(memory, phases=int(shown))
    late = switch_rate(wanted, memory, 0.0 if verdict.wish.source in PEOPLE else charger.phase_switch_s)
    limits = (late,) if late else ()
    wanted = memory.phases if late else wanted
    if wanted == memory.phases and (shown is None or shown == wanted):
        turn.decide(inputs, verdict, float(wanted), limits)
        return memory, None
    waits = Reason("phase_switch", {"phases": wanted})
    if memory.limit_a or charging.still_flows(inputs, charger):
        turn.unmet += verdict.unmet(shown or 0.0, (*limits, waits))
        return memory, waits
    told = int(turn.decide(inputs, verdict, float(wanted), limits))
    if told == memory.phases:
        return memory, waits if told == wanted else None
    return switched(memory, told), waits


# -- batteries and inverters -------------------------------------------------------------------------------------------


def store(turn: Turn, battery: BatteryControl) -> None:
    inputs, point = turn.anew(), f"{battery.device}.power_setpoint"
    battery = reserved(inputs, battery)
    known = turn.held.get(point)
    was = float(known.value) if known and not isinstance(known.value, str) else None
    held = replace(known, for_s=known.for_s + turn.dt) if known else Held(0.0)
    default = _stored(turn, inputs, battery, was)
    if default and was is not None and held.for_s < FOLLOWS_S and follows(default):
        default = replace(default, value=was)
    verdict = arbitrate(inputs, point, default and turn.spoken(default))
    if verdict is None:
        turn.held.pop(point, None)
        return
    end = _end(turn, inputs, battery)
    bounds = battery_bounds(inputs, battery, end, turn.fuses, turn.connection, _may_move(inputs, verdict.wish))
    watts, limits = clamp(float(verdict.wish.value), bounds)
    watts, slow = ramp(watts, held, battery.ramp_w_s, turn.dt)
    watts = float(turn.decide(inputs, verdict, watts, (*limits, *([slow] if slow else ())), bounds))
    for phase in inputs.house.phases:
        turn.fuses.give(battery.device, phase, -watts / watts_per_amp(inputs, phase))
    turn.connection.give(battery.device, -watts)
    if course := turn.courses.get(battery.device):
        even = balance(inputs, battery, tuple(turn.fast), _newly(turn, inputs, battery))
        turn.courses[battery.device] = worth.moved(course, even, watts)
    turn.newly_w["batteries"] += watts - (inputs.number(f"{battery.device}.power") or 0.0)
    turn.stores.append(battery.device)
    turn.held[point] = held_on(held, watts)


def _stored(turn: Turn, inputs: Inputs, battery: BatteryControl, was: float | None) -> Wish | None:
    """By the plan, or by the battery's mode."""
    cars, newly_w, cap = tuple(turn.fast), _newly(turn, inputs, battery), turn.connection.limits.get(EXPORT)
    course, export_w = turn.courses.get(battery.device), cap.watts if cap else None
    decided = worth.battery_wish(inputs, battery, course, cars, newly_w, was, turn.dt, export_w)
    instead = None if decided else battery_wish(inputs, battery, cars, newly_w, was)
    return turn.planned(inputs, battery.device, battery.mode, decided, instead)


def _newly(turn: Turn, inputs: Inputs, battery: BatteryControl) -> float:
    """W that the batteries before this one give beyond what they give now, without what plans buy and sell."""
    moved_w = worth.moved_by_others(inputs, battery, turn.courses, tuple(turn.stores))
    return turn.newly_w["batteries"] - moved_w


def _end(turn: Turn, inputs: Inputs, battery: BatteryControl) -> str:
    point = f"{battery.device}.soc"
    known = turn.held.get(point)
    end = at_end(inputs.number(point), battery.lowest_soc, battery.soc_ceiling, known.value if known else "")
    turn.held[point] = Held(end)
    return end


def curtail(turn: Turn, inverter: Inverter) -> None:
    """Holds an inverter back where an export limit leaves less than it makes; else it makes what it can."""
    inputs, point = turn.anew(), f"{inverter.device}.power_limit"
    default = Wish(point, inverter.high, Source.DEFAULT, Reason("makes_all"))
    verdict = arbitrate(inputs, point, default) or Verdict(default)
    free = turn.connection.free(inputs, inverter.device, EXPORT)
    if free is None and verdict.wish is default and point not in turn.held:
        return
    bounds = [device_bound(inputs.house.commands[point])]
    if free is not None:
        cap = turn.connection.limits[EXPORT]
        bounds.append(Bound(0.0, float(int(max(0.0, free))), cap.reason(EXPORT, free)))
    watts, limits = clamp(float(verdict.wish.value), tuple(bounds))
    watts = float(turn.decide(inputs, verdict, watts, limits, tuple(bounds)))
    held = turn.held.get(point, Held(watts))
    made, blind = inputs.number(f"{inverter.device}.power"), _blind(turn, inputs)
    full = made is not None and made >= _HELD_BACK * float(held.value)
    seen = made is not None and not blind
    timers = held.timers.counted(full and seen, not full and seen, turn.dt)
    can = watts if made is None or timers.short_s < _CANNOT_S else min(watts, made + _MORE * inverter.high)
    turn.connection.give(inverter.device, -can if free is not None else 0.0)
    turn.held[point] = Held(watts, 0.0, timers)


def _blind(turn: Turn, inputs: Inputs) -> bool:
    return inputs.number(f"{inputs.house.grid}.power") is None
