"""Who has the say over a point: the highest source's `set` wins, inside what the limits of higher ones leave open."""

from __future__ import annotations

from hub.core.types import Inputs, Unmet, Wish, is_number
from hub.model import CommandSpec, Reason, Relation, Request, Value
from hub.model.command import ORDER
from hub.model.record import record


@record(frozen=True, slots=True)
class Verdict:
    """The wish that won, every request for the point that was understood, and whether the core drives it anyway.

    `chosen`: the request that was set, of which others may have left less.
    """

    wish: Wish
    asked: tuple[Request, ...] = ()
    driven: bool = True
    chosen: str = ""

    def unmet(self, value: Value, limits: tuple[Reason, ...]) -> list[Unmet]:
        """The requests that do not get what they asked, now that the point becomes `value`."""
        return [
            Unmet(r.id, r.point, r.value, value, self._against(r, limits)) for r in self.asked if not _met(r, value)
        ]

    def _against(self, request: Request, limits: tuple[Reason, ...]) -> Reason:
        if request.id in (self.wish.request, self.chosen) and limits:
            return limits[-1]
        return Reason("overruled", {"source": self.wish.source.value, "by": self.wish.reason.code})


def arbitrate(inputs: Inputs, point: str, default: Wish | None) -> Verdict | None:
    """None when nobody wants anything of the point.

    `at_most` and `at_least` of higher sources narrow what lower ones may choose. A request whose value the device could
    never take (NaN, a text for a number) is as if nobody had asked. Of two of one source the one with the higher
    priority comes first, then the newer.
    """
    spec = inputs.house.commands[point]
    asked = [r for r in inputs.requests if r.point == point]
    if not asked:
        return Verdict(default) if default else None
    ranked = sorted(
        (r for r in asked if _understood(spec, r.value)), key=lambda r: (ORDER[r.source], -r.priority, -r.starts, r.id)
    )
    chosen = next((r for r in ranked if r.relation is Relation.SET), None)
    if chosen and default and ORDER[chosen.source] > ORDER[default.source]:
        chosen = None
    wish = _of(chosen) if chosen else default
    if wish is None:
        return None
    rank = ORDER[wish.source]
    for lease in reversed([r for r in ranked if r.relation is not Relation.SET and ORDER[r.source] <= rank]):
        wish = _narrow(wish, lease)
    return Verdict(wish, tuple(ranked), default is not None, chosen.id if chosen else "")


def _understood(spec: CommandSpec, value: Value) -> bool:
    return value in spec.choices if spec.choices else is_number(value)


def _of(request: Request) -> Wish:
    return Wish(request.point, request.value, request.source, Reason(f"{request.source.value}_asked"), request.id)


def _narrow(wish: Wish, lease: Request) -> Wish:
    if isinstance(wish.value, str) or isinstance(lease.value, str):
        return wish
    inside = (min if lease.relation is Relation.AT_MOST else max)(wish.value, lease.value)
    if inside == wish.value:
        return wish
    reason = Reason(f"{lease.source.value}_limit", {"limit": lease.value})
    return Wish(wish.point, inside, lease.source, reason, lease.id)


def _met(request: Request, value: Value) -> bool:
    if isinstance(value, str) or isinstance(request.value, str):
        return value == request.value
    match request.relation:
        case Relation.SET:
            return abs(value - request.value) < 1e-9
        case Relation.AT_MOST:
            return value <= request.value
        case Relation.AT_LEAST:
            return value >= request.value
