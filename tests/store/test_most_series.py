"""A series has a number of two bytes for ever: when all are taken, what is known goes on and what is new is told."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import numpy as np
import pytest

from hub.errors import ShemsError
from hub.model import Column
from hub.store.ring import Ring, SeriesInfo
from hub.store.ring.levels import DAY, MAX_SERIES
from hub.store.ring.past import PastWriter
from tests.store.house import SERIES, T0, StillClock, feed, known, values_at


@pytest.fixture
def nearly_full(path: Path, clock: StillClock) -> Path:
    """A history of the five series of the house, of which the newest has the last number but one."""
    ring = Ring.open(path, clock)
    ring.start()
    feed(ring, 0, 30)
    ring.close()
    with sqlite3.connect(path) as db:
        db.execute("DELETE FROM meta WHERE k = 'registry'")
        db.execute("INSERT INTO series VALUES (?, 'old.power', 'gauge', 1.0, 'W', '[]', 0, 0)", (MAX_SERIES - 1,))
    return path


def test_control_goes_on_and_what_is_not_kept_is_told(nearly_full: Path, clock: StillClock) -> None:
    ring = Ring.open(nearly_full, clock)
    ring.start()
    new = {f"new{k}.power": SeriesInfo(f"n{k}.power", "gauge", 1.0, "W") for k in range(6)}
    for k in range(30, 3700):
        ring.append(Column((T0 + k) * 1000, {"new0.power": k} | values_at(k) | dict.fromkeys(new, k)), SERIES | new)
    assert ring.flush()
    assert known(ring, 0, 3700) == [values_at(k)["grid.power"] for k in range(3700)]
    assert ring.incidents.strangers == [f"n{k}.power" for k in range(1, 6)] and ring.incidents.out_of_range == 0
    [told] = ring.problems
    assert told.startswith("not stored: n1.power, n2.power, n3.power and 2 more: a history tells 65535 series apart")
    assert ring.close()
    again = Ring.open(nearly_full, clock)
    assert again.problems == []
    reader = again.reader({p: s.key for p, s in (SERIES | new).items()}.get)
    first, second = (reader.seconds(p, T0 + 30, T0 + 3700)[1].tolist() for p in ("new0.power", "grid.energy"))
    assert first == second == list(range(30, 3700))
    again.close()


def test_an_import_of_one_too_many_is_refused(nearly_full: Path) -> None:
    values, day = np.full(DAY, 7, np.int32), T0 // DAY - 9
    with PastWriter.opened(nearly_full, T0 * 1000, 1 << 28) as past:
        past.seconds(SeriesInfo("a.power", "gauge", 1.0, "W"), day, values)
        with pytest.raises(ShemsError, match=r"b\.power has no place"):
            past.seconds(SeriesInfo("b.power", "gauge", 1.0, "W"), day, values)
