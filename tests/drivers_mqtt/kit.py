"""A mosquitto, a sink that keeps what it gets, and commands, for the tests of the MQTT driver."""

from __future__ import annotations

import asyncio
import shutil
import signal
import socket
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from hub.model import Command, Device, Measurement, Quality, Reason, Source

MOSQUITTO = shutil.which("mosquitto") or ("/usr/sbin/mosquitto" if Path("/usr/sbin/mosquitto").exists() else None)
needs_mosquitto = pytest.mark.skipif(not MOSQUITTO, reason="mosquitto is not installed")
FAST: dict[str, object] = {"poll_s": 0.4, "answer_s": 0.4}
VECTORS = Path(__file__).parents[3] / "shared" / "vectors"


def vectors(category: str) -> list[Path]:
    return sorted((VECTORS / category).glob("*.json"))


class FakeSink:
    """Like the hub's board it takes no measurement of a point that its device is not known to have."""

    def __init__(self) -> None:
        self.events: list[tuple[str, str]] = []
        self.values: dict[str, Any] = {}
        self.quality: dict[str, Quality] = {}
        self.devices: dict[str, Device] = {}

    def put(self, measurements: Iterable[Measurement]) -> None:
        for m in measurements:
            assert m.point in {p.id for p in self.devices[m.point.partition(".")[0]].points}
            self.values[m.point], self.quality[m.point] = m.value, m.quality

    def seen(self, device: Device) -> None:
        """A device that has told more of itself is seen again; that is no event."""
        last = next((what for what, id_ in reversed(self.events) if id_ == device.id), "")
        if last != "seen":
            self.events.append(("seen", device.id))
        self.devices[device.id] = device

    def lost(self, device: str, reason: str) -> None:
        self.events.append(("lost", device))

    async def until(self, done: Callable[[], bool], seconds: float = 8.0) -> None:
        async with asyncio.timeout(seconds):
            while not done():
                await asyncio.sleep(0.01)


class Broker:
    """Mosquitto as a test needs it: open, on a port of its own, and stoppable."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._config = folder / "test.conf"
        self._config.write_text(f"listener {self.port} 127.0.0.1\nallow_anonymous true\nset_tcp_nodelay true\n")

    async def start(self) -> None:
        assert MOSQUITTO
        self.process = await asyncio.create_subprocess_exec(
            MOSQUITTO, "-c", str(self._config), stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
        )
        async with asyncio.timeout(5):
            while True:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                except OSError:
                    await asyncio.sleep(0.02)
                else:
                    writer.close()
                    return

    async def stop(self) -> None:
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGKILL)
            await self.process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def command(point: str, value: Any) -> Command:
    return Command(point, value, "r", Source.PERSON, Reason("test"))


async def ended(tasks: list[asyncio.Task[None]]) -> None:
    """Python 3.11's wait_for, which the client uses, loses a cancellation that comes together with its result."""
    while left := [task for task in tasks if not task.done()]:
        for task in left:
            task.cancel()
        await asyncio.wait(left, timeout=0.5)
