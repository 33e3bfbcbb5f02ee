"""The two protocols between the hub and whatever talks to the outside."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from hub.model.command import Command
from hub.model.device import Device
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
