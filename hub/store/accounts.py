"""People and their keys: accounts, sessions and bearer tokens. Only hashes are kept."""

from __future__ import annotations

from dataclasses import dataclass

from hub.model import Clock
from hub.store.database import Database

TOUCH_MS = 3_600_000
"""`last_used` is written at most this often: it is not worth the card's life."""


@dataclass(frozen=True, slots=True)
class Account:
    name: str
    role: str
    hash: str


@dataclass(frozen=True, slots=True)
class Token:
    """Times in UTC ms; `expires` None = never. `digest` is the hash of the token, which itself is never kept."""

    digest: str
    account: str
    kind: str
    created: int
    expires: int | None
    last_used: int
    note: str


class Accounts:
    """Every change is on disk before it returns."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def put(self, account: Account) -> None:
        """Makes the account, or changes its role and password."""
        sql = (
            "INSERT INTO account VALUES (?, ?, ?, ?) "
            "ON CONFLICT (name) DO UPDATE SET role = excluded.role, hash = excluded.hash"
        )
        await self._db.write((sql, (account.name, account.role, account.hash, self._clock.now())))

    async def account(self, name: str) -> Account | None:
        row = await self._db.row("SELECT name, role, hash FROM account WHERE name = ?", (name,))
        return Account(*row) if row else None

    async def all(self) -> list[Account]:
        return [Account(*r) for r in await self._db.rows("SELECT name, role, hash FROM account ORDER BY name")]

    async def remove(self, name: str) -> bool:
        """With all its tokens; False if there was none."""
        return await self._db.write(("DELETE FROM account WHERE name = ?", (name,))) > 0

    # -- tokens ------------------------------------------------------------------------------------------------------

    async def put_token(self, digest: str, account: str, kind: str, expires: int | None, note: str) -> None:
        """Keeps a token's digest and forgets those that have expired. `kind`: session or bearer."""
        now = self._clock.now()
        await self._db.write(
            ("DELETE FROM token WHERE expires < ?", (now,)),
            (
                "INSERT INTO token (account, kind, hash, created, expires, last_used, note) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                (account, kind, digest, now, expires, now, note),
            ),
        )

    async def token(self, digest: str) -> tuple[str, str, int | None] | None:
        """(account, role, expires UTC ms) of a token's digest."""
        sql = "SELECT a.name, a.role, t.expires FROM token t JOIN account a ON a.name = t.account WHERE t.hash = ?"
        row = await self._db.row(sql, (digest,))
        return (row[0], row[1], row[2]) if row else None

    async def touch(self, digest: str) -> None:
        """Notes that a token was used, to the hour."""
        now = self._clock.now()
        sql = "SELECT 1 FROM token WHERE hash = ? AND last_used < ?"
        if await self._db.row(sql, (digest, now - TOUCH_MS)):
            await self._db.write(("UPDATE token SET last_used = ? WHERE hash = ?", (now, digest)))

    async def drop_token(self, digest: str) -> None:
        await self._db.write(("DELETE FROM token WHERE hash = ?", (digest,)))

    async def tokens(self, account: str) -> list[Token]:
        sql = (
            "SELECT hash, account, kind, created, expires, last_used, note FROM token WHERE account = ? "
            "ORDER BY created DESC, id DESC"
        )
        return [Token(*r) for r in await self._db.rows(sql, (account,))]
