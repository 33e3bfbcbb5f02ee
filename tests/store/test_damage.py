"""kill -9, flipped bits, a file that is none, a full disk."""

from __future__ import annotations

import random
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from hub.store.ring import Ring
from hub.store.ring.now import MAX_HOURS
from tests.store.house import T0, StillClock, feed, known, values_at

ROOT = Path(__file__).parents[2]
CHILD = """
import sys
sys.path[:0] = [{root!r}]
from pathlib import Path
from tests.store.house import StillClock, feed
from hub.store.ring import Ring
ring = Ring.open(Path(sys.argv[1]), StillClock())
ring.start()
k = int(sys.argv[2])
while True:
    n = 700 if k % 3 else 7
    feed(ring, k, k + n)
    assert ring.flush()
    k += n
    print(k, flush=True)
"""


def power(k: int) -> float:
    return float(values_at(k)["grid.power"])


def run_and_kill(path: Path, first: int, acknowledgements: int) -> int:
    """A child stores seconds from `first` on and is killed at a random moment; gives the last one it vouched for."""
    code = CHILD.format(root=str(ROOT))
    with subprocess.Popen([sys.executable, "-c", code, str(path), str(first)], stdout=subprocess.PIPE) as child:
        assert child.stdout
        lines = [child.stdout.readline() for _ in range(acknowledgements)]
        try:
            child.wait(random.uniform(0, 0.05))
        except subprocess.TimeoutExpired:
            child.send_signal(signal.SIGKILL)
        lines += child.stdout.read().splitlines()
    return int(lines[-1])


def test_nothing_acknowledged_is_lost_by_kill_9(path: Path, clock: StillClock) -> None:
    first = 0
    for trial in range(20):
        vouched = run_and_kill(path, first, 1 + trial % 7)
        ring = Ring.open(path, clock)
        assert ring.problems == []
        assert known(ring, first, vouched) == [power(k) for k in range(first, vouched)]
        first = ring.last_ms // 1000 - T0 + 1
        ring.close()
        with sqlite3.connect(path) as db:
            assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def _flip(path: Path, table: str, key: str, at: int) -> None:
    with sqlite3.connect(path) as db:
        row, blob = db.execute(f"SELECT {key}, b FROM {table} ORDER BY {key} LIMIT 1 OFFSET 1").fetchone()
        broken = bytearray(blob)
        broken[at] ^= 4
        db.execute(f"UPDATE {table} SET b = ? WHERE {key} = ?", (bytes(broken), row))


def test_a_flipped_bit_costs_one_series_of_one_hour(path: Path, clock: StillClock, ring: Ring) -> None:
    feed(ring, 0, 3 * 3600 + 1)
    ring.close()
    _flip(path, "hour", "t", 40)
    again = Ring.open(path, clock)
    assert known(again, 3600, 7200) == [None] * 3600
    assert known(again, 0, 3600) + known(again, 7200, 10801) == [power(k) for k in range(10801) if k // 3600 != 1]
    assert None not in known(again, 0, 10800, "grid.voltage")
    assert len(again.problems) == 1 and "one series of the hour" in again.problems[0]


def test_a_flipped_bit_in_the_hot_log_costs_minutes(path: Path, clock: StillClock, ring: Ring) -> None:
    for k in range(0, 900, 10):
        feed(ring, k, k + 10)
        assert ring.flush()
    ring.close()
    with path.with_suffix(".hot").open("r+b") as f:
        f.seek(4096 + 30)
        f.write(b"\xa5")
    again = Ring.open(path, clock)
    got = known(again, 0, 900)
    assert got[:10] == [power(k) for k in range(10)] and got[10] is None
    assert got[320:] == [power(k) for k in range(320, 900)]
    assert "damaged records" in again.problems[0]


@pytest.mark.parametrize("damage", [b"this is no database at all" * 400, b"SQLite format 3\0" + b"\xff" * 9000])
def test_a_damaged_file_is_moved_aside(path: Path, clock: StillClock, damage: bytes) -> None:
    path.write_bytes(damage)
    ring = Ring.open(path, clock)
    ring.start()
    aside = path.with_name(f"history.db.damaged-{clock.ms}")
    assert aside.read_bytes() == damage and aside.name in ring.problems[0]
    feed(ring, 0, 20)
    assert ring.close()
    assert known(Ring.open(path, clock), 0, 20) == [power(k) for k in range(20)]


def test_a_file_damaged_in_use_is_moved_aside_and_memory_is_kept(path: Path, clock: StillClock, ring: Ring) -> None:
    feed(ring, 0, 100)
    assert ring.flush()
    assert ring._writer._files
    ring._writer._files.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with path.open("r+b") as f:
        f.seek(4096)
        f.write(b"\xff" * (path.stat().st_size - 4096))
    ring._writer._files.connection.execute("PRAGMA shrink_memory")
    feed(ring, 100, 3610)
    ring.flush()
    assert ring.flush()
    assert "damaged" in ring.problems[0]
    ring.close()
    assert known(Ring.open(path, clock), 0, 3610) == [power(k) for k in range(3610)]


def test_a_full_disk_is_waited_out(path: Path, clock: StillClock, ring: Ring) -> None:
    feed(ring, 0, 30)
    assert ring.flush()
    assert ring._writer._files
    connection = ring._writer._files.connection
    connection.execute("PRAGMA max_page_count=1")
    feed(ring, 30, 4000)
    assert not ring.flush()
    assert "full" in ring.problems[0] and "free some space" in ring.problems[0]
    assert known(ring, 0, 4000) == [power(k) for k in range(4000)]
    connection.execute("PRAGMA max_page_count=1000000")
    assert ring.flush() and ring.problems == []
    ring.close()
    assert known(Ring.open(path, clock), 0, 4000) == [power(k) for k in range(4000)]


def test_the_oldest_is_kept_when_nothing_can_be_written_for_hours(path: Path, clock: StillClock) -> None:
    ring = Ring.open(path, clock)
    for hour in range(MAX_HOURS + 2):
        feed(ring, hour * 3600, hour * 3600 + 5)
    assert ring.incidents.overflow == 10
    assert known(ring, 0, 5) == [power(k) for k in range(5)]
    assert known(ring, MAX_HOURS * 3600, MAX_HOURS * 3600 + 1) == [None]


def test_a_copy_taken_at_any_moment_opens(path: Path, tmp_path: Path, clock: StillClock, ring: Ring) -> None:
    """As after a power cut: file and WAL as they are on the disk, without the shared memory beside them."""
    for k in range(0, 7300, 365):
        feed(ring, k, k + 365)
        assert ring.flush()
        copy = tmp_path / f"cut{k}.db"
        shutil.copy(path, copy)
        shutil.copy(f"{path}-wal", f"{copy}-wal")
        shutil.copy(path.with_suffix(".hot"), copy.with_suffix(".hot"))
        cut = Ring.open(copy, clock)
        assert known(cut, 0, k + 365) == [power(s) for s in range(k + 365)] and cut.problems == []
        cut.close()
