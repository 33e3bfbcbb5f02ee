"""How the parts are: one line each, and one word for the whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from hub.live import Board
from hub.model import LinkState, Role
from hub.model.contradictions import cannot_charge
from hub.model.site import BatteryControl, ChargerControl, HeatPumpControl, Site, SwitchControl

OK = "ok"
Control: TypeAlias = ChargerControl | BatteryControl | HeatPumpControl | SwitchControl
_DRIVEN_BY: Mapping[type[Control], str] = {
    ChargerControl: "current_limit",
    BatteryControl: "power_setpoint",
    HeatPumpControl: "sg_ready",
    SwitchControl: "on",
}
"""What a device must take for the core to drive it."""


@dataclass(frozen=True, slots=True)
class Part:
    ask: Callable[[], str]
    vital: bool


class Health:
    """Parts report through a callable that says `ok` or what is wrong.

    The house is degraded while something is wrong with a vital part. The others are a convenience: they are told,
    and nobody is called for them.
    """

    def __init__(self) -> None:
        self._parts: dict[str, Part] = {}
        self.ready = False

    def watch(self, name: str, ask: Callable[[], str], vital: bool = True) -> None:
        self._parts[name] = Part(ask, vital)

    def __call__(self) -> tuple[str, Mapping[str, str]]:
        told = {name: part.ask() for name, part in self._parts.items()}
        if not self.ready:
            return "starting", told
        wrong = [name for name, part in self._parts.items() if part.vital and told[name] != OK]
        return ("degraded" if wrong else "ok"), told


def devices(board: Board) -> str:
    """The part `devices`: which of them are lost. One that is still being looked for at the start is not, yet. What is
    foreseen is no device to call somebody for: the part `plan` says why it is silent.
    """
    known = [d.id for d in board.devices.values() if d.role not in (Role.HOUSE, Role.FORECAST)]
    lost = [id_ for id_ in known if board.links[id_].state is LinkState.LOST]
    if not lost:
        return OK
    return f"{len(lost)} of {len(known)} {'does' if len(lost) == 1 else 'do'} not answer: {', '.join(lost)}"


def limits(site: Site, board: Board) -> str:
    """The part `limits`: what in the site document contradicts what the devices have turned out to be."""
    shown = [(c, board.devices.get(c.device)) for c in site.chargers]
    fixed = [c for c, d in shown if d and d.commands and not d.command(f"{c.device}.phases")]
    return "; ".join(filter(None, (cannot_charge(c, site.limits) for c in fixed))) or OK


def modes(site: Site, board: Board) -> str:
    """The part `modes`: devices that are to be driven by more than is usual for their kind, and cannot be."""
    told: tuple[Control, ...] = (*site.chargers, *site.batteries, *site.heat_pumps, *site.switches)
    return "; ".join(filter(None, (_cannot(c, board) for c in told))) or OK


def _cannot(control: Control, board: Board) -> str:
    """Why not; nothing while the device has not shown itself, or when nobody asked for it."""
    kind, device = type(control), board.devices.get(control.device)
    if device is None or board.links[device.id].state is not LinkState.UP or control.mode == kind(device.id).mode:
        return ""
    lacks = _DRIVEN_BY[kind]
    if device.command(f"{device.id}.{lacks}"):
        return ""
    at = f"devices.{device.id}.control.mode"
    return f"{at}: nothing drives {device.id!r} by {control.mode!r}, as it takes no {lacks!r}; remove the mode"
