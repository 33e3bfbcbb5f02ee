"""Other programs read a device through the hub: mbpoll, pymodbus' own client, and whoever talks nonsense."""

from __future__ import annotations

import asyncio
import re
import shutil
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymodbus.client import AsyncModbusTcpClient

from drivers.modbus.driver import build
from drivers.modbus.mbap import BrokenStream, Requests
from hub.errors import ConfigError
from hub.model import DeviceSpec, Role, SystemClock
from tests.drivers_modbus.kit import FakeSink, Script, TcpPeer, contents, eventually, right, silence
from tests.drivers_modbus.scripts import after, exception
from tests.drivers_modbus.test_station import METER

# -- the codec -------------------------------------------------------------------------------------------------------


def asks(function: int, address: int, count: int, tid: int = 7, unit: int = 1) -> bytes:
    return struct.pack(">HHHBBHH", tid, 0, 6, unit, function, address, count)


def test_requests_come_in_pieces_and_in_heaps() -> None:
    stream, requests = asks(3, 100, 2) + asks(4, 5, 1, tid=8, unit=9), Requests()
    found = [r for byte in stream for r in requests.feed(bytes([byte]))]
    assert found == Requests().feed(stream)
    assert [(r.tid, r.unit, r.function, r.span, r.wrong) for r in found] == [
        (7, 1, 3, (100, 2), 0),
        (8, 9, 4, (5, 1), 0),
    ]


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (asks(3, 0, 126), 3),
        (asks(3, 0, 0), 3),
        (asks(1, 0, 2001), 3),
        (asks(3, 65_535, 2), 2),
        (asks(3, 0, 125), 0),
        (asks(2, 0, 2000), 0),
        (asks(6, 0, 1), 1),
        (asks(5, 0, 0xFF00), 1),
        (bytes.fromhex("0001 0000 0009 01 10 0000 0001 02 0005"), 1),
        (bytes.fromhex("0001 0000 0002 01 2b"), 1),
        (bytes.fromhex("0001 0000 0003 01 03 00"), 3),
    ],
)
def test_what_is_no_read_is_an_exception(frame: bytes, code: int) -> None:
    (request,) = Requests().feed(frame)
    assert request.wrong == code
    assert request.exception(code) == frame[:2] + bytes([0, 0, 0, 3, 1, frame[7] | 0x80, code])


def test_answers_by_the_specifications_own_examples() -> None:
    """Modbus Application Protocol V1.1b3, 6.1 (coils 20 to 38) and 6.3 (registers 108 to 110)."""
    (coils,) = Requests().feed(asks(1, 0x13, 0x13))
    bits = [1, 0, 1, 1, 0, 0, 1, 1, 1, 1, 0, 1, 0, 1, 1, 0, 1, 0, 1]
    assert coils.answer(bits)[7:].hex(" ") == "01 03 cd 6b 05"
    (registers,) = Requests().feed(asks(3, 0x6B, 3))
    assert registers.answer((0x022B, 0, 0x64))[7:].hex(" ") == "03 06 02 2b 00 00 00 64"


@given(st.lists(st.binary(max_size=40), max_size=8))
def test_no_bytes_are_too_strange(pieces: list[bytes]) -> None:
    requests = Requests()
    try:
        for piece in pieces:
            for request in requests.feed(piece):
                assert request.wrong or sum(request.span) <= 65_536
    except BrokenStream:
        pass


# -- the server ------------------------------------------------------------------------------------------------------


@dataclass
class Through:
    peer: TcpPeer
    sink: FakeSink
    port: int

    @asynccontextmanager
    async def client(self) -> AsyncIterator[AsyncModbusTcpClient]:
        client = AsyncModbusTcpClient("127.0.0.1", port=self.port, retries=0, timeout=5)
        await client.connect()
        try:
            yield client
        finally:
            client.close()

    async def mbpoll(self, *arguments: str) -> str:
        program = shutil.which("mbpoll")
        if program is None:
            pytest.skip("mbpoll is not installed")
        fixed = ("-m", "tcp", "-p", str(self.port), "-0", "-o", "3", "-q", "127.0.0.1")
        run = await asyncio.create_subprocess_exec(
            program, *arguments, *fixed, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
        return (await run.communicate())[0].decode()


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


@pytest.fixture
def meter(tmp_path: Path) -> Path:
    path = tmp_path / "meter.toml"
    path.write_text(METER)
    return path


@asynccontextmanager
async def through(meter: Path, poll_s: float = 10, script: Script = right) -> AsyncIterator[Through]:
    """A meter that the hub reads now and then, and the hub's door to it."""
    peer, sink, port = TcpPeer(), FakeSink(), free_port()
    await peer.start()
    options = {"map": str(meter), "poll_s": poll_s, "proxy": f"127.0.0.1:{port}"}
    driver = build(peer.link, [DeviceSpec("u", "grid", Role.GRID, "modbus", "", options=options)], SystemClock())
    task = asyncio.create_task(driver.run(sink))
    try:
        await eventually(lambda: sink.order)
        await _listening(port)
        peer.script = script
        yield Through(peer, sink, port)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await peer.stop()
    with pytest.raises(OSError):
        await asyncio.open_connection("127.0.0.1", port)


async def test_a_client_of_others_reads_all_four_tables(meter: Path) -> None:
    async with through(meter) as hub, hub.client() as client:
        for read in (client.read_holding_registers, client.read_input_registers):
            assert tuple((await read(100, count=20, device_id=7)).registers) == contents(7, 100, 20)
        for ask in (client.read_coils, client.read_discrete_inputs):
            bits = (await ask(30, count=11, device_id=7)).bits[:11]
            assert bits == [bool(word & 1) for word in contents(7, 30, 11)]
        assert hub.peer.connects == 1, "the device sees the hub alone"


async def test_mbpoll_reads_and_may_not_write(meter: Path) -> None:
    async with through(meter) as hub:
        said = await hub.mbpoll("-1", "-a", "7", "-t", "4", "-r", "100", "-c", "3")
        found = tuple(int(n) % 65_536 for n in re.findall(r"^\[\d+\]:\s+(-?\d+)", said, re.M))
        assert found == contents(7, 100, 3), said
        arguments = ("-a", "7", "-t", "4", "-r", "100", "-m", "tcp", "-p", str(hub.port), "-0", "-q", "127.0.0.1", "5")
        run = await asyncio.create_subprocess_exec("mbpoll", *arguments, stderr=asyncio.subprocess.PIPE)
        assert b"Illegal function" in (await run.communicate())[1]
        assert {c.function for c in hub.peer.calls} == {3}


async def test_every_write_is_refused(meter: Path) -> None:
    async with through(meter) as hub, hub.client() as client:
        for answer in (
            await client.write_register(1, 5, device_id=1),
            await client.write_registers(1, [5, 6], device_id=1),
            await client.write_coil(1, True, device_id=1),
            await client.write_coils(1, [True], device_id=1),
            await client.mask_write_register(address=1, and_mask=5, or_mask=6, device_id=1),
            await client.readwrite_registers(read_address=1, read_count=1, write_address=1, values=[5], device_id=1),
        ):
            assert answer.isError() and answer.exception_code == 1
        assert {c.function for c in hub.peer.calls} == {3}


async def test_what_was_just_read_is_not_asked_for_again(meter: Path) -> None:
    async with through(meter) as hub, hub.client() as client:

        def asked(address: int) -> int:
            return sum(c.address == address for c in hub.peer.calls)

        answers = [await client.read_holding_registers(2, count=3, device_id=1) for _ in range(10)]
        assert all(tuple(a.registers) == contents(1, 2, 3) for a in answers)
        assert asked(2) == 0, "a part of what the hub has read for itself"
        for _ in range(3):
            await client.read_holding_registers(500, count=4, device_id=1)
        assert asked(500) == 1
        await asyncio.sleep(1.05)
        await client.read_holding_registers(500, count=4, device_id=1)
        assert asked(500) == 2, "nothing older than a second"


@pytest.mark.parametrize(("script", "code"), [(exception(2), 2), (exception(4), 4), (exception(11), 11), (silence, 11)])
async def test_what_the_device_says_no_to(meter: Path, script: Script, code: int) -> None:
    async with through(meter, script=script) as hub, hub.client() as client:
        assert (await client.read_holding_registers(500, count=4, device_id=1)).exception_code == code


async def test_the_hub_and_greedy_programs_both_get_on(meter: Path) -> None:
    async with through(meter, poll_s=0.1, script=after(0.02)) as hub:
        asked = [asyncio.create_task(_greedy(hub, 1_000 * n)) for n in range(1, 5)]
        start = len(hub.sink.times["grid"])
        await eventually(lambda: len(hub.sink.times["grid"]) >= start + 10)
        assert sum(c.address >= 1_000 for c in hub.peer.calls) > 10
        for task in asked:
            task.cancel()
        await asyncio.gather(*asked, return_exceptions=True)


async def _greedy(hub: Through, address: int) -> None:
    async with hub.client() as client:
        for n in range(10_000):
            assert not (await client.read_holding_registers(address + n % 500, count=1, device_id=1)).isError()


async def test_nonsense_ends_its_own_connection_only(meter: Path) -> None:
    async with through(meter) as hub, hub.client() as client:
        reader, writer = await asyncio.open_connection("127.0.0.1", hub.port)
        writer.write(b"GET / HTTP/1.1\r\n\r\n")
        assert await reader.read() == b""
        writer.close()
        assert not (await client.read_holding_registers(2, count=3, device_id=1)).isError()


async def test_a_door_that_somebody_else_has_is_tried_again(
    meter: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("drivers.modbus.proxy._AGAIN_S", 0.05)
    other = await asyncio.start_server(lambda r, w: None, "127.0.0.1", 0)
    port = other.sockets[0].getsockname()[1]
    monkeypatch.setattr("tests.drivers_modbus.test_proxy.free_port", lambda: port)
    async with through(meter) as hub:
        await asyncio.sleep(0.15)
        other.close()
        await other.wait_closed()
        await _listening(port)
        async with hub.client() as client:
            assert not (await client.read_holding_registers(2, count=3, device_id=1)).isError()
    assert caplog.text.count("tried again") == 1


async def _listening(port: int) -> None:
    async with asyncio.timeout(6):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.01)
                continue
            writer.close()
            return


@pytest.mark.parametrize("text", ["1502", "127.0.0.1", "127.0.0.1:0", "127.0.0.1:x", ":1502", "127.0.0.1:99999"])
def test_a_door_that_cannot_be(meter: Path, text: str) -> None:
    options = {"map": str(meter), "proxy": text}
    with pytest.raises(ConfigError, match=r"devices\.grid\.proxy: .*write for example"):
        build("tcp://127.0.0.1:1", [DeviceSpec("u", "grid", Role.GRID, "modbus", "", options=options)], SystemClock())


def test_a_link_has_one_door(meter: Path) -> None:
    specs = [
        DeviceSpec(n, n, Role.METER, "modbus", "", options={"map": str(meter), "unit": u, "proxy": f"127.0.0.1:150{u}"})
        for u, n in enumerate(("a", "b"))
    ]
    with pytest.raises(ConfigError, match=r"devices\.b\.proxy: the link has another already"):
        build("tcp://127.0.0.1:1", specs, SystemClock())
