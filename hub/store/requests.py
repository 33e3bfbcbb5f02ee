"""What people want: intents, and requests: leases that survive a restart, answered once however often asked."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hub.model import Relation, Request, Source, Value
from hub.store.database import Database

_COLUMNS = "id, point, relation, value, source, person, cause, starts, ends, state, answer"
_END = "UPDATE request SET ends = min(ends, ?) WHERE id = ?"
_AGAIN = "UPDATE request SET ends = ? WHERE id = ?"
_DAY_MS = 86_400_000
OPEN = "open"


@dataclass(frozen=True, slots=True)
class Kept:
    """A request as it was first made, and what has become of it: `answer` None = not answered yet."""

    request: Request
    state: str
    answer: Mapping[str, Any] | None


class Requests:
    """Every change is on disk before it returns."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def take(self, request: Request, instead_of: str = "", now: int = 0) -> Kept | None:
        """None: the request is new and is kept now. Otherwise what is known under its id, which is not changed.

        The lease `instead_of` ends at `now` (UTC ms), in the same transaction.
        """
        r = request
        when = (r.starts, r.ends, OPEN, None)
        cells = (r.id, r.point, r.relation.value, json.dumps(r.value), r.source.value, r.person, r.cause, *when)
        marks = ", ".join("?" * len(cells))
        sql = f"INSERT INTO request ({_COLUMNS}) VALUES ({marks}) ON CONFLICT (id) DO NOTHING"
        ended = [(_END, (now, instead_of))] if instead_of else []
        return None if await self._db.write(*ended, (sql, cells)) else await self.get(request.id)

    async def get(self, request_id: str) -> Kept | None:
        row = await self._db.row(f"SELECT {_COLUMNS} FROM request WHERE id = ?", (request_id,))
        return _kept(row) if row else None

    async def answer_of(self, request_id: str) -> tuple[str, Mapping[str, Any]] | None:
        """(point, answer) if it has been answered."""
        kept = await self.get(request_id)
        return (kept.request.point, kept.answer) if kept and kept.answer is not None else None

    async def answer(self, request_id: str, state: str, answer: Mapping[str, object]) -> None:
        """What became of it. The lease goes on until it ends or `end` is called."""
        sql = "UPDATE request SET state = ?, answer = ? WHERE id = ?"
        await self._db.write((sql, (state, json.dumps(answer), request_id)))

    async def end(self, request_id: str, now: int, back: Request | None = None) -> None:
        """The lease is over at `now` (UTC ms); `back`, whose place it had taken, goes on, in the same transaction."""
        again = [(_AGAIN, (back.ends, back.id))] if back else []
        await self._db.write((_END, (now, request_id)), *again)

    async def leases(self, now: int) -> list[Kept]:
        """Those that have not ended at `now` (UTC ms), the earliest first: what a restart takes up again.

        None that was made more than a day after `now`: the machine's clock was wrong then, and its end means nothing.
        """
        sql = f"SELECT {_COLUMNS} FROM request WHERE ends > ? AND starts < ? ORDER BY starts, id"
        return [_kept(r) for r in await self._db.rows(sql, (now, now + _DAY_MS))]

    async def forget(self, before: int) -> int:
        """Drops requests that ended before `before` (UTC ms): their ids may be used again. Gives how many."""
        return await self._db.write(("DELETE FROM request WHERE ends < ?", (before,)))

    # -- intents -----------------------------------------------------------------------------------------------------

    async def put_intent(self, point: str, value: str, t: int, person: str) -> None:
        sql = (
            "INSERT INTO intent VALUES (?, ?, ?, ?) "
            "ON CONFLICT (point) DO UPDATE SET value = excluded.value, t = excluded.t, person = excluded.person"
        )
        await self._db.write((sql, (point, value, t, person)))

    async def intents(self) -> dict[str, str]:
        return {r["point"]: r["value"] for r in await self._db.rows("SELECT point, value FROM intent ORDER BY point")}


def _kept(row: sqlite3.Row) -> Kept:
    value: Value = json.loads(row["value"])
    relation, source = Relation(row["relation"]), Source(row["source"])
    who = row["starts"], row["ends"], row["person"], row["cause"]
    request = Request(row["id"], row["point"], relation, value, source, *who)
    return Kept(request, row["state"], json.loads(row["answer"]) if row["answer"] else None)
