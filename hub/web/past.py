"""The history as the HTTP edge asks for it: in a pool thread."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from hub.store.ring import Buckets, Querier


class Past:
    """One pool thread: long queries wait for each other, never for the control loop."""

    def __init__(self, querier: Querier) -> None:
        self._querier = querier
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="history-reader")

    async def query(self, points: Sequence[str], start: int, end: int, step_ms: int | None) -> dict[str, Buckets]:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, self._querier.query, points, start, end, step_ms)

    def close(self) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)
