"""An event loop whose time is simulated: what takes minutes is over at once, and the order of events is certain."""

from __future__ import annotations

import asyncio
import selectors


class _Waiting(selectors.SelectSelector):
    """Waits for nothing: the time that a loop would have waited has passed at once."""

    at = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        found = super().select(0)
        self.at += timeout or 0.0
        return found


class SimulatedLoop(asyncio.SelectorEventLoop):
    """Its time goes on only when all that is due has been done. For what touches nothing outside."""

    def __init__(self) -> None:
        self._passed = _Waiting()
        super().__init__(self._passed)

    def time(self) -> float:
        return self._passed.at
