"""The passwords of the hub's own broker: made once, kept in state.db, and written down where people find theirs."""

from __future__ import annotations

import logging
import secrets
from pathlib import Path
from typing import Protocol

from hub.mqtt import accounts
from hub.mqtt.accounts import Account
from hub.mqtt.files import write_private

log = logging.getLogger(__name__)

FILE = "accounts"
USERS = ("hub", "devices", "integration")
_FOR_PEOPLE = ("devices", "integration")


class Meta(Protocol):
    """Single values that survive a restart."""

    async def get(self, key: str) -> object: ...
    async def put(self, key: str, value: str) -> None: ...


async def keys(meta: Meta, folder: Path, devices: str = "") -> tuple[Account, ...]:
    """The accounts, the hub's own first; `devices` replaces the devices' password. Their file is `folder`/accounts."""
    if devices:
        await meta.put("mqtt_devices", devices)
    found = {user: await _password(meta, f"mqtt_{user}") for user in USERS}
    _tell(folder, "".join(f"{user} {found[user]}\n" for user in _FOR_PEOPLE))
    return (
        accounts.hub(found["hub"]),
        accounts.devices(found["devices"]),
        accounts.integration("integration", found["integration"]),
    )


async def _password(meta: Meta, key: str) -> str:
    kept = await meta.get(key)
    if kept is None:
        kept = secrets.token_urlsafe(18)
        await meta.put(key, kept)
    return str(kept)


def _tell(folder: Path, text: str) -> None:
    """A disk that is full or read-only keeps nobody from starting: the passwords are in state.db."""
    file = folder / FILE
    try:
        if not file.is_file() or file.read_text("utf-8") != text:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_private(file, text)
    except OSError as error:
        log.warning("%s: the passwords of the broker could not be written down: %s", file, error.strerror or error)
