"""Answers from the past: made in the pool thread, named by what they were made of, and small on the wire."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable, Sequence

import orjson
from aiohttp import web

from hub.store.ring import Querier
from hub.web.problems import LAST_MS
from hub.web.rooms import ROOMS

PAYS_FROM = 4096
"""Bytes from which an answer is compressed."""


def told(data: object) -> bytes:
    """JSON; arrays of numpy as lists, NaN as null."""
    return orjson.dumps(data, option=orjson.OPT_SERIALIZE_NUMPY)


async def kept_or(
    request: web.Request, points: Sequence[str], end_ms: int, kind: str, make: Callable[[Querier], tuple[bytes, bool]]
) -> web.StreamResponse:
    """304 if the client has what `make` would give now of the points, else that.

    `end_ms` (UTC ms): where the last whole bucket or period ends. `make` gives the answer, and whether what comes later
    changes nothing of it.
    """
    history = request.app[ROOMS].history
    known = {True: history.version(end_ms), False: history.version(LAST_MS)}
    names = {stays: _name(request, points, end_ms, f"{stays} {version}") for stays, version in known.items()}
    headers = {"Cache-Control": "private, no-cache", "Vary": "Accept-Encoding"}
    for tag in request.if_none_match or ():
        if tag.value in names.values():
            return web.Response(status=304, headers={"ETag": f'"{tag.value}"', **headers})
    small = "gzip" in request.headers.get("Accept-Encoding", "")

    def answer(querier: Querier) -> tuple[bytes, bool, bool]:
        body, stays = make(querier)
        pressed = small and len(body) >= PAYS_FROM
        return gzip.compress(body, 1, mtime=0) if pressed else body, pressed, stays

    body, pressed, stays = await history.ask(answer)
    if pressed:
        headers["Content-Encoding"] = "gzip"
    headers["ETag"] = f'"{names[stays]}"'
    return web.Response(body=body, content_type=kind, headers=headers)


def _name(request: web.Request, points: Sequence[str], end_ms: int, version: str) -> str:
    """Of what is asked, whose numbers answer it, and what is known."""
    rooms = request.app[ROOMS]
    meant = [rooms.board.points.get(p) for p in points]
    made_of = f"{request.rel_url.raw_path_qs} {meant} {rooms.site.timezone} {end_ms} {version}"
    return hashlib.sha256(made_of.encode()).hexdigest()[:20]
