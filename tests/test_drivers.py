"""Drivers that fail: a bug costs the devices of one link, never the house."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

import pytest

from hub.control.intents import IntentSink, with_intents
from hub.drivers import keep
from hub.errors import ConfigError
from hub.model import Clock, LinkState, Sink
from tests.house_kit import FakeDriver, LoopClock, board_of, plug
from tests.simulated_loop import SimulatedLoop


class Failing(FakeDriver):
    """Fails after the seconds it is given, each for one start; then it holds."""

    def __init__(self, clock: Clock, holds: Sequence[float], error: Exception) -> None:
        super().__init__(clock, [with_intents(plug())])
        self.holds, self.error = list(holds), error
        self.starts: list[float] = []

    async def run(self, sink: Sink) -> None:
        self.starts.append(self.clock.monotonic())
        self.start(sink)
        await asyncio.sleep(self.holds.pop(0) if self.holds else 1e9)
        raise self.error


def test_a_bug_costs_the_devices_of_its_link_until_the_driver_has_begun_again(caplog: pytest.LogCaptureFixture) -> None:
    async def play() -> None:
        clock = LoopClock()
        driver = Failing(clock, [0.0, 0.0, 0.0, 100.0], RuntimeError("the handler is closed"))
        board = board_of(clock, *driver.devices)
        task = asyncio.create_task(keep(driver, IntentSink(board), clock))
        await asyncio.sleep(0.5)
        lost = board.links["plug"]
        assert lost.state is LinkState.LOST and "the handler is closed" in lost.reason
        await asyncio.sleep(200)
        assert [round(t - driver.starts[0]) for t in driver.starts] == [0, 1, 3, 7, 108], (
            "it had held for over a minute before"
        )
        assert board.links["plug"].state is LinkState.UP
        task.cancel()

    with caplog.at_level(logging.CRITICAL), asyncio.Runner(loop_factory=SimulatedLoop) as runner:
        runner.run(play())
    assert caplog.records[0].exc_info, "the log has the traceback"


class Remembering(FakeDriver):
    """Announces its device at the first start only, as drivers do that know it already; fails once after a value."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock, [with_intents(plug())])
        self.starts = 0

    async def run(self, sink: Sink) -> None:
        self.starts += 1
        self.sink = sink
        if self.starts == 1:
            sink.seen(self.devices[0])
        self.show(plug__on=True)
        await asyncio.sleep(1.0 if self.starts == 1 else 1e9)
        raise KeyError("register")


def test_a_device_that_tells_values_again_after_a_bug_is_there_again() -> None:
    async def play() -> None:
        driver = Remembering(LoopClock())
        board = board_of(driver.clock, *driver.devices)
        task = asyncio.create_task(keep(driver, IntentSink(board), driver.clock))
        await asyncio.sleep(1.5)
        assert board.links["plug"].state is LinkState.LOST
        await asyncio.sleep(1.0)
        assert driver.starts == 2 and board.links["plug"].state is LinkState.UP
        assert board.read("plug.on").value is True
        task.cancel()

    with asyncio.Runner(loop_factory=SimulatedLoop) as runner:
        runner.run(play())


def test_what_the_owner_has_to_change_ends_the_hub() -> None:
    async def play() -> None:
        driver = Failing(LoopClock(), [0.0], ConfigError("devices.plug.link", "no such port"))
        await keep(driver, IntentSink(board_of(driver.clock, *driver.devices)), driver.clock)

    with asyncio.Runner(loop_factory=SimulatedLoop) as runner, pytest.raises(ConfigError):
        runner.run(play())
