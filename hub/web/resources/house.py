"""Health, the site's name, and the description of this surface."""

from __future__ import annotations

from functools import cache

import orjson
from aiohttp import web

from hub.web.openapi import document
from hub.web.problems import json_response
from hub.web.rooms import ROOMS


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


async def openapi(_request: web.Request) -> web.Response:
    return web.Response(body=_description(), content_type="application/json")


@cache
def _description() -> bytes:
    return orjson.dumps(document())


ROUTES = (("GET", "/health", health), ("GET", "/site", site), ("GET", "/openapi.json", openapi))
