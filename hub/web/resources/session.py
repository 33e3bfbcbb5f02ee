"""Signing in and out."""

from __future__ import annotations

import math

from aiohttp import web

from hub.auth import LockedOutError
from hub.web.access import COOKIE, GUEST, find_guest
from hub.web.problems import ProblemError, body, json_response
from hub.web.rooms import ROOMS

MAX_AGE_S = 30 * 86_400


async def sign_in(request: web.Request) -> web.Response:
    asked = await body(request, user=str, password=str)
    try:
        entered = await request.app[ROOMS].doorman.sign_in(asked["user"], asked["password"], request.remote or "")
    except LockedOutError as e:
        raise ProblemError(429, "Too many tries", str(e), headers={"Retry-After": str(math.ceil(e.wait_s))}) from None
    if entered is None:
        raise ProblemError(401, "Wrong name or password", "the name or the password is wrong")
    token, guest = entered
    answer = json_response({"user": guest.user, "role": guest.role})
    answer.set_cookie(COOKIE, token, max_age=MAX_AGE_S, httponly=True, samesite="Strict", path="/")
    return answer


async def who(request: web.Request) -> web.Response:
    """204 for nobody: the page asks this first, and that nobody is signed in is no mistake."""
    guest = await find_guest(request)
    return json_response({"user": guest.user, "role": guest.role}) if guest else web.Response(status=204)


async def sign_out(request: web.Request) -> web.Response:
    await request.app[ROOMS].doorman.sign_out(request[GUEST])
    answer = web.Response(status=204)
    answer.del_cookie(COOKIE, path="/")
    return answer


ROUTES = (("POST", "/session", sign_in), ("GET", "/session", who), ("DELETE", "/session", sign_out))
