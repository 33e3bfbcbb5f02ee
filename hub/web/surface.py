"""Every call of the HTTP surface in words: what it takes and what it answers. The routes themselves are the resources'.

A test holds this table against the router: no route without a line here, no line here without a route.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import UnionType
from typing import Literal

from hub.web import schema

PREFIX = "/api/v1"


@dataclass(frozen=True, slots=True)
class Query:
    """A query parameter. `kind`: text; time (UTC ms or ISO 8601 with zone); count; step (seconds or a word)."""

    name: str
    told: str
    kind: Literal["text", "time", "count", "step"] = "text"
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Call:
    """`answer` None = no body, several = one of them; `empty`: a status that is answered without a body instead.

    `problems` are the statuses beside 401, which every call has that is not open, and 500, which any may have.
    """

    method: str
    path: str
    told: str
    answer: type | UnionType | None
    body: type | None = None
    query: tuple[Query, ...] = ()
    status: int = 200
    empty: int | None = None
    problems: tuple[int, ...] = ()
    csv: bool = False
    messages: tuple[type, ...] = ()


_FROM = Query("from", "the first moment", "time")
_TO = Query("to", "the moment after the last; now when left out", "time")
_BODY = (400, 413)

CALLS = (
    Call("GET", "/health", "How the hub and its parts are.", schema.Health),
    Call("GET", "/openapi.json", "This description.", dict),
    Call(
        "POST",
        "/session",
        "Signs in and sets the session cookie. Repeated wrong tries must wait.",
        schema.SessionInfo,
        body=schema.SessionRequest,
        problems=(*_BODY, 401, 429),
    ),
    Call("GET", "/session", "Who is signed in; 204 when nobody is.", schema.SessionInfo, empty=204),
    Call("DELETE", "/session", "Signs out.", None, status=204),
    Call("GET", "/site", "The house: its name, time zone, currency, and the hub's version and time.", schema.SiteInfo),
    Call("GET", "/points", "The latest value of every point, with its time and quality.", schema.Points),
    Call("GET", "/devices", "Every device: role, model, link, points and commands.", schema.Devices),
    Call("GET", "/devices/{id}", "One device.", schema.DeviceInfo, problems=(404,)),
    Call(
        "POST",
        "/commands",
        "Wishes a point to have a value, and waits up to a second for the device's own reading. "
        "The same `id` again returns the first answer.",
        schema.CommandAnswer,
        body=schema.CommandRequest,
        problems=(*_BODY, 404, 409),
    ),
    Call("GET", "/commands/{id}", "What became of an earlier command.", schema.CommandRecord, problems=(404,)),
    Call(
        "GET",
        "/decisions",
        "What the core wants each point to be and why, and which wishes do not have their way: now, or at any second "
        "whose values are still kept.",
        schema.Decisions,
        query=(Query("t", "the moment; now when left out", "time"), Query("point", "only this point")),
        problems=(400, 404),
    ),
    Call("GET", "/rules", "All rules, and what each does now.", schema.Rules),
    Call(
        "PUT",
        "/rules/{id}",
        "Writes a rule; it is in force at once. One that cannot be used changes nothing.",
        schema.PlanAccepted,
        body=schema.PlanRequest,
        problems=_BODY,
    ),
    Call("DELETE", "/rules/{id}", "Removes a rule.", None, status=204, problems=(404,)),
    Call(
        "POST",
        "/rules/{id}/check",
        "Whether a rule can be used, without writing it.",
        schema.PlanAccepted,
        body=schema.PlanRequest,
        problems=_BODY,
    ),
    Call(
        "POST",
        "/rules/{id}/rehearse",
        "What a rule would have done on the house's own past, without writing it; the last 30 days when left out.",
        schema.Rehearsal,
        body=schema.RehearsalRequest,
        problems=_BODY,
    ),
    Call("GET", "/schedules", "All schedules, and when each is due in the next week.", schema.Schedules),
    Call(
        "PUT",
        "/schedules/{id}",
        "Writes a schedule; it is in force at once. One that cannot be used changes nothing.",
        schema.PlanAccepted,
        body=schema.PlanRequest,
        problems=_BODY,
    ),
    Call("DELETE", "/schedules/{id}", "Removes a schedule.", None, status=204, problems=(404,)),
    Call(
        "POST",
        "/schedules/{id}/check",
        "Whether a schedule can be used and when it would be due, without writing it.",
        schema.PlanAccepted,
        body=schema.PlanRequest,
        problems=_BODY,
    ),
    Call(
        "GET",
        "/observed",
        "How the site document that is tried beside the live one does; 404 when none is.",
        schema.Observed,
        problems=(404,),
    ),
    Call("DELETE", "/requests/{id}", "Gives a wish back before its time is over.", None, status=204, problems=(404,)),
    Call(
        "GET",
        "/journal",
        "What was asked, decided and written, why, on which inputs, and what the device answered; newest first.",
        schema.Journal,
        query=(
            Query("point", "only rows of this point"),
            _FROM,
            _TO,
            Query("limit", "at most this many rows, 1 to 1000; 100 when left out", "count"),
        ),
        problems=(400,),
    ),
    Call(
        "GET",
        "/history",
        "The recorded past in buckets; gaps are null.",
        schema.History | schema.PointHistory | schema.HistoryPart | schema.PointHistoryPart,
        query=(
            Query("point", "one point; its arrays are at the top of the answer"),
            Query("points", "several points, with commas between them; `series` has the arrays of each"),
            _FROM,
            _TO,
            Query(
                "step",
                "the bucket's length in whole seconds, `raw`, a period of local time, `auto`, or the part of a second "
                "that a point is kept at; 60 when left out",
                "step",
            ),
            Query("width", "with `step=auto`: at most so many buckets; 1000 when left out", "count"),
            Query(
                "fields",
                "which arrays are sent beside `t`, with commas between them: mean, min, max, last; all when left out",
            ),
            Query("format", "`csv` for a table of the last values", choices=("json", "csv")),
        ),
        problems=(400, 404),
        csv=True,
    ),
    Call(
        "GET",
        "/energy",
        "What flowed, by periods of local time: from counters, and from power where there are none.",
        schema.Energy,
        query=(
            Query("point", "one point: a counter or a power"),
            Query("points", "several points, with commas between them"),
            _FROM,
            _TO,
            Query("step", "the period; day when left out", choices=("quarter", "hour", "day", "week", "month", "year")),
        ),
        problems=(400, 404),
    ),
    Call("GET", "/storage", "What the history takes of disk and card, and how far back it reaches.", schema.Storage),
    Call(
        "GET",
        "/live",
        "A WebSocket: the full state first, then numbered changes. A client that cannot keep up is closed.",
        None,
        status=101,
        problems=(400,),
        messages=(schema.LiveState, schema.LiveChange),
    ),
)
