"""Who may call what: everything under /api/v1 needs a session cookie or a bearer token, but what is in `OPEN`."""

from __future__ import annotations

from urllib.parse import urlsplit

from aiohttp import web

from hub.auth import Guest
from hub.web.problems import Handler, ProblemError
from hub.web.rooms import ROOMS

COOKIE = "shems_session"
GUEST = web.RequestKey("guest", Guest)
OPEN = {
    ("GET", "/api/v1/health"),
    ("GET", "/api/v1/session"),
    ("POST", "/api/v1/session"),
    ("GET", "/api/v1/openapi.json"),
}


NOT_FOR_GUESTS = (
    "/api/v1/rules",
    "/api/v1/schedules",
    "/api/v1/requests",
    "/api/v1/devices",
    "/api/v1/found",
    "/api/v1/commissioning",
)


@web.middleware
async def access(request: web.Request, handler: Handler) -> web.StreamResponse:
    if not request.path.startswith("/api/") or (request.method, request.path) in OPEN:
        return await handler(request)
    guest = await find_guest(request)
    if guest is None:
        raise ProblemError(
            401,
            "Not signed in",
            "sign in at /api/v1/session or send `Authorization: Bearer TOKEN`",
            headers={"WWW-Authenticate": "Bearer"},
        )
    if guest.role == "guest" and request.method != "GET" and request.path.startswith(NOT_FOR_GUESTS):
        raise ProblemError(403, "Not allowed", "guests may look at plans, wishes and devices, and not change them")
    request[GUEST] = guest
    return await handler(request)


async def find_guest(request: web.Request) -> Guest | None:
    """Whoever the request's token belongs to; None for no token and for one that is not (or no longer) good."""
    doorman = request.app[ROOMS].doorman
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        token = request.cookies.get(COOKIE, "") if _same_origin(request) else ""
    return await doorman.who(token.strip()) if token and token.isascii() else None


def _same_origin(request: web.Request) -> bool:
    """A cookie counts only for pages of this very host (no other site may act in the owner's name)."""
    origin = request.headers.get("Origin")
    return origin is None or urlsplit(origin).netloc == request.host
