"""The SML driver: the optical port of a German meter, read by a head on a serial port or over the network."""

from __future__ import annotations

from collections.abc import Sequence

from drivers.push.driver import Language, PushDriver
from drivers.push.options import place
from drivers.push.port import Line, Port
from drivers.sml.codec import Parser
from hub.model import Clock, DeviceSpec, Driver

_LINE = Line(9600)


def build(link: str, devices: Sequence[DeviceSpec], clock: Clock) -> Driver:
    """A driver for the optical head at `link`; raises ConfigError for a link or an option that cannot be."""
    port = Port.parse(link, "SML", _LINE)
    places = {spec.id: place(spec, ()) for spec in devices}
    return PushDriver(port, Language("sml", Parser), devices, places, clock)
