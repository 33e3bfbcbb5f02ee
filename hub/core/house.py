"""The house as the core needs it: which points to look at and what may be driven, in a fixed order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from hub.model import CommandSpec, Device, Role
from hub.model.site import (
    BatteryControl,
    ChargerControl,
    Circuit,
    ConnectionLimits,
    HeatPumpControl,
    Site,
    SwitchControl,
    circuit_of,
    way_up,
)

_ENVELOPED = ("current_limit", "power_setpoint", "phases")
"""Set-points that only the envelope makes safe: never driven on a device without limits in the site document."""


@dataclass(frozen=True, slots=True)
class Inverter:
    """One that can be held back; `high`: all that it can make, W."""

    device: str
    high: float


@dataclass(frozen=True, slots=True)
class House:
    """Built anew whenever a device shows or changes its points; everything here is ordered, nothing is a set.

    `known_chargers`, `known_batteries`, `known_pumps`: also those that take no set-point. `charger_of`, `battery_of`: a
    known charger and a driven battery by device. `solar`: producers with no battery behind them. `behind`: what hangs
    where another device does: a battery on an inverter's DC side, the meter of a heat pump. `ways` and `insides` are
    worked out when they are first asked for.
    """

    circuits: tuple[Circuit, ...]
    chargers: tuple[ChargerControl, ...]
    known_chargers: tuple[ChargerControl, ...]
    known_batteries: tuple[BatteryControl, ...]
    known_pumps: tuple[HeatPumpControl, ...]
    batteries: tuple[BatteryControl, ...]
    inverters: tuple[Inverter, ...]
    heat_pumps: tuple[HeatPumpControl, ...]
    switches: tuple[SwitchControl, ...]
    limits: ConnectionLimits
    grid: str
    producers: tuple[str, ...]
    solar: tuple[str, ...]
    loads: tuple[str, ...]
    behind: Mapping[str, str]
    charger_of: Mapping[str, ChargerControl]
    battery_of: Mapping[str, BatteryControl]
    commands: Mapping[str, CommandSpec]
    connection: Circuit
    phases: tuple[int, ...]
    told_phases: Mapping[str, tuple[int, ...]]
    ways: dict[str, tuple[Circuit, ...]] = field(default_factory=dict, compare=False, repr=False)
    insides: dict[str, tuple[str, ...]] = field(default_factory=dict, compare=False, repr=False)

    @staticmethod
    def of(site: Site, devices: Iterable[Device]) -> House:
        listed = sorted(devices, key=lambda d: d.id)
        commands = {c.point: c for d in listed for c in d.commands}
        grid = next((d.id for d in listed if d.role is Role.GRID), "")
        chargers = tuple(c for c in site.chargers if f"{c.device}.current_limit" in commands)
        batteries = tuple(b for b in site.batteries if f"{b.device}.power_setpoint" in commands)
        managed = (*_limits(chargers, commands), *_set_points(batteries))
        loads = tuple(d.id for d in listed if _consumes(d))
        connection = next(c for c in site.circuits if not c.parent)
        told: tuple[HeatPumpControl | SwitchControl, ...] = (*site.heat_pumps, *site.switches)
        return House(
            circuits=site.circuits,
            chargers=chargers,
            known_chargers=site.chargers,
            known_batteries=site.batteries,
            known_pumps=site.heat_pumps,
            batteries=batteries,
            inverters=tuple(_inverter(d, commands) for d in listed if _holdable(d, commands)),
            heat_pumps=tuple(p for p in site.heat_pumps if f"{p.device}.sg_ready" in commands),
            switches=tuple(s for s in site.switches if f"{s.device}.on" in commands),
            limits=site.limits,
            grid=grid,
            producers=tuple(d.id for d in listed if _produces(d)),
            solar=tuple(d.id for d in listed if d.role is Role.INVERTER and not any(o.behind == d.id for o in listed)),
            loads=loads,
            behind={d.id: d.behind for d in listed if d.behind and d.behind not in loads},
            charger_of={c.device: c for c in site.chargers},
            battery_of={b.device: b for b in batteries},
            commands={p: c for p, c in commands.items() if p in managed or p.partition(".")[2] not in _ENVELOPED},
            connection=connection,
            phases=tuple(range(1, connection.phases + 1)),
            told_phases={d.device: d.phases for d in told if d.phases},
        )

    def shares(self, device: str) -> Mapping[int, float]:
        """By phase the share of its power that a pump or a plug may draw there: 1 on each where nobody has said."""
        told = self.told_phases.get(device)
        return dict.fromkeys(self.phases, 1.0) if told is None else dict.fromkeys(told, 1 / len(told))

    @property
    def managed(self) -> tuple[str, ...]:
        """Points that the core drives all the time, as opposed to those it only switches on somebody's wish."""
        return (
            *_limits(self.chargers, self.commands),
            *_set_points(self.batteries),
            *(f"{i.device}.power_limit" for i in self.inverters),
            *(f"{p.device}.sg_ready" for p in self.heat_pumps),
            *(f"{s.device}.on" for s in self.switches),
        )

    def way_up(self, device: str) -> tuple[Circuit, ...]:
        """The circuits that carry what the device draws, the grid connection last.

        What no circuit names hangs where the device does that it is behind.
        """
        if device not in self.ways:
            named = any(device in c.members for c in self.circuits)
            hangs = device if named else self.behind.get(device, device)
            self.ways[device] = way_up(self.circuits, circuit_of(self.circuits, hangs))
        return self.ways[device]

    def inside(self, circuit: Circuit) -> tuple[str, ...]:
        """The devices that `circuit` feeds, those of its child circuits too."""
        if circuit.id not in self.insides:
            known = [m for c in self.circuits for m in c.members] + list(self.behind)
            self.insides[circuit.id] = tuple(d for d in dict.fromkeys(known) if circuit in self.way_up(d))
        return self.insides[circuit.id]


def _limits(chargers: tuple[ChargerControl, ...], commands: Mapping[str, CommandSpec]) -> tuple[str, ...]:
    points = (f"{c.device}.{q}" for c in chargers for q in ("current_limit", "phases"))
    return tuple(p for p in points if p in commands)


def _set_points(batteries: tuple[BatteryControl, ...]) -> tuple[str, ...]:
    return tuple(f"{b.device}.power_setpoint" for b in batteries)


def _holdable(device: Device, commands: Mapping[str, CommandSpec]) -> bool:
    spec = commands.get(f"{device.id}.power_limit")
    return device.role is Role.INVERTER and spec is not None and spec.high is not None


def _inverter(device: Device, commands: Mapping[str, CommandSpec]) -> Inverter:
    return Inverter(device.id, commands[f"{device.id}.power_limit"].high or 0.0)


def _produces(device: Device) -> bool:
    """AC side only: a battery behind an inverter is in that inverter's power already."""
    return device.role is Role.INVERTER or (device.role is Role.BATTERY and not device.behind)


def _consumes(device: Device) -> bool:
    own = any(p.quantity.name == "power" for p in device.points)
    return own and (
        device.role in (Role.CHARGER, Role.HEATPUMP, Role.PLUG) or (device.role is Role.METER and bool(device.behind))
    )
