"""Heat pumps and switches: what they do by themselves with what the sun leaves after the cars."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import fsum

from hub.core import planned
from hub.core.types import Held, Inputs, Timers, Wish, once
from hub.model import Reason, Source
from hub.model.site import HeatPumpControl, SwitchControl

DELAY_S = 60.0
"""So long must the sun have left enough, or too little."""
BLOCKED, NORMAL, BOOST = 1.0, 2.0, 3.0
"""SG Ready 1.1 states (BWP, 2013): 1 locked, 2 normal, 3 switch-on advised, 4 switch-on order."""
_BY_PLAN = {"plan_rests": BLOCKED, "plan_normal": NORMAL, "plan_boost": BOOST}


@once
def left_over(inputs: Inputs) -> float | None:
    """W that would be exported if the batteries took nothing; below zero = imported."""
    grid = inputs.number(f"{inputs.house.grid}.power")
    if grid is None:
        return None
    return -grid - fsum(inputs.number(f"{b.device}.power") or 0.0 for b in inputs.house.batteries)


def pump_wish(inputs: Inputs, pump: HeatPumpControl, held: Held) -> Wish:
    """The SG Ready state of the heat pump's mode; without a plan in force the mode of one is `surplus` or `normal`."""
    mode = inputs.mode(pump.device, pump.mode)
    if mode == planned.PLAN:
        decided = planned.heat(inputs, pump)
        if decided:
            return Wish(f"{pump.device}.sg_ready", _BY_PLAN[decided.code], Source.PLAN, decided)
        return planned.without(inputs, _by_mode(pump, "normal" if pump.mode == "normal" else "surplus", held))
    return _by_mode(pump, mode, held)


def _by_mode(pump: HeatPumpControl, mode: str, held: Held) -> Wish:
    if mode == "surplus":
        on, reason = _by_sun(held, held.value == BOOST, pump.surplus_w)
        value = BOOST if on else NORMAL
    else:
        value = BOOST if mode == "boost" else NORMAL
        reason = Reason("pump_boost") if mode == "boost" else Reason("pump_normal")
    return Wish(f"{pump.device}.sg_ready", value, Source.DEFAULT, reason)


def switch_wish(inputs: Inputs, switch: SwitchControl, held: Held | None) -> Wish | None:
    """On or off by the sun; None = people switch it."""
    if held is None or inputs.mode(switch.device, switch.mode) != "surplus":
        return None
    on, reason = _by_sun(held, bool(held.value), switch.surplus_w)
    return Wish(f"{switch.device}.on", on, Source.DEFAULT, reason)


def counted(inputs: Inputs, held: Held, needed_w: float, dt: float) -> Held:
    """The same with its times gone on by `dt` seconds."""
    left = left_over(inputs)
    enough, short = left is not None and left >= needed_w, left is None or left < 0
    return replace(held, for_s=held.for_s + dt, timers=held.timers.counted(enough, short, dt))


def anew(held: Mapping[str, Held], started: str) -> dict[str, Held]:
    """One that has just started takes its share of the sun: the others wait until that shows."""
    return {p: h if p == started else replace(h, timers=Timers()) for p, h in held.items()}


def _by_sun(held: Held, on: bool, needed_w: float) -> tuple[bool, Reason]:
    """On after DELAY_S of `needed_w`, off after DELAY_S without any."""
    timers, numbers = held.timers, {"needed_w": needed_w}
    if on:
        if timers.short_s < DELAY_S:
            return True, Reason("sun_lasts", numbers)
        return False, Reason("sun_gone", numbers)
    if timers.enough_s >= DELAY_S:
        return True, Reason("sun_enough", numbers)
    if timers.enough_s > 0:
        return False, Reason("sun_waits", {**numbers, "wait_s": float(int(DELAY_S - timers.enough_s))})
    return False, Reason("sun_short", numbers)
