"""The recorded past: buckets of one or several points on an even grid or by local time, gaps as null, JSON or CSV."""

from __future__ import annotations

import math
from collections.abc import Container, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from io import BytesIO
from zoneinfo import ZoneInfo

import numpy as np
from aiohttp import web

from hub.model import quantity
from hub.store.ring import Buckets, Querier
from hub.store.ring.buckets import Grid
from hub.store.ring.civil import PERIODS, edges
from hub.store.ring.levels import HOUR, QUARTER, SECOND
from hub.store.ring.parquet import NoPackage, needed, written
from hub.store.ring.reader import PARTS
from hub.web.problems import ProblemError, count, instant
from hub.web.reply import kept_or, told
from hub.web.rooms import ROOMS

DAY_MS = 86_400_000
MAX_BUCKETS = 400_000
MAX_READ = 40 * 86_400
"""Values as they are kept (seconds, minutes, quarters, hours or days) that one answer may be made of."""
MAX_STEP_S = 366 * 86_400
MAX_WIDTH = 10_000
FIELDS = ("mean", "min", "max", "last")
COUNT = "count"
"""How many values a bucket was made of: only where it is asked for."""
FORMATS = {"json": "application/json", "csv": "text/csv", "parquet": "application/vnd.apache.parquet"}
LADDER_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400)
"""What `step=auto` chooses from, so that neighbouring questions fall on the same buckets."""


@dataclass(frozen=True, slots=True)
class Asked:
    """`step`: seconds, a period of local time, a part of a second, or auto. `form`: of FORMATS."""

    points: list[str]
    start: int
    end: int
    step: int | str
    width: int
    fields: Sequence[str]
    form: str
    one: bool


async def history(request: web.Request) -> web.StreamResponse:
    rooms = request.app[ROOMS]
    asked = _asked(request, await known_points(request), rooms.clock.now())
    zone = ZoneInfo(rooms.site.timezone)
    texts = {p for p in asked.points if quantity(p.partition(".")[2]).choices}
    if asked.step == "auto":
        asked = replace(asked, step=await rooms.history.ask(lambda querier: _seconds(querier, asked)))
    whole, kind = _whole(asked, zone), FORMATS[asked.form]
    return await kept_or(
        request, asked.points, whole, kind, lambda querier: (_answer(querier, asked, zone, texts), True)
    )


async def known_points(request: web.Request) -> Container[str]:
    """The house's points, and those that are asked for and kept of devices that it has no more."""
    rooms = request.app[ROOMS]
    named = [request.query.get("point", ""), *request.query.get("points", "").split(",")]
    missing = {p for p in named if p} - rooms.board.points.keys()
    if not missing:
        return rooms.board.points
    return rooms.board.points.keys() | await rooms.history.ask(lambda querier: {p for p in missing if querier.holds(p)})


def _answer(querier: Querier, asked: Asked, zone: ZoneInfo, texts: Set[str]) -> bytes:
    """`texts`: the points whose values are words."""
    if asked.step in PERIODS:
        cut = edges(asked.start // 1000, -(-asked.end // 1000), str(asked.step), zone)
        _affordable(asked, len(cut) - 1, int(cut[-1] - cut[0]) // (QUARTER if (cut % HOUR).any() else HOUR))
        step_ms, series = 0, querier.periods(asked.points, cut)
    else:
        step_ms = PARTS.get(str(asked.step)) or 1000 * int(asked.step)
        _affordable(asked, (asked.end - asked.start) / step_ms, _read(asked, max(step_ms // 1000, SECOND)))
        series = querier.query(asked.points, asked.start, asked.end, step_ms)
    if asked.form == "csv":
        return _csv(asked, series).encode()
    if asked.form == "parquet":
        return _parquet(asked, series, texts)
    arrays = {p: _arrays(series[p], asked.fields) for p in asked.points}
    found = arrays[asked.points[0]] if asked.one else {"series": arrays}
    return told({"step_ms": step_ms, **found})


def _affordable(asked: Asked, buckets: float, read: int) -> None:
    """`buckets`, `read`: of each point, that come out and that they are made of. Raises ProblemError for too many."""
    if buckets * len(asked.points) > MAX_BUCKETS:
        detail = f"more than {MAX_BUCKETS} values; ask for a larger step or a shorter range"
        raise ProblemError(400, "Too many buckets", detail, "step")
    if read * len(asked.points) > MAX_READ:
        detail = (
            f"more than {MAX_READ} kept values would have to be read; ask for a step of whole minutes, hours or days "
            "(a multiple of 60, 3600 or 86400), a shorter range or fewer points"
        )
        raise ProblemError(400, "Too much to read", detail, "step")


def _read(asked: Asked, step: int) -> int:
    """How many values of one point, as they are kept, buckets of `step` seconds are made of."""
    buckets = -(-asked.end // (step * 1000)) - asked.start // (step * 1000)
    level = Grid(0, step, step).level
    return buckets * step // (level.step if level else SECOND)


def _seconds(querier: Querier, asked: Asked) -> int:
    """The finest step of the ladder with no more buckets than `width`, at which all is kept that the points have."""
    wide = [s for s in LADDER_S if s * 1000 * asked.width >= asked.end - asked.start] or [LADDER_S[-1]]
    finest = querier.finest_of(asked.points, asked.start, asked.end, wide[0])
    affordable = (s for s in wide if _read(asked, s) * len(asked.points) <= MAX_READ)
    return next((s for s in affordable if s >= finest), LADDER_S[-1])


def _whole(asked: Asked, zone: ZoneInfo) -> int:
    """Where the last bucket ends, UTC ms."""
    if asked.step in PERIODS:
        end = -(-asked.end // 1000)
        return int(edges(end - 1, end, str(asked.step), zone)[-1]) * 1000
    step_ms = 1000 if asked.step in PARTS else 1000 * int(asked.step)
    return -(-asked.end // step_ms) * step_ms


def _asked(request: web.Request, known: Container[str], now: int) -> Asked:
    points = named_points(request, known)
    end = instant(request, "to", now)
    start = instant(request, "from", end - DAY_MS)
    if start >= end:
        raise ProblemError(400, "Empty range", "`from` must be before `to`", "from")
    width = count(request, "width", 1000, MAX_WIDTH)
    return Asked(
        points, start, end, _step(request), width, _fields(request), _form(request), bool(request.query.get("point"))
    )


def named_points(request: web.Request, known: Container[str]) -> list[str]:
    """What `point=` or `points=` names; raises ProblemError for none, both, or one that is not known."""
    one, several = request.query.get("point"), request.query.get("points")
    if one and several:
        raise ProblemError(400, "Both", "`point` and `points` are both given; leave one out", "points")
    if not one and not several:
        raise ProblemError(400, "No point", "name one with `point=`, or several with `points=a,b`", "point")
    points = [one] if one else list(dict.fromkeys((several or "").split(",")))
    for p in points:
        if p not in known:
            raise ProblemError(404, "Unknown point", f"there is no point {p!r}; see /api/v1/points", "point")
    return points


def _step(request: web.Request) -> int | str:
    found = request.query.get("step", "60")
    if found == "raw":
        return 1
    return found if found in (*PERIODS, *PARTS, "auto") else count(request, "step", 60, MAX_STEP_S)


def _form(request: web.Request) -> str:
    found = request.query.get("format", "json")
    if found not in FORMATS:
        raise ProblemError(400, "Bad format", f"format is one of {', '.join(FORMATS)}", "format")
    if found == "parquet":
        try:
            needed()
        except NoPackage as e:
            raise ProblemError(406, "No Parquet here", str(e), "format") from None
    return found


def _fields(request: web.Request) -> Sequence[str]:
    """The arrays that are wanted beside `t`."""
    if "fields" not in request.query:
        return FIELDS
    if _form(request) == "csv" and request.query["fields"] != COUNT:
        detail = "a CSV table has one value of each point, and with `fields=count` how many it was made of"
        raise ProblemError(400, "Bad fields", f"{detail}; leave out `fields` or `format=csv`", "fields")
    found = request.query["fields"].split(",")
    for f in found:
        if f not in (*FIELDS, COUNT):
            raise ProblemError(400, "Bad fields", f"{f!r} is none of {', '.join((*FIELDS, COUNT))}", "fields")
    return found


def _arrays(series: Buckets, fields: Sequence[str]) -> dict[str, object]:
    return {"t": series.t, **{f: getattr(series, f) for f in fields}}


def _csv(asked: Asked, series: Mapping[str, Buckets]) -> str:
    """Means, and the last value of what has none: counters, states and words. All series lie on one grid."""
    counted = asked.points if COUNT in asked.fields else []
    columns = [_one(series[p]) for p in asked.points] + [series[p].count.tolist() for p in counted]
    lines = [",".join(("time", *asked.points, *(f"count of {p}" for p in counted)))]
    for k, t in enumerate(series[asked.points[0]].t.tolist()):
        lines.append(",".join((_iso(t), *(_cell(c[k]) for c in columns))))
    return "\r\n".join(lines) + "\r\n"


def _one(buckets: Buckets) -> Sequence[object]:
    last = buckets.last
    return last if isinstance(last, list) else np.where(np.isnan(buckets.mean), last, buckets.mean).tolist()


def _parquet(asked: Asked, series: Mapping[str, Buckets], texts: Set[str]) -> bytes:
    """As `shems history --parquet` writes it."""
    told = {f"{p}.{f}": getattr(series[p], f) for p in asked.points for f in asked.fields}
    columns = {name: name.endswith(".last") and name.removesuffix(".last") in texts for name in told}
    out = BytesIO()
    with written(out, columns) as put:
        put(series[asked.points[0]].t.tolist(), told)
    return out.getvalue()


def _cell(value: object) -> str:
    return "" if value is None or (isinstance(value, float) and math.isnan(value)) else str(value)


def _iso(t: int) -> str:
    return datetime.fromtimestamp(t / 1000, UTC).isoformat(timespec="milliseconds" if t % 1000 else "seconds")


ROUTES = (("GET", "/history", history),)
