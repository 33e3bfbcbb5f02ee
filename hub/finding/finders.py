"""The table of finders, and who looks where in which order. `hub` imports no driver: each is loaded by its name.

Those of one lane look at the same places, one after the other, for a device may serve one client only and a serial port
has one owner. The lanes run side by side.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import cast
from urllib.parse import urlsplit

from hub.errors import UserError
from hub.model.document import hint
from hub.model.found import Finder, Where

FINDERS = {
    "sunspec": "drivers.sunspec.find",
    "modbus": "drivers.modbus.find",
    "push": "drivers.push.find",
    "http": "drivers.http.find",
    "goodwe": "drivers.goodwe.find",
    "ocpp": "drivers.ocpp.find",
    "mqtt": "drivers.mqtt.find",
}
_ON_WIRES = ("sunspec", "modbus", "push")
_BY_SCHEME = {
    "tcp": _ON_WIRES,
    "rtu+tcp": ("sunspec", "modbus"),
    "serial": ("push", "sunspec", "modbus"),
    "http": ("http",),
    "https": ("http",),
    "udp": ("goodwe",),
    "ocpp": ("ocpp",),
    "ocpps": ("ocpp",),
    "mqtt": ("mqtt",),
    "mqtts": ("mqtt",),
}


@dataclass(frozen=True, slots=True)
class Lane:
    """`looks_at`: the field of Where that its finders get; the others are empty for them. `most_s`: the longest."""

    looks_at: str
    finders: tuple[str, ...]
    most_s: float = 600.0

    def part(self, where: Where) -> Where:
        return Where(**{self.looks_at: getattr(where, self.looks_at)})


LANES = (
    Lane("hosts", ("sunspec", "modbus")),
    # who talks by itself first: asking would disturb it; sunspec has the maps of modbus tell what it does not know
    Lane("ports", ("push", "sunspec"), 180),
    Lane("hosts", ("http",)),
    Lane("hosts", ("goodwe",)),
    Lane("hosts", ("ocpp",)),
    Lane("brokers", ("mqtt",)),
)


def finder(name: str) -> Finder:
    return cast(Finder, importlib.import_module(FINDERS[name]))


def for_link(link: str) -> list[Finder]:
    """Whoever may know what is at `link`, in the order in which they are asked. Raises UserError."""
    scheme = urlsplit(link).scheme
    if scheme not in _BY_SCHEME:
        known = ", ".join(f"{s}://" for s in _BY_SCHEME)
        raise UserError(f"{link!r} is no address of a device{hint(scheme, _BY_SCHEME)}; it begins with one of {known}")
    return [finder(name) for name in _BY_SCHEME[scheme]]
