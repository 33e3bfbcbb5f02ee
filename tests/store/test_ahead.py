"""A machine whose clock was far ahead: with the true time known, what it stored then does not stand in its way."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from hub.model import Column
from hub.store.ring import Ring
from hub.store.ring.care import check
from hub.store.ring.levels import DAY
from tests.store.house import T0, StillClock
from tests.store.truth import BUDGET, SERIES, column, compare, feed, read

LEFT = DAY + 10 * 3600 + 500
"""When the clock leaves the true time, s after T0; and when it is back."""
BACK = DAY + 13 * 3600 + 400
END = 3 * DAY + 1000


def _at(second: int) -> StillClock:
    clock = StillClock()
    clock.ms = (T0 + second) * 1000
    return clock


def _opened(path: Path, second: int, heard: bool = True) -> Ring:
    ring = Ring.open(path, _at(second), budget=BUDGET, heard=heard)
    ring.start()
    return ring


def _hours(ring: Ring, first: int, last: int, ahead: int = 0) -> None:
    """Seconds [first, last) under a time that is `ahead` s ahead, each hour made durable."""
    for k in range(first, last, 600):
        if ahead:
            for j in range(k, min(k + 600, last)):
                c = column(j)
                ring.append(Column(c.t + ahead * 1000, c.values), SERIES)
        else:
            feed(ring, k, min(k + 600, last))
        assert ring.settle()


def _strayed(path: Path, ahead: int, hours: int = 3) -> None:
    """A day and ten hours, then some under a wrong time."""
    ring = _opened(path, 0)
    _hours(ring, 0, LEFT)
    _hours(ring, LEFT, LEFT + hours * 3600, ahead)
    assert ring.close() and not ring.problems


def _true(path: Path) -> Ring:
    """What the same house would know had its clock stood still meanwhile."""
    ring = _opened(path, 0)
    _hours(ring, 0, LEFT)
    _hours(ring, BACK, END)
    return ring


@pytest.mark.parametrize("ahead", [2 * DAY, 9 * DAY, 40 * DAY, 5 * 365 * DAY])
@pytest.mark.parametrize("hours", [1, 30])
def test_the_true_past_is_as_if_the_clock_had_never_been_wrong(tmp_path: Path, ahead: int, hours: int) -> None:
    path = tmp_path / "history.db"
    _strayed(path, ahead, hours)
    ring = _opened(path, BACK)
    [problem] = ring.problems
    assert "the machine's clock was wrong" in problem and ring.last_ms < (T0 + BACK) * 1000
    aside = next(tmp_path.glob("history.db.ahead-*"))
    assert aside.name in problem and f"{datetime.fromtimestamp(T0 + BACK, UTC):%Y-%m-%d %H:%M} UTC" in problem
    _hours(ring, BACK, END)
    assert ring.incidents.backwards == 0 and ring.problems == [problem]
    true = _true(tmp_path / "true.db")
    assert compare(read(true, 4), read(ring, 4)) == ([], set())
    assert compare(read(ring, 4), read(true, 4)) == ([], set()), "and nothing of the wrong time is left"
    assert ring.close() and true.close()
    with sqlite3.connect(path) as db:
        told = db.execute("SELECT count(*) FROM event WHERE kind = 'clock_was_ahead'").fetchone()
        future = [db.execute(f"SELECT max(id) >> 16 FROM {t}").fetchone()[0] for t in ("raw", "m1")]
    assert told == (1,) and max(future) <= T0 // DAY + 2
    assert check(path, deep=True).sound
    again = _opened(path, END)
    assert again.problems == []
    again.close()


def test_what_was_stored_then_can_still_be_read(tmp_path: Path) -> None:
    path, ahead = tmp_path / "history.db", 40 * DAY
    _strayed(path, ahead, 30)
    _opened(path, BACK).close()
    aside = next(tmp_path.glob("history.db.ahead-*"))
    reader, problems = Ring.look(aside, {p: s.key for p, s in SERIES.items()}.get)
    begin, end = T0 + LEFT + ahead, T0 + LEFT + ahead + 30 * 3600
    expected = [column(k).values["grid.power"] for k in range(LEFT, LEFT + 30 * 3600)]
    assert reader.seconds("grid.power", begin, end)[1].tolist() == expected and problems == []
    assert check(aside, deep=True).sound


def test_the_seconds_of_the_hour_that_is_now_outlive_a_cut_right_after(tmp_path: Path) -> None:
    """The clock was wrong for a moment only: the open hour of the hot log holds true seconds before and after."""
    path = tmp_path / "history.db"
    _strayed(path, 400 * DAY, 1)
    ring = _opened(path, LEFT + 60)
    ring._writer._files = None  # as after a power cut: nothing is tidied up
    again = _opened(path, LEFT + 60)
    keys = {p: s.key for p, s in SERIES.items()}
    kept = again.reader(keys.get).seconds("grid.power", T0, T0 + LEFT)[1]
    expected = [column(k).values["grid.power"] if k % 3600 < 900 else -(2**31) for k in range(LEFT)]
    assert np.array_equal(kept, expected) and again.problems == []
    assert again.close()


@pytest.mark.parametrize(("heard", "ahead"), [(False, 400 * DAY), (True, DAY // 2)])
def test_an_unheard_time_or_one_that_is_a_little_behind_takes_nothing_away(
    tmp_path: Path, heard: bool, ahead: int
) -> None:
    path = tmp_path / "history.db"
    _strayed(path, ahead)
    ring = _opened(path, BACK, heard)
    assert ring.problems == [] and not [*tmp_path.glob("history.db.ahead-*")]
    assert ring.last_ms >= (T0 + LEFT + 3 * 3600 + ahead - 1) * 1000
    ring.close()


def test_a_disk_without_room_for_it_leaves_all_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    _strayed(path, 400 * DAY)
    (tmp_path / f"history.db.ahead-{T0 + BACK}").mkdir()
    ring = _opened(path, BACK)
    [problem] = ring.problems
    assert "could not be set aside" in problem and ring.last_ms > (T0 + 400 * DAY) * 1000
    assert ring.close() and check(path, deep=True).sound
