"""Secrets at rest: sealed with a key that lies in a file of its own, so that a copy of state.db gives none away."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hub.errors import ShemsError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

SECRETS = frozenset({"password", "token", "key", "auth_key", "api_key", "secret", "pin"})
"""Options of devices that are secrets, whatever the driver."""
_MARK = "sealed:"
_NONCE = 12
_KEY = 32


class Vault:
    """AES-256-GCM; each secret is bound to the name it is kept under."""

    def __init__(self, key: bytes) -> None:
        if len(key) != _KEY:
            raise ValueError(f"it has {len(key)} bytes, not {_KEY}")
        self._key = key

    @staticmethod
    def open(path: Path) -> Vault:
        """The key in `path`, made at the first time, readable by the hub only. Raises ShemsError."""
        try:
            if not path.exists():
                with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                    file.write(secrets.token_bytes(_KEY))
                    file.flush()
                    os.fsync(file.fileno())
            return Vault(path.read_bytes())
        except (OSError, ValueError) as e:
            raise ShemsError(f"{path}: the key of the stored secrets cannot be used: {e}; restore it") from None

    @cached_property
    def _cipher(self) -> AESGCM:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # 7 MB that a hub without secrets does without

        return AESGCM(self._key)

    def seal(self, name: str, text: str) -> str:
        nonce = secrets.token_bytes(_NONCE)
        return _MARK + (nonce + self._cipher.encrypt(nonce, text.encode(), name.encode())).hex()

    def unseal(self, name: str, sealed: str) -> str:
        """Raises ShemsError for what was sealed with another key or under another name."""
        from cryptography.exceptions import InvalidTag

        try:
            raw = bytes.fromhex(sealed.removeprefix(_MARK))
            return self._cipher.decrypt(raw[:_NONCE], raw[_NONCE:], name.encode()).decode()
        except (InvalidTag, ValueError):
            raise ShemsError(f"{name}: its secret cannot be read with this key; enter it again") from None

    def sealed(self, device: str, table: Mapping[str, Any]) -> dict[str, Any]:
        """A device's table as it may lie on disk. A link with a password in it is a secret as a whole."""
        return {
            k: self.seal(f"{device}.{k}", v) if isinstance(v, str) and secret(k, v) else v for k, v in table.items()
        }

    def unsealed(self, device: str, table: Mapping[str, Any]) -> dict[str, Any]:
        """Raises ShemsError."""
        return {
            k: self.unseal(f"{device}.{k}", v) if isinstance(v, str) and v.startswith(_MARK) else v
            for k, v in table.items()
        }


def secret(key: str, value: str) -> bool:
    """Whether an option is nobody's business: by its name, or as a link with a password in it."""
    return key in SECRETS or (key == "link" and "@" in value)
