"""Passwords: scrypt (RFC 7914) with N=2^14, r=8, p=1, 16 bytes of salt."""

from __future__ import annotations

import hashlib
import hmac
import secrets

_N, _R, _P = 2**14, 8, 1
_WORDS = (
    "amber birch cedar delta ember fjord grove heron iris juniper kelp lark "
    "maple north ocean pearl quartz river sage tern umber violet willow yarrow"
)


def new_password() -> str:
    """Four words and two digits: 24^4 x 100 = 33 million, behind a rate limit of a few tries a minute."""
    return "-".join(secrets.choice(_WORDS.split()) for _ in range(4)) + f"-{secrets.randbelow(100):02d}"


def hash_password(password: str) -> str:
    salt = secrets.token_bytes(16)
    return f"scrypt${salt.hex()}${_derive(password, salt).hex()}"


def verify_password(password: str, stored: str) -> bool:
    kind, salt, key = stored.split("$")
    return kind == "scrypt" and hmac.compare_digest(_derive(password, bytes.fromhex(salt)), bytes.fromhex(key))


def _derive(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=_N, r=_R, p=_P, dklen=32)
