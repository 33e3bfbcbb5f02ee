"""What was asked, decided and written, why, on which inputs, what would alter it, and what the device answered."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Container

from aiohttp import web

from hub.core import Change, changes
from hub.model import Reason, Request
from hub.store.journal import Row
from hub.web.held import holds
from hub.web.problems import LAST_MS, ProblemError, count, instant, json_response
from hub.web.rooms import ROOMS, Rooms
from hub.web.schema import ChangeInfo, JournalRow, ReasonInfo


async def journal(request: web.Request) -> web.Response:
    rooms = request.app[ROOMS]
    start, end = instant(request, "from", 0), instant(request, "to", rooms.clock.now() + 1)
    if start >= end:
        raise ProblemError(400, "Empty range", "`from` must be before `to`", "from")
    limit = count(request, "limit", 100, 1000)
    rows = await rooms.journal.rows(request.query.get("point"), start, end, limit)
    if not rows:
        await named_point(request, rooms)
    return json_response({"rows": with_changes(rows, rooms)})


async def named_point(
    request: web.Request, rooms: Rooms, besides: Callable[[], Container[str]] = tuple[str, ...]
) -> str | None:
    """What `point=` names; raises ProblemError for what is neither a point nor a device, and never was one.

    `besides`: what is known too.
    """
    point = request.query.get("point")
    if point is None or point in rooms.board.points or point in rooms.board.devices or point in besides():
        return point
    if await rooms.journal.rows(point, 0, LAST_MS, 1):
        return point
    near = difflib.get_close_matches(point, sorted(rooms.board.points), 1)
    meant = f"did you mean {near[0]!r}?" if near else "see /api/v1/points"
    raise ProblemError(404, "Unknown point", f"there is no point {point!r}; {meant}", "point")


def with_changes(rows: list[Row], rooms: Rooms) -> list[JournalRow]:
    """The rows as they are shown: with what would alter each, and when a wish that is still in force ends."""
    made, board = rooms.desk.latest, rooms.board
    in_force = {r.id: r for r in made.step.asked if holds(r, made, board)} if made else {}
    return [{**row, "changes": _changes(row, in_force.get(row["request"]))} for row in rows]


def _changes(row: Row, wish: Request | None) -> list[ChangeInfo]:
    limits = [_reason(limit) for limit in row["limits"]]
    return [change(c) for c in changes(row["point"], _reason(row["reason"]), limits, wish, row["asked"], row["cause"])]


def _reason(kept: ReasonInfo) -> Reason:
    return Reason(**kept)


def change(c: Change) -> ChangeInfo:
    return {"code": c.code, "numbers": dict(c.numbers)}


ROUTES = (("GET", "/journal", journal),)
