"""The live web socket: full state first, then numbered changes. A slow client is dropped, not waited for.

All clients are told at the same ticks, so that a frame is encoded once for all of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import orjson
from aiohttp import WSCloseCode, WSMsgType, web

from hub.live import Board, Subscription
from hub.web.resources.points import states
from hub.web.rooms import ROOMS

TICK_S = 0.1
SEND_WITHIN_S = 10.0


class Frames:
    """Point states as JSON; the same points of the same state are encoded once."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._made_of: tuple[int, frozenset[str]] = (-1, frozenset())
        self._made = b""

    def points(self, points: Iterable[str]) -> bytes:
        wanted = (self._board.changes, frozenset(points))
        if wanted != self._made_of:
            self._made_of, self._made = wanted, orjson.dumps(states(self._board, sorted(wanted[1])))
        return self._made


FRAMES = web.AppKey("frames", Frames)


async def live(request: web.Request) -> web.WebSocketResponse:
    board, frames = request.app[ROOMS].board, request.app[FRAMES]
    socket = web.WebSocketResponse(heartbeat=25, compress=False)
    await socket.prepare(request)
    with board.subscribe() as changes:
        async with asyncio.TaskGroup() as tasks:
            sender = tasks.create_task(_send(socket, board, frames, changes))
            async for _message in socket:
                pass
            sender.cancel()
    return socket


async def _send(socket: web.WebSocketResponse, board: Board, frames: Frames, changes: Subscription) -> None:
    try:
        await _frame(socket, b"state", 0, frames.points(board.points))
        seq = 0
        while True:
            changed = await changes.settled(TICK_S)
            seq += 1
            await _frame(socket, b"change", seq, frames.points(changed))
    except TimeoutError:
        await socket.close(code=WSCloseCode.TRY_AGAIN_LATER, message=b"too slow: reconnect for the full state")
    except ConnectionError:
        return


async def _frame(socket: web.WebSocketResponse, kind: bytes, seq: int, points: bytes) -> None:
    async with asyncio.timeout(SEND_WITHIN_S):
        await socket.send_frame(b'{"type":"%b","seq":%d,"points":%b}' % (kind, seq, points), WSMsgType.TEXT)


ROUTES = (("GET", "/live", live),)
