"""The driver against the simulated inverter over TCP: values, set-points and their truth, faults, loss and return."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any

import pytest

from drivers.sunspec import control
from hub.errors import LinkError, NoAnswer, Refused
from hub.model import DeviceSpec, Driver, Quality, Role
from tests.drivers_sunspec.conftest import hybrid, play
from tests.drivers_sunspec.kit import FakeSink, command
from tests.sim.conftest import Sim

pytestmark = pytest.mark.steady

SET, LIMIT = "battery.power_setpoint", "pv_roof.power_limit"


@pytest.fixture(autouse=True)
def short_reversion(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set-points of one test are gone before the next."""
    monkeypatch.setattr(control, "REVERSION_S", 1)


async def true(sim: Sim, name: str, value: float, seconds: float = 4.0) -> None:
    """Waits until the simulator's own state is near `value`."""
    end = time.monotonic() + seconds
    while True:
        now = (await asyncio.to_thread(sim.devices))["inverter"][name]
        if now == pytest.approx(value, abs=1):
            return
        assert time.monotonic() < end, f"{name} is {now}, not {value}"
        await asyncio.sleep(0.05)


async def held(sim: Sim, driver: Driver, point: str, watts: float, name: str) -> None:
    """Renews the set-point as the dispatcher does, until the house shows it."""
    async with asyncio.timeout(5):
        while True:
            await driver.apply(command(point, watts))
            try:
                return await true(sim, name, watts, 0.2)
            except AssertionError:
                continue


def lines(caplog: pytest.LogCaptureFixture, word: str) -> list[str]:
    return [r.getMessage() for r in caplog.records if word in r.getMessage()]


# -- reading ---------------------------------------------------------------------------------------------------------


def test_two_devices_of_one_unit(sim: Sim) -> None:
    async def scene(_: Driver, sink: FakeSink) -> None:
        await sink.until(lambda: len(sink.batches) > 2)
        pv, battery = sink.devices["pv_roof"], sink.devices["battery"]
        assert (pv.vendor, pv.model, pv.serial, pv.firmware) == ("Fluxwerk", "Hybrid 10.0", "FW10-0042-2231", "1.4.2")
        assert (battery.serial, battery.behind) == (pv.serial, "pv_roof")
        limit, set_point = pv.command(LIMIT), battery.command(SET)
        assert limit and (limit.low, limit.high, limit.step) == (0, 10_000, 10)
        assert set_point and (set_point.low, set_point.high, set_point.step) == (-5_000, 5_000, 1)
        assert [p.id for p in battery.points if p.writable] == [SET]
        assert all(len({m.at for m in batch}) == 1 for batch in sink.batches)
        assert sink.events == [("seen", "pv_roof"), ("seen", "battery")]

    play(sim.links["inverter"], hybrid(), scene)


def test_a_pass_is_few_requests_for_both_devices(sim: Sim) -> None:
    async def scene(_: Driver, sink: FakeSink) -> None:
        await sink.until(lambda: len(sink.batches) > 1)
        before = (await asyncio.to_thread(sim.devices))["inverter"]["reads"]
        passes = len(sink.batches)
        await sink.until(lambda: len(sink.batches) > passes + 9)
        reads = (await asyncio.to_thread(sim.devices))["inverter"]["reads"] - before
        assert reads / 10 <= 7

    play(sim.links["inverter"], hybrid(), scene)


def test_slow_models_come_round_within_five_seconds(sim: Sim) -> None:
    async def scene(_: Driver, sink: FakeSink) -> None:
        first = asyncio.get_running_loop().time()
        await sink.until(lambda: sink.value("battery.status"))
        sink.values.clear()
        await sink.until(lambda: sink.value("battery.status"))
        assert asyncio.get_running_loop().time() - first < 6

    play(sim.links["inverter"], hybrid(poll_s=0.2), scene)


# -- set-points ------------------------------------------------------------------------------------------------------


def test_no_set_point_is_in_force_at_first(sim: Sim) -> None:
    async def scene(_: Driver, sink: FakeSink) -> None:
        await sink.until(lambda: SET in sink.values and sink.values[SET].quality is Quality.INVALID)
        assert sink.value(SET) is None
        assert sink.value(LIMIT) == 10_000

    play(sim.links["inverter"], hybrid(), scene)


@pytest.mark.parametrize(("model", "watts"), [(704, -1500.0), (704, 700.0), (124, -1200.0), (124, 800.0)])
def test_a_set_point_is_read_back_at_once_and_comes_true(sim: Sim, model: int, watts: float) -> None:
    sim.world(soc=50)

    async def scene(driver: Driver, sink: FakeSink) -> None:
        await sink.until(lambda: SET in sink.values)
        start = time.time_ns() // 1_000_000
        await driver.apply(command(SET, watts))
        assert sink.values[SET].value == watts and sink.values[SET].at >= start
        await held(sim, driver, SET, watts, "battery_power")
        await sink.until(lambda: sink.value("battery.power") == pytest.approx(watts, abs=1))

    play(sim.links["inverter"], hybrid(control_model=model), scene)


@pytest.mark.parametrize(("model", "watts"), [(704, 2_000.0), (123, 1_500.0)])
def test_a_limit_comes_true(sim: Sim, model: int, watts: float) -> None:
    sim.world(soc=50, irradiance=900)

    async def scene(driver: Driver, sink: FakeSink) -> None:
        await sink.until(lambda: LIMIT in sink.values)
        await driver.apply(command(LIMIT, watts))
        assert sink.value(LIMIT) == watts
        await held(sim, driver, LIMIT, watts, "power")

    options = {"poll_s": 0.1, "control_model": model}
    try:
        play(sim.links["inverter"], [DeviceSpec("u1", "pv_roof", Role.INVERTER, "sunspec", "", options=options)], scene)
    finally:
        sim.world(irradiance=None)


@pytest.mark.parametrize("model", [704, 124])
def test_a_hub_that_died_lets_go(sim: Sim, model: int) -> None:
    async def scene(driver: Driver, sink: FakeSink) -> None:
        await sink.until(lambda: SET in sink.values)
        await driver.apply(command(SET, 300.0))
        assert sink.value(SET) == 300
        assert await sink.until(lambda: sink.value(SET) is None) < 2.5

    play(sim.links["inverter"], hybrid(control_model=model), scene)
    orders = sim.devices()["inverter"]["orders"]
    assert (orders["battery_w"], orders["battery_low"], orders["battery_high"]) == (None, None, None)


def test_refused_by_the_device(sim: Sim) -> None:
    async def scene(driver: Driver, sink: FakeSink) -> None:
        await sink.until(lambda: SET in sink.values)
        sim.fault("inverter", "refuse")
        with pytest.raises(Refused, match="device failure"):
            await driver.apply(command(SET, 300.0))

    play(sim.links["inverter"], hybrid(), scene)


def test_an_ignored_write_is_refused_and_never_shown(sim: Sim) -> None:
    async def scene(driver: Driver, sink: FakeSink) -> None:
        await sink.until(lambda: SET in sink.values)
        sim.fault("inverter", "ignore")
        start = time.monotonic()
        with pytest.raises(Refused, match="shows none in force"):
            await driver.apply(command(SET, 0.0))
        assert time.monotonic() - start < 0.8
        assert sink.values[SET].quality is Quality.INVALID
        await driver.apply(command(LIMIT, 2_000.0))
        assert sink.value(LIMIT) == 10_000

    play(sim.links["inverter"], hybrid(), scene)


@pytest.mark.parametrize(
    ("point", "value", "said"),
    [
        ("battery.soc", 50.0, "can only be read"),
        ("pump.power", 1.0, "no such device"),
        (SET, "much", "could not convert"),
        (SET, 1e12, "does not fit"),
        (SET, float("nan"), "cannot be written"),
    ],
)
def test_what_cannot_be_written_is_refused(sim: Sim, point: str, value: Any, said: str) -> None:
    async def scene(driver: Driver, sink: FakeSink) -> None:
        await sink.until(lambda: SET in sink.values)
        with pytest.raises(Refused, match=said):
            await driver.apply(command(point, value))

    play(sim.links["inverter"], hybrid(), scene)


def test_before_the_first_answer_there_is_none() -> None:
    async def scene(driver: Driver, sink: FakeSink) -> None:
        with pytest.raises(NoAnswer):
            await driver.apply(command(SET, 300.0))
        await sink.until(lambda: len(sink.events) == 2)
        with pytest.raises(NoAnswer):
            await driver.apply(command(SET, 300.0))
        assert sink.events == [("lost", "pv_roof"), ("lost", "battery")]

    play("tcp://127.0.0.1:1", hybrid(), scene)


# -- faults ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["silent", "garbage", "drop"])
def test_lost_within_ten_seconds_and_back_by_itself_each_said_once(
    sim: Sim, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)

    async def scene(driver: Driver, sink: FakeSink) -> None:
        await sink.until(lambda: SET in sink.values)
        sim.fault("inverter", kind)
        assert await sink.until(lambda: ("lost", "battery") in sink.events, 12) < 10
        start = time.monotonic()
        with pytest.raises(LinkError):
            await driver.apply(command(SET, 300.0))
        assert time.monotonic() - start < 0.95
        sim.fault("inverter", "none")
        assert await sink.until(lambda: len(sink.events) == 6, 12) < 6
        assert sink.events[2:] == [("lost", "pv_roof"), ("lost", "battery"), ("seen", "pv_roof"), ("seen", "battery")]
        batches = len(sink.batches)
        await sink.until(lambda: len(sink.batches) > batches + 3)

    play(sim.links["inverter"], hybrid(), scene)
    assert len(lines(caplog, "battery: lost")) == 1
    assert len(lines(caplog, "battery: answers")) == 2
    assert not [r for r in caplog.records if r.levelno >= logging.ERROR]


def test_a_device_that_is_driven_all_the_time_is_lost_as_soon(sim: Sim) -> None:
    """Each write has the line for most of a second: the reads alone would not find out."""

    async def scene(driver: Driver, sink: FakeSink) -> None:
        await sink.until(lambda: SET in sink.values)
        sim.fault("inverter", "silent")

        async def drive() -> None:
            while True:
                try:
                    await driver.apply(command(SET, 300.0))
                except LinkError:
                    await asyncio.sleep(0.01)

        driving = asyncio.create_task(drive())
        assert await sink.until(lambda: ("lost", "battery") in sink.events, 12) < 5
        driving.cancel()

    play(sim.links["inverter"], hybrid(), scene)


def test_a_write_to_a_silent_device_is_no_answer_in_time(sim: Sim) -> None:
    async def scene(driver: Driver, sink: FakeSink) -> None:
        await sink.until(lambda: SET in sink.values)
        sim.fault("inverter", "silent")
        start = time.monotonic()
        with pytest.raises(LinkError):
            await driver.apply(command(SET, 300.0))
        assert time.monotonic() - start < 0.95

    play(sim.links["inverter"], hybrid(), scene)


def test_a_slow_device_is_not_lost(sim: Sim) -> None:
    async def scene(driver: Driver, sink: FakeSink) -> None:
        await sink.until(lambda: SET in sink.values)
        sim.fault("inverter", "slow")
        batches = len(sink.batches)
        assert await sink.until(lambda: len(sink.batches) > batches, 12) < 10
        assert [e for e in sink.events if e[0] == "lost"] == []

    play(sim.links["inverter"], hybrid(), scene)
