"""A TCP port of a device."""

import asyncio
import socket
from collections.abc import Awaitable, Callable

from .port import Port

Conversation = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class TcpPort(Port):
    scheme = "tcp"

    def __init__(self, talk: Conversation, dropped: Callable[[], bool]) -> None:
        super().__init__(dropped)
        self._talk = talk
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    def close(self) -> None:
        if self._server is not None:
            self._server.close()
        self._server = None
        for writer in list(self._writers):
            writer.transport.abort()

    @property
    def is_open(self) -> bool:
        return self._server is not None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._writers.add(writer)
        try:
            await self._talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client went away
        except asyncio.CancelledError:
            pass  # the house ends in the middle of a talk, of which asyncio would make an error
        finally:
            self._writers.discard(writer)
            writer.close()
