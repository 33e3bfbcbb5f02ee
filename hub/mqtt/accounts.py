"""Who may sign in at the broker, and to which topics. The same list drives both engines."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, field

DEVICE_TOPICS = ("cmnd/#", "stat/#", "tele/#", "tasmota/#", "zigbee2mqtt/#", "homeassistant/#", "shellies/#")
"""What devices and their bridges write to by default (Tasmota, zigbee2mqtt, Shelly); more can be given."""
INTEGRATION_TOPICS = ("shems/+/+/set", "homeassistant/#")
_ROUNDS = 1_000


@dataclass(frozen=True, slots=True)
class Account:
    """A user: topic filters that may be read (subscribed and received) and written (published)."""

    user: str
    password: str = field(repr=False)
    reads: tuple[str, ...] = ("#",)
    writes: tuple[str, ...] = ("#",)


def hub(password: str) -> Account:
    """The hub itself."""
    return Account("hub", password)


def devices(password: str, more: Sequence[str] = ()) -> Account:
    """All devices: their own topics, never `shems/...`, where only the hub speaks for the house."""
    return Account("devices", password, writes=(*DEVICE_TOPICS, *more))


def integration(user: str, password: str) -> Account:
    """Home Assistant, Node-RED and the like: read all, wish at `shems/<device>/<quantity>/set`."""
    return Account(user, password, writes=INTEGRATION_TOPICS)


def matches(topic: str, pattern: str) -> bool:
    """Whether the filter `pattern` covers `topic` (or a filter no wider). `#` leaves `$SYS` out (MQTT 4.7.2)."""
    asked, allowed = topic.split("/"), pattern.split("/")
    if topic.startswith("$") and allowed[0] in ("#", "+"):
        return False
    for n, part in enumerate(allowed):
        if part == "#":
            return True
        if n >= len(asked) or asked[n] == "#" or (part != "+" and part != asked[n]):
            return False
    return len(asked) == len(allowed)


def mosquitto_hash(password: str) -> str:
    """Mosquitto's `$7$rounds$salt$hash`: PBKDF2 with SHA-512, base64 (source: mosquitto 2.0 password_mosq.c)."""
    salt = os.urandom(12)
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, _ROUNDS)
    return f"$7${_ROUNDS}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"
