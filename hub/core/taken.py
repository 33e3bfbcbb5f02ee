"""What somebody moves for a time is given back when that is over: a rule, an interval of a schedule, a limit.

What a switch point of a schedule sets stays, and so does what a person asks for while nobody else does: that is done
once, and for good. Against a rule, a person's wish has an end as any other; what was before the rule is back then.
Whoever switches a device meanwhile, so that it shows something else than what it was told, has the last word.
"""

from __future__ import annotations

from dataclasses import replace

from hub.core.types import Inputs, Taken, Wish, is_number
from hub.model import Reason, Relation, Request, Source, Value
from hub.model.command import ORDER

ENDS_S = 30.0
"""So long, at most, a device that has not shown yet what it was told is told what it was before."""


def taken(inputs: Inputs, wish: Wish, known: Taken | None, value: Value, dt: float) -> Taken | None:
    """What is remembered of a point that becomes `value` on a `wish`; None: it is not given back."""
    shown, spec = _shown(inputs, wish.point), inputs.house.commands[wish.point]
    request = next((r for r in inputs.requests if r.id == wish.request and r.point == wish.point), None)
    if request is None:
        if known is None or wish.reason.code != "as_it_was":
            return None
        return replace(known, seen=known.seen or spec.shows(known.told, shown), over_s=known.over_s + dt)
    if request.relation is Relation.SET and _stays(inputs, request, known):
        return None
    before = known.before if known else shown
    if before is None:
        return None
    seen = known is not None and known.seen and spec.shows(value, known.told)
    return Taken(_as(value, before), value, request.id, seen or spec.shows(value, shown))


def as_it_was(inputs: Inputs, point: str, known: Taken | None) -> Wish | None:
    """What gives it back; None where there is nothing to give back, or as long as it is not known what it shows."""
    shown, spec = _shown(inputs, point), inputs.house.commands[point]
    if known is None or shown is None or known.over_s < 0 or spec.shows(known.told, known.before):
        return None
    if not spec.shows(known.told, shown) and (known.seen or known.over_s > ENDS_S):
        return None
    return Wish(point, known.before, Source.DEFAULT, Reason("as_it_was"))


def awaited(inputs: Inputs, point: str, known: Taken | None, dt: float) -> Taken | None:
    """What is still remembered of a point for which nobody wishes anything now."""
    if known is None or _shown(inputs, point) is None:
        return known
    return replace(known, over_s=known.over_s + dt) if known.over_s < 0 else None


def is_anothers(inputs: Inputs, point: str, known: Taken) -> bool:
    """Whether somebody else has set it since it showed what it was told."""
    shown = _shown(inputs, point)
    return known.seen and shown is not None and not inputs.house.commands[point].shows(known.told, shown)


def _stays(inputs: Inputs, request: Request, known: Taken | None) -> bool:
    """Whether what is asked is for good. A person's wish has an end only where lower ones want something too, or did
    when it began.
    """
    if request.source is not Source.PERSON:
        return request.stays
    lower = any(r.point == request.point and ORDER[r.source] > ORDER[Source.PERSON] for r in inputs.requests)
    return known is None or not (lower or request.id == known.request)


def _as(value: Value, other: Value) -> Value:
    """`other` as the like of `value`: on or off, or a number."""
    return bool(other) if isinstance(value, bool) else other


def _shown(inputs: Inputs, point: str) -> float | None:
    """The reading as it is, on and off too; words are done once, and not given back."""
    inputs.looked_at.points[point] = None
    value = inputs.values.get(point)
    return value if is_number(value) else None
