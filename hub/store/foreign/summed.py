"""What Home Assistant's statistics tell of a counter: its `state`, and the `sum` that it makes of what was counted.

Of its own sensors `state` is the counter. Of what others have put in, as Tibber and Opower do, it is the use of an hour
or nothing at all; there, and where a counter fell back without being reset, only `sum` tells what was counted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_NOISE = 3
"""Stored units by which the two may differ by rounding."""


@dataclass(frozen=True, slots=True)
class Summed:
    """Readings in time order, at `t` (s UTC); `state` and `total` (the sum) are NaN where there is none.

    `factor`: stored units in one of theirs.
    """

    t: NDArray[np.int64]
    state: Floats
    total: Floats
    factor: float

    @property
    def by_sum(self) -> bool:
        """Whether `state` is no counter, or one that fell back where Home Assistant has seen no reset."""
        return not self._counts or bool(((self._of_state < -_NOISE) & (self._of_total < 0)).any())

    def told(self) -> tuple[float, int, int] | None:
        """(what was summed up, from, until; s UTC)."""
        at = np.flatnonzero(~np.isnan(self.total))
        if not len(at):
            return None
        return float(self.total[at[-1]] - self.total[at[0]]), int(self.t[at[0]]), int(self.t[at[-1]])

    def readings(self, by_sum: bool, until: float = inf) -> Iterator[tuple[int, float]]:
        """(UTC s, the counter), before `until`."""
        values = self._risen() if by_sum else self.state
        known = ~np.isnan(values) & (self.t < until)
        return zip(self.t[known].tolist(), values[known].tolist(), strict=True)

    def _risen(self) -> Floats:
        """The sum as a counter that never falls, and ends with what the counter shows where that can be."""
        risen: Floats = np.fmax.accumulate(self.total)
        risen[np.isnan(self.total)] = np.nan
        known = np.flatnonzero(~np.isnan(risen))
        if not len(known):
            return risen
        shown = self.state[known[-1]] - risen[known[-1]] if self._counts else 0.0
        lifted: Floats = risen + max(shown, -min(risen[known[0]], 0.0))
        return lifted

    @property
    def _counts(self) -> bool:
        """Whether the sum mostly rises by what `state` does."""
        moved = (self._of_state >= 0) & (np.maximum(self._of_state, self._of_total) > _NOISE)
        strayed = moved & (np.abs(self._of_total - self._of_state) > _NOISE)
        return not np.isnan(self._of_state).any() and bool(2 * strayed.sum() <= moved.sum())

    @property
    def _of_state(self) -> Floats:
        return np.diff(self.state[~np.isnan(self.total)]) * abs(self.factor)

    @property
    def _of_total(self) -> Floats:
        return np.diff(self.total[~np.isnan(self.total)]) * abs(self.factor)
