"""How fast a car charges in each mode people know: off, solar, min_solar, fast; on one phase or on three.

In the mode of a plan this is what it does without one: solar.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import fsum

from hub.core import planned
from hub.core.draw import at_most, charger_volts
from hub.core.types import VOLT, ChargerMemory, Inputs, Wish
from hub.model import Reason, Source
from hub.model.site import ChargerControl

NEW = ChargerMemory()
SOLAR_CODES = ("charge_solar", "charge_min_solar", "no_surplus", "wait_hysteresis", "target_waits")
LESS_S = 5.0
TAKES_UP_S = 60.0
"""So long a car may take until it draws what it has been given."""
SWITCHES_S = 60.0
"""So long a charger may take until it shows the phases that it was told; then what it shows is taken for true."""
LATE_S, REACTS_S = 20.0, 4.0
"""So late a charger may show what it draws since it was told otherwise; so soon a car takes less when it is told so."""
HIDDEN_S = 600.0
"""So long after its last try a car tries again whether an inverter that is held back can feed it."""
HIDDEN_SHARE, _STEP_A = 0.1, 1.2
"""The share of hidden power by which a charging car reaches for more, an ampere and some at least."""
_IDLE_A = 0.5
"""What still flows when a car has stopped charging."""
_ROOM = 1.05
"""Three phases are taken when there is so much more than they need at least, or switching would go on and on."""


def charger_wish(
    inputs: Inputs, charger: ChargerControl, memory: ChargerMemory, dt: float, newly_w: float = 0.0
) -> tuple[Wish, ChargerMemory]:
    """The current limit (A per phase) of the charger's mode, and what to remember.

    `dt`: seconds since the last step. `newly_w`: what other cars have just been given and do not draw yet.
    """
    watts = surplus_w(inputs, charger, newly_w)
    if watts is not None and inputs.hidden_w and memory.for_s >= HIDDEN_S and not memory.limit_a:
        watts = max(watts, min(inputs.hidden_w, charger.min_a * VOLT * charger.phase_count))
    amps = None if watts is None else watts / (VOLT * charger.phase_count)
    enough = amps is not None and amps >= charger.min_a
    memory = replace(memory, timers=memory.timers.counted(enough, not enough, dt))
    value, reason = _decide(inputs, charger, memory, amps)
    if reason.code in SOLAR_CODES:
        value, memory = _steady(value, memory, dt)
    return Wish(f"{charger.device}.current_limit", value, Source.DEFAULT, reason), memory


def surplus_w(inputs: Inputs, charger: ChargerControl, newly_w: float = 0.0) -> float | None:
    """What the sun leaves for this car, W. The car comes before the battery: its charging is surplus too."""
    grid, own = (inputs.number(p) for p in _balance(inputs, charger))
    if grid is None or own is None:
        return None
    stored = fsum(inputs.number(f"{b.device}.power") or 0.0 for b in inputs.house.batteries)
    step = max(HIDDEN_SHARE * inputs.hidden_w, _STEP_A * VOLT * charger.phase_count)
    hidden = min(step, inputs.hidden_w) if own > 0 else 0.0
    return own - grid - stored - newly_w + hidden


def _balance(inputs: Inputs, charger: ChargerControl) -> tuple[str, str]:
    """The readings without which nobody knows what the sun leaves for it."""
    return f"{inputs.house.grid}.power", f"{charger.device}.power"


def _decide(
    inputs: Inputs, charger: ChargerControl, memory: ChargerMemory, surplus_a: float | None
) -> tuple[float, Reason]:
    mode = inputs.mode(charger.device, charger.mode)
    if mode == "off":
        return 0.0, Reason("charge_off")
    if mode == "fast":
        return charger.max_a, Reason("charge_fast", {"limit_a": charger.max_a})
    floor = charger.min_a if mode == "min_solar" else 0.0
    if surplus_a is None:
        missing = next(p for p in _balance(inputs, charger) if inputs.number(p) is None)
        return floor, Reason("stale_input", {"limit_a": floor, "point": missing})
    numbers = {"surplus_a": round(surplus_a, 1), "min_a": charger.min_a}
    if mode == "min_solar":
        return _whole(max(floor, surplus_a), charger), Reason("charge_min_solar", numbers)
    return _solar(charger, memory, surplus_a, numbers)


def _solar(
    charger: ChargerControl, memory: ChargerMemory, surplus_a: float, numbers: dict[str, float]
) -> tuple[float, Reason]:
    """Starts after `start_delay_s` of enough sun, stops after `stop_delay_s` of too little: clouds make no flapping."""
    charging, timers = memory.limit_a > 0, memory.timers
    if charging and timers.short_s <= charger.stop_delay_s:
        return _whole(max(charger.min_a, surplus_a), charger), Reason("charge_solar", numbers)
    if not charging and timers.enough_s >= charger.start_delay_s and surplus_a >= charger.min_a:
        return _whole(surplus_a, charger), Reason("charge_solar", numbers)
    if surplus_a >= charger.min_a:
        return 0.0, Reason("wait_hysteresis", {**numbers, "wait_s": charger.start_delay_s - timers.enough_s})
    return 0.0, Reason("no_surplus", numbers)


def _steady(amps: float, memory: ChargerMemory, dt: float) -> tuple[float, ChargerMemory]:
    """A smaller current only when the sun has left less for LESS_S: a car answers late, and so does its meter."""
    less_s = memory.less_s + dt if 0 < amps < memory.limit_a else 0.0
    kept = 0 < amps < memory.limit_a and less_s < LESS_S
    return memory.limit_a if kept else amps, memory if less_s == memory.less_s else replace(memory, less_s=less_s)


def _whole(amps: float, charger: ChargerControl) -> float:
    """Whole amps inside what the installation allows; `amps` is not below its minimum."""
    return max(charger.min_a, min(float(int(amps)), charger.max_a))


def drawn_most(inputs: Inputs, memories: Mapping[str, ChargerMemory]) -> Inputs:
    """The same moment if every car drew already the most that it may by what it was told, and by what it shows.

    The grid meter is quicker than most chargers: what it tells holds a car that its charger does not show yet. One that
    shows nothing at all is taken for what it is at worst, and earns nothing.
    """
    values = dict(inputs.values)
    for known in inputs.house.chargers:
        memory = memories.get(known.device, NEW)
        car = on_phases(inputs, known, memory)
        now = memory.limit_a if memory.told_s < LATE_S else 0.0
        told = max(now, memory.before_a if memory.told_s < REACTS_S else 0.0)
        watts, amps = f"{car.device}.power", {n: f"{car.device}.current_l{n}" for n in car.phases}
        if any(inputs.number(p) is not None for p in (watts, *amps.values())):
            values |= {p: max(at_most(inputs, car.device, n) or 0.0, told) for n, p in amps.items()}
            values[watts] = max(inputs.number(watts) or 0.0, told * charger_volts(inputs, car))
    return replace(inputs, values=values)


def drawn_least(inputs: Inputs, memories: Mapping[str, ChargerMemory]) -> Inputs:
    """The same moment if every car drew no more than it was told lately, whatever its charger still shows."""
    told = {d: m.limit_a for d, m in memories.items() if m.told_s < LATE_S}
    return replace(inputs, most_a=told) if told else inputs


# -- one phase or three ------------------------------------------------------------------------------------------------


def on_phases(inputs: Inputs, charger: ChargerControl, memory: ChargerMemory) -> ChargerControl:
    """The charger as it hangs on the phases that it is switched to now; all of them while that is not known."""
    if not switchable(inputs, charger):
        return charger
    shown = inputs.number(f"{charger.device}.phases")
    used = charger.phase_count if shown is None else int(max(1.0, shown, float(memory.phases)))
    return replace(charger, phases=charger.phases[:used])


def switchable(inputs: Inputs, charger: ChargerControl) -> bool:
    return charger.phase_count == 3 and f"{charger.device}.phases" in inputs.house.commands


def phases_wanted(
    inputs: Inputs, charger: ChargerControl, memory: ChargerMemory, rooms: Mapping[int, float], dt: float
) -> tuple[Wish, ChargerMemory]:
    """1 or 3, and what to remember; the sun decides in the solar modes, a plan by its power, else all three are used.

    It changes when the other number has suited for as long as solar charging waits. `rooms`: A that fuses and limits
    leave on one phase and on three, 0 = too little to charge at all: then one phase suits better.
    """
    now = memory.phases or int(inputs.number(f"{charger.device}.phases") or charger.phase_count)
    other, numbers = _better(inputs, charger, now)
    tight = now != 1 and not rooms[3] and rooms[1] > 0
    if tight:
        other, numbers = 1, {"phases": float(now), "room_a": rooms[1]}
    elif other == 3 and rooms[3] < charger.min_a * _ROOM:
        other = 0
    memory = replace(memory, phases=now, other_s=memory.other_s + dt if other else 0.0)
    patience = charger.start_delay_s if other == 3 else charger.stop_delay_s
    point = f"{charger.device}.phases"
    if not other or memory.other_s < patience:
        return Wish(point, float(now), Source.DEFAULT, Reason("phases_kept", numbers)), memory
    if "power_w" in numbers:
        return Wish(point, float(other), Source.PLAN, Reason("plan_phases", numbers)), memory
    reason = Reason("phases_by_room", numbers) if tight else Reason("phases_by_sun", numbers)
    return Wish(point, float(other), Source.DEFAULT, reason), memory


def _better(inputs: Inputs, charger: ChargerControl, now: int) -> tuple[int, dict[str, float]]:
    """(the number of phases that would suit better, 0 = none; the numbers behind it)."""
    one, given = charger.min_a * VOLT, planned.car_w(inputs, charger)
    if given is not None:
        return _planned(given, one, now), {"phases": float(now), "power_w": given}
    if inputs.mode(charger.device, charger.mode) not in ("solar", "min_solar", planned.PLAN):
        return 3 if now == 1 else 0, {"phases": float(now)}
    watts = surplus_w(inputs, charger)
    if watts is None:
        return 0, {"phases": float(now)}
    numbers = {"phases": float(now), "surplus_w": float(round(watts)), "least_w": 3 * one}
    if now == 1:
        return 3 if watts >= 3 * one * _ROOM else 0, numbers
    return 1 if one <= watts < 3 * one else 0, numbers


def _planned(watts: float, one: float, now: int) -> int:
    """The same for a planned power; `one`: the least power on one phase. A car that waits keeps its phases."""
    if now == 1:
        return 3 if watts >= 3 * one else 0
    return 1 if 0 < watts < 3 * one else 0


def draws_on(inputs: Inputs, charger: ChargerControl, memory: ChargerMemory) -> int:
    """On how many phases the car draws, once it has had time to; what was known before while it does not."""
    if not memory.limit_a or memory.for_s < TAKES_UP_S:
        return memory.draws_on
    amps = [inputs.number(f"{charger.device}.current_l{n}") for n in charger.phases]
    return len([a for a in amps if a is not None and a > _IDLE_A]) or memory.draws_on


def still_flows(inputs: Inputs, charger: ChargerControl) -> bool:
    """Whether the car may still draw, so that its contactor must not be switched."""
    amps = [inputs.number(f"{charger.device}.current_l{n}") for n in charger.phases]
    if any(a is None for a in amps):
        watts = inputs.number(f"{charger.device}.power")
        return watts is None or watts > _IDLE_A * VOLT
    return any(a is not None and a > _IDLE_A for a in amps)
