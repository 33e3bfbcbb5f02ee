"""The rival in most homes: Home Assistant's real recorder, default settings, the same 200 series, in real time.

It stores changes only, commits every 5 s and compiles 5-minute statistics. Installed on demand in a venv of its own.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bench.kit.store_disk import CACHE, Disk, Skipped, cpu_s, file_bytes, peak_rss_bytes
from bench.kit.store_house import House

VERSION = "2024.3.3"
DATABASE = "home-assistant_v2.db"
FEED = Path(__file__).with_name("store_recorder_feed.py")
FULL_S, QUICK_S = 1200, 120
START_S = 10 * 3600  # the busy part of the day

# kind: unit, device class, state class
ATTRIBUTES = {
    "power": ("W", "power", "measurement"),
    "volt": ("V", "voltage", "measurement"),
    "amp": ("A", "current", "measurement"),
    "temp": ("°C", "temperature", "measurement"),
    "pct": ("%", "battery", "measurement"),
    "counter": ("Wh", "energy", "total_increasing"),
    "state": (None, "enum", None),
    "price": ("EUR/kWh", None, "measurement"),
    "misc": (None, None, "measurement"),
}


@dataclass(frozen=True)
class Recorded:
    """What a run cost; a sample is one series at one second, changed or not."""

    seconds: int
    samples: int
    states: int  # rows it was given
    late: int  # seconds that began late
    device_bytes: int  # while running, journal included
    file_bytes: int  # the data base after a clean stop
    cpu_s: float  # of the whole process
    rss_bytes: int  # peak

    @property
    def device_bytes_per_sample(self) -> float:
        return self.device_bytes / self.samples

    @property
    def file_bytes_per_sample(self) -> float:
        return self.file_bytes / self.samples

    @property
    def cpu_us_per_sample(self) -> float:
        return self.cpu_s * 1e6 / self.samples


def record(disk: Disk, house: House, seconds: int = FULL_S, keep: Path | None = None) -> Recorded:
    """Runs it for `seconds` of real time on `disk`; `keep` is a folder that gets the data base. About 20 s longer."""
    python = recorder_python()
    config = disk.folder / "home-assistant"
    config.mkdir()
    with tempfile.TemporaryDirectory() as room:
        script = Path(room) / "seconds.jsonl"
        with script.open("w") as file:
            file.writelines(json.dumps(line) + "\n" for line in _script(house, seconds))
        figures = _run(python, config, script, disk)
    samples = seconds * len(house.series)
    recorded = Recorded(seconds, samples, file_bytes=file_bytes(*config.glob(DATABASE + "*")), **figures)
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        shutil.copy(config / DATABASE, keep)
    shutil.rmtree(config)
    return recorded


def _script(house: House, seconds: int) -> Iterator[list[Any]]:
    """The entities, then for each second what changed."""
    yield [[entity(s.name), _attributes(s.name, s.kind)] for s in house.series]
    for t in range(START_S, START_S + seconds):
        now, before = house.values[:, t], house.values[:, t - 1]
        fresh = range(len(now)) if t == START_S else np.flatnonzero(now != before).tolist()
        yield [[i, house.text(i, now[i])] for i in fresh]


def entity(name: str) -> str:
    return f"sensor.{name.replace('/', '_')}"


def _attributes(name: str, kind: str) -> dict[str, str]:
    unit, device, state = ATTRIBUTES[kind]
    told = {"unit_of_measurement": unit, "device_class": device, "state_class": state}
    return {
        "friendly_name": name.replace("/", " ").capitalize(),
        **{key: value for key, value in told.items() if value},
    }


def _run(python: Path, config: Path, script: Path, disk: Disk) -> dict[str, Any]:
    with tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(
            (python, FEED, config, script), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True
        )
        try:
            _answer(process)
            bytes_before, cpu_before = disk.written(), cpu_s(process.pid)
            _go_on(process)
            told = _answer(process)
            figures = {
                "cpu_s": cpu_s(process.pid) - cpu_before,
                "rss_bytes": peak_rss_bytes(process.pid),
                "device_bytes": disk.written() - bytes_before,
                **told,
            }
            _go_on(process)
            process.wait(60)
        except (EOFError, BrokenPipeError):
            errors.seek(0)
            raise Skipped(f"the recorder failed: {_last_line(errors.read())}") from None
        finally:
            process.kill()
            process.wait()
    return figures


def _answer(process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise EOFError
    answer: dict[str, Any] = json.loads(line)
    return answer


def _go_on(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


# -- the venv ----------------------------------------------------------------------------------------------------------


def recorder_python() -> Path:
    """The Python of a venv with Home Assistant; made at the first call (about 2 minutes), kept for the next."""
    venv = CACHE / f"ha-{VERSION}"
    python, done = venv / "bin" / "python", venv / "shems-bench-ready"
    if not done.exists():
        shutil.rmtree(venv, ignore_errors=True)
        print(f"bench: installing Home Assistant {VERSION} in {venv}", file=sys.stderr)
        _install([_base_python(), "-m", "venv", str(venv)])
        _install([str(python), "-m", "pip", "install", "-q", f"homeassistant=={VERSION}"])
        package = next(venv.glob("lib/python3*/site-packages/homeassistant"))
        manifest = json.loads((package / "components/recorder/manifest.json").read_text())
        limits = str(package / "package_constraints.txt")
        _install([str(python), "-m", "pip", "install", "-q", "-c", limits, *manifest["requirements"]])
        done.touch()
    return python


def _base_python() -> str:
    """One that this release runs on."""
    if sys.version_info[:2] in {(3, 11), (3, 12)}:
        return sys.executable
    for name in ("python3.12", "python3.11"):
        if found := shutil.which(name):
            return found
    raise Skipped(f"Home Assistant {VERSION} needs Python 3.11 or 3.12")


def _install(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Skipped(f"Home Assistant {VERSION} could not be installed: {_last_line(done.stderr)}")


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["no reason given"])[-1]
