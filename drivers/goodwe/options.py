"""The options of a GoodWe device in the site document."""

from __future__ import annotations

import re
from dataclasses import dataclass

from hub.model import DeviceSpec, Role
from hub.model.document import Document

_DOCUMENT = Document("site")
_OPTIONS = ("family", "address", "poll_s", "channel")
_LINK = re.compile(r"(?:udp://)?(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::([0-9]{1,5}))?/?")
_PLACES = {Role.INVERTER: "inverter", Role.BATTERY: "battery", Role.GRID: "grid", Role.METER: "grid"}
_FAMILIES = ("et", "dt", "es")


@dataclass(frozen=True, slots=True)
class Place:
    """Which points of the inverter are this device's."""

    spec: DeviceSpec
    place: str
    family: str
    period_s: float


def link_of(link: str, spec: DeviceSpec, port: int) -> tuple[str, int]:
    """`udp://host` or `udp://host:8899`."""
    match = _LINK.fullmatch(link)
    if match is None or not 0 < int(match[2] or port) < 65_536:
        raise _DOCUMENT.error(f"devices.{spec.id}.link", f'{link!r} is no address; write it as "udp://192.168.1.30"')
    return match[1].strip("[]"), int(match[2] or port)


def place_of(spec: DeviceSpec, first: DeviceSpec) -> Place:
    """`family` stands with the first device of a link, and counts for all of it."""
    at = f"devices.{spec.id}"
    _DOCUMENT.keys(spec.options, at, _OPTIONS)
    _DOCUMENT.one_of(f"{at}.role", spec.role.value, [role.value for role in _PLACES])
    family = _DOCUMENT.one_of(f"{at}.family", spec.options.get("family", _family(first)), _FAMILIES)
    if family != _family(first):
        raise _DOCUMENT.error(f"{at}.family", f"must be as with {first.id}, for it is the same inverter")
    channel = _DOCUMENT.whole(spec.options, f"{at}.channel", 1, 1, 2)
    place = _PLACES[spec.role] + ("_2" if channel == 2 else "")
    return Place(spec, place, family, _DOCUMENT.number(spec.options, f"{at}.poll_s", 1.0, 0.2, 10))


def address_of(spec: DeviceSpec, usual: int) -> int:
    """The Modbus address: 247 of ET and 127 of DT, unless it was changed."""
    return _DOCUMENT.whole(spec.options, f"devices.{spec.id}.address", usual, 0, 255)


def _family(spec: DeviceSpec) -> object:
    return spec.options.get("family", "et")
