"""A running simulated house, as a program of its own, and the helpers the tests of it share."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pytest

PACKAGE = Path(__file__).parents[2] / "firmware-sim"


@dataclass
class Sim:
    process: subprocess.Popen[str]
    control: str
    links: dict[str, str]

    def port(self, link: str) -> int:
        return int(self.links[link].rsplit(":", 1)[1])

    def tty(self, link: str) -> str:
        return self.links[link].removeprefix("serial://").partition("?")[0]

    def devices(self) -> Any:
        return self.ask("/devices")["devices"]

    def fault(self, device: str, kind: str, for_s: float | None = None) -> None:
        self.ask(f"/devices/{device}/fault", {"kind": kind, "for_s": for_s})

    def world(self, **forces: object) -> Any:
        return self.ask("/world", forces)

    def ask(self, path: str, body: object = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(urllib.request.Request(self.control + path, data), timeout=5) as answer:
            return json.load(answer)

    def status(self, path: str, raw: bytes) -> tuple[int, Any]:
        try:
            with urllib.request.urlopen(urllib.request.Request(self.control + path, raw), timeout=5) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)


def start(directory: Path, *arguments: str, errors: IO[str] | None = None, mdns: bool = False) -> Sim:
    """`mdns`: whether others on this machine hear of its added devices, those in tests that run beside it too."""
    arguments = arguments if mdns else ("--no-mdns", *arguments)
    command = [sys.executable, "-m", "firmware_sim", "--dir", str(directory), "--die-with-stdin", *arguments]
    environment = os.environ | {"PYTHONPATH": str(PACKAGE)}
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True, env=environment
    )
    assert process.stdout is not None
    ready = json.loads(process.stdout.readline())
    assert ready["ready"] is True
    return Sim(process, ready["control"], ready["links"])


def end(sim: Sim) -> float:
    """Seconds it took to end."""
    begun = time.monotonic()
    sim.process.send_signal(signal.SIGTERM)
    assert sim.process.wait(5) == 0
    return time.monotonic() - begun


@pytest.fixture(scope="session")
def sim(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sim]:
    running = start(tmp_path_factory.mktemp("sim"))
    yield running
    end(running)


@pytest.fixture
def healthy(sim: Sim) -> Iterator[Sim]:
    """The house, with every fault taken back afterwards."""
    yield sim
    for name in sim.devices():
        sim.fault(name, "none")


def need(program: str) -> str:
    path = shutil.which(program)
    if path is None:
        pytest.skip(f"{program} is not installed")
    return path


def eventually(check: Callable[[], object], timeout: float = 5.0) -> None:
    end_at = time.monotonic() + timeout
    while not check():
        assert time.monotonic() < end_at, "did not come true in time"
        time.sleep(0.05)
