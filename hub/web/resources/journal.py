"""What was asked, decided and written, why, on which inputs, and what the device answered."""

from __future__ import annotations

from aiohttp import web

from hub.web.problems import count, instant, json_response
from hub.web.rooms import ROOMS


async def journal(request: web.Request) -> web.Response:
    rooms = request.app[ROOMS]
    start, end = instant(request, "from", 0), instant(request, "to", rooms.clock.now() + 1)
    limit = count(request, "limit", 100, 1000)
    return json_response({"rows": await rooms.journal.rows(request.query.get("point"), start, end, limit)})


ROUTES = (("GET", "/journal", journal),)
