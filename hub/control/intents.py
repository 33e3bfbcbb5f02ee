"""Intents are points too: the modes people choose are added to what the driver says a device has."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from hub.live import Board
from hub.model import CommandSpec, Device, Measurement, Point, Role

MODES = {
    Role.CHARGER: ("current_limit", ("off", "solar", "min_solar", "fast", "plan")),
    Role.BATTERY: ("power_setpoint", ("off", "auto", "hold", "charge", "discharge", "plan")),
    Role.HEATPUMP: ("sg_ready", ("normal", "boost", "surplus", "plan")),
    Role.PLUG: ("on", ("manual", "surplus", "plan")),
}


def with_intents(device: Device) -> Device:
    """The device with its `mode`, if it can be driven at all, the targets of a car or plug that counts energy or knows
    how full the car is, and the reserve of a battery.
    """
    needed, choices = MODES.get(device.role, ("", ()))
    mode = Point.of(device.uid, device.id, "mode", writable=True)
    if device.command(f"{device.id}.{needed}") is None or device.command(mode.id):
        return device
    points, commands = [mode], [CommandSpec(mode.id, choices=choices)]
    told = {p.quantity.name for p in device.points}
    asked = (
        ("target_energy", 200_000.0, device.role in (Role.CHARGER, Role.PLUG) and "energy" in told),
        ("target_soc", 100.0, device.role is Role.CHARGER and "soc" in told),
        ("reserve", 100.0, device.role is Role.BATTERY),
    )
    for name, most in ((name, most) for name, most, there in asked if there):
        point = Point.of(device.uid, device.id, name, writable=True)
        points.append(point)
        commands.append(CommandSpec(point.id, low=0.0, high=most))
    return replace(device, points=(*device.points, *points), commands=(*device.commands, *commands))


def moves(device: Device) -> str:
    """The point that a mode of the device moves."""
    return f"{device.id}.{MODES[device.role][0]}" if device.role in MODES else ""


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
