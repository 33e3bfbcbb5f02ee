"""Heat pumps and switches in a step: on or off, with least times, where fuses and the import limit leave room."""

from __future__ import annotations

from dataclasses import replace

from hub.core import planned, surplus
from hub.core.arbitrate import Verdict, arbitrate
from hub.core.draw import IMPORT, volts, watts_at_least
from hub.core.envelope import Bound, refused
from hub.core.pace import PEOPLE, held_on, least_time
from hub.core.taken import as_it_was, awaited, taken
from hub.core.turn import Turn
from hub.core.types import Held, Inputs
from hub.model import Reason, Source, Value, Wear
from hub.model.site import HeatPumpControl, SwitchControl

_UNBLOCKED = (Bound(surplus.NORMAL, 4.0, Reason("guaranteed_power")),)
"""What may stand in a heat pump that is guaranteed its power."""

_DREW_S = 21_600.0
"""So long what a limit has stopped counts as in need of what it drew; a plug may have another load by then."""


def heat(turn: Turn, pump: HeatPumpControl) -> None:
    inputs, point = turn.anew(), f"{pump.device}.sg_ready"
    known = turn.held.get(point) or Held(inputs.number(point) or surplus.NORMAL)
    held = surplus.counted(inputs, known, pump.surplus_w, turn.dt)
    default = turn.spoken(surplus.pump_wish(inputs, pump, held))
    verdict = arbitrate(inputs, point, default) or Verdict(default)
    wish, limits = verdict.wish, list[Reason]()
    state = float(int(max(1.0, min(float(wish.value), 4.0))))
    if state != wish.value:
        limits.append(Reason("device_range", {"low": 1.0, "high": 4.0}))
    if state == surplus.BLOCKED and pump.guaranteed_w and wish.source is not Source.PERSON:
        state = surplus.NORMAL
        limits.append(Reason("guaranteed_power", {"guaranteed_w": pump.guaranteed_w}))
    if wish.source not in PEOPLE or (held.forced and state >= surplus.BOOST) or planned.is_plans(wish.reason):
        least = pump.min_pause_s if held.value == surplus.BLOCKED else pump.min_run_s
        settled, waits = least_time(state, held, least if point in turn.held else 0)
        state, limits = float(settled), [*limits, *([waits] if waits else ())]
    runs = isinstance(held.value, float) and held.value >= surplus.BOOST
    looked = state >= surplus.BOOST or _stays(inputs, point, runs)
    over = _over(turn, inputs, pump.device, _needs_w(pump.surplus_w, held), runs) if looked else None
    if over:
        state, limits = min(state, surplus.NORMAL), [*limits, over]
    free = bool(pump.guaranteed_w) and wish.source is not Source.PERSON
    bounds = _UNBLOCKED if free and not over else ()
    _settle(turn, inputs, verdict, held, state, tuple(limits), state == surplus.BOOST, bounds, forced=bool(over))


def switch(turn: Turn, plug: SwitchControl) -> None:
    inputs, point = turn.anew(), f"{plug.device}.on"
    known = turn.held.get(point) or _as_read(inputs, point)
    held = surplus.counted(inputs, known, plug.surplus_w, turn.dt) if known else None
    shown, course = turn.inputs.values.get(point), turn.courses.get(plug.device)
    decided = planned.switch_wish(inputs, plug, course, None if shown is None else bool(shown), turn.dt)
    default = turn.planned(inputs, plug.device, plug.mode, decided, surplus.switch_wish(inputs, plug, held))
    default = turn.spoken(default) if default else None
    verdict = arbitrate(inputs, point, default or as_it_was(inputs, point, held.taken if held else None))
    if verdict is None:
        _left_alone(turn, inputs, point, held)
        return
    verdict = replace(verdict, driven=default is not None)
    on, limits = bool(verdict.wish.value), tuple[Reason, ...]()
    if held and (verdict.wish.source not in PEOPLE or (held.forced and on) or planned.is_plans(verdict.wish.reason)):
        settled, waits = least_time(on, held, plug.min_on_s if held.value else plug.min_off_s)
        on, limits = bool(settled), (waits,) if waits else ()
    runs = bool(held and held.value)
    needs_w = _needs_w(plug.surplus_w, held) if held else plug.surplus_w
    over = _over(turn, inputs, plug.device, needs_w, runs) if on or _stays(inputs, point, runs) else None
    if over:
        on, limits = False, (*limits, over)
    _settle(turn, inputs, verdict, held or Held(on), on, limits, on, forced=bool(over))
    told = turn.held[point]
    moved = taken(inputs, verdict.wish, held.taken if held else None, told.value, turn.dt)
    turn.held[point] = replace(told, taken=moved)


def _stays(inputs: Inputs, point: str, runs: bool) -> bool:
    """Whether it may run on after it was told to stop: for the budget of a flash, which no limit has to wait for."""
    return runs and inputs.house.commands[point].wear is Wear.FLASH


def _needs_w(surplus_w: float, held: Held) -> float:
    """What it needs to begin: what it drew when a limit stopped it, where that is not long ago."""
    return max(surplus_w, held.drew_w) if held.for_s < _DREW_S else surplus_w


def _over(turn: Turn, inputs: Inputs, device: str, needs_w: float, runs: bool) -> Reason | None:
    """Why a fuse or the import limit does not let it begin, or run on."""
    drawn = watts_at_least(inputs, device, IMPORT)
    more_w = 0.0 if runs else max(0.0, needs_w - drawn)
    over = refused(inputs, device, more_w, turn.fuses, turn.connection)
    if over is None and not runs:
        turn.connection.give(device, max(needs_w, drawn))
        for phase, share in inputs.house.shares(device).items():
            turn.fuses.give(device, phase, more_w * share / volts(inputs, phase))
    return over


def _left_alone(turn: Turn, inputs: Inputs, point: str, held: Held | None) -> None:
    """How long it has been so is known on, as long as nobody else switches it."""
    if point in turn.held and held is not None and inputs.number(point) in (None, held.value):
        turn.held[point] = replace(held, taken=awaited(inputs, point, held.taken, turn.dt))
    else:
        turn.held.pop(point, None)


def _settle(
    turn: Turn,
    inputs: Inputs,
    verdict: Verdict,
    held: Held,
    value: Value,
    limits: tuple[Reason, ...],
    started: bool,
    bounds: tuple[Bound, ...] = (),
    forced: bool = False,
) -> None:
    """Decides, remembers, and lets the others wait for the sun anew when this one has begun to draw.

    `forced`: a limit has stopped it, so that it waits its least time before it begins again, whoever asks.
    """
    point = verdict.wish.point
    value = turn.decide(inputs, verdict, value, limits, bounds)
    kept = held_on(held, value)
    if forced and kept.value != held.value:
        kept = replace(kept, drew_w=watts_at_least(inputs, point.partition(".")[0], IMPORT))
    turn.held[point] = replace(kept, forced=forced or (held.forced and kept.value == held.value))
    if started and held.value != value:
        turn.held = surplus.anew(turn.held, point)


def _as_read(inputs: Inputs, point: str) -> Held | None:
    """What a switch shows is taken for what it was told."""
    shown = inputs.number(point)
    return None if shown is None else Held(bool(shown), 86_400.0)
