"""A device that tells of changes by itself, over a WebSocket: sooner than the next pass, which goes on as before."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Protocol, runtime_checkable

import aiohttp

from drivers.http.session import HttpSession
from hub.model.heard import Heard

log = logging.getLogger(__name__)

_BACKOFF_S = (1.0, 60.0)


@runtime_checkable
class Pushing(Protocol):
    """A kind that can listen."""

    def push_path(self) -> str:
        """Of the WebSocket; "" while there is none, or it is not wanted."""

    def hello(self) -> str:
        """The first frame."""

    def pushed(self, frame: bytes) -> tuple[Heard, str]:
        """What a frame means, and what is sent after it ("" for nothing)."""


async def listen(
    session: HttpSession, kind: Callable[[], object], up: Callable[[], Awaitable[object]], take: Callable[[Heard], None]
) -> None:
    """Lives as long as the unit. Whatever goes wrong here costs only haste, so it is no loss of the device."""
    pause = _BACKOFF_S[0]
    while True:
        await up()
        pushing = kind()
        if isinstance(pushing, Pushing) and pushing.push_path():
            try:
                await _hear(session, pushing, take)
                pause = _BACKOFF_S[0]
            except (aiohttp.ClientError, OSError, TimeoutError) as error:
                log.debug("no push: %s", type(error).__name__)
                pause = min(2 * pause, _BACKOFF_S[1])
        await asyncio.sleep(pause)


async def _hear(session: HttpSession, pushing: Pushing, take: Callable[[Heard], None]) -> None:
    async with session.socket(pushing.push_path()) as socket:
        await socket.send_str(pushing.hello())
        async for message in socket:
            if message.type is not aiohttp.WSMsgType.TEXT:
                continue
            heard, reply = pushing.pushed(message.data.encode())
            take(heard)
            if reply:
                await socket.send_str(reply)
