"""The HTTP port of a device, and the WebSocket behind it."""

import asyncio
import random
from typing import NoReturn

from aiohttp import WSMsgType, web

from ..fault import SLOW_S, Kind
from ..port import Port
from .device import Asked, HttpDevice, Talk, Talker

TICK_S = 0.2
_LARGEST = 65_536


class HttpPort(Port):
    scheme = "http"

    def __init__(self, device: HttpDevice) -> None:
        super().__init__(lambda: device.fault.kind is Kind.DROP)
        self._device = device
        self._listening: asyncio.Server | None = None
        self._web: web.Server | None = None

    async def open(self) -> None:
        # a request that its client has given up is given up here too, so that silence ends
        self._web = web.Server(self._handle, handler_cancellation=True, access_log=None)
        self._listening = await asyncio.get_running_loop().create_server(self._web, "127.0.0.1", self.port)
        self.port = self._listening.sockets[0].getsockname()[1]

    def close(self) -> None:
        if self._listening is not None:
            self._listening.close()
        for connection in self._web.connections if self._web else ():
            connection.force_close()
        self._listening = self._web = None

    @property
    def is_open(self) -> bool:
        return self._listening is not None

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        device = self._device
        if isinstance(device, Talker) and request.path == device.socket_path and "upgrade" in request.headers:
            return await self._converse(request, device.talk())
        headers = {name.lower(): value for name, value in request.headers.items()}
        asked = Asked(request.method, request.path_qs, await request.content.read(_LARGEST), headers)
        reply = await device.respond(asked)
        if reply is None:
            return await _silence()
        if device.fault.kind is Kind.GARBAGE:
            return web.Response(body=random.randbytes(64), content_type="application/json")
        if isinstance(reply.content, str):
            return web.Response(text=reply.content, status=reply.status, headers=reply.headers)
        return web.json_response(reply.content, status=reply.status, headers=reply.headers)

    async def _converse(self, request: web.BaseRequest, talk: Talk) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        telling = asyncio.create_task(self._tell(socket, talk))
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    if self._device.fault.kind is Kind.SLOW:
                        await asyncio.sleep(SLOW_S)
                    await self._send(socket, talk.heard(message.data))
        except ConnectionError:
            pass  # the client went away
        finally:
            telling.cancel()
        return socket

    async def _tell(self, socket: web.WebSocketResponse, talk: Talk) -> None:
        while not socket.closed:
            try:
                await self._send(socket, talk.tick())
            except ConnectionError:
                return
            await asyncio.sleep(TICK_S)

    async def _send(self, socket: web.WebSocketResponse, frames: list[str]) -> None:
        for frame in frames:
            kind = self._device.fault.kind
            if kind in (Kind.SILENT, Kind.DROP):
                return
            await socket.send_str(random.randbytes(32).hex() if kind is Kind.GARBAGE else frame)


async def _silence() -> NoReturn:
    """Until the client has had enough of it."""
    never: asyncio.Future[NoReturn] = asyncio.get_running_loop().create_future()
    await never
