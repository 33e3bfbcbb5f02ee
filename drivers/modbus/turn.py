"""Whose turn it is on a link: one request in flight, urgent ones first, the others in the order they came."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Turns:
    """A lock with two classes of waiters. An urgent arrival shortens the holder's scope to `grace_s`."""

    def __init__(self, grace_s: float) -> None:
        self._grace_s = grace_s
        self._waiting: list[tuple[bool, int, asyncio.Future[None]]] = []
        self._order = itertools.count()
        self._busy = False
        self._scope: asyncio.Timeout | None = None

    @asynccontextmanager
    async def turn(self, urgent: bool) -> AsyncIterator[None]:
        """Hold the link. A turn that is not urgent ends with TimeoutError when an urgent one has waited its grace."""
        await self._acquire(urgent)
        try:
            async with asyncio.timeout(None) as scope:
                if not urgent:
                    self._scope = scope
                    self._shorten(any(waits for not_urgent, _, waits in self._waiting if not not_urgent))
                yield
        finally:
            self._scope = None
            self._release()

    async def _acquire(self, urgent: bool) -> None:
        if not self._busy:
            self._busy = True
            return
        self._shorten(urgent)
        waits: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (not urgent, next(self._order), waits))
        try:
            await waits
        except asyncio.CancelledError:
            if waits.done() and not waits.cancelled():
                self._release()
            raise

    def _shorten(self, urgent: bool) -> None:
        if urgent and self._scope is not None and self._scope.when() is None:
            self._scope.reschedule(asyncio.get_running_loop().time() + self._grace_s)

    def _release(self) -> None:
        while self._waiting:
            waits = heapq.heappop(self._waiting)[2]
            if not waits.done():
                waits.set_result(None)
                return
        self._busy = False
