"""What the planner hands to the core: for each step what every device is to do, and what a kilowatt-hour is worth."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Task(StrEnum):
    """What a battery is planned to do; the core follows the house and judges what differs by the value of a stored kWh.

    FOLLOW: takes what is left over and covers what is missing. HOLD: keeps what it has for dearer hours, and still
    takes what is left over. CHARGE: takes `power_w` from the grid, or what is left over if that is more. SELL: gives
    `power_w`, or what is missing if that is more. EXPORT: lets what is left over go to the grid, and covers what is
    missing.
    """

    FOLLOW = "follow"
    HOLD = "hold"
    CHARGE = "charge"
    SELL = "sell"
    EXPORT = "export"


@dataclass(frozen=True, slots=True)
class Stored:
    """A battery in one step.

    `power_w`: planned, + = discharge. `value`: of one kWh more in it at the end of the step, 1e-5 currency units;
    `soc`: planned at the end of the step, %.
    """

    task: Task
    power_w: float
    value: int
    soc: float


@dataclass(frozen=True, slots=True)
class Slot:
    """From `start` until before `end`, UTC ms. By device id: `batteries`; `cars`: W at the charger's AC side, 0 = wait;
    `boosts`: heat pumps that are told to take more (true) or to run as they like; `rests`: those that need not run,
    as it is warm enough; `switches`: on or off. `import_w`: up to so much may be imported in the mean before the power
    that is charged for rises, W; None = nothing is charged for it.
    """

    start: int
    end: int
    batteries: Mapping[str, Stored] = field(default_factory=dict)
    cars: Mapping[str, float] = field(default_factory=dict)
    boosts: Mapping[str, bool] = field(default_factory=dict)
    switches: Mapping[str, bool] = field(default_factory=dict)
    rests: Mapping[str, bool] = field(default_factory=dict)
    import_w: float | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """`made`: UTC ms; after `good_until` (UTC ms) nobody goes by it any more. Slots are in time order, without gaps.

    `efficiency`: (charge, discharge) by battery, 0 to 1; `wear`: of a kWh discharged, 1e-5 currency units.
    """

    id: str
    made: int
    good_until: int
    slots: tuple[Slot, ...]
    efficiency: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    wear: Mapping[str, int] = field(default_factory=dict)

    def at(self, t: int) -> Slot | None:
        """The slot of `t` (UTC ms); None when the plan does not reach to it, or is stale."""
        if not self.made <= t < self.good_until:
            return None
        index = bisect_right(self.slots, t, key=lambda s: s.start) - 1
        return self.slots[index] if index >= 0 and t < self.slots[index].end else None
