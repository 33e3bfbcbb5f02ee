"""What forecasts are made of and what they are: series on one even grid of UTC time."""

from __future__ import annotations

from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_CAUTION = 0.15
"""The share of the way from the median to the 10 % quantile."""


@dataclass(frozen=True, slots=True)
class Series:
    """The mean of each `seconds` from `start_ms` (UTC, a whole multiple of `seconds`) on; NaN where nothing is known.

    Shape of `values`: (n,).
    """

    start_ms: int
    seconds: int
    values: Floats

    @property
    def end_ms(self) -> int:
        return self.start_ms + len(self.values) * self.seconds * 1000

    @property
    def starts_ms(self) -> NDArray[np.int64]:
        """When each step begins, UTC ms."""
        return self.start_ms + np.arange(len(self.values), dtype=np.int64) * self.seconds * 1000

    def between(self, start_ms: int, end_ms: int) -> Series:
        """The steps from `start_ms` until before `end_ms` (multiples of the step); NaN beyond what is known."""
        step = self.seconds * 1000
        first, count = (start_ms - self.start_ms) // step, max(0, (end_ms - start_ms) // step)
        out = np.full(count, np.nan)
        low, high = max(first, 0), min(first + count, len(self.values))
        if low < high:
            out[low - first : high - first] = self.values[low:high]
        return Series(start_ms, self.seconds, out)


@dataclass(frozen=True, slots=True)
class Forecast:
    """W in the steps of a grid like that of Series; each array of shape (n,).

    `mid`: the median, what is most often nearest; `mean`: what the energy of many days comes to; `low`, `high`: the
    10 % and the 90 % quantile, low <= mid <= high. `made_ms`: the last moment that it knew anything of, UTC ms;
    `by`: the name of the forecaster.
    """

    start_ms: int
    seconds: int
    low: Floats
    mid: Floats
    high: Floats
    mean: Floats
    made_ms: int
    by: str

    @property
    def counted_on(self) -> Floats:
        """W that a plan reckons with where it is the sun's: a little below the median, and the less sure the lower.

        An evening that is short of it costs more than a noon that has too much of it.
        """
        counted: Floats = self.mid - _CAUTION * (self.mid - self.low)
        return counted


@dataclass(frozen=True, slots=True)
class Past:
    """All that a forecaster may know at `now_ms`: nothing in it was measured or told later.

    `power`: of the load or of the panels, W, its end is at or before `now_ms`. `temperature`: outdoors, degC, measured
    before and foretold after `now_ms`, on the grid of `power`. `told`: what each provider says that the panels make,
    W: for steps before `now_ms` as it was told the day before, for those after as it is told now.
    `days_off`: local dates (days since 1970-01-01) that are public holidays or that people said they are away.
    `place`: degrees north and east, of the panels, where known. `held_back`: on the grid of `power`, true where less
    was made than could have been (curtailment): not to be learned as weather.
    """

    now_ms: int
    zone: ZoneInfo
    power: Series
    temperature: Series | None = None
    told: dict[str, Series] = field(default_factory=dict)
    days_off: frozenset[int] = frozenset()
    place: tuple[float, float] | None = None
    held_back: NDArray[np.bool_] | None = None
