"""A damaged file is moved aside; what can be read of it is brought back while the house goes on."""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.errors import ShemsError, UserError
from hub.model import Column
from hub.store.ring import Ring, hot
from hub.store.ring.care import salvage_file
from hub.store.ring.file import hot_path
from hub.store.ring.hotlog import HotLog
from hub.store.ring.levels import DAY
from hub.store.ring.pages import PAGE, Pages
from tests.store.house import T0, StillClock
from tests.store.truth import BUDGET, SERIES, Read, compare, feed, lived, read

SECONDS = 2 * DAY + 3 * 3600 + 600
DAYS = 3


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Read]]:
    folder = tmp_path_factory.mktemp("sound")
    ring = lived(folder / "history.db", SECONDS)
    whole = read(ring, DAYS)
    ring.close()
    yield folder, whole


@pytest.fixture
def copy(sound: tuple[Path, Read], tmp_path: Path) -> Path:
    shutil.copytree(sound[0], tmp_path / "data")
    return tmp_path / "data" / "history.db"


def _broken_trees(path: Path) -> None:
    """Every inner page of every tree points nowhere, and the list of tables is gone: SQLite can read nothing of it."""
    raw = bytearray(path.read_bytes())
    for at in range(0, len(raw), PAGE):
        if raw[at] in (2, 5):
            raw[at : at + 12] = b"\xff" * 12
    raw[100:PAGE] = b"\xff" * (PAGE - 100)
    path.write_bytes(raw)


def _opened(path: Path) -> Ring:
    return _brought_back(Ring.open(path, StillClock(), budget=BUDGET))


def _brought_back(ring: Ring) -> Ring:
    """Once all is: the writer goes on with it for a moment at a time."""
    ring.start()
    assert ring.settle()
    for _ in range(50):
        if any("is being read" in problem for problem in ring.problems):
            assert ring.settle()
    return ring


def test_without_its_trees_everything_is_brought_back(copy: Path, sound: tuple[Path, Read]) -> None:
    _broken_trees(copy)
    ring = _opened(copy)
    assert compare(sound[1], read(ring, DAYS)) == ([], set())
    said = ring.problems
    assert "was damaged and is now" in said[0]
    assert said[1].endswith(f"blocks were brought back from history.db.salvaged-{T0 * 1000}")
    first, of = said[1].split()[0], said[1].split()[2]
    assert first == of and int(of) > 60
    ring.close()
    again = _opened(copy)
    assert again.problems == [] and compare(sound[1], read(again, DAYS)) == ([], set())
    again.close()


def test_series_keep_their_numbers_and_the_house_goes_on_meanwhile(copy: Path, sound: tuple[Path, Read]) -> None:
    _broken_trees(copy)
    ring = Ring.open(copy, StillClock(), budget=BUDGET)
    with sqlite3.connect(copy) as db:
        numbers = dict(db.execute("SELECT key, id FROM series").fetchall())
    with sqlite3.connect(sound[0] / "history.db") as db:
        assert numbers == dict(db.execute("SELECT key, id FROM series").fetchall())
    ring.start()
    feed(ring, SECONDS, SECONDS + 3600)
    feed(ring, SECONDS + 3600, 3 * DAY + 5000)
    assert ring.settle()
    wrong, lost = compare(sound[1], _until(read(ring, DAYS), sound[1]))
    assert wrong == [] and lost == set()
    ring.close()


def _until(got: Read, right: Read) -> Read:
    """What was fed later is not to be compared: buckets that know more than they did."""
    for key, n in right.known.items():
        more = got.known[key] > n
        got.known[key][more] = n[more]
        got.values[key][:, more] = right.values[key][:, more]
        if key[0] == "energy":
            got.values[key] = right.values[key]
    return got


def test_what_the_log_has_left_over_from_before_is_not_missed(copy: Path, sound: tuple[Path, Read]) -> None:
    """Its oldest records tell nothing without those before them; they are of hours that were in the file."""
    log = copy.with_name("history.hot")
    records = HotLog.look(log)
    HotLog.write(log, records[next(k for k, r in enumerate(records) if not hot.peek(r.body)[1]) :])
    _broken_trees(copy)
    ring = _opened(copy)
    assert compare(sound[1], read(ring, DAYS)) == ([], set())
    assert "was damaged and is now" in ring.problems[0] and not any("last hour" in said for said in ring.problems)


def test_garbage_in_some_pages_costs_what_was_there(copy: Path, sound: tuple[Path, Read]) -> None:
    raw = bytearray(copy.read_bytes())
    dice = random.Random(3)
    for page in dice.sample(range(20, len(raw) // PAGE), 24):
        raw[page * PAGE : page * PAGE + PAGE] = dice.randbytes(PAGE)
    copy.write_bytes(raw)
    _broken_trees(copy)
    ring = _opened(copy)
    wrong, lost = compare(sound[1], read(ring, DAYS))
    assert wrong == [] and 0 < len(lost) < len(sound[1].known) / 2
    assert "blocks were brought back" in ring.problems[1]
    ring.close()


def test_it_is_gone_on_with_after_a_restart(copy: Path, sound: tuple[Path, Read]) -> None:
    _broken_trees(copy)
    ring = Ring.open(copy, StillClock(), budget=BUDGET)
    assert ring._writer._salvage
    for _ in range(4):
        assert ring._writer._salvage.step(ring._writer._registering)
    assert "so far" in ring.problems[1]
    ring.close()
    again = _opened(copy)
    assert compare(sound[1], read(again, DAYS)) == ([], set())
    again.close()


@pytest.mark.parametrize("packed_until", [0, 1 << 40])
def test_a_wrong_word_about_what_is_packed_costs_nothing(
    copy: Path, sound: tuple[Path, Read], packed_until: int
) -> None:
    with sqlite3.connect(copy) as db:
        tables = ("hour", "raw", "m1", "m15", "h1", "d1", "energy")
        blocks = sum(db.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in tables)
        db.execute("UPDATE meta SET v = ? WHERE k = 'packed_until'", (packed_until,))
    db.close()
    _broken_trees(copy)
    ring = _opened(copy)
    assert compare(sound[1], read(ring, DAYS)) == ([], set())
    assert int(ring.problems[1].split()[2]) >= blocks
    ring.close()


def test_a_damaged_file_can_be_named(copy: Path, sound: tuple[Path, Read], tmp_path: Path) -> None:
    _broken_trees(copy)
    path = tmp_path / "new" / "history.db"
    path.parent.mkdir()
    ring = Ring.open(path, StillClock(), budget=BUDGET)
    ring.append(Column((T0 + 5 * DAY) * 1000, {"car.mode": 1}), {"car.mode": SERIES["car.mode"]})
    ring.start()
    ring.close()
    report = salvage_file(copy, path, T0 * 1000, BUDGET)
    assert report.done and report.brought == report.found > 60 and report.lost == 0
    again = _opened(path)
    wrong, lost = compare(sound[1], read(again, DAYS))
    assert wrong == [] and {day for _, day, _ in lost} <= {0, DAYS - 1}, "the hot log is another one"
    again.close()


def test_a_history_in_use_or_missing_is_refused(copy: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such file"):
        salvage_file(tmp_path / "gone", copy, 0, BUDGET)
    with pytest.raises(UserError, match="the history itself"):
        salvage_file(copy, copy, 0, BUDGET)
    with pytest.raises(ShemsError, match="create it"):
        salvage_file(copy, tmp_path / "gone" / "history.db", 0, BUDGET)


def test_what_is_brought_back_keeps_within_the_budget(copy: Path, sound: tuple[Path, Read]) -> None:
    """Without the hot log, which has been kept in the size of a larger budget and still knows the two days itself."""
    _broken_trees(copy)
    hot_path(copy).unlink()
    ring = _brought_back(Ring.open(copy, StillClock(), budget=450_000))
    assert any("for want of room" in problem for problem in ring.problems)
    wrong, lost = compare(sound[1], read(ring, DAYS))
    assert wrong == [] and {step for step, _, _ in lost} >= {1}
    ring.close()
    assert copy.stat().st_size <= 450_000


def test_a_write_ahead_log_is_read_too(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("CREATE TABLE raw (id INTEGER PRIMARY KEY, b BLOB NOT NULL)")
    blobs = {k: random.Random(k).randbytes((10, 4050, 4061, 4062, 5000, 30_000)[k % 6]) for k in range(1, 200)}
    db.executemany("INSERT INTO raw VALUES (?, ?)", blobs.items())
    db.execute("BEGIN")
    db.execute("INSERT INTO raw VALUES (1000, x'00')")
    assert path.stat().st_size < 10 * PAGE
    with Pages.opened(path) as pages:
        rows = [row for n in range(1, pages.count + 1) for row in pages.rows(n)]
        assert all(pages.row(row.place) in (row, None) for row in rows)
    found = {row.rowid: row.cells[1] for row in rows if len(row.cells) == 2 and row.cells[0] is None}
    assert found == blobs
    db.close()
