"""The deterministic heart: step(state, inputs) -> state, commands, derived values. No clock, no I/O, no randomness."""

from hub.core.changes import Change, changes
from hub.core.derive import HOUSE
from hub.core.house import House
from hub.core.step import step
from hub.core.types import ChargerMemory, Held, Inputs, Made, State, Step, Timers, Tokens, Unmet

__all__ = [
    "HOUSE",
    "Change",
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
    "changes",
    "step",
]
