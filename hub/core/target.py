"""So much energy into a car by a time, or a car so full: in the cheapest hours left, at once when no others would do.

What the sun gives meanwhile counts, so that less has to be bought; of equal hours the later one is taken. Without
prices it waits for the sun while it can. A plan has its own hours for it: then only `at once` is left.
"""

from __future__ import annotations

from dataclasses import replace

from hub.core.connection import Cap
from hub.core.types import VOLT, ChargerMemory, Inputs, Target, Wish
from hub.model import Reason, Request, Source
from hub.model.site import ChargerControl

MARGIN = 1.1
"""A car takes less than it may towards its end."""
_SPARE_S = 300.0
_AGAIN = 2.0
"""% that a car which has been full enough may lose before more is charged."""


def most_w(charger: ChargerControl, memory: ChargerMemory | None, cap: Cap | None) -> float:
    """W that the car can be expected to draw: on the phases that it has drawn on, and within the import limit."""
    phases = min(memory.draws_on if memory and memory.draws_on else charger.phase_count, charger.phase_count)
    watts = charger.max_a * VOLT * phases
    return watts if cap is None else min(watts, max(cap.watts, charger.min_a * VOLT))


def target_wish(
    inputs: Inputs, charger: ChargerControl, request: Request, memory: Target | None, watts: float
) -> tuple[Wish | None, Target, float]:
    """(what the target wants now, or None if it can wait or is reached; what to remember; Wh that are left).

    `watts`: what the car can be expected to draw.
    """
    if memory is None or memory.request != request.id:
        memory = Target(request.id)
    by_soc = request.point.endswith(".target_soc")
    memory, left_wh = (_percent if by_soc else _energy)(inputs, charger, float(request.value), memory)
    if not left_wh:
        return None, memory, 0.0
    needed_s = left_wh * 3600 / watts * MARGIN
    reason = _now(inputs, request, needed_s, left_wh)
    if reason is None:
        return None, memory, left_wh
    return Wish(f"{charger.device}.current_limit", charger.max_a, Source.DEFAULT, reason), memory, left_wh


def _energy(inputs: Inputs, charger: ChargerControl, wanted_wh: float, memory: Target) -> tuple[Target, float]:
    counted = inputs.number(f"{charger.device}.energy")
    begun = memory.begun_wh if memory.begun_wh is not None else counted
    charged = 0.0 if counted is None or begun is None else max(0.0, counted - begun)
    return replace(memory, begun_wh=begun), max(0.0, wanted_wh - charged)


def _percent(inputs: Inputs, charger: ChargerControl, wanted: float, memory: Target) -> tuple[Target, float]:
    """A car that falls silent is as full as it said last; one that never told may be empty: it begins early enough."""
    soc = inputs.number(f"{charger.device}.soc")
    if soc is None and inputs.values.get(f"{charger.device}.connected") is not False:
        soc = memory.soc
    enough = soc is not None and soc >= wanted - (_AGAIN if memory.full else 0.0)
    return replace(memory, soc=soc, full=enough), 0.0 if enough else charger.lacks_wh(wanted, soc)


def _now(inputs: Inputs, request: Request, needed_s: float, left_wh: float) -> Reason | None:
    """Why it has to charge now, if it has to."""
    left_s = (request.ends - inputs.t) / 1000
    numbers = {"left_wh": float(round(left_wh)), "by": request.ends}
    if needed_s + _SPARE_S >= left_s:
        return Reason("target_now", numbers)
    bought = 0.0
    hours = [p for p in inputs.prices if p.start < request.ends and p.end > inputs.t]
    for hour in sorted(hours, key=lambda p: (p.price, -p.start)):
        if bought >= needed_s:
            return None
        if hour.start <= inputs.t:
            return Reason("target_cheap", {**numbers, "price": hour.price})
        bought += (min(hour.end, request.ends) - max(hour.start, inputs.t)) / 1000
    return None
