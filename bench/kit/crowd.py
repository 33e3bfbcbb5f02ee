"""A street of simulated meters on ports of their own: `python -m bench.kit.crowd N DEAD` prints their devices as TOML.

The first N answer, the DEAD after them take requests and never answer. Ends with its standard input.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from firmware_sim.device import View
from firmware_sim.devices.meters import Sdm630
from firmware_sim.fault import Kind
from firmware_sim.modbus.server import TcpStation
from firmware_sim.physics.world import Setup, World
from firmware_sim.runner import Runner

ROOT = Path(__file__).parents[2]


@contextlib.contextmanager
def crowd(alive: int, dead: int = 0) -> Iterator[Path]:
    """The file of their devices, for `shems demo --devices`."""
    paths = os.pathsep.join((str(ROOT), str(ROOT / "firmware-sim")))
    command = [sys.executable, "-m", "bench.kit.crowd", str(alive), str(dead)]
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": paths}
        )
        try:
            assert process.stdout is not None
            file = Path(folder) / "crowd.toml"
            file.write_text("".join(iter(process.stdout.readline, "# ready\n")))
            yield file
        finally:
            process.kill()
            process.wait()


async def main(alive: int, dead: int) -> None:
    world = World(Setup(start_ms=time.time_ns() // 1_000_000))
    view = View(world.snapshot())
    meters = [Sdm630(f"meter_{n}", view, lambda house: house.grid) for n in range(alive + dead)]
    for meter in meters[alive:]:
        meter.set_fault(Kind.SILENT)
    ports = [TcpStation(meter, 1).port for meter in meters]
    for port, meter in zip(ports, meters, strict=True):
        await port.open()
        print(f'[devices.{meter.name}]\nlink = "{port.link}"')
        print('role = "meter"\ndriver = "modbus"\nmap = "eastron/sdm630"')
    print("# ready", flush=True)
    ended = asyncio.Event()
    asyncio.get_running_loop().add_reader(sys.stdin.fileno(), ended.set)
    async with asyncio.TaskGroup() as tasks:
        runner = tasks.create_task(Runner(world, view, meters, 1.0).run())
        await ended.wait()
        runner.cancel()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
