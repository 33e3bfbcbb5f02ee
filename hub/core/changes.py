"""What would alter a decision, by its reason and its limits: codes with numbers. The words are the page's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from hub.core.types import is_number
from hub.model import Reason, Request, Source, Value
from hub.schedules import FOREVER

ChangeCode = Literal[
    "take_back", "take_limit_back", "target_back", "ask_yourself", "ask_minimum", "limit_it", "person_blocks",
    "choose_mode", "fast_mode", "min_solar_mode", "auto_mode",
    "change_rule", "change_schedule", "change_site", "operator_ends", "safe_again", "its_turn",
    "plan_changes", "plan_comes", "begins_by_itself", "dearer_grid",
    "more_sun", "sun_leaves_more", "sun_leaves", "sun_lasts", "sun_differs", "sun_ends",
    "house_use", "export_limit_ends", "car_done", "feed_cars", "smaller_reserve", "soc_above", "soc_below",
    "less_on_fuse", "less_import", "less_export", "even_phases", "other_installation", "other_device",
    "wait", "ramp_goes_on", "budget_grows", "phases_switched", "reading_back", "device_answers",
]  # fmt: skip

NUMBERS: Mapping[ChangeCode, tuple[str, ...]] = {
    "take_back": ("ends",),
    "take_limit_back": ("ends",),
    "change_schedule": ("ends",),
    "operator_ends": ("ends",),
    "ask_minimum": ("min_a",),
    "its_turn": ("source",),
    "sun_leaves_more": ("more_a",),
    "sun_leaves": ("needed_w",),
    "sun_lasts": ("wait_s",),
    "soc_above": ("floor",),
    "soc_below": ("ceiling",),
    "less_on_fuse": ("circuit", "phase", "less_a", "asked_a"),
    "less_import": ("less_w",),
    "less_export": ("less_w",),
    "wait": ("wait_s",),
    "reading_back": ("point",),
}
"""What each change tells, where it is known: those of the reason (`wait_s` s, `needed_w` W, `floor` and `ceiling` %),
`ends` (UTC ms) of the wish, and how much less elsewhere (`less_a`, `less_w`) or more (`more_a`) makes it as asked."""

_STORED: tuple[ChangeCode, ...] = ("plan_changes", "auto_mode")

CHANGES: Mapping[str, tuple[ChangeCode, ...]] = {
    "person_asked": ("take_back",),
    "rule_asked": ("change_rule", "ask_yourself"),
    "plan_asked": ("ask_yourself",),
    "grid_operator_asked": ("operator_ends",),
    "site_asked": ("change_site",),
    "safety_asked": ("safe_again",),
    "default_asked": ("ask_yourself",),
    "person_limit": ("take_limit_back",),
    "rule_limit": ("change_rule",),
    "plan_limit": ("ask_yourself",),
    "grid_operator_limit": ("operator_ends",),
    "site_limit": ("change_site",),
    "safety_limit": ("safe_again",),
    "default_limit": ("ask_yourself",),
    "schedule_asked": ("change_schedule", "ask_yourself"),
    "schedule_limit": ("change_schedule",),
    "overruled": ("its_turn",),
    "as_it_was": ("ask_yourself",),
    "no_answer": ("device_answers",),
    "device_refused": ("device_answers",),
    "device_ignored": ("device_answers",),
    # cars
    "charge_off": ("choose_mode", "ask_yourself"),
    "charge_fast": ("choose_mode", "ask_yourself"),
    "charge_solar": ("more_sun", "fast_mode"),
    "charge_min_solar": ("more_sun", "choose_mode"),
    "no_surplus": ("sun_leaves_more", "min_solar_mode", "fast_mode"),
    "wait_hysteresis": ("sun_lasts", "fast_mode"),
    "target_cheap": ("target_back",),
    "target_now": ("target_back",),
    "target_waits": ("begins_by_itself", "fast_mode"),
    "phases_kept": ("sun_differs",),
    "phases_by_sun": ("sun_differs",),
    "phases_by_room": ("less_import",),
    "phase_switch": ("phases_switched",),
    "phase_switch_rate": ("wait",),
    "pause_time": ("wait", "ask_yourself"),
    # batteries and inverters
    "battery_hold": ("choose_mode",),
    "battery_charge": ("choose_mode",),
    "battery_discharge": ("choose_mode",),
    "self_consumption": ("house_use", "choose_mode"),
    "hidden_sun": ("export_limit_ends",),
    "spares_battery": ("car_done", "feed_cars"),
    "soc_floor": ("soc_above",),
    "outage_reserve": ("soc_above", "smaller_reserve"),
    "soc_ceiling": ("soc_below",),
    "makes_all": ("limit_it",),
    # heat pumps and switches
    "pump_normal": ("choose_mode", "ask_yourself"),
    "pump_boost": ("choose_mode",),
    "guaranteed_power": ("person_blocks",),
    "sun_enough": ("sun_ends",),
    "sun_lasts": ("sun_ends",),
    "sun_gone": ("sun_leaves",),
    "sun_short": ("sun_leaves", "choose_mode"),
    "sun_waits": ("sun_lasts",),
    # the plan
    "plan_store": _STORED,
    "plan_lets_go": _STORED,
    "plan_covers": _STORED,
    "plan_holds": (*_STORED, "dearer_grid"),
    "plan_shaves": _STORED,
    "plan_charges": _STORED,
    "plan_sells": _STORED,
    "plan_car": ("plan_changes", "choose_mode", "ask_yourself"),
    "plan_car_shaves": ("less_import", "choose_mode", "ask_yourself"),
    "plan_car_waits": ("begins_by_itself", "fast_mode"),
    "plan_phases": ("plan_changes",),
    "plan_boost": ("plan_changes", "choose_mode"),
    "plan_normal": ("plan_changes", "choose_mode"),
    "plan_rests": ("plan_changes", "choose_mode"),
    "plan_switch": ("plan_changes", "ask_yourself"),
    "plan_gone": ("plan_comes", "ask_yourself"),
    "no_plan": ("plan_comes",),
    # limits
    "fuse_limit": ("less_on_fuse",),
    "not_shown_yet": ("wait",),
    "import_limit": ("less_import",),
    "export_limit": ("less_export",),
    "unbalanced": ("even_phases",),
    "below_minimum": ("ask_minimum",),
    "rated_current": ("other_installation",),
    "rated_power": ("other_installation",),
    "device_range": ("other_device",),
    "stale_input": ("reading_back",),
    "ramp": ("ramp_goes_on",),
    "least_time": ("wait", "ask_yourself"),
    "write_budget": ("budget_grows",),
}
"""By every code that a decision can have as its reason or as a limit, and by a device's answers. Schedules have the
source of rules; what is to be changed is the schedule."""

_CAPS = ("import_limit", "export_limit")
_ENDS_A_CAP: Mapping[str, ChangeCode] = {
    Source.SAFETY: "safe_again",
    Source.GRID_OPERATOR: "operator_ends",
    Source.PERSON: "take_limit_back",
    Source.RULE: "change_rule",
    Source.PLAN: "plan_changes",
}
_UNITS = {"current_limit": "a", "power_setpoint": "w", "power_limit": "w"}


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that would alter a decision by itself."""

    code: ChangeCode
    numbers: Mapping[str, Value]


def changes(
    point: str,
    reason: Reason,
    limits: Iterable[Reason] = (),
    wish: Request | None = None,
    asked: Value | None = None,
    cause: str = "",
) -> tuple[Change, ...]:
    """What would alter it that `point` is decided so, each by itself, once; that of the reason first.

    `wish`: the lease behind the decision, which may be one for the device's mode. `asked`: what a wish for the point
    does not get, in the point's own unit; without such a number what counts is what the mode is out for.
    `cause`: of the wish, where that is over.
    """
    asked = asked if is_number(asked) else reason.numbers.get("limit_a")
    cause = wish.cause if wish else cause
    ends: dict[str, Value] = {"ends": wish.ends} if wish and _lasts(wish) else {}
    held = f"{wish.source.value}_asked" if wish and wish.point != point and wish.point.endswith(".mode") else ""
    found = _of(_told(held, cause), ends)
    found += _of(_told(reason.code, cause), {**_numbers(point, reason, asked), **ends})
    for limit in limits:
        found += _of(limit.code, _numbers(point, limit, asked))
    return tuple(c for i, c in enumerate(found) if c not in found[:i])


def _lasts(wish: Request) -> bool:
    """Whether its end says anything: a rule renews its wish each second, and what a schedule asks may have none."""
    return not wish.cause.startswith("rule:") and wish.ends < FOREVER


def _told(code: str, cause: str) -> str:
    by_schedule = cause.startswith("schedule:") and code in ("rule_asked", "rule_limit")
    return code.replace("rule", "schedule") if by_schedule else code


def _of(reason: str, numbers: Mapping[str, Value]) -> list[Change]:
    codes = [*CHANGES.get(reason, ()), *CHANGES.get(str(numbers.get("instead")), ())]
    if reason in _CAPS:
        codes.append(_ENDS_A_CAP.get(str(numbers.get("source")), "change_site"))
    return [Change(c, {n: numbers[n] for n in NUMBERS.get(c, ()) if n in numbers}) for c in codes]


def _numbers(point: str, reason: Reason, asked: Value | None) -> dict[str, Value]:
    """The reason's own, and how much is missing."""
    numbers = dict(reason.numbers)
    unit = _UNITS.get(point.rpartition(".")[2], "")
    free, sun, least = numbers.get(f"free_{unit}"), numbers.get("surplus_a"), numbers.get("min_a")
    if is_number(asked) and is_number(free) and abs(asked) > free:
        numbers |= {f"less_{unit}": round(abs(asked) - free, 1), f"asked_{unit}": abs(asked)}
    leaves, needs = numbers.get("free_w"), numbers.get("least_w")
    if is_number(leaves) and is_number(needs):
        numbers["less_w"] = needs - leaves
    if is_number(sun) and is_number(least) and sun < least:
        numbers["more_a"] = round(least - sun, 1)
    return numbers
