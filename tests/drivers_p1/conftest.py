"""A sink that remembers, and telegrams made here (own CRC, so that the codec is not its own witness)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

import pytest

from hub.model import Device, Measurement


class FakeSink:
    def __init__(self) -> None:
        self.events: list[tuple[str, str]] = []
        self.devices: dict[str, Device] = {}
        self.values: dict[str, Measurement] = {}
        self.batches = 0

    def put(self, measurements: Iterable[Measurement]) -> None:
        self.batches += 1
        self.values.update({m.point: m for m in measurements})

    def seen(self, device: Device) -> None:
        self.devices[device.id] = device
        self.events.append(("seen", device.id))

    def lost(self, device: str, reason: str) -> None:
        self.events.append(("lost", device))

    async def until(self, done: Callable[[], bool], seconds: float = 8.0) -> None:
        async with asyncio.timeout(seconds):
            while not done():
                await asyncio.sleep(0.02)


def checksum(data: bytes) -> int:
    """CRC-16/ARC, bit by bit."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ 0xA001 if crc & 1 else crc >> 1
    return crc


def make_telegram(watts: int, stamp: str = "261124120000W", extra: str = "") -> bytes:
    power = f"1-0:1.7.0({max(watts, 0) / 1000:06.3f}*kW)\r\n1-0:2.7.0({max(-watts, 0) / 1000:06.3f}*kW)\r\n"
    body = (
        f"/SHM5\\2TEST\r\n\r\n1-3:0.2.8(50)\r\n0-0:1.0.0({stamp})\r\n0-0:96.1.1(4530303434)\r\n"
        f"1-0:1.8.1(000001.500*kWh)\r\n1-0:1.8.2(000002.250*kWh)\r\n{power}{extra}!"
    ).encode()
    return body + f"{checksum(body):04X}\r\n".encode()


@pytest.fixture
def sink() -> FakeSink:
    return FakeSink()


@pytest.fixture
def telegram() -> Callable[..., bytes]:
    return make_telegram
