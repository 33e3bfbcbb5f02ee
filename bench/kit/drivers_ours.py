"""The hub's Modbus driver alone in a process, at the meters of `drivers_slave`; prints what it saw as JSON.

`python -m bench.kit.drivers_ours line|tcp UNITS DEAD SECONDS COMMANDS`
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

import uvloop

from bench.kit.drivers_slave import BAUD, SET_POINT, Slaves, resident, slaves
from bench.kit.rows import percentile
from hub.drivers import build
from hub.errors import LinkError, Refused
from hub.model import Command, Device, DeviceSpec, Driver, Measurement, Reason, Role, Source, SystemClock, Value

MAP = "eastron/sdm630"
SETTABLE = f"""\
base = "{MAP}"
roles = ["charger"]
[points.current_limit]
address = {SET_POINT}
function = 3
type = "u16"
[commands.current_limit]
low = 6
high = 32
step = 1
writes = [{{ address = {SET_POINT}, type = "u16" }}]
"""
SETTLE_S = 4.0


class Told:
    """A Sink that counts."""

    def __init__(self) -> None:
        self.batches: dict[str, list[float]] = defaultdict(list)
        """when each came (s UTC), by device"""
        self.points = 0
        self.latest: dict[str, Value | None] = {}

    def put(self, measurements: Iterable[Measurement]) -> None:
        batch = list(measurements)
        self.batches[batch[0].point.partition(".")[0]].append(time.time())
        self.points += len(batch)
        self.latest |= {m.point: m.value for m in batch}

    def seen(self, device: Device) -> None: ...

    def lost(self, device: str, reason: str) -> None: ...


def meters(links: Sequence[tuple[str, int]], settable: Path, poll_s: float) -> list[DeviceSpec]:
    """A device for each link and unit; the first of them takes a set-point."""
    roles = [Role.CHARGER] + [Role.METER] * (len(links) - 1)
    return [
        DeviceSpec(
            *(f"u{n}", f"d{n}", role, "modbus", link),
            options={"map": MAP if role is Role.METER else str(settable), "unit": unit, "poll_s": poll_s},
        )
        for n, (role, (link, unit)) in enumerate(zip(roles, links, strict=True), 1)
    ]


async def measure(
    drivers: Sequence[Driver], peers: Slaves, alive: int, seconds: int, commands: int
) -> dict[str, object]:
    told = Told()
    running = [asyncio.create_task(driver.run(told)) for driver in drivers]
    await asyncio.sleep(SETTLE_S)
    await asyncio.sleep(0.9 - time.time() % 1)  # so that the window has as many whole seconds as it is long
    told.batches.clear()
    told.points, counted = 0, peers.counted()
    began, cpu = time.monotonic(), time.process_time()
    await asyncio.sleep(seconds)
    took, cpu, answered = time.monotonic() - began, time.process_time() - cpu, peers.counted()
    seen = {
        "seconds": took,
        "cpu_s": cpu,
        "rss": resident(),
        "points": told.points,
        "passes": [len(told.batches[f"d{n}"]) for n in range(1, alive + 1)],
        "gap_s": max(b - a for times in told.batches.values() for a, b in pairwise(times)),
        "late_ms": percentile([t % 1 * 1000 for times in told.batches.values() for t in times] or [0.0], 99),
        **{name: answered[name] - counted[name] for name in answered},
        **await obeyed(drivers[0], told, commands),
    }
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    return seen


async def obeyed(driver: Driver, told: Told, count: int) -> dict[str, Any]:
    """Milliseconds from a command to the device's own reading of it, while everything else is polled on."""
    times, failed, dice = [], 0, random.Random(1)
    for n in range(count):
        value = float(6 + n % 20)
        began = time.perf_counter()
        with suppress(LinkError, Refused):
            await driver.apply(Command("d1.current_limit", value, "", Source.PERSON, Reason("bench")))
        times.append((time.perf_counter() - began) * 1000)
        failed += told.latest.get("d1.current_limit") != value
        await asyncio.sleep(dice.uniform(0, 0.1))
    return {"command_ms": times, "failed": failed}


async def main(kind: str, units: int, dead: int, seconds: int, commands: int) -> None:
    with tempfile.TemporaryDirectory(prefix="shems-bench-") as room:
        settable = Path(room) / "settable.toml"
        settable.write_text(SETTABLE)
        line = Path(room) / "line"
        with slaves("tcp", units) if kind == "tcp" else slaves("line", line, units, dead) as peers:
            if kind == "tcp":
                specs = meters([(f"tcp://127.0.0.1:{port}", 1) for port in peers.at], settable, 1.0)
            else:
                address = f"serial://{line}?baud={BAUD}"
                specs = meters([(address, unit) for unit in range(1, units + 1)], settable, 0.05)
            drivers = build(specs, SystemClock(), "")
            print(json.dumps(await measure(drivers, peers, units - dead, seconds, commands)))


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], *map(int, sys.argv[2:])))
