"""A counter's past that is imported in parts is what it is when it is imported at once; no energy is lost at a seam."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.model import Column
from hub.store.ring import Flow, Ring, SeriesInfo
from hub.store.ring.codec import MISSING, Ints
from hub.store.ring.energy import Mark
from hub.store.ring.levels import DAY, QUARTER
from hub.store.ring.past import PastWriter
from tests.store.house import T0, StillClock

METER = SeriesInfo("g.energy_import", "counter", 1.0, "Wh")
UNTIL = T0 + 4 * DAY


def brought(path: Path, readings: Mapping[int, int]) -> None:
    """Imports readings by seconds after T0."""
    days: dict[int, Ints] = {}
    for t, value in sorted(readings.items()):
        days.setdefault(t // DAY, np.full(DAY, MISSING, np.int32))[t % DAY] = value
    with PastWriter.opened(path, UNTIL * 1000, 1 << 28) as past:
        for day, values in days.items():
            past.seconds(METER, T0 // DAY + day, values)


def quarters(path: Path, days: int = 4) -> Flow:
    reader, problems = Ring.look(path, lambda p: METER.key)
    assert not problems
    return reader.energy(["meter"], np.arange(T0, T0 + days * DAY + 1, QUARTER))["meter"]


def every(seconds: int, last: int, watts: float) -> dict[int, int]:
    return {t: round(1000 + t * watts / 3600) for t in range(0, last, seconds)}


@pytest.mark.parametrize("seconds", [300, 900])
def test_a_day_that_is_added_to_leaves_the_one_before_as_it_was(tmp_path: Path, seconds: int) -> None:
    for hours in (36, 42, 45):
        brought(tmp_path / "history.db", every(seconds, hours * 3600, 3600))
        flow = quarters(tmp_path / "history.db")
        whole = hours * 4 - 1
        assert flow.plus[:whole].tolist() == [900.0] * whole


@settings(max_examples=25, deadline=None)
@given(
    st.dictionaries(st.integers(0, 4 * DAY // 300 - 1), st.integers(0, 3), min_size=2, max_size=40),
    st.permutations(range(4)),
)
def test_parts_in_any_order_are_the_whole(part_of: dict[int, int], order: Sequence[int]) -> None:
    readings = {k * 300: 1000 + k * 7 + k * k % 5 for k in part_of}
    with TemporaryDirectory() as folder:
        once, parts = Path(folder) / "once.db", Path(folder) / "parts.db"
        brought(once, readings)
        for part in order:
            brought(parts, {k * 300: readings[k * 300] for k, of in part_of.items() if of == part})
        want, got = quarters(once), quarters(parts)
    assert np.nan_to_num(got.plus, nan=-1) == pytest.approx(np.nan_to_num(want.plus, nan=-1), abs=0.11)
    assert (got.marks & ~Mark.IMPORTED).tolist() == (want.marks & ~Mark.IMPORTED).tolist()
    assert np.nansum(want.plus) == pytest.approx(max(readings.values()) - min(readings.values()), abs=0.01)


@pytest.mark.parametrize("last", [DAY - 300, DAY - 300 - 7 * QUARTER])
def test_the_hole_before_the_hubs_own_days_is_filled_to_the_second(tmp_path: Path, last: int) -> None:
    path, info = tmp_path / "history.db", {"meter": METER}
    ring = Ring.open(path, StillClock())
    ring.start()
    for t in range(DAY + 300, 2 * DAY + 7200, 10):
        ring.append(Column((T0 + t) * 1000, {"meter": 1000 + t}), info)
        assert t % 3600 or ring.flush()
    assert ring.settle() and ring.close()
    brought(path, {t: 1000 + t for t in range(0, last + 1, 300)})
    flow = quarters(path, 2)
    assert flow.plus[:-1].tolist() == [900.0] * (2 * DAY // QUARTER - 1)
    around = range(last // QUARTER, DAY // QUARTER + 1)
    assert all(flow.marks[k] & Mark.INTERPOLATED for k in around)
