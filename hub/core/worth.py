"""How a battery carries out a plan: it follows the house, and the value of a stored kWh judges what comes otherwise.

It sends no planned powers. There are self-consumption and four other ways to answer what the meter shows (`_answer`);
the plan's task chooses one, unless what a kWh costs or earns at this moment says that self-consumption is better. Where
the highest power is charged for, none lets more be imported than raises it not.
Measured against others in field/optimiser.md, section 5, "Hybrid executor".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from hub.core import planned
from hub.core.battery import Balance, balance, damped, probed, unknown
from hub.core.types import Course, Inputs, Wish, is_number
from hub.model import Reason, Source, Value
from hub.model.plan import Slot, Stored, Task
from hub.model.site import BatteryControl, Price

MARGIN, BAND = 1_000, 300
"""1e-5 currency units per kWh. Up to MARGIN below the price of feeding in, what is left over is stored all the same: it
is there when less sun comes than foretold. What is missing is covered against the plan's task from MARGIN above the
value on. BAND: what either has to fall back before it is undone."""
_LEAST_EFFICIENCY = 0.05
_END_AT_ONCE = (Task.CHARGE.value, Task.SELL.value)
"""What moves energy over the meter by itself ends with the plan that wanted it; only its beginning waits."""


@dataclass(frozen=True, slots=True)
class _Judge:
    """What a kWh is judged by, 1e-5 currency units. `charge`, `discharge`: the share of it that gets through."""

    value: float
    wear: float
    charge: float
    discharge: float
    price: Price

    def course(self, inputs: Inputs, task: Task, was: Course | None) -> Course:
        bought, sold = self.price.price, self.price.export
        before = was if was and (was.bought, was.sold) == (bought, sold) else None
        stores = self._stores(before is not None and before.stores) or inputs.hidden_w > 0
        covers = self._covers(before is not None and before.covers)
        return Course(_way(task, stores, covers).value, 0.0, bought, sold, stores, covers)

    def _stores(self, so_far: bool) -> bool:
        """Whether what is left over is worth more in the battery than fed in."""
        sold = self.price.export
        return sold is None or self.charge * self.value >= sold - MARGIN - (BAND if so_far else 0)

    def _covers(self, so_far: bool) -> bool:
        """Whether what is missing costs clearly more than what is stored is worth."""
        worth = self.value / self.discharge + MARGIN - (BAND if so_far else 0)
        return self.price.price - self.wear > worth


def _way(task: Task, stores: bool, covers: bool) -> Task:
    """The task, unless the prices say that following the house is better."""
    better = covers if task in (Task.HOLD, Task.CHARGE) else stores
    return Task.FOLLOW if better else task


def battery_wish(
    inputs: Inputs,
    battery: BatteryControl,
    course: Course | None,
    cars: tuple[str, ...],
    newly_w: float,
    was: float | None,
    dt: float,
    export_w: float | None,
) -> tuple[Wish, Course] | None:
    """The set-point that the plan makes of the moment (W, + = discharge), and what to remember; None = no plan decides.

    `course`: what was remembered; `export_w`: what may be fed in, None = all; the others as in `battery.battery_wish`.
    """
    stored = planned.given(inputs, battery.device, battery.mode, lambda s: s.batteries)
    judge = _judge(inputs, battery, stored) if stored else None
    if stored is None or judge is None:
        return None
    new = judge.course(inputs, _allowed(stored.task, battery), course)
    course = planned.kept(course, new, dt, _END_AT_ONCE)
    even, point = balance(inputs, battery, cars, newly_w), f"{battery.device}.power_setpoint"
    if even.missing:
        return Wish(point, 0.0, Source.PLAN, unknown(even)), course
    way = Task.EXPORT if even.cars_w and course.way == Task.SELL else Task(course.way)
    free, import_w = _answer(way, even, stored.power_w, export_w), planned.import_w(inputs)
    target = free if import_w is None else max(free, min(even.even_w - import_w, max(even.fed_w, 0.0)))
    tried = probed(inputs, even, target)
    if tried:
        return Wish(point, damped(tried[0], was), Source.PLAN, tried[1]), course
    until = planned.until(inputs, course, new, lambda s: _task(s, battery.device) == stored.task)
    reason = _reason(way, even, stored, judge.price, until)
    if import_w is not None and target > free:
        numbers = {"value": stored.value, "until": until, **even.numbers, "import_w": import_w}
        reason = Reason("plan_shaves", numbers)
    return Wish(point, damped(float(round(target)), was), Source.PLAN, reason), course


def moved(course: Course, even: Balance, watts: float) -> Course:
    """The course with what the battery sells (+) or buys, now that it gives `watts`."""
    if course.way not in _END_AT_ONCE or even.missing:
        return replace(course, level=0.0)
    x = even.fed_w
    return replace(course, level=max(watts - max(x, 0.0), 0.0) if watts > 0 else min(watts - min(x, 0.0), 0.0))


def moved_by_others(
    inputs: Inputs, battery: BatteryControl, courses: Mapping[str, Course], decided: tuple[str, ...]
) -> float:
    """What other batteries sell (+) or buy by the plan: nothing that this one has to even out. W.

    Of those that are not `decided` yet only what they show already, as far as it is their order.
    """
    total = 0.0
    for other in inputs.house.batteries:
        course = courses.get(other.device)
        if other.device == battery.device or course is None or not course.level:
            continue
        if other.device in decided:
            total += course.level
            continue
        shown = inputs.number(f"{other.device}.power") or 0.0
        total += max(min(course.level, shown), 0.0) if course.level > 0 else min(max(course.level, shown), 0.0)
    return total


def _judge(inputs: Inputs, battery: BatteryControl, stored: Stored) -> _Judge | None:
    """None when a price or a number of the plan is not known or makes no sense: then nothing can be judged."""
    plan, price = inputs.plan, planned.price_now(inputs)
    if plan is None or price is None:
        return None
    each = (1.0 + battery.efficiency) / 2
    charge, discharge = plan.efficiency.get(battery.device, (each, each))
    wear = plan.wear.get(battery.device, battery.wear)
    sound = all(map(is_number, (stored.power_w, stored.value, wear, charge, discharge)))
    if not sound or not (_LEAST_EFFICIENCY <= charge <= 1.0 and _LEAST_EFFICIENCY <= discharge <= 1.0):
        return None
    return _Judge(float(stored.value), float(wear), float(charge), float(discharge), price)


def _allowed(task: Task, battery: BatteryControl) -> Task:
    """The task, or what comes nearest to it without the grid where that is not allowed."""
    if task is Task.CHARGE and not battery.grid_charge:
        return Task.HOLD
    return Task.EXPORT if task is Task.SELL and not battery.grid_discharge else task


def _answer(way: Task, even: Balance, power_w: float, export_w: float | None) -> float:
    """What the battery gives (+) or takes, W. No way jumps where what is left over becomes what is missing."""
    x = even.fed_w
    match way:
        case Task.HOLD:
            return min(x, 0.0)
        case Task.CHARGE:
            return min(x, power_w, 0.0)
        case Task.SELL:
            return max(x, power_w, 0.0)
        case Task.EXPORT:
            return max(x, 0.0) if export_w is None or x >= -export_w else x + export_w
        case _:
            return x


def _reason(way: Task, even: Balance, stored: Stored, price: Price, until: int) -> Reason:
    numbers: dict[str, Value] = {"value": stored.value, "until": until, **even.numbers}
    earns: dict[str, Value] = {} if price.export is None else {"price": price.export}
    costs: dict[str, Value] = {"price": price.price}
    left = even.fed_w < 0
    if way is Task.CHARGE and even.fed_w >= min(stored.power_w, 0.0):
        return Reason("plan_charges", {**numbers, **costs, "power_w": max(0.0, -stored.power_w)})
    if way is Task.SELL and even.fed_w <= stored.power_w:
        return Reason("plan_sells", {**numbers, **earns, "power_w": stored.power_w})
    if way in (Task.EXPORT, Task.SELL) and left:
        return Reason("plan_lets_go", {**numbers, **earns})
    if left:
        return Reason("plan_store", {**numbers, **earns})
    spared: dict[str, Value] = {} if not even.cars_w else {"car_w": even.cars_w}
    if way is Task.HOLD:
        return Reason("plan_holds", {**numbers, **costs})
    return Reason("plan_covers", {**numbers, **costs, **spared})


def _task(slot: Slot, device: str) -> Task | None:
    stored = slot.batteries.get(device)
    return stored.task if stored else None
