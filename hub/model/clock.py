"""Time, injected. Monotonic time orders; UTC is attached by a clock that knows whether it is trusted."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    def now(self) -> int:
        """UTC, integer milliseconds."""

    def monotonic(self) -> float:
        """Seconds, never backwards."""

    @property
    def trusted(self) -> bool:
        """Whether `now` is known to be true (a box without a battery clock boots in the past)."""


class SystemClock:
    """The machine's clock. Trusted once it is past the last time this house has stored."""

    def __init__(self, not_before: int = 0) -> None:
        self._not_before = not_before

    def now(self) -> int:
        return max(time.time_ns() // 1_000_000, self._not_before)

    def monotonic(self) -> float:
        return time.monotonic()

    @property
    def trusted(self) -> bool:
        return time.time_ns() // 1_000_000 >= self._not_before
