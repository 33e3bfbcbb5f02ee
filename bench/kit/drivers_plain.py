"""pymodbus used plainly, as its examples do, at the meters of `drivers_slave`; prints what it saw as JSON.

`python -m bench.kit.drivers_plain line|tcp value|block UNITS DEAD SECONDS`: one read for each value, or one block for
all values of a meter. Time-outs and retries are pymodbus' own.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import uvloop
from pymodbus.client import AsyncModbusSerialClient, AsyncModbusTcpClient
from pymodbus.exceptions import ModbusException
from pymodbus.framer import FramerType

from bench.kit.drivers_slave import BAUD, Slaves, resident, slaves
from drivers.modbus.catalogue import load
from hub.model import Role

Client = AsyncModbusSerialClient | AsyncModbusTcpClient
ADDRESSES = sorted({r.address for p in load("eastron/sdm630").faces[Role.METER].points for r in p.registers})
"""of the floats that the device map asks for"""
FIRST, COUNT = ADDRESSES[0], ADDRESSES[-1] + 2 - ADDRESSES[0]
logging.getLogger("pymodbus").setLevel(logging.CRITICAL)


class Plain:
    def __init__(self, block: bool) -> None:
        self._block = block
        self.points = 0

    async def read(self, client: Client, unit: int) -> None:
        """All values of one meter."""
        if not client.connected:
            await client.connect()
        try:
            if self._block:
                answer = await client.read_input_registers(FIRST, count=COUNT, device_id=unit)
                words = [answer.registers[at - FIRST : at - FIRST + 2] for at in ADDRESSES]
                self._take(client, words)
                return
            for at in ADDRESSES:
                answer = await client.read_input_registers(at, count=2, device_id=unit)
                self._take(client, [answer.registers])
        except ModbusException:
            return

    def _take(self, client: Client, words: Sequence[Sequence[int]]) -> None:
        for pair in words:
            client.convert_from_registers(list(pair), client.DATATYPE.FLOAT32)
            self.points += 1


async def on_a_line(plain: Plain, units: int, seconds: int, path: str) -> int:
    """One unit after the other, round and round; whole rounds, and how many of them."""
    client = AsyncModbusSerialClient(path, framer=FramerType.RTU, baudrate=BAUD)
    began, rounds = time.monotonic(), 0
    while time.monotonic() - began < seconds:
        for unit in range(1, units + 1):
            await plain.read(client, unit)
        rounds += 1
    client.close()
    return rounds


async def on_sockets(plain: Plain, seconds: int, ports: list[int]) -> int:
    """Each meter once a second."""

    async def one(port: int) -> None:
        client = AsyncModbusTcpClient("127.0.0.1", port=port)
        for _ in range(seconds):
            await asyncio.sleep(1 - time.time() % 1)
            await plain.read(client, 1)
        client.close()

    await asyncio.gather(*map(one, ports))
    return seconds


async def main(kind: str, how: str, units: int, dead: int, seconds: int) -> None:
    plain = Plain(how == "block")
    with tempfile.TemporaryDirectory(prefix="shems-bench-") as room:
        arguments = ("tcp", units) if kind == "tcp" else ("line", Path(room) / "line", units, dead)
        with slaves(*arguments) as peers:
            began, cpu = time.monotonic(), time.process_time()
            rounds = await _rounds(kind, plain, units, seconds, peers)
            took = time.monotonic() - began
            seen = {
                "seconds": took,
                "cpu_s": time.process_time() - cpu,
                "rss": resident(),
                "points": plain.points,
                "rounds": rounds,
                **peers.counted(),
            }
    print(json.dumps(seen))


async def _rounds(kind: str, plain: Plain, units: int, seconds: int, peers: Slaves) -> int:
    if kind == "tcp":
        return await on_sockets(plain, seconds, peers.at)
    return await on_a_line(plain, units, seconds, peers.at)


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:])))
