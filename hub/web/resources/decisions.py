"""What the core has decided for every point, now or at any second that is still kept; and the wishes behind it."""

from __future__ import annotations

from dataclasses import asdict

from aiohttp import web

from hub.core import Made, Unmet, changes
from hub.live import Board
from hub.model import Command, Reason, Request
from hub.rehearse.anew import LASTS_MS
from hub.schedules import FOREVER
from hub.web import schema
from hub.web.access import GUEST
from hub.web.held import OF_THE_CORE, holds
from hub.web.problems import ProblemError, instant, json_response
from hub.web.resources.commands import reason
from hub.web.resources.journal import change, named_point
from hub.web.rooms import ROOMS, Rooms


async def decisions(request: web.Request) -> web.Response:
    """Without `t` what holds now; else the step of that time is made again from what is kept."""
    rooms = request.app[ROOMS]
    latest = rooms.desk.latest
    made = await _at(rooms, instant(request, "t", 0)) if "t" in request.query else latest
    if made is None:
        raise ProblemError(404, "Not kept", "what was decided then is not kept, or nothing was; ask for another t", "t")
    point = await named_point(request, rooms, lambda: _points(made))
    told = _wire(made, point, rooms.board)
    return json_response(told)


async def _at(rooms: Rooms, t: int) -> Made | None:
    """The step that was in force at `t` (UTC ms): the last one, or made again of inputs that are all durable."""
    latest = rooms.desk.latest
    if latest and latest.inputs.t <= t:
        return latest if t - latest.inputs.t < LASTS_MS else None
    await rooms.noted(t)
    return await rooms.history.ask(lambda _querier: rooms.decided(t))


async def give_back(request: web.Request) -> web.Response:
    id_ = request.match_info["id"]
    if not await request.app[ROOMS].desk.give_back(id_, request[GUEST].user):
        raise ProblemError(404, "No such wish", f"no wish in force has the id {id_!r}", "id")
    return web.Response(status=204)


async def observed(request: web.Request) -> web.Response:
    score = request.app[ROOMS].observed
    if score is None:
        raise ProblemError(404, "Nothing is tried", "start the hub with --observe FILE to try another document beside")
    points: dict[str, schema.ObservedPoint] = {p: asdict(line) for p, line in score.lines.items()}  # type: ignore[misc]
    answer: schema.Observed = {
        "since": score.since,
        "seconds": score.seconds,
        "extra_wh": score.extra_wh,
        "extra_cost": score.extra_cost / 100_000,
        "points": points,
    }
    return json_response(answer)


def _points(made: Made) -> set[str]:
    return {c.point for c in made.step.commands} | {r.point for r in made.step.asked}


def _wire(made: Made, point: str | None, board: Board) -> schema.Decisions:
    asked = {r.id: r for r in made.step.asked}
    decided, lost = {c.point for c in made.step.commands}, {u.request for u in made.step.unmet}
    held = [r for r in made.step.asked if r.point not in decided and r.id not in lost and r.point.endswith(OF_THE_CORE)]
    told = [_decision(c, made, asked.get(c.request), board) for c in made.step.commands] + [_held(r) for r in held]
    unmet = [(u, asked[u.request]) for u in made.step.unmet if point in (None, u.point)]
    return {
        "t": made.inputs.t,
        "decisions": [d for d in told if point in (None, d["point"])],
        "unmet": [_unmet(u, wish) for u, wish in unmet if holds(wish, made, board)],
    }


def _decision(c: Command, made: Made, wish: Request | None, board: Board) -> schema.Decision:
    kept_from = next((u.asked for u in made.step.unmet if u.request == c.request and u.point == c.point), None)
    held = wish if wish and holds(wish, made, board) else None
    return {
        "point": c.point,
        "value": c.value,
        "source": c.source.value,
        "request": held.id if held and held.point == c.point else "",  # not that of a mode: it stands by itself
        "person": wish.person if wish else "",
        "cause": wish.cause if wish else "",
        "ends": held.ends if held and held.ends < FOREVER else None,
        "reason": reason(c.reason),
        "limits": [reason(r) for r in c.limits],
        "inputs": [{"point": p, "v": made.inputs.values.get(p)} for p in c.inputs if p in board.points],
        "changes": [change(one) for one in changes(c.point, c.reason, c.limits, held, kept_from)],
    }


def _held(r: Request) -> schema.Decision:
    """A mode, a limit of the house or a target that somebody holds for a time: no device shows it."""
    why = Reason(f"{r.source.value}_asked")
    return {
        "point": r.point,
        "value": r.value,
        "source": r.source.value,
        "request": r.id,
        "person": r.person,
        "cause": r.cause,
        "ends": r.ends if r.ends < FOREVER else None,
        "reason": reason(why),
        "limits": [],
        "inputs": [],
        "changes": [change(one) for one in changes(r.point, why, wish=r)],
    }


def _unmet(u: Unmet, wish: Request) -> schema.Unmet:
    return {
        "request": u.request,
        "point": u.point,
        "asked": u.asked,
        "got": u.got,
        "source": wish.source.value,
        "person": wish.person,
        "cause": wish.cause,
        "ends": wish.ends,
        "by": reason(u.by),
        "changes": [change(one) for one in changes(u.point, u.by, asked=u.asked)],
    }


ROUTES = (("GET", "/decisions", decisions), ("GET", "/observed", observed), ("DELETE", "/requests/{id}", give_back))
