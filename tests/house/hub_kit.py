"""`shems run` on a site document of the test's own, beside a simulated house that the test has started."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.house.demo_kit import ROOT, Demo
from tests.sim.conftest import Sim

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
