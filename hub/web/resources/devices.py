"""What the house consists of, and how each link is doing."""

from __future__ import annotations

from aiohttp import web

from hub.live import Board
from hub.model import CommandSpec, Device, Point
from hub.web.problems import ProblemError, json_response
from hub.web.rooms import ROOMS
from hub.web.schema import CommandInfo, DeviceInfo, PointInfo


async def devices(request: web.Request) -> web.Response:
    board = request.app[ROOMS].board
    return json_response({"devices": [_device(board, d) for d in board.devices.values()]})


async def device(request: web.Request) -> web.Response:
    board = request.app[ROOMS].board
    found = board.devices.get(request.match_info["id"])
    if found is None:
        raise ProblemError(
            404, "Unknown device", f"there is no device {request.match_info['id']!r}; see /api/v1/devices", "id"
        )
    return json_response(_device(board, found))


def _device(board: Board, d: Device) -> DeviceInfo:
    link = board.links[d.id]
    return {
        "id": d.id,
        "uid": d.uid,
        "role": d.role.value,
        "vendor": d.vendor,
        "model": d.model,
        "serial": d.serial,
        "firmware": d.firmware,
        "behind": d.behind,
        "link": {
            "driver": d.link.driver,
            "address": d.link.address,
            "state": link.state.value,
            "since": link.since,
            "reason": link.reason,
        },
        "points": [_point(p) for p in d.points],
        "commands": [_command(board, c) for c in d.commands],
    }


def _point(p: Point) -> PointInfo:
    return {
        "id": p.id,
        "quantity": p.quantity.name,
        "unit": p.quantity.unit,
        "kind": p.quantity.kind.value,
        "writable": p.writable,
    }


def _command(board: Board, c: CommandSpec) -> CommandInfo:
    return {
        "point": c.point,
        "unit": board.points[c.point].quantity.unit,
        "low": c.low,
        "high": c.high,
        "step": c.step,
        "choices": list(c.choices),
        "settle_ms": c.settle_ms,
    }


ROUTES = (("GET", "/devices", devices), ("GET", "/devices/{id}", device))
