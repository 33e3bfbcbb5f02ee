"""Which of a device's entities stand for which quantity. Pure.

A device may have several powers or counters. Each quantity is taken where just one entity can be it; where there are
more, its owner has to say which.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from drivers.mqtt.ha_entity import Lever, Offer, Slot, named

_SPAN = re.compile(
    r"(?:^|[^a-z])(?:to_?day|yester_?day|day|daily|week|weekly|month|monthly|year|yearly|hour|hourly)(?:[^a-z]|$)"
)
_DIAGNOSTIC = ("battery_level", "signal")
"""what is told as a diagnosis everywhere, and wanted all the same"""
_ENERGY = {"grid": "energy_import", "meter": "energy_import", "battery": ""}


@dataclass(frozen=True, slots=True)
class Choice:
    """What a device of one role tells and takes; `readings` are the places of all that is told."""

    slots: tuple[Slot, ...] = ()
    levers: tuple[Lever, ...] = ()
    readings: tuple[Slot, ...] = ()
    problems: tuple[str, ...] = ()


def choose(offers: Iterable[Offer], role: str, wanted: Mapping[str, str]) -> Choice:
    """`wanted`: quantity -> the object of the entity that its owner has named."""
    listed = tuple(offers)
    problems = [problem for one in listed for problem in one.problems]
    slots: list[Slot] = []
    levers: list[Lever] = []
    by_name = {one.entity.object: one for one in listed}
    for name, object_ in wanted.items():
        if object_ not in by_name:
            continue
        slot, lever, problem = named(by_name[object_], name)
        slots += [slot] if slot else []
        levers += [lever] if lever else []
        problems += [problem] if problem else []
    taken = frozenset(wanted)
    for name, found in _candidates(listed, role).items():
        if name not in taken and len(found) == 1:
            slots.append(replace(found[0][1], quantity=name))
            levers += [replace(v, quantity=name) for v in found[0][0].levers if v.quantity == found[0][1].quantity]
        elif name not in taken:
            which = ", ".join(one.entity.object for one, _ in found[:6])
            problems.append(f'several entities could be {name}: {which}; choose with entities = {{ {name} = "..." }}')
    return Choice(tuple(slots), tuple(levers), tuple(s for one in listed for s in one.slots), tuple(problems))


def _candidates(listed: Iterable[Offer], role: str) -> dict[str, list[tuple[Offer, Slot]]]:
    found: dict[str, list[tuple[Offer, Slot]]] = {}
    for one in listed:
        for slot in one.slots:
            name = _as_role(slot.quantity, role)
            if name and not _aside(one, slot):
                found.setdefault(name, []).append((one, slot))
    return found


def _aside(one: Offer, slot: Slot) -> bool:
    """A counter of a day starts anew each night, which is no counter for the house."""
    if one.doubtful and slot.quantity not in _DIAGNOSTIC:
        return True
    return slot.quantity == "energy" and bool(_SPAN.search(one.entity.object.lower()))


def _as_role(name: str, role: str) -> str:
    """A counter of a battery may be of either direction."""
    if name == "battery_level" and role == "battery":
        return "soc"
    return _ENERGY.get(role, name) if name == "energy" else name
