"""The Modbus link over time: late answers, connections that come and go, whose turn it is."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from pymodbus.transport import ModbusProtocol

from drivers.modbus.link import READ_HOLDING, WRITE_ONE, WRITE_S, ModbusLink
from drivers.modbus.wire import Ask
from hub.errors import LinkError, NoAnswer, ShemsError
from tests.drivers_modbus.kit import Call, Script, contents, eventually, now, right, silence
from tests.drivers_modbus.scripts import CARRIERS, RTU, after, exception, fails

pytestmark = pytest.mark.steady

# -- late answers ----------------------------------------------------------------------------------------------------


async def test_an_answer_just_before_and_after_the_time_out(stage: Any) -> None:
    async def asked(carrier: str, seconds: float) -> tuple[type[ShemsError] | None, float]:
        async with stage(carrier) as (peer, link):
            peer.plan.append(after(seconds))
            return await fails(link.read(7, READ_HOLDING, 100, 1))

    cases = [(carrier, seconds) for carrier in CARRIERS for seconds in (0.4, 0.62)]
    for (_, seconds), (error, took) in zip(cases, await asyncio.gather(*(asked(*c) for c in cases)), strict=True):
        assert error is (None if seconds < 0.5 else NoAnswer)
        assert took == pytest.approx(min(seconds, 0.5), abs=0.08)


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("carrier", CARRIERS)
async def test_a_late_answer_is_never_the_next_registers_value(stage: Any, carrier: str) -> None:
    async with stage(carrier) as (peer, link):
        peer.plan += [after(0.25), after(0.13)]
        assert (await fails(link.read(7, READ_HOLDING, 100, 2)))[0] is NoAnswer
        assert await link.read(7, READ_HOLDING, 300, 2) == contents(7, 300, 2)


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("carrier", RTU)
async def test_a_late_answer_is_not_taken_by_a_reader_that_waited_for_its_turn(stage: Any, carrier: str) -> None:
    async with stage(carrier) as (peer, link):
        peer.plan += [after(0.25), after(0.13)]
        first, second = await asyncio.gather(
            link.read(7, READ_HOLDING, 100, 2), link.read(7, READ_HOLDING, 300, 2), return_exceptions=True
        )
        assert isinstance(first, NoAnswer)
        assert second == contents(7, 300, 2)


async def test_a_late_answer_on_the_next_connection_is_not_taken_either(stage: Any, quick: None) -> None:
    async def late_to_all(call: Call) -> None:
        await asyncio.sleep(0.3)
        peer.tell_all(call.frame())

    async with stage("rtu+tcp") as (peer, link):
        peer.plan += [silence, silence, late_to_all, right, after(0.15)]
        for _ in range(3):
            assert (await fails(link.read(7, READ_HOLDING, 100, 2)))[0] is NoAnswer
        assert await link.read(8, READ_HOLDING, 0, 2) == contents(8, 0, 2)
        assert peer.connects == 2
        assert await link.read(7, READ_HOLDING, 300, 2) == contents(7, 300, 2)


@pytest.mark.usefixtures("quick")
async def test_the_line_is_not_held_while_a_late_answer_passes(stage: Any) -> None:
    async with stage("serial") as (peer, link):
        peer.plan.append(after(0.25))
        assert (await fails(link.read(7, READ_HOLDING, 100, 2)))[0] is NoAnswer
        waits = asyncio.create_task(link.read(7, READ_HOLDING, 300, 2))
        begin = now()
        for address in range(5):
            assert await link.read(8, READ_HOLDING, address, 2) == contents(8, address, 2)
        assert now() - begin < 0.15
        assert await waits == contents(7, 300, 2)


@pytest.mark.parametrize("carrier", CARRIERS)
async def test_after_an_exception_the_next_read_does_not_wait(stage: Any, carrier: str) -> None:
    """An exception is an answer: no late one is to be expected."""
    async with stage(carrier) as (peer, link):
        for code in (2, 11, 6):
            peer.plan.append(exception(code))
            await fails(link.read(7, READ_HOLDING, 100, 2))
            begin = now()
            assert await link.read(7, READ_HOLDING, 300, 2) == contents(7, 300, 2)
            assert now() - begin < 0.2


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("carrier", CARRIERS)
async def test_a_cancelled_caller_leaves_nothing_behind(stage: Any, carrier: str) -> None:
    async with stage(carrier) as (peer, link):
        peer.plan += [after(0.12), after(0.08)]
        caller = asyncio.create_task(link.read(7, READ_HOLDING, 100, 2))
        await eventually(lambda: peer.calls)
        caller.cancel()
        with pytest.raises(asyncio.CancelledError):
            await caller
        assert await link.read(7, READ_HOLDING, 300, 2) == contents(7, 300, 2)


async def test_cancelled_waiters_give_their_place_to_the_next(stage: Any) -> None:
    async with stage("tcp") as (peer, link):
        peer.script = after(0.05)
        callers = [asyncio.create_task(link.read(7, READ_HOLDING, 10 * n, 2)) for n in range(6)]
        await eventually(lambda: peer.calls)
        for n in (0, 1, 3, 4):
            callers[n].cancel()
        left = await asyncio.gather(*callers, return_exceptions=True)
        assert left[2] == contents(7, 20, 2) and left[5] == contents(7, 50, 2)
        assert await link.read(7, READ_HOLDING, 90, 2) == contents(7, 90, 2)


# -- connections -----------------------------------------------------------------------------------------------------


async def test_a_device_that_is_not_there_and_then_is(stage: Any) -> None:
    async with stage("tcp") as (peer, link):
        await peer.stop()
        error, took = await fails(link.read(7, READ_HOLDING, 100, 1))
        assert error is LinkError and took < 0.2
        assert not link.up and 0 < link.retry_s <= 0.1 + 1e-6
        await peer.start()
        await eventually(lambda: link.retry_s == 0)
        assert await link.read(7, READ_HOLDING, 100, 1) == contents(7, 100, 1)
        assert link.up


@pytest.mark.parametrize("carrier", ["tcp", "rtu+tcp"])
async def test_who_is_cancelled_while_it_connects_leaves_no_dead_connection(
    stage: Any, carrier: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The loop ends the connection without a word of it, and takes a write to it for a bug."""
    made = ModbusProtocol.connection_made
    async with stage(carrier) as (_, link):
        first = asyncio.create_task(link.read(7, READ_HOLDING, 100, 1))

        def made_and_cancelled(protocol: ModbusProtocol, transport: asyncio.BaseTransport) -> None:
            made(protocol, transport)
            first.cancel()

        with monkeypatch.context() as m:
            m.setattr(ModbusProtocol, "connection_made", made_and_cancelled)
            with pytest.raises(asyncio.CancelledError):
                await first
        assert not link.up
        assert await link.read(7, READ_HOLDING, 100, 1) == contents(7, 100, 1)


@pytest.mark.parametrize("carrier", ["tcp", "rtu+tcp"])
async def test_a_connection_that_has_ended_unheard_is_not_up(stage: Any, carrier: str) -> None:
    async with stage(carrier) as (_, link):
        assert await link.read(7, READ_HOLDING, 100, 1) == contents(7, 100, 1)
        link._wire._client.ctx.transport.abort()
        assert not link.up
        assert await link.read(7, READ_HOLDING, 100, 1) == contents(7, 100, 1)


async def test_connecting_again_is_tried_ever_more_seldom(stage: Any) -> None:
    async with stage("tcp") as (peer, link):
        await peer.stop()
        pauses = []
        for _ in range(3):
            await eventually(lambda: link.retry_s == 0)
            await fails(link.read(7, READ_HOLDING, 100, 1))
            pauses.append(link.retry_s)
        await peer.start()
        await link.write(7, WRITE_ONE, 100, (1,))
        await peer.stop()
        await eventually(lambda: not link.up and link.retry_s == 0)
        await fails(link.read(7, READ_HOLDING, 100, 1))
        pauses.append(link.retry_s)
        assert pauses == [pytest.approx(p, abs=0.03) for p in (0.1, 0.2, 0.4, 0.1)]


@pytest.mark.parametrize("carrier", CARRIERS)
async def test_a_device_that_restarts(stage: Any, carrier: str) -> None:
    async with stage(carrier) as (peer, link):
        assert await link.read(7, READ_HOLDING, 100, 1) == contents(7, 100, 1)
        await peer.stop()
        await eventually(lambda: not link.up)
        await peer.start()
        assert await link.read(7, READ_HOLDING, 200, 1) == contents(7, 200, 1)


@pytest.mark.parametrize("carrier", CARRIERS)
async def test_a_device_that_goes_while_it_is_asked_ends_the_wait_at_once(stage: Any, carrier: str) -> None:
    async with stage(carrier) as (peer, link):
        peer.script = silence
        reader = asyncio.create_task(fails(link.read(7, READ_HOLDING, 100, 1)))
        await eventually(lambda: peer.calls)
        await peer.stop()
        error, took = await reader
        assert error is LinkError and took < 0.25


async def test_three_misses_make_a_new_connection_and_one_does_not(stage: Any, quick: None) -> None:
    async with stage("tcp") as (peer, link):
        peer.plan += [silence, silence, right, silence, silence, silence]
        for wanted in (1, 1, 1, 1, 1, 1, 2):
            with contextlib.suppress(NoAnswer):
                await link.read(7, READ_HOLDING, 100, 1)
            assert peer.connects == wanted


async def test_a_close_leaves_no_connection(stage: Any) -> None:
    async with stage("tcp") as (peer, link):
        await link.read(7, READ_HOLDING, 100, 1)
        assert peer.open == 1
        link.close()
        await eventually(lambda: peer.open == 0)


@pytest.fixture
def deaf_host() -> Iterator[str]:
    """Takes no connection and refuses none, as a host that is switched off: the queue of its listener is full."""
    with socket.socket() as listener, contextlib.ExitStack() as stack:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(3):
            pending = stack.enter_context(socket.socket())
            pending.setblocking(False)
            pending.connect_ex(listener.getsockname())
        yield f"tcp://127.0.0.1:{listener.getsockname()[1]}"


async def test_a_host_that_is_switched_off(deaf_host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drivers.modbus.link._CONNECT_S", 0.4)
    link = ModbusLink(deaf_host)
    error, took = await fails(link.read(7, READ_HOLDING, 100, 1))
    assert error is LinkError and took == pytest.approx(0.4, abs=0.1)
    await eventually(lambda: link.retry_s == 0)
    read = asyncio.create_task(link.read(7, READ_HOLDING, 100, 1))
    await asyncio.sleep(0.05)
    error, took = await fails(link.write(7, WRITE_ONE, 100, (1,)))
    assert error is NoAnswer and 0.8 < took < 1.0
    read.cancel()


@pytest.mark.parametrize("link", ["serial:///dev/null", "serial:///no/such/port", "tcp://no-such-host.invalid:502"])
async def test_what_cannot_be_opened_is_an_error_of_the_link(link: str) -> None:
    assert (await fails(ModbusLink(link).read(1, READ_HOLDING, 0, 1)))[0] is LinkError


async def test_a_port_that_somebody_else_holds_is_an_error_of_the_link(stage: Any) -> None:
    async with stage("serial") as (peer, link):
        await link.read(7, READ_HOLDING, 100, 1)
        second = ModbusLink(peer.link)
        assert (await fails(second.read(7, READ_HOLDING, 100, 1)))[0] is LinkError
        assert await link.read(7, READ_HOLDING, 200, 1) == contents(7, 200, 1)


# -- turns -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("carrier", CARRIERS)
async def test_ten_callers_have_one_request_in_flight(stage: Any, carrier: str) -> None:
    async with stage(carrier) as (peer, link):
        peer.script = after(0.005)
        found = await asyncio.gather(*(link.read(1 + n % 3, READ_HOLDING, 10 * n, 4) for n in range(10)))
        assert found == [contents(1 + n % 3, 10 * n, 4) for n in range(10)]
        assert peer.overlaps == 0 and len(peer.calls) == 10


async def test_writes_go_before_reads_that_wait(stage: Any) -> None:
    async with stage("tcp") as (peer, link):
        peer.script = after(0.02)
        reads = [asyncio.create_task(link.read(7, READ_HOLDING, n, 1)) for n in range(4)]
        await eventually(lambda: peer.calls)
        await asyncio.gather(*(link.write(7, WRITE_ONE, 100 + n, (n,)) for n in range(2)))
        assert peer.asked()[:3] == [(7, 3, 0), (7, 6, 100), (7, 6, 101)]
        await asyncio.gather(*reads)
        assert peer.overlaps == 0


@pytest.mark.parametrize("carrier", CARRIERS)
async def test_a_write_waits_its_grace_behind_a_read_of_a_dead_device(stage: Any, carrier: str) -> None:
    async with stage(carrier) as (peer, link):
        peer.script = silence_of(9)
        read = asyncio.create_task(fails(link.read(9, READ_HOLDING, 0, 1)))
        await eventually(lambda: peer.calls)
        begin = now()
        await link.write(7, WRITE_ONE, 100, (5,))
        assert 0.1 < now() - begin < 0.3
        assert peer.asked() == [(9, 3, 0), (7, 6, 100)]
        read.cancel()


@pytest.mark.parametrize("carrier", CARRIERS)
async def test_a_read_that_is_answered_within_the_grace_is_not_cut(stage: Any, carrier: str) -> None:
    async with stage(carrier) as (peer, link):
        peer.plan.append(after(0.08))
        read = asyncio.create_task(link.read(7, READ_HOLDING, 0, 1))
        await eventually(lambda: peer.calls)
        await link.write(7, WRITE_ONE, 100, (5,))
        assert await read == contents(7, 0, 1)
        assert peer.asked() == [(7, 3, 0), (7, 6, 100)]


DEAD = {"silent": silence, "gateway: nobody there": exception(11)}


async def test_a_write_to_a_dead_device_fails_within_its_time(stage: Any) -> None:
    cases = [(carrier, name) for carrier in CARRIERS for name in DEAD]
    took = await asyncio.gather(*(failed_write(stage, carrier, DEAD[name]) for carrier, name in cases))
    assert {case: t for case, t in zip(cases, took, strict=True) if not 0.8 < t < 1.0} == {}


async def failed_write(stage: Any, carrier: str, script: Script) -> float:
    async with stage(carrier) as (peer, link):
        peer.script = script
        await fails(link.read(7, READ_HOLDING, 0, 1))
        error, took = await fails(link.write(7, WRITE_ONE, 100, (5,)))
        assert error is NoAnswer
        peer.script = right
        await link.write(7, WRITE_ONE, 100, (6,))
        return took


async def test_a_write_to_nobody_fails_within_its_time_and_says_why(stage: Any) -> None:
    """Its many tries do not put off the next connection."""
    async with stage("tcp") as (peer, link):
        await peer.stop()
        begin = now()
        with pytest.raises(NoAnswer, match="cannot connect"):
            await link.write(7, WRITE_ONE, 100, (5,))
        assert 0.8 < now() - begin < 1.0
        assert link.retry_s < 0.5


async def test_a_write_finds_the_device_that_comes_back_meanwhile(stage: Any) -> None:
    async with stage("tcp") as (peer, link):
        await peer.stop()
        write = asyncio.create_task(link.write(7, WRITE_ONE, 100, (5,)))
        await asyncio.sleep(0.2)
        await peer.start()
        await write
        assert peer.asked() == [(7, 6, 100)]


async def test_a_read_comes_through_between_writes(stage: Any) -> None:
    async with stage("tcp") as (peer, link):
        peer.script = after(0.03)
        done = asyncio.Event()

        async def writes() -> None:
            while not done.is_set():
                await link.write(7, WRITE_ONE, 100, (5,))

        writer = asyncio.create_task(writes())
        await eventually(lambda: len(peer.calls) > 3)
        for address in range(3):
            assert await link.read(8, READ_HOLDING, address, 1) == contents(8, address, 1)
        done.set()
        await writer


@pytest.mark.usefixtures("quick")
async def test_beside_a_dead_unit_the_other_keeps_its_pace(stage: Any) -> None:
    """Nothing is waited for but the time-outs of the dead one: late answers pass in the background."""
    async with stage("serial") as (peer, link):
        peer.script = silence_of(9)
        dead = asyncio.create_task(ask_on(link, 9, []))
        took: list[float] = []
        alive = asyncio.create_task(ask_on(link, 8, took))
        await eventually(lambda: sum(c.unit == 9 for c in peer.calls) >= 3)
        for task in (dead, alive):
            task.cancel()
        await asyncio.gather(dead, alive, return_exceptions=True)
        assert len(took) > 50 and max(took) < 0.5
        assert sorted(took)[len(took) // 2] < 0.03


async def ask_on(link: ModbusLink, unit: int, took: list[float]) -> None:
    while True:
        begin = now()
        with contextlib.suppress(LinkError):
            assert await link.read(unit, READ_HOLDING, 0, 2) == contents(unit, 0, 2)
        took.append(now() - begin)
        await asyncio.sleep(0.005)


async def test_the_rest_that_a_device_wants_between_requests(stage: Any) -> None:
    async with stage("tcp", pause_s=0.05) as (peer, link):
        await asyncio.gather(*(link.read(7, READ_HOLDING, n, 1) for n in range(3)), link.write(7, WRITE_ONE, 9, (1,)))
        times = [c.at for c in peer.calls]
        assert all(b - a >= 0.049 for a, b in pairwise(times))


async def test_an_urgent_read_follows_its_write_though_a_read_was_cut(stage: Any) -> None:
    """The answer to the write shows that the device is done with what it was asked before."""
    async with stage("serial") as (peer, link):
        peer.plan.append(silence)
        read = asyncio.create_task(link.read(7, READ_HOLDING, 0, 2))
        await eventually(lambda: peer.calls)
        begin = now()
        await link.write(7, WRITE_ONE, 100, (5,), begin + WRITE_S)
        assert await link.read(7, READ_HOLDING, 100, 1, begin + WRITE_S) == (5,)
        assert now() - begin < 0.4
        read.cancel()


async def test_a_slow_device_is_given_more_time_and_a_fast_one_less(stage: Any) -> None:
    async with stage("tcp") as (peer, link):
        peer.plan += [after(0.7), after(0.7)]
        assert (await fails(link.read(7, READ_HOLDING, 0, 1)))[0] is NoAnswer
        assert await link.read(7, READ_HOLDING, 0, 1) == contents(7, 0, 1)
        for _ in range(60):
            await link.read(8, READ_HOLDING, 0, 1)
        peer.script = silence
        error, took = await fails(link.read(8, READ_HOLDING, 0, 1))
        assert error is NoAnswer and took == pytest.approx(0.15, abs=0.04)


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("carrier", CARRIERS)
async def test_a_unit_of_which_it_is_known_may_take_longer_than_others(stage: Any, carrier: str) -> None:
    """`quick`: the others have 0.2 s."""
    async with stage(carrier) as (peer, link):
        peer.script = after(0.5)
        assert (await fails(link.read(8, READ_HOLDING, 0, 2)))[0] is NoAnswer
    async with stage(carrier) as (peer, _):
        patient = ModbusLink(peer.link, longest_s={7: 3.0})
        peer.script = after(0.5)
        for address in (0, 10):
            assert await patient.read(7, READ_HOLDING, address, 2) == contents(7, address, 2)
        patient.close()
        assert len(peer.calls) == 2, "each was asked once"


@pytest.mark.usefixtures("quick")
async def test_a_write_to_a_slow_unit_has_as_long(stage: Any) -> None:
    async with stage("tcp") as (peer, link):
        peer.script = after(1.1)
        assert (await fails(link.write(7, WRITE_ONE, 100, (5,))))[0] is NoAnswer
    async with stage("tcp") as (peer, _):
        patient = ModbusLink(peer.link, longest_s={7: 3.0})
        assert (patient.write_s(7), patient.write_s(8)) == (3.0, WRITE_S)
        peer.script = after(1.1)
        await patient.write(7, WRITE_ONE, 100, (5,))
        patient.close()
        assert peer.asked() == [(7, WRITE_ONE, 100)], "once"


def silence_of(unit: int) -> Script:
    async def play(call: Call) -> None:
        if call.unit != unit:
            call.say()

    return play


@pytest.mark.parametrize("carrier", CARRIERS)
async def test_a_cancellation_that_comes_with_the_answer_is_not_lost(
    stage: Any, carrier: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    accepts = Ask.accepts

    def cancelling(ask: Ask, pdu: Any) -> bool:
        reading.cancel()
        return accepts(ask, pdu)

    async with stage(carrier) as (_, link):
        await link.read(7, READ_HOLDING, 100, 1)
        monkeypatch.setattr(Ask, "accepts", cancelling)
        reading = asyncio.create_task(link.read(7, READ_HOLDING, 100, 1))
        await asyncio.wait([reading])
        assert reading.cancelled()
