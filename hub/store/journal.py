"""The journal: what was asked, decided and written, why, on which inputs, and what the device answered."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Coroutine, Mapping
from typing import Literal, TypeAlias, TypedDict, cast

import orjson

from hub.errors import ShemsError
from hub.model import Reason, Value
from hub.model.journal import Entry
from hub.store.database import Cell, Database

FLUSH_S = 10.0
MAX_WAITING = 10_000
"""Rows kept in memory while the disk cannot be written; then the oldest of them are dropped and counted."""

Kind: TypeAlias = Literal["request", "decision", "write", "link", "clock", "start", "stop", "incident"]
_JSON = ("asked", "value", "reason", "limits", "inputs", "applied")
_NAMES = (
    *("id", "t", "kind", "point", "request", "asked", "value", "source", "person", "cause"),
    *("reason", "limits", "inputs", "state", "applied", "ms"),
)
_COLUMNS = ", ".join(_NAMES)
_INSERT = f"INSERT OR IGNORE INTO journal ({_COLUMNS}, bytes) VALUES ({', '.join('?' * (len(_NAMES) + 1))})"
_OVERHEAD = 120
_PRUNE = """DELETE FROM journal WHERE id IN (
    SELECT id FROM (SELECT id, bytes, sum(bytes) OVER (ORDER BY id) AS total FROM journal ORDER BY id LIMIT 5000)
    WHERE total - bytes < ?
)"""


class ReasonInfo(TypedDict):
    code: str
    numbers: dict[str, Value]


class InputInfo(TypedDict):
    point: str
    v: Value | None
    age_ms: int


class Row(TypedDict):
    """A journal row as it is kept and shown."""

    id: int
    t: int
    kind: Kind
    point: str
    request: str
    asked: Value | None
    value: Value | None
    source: str
    person: str
    cause: str
    reason: ReasonInfo
    limits: list[ReasonInfo]
    inputs: list[InputInfo]
    state: str
    applied: Value | None
    ms: float | None


class Journal:
    """Rows are numbered when they are made, so that what waits for the next flush is already in its place."""

    def __init__(self, db: Database, next_id: int, budget: int) -> None:
        self._db = db
        self._next_id = next_id
        self._budget = budget
        self._waiting: list[Row] = []
        self._turn = asyncio.Lock()
        self.problem = ""
        self._dropped = 0

    @staticmethod
    async def open(db: Database, budget: int) -> Journal:
        """`budget` in bytes; the oldest rows go first."""
        row = await db.row("SELECT max(id) FROM journal")
        return Journal(db, (row[0] if row and row[0] else 0) + 1, budget)

    def record(self, entry: Entry) -> Coroutine[object, None, None]:
        """Has its place now, and is durable when awaited, with all that waited before it.

        Raises ShemsError if it could not be written.
        """
        self.later(entry)
        return self._write()

    def later(self, entry: Entry) -> None:
        """Durable with the next flush."""
        self._waiting.append(_row(self._next_id, entry))
        self._next_id += 1
        surplus = len(self._waiting) - MAX_WAITING
        if surplus > 0:
            self._dropped += surplus
            del self._waiting[:surplus]

    async def flush(self) -> None:
        """Writes what waits and keeps to the budget; on failure it goes on waiting, and ShemsError says why."""
        await self._write()
        await self._prune()

    async def _write(self) -> None:
        async with self._turn:
            rows = list(self._waiting)
            if not rows:
                return
            try:
                await self._db.write(*((_INSERT, _cells(r)) for r in rows))
            except ShemsError as e:
                self.problem = str(e)
                raise
            self.problem = ""
            self._forget(rows)
            if self._dropped:
                gap = Reason("journal_gap", {"rows": self._dropped})
                self._dropped = 0
                self.later(Entry(rows[-1]["t"], "incident", reason=gap))

    async def keep(self) -> None:
        """Flushes every FLUSH_S; runs as long as the house does. A failure is kept in `problem` and tried again."""
        while True:
            await asyncio.sleep(FLUSH_S)
            try:
                await self.flush()
            except ShemsError:
                continue

    async def rows(self, point: str | None, start: int, end: int, limit: int) -> list[Row]:
        """Rows with start <= t < end (UTC ms), newest first; of one point, or of all."""
        waiting = [r for r in self._waiting if start <= r["t"] < end and point in (None, r["point"])]
        where, cells = ("point = ? AND ", (point,)) if point is not None else ("", ())
        sql = f"SELECT {_COLUMNS} FROM journal WHERE {where}t >= ? AND t < ? ORDER BY t DESC, id DESC LIMIT ?"
        kept = [_unpacked(r) for r in await self._db.rows(sql, (*cells, start, end, limit))]
        merged = {r["id"]: r for r in (*kept, *waiting)}
        return sorted(merged.values(), key=lambda r: (r["t"], r["id"]), reverse=True)[:limit]

    async def of_request(self, request: str) -> list[Row]:
        """All rows of one wish, oldest first."""
        waiting = [r for r in self._waiting if r["request"] == request]
        sql = f"SELECT {_COLUMNS} FROM journal WHERE request = ? AND request != '' ORDER BY id"
        kept = {r["id"]: r for r in map(_unpacked, await self._db.rows(sql, (request,)))}
        return sorted((kept | {r["id"]: r for r in waiting}).values(), key=lambda r: r["id"])

    def _forget(self, written: list[Row]) -> None:
        ids = {r["id"] for r in written}
        self._waiting = [r for r in self._waiting if r["id"] not in ids]

    async def _prune(self) -> None:
        """Down to 95 % of the budget, so that it is not done with every row."""
        row = await self._db.row("SELECT v FROM meta WHERE k = 'journal_bytes'")
        excess = int(row[0]) - self._budget if row else 0
        if excess > 0:
            await self._db.write((_PRUNE, (excess + self._budget // 20,)))


def _row(id_: int, e: Entry) -> Row:
    inputs: list[InputInfo] = [{"point": i.point, "v": i.value, "age_ms": i.age_ms} for i in e.inputs]
    return {
        "id": id_,
        "t": e.t,
        "kind": cast(Kind, e.kind),
        "point": e.point,
        "request": e.request,
        "asked": e.asked,
        "value": e.value,
        "source": e.source,
        "person": e.person,
        "cause": e.cause,
        "reason": _reason(e.reason),
        "limits": [_reason(r) for r in e.limits],
        "inputs": inputs,
        "state": e.state,
        "applied": e.applied,
        "ms": e.ms,
    }


def _reason(reason: Reason) -> ReasonInfo:
    return {"code": reason.code, "numbers": dict(reason.numbers)}


def _cells(row: Row) -> list[Cell]:
    plain = cast(Mapping[str, Cell], row)
    cells = [orjson.dumps(plain[n]).decode() if n in _JSON else plain[n] for n in _NAMES]
    return [*cells, _OVERHEAD + sum(len(c.encode()) for c in cells if isinstance(c, str))]


def _unpacked(row: sqlite3.Row) -> Row:
    return cast(Row, {n: orjson.loads(row[n]) if n in _JSON else row[n] for n in _NAMES})
