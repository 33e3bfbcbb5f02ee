"""Wishes of people. The answer is the device's own reading, or why there is none."""

from __future__ import annotations

from aiohttp import web

from hub.control import DEFAULT_LEASE_S, Answer, IdInUseError
from hub.model import Reason
from hub.model.quantity import MOMENTARY
from hub.web.access import GUEST
from hub.web.problems import ProblemError, body, json_response
from hub.web.resources.journal import with_changes
from hub.web.rooms import ROOMS
from hub.web.schema import CommandAnswer, JournalRow, ReasonInfo

LONGEST_ID = 64


async def post(request: web.Request) -> web.Response:
    rooms = request.app[ROOMS]
    asked = await body(
        request, point=str, value=(str, bool, int, float), for_s_=(int, float), after_s_=(int, float), id_=str
    )
    if asked["point"] not in rooms.board.points:
        raise ProblemError(404, "Unknown point", f"there is no point {asked['point']!r}; see /api/v1/points", "point")
    if asked["point"].partition(".")[2] in MOMENTARY and request[GUEST].role == "guest":
        raise ProblemError(403, "Not allowed", "guests may not restart a device")
    for_s = asked.get("for_s")
    if for_s is not None and not 0 < for_s <= 31 * 86_400:
        raise ProblemError(400, "Bad duration", "for_s must be above 0 and at most 31 days in seconds", "for_s")
    after_s = asked.get("after_s", 0.0)
    if not 0 <= after_s < (DEFAULT_LEASE_S if for_s is None else for_s):
        raise ProblemError(400, "Bad begin", "after_s must be 0 or more seconds, and less than for_s", "after_s")
    id_ = asked.get("id", "")
    if len(id_) > LONGEST_ID:
        raise ProblemError(400, "Bad id", f"id has at most {LONGEST_ID} characters", "id")
    try:
        answer = await rooms.desk.ask(
            asked["point"], asked["value"], person=request[GUEST].user, for_s=for_s, after_s=after_s, id_=id_
        )
    except IdInUseError as e:
        raise ProblemError(409, "Id in use", str(e), "id") from None
    return json_response(_wire(answer))


async def get(request: web.Request) -> web.Response:
    """Known as long as its journal rows are; a device that was slow by nature has answered meanwhile."""
    rooms, id_ = request.app[ROOMS], request.match_info["id"]
    answer, rows = await rooms.desk.answers.get(id_), with_changes(await rooms.journal.of_request(id_), rooms)
    wire = _wire(answer) if answer else _from_rows(id_, rows)
    if wire is None:
        raise ProblemError(404, "Unknown command", f"no answered command has the id {id_!r}", "id")
    outcome = next((r for r in reversed(rows) if r["kind"] == "write"), None)
    if wire["state"] == "pending" and outcome:
        wire = _updated(wire, outcome)
    return json_response({**wire, "journal": rows})


def _from_rows(id_: str, rows: list[JournalRow]) -> CommandAnswer | None:
    """The answer as the journal tells it, for a command that the hub's memory no longer holds."""
    asked = next((r for r in rows if r["kind"] == "request" and r["asked"] is not None), None)
    last = next((r for r in reversed(rows) if r["state"] in ("confirmed", "refused", "no_answer")), None)
    if asked is None or last is None or asked["asked"] is None:
        return None
    empty: CommandAnswer = {
        "id": id_, "state": "pending", "asked": asked["asked"], "applied": None, "reason": last["reason"], "ms": 0.0,
    }  # fmt: skip
    return _updated(empty, last)


def _updated(wire: CommandAnswer, row: JournalRow) -> CommandAnswer:
    newer = wire.copy()
    newer["state"] = row["state"]  # type: ignore[typeddict-item]  # one of the outcomes
    newer["applied"], newer["reason"], newer["ms"] = row["applied"], row["reason"], row["ms"] or 0.0
    return newer


def _wire(a: Answer) -> CommandAnswer:
    answer: CommandAnswer = {
        "id": a.id,
        "state": a.state.value,
        "asked": a.asked,
        "applied": a.applied,
        "reason": reason(a.reason),
        "ms": a.ms,
    }
    if a.limited_by:
        answer["limited_by"] = reason(a.limited_by)
    return answer


def reason(r: Reason) -> ReasonInfo:
    return {"code": r.code, "numbers": dict(r.numbers)}


ROUTES = (("POST", "/commands", post), ("GET", "/commands/{id}", get))
