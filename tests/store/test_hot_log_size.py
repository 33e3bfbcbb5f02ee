"""The hot log gets another size: at every moment, and on a full disk, what was acknowledged is in a whole file."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from hub.store.ring import Ring
from hub.store.ring.hotlog import BLOCK, HotLog
from tests.store.house import StillClock, feed, known, values_at

ROOT = Path(__file__).parents[2]
SMALL, LARGE = 16 << 20, 64 << 20


class Cut(BaseException):
    """The power is gone."""


def _lived(path: Path, budget: int, seconds: int) -> None:
    ring = Ring.open(path, StillClock(), budget=budget)
    ring.start()
    for k in range(0, seconds, 10):
        feed(ring, k, k + 10)
        assert ring.flush()
    ring._writer._files = None  # as after a power cut: nothing is tidied up


def _seconds(path: Path, budget: int, seconds: int) -> bool:
    ring = Ring.open(path, StillClock(), budget=budget)
    found = known(ring, 0, seconds)
    ring.close()
    return found == [values_at(k)["grid.power"] for k in range(seconds)]


@pytest.mark.parametrize("call", ["pwrite", "fsync", "ftruncate", "replace"])
@pytest.mark.parametrize("then", [Cut(), OSError(28, "No space left on device")])
def test_a_cut_or_a_full_disk_while_it_is_made_anew_costs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, then: BaseException
) -> None:
    path = tmp_path / "history.db"
    _lived(path, SMALL, 600)
    with monkeypatch.context() as cut:
        for module in (os, Path):
            if hasattr(module, call):
                cut.setattr(module, call, _failing(then))
        with suppress(Cut):
            Ring.open(path, StillClock(), budget=LARGE).close()
    assert _seconds(path, LARGE, 600)
    assert (tmp_path / "history.hot").stat().st_size == 1024 * BLOCK, "the next start does it"


def _failing(then: BaseException) -> Callable[..., object]:
    def fail(*_: object, **__: object) -> object:
        raise then

    return fail


def test_a_smaller_budget_keeps_what_is_not_sealed(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    _lived(path, LARGE, 3400)
    assert _seconds(path, 1 << 20, 3400)


def test_it_is_ours_while_and_after_its_size_changes(tmp_path: Path) -> None:
    log = HotLog.open(tmp_path / "x.hot")
    for blocks in (8, 16):
        log.go_on(1, blocks)
        log.append(b"one")
        assert log.size == (tmp_path / "x.hot").stat().st_size == blocks * BLOCK
        code = "import sys, pathlib, hub.store.ring.hotlog as h; h.HotLog.open(pathlib.Path(sys.argv[1]))"
        command = [sys.executable, "-c", code, tmp_path / "x.hot"]
        other = subprocess.run(command, capture_output=True, cwd=ROOT, check=False)
        assert b"BlockingIOError" in other.stderr
    log.close()
    assert [r.body for r in HotLog.look(tmp_path / "x.hot")] == [b"one"]


def test_a_first_one_is_as_short_as_the_disk_asks_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, write = tmp_path / "history.db", os.pwrite
    with monkeypatch.context() as small:
        small.setattr(os, "pwrite", lambda file, raw, at: write(file, raw[: 20 * BLOCK + 7], at))
        _lived(path, SMALL, 400)
    assert (tmp_path / "history.hot").stat().st_size == 20 * BLOCK
    assert _seconds(path, SMALL, 400)
    assert (tmp_path / "history.hot").stat().st_size == 256 * BLOCK
