"""Sum checks: what the phases and the counters of a device come to, against the power that each of them is of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from hub.store.ring.energy import PARTS, Counted, Energy, disagree

_PHASES = {"power_l1": 1, "power_l2": 1, "power_l3": 1}
_OWN = {"energy": 1}
_METERED = {"energy_import": 1, "energy_export": -1}
_STORED = {"energy_charged": -1, "energy_discharged": 1}
"""What makes up a power, and which way it counts."""

_SHARE, _LEAST_WH = 0.03, 5

_Where: TypeAlias = NDArray[np.bool_]


def differing(known: Mapping[str, Counted], has: Set[str]) -> Iterator[tuple[str, _Where]]:
    """(power, the quarters in which what it is made up of is something else) of a device, by quantity.

    `known`: what the device's energies are today; `has`: all quantities that it ever had, so that one which is not
    known is not taken for one that it does not have.
    """
    for parts, powers in _checks(has):
        names = [p for p in parts if p in has]
        if names and all(name in known for name in (*names, *powers)):
            counted = {name: (known[name], parts[name]) for name in names}
            off = np.logical_and.reduce([_differ(known[power].energy, counted) for power in powers])
            if off.any():
                yield from ((power, off) for power in powers)


def _checks(has: Set[str]) -> Iterator[tuple[Mapping[str, int], tuple[str, ...]]]:
    """(parts, the powers one of which they must make) of a device that has such quantities.

    Of hybrid inverters some count what the panels yield, some what goes to the AC side; what is beside their own
    counter may be anybody's, but the battery's.
    """
    if _PHASES.keys() <= has:
        yield _PHASES, ("power",)
    if "pv_power" in has:
        yield _OWN, ("power", "pv_power")
    elif "battery_power" not in has:
        yield _OWN, ("power",)
    if "battery_power" in has:
        yield _STORED, ("battery_power",)
    elif not has & {"energy", "pv_power"}:
        yield _STORED, ("power",)
        yield _METERED, ("power",)


def _differ(power: Energy, counted: Mapping[str, tuple[Counted, int]]) -> _Where:
    """Where they do not make the power, or those that count one way only not what flowed that way."""
    parts = [of.energy.signed(way) for of, way in counted.values()]
    if any(len(part.marks) != len(power.marks) for part in parts):
        return np.zeros(len(power.marks), np.bool_)
    ways = {way for _, way in counted.values()}
    whole = power if len(ways) > 1 or counted.keys() == _PHASES.keys() else _one_way(power, *ways)
    least = max(_LEAST_WH, *(of.step for of, _ in counted.values()))
    return disagree(whole, parts, _SHARE, round(least * PARTS))


def _one_way(power: Energy, way: int) -> Energy:
    none = np.zeros_like(power.plus)
    return Energy(power.plus, none, power.marks) if way > 0 else Energy(none, power.minus, power.marks)
