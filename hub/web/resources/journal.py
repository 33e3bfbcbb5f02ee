"""What was asked, decided and written, why, on which inputs, what would alter it, and what the device answered."""

from __future__ import annotations

from aiohttp import web

from hub.core import Change, changes
from hub.model import Reason, Request
from hub.store.journal import Row
from hub.web.problems import count, instant, json_response
from hub.web.rooms import ROOMS, Rooms
from hub.web.schema import ChangeInfo, JournalRow, ReasonInfo


async def journal(request: web.Request) -> web.Response:
    rooms = request.app[ROOMS]
    start, end = instant(request, "from", 0), instant(request, "to", rooms.clock.now() + 1)
    limit = count(request, "limit", 100, 1000)
    rows = await rooms.journal.rows(request.query.get("point"), start, end, limit)
    return json_response({"rows": with_changes(rows, rooms)})


def with_changes(rows: list[Row], rooms: Rooms) -> list[JournalRow]:
    """The rows as they are shown: with what would alter each, and when a wish that is still in force ends."""
    in_force = {r.id: r for r in rooms.desk.latest.step.asked} if rooms.desk.latest else {}
    return [{**row, "changes": _changes(row, in_force.get(row["request"]))} for row in rows]


def _changes(row: Row, wish: Request | None) -> list[ChangeInfo]:
    limits = [_reason(limit) for limit in row["limits"]]
    return [change(c) for c in changes(row["point"], _reason(row["reason"]), limits, wish, row["asked"], row["cause"])]


def _reason(kept: ReasonInfo) -> Reason:
    return Reason(**kept)


def change(c: Change) -> ChangeInfo:
    return {"code": c.code, "numbers": dict(c.numbers)}


ROUTES = (("GET", "/journal", journal),)
