"""What a self-test has seen: seconds of points, before, during and after each step. Pure data."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from hub.model import OutcomeState

Phases = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Window:
    """`values` by point id, one number a second; None where nothing was known."""

    values: Mapping[str, Sequence[float | None]]

    def of(self, point: str) -> list[float]:
        return [v for v in self.values.get(point, ()) if v is not None]

    def middle(self, point: str) -> float | None:
        """The median: a kettle that is switched on in between does not move it much."""
        known = self.of(point)
        return statistics.median(known) if known else None

    def three(self, device: str, quantity: str) -> Phases | None:
        """The medians of L1 to L3; None unless all three are known."""
        found = [self.middle(f"{device}.{quantity}_l{n}") for n in (1, 2, 3)]
        if found[0] is None or found[1] is None or found[2] is None:
            return None
        return found[0], found[1], found[2]

    def change(self, point: str) -> float | None:
        """From the first known value to the last."""
        known = self.of(point)
        return known[-1] - known[0] if len(known) > 1 else None


@dataclass(frozen=True, slots=True)
class Step:
    """A set-point of `device` was set to `value` and given back. `ms`: until the device's own reading showed it.

    `is_back`: whether what it was before is shown at the end.
    """

    device: str
    point: str
    value: float
    before: Window
    during: Window
    after: Window
    answer: OutcomeState
    ms: float
    is_back: bool = True

    def moved(self, point: str) -> float | None:
        """By how much the step moved a point, the drift of the house taken out."""
        first, then, last = (w.middle(point) for w in (self.before, self.during, self.after))
        if first is None or then is None:
            return None
        return then - (first if last is None else (first + last) / 2)

    def drift(self, device: str) -> float:
        """By how much what `device` sees differs after the step from before it, W: the largest of total and phases."""
        powers = [f"{device}.power", *(f"{device}.power_l{n}" for n in (1, 2, 3))]
        pairs = [(self.before.middle(p), self.after.middle(p)) for p in powers]
        return max((abs(last - first) for first, last in pairs if first is not None and last is not None), default=0.0)

    def moved_three(self, device: str, quantity: str) -> Phases | None:
        found = [self.moved(f"{device}.{quantity}_l{n}") for n in (1, 2, 3)]
        if found[0] is None or found[1] is None or found[2] is None:
            return None
        return found[0], found[1], found[2]


@dataclass(frozen=True, slots=True)
class Silence:
    """`point` was not renewed for longer than its watchdog: it was `held` before and showed `shown` at the end."""

    device: str
    point: str
    held: float
    shown: float | None
    watchdog_s: float


@dataclass(frozen=True, slots=True)
class Wiring:
    """What the site document says: who is who, and which conductors a charger is on."""

    grid: str = ""
    inverters: tuple[str, ...] = ()
    batteries: tuple[str, ...] = ()
    behind: Mapping[str, str] = field(default_factory=dict)
    """battery -> the inverter whose DC side it is on"""
    chargers: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    meters: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """`whole`: every second of the test. `daylight` None: nobody knows where the house is. `clocks`: by how many
    seconds a device's own clock is ahead of the hub's, for those that tell one.
    """

    wiring: Wiring
    whole: Window
    steps: tuple[Step, ...] = ()
    silences: tuple[Silence, ...] = ()
    daylight: bool | None = None
    clock_trusted: bool = True
    clocks: Mapping[str, float] = field(default_factory=dict)
