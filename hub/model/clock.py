"""Time, injected. Monotonic time orders; UTC is attached by a clock that knows whether it is trusted."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

STEP_MS = 2_000
"""A jump of UTC against monotonic time above this is a step, below it is the drift that NTP mends."""

FAR_MS = 86_400_000
"""So far ahead of a time that has been heard is no clock that is merely not quite right: it was wrong."""


class Clock(Protocol):
    def now(self) -> int:
        """UTC, integer milliseconds."""

    def monotonic(self) -> float:
        """Seconds, never backwards."""

    @property
    def trusted(self) -> bool:
        """Whether `now` is known to be true (a box without a battery clock boots in the past)."""

    @property
    def provisional_since(self) -> int | None:
        """The first time told since the start, as long as the true time has not come yet; None once it has."""


class SystemClock:
    """The machine's UTC, made to never run backwards, not even across a restart.

    `not_before`: the last time this house has stored. While the machine's clock is behind what has been told already
    (booted without a battery clock, or set back), time runs on by the monotonic clock and is not trusted; when the
    machine's clock is ahead again, it is followed at once. `synchronised`: whether the machine has had the time from
    elsewhere, None where it does not know; until then, or while it is behind, what is told is provisional. `monotonic`
    goes on while the machine sleeps: sleep is no step of its clock.
    """

    def __init__(
        self,
        not_before: int = 0,
        wall_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
        monotonic: Callable[[], float] = lambda: time.clock_gettime(time.CLOCK_BOOTTIME),
        synchronised: Callable[[], bool | None] = lambda: None,
    ) -> None:
        self._wall_ms = wall_ms
        self._monotonic = monotonic
        self._told = max(wall_ms(), not_before)
        self._told_at = monotonic()
        self._trusted = self._told - wall_ms() <= STEP_MS
        self._behind = not self._trusted
        self._synchronised = synchronised
        self._provisional_since = None if self._trusted and synchronised() is not False else self._told

    def now(self) -> int:
        wall, at = self._wall_ms(), self._monotonic()
        running = self._told + round((at - self._told_at) * 1000)
        self._trusted = running - wall <= STEP_MS
        self._told = max(self._told, wall) if self._trusted else running
        self._told_at = at
        return self._told

    def monotonic(self) -> float:
        return self._monotonic()

    @property
    def trusted(self) -> bool:
        return self._trusted

    @property
    def provisional_since(self) -> int | None:
        if self._provisional_since is not None and self._trusted and self._heard():
            self._provisional_since = None
        return self._provisional_since

    def _heard(self) -> bool:
        return self._behind or self._synchronised() is not False

    @property
    def far_ahead(self) -> bool:
        """Whether it goes on from a time that was wrong: the machine has heard another one, more than a day before.

        A house that has told wrong times can only begin again (see `Ring.open`): this clock does not run backwards.
        """
        return self._told - self._wall_ms() > FAR_MS and self._synchronised() is True


def until_tick(clock: Clock, period_s: float = 1.0, phase_s: float = 0.0) -> float:
    """Seconds until the house's clock is next at a multiple of `period_s` plus `phase_s`; never 0.

    All devices are polled at the same ticks, so that a balance of several of them is of one moment.
    """
    period = period_s * 1000
    return (period - (clock.now() - phase_s * 1000) % period) / 1000
