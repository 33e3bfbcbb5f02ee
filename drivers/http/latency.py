"""How long to wait for an answer: learnt from the answers of a device, in seconds."""

from __future__ import annotations

from collections import deque

_INITIAL_S, _FLOOR_S = 2.0, 0.5
_KEPT = 50


class Latency:
    """Four times the 95th percentile of the last answers, doubled by each miss; never above `cap_s`."""

    def __init__(self, cap_s: float) -> None:
        self._cap = cap_s
        self._answers: deque[float] = deque(maxlen=_KEPT)
        self._timeout = min(_INITIAL_S, cap_s)

    @property
    def timeout(self) -> float:
        return self._timeout

    def answered(self, seconds: float) -> None:
        self._answers.append(seconds)
        ordered = sorted(self._answers)
        wanted = 4 * ordered[min(len(ordered) - 1, len(ordered) * 95 // 100)]
        self._timeout = min(self._cap, max(_FLOOR_S, wanted, self._timeout * 0.9))

    def missed(self) -> None:
        self._timeout = min(self._cap, 2 * self._timeout)
