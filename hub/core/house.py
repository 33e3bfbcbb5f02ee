"""The house as the core needs it: which points to look at and what may be driven, in a fixed order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from hub.model import CommandSpec, Device, Role
from hub.model.site import BatteryControl, ChargerControl, Circuit, Site


@dataclass(frozen=True, slots=True)
class House:
    """Built anew whenever a device shows or changes its points; everything here is ordered, nothing is a set."""

    circuits: tuple[Circuit, ...]
    chargers: tuple[ChargerControl, ...]
    batteries: tuple[BatteryControl, ...]
    grid: str
    producers: tuple[str, ...]
    loads: tuple[str, ...]
    commands: Mapping[str, CommandSpec]

    @staticmethod
    def of(site: Site, devices: Iterable[Device]) -> House:
        listed = sorted(devices, key=lambda d: d.id)
        commands = {c.point: c for d in listed for c in d.commands}
        grid = next((d.id for d in listed if d.role is Role.GRID), "")
        return House(
            circuits=site.circuits,
            chargers=tuple(c for c in site.chargers if f"{c.device}.current_limit" in commands),
            batteries=tuple(b for b in site.batteries if f"{b.device}.power_setpoint" in commands),
            grid=grid,
            producers=tuple(d.id for d in listed if _produces(d)),
            loads=tuple(d.id for d in listed if _consumes(d)),
            commands=commands,
        )

    @property
    def managed(self) -> tuple[str, ...]:
        """Points that the core drives all the time, as opposed to those it only switches on somebody's wish."""
        return (
            *(f"{c.device}.current_limit" for c in self.chargers),
            *(f"{b.device}.power_setpoint" for b in self.batteries),
        )


def _produces(device: Device) -> bool:
    """AC side only: a battery behind an inverter is in that inverter's power already."""
    return device.role is Role.INVERTER or (device.role is Role.BATTERY and not device.behind)


def _consumes(device: Device) -> bool:
    own = any(p.quantity.name == "power" for p in device.points)
    return own and (
        device.role in (Role.CHARGER, Role.HEATPUMP, Role.PLUG) or (device.role is Role.METER and bool(device.behind))
    )
