"""How long to wait for an answer: learnt from the answers of a unit, in seconds."""

from __future__ import annotations

from collections import deque

INITIAL_S, FLOOR_S, CAP_S = 0.5, 0.15, 1.0
_KEPT = 50
_LOOK_LONGER = 4
"""every so many misses"""


class Latency:
    """Four times the 95th percentile of the last answers; doubled by each miss, and calm again after answers."""

    def __init__(self) -> None:
        self._answers: deque[float] = deque(maxlen=_KEPT)
        self._timeout = INITIAL_S
        self._misses = 0

    @property
    def shortest(self) -> float:
        """For a unit that costs others their time: what its answers have needed so far, now and then what it may need
        by now.
        """
        return self._timeout if self._misses % _LOOK_LONGER == 0 else min(self._timeout, self._usual)

    @property
    def _usual(self) -> float:
        return min(CAP_S, max(FLOOR_S, 4 * self._percentile())) if self._answers else INITIAL_S

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
        self._timeout = min(CAP_S, 2 * self._timeout)

    def _percentile(self) -> float:
        ordered = sorted(self._answers)
        return ordered[min(len(ordered) - 1, len(ordered) * 95 // 100)]
