"""How fast a car charges in each mode people know: off, solar, min_solar, fast."""

from __future__ import annotations

from hub.core.types import VOLT, ChargerMemory, Inputs, Wish
from hub.model import Reason, Source
from hub.model.site import ChargerControl


def charger_wish(
    inputs: Inputs, charger: ChargerControl, memory: ChargerMemory, dt: float
) -> tuple[Wish, ChargerMemory]:
    """The current limit (A per phase) of the charger's mode, and what to remember.

    `dt`: seconds since the last step.
    """
    mode = inputs.intents.get(f"{charger.device}.mode", charger.mode)
    surplus_a = _surplus_a(inputs, charger)
    memory = _count(charger, memory, surplus_a, dt)
    value, reason = _decide(mode, charger, memory, surplus_a)
    return Wish(f"{charger.device}.current_limit", value, Source.DEFAULT, reason), memory


def _surplus_a(inputs: Inputs, charger: ChargerControl) -> float | None:
    """What the sun leaves for this car, A per phase. The car comes before the battery: its charging is surplus too."""
    grid = inputs.number(f"{inputs.house.grid}.power")
    own = inputs.number(f"{charger.device}.power")
    if grid is None or own is None:
        return None
    battery = sum(inputs.number(f"{b.device}.power") or 0.0 for b in inputs.house.batteries)
    return (own - grid - battery) / (VOLT * charger.phase_count)


def _count(charger: ChargerControl, memory: ChargerMemory, surplus_a: float | None, dt: float) -> ChargerMemory:
    enough = surplus_a is not None and surplus_a >= charger.min_a
    return ChargerMemory(
        memory.limit_a, memory.enough_s + dt if enough else 0.0, 0.0 if enough else memory.short_s + dt
    )


def _decide(mode: str, charger: ChargerControl, memory: ChargerMemory, surplus_a: float | None) -> tuple[float, Reason]:
    if mode == "off":
        return 0.0, Reason("charge_off")
    if mode == "fast":
        return charger.max_a, Reason("charge_fast", {"limit_a": charger.max_a})
    floor = charger.min_a if mode == "min_solar" else 0.0
    if surplus_a is None:
        return floor, Reason("stale_input", {"limit_a": floor})
    numbers = {"surplus_a": round(surplus_a, 1), "min_a": charger.min_a}
    if mode == "min_solar":
        return _whole(max(floor, surplus_a), charger), Reason("charge_min_solar", numbers)
    return _solar(charger, memory, surplus_a, numbers)


def _solar(
    charger: ChargerControl, memory: ChargerMemory, surplus_a: float, numbers: dict[str, float]
) -> tuple[float, Reason]:
    """Starts after `start_delay_s` of enough sun, stops after `stop_delay_s` of too little: clouds make no flapping."""
    charging = memory.limit_a > 0
    if charging and memory.short_s <= charger.stop_delay_s:
        return _whole(max(charger.min_a, surplus_a), charger), Reason("charge_solar", numbers)
    if not charging and memory.enough_s >= charger.start_delay_s and surplus_a >= charger.min_a:
        return _whole(surplus_a, charger), Reason("charge_solar", numbers)
    if surplus_a >= charger.min_a:
        return 0.0, Reason("wait_hysteresis", {**numbers, "wait_s": charger.start_delay_s - memory.enough_s})
    return 0.0, Reason("no_surplus", numbers)


def _whole(amps: float, charger: ChargerControl) -> float:
    """Whole amps inside what the installation allows; `amps` is not below its minimum."""
    return max(charger.min_a, min(float(int(amps)), charger.max_a))
