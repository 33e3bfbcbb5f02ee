"""The doorman: signs people in, knows sessions and bearer tokens, and slows down whoever guesses."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from dataclasses import dataclass
from typing import Protocol

from hub.auth.password import hash_password, verify_password
from hub.auth.tries import LockedOutError, Tries
from hub.errors import ShemsError
from hub.model import Clock
from hub.store.accounts import Account

SESSION_MS = 30 * 86_400_000
KNOWN_S = 2.0
AT_ONCE, WAITING = 2, 8
"""Passwords that are hashed at the same time (16 MB and a core each), and how many more may wait for that."""
UNSAVED = 100
"""So many sessions that the disk did not take are known; who signed in first has to again."""


@dataclass(frozen=True, slots=True)
class Guest:
    """Who is at the door now."""

    user: str
    role: str
    token_id: str


@dataclass(frozen=True, slots=True)
class _Unsaved:
    """A session that the disk did not take. `hash`: of the password it was begun with; `expires`: UTC ms."""

    user: str
    hash: str
    expires: int


class Keys(Protocol):
    """Where accounts and tokens are kept; only hashes of tokens are."""

    async def account(self, name: str) -> Account | None: ...
    async def put_token(self, digest: str, account: str, kind: str, expires: int | None, note: str) -> None: ...
    async def token(self, digest: str) -> tuple[str, str, int | None] | None:
        """(account, role, expires UTC ms) of a token's digest."""

    async def drop_token(self, digest: str) -> None: ...


class Doorman:
    """Believes what it knows of a token for KNOWN_S: what is taken away in the database is gone by then."""

    def __init__(self, keys: Keys, clock: Clock) -> None:
        self._keys = keys
        self._clock = clock
        self._tries = Tries(clock)
        self._hashing = asyncio.Semaphore(AT_ONCE)
        self._inside = 0
        self._known: dict[str, tuple[Guest, float]] = {}
        self._unsaved: dict[str, _Unsaved] = {}
        self._decoy = hash_password(secrets.token_hex(8))

    async def sign_in(self, user: str, password: str, address: str) -> tuple[str, Guest] | None:
        """A new session token, or None for a wrong name or password; raises LockedOutError when guessing."""
        if self._inside >= AT_ONCE + WAITING:
            raise LockedOutError("too many sign-ins at once", 1)
        begun = self._tries.begin(address)
        self._inside += 1
        try:
            account = await self._verified(user, password)
        finally:
            self._inside -= 1
        if account is None:
            return None
        self._tries.forgive(begun)
        token = secrets.token_urlsafe(32)
        await self._begin(_digest(token), account)
        return token, Guest(user, account.role, _digest(token))

    async def _begin(self, digest: str, account: Account) -> None:
        """A session that the disk does not take is good until the next restart: a full disk locks nobody out."""
        expires = self._clock.now() + SESSION_MS
        try:
            await self._keys.put_token(digest, account.name, "session", expires, "")
        except ShemsError:
            self._unsaved[digest] = _Unsaved(account.name, account.hash, expires)
            while len(self._unsaved) > UNSAVED:
                del self._unsaved[next(iter(self._unsaved))]

    @property
    def problem(self) -> str:
        """What is not as it should be with who is signed in; empty when all is well."""
        if not self._unsaved:
            return ""
        return f"{len(self._unsaved)} could not be saved, and must sign in again after a restart; is the disk full?"

    async def sign_out(self, guest: Guest) -> None:
        self._known.pop(guest.token_id, None)
        if self._unsaved.pop(guest.token_id, None) is None:
            await self._keys.drop_token(guest.token_id)

    async def who(self, token: str) -> Guest | None:
        """The holder of a session or bearer token, or None."""
        digest, now = _digest(token), self._clock.monotonic()
        self._known = {d: known for d, known in self._known.items() if now - known[1] < KNOWN_S}
        if digest not in self._known:
            guest = await self._look_up(digest)
            if guest is None:
                return None
            self._known[digest] = guest, now
        return self._known[digest][0]

    async def _look_up(self, digest: str) -> Guest | None:
        found = await self._keys.token(digest)
        if found is None:
            return await self._look_here(digest)
        user, role, expires = found
        return Guest(user, role, digest) if expires is None or self._clock.now() <= expires else None

    async def _look_here(self, digest: str) -> Guest | None:
        """A new password ends what was begun with the one before."""
        session = self._unsaved.get(digest)
        if session is None:
            return None
        account = await self._keys.account(session.user)
        if account is None or account.hash != session.hash or self._clock.now() > session.expires:
            self._unsaved.pop(digest, None)
            return None
        return Guest(account.name, account.role, digest)

    async def issue_bearer(self, user: str, note: str) -> str:
        """A bearer token that does not expire; shown once, kept as a hash."""
        token = secrets.token_urlsafe(32)
        await self._keys.put_token(_digest(token), user, "bearer", None, note)
        return token

    async def _verified(self, user: str, password: str) -> Account | None:
        """The account, if the password is its own. A name that does not exist takes as long as one that does."""
        async with self._hashing:
            account = await self._keys.account(user)
            right = await asyncio.to_thread(verify_password, password, account.hash if account else self._decoy)
        return account if right else None


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
