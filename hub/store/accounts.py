"""People and their keys: accounts, sessions and bearer tokens. Only hashes are kept."""

from __future__ import annotations

from dataclasses import dataclass

from hub.model import Clock
from hub.store.database import Database

ROLES = ("owner", "resident", "guest", "installer")


@dataclass(frozen=True, slots=True)
class Account:
    """`role`: one of ROLES; `hash`: of the password."""

    name: str
    role: str
    hash: str


@dataclass(frozen=True, slots=True)
class Token:
    """That somebody holds a token; `kind`: session or bearer. The token itself is never kept."""

    account: str
    kind: str
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

    async def add(self, account: Account) -> bool:
        """Makes the account; False if there is one of that name."""
        sql = "INSERT INTO account VALUES (?, ?, ?, ?) ON CONFLICT (name) DO NOTHING"
        return await self._db.write((sql, (account.name, account.role, account.hash, self._clock.now()))) > 0

    async def reset(self, name: str, hashed: str) -> bool:
        """A new password, and the end of every session and token of the account; False if there is none."""
        drop = ("DELETE FROM token WHERE account = ?", (name,))
        return await self._db.write(drop, ("UPDATE account SET hash = ? WHERE name = ?", (hashed, name))) > 0

    async def account(self, name: str) -> Account | None:
        row = await self._db.row("SELECT name, role, hash FROM account WHERE name = ?", (name,))
        return Account(*row) if row else None

    async def all(self) -> list[Account]:
        return [Account(*r) for r in await self._db.rows("SELECT name, role, hash FROM account ORDER BY name")]

    # -- tokens ------------------------------------------------------------------------------------------------------

    async def put_token(self, digest: str, account: str, kind: str, expires: int | None, note: str) -> None:
        """Keeps a token's digest and forgets those that have expired. `kind`: session or bearer."""
        now = self._clock.now()
        await self._db.write(
            ("DELETE FROM token WHERE expires < ?", (now,)),
            (
                "INSERT INTO token (account, kind, hash, created, expires, last_used, note) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                (account, kind, digest, now, expires, now, note),  # last_used is not kept up: a write per use
            ),
        )

    async def token(self, digest: str) -> tuple[str, str, int | None] | None:
        """(account, role, expires UTC ms) of a token's digest."""
        sql = "SELECT a.name, a.role, t.expires FROM token t JOIN account a ON a.name = t.account WHERE t.hash = ?"
        row = await self._db.row(sql, (digest,))
        return (row[0], row[1], row[2]) if row else None

    async def drop_token(self, digest: str) -> None:
        await self._db.write(("DELETE FROM token WHERE hash = ?", (digest,)))

    async def tokens(self) -> list[Token]:
        """All that are good now, oldest first."""
        sql = "SELECT account, kind, note FROM token WHERE expires IS NULL OR expires >= ? ORDER BY id"
        return [Token(*r) for r in await self._db.rows(sql, (self._clock.now(),))]
