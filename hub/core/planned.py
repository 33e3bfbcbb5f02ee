"""How a plan is carried out: which devices it decides for now, and how its answers are kept from flapping.

Cars, heat pumps and switches are here, batteries in `worth`. Where no plan decides, because none is in force or it does
not name the device, the caller's own mode does, and `without` says so.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeAlias, TypeVar

from hub.core.types import VOLT, Course, Inputs, Wish, is_number
from hub.model import Reason, Source, Value
from hub.model.plan import Slot
from hub.model.site import ChargerControl, HeatPumpControl, Price, SwitchControl

PLAN = "plan"
"""The mode in which a plan decides."""
HOLD_S = 300.0
"""So long a way is kept while the prices are the same, whatever the next plan says; with another price it is free."""
ON, OFF = "on", "off"
_SPARE_A = 0.5
_ROUND_A = 0.75
"""A planned current has to be so far from the one that is, or it stays: halves make no flapping between two amperes."""

T = TypeVar("T")


# -- whether a plan decides --------------------------------------------------------------------------------------------


def asked(inputs: Inputs, device: str, mode: str) -> bool:
    """Whether people leave the device to the plan; `mode`: the site document's."""
    return inputs.mode(device, mode) == PLAN


def without(inputs: Inputs, wish: Wish) -> Wish:
    """What a device does that is left to a plan, when there is none for it."""
    slot = _slot(inputs)
    lacks = "price" if slot and wish.point.partition(".")[0] in slot.batteries else "plan"
    return replace(wish, reason=Reason("no_plan", {**wish.reason.numbers, "instead": wish.reason.code, "lacks": lacks}))


def code(reason: Reason) -> str:
    """Its code, or that of what is done instead of a plan."""
    return str(reason.numbers["instead"]) if reason.code == "no_plan" else reason.code


def is_plans(reason: Reason) -> bool:
    """Whether a plan decided so, whoever asked for the plan."""
    return reason.code.startswith("plan_") and reason.code not in ("plan_asked", "plan_limit")


def _slot(inputs: Inputs) -> Slot | None:
    return inputs.plan.at(inputs.t) if inputs.plan else None


def given(inputs: Inputs, device: str, mode: str, of: Callable[[Slot], Mapping[str, T]]) -> T | None:
    """What the plan in force says of the device."""
    slot = _slot(inputs) if asked(inputs, device, mode) else None
    return of(slot).get(device) if slot else None


def import_w(inputs: Inputs) -> float | None:
    """What may be imported before the power that is charged for rises, W; None = it is not, or no plan knows."""
    slot = _slot(inputs)
    return float(slot.import_w) if slot and is_number(slot.import_w) else None


def price_now(inputs: Inputs) -> Price | None:
    """Of this moment."""
    found = next((p for p in inputs.prices if p.start <= inputs.t < p.end), None)
    if found is None or not is_number(found.price):
        return None
    return found if is_number(found.export) else replace(found, export=None)


def until(inputs: Inputs, course: Course, new: Course, same: Callable[[Slot], bool]) -> int:
    """When the slots come to an end that are the same as this one, or the `course` that is kept against a `new` one."""
    return _end(inputs, same) if course.way == new.way else inputs.t + int((HOLD_S - course.for_s) * 1000)


def _end(inputs: Inputs, same: Callable[[Slot], bool]) -> int:
    slots, end = inputs.plan.slots if inputs.plan else (), inputs.t
    for n in range(max(0, bisect_right(slots, inputs.t, key=lambda s: s.start) - 1), len(slots)):
        if not same(slots[n]):
            break
        end = slots[n].end
    return end


# -- keeping to a way --------------------------------------------------------------------------------------------------


def kept(was: Course | None, new: Course, dt: float, end_at_once: tuple[str, ...] = ()) -> Course:
    """`new`, or still the old way when that has only just begun and the prices have not changed since."""
    if was is None:
        return replace(new, for_s=HOLD_S)
    if new.way == was.way:
        return replace(new, for_s=was.for_s + dt)
    if (was.bought, was.sold) == (new.bought, new.sold) and was.for_s + dt < HOLD_S and was.way not in end_at_once:
        return replace(new, way=was.way, for_s=was.for_s + dt, level=was.level)
    return new


# -- cars --------------------------------------------------------------------------------------------------------------


def car_w(inputs: Inputs, charger: ChargerControl) -> float | None:
    """What the plan gives the car now, W; None = no plan decides."""
    watts = given(inputs, charger.device, charger.mode, lambda s: s.cars)
    return float(watts) if is_number(watts) and watts >= 0 else None


def car_wish(
    inputs: Inputs, charger: ChargerControl, was: Course | None, dt: float, now_a: float, left_w: float | None
) -> tuple[Wish, Course] | None:
    """The current limit (A per phase) of the planned power, and what to remember; None = no plan decides.

    `now_a`: what it is now; `left_w`: what the sun leaves for the car, below zero = what the house imports beside it.
    """
    watts = car_w(inputs, charger)
    if watts is None:
        return None
    price = price_now(inputs)
    bought, sold = (price.price, price.export) if price else (None, None)
    new = Course(ON if watts > 0 else OFF, bought=bought, sold=sold, level=_amps(watts, charger, was))
    course = kept(was, new, dt)
    if course.way == ON and not watts:
        course = replace(course, level=charger.min_a)
    point, numbers = f"{charger.device}.current_limit", dict[str, Value]()
    if price:
        numbers["price"] = price.price
    numbers["until"] = until(inputs, course, new, lambda s: (s.cars.get(charger.device, 0.0) > 0) == (watts > 0))
    if course.way == OFF:
        return Wish(point, 0.0, Source.PLAN, Reason("plan_car_waits", numbers)), course
    numbers["power_w"] = watts
    most_w = import_w(inputs)
    if most_w is not None and left_w is not None:
        level = max(_room_a(most_w + left_w, charger, now_a), charger.min_a)
        if level < course.level:
            return Wish(point, level, Source.PLAN, Reason("plan_car_shaves", {**numbers, "import_w": most_w})), course
    return Wish(point, course.level, Source.PLAN, Reason("plan_car", numbers)), course


def _room_a(watts: float, charger: ChargerControl, now_a: float) -> float:
    """Whole amperes of what is left for the car; one more than it has only with some to spare."""
    amps = watts / (VOLT * charger.phase_count)
    return float(int(max(amps, 0.0))) if amps < now_a else max(now_a, float(int(amps - _SPARE_A)))


def _amps(watts: float, charger: ChargerControl, was: Course | None) -> float:
    """Whole amperes inside what the installation allows; 0 for no power."""
    if not watts:
        return 0.0
    amps = watts / (VOLT * charger.phase_count)
    near = was is not None and was.way == ON and abs(amps - was.level) < _ROUND_A
    level = was.level if was is not None and near else float(int(min(amps, charger.max_a) + 0.5))
    return max(charger.min_a, min(level, charger.max_a))


# -- heat pumps and switches -------------------------------------------------------------------------------------------


Warm: TypeAlias = tuple[float | None, float, float]
"""What a heat pump warms: as it is read, and what it is to have at least and at most, degC."""


def heat(inputs: Inputs, pump: HeatPumpControl) -> Reason | None:
    """Whether the plan has the heat pump take more (`plan_boost`), run as it likes (`plan_normal`) or rest
    (`plan_rests`); None = no plan decides.
    """
    boost = given(inputs, pump.device, pump.mode, lambda s: s.boosts)
    if not isinstance(boost, bool):
        return None
    read = _read(inputs, pump)
    warm = {name: told for name, (told, _, _) in read.items() if told is not None}
    boost = boost and all(told is not None and told < high for told, _, high in read.values())
    rests = given(inputs, pump.device, pump.mode, lambda s: s.rests) is True
    if not boost and rests and _may_rest(pump, read):
        return Reason("plan_rests", {**_switched(inputs, lambda s: s.rests.get(pump.device) is True), **warm})
    numbers = {**_switched(inputs, lambda s: s.boosts.get(pump.device) is boost), **warm}
    return Reason("plan_boost", numbers) if boost else Reason("plan_normal", numbers)


def _may_rest(pump: HeatPumpControl, read: Mapping[str, Warm]) -> bool:
    """Where its owner lets it be blocked, and as long as house and tank are read to be warm enough: of one that nobody
    has told of, nobody knows whether it is.
    """
    known = pump.house is not None and pump.tank is not None
    return not pump.guaranteed_w and known and all(told is not None and told >= low for told, low, _ in read.values())


def _read(inputs: Inputs, pump: HeatPumpControl) -> dict[str, Warm]:
    stores = (("room_c", pump.house), ("tank_c", pump.tank))
    return {name: (inputs.number(store.temperature), store.low, store.high) for name, store in stores if store}


def switch_wish(
    inputs: Inputs, switch: SwitchControl, was: Course | None, shown: bool | None, dt: float
) -> tuple[Wish, Course] | None:
    """On or off by the plan, and what to remember; None = no plan decides.

    What a plan has switched on (`was`) is switched off when the plan is gone for HOLD_S, unless it is `shown` off.
    """
    point, on = f"{switch.device}.on", given(inputs, switch.device, switch.mode, lambda s: s.switches)
    if isinstance(on, bool):
        numbers = _switched(inputs, lambda s: s.switches.get(switch.device) is on)
        return Wish(point, on, Source.PLAN, Reason("plan_switch", numbers)), Course(ON if on else OFF)
    if was is None or was.way != ON or shown is False or not asked(inputs, switch.device, switch.mode):
        return None
    if shown is None and was.for_s >= 2 * HOLD_S:
        return None
    over = was.for_s >= HOLD_S
    reason = Reason("plan_gone", {"wait_s": max(0.0, float(int(HOLD_S - was.for_s)))})
    return Wish(point, not over, Source.PLAN, reason), replace(was, for_s=was.for_s + dt)


def _switched(inputs: Inputs, same: Callable[[Slot], bool]) -> dict[str, Value]:
    price = price_now(inputs)
    return {**({"price": price.price} if price else {}), "until": _end(inputs, same)}
