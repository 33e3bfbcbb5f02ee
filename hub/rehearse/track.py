"""What a policy did, step by step, and what it comes to: all policies are valued alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from hub.forecast.series import Floats
from hub.rehearse.highest import Highest
from hub.rehearse.market import PER_KWH


@dataclass(slots=True)
class Kept:
    """Promises, counted by day: of so many days with one, so many were not kept."""

    days: int = 0
    missed: int = 0


@dataclass(frozen=True, slots=True)
class Track:
    """By step, Wh: over the meter and held back; by battery what it gave and what was in it at the end, and at the very
    begin; by heat pump degC at the end of the step, and at the begin. `comfort`: days on which rooms were as warm as
    wanted; `ready`: departures of cars with all that was wanted.
    """

    imported: Floats
    exported: Floats
    held_back: Floats
    given: Mapping[str, Floats]
    stored: Mapping[str, Floats]
    began: Mapping[str, float]
    room_c: Mapping[str, Floats] = field(default_factory=dict)
    room_began: Mapping[str, float] = field(default_factory=dict)
    comfort: Kept = field(default_factory=Kept)
    ready: Kept = field(default_factory=Kept)


@dataclass(frozen=True, slots=True)
class Worth:
    """Currency: by step what a kWh cost and earned; by battery its wear for a kWh given and a kWh in it at the end; by
    heat pump a K in its room; `highest`: what the highest power cost, None where nothing.
    """

    bought: Floats
    sold: Floats
    wear: Mapping[str, float]
    stored: Mapping[str, float]
    heat: Mapping[str, float]
    highest: Highest | None = None


@dataclass(frozen=True, slots=True)
class Sum:
    """kWh and currency of some time. `stored`: what is more in batteries and rooms at the end than at the begin counts
    less, what is less counts more. `peak`: of the highest power. `cost` is the sum of the money.
    """

    imported_kwh: float
    exported_kwh: float
    held_back_kwh: float
    discharged_kwh: float
    bought: float
    sold: float
    wear: float
    stored: float
    peak: float = 0.0

    @property
    def cost(self) -> float:
        return self.bought - self.sold + self.wear + self.stored + self.peak


def summed(track: Track, worth: Worth, first: int, end: int) -> Sum:
    """Of the steps from `first` until before `end`."""
    steps = slice(first, end)
    given = {b: float(wh[steps].sum()) / 1000 for b, wh in track.given.items()}
    more = {b: (wh[end - 1] - (wh[first - 1] if first else track.began[b])) / 1000 for b, wh in track.stored.items()}
    warmer = {p: c[end - 1] - (c[first - 1] if first else track.room_began[p]) for p, c in track.room_c.items()}
    stored = sum(kwh * worth.stored[b] for b, kwh in more.items()) + sum(k * worth.heat[p] for p, k in warmer.items())
    return Sum(
        float(track.imported[steps].sum()) / 1000,
        float(track.exported[steps].sum()) / 1000,
        float(track.held_back[steps].sum()) / 1000,
        sum(given.values()),
        float(track.imported[steps] @ worth.bought[steps]) / 1000,
        float(track.exported[steps] @ worth.sold[steps]) / 1000,
        sum(kwh * worth.wear[b] for b, kwh in given.items()),
        -float(stored),
        worth.highest.cost(track.imported, first, end) if worth.highest else 0.0,
    )


def prices_of(integers: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Floats:
    """Currency per kWh."""
    out: Floats = integers / PER_KWH
    return out
