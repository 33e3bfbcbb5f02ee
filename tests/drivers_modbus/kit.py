"""A hostile Modbus device of our own on TCP, RTU over TCP and a pseudo terminal; it shares no code with what it tests.

Every register holds a number that tells its unit and address, so that an answer to another question is found out.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import struct
import tty
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hub.model import Command, Device, DeviceSpec, Measurement, Reason, Role, Source

WRITES = (5, 6, 16)


def crc(frame: bytes) -> bytes:
    """CRC-16/MODBUS, bit by bit, low byte first."""
    rest = 0xFFFF
    for byte in frame:
        rest ^= byte
        for _ in range(8):
            rest = rest >> 1 ^ 0xA001 if rest & 1 else rest >> 1
    return struct.pack("<H", rest)


def content(unit: int, address: int) -> int:
    """What a register holds before anybody writes to it."""
    return (unit * 4099 + address * 7 + 1) & 0xFFFF


def contents(unit: int, address: int, count: int) -> tuple[int, ...]:
    return tuple(content(unit, a) for a in range(address, address + count))


@dataclass
class Call:
    """A request that has arrived, and the means to answer it rightly or wrongly."""

    peer: Peer
    tid: int
    unit: int
    function: int
    address: int
    count: int
    raw: bytes
    at: float
    send: Callable[[bytes], None]
    hang_up: Callable[[], None]

    @property
    def pdu(self) -> bytes:
        """The right answer, without its frame."""
        if self.function in WRITES:
            return struct.pack(">BHH", self.function, self.address, self._written_word())
        if self.function in (1, 2):
            return self._bits()
        words = self.peer.words(self.unit, self.address, self.count)
        return struct.pack(f">BB{self.count}H", self.function, 2 * self.count, *words)

    def _written_word(self) -> int:
        return self.count if self.function == 16 else self.peer.words(self.unit, self.address, 1)[0]

    def _bits(self) -> bytes:
        """A coil or an input is on where its register is odd; the first one is the lowest bit of the first byte."""
        bits = sum((word & 1) << n for n, word in enumerate(self.peer.words(self.unit, self.address, self.count)))
        data = bits.to_bytes((self.count + 7) // 8, "little")
        return bytes([self.function, len(data)]) + data

    def frame(self, pdu: bytes | None = None, unit: int | None = None, tid: int | None = None) -> bytes:
        """`pdu` (or the right one) as it goes over this wire."""
        body = bytes([self.unit if unit is None else unit]) + (self.pdu if pdu is None else pdu)
        if self.peer.rtu:
            return body + crc(body)
        return struct.pack(">HHH", self.tid if tid is None else tid, 0, len(body)) + body

    def say(self, pdu: bytes | None = None, unit: int | None = None, tid: int | None = None) -> None:
        self.send(self.frame(pdu, unit, tid))


Script = Callable[[Call], Awaitable[None]]


async def right(call: Call) -> None:
    call.say()


async def silence(call: Call) -> None:
    pass


class Peer:
    """Answers by `plan`, one script a request, and then by `script`. `overlaps` counts requests that did not wait."""

    rtu = False

    def __init__(self) -> None:
        self.script: Script = right
        self.plan: deque[Script] = deque()
        self.calls: list[Call] = []
        self.overlaps = 0
        self._busy = 0
        self._written: dict[tuple[int, int], int] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def words(self, unit: int, address: int, count: int) -> tuple[int, ...]:
        return tuple(self._written.get((unit, a), content(unit, a)) for a in range(address, address + count))

    def holds(self, unit: int, words: Mapping[int, int]) -> None:
        """From now on these registers hold this."""
        self._written |= {(unit, address): word for address, word in words.items()}

    def asked(self) -> list[tuple[int, int, int]]:
        """Unit, function and address of all requests so far."""
        return [(c.unit, c.function, c.address) for c in self.calls]

    def take(self, buffer: bytes, send: Callable[[bytes], None], hang_up: Callable[[], None]) -> bytes:
        """Plays the whole requests in `buffer`; returns what is left of it."""
        while (length := self._length(buffer)) and len(buffer) >= length:
            self._play(buffer[:length], send, hang_up)
            buffer = buffer[length:]
        return buffer

    def _length(self, buffer: bytes) -> int:
        if not self.rtu:
            return 6 + struct.unpack(">H", buffer[4:6])[0] if len(buffer) >= 6 else 0
        if len(buffer) < 7:
            return 0
        return 9 + buffer[6] if buffer[1] == 16 else 8

    def _play(self, raw: bytes, send: Callable[[bytes], None], hang_up: Callable[[], None]) -> None:
        tid, body = (0, raw[:-2]) if self.rtu else (struct.unpack(">H", raw[:2])[0], raw[6:])
        assert not self.rtu or crc(body) == raw[-2:], "a request with a wrong checksum"
        unit, function, address, word = struct.unpack(">BBHH", body[:6])
        count = 1 if function in (5, 6) else word
        if function in WRITES:
            values = struct.unpack(f">{count}H", body[7:]) if function == 16 else (word,)
            self._written |= {(unit, address + n): v for n, v in enumerate(values)}
        now = asyncio.get_running_loop().time()
        call = Call(self, tid, unit, function, address, count, raw, now, send, hang_up)
        self.calls.append(call)
        self.overlaps += self._busy > 0
        task = asyncio.get_running_loop().create_task(self._answer(call))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, call: Call) -> None:
        self._busy += 1
        try:
            await (self.plan.popleft() if self.plan else self.script)(call)
        finally:
            self._busy -= 1

    def _end_scripts(self) -> None:
        for task in self._tasks:
            task.cancel()


class TcpPeer(Peer):
    def __init__(self, rtu: bool = False) -> None:
        super().__init__()
        self.rtu = rtu
        self.port = 0
        self.connects = 0
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    @property
    def link(self) -> str:
        return f"{'rtu+tcp' if self.rtu else 'tcp'}://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """On the port of last time, when there was one."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Refuses connections, and resets those that are open."""
        self._end_scripts()
        if self._server:
            self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        await asyncio.sleep(0)

    @property
    def open(self) -> int:
        return len(self._writers)

    def tell_all(self, data: bytes) -> None:
        """As a gateway does that hands what it hears on its line to whoever is connected."""
        for writer in self._writers:
            writer.write(data)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connects += 1
        self._writers.add(writer)
        buffer = b""
        try:
            while data := await reader.read(1024):
                buffer = self.take(buffer + data, writer.write, writer.close)
        except OSError:
            pass
        finally:
            self._writers.discard(writer)
            writer.close()


class SerialPeer(Peer):
    """A pty behind a symlink. With `echo` the line returns what was sent on it."""

    rtu = True

    def __init__(self, path: Path, echo: bool = False) -> None:
        super().__init__()
        self.path = path
        self.echo = echo
        self._master = -1
        self._buffer = b""

    @property
    def link(self) -> str:
        return f"serial://{self.path}?baud=115200"

    async def start(self) -> None:
        self._master, slave = os.openpty()
        tty.setraw(slave)
        os.set_blocking(self._master, False)
        self.path.symlink_to(os.ttyname(slave))
        os.close(slave)
        asyncio.get_running_loop().add_reader(self._master, self._read)

    async def stop(self) -> None:
        """Unplugs."""
        self._end_scripts()
        if self._master >= 0:
            asyncio.get_running_loop().remove_reader(self._master)
            os.close(self._master)
            self.path.unlink()
            self._master = -1

    def write(self, data: bytes) -> None:
        os.write(self._master, data)

    def _read(self) -> None:
        with contextlib.suppress(OSError):  # EIO: nobody has it open
            data = os.read(self._master, 4096)
            if self.echo:
                self.write(data)
            self._buffer = self.take(self._buffer + data, self.write, lambda: None)


class FakeSink:
    """Remembers; `order` has lost and seen of all devices, `reasons` why each was lost, `times` the arrival of every
    batch by device, `passes` how many came, empty ones too.
    """

    def __init__(self) -> None:
        self.order: list[tuple[str, str]] = []
        self.devices: dict[str, Device] = {}
        self.values: dict[str, Measurement] = {}
        self.times: dict[str, list[float]] = {}
        self.reasons: dict[str, str] = {}
        self.passes = 0

    def put(self, measurements: Iterable[Measurement]) -> None:
        self.passes += 1
        batch = {m.point: m for m in measurements}
        self.values |= batch
        for device in {point.split(".")[0] for point in batch}:
            self.times.setdefault(device, []).append(asyncio.get_running_loop().time())

    def seen(self, device: Device) -> None:
        self.devices[device.id] = device
        self.order.append(("seen", device.id))

    def lost(self, device: str, reason: str) -> None:
        self.order.append(("lost", device))
        self.reasons[device] = reason

    def events(self, device: str) -> list[str]:
        return [event for event, of in self.order if of == device]

    def value(self, point: str) -> Any:
        found = self.values.get(point)
        return found and found.value

    def of(self, device: str) -> dict[str, Any]:
        return {p.partition(".")[2]: m.value for p, m in self.values.items() if p.startswith(device + ".")}


def command(point: str, value: Any) -> Command:
    return Command(point, value, "r", Source.PERSON, Reason("test"))


async def eventually(done: Callable[[], object], seconds: float = 6.0) -> None:
    async with asyncio.timeout(seconds):
        while not done():
            await asyncio.sleep(0.01)


def now() -> float:
    return asyncio.get_running_loop().time()


# -- the devices of the simulated house --------------------------------------------------------------------------------

POLL_S = 0.1
MAPS = {
    "grid": (Role.GRID, "eastron/sdm630"),
    "heatpump_meter": (Role.METER, "eastron/sdm630"),
    "keba": (Role.CHARGER, "keba/p30"),
    "heidelberg": (Role.CHARGER, "heidelberg/energy-control"),
    "heatpump": (Role.HEATPUMP, "stiebel/isg"),
}
LINKS = {"grid": "meter_tcp", "keba": "keba", "heidelberg": "heidelberg", "heatpump": "heatpump"}
"""of those on TCP"""
SETS = {"keba": ("current_limit", 10), "heidelberg": ("current_limit", 8.5), "heatpump": ("sg_ready", 3)}
"""a command for each that takes one"""


def spec(device: str, **options: object) -> DeviceSpec:
    role, map_ = MAPS[device]
    return DeviceSpec(f"u-{device}", device, role, "modbus", "", options={"map": map_, "poll_s": POLL_S} | options)
