"""What the fuses leave: each circuit on the way from a device to the grid bounds it, on each of its phases.

The grid connection has a meter: fuse - load is left. A circuit behind it has none: fuse - what its other members draw
or have been given is left, and nothing is gained there from members that flow the other way.
Devices are decided one after the other; what one newly takes is gone for the next.
"""

from __future__ import annotations

from typing import NamedTuple

from hub.core.draw import IMPORT, Draws
from hub.core.house import House
from hub.core.types import Inputs
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
        self.draws = Draws(house)
        self._given: dict[int, dict[str, float]] = {}

    def give(self, device: str, phase: int, amps: float) -> None:
        """What was decided for the device, + = into it."""
        self._given.setdefault(phase, {})[device] = amps

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
                if left is not None and left < more_w * shares[phase] / self.draws.volts(inputs, phase):
                    return Room(circuit, phase, left)
        return None

    def _left(self, inputs: Inputs, circuit: Circuit, phase: int) -> float | None:
        given = self._given.get(phase, {})
        if not circuit.parent:
            load = self.load(inputs, phase, IMPORT)
            told = sum(a - self.draws.at_least(inputs, d, phase, IMPORT) for d, a in given.items())
            return None if load is None else circuit.fuse_a - load - told
        drawn = {d: self.draws.at_most(inputs, d, phase) or 0.0 for d in self._house.inside(circuit)}
        return circuit.fuse_a - sum(max(0.0, given.get(d, a)) for d, a in drawn.items())

    def _at_grid(self, inputs: Inputs, circuit: Circuit, device: str, phase: int, way: int) -> Room:
        """Blind, only what was given counts, all of it: the hub alone never brings the fuse down."""
        load = self.load(inputs, phase, way)
        if load is None and self._whole_will_do(device):
            load = self._whole(inputs, phase, way)
        if load is None:
            free = circuit.fuse_a - sum(max(0.0, a) for a in self._others(device, phase, way).values())
            return Room(circuit, phase, free, f"{self._house.grid}.power_l{phase}")
        own = self.draws.at_least(inputs, device, phase, way)
        return Room(circuit, phase, circuit.fuse_a - load + own - self.newly(inputs, device, phase, way))

    def newly(self, inputs: Inputs, device: str, phase: int, way: int) -> float:
        """A that others have been given in this step beyond what they draw."""
        others = self._others(device, phase, way)
        return sum(max(0.0, a - self.draws.at_least(inputs, d, phase, way)) for d, a in others.items())

    def _others(self, device: str, phase: int, way: int) -> dict[str, float]:
        return {d: way * a for d, a in self._given.get(phase, {}).items() if d != device}

    def _behind_it(self, inputs: Inputs, circuit: Circuit, device: str, phase: int, way: int) -> Room:
        taken, missing = 0.0, ""
        for other in self._house.inside(circuit):
            if other != device:
                now = self.draws.at_most(inputs, other, phase)
                missing = missing or (f"{other}.power" if now is None else "")
                taken += max(0.0, way * (now or 0.0), way * self._given.get(phase, {}).get(other, 0.0))
        return Room(circuit, phase, circuit.fuse_a - taken, missing)

    def load(self, inputs: Inputs, phase: int, way: int) -> float | None:
        """A over the meter that way. A measured current has no direction: it counts where the power shows it flows."""
        grid, volts = self._house.grid, self.draws.volts(inputs, phase)
        amps, watts = inputs.number(f"{grid}.current_l{phase}"), inputs.number(f"{grid}.power_l{phase}")
        if watts is None and self._house.phases == (1,):
            watts = inputs.number(f"{grid}.power")
        if watts is None:
            return None if amps is None else abs(amps)
        by_power = way * watts / volts
        return max(by_power, abs(amps or 0.0)) if by_power >= 0 else by_power

    def _whole_will_do(self, device: str) -> bool:
        """A battery follows the sum of the phases, so that a meter that tells no more will do."""
        return any(b.device == device for b in self._house.batteries)

    def _whole(self, inputs: Inputs, phase: int, way: int) -> float | None:
        """The sum as if it were all on this phase; what flows the other way earns nothing."""
        watts = inputs.number(f"{self._house.grid}.power")
        return None if watts is None else max(0.0, way * watts) / self.draws.volts(inputs, phase)
