"""What a kWh costs and earns, now, in the past and as far ahead as it is known."""

from __future__ import annotations

from dataclasses import asdict

from aiohttp import web

from hub.web.problems import ProblemError, instant, json_response
from hub.web.rooms import ROOMS

HOUR_MS = 3_600_000
MOST_MS = 35 * 24 * HOUR_MS


async def prices(request: web.Request) -> web.Response:
    rooms = request.app[ROOMS]
    start = instant(request, "from", rooms.clock.now() // HOUR_MS * HOUR_MS)
    end = instant(request, "to", start + 48 * HOUR_MS)
    if start >= end:
        raise ProblemError(400, "Empty range", "`from` must be before `to`", "from")
    if end - start > MOST_MS:
        raise ProblemError(400, "Too much", "at most 35 days at once; ask for less", "to")
    known = rooms.prices
    rates = [asdict(span) for span in await known.between(start, end)] if known else []
    source, state = (known.source, known.health()) if known else ("", "ok")
    return json_response({"currency": rooms.site.currency, "source": source, "state": state, "rates": rates})


ROUTES = (("GET", "/prices", prices),)
