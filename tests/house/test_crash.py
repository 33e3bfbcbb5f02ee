"""kill -9 at random moments: the restart is clean and nothing that was acknowledged is lost.

A few rounds here; `SHEMS_KILLS=20 ./shems test tests/house/test_crash.py` for the full number.
"""

from __future__ import annotations

import http.client
import itertools
import os
import random
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.house.demo_kit import Demo, demo, eventually

ROUNDS = int(os.environ.get("SHEMS_KILLS", "2"))
MODES = ("off", "solar", "min_solar", "fast")


def alive(d: Demo) -> bool:
    return d.point("plug_tv.on")["v"] is not None and d.point("grid.power")["v"] is not None


class Crowd:
    """People who go on wishing until nobody answers any more; `answered` is what they were told, by id."""

    def __init__(self, d: Demo, wishes: Sequence[tuple[str, object]], run: str) -> None:
        self._demo, self._wishes, self._run = d, wishes, run
        self._leave = threading.Event()
        self.answered: dict[str, dict[str, Any]] = {}
        self.lost = ""
        self._thread = threading.Thread(target=self._wish, daemon=True)

    def __enter__(self) -> Crowd:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._leave.set()
        self._thread.join(5)
        assert not self._thread.is_alive()

    def _wish(self) -> None:
        for n in itertools.count():
            point, value = self._wishes[n % len(self._wishes)]
            id_ = f"{self._run}-{n}"
            try:
                self.answered[id_] = {**self._demo.command(point, value, id=id_), "point": point}
            except (OSError, http.client.HTTPException) as error:
                self.lost = repr(error)
                return
            if self._leave.is_set():
                return


def test_the_hub_killed_in_the_middle_of_commands_loses_nothing_acknowledged(tmp_path: Path) -> None:
    """Modes, leases, answers with their rows in the journal, and the keys of programs."""
    dice, kept, chosen, token = random.Random(7), dict[str, dict[str, Any]](), {}, ""
    for n in range(ROUNDS + 1):
        with demo("--data", str(tmp_path)) as d:
            eventually(lambda d=d: alive(d), 20, "the house is up")  # type: ignore[misc]
            assert d.api("GET", "/health")["parts"]["history"] == "ok"
            token = token or d.ready["token"]
            d.ready["token"] = token  # the first one, from here on
            if chosen:
                nothing_is_lost(d, chosen, kept)
            if n == ROUNDS:
                break
            chosen = {"wallbox2.mode": MODES[n % 4], "wallbox.current_limit": 7.0 + n % 4}
            assert d.command("wallbox2.mode", chosen["wallbox2.mode"])["state"] == "confirmed"
            assert (
                d.command("wallbox.current_limit", chosen["wallbox.current_limit"], for_s=900)["state"] == "confirmed"
            )
            with Crowd(d, [("plug_tv.on", False), ("plug_tv.on", True), ("heatpump.sg_ready", 2)], f"run{n}") as crowd:
                time.sleep(dice.uniform(0.1, 0.6))
                os.kill(d.process.pid, signal.SIGKILL)
                d.process.wait(5)
                eventually(lambda crowd=crowd: crowd.lost, 5, "nobody answers any more")  # type: ignore[misc]
            assert crowd.answered
            kept = crowd.answered


def nothing_is_lost(d: Demo, chosen: Mapping[str, object], kept: Mapping[str, Mapping[str, Any]]) -> None:
    limit = chosen["wallbox.current_limit"]
    eventually(lambda: d.truth("keba")["current_limit"] == limit, 5, f"the lease of {limit} A is in force again")
    assert d.point("wallbox2.mode")["v"] == chosen["wallbox2.mode"]
    assert d.api("GET", "/journal?point=wallbox2.mode")["rows"][0]["value"] == chosen["wallbox2.mode"]
    rows = {p: d.api("GET", f"/journal?point={p}&limit=1000")["rows"] for p in ("plug_tv.on", "heatpump.sg_ready")}
    for id_, answer in kept.items():
        again = d.api("GET", f"/commands/{id_}")
        assert (again["state"], again["applied"]) == (answer["state"], answer["applied"])
        found = [r["kind"] for r in rows[answer["point"]] if r["request"] == id_]
        assert "request" in found, (id_, answer)
        if answer["point"] == "plug_tv.on" and id_ != list(kept)[-1]:  # what the last one led to goes with the next
            assert "write" in found, (id_, answer)


def test_history_survives_a_kill_but_for_the_last_ten_seconds(tmp_path: Path) -> None:
    with demo("--data", str(tmp_path)) as d:
        eventually(lambda: _seconds(d) >= 14, 30, "fourteen seconds of history")
        before = _seconds(d)
        os.kill(d.process.pid, signal.SIGKILL)
        d.process.wait(5)
    with demo("--data", str(tmp_path)) as d:
        assert _seconds(d) >= before - 11


def test_a_broker_killed_in_the_middle_of_commands_comes_back_and_its_devices_with_it() -> None:
    dice = random.Random(8)
    with demo() as d:
        for n in range(ROUNDS):
            eventually(lambda: alive(d), 25, "the house is up")
            broker = _broker(d)
            assert broker, "a broker runs"
            with Crowd(d, [("plug_tv.on", False), ("plug_tv.on", True)], f"run{n}") as crowd:
                time.sleep(dice.uniform(0.1, 0.4))
                os.kill(broker, signal.SIGKILL)
                eventually(lambda: d.point("grid.power")["v"] is not None, 2, "the rest goes on")
                eventually(lambda old=broker: _broker(d) not in (0, old), 15, "another broker")  # type: ignore[misc]
                told = len(crowd.answered) + 1  # what was asked before may have been answered before
                eventually(lambda c=crowd, n=told: "confirmed" in _states(c)[n:], 25, "the plug is back")  # type: ignore[misc]
            truthful(crowd)
            eventually(lambda: d.command("plug_tv.on", True)["state"] == "confirmed", 5, "it obeys again")
            assert d.truth("plug_tv")["on"] is True


def test_a_simulator_killed_in_the_middle_of_commands_leaves_the_hub_standing() -> None:
    dice = random.Random(9)
    for n in range(ROUNDS):
        with demo() as d:
            eventually(lambda d=d: alive(d), 20, "the house is up")  # type: ignore[misc]
            sim = _child(d.process.pid, "firmware_sim")
            assert sim
            wishes = [("heatpump.sg_ready", 3), ("heatpump.sg_ready", 2), ("plug_tv.on", False), ("plug_tv.on", True)]
            with Crowd(d, wishes, f"run{n}") as crowd:
                time.sleep(dice.uniform(0.1, 0.5))
                os.kill(sim, signal.SIGKILL)
                eventually(lambda d=d: d.point("grid.power")["v"] is None, 10, "the meter is stale")  # type: ignore[misc]
            truthful(crowd)
            assert d.command("heatpump.sg_ready", 3)["state"] == "no_answer"
            assert d.api("GET", "/health")["parts"]["core"] == "ok"


def truthful(crowd: Crowd) -> None:
    """Everybody got an answer, in time; what was confirmed was what was asked, what was refused was not."""
    assert not crowd.lost, crowd.lost
    for answer in crowd.answered.values():
        assert answer["ms"] < 1000
        assert answer["state"] in ("confirmed", "no_answer", "refused"), answer
        assert answer["state"] == "no_answer" or (answer["state"] == "confirmed") is (
            answer["applied"] == answer["asked"]
        )


def _broker(d: Demo) -> int:
    return _child(d.process.pid, "mosquitto") or _child(d.process.pid, "hub.mqtt.embedded")


def _states(crowd: Crowd) -> list[str]:
    return [answer["state"] for answer in list(crowd.answered.values())]


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
