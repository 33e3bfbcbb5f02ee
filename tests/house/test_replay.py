"""The demo house's decisions are made again from its own files: while it runs, on a copy, under another hash seed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.house.demo_kit import ROOT, Demo, demo, eventually


def replayed(folder: Path, hash_seed: str) -> tuple[int, dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, "-m", "hub", "replay", str(folder), "--json"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        check=False,
    )
    return done.returncode, json.loads(done.stdout or "{}")


def test_a_recorded_stretch_is_identical_twice_and_on_a_copy_with_another_hash_seed(tmp_path: Path) -> None:
    data, copy = tmp_path / "data", tmp_path / "copy"
    with demo("--data", str(data)) as d:
        eventually(lambda: d.point("wallbox.current_limit")["v"] is not None, 20, "the house is up")
        d.command("wallbox.mode", "fast", for_s=8)
        d.command("house.import_limit", 4200, for_s=12)
        eventually(lambda: (data / "state.db").exists() and replayed_steps(data) >= 20, 60, "twenty steps are kept")
        explains(d)
        code, alive = replayed(data, "1")
        assert (code, alive["identical"]) == (0, True), alive
    code, first = replayed(data, "2")
    shutil.copytree(data, copy, ignore=lambda _folder, names: [n for n in names if n not in KEPT])
    assert (code, replayed(copy, "random")[1]) == (0, first)
    assert first["steps"] >= alive["steps"] >= 20 and first["checked"] >= 20


def explains(d: Demo) -> None:
    """What was decided a while ago is told with its reasons: then the car was charging fast, inside the limit."""
    then = d.api("GET", "/journal?point=wallbox.current_limit&limit=1")["rows"][0]["t"]
    told = d.api("GET", f"/decisions?t={then}&point=wallbox.current_limit")["decisions"]
    assert [t["point"] for t in told] == ["wallbox.current_limit"] and told[0]["inputs"]
    assert told[0]["changes"], "and with what would have altered it"
    wish = d.command("wallbox.current_limit", 16, for_s=60)
    (held,) = d.api("GET", "/decisions?point=wallbox.current_limit")["decisions"]
    assert held["request"] == wish["id"] and held["person"] == "owner" and held["ends"]
    d.api("DELETE", f"/requests/{wish['id']}")
    assert d.api("GET", "/decisions?point=wallbox.current_limit")["decisions"][0]["request"] == ""


KEPT = ("state.db", "state.db-wal", "history.db", "history.db-wal", "history.hot")


def replayed_steps(folder: Path) -> int:
    code, done = replayed(folder, "0") if (folder / "history.db").exists() else (1, {"steps": 0})
    return int(done["steps"]) if code == 0 else 0
