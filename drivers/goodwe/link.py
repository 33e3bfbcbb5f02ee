"""One UDP socket to one inverter: one request in flight, asked again when no answer comes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from drivers.goodwe.frame import Answer, answers
from hub.errors import NoAnswer, Refused

PORT = 8899
_TRIES = 3
_WAIT_S = 1.0


class _Box(asyncio.DatagramProtocol):
    """What has come in, in order; an ICMP error is kept as such."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[bytes | Exception] = asyncio.Queue(64)

    def datagram_received(self, data: bytes, addr: object) -> None:
        self._keep(data)

    def error_received(self, exc: Exception) -> None:
        self._keep(exc)

    def _keep(self, what: bytes | Exception) -> None:
        if not self.heard.full():
            self.heard.put_nowait(what)


class UdpLink:
    """Each try has a socket of its own, so that a late answer to an earlier question finds nobody."""

    def __init__(self, host: str, port: int, wait_s: float = _WAIT_S) -> None:
        self.address = f"{host}:{port}"
        self._peer = (host, port)
        self._wait_s = wait_s
        self._turn = asyncio.Lock()

    async def ask(self, request: bytes, fits: Callable[[Answer], bool]) -> Answer:
        """The first answer that fits. Raises NoAnswer, or Refused with the inverter's reason."""
        async with self._turn:
            for _ in range(_TRIES):
                found = await self._once(request, fits)
                if found is not None:
                    return found
        raise NoAnswer(f"{self.address}: no answer to {_TRIES} requests")

    async def _once(self, request: bytes, fits: Callable[[Answer], bool]) -> Answer | None:
        loop = asyncio.get_running_loop()
        try:
            transport, box = await loop.create_datagram_endpoint(_Box, remote_addr=self._peer)
        except OSError as error:
            raise NoAnswer(f"{self.address}: {error.strerror or 'not reachable'}") from None
        except UnicodeError:
            raise NoAnswer(f"{self.address} is no name that a host can have") from None
        try:
            transport.sendto(request)
            async with asyncio.timeout(self._wait_s):
                return await self._fitting(box, fits)
        except TimeoutError:
            return None
        finally:
            transport.close()

    async def _fitting(self, box: _Box, fits: Callable[[Answer], bool]) -> Answer:
        while True:
            data = await box.heard.get()
            if isinstance(data, Exception):
                raise NoAnswer(f"{self.address}: nobody listens there")
            for answer in answers(data):
                if isinstance(answer, Answer) and fits(answer):
                    if answer.error:
                        raise Refused(f"{self.address}: {answer.error}")
                    return answer
