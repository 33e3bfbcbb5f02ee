"""What holds in every plan of many random problems: physics, limits, what was given up, and that freedom costs nothing.

`SHEMS_FUZZ=10000` tries so many.
"""

from __future__ import annotations

import copy
import os
from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from hub.plan import Planned, at_once, plan, read_problem
from hub.plan.solve import Effort
from tests.plan.physics import broken
from tests.plan.random_problems import Table, random_problem

_COUNT = int(os.environ.get("SHEMS_FUZZ", "300"))
_CHUNK = 50
_DIVE = Effort(nodes=0, tries=0)
_GAP = 2e-4
_chunks = pytest.mark.parametrize("first", range(0, _COUNT, _CHUNK))


def _seeds(first: int) -> range:
    return range(first, min(first + _CHUNK, _COUNT))


@_chunks
def test_every_plan_obeys_physics_and_tells_what_it_gives_up(first: int) -> None:
    for seed in _seeds(first):
        problem = read_problem(random_problem(seed))
        wrong = broken(problem, plan(problem))
        assert not wrong, f"seed {seed}: {wrong}"


@_chunks
def test_what_there_is_without_a_search_obeys_them_too(first: int) -> None:
    for seed in _seeds(first):
        problem = read_problem(random_problem(seed))
        wrong = broken(problem, plan(problem, _DIVE))
        assert not wrong, f"seed {seed}: {wrong}"


@_chunks
def test_what_there_is_at_once_obeys_them_too_and_is_not_better_than_what_is_sought(first: int) -> None:
    for seed in _seeds(first):
        problem = read_problem(random_problem(seed))
        found, sought = at_once(problem), plan(problem, _DIVE)
        wrong = broken(problem, found)
        assert not wrong, f"seed {seed}: {wrong}"
        room = 1e-3 + _GAP * abs(found.costs.total)
        assert found.costs.total >= sought.bound - room and found.bound <= sought.costs.total + room, f"seed {seed}"


@_chunks
def test_more_freedom_never_costs_more(first: int) -> None:
    for seed in _seeds(first):
        told = _valued(random_problem(seed))
        free = _freed(told, Random(seed))
        if free is None:
            continue
        name, easier = free
        before, after = (plan(read_problem(t)) for t in (told, easier))
        wrong = _dearer(before, after)
        assert not wrong, f"seed {seed}, {name}: {wrong}"


def _dearer(before: Planned, after: Planned) -> str:
    """The bound of the easier problem is below any plan of the harder one, and its own plan is near that bound."""
    least, room = before.costs.total, 1e-3 + _GAP * abs(before.costs.total)
    if after.bound > least + room:
        return f"no plan is cheaper than {after.bound}, and yet one of {least} was found with less freedom"
    if after.proven and after.costs.total > least + room + _GAP * abs(after.costs.total):
        return f"{after.costs.total} instead of {least}"
    return ""


def _valued(told: Table) -> Table:
    """What is left in batteries has a price of its own: else another battery changes what a kWh is worth at the end."""
    for battery in told.get("batteries", []):
        if "end_soc" not in battery:
            battery.setdefault("end_value", 0.2)
    return told


# -- degrees of freedom ------------------------------------------------------------------------------------------------


def _freed(told: Table, random: Random) -> tuple[str, Table] | None:
    """The same problem with one thing more that may be done."""
    names = [*_FREEDOMS]
    random.shuffle(names)
    for name in names:
        easier = copy.deepcopy(told)
        if _FREEDOMS[name](easier):
            return name, easier
    return None


def _one(kind: str, change: Callable[[Table], object]) -> Callable[[Table], bool]:
    """`change` for the first device of a kind that it fits."""

    def free(told: Table) -> bool:
        return any(change(device) for device in told.get(kind, []))

    return free


def _dropped(key: str) -> Callable[[Table], bool]:
    def free(told: Table) -> bool:
        connection: dict[str, Any] = told.get("connection", {})
        return connection.pop(key, None) is not None

    return free


def _greater(*keys: str) -> Callable[[Table], object]:
    def change(device: Table) -> bool:
        for key in keys:
            device[key] = device.get(key, 0) + 2000
        return True

    return change


def _without(key: str) -> Callable[[Table], object]:
    return lambda device: device.pop(key, None) is not None


def _allowed(key: str) -> Callable[[Table], object]:
    def change(device: Table) -> bool:
        refused = device.get(key) is False
        device[key] = True
        return refused

    return change


def _another_battery(told: Table) -> bool:
    new = {"id": "more", "capacity_wh": 5000, "soc": 5, "max_charge_w": 3000, "max_discharge_w": 3000, "end_value": 0.1}
    signals = told.get("connection", {}).get("dimming", [])
    told["batteries"] = [*told.get("batteries", []), new]
    return all(signal["devices"] for signal in signals)


def _all_may_feed(told: Table) -> bool:
    """All at once: a store that may not must not fill one that may."""
    refused = [battery for battery in told.get("batteries", []) if not battery["grid_discharge"]]
    for battery in refused:
        battery["grid_discharge"] = True
    return bool(refused)


def _curtailed(told: Table) -> bool:
    refused = told.get("curtail") is False
    told["curtail"] = True
    return refused


def _later(device: Table) -> bool:
    return device.get("kind") != "steps" and device.pop("latest", None) is not None


def _on_one_phase_too(device: Table) -> bool:
    if device["phases"] != [3] or device.get("max_discharge_w"):
        return False
    device["phases"] = [3, 1]
    return True


_FREEDOMS: dict[str, Callable[[Table], bool]] = {
    "a battery of more power": _one("batteries", _greater("max_charge_w", "max_discharge_w")),
    "a battery that may charge from the grid": _one("batteries", _allowed("grid_charge")),
    "batteries that may feed in": _all_may_feed,
    "a battery without a curve": _one("batteries", _without("charge_curve")),
    "a battery without a reserve": _one("batteries", _without("reserve")),
    "another battery": _another_battery,
    "panels that may be held back": _curtailed,
    "no import limit": _dropped("import_limit_w"),
    "no export limit": _dropped("export_limit_w"),
    "no fuse": _dropped("fuse_a"),
    "no limit of unbalance": _dropped("unbalance_w"),
    "no charge for the peak": _dropped("peak"),
    "no dimming": _dropped("dimming"),
    "a later deadline": _one("appliances", _later),
    "no quiet hours": _one("appliances", _without("quiet")),
    "no least time on": _one("appliances", _without("min_on_s")),
    "a car with a choice of phases": _one("cars", _on_one_phase_too),
    "a pump that modulates": _one("heat_pumps", _without("min_w")),
}
