"""A UDP port of a device: each datagram is answered with one, or with none."""

import asyncio
from collections.abc import Awaitable, Callable

from .port import Port

Address = tuple[str, int]
Answer = Callable[[bytes], Awaitable[bytes | None]]


class UdpPort(Port):
    """Nobody listens while the device is dropped: the network says so to whoever asks."""

    scheme = "udp"

    def __init__(self, answer: Answer, dropped: Callable[[], bool]) -> None:
        super().__init__(dropped)
        self._answer = answer
        self._transport: asyncio.DatagramTransport | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        loop = asyncio.get_running_loop()
        local = ("127.0.0.1", self.port)
        self._transport, _ = await loop.create_datagram_endpoint(lambda: _Ear(self._heard), local_addr=local)
        self.port = self._transport.get_extra_info("sockname")[1]

    def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        if self._transport is not None:
            self._transport.abort()
        self._transport = None

    @property
    def is_open(self) -> bool:
        return self._transport is not None

    def _heard(self, data: bytes, whence: Address) -> None:
        task = asyncio.create_task(self._reply(data, whence))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _reply(self, data: bytes, whence: Address) -> None:
        answer = await self._answer(data)
        if answer is not None and self._transport is not None:
            self._transport.sendto(answer, whence)


class _Ear(asyncio.DatagramProtocol):
    def __init__(self, heard: Callable[[bytes, Address], None]) -> None:
        self._heard = heard

    def datagram_received(self, data: bytes, addr: Address) -> None:
        self._heard(data, addr)
