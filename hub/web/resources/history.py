"""The recorded past: buckets of one or several points, gaps as null, JSON or CSV."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from aiohttp import web

from hub.store.ring import Buckets
from hub.web.problems import ProblemError, count, instant, json_response
from hub.web.rooms import ROOMS

DAY_MS = 86_400_000
MAX_BUCKETS = 400_000
MAX_STEP_S = 366 * 86_400
FIELDS = ("mean", "min", "max", "last")


async def history(request: web.Request) -> web.Response:
    rooms = request.app[ROOMS]
    points = _points(request, rooms.board.points)
    end = instant(request, "to", rooms.clock.now())
    start = instant(request, "from", end - DAY_MS)
    if start >= end:
        raise ProblemError(400, "Empty range", "`from` must be before `to`", "from")
    step = _step_ms(request)
    if (end - start) / (step or 1000) * len(points) > MAX_BUCKETS:
        raise ProblemError(
            400, "Too many buckets", f"more than {MAX_BUCKETS} values; ask for a larger step or a shorter range", "step"
        )
    as_csv, fields = _as_csv(request), _fields(request)
    series = await rooms.history.query(points, start, end, step)
    if as_csv:
        return web.Response(text=_csv(points, series), content_type="text/csv")
    asked = {p: _told(series[p], fields) for p in points}
    found = asked[points[0]] if request.query.get("point") else {"series": asked}
    return json_response({"step_ms": step or 1000, **found})


def _points(request: web.Request, known: Mapping[str, object]) -> list[str]:
    one, several = request.query.get("point"), request.query.get("points")
    if bool(one) == bool(several):
        raise ProblemError(400, "No point", "name one with `point=`, or several with `points=a,b`", "point")
    points = [one] if one else list(dict.fromkeys((several or "").split(",")))
    for p in points:
        if p not in known:
            raise ProblemError(404, "Unknown point", f"there is no point {p!r}; see /api/v1/points", "point")
    return points


def _step_ms(request: web.Request) -> int | None:
    """None = as stored."""
    return None if request.query.get("step") == "raw" else count(request, "step", 60, MAX_STEP_S) * 1000


def _as_csv(request: web.Request) -> bool:
    found = request.query.get("format", "json")
    if found not in ("json", "csv"):
        raise ProblemError(400, "Bad format", "format is json or csv", "format")
    return found == "csv"


def _fields(request: web.Request) -> Sequence[str]:
    """The arrays that are wanted beside `t`."""
    if "fields" not in request.query:
        return FIELDS
    if _as_csv(request):
        raise ProblemError(
            400, "Bad fields", "a CSV table has the last values; leave out `fields` or `format=csv`", "fields"
        )
    found = request.query["fields"].split(",")
    for f in found:
        if f not in FIELDS:
            raise ProblemError(400, "Bad fields", f"{f!r} is none of {', '.join(FIELDS)}", "fields")
    return found


def _told(series: Buckets, fields: Sequence[str]) -> dict[str, object]:
    return {"t": series.t, **{f: getattr(series, f) for f in fields}}


def _csv(points: Sequence[str], series: Mapping[str, Buckets]) -> str:
    """The last values; all series lie on one grid."""
    columns = [series[p].last for p in points]
    lines = [",".join(("time", *points))]
    for k, t in enumerate(series[points[0]].t.tolist()):
        lines.append(",".join((_iso(t), *(_cell(c[k]) for c in columns))))
    return "\r\n".join(lines) + "\r\n"


def _cell(value: object) -> str:
    return "" if value is None or (isinstance(value, float) and math.isnan(value)) else str(value)


def _iso(t: int) -> str:
    return datetime.fromtimestamp(t / 1000, UTC).isoformat(timespec="seconds")


ROUTES = (("GET", "/history", history),)
