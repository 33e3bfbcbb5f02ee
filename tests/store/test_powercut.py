"""Power cuts: a ring lives on a disk of its own; the disk is copied as it is at some moment, and the copy is looked at.

The writer is stopped and the block device behind its file system is copied: what the kernel still held in memory is not
in the copy, as after a power cut on a card that keeps what it has acknowledged. That needs loop devices and root. Where
they are missing only the files are copied, between two system calls of the stopped writer: that shows that the ring can
be taken up from any state of its files, but not that it waits for the disk.

A few cuts here; `SHEMS_CUTS=200 ./shems test tests/store/test_powercut.py` for the full number.
"""

from __future__ import annotations

import gc
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from hub.store.ring import Ring
from hub.store.ring.care import check
from hub.store.ring.codec import MISSING
from hub.store.ring.levels import DAY
from tests.store.house import T0, StillClock
from tests.store.truth import BUDGET, FED, SERIES, counter, power

CUTS = int(os.environ.get("SHEMS_CUTS", "6"))
LIVES = 8
"""cuts that one disk goes through"""
WINDOW_S = 10
DISK = 48 << 20
ROOT = Path(__file__).parents[2]

CHILD = """
import sys
sys.path[:0] = [{root!r}]
from pathlib import Path
from hub.store.ring import Ring
from tests.store.house import StillClock
from tests.store.truth import BUDGET, FED, feed
ring = Ring.open(Path(sys.argv[1]), StillClock(), budget=BUDGET, window_s={window})
assert not ring.problems, ring.problems
ring.start()
k = int(sys.argv[2])
print("fed", k, flush=True)
while True:
    n = {window} if k % 3600 < 60 else 3600 - k % 3600
    print("feeds", k + n, flush=True)
    feed(ring, k, k + n)
    assert ring.flush(), ring.problems
    k += n
    print("fed", k, flush=True)
"""


def _can_loop() -> bool:
    if os.geteuid() or not Path("/dev/loop-control").exists():
        return False
    return all(shutil.which(tool) for tool in ("mkfs.ext4", "mount", "umount", "losetup"))


LOOPS = _can_loop()


def _do(*command: str | Path) -> None:
    subprocess.run(command, check=True, capture_output=True)


@contextmanager
def mounted(image: Path, at: Path) -> Iterator[Path]:
    """The file system in `image`, as the only thing on a disk."""
    at.mkdir(exist_ok=True)
    _do("mount", "-o", "loop,noatime", image, at)
    try:
        yield at
        gc.collect()  # connections of readers that are gone
        _do("umount", at)
    except BaseException:
        _do("umount", "--lazy", at)  # what failed may still have files open
        raise


def made(image: Path, size: int = DISK) -> Path:
    image.unlink(missing_ok=True)
    _do("truncate", "-s", str(size), image)
    _do("mkfs.ext4", "-q", "-F", "-m", "0", image)
    return image


class Cut:
    """What the child had said when the power went: acknowledged seconds, and those it was feeding then."""

    def __init__(self, said: list[bytes]) -> None:
        words = [line.split() for line in said]
        self.fed = max(int(w[1]) for w in words if w[0] == b"fed")
        self.feeding = max((int(w[1]) for w in words if w[0] == b"feeds"), default=self.fed)


@contextmanager
def stopped(path: Path, first: int, seconds: float, acknowledged: int) -> Iterator[Cut]:
    """A child stores seconds from `first` on, and stands still at some moment; afterwards it is gone."""
    command = [sys.executable, "-c", CHILD.format(root=str(ROOT), window=WINDOW_S), str(path), str(first)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as child:
        assert child.stdout
        said = [child.stdout.readline() for _ in range(acknowledged)]
        time.sleep(seconds)
        child.send_signal(signal.SIGSTOP)
        os.waitpid(child.pid, os.WUNTRACED)
        os.set_blocking(child.stdout.fileno(), False)
        said += (child.stdout.read() or b"").splitlines(keepends=True)
        whole = [line for line in said if line.endswith(b"\n")]
        assert whole and said[0], "the child has not begun"
        try:
            yield Cut(whole)
        finally:
            child.kill()


def awake(until: int) -> int:
    """How many of the seconds before `until` are fed."""
    return until // 3600 * FED + min(until % 3600, FED)


def looked_at(path: Path, cut: Cut) -> tuple[int, int]:
    """Everything acknowledged is there and right, and the files are sound.

    (the first second behind the last one known, how many of those that were being fed are not there)
    """
    ring = Ring.open(path, StillClock(), budget=BUDGET)
    assert ring.problems == []
    reader = ring.reader(lambda p: SERIES[p].key if p in SERIES else None)
    end = (cut.feeding // DAY + 1) * DAY
    stored = {p: reader.seconds(p, T0, T0 + end)[1] for p in ("grid.power", "grid.energy_import", "d3.power")}
    for point, right in (("grid.power", power()), ("grid.energy_import", counter()), ("d3.power", power() * 4 // 7)):
        known = stored[point] != MISSING
        assert known[: cut.fed].sum() == awake(cut.fed), "something acknowledged is lost"
        assert (stored[point][known] == right[:end][known]).all()
        assert not known[cut.feeding :].any()
    assert (
        reader.query(["grid.power"], T0 * 1000, (T0 + end) * 1000, 3_600_000)["grid.power"].count.sum() == known.sum()
    )
    del reader
    gc.collect()  # its connection too
    ring.close()
    with sqlite3.connect(path) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    db.close()
    assert check(path, deep=True).sound
    last = int(np.flatnonzero(known)[-1]) + 1 if known.any() else 0
    return last, awake(cut.feeding) - int(known.sum())


def _next(last: int) -> int:
    """Where the next child goes on: behind what is known, on a window."""
    return last if last % 3600 < FED else (last // 3600 + 1) * 3600


@pytest.mark.skipif(not LOOPS, reason="needs root and loop devices; the files are copied instead")
def test_a_power_cut_costs_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    dice, missing, sealed = random.Random(1), list[int](), 0
    disk, copy = tmp_path / "disk.img", tmp_path / "copy.img"
    for n in range(CUTS):
        if n % LIVES == 0:
            made(disk)
            first = 0
        with (
            mounted(disk, tmp_path / "disk") as at,
            stopped(at / "history.db", first, dice.uniform(0, 2.5), 1 + n % 3) as cut,
        ):
            shutil.copyfile(disk, copy)
        with mounted(copy, tmp_path / "copy") as at:
            last, gone = looked_at(at / "history.db", cut)
        if cut.feeding - cut.fed <= WINDOW_S:
            missing.append(gone)
        sealed += cut.fed // 3600 - first // 3600
        first = _next(last)
        copy.replace(disk)
    assert all(m <= WINDOW_S for m in missing)
    print(f"{CUTS} power cuts, {sealed} hours sealed: nothing acknowledged lost, {max(missing, default=0)} s at most")


def test_the_files_as_they_are_at_any_moment_can_be_taken_up(tmp_path: Path) -> None:
    """Without a disk of its own: see above for what this does not show."""
    dice, first = random.Random(2), 0
    for n in range(2 if LOOPS else CUTS):
        live, copy = tmp_path / "live", tmp_path / f"copy{n}"
        live.mkdir(exist_ok=True)
        with stopped(live / "history.db", first, dice.uniform(0, 2.0), 1 + n % 3) as cut:
            shutil.copytree(live, copy, ignore=shutil.ignore_patterns("*-shm"))
        first = _next(looked_at(copy / "history.db", cut)[0])
        shutil.rmtree(live)
        copy.rename(live)


@pytest.mark.skipif(not LOOPS, reason="needs root and loop devices")
def test_a_full_disk_costs_the_oldest_seconds_and_no_rollups(tmp_path: Path) -> None:
    """The disk fills up with something else: the ring goes on in the room that it has, and says so."""
    from tests.store.truth import feed, lived

    with mounted(made(tmp_path / "disk.img", 16 << 20), tmp_path / "disk") as at:
        path = at / "history.db"
        ring = lived(path, 4 * DAY)
        size = path.stat().st_size
        _fill(at)
        k = 4 * DAY
        for hour in range(4 * 24, 9 * 24):
            feed(ring, hour * 3600, hour * 3600 + 3600)
            assert ring.settle() or ring.settle()
            k = hour * 3600 + 3600
            assert ring.incidents.overflow == 0, ring.problems
        assert any("oldest seconds" in p for p in ring.problems) and path.stat().st_size == size
        (at / "filler").unlink()
        feed(ring, k, k + 60)
        assert ring.settle() and ring.problems == []
        reader = ring.reader(lambda p: SERIES[p].key if p in SERIES else None)
        days = reader.query(["grid.power"], T0 * 1000, (T0 + 9 * DAY) * 1000, DAY * 1000)["grid.power"]
        assert days.count.tolist() == [24 * FED] * 9
        newest = reader.seconds("grid.power", T0 + 8 * DAY, T0 + 9 * DAY)[1]
        assert (newest != MISSING).sum() == 24 * FED
        del reader
        gc.collect()
        assert ring.close() and check(path, deep=True).sound


def _fill(folder: Path) -> None:
    with (folder / "filler").open("wb", buffering=0) as f:
        for size in (1 << 20, 4096, 1):
            try:
                while f.write(b"\0" * size) == size:
                    pass
            except OSError:
                continue
