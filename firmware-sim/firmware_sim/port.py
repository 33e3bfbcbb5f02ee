"""A network port of a device: keeps its number, and closes and reopens with the device's drop fault."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable

LOOK_S = 0.05


class Port(ABC):
    """`port` is any free number until it is opened for the first time."""

    scheme: str

    def __init__(self, dropped: Callable[[], bool]) -> None:
        self._dropped = dropped
        self.port = 0

    @property
    def link(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"

    @abstractmethod
    async def open(self) -> None:
        """Raises OSError."""

    @abstractmethod
    def close(self) -> None:
        """Let go of everybody who is connected, too."""

    @property
    @abstractmethod
    def is_open(self) -> bool: ...

    async def run(self) -> None:
        """Follow the fault until cancelled."""
        try:
            while True:
                await self._follow()
                await asyncio.sleep(LOOK_S)
        finally:
            self.close()

    async def _follow(self) -> None:
        if self._dropped():
            self.close()
        elif not self.is_open:
            try:
                await self.open()
            except OSError:
                self.close()  # the number is in use for a moment; the next look tries again
