"""What only somebody's wish drives: a lamp, a thermostat, the limit of a device that drives itself."""

from __future__ import annotations

import math
from collections.abc import Set
from dataclasses import replace

from hub.core.arbitrate import Verdict, arbitrate
from hub.core.connection import LIMITS
from hub.core.envelope import clamp, device_bound, setting_bounds
from hub.core.taken import as_it_was, awaited, is_anothers, taken
from hub.core.turn import Turn
from hub.core.types import Held, Inputs, Taken, Wish
from hub.model import HEEDED, Reason, Relation, Source, Value


def wished(turn: Turn) -> None:
    """0 is off or pause, even where the device's range begins higher."""
    driven = frozenset(turn.inputs.house.managed)
    points = _points(turn.inputs, driven)
    for point in points:
        inputs = turn.anew()
        verdict = arbitrate(inputs, point, None)
        if verdict:
            _decide(turn, inputs, verdict, _known(turn, point))
        else:
            _limited(turn, inputs, point)
    for point in [p for p in turn.held if p not in driven and p in turn.inputs.house.commands and p not in points]:
        _given_back(turn, point)


def _limited(turn: Turn, inputs: Inputs, point: str) -> None:
    """Nobody sets it, but there are limits: it is what it shows as long as that is inside them.

    What it was before the first of them moved it is kept, and is what a wider limit and the end of the last give back.
    """
    known = _known(turn, point)
    if known and is_anothers(inputs, point, known):
        known = None
    was = known.before if known else inputs.number(point)
    capped = any(r.point == point and r.relation is Relation.AT_MOST for r in inputs.requests)
    base = was if was is not None else math.inf if capped else -math.inf
    verdict = arbitrate(inputs, point, Wish(point, base, Source.DEFAULT, Reason("as_it_was")))
    if verdict is None or verdict.wish.value in (math.inf, -math.inf):
        return
    if known is None and verdict.wish.value == was:
        turn.held.pop(point, None)
        return
    _decide(turn, inputs, replace(verdict, driven=False), known)


def _given_back(turn: Turn, point: str) -> None:
    """The last wish or limit has ended."""
    inputs, held, known = turn.anew(), turn.held[point], _known(turn, point)
    wish = as_it_was(inputs, point, known)
    if wish:
        _decide(turn, inputs, Verdict(wish, driven=False), known)
    else:
        _remember(turn, point, held.value, awaited(inputs, point, known, turn.dt))


def _decide(turn: Turn, inputs: Inputs, verdict: Verdict, known: Taken | None) -> None:
    value, limits, point = verdict.wish.value, tuple[Reason, ...](), verdict.wish.point
    if not isinstance(value, str):
        device = (device_bound(inputs.house.commands[point]),) if value != 0 else ()
        value, limits = clamp(value, (*device, *setting_bounds(inputs, point, verdict.wish.source)))
    value = turn.decide(inputs, verdict, value, limits)
    _remember(turn, point, value, taken(inputs, verdict.wish, known, value, turn.dt))


def _known(turn: Turn, point: str) -> Taken | None:
    held = turn.held.get(point)
    return held.taken if held else None


def _remember(turn: Turn, point: str, value: Value, known: Taken | None) -> None:
    if known:
        turn.held[point] = Held(value, taken=known)
    else:
        turn.held.pop(point, None)


def _points(inputs: Inputs, driven: Set[str]) -> list[str]:
    """Points with a lease in force that are not driven anyway, each once, in the order of the leases."""
    points = dict.fromkeys(r.point for r in inputs.requests if r.point in inputs.house.commands)
    other = {"mode", *HEEDED}
    return [p for p in points if p not in driven and p not in LIMITS and p.partition(".")[2] not in other]
