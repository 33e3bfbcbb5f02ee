"""How long to wait for an answer: learnt from the answers of a unit, in seconds."""

from __future__ import annotations

from collections import deque

INITIAL_S, FLOOR_S, CAP_S = 0.5, 0.15, 1.0
"""the first wait, the shortest and the longest of a unit of which nobody has said that it may take its time"""
_KEPT = 50
_LOOK_LONGER = 4
"""every so many misses"""


class Latency:
    """Four times the 95th percentile of the last answers; doubled by each miss, and calm again after answers.

    A unit with a `cap_s` above CAP_S is waited for half of it at least, and all of it until it has answered: who may
    take its time takes it now and then, and what is asked in the meantime only waits behind it.
    """

    def __init__(self, cap_s: float = 0.0) -> None:
        """`cap_s`: the longest wait, 0 for CAP_S."""
        self._cap = cap_s or CAP_S
        slow = self._cap > CAP_S
        self._initial = self._cap if slow else min(INITIAL_S, self._cap)
        self._floor = self._cap / 2 if slow else min(FLOOR_S, self._cap)
        self._answers: deque[float] = deque(maxlen=_KEPT)
        self._timeout = self._initial
        self._misses = 0

    @property
    def shortest(self) -> float:
        """For a unit that costs others their time: what its answers have needed so far, now and then what it may need
        by now.
        """
        return self._timeout if self._misses % _LOOK_LONGER == 0 else min(self._timeout, self._usual)

    @property
    def _usual(self) -> float:
        return min(self._cap, max(self._floor, 4 * self._percentile())) if self._answers else self._initial

    @property
    def timeout(self) -> float:
        return self._timeout

    @property
    def worst(self) -> float:
        return max(self._answers, default=0.0)

    def answered(self, seconds: float) -> None:
        self._misses = 0
        self._answers.append(seconds)
        self._timeout = max(self._usual, self._timeout * 0.9)

    def missed(self) -> None:
        self._misses += 1
        self._timeout = min(self._cap, 2 * self._timeout)

    def _percentile(self) -> float:
        ordered = sorted(self._answers)
        return ordered[min(len(ordered) - 1, len(ordered) * 95 // 100)]
