"""The registry of identities: a device's uid is for ever, its id may go to another device."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from hub.store.database import Database


@dataclass(frozen=True, slots=True)
class Identity:
    """`facts`: what is known of the device beyond its role (vendor, serial...)."""

    uid: str
    id: str
    role: str
    facts: Mapping[str, object] = field(default_factory=dict)


class Devices:
    """Every change is on disk before it returns."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def present(self, devices: Sequence[Identity]) -> None:
        """Who is in the house now. The others keep uid and facts, under an id that no device can have."""
        away = "UPDATE device SET id = '~' || uid"
        here = (
            "INSERT INTO device VALUES (?, ?, ?, ?) "
            "ON CONFLICT (uid) DO UPDATE SET id = excluded.id, role = excluded.role"
        )
        rows = [(here, (d.uid, d.id, d.role, json.dumps(d.facts))) for d in devices]
        await self._db.write((away, ()), *rows)

    async def note(self, uid: str, facts: Mapping[str, object]) -> None:
        """What is known of a device that is in the house, in place of what was."""
        await self._db.write(("UPDATE device SET json = ? WHERE uid = ?", (json.dumps(facts), uid)))

    async def get(self, uid: str) -> Identity | None:
        row = await self._db.row("SELECT uid, id, role, json FROM device WHERE uid = ?", (uid,))
        return _identity(row) if row else None

    async def all(self) -> list[Identity]:
        return [_identity(r) for r in await self._db.rows("SELECT uid, id, role, json FROM device ORDER BY id")]


def _identity(row: sqlite3.Row) -> Identity:
    return Identity(row["uid"], row["id"], row["role"], json.loads(row["json"]))
