"""How often an address may try passwords: every try counts from its beginning, so that many at once gain nothing."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from hub.model import Clock

TRIES, PER_S = 5, 60.0


class LockedOutError(Exception):
    """No try now; `wait_s` until the next one is taken."""

    def __init__(self, why: str, wait_s: float) -> None:
        super().__init__(f"{why}; wait {wait_s:.0f} s")
        self.wait_s = wait_s


@dataclass(frozen=True, slots=True, eq=False)
class Try:
    address: str
    at: float


class Tries:
    """The tries of the last minute, of all addresses; older ones are forgotten with the next try of anybody."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._recent: deque[Try] = deque()

    def begin(self, address: str) -> Try:
        """Counts a try before its password is looked at; raises LockedOutError when there were too many."""
        now = self._clock.monotonic()
        while self._recent and now - self._recent[0].at >= PER_S:
            self._recent.popleft()
        mine = [t.at for t in self._recent if t.address == address]
        if len(mine) >= TRIES:
            raise LockedOutError("too many wrong passwords", PER_S - (now - mine[0]))
        begun = Try(address, now)
        self._recent.append(begun)
        return begun

    def forgive(self, begun: Try) -> None:
        """The password was right. Only this try is forgiven: one's own account is no licence to guess at others."""
        if begun in self._recent:
            self._recent.remove(begun)

    def __len__(self) -> int:
        """How many are remembered."""
        return len(self._recent)
