"""The contact driver: the lines of one GPIO chip, read every second and after each write.

Outputs have their `default` from the moment that the lines are held, and again when the driver ends. Lost when the chip
cannot be opened or read; tried again with a delay of 0.2 to 5 s. Both are said once.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping, Sequence

from drivers.contact.chip import KernelChip
from drivers.contact.contact import Contact
from drivers.contact.lines import Chip, Line, Lines
from drivers.contact.options import apart, chip_of, contact_of, period_of
from hub.errors import NoAnswer, Refused
from hub.model import Clock, Command, Device, DeviceSpec, Driver, Link, Measurement, Point, Sink
from hub.model.heard import Reading

log = logging.getLogger(__name__)

_BACKOFF_S = (0.2, 5.0)


def build(
    link: str, devices: Sequence[DeviceSpec], clock: Clock, chip: Callable[[str, str], Chip] = KernelChip
) -> Driver:
    """A driver for the chip at `link`; raises ConfigError for options that cannot be, or without the package gpiod.

    `chip` makes the chip from its device file and the place in the document that errors name.
    """
    path = chip_of(link, devices[0])
    contacts = [contact_of(spec) for spec in devices]
    apart(contacts)
    return ContactDriver(path, chip(path, f"site: devices.{devices[0].id}.link"), contacts, period_of(devices), clock)


class ContactDriver:
    """Holds the lines of all its devices together."""

    def __init__(self, path: str, chip: Chip, contacts: Sequence[Contact], period_s: float, clock: Clock) -> None:
        self._path = path
        self._chip = chip
        self._contacts = {c.spec.id: c for c in contacts}
        self._period_s = period_s
        self._clock = clock
        self._lines: Lines | None = None
        self._sink: Sink | None = None
        self._up: bool | None = None
        self._closed: dict[int, bool] = {}

    @property
    def devices(self) -> tuple[Device, ...]:
        return tuple(_device(c, self._path) for c in self._contacts.values())

    async def run(self, sink: Sink) -> None:
        self._sink = sink
        backoff = _BACKOFF_S[0]
        try:
            while True:
                try:
                    self._hold()
                    self._read(sink)
                    backoff = _BACKOFF_S[0]
                    await asyncio.sleep(self._period_s)
                except OSError as error:
                    self._lose(sink, error.strerror or str(error))
                    await asyncio.sleep(backoff)
                    backoff = min(backoff * 2, _BACKOFF_S[1])
        finally:
            self._sink = None
            self._give_back()

    async def apply(self, command: Command) -> None:
        device, _, quantity = command.point.partition(".")
        contact = self._contacts.get(device)
        if contact is None or not contact.writes or quantity != contact.quantity:
            raise Refused(f"{command.point}: no such output on this chip")
        states = contact.states(command.value)
        if self._lines is None or self._sink is None:
            raise NoAnswer(f"{self._path}: its lines are not held")
        try:
            self._write(self._lines, states)
            self._read(self._sink)
        except OSError as error:
            raise NoAnswer(f"{self._path}: {error.strerror or error}") from None

    def raw(self, device: str) -> tuple[Reading, ...]:
        """Whether each of its lines is closed."""
        contact = self._contacts.get(device)
        offsets = [line.offset for line in contact.lines] if contact else []
        return tuple(Reading(f"line {n}", self._closed[n]) for n in offsets if n in self._closed)

    def _hold(self) -> None:
        if self._lines is None:
            inputs = tuple(line for c in self._contacts.values() if not c.writes for line in c.lines)
            self._lines = self._chip.hold(inputs, self._at_rest())

    def _at_rest(self) -> dict[Line, bool]:
        rest: dict[Line, bool] = {}
        for contact in self._contacts.values():
            if contact.rest is not None:
                rest.update(contact.states(contact.rest))
        return rest

    def _read(self, sink: Sink) -> None:
        lines = self._lines
        if lines is None:
            return
        now = self._clock.now()
        self._closed = {line.offset: lines.read(line.offset) for c in self._contacts.values() for line in c.lines}
        found = [
            Measurement(f"{name}.{c.quantity}", c.value([self._closed[line.offset] for line in c.lines]), now)
            for name, c in self._contacts.items()
        ]
        if not self._up:
            self._up = True
            log.info("contact %s: its lines are held", self._path)
            for device in self.devices:
                sink.seen(device)
        sink.put(found)

    def _lose(self, sink: Sink, reason: str) -> None:
        self._give_back()
        if self._up is False:
            return
        self._up = False
        log.warning("contact %s: lost: %s", self._path, reason)
        for name in self._contacts:
            sink.lost(name, reason)

    def _write(self, lines: Lines, states: Mapping[Line, bool]) -> None:
        if states:
            lines.write({line.offset: closed for line, closed in states.items()})

    def _give_back(self) -> None:
        """Outputs to rest first, for a line that nobody holds may stay as it was."""
        if self._lines is not None:
            with contextlib.suppress(OSError):
                self._write(self._lines, self._at_rest())
            with contextlib.suppress(OSError):
                self._lines.close()
            self._lines = None


def _device(contact: Contact, path: str) -> Device:
    spec = contact.spec
    point = Point.of(spec.uid, spec.id, contact.quantity, contact.writes)
    return Device(
        spec.uid,
        spec.id,
        spec.role,
        Link("contact", path),
        behind=spec.behind,
        points=(point,),
        commands=contact.commands(),
    )
