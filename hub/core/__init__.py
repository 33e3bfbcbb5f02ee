"""The deterministic heart: step(state, inputs) -> state, commands, derived values. No clock, no I/O, no randomness."""

from hub.core.derive import HOUSE
from hub.core.house import House
from hub.core.step import Made, Step, step
from hub.core.types import ChargerMemory, Held, Inputs, State, Timers, Tokens, Unmet

__all__ = [
    "HOUSE",
    "ChargerMemory",
    "Held",
    "House",
    "Inputs",
    "Made",
    "State",
    "Step",
    "Timers",
    "Tokens",
    "Unmet",
    "step",
]
