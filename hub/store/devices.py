"""The registry of identities: a device's uid is for ever, its id may be renamed."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field

from hub.errors import UserError
from hub.store.database import Database, Statement


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

    async def put(self, device: Identity) -> None:
        """Makes the device or brings it up to date, by its uid; raises UserError if another one has its id."""
        sql = (
            "INSERT INTO device VALUES (?, ?, ?, ?) "
            "ON CONFLICT (uid) DO UPDATE SET id = excluded.id, role = excluded.role, json = excluded.json"
        )
        await self._change(device.id, (sql, (device.uid, device.id, device.role, json.dumps(device.facts))))

    async def rename(self, uid: str, id_: str) -> None:
        """Raises UserError if there is no such device or another one has that id."""
        if not await self._change(id_, ("UPDATE device SET id = ? WHERE uid = ?", (id_, uid))):
            raise UserError(f"uid: there is no device {uid!r}; see `shems devices`")

    async def remove(self, uid: str) -> None:
        """Its history stays."""
        await self._db.write(("DELETE FROM device WHERE uid = ?", (uid,)))

    async def get(self, uid: str) -> Identity | None:
        row = await self._db.row("SELECT uid, id, role, json FROM device WHERE uid = ?", (uid,))
        return _identity(row) if row else None

    async def all(self) -> list[Identity]:
        return [_identity(r) for r in await self._db.rows("SELECT uid, id, role, json FROM device ORDER BY id")]

    async def _change(self, id_: str, statement: Statement) -> int:
        try:
            return await self._db.write(statement)
        except sqlite3.IntegrityError as e:
            raise UserError(f"id: another device is already called {id_!r}; choose another id") from e


def _identity(row: sqlite3.Row) -> Identity:
    return Identity(row["uid"], row["id"], row["role"], json.loads(row["json"]))
