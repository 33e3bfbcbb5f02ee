"""The two protocols between the hub and whatever talks to the outside."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, runtime_checkable

from hub.model.command import Command
from hub.model.device import Device
from hub.model.heard import Reading
from hub.model.point import Measurement


class Sink(Protocol):
    """Where a driver puts what it learns."""

    def put(self, measurements: Iterable[Measurement]) -> None:
        """A batch with one timestamp."""

    def seen(self, device: Device) -> None:
        """The device answers; carries what is known of it now (points, commands, serial, firmware)."""

    def lost(self, device: str, reason: str) -> None:
        """The device (by id) no longer answers."""


class Driver(Protocol):
    """Owner of one link: a bus, a socket, a topic tree."""

    @property
    def devices(self) -> tuple[Device, ...]:
        """The devices of this link as far as known before it is up."""

    async def run(self, sink: Sink) -> None:
        """Lives as long as its link is wanted. Connection errors are retried inside; any other exception is a bug."""

    async def apply(self, command: Command) -> None:
        """Returns when the device has taken the write and its read-back is in the sink (where the protocol has one).

        Raises hub.errors.NoAnswer or hub.errors.Refused.
        """


@runtime_checkable
class Telling(Protocol):
    """A driver that can show what the wire said, for whoever installs a device."""

    def raw(self, device: str) -> tuple[Reading, ...]:
        """The wire's own readings of the device (by id) at its last answer; none before it has answered."""


@runtime_checkable
class Timed(Protocol):
    """A driver whose devices tell the time of their own clocks."""

    def ahead_s(self, device: str) -> float | None:
        """By how much the device's clock was ahead of the hub's at its last word; None while it tells none."""
