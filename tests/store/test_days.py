"""Days that are over are packed: the same answers from a fraction of the bytes, and none twice."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from hub.model import Column
from hub.store.ring import Buckets, Ring, SeriesInfo
from hub.store.ring.budget import file_limit, used
from hub.store.ring.levels import D1, DAY, H1, M1, M15
from hub.store.ring.past import PastWriter
from tests.store.house import T0, StillClock, plain, reader_of

DAY0 = T0
SERIES = {
    "grid.power": SeriesInfo("g.power", "gauge", 1.0, "W"),
    "plug.on": SeriesInfo("p.on", "state", boolean=True),
    "car.mode": SeriesInfo("c.mode", "intent", choices=("off", "solar", "fast")),
    "grid.energy_import": SeriesInfo("g.energy_import", "counter", 1.0, "Wh"),
}
RNG = np.random.default_rng(11)
POWER = np.cumsum(RNG.integers(-30, 31, 3 * DAY)).astype(np.int64)
COUNT = np.cumsum(np.maximum(POWER, 0)) // 3600


def feed(ring: Ring, first: int, last: int) -> None:
    """Seconds [first, last) after DAY0; the fourth hour of each day is missing, and so is every 977th second."""
    for k in range(first, last):
        if k // 3600 % 24 == 3 or k % 977 == 0:
            continue
        values = {"grid.power": int(POWER[k]), "plug.on": k // 500 % 2, "car.mode": k // 40_000 % 3}
        ring.append(Column((DAY0 + k) * 1000, values | {"grid.energy_import": int(COUNT[k])}), SERIES)


def told(buckets: Buckets) -> list[list[object]]:
    b = buckets
    return [b.t.tolist(), plain(b.min), plain(b.max), plain(b.last), b.count.tolist()]


@pytest.fixture(scope="module")
def rings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Ring, Ring]]:
    """Two days and a bit, packed and not packed."""
    packed, loose = (Ring.open(tmp_path_factory.mktemp(n) / "history.db", StillClock()) for n in ("a", "b"))
    for ring in (packed, loose):
        ring.start()
        for hour in range(50):
            feed(ring, hour * 3600, (hour + 1) * 3600)
            if ring is packed:
                assert ring.settle()
            else:
                ring._writer.pack = lambda now_ms: False  # type: ignore[method-assign]
                assert ring.flush()
    yield packed, loose
    packed.close()
    loose.close()


def rows(ring: Ring, table: str) -> int:
    with sqlite3.connect(ring._path) as db:
        return int(db.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def test_what_is_over_is_packed_and_its_hours_are_gone(rings: tuple[Ring, Ring]) -> None:
    packed, loose = rings
    assert rows(packed, "hour") == 1 and rows(packed, "raw") == rows(packed, "m1") == 2 * len(SERIES)
    assert rows(packed, "m15") == rows(packed, "h1") == rows(packed, "d1") == len(SERIES)
    assert rows(loose, "hour") > 40 and rows(loose, "raw") == 0


@pytest.mark.parametrize("step", [1, 7, 60, 300, 900, 3600, 7200, DAY, 2 * DAY])
@pytest.mark.parametrize("point", SERIES)
def test_packed_and_loose_give_the_same_answers(rings: tuple[Ring, Ring], point: str, step: int) -> None:
    span = (DAY0 + 3000) * 1000, (DAY0 + (20_000 if step < 60 else 49 * 3600)) * 1000
    a, b = (reader(ring).query([point], *span, step * 1000)[point] for ring in rings)
    assert told(a) == told(b)
    within = 0.0 if step < 60 else 0.001 if point == "plug.on" else 0.5
    assert plain(a.mean) == [v if v is None else pytest.approx(v, abs=within) for v in plain(b.mean)]
    assert sum(a.count) > 1000


def reader(ring: Ring):  # type: ignore[no-untyped-def]
    return ring.reader(lambda p: SERIES[p].key if p in SERIES else None)


def test_the_seconds_are_the_very_ones(rings: tuple[Ring, Ring]) -> None:
    _, seconds = reader(rings[0]).seconds("grid.power", DAY0 + 3600, DAY0 + 2 * DAY + 60)
    wanted = POWER[3600 : 2 * DAY + 60].astype(np.int32)
    known = seconds != -(2**31)
    assert (seconds[known] == wanted[known]).all()
    assert known.sum() == sum(k // 3600 % 24 != 3 and k % 977 != 0 for k in range(3600, 2 * DAY + 60))


@pytest.mark.parametrize("level", [M1, M15, H1, D1])
def test_rollups_can_be_made_again_from_the_seconds(rings: tuple[Ring, Ring], level: object) -> None:
    step = level.step * 1000  # type: ignore[attr-defined]
    got = reader(rings[0]).query(["grid.power"], DAY0 * 1000, (DAY0 + 2 * DAY) * 1000, step)["grid.power"]
    first = POWER[: level.step]  # type: ignore[attr-defined]
    first = np.array([v for k, v in enumerate(first.tolist()) if k // 3600 % 24 != 3 and k % 977])
    assert (got.min[0], got.max[0], got.last[0]) == (first.min(), first.max(), first[-1])
    assert abs(got.mean[0] - first.mean()) <= 0.5 and got.count[0] == len(first)


def test_packing_goes_on_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    ring = Ring.open(path, StillClock())
    for hour in range(26):
        feed(ring, hour * 3600, (hour + 1) * 3600)
        ring._writer.cycle(lambda: 0)
    import hub.store.ring.writer as writer_module

    writer_module.PACKED_AT_ONCE, kept = 1, writer_module.PACKED_AT_ONCE
    try:
        assert ring._writer.pack(ring.last_ms) and ring._writer.pack(ring.last_ms)
        half = reader(ring).query(list(SERIES), DAY0 * 1000, (DAY0 + DAY) * 1000, DAY * 1000)
        ring.close()
        again = Ring.open(path, StillClock())
        while again._writer.pack(again.last_ms):
            pass
    finally:
        writer_module.PACKED_AT_ONCE = kept
    whole = reader(again).query(list(SERIES), DAY0 * 1000, (DAY0 + DAY) * 1000, DAY * 1000)
    assert {p: told(b) for p, b in half.items()} == {p: told(b) for p, b in whole.items()}
    assert rows(again, "raw") == len(SERIES)
    again.close()


def test_readers_beside_packing_and_eviction_see_whole_days_or_none(tmp_path: Path) -> None:
    """Seconds go when the budget asks for it; the days' sums stay, and nothing is ever told twice or by halves."""
    ring = Ring.open(tmp_path / "history.db", StillClock(), 1_000_000)
    ring.start()
    wrong: list[object] = []
    done = threading.Event()

    def read() -> None:
        mine = reader(ring)
        while not done.wait(0.005):  # the one thread that writes must get its turn
            days = mine.query(["grid.energy_import"], DAY0 * 1000, (DAY0 + 6 * DAY) * 1000, DAY * 1000)
            if any(n > DAY for n in days["grid.energy_import"].count.tolist()):
                wrong.append(days)
            first = mine.seconds("grid.power", DAY0, DAY0 + DAY)[1]
            known = first != -(2**31)
            if known.any() and not (first[known] == POWER[:DAY][known]).all():
                wrong.append(first)

    threads = [threading.Thread(target=read) for _ in range(2)]
    for t in threads:
        t.start()
    noise = RNG.integers(0, 60_000, 3600 * 24 * 4)
    for hour in range(24 * 4):
        for k in range(hour * 3600, (hour + 1) * 3600):
            power = int(POWER[k]) if k < DAY else int(noise[k])
            ring.append(Column((DAY0 + k) * 1000, {"grid.power": power, "grid.energy_import": k}), SERIES)
        assert ring.settle()
    done.set()
    for t in threads:
        t.join()
    assert wrong == [] and ring.problems == []
    assert reader(ring).reach()[0].since > DAY0 * 1000  # type: ignore[operator]
    counts = reader(ring).query(["grid.power"], DAY0 * 1000, (DAY0 + 3 * DAY) * 1000, DAY * 1000)["grid.power"].count
    assert counts.tolist() == [DAY] * 3
    ring.close()


def test_a_budget_that_has_become_smaller_is_reached_a_period_at_a_time(tmp_path: Path) -> None:
    path, info = tmp_path / "history.db", SERIES["grid.power"]
    with PastWriter.opened(path, (DAY0 + 11 * DAY) * 1000, 64 << 20) as past:
        for day in range(10):
            past.seconds(info, DAY0 // DAY + day, RNG.integers(0, 60_000, DAY).astype(np.int32))
    ring = Ring.open(path, StillClock(), 1_000_000)
    writer = ring._writer
    for k in range(3601):
        ring.append(Column((DAY0 + 11 * DAY + k) * 1000, {"grid.power": k}), SERIES)
    assert writer.cycle(lambda: 0)
    left = [rows(ring, "raw")]
    while writer.pack(ring.last_ms):
        left.append(rows(ring, "raw"))
    assert left == list(range(9, 9 - len(left), -1)) and len(left) > 5
    assert used(writer._opened().connection) <= file_limit(1_000_000) and ring.problems == []
    ring.close()


def test_the_reader_knows_nothing_of_a_point_it_has_never_seen(rings: tuple[Ring, Ring]) -> None:
    got = reader_of(rings[0]).query(["x.y"], DAY0 * 1000, (DAY0 + 60) * 1000, None)["x.y"]
    assert plain(got.last) == [None] * 60
