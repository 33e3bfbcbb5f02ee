"""The devices that were taken in on the page, as rows beside the site document. Secrets are sealed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from hub.store.database import Database
from hub.store.vault import Vault

_PUT = """INSERT INTO adopted VALUES (?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET t = excluded.t, author = excluded.author, json = excluded.json"""


class Adopted:
    """Every change is on disk before it returns."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def all(self, vault: Vault) -> dict[str, Mapping[str, Any]]:
        """Tables by device id, as they would stand in the site document. Raises ShemsError for a key that is not it."""
        rows = await self._db.rows("SELECT id, json FROM adopted ORDER BY id", ())
        return {row["id"]: vault.unsealed(row["id"], json.loads(row["json"])) for row in rows}

    async def put(self, id_: str, table: Mapping[str, Any], vault: Vault, author: str, t: int) -> None:
        """`t` UTC ms."""
        await self._db.write((_PUT, (id_, t, author, json.dumps(vault.sealed(id_, table)))))

    async def remove(self, id_: str) -> None:
        await self._db.write(("DELETE FROM adopted WHERE id = ?", (id_,)))
