"""The DLMS driver: a customer port that pushes its lists, every few seconds the short one, every hour the long one."""

from __future__ import annotations

from collections.abc import Sequence

from drivers.dlms.codec import Parser
from drivers.push.driver import Language, PushDriver
from drivers.push.options import keys, place
from drivers.push.port import Line, Port
from hub.model import Clock, DeviceSpec, Driver

_LINE = Line(2400)
"""Aidon, Kaifa and Austria's M-Bus ports (those: parity=E); Kamstrup: parity=E too; Landis+Gyr and Iskraemeco vary."""


def build(link: str, devices: Sequence[DeviceSpec], clock: Clock) -> Driver:
    """A driver for the customer port at `link`; raises ConfigError for a link or an option that cannot be."""
    port = Port.parse(link, "DLMS", _LINE)
    places = {spec.id: place(spec, ("key", "auth_key")) for spec in devices}
    secret = keys(devices)
    language = Language("dlms", lambda: Parser(secret), first_s=65, slow_s=160)
    return PushDriver(port, language, devices, places, clock)
