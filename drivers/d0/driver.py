"""The D0 driver: asks an older meter for its read-out again and again, or listens to one that talks by itself."""

from __future__ import annotations

from collections.abc import Sequence

from drivers.d0.codec import START_BAUD, Parser
from drivers.push.driver import Language, PushDriver
from drivers.push.options import place
from drivers.push.parser import Event
from drivers.push.parser import Parser as AnyParser
from drivers.push.port import Line, Port
from hub.errors import ConfigError
from hub.model import Clock, DeviceSpec, Driver
from hub.model.document import Document

_KEYS = ("mode", "poll_s")
_ASKED = Line(START_BAUD, 7, "E")
_LISTENED = Line(9600, 7, "E")
"""What most meters talk by themselves at (mode D); the standard says 2400."""


def build(link: str, devices: Sequence[DeviceSpec], clock: Clock) -> Driver:
    """A driver for the optical head at `link`; raises ConfigError for a link or an option that cannot be."""
    places = {spec.id: place(spec, _KEYS) for spec in devices}
    (mode, every_s), *others = [_how(spec) for spec in devices]
    if any(other != (mode, every_s) for other in others):
        raise ConfigError(link, "devices at one link have one mode and one poll_s; make them equal")
    if mode == "listen":
        port = Port.parse(link, "D0", _LISTENED)
        return PushDriver(port, Language("d0", Parser, first_s=30, slow_s=160), devices, places, clock)
    port = Port.parse(link, "D0", _ASKED)
    patience = max(65.0, 3 * every_s)
    language = Language(
        "d0",
        lambda: Parser(asks=True, stays=not port.path),
        first_s=patience,
        slow_s=patience,
        ask=_ask,
        every_s=every_s,
    )
    return PushDriver(port, language, devices, places, clock)


def _ask(parser: AnyParser) -> Sequence[Event]:
    return parser.ask() if isinstance(parser, Parser) else ()


def _how(spec: DeviceSpec) -> tuple[str, float]:
    site, at = Document("site"), f"devices.{spec.id}"
    mode = site.one_of(f"{at}.mode", spec.options.get("mode", "ask"), ("ask", "listen"))
    return mode, site.number(spec.options, f"{at}.poll_s", 10.0, 2.0, 3600.0)
