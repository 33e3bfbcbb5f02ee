"""What takes its time, so that nothing wears out or flaps: least times, ramps, pauses, contactors, flash memories.

Times are summed up from step to step, at most MOST_S of each gap: no step of a clock and no outage makes them pass.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from hub.core.types import ChargerMemory, Held, Tokens, Wish, is_number
from hub.model import CommandSpec, Reason, Source, Value, Wear
from hub.model.site import ChargerControl

MOST_S = 10.0
URGENT = (Source.SAFETY, Source.GRID_OPERATOR, Source.SITE)
PEOPLE = (*URGENT, Source.PERSON)
"""Least times bind what the hub does by itself: rules, plans, modes."""
FLOOR, CEILING = "floor", "ceiling"
SOC_BACK = 1.0
"""% by which the state of charge has to come back from an end."""
SWITCHED = (".on", ".sg_ready")
"""Ends of the points that have least times."""
SWITCH_LEAST_S = 60.0
"""From one switch of a charger's phases to the next, whoever asks: so long it may take until it shows the first one."""
SWITCH_S, SWITCHES = 600.0, 3
"""A switch of phases uses up so many seconds, and what so many switches need is saved at most. That is half of what
KEBA's X2 output allows (one in 300 s); Spelsberg's boxes rest the car for 120 s, openWB waits 5 min by itself."""
_RESERVE = 0.2
"""The share of a budget of flash writes that may be spent at any time; the rest comes evenly over the day."""


def least_time(value: Value, held: Held, least_s: float) -> tuple[Value, Reason | None]:
    """The value that is, until it has been so for `least_s`."""
    if value == held.value or held.for_s >= least_s:
        return value, None
    return held.value, Reason("least_time", {"least_s": least_s, "wait_s": float(int(least_s - held.for_s))})


def ramp(value: float, held: Held, per_s: float, dt: float) -> tuple[float, Reason | None]:
    """Away from zero the value grows by `per_s` a second; towards zero it goes at once. `per_s` 0 = no ramp."""
    was = held.value if isinstance(held.value, float) else 0.0
    if value * was < 0:
        was = 0.0
    most = abs(was) + per_s * dt
    if not per_s or abs(value) <= most:
        return value, None
    return most if value > 0 else -most, Reason("ramp", {"per_s": per_s})


def pause(amps: float, memory: ChargerMemory, charger: ChargerControl, by_itself: bool) -> tuple[float, Reason | None]:
    """A car that a limit or a rule has paused goes on after `pause_s`, not whenever an ampere comes free.

    `by_itself`: no person has just asked for it.
    """
    if not amps or memory.limit_a or not (memory.forced or by_itself) or memory.for_s >= charger.pause_s:
        return amps, None
    return 0.0, Reason("pause_time", {"wait_s": float(int(charger.pause_s - memory.for_s))})


def switch_rate(phases: int, memory: ChargerMemory, least_s: float) -> Reason | None:
    """Why a charger must not go to `phases` yet. A contactor wears whoever asks, and so do the relays in the car.

    `least_s`: the time between two switches that whoever asks has to keep besides.
    """
    wait_s = max(max(SWITCH_LEAST_S, least_s) - memory.phases_s, SWITCH_S - memory.switches_s)
    if phases == memory.phases or wait_s <= 0:
        return None
    return Reason("phase_switch_rate", {"phases": phases, "wait_s": float(math.ceil(wait_s))})


def counted_on(memory: ChargerMemory, dt: float) -> ChargerMemory:
    """What a charger's contactor has to wait for, `dt` seconds later."""
    saved = min(memory.switches_s + dt, SWITCHES * SWITCH_S)
    return replace(memory, phases_s=memory.phases_s + dt, switches_s=saved)


def went_by(memory: ChargerMemory, dt: float) -> ChargerMemory:
    """The same `dt` seconds later, of a charger about which nothing was decided meanwhile."""
    return replace(counted_on(memory, dt), for_s=memory.for_s + dt, told_s=memory.told_s + dt)


def switched(memory: ChargerMemory, phases: int) -> ChargerMemory:
    return replace(memory, phases=phases, phases_s=0.0, switches_s=memory.switches_s - SWITCH_S, other_s=0.0)


def at_end(soc: float | None, low: float, high: float, was: Value | None) -> str:
    """Whether a battery is at its floor or its ceiling; it leaves either after SOC_BACK, not with the next tenth."""
    if soc is None:
        return str(was or "")
    if soc <= low or (was == FLOOR and soc < low + SOC_BACK):
        return FLOOR
    return CEILING if soc >= high or (was == CEILING and soc > high - SOC_BACK) else ""


def held_on(held: Held | None, value: Value) -> Held:
    """What is remembered once `value` has been decided."""
    if held is None:
        return Held(value)
    return held if held.value == value else replace(held, value=value, for_s=0.0)


def seen_again(held: Mapping[str, Held], unseen: tuple[str, ...], values: Mapping[str, Value]) -> dict[str, Held]:
    """What is remembered after a restart, now that devices show what they are.

    One that shows something else has been switched meanwhile, nobody knows when: its least time begins now.
    """
    shown = {p: v for p in unseen if is_number(v := values.get(p))}
    other = {p: type(held[p].value)(v) for p, v in shown.items() if v != held[p].value}
    return {**held, **{p: Held(v) for p, v in other.items()}}


# -- flash -------------------------------------------------------------------------------------------------------------


def refilled(spec: CommandSpec, tokens: Tokens | None, dt: float) -> Tokens | None:
    """The budget of a set-point that is kept in flash, `dt` seconds later; None for any other."""
    if tokens is None or spec.wear is not Wear.FLASH:
        return tokens
    burst = _burst(spec)
    left = tokens.left + (spec.writes_a_day - burst) * dt / 86_400.0
    return Tokens(left if left < burst else burst, tokens.value)


def _burst(spec: CommandSpec) -> float:
    return max(1.0, spec.writes_a_day * _RESERVE)


def spent(
    spec: CommandSpec, wish: Wish, value: Value, safe: bool, tokens: Tokens | None
) -> tuple[Value, Tokens, Reason | None]:
    """`value` if the budget allows to write it, else what stands in the device.

    `safe`: what stands there is inside the envelope. What is not is written in any case, and so is what the grid
    operator asks: it is counted, and the budget is then in debt.
    """
    if tokens is None:
        return value, Tokens(_burst(spec) - 1.0, value), None
    if spec.shows(value, tokens.value):
        return tokens.value, tokens, None
    if tokens.left >= 1.0 or not safe or wish.source in URGENT:
        return value, Tokens(tokens.left - 1.0, value), None
    return tokens.value, tokens, Reason("write_budget", {"writes_a_day": spec.writes_a_day})
