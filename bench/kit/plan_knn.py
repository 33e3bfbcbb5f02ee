"""EMHASS's load forecaster on a home, asked at the same midnights as ours."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.kit.plan_emhass import NAME, emhass_python
from bench.kit.store_disk import Skipped
from hub.forecast.series import Floats, Series

DAY_MS = 86_400_000
REFIT_DAYS = 7
_SCRIPT = Path(__file__).with_name("plan_emhass_load.py")


@dataclass(frozen=True)
class Foretold:
    """`watts`: for the 24 h after each origin, shape (origins, steps of a day); `train_cpu_s`: of one training."""

    watts: Floats
    train_cpu_s: float
    peak_rss_bytes: int


def foretold(load: Series, zone: str, origins: Sequence[int], every: int) -> Foretold:
    """`every`: how many days lie between origins. Raises Skipped where EMHASS cannot be had or fails."""
    told = {
        "start_ms": load.start_ms,
        "seconds": load.seconds,
        "zone": zone,
        "values": [None if np.isnan(v) else v for v in load.values.tolist()],
        "origins": list(origins),
        "steps": DAY_MS // 1000 // load.seconds,
        "refit": max(1, REFIT_DAYS // every),
    }
    python = emhass_python()
    with tempfile.TemporaryDirectory(prefix="shems-bench-") as room:
        file = Path(room) / "home.json"
        file.write_text(json.dumps(told))
        done = subprocess.run((python, _SCRIPT, file), capture_output=True, text=True, check=False)
    if done.returncode:
        raise Skipped(f"{NAME}'s forecaster failed: {(done.stderr.strip().splitlines() or ['no reason given'])[-1]}")
    answer = json.loads(done.stdout.splitlines()[-1])
    each = answer["train_cpu_s"] / answer["fits"]
    return Foretold(np.array(answer["forecasts"]), each, answer["peak_rss_bytes"])
