"""Rules and schedules: what there is, what each does, writing them, checking and rehearsing them before that."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web

from hub.control import Planned
from hub.control.planned import Kind, known
from hub.errors import ConfigError
from hub.model import Reason
from hub.rehearse.backtest import Rehearsed, rehearse
from hub.rules import Rule
from hub.schedules import FOREVER, Due, Schedule
from hub.web import schema
from hub.web.access import GUEST
from hub.web.problems import ProblemError, body, json_response
from hub.web.resources.commands import reason
from hub.web.rooms import ROOMS, Rooms

_WEEK, _DAY_MS = timedelta(7), 86_400_000
_SHOWN, _LONGEST_DAYS = 500, 800


async def rules(request: web.Request) -> web.Response:
    rooms, planned = _rooms(request)
    firings = rooms.desk.latest.step.firings if rooms.desk.latest else {}
    listed: list[schema.RuleInfo] = []
    for id_, kept in sorted(planned.documents["rule"].items()):
        problem, firing = planned.problems.get(("rule", id_), ""), firings.get(id_)
        idle = Reason("rule_broken") if problem else Reason("rule_off")
        state = firing.state if firing else "broken" if problem else "off"
        now: schema.RuleState = {"state": state, "reason": reason(firing.reason if firing else idle)}
        listed.append({**_plan(kept, problem), "now": now})
    return json_response({"rules": listed})


async def schedules(request: web.Request) -> web.Response:
    rooms, planned = _rooms(request)
    now, by_id = rooms.clock.now(), {s.id: s for s in planned.schedules}
    asked = {r.cause for r in planned.requests(now)}
    listed: list[schema.ScheduleInfo] = []
    for id_, kept in sorted(planned.documents["schedule"].items()):
        found = by_id.get(id_)
        coming = _coming(found, planned, now) if found and found.enabled else []
        plan = _plan(kept, planned.problems.get(("schedule", id_), ""))
        listed.append({**plan, "active": f"schedule:{id_}" in asked, "next": coming})
    return json_response({"schedules": listed})


def put(kind: Kind) -> Callable[[web.Request], Any]:
    async def handler(request: web.Request) -> web.Response:
        rooms, planned = _rooms(request)
        id_, document = request.match_info["id"], await _document(request)
        found = _checked(planned, kind, id_, document)
        await planned.save(kind, id_, document, request[GUEST].user)
        return json_response(_accepted(found, planned, rooms.clock.now()))

    return handler


def check(kind: Kind) -> Callable[[web.Request], Any]:
    async def handler(request: web.Request) -> web.Response:
        rooms, planned = _rooms(request)
        found = _checked(planned, kind, request.match_info["id"], await _document(request))
        return json_response(_accepted(found, planned, rooms.clock.now()))

    return handler


def delete(kind: Kind) -> Callable[[web.Request], Any]:
    async def handler(request: web.Request) -> web.Response:
        _, planned = _rooms(request)
        id_ = request.match_info["id"]
        if not await planned.remove(kind, id_, request[GUEST].user):
            raise ProblemError(404, f"No such {kind}", f"there is no {kind} {id_!r}", "id")
        return web.Response(status=204)

    return handler


async def rehearsed(request: web.Request) -> web.Response:
    rooms, planned = _rooms(request)
    asked = await body(request, document=dict, start_=int, end_=int)
    rule = _checked(planned, "rule", request.match_info["id"], asked["document"])
    assert isinstance(rule, Rule)
    end = asked.get("end", rooms.clock.now())
    start = asked.get("start", end - 30 * _DAY_MS)
    if not 0 <= start < end <= rooms.clock.now() + _DAY_MS:
        raise ProblemError(400, "Bad range", "start must be before end, and end not in the future", "start")
    if end - start > _LONGEST_DAYS * _DAY_MS:
        raise ProblemError(400, "Too long", f"at most {_LONGEST_DAYS} days are tried at once", "start")
    points, _ = known(rooms.board.devices.values())
    others = [other for other in planned.rules if other.id != rule.id]
    found = await rooms.history.ask(
        lambda querier: rehearse(rule, others, querier, planned.calendar, points, rooms.site, start, end)
    )
    return json_response(_report(found))


# -- shapes ------------------------------------------------------------------------------------------------------------


def _rooms(request: web.Request) -> tuple[Rooms, Planned]:
    rooms = request.app[ROOMS]
    if rooms.planned is None:
        raise ProblemError(503, "Not possible now", "this hub keeps no plans")
    return rooms, rooms.planned


async def _document(request: web.Request) -> dict[str, Any]:
    found: dict[str, Any] = (await body(request, document=dict))["document"]
    return found


def _checked(planned: Planned, kind: Kind, id_: str, document: dict[str, Any]) -> Rule | Schedule:
    """The problem names the field that is wrong."""
    try:
        return planned.checked(kind, id_, document)
    except ConfigError as e:
        where = e.where.split(".")
        raise ProblemError(400, f"This {kind} cannot be used", str(e), where[2] if len(where) > 2 else "id") from None


def _plan(kept: Any, problem: str) -> schema.Plan:
    return {
        "id": kept.id,
        "document": dict(kept.document),
        "version": kept.version,
        "author": kept.author,
        "t": kept.t,
        "problem": problem,
    }


def _accepted(found: Rule | Schedule, planned: Planned, now: int) -> schema.PlanAccepted:
    if isinstance(found, Rule):
        return {"id": found.id, "points": list(found.points), "next": []}
    return {"id": found.id, "points": [found.point], "next": _coming(found, planned, now)}


def _coming(schedule: Schedule, planned: Planned, now: int) -> list[schema.Stretch]:
    """Those that are not over yet, a week on."""
    others = tuple(s for s in planned.schedules if s.enabled and s.id != schedule.id and s.point == schedule.point)
    today = datetime.fromtimestamp(now / 1000, UTC).astimezone(planned.calendar.zone).date()
    found = Due((*others, schedule), planned.calendar).between(today - _WEEK, today + _WEEK)
    mine = [o for o in found if o.schedule.id == schedule.id and o.end > now]
    return [{"start": o.start, "end": None if o.end >= FOREVER else o.end} for o in mine]


def _report(r: Rehearsed) -> schema.Rehearsal:
    return {
        "start": r.start,
        "end": r.end,
        "step_s": r.step_s,
        "count": len(r.runs),
        "active_s": r.active_s,
        "runs": [{"start": s.start, "end": s.end, "why": s.why} for s in r.runs[-_SHOWN:]],
        "import_wh": r.import_wh,
        "export_wh": r.export_wh,
        "cost": r.cost,
        "unmodelled": list(r.unmodelled),
        "known": r.known,
        "per_day": r.per_day,
        "most_an_hour": r.most_an_hour,
        "clashes": [{"rule": c.rule, "point": c.point, "seconds": c.seconds} for c in r.clashes],
        "priced": r.priced,
    }


ROUTES = (
    ("GET", "/rules", rules),
    ("PUT", "/rules/{id}", put("rule")),
    ("DELETE", "/rules/{id}", delete("rule")),
    ("POST", "/rules/{id}/check", check("rule")),
    ("POST", "/rules/{id}/rehearse", rehearsed),
    ("GET", "/schedules", schedules),
    ("PUT", "/schedules/{id}", put("schedule")),
    ("DELETE", "/schedules/{id}", delete("schedule")),
    ("POST", "/schedules/{id}/check", check("schedule")),
)
