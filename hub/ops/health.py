"""How the parts are: one line each, and one word for the whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from hub.live import Board
from hub.model import LinkState, Role
from hub.model.contradictions import cannot_charge
from hub.model.site import Site

OK = "ok"


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
