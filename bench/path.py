"""The two ways through the house, measured from outside: device change -> page, and click -> confirmed device.

`./shems bench path [--quick]`. One demo house, one hub, one browser; figures are wall time on this machine.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import aiohttp
from pymodbus.client import AsyncModbusTcpClient

from tests.house.demo_kit import Demo, demo

Row = dict[str, Any]


def row(
    name: str, value: float, unit: str, goal: float | None = None, rival: str = "", rival_value: float | None = None
) -> Row:
    """One figure; `goal` is an upper bound in the same unit."""
    ratio = round(value / rival_value, 2) if rival_value else None
    return {
        "name": name,
        "value": round(value, 2),
        "unit": unit,
        "rival": rival,
        "rival_value": rival_value,
        "ratio": ratio,
        "goal": None if goal is None else f"<= {goal:g}",
        "met": None if goal is None else value <= goal,
    }


def run(quick: bool) -> Iterator[Row]:
    yield from start_to_ready()
    with demo() as house:
        time.sleep(4)
        yield from asyncio.run(measure(house, 40 if quick else 300))
        yield from memory(house)


def start_to_ready() -> Iterator[Row]:
    started = time.monotonic()
    with demo():
        yield row("start to ready (warm)", time.monotonic() - started, "s", 3.0)


async def measure(house: Demo, n: int) -> list[Row]:
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {house.ready['token']}"}) as http:
        rows = [*await change_to_frame(http, house, max(8, n // 10))]
        floor = await modbus_floor(house, n)
        times = await commands(http, house, "heatpump.sg_ready", lambda i: 2 + i % 2, n)
        rows.append(
            row("Modbus command confirmed, idle, p50", p(times, 50), "ms", floor * 2, "bare write + read back", floor)
        )
        rows.append(row("Modbus command confirmed, idle, p99", p(times, 99), "ms", 250))
        times = await commands(http, house, "plug_tv.on", lambda i: i % 2 == 0, n)
        rows.append(row("MQTT command confirmed, idle, p50", p(times, 50), "ms", 10))
        rows.append(row("MQTT command confirmed, idle, p99", p(times, 99), "ms", 250))
        return rows


async def commands(
    http: aiohttp.ClientSession, house: Demo, point: str, value: Callable[[int], object], n: int
) -> list[float]:
    """Milliseconds from POST to the confirmed answer."""
    times = []
    for i in range(n):
        started = time.perf_counter()
        async with http.post(f"{house.base}/api/v1/commands", json={"point": point, "value": value(i)}) as answer:
            body = await answer.json()
        times.append((time.perf_counter() - started) * 1000)
        if body["state"] != "confirmed":
            raise RuntimeError(f"{point} was not confirmed: {body}")
    return times


async def modbus_floor(house: Demo, n: int) -> float:
    """The same two requests on a bare client: median ms of a write and a read back."""
    devices = (await _json(f"{house.base}/api/v1/devices/heatpump", house))["link"]["address"]
    host, port = devices.removeprefix("tcp://").rsplit(":", 1)
    client = AsyncModbusTcpClient(host, port=int(port), timeout=1, retries=0)
    await client.connect()
    times = []
    for i in range(n):
        started = time.perf_counter()
        await client.write_register(4001, i % 2, device_id=1)
        await client.write_register(4002, 0, device_id=1)
        await client.read_input_registers(5000, count=1, device_id=1)
        times.append((time.perf_counter() - started) * 1000)
    client.close()
    return round(statistics.median(times), 2)


async def change_to_frame(http: aiohttp.ClientSession, house: Demo, n: int) -> list[Row]:
    """From a change of the world in the simulator to the frame with the new grid power."""
    times = []
    async with http.ws_connect(f"{house.base}/api/v1/live") as socket:
        for i in range(n):
            load = 1000 + (i % 2) * 6000
            started = time.perf_counter()
            await _post(f"{house.sim}/world", {"load_w": load})
            await _until(socket, lambda v, i=i: v is not None and (v > 3000) == bool(i % 2))  # type: ignore[misc]
            times.append((time.perf_counter() - started) * 1000)
            await asyncio.sleep(1.2 + 0.17 * (i % 5))
        await _post(f"{house.sim}/world", {"load_w": None})
    return [
        row("device change to web socket frame, p50", p(times, 50), "ms"),
        row("device change to web socket frame, p95", p(times, 95), "ms", 1500),
    ]


async def _until(socket: aiohttp.ClientWebSocketResponse, true: Callable[[Any], bool]) -> None:
    async with asyncio.timeout(8):
        while True:
            frame = await socket.receive_json()
            point = frame["points"].get("house.consumption")
            if point and true(point["v"]):
                return


def memory(house: Demo) -> Iterator[Row]:
    """RSS of the hub and its broker, from /proc."""
    total = sum(_rss(pid) for pid in _family(house.process.pid) if "firmware_sim" not in _command(pid))
    yield row("RSS of hub and broker", total / 1e6, "MB", 100)


def _family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(p for child in children for p in _family(int(child)))]


def _command(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()


def _rss(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096


def p(times: list[float], percent: int) -> float:
    return sorted(times)[min(len(times) - 1, round(len(times) * percent / 100))]


async def _post(url: str, body: object) -> None:
    async with aiohttp.ClientSession() as http, http.post(url, json=body) as answer:
        answer.raise_for_status()


async def _json(url: str, house: Demo) -> Any:
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {house.ready['token']}"}) as http:
        async with http.get(url) as answer:
            return await answer.json()
