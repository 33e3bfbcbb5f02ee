"""The same problem, the same plan, byte for byte: in another process, after other problems, with other threads."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from hub.plan import plan, read_text
from tests.plan.random_problems import random_problem
from tests.plan.scenario import ROOM, read_scenario

_ROOT = Path(__file__).parents[2]
_FILES = (
    "appliances/ten-loads-at-once.toml",
    "connection/two-cars-share-a-fuse.toml",
    "heat/room-and-tank-share-one-pump.toml",
)


@cache
def _texts() -> tuple[str, ...]:
    scenarios = [read_scenario(ROOM / name).problem for name in _FILES]
    return tuple(json.dumps(told) for told in [*scenarios, *map(random_problem, range(40, 44))])


def _planned(text: str) -> str:
    return json.dumps(plan(read_text(text, "house.json")).told(), allow_nan=False)


@cache
def _here() -> tuple[str, ...]:
    return tuple(map(_planned, _texts()))


@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONHASHSEED": "1"},
        {"PYTHONHASHSEED": "4711", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        {"OMP_NUM_THREADS": "8", "OPENBLAS_NUM_THREADS": "8", "MKL_NUM_THREADS": "8"},
        {"TZ": "Pacific/Kiritimati", "LC_ALL": "C"},
    ],
    ids=["hash seed", "one thread", "eight threads", "another zone and locale"],
)
def test_another_process_plans_the_same(environment: dict[str, str], tmp_path: Path) -> None:
    for text, here in zip(_texts(), _here(), strict=True):
        file = tmp_path / "house.json"
        file.write_text(text)
        told = subprocess.run(
            [sys.executable, "-m", "hub", "plan", str(file), "--json"],
            capture_output=True,
            text=True,
            cwd=_ROOT,
            check=True,
            env={**os.environ, **environment},
        )
        assert told.stdout.rstrip("\n") == here


def test_what_was_planned_before_does_not_matter() -> None:
    backwards = [_planned(text) for text in reversed(_texts())]
    assert tuple(reversed(backwards)) == _here()


def test_the_order_of_the_keys_does_not_matter() -> None:
    turned = [json.dumps(dict(reversed(json.loads(text).items()))) for text in _texts()]
    assert tuple(map(_planned, turned)) == _here()


def test_the_whole_of_a_plan_is_plain_json() -> None:
    for text in _here():
        assert json.dumps(json.loads(text)) == text
