"""Days and hours of zones that are off by parts of an hour, where the past is kept by the hour only."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from hub.store.ring import Buckets, Ring, SeriesInfo
from hub.store.ring.civil import edges
from hub.store.ring.codec import MISSING
from hub.store.ring.levels import DAY, HOUR, QUARTER
from hub.store.ring.past import PastWriter
from hub.store.ring.rollup import roll
from tests.store.house import T0

SOC = SeriesInfo("b.soc", "gauge", 1.0, "%")
DAYS = 4
SECONDS = np.arange(DAY)
ZONES = {"Asia/Kolkata": 1800, "Asia/Kathmandu": 900, "Australia/Adelaide": 1800, "Europe/Berlin": 0}
"""By how much an edge lies after that of an hour, s."""


def hourly(path: Path, *hours: int) -> Path:
    """Means of hours, `hours` or all: the k-th since T0 is k, its least 10 below that, greatest 20 and last 5 above."""
    with PastWriter.opened(path, (T0 + DAYS * DAY) * 1000, 64 << 20) as past:
        for day in range(DAYS):
            k = SECONDS // HOUR + 24 * day
            off = np.select([second == SECONDS % HOUR for second in (7, 8, HOUR - 1)], [-10, 20, 5])
            rolled = roll(np.where(np.isin(k, hours or k), k + off, MISSING).astype(np.int32), HOUR)
            rolled.mean[:] = np.where(rolled.n > 0, k[::HOUR], 0)
            past.means(SOC, T0 // DAY + day, HOUR, rolled)
    return path


def periods(path: Path, at: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Buckets:
    return Ring.look(path, lambda _: SOC.key)[0].periods(["battery.soc"], at)["battery.soc"]


@pytest.mark.parametrize("zone", ZONES)
def test_a_day_is_the_mean_of_its_hours_those_at_its_ends_by_their_share(tmp_path: Path, zone: str) -> None:
    after = ZONES[zone]
    cut = edges(T0 + DAY, T0 + 2 * DAY, "day", ZoneInfo(zone))
    assert {int(t) % HOUR for t in cut} == {after}
    found = periods(hourly(tmp_path / "history.db"), cut)
    for k, (start, end) in enumerate(zip(cut[:-1].tolist(), cut[1:].tolist(), strict=True)):
        quarters = (np.arange(start, end, QUARTER) - T0) // HOUR
        assert found.mean[k] == pytest.approx(quarters.mean(), abs=0.01) and found.count[k] == end - start
        assert found.min[k] == quarters[0] - 10 and found.max[k] == quarters[-1] + 20
        assert np.asarray(found.last)[k] == quarters[-1] + 5


def test_an_hour_is_told_by_the_two_that_it_lies_in(tmp_path: Path) -> None:
    at = T0 + DAY + 2700 + HOUR * np.arange(3)
    found = periods(hourly(tmp_path / "history.db"), at)
    assert found.mean.tolist() == [24.75, 25.75] and found.count.tolist() == [HOUR, HOUR]


def test_where_quarters_are_kept_they_tell_all_of_their_hour(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    with PastWriter.opened(path, (T0 + DAYS * DAY) * 1000, 64 << 20) as past:
        values = np.where(SECONDS < HOUR // 2, 100, MISSING).astype(np.int32)
        past.means(SOC, T0 // DAY + 1, 300, roll(values, 300))
    at = T0 + DAY + 1800 + HOUR * np.arange(-1, 2)
    assert periods(path, at).count.tolist() == [1800, 0]
    with closing(sqlite3.connect(path)) as db:
        db.execute("DELETE FROM m15")
        db.commit()
    assert periods(path, at).count.tolist() == [900, 900] and periods(path, at).mean.tolist() == [100, 100]


def test_quarters_are_not_made_up(tmp_path: Path) -> None:
    at = T0 + DAY + 1800 + QUARTER * np.arange(5)
    assert not periods(hourly(tmp_path / "history.db"), at).count.any()


def test_an_hour_beyond_the_ends_tells_nothing_of_what_is_between(tmp_path: Path) -> None:
    at = T0 + DAY + 1800 + HOUR * np.arange(4)
    found = periods(hourly(tmp_path / "history.db", 23, 28), at)
    assert not found.count.any() and np.isnan(found.mean).all()
