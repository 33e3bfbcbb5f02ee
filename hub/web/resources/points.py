"""The latest value of every point."""

from __future__ import annotations

from collections.abc import Iterable

from aiohttp import web

from hub.live import Board
from hub.web.problems import json_response
from hub.web.rooms import ROOMS
from hub.web.schema import PointState


def states(board: Board, points: Iterable[str] | None = None) -> dict[str, PointState]:
    """Point states as the wire has them. A stale or invalid value is null: nobody can mistake it for a number."""
    return {p: {"v": r.value, "t": r.at, "q": r.quality} for p, r in board.snapshot(points).items()}  # type: ignore[typeddict-item]


async def points(request: web.Request) -> web.Response:
    rooms = request.app[ROOMS]
    return json_response({"t": rooms.clock.now(), "points": states(rooms.board)})


ROUTES = (("GET", "/points", points),)
