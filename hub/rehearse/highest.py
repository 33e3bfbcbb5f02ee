"""The charge for the highest power over a time that is simulated: what it comes to, and what of it was known when."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hub.calendar import Calendar
from hub.forecast.series import Floats
from hub.model.network import CapacityCharge
from hub.plan.problem import Peak
from hub.tariff.capacity import begins

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Highest:
    """Of steps of `seconds` from `start` (UTC ms) on: `interval` is the clock interval of each, `period` its billing
    period, `anew` when new periods begin, UTC ms.
    """

    charge: CapacityCharge
    start: int
    seconds: int
    interval: Ints
    period: Ints
    anew: tuple[int, ...]

    def cost(self, imported_wh: Floats, first: int, end: int) -> float:
        """What the steps from `first` until before `end` add to it, currency: so those of all months come to the whole.

        What is charged anyway counts where a period begins.
        """
        return self._until(imported_wh, end) - self._until(imported_wh, first)

    def ahead(self, imported_wh: Floats, k: int, steps: int, step_s: int) -> Peak:
        """As a plan of `steps` from step `k` on is told of it, with what was `imported_wh` before."""
        now = self.start + k * self.seconds * 1000
        mine = self.period[:k] == self.period[k]
        before = mine & (self.interval[:k] != self.interval[k])
        running = imported_wh[:k][mine & ~before]
        return Peak(
            self.charge.price_per_kw,
            self.charge.interval_s,
            float(self._means_w(imported_wh[:k][before], self.interval[:k][before]).max(initial=0.0)),
            self.charge.least_w,
            float(running.mean()) * 3600 / self.seconds if len(running) else None,
            tuple(t for t in self.anew if now < t < now + steps * step_s * 1000),
        )

    def whole(self) -> Peak:
        """Of all of the time."""
        return Peak(self.charge.price_per_kw, self.charge.interval_s, 0.0, self.charge.least_w, None, self.anew)

    def _until(self, imported_wh: Floats, end: int) -> float:
        total = 0.0
        for period in np.unique(self.period[:end]):
            mine = self.period[:end] == period
            highest = self._means_w(imported_wh[:end][mine], self.interval[:end][mine]).max()
            total += max(float(highest), self.charge.least_w) / 1000 * self.charge.price_per_kw
        return total

    def _means_w(self, wh: Floats, interval: Ints) -> Floats:
        if not len(wh):
            return np.zeros(0)
        _, which, count = np.unique(interval, return_inverse=True, return_counts=True)
        means: Floats = np.bincount(which, wh) / count * 3600 / self.seconds
        return means


def highest(charge: CapacityCharge | None, start: int, seconds: int, steps: int, calendar: Calendar) -> Highest | None:
    """None where no power is charged for."""
    if charge is None:
        return None
    starts = start + np.arange(steps, dtype=np.int64) * seconds * 1000
    anew = tuple(begins(charge, start, start + steps * seconds * 1000, calendar))
    interval = starts // 1000 // max(charge.interval_s, seconds)
    period = np.searchsorted(np.array(anew, np.int64), starts, "right")
    return Highest(charge, start, seconds, interval, period, anew)
