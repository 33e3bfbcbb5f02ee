"""The simulated house as a program of its own, and a driver running against it or against a peer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any

import pytest

from drivers.sunspec.driver import build
from hub.model import DeviceSpec, Driver, Role, SystemClock
from tests.drivers_sunspec.kit import FakeSink
from tests.sim.conftest import Sim, end, start

Play = Callable[[Driver, FakeSink], Awaitable[None]]


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sim]:
    running = start(tmp_path_factory.mktemp("sunspec-sim"))
    yield running
    end(running)


@pytest.fixture
def sim(house: Sim) -> Iterator[Sim]:
    yield house
    house.fault("inverter", "none")


def hybrid(poll_s: float = 0.1, **options: Any) -> list[DeviceSpec]:
    """The demo's two devices: one unit, an inverter and the battery on its DC side."""
    keys = {"unit": 1, "poll_s": poll_s}
    return [
        DeviceSpec("u1", "pv_roof", Role.INVERTER, "sunspec", "", options=keys),
        DeviceSpec("u2", "battery", Role.BATTERY, "sunspec", "", behind="pv_roof", options=keys | options),
    ]


def play(link: str, specs: Sequence[DeviceSpec], scene: Play) -> FakeSink:
    """Runs the driver until `scene` is over."""
    sink = FakeSink()
    asyncio.run(drive(link, specs, scene, sink))
    return sink


async def drive(link: str, specs: Sequence[DeviceSpec], scene: Play, sink: FakeSink) -> None:
    driver = build(link, specs, SystemClock())
    running = asyncio.create_task(driver.run(sink))
    try:
        await scene(driver, sink)
        assert not running.done()
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
