"""`shems test`: lint, types, layers and tests, the same for a person and for CI."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROGRAMS = {"mosquitto": "mosquitto", "mosquitto_sub": "mosquitto-clients", "mbpoll": "mbpoll", "chromium": "chromium"}


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "args",
        nargs=argparse.REMAINDER,
        metavar="ARGS",
        help="lint, format, types, layers, page, unit or steady for one part; anything else goes to pytest alone",
    )


def run(args: argparse.Namespace) -> int:
    parts = [p for p in PARTS if p in args.args] or ([] if args.args else list(PARTS))
    rest = [a for a in args.args if a not in PARTS]
    if rest or not {"unit", "steady"}.isdisjoint(parts):
        _programs()
    if rest:
        return _call("unit", ["-m", "pytest", *rest])
    return max(_call(p, PARTS[p]) for p in parts)


def _programs() -> None:
    """Independent peers that some tests need: installed where that is allowed, else named with what is skipped."""
    missing = {p: package for p, package in PROGRAMS.items() if not _found(p)}
    if missing and os.geteuid() == 0 and shutil.which("apt-get"):
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "stdin": subprocess.DEVNULL}
        subprocess.run(["apt-get", "update", "-qq"], check=False, **quiet)  # type: ignore[call-overload]
        subprocess.run(
            ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *sorted(set(missing.values()))],
            check=False,
            **quiet,
        )  # type: ignore[call-overload]
    for program, package in PROGRAMS.items():
        if not _found(program):
            print(f"skipped: the tests that need {program} (install the package {package})", file=sys.stderr)


def _found(program: str) -> bool:
    return bool(shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin"))


def _call(name: str, command: list[str]) -> int:
    print(f"== {name}", file=sys.stderr, flush=True)
    return int(subprocess.run([sys.executable, *command], cwd=ROOT, check=False).returncode != 0)


PARTS = {
    "lint": ["-m", "ruff", "check", "."],
    "format": ["-m", "ruff", "format", "--check", "--quiet", "."],
    "types": ["-m", "mypy"],
    "layers": ["-c", "from importlinter.cli import lint_imports_command as c; c()"],
    "page": ["hub/web/ui/build.py", "--test"],
    # in the order of tests/conftest.py; a process that ends is not replaced: the others would wait for it for ever
    "unit": [
        *("-m", "pytest", "-n", "3", "--dist", "loadfile", "--no-loadscope-reorder", "--max-worker-restart", "0"),
        *("-m", "not steady"),
    ],
    "steady": ["-m", "pytest", "-m", "steady"],
}
