"""Flipped bits: never a wrong value, hardly anything lost, and told. And what a look at the history costs.

Some bits here; `SHEMS_FLIPS=500 ./shems test tests/store/test_integrity.py` for the full number.
"""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from hub.errors import UserError
from hub.store.ring import Ring
from hub.store.ring.blob import Tag, peek, sealed, unsealed
from hub.store.ring.care import check
from hub.store.ring.hotlog import HotLog, blocks_of
from hub.store.ring.levels import DAY, M1, row_id
from hub.store.ring.rollup import Rolled, pack
from tests.store.house import StillClock
from tests.store.truth import BUDGET, SERIES, Read, compare, lived, read

FLIPS = int(os.environ.get("SHEMS_FLIPS", "12"))
DAYS = 3


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Path, Read]]:
    """(the files after a clean stop, those after a power cut, what is to be read of both): two days and some hours."""
    folder = tmp_path_factory.mktemp("sound")
    ring = lived(folder / "history.db", 2 * DAY + 3 * 3600 + 600)
    whole = read(ring, DAYS)
    cut = tmp_path_factory.mktemp("cut")
    for file in folder.iterdir():
        if not file.name.endswith("-shm"):
            shutil.copy(file, cut)
    assert ring.close() and ring.problems == []
    yield folder, cut, whole


def _flip(file: Path, at: int, bit: int) -> None:
    with file.open("r+b") as f:
        f.seek(at)
        byte = f.read(1)[0]
        f.seek(at)
        f.write(bytes([byte ^ 1 << bit]))


def _costs(folder: Path, right: Read, where: object = None) -> tuple[str, set[tuple[object, int, str]], int]:
    """Opens and reads a history with a flipped bit.

    (what became of it, what is not told any more, in how many hours something is missing)
    """
    deep = check(folder / "history.db", deep=True)
    ring = Ring.open(folder / "history.db", StillClock(), budget=BUDGET)
    ring.start()
    assert ring.settle()
    got = read(ring, DAYS)
    problems = ring.problems
    assert ring.close()
    wrong, lost = compare(right, got)
    assert wrong == [], where
    assert not lost or problems or not deep.sound, f"missing and not told: {lost}"
    less = [got.known[key] < n for key, n in right.known.items() if key[0] == 3600]
    hours = int(np.logical_or.reduce(less).sum())
    moved = any("damaged and is now" in p for p in problems)
    return "moved aside" if moved else "reported" if problems or not deep.sound else "harmless", lost, hours


@pytest.mark.parametrize("state", ["stopped", "cut"])
def test_a_flipped_bit_anywhere_tells_nothing_wrong_and_costs_one_block(
    sound: tuple[Path, Path, Read], tmp_path: Path, state: str
) -> None:
    """A block is one series of an hour, a day or a month; an hour that has lost its pages is lost for all series.

    In a write-ahead log that is not in the file yet the least that can be damaged is a page, and so some small blocks.
    """
    page = {"stopped": 2, "cut": len(SERIES)}  # a row's end and the next one's begin; a page of small rows
    dice, seen = random.Random(5), Counter[str]()
    folder = sound[0] if state == "stopped" else sound[1]
    files = [f for f in sorted(folder.iterdir()) if f.suffix != ".hot"]
    weights = [f.stat().st_size for f in files]
    for trial in range(FLIPS // 3):
        copy = tmp_path / str(trial)
        shutil.copytree(folder, copy)
        file = copy / dice.choices(files, weights)[0].name
        at, bit = dice.randrange(file.stat().st_size), dice.randrange(8)
        _flip(file, at, bit)
        what, lost, hours = _costs(copy, sound[2], (file.name, at, bit))
        seen[what] += 1
        seen["something missing"] += bool(lost)
        points, levels = {point for _, _, point in lost}, {level for level, _, _ in lost}
        small = len(points) <= 1 or hours <= 1 or (len(levels) == 1 and len(points) <= page[state])
        assert small, (file.name, at, bit, what, lost)
        shutil.rmtree(copy)
    print(f"{FLIPS // 3} flipped bits, {state}: {dict(seen)}")


def test_a_flipped_bit_in_the_hot_log_costs_minutes_at_most(sound: tuple[Path, Path, Read], tmp_path: Path) -> None:
    dice, seen = random.Random(6), Counter[str]()
    used = range(sum(blocks_of(r.body) for r in HotLog.look(sound[1] / "history.hot")))[-15:]  # those before are sealed
    for trial in range(FLIPS // 3):
        copy = tmp_path / str(trial)
        shutil.copytree(sound[1], copy)
        _flip(copy / "history.hot", dice.choice(used) * 4096 + dice.randrange(4096), dice.randrange(8))
        what, lost, _ = _costs(copy, sound[2])
        seen[what] += 1
        seen["something missing"] += bool(lost)
        assert what in ("harmless", "reported") and {day for _, day, _ in lost} <= {0, DAYS - 1}
        shutil.rmtree(copy)
    print(f"{FLIPS // 3} flipped bits in the hot log: {dict(seen)}")


# -- looking ---------------------------------------------------------------------------------------------------------


def test_a_look_finds_a_sound_history_sound_while_it_is_written(path: Path, tmp_path: Path) -> None:
    ring = lived(path, DAY + 7200)
    quick, deep = check(path, deep=False), check(path, deep=True)
    assert quick.sound and deep.sound and ring.problems == []
    assert deep.rows["raw"] == deep.rows["m1"] == deep.rows["energy"] + 2 == len(SERIES)
    assert deep.rows["hour"] == 1
    ring.close()


def test_damage_is_told_with_table_series_and_day(sound: tuple[Path, Path, Read], tmp_path: Path) -> None:
    shutil.copytree(sound[0], tmp_path / "copy")
    path = tmp_path / "copy" / "history.db"
    with sqlite3.connect(path) as db:
        id_, blob = db.execute("SELECT id, b FROM raw ORDER BY id LIMIT 1").fetchone()
        db.execute("UPDATE raw SET b = ? WHERE id = ?", (blob[:-1] + bytes([blob[-1] ^ 1]), id_))
    for report in (check(path, deep=False), check(path, deep=True)):
        assert len(report.damaged) == 1 and report.sqlite == []
        assert report.damaged[0].startswith("raw: g.power of 2023-11-14: the checksum")


def test_rollups_that_are_not_what_the_seconds_come_to_are_told(sound: tuple[Path, Path, Read], tmp_path: Path) -> None:
    shutil.copytree(sound[0], tmp_path / "copy")
    path = tmp_path / "copy" / "history.db"
    with sqlite3.connect(path) as db:
        id_, blob = db.execute("SELECT id, b FROM m1 ORDER BY id LIMIT 1").fetchone()
        body = pack(M1, Rolled.empty(1440), numbers=True)
        db.execute("UPDATE m1 SET b = ? WHERE id = ?", (sealed(peek(blob), body), id_))
    assert check(path, deep=True).damaged == ["m1: g.power of 2023-11-14: it is not what its seconds come to"]


def test_a_row_in_anothers_place_is_no_damaged_block_but_a_damaged_file(
    sound: tuple[Path, Path, Read], tmp_path: Path
) -> None:
    shutil.copytree(sound[0], tmp_path / "copy")
    path = tmp_path / "copy" / "history.db"
    with sqlite3.connect(path) as db:
        db.execute("UPDATE m1 SET id = id + (1 << 18) WHERE id = (SELECT min(id) FROM m1)")
    assert "belongs elsewhere" in check(path, deep=False).sqlite[0]
    what, lost, _ = _costs(path.parent, sound[2])
    assert what == "moved aside" and not lost


def test_there_must_be_a_history_to_look_at(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is no history"):
        check(tmp_path / "history.db", deep=False)


def test_the_look_at_a_start_costs_no_more_in_a_large_file(sound: tuple[Path, Path, Read], tmp_path: Path) -> None:
    shutil.copytree(sound[0], tmp_path / "copy")
    path = tmp_path / "copy" / "history.db"
    grow(path, 60 << 20)
    took = []
    for _ in range(3):
        began = time.perf_counter()
        ring = Ring.open(path, StillClock())
        took.append(time.perf_counter() - began)
        assert ring.problems == []
        ring.close()
    assert min(took) < 1.0
    assert check(path, deep=False, limit_s=0.05).seconds < 0.5


def grow(path: Path, size: int) -> None:
    """Fills the past of the file with days like the one that it has."""
    with sqlite3.connect(path) as db:
        rows = {
            t: db.execute(f"SELECT id, b FROM {t} ORDER BY id LIMIT {len(SERIES)}").fetchall() for t in ("raw", "m1")
        }
        days = size // sum(len(blob) for table in rows.values() for _, blob in table)
        for back in range(1, days + 1):
            for table, held in rows.items():
                for id_, blob in held:
                    tag = Tag(peek(blob).holds, id_ & 0xFFFF, (id_ >> 16) - back)
                    new = row_id(tag.period, tag.series), sealed(tag, unsealed(peek(blob), blob))
                    db.execute(f"INSERT INTO {table} VALUES (?, ?)", new)
