"""Every call of the HTTP surface in words: what it takes and what it answers. The routes themselves are the resources'.

A test holds this table against the router: no route without a line here, no line here without a route.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import UnionType
from typing import Literal

from hub.web import schema, schema_plan

PREFIX = "/api/v1"


@dataclass(frozen=True, slots=True)
class Query:
    """A query parameter. `kind`: text; time (UTC ms or ISO 8601 with zone); count; step (seconds or a word); number."""

    name: str
    told: str
    kind: Literal["text", "time", "count", "step", "number"] = "text"
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Call:
    """`answer` None = no body, several = one of them; `empty`: a status that is answered without a body instead.

    `problems` are the statuses beside 400, which every GET has for queries that it does not know, 401, which every call
    has that is not open, and 500, which any may have.
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
    html: bool = False
    messages: tuple[type, ...] = ()


_FROM = Query("from", "the first moment", "time")
_TO = Query("to", "the moment after the last; now when left out", "time")
_TO_AHEAD = Query("to", "the moment after the last; 48 hours after `from` when left out", "time")
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
        "GET",
        "/devices/{id}/raw",
        "What the device's own wire said last, by the wire's own codes.",
        schema.RawReadings,
        problems=(404,),
    ),
    Call(
        "POST",
        "/devices",
        "Takes a device into the house. One that cannot be changes nothing; with it the hub's parts start anew.",
        schema.DeviceAdded,
        body=schema.DeviceRequest,
        status=202,
        problems=(*_BODY, 409),
    ),
    Call(
        "DELETE",
        "/devices/{id}",
        "Takes a device out that was taken in here. Its history stays.",
        None,
        status=204,
        problems=(404, 409),
    ),
    Call("GET", "/found", "The devices that the last search has found so far.", schema.FoundDevices),
    Call(
        "POST",
        "/found",
        "Begins to look for devices: in all networks of the hub, or at `addresses` only; `hub` is its own broker.",
        schema.FoundDevices,
        body=schema.SearchRequest,
        status=202,
        problems=_BODY,
    ),
    Call("GET", "/commissioning", "How the self-test goes, and what the last one found.", schema.Commissioning),
    Call(
        "POST",
        "/commissioning",
        "Begins the installer's self-test: loads and set-points are stepped, and what the meters say is judged.",
        schema.Commissioning,
        body=schema.CommissioningRequest,
        status=202,
        problems=(*_BODY, 409),
    ),
    Call("DELETE", "/commissioning", "Stops the self-test; what was stepped is given back.", None, status=204),
    Call("GET", "/commissioning/report", "The last self-test as a page to print.", None, html=True, problems=(404,)),
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
        "What the core wants each point to be, why, and what would alter it; and which wishes do not have their way: "
        "now, or at any second whose values are still kept.",
        schema.Decisions,
        query=(Query("t", "the moment; now when left out", "time"), Query("point", "only this point")),
        problems=(400, 404, 503),
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
        "What was asked, decided and written, why, on which inputs, what would have altered it, and what the device "
        "answered; newest first.",
        schema.Journal,
        query=(
            Query("point", "only rows of this point"),
            _FROM,
            _TO,
            Query("limit", "at most this many rows, 1 to 1000; 100 when left out", "count"),
        ),
        problems=(400, 404),
    ),
    Call(
        "GET",
        "/history",
        "The recorded past in buckets; gaps are null.",
        schema.History | schema.PointHistory | schema.HistoryPart | schema.PointHistoryPart,
        query=(
            Query(
                "point",
                "one point, also of a device that the house has no more; its arrays are at the top of the answer",
            ),
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
                "which arrays are sent beside `t`, with commas between them: mean, min, max, last (all four when left "
                "out), count (how many values a bucket was made of; alone it adds columns to a CSV table)",
            ),
            Query(
                "format",
                "`csv` for a table of the last values; `parquet` where the hub has the package pyarrow, else 406",
                choices=("json", "csv", "parquet"),
            ),
        ),
        problems=(400, 404, 406),
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
    Call(
        "GET",
        "/prices",
        "What a kWh costs and earns: from the running hour until 48 hours on when left out, 35 days at most.",
        schema.Prices,
        query=(_FROM, _TO_AHEAD),
        problems=(400,),
    ),
    Call(
        "GET",
        "/plan",
        "The plan of the next two days: what each device is to do in each quarter-hour, why, and what that saves.",
        schema_plan.PlanInfo,
    ),
    Call(
        "POST",
        "/plan/what-if",
        "What it would cost if something were otherwise: both plans are made anew, nothing is changed.",
        schema_plan.WhatIfAnswer,
        body=schema_plan.WhatIfRequest,
        problems=(*_BODY, 503),
    ),
    Call(
        "POST",
        "/plan/what-if/past",
        "What a change would have cost or saved in the last hundred days of the house, month by month.",
        schema_plan.WhatIfPastAnswer,
        body=schema_plan.WhatIfRequest,
        problems=(*_BODY, 503),
    ),
    Call(
        "GET",
        "/plan/marginal",
        "What a run of a load would cost at each start: now or later.",
        schema_plan.RunCosts,
        query=(
            Query("power_w", "what it draws, W", "number"),
            Query("duration_s", "how long it runs, s", "number"),
            Query("from", "not before; now when left out", "time"),
            Query("to", "done by; the end of the plan when left out", "time"),
        ),
        problems=(400, 503),
    ),
    Call(
        "GET",
        "/regret",
        "What each day cost more than it had to, and why, per day and month; the last year when left out.",
        schema_plan.Regret,
        query=(_FROM, _TO),
        problems=(400, 503),
    ),
    Call("GET", "/forecast", "What the house will use, the panels make, and power cost.", schema_plan.Forecasts),
    Call(
        "GET",
        "/forecast/score",
        "How well each forecaster did in the last weeks, against the day before.",
        schema_plan.Scores,
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
