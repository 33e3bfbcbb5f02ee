"""Which model serves what: for each role the models in the order of preference, and how each is read. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from drivers.sunspec import readings as r
from drivers.sunspec.chain import Place
from drivers.sunspec.layout import Values
from drivers.sunspec.makers import counts_export
from drivers.sunspec.options import Options
from drivers.sunspec.readings import Reader
from hub.model import Role

_INVERTERS, _FLOATS = (101, 102, 103), (111, 112, 113)
METERS = (201, 202, 203, 204, 211, 212, 213, 214)
_BATTERIES = frozenset({124, 713, 802})
_DC_SIDES = (160, 714)
_STATES = (120,)
SERVING = frozenset({701, *_INVERTERS, *_FLOATS, *METERS, *_BATTERIES, *_DC_SIDES, *_STATES})
"""the models that a device of the house is made of; what others say is told, and not used"""


@dataclass(frozen=True, slots=True)
class Aspect:
    """One side of a device. `choices` in order; `fast` is read in every pass, the rest in turn."""

    choices: tuple[tuple[tuple[int, ...], Reader], ...]
    fast: bool = True


@dataclass(frozen=True, slots=True)
class Source:
    """A model that serves an aspect of a device."""

    place: Place
    read: Reader
    fast: bool


def sources(role: Role, options: Options, images: Mapping[Place, Values]) -> tuple[Source, ...]:
    """Empty when the unit has nothing that the role cannot be without: AC power, a battery's power, a meter."""
    first, *others = _aspects(role, options, images)
    main = _choose(first, images, options.index)
    if main is None or not main.read(images[main.place]):
        return ()
    if main.place.model in METERS and _turned(main.place, options, images):
        main = replace(main, read=r.export_meter)
    return (main, *(source for aspect in others if (source := _choose(aspect, images, 1))))


def lack(role: Role, images: Mapping[Place, Values]) -> str:
    """Why a unit has nothing for the role, in a few words."""
    if role is Role.BATTERY and _has_battery(images):
        return "does not tell its battery's power (models 714, 160, 802), and its AC power may be that of panels"
    return f"has no {role.value}"


def _aspects(role: Role, options: Options, images: Mapping[Place, Values]) -> tuple[Aspect, ...]:
    if role is Role.INVERTER:
        return _inverter({place.model for place in images})
    if role is Role.BATTERY:
        return _battery(ac=not options.behind and _has_battery(images) and _counts_on_ac(options, images))
    return (Aspect(((METERS, r.meter),)),)


def _turned(meter: Place, options: Options, images: Mapping[Place, Values]) -> bool:
    """Whether + is export: by the owner's word, else by the maker's custom."""
    return counts_export(meter, images) if options.export is None else options.export


def _has_battery(images: Mapping[Place, Values]) -> bool:
    """An inverter without strings may still be one of panels: it has a battery when one of its models tells of it."""
    return any(p.model in _BATTERIES and (r.charge(v) or r.battery_state(v)) for p, v in images.items())


def _counts_on_ac(options: Options, images: Mapping[Place, Values]) -> bool:
    """Whether all AC power is the battery's. Panels need not be told of: that there are none is known only from DC
    sides that are all a battery's, or from the owner.
    """
    sides = [values for place, values in images.items() if place.model in _DC_SIDES]
    return not any(map(r.has_pv, sides)) and (options.ac or any(map(r.has_storage_alone, sides)))


def _inverter(models: set[int]) -> tuple[Aspect, ...]:
    """Of an inverter with a battery the one DC power has both in it, so it is nobody's."""
    pv: tuple[tuple[tuple[int, ...], Reader], ...] = (((714,), r.ports), ((160,), r.modules))
    if not models & _BATTERIES:
        pv += (((*_INVERTERS, *_FLOATS), r.direct),)
    battery = Aspect((((714,), r.port_flow), ((160,), r.module_flow), ((802,), r.bank_flow)))
    return Aspect((((701,), r.der), ((*_INVERTERS, *_FLOATS), r.inverter))), Aspect(pv), battery


def _battery(ac: bool) -> tuple[Aspect, ...]:
    dc_side = (((714,), r.port_battery), ((160,), r.module_battery), ((802,), r.bank))
    ac_side = (((701, *_INVERTERS, *_FLOATS), r.ac_battery),) if ac else ()
    return (
        Aspect((*ac_side, *dc_side)),
        Aspect((((713, 802, 124), r.charge),)),
        Aspect((((713, 802, 120), r.capacity),), fast=False),
        Aspect((((802, 124), r.battery_state),), fast=False),
    )


def _choose(aspect: Aspect, images: Mapping[Place, Values], index: int) -> Source | None:
    """The first model that says something now, else the first there is: at night many points are not implemented."""
    there = [
        Source(place, read, aspect.fast)
        for models, read in aspect.choices
        for model in models
        for place in [place for place in images if place.model == model][index - 1 :][:1]
    ]
    return next((source for source in there if source.read(images[source.place])), there[0] if there else None)
