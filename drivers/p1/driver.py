"""The P1 driver: one meter that talks by itself, once a second (DSMR 5) or every ten (before)."""

from __future__ import annotations

from collections.abc import Sequence

from drivers.p1.codec import Parser
from drivers.push.driver import Language, PushDriver
from drivers.push.options import keys, place, zone
from drivers.push.port import Line, Port
from drivers.push.telegram.stamp import ZONE
from hub.model import Clock, DeviceSpec, Driver

ZONED = True
"""Its telegrams tell civil time: the option `timezone` says whose, and where there is none, the site does."""
_LINE = Line(115_200)
"""DSMR 4 and 5; DSMR 2.2 and 3: `baud=9600&bits=7&parity=E`."""


def build(link: str, devices: Sequence[DeviceSpec], clock: Clock) -> Driver:
    """A driver for the P1 port at `link`; raises ConfigError for a link or an option that cannot be."""
    port = Port.parse(link, "P1", _LINE)
    places = {spec.id: place(spec, ("key", "auth_key", "timezone")) for spec in devices}
    secret, at = keys(devices), zone(devices, ZONE)
    language = Language(
        "p1", lambda: Parser(secret, at), lambda heard: heard.device.get("firmware", "").startswith("5")
    )
    return PushDriver(port, language, devices, places, clock)
