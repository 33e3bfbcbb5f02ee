"""The keys of a talking meter in the site document, beside those that every device has."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from drivers.push.sealed import Keys
from hub.model import DeviceSpec, Role
from hub.model.document import Document

_ROLES = (Role.GRID, Role.METER)
_PLACE = re.compile(r"(grid|meter)(_[2-9])?")
_HEX = re.compile(r"[0-9A-Fa-f]{32}")


def place(spec: DeviceSpec, known: Iterable[str]) -> str:
    """Which place of the messages is this device; `known`: the driver's own keys. Raises ConfigError."""
    site, at = Document("site"), f"devices.{spec.id}"
    site.keys(spec.options, at, ("place", *known))
    if spec.role not in _ROLES:
        raise site.error(f"{at}.role", f"a meter that talks by itself is grid or meter, not {spec.role.value!r}")
    chosen = site.get(spec.options, f"{at}.place", str, "grid")
    if not _PLACE.fullmatch(chosen):
        raise site.error(f"{at}.place", f"{chosen!r} is no place in a meter's messages; it is grid in nearly all")
    return chosen


def keys(devices: Sequence[DeviceSpec]) -> Keys:
    """The keys of the meter at one link, from whichever of its devices has them; raises ConfigError that shows none."""
    found = [_key(devices, name) for name in ("key", "auth_key")]
    return Keys(found[0], found[1])


def zone(devices: Sequence[DeviceSpec], usual: str) -> str:
    """The time zone of the meter's clock, `usual` where none is told; raises ConfigError."""
    site, found = Document("site"), ""
    for spec in devices:
        at = f"devices.{spec.id}.timezone"
        name = site.get(spec.options, at, str, "")
        try:
            ZoneInfo(name or usual)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise site.error(at, f"{name!r} is not a time zone; use one like Europe/Helsinki") from None
        if name and found and name != found:
            raise site.error(at, "another device at the same link has another; one meter has one clock")
        found = name or found
    return found or usual


def _key(devices: Sequence[DeviceSpec], name: str) -> bytes:
    site, found = Document("site"), b""
    for spec in devices:
        at = f"devices.{spec.id}.{name}"
        text = spec.options.get(name, "")
        if not isinstance(text, str) or (text and not _HEX.fullmatch(text.replace(" ", ""))):
            raise site.error(at, "must be 32 hexadecimal digits in quotes, as the grid operator gave them")
        key = bytes.fromhex(text)
        if key and found and key != found:
            raise site.error(at, "another device at the same link has another; one meter has one key")
        found = key or found
    return found
