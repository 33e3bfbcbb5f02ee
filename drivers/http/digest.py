"""HTTP digest access (RFC 7616), as Shelly devices ask for it: SHA-256, and MD5 for older ones; qop `auth` or none."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from drivers.http.login import Login

_PART = re.compile(r'(\w+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))')
_HASHES: dict[str, Callable[[bytes], str]] = {
    "SHA-256": lambda data: hashlib.sha256(data).hexdigest(),
    "MD5": lambda data: hashlib.md5(data, usedforsecurity=False).hexdigest(),
}


@dataclass(frozen=True, slots=True)
class Challenge:
    """What the device wants proven. `qop`: "auth", or "" for the older way without it."""

    realm: str
    nonce: str
    algorithm: str = "MD5"
    qop: str = ""
    opaque: str = ""


def challenge(header: str) -> Challenge | None:
    """The challenge in a WWW-Authenticate header; None for another scheme, or one that we cannot answer."""
    scheme, _, rest = header.strip().partition(" ")
    if scheme.lower() != "digest":
        return None
    parts = {key.lower(): quoted or plain for key, quoted, plain in _PART.findall(rest)}
    algorithm = parts.get("algorithm", "MD5").upper()
    offered = [word.strip() for word in parts.get("qop", "").split(",") if word.strip()]
    if algorithm not in _HASHES or not parts.get("nonce") or (offered and "auth" not in offered):
        return None
    return Challenge(
        parts.get("realm", ""), parts["nonce"], algorithm, "auth" if offered else "", parts.get("opaque", "")
    )


def answer(asked: Challenge, user: str, password: str, method: str, path: str, count: int, cnonce: str) -> str:
    """The Authorization header. `count`: how often this nonce has been used, from 1."""
    digest = _HASHES[asked.algorithm]

    def hashed(*parts: str) -> str:
        return digest(":".join(parts).encode())

    who, what = hashed(user, asked.realm, password), hashed(method, path)
    fields = [f'username="{user}"', f'realm="{asked.realm}"', f'nonce="{asked.nonce}"', f'uri="{path}"']
    if asked.qop:
        nc = f"{count:08x}"
        proof = hashed(who, asked.nonce, nc, cnonce, asked.qop, what)
        fields += [f"qop={asked.qop}", f"nc={nc}", f'cnonce="{cnonce}"']
    else:
        proof = hashed(who, asked.nonce, what)
    fields += [f'response="{proof}"', f"algorithm={asked.algorithm}"]
    if asked.opaque:
        fields.append(f'opaque="{asked.opaque}"')
    return "Digest " + ", ".join(fields)


class Digest(Login):
    """Sends nothing until the device asks; then a proof with each request, until its nonce is used up."""

    def __init__(self, user: str, password: str, cnonce: Callable[[], str] = lambda: secrets.token_hex(8)) -> None:
        self._user = user
        self._password = password
        self._cnonce = cnonce
        self._asked: Challenge | None = None
        self._count = 0

    def headers(self, method: str, path: str) -> Mapping[str, str]:
        if self._asked is None:
            return {}
        self._count += 1
        proof = answer(self._asked, self._user, self._password, method, path, self._count, self._cnonce())
        return {"Authorization": proof}

    def challenged(self, status: int, headers: Mapping[str, str]) -> bool:
        """A new nonce is worth a try; the session gives only one, so that a wrong password ends there."""
        found = challenge(headers.get("www-authenticate", ""))
        if status != 401 or not self._password or found is None:
            return False
        self._asked, self._count = found, 0
        return True
