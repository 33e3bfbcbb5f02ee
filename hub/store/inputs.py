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
_INSERT = "INSERT INTO input (id, t, kind, json) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO NOTHING"
_PRUNE = """DELETE FROM input WHERE kind != 'house' AND t < ?
    AND id != coalesce((SELECT max(id) FROM input WHERE kind = 'plan' AND t < ?), 0)"""
_HOUSES = """DELETE FROM input WHERE kind = 'house'
    AND CASE WHEN json_valid(json) THEN json_extract(json, '$.key') ELSE '' END NOT IN
    (SELECT json_extract(json, '$.house') FROM input WHERE kind = 'frame' AND json_valid(json))"""
_QUARTER = """SELECT t FROM input WHERE kind = 'frame' ORDER BY t
    LIMIT 1 OFFSET (SELECT count(*) / 4 FROM input WHERE kind = 'frame')"""
_MEMORY = "SELECT json FROM input WHERE kind IN ('memory', 'frame') AND json_valid(json) ORDER BY id DESC LIMIT 1"


@dataclass(frozen=True, slots=True)
class InputRow:
    """`n`: how many were noted before it; `t`: UTC ms of the step it belongs to."""

    n: int
    t: int
    kind: str
    data: Mapping[str, Any]


class Inputs:
    """Rows are durable with the next flush, urgent ones at once; the oldest quarter goes when the budget is used up.

    They are numbered when they are noted: a flush that was cancelled half-way writes none of them twice.
    """

    def __init__(self, db: Database, budget: int) -> None:
        self._db = db
        self._budget = budget
        self._waiting: list[InputRow] = []
        self._noted = 0
        self._first: int | None = None
        self._turn = asyncio.Lock()
        self._urgent = asyncio.Event()

    def later(self, t: int, kind: str, data: Mapping[str, Any]) -> None:
        """`data` as JSON may hold it."""
        self._waiting.append(InputRow(self._noted, t, kind, data))
        self._noted += 1
        del self._waiting[:-10_000]

    def soon(self, t: int, kind: str, data: Mapping[str, Any]) -> None:
        """Durable as soon as `keep` has the disk, with all that waited before it."""
        self.later(t, kind, data)
        self._urgent.set()

    async def until(self, t: int) -> None:
        """All that was noted of steps until `t` (UTC ms) is durable; raises ShemsError."""
        if any(row.t <= t for row in self._waiting):
            await self.flush()

    async def flush(self) -> None:
        """Raises ShemsError; what could not be written goes on waiting."""
        async with self._turn:
            rows = list(self._waiting)
            if not rows:
                return
            first = await self._numbered()
            await self._db.write(*((_INSERT, (first + r.n, r.t, r.kind, orjson.dumps(r.data).decode())) for r in rows))
            self._waiting = [r for r in self._waiting if r.n > rows[-1].n]
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
        """What the core knew last, as plain data; a damaged row is passed over."""
        row = await self._db.row(_MEMORY)
        kept: Mapping[str, Any] | None = orjson.loads(row[0])["memory"] if row else None
        return kept

    async def _numbered(self) -> int:
        """The number in the file of what was noted first."""
        if self._first is None:
            row = await self._db.row("SELECT coalesce(max(id), 0) + 1 FROM input")
            self._first = int(row[0]) if row else 1
        return self._first

    async def _prune(self) -> None:
        row = await self._db.row("SELECT sum(length(json) + 40) FROM input")
        if row and (row[0] or 0) > self._budget:
            oldest = await self._db.row(_QUARTER)
            if oldest:
                await self._db.write((_PRUNE, (oldest[0], oldest[0])), (_HOUSES, ()))
