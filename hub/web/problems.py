"""Errors as RFC 9457 problem documents, and the reading of request bodies and queries."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

import orjson
from aiohttp import web

from hub.errors import ShemsError, UserError
from hub.store.ring.civil import is_date

log = logging.getLogger(__name__)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
MAX_BODY = 64 * 1024
GONE = 499
"""What nobody reads: the status of an answer to a client that is gone."""
LAST_MS = 253_370_764_799_999
"""The end of the year 9998: calendars end with the next one, in which a period that began in this one still ends."""


class ProblemError(Exception):
    """What a client did wrong (4xx) or what we cannot do now (503). `field` names the offending member."""

    def __init__(
        self, status: int, title: str, detail: str, field: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.status, self.title, self.detail, self.field, self.headers = status, title, detail, field, headers or {}


def json_response(data: object, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.Response(body=orjson.dumps(data), status=status, content_type="application/json", headers=headers)


def problem(
    status: int, title: str, detail: str, field: str = "", headers: Mapping[str, str] | None = None
) -> web.Response:
    body: dict[str, object] = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    if field:
        body["field"] = field
    return web.Response(
        body=orjson.dumps(body), status=status, content_type="application/problem+json", headers=headers
    )


@web.middleware
async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except ProblemError as e:
        return problem(e.status, e.title, e.detail, e.field, e.headers)
    except UserError as e:
        return problem(400, "Bad request", str(e))
    except ShemsError as e:
        return problem(503, "Not possible now", str(e))
    except web.HTTPException as e:
        if e.status < 400:
            raise
        keep = {k: v for k, v in e.headers.items() if k.lower() == "allow"}
        return problem(e.status, e.reason, f"{request.method} {request.path}: {e.reason}", headers=keep)
    except Exception as e:  # a bug in one handler must not leave its client without an answer; all others go on
        gone = isinstance(e, ConnectionError) and _gone(request)
        if request.writer.output_size and not gone:
            raise  # the answer has begun: aiohttp logs this and closes the connection
        return web.Response(status=GONE) if gone else _failed(request)


def _gone(request: web.Request) -> bool:
    """Whether the client went before it had its answer: nobody is to blame, and nobody is to be told."""
    return request.transport is None or request.transport.is_closing()


def _failed(request: web.Request) -> web.Response:
    log.exception("%s %s failed", request.method, request.rel_url.raw_path)
    return problem(500, "Internal error", "the hub failed at this; its log says why")


async def body(request: web.Request, **fields: type | tuple[type, ...]) -> dict[str, Any]:
    """The JSON object of the request with exactly the known fields; `name_` marks an optional one."""
    try:
        data = orjson.loads(await request.read())
    except web.RequestPayloadError as e:
        raise ProblemError(400, "Broken body", f"the body cannot be read: {' '.join(str(e).split())}") from None
    except orjson.JSONDecodeError as e:
        raise ProblemError(400, "Not JSON", f"the body is not valid JSON: {e}") from None
    if not isinstance(data, dict):
        raise ProblemError(400, "Not an object", "the body must be a JSON object")
    known = {k.rstrip("_"): (kind, k.endswith("_")) for k, kind in fields.items()}
    for name in data:
        if name not in known:
            raise ProblemError(400, "Unknown field", f"unknown field {name!r}; known: {', '.join(known)}", name)
    for name, (kind, optional) in known.items():
        _check_field(data, name, kind, optional)
    return data


def _check_field(data: Mapping[str, Any], name: str, kind: type | tuple[type, ...], optional: bool) -> None:
    if name not in data:
        if not optional:
            raise ProblemError(400, "Missing field", f"field {name!r} is missing", name)
        return
    kinds = kind if isinstance(kind, tuple) else (kind,)
    value = data[name]
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        raise ProblemError(400, "Wrong type", f"field {name!r} must be {' or '.join(k.__name__ for k in kinds)}", name)


def instant(request: web.Request, name: str, default: int) -> int:
    """A query parameter as UTC ms: integer milliseconds or an ISO 8601 time with zone, of the years 1970 to 9998."""
    raw = request.query.get(name)
    if raw is None:
        return default
    if is_date(raw):
        detail = f"{name}={raw!r} is a date without its zone; write it like {raw[:4]}-{raw[4:6]}-{raw[6:]}T00:00Z"
        raise ProblemError(400, "Bad time", detail, name)
    ms = _whole(raw) if raw.isdigit() else _iso(raw)
    if ms is None or not 0 <= ms <= LAST_MS:
        raise ProblemError(
            400,
            "Bad time",
            f"{name}={raw!r} is neither UTC milliseconds nor an ISO 8601 time with zone, of the years 1970 to 9998",
            name,
        )
    return ms


def _iso(raw: str) -> int | None:
    try:
        at = datetime.fromisoformat(raw.replace(" ", "+"))
    except ValueError:
        return None
    return round(at.timestamp() * 1000) if at.tzinfo else None


def count(request: web.Request, name: str, default: int, high: int) -> int:
    """A query parameter as a whole number from 1 to `high`."""
    found = _whole(request.query.get(name, str(default)))
    if found is None or not 0 < found <= high:
        raise ProblemError(400, f"Bad {name}", f"{name} is a whole number from 1 to {high}", name)
    return found


def _whole(raw: str) -> int | None:
    """Plain digits, few enough to be a number of ours; `str.isdigit` alone also knows those that `int` does not."""
    return int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 16 else None
