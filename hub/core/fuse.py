"""What the fuses leave: each circuit on the way from a device to the grid bounds it, on each of its phases.

The grid connection has a meter: fuse - load is left. A circuit behind it has none: fuse - what its other members draw
or have been given is left, and nothing is gained there from members that flow the other way.
Devices are decided one after the other; what one newly takes is gone for the next.
"""

from __future__ import annotations

from collections import defaultdict
from math import fsum
from typing import NamedTuple

from hub.core.draw import IMPORT, all_at_most, at_least, volts
from hub.core.given import Given
from hub.core.house import House
from hub.core.types import Inputs, once
from hub.model.site import Circuit


class Room(NamedTuple):
    """What a circuit leaves a device on one phase, A; `missing`: the reading without which that is a guess."""

    circuit: Circuit
    phase: int
    free_a: float
    missing: str = ""


class Fuses:
    """The budget of one step, for what flows in (`way` IMPORT) and for what flows out (EXPORT)."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._given: dict[int, Given] = defaultdict(Given)

    def give(self, device: str, phase: int, amps: float) -> None:
        """What was decided for the device, + = into it."""
        self._given[phase].give(device, amps)

    def rooms(self, inputs: Inputs, device: str, phases: tuple[int, ...], way: int = IMPORT) -> tuple[Room, ...]:
        """One for each phase of each circuit, the own one first."""
        return tuple(
            self._at_grid(inputs, circuit, device, phase, way)
            if not circuit.parent
            else self._behind_it(inputs, circuit, device, phase, way)
            for circuit in self._house.way_up(device)
            for phase in (tuple(p for p in phases if p <= circuit.phases) or phases)
        )

    def refuses(self, inputs: Inputs, device: str, more_w: float) -> Room | None:
        """The circuit that does not bear `more_w` above what the device draws, with 0 not even that.

        Where nobody has said which phases it hangs on, the worst counts. What cars and batteries are told now counts as
        if they had done it: they make room before a switch does. Blind, nothing is known of that.
        """
        for circuit in self._house.way_up(device):
            shares = self._house.shares(device)
            for phase in tuple(p for p in shares if p <= circuit.phases) or shares:
                left = self._left(inputs, circuit, phase)
                if left is not None and left < more_w * shares[phase] / volts(inputs, phase):
                    return Room(circuit, phase, left)
        return None

    def _left(self, inputs: Inputs, circuit: Circuit, phase: int) -> float | None:
        given = self._given[phase]
        if not circuit.parent:
            load = load_over(inputs, phase, IMPORT)
            told = given.sum(inputs, "told", lambda d, a: a - at_least(inputs, d, phase, IMPORT))
            return None if load is None else circuit.fuse_a - load - told
        drawn = all_at_most(inputs, self._house.inside(circuit), phase)
        return circuit.fuse_a - fsum(max(0.0, given.get(d, a or 0.0)) for d, a in drawn)

    def _at_grid(self, inputs: Inputs, circuit: Circuit, device: str, phase: int, way: int) -> Room:
        """Blind, only what was given counts, all of it: the hub alone never brings the fuse down."""
        load = load_over(inputs, phase, way)
        if load is None and self._whole_will_do(device):
            load = self._whole(inputs, phase, way)
        if load is None:
            others = self._given[phase].sum(inputs, ("blind", way), lambda _, a: max(0.0, way * a), device)
            return Room(circuit, phase, circuit.fuse_a - others, f"{self._house.grid}.power_l{phase}")
        own = at_least(inputs, device, phase, way)
        return Room(circuit, phase, circuit.fuse_a - load + own - self.newly(inputs, device, phase, way))

    def newly(self, inputs: Inputs, device: str, phase: int, way: int) -> float:
        """A that others have been given in this step beyond what they draw."""

        def beyond(other: str, amps: float) -> float:
            return max(0.0, way * amps - at_least(inputs, other, phase, way))

        return self._given[phase].sum(inputs, ("newly", way), beyond, device)

    def _behind_it(self, inputs: Inputs, circuit: Circuit, device: str, phase: int, way: int) -> Room:
        taken, missing, given = 0.0, "", self._given[phase]
        for other, now in all_at_most(inputs, self._house.inside(circuit), phase):
            if other != device:
                missing = missing or (f"{other}.power" if now is None else "")
                taken += max(0.0, way * (now or 0.0), way * given.get(other, 0.0))
        return Room(circuit, phase, circuit.fuse_a - taken, missing)

    def _whole_will_do(self, device: str) -> bool:
        """A battery follows the sum of the phases, so that a meter that tells no more will do."""
        return any(b.device == device for b in self._house.batteries)

    def _whole(self, inputs: Inputs, phase: int, way: int) -> float | None:
        """The sum as if it were all on this phase; what flows the other way earns nothing."""
        watts = inputs.number(f"{self._house.grid}.power")
        return None if watts is None else max(0.0, way * watts) / volts(inputs, phase)


@once
def load_over(inputs: Inputs, phase: int, way: int) -> float | None:
    """A over the meter that way. A measured current has no direction: it counts where the power shows it flows."""
    grid, per_amp = inputs.house.grid, volts(inputs, phase)
    amps, watts = inputs.number(f"{grid}.current_l{phase}"), inputs.number(f"{grid}.power_l{phase}")
    if watts is None and inputs.house.phases == (1,):
        watts = inputs.number(f"{grid}.power")
    if watts is None:
        return None if amps is None else abs(amps)
    by_power = way * watts / per_amp
    return max(by_power, abs(amps or 0.0)) if by_power >= 0 else by_power
