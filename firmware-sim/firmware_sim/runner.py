"""Lets simulated time pass at its speed and shows every device the house."""

import asyncio
from collections.abc import Sequence

from .device import Device, View
from .physics.world import World

CHUNK = 200
"""steps between two looks at the wire"""
MAX_BACKLOG_S = 7200.0


class Runner:
    def __init__(self, world: World, view: View, devices: Sequence[Device], speed: float) -> None:
        self._world = world
        self._view = view
        self._devices = devices
        self._speed = speed

    async def run(self) -> None:
        """Step until cancelled; time that a slow machine cannot simulate is left out."""
        loop = asyncio.get_running_loop()
        last, owed = loop.time(), 0.0
        while True:
            await asyncio.sleep(min(max((1 - owed) / self._speed, 0.0), 1.0) if owed < 1 else 0)
            now = loop.time()
            owed = min(owed + (now - last) * self._speed, MAX_BACKLOG_S)
            last = now
            steps = min(int(owed), CHUNK)
            if steps:
                owed -= steps
                self.advance(steps)

    def advance(self, steps: int) -> None:
        for device in self._devices:
            device.drive(self._world)
        for _ in range(steps):
            self._world.step()
        self._view.snapshot = self._world.snapshot()
