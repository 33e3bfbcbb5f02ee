"""The Modbus driver against the simulated house, a program of its own that shares no code with it."""

from __future__ import annotations

import asyncio
import logging
import math
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import pairwise
from statistics import median
from typing import Any

import pytest

from drivers.modbus.driver import build
from hub.errors import NoAnswer, Refused, ShemsError
from hub.model import DeviceSpec, Driver, Quality, Role, SystemClock
from tests.drivers_modbus.kit import LINKS, POLL_S, SETS, FakeSink, TcpPeer, command, eventually, silence, spec
from tests.sim.conftest import Sim


@asynccontextmanager
async def running(link: str, *specs: DeviceSpec) -> AsyncIterator[tuple[Driver, FakeSink]]:
    driver, sink = build(link, specs, SystemClock()), FakeSink()
    task = asyncio.create_task(driver.run(sink))
    try:
        yield driver, sink
    finally:
        ended = task.done()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert not ended, "a driver runs until it is cancelled"


@asynccontextmanager
async def on_tcp(sim: Sim, device: str, **options: object) -> AsyncIterator[tuple[Driver, FakeSink]]:
    async with running(sim.links[LINKS[device]], spec(device, **options)) as (driver, sink):
        await eventually(lambda: sink.events(device) == ["seen"] and sink.of(device))
        yield driver, sink


@asynccontextmanager
async def on_bus(sim: Sim) -> AsyncIterator[tuple[Driver, FakeSink]]:
    """Both meters on the serial bus."""
    link = sim.links["meter_rtu"] + "?baud=9600"
    async with running(link, spec("grid", unit=1), spec("heatpump_meter", unit=2)) as (driver, sink):
        await eventually(lambda: len(sink.order) == 2 and len(sink.times) == 2)
        yield driver, sink


async def truth(sim: Sim, device: str) -> dict[str, Any]:
    return dict((await asyncio.to_thread(sim.devices))[device])


async def fault(sim: Sim, device: str, kind: str) -> None:
    await asyncio.to_thread(sim.fault, device, kind)


Wanted = dict[str, tuple[Any, float]]
"""By point: the true value, and how far the registers may be from it."""


def each(name: str, values: list[float], within: float) -> Wanted:
    return {f"{name}_l{n}": (value, within) for n, value in enumerate(values, 1)}


def meter(true: dict[str, Any]) -> Wanted:
    return {
        **each("voltage", true["voltage_l"], 0.001),
        **each("current", true["current_l"], 0.001),
        **each("power", true["power_l"], 0.01),
        "power": (true["power"], 0.01),
        "frequency": (true["frequency"], 0.001),
        "energy_import": (true["import_wh"], 3),
        "energy_export": (true["export_wh"], 3),
    }


def keba(true: dict[str, Any]) -> Wanted:
    return {
        "status": ("charging" if true["charging"] else "ready" if true["current_limit"] else "paused", 0),
        "connected": (true["connected"], 0),
        "error_code": (0, 0),
        **each("current", true["current_l"], 0.001),
        "power": (true["power"], 0.001),
        "energy": (true["energy_wh"], 0.1),
        "session_energy": (true["session_wh"], 0.1),
        "current_limit": (true["current_limit"], 0),
    }


def heidelberg(true: dict[str, Any]) -> Wanted:
    return {
        "status": ("charging" if true["charging"] else "ready" if true["current_limit"] else "paused", 0),
        "connected": (true["connected"], 0),
        **each("current", true["current_l"], 0.051),
        "power": (true["power"], 0.51),
        "energy": (true["energy_wh"], 0.51),
        "temperature": (25 + true["power"] / 800, 0.051),
        "current_limit": (true["current_limit"], 0),
    }


def heatpump(true: dict[str, Any]) -> Wanted:
    return {
        "sg_ready": (true["sg_state"], 0),
        "temperature": (true["buffer_c"], 0.051),
        "tank_temperature": (true["tank_c"], 0.051),
    }


WANTED = {"grid": meter, "heatpump_meter": meter, "keba": keba, "heidelberg": heidelberg, "heatpump": heatpump}


async def becomes_true(sim: Sim, device: str, sink: FakeSink) -> None:
    """All values of the device are the true ones at the same time; the house moves on once a second."""
    for _ in range(100):
        wanted, told = WANTED[device](await truth(sim, device)), sink.of(device)
        wrong = {p: (told.get(p), true) for p, (true, within) in wanted.items() if not near(told.get(p), true, within)}
        if not wrong:
            return
        await asyncio.sleep(0.03)
    raise AssertionError(f"(told, true): {wrong}")


def near(told: Any, true: Any, within: float) -> bool:
    return told == true if isinstance(true, str | bool) else told is not None and abs(told - true) <= within


async def fails(coroutine: Any) -> type[ShemsError] | None:
    try:
        await coroutine
    except ShemsError as error:
        return type(error)
    return None


# -- values ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("device", LINKS)
async def test_the_values_are_the_true_ones(sim: Sim, device: str) -> None:
    async with on_tcp(sim, device) as (driver, sink):
        await becomes_true(sim, device, sink)
        points = {p.id for p in driver.devices[0].points}
        assert points == set(sink.values), "every point has a value"
        assert {m.quality for m in sink.values.values()} == {Quality.GOOD}
        assert sink.events(device) == ["seen"]


async def test_both_meters_of_a_bus_tell_the_truth(sim: Sim) -> None:
    async with on_bus(sim) as (_, sink):
        await asyncio.gather(*(becomes_true(sim, device, sink) for device in ("grid", "heatpump_meter")))
        assert sink.value("grid.power") != sink.value("heatpump_meter.power")


async def test_the_powers_of_a_meter_belong_together(sim: Sim) -> None:
    async with on_tcp(sim, "grid") as (_, sink):
        got = sink.of("grid")
        assert got["apparent_power"] == pytest.approx(math.hypot(got["power"], got["reactive_power"]), rel=1e-5)
        assert got["power_factor"] == pytest.approx(got["power"] / got["apparent_power"], abs=1e-5)


async def test_it_is_polled_at_its_pace_and_slow_points_less_often(sim: Sim) -> None:
    async with on_tcp(sim, "grid") as (_, sink):
        slow: set[int] = set()

        def enough() -> bool:
            slow.add(sink.values["grid.frequency"].at)
            return len(sink.times["grid"]) >= 15

        await eventually(enough)
        apart = [after - before for before, after in pairwise(sink.times["grid"])]
        assert median(apart) == pytest.approx(POLL_S, abs=0.02)
        assert len(slow) == 3, "every fifth pass"
        assert len({sink.values[f"grid.{p}"].at for p in ("power", "voltage_l1", "current_l3")}) == 1, "one batch"


async def test_a_device_says_who_it_is(sim: Sim) -> None:
    async with on_tcp(sim, "keba") as (driver, sink):
        device = sink.devices["keba"]
        assert (device.vendor, device.serial, device.firmware) == ("KEBA", "21745632", "31012")
        assert (device.uid, device.role, device.link.driver) == ("u-keba", Role.CHARGER, "modbus")
        assert driver.devices == (device,)


def test_what_is_known_before_it_is_up() -> None:
    driver = build("tcp://127.0.0.1:1", [spec("keba")], SystemClock())
    (device,) = driver.devices
    assert (device.id, device.vendor, device.serial) == ("keba", "KEBA", "")
    assert {p.id for p in device.points if p.writable} == {"keba.current_limit"}
    assert [(c.point, c.low, c.high, c.step) for c in device.commands] == [("keba.current_limit", 6, 32, 1)]


@pytest.mark.parametrize(
    "device, unit, table, registers",
    [
        ("grid", 1, "3:float", {"voltage_l1": (0, 1), "current_l3": (10, 1), "power": (52, 1)}),
        ("grid", 1, "3:float", {"energy_import": (72, 1000), "energy_export": (74, 1000), "power_factor": (62, 1)}),
        ("keba", 255, "4:int", {"power": (1020, 0.001), "current_limit": (1100, 0.001), "voltage_l2": (1042, 1)}),
        ("heidelberg", 1, "3", {"current_l1": (6, 0.1), "voltage_l1": (10, 1), "power": (14, 1)}),
        ("heatpump", 1, "3", {"sg_ready": (5000, 1), "tank_temperature": (521, 0.1)}),
    ],
)
async def test_mbpoll_reads_the_same(
    sim: Sim, device: str, unit: int, table: str, registers: dict[str, tuple[int, float]]
) -> None:
    async with on_tcp(sim, device) as (_, sink):
        for point, (address, scale) in registers.items():
            for _ in range(30):
                theirs = scale * await mbpoll(sim.port(LINKS[device]), unit, table, address)
                ours = sink.of(device)[point]
                if ours == pytest.approx(theirs, rel=1e-5, abs=0.02):
                    break
            else:
                raise AssertionError(f"{point}: {ours}, by mbpoll {theirs}")


async def mbpoll(port: int, unit: int, table: str, address: int) -> float:
    program = shutil.which("mbpoll")
    if program is None:
        pytest.skip("mbpoll is not installed")
    arguments = f"-1 -q -0 -B -o 2 -m tcp -p {port} -a {unit} -t {table} -r {address} -c 1 127.0.0.1".split()
    run = await asyncio.create_subprocess_exec(program, *arguments, stdout=asyncio.subprocess.PIPE)
    out = (await run.communicate())[0].decode()
    found = re.search(r"^\[\d+\]:\s+(-?[\d.]+)", out, re.M)
    assert found, out
    return float(found[1])


# -- commands --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "device, quantity, values",
    [
        ("keba", "current_limit", (10, 0, 6, 16)),
        ("heidelberg", "current_limit", (10.5, 0, 6, 16)),
        ("heatpump", "sg_ready", (1, 3, 4, 2)),
    ],
)
async def test_a_command_reaches_the_device_and_is_read_back(
    sim: Sim, device: str, quantity: str, values: tuple[float, ...]
) -> None:
    async with on_tcp(sim, device, poll_s=5) as (driver, sink):
        for value in values:
            await driver.apply(command(f"{device}.{quantity}", value))
            assert sink.value(f"{device}.{quantity}") == value, "read back before apply returns"
            assert (await truth(sim, device))[{"sg_ready": "sg_state"}.get(quantity, quantity)] == value


async def test_the_first_command_prepares_the_device(sim: Sim) -> None:
    """KEBA: the failsafe current goes before the first current; each one is enabled and its time-out renewed."""
    async with on_tcp(sim, "keba") as (driver, _):
        counts = [(await truth(sim, "keba"))["writes"]]
        for value in (10, 11):
            await driver.apply(command("keba.current_limit", value))
            counts.append((await truth(sim, "keba"))["writes"])
        assert [b - a for a, b in pairwise(counts)] == [4, 3]
        assert [await mbpoll(sim.port("keba"), 255, "4:int", a) for a in (1600, 1602)] == [6000, 60]


@pytest.mark.parametrize(
    "device, point, value, says",
    [
        ("keba", "keba.current_limit", 3, r"exception 3 \(illegal value\)"),
        ("keba", "keba.current_limit", 100, "does not fit"),
        ("keba", "keba.current_limit", -1, "does not fit"),
        ("keba", "keba.current_limit", "fast", "not a number"),
        ("keba", "keba.power", 3000, "no such command"),
        ("keba", "kitchen.power", 3000, "no such device"),
        ("heidelberg", "heidelberg.current_limit", 5.9, r"exception 3 \(illegal value\)"),
        ("heatpump", "heatpump.sg_ready", 5, "none of 1, 2, 3, 4"),
        ("grid", "grid.power", 0, "no such command"),
    ],
)
async def test_what_cannot_be_is_refused(sim: Sim, device: str, point: str, value: Any, says: str) -> None:
    async with on_tcp(sim, device) as (driver, sink):
        before = await truth(sim, device)
        with pytest.raises(Refused, match=says):
            await driver.apply(command(point, value))
        after = await truth(sim, device)
        assert {k: after.get(k) for k in ("current_limit", "sg_state")} == {
            k: before.get(k) for k in ("current_limit", "sg_state")
        }
        assert sink.events(device) == ["seen"]


async def test_commands_at_once_are_all_obeyed_in_order(sim: Sim) -> None:
    async with on_tcp(sim, "keba") as (driver, sink):
        await asyncio.gather(*(driver.apply(command("keba.current_limit", amps)) for amps in range(6, 14)))
        assert (await truth(sim, "keba"))["current_limit"] == 13
        await becomes_true(sim, "keba", sink)


async def test_before_it_runs_nobody_answers(sim: Sim) -> None:
    driver = build(sim.links["keba"], [spec("keba")], SystemClock())
    with pytest.raises(NoAnswer, match="not started"):
        await driver.apply(command("keba.current_limit", 10))


async def test_after_its_end_nobody_answers_and_nothing_is_open() -> None:
    peer = TcpPeer()
    await peer.start()
    async with running(peer.link, spec("heatpump")) as (driver, sink):
        await eventually(lambda: sink.order)
    with pytest.raises(NoAnswer):
        await driver.apply(command("heatpump.sg_ready", 3))
    await eventually(lambda: peer.open == 0, 1)
    await peer.stop()


# -- faults ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["silent", "garbage", "drop"])
async def test_a_device_is_lost_once_and_found_once(
    sim: Sim, kind: str, caplog: pytest.LogCaptureFixture, request: pytest.FixtureRequest
) -> None:
    """All devices at the same time; a command fails cleanly, and works again afterwards."""
    caplog.set_level(logging.INFO)
    if kind != "drop":
        request.getfixturevalue("quick")
    async with AsyncExitStack() as stack:
        house = {device: await stack.enter_async_context(on_tcp(sim, device)) for device in LINKS}
        await asyncio.gather(*(loses_and_finds(sim, device, kind, *house[device]) for device in LINKS))
        for device, (_, sink) in house.items():
            lines = [r.getMessage() for r in caplog.records if r.getMessage().startswith(f"{device}: ")]
            assert [line.split(":")[1].split()[0] for line in lines] == ["answers", "lost", "answers"], lines
            assert sink.order == [("seen", device), ("lost", device), ("seen", device)]
    assert {r.name for r in caplog.records if r.levelno >= logging.INFO} <= {"drivers.modbus.pulse", "asyncio"}


async def loses_and_finds(sim: Sim, device: str, kind: str, driver: Driver, sink: FakeSink) -> None:
    await fault(sim, device, kind)
    await eventually(lambda: "lost" in sink.events(device))
    told = dict(sink.values)
    if device in SETS:
        error = await fails(driver.apply(command(f"{device}.{SETS[device][0]}", SETS[device][1])))
        assert error is NoAnswer
    assert sink.values == told, "what is lost tells nothing"
    await fault(sim, device, "none")
    await eventually(lambda: sink.events(device) == ["seen", "lost", "seen"], 8)
    await becomes_true(sim, device, sink)
    if device in SETS:
        await driver.apply(command(f"{device}.{SETS[device][0]}", SETS[device][1]))
        assert sink.value(f"{device}.{SETS[device][0]}") == SETS[device][1]


async def test_a_device_that_is_driven_all_the_time_is_lost_as_soon(sim: Sim) -> None:
    """Each write has the line for most of a second: the reads alone would not find out."""
    async with on_tcp(sim, "keba") as (driver, sink):
        await eventually(lambda: sink.events("keba") == ["seen"])
        await fault(sim, "keba", "silent")
        try:
            async with asyncio.timeout(5):
                while "lost" not in sink.events("keba"):
                    assert await fails(driver.apply(command("keba.current_limit", 10))) is NoAnswer
                    await asyncio.sleep(0.01)
        finally:
            await fault(sim, "keba", "none")


async def test_one_missing_answer_is_no_loss_and_two_are(quick: None) -> None:
    peer = TcpPeer()
    await peer.start()
    async with running(peer.link, spec("heatpump")) as (_, sink):
        await eventually(lambda: sink.order)
        for missing, events in ((1, ["seen"]), (2, ["seen", "lost", "seen"])):
            peer.plan += missing * [silence]
            await eventually(lambda: not peer.plan)
            batches = len(sink.times["heatpump"])
            await eventually(lambda: len(sink.times["heatpump"]) > batches + 1)  # noqa: B023
            assert sink.events("heatpump") == events
    await peer.stop()


async def test_a_device_that_refuses_commands_is_still_read(sim: Sim) -> None:
    async def refuses(device: str, quantity: str, value: float) -> None:
        async with on_tcp(sim, device) as (driver, sink):
            await fault(sim, device, "refuse")
            error = await fails(driver.apply(command(f"{device}.{quantity}", value)))
            assert error and issubclass(error, Refused)
            batches = len(sink.times[device])
            await eventually(lambda: len(sink.times[device]) > batches + 2)
            assert sink.events(device) == ["seen"]

    await asyncio.gather(*(refuses(device, *what) for device, what in SETS.items()))


async def test_a_meter_that_refuses_to_be_read_has_no_new_values_and_is_lost_before_long(sim: Sim) -> None:
    """It says that it has failed: what it said before grows old, and it may be right again the next second."""
    async with on_tcp(sim, "grid") as (_, sink):
        await fault(sim, "grid", "refuse")
        await eventually(lambda: sink.events("grid") == ["seen", "lost"])
        assert re.search("exception 4 .*; nothing of it can be read", sink.reasons["grid"])
        await fault(sim, "grid", "none")
        await becomes_true(sim, "grid", sink)
        assert sink.events("grid") == ["seen", "lost", "seen"]


async def test_a_device_that_ignores_a_command_shows_its_old_value(sim: Sim) -> None:
    async def ignores(device: str, quantity: str, value: float) -> None:
        async with on_tcp(sim, device, poll_s=10) as (driver, sink):
            point = f"{device}.{quantity}"
            await driver.apply(command(point, value))
            await fault(sim, device, "ignore")
            sink.values.clear()
            error = await fails(driver.apply(command(point, 16 if quantity == "current_limit" else 1)))
            assert error is None
            assert sink.value(point) == value, "its own reading, not the wish"

    await asyncio.gather(*(ignores(device, *what) for device, what in SETS.items()))


async def test_a_slow_device_is_waited_for(sim: Sim) -> None:
    """0.7 s an answer: lost at most for as long as it takes to learn that; a command ends all the same."""
    async with on_tcp(sim, "heatpump") as (driver, sink):
        await fault(sim, "heatpump", "slow")
        batches = len(sink.times["heatpump"])
        await eventually(lambda: len(sink.times["heatpump"]) > batches and sink.events("heatpump")[-1] == "seen", 9)
        assert sink.events("heatpump") in (["seen"], ["seen", "lost", "seen"])
        error = await fails(driver.apply(command("heatpump.sg_ready", 3)))
        assert error in (None, NoAnswer)


async def test_a_stuck_meter_tells_its_old_values(sim: Sim) -> None:
    async with on_tcp(sim, "grid") as (_, sink):
        await fault(sim, "grid", "stuck")
        batches = len(sink.times["grid"])
        await eventually(lambda: len(sink.times["grid"]) > batches + 1)
        old = {p: sink.value(f"grid.{p}") for p in ("voltage_l1", "power")}
        volts = (await truth(sim, "grid"))["voltage_l"][0]
        while (await truth(sim, "grid"))["voltage_l"][0] == volts:
            await asyncio.sleep(0.1)
        batches = len(sink.times["grid"])
        await eventually(lambda: len(sink.times["grid"]) > batches + 1)
        assert {p: sink.value(f"grid.{p}") for p in old} == old and sink.events("grid") == ["seen"]


async def test_a_device_that_is_not_there_at_first(sim: Sim, quick: None) -> None:
    await fault(sim, "keba", "drop")
    await asyncio.sleep(0.15)  # the house looks for faults every 0.05 s
    async with running(sim.links["keba"], spec("keba")) as (driver, sink):
        await eventually(lambda: sink.order)
        assert sink.order == [("lost", "keba")] and sink.values == {}
        error = await fails(driver.apply(command("keba.current_limit", 10)))
        assert error is NoAnswer
        await fault(sim, "keba", "none")
        await eventually(lambda: sink.events("keba") == ["lost", "seen"], 8)
        await driver.apply(command("keba.current_limit", 10))


# -- the serial bus --------------------------------------------------------------------------------------------------


async def test_beside_a_dead_meter_the_other_goes_on(sim: Sim, quick: None) -> None:
    async with on_bus(sim) as (_, sink):
        await fault(sim, "heatpump_meter", "silent")
        await eventually(lambda: "lost" in sink.events("heatpump_meter"))
        await fault(sim, "heatpump_meter", "none")
        await eventually(lambda: sink.events("heatpump_meter") == ["seen", "lost", "seen"], 8)
        times = sink.times["grid"]
        gaps = [b - a for a, b in pairwise(times)]
        assert sink.events("grid") == ["seen"]
        assert max(gaps) < 0.8 and sorted(gaps)[len(gaps) // 2] < 2 * POLL_S
        await becomes_true(sim, "heatpump_meter", sink)


async def test_garbage_of_one_meter_does_not_become_a_value_of_the_other(sim: Sim, quick: None) -> None:
    async with on_bus(sim) as (_, sink):
        await fault(sim, "heatpump_meter", "garbage")
        await eventually(lambda: "lost" in sink.events("heatpump_meter"))
        await becomes_true(sim, "grid", sink)
        assert sink.events("grid") == ["seen"]


async def test_a_bus_unplugged_and_plugged_in_again(sim: Sim, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with on_bus(sim) as (_, sink):
        await fault(sim, "grid", "drop")
        await eventually(lambda: sum(event == "lost" for event, _ in sink.order) == 2)
        await fault(sim, "grid", "none")
        await eventually(lambda: len(sink.order) == 6, 8)
        for device in ("grid", "heatpump_meter"):
            assert sink.events(device) == ["seen", "lost", "seen"]
            await becomes_true(sim, device, sink)
    assert len([r for r in caplog.records if r.name.startswith("drivers.modbus")]) == 6
