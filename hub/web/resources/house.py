"""Health, the site's name, and the description of this surface."""

from __future__ import annotations

from pathlib import Path

from aiohttp import web

from hub.web.problems import ProblemError, json_response
from hub.web.rooms import ROOMS

OPENAPI = Path(__file__).parents[3] / "docs" / "openapi.json"


async def health(request: web.Request) -> web.Response:
    status, parts = request.app[ROOMS].health()
    return json_response({"status": status, "parts": dict(parts)})


async def site(request: web.Request) -> web.Response:
    rooms = request.app[ROOMS]
    return json_response(
        {
            "name": rooms.site.name,
            "timezone": rooms.site.timezone,
            "currency": rooms.site.currency,
            "version": rooms.version,
            "t": rooms.clock.now(),
        }
    )


async def openapi(_request: web.Request) -> web.StreamResponse:
    if not OPENAPI.exists():
        raise ProblemError(503, "No description", "docs/openapi.json is missing; run python -m hub.web.gen")
    return web.FileResponse(OPENAPI, headers={"Content-Type": "application/json"})


ROUTES = (("GET", "/health", health), ("GET", "/site", site), ("GET", "/openapi.json", openapi))
