"""How long to wait for an answer: learnt from the answers of a unit, in seconds."""

from __future__ import annotations

from collections import deque

INITIAL_S, FLOOR_S, CAP_S = 0.5, 0.15, 1.0
_KEPT = 50


class Latency:
    """Four times the 95th percentile of the last answers; doubled by each miss, and calm again after answers."""

    def __init__(self) -> None:
        self._answers: deque[float] = deque(maxlen=_KEPT)
        self._timeout = INITIAL_S

    @property
    def timeout(self) -> float:
        return self._timeout

    @property
    def worst(self) -> float:
        return max(self._answers, default=0.0)

    def answered(self, seconds: float) -> None:
        self._answers.append(seconds)
        wanted = min(CAP_S, max(FLOOR_S, 4 * self._percentile()))
        self._timeout = max(wanted, self._timeout * 0.9)

    def missed(self) -> None:
        self._timeout = min(CAP_S, 2 * self._timeout)

    def _percentile(self) -> float:
        ordered = sorted(self._answers)
        return ordered[min(len(ordered) - 1, len(ordered) * 95 // 100)]
