"""Intents are points too: the modes people choose are added to what the driver says a device has."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from hub.live import Board
from hub.model import CommandSpec, Device, Measurement, Point, Role

MODES = {
    Role.CHARGER: ("current_limit", ("off", "solar", "min_solar", "fast")),
    Role.BATTERY: ("power_setpoint", ("off", "auto", "hold", "charge", "discharge")),
    Role.HEATPUMP: ("sg_ready", ("normal", "boost", "surplus")),
    Role.PLUG: ("on", ("manual", "surplus")),
}


def with_intents(device: Device) -> Device:
    """The device with its `mode`, if it can be driven at all."""
    needed, choices = MODES.get(device.role, ("", ()))
    mode = Point.of(device.uid, device.id, "mode", writable=True)
    if device.command(f"{device.id}.{needed}") is None or device.command(mode.id):
        return device
    return replace(
        device, points=(*device.points, mode), commands=(*device.commands, CommandSpec(mode.id, choices=choices))
    )


class IntentSink:
    """The Board as drivers see it; adds intents to what they announce."""

    def __init__(self, board: Board) -> None:
        self._board = board

    def put(self, measurements: Iterable[Measurement]) -> None:
        self._board.put(measurements)

    def seen(self, device: Device) -> None:
        self._board.seen(with_intents(device))

    def lost(self, device: str, reason: str) -> None:
        self._board.lost(device, reason)
