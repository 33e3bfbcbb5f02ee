"""Who of a link's units is dead, and when one may be asked again: they must not cost those that live their pace.

Time spent on units that do not answer is at most 1 / (`_REST` + 1) of the link's, all of them together, as long as
another one answers. A link with nobody alive on it has nobody to be fair to.
"""

from __future__ import annotations

_MISSES = 2
"""in a row, and a unit counts as dead"""
_REST = 4.0
"""so many times what the last try at a dead unit took, no dead unit is tried"""


class Fair:
    """Times are loop times, in seconds."""

    def __init__(self) -> None:
        self._misses: dict[int, int] = {}
        self._free_at = 0.0

    def answered(self, unit: int) -> None:
        self._misses[unit] = 0

    def missed(self, unit: int, took_s: float, now: float) -> None:
        self._misses[unit] = self._misses.get(unit, 0) + 1
        if self._misses[unit] >= _MISSES:
            self._free_at = now + _REST * took_s

    def burdens(self, unit: int) -> bool:
        """It is dead, and another one is not."""
        return self._misses.get(unit, 0) >= _MISSES and 0 in self._misses.values()

    def wait_s(self, unit: int, now: float) -> float:
        """Seconds until it may be asked."""
        return max(0.0, self._free_at - now) if self.burdens(unit) else 0.0
