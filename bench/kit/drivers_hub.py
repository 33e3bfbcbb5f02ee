"""A whole hub in front of many meters: what it costs, seen from outside by /proc."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

from bench.kit.drivers_slave import ROOT, resident, slaves

HEAD = """\
[network]
bind = "127.0.0.1"
port = 0
[mqtt]
engine = "off"
"""
SETTLE_S = 6.0
_TICK_S = 1 / os.sysconf("SC_CLK_TCK")


def hub_of(meters: int, seconds: int) -> dict[str, Any]:
    """`cpu` (share of one core) and `rss` (bytes) of `shems run` with so many meters at 1 Hz and nobody looking."""
    with tempfile.TemporaryDirectory(prefix="shems-bench-") as room, slaves("tcp", meters) as peers:
        document = Path(room) / "config.toml"
        document.write_text(HEAD + "".join(map(_device, range(1, meters + 1), peers.at)))
        command = [str(ROOT / "shems"), "run", "--config", str(document), "--data", str(Path(room) / "data")]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        try:
            assert process.stdout is not None
            url = process.stdout.readline().removeprefix("ready ").strip()
            time.sleep(SETTLE_S)
            answered, cpu, began = peers.counted()["answered"], _cpu_s(process.pid), time.monotonic()
            time.sleep(seconds)
            took = time.monotonic() - began
            return {
                "cpu": (_cpu_s(process.pid) - cpu) / took,
                "rss": resident(process.pid),
                "reads": (peers.counted()["answered"] - answered) / took,
                "answers": _answers(url),
            }
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(15)


def _device(number: int, port: int) -> str:
    link = f'driver = "modbus"\nlink = "tcp://127.0.0.1:{port}"\nmap = "eastron/sdm630"\n'
    return f'[devices.meter_{number}]\nrole = "meter"\n{link}'


def _cpu_s(pid: int) -> float:
    """User and system seconds of the process with all its threads: fields 14 and 15 of stat, proc(5)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * _TICK_S


def _answers(url: str) -> bool:
    """Whether it is the hub that was measured, and not what is left of one."""
    with urllib.request.urlopen(url, timeout=5) as answer:
        return int(answer.status) == 200
