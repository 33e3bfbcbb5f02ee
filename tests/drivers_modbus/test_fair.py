"""A dead unit on a shared bus: those that live keep their pace; names of serial ports that survive."""

from __future__ import annotations

import asyncio
import contextlib
import os
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from drivers.modbus.driver import build
from drivers.modbus.fair import Fair
from drivers.modbus.latency import Latency
from drivers.modbus.link import READ_HOLDING, ModbusLink
from hub.errors import LinkError
from hub.model import DeviceSpec, Role, SystemClock
from tests.drivers_modbus.kit import Call, FakeSink, SerialPeer, contents, eventually, silence
from tests.drivers_modbus.scripts import exception


@pytest.mark.parametrize("dead", [1, 3, 8, 15])
def test_dead_units_take_at_most_a_fifth_of_the_bus(dead: int) -> None:
    """A bus that is never idle, in its own time: a read takes 0.05 s, a miss 0.5 s, and everybody asks when it may."""
    fair, now, lost_s = Fair(), 0.0, 0.0
    while now < 3_600:
        for unit in range(16):
            if fair.wait_s(unit, now):
                continue
            if unit < dead:
                now += 0.5
                lost_s += 0.5
                fair.missed(unit, 0.5, now)
            else:
                now += 0.05
                fair.answered(unit)
    assert 0.1 < lost_s / now < 0.22, "1.3 times as slow at most, and it is asked again"


def test_a_unit_that_answers_again_is_as_good_as_any() -> None:
    fair = Fair()
    fair.answered(1)
    for _ in range(5):
        fair.missed(2, 0.5, 100.0)
    assert fair.burdens(2) and fair.wait_s(2, 100.0) == 2.0 and fair.wait_s(2, 103.0) == 0
    fair.answered(2)
    assert not fair.burdens(2) and fair.wait_s(2, 100.0) == 0


def test_one_miss_is_no_death_and_nobody_alive_is_nobody_to_be_fair_to() -> None:
    fair = Fair()
    fair.answered(1)
    fair.missed(2, 0.5, 0.0)
    assert not fair.burdens(2)
    for unit in (1, 2):
        for _ in range(2):
            fair.missed(unit, 0.5, 0.0)
    assert not fair.burdens(1) and fair.wait_s(2, 0.0) == 0


def test_a_dead_unit_is_waited_for_as_long_as_it_used_to_need_and_now_and_then_longer() -> None:
    latency = Latency()
    for _ in range(20):
        latency.answered(0.05)
    waits = []
    for _ in range(8):
        latency.missed()
        waits.append(round(latency.shortest, 2))
    assert waits == [0.2, 0.2, 0.2, 1.0, 0.2, 0.2, 0.2, 1.0]


def test_who_may_take_its_time_is_given_it_from_the_start_and_half_of_it_always() -> None:
    latency = Latency(5.0)
    assert latency.timeout == latency.shortest == 5
    for _ in range(60):
        latency.answered(0.05)
    assert latency.timeout == pytest.approx(2.5), "who is quick mostly may be slow now and then"
    latency.missed()
    latency.missed()
    assert latency.timeout == 5, "and no longer"
    latency.answered(4.0)
    assert latency.timeout == 4.5, "calm again after answers"


@pytest.mark.parametrize("cap_s", [0.2, 0.3])
def test_who_must_be_quick_is_not_waited_for_longer(cap_s: float) -> None:
    latency = Latency(cap_s)
    assert latency.timeout == cap_s
    latency.missed()
    assert latency.timeout == cap_s


@pytest.mark.parametrize("dead", [1, 3, 8, 15])
@pytest.mark.parametrize("cap_s", [5.0, 15.0])
def test_dead_units_that_may_take_their_time_take_no_more_of_the_bus(dead: int, cap_s: float) -> None:
    """As the link does it: a dead one is waited for as long as it may take, and then left alone for long."""
    fair, now, lost_s, waits = Fair(), 0.0, 0.0, [Latency(cap_s) for _ in range(dead)]
    begun_s = dead * 2 * cap_s  # until each counts as dead, which costs but once
    while now < 36_000:
        for unit in range(16):
            if fair.wait_s(unit, now):
                continue
            if unit < dead:
                wait_s = waits[unit].shortest if fair.burdens(unit) else waits[unit].timeout
                now += wait_s
                lost_s += wait_s
                waits[unit].missed()
                fair.missed(unit, wait_s, now)
            else:
                now += 0.05
                fair.answered(unit)
    assert (lost_s - begun_s) / now < 0.22, "1.3 times as slow at most"


@pytest.mark.parametrize("carrier", ["serial", "rtu+tcp"])
@pytest.mark.parametrize("how", ["silent", "gateway"])
async def test_on_a_real_line_one_dead_unit_slows_the_others_by_less_than_half(
    stage: Any, quick: None, carrier: str, how: str
) -> None:
    """Counted where the requests arrive: the time from a request for the dead one to the next request is lost."""

    async def play(call: Call) -> None:
        await asyncio.sleep(0.01)
        if call.unit != 9:
            call.say()
        elif how == "gateway":
            await asyncio.sleep(0.1)
            await exception(11)(call)

    async with stage(carrier) as (peer, link):
        peer.script = play
        asking = [asyncio.create_task(_ask(link, unit)) for unit in (1, 2, 3, 9)]
        await eventually(lambda: sum(c.unit == 9 for c in peer.calls) >= 6, 12)
        for task in asking:
            task.cancel()
        await asyncio.gather(*asking, return_exceptions=True)
        calls = peer.calls[[n for n, c in enumerate(peer.calls) if c.unit == 9][1] :]
        lost = sum(b.at - a.at for a, b in pairwise(calls) if a.unit == 9)
        assert lost / (calls[-1].at - calls[0].at) < 1 / 3
        assert {c.unit for c in calls} == {1, 2, 3, 9}


async def _ask(link: ModbusLink, unit: int) -> None:
    while True:
        with contextlib.suppress(LinkError):
            assert await link.read(unit, READ_HOLDING, 0, 2) == contents(unit, 0, 2)
        await asyncio.sleep(0)


METER = """
vendor = "V"
models = ["M"]
roles = ["meter"]
source = "S"
verified = "facts"
[points]
voltage_l1 = { address = 3 }
"""


async def test_a_port_is_found_by_its_name_whatever_the_system_calls_it_today(tmp_path: Path, quick: None) -> None:
    """Two adapters behind names of `/dev/serial/by-id`, unplugged and plugged in again when their numbers are taken."""
    (tmp_path / "meter.toml").write_text(METER)
    names = [tmp_path / f"usb-FTDI_FT232R_USB_UART_A{n}-if00-port0" for n in (1, 2)]
    peers, sink = [SerialPeer(name) for name in names], FakeSink()
    for peer, volts in zip(peers, (231, 232), strict=True):
        peer.holds(1, {3: volts})
        await peer.start()
    first = [name.resolve() for name in names]
    options = {"map": str(tmp_path / "meter.toml"), "poll_s": 0.05}
    drivers = [
        build(peer.link, [DeviceSpec(f"u{n}", f"m{n}", Role.METER, "modbus", "", options=options)], SystemClock())
        for n, peer in enumerate(peers)
    ]
    running = [asyncio.create_task(driver.run(sink)) for driver in drivers]
    await eventually(lambda: sink.value("m0.voltage_l1") == 231 and sink.value("m1.voltage_l1") == 232)
    for peer in peers:
        await peer.stop()
    await eventually(lambda: sorted(sink.order[-2:]) == [("lost", "m0"), ("lost", "m1")])
    sink.values.clear()
    others = []
    while not all(number.exists() for number in first):
        others += os.openpty()
    for peer in peers:
        await peer.start()
    assert not {name.resolve() for name in names} & set(first), "the system gives no number twice"
    await eventually(lambda: sink.value("m0.voltage_l1") == 231 and sink.value("m1.voltage_l1") == 232)
    assert all(sink.events(f"m{n}") == ["seen", "lost", "seen"] for n in (0, 1))
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    for peer in peers:
        await peer.stop()
    for end in others:
        os.close(end)


async def test_a_silent_unit_alone_on_its_link_is_found_at_once_when_it_is_back(stage: Any, quick: None) -> None:
    async with stage("tcp") as (peer, link):
        peer.script = silence
        for _ in range(3):
            with pytest.raises(LinkError):
                await link.read(9, READ_HOLDING, 0, 1)
        peer.script = _right
        assert await link.read(9, READ_HOLDING, 0, 1) == contents(9, 0, 1)


async def _right(call: Call) -> None:
    call.say()
