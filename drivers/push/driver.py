"""The driver of a meter that talks by itself: bytes from a serial port or socket, a parser, points into the sink.

Lost after 5 s without a valid message (a meter that is slower by nature: 2.5 times its interval), at the end of the
stream, or when the port is unplugged; found again with a delay of 0.2 to 5 s. Both are logged and reported once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from drivers.push.pace import Pace
from drivers.push.parser import Event, Parser, Say
from drivers.push.port import Port, set_baud
from hub.errors import LinkError, Refused
from hub.model import Clock, Command, Device, DeviceSpec, Link, Measurement, Point, Sink
from hub.model.heard import Heard, Reading, Rejected

log = logging.getLogger(__name__)

_BACKOFF_S = (0.2, 5.0)
_EXPECTED = ("power", "energy_import", "energy_export")
_HOLDS_S = 15.0
"""A value of a meter holds at least so long: many talk every ten seconds, and a bit later now and then."""
_BITS = 10
"""On a serial line for each byte: start, 7 or 8 data, parity, stop."""


@dataclass(frozen=True, slots=True)
class Language:
    """How one kind of meter is listened to. `quick`: whether what it said shows that it talks each second.

    `first_s`, `slow_s`: see Pace. `ask`: begins a read-out, for meters that talk only when asked; `every_s` seconds
    apart.
    """

    name: str
    parser: Callable[[], Parser]
    quick: Callable[[Heard], bool] = lambda heard: False
    first_s: float = 12.0
    slow_s: float = 25.0
    ask: Callable[[Parser], Sequence[Event]] | None = None
    every_s: float = 0.0


class PushDriver:
    """Listens for the devices of one port (normally one: the grid meter). `places`: device id -> place."""

    def __init__(
        self, port: Port, language: Language, devices: Sequence[DeviceSpec], places: Mapping[str, str], clock: Clock
    ) -> None:
        self._port = port
        self._language = language
        self._places = places
        self._clock = clock
        self._devices = tuple(_bare(spec, language.name, port.address) for spec in devices)
        self._up: bool | None = None
        self._pace = Pace(language.first_s, language.slow_s)
        self._next_question = 0.0
        self._overdue = False
        """a read-out was still coming when it was time for the next"""
        self._heard: set[str] = set()
        self._aged: dict[str, int] = {}
        self._said: tuple[Reading, ...] = ()
        self._ahead_s: float | None = None
        self._fault = ""
        self._backoff = _BACKOFF_S[0]

    @property
    def devices(self) -> tuple[Device, ...]:
        return self._devices

    async def run(self, sink: Sink) -> None:
        while True:
            try:
                await self._session(sink)
            except (OSError, LinkError) as error:  # TimeoutError and SerialException are OSErrors
                self._lose(sink, str(error) or type(error).__name__)
            await asyncio.sleep(self._backoff)
            self._backoff = min(self._backoff * 2, _BACKOFF_S[1])

    async def apply(self, command: Command) -> None:
        raise Refused(f"{command.point}: a {self._language.name} meter can only be read")

    def raw(self, device: str) -> tuple[Reading, ...]:
        """The last message; its devices share it."""
        return self._said

    def ahead_s(self, device: str) -> float | None:
        return self._ahead_s

    async def _session(self, sink: Sink) -> None:
        reader, writer = await self._port.open()
        parser = self._language.parser()
        self._pace.opened(self._clock.monotonic())
        self._next_question, self._overdue, self._fault = self._clock.monotonic(), False, ""
        try:
            while True:
                events = self._question(parser) or parser.feed(await self._read(reader))
                for event in events:
                    await self._take(event, sink, writer)
        finally:
            writer.close()

    def _question(self, parser: Parser) -> Sequence[Event]:
        """A new read-out, when it is time for one."""
        now = self._clock.monotonic()
        if self._language.ask is None or now < self._next_question:
            return ()
        self._next_question = now + self._language.every_s
        asked = self._language.ask(parser)
        self._overdue = not asked
        return asked

    async def _read(self, reader: asyncio.StreamReader) -> bytes:
        """What comes next; empty when it is time to ask. Raises LinkError for silence and the end."""
        now = self._clock.monotonic()
        left = self._pace.left(now)
        asking = self._language.ask is not None
        wait = min(left, self._next_question - now) if asking else left
        try:
            async with asyncio.timeout(max(wait, 0.0)):
                data = await reader.read(4096)
        except TimeoutError:
            if asking and wait < left:
                return b""
            raise LinkError(f"no valid message for {self._pace.limit:.0f} s{self._fault}") from None
        if not data:
            raise LinkError("the stream has ended")
        return data

    async def _take(self, event: Event, sink: Sink, writer: asyncio.StreamWriter) -> None:
        if isinstance(event, Say):
            await self._say(event, writer)
        elif isinstance(event, Rejected):
            self._fault = f"; what came: {event.reason}"
            log.debug("%s %s: %s", self._language.name, self._port.address, event.reason)
        else:
            self._listen(event, sink)

    async def _say(self, event: Say, writer: asyncio.StreamWriter) -> None:
        """The line changes its speed only when the last bit is out: the port's buffer tells nothing of that."""
        baud = event.baud or self._port.line.baud
        if writer.is_closing():
            raise LinkError("the stream has ended")
        set_baud(writer, baud)
        writer.write(event.data)
        await writer.drain()
        if event.then and event.then != baud:
            await asyncio.sleep(len(event.data) * _BITS / baud)
            set_baud(writer, event.then)

    def _listen(self, heard: Heard, sink: Sink) -> None:
        self._pace.message(self._clock.monotonic(), quick=self._language.quick(heard))
        self._fault = ""
        if self._overdue:
            self._next_question, self._overdue = self._clock.monotonic(), False
        self._find(heard, sink)
        self._said = heard.readings
        now = self._clock.now()
        self._ahead_s = None if heard.time is None else (heard.time - now) / 1000
        for device in self._devices:
            self._put(device, heard, now, sink)
        self._aged |= heard.aged

    def _put(self, device: Device, heard: Heard, now: int, sink: Sink) -> None:
        """What is measured now gets the hub's time; gas and water keep their own, and are put once."""
        place = self._places[device.id]
        fresh = {name: value for name, value in heard.at(place).items() if f"{place}.{name}" not in heard.aged}
        sink.put([Measurement(f"{device.id}.{name}", value, now) for name, value in fresh.items()])
        for point, at in heard.aged.items():
            if point in heard.points and point.startswith(f"{place}.") and self._aged.get(point) != at:
                name = point.removeprefix(f"{place}.")
                sink.put([Measurement(f"{device.id}.{name}", heard.points[point], min(at, now))])

    def _find(self, heard: Heard, sink: Sink) -> None:
        """Reports the devices when they are back, and again when more is known of them."""
        known = tuple(_known(d, heard, self._places[d.id], first=d.id not in self._heard) for d in self._devices)
        self._heard |= {d.id for d in self._devices}
        if self._up and known == self._devices:
            return
        if not self._up:
            log.info("%s %s: the meter answers", self._language.name, self._port.address)
            self._aged = {}
        self._devices, self._up, self._backoff = known, True, _BACKOFF_S[0]
        for device in known:
            sink.seen(device)

    def _lose(self, sink: Sink, reason: str) -> None:
        if self._up is False:
            return
        self._up, self._ahead_s = False, None
        log.warning("%s %s: lost: %s", self._language.name, self._port.address, reason)
        for device in self._devices:
            sink.lost(device.id, reason)


def _bare(spec: DeviceSpec, driver: str, address: str) -> Device:
    points = tuple(_point(spec.uid, spec.id, name) for name in _EXPECTED)
    return Device(spec.uid, spec.id, spec.role, Link(driver, address), behind=spec.behind, points=points)


def _point(uid: str, device: str, name: str) -> Point:
    made = Point.of(uid, device, name)
    age_s = max(made.quantity.max_age_s, _HOLDS_S)
    return replace(made, quantity=replace(made.quantity, max_age_s=age_s))


def _known(device: Device, heard: Heard, place: str, *, first: bool) -> Device:
    """The device with what this message adds: points are only ever added, so that a short message hides none.

    The first message tells which of the expected points this meter has.
    """
    told = heard.at(place)
    kept = tuple(p for p in device.points if not first or p.quantity.name in told)
    have = {point.quantity.name for point in kept}
    more = tuple(_point(device.uid, device.id, name) for name in told if name not in have)
    about = heard.device
    return replace(
        device,
        points=kept + more,
        vendor=about.get("vendor") or device.vendor,
        model=about.get("model") or device.model,
        serial=about.get("serial") or device.serial,
        firmware=about.get("firmware") or device.firmware,
    )
