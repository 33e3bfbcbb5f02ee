"""The GoodWe driver: one inverter over UDP, and what stands behind it (battery, grid meter) as devices of one link.

Lost after two passes without an answer, found again with a delay of 0.2 to 5 s; both are said once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace

from drivers.goodwe import et
from drivers.goodwe.control import Control
from drivers.goodwe.family import ADDRESSES, Query, identity, queries
from drivers.goodwe.link import PORT, UdpLink
from drivers.goodwe.meaning import heard
from drivers.goodwe.options import Place, address_of, link_of, place_of
from hub.errors import LinkError, NoAnswer, Refused
from hub.model import Clock, Command, Device, DeviceSpec, Driver, Link, Measurement, Point, Sink, Value
from hub.model.clock import until_tick
from hub.model.heard import Heard, Reading

log = logging.getLogger(__name__)

_BACKOFF_S = (0.2, 5.0)
_MISSES = 2


def build(link: str, devices: Sequence[DeviceSpec], clock: Clock) -> Driver:
    """A driver for the inverter at `link`; raises ConfigError for a link or an option that cannot be."""
    host, port = link_of(link, devices[0], PORT)
    places = [place_of(spec, devices[0]) for spec in devices]
    family = places[0].family
    address = address_of(devices[0], ADDRESSES[family])
    return GoodweDriver(UdpLink(host, port), places, Control(family, address), clock)


class GoodweDriver:
    """Asks block after block; each device gets the points of its place."""

    def __init__(self, link: UdpLink, places: Sequence[Place], control: Control, clock: Clock) -> None:
        self._link = link
        self._clock = clock
        self._control = control
        self._places = {p.spec.id: p for p in places}
        self._devices = {p.spec.id: _bare(p, link.address, control) for p in places}
        self._period_s = min(p.period_s for p in places)
        self._sink: Sink | None = None
        self._up: bool | None = None
        self._identity: Mapping[str, float] = {}
        self._told: Mapping[str, str] = {}
        self._left_out: set[str] = set()
        self._answered: set[str] = set()
        self._due: dict[str, float] = {}
        self._said: dict[str, tuple[Reading, ...]] = {}

    @property
    def devices(self) -> tuple[Device, ...]:
        return tuple(self._devices.values())

    async def run(self, sink: Sink) -> None:
        """At its end the inverter gets back what it was told to do for the hub."""
        self._sink = sink
        try:
            await self._poll(sink)
        finally:
            self._sink = None
            await self._control.release(self._link)

    async def apply(self, command: Command) -> None:
        """Writes, then reads the settings back; they are in the sink when this returns."""
        device, _, quantity = command.point.partition(".")
        if device not in self._places:
            raise Refused(f"{command.point}: no such device on this link")
        if self._sink is None:
            raise NoAnswer(f"{self._link.address}: not started")
        await self._control.write(
            self._link, self._places[device].place, quantity, command.value, self._clock.monotonic()
        )
        await self._ask(self._control.settings(), self._sink)

    def raw(self, device: str) -> tuple[Reading, ...]:
        """The last answer of each block: all devices of the link are one inverter."""
        return tuple(reading for said in self._said.values() for reading in said)

    async def _poll(self, sink: Sink) -> None:
        misses, backoff = 0, _BACKOFF_S[0]
        while True:
            try:
                await self._pass(sink)
                misses, backoff = 0, _BACKOFF_S[0]
                await asyncio.sleep(until_tick(self._clock, self._period_s))
                continue
            except LinkError as error:
                misses += 1
                if misses >= _MISSES or self._up is None:
                    self._lose(sink, str(error))
            except Refused as error:
                self._lose(sink, str(error))
            await asyncio.sleep(backoff)
            backoff = min(backoff * 2, _BACKOFF_S[1]) if self._up is False else backoff

    async def _pass(self, sink: Sink) -> None:
        if not self._up:
            await self._identify()
        values: dict[str, Value] = {}
        at = self._clock.now()
        for query in queries(self._control.family, self._control.address, self._identity):
            now = self._clock.monotonic()
            if query.block.name in self._left_out or now < self._due.get(query.block.name, now):
                continue
            self._due[query.block.name] = now + query.every_s
            found = await self._heard_if_told(query)
            if found is not None:
                if query.block is et.METER and "grid.power" not in found.points:
                    values.pop("grid.power", None)  # what the inverter passes on of a meter that it does not hear
                values.update(found.points)
                at = self._clock.now()
        self._find(values, sink)
        self._put(values, at, sink)
        await self._control.expire(self._link, self._clock.monotonic())

    async def _heard_if_told(self, query: Query) -> Heard | None:
        """Some models say nothing at all to a question for what they do not have: that is not the loss of the rest.

        A block that has been told before is no such one: its silence is the inverter's.
        """
        name = query.block.name
        try:
            found = await self._heard(query)
        except NoAnswer as error:
            if not query.optional or name in self._answered:
                raise
            log.info("goodwe %s: does not tell its %s: %s", self._link.address, name, error)
            self._left_out.add(name)
            return None
        self._answered.add(name)
        return found

    async def _ask(self, query: Query, sink: Sink) -> None:
        found = await self._heard(query)
        self._put(found.points if found else {}, self._clock.now(), sink)

    async def _heard(self, query: Query) -> Heard | None:
        """None when this model does not have the block; then it is left out until the inverter comes back."""
        try:
            answer = await self._link.ask(query.request, query.fits)
        except Refused as error:
            if not query.optional:
                raise
            log.info("goodwe %s: has no %s: %s", self._link.address, query.block.name, error)
            self._left_out.add(query.block.name)
            return None
        found = heard(query.block, answer.data)
        self._said[query.block.name] = found.readings
        if query.block is et.SETTINGS:
            self._control.noted(found.points)
        return found

    async def _identify(self) -> None:
        self._left_out, self._answered, self._due = set(), set(), {}
        query = identity(self._control.family, self._control.address)
        found = await self._heard(query)
        if found is not None:
            self._told = found.device
            self._identity = {r.code: float(r.value) for r in found.readings if isinstance(r.value, int | float)}

    def _put(self, values: Mapping[str, Value], at: int, sink: Sink) -> None:
        for name, place in self._places.items():
            mine = [
                Measurement(f"{name}.{point.partition('.')[2]}", value, at)
                for point, value in values.items()
                if point.partition(".")[0] == place.place
            ]
            if mine:
                sink.put(mine)

    def _find(self, values: Mapping[str, Value], sink: Sink) -> None:
        """Says the devices when they are back, and again when more is known of them."""
        rated = self._identity.get("rated_power", 0.0)
        known = {n: _known(d, self._places[n], values, self._told) for n, d in self._devices.items()}
        known = {
            n: replace(d, commands=self._control.commands(n, self._places[n].place, rated)) for n, d in known.items()
        }
        if self._up and known == self._devices:
            return
        if not self._up:
            log.info("goodwe %s: the inverter answers", self._link.address)
        self._devices, self._up = known, True
        for device in known.values():
            sink.seen(device)

    def _lose(self, sink: Sink, reason: str) -> None:
        if self._up is False:
            return
        self._up = False
        log.warning("goodwe %s: lost: %s", self._link.address, reason)
        for device in self._devices:
            sink.lost(device, reason)


def _bare(place: Place, address: str, control: Control) -> Device:
    """As far as known before it answers: what may be set stands from the start, its range comes with the inverter."""
    spec = place.spec
    commands = control.commands(spec.id, place.place, 0.0)
    settable = tuple(Point.of(spec.uid, spec.id, c.point.partition(".")[2], True) for c in commands)
    points = (Point.of(spec.uid, spec.id, "power"), *settable)
    link = Link("goodwe", address)
    return Device(spec.uid, spec.id, spec.role, link, "GoodWe", behind=spec.behind, points=points, commands=commands)


def _known(device: Device, place: Place, values: Mapping[str, Value], told: Mapping[str, str]) -> Device:
    """Points are only ever added, so that a short pass hides none."""
    have = {point.quantity.name for point in device.points}
    names = [point.partition(".")[2] for point in values if point.partition(".")[0] == place.place]
    more = tuple(Point.of(device.uid, device.id, name) for name in names if name not in have)
    return replace(
        device,
        points=device.points + more,
        model=told.get("model") or device.model,
        serial=told.get("serial") or device.serial,
        firmware=told.get("firmware") or device.firmware,
    )
