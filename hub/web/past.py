"""The history as the HTTP edge asks for it: in a pool thread, as JSON-ready series."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from hub.store.history import Querier
from hub.web.schema import Series


class Past:
    """One pool thread: long queries wait for each other, never for the control loop."""

    def __init__(self, querier: Querier) -> None:
        self._querier = querier
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="history-reader")

    async def query(self, points: Sequence[str], start: int, end: int, step_ms: int | None) -> dict[str, Series]:
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(self._pool, self._querier.query, points, start, end, step_ms)
        return {p: {"t": b.t, "mean": b.mean, "min": b.min, "max": b.max, "last": b.last} for p, b in found.items()}

    def close(self) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)
