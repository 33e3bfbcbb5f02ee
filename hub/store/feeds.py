"""Prices and forecasts as their sources told them: a restart without the internet knows tomorrow's prices."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime

from hub.model.feed import KnownRate, Outlook, Rate
from hub.store.database import Database

RATES_DAYS, OUTLOOK_DAYS, ESTIMATE_DAYS = 3 * 366, 30, 60
_DAY_MS = 86_400_000
_PUT = "INSERT OR REPLACE INTO rate VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_OUTLOOK = "INSERT OR REPLACE INTO outlook VALUES (?, ?, ?, ?, ?, ?)"
_BETWEEN = """SELECT source, start, known, seconds, currency, import, export, provisional FROM rate AS r
    WHERE source = ? AND start < ? AND start + seconds * 1000 > ?
    AND known = (SELECT max(known) FROM rate WHERE source = r.source AND start = r.start) ORDER BY start"""
_CORRECTED = """DELETE FROM rate WHERE provisional AND known < ?
    AND known < (SELECT max(known) FROM rate AS n WHERE n.source = rate.source AND n.start = rate.start)"""
_NEWEST = """SELECT source, quantity, made, start, seconds, json FROM outlook AS o
    WHERE made = (SELECT max(made) FROM outlook WHERE source = o.source AND quantity = o.quantity)
    ORDER BY source, quantity"""

_CALLS = "calls/"
"""Before the name of a source in `meta`; the value is `YYYY-MM-DD count`."""
_CALLED = "INSERT INTO meta VALUES (?, ?) ON CONFLICT (k) DO UPDATE SET v = excluded.v"
_ASKED = "SELECT k, v FROM meta WHERE substr(k, 1, 6) = ?"


class Feeds:
    """Durable when a call returns; nothing is overwritten but by itself."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def put(self, rates: Sequence[KnownRate]) -> None:
        await self._db.write(*((_PUT, _cells(k)) for k in rates))

    async def between(self, source: str, start: int, end: int) -> list[KnownRate]:
        """The newest known rate of each time from `start` until `end` (UTC ms), in time order."""
        return [known(row) for row in await self._db.rows(_BETWEEN, (source, end, start))]

    async def put_outlooks(self, outlooks: Sequence[Outlook]) -> None:
        rows = ((o.source, o.quantity, o.made_ms, o.start_ms, o.seconds, json.dumps(o.values)) for o in outlooks)
        await self._db.write(*((_OUTLOOK, row) for row in rows))

    async def outlooks(self) -> list[Outlook]:
        """The newest of each source and quantity."""
        return [_outlook(row) for row in await self._db.rows(_NEWEST)]

    async def put_calls(self, source: str, day: str, count: int) -> None:
        """How often a source has been asked on a local day."""
        await self._db.write((_CALLED, (_CALLS + source, f"{day} {count}")))

    async def calls(self) -> dict[str, tuple[str, int]]:
        """The last day of each source on which it was asked, and how often."""
        rows = [(k.removeprefix(_CALLS), *v.split()) for k, v in await self._db.rows(_ASKED, (_CALLS,))]
        return {source: (day, int(count)) for source, day, count in rows}

    async def forget(self, now: int) -> None:
        """What is older than a bill or a replay looks back."""
        await self._db.write(
            ("DELETE FROM rate WHERE start + seconds * 1000 < ?", (now - RATES_DAYS * _DAY_MS,)),
            (_CORRECTED, (now - ESTIMATE_DAYS * _DAY_MS,)),
            ("DELETE FROM outlook WHERE made < ?", (now - OUTLOOK_DAYS * _DAY_MS,)),
            ("DELETE FROM meta WHERE substr(k, 1, 6) = ? AND v < ?", (_CALLS, _day(now - OUTLOOK_DAYS * _DAY_MS))),
        )


def known(row: sqlite3.Row | tuple[str, int, int, int, str, int, int | None, int]) -> KnownRate:
    """A row of the table `rate`, its columns in their order."""
    source, start, known_ms, seconds, currency, price, export, provisional = row
    return KnownRate(Rate(start, seconds, price, export, source, bool(provisional)), currency, known_ms)


def _cells(k: KnownRate) -> tuple[str | int | None, ...]:
    r = k.rate
    return (
        *(r.source, r.start_ms, k.known_ms, r.seconds, k.currency),
        *(r.import_price, r.export_price, int(r.provisional)),
    )


def _outlook(row: sqlite3.Row) -> Outlook:
    source, quantity, made, start, seconds, text = row
    return Outlook(quantity, start, seconds, tuple(json.loads(text)), source, made)


def _day(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).date().isoformat()
