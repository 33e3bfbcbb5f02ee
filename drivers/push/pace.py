"""How long a meter may be silent, learned from its own interval."""

from __future__ import annotations

SILENT_S = 5.0
"""A meter that talks every second or two is lost after so long."""


class Pace:
    """Seconds, monotonic. `first_s`: how long the first message may take; `slow_s`: the limit for the slowest meter."""

    def __init__(self, first_s: float = 12.0, slow_s: float = 25.0) -> None:
        self.limit = SILENT_S
        self._first, self._slow = first_s, slow_s
        self._last = 0.0
        self._before: float | None = None

    def opened(self, now: float) -> None:
        """A new connection: any meter's first message comes within its slowest interval."""
        self._last, self._before = now, None
        self.limit = max(self.limit, self._first)

    def message(self, now: float, *, quick: bool) -> None:
        """`quick`: a meter that is known to talk each second."""
        if self._before is not None:
            self.limit = min(max(SILENT_S, 2.5 * (now - self._before)), self._slow)
        elif quick:
            self.limit = SILENT_S
        self._last = self._before = now

    def left(self, now: float) -> float:
        return self._last + self.limit - now
