"""The regret ledger: what was planned at the begin of each day, and what the day cost more than it had to."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from hub.store.database import Database, Statement

BEGUN_DAYS, LEDGER_DAYS = 40, 731
_OPEN = """SELECT day FROM day_begun WHERE day >= ? AND day < ? AND day NOT IN (SELECT day FROM ledger)
    ORDER BY day"""


@dataclass(frozen=True, slots=True)
class KeptLedger:
    """Of a local day (days since 1970-01-01): `told` as JSON, or empty with the reason why there is none (`lacks`)."""

    day: int
    told: Mapping[str, Any]
    lacks: str = ""


class Ledgers:
    """Durable when a call returns."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def begin(self, day: int, told: Mapping[str, Any]) -> None:
        """What was planned at the begin of a day (JSON). The first counts: what comes later knows more."""
        await self._db.write(("INSERT OR IGNORE INTO day_begun VALUES (?, ?)", (day, _packed(told))))

    async def begun(self, day: int) -> Mapping[str, Any] | None:
        row = await self._db.row("SELECT body FROM day_begun WHERE day = ?", (day,))
        return _unpacked(row[0]) if row else None

    async def open(self, first: int, end: int) -> list[int]:
        """The days from `first` until before `end` that have begun and have no row in the ledger yet."""
        return [row[0] for row in await self._db.rows(_OPEN, (first, end))]

    async def put(self, ledgers: Iterable[KeptLedger]) -> None:
        """One row a day; what was there before is overwritten."""
        rows: list[Statement] = [
            ("INSERT OR REPLACE INTO ledger VALUES (?, ?, ?)", (one.day, one.lacks, _packed(one.told)))
            for one in ledgers
        ]
        if rows:
            await self._db.write(*rows)

    async def between(self, first: int, end: int) -> list[KeptLedger]:
        """The days from `first` until before `end`, in time order."""
        sql = "SELECT day, lacks, body FROM ledger WHERE day >= ? AND day < ? ORDER BY day"
        rows = await self._db.rows(sql, (first, end))
        return [KeptLedger(day, _unpacked(body), lacks) for day, lacks, body in map(tuple, rows)]

    async def forget(self, today: int) -> None:
        """What is older than anybody looks back."""
        await self._db.write(
            ("DELETE FROM day_begun WHERE day < ?", (today - BEGUN_DAYS,)),
            ("DELETE FROM ledger WHERE day < ?", (today - LEDGER_DAYS,)),
        )


def _packed(told: Mapping[str, Any]) -> bytes:
    return zlib.compress(orjson.dumps(told), 6)


def _unpacked(body: bytes) -> Mapping[str, Any]:
    told: Mapping[str, Any] = orjson.loads(zlib.decompress(body))
    return told
