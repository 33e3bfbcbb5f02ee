"""The two ways through the house, measured from outside: device change -> page, and click -> confirmed device.

`./shems bench path [--quick]`: a demo house with 200 points at 1 Hz, then one with 50 polled meters, 50 browsers and a
dead device. Figures are wall time on this machine; the rival of a Modbus command is the barest HTTP handler that does
the same writes and the same read-back, in the same run.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import aiohttp
from pymodbus.client import AsyncModbusTcpClient

from bench.kit.browsers import browsers
from bench.kit.crowd import crowd
from bench.kit.load import change_load
from bench.kit.pixels import pixels
from bench.kit.rows import Row, percentile, row
from bench.kit.skeleton import skeleton, write_and_read_back
from tests.house.demo_kit import Demo, demo, eventually

BUSY_METERS, BUSY_BROWSERS = 50, 50


def run(quick: bool) -> Iterator[Row]:
    """`quick`: fewer samples, same rows."""
    changes, commands = (6, 60) if quick else (40, 500)
    yield from start_to_ready()
    with crowd(6) as more, demo("--devices", str(more)) as house:
        settle(house)
        yield row("points at 1 Hz in the idle house", len(house.points()), "", None)
        yield from asyncio.run(frames(house, changes, "idle"))
        yield from pixels(house, changes)
        yield from asyncio.run(clicks(house, commands, "idle"))
        yield from memory(house, "idle")
    with crowd(BUSY_METERS, 1) as more, demo("--devices", str(more)) as house:
        settle(house)
        with browsers(house.base, house.ready["token"], BUSY_BROWSERS):
            yield from asyncio.run(frames(house, changes, "busy"))
            yield from asyncio.run(clicks(house, commands, "busy"))
            yield from memory(house, "busy")


def settle(house: Demo) -> None:
    """Every device that lives has answered."""

    def up() -> bool:
        states = [d["link"]["state"] for d in house.api("GET", "/devices")["devices"]]
        return "connecting" not in states

    eventually(up, 30, "every device has answered or is lost")


def start_to_ready() -> Iterator[Row]:
    started = time.monotonic()
    with demo():
        yield row("start to ready, warm", time.monotonic() - started, "s", 3.0)


# -- device change -> frame --------------------------------------------------------------------------------------------


async def frames(house: Demo, n: int, when: str) -> list[Row]:
    """From the moment the simulated meter shows another load to the web socket frame that tells it."""
    times = []
    async with aiohttp.ClientSession(headers=house.headers) as http, http.ws_connect(f"{house.base}/api/v1/live") as ws:
        for i in range(n):
            high = i % 2 == 0
            changed = await change_load(http, house, high)
            await frame_with(ws, high, changed)
            times.append((time.time() - changed) * 1000)
            await asyncio.sleep(0.31 * (i % 5))
        await http.post(f"{house.sim}/world", json={"load_w": None})
    return [
        row(f"device change to web socket frame, {when}, p50", percentile(times, 50), "ms"),
        row(f"device change to web socket frame, {when}, p95", percentile(times, 95), "ms", 1500),
    ]


async def frame_with(ws: aiohttp.ClientWebSocketResponse, high: bool, since: float) -> None:
    """Reads frames until one tells the new load as it was after `since` (s UTC)."""
    async with asyncio.timeout(10):
        while True:
            point = (await ws.receive_json())["points"].get("house.consumption")
            if point and point["t"] >= since * 1000 and point["v"] is not None and (point["v"] > 6000) == high:
                return


# -- click -> confirmed ------------------------------------------------------------------------------------------------


async def clicks(house: Demo, n: int, when: str) -> list[Row]:
    async with aiohttp.ClientSession(headers=house.headers) as http:
        async with http.get(f"{house.base}/api/v1/devices/heatpump") as answer:
            address = (await answer.json())["link"]["address"]
        host, _, port = address.removeprefix("tcp://").rpartition(":")
        exchange = await bare_exchange(host, int(port), n)
        with skeleton(host, int(port)) as url:
            floor = percentile((await commands(http, url, "heatpump.sg_ready", lambda i: 2 + i % 2, n))[0], 50)
        modbus, missed = await commands(http, house.base, "heatpump.sg_ready", lambda i: 2 + i % 2, n)
        mqtt, lost = await commands(http, house.base, "plug_tv.on", lambda i: i % 2 == 0, n)
    skeletal = ("POST, write, read back and nothing else", floor)
    return [
        row(f"two writes and a read-back on a bare client, {when}, p50", exchange, "ms"),
        row(f"Modbus command confirmed, {when}, p50", percentile(modbus, 50), "ms", 2 * floor, skeletal),
        row(f"Modbus command confirmed, {when}, p99", percentile(modbus, 99), "ms", 250),
        row(f"MQTT command confirmed, {when}, p50", percentile(mqtt, 50), "ms", 10),
        row(f"MQTT command confirmed, {when}, p99", percentile(mqtt, 99), "ms", 250),
        row(f"commands of {2 * n} not confirmed, {when}", missed + lost, "", 0),
    ]


async def commands(
    http: aiohttp.ClientSession, url: str, point: str, value: Callable[[int], object], n: int
) -> tuple[list[float], int]:
    """Milliseconds from POST to the answer, and how many answers were not `confirmed`."""
    times, failed = [], 0
    for i in range(n):
        started = time.perf_counter()
        async with http.post(f"{url}/api/v1/commands", json={"point": point, "value": value(i)}) as answer:
            body = await answer.json()
        times.append((time.perf_counter() - started) * 1000)
        failed += body["state"] != "confirmed"
    return times, failed


async def bare_exchange(host: str, port: int, n: int) -> float:
    """The same requests on the wire without any HTTP: median ms."""
    client = AsyncModbusTcpClient(host, port=port, timeout=1, retries=0)
    await client.connect()
    times = []
    for i in range(n):
        started = time.perf_counter()
        await write_and_read_back(client, 2 + i % 2)
        times.append((time.perf_counter() - started) * 1000)
    client.close()
    return statistics.median(times)


# -- memory ------------------------------------------------------------------------------------------------------------


def memory(house: Demo, when: str) -> Iterator[Row]:
    """RSS of the hub and its broker, from /proc."""
    total = sum(_rss(pid) for pid in _family(house.process.pid) if "firmware_sim" not in _command(pid))
    yield row(f"RSS of hub and broker, {when}", total / 1e6, "MB", 100)


def _family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(p for child in children for p in _family(int(child)))]


def _command(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()


def _rss(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096
