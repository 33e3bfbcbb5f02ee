"""kill -9 at random moments: the restart is clean and nothing that was acknowledged is lost.

A few rounds here; `SHEMS_KILLS=20 ./shems test tests/house/test_crash.py` for the full number.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from pathlib import Path

from tests.house.demo_kit import Demo, demo, eventually

ROUNDS = int(os.environ.get("SHEMS_KILLS", "2"))
MODES = ("off", "solar", "min_solar", "fast")


def alive(d: Demo) -> bool:
    return d.point("plug_tv.on")["v"] is not None and d.point("grid.power")["v"] is not None


def test_the_hub_killed_in_the_middle_of_work_loses_nothing_acknowledged(tmp_path: Path) -> None:
    dice = random.Random(7)
    chosen = ""
    for n in range(ROUNDS + 1):
        with demo("--data", str(tmp_path)) as d:
            eventually(lambda d=d: alive(d), 20, "the house is up")  # type: ignore[misc]
            assert d.api("GET", "/health")["parts"]["history"] == "ok"
            if chosen:
                assert d.point("wallbox.mode")["v"] == chosen
                rows = d.api("GET", "/journal?point=wallbox.mode")["rows"]
                assert rows[0]["value"] == chosen
            if n == ROUNDS:
                break
            chosen = MODES[n % 4]
            assert d.command("wallbox.mode", chosen)["state"] == "confirmed"
            time.sleep(dice.uniform(0, 0.4))
            os.kill(d.process.pid, signal.SIGKILL)
            d.process.wait(5)


def test_history_survives_a_kill_but_for_the_last_ten_seconds(tmp_path: Path) -> None:
    with demo("--data", str(tmp_path)) as d:
        eventually(lambda: _seconds(d) >= 14, 30, "fourteen seconds of history")
        before = _seconds(d)
        os.kill(d.process.pid, signal.SIGKILL)
        d.process.wait(5)
    with demo("--data", str(tmp_path)) as d:
        assert _seconds(d) >= before - 11


def test_a_killed_broker_comes_back_and_its_devices_with_it() -> None:
    with demo() as d:
        eventually(lambda: alive(d), 20, "the house is up")
        for _ in range(ROUNDS):
            broker = _child(d.process.pid, "mosquitto") or _child(d.process.pid, "hub.mqtt.embedded")
            assert broker, "a broker runs"
            os.kill(broker, signal.SIGKILL)
            eventually(lambda: d.point("grid.power")["v"] is not None, 2, "the rest goes on")
            eventually(
                lambda: alive(d) and d.command("plug_tv.on", True)["state"] == "confirmed", 25, "the plug is back"
            )


def test_a_killed_simulator_leaves_the_hub_standing() -> None:
    with demo() as d:
        eventually(lambda: alive(d), 20, "the house is up")
        sim = _child(d.process.pid, "firmware_sim")
        assert sim
        os.kill(sim, signal.SIGKILL)
        eventually(lambda: d.point("grid.power")["v"] is None, 10, "the meter is stale")
        answer = d.command("heatpump.sg_ready", 3)
        assert answer["state"] == "no_answer"
        assert d.api("GET", "/health")["parts"]["core"] == "ok"


def _seconds(d: Demo) -> int:
    mean = d.api("GET", "/history?point=house.consumption&step=raw")["mean"]
    return len([v for v in mean if v is not None])


def _child(parent: int, name: str) -> int:
    """The process below `parent` whose command line has `name`; 0 if there is none."""
    for line in subprocess.run(
        ["ps", "-eo", "pid=,ppid=,args="], capture_output=True, text=True, check=True
    ).stdout.splitlines():
        pid, ppid, args = line.split(None, 2)
        if name in args and _descends(int(ppid), parent) and "tether" not in args:
            return int(pid)
    return 0


def _descends(pid: int, ancestor: int) -> bool:
    while pid > 1 and pid != ancestor:
        pid = int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
    return pid == ancestor
