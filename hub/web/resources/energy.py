"""What flowed, by quarter-hours, hours, days, weeks, months and years of local time; and what the history takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from zoneinfo import ZoneInfo

import numpy as np
from aiohttp import web
from numpy.typing import NDArray

from hub.model import quantity
from hub.store.ring import Querier
from hub.store.ring.civil import PERIODS, edges
from hub.store.ring.energy import EXACT_S, Mark
from hub.store.ring.wear import card_years
from hub.web.problems import ProblemError, instant, json_response
from hub.web.reply import kept_or, told
from hub.web.resources.history import DAY_MS, known_points, named_points
from hub.web.rooms import ROOMS

QUARTER_MS = 900_000
MAX_QUARTERS = 2_000_000
"""Quarter-hours that one answer may be summed from: ten points of five years."""


async def energy(request: web.Request) -> web.StreamResponse:
    rooms = request.app[ROOMS]
    points = named_points(request, await known_points(request))
    end = instant(request, "to", rooms.clock.now())
    start = instant(request, "from", end - DAY_MS)
    step = request.query.get("step", "day")
    if step not in PERIODS:
        raise ProblemError(400, "Bad step", f"step is one of {', '.join(PERIODS)}", "step")
    if start >= end:
        raise ProblemError(400, "Empty range", "`from` must be before `to`", "from")
    if (end - start) / QUARTER_MS * len(points) > MAX_QUARTERS:
        raise ProblemError(400, "Too much", "too many points for so long a range; ask for less of one", "points")
    cut = edges(start // 1000, -(-end // 1000), step, ZoneInfo(rooms.site.timezone))
    units = {p: quantity(p.partition(".")[2]).unit for p in points}
    whole, kind = (int(cut[-1]) + EXACT_S) * 1000, "application/json"
    return await kept_or(request, points, whole, kind, lambda querier: _answer(querier, points, units, step, cut))


def _answer(
    querier: Querier, points: Sequence[str], units: dict[str, str], step: str, cut: NDArray[np.int64]
) -> tuple[bytes, bool]:
    """(the answer, whether it stays so: a counter's next reading tells of a gap that reaches over the last period)."""
    flows = querier.energy(points, cut)
    series = {
        p: {
            "unit": "Wh" if units[p] == "W" else units[p],
            "plus": flow.plus,
            "minus": flow.minus,
            "known": flow.known,
            "marks": flow.marks,
            "since": flow.since,
        }
        for p, flow in flows.items()
    }
    stays = all(flow.known[-1] == 1 and not flow.marks[-1] & Mark.INTERPOLATED for flow in flows.values())
    return told({"step": step, "t": cut[:-1] * 1000, "end": int(cut[-1]) * 1000, "series": series}), stays


async def storage(request: web.Request) -> web.Response:
    rooms = request.app[ROOMS]
    found = await rooms.history.storage()
    a_day = found.device_a_day if found.device_a_day is not None else found.ours_a_day
    years = None if a_day is None else round(card_years(rooms.site.history_card_gb * 1_000_000_000, a_day), 1)
    return json_response(asdict(found) | {"card_years": years})


ROUTES = (("GET", "/energy", energy), ("GET", "/storage", storage))
