"""kill -9, flipped bits, a file that is none, a full disk.

A few kills here; `SHEMS_CUTS=200 ./shems test tests/store/test_damage.py` for the full number.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from hub.store.ring import Ring
from hub.store.ring.hotlog import BLOCK, HotLog
from hub.store.ring.now import MAX_HOURS
from tests.store.house import T0, StillClock, feed, known, values_at

KILLS = int(os.environ.get("SHEMS_CUTS", "20"))
ROOT = Path(__file__).parents[2]
CHILD = """
import sys
sys.path[:0] = [{root!r}]
from pathlib import Path
from tests.store.house import StillClock, feed
from hub.store.ring import Ring
from hub.store.ring.hotlog import BLOCK, HotLog
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
    for trial in range(KILLS):
        vouched = run_and_kill(path, first, 1 + trial % 7)
        ring = Ring.open(path, clock)
        assert ring.problems == []
        assert known(ring, first, vouched) == [power(k) for k in range(first, vouched)]
        first = ring.last_ms // 1000 - T0 + 1
        ring.close()
        with sqlite3.connect(path) as db:
            assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    print(f"{KILLS} times killed: nothing acknowledged lost of {first} s")


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
    assert ring.settle() and ring._writer._files
    with closing(sqlite3.connect(path)) as another:  # which waits for the writer where it is at work
        assert another.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
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


# -- the hot log -----------------------------------------------------------------------------------------------------


def _windows(ring: Ring, first: int, last: int) -> None:
    for k in range(first, last, 10):
        feed(ring, k, k + 10)
        assert ring.flush()


def test_the_hot_log_goes_round_and_round(path: Path, clock: StillClock) -> None:
    """Three hours of windows are more records than it has blocks; every restart finds the newest hour whole."""
    ring = Ring.open(path, clock)
    ring.start()
    for hour in range(3):
        _windows(ring, hour * 3600, hour * 3600 + 3600)
    _windows(ring, 3 * 3600, 3 * 3600 + 500)
    assert ring.close()
    blocks = path.with_suffix(".hot").stat().st_size // BLOCK
    records = HotLog.look(path.with_suffix(".hot"))
    assert records[-1].seq > blocks >= len(records) > blocks - 2
    again = Ring.open(path, clock)
    assert again.problems == [] and known(again, 0, 11300) == [power(k) for k in range(11300)]
    again.close()


def test_an_hour_that_does_not_fit_the_hot_log_goes_into_the_file_in_parts(path: Path, clock: StillClock) -> None:
    ring = Ring.open(path, clock, budget=2 << 20)
    ring.start()
    for k in range(0, 3400, 10):
        _windows(ring, k, k + 10)
        if k % 1000 == 990:
            cut = path.with_name(f"cut{k}.db")
            for suffix in (".db", ".hot"):
                shutil.copy(path.with_suffix(suffix), cut.with_suffix(suffix))
            shutil.copy(f"{path}-wal", f"{cut}-wal")
            copy = Ring.open(cut, clock, budget=2 << 20)
            assert copy.problems == [] and known(copy, 0, k + 11) == [*(power(s) for s in range(k + 10)), None]
            copy.close()
    assert path.with_suffix(".hot").stat().st_size // BLOCK < 340 // 5
    with sqlite3.connect(path) as db:
        assert db.execute("SELECT t, whole FROM hour").fetchall() == [(T0, 0)]
    feed(ring, 3400, 3700)
    assert ring.close() and ring.problems == []
    assert known(Ring.open(path, clock, budget=2 << 20), 0, 3700) == [power(k) for k in range(3700)]


# -- what has no checksum --------------------------------------------------------------------------------------------


def _changed(path: Path, sql: str) -> None:
    with sqlite3.connect(path) as db:
        assert db.execute(sql).rowcount == 1


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE series SET scale = 16.0 WHERE key = 'g.power'",
        "UPDATE series SET key = 'f.power' WHERE key = 'g.power'",
        "UPDATE series SET id = id + 64 WHERE key = 'g.power'",
        "UPDATE series SET choices = 'x[]' WHERE key = 'g.power'",
        "DELETE FROM series WHERE key = 'g.power'",
    ],
)
def test_a_damaged_description_is_put_right_from_its_second_copy(path: Path, clock: StillClock, change: str) -> None:
    ring = Ring.open(path, clock)
    ring.start()
    feed(ring, 0, 3700)
    ring.close()
    _changed(path, change)
    again = Ring.open(path, clock)
    assert known(again, 0, 3700) == [power(k) for k in range(3700)]
    assert any("description" in p and "damaged" in p for p in again.problems)
    again.close()
    assert Ring.open(path, clock).problems == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("UPDATE meta SET v = v + 4096 WHERE k = 'packed_until'", "last packed day"),
        ("UPDATE meta SET v = v - 64 WHERE k = 'packed_until'", "last packed day"),
        ("UPDATE meta SET v = x'00' WHERE k = 'packed_until'", "packed_until"),
        ("UPDATE meta SET v = '{' WHERE k = 'wear'", "what was written"),
        ("UPDATE meta SET v = x'01' WHERE k = 'registry'", "second copy"),
        ("UPDATE reading SET value = value + 128", "last reading"),
        ("UPDATE reading SET t = t + 8388608", "last reading"),
    ],
)
def test_damaged_notes_are_made_again(path: Path, clock: StillClock, change: str, told: str) -> None:
    ring = Ring.open(path, clock)
    ring.start()
    feed(ring, 80_000, 97_000)
    assert ring.settle() and ring.close()
    with sqlite3.connect(path) as db:
        before = [db.execute(f"SELECT * FROM {t}").fetchall() for t in ("series", "meta", "reading")]
    _changed(path, change)
    again = Ring.open(path, clock)
    assert known(again, 80_000, 97_000) == [power(k) for k in range(80_000, 97_000)]
    assert any(told in p for p in again.problems)
    again.close()
    with sqlite3.connect(path) as db:
        after = [db.execute(f"SELECT * FROM {t}").fetchall() for t in ("series", "meta", "reading")]
    assert after[0] == before[0] and after[2] == before[2]
    assert dict(after[1])["packed_until"] == dict(before[1])["packed_until"]
    assert Ring.open(path, clock).problems == []


def test_a_damaged_directory_costs_nothing(path: Path, clock: StillClock) -> None:
    ring = Ring.open(path, clock)
    ring.start()
    feed(ring, 0, 3700)
    ring.close()
    _changed(path, "UPDATE hour SET dir = x'00'")
    again = Ring.open(path, clock)
    assert known(again, 0, 3700) == [power(k) for k in range(3700)]
    assert "directory" in again.problems[0]


def test_the_seconds_of_a_damaged_file_are_in_the_new_one_at_the_next_start(path: Path, clock: StillClock) -> None:
    """What the hot log has of hours that were sealed in the damaged file is sealed again; the open hour is kept."""
    ring = Ring.open(path, clock)
    ring.start()
    _windows(ring, 3000, 4200)
    ring.close()
    raw = path.read_bytes()
    path.write_bytes(raw[:100] + b"\xff" * 3996 + raw[4096:])
    for _ in range(3):
        again = Ring.open(path, clock)
        again.start()
        assert known(again, 3000, 4200)[-600:] == [power(k) for k in range(3600, 4200)]
        assert again.flush()
        again.close()
