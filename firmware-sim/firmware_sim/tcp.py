"""A TCP port of a device: keeps its number, and closes and reopens with the device's drop fault."""

import asyncio
import socket
from collections.abc import Awaitable, Callable

Conversation = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
LOOK_S = 0.05


class TcpPort:
    def __init__(self, talk: Conversation, dropped: Callable[[], bool]) -> None:
        self._talk = talk
        self._dropped = dropped
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self.port = 0

    @property
    def link(self) -> str:
        return f"tcp://127.0.0.1:{self.port}"

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    def close(self) -> None:
        if self._server is not None:
            self._server.close()
        self._server = None
        for writer in list(self._writers):
            writer.transport.abort()

    async def run(self) -> None:
        """Follow the fault until cancelled."""
        try:
            while True:
                await self._follow()
                await asyncio.sleep(LOOK_S)
        finally:
            self.close()

    async def _follow(self) -> None:
        if self._dropped():
            self.close()
        elif self._server is None:
            try:
                await self.open()
            except OSError:
                self._server = None  # the number is in use for a moment; the next look tries again

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._writers.add(writer)
        try:
            await self._talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client went away
        finally:
            self._writers.discard(writer)
            writer.close()
