"""What the limits at the grid connection leave, W over all phases: what the house may take, and what it may give."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from hub.core.draw import EXPORT, IMPORT, watts_at_least
from hub.core.given import Given
from hub.core.house import House
from hub.core.types import Inputs, Unmet, is_number
from hub.model import Reason, Relation, Request, Source
from hub.model.command import ORDER
from hub.model.record import record
from hub.model.site import ConnectionLimits

LIMITS = IMPORT_LIMIT, EXPORT_LIMIT = "house.import_limit", "house.export_limit"


@record(frozen=True, slots=True)
class Cap:
    """A limit in W, and whose it is."""

    watts: float
    source: Source

    def reason(self, way: int, free_w: float) -> Reason:
        numbers = {"limit_w": self.watts, "free_w": max(0.0, float(round(free_w))), "source": self.source.value}
        return Reason("import_limit", numbers) if way == IMPORT else Reason("export_limit", numbers)


def caps(limits: ConnectionLimits, requests: Iterable[Request]) -> dict[int, Cap]:
    """The lowest of the site's own limits and of those that somebody has asked for, by way.

    Who sets a limit leaves those that come after him no say; one that is asked as `at_most` leaves them theirs.
    """
    found = {}
    listed = list(requests)
    for way, point, own in ((IMPORT, IMPORT_LIMIT, limits.import_w), (EXPORT, EXPORT_LIMIT, limits.export_w)):
        asked = [r for r in listed if r.point == point and r.relation is not Relation.AT_LEAST and is_number(r.value)]
        last = min((ORDER[r.source] for r in asked if r.relation is Relation.SET), default=len(ORDER))
        told = [Cap(max(0.0, float(r.value)), r.source) for r in asked if ORDER[r.source] <= last]
        every = [*([Cap(own, Source.SITE)] if own is not None else []), *told]
        if every:
            found[way] = min(every, key=lambda cap: cap.watts)
    return found


def unmet_limits(requests: Iterable[Request], limits: Mapping[int, Cap]) -> list[Unmet]:
    """The limits that somebody asks for and that do not hold, because another one does."""
    found = []
    for r in requests:
        cap = limits.get({IMPORT_LIMIT: IMPORT, EXPORT_LIMIT: EXPORT}.get(r.point, 0))
        if cap and is_number(r.value) and not _holds(r.relation, max(0.0, r.value), cap.watts):
            by = Reason("overruled", {"source": cap.source.value, "limit": cap.watts})
            found.append(Unmet(r.id, r.point, r.value, cap.watts, by))
    return found


def _holds(relation: Relation, asked: float, watts: float) -> bool:
    return (relation is Relation.AT_MOST or watts >= asked) and (relation is Relation.AT_LEAST or watts <= asked)


class Connection:
    """The budget of one step."""

    def __init__(self, house: House, limits: Mapping[int, Cap]) -> None:
        self._held_back = {inverter.device for inverter in house.inverters}
        self.limits = limits
        self._given = Given()

    def give(self, device: str, watts: float) -> None:
        """What was decided for the device, + = into it."""
        self._given.give(device, watts)

    def free(self, inputs: Inputs, device: str, way: int) -> float | None:
        """W left for the device that way; None = there is no limit. Blind, only what was given counts, all of it."""
        cap = self.limits.get(way)
        if cap is None:
            return None
        grid = inputs.number(f"{inputs.house.grid}.power")
        if grid is None:
            return cap.watts - self._given.sum(inputs, ("blind", way), lambda _, w: max(0.0, way * w), device)

        def beyond(other: str, watts: float) -> float:
            return max(0.0, way * watts - watts_at_least(inputs, other, way))

        own, newly = watts_at_least(inputs, device, way), self._given.sum(inputs, ("newly", way), beyond, device)
        return cap.watts - way * grid + own - newly

    def refuses(self, inputs: Inputs, device: str, more_w: float) -> Reason | None:
        """Why the device must not draw `more_w` above what it draws, with 0 not even that: the import limit is used up.

        What cars and batteries are told now counts as if they had done it: they make room before a switch does. Blind,
        nothing is known of that.
        """
        cap, grid = self.limits.get(IMPORT), inputs.number(f"{inputs.house.grid}.power")
        if cap is None or grid is None:
            return None

        def told(other: str, watts: float) -> float:
            """What an inverter is given is the most that it may make, not what it will."""
            return 0.0 if other in self._held_back else watts - watts_at_least(inputs, other, IMPORT)

        left = cap.watts - grid - self._given.sum(inputs, "told", told, device)
        return cap.reason(IMPORT, left) if left < more_w else None
