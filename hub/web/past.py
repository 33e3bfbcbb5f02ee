"""The history as the HTTP edge asks for it: in a pool thread."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from hub.store.foreign.points import former
from hub.store.ring import Querier, Ring, Storage

T = TypeVar("T")


class Past:
    """One pool thread: long queries wait for each other, never for the control loop.

    What `resolve` does not know may be the point of a device that the house has no more.
    """

    def __init__(self, ring: Ring, resolve: Callable[[str], str | None]) -> None:
        self._ring = ring
        self._reader = ring.reader(lambda point: resolve(point) or _former(point))
        self._run = secrets.token_hex(4)
        """what the ring counts begins anew with each run, and between two anything may have changed"""
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="history-reader")

    async def ask(self, make: Callable[[Querier], T]) -> T:
        """What `make` makes of the history, in the pool thread."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, make, self._reader)

    async def storage(self) -> Storage:
        return await self.ask(lambda _: self._ring.storage(self._reader))

    def version(self, end_ms: int) -> str:
        """What is known up to `end_ms` (UTC ms) is the same as long as this is."""
        last = min(self._ring.last_ms, end_ms)
        return "-".join(map(str, (self._run, *self._ring.version, last)))

    def close(self) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)


def _former(point: str) -> str | None:
    found = former(point)
    return found.series if found else None
