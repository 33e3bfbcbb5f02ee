"""Since when a point is known: before, a device was not there, and nothing is missing of it."""

from __future__ import annotations

import sqlite3
from math import isnan
from pathlib import Path

import numpy as np

from hub.model import Column
from hub.store.ring import Ring, SeriesInfo
from hub.store.ring.levels import DAY, HOUR, QUARTER
from hub.store.ring.past import PastWriter
from tests.store.house import T0, StillClock

SERIES = {
    "roof.power": SeriesInfo("r.power", "gauge", 1.0, "W"),
    "barn.power": SeriesInfo("b.power", "gauge", 1.0, "W"),
    "barn.energy": SeriesInfo("b.energy", "counter", 1.0, "Wh"),
    "shed.power": SeriesInfo("s.power", "gauge", 1.0, "W"),
}
CAME = DAY + 12 * HOUR + 400
"""s after T0 at which the barn's came"""


def started(path: Path) -> Ring:
    ring = Ring.open(path, StillClock())
    ring.start()
    return ring


def fed(ring: Ring, first: int, last: int) -> None:
    for k in range(first, last, 10):
        values = {"roof.power": 1000} | ({"barn.power": 500, "barn.energy": k // 10} if k >= CAME else {})
        ring.append(Column((T0 + k) * 1000, values), SERIES)
        assert k % HOUR or ring.flush()
    assert ring.settle()


def since(ring: Ring, point: str, first: int = 0, last: int = DAY) -> float:
    """s after T0, whatever is asked for; NaN for never."""
    flow = ring.reader(lambda p: SERIES[p].key).energy([point], np.arange(T0 + first, T0 + last + 1, QUARTER))[point]
    return float("nan") if flow.since is None else flow.since / 1000 - T0


def test_of_days_that_are_packed_and_of_one_that_is_not(path: Path) -> None:
    ring = started(path)
    fed(ring, 0, 10 * HOUR)
    assert since(ring, "roof.power") == 0 and isnan(since(ring, "barn.power"))
    fed(ring, 10 * HOUR, CAME + HOUR)
    quarter = CAME - CAME % QUARTER
    assert quarter <= since(ring, "barn.power") <= CAME + 10 and quarter <= since(ring, "barn.energy") <= CAME + 10
    fed(ring, CAME + HOUR, 3 * DAY)
    assert since(ring, "barn.energy", 2 * DAY, 3 * DAY) == quarter
    assert since(ring, "barn.power") == quarter + QUARTER, "too little of the first one is known"
    assert since(ring, "roof.power") == 0 and isnan(since(ring, "shed.power"))
    assert ring.close()


def test_of_the_very_first_second(path: Path) -> None:
    ring = Ring.open(path, StillClock())
    ring.append(Column((T0 + 7) * 1000, {"roof.power": 1000}), SERIES)
    assert since(ring, "roof.power") == 7 and isnan(since(ring, "barn.power"))
    ring.start()
    assert ring.flush() and since(ring, "roof.power") == 7
    assert ring.close()


def test_an_imported_past_counts(path: Path) -> None:
    ring = started(path)
    fed(ring, 0, 2 * DAY + HOUR)
    assert ring.close()
    with PastWriter.opened(path, (T0 + 3 * DAY) * 1000, 64 << 20) as past:
        past.seconds(SERIES["barn.power"], T0 // DAY - 40, np.full(DAY, 700, np.int32))
    ring = started(path)
    assert since(ring, "barn.power") == -40 * DAY and since(ring, "barn.energy") > DAY
    assert ring.close()


def test_a_month_that_is_damaged_was_there(path: Path) -> None:
    ring = started(path)
    fed(ring, 0, 2 * DAY)
    assert ring.close()
    with sqlite3.connect(path) as db:
        db.execute("UPDATE energy SET b = zeroblob(length(b))")
    db.close()
    ring = started(path)
    month = np.datetime64(T0, "s").astype("datetime64[M]").astype("datetime64[s]").astype(int)
    assert since(ring, "roof.power") == month - T0
    assert ring.close()


def test_what_was_told_of_the_device_in_its_place_counts(path: Path) -> None:
    ring = started(path)
    fed(ring, 0, 2 * DAY)
    assert ring.close()
    clock = StillClock()
    clock.ms += 2 * DAY * 1000
    ring = Ring.open(path, clock)
    ring.join("b", "r")
    ring.start()
    assert since(ring, "barn.power") == 0
    assert ring.close()
