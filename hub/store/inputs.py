"""The inputs of the core that no column holds, in the order of its steps, within a budget; the newest memory of it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import orjson

from hub.errors import ShemsError
from hub.store.database import Database

FLUSH_S = 10.0
_PRUNE = """DELETE FROM input WHERE kind != 'house' AND t < ?
    AND id != coalesce((SELECT max(id) FROM input WHERE kind = 'plan' AND t < ?), 0)"""
_HOUSES = """DELETE FROM input WHERE kind = 'house' AND json_extract(json, '$.key') NOT IN
    (SELECT json_extract(json, '$.house') FROM input WHERE kind = 'frame')"""
_QUARTER = """SELECT t FROM input WHERE kind = 'frame' ORDER BY t
    LIMIT 1 OFFSET (SELECT count(*) / 4 FROM input WHERE kind = 'frame')"""


@dataclass(frozen=True, slots=True)
class InputRow:
    """`t`: UTC ms of the step it belongs to."""

    t: int
    kind: str
    data: Mapping[str, Any]


class Inputs:
    """Rows are durable with the next flush, urgent ones at once; the oldest quarter goes when the budget is used up."""

    def __init__(self, db: Database, budget: int) -> None:
        self._db = db
        self._budget = budget
        self._waiting: list[InputRow] = []
        self._urgent = asyncio.Event()

    def later(self, t: int, kind: str, data: Mapping[str, Any]) -> None:
        """`data` as JSON may hold it."""
        self._waiting.append(InputRow(t, kind, data))
        del self._waiting[:-10_000]

    def soon(self, t: int, kind: str, data: Mapping[str, Any]) -> None:
        """Durable as soon as `keep` has the disk, with all that waited before it."""
        self.later(t, kind, data)
        self._urgent.set()

    async def flush(self) -> None:
        """Raises ShemsError; what could not be written goes on waiting."""
        rows = list(self._waiting)
        if not rows:
            return
        sql = "INSERT INTO input (t, kind, json) VALUES (?, ?, ?)"
        await self._db.write(*((sql, (r.t, r.kind, orjson.dumps(r.data).decode())) for r in rows))
        written = set(map(id, rows))
        self._waiting = [r for r in self._waiting if id(r) not in written]
        if any(r.kind == "frame" for r in rows):
            await self._prune()

    async def keep(self) -> None:
        """Flushes every FLUSH_S and when something is urgent; runs as long as the house does.

        A failure is tried again; the journal tells of it.
        """
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(FLUSH_S):
                    await self._urgent.wait()
            self._urgent.clear()
            try:
                await self.flush()
            except ShemsError:
                continue

    async def memory(self) -> Mapping[str, Any] | None:
        """What the core knew last, as plain data."""
        sql = "SELECT json FROM input WHERE kind IN ('memory', 'frame') ORDER BY id DESC LIMIT 1"
        row = await self._db.row(sql)
        kept: Mapping[str, Any] | None = orjson.loads(row[0])["memory"] if row else None
        return kept

    async def _prune(self) -> None:
        row = await self._db.row("SELECT sum(length(json) + 40) FROM input")
        if row and (row[0] or 0) > self._budget:
            oldest = await self._db.row(_QUARTER)
            if oldest:
                await self._db.write((_PRUNE, (oldest[0], oldest[0])), (_HOUSES, ()))
