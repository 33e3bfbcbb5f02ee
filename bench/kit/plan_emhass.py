"""The rival planner: EMHASS, installed on demand in a venv of its own (1.1 GB, some minutes), kept for later."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from bench.kit.store_disk import CACHE, Skipped

VERSION = "0.18.7"
NAME = f"EMHASS {VERSION}"
_MB_FREE = 3_000
"""what pip needs beside what stays"""


def emhass_python() -> Path:
    """The Python of a venv with EMHASS; raises Skipped when it cannot be had here."""
    venv = CACHE / f"emhass-{VERSION}"
    python, done = venv / "bin" / "python", venv / "shems-bench-ready"
    if not done.exists():
        try:
            CACHE.mkdir(parents=True, exist_ok=True)
        except OSError as e:
            raise Skipped(f"{NAME} has no place: {CACHE}: {e.strerror}") from None
        if shutil.disk_usage(CACHE).free < _MB_FREE << 20:
            raise Skipped(f"{NAME} needs {_MB_FREE} MB of disk below {CACHE}")
        shutil.rmtree(venv, ignore_errors=True)
        print(f"bench: installing {NAME} in {venv}", file=sys.stderr)
        _install([_base_python(), "-m", "venv", str(venv)])
        _install(["nice", str(python), "-m", "pip", "install", "-q", f"emhass=={VERSION}"])
        done.touch()
    return python


def _base_python() -> str:
    """One that this release runs on."""
    if sys.version_info[:2] in {(3, 11), (3, 12)}:
        return sys.executable
    for name in ("python3.12", "python3.11"):
        if found := shutil.which(name):
            return found
    raise Skipped(f"{NAME} needs Python 3.11 or 3.12")


def _install(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise Skipped(f"{NAME} could not be installed: {last}")
