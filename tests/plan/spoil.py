"""Wrong plans out of a right one: what every expectation is tried on, so that none is met by whatever comes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, replace

from hub.errors import UserError
from hub.model.plan import Task
from hub.plan import Planned
from hub.plan.result import Costs, Doing, GivenUp, Step, Why
from tests.plan.judge import Outcome

_FAR = 1e6


def spoiled(outcome: Outcome) -> Iterator[Outcome]:
    """Plans that differ from a right one in every respect, each in some."""
    yield UserError("something else is wrong")
    if isinstance(outcome, UserError):
        return
    plan = outcome
    for watts in (-_FAR, 0.0, _FAR):
        yield _powers(plan, lambda _, watts=watts: watts)  # type: ignore[misc]
    yield _powers(plan, lambda t: _FAR if t % 2 else -_FAR)
    for number in (-_FAR, _FAR):
        yield _states(plan, number)
        yield _whole(plan, number)
    yield replace(_states(plan, _FAR), proven=not plan.proven, assumed=() if plan.assumed else ("a text",))
    yield replace(plan, given_up=(), assumed=())
    yield replace(plan, given_up=_all_wishes(plan))


def _powers(plan: Planned, watts: Callable[[int], float]) -> Planned:
    """Of all devices, those too that are away in a step."""
    known = {name: doing for step in plan.steps for name, doing in step.devices.items()}
    return _with(plan, lambda t, s: _step_powers(s, watts(t), known))


def _step_powers(step: Step, watts: float, known: dict[str, Doing]) -> Step:
    devices = {k: replace(d, power_w=watts) for k, d in known.items()}
    return replace(step, grid_w=watts, held_back_w=abs(watts), devices=devices)


def _states(plan: Planned, number: float) -> Planned:
    return _with(
        plan,
        lambda _, s: replace(
            s, price=number, binds="nobody", devices={k: _unlike(d, number) for k, d in s.devices.items()}
        ),
    )


def _unlike(doing: Doing, number: float) -> Doing:
    task = None if doing.task is None else Task.FOLLOW if doing.task is not Task.FOLLOW else Task.SELL
    why = Why("for no reason", number, number, None, number)
    phases = None if doing.phases is None else 7
    return replace(
        doing, why=why, task=task, soc=number, value=number, phases=phases, room_c=number, tank_c=number, rod_w=number
    )


def _whole(plan: Planned, number: float) -> Planned:
    costs = Costs(**{f.name: number for f in fields(Costs)})
    return replace(plan, costs=costs, saves_nothing=number, saves_at_once=number)


def _all_wishes(plan: Planned) -> tuple[GivenUp, ...]:
    """Each wish that there may be, far too much of it."""
    devices = {"", *(name for step in plan.steps for name in step.devices)}
    return tuple(GivenUp(wish, device, _FAR, "kWh", _FAR) for wish in WISHES for device in sorted(devices))


def _with(plan: Planned, change: Callable[[int, Step], Step]) -> Planned:
    return replace(plan, steps=tuple(change(t, s) for t, s in enumerate(plan.steps)))


WISHES = (
    *("import_limit", "export_limit", "feed_in", "curve", "fuse_l1", "fuse_l2", "fuse_l3", "unbalance", "dimming"),
    *("soc_floor", "soc_ceiling", "reserve", "end_soc", "ready_by", "car_empty", "least_soc"),
    *("room_cold", "room_warm", "tank_cold", "tank_warm", "hot_water", "hygiene"),
    *("skipped", "late", "not_enough"),
)
