"""The P1 driver: one meter that talks by itself, once a second (DSMR 5) or every ten (before).

Lost after 5 s without a valid telegram (a meter that is slower by nature: 2.5 times its interval), at the end of the
stream, or when the port is unplugged; found again with a delay of 0.2 to 5 s. Both are logged and reported once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace

from drivers.p1.codec import Parser, Rejected, Telegram
from drivers.p1.port import Port
from hub.errors import LinkError, Refused
from hub.model import Clock, Command, Device, DeviceSpec, Driver, Link, Measurement, Point, Sink

log = logging.getLogger(__name__)

_SILENT_S = 5.0
_SLOW_S = 25.0
_BACKOFF_S = (0.2, 5.0)
_EXPECTED = ("power", "energy_import", "energy_export")


def build(link: str, devices: Sequence[DeviceSpec], clock: Clock) -> Driver:
    """A driver for the P1 port at `link`; raises ConfigError for a link that cannot be one."""
    return P1Driver(Port.parse(link), devices, clock)


class P1Driver:
    """Reads telegrams for the devices of one port (normally one: the grid meter)."""

    def __init__(self, port: Port, devices: Sequence[DeviceSpec], clock: Clock) -> None:
        self._port = port
        self._clock = clock
        self._devices = tuple(_bare(spec, port.address) for spec in devices)
        self._up: bool | None = None
        self._pace = _Pace()
        self._aged: dict[str, int] = {}
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
        raise Refused(f"{command.point}: a P1 port can only be read")

    async def _session(self, sink: Sink) -> None:
        reader, writer = await self._port.open()
        parser = Parser()
        self._pace.opened(self._clock.monotonic())
        try:
            while True:
                for event in parser.feed(await self._read(reader)):
                    self._take(event, sink)
        finally:
            writer.close()

    async def _read(self, reader: asyncio.StreamReader) -> bytes:
        left = self._pace.left(self._clock.monotonic())
        try:
            async with asyncio.timeout(max(left, 0.0)):
                data = await reader.read(4096)
        except TimeoutError:
            raise LinkError(f"no valid telegram for {self._pace.limit:.0f} s") from None
        if not data:
            raise LinkError("the stream has ended")
        return data

    def _take(self, event: Telegram | Rejected, sink: Sink) -> None:
        if isinstance(event, Rejected):
            log.debug("p1 %s: %s", self._port.address, event.reason)
            return
        self._pace.telegram(self._clock.monotonic(), event.version)
        self._find(event, sink)
        now = self._clock.now()
        for device in self._devices:
            self._put(device, event, now, sink)
        self._aged = dict(event.aged)

    def _put(self, device: Device, telegram: Telegram, now: int, sink: Sink) -> None:
        """What is measured now gets the hub's time; gas and water keep their own, and are put once."""
        sink.put(
            [
                Measurement(f"{device.id}.{name}", value, now)
                for name, value in telegram.points.items()
                if name not in telegram.aged
            ]
        )
        for name, at in telegram.aged.items():
            if name in telegram.points and self._aged.get(name) != at:
                sink.put([Measurement(f"{device.id}.{name}", telegram.points[name], min(at, now))])

    def _find(self, telegram: Telegram, sink: Sink) -> None:
        """Reports the devices when they are back, and again when more is known of them."""
        known = tuple(_known(device, telegram) for device in self._devices)
        if self._up and known == self._devices:
            return
        if not self._up:
            log.info("p1 %s: the meter answers", self._port.address)
            self._aged = {}
        self._devices, self._up, self._backoff = known, True, _BACKOFF_S[0]
        for device in known:
            sink.seen(device)

    def _lose(self, sink: Sink, reason: str) -> None:
        if self._up is False:
            return
        self._up = False
        log.warning("p1 %s: lost: %s", self._port.address, reason)
        for device in self._devices:
            sink.lost(device.id, reason)


class _Pace:
    """How long this meter may be silent, learned from its own interval. Seconds, monotonic."""

    def __init__(self) -> None:
        self.limit = _SILENT_S
        self._last = 0.0
        self._before: float | None = None

    def opened(self, now: float) -> None:
        """A new connection: any meter's first telegram comes within its slowest interval, 10 s."""
        self._last, self._before = now, None
        self.limit = max(self.limit, 12.0)

    def telegram(self, now: float, version: str) -> None:
        if self._before is not None:
            self.limit = min(max(_SILENT_S, 2.5 * (now - self._before)), _SLOW_S)
        elif version.startswith("5"):
            self.limit = _SILENT_S
        self._last = self._before = now

    def left(self, now: float) -> float:
        return self._last + self.limit - now


def _bare(spec: DeviceSpec, address: str) -> Device:
    points = tuple(Point.of(spec.uid, spec.id, name) for name in _EXPECTED)
    return Device(spec.uid, spec.id, spec.role, Link("p1", address), behind=spec.behind, points=points)


def _known(device: Device, telegram: Telegram) -> Device:
    """The device with what this telegram adds: points are only ever added, so that a short telegram hides none."""
    have = {point.quantity.name for point in device.points}
    more = tuple(Point.of(device.uid, device.id, name) for name in telegram.points if name not in have)
    points = _without_guesses(device, telegram.points) if not device.model else device.points
    return replace(
        device,
        vendor=telegram.ident[:3],
        model=telegram.ident[3:].strip(),
        points=points + more,
        serial=telegram.serial or device.serial,
        firmware=telegram.version or device.firmware,
    )


def _without_guesses(device: Device, found: Mapping[str, float]) -> tuple[Point, ...]:
    """The first telegram tells which of the expected points this meter has."""
    return tuple(point for point in device.points if point.quantity.name in found)
