"""The site document, every version of it."""

from __future__ import annotations

from dataclasses import dataclass

from hub.store.database import Database


@dataclass(frozen=True, slots=True)
class SiteVersion:
    """`t` UTC ms; `toml` the whole document."""

    id: int
    t: int
    author: str
    note: str
    toml: str


class SiteDocuments:
    """A new version is on disk before `save` returns; none is ever changed."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def save(self, t: int, author: str, note: str, toml: str) -> int:
        """The new version's number; that of the current one if nothing has changed."""
        current = await self.current()
        if current and current.toml == toml:
            return current.id
        sql = "INSERT INTO site_version (t, author, note, toml) VALUES (?, ?, ?, ?)"
        return await self._db.insert(sql, (t, author, note, toml))

    async def current(self) -> SiteVersion | None:
        return next(iter(await self.versions(1)), None)

    async def versions(self, limit: int = 100) -> list[SiteVersion]:
        """Newest first."""
        sql = "SELECT id, t, author, note, toml FROM site_version ORDER BY id DESC LIMIT ?"
        return [SiteVersion(*r) for r in await self._db.rows(sql, (limit,))]
