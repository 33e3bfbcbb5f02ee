"""Simulated Modbus meters in a process of their own, which share no code with drivers or their libraries.

`python -m bench.kit.drivers_slave tcp N` listens on N ports; `... line LINK N DEAD` are N units on one RS-485 line of
9,600 baud, the last DEAD of them silent; LINK becomes a pty. Both print their addresses as a line of JSON, answer each
line of standard input with what they have counted so far, and end with it.
"""

from __future__ import annotations

import asyncio
import json
import os
import select
import struct
import subprocess
import sys
import threading
import time
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
BAUD, BITS = 9_600, 11
BYTE_S = BITS / BAUD
SILENCE_S = 3.5 * BYTE_S
"""between two frames: MODBUS over serial line 1.02, 2.5.1.1"""
CHUNK = 8
"""bytes that a UART hands over at once"""
SET_POINT = 0x0100
READ, WRITE_ONE, WRITE_MANY = (3, 4), 6, 16


class Unit:
    """Registers as an SDM630 lays them out, and a set-point at SET_POINT."""

    def __init__(self, number: int) -> None:
        values = {at: 229.0 + number / 10 for at in (0, 2, 4)} | {at: 1.0 + number / 4 for at in (6, 8, 10)}
        values |= {at: 100.0 * number for at in (12, 14, 16)} | {0x34: 300.0 * number, 0x38: 310.0 * number, 0x3C: 15.0}
        values |= {0x3E: 0.97, 0x46: 50.0, 0x48: 1234.5, 0x4A: 12.25}
        self._words = {SET_POINT: 16}
        for at, value in values.items():
            self._words |= dict(enumerate(struct.unpack(">HH", struct.pack(">f", value)), at))

    def answer(self, pdu: bytes) -> bytes:
        """To a request without unit and checksum."""
        function, address, count = struct.unpack(">BHH", pdu[:5])
        if function in READ and 1 <= count <= 125:
            words = (self._words.get(at, 0) for at in range(address, address + count))
            return struct.pack(f">BB{count}H", function, 2 * count, *words)
        if function == WRITE_ONE:
            self._words[address] = count
            return pdu[:5]
        if function == WRITE_MANY:
            self._words |= dict(enumerate(struct.unpack(f">{count}H", pdu[6 : 6 + 2 * count]), address))
            return pdu[:5]
        return bytes((function | 0x80, 1))


def checksum(data: bytes) -> bytes:
    """CRC-16 of Modbus, low byte first."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return crc.to_bytes(2, "little")


# -- one line ----------------------------------------------------------------------------------------------------------


class Line:
    """A wire on which every byte takes its time, both ways, with a silence before each frame.

    `busy_s`: what the frames that were exchanged need at least; `answered`: how many of them were.
    """

    def __init__(self, alive: int, link: Path) -> None:
        self._units = {n: Unit(n) for n in range(1, alive + 1)}
        self._fd, slave = os.openpty()
        tty.setraw(slave)
        link.symlink_to(os.ttyname(slave))
        self._free_at = 0.0
        self._buffer = b""
        self.answered, self.busy_s = 0, 0.0

    def counted(self) -> dict[str, float]:
        return {"answered": self.answered, "busy_s": self.busy_s}

    def run(self) -> None:
        """Never returns. A request that comes too early waits for the wire: on a real one it would be lost."""
        while True:
            began = max(self._arrived(), self._free_at)
            while (frame := self._frame()) is not None:
                self._serve(frame, began)
                began = self._free_at

    def _arrived(self) -> float:
        """Waits for bytes; when the first of them came."""
        select.select([self._fd], [], [])
        at = time.monotonic()
        self._buffer += os.read(self._fd, 4096)
        return at

    def _frame(self) -> bytes | None:
        """The next whole request; noise is dropped."""
        while len(self._buffer) >= 8:
            size = 9 + self._buffer[6] if self._buffer[1] == WRITE_MANY else 8
            if len(self._buffer) < size:
                return None
            frame, rest = self._buffer[:size], self._buffer[size:]
            if checksum(frame[:-2]) == frame[-2:]:
                self._buffer = rest
                return frame
            self._buffer = self._buffer[1:]
        return None

    def _serve(self, frame: bytes, began: float) -> None:
        """The request is over once its bytes have gone by, then silence, then the answer, then silence."""
        at = began + len(frame) * BYTE_S + SILENCE_S
        unit = self._units.get(frame[0])
        if unit is None:
            self._free_at = at
            return
        answer = frame[:1] + unit.answer(frame[1:-2])
        answer += checksum(answer)
        for n in range(0, len(answer), CHUNK):
            chunk = answer[n : n + CHUNK]
            at += len(chunk) * BYTE_S
            _sleep_until(at)
            os.write(self._fd, chunk)
        self._free_at = at + SILENCE_S
        self.answered += 1
        self.busy_s += (len(frame) + len(answer)) * BYTE_S + 2 * SILENCE_S


def _sleep_until(at: float) -> None:
    left = at - time.monotonic()
    if left > 0:
        time.sleep(left)


# -- many sockets ------------------------------------------------------------------------------------------------------


class Sockets:
    """A meter on each port; `answered` counts for all of them."""

    def __init__(self) -> None:
        self.answered = 0

    def counted(self) -> dict[str, float]:
        return {"answered": self.answered}

    async def listen(self, count: int) -> list[int]:
        """The ports."""
        servers = [await asyncio.start_server(self._meter(Unit(n)), "127.0.0.1", 0) for n in range(1, count + 1)]
        return [s.sockets[0].getsockname()[1] for s in servers]

    def _meter(self, unit: Unit) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Any]:
        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                while True:
                    transaction, _, length, number = struct.unpack(">HHHB", await reader.readexactly(7))
                    answer = unit.answer(await reader.readexactly(length - 1))
                    writer.write(struct.pack(">HHHB", transaction, 0, len(answer) + 1, number) + answer)
                    self.answered += 1
            except (asyncio.IncompleteReadError, ConnectionError):
                writer.close()

        return talk


async def _sockets(count: int) -> None:
    sockets, ended, loop = Sockets(), asyncio.Event(), asyncio.get_running_loop()
    print(json.dumps(await sockets.listen(count)), flush=True)

    def asked() -> None:
        if os.read(sys.stdin.fileno(), 100):
            print(json.dumps(sockets.counted()), flush=True)
        else:
            ended.set()

    loop.add_reader(sys.stdin.fileno(), asked)
    await ended.wait()


# -- from outside ------------------------------------------------------------------------------------------------------


class Slaves:
    """The running process; `at`: the ports, or the path of the line."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdin and process.stdout
        self._in, self._out = process.stdin, process.stdout
        self.at: Any = json.loads(self._out.readline())

    def counted(self) -> dict[str, float]:
        self._in.write("?\n")
        self._in.flush()
        answer: dict[str, float] = json.loads(self._out.readline())
        return answer


def resident(pid: int | str = "self") -> int:
    """Bytes of memory that a process has."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096


@contextmanager
def slaves(*arguments: object) -> Iterator[Slaves]:
    command = [sys.executable, "-m", "bench.kit.drivers_slave", *map(str, arguments)]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield Slaves(process)
    finally:
        process.kill()
        process.wait()


def main(kind: str, *arguments: str) -> None:
    if kind == "tcp":
        asyncio.run(_sockets(int(arguments[0])))
        return
    link, units, dead = Path(arguments[0]), int(arguments[1]), int(arguments[2])
    line = Line(units - dead, link)
    threading.Thread(target=line.run, daemon=True).start()
    print(json.dumps(str(link)), flush=True)
    while os.read(sys.stdin.fileno(), 100):
        print(json.dumps(line.counted()), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
