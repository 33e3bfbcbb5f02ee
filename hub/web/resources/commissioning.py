"""The installer's self-test: starting it, watching it, stopping it, and its report."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from aiohttp import web

from hub.commission.finding import Finding
from hub.commission.report import page
from hub.commission.session import QUICK, Pace
from hub.commission.words import CHECKS, said
from hub.web.access import GUEST
from hub.web.problems import ProblemError, body, json_response
from hub.web.rooms import ROOMS, SelfTest
from hub.web.schema import Commissioning, FindingInfo


async def get(request: web.Request) -> web.Response:
    return json_response(_shown(_test(request)))


async def start(request: web.Request) -> web.Response:
    test = _test(request)
    asked = await body(request, thorough_=bool)
    if not test.start(request[GUEST].user, Pace() if asked.get("thorough", True) else QUICK):
        raise ProblemError(409, "Under way", "a self-test is under way; stop it, or wait for its end")
    return json_response(_shown(test), status=202)


async def stop(request: web.Request) -> web.Response:
    _test(request).session.stop()
    return web.Response(status=204)


async def report(request: web.Request) -> web.Response:
    rooms, progress = request.app[ROOMS], _test(request).session.progress
    if progress.ended is None:
        raise ProblemError(404, "No report", "no self-test has ended yet; start one first")
    html = page(progress, rooms.site.name, ZoneInfo(rooms.site.timezone), rooms.version)
    return web.Response(text=html, content_type="text/html")


def _test(request: web.Request) -> SelfTest:
    test = request.app[ROOMS].self_test
    if test is None:
        raise ProblemError(503, "Not possible now", "this hub tests nothing")
    return test


def _shown(test: SelfTest) -> Commissioning:
    p = test.session.progress
    return {
        "running": p.running,
        "what": p.what,
        "device": p.device,
        "done": p.done,
        "all": p.all,
        "began": p.began or None,
        "ended": p.ended,
        "stopped": p.stopped,
        "devices": sorted({m.device for m in test.session.moves()}),
        "findings": [_finding(f) for f in p.findings],
    }


def _finding(f: Finding) -> FindingInfo:
    seen, mend = said(f)
    return {
        "check": f.check,
        "verdict": f.verdict.value,
        "code": f.code,
        "device": f.device,
        "numbers": dict(f.numbers),
        "title": CHECKS[f.check],
        "seen": seen,
        "mend": mend,
    }


ROUTES = (
    ("GET", "/commissioning", get),
    ("POST", "/commissioning", start),
    ("DELETE", "/commissioning", stop),
    ("GET", "/commissioning/report", report),
)
