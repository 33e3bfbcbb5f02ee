"""At which step a question is answered best, where the points are not kept equally finely."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

import numpy as np
import pytest

from hub.store.ring import Ring, SeriesInfo
from hub.store.ring.levels import DAY, HOUR, QUARTER
from hub.store.ring.past import PastWriter
from hub.store.ring.reader import Reader
from hub.store.ring.rollup import roll
from tests.store.house import T0, StillClock

BUDGET = 64 << 20
SERIES = {
    "grid.power": SeriesInfo("g.power", "gauge", 1.0, "W"),
    "oven.power": SeriesInfo("o.power", "gauge", 1.0, "W"),
    "pool.power": SeriesInfo("p.power", "gauge", 1.0, "W"),
}
SECONDS = np.arange(DAY, dtype=np.int32)
OPEN_FROM, DAYS = 14 * HOUR, 4
"""s of the first day at which the history begins; days of history"""


def reader(path: Path) -> Reader:
    return Ring.look(path, lambda p: SERIES[p].key if p in SERIES else None)[0]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The grid by seconds, the oven by means of five minutes, the pool by means of an hour; from 14:00 UTC on."""
    path = tmp_path / "history.db"
    with PastWriter.opened(path, (T0 + DAYS * DAY) * 1000, BUDGET) as past:
        for day in range(DAYS):
            values = np.where(SECONDS + day * DAY >= OPEN_FROM, SECONDS, np.int32(-(2**31)))
            past.seconds(SERIES["grid.power"], T0 // DAY + day, values)
            past.means(SERIES["oven.power"], T0 // DAY + day, 300, roll(values, 300))
            past.means(SERIES["pool.power"], T0 // DAY + day, HOUR, roll(values, HOUR))
    return path


def given_up(path: Path, *tables: str) -> None:
    """The first day, of daily tables."""
    with sqlite3.connect(path) as db:
        for table in tables:
            db.execute(f"DELETE FROM {table} WHERE id < ?", ((T0 // DAY + 1) << 16,))
    db.close()


def steps(path: Path, start: int, end: int, least: int = 1) -> list[int]:
    """By point, of [start, end) in s since T0."""
    mine = reader(path)
    return [mine.finest_of([p], (T0 + start) * 1000, (T0 + end) * 1000, least) for p in SERIES]


def test_each_point_is_told_as_finely_as_it_is_kept(path: Path) -> None:
    assert steps(path, DAY, 2 * DAY) == [1, QUARTER, HOUR]
    assert steps(path, 0, DAYS * DAY, 120) == [60, QUARTER, HOUR]
    together = reader(path).finest_of([*SERIES][:2], (T0 + DAY) * 1000, (T0 + 2 * DAY) * 1000, 120)
    assert together == QUARTER


def test_a_point_without_a_past_is_no_reason_for_a_coarse_step(path: Path) -> None:
    assert reader(path).finest_of(["grid.power", "x.y"], (T0 + DAY) * 1000, (T0 + 2 * DAY) * 1000, 1) == 1
    assert reader(path).finest_of([], T0 * 1000, (T0 + DAY) * 1000, 1) == 1


@pytest.mark.parametrize("start", [-HOUR, 0, OPEN_FROM])
def test_a_first_day_whose_seconds_and_minutes_are_gone_is_told_by_quarters(path: Path, start: int) -> None:
    given_up(path, "raw", "m1")
    assert steps(path, start, DAY - HOUR, 120) == [QUARTER, QUARTER, HOUR]
    assert steps(path, DAY, 2 * DAY, 120)[0] == 60


def test_a_first_day_whose_seconds_are_gone_is_told_by_minutes(path: Path) -> None:
    given_up(path, "raw")
    assert steps(path, 0, DAY)[0] == 60 and steps(path, DAY, 2 * DAY)[0] == 1


def test_what_is_not_packed_yet_has_all_its_seconds(path: Path) -> None:
    assert steps(path, DAYS * DAY, (DAYS + 1) * DAY) == [1, 1, 1]


@pytest.mark.parametrize("start", [-400 * DAY, -HOUR, 0, OPEN_FROM])
def test_the_whole_history_goes_back_as_finely_as_where_it_begins(path: Path, start: int) -> None:
    assert reader(path).finest((T0 + start) * 1000) == 1
    given_up(path, "raw", "m1")
    assert reader(path).finest((T0 + start) * 1000) == QUARTER
    assert reader(path).finest((T0 + DAY) * 1000) == 1


def test_a_history_that_holds_nothing_is_asked_by_the_second(tmp_path: Path) -> None:
    ring = Ring.open(tmp_path / "history.db", StillClock())
    nothing = ring.reader(lambda p: SERIES[p].key)
    assert nothing.finest(0) == nothing.finest_of(["grid.power"], 0, DAY * 1000, 1) == 1
    ring.close()


def test_it_is_found_out_in_no_time(path: Path) -> None:
    mine, times = reader(path), []
    for _ in range(20):
        begun = time.perf_counter()
        mine.finest_of([*SERIES], T0 * 1000, (T0 + DAY) * 1000, 120)
        times.append(time.perf_counter() - begun)
    assert min(times) < 0.005
