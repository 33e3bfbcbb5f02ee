"""A point has one past, whatever its series: with another scale, of another device, or of parts of a second."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pytest

from hub.model import Column
from hub.store.ring import Buckets, Flow, Ring, SeriesInfo
from hub.store.ring.energy import Mark
from hub.store.ring.levels import DAY, QUARTER
from hub.store.ring.reader import Reader
from tests.store.house import T0, StillClock, plain

POWER = SeriesInfo("g.power", "gauge", 1.0, "W")
METER = SeriesInfo("g.energy_import", "counter", 1.0, "Wh")
POINTS = {"grid.power": "g.power", "grid.energy": "g.energy_import"}


def scaled(info: SeriesInfo, scale: float, key: str = "") -> SeriesInfo:
    return SeriesInfo(key or info.key, info.kind, scale, info.unit)


def recorded(path: Path, seconds: Iterable[int], told: Callable[[int], dict[SeriesInfo, int]]) -> Reader:
    """A ring that has been told so many seconds after T0; it is started anew when other series come."""
    ring, series = Ring.open(path, StillClock()), set[SeriesInfo]()
    ring.start()
    for k in seconds:
        values = told(k)
        if series and series != set(values):
            assert ring.close()
            ring = Ring.open(path, StillClock())
            ring.start()
        series = set(values)
        names = {info.key: info for info in values}
        ring.append(Column((T0 + k) * 1000, {info.key: v for info, v in values.items()}), names)
        assert k % 3600 or ring.flush()
    assert ring.settle() and ring.close()
    return Ring.look(path, POINTS.get)[0]


def swapped(path: Path, at: int, uid: str) -> None:
    """By the owner's word, at second `at` after T0, `g` takes the place of the device `uid`."""
    clock = StillClock()
    clock.ms += at * 1000
    ring = Ring.open(path, clock)
    ring.start()
    ring.join("g", uid)
    assert ring.close()


def flowed(reader: Reader, point: str, first: int, last: int, step: int = QUARTER) -> Flow:
    return reader.energy([point], np.arange(T0 + first, T0 + last + 1, step))[point]


def asked(reader: Reader, first: int, last: int, step: int) -> Buckets:
    return reader.query(["grid.power"], (T0 + first) * 1000, (T0 + last) * 1000, step * 1000)["grid.power"]


# -- where a question ends -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("begin", [0, DAY], ids=["not packed", "a packed day before"])
@pytest.mark.parametrize("unread", [range(300, 3300), range(-4000, 3300)], ids=["of today", "since yesterday"])
def test_a_question_gives_what_its_quarters_give(path: Path, begin: int, unread: range) -> None:
    hours = range(begin - 7200 if begin else 0, begin + 7200)
    reader = recorded(path, (k for k in hours if k - begin not in unread), lambda k: {METER: 1000 + k})
    first, last = hours.start, hours.stop
    all_in_one = flowed(reader, "grid.energy", first, last)
    alone = [flowed(reader, "grid.energy", t, t + QUARTER).plus[0] for t in range(first, last, QUARTER)]
    assert plain(alone) == plain(all_in_one.plus)
    known = np.isfinite(all_in_one.plus)
    assert all_in_one.plus[known][1:-1].tolist() == pytest.approx([900.0] * (int(known.sum()) - 2), abs=1)
    half_hours = flowed(reader, "grid.energy", first, last, 2 * QUARTER).plus
    assert np.nansum(half_hours) == np.nansum(all_in_one.plus)


# -- another scale ---------------------------------------------------------------------------------------------------


def test_energies_of_a_counter_whose_scale_has_changed(path: Path) -> None:
    tens = scaled(METER, 10.0)
    reader = recorded(path, range(3600), lambda k: {METER: k} if k < 1800 else {tens: k // 10})
    assert flowed(reader, "grid.energy", 0, 3600).plus.tolist() == [900, 899, 900, 890]


def test_a_quarter_in_which_the_scale_has_changed_is_of_both(path: Path) -> None:
    fine = scaled(METER, 0.1)
    reader = recorded(path, range(3600), lambda k: {METER: k} if k < 1300 else {fine: k * 10})
    assert flowed(reader, "grid.energy", 0, 3600).plus.tolist() == pytest.approx([900, 899, 900, 899], abs=1)


def test_means_of_a_bucket_in_which_the_scale_has_changed(path: Path) -> None:
    fine = scaled(POWER, 0.1)
    reader = recorded(path, range(3600), lambda k: {POWER: 1000} if k < 1200 else {fine: 25_000})
    for step in (1800, 3600):
        b = asked(reader, 0, 3600, step)
        assert b.count.sum() == 3600 and (b.min[0], b.max[0]) == (1000, 2500)
        assert b.mean[0] == pytest.approx(2000 if step == 3600 else 1500)
        assert b.last[-1] == 2500


def test_parts_of_a_second_keep_their_scale(path: Path) -> None:
    half, fine = scaled(POWER, 1.0, "g.power~1/2"), scaled(POWER, 0.1)
    fine_half = scaled(POWER, 0.1, "g.power~1/2")
    reader = recorded(
        path, range(120), lambda k: {POWER: 1000, half: 1000} if k < 60 else {fine: 10_000, fine_half: 10_000}
    )
    b = asked(reader, 0, 120, 60)
    assert b.mean.tolist() == b.min.tolist() == b.max.tolist() == [1000, 1000] and b.count.tolist() == [120, 120]
    parts = reader.query(["grid.power"], T0 * 1000, (T0 + 120) * 1000, 500)["grid.power"]
    assert plain(parts.last) == [1000] * 240


# -- another device --------------------------------------------------------------------------------------------------


def test_the_quarter_in_which_a_meter_was_swapped_is_of_both(path: Path) -> None:
    old = scaled(METER, 1.0, "o.energy_import")
    recorded(path, range(4201), lambda k: {old: 50_000 + k})
    swapped(path, 4210, "o")
    reader = recorded(path, range(4220, 7200), lambda k: {METER: k - 4220})
    flow = flowed(reader, "grid.energy", 0, 7200)
    assert flow.plus[4] == pytest.approx(880, abs=2) and flow.plus[5:7].tolist() == [900, 900]
    assert flow.marks[4] & Mark.INTERPOLATED


@pytest.mark.parametrize("more", [0, 600], ids=["ended", "ran on"])
def test_the_hour_in_which_a_device_was_swapped_is_of_both(path: Path, more: int) -> None:
    """An old device that ran on beside the new one is not counted twice: then the new one has the bucket."""
    old, at = scaled(POWER, 1.0, "o.power"), 2000
    recorded(path, range(at), lambda k: {old: 1000})
    swapped(path, at, "o")
    reader = recorded(path, range(at, 7200), lambda k: {POWER: 2000, old: 1000} if k < at + more else {POWER: 2000})
    b = asked(reader, 0, 7200, 3600)
    mean = (at * 1000 + (3600 - at) * 2000) / 3600
    ends = edges_of(reader, 7200)
    for hours in (b, ends):
        if more:
            assert hours.mean.tolist() == [2000, 2000] and hours.count.tolist() == [3600 - at, 3600]
        else:
            assert hours.mean.tolist() == [pytest.approx(mean), 2000] and hours.count.tolist() == [3600, 3600]
            assert (hours.min[0], hours.max[0], hours.last[0]) == (1000, 2000, 2000)


def edges_of(reader: Reader, last: int) -> Buckets:
    return reader.periods(["grid.power"], np.arange(T0, T0 + last + 1, 3600))["grid.power"]


# -- parts of a second -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("last", [7200, DAY + 3600], ids=["today", "packed"])
def test_hours_days_and_energies_know_the_parts_of_a_second(path: Path, last: int) -> None:
    half = scaled(POWER, 1.0, "g.power~1/2")
    seconds = [*range(7200), *range(DAY, last)] if last > 7200 else range(7200)
    reader = recorded(path, seconds, lambda k: {POWER: 0, half: 2000})
    for hours in (asked(reader, 0, 7200, 3600), edges_of(reader, 7200)):
        assert hours.mean.tolist() == [1000, 1000] and hours.max.tolist() == [2000, 2000]
        assert hours.count.tolist() == [7200, 7200]
    assert flowed(reader, "grid.power", 0, 7200, 3600).plus.tolist() == [1000, 1000]


def test_a_device_that_comes_back_for_its_successor_has_all_of_the_past(tmp_path: Path) -> None:
    known = {f"{d}.power": SeriesInfo(f"{d}.power", "gauge", 1.0, "W") for d in ("a", "b")}
    for k, (device, before) in enumerate((("a", ""), ("b", "a"), ("a", "b"))):
        clock = StillClock()
        clock.ms = (T0 + 100 * k) * 1000
        ring = Ring.open(tmp_path / "history.db", clock)
        if before:
            ring.join(device, before)
        ring.start()
        ring.append(Column((T0 + 100 * k) * 1000, {f"{device}.power": 5 + k}), known)
        assert ring.close()
    reader, _ = Ring.look(tmp_path / "history.db", lambda p: known[p].key)
    told = reader.query(["a.power"], T0 * 1000, (T0 + 300) * 1000, 1000)["a.power"]
    assert told.count.sum() == 3 and not ring.problems


def test_a_word_that_is_given_before_the_time_is_known_takes_no_past_away(path: Path) -> None:
    recorded(path, range(100), lambda k: {scaled(POWER, 1.0, "o.power"): 1000})
    swapped(path, -DAY, "o")
    reader, _ = Ring.look(path, POINTS.get)
    assert asked(reader, 0, 100, 100).count.sum() == 100


def test_a_word_that_was_a_mistake_is_taken_back(tmp_path: Path) -> None:
    """Whose past is told as that of `g` is what the owner says now; what was said for a device that is gone stays."""
    path = tmp_path / "history.db"
    known = {f"{d}.power": SeriesInfo(f"{d}.power", "gauge", 1.0, "W") for d in ("o", "x", "g")}
    recorded(path, range(2), lambda k: {known["o.power" if k else "x.power"]: 5 + k})

    def told(before: str) -> list[object]:
        clock = StillClock()
        clock.ms += 10_000
        ring = Ring.open(path, clock)
        ring.join("g", before)
        own = ring.reader(lambda p: known[p].key).query(["g.power"], T0 * 1000, (T0 + 2) * 1000, None)["g.power"]
        ring.start()
        assert ring.close() and not ring.problems
        reader, _ = Ring.look(path, lambda p: known[p].key)
        kept = reader.query(["g.power"], T0 * 1000, (T0 + 2) * 1000, None)["g.power"]
        assert plain(kept.last) == plain(own.last)
        return plain(own.last)

    assert told("x") == [5, None]
    assert told("o") == [None, 6]
    assert told("") == [None, None]
    assert told("o") == [None, 6]
    with sqlite3.connect(path) as db:
        words = db.execute("SELECT kind, numbers FROM event WHERE kind IN ('joined', 'parted')").fetchall()
        assert [(kind, json.loads(n)["before"]) for kind, n in words] == [
            *(("joined", "x"), ("parted", "x"), ("joined", "o"), ("parted", "o"), ("joined", "o"))
        ]
    db.close()
