"""A start on a full disk: the house is controlled, nothing acknowledged is lost, and with room again all is well."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.house.demo_kit import ROOT

MOUNTED = "mount -t tmpfs -o size={size} tmpfs {folder} && exec {command}"


def _in_a_small_disk(folder: Path, *arguments: str, size: str = "6m") -> Any:
    """What `tests.house.full_start` tells on a disk of this size; nobody else sees that it is mounted."""
    command = shlex.join([sys.executable, "-m", "tests.house.full_start", str(folder), *arguments])
    script = MOUNTED.format(size=size, folder=shlex.quote(str(folder)), command=command)
    started = ["unshare", "-rm", "sh", "-c", script]
    return subprocess.run(started, cwd=ROOT, capture_output=True, text=True, timeout=150, check=False)


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    try:
        probe = ["unshare", "-rm", "mount", "-t", "tmpfs", "tmpfs", str(tmp_path)]
        refused = subprocess.run(probe, capture_output=True, text=True, check=False).stderr
    except FileNotFoundError as e:
        refused = str(e)
    if refused:
        pytest.skip(f"no small disk can be mounted here: {refused.strip()}")
    return tmp_path


@pytest.mark.parametrize("taken", [False, True])
def test_a_house_starts_on_a_full_disk(disk: Path, taken: bool) -> None:
    ran = _in_a_small_disk(disk, *(["taken"] if taken else []))
    assert ran.returncode == 0, ran.stderr
    answer = json.loads(ran.stdout)
    assert answer["free"] == 0
    first, full, again, freed = answer["told"]
    assert "failed" not in first | full | again | freed, ran.stderr
    assert first["password"] and not (full["password"] or again["password"]), "the accounts are those of before"
    if taken:
        for told in (full, again, freed):
            assert "the disk is full" in told["first"]["history"] and "full" in told["first"]["journal"]
        assert "the disk is full" in ran.stderr and "not saved" in ran.stderr, "and the log says so"
    else:
        assert full["first"]["history"] == full["first"]["journal"] == "ok", "it had kept room for that"
    assert answer["past"] == 100
