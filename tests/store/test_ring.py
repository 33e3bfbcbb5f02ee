"""Seconds go in; they are there at once, after a flush, after a seal and after a restart."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import numpy as np
import pytest

from hub.errors import ShemsError, UserError
from hub.model import Column, Point
from hub.store.ring import Buckets, Ring, SeriesInfo
from tests.store.house import SERIES, T0, StillClock, feed, known, plain, reader_of, values_at

POWERS = [float(values_at(k)["grid.power"]) for k in range(9000)]


def told(buckets: Buckets) -> list[list[object]]:
    b = buckets
    return [b.t.tolist(), plain(b.mean), plain(b.min), plain(b.max), plain(b.last), b.count.tolist()]


def test_a_second_is_there_at_once(ring: Ring) -> None:
    feed(ring, 0, 3)
    assert known(ring, 0, 5) == [*POWERS[:3], None, None]


def test_values_come_back_as_what_they_mean(ring: Ring) -> None:
    feed(ring, 0, 1)
    got = reader_of(ring).query(list(SERIES), T0 * 1000, T0 * 1000 + 1000, None)
    assert {p: b.last[0] for p, b in got.items()} == {
        "grid.power": POWERS[0],
        "grid.voltage": 230.0,
        "plug.on": False,
        "car.mode": "solar",
        "grid.energy": 0.0,
    }
    assert plain(got["car.mode"].mean) == [None] and plain(got["grid.voltage"].mean) == [230.0]


def test_flushed_seconds_survive_a_restart_without_a_close(path: Path, clock: StillClock, ring: Ring) -> None:
    feed(ring, 0, 25)
    assert ring.flush()
    feed(ring, 25, 31)
    again = Ring.open(path, clock)
    assert known(again, 0, 25) == POWERS[:25]
    assert again.last_ms >= (T0 + 24) * 1000


def test_hours_are_sealed_and_go_on_after_a_restart(path: Path, clock: StillClock, ring: Ring) -> None:
    feed(ring, 0, 8000)
    assert ring.close()
    again = Ring.open(path, clock)
    again.start()
    assert known(again, 0, 8000) == POWERS[:8000]
    feed(again, 8000, 9000)
    assert known(again, 0, 9000) == POWERS
    assert again.close() and not again.problems


def test_buckets_hold_min_mean_max_last_and_gaps(ring: Ring) -> None:
    feed(ring, 0, 60)
    feed(ring, 120, 150)
    got = reader_of(ring).query(["grid.power"], T0 * 1000, (T0 + 180) * 1000, 60_000)["grid.power"]
    minute, half = POWERS[:60], POWERS[120:150]
    assert got.t.tolist() == [(T0 + s) * 1000 for s in (0, 60, 120)]
    assert got.count.tolist() == [60, 0, 30]
    assert plain(got.mean) == [pytest.approx(sum(minute) / 60), None, pytest.approx(sum(half) / 30)]
    assert plain(got.min) == [min(minute), None, min(half)] and plain(got.max) == [max(minute), None, max(half)]
    assert plain(got.last) == [minute[-1], None, half[-1]]


def test_buckets_are_the_same_before_and_after_sealing(ring: Ring) -> None:
    feed(ring, 0, 3600)
    ask = ("grid.voltage", "plug.on", "car.mode"), T0 * 1000, (T0 + 3600) * 1000, 900_000
    before = reader_of(ring).query(*ask)
    feed(ring, 3600, 3601)
    assert ring.flush()
    after = reader_of(ring).query(*ask)
    assert {p: told(b) for p, b in after.items()} == {p: told(b) for p, b in before.items()}


def test_late_seconds_fill_the_open_hour_and_change_nothing_that_is_known(ring: Ring) -> None:
    feed(ring, 100, 110)
    feed(ring, 50, 60)
    feed(ring, 105, 110)
    assert known(ring, 50, 60) == POWERS[50:60] and known(ring, 60, 61) == [None]
    assert ring.incidents.late == 15 and ring.problems == []
    ring.append(Column((T0 + 105) * 1000, {"grid.power": 77}), SERIES)
    assert known(ring, 100, 110) == POWERS[100:110]
    feed(ring, -10, 0)
    assert known(ring, -10, 0) == [None] * 10
    assert ring.incidents.backwards == 10 and "clock was behind" in ring.problems[0]


def test_what_was_not_stored_is_a_problem_for_a_while_only(ring: Ring, clock: StillClock) -> None:
    feed(ring, 100, 110)
    feed(ring, -50, -40)
    assert len(ring.problems) == 1
    clock.ms += 601_000
    assert ring.problems == []


def test_nothing_is_added_to_a_sealed_hour_after_a_restart(path: Path, clock: StillClock, ring: Ring) -> None:
    feed(ring, 0, 3601)
    ring.close()
    again = Ring.open(path, clock)
    feed(again, 10, 20)
    assert again.incidents.backwards == 10


def test_the_later_column_of_one_second_wins(ring: Ring) -> None:
    ring.append(Column(T0 * 1000 + 10, {"grid.power": 1, "grid.energy": 5}), SERIES)
    assert ring.flush()
    ring.append(Column(T0 * 1000 + 990, {"grid.power": 2}), SERIES)
    assert known(ring, 0, 1) == [2.0] and known(ring, 0, 1, "grid.energy") == [None]


def test_the_later_column_wins_after_a_restart_too(path: Path, clock: StillClock, ring: Ring) -> None:
    ring.append(Column(T0 * 1000 + 10, {"grid.power": 1, "grid.energy": 5}), SERIES)
    ring.flush()
    ring.append(Column(T0 * 1000 + 990, {"grid.power": 2}), SERIES)
    ring.close()
    again = Ring.open(path, clock)
    assert known(again, 0, 1) == [2.0] and known(again, 0, 1, "grid.energy") == [None]


def test_series_come_and_go(path: Path, clock: StillClock, ring: Ring) -> None:
    for k in range(7300):
        values = {"grid.power": k} if k < 5000 else {}
        if k >= 2000:
            values["grid.energy"] = k
        ring.append(Column((T0 + k) * 1000, values), SERIES)
    ring.close()
    again = Ring.open(path, clock)
    assert known(again, 4998, 5002) == [4998.0, 4999.0, None, None]
    assert known(again, 1999, 2001, "grid.energy") == [None, 2000.0]
    assert known(again, 7299, 7300, "grid.energy") == [7299.0]


def test_more_series_than_fit_the_first_buffer(path: Path, clock: StillClock, ring: Ring) -> None:
    many = {f"d{i}.power": SeriesInfo(f"u{i}.power", "gauge") for i in range(300)}
    for k in range(20):
        ring.append(Column((T0 + k) * 1000, {p: i + k for i, p in enumerate(many) if i <= k * 20}), many)
    ring.close()
    again = Ring.open(path, clock).reader(lambda p: many[p].key)
    got = again.query(["d299.power"], T0 * 1000, (T0 + 20) * 1000, None)["d299.power"].last
    assert plain(got) == [None] * 15 + [299.0 + k for k in range(15, 20)]


def test_a_changed_scale_is_a_new_series_under_the_same_key(path: Path, clock: StillClock, ring: Ring) -> None:
    fine = {"grid.power": SeriesInfo("g.power", "gauge", 0.1, "W")}
    ring.append(Column(T0 * 1000, {"grid.power": 100}), SERIES)
    ring.close()
    again = Ring.open(path, clock)
    again.append(Column((T0 + 1) * 1000, {"grid.power": 100}), fine)
    assert known(again, 0, 2) == [100.0, 10.0]
    got = reader_of(again).query(["grid.power"], T0 * 1000, (T0 + 60) * 1000, 60_000)["grid.power"]
    assert plain(got.last) == [10.0]


def test_a_renamed_device_keeps_its_past(ring: Ring) -> None:
    old, new = Point.of("u1", "meter", "power"), Point.of("u1", "main_meter", "power")
    ring.append(Column(T0 * 1000, {old.id: 1}), {old.id: SeriesInfo.of(old)})
    ring.append(Column((T0 + 1) * 1000, {new.id: 2}), {new.id: SeriesInfo.of(new)})
    got = ring.reader({new.id: new.series}.get).query([new.id, "x.y"], T0 * 1000, (T0 + 2) * 1000, None)
    assert plain(got[new.id].last) == [1.0, 2.0] and plain(got["x.y"].last) == [None, None]


def test_a_replaced_device_has_the_past_of_the_one_before_by_the_owners_word(
    path: Path, clock: StillClock, ring: Ring
) -> None:
    old, new = Point.of("u1", "meter", "energy_import"), Point.of("u2", "grid", "energy_import")
    for k in range(900):
        ring.append(Column((T0 + k) * 1000, {old.id: 50_000 + k}), {old.id: SeriesInfo.of(old)})
    ring.close()
    clock.ms = (T0 + 900) * 1000
    again = Ring.open(path, clock)
    for _ in range(2):
        again.join("u2", "u1")
    again.start()
    for k in range(900, 1800):
        values = {new.id: k - 900, old.id: 60_000}
        again.append(Column((T0 + k) * 1000, values), {p.id: SeriesInfo.of(p) for p in (old, new)})
    ask = [new.id], T0 * 1000, (T0 + 1800) * 1000, None
    cut = np.array([T0, T0 + 900, T0 + 1800])
    assert again.flush()
    for reader in (again.reader({new.id: new.series}.get), Ring.look(path, {new.id: new.series}.get)[0]):
        both = [50_000.0 + k for k in range(900)] + [float(k) for k in range(900)]
        assert plain(reader.query(*ask)[new.id].last) == both
        assert reader.energy([new.id], cut)[new.id].plus.tolist() == [899, 899]
    again.close()


def test_a_value_beyond_32_bits_is_missing_and_counted(ring: Ring) -> None:
    ring.append(Column(T0 * 1000, {"grid.power": 2**31, "grid.energy": 2**31 - 1}), SERIES)
    assert known(ring, 0, 1) == [None] and known(ring, 0, 1, "grid.energy") == [2.0**31 - 1]
    assert ring.incidents.out_of_range == 1


def test_readers_during_seals_see_every_second_once(ring: Ring) -> None:
    feed(ring, 0, 3600)
    wrong: list[object] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            got = reader_of(ring).query(["grid.energy"], T0 * 1000, (T0 + 3600) * 1000, 3_600_000)["grid.energy"]
            if got.count.tolist() != [3600] or got.last[0] != 3599.0:
                wrong.append(got)

    threads = [threading.Thread(target=read) for _ in range(3)]
    for t in threads:
        t.start()
    feed(ring, 3600, 5 * 3600)
    assert ring.flush()
    done.set()
    for t in threads:
        t.join()
    assert wrong == [] and ring.problems == []


def test_a_day_of_one_series_is_read_in_time(ring: Ring) -> None:
    feed(ring, 0, 86_400)
    ring.flush()
    reader, took = reader_of(ring), []
    for _ in range(5):
        began = time.perf_counter()
        reader.query(["grid.power"], T0 * 1000, (T0 + 86_400) * 1000, 60_000)
        took.append(time.perf_counter() - began)
    assert min(took) < 0.030


@pytest.mark.parametrize(
    ("start", "end", "step"), [(5, 5, None), (0, 10**13, None), (0, 1000, 1500), (0, 1000, 20), (9, 0, 60_000)]
)
def test_senseless_questions_are_refused(ring: Ring, start: int, end: int, step: int | None) -> None:
    with pytest.raises(UserError):
        reader_of(ring).query(["grid.power"], start, end, step)


def test_a_missing_folder_is_explained(tmp_path: Path, clock: StillClock) -> None:
    with pytest.raises(ShemsError, match=r"gone/history\.db.*create it"):
        Ring.open(tmp_path / "gone" / "history.db", clock)
