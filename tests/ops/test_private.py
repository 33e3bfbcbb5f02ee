"""Whatever the hub writes is its owner's alone, also for a hub that was started with a generous umask."""

from __future__ import annotations

import signal
import stat
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCUMENT = '[mqtt]\nengine = "off"\n[network]\nport = 0\n'


def test_a_started_hub_keeps_its_files_to_itself(tmp_path: Path) -> None:
    config, data = tmp_path / "config.toml", tmp_path / "new" / "data"
    config.write_text(DOCUMENT)
    process = subprocess.Popen(
        [sys.executable, "-m", "hub", "run", "--config", str(config), "--data", str(data)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        umask=0o022,
    )
    try:
        assert process.stdout and process.stdout.readline().startswith(b"ready ")
        modes = {p.name: stat.S_IMODE(p.stat().st_mode) for p in (data, *data.iterdir())}
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0
    assert modes.pop("data") == 0o700
    assert {"state.db", "state.db-wal", "history.db", "history.db-wal"} <= set(modes)
    assert set(modes.values()) == {0o600}
