"""What was asked, decided and written, why, on which inputs, and what the device answered."""

from __future__ import annotations

from aiohttp import web

from hub.web.problems import ProblemError, instant, json_response
from hub.web.rooms import ROOMS


async def journal(request: web.Request) -> web.Response:
    rooms = request.app[ROOMS]
    start, end = instant(request, "from", 0), instant(request, "to", rooms.clock.now() + 1)
    raw = request.query.get("limit", "100")
    if not raw.isdigit() or not 0 < int(raw) <= 1000:
        raise ProblemError(400, "Bad limit", "limit is a whole number from 1 to 1000", "limit")
    return json_response({"rows": await rooms.journal.rows(request.query.get("point"), start, end, int(raw))})


ROUTES = (("GET", "/journal", journal),)
