"""What was foreseen: forecasts as they were issued, how well forecasters do, and the plans that were in force."""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from hub.model.feed import Outlook
from hub.model.score import Quantity, Score
from hub.store.database import Database, Statement

KEPT_DAYS, SCORES_DAYS, ALL_PLANS_DAYS = 60, 400, 3
_DAY_MS, _PLAN_MS = 86_400_000, 6 * 3_600_000
"""Of plans that are older than ALL_PLANS_DAYS the first of each six hours stays."""
_BANDS = 4
_FORECAST = "INSERT OR REPLACE INTO forecast VALUES (?, ?, ?, ?, ?, ?)"
_SCORE = "INSERT OR REPLACE INTO forecast_score VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_THIN = """DELETE FROM plan_made WHERE start < ?
    AND start != (SELECT min(start) FROM plan_made AS p WHERE p.start / ? = plan_made.start / ?)"""
_TOLD = """SELECT source, quantity, made, start, seconds, json FROM outlook
    WHERE quantity = ? AND made >= ? ORDER BY made"""


@dataclass(frozen=True, slots=True)
class Issued:
    """A forecast as it was issued: `bands` are low, mid, high and mean, W, shape (4, steps of `seconds` from `start`).

    `author`: the forecaster. Times in UTC ms.
    """

    quantity: Quantity
    start: int
    made: int
    seconds: int
    author: str
    bands: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class KeptPlan:
    """`start`: of its first step; `told` as JSON."""

    start: int
    made: int
    good_until: int
    told: Mapping[str, Any]


class Foresight:
    """Durable when a call returns."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def put(self, forecasts: Iterable[Issued], plan: KeptPlan | None = None) -> None:
        """What was issued at one time; a later one of the same quarter-hour takes its place."""
        rows: list[Statement] = [
            (_FORECAST, (f.quantity, f.start, f.made, f.seconds, f.author, _packed(f.bands))) for f in forecasts
        ]
        if plan:
            body = zlib.compress(orjson.dumps(plan.told), 6)
            cells = (plan.start, plan.made, plan.good_until, body)
            rows.append(("INSERT OR REPLACE INTO plan_made VALUES (?, ?, ?, ?)", cells))
        if rows:
            await self._db.write(*rows)

    async def newest(self, quantity: Quantity) -> Issued | None:
        row = await self._db.row("SELECT * FROM forecast WHERE quantity = ? ORDER BY start DESC LIMIT 1", (quantity,))
        return _issued(row) if row else None

    async def issued(self, quantity: Quantity, start: int, end: int) -> list[Issued]:
        """Those that begin from `start` until before `end` (UTC ms), in time order."""
        sql = "SELECT * FROM forecast WHERE quantity = ? AND start >= ? AND start < ? ORDER BY start"
        return [_issued(row) for row in await self._db.rows(sql, (quantity, start, end))]

    async def plans(self, start: int, end: int) -> list[KeptPlan]:
        """Those that begin from `start` until before `end` (UTC ms), in time order."""
        sql = "SELECT start, made, good_until, body FROM plan_made WHERE start >= ? AND start < ? ORDER BY start"
        rows = await self._db.rows(sql, (start, end))
        return [KeptPlan(row[0], row[1], row[2], json.loads(zlib.decompress(row[3]))) for row in rows]

    async def put_scores(self, scores: Iterable[Score]) -> None:
        rows = [(_SCORE, astuple(s)) for s in scores]
        if rows:
            await self._db.write(*rows)

    async def scores(self, since_day: int) -> list[Score]:
        """Of local days from `since_day` on, by quantity, day and author."""
        sql = "SELECT * FROM forecast_score WHERE day >= ? ORDER BY quantity, day, author"
        return [Score(*row) for row in map(tuple, await self._db.rows(sql, (since_day,)))]

    async def told(self, quantity: str, since: int) -> list[Outlook]:
        """What feeds have told of a quantity since a time (UTC ms), in the order in which it was made."""
        rows = map(tuple, await self._db.rows(_TOLD, (quantity, since)))
        return [Outlook(q, start, s, tuple(json.loads(text)), source, made) for source, q, made, start, s, text in rows]

    async def forget(self, now: int) -> None:
        """What is older than anybody looks back."""
        oldest = now - KEPT_DAYS * _DAY_MS
        await self._db.write(
            ("DELETE FROM forecast WHERE start < ?", (oldest,)),
            ("DELETE FROM forecast_score WHERE day < ?", (now // _DAY_MS - SCORES_DAYS,)),
            ("DELETE FROM plan_made WHERE start < ?", (oldest,)),
            (_THIN, (now - ALL_PLANS_DAYS * _DAY_MS, _PLAN_MS, _PLAN_MS)),
        )


def _packed(bands: NDArray[np.float64]) -> bytes:
    """Whole W, each step less the one before, the bytes of equal weight together: then little is left to deflate."""
    steps = np.diff(np.round(bands).astype(np.int64), axis=1, prepend=0).astype("<i4")
    planes = steps.view(np.uint8).reshape(-1, 4).T
    return zlib.compress(np.ascontiguousarray(planes).tobytes(), 9)


def _issued(row: sqlite3.Row) -> Issued:
    quantity, start, made, seconds, author, body = row
    planes = np.frombuffer(zlib.decompress(body), np.uint8).reshape(4, -1)
    steps = np.ascontiguousarray(planes.T).view("<i4").reshape(_BANDS, -1)
    return Issued(quantity, start, made, seconds, author, np.cumsum(steps, axis=1, dtype=np.int64).astype(np.float64))
