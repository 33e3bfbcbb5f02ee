"""The live web socket: full state first, then numbered changes. A slow client is dropped, not waited for."""

from __future__ import annotations

import asyncio

import orjson
from aiohttp import WSCloseCode, web

from hub.live import Subscription
from hub.web.resources.points import states
from hub.web.rooms import ROOMS, Rooms

GATHER_S = 0.05
SEND_WITHIN_S = 10.0


async def live(request: web.Request) -> web.WebSocketResponse:
    rooms = request.app[ROOMS]
    socket = web.WebSocketResponse(heartbeat=25, compress=False)
    await socket.prepare(request)
    with rooms.board.subscribe() as changes:
        async with asyncio.TaskGroup() as tasks:
            sender = tasks.create_task(_send(socket, rooms, changes))
            async for _message in socket:
                pass
            sender.cancel()
    return socket


async def _send(socket: web.WebSocketResponse, rooms: Rooms, changes: Subscription) -> None:
    try:
        await _frame(socket, {"type": "state", "seq": 0, "points": states(rooms.board)})
        seq = 0
        while True:
            changed = await changes.get()
            await asyncio.sleep(GATHER_S)
            seq += 1
            await _frame(socket, {"type": "change", "seq": seq, "points": states(rooms.board, changed)})
    except TimeoutError:
        await socket.close(code=WSCloseCode.TRY_AGAIN_LATER, message=b"too slow: reconnect for the full state")
    except ConnectionError:
        return


async def _frame(socket: web.WebSocketResponse, data: object) -> None:
    async with asyncio.timeout(SEND_WITHIN_S):
        await socket.send_str(orjson.dumps(data).decode())


ROUTES = (("GET", "/live", live),)
