"""Rules and schedules as people wrote them, every version."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from hub.store.database import Database

Kind = Literal["rule", "schedule"]
_COLUMNS = "id, version, t, author, json"
_NEWEST = """SELECT id, version, t, author, json FROM plan AS p WHERE kind = ? AND NOT removed
    AND version = (SELECT max(version) FROM plan WHERE kind = p.kind AND id = p.id) ORDER BY id"""
_PUT = """INSERT INTO plan (kind, id, version, t, author, removed, json)
    SELECT ?, ?, 1 + coalesce(max(version), 0), ?, ?, ?, ? FROM plan WHERE kind = ? AND id = ?"""


@dataclass(frozen=True, slots=True)
class Kept:
    """One version of a document; `t` UTC ms."""

    id: str
    version: int
    t: int
    author: str
    document: Mapping[str, Any]


class Plans:
    """Every change is on disk before it returns; none is ever overwritten."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def all(self, kind: Kind) -> list[Kept]:
        """The newest version of each that is not removed, by id."""
        return [_kept(row) for row in await self._db.rows(_NEWEST, (kind,))]

    async def put(self, kind: Kind, id_: str, document: Mapping[str, Any], author: str, t: int) -> None:
        """A new version."""
        await self._db.write((_PUT, (kind, id_, t, author, 0, json.dumps(document), kind, id_)))

    async def remove(self, kind: Kind, id_: str, author: str, t: int) -> None:
        """Its versions stay readable."""
        await self._db.write((_PUT, (kind, id_, t, author, 1, "{}", kind, id_)))

    async def versions(self, kind: Kind, id_: str) -> list[Kept]:
        """Newest first, without the removals."""
        sql = f"SELECT {_COLUMNS} FROM plan WHERE kind = ? AND id = ? AND NOT removed ORDER BY version DESC"
        return [_kept(row) for row in await self._db.rows(sql, (kind, id_))]


def _kept(row: sqlite3.Row) -> Kept:
    return Kept(row["id"], row["version"], row["t"], row["author"], json.loads(row["json"]))
