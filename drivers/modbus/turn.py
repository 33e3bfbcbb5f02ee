"""Whose turn it is on a link: one request in flight, urgent ones first, idle ones last, else in the order they came."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

_URGENT, _NORMAL, _IDLE = range(3)


class Turns:
    """A lock with three classes of waiters. An urgent arrival shortens the holder's scope to `grace_s`."""

    def __init__(self, grace_s: float) -> None:
        self._grace_s = grace_s
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._order = itertools.count()
        self._busy = False
        self._reservations = 0
        self._scope: asyncio.Timeout | None = None

    @contextmanager
    def reserved(self) -> Iterator[None]:
        """Until this ends, only urgent ones have a turn: what belongs together is not held up by a read in between."""
        self._reservations += 1
        try:
            yield
        finally:
            self._reservations -= 1
            self._next()

    @asynccontextmanager
    async def turn(self, urgent: bool, idle: bool = False) -> AsyncIterator[None]:
        """Hold the link. A turn that is not urgent ends with TimeoutError when an urgent one has waited its grace.

        An `idle` one is had when nobody else wants one.
        """
        await self._acquire(_URGENT if urgent else _IDLE if idle else _NORMAL)
        try:
            if urgent:
                yield
                return
            async with asyncio.timeout(None) as self._scope:
                self._shorten(any(rank == _URGENT for rank, _, _ in self._waiting))
                yield
        finally:
            self._scope = None
            self._release()

    async def _acquire(self, rank: int) -> None:
        if not self._busy and (rank == _URGENT or not self._reservations):
            self._busy = True
            return
        self._shorten(rank == _URGENT)
        waits: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (rank, next(self._order), waits))
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
        self._busy = False
        self._next()

    def _next(self) -> None:
        while self._waiting and not self._busy:
            rank, _, waits = self._waiting[0]
            if self._reservations and rank != _URGENT:
                return
            heapq.heappop(self._waiting)
            if not waits.done():
                waits.set_result(None)
                self._busy = True
