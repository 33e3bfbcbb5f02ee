"""The doorman: signs people in, knows sessions and bearer tokens, and slows down whoever guesses."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from dataclasses import dataclass
from typing import Protocol

from hub.auth.password import hash_password, verify_password
from hub.model import Clock
from hub.store import Account

SESSION_MS = 30 * 86_400_000
TRIES, PER_S = 5, 60.0


@dataclass(frozen=True, slots=True)
class Guest:
    """Who is at the door now."""

    user: str
    role: str
    token_id: str


class Keys(Protocol):
    """Where accounts and tokens are kept; only hashes of tokens are."""

    async def account(self, name: str) -> Account | None: ...
    async def put_token(self, digest: str, account: str, kind: str, expires: int | None, note: str) -> None: ...
    async def token(self, digest: str) -> tuple[str, str, int | None] | None:
        """(account, role, expires UTC ms) of a token's digest."""

    async def drop_token(self, digest: str) -> None: ...


class LockedOutError(Exception):
    """Too many wrong passwords; `wait_s` until the next try."""

    def __init__(self, wait_s: float) -> None:
        super().__init__(f"too many wrong passwords; wait {wait_s:.0f} s")
        self.wait_s = wait_s


class Doorman:
    def __init__(self, keys: Keys, clock: Clock) -> None:
        self._keys = keys
        self._clock = clock
        self._failures: dict[str, list[float]] = {}
        self._known: dict[str, Guest] = {}
        self._expires: dict[str, int] = {}
        self._decoy = hash_password(secrets.token_hex(8))

    async def sign_in(self, user: str, password: str, address: str) -> tuple[str, Guest] | None:
        """A new session token, or None for a wrong name or password; raises LockedOutError when guessing."""
        self._check_rate(address)
        account = await self._keys.account(user)
        stored = account.hash if account else self._decoy
        right = await asyncio.to_thread(verify_password, password, stored)
        if account is None or not right:
            self._failures.setdefault(address, []).append(self._clock.monotonic())
            return None
        self._failures.pop(address, None)
        token = secrets.token_urlsafe(32)
        await self._keys.put_token(_digest(token), user, "session", self._clock.now() + SESSION_MS, "")
        return token, Guest(user, account.role, _digest(token))

    async def sign_out(self, guest: Guest) -> None:
        self._known.pop(guest.token_id, None)
        await self._keys.drop_token(guest.token_id)

    async def who(self, token: str) -> Guest | None:
        """The holder of a session or bearer token, or None."""
        digest = _digest(token)
        guest = self._known.get(digest) or await self._look_up(digest)
        if guest and self._expires.get(digest, 0) and self._expires[digest] < self._clock.now():
            await self.sign_out(guest)
            return None
        return guest

    async def issue_bearer(self, user: str, note: str) -> str:
        """A bearer token that does not expire; shown once, kept as a hash."""
        token = secrets.token_urlsafe(32)
        await self._keys.put_token(_digest(token), user, "bearer", None, note)
        return token

    async def _look_up(self, digest: str) -> Guest | None:
        found = await self._keys.token(digest)
        if found is None:
            return None
        user, role, expires = found
        self._expires[digest] = expires or 0
        self._known[digest] = guest = Guest(user, role, digest)
        return guest

    def _check_rate(self, address: str) -> None:
        now = self._clock.monotonic()
        recent = [t for t in self._failures.get(address, []) if now - t < PER_S]
        self._failures[address] = recent
        if len(recent) >= TRIES:
            raise LockedOutError(PER_S - (now - recent[0]))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
