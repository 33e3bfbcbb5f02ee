"""The options of a contact in the site document, and the address of its chip."""

from __future__ import annotations

import re
from collections.abc import Sequence

from drivers.contact.contact import SG_NORMAL, Contact
from drivers.contact.lines import Line
from hub.errors import ConfigError
from hub.model import DeviceSpec, Role
from hub.model.document import Document

_DOCUMENT = Document("site")
_OPTIONS = ("line", "lines", "active_low", "poll_s", "default")
_CHIP = re.compile(r"gpio://(/dev/[A-Za-z0-9_/-]+)/?")
_QUANTITIES = {Role.HEATPUMP: "sg_ready", Role.PLUG: "on", Role.METER: "contact", Role.SENSOR: "contact"}
_MOST = 511


def chip_of(link: str, spec: DeviceSpec) -> str:
    """The device file in `gpio:///dev/gpiochip0`."""
    match = _CHIP.fullmatch(link)
    if match is None:
        raise _error(spec, "link", f'{link!r} is no GPIO chip; write it as "gpio:///dev/gpiochip0"')
    return match[1]


def contact_of(spec: DeviceSpec) -> Contact:
    """`line` or, for SG-Ready, two `lines`; `default` is the value at the start and at the end."""
    at = f"devices.{spec.id}"
    _DOCUMENT.keys(spec.options, at, _OPTIONS)
    _DOCUMENT.one_of(f"{at}.role", spec.role.value, [role.value for role in _QUANTITIES])
    quantity = _QUANTITIES[spec.role]
    low = _DOCUMENT.get(spec.options, f"{at}.active_low", bool, False)
    lines = tuple(Line(offset, low) for offset in _offsets(spec, quantity))
    return Contact(spec, quantity, lines, _rest(spec, quantity))


def period_of(specs: Sequence[DeviceSpec]) -> float:
    return min(_DOCUMENT.number(s.options, f"devices.{s.id}.poll_s", 1.0, 0.05, 10) for s in specs)


def apart(contacts: Sequence[Contact]) -> None:
    """No line serves two devices."""
    users: dict[int, str] = {}
    for contact in contacts:
        for line in contact.lines:
            if line.offset in users:
                raise _error(contact.spec, "line", f"{line.offset} is already that of {users[line.offset]}")
            users[line.offset] = contact.spec.id


def _offsets(spec: DeviceSpec, quantity: str) -> tuple[int, ...]:
    if quantity != "sg_ready":
        if "lines" in spec.options:
            raise _error(spec, "lines", "are for SG-Ready; give one line")
        if "line" not in spec.options:
            raise _error(spec, "line", "is missing; give the line's number on the chip")
        return (_DOCUMENT.whole(spec.options, f"devices.{spec.id}.line", 0, 0, _MOST),)
    found = spec.options.get("lines")
    if not isinstance(found, list) or len(found) != 2 or not all(_is_line(n) for n in found) or found[0] == found[1]:
        raise _error(spec, "lines", "must be the numbers of two lines, that of contact 1 first, as in [17, 27]")
    return tuple(found)


def _is_line(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST


def _rest(spec: DeviceSpec, quantity: str) -> int | bool | None:
    at = f"devices.{spec.id}.default"
    if quantity == "sg_ready":
        return _DOCUMENT.whole(spec.options, at, SG_NORMAL, 1, 4)
    if quantity == "on":
        return _DOCUMENT.get(spec.options, at, bool, False)
    if "default" in spec.options:
        raise _error(spec, "default", "is for outputs; an input has what its contact says")
    return None


def _error(spec: DeviceSpec, key: str, message: str) -> ConfigError:
    return _DOCUMENT.error(f"devices.{spec.id}.{key}", message)
