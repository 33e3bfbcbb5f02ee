"""Answers from the past: made in the pool thread, named by what they were made of, and small on the wire."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable

import orjson
from aiohttp import web

from hub.store.ring import Querier
from hub.web.rooms import ROOMS

PAYS_FROM = 4096
"""Bytes from which an answer is compressed."""


def told(data: object) -> bytes:
    """JSON; arrays of numpy as lists, NaN as null."""
    return orjson.dumps(data, option=orjson.OPT_SERIALIZE_NUMPY)


async def kept_or(request: web.Request, end_ms: int, kind: str, make: Callable[[Querier], bytes]) -> web.StreamResponse:
    """304 if the client has what `make` would give now, else that. The answer knows nothing after `end_ms` (UTC ms)."""
    history = request.app[ROOMS].history
    name = hashlib.sha256(f"{request.rel_url.raw_path_qs} {history.version(end_ms)}".encode()).hexdigest()[:20]
    headers = {"ETag": f'"{name}"', "Cache-Control": "private, no-cache", "Vary": "Accept-Encoding"}
    if any(tag.value == name for tag in request.if_none_match or ()):
        return web.Response(status=304, headers=headers)
    small = "gzip" in request.headers.get("Accept-Encoding", "")

    def answer(querier: Querier) -> tuple[bytes, bool]:
        body = make(querier)
        return (gzip.compress(body, 1, mtime=0), True) if small and len(body) >= PAYS_FROM else (body, False)

    body, pressed = await history.ask(answer)
    if pressed:
        headers["Content-Encoding"] = "gzip"
    return web.Response(body=body, content_type=kind, headers=headers)
