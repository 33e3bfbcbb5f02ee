"""`shems run` on a site document of the test's own, beside a simulated house that the test has started."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.house.demo_kit import ROOT, Demo, eventually
from tests.sim.conftest import Sim, end, start

SHEMS = (sys.executable, "-m", "hub")
HEAD = """\
[network]
bind = "127.0.0.1"
port = 0
[mqtt]
engine = "off"
[circuits.main]
fuse_a = 100
phases = 3
"""


@contextmanager
def simulated(folder: Path, *arguments: str, **world: Any) -> Iterator[Sim]:
    """A simulated house that is started with these arguments and in which this is forced."""
    running = start(folder, *arguments)
    try:
        running.world(**world)
        yield running
    finally:
        end(running)


def document(sim: Sim, devices: Iterable[tuple[str, str, str, str, str]]) -> str:
    """A house with `devices`: each an id, a role, a driver, the name of its link in the simulation, and more keys."""
    tables = (
        f'[devices.{id_}]\nrole = "{role}"\ndriver = "{driver}"\nlink = "{sim.links[link]}"\n{more}\n'
        for id_, role, driver, link, more in devices
    )
    return HEAD + "".join(tables)


@contextmanager
def hub(data: Path, sim: Sim) -> Iterator[Demo]:
    """`shems run` with `config.toml` in its data folder, and a program that may command it."""
    command = [*SHEMS, "run", "--config", str(data / "config.toml"), "--data", str(data)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("ready "), "the hub ended before it was ready"
        yield Demo(process, {"ready": line.split()[1], "token": token(data), "sim": sim.control})
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(8)


def token(data: Path) -> str:
    command = [*SHEMS, "account", "token", "owner", "--data", str(data), "--json"]
    said = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout
    return str(json.loads(said)["token"])


def shown(house: Demo, points: Iterable[str]) -> bool:
    """Whether each of them has a value."""
    told = house.points()
    return all(p in told and told[p]["v"] is not None for p in points)


def silent(house: Demo, points: Iterable[str]) -> bool:
    """Whether none of them has one."""
    told = house.points()
    return all(told[p]["v"] is None for p in points)


def near(value: Any, true: Any, within: float) -> bool:
    return value is not None and abs(value - true) <= within


def outcome(house: Demo, point: str, value: Any) -> Any:
    """A command and what has become of it."""
    answer = house.command(point, value)
    eventually(lambda: house.api("GET", f"/commands/{answer['id']}")["state"] != "pending", 20, f"{point} is answered")
    return house.api("GET", f"/commands/{answer['id']}")
