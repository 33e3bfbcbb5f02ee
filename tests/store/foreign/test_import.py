"""Imports beside what is known: nothing is ever changed, nothing comes in twice, a dry run tells it all before."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from hub.errors import ShemsError, UserError
from hub.model import Column, quantity
from hub.store.foreign import Entry
from hub.store.foreign.points import point_of
from hub.store.foreign.units import conversion
from hub.store.ring import Ring, SeriesInfo
from hub.store.ring.energy import Mark
from tests.store.foreign.kit import csv_of, lasts, means, reader, rehearsed, site, taken, told, utc
from tests.store.house import StillClock

ROOT = Path(__file__).parents[3]
DAY = utc("2026-02-01T00:00")
POINT = point_of(site(), "grid.power")


@pytest.fixture
def history(tmp_path: Path) -> Path:
    return tmp_path / "history.db"


def lines(start: int, interval: int, values: Iterator[int] | range, header: str = "time,grid.power") -> str:
    return "\n".join([header, *(f"{start + interval * k},{v}" for k, v in enumerate(values))])


def recorded(path: Path, first: int, last: int, value: int = 7) -> None:
    """The hub runs from `first` to `last` (s UTC), every tenth second; it packs the days that are over."""
    ring = Ring.open(path, StillClock())
    ring.start()
    for t in range(first, last, 10):
        ring.append(Column(t * 1000, {POINT.id: value}), {POINT.id: SeriesInfo.of(POINT)})
        assert t % 3600 or ring.flush()
    assert ring.settle() and ring.close()


def bytes_of(path: Path) -> dict[str, bytes]:
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return {p.name: p.read_bytes() for p in path.parent.iterdir() if p.name in ("history.db", "history.hot")}


@pytest.mark.parametrize("interval", [10, 900, 3600])
@pytest.mark.parametrize("header", ["time,grid.power", "time,grid.energy_import"])
def test_a_dry_run_tells_the_same_and_writes_nothing(tmp_path: Path, history: Path, interval: int, header: str) -> None:
    source = csv_of(tmp_path, lines(DAY + 3000, interval, range(200), header))
    nothing = rehearsed(source, history)
    assert not history.exists() and nothing.new > 0
    assert told(taken(source, history)) == told(nothing)
    before = bytes_of(history)
    again = rehearsed(source, history)
    assert bytes_of(history) == before and again.new == 0
    assert told(taken(source, history)) == told(again)
    assert bytes_of(history) == before


def test_recorded_seconds_stay_and_what_is_between_them_is_filled(tmp_path: Path, history: Path) -> None:
    recorded(history, DAY, DAY + 90_000)
    report = taken(csv_of(tmp_path, lines(DAY - 20, 1, range(100, 160))), history)
    got = lasts(history, "grid.power", "2026-01-31T23:59:40", "2026-02-01T00:00:41")
    ours = [7.0 if s >= 0 and s % 10 == 0 else 120.0 + s for s in range(-20, 40)]
    assert got[:60] == ours
    assert (report.points[0].new_seconds, report.points[0].known_seconds) == (56, 4)


def test_means_leave_a_day_with_seconds_alone(tmp_path: Path, history: Path) -> None:
    recorded(history, DAY, DAY + 90_000)
    report = taken(csv_of(tmp_path, lines(DAY - 86_400, 3600, range(48))), history)
    assert (report.points[0].new_buckets, report.points[0].known_buckets) == (24, 24)
    assert means(history, "grid.power", "2026-01-31T22:00", "2026-02-01T02:00", 3600) == [22, 23, 7, 7]


def test_a_day_in_two_files_comes_together(tmp_path: Path, history: Path) -> None:
    """As months in local time do: the second file begins within the first one's last UTC day, and in an hour of it."""
    whole = csv_of(tmp_path, lines(DAY, 900, range(96)))
    other = tmp_path / "other.db"
    taken(whole, other)
    for first, last in ((0, 50), (40, 96)):
        report = taken(csv_of(tmp_path, lines(DAY + 900 * first, 900, range(first, last))), history)
    assert report.points[0].new_buckets == 46 * 3 and report.points[0].known_buckets == 10 * 3
    for step in (900, 3600, 86_400):
        span = "2026-02-01T00:00", "2026-02-02T00:00", step
        assert means(history, "grid.power", *span) == means(other, "grid.power", *span)
    at = np.arange(DAY, DAY + 86_401, 900)
    one, two = (reader(p).energy(["grid.power"], at)["grid.power"].plus.tolist() for p in (history, other))
    assert one == two


def test_finer_means_do_not_replace_hourly_ones(tmp_path: Path, history: Path) -> None:
    taken(csv_of(tmp_path, lines(DAY, 3600, range(10))), history)
    report = taken(csv_of(tmp_path, lines(DAY, 900, range(96))), history)
    assert report.points[0].known_buckets == 120
    got = means(history, "grid.power", "2026-02-01T00:00", "2026-02-01T12:00", 3600)
    assert got == [*range(10), 41.5, 45.5]


def test_a_day_whose_seconds_the_budget_has_taken_stays_as_it_is(tmp_path: Path, history: Path) -> None:
    recorded(history, DAY, DAY + 90_000)
    with closing(sqlite3.connect(history)) as db:
        db.execute("DELETE FROM raw")
        db.commit()
    for text in (lines(DAY, 10, range(8000)), lines(DAY, 900, range(96)), lines(DAY, 3600, range(24))):
        assert taken(csv_of(tmp_path, text), history).new == 0
    assert means(history, "grid.power", "2026-02-01T00:00", "2026-02-01T04:00", 3600) == [7] * 4


def test_days_of_the_hub_itself_are_refused_and_said(tmp_path: Path, history: Path) -> None:
    recorded(history, DAY + 86_400, DAY + 90_000)
    report = taken(csv_of(tmp_path, lines(DAY, 3600, range(72))), history)
    assert report.points[0].refused_days == 2 and report.points[0].new_buckets == 24
    assert "2 days refused: not over, or recorded by the hub itself" in "\n".join(report.lines())
    today = taken(csv_of(tmp_path, lines(DAY, 3600, range(72))), tmp_path / "new.db", now=DAY + 86_400 + 5)
    assert today.points[0].refused_days == 2


@pytest.mark.parametrize("header", ["time,grid.power", "time,grid.energy_import"])
def test_whole_hours_are_told_whole_and_quarters_of_them_are_estimated(
    tmp_path: Path, history: Path, header: str
) -> None:
    taken(csv_of(tmp_path, lines(DAY, 3600, range(49), header)), history)

    def estimated(step: int, offset: int = 0) -> list[bool]:
        edges = np.arange(DAY + offset, DAY + 2 * 86_400 + 1, step)
        flow = reader(history).energy([header[5:]], edges)[header[5:]]
        assert (flow.marks & Mark.IMPORTED > 0).all()
        return [bool(m & Mark.INTERPOLATED) for m in flow.marks.tolist()]

    assert (estimated(86_400), estimated(3600), estimated(900)) == ([False] * 2, [False] * 48, [True] * 192)
    assert estimated(86_400, 1800) == [True], "of a day that begins at half past"


def test_an_hour_that_is_known_in_part_is_estimated(tmp_path: Path, history: Path) -> None:
    text = lines(DAY, 3600, range(49)).splitlines()
    taken(csv_of(tmp_path, "\n".join([*text[:13], f"{DAY + 41_400},5", *text[14:]])), history)
    edges = np.arange(DAY, DAY + 86_401, 3600)
    flow = reader(history).energy(["grid.power"], edges)["grid.power"]
    assert [k for k, m in enumerate(flow.marks.tolist()) if m & Mark.INTERPOLATED] == [12]


def test_the_hub_goes_on_after_an_import(tmp_path: Path, history: Path) -> None:
    taken(csv_of(tmp_path, lines(DAY, 900, range(96))), history, now=DAY + 2 * 86_400)
    recorded(history, DAY + 2 * 86_400 + 50_000, DAY + 4 * 86_400)
    assert means(history, "grid.power", "2026-02-01T00:00", "2026-02-04T23:00", 86_400) == [47.5, None, 7, 7]
    report = taken(csv_of(tmp_path, lines(DAY + 86_400, 900, range(96))), history, now=DAY + 4 * 86_400)
    assert report.points[0].new_buckets == 288


@pytest.mark.parametrize(
    ("own", "filled"), [(1000 + 42_000, 42_000), (1000, 0), (900, None), (90_000_000, None)]
)  # goes on, stands still, was reset, is another meter
def test_what_a_counter_counted_between_the_import_and_the_hub(
    tmp_path: Path, history: Path, own: int, filled: int | None
) -> None:
    counter = point_of(site(), "grid.energy_import")
    ring = Ring.open(history, StillClock())
    ring.start()
    for t in range(DAY + 86_400 + 3000, DAY + 3 * 86_400, 10):
        ring.append(Column(t * 1000, {counter.id: own}), {counter.id: SeriesInfo.of(counter)})
        assert t % 3600 or ring.flush()
    assert ring.settle() and ring.close()
    text = "\n".join(["time,grid.energy_import", *(f"{DAY + 600 * k},{100 * k}" for k in range(11))])
    for _ in range(2):
        taken(csv_of(tmp_path, text), history, now=DAY + 3 * 86_400)
        edges = np.arange(DAY, DAY + 2 * 86_400 + 1, 900)
        flow = reader(history).energy([counter.id], edges)[counter.id]
        assert flow.plus[:6].sum() == pytest.approx(900)
        hole, seam = slice(7, (86_400 + 3000) // 900), slice(6, (86_400 + 3000) // 900 + 1)
        if filled is None:
            assert np.isnan(flow.plus[hole]).all()
        else:
            assert flow.plus[seam].sum() == pytest.approx(filled + 100) and np.ptp(flow.plus[hole]) <= 0.11
            assert flow.plus[7] == pytest.approx(filled * 900 / (86_400 + 3000 - 6000), abs=0.1)
            assert (flow.marks[hole] == Mark.INTERPOLATED | Mark.OPEN_START | Mark.OPEN_END).all()
        assert flow.plus[-90:].tolist() == [0.0] * 90


HUB = """
import sys
from pathlib import Path
from hub.store.ring import Ring
from tests.store.house import StillClock
ring = Ring.open(Path(sys.argv[1]), StillClock())
print("ready", flush=True)
sys.stdin.read()
"""


def test_a_running_hub_is_said(tmp_path: Path, history: Path) -> None:
    source = csv_of(tmp_path, lines(DAY, 900, range(96)))
    command = [sys.executable, "-c", HUB, str(history)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as hub:
        assert hub.stdout and hub.stdout.readline() == b"ready\n"
        with pytest.raises(ShemsError, match="another SHEMS uses this history; stop it first"):
            taken(source, history)
        assert rehearsed(source, history).new == 288
        assert hub.stdin
        hub.stdin.close()


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (
            Entry("p", "gird.power"),
            r"map.toml: 'p': gird.power: the site document has no device 'gird'; did you mean 'grid'",
        ),
        (Entry("p", "grid.powr"), "grid.powr: unknown quantity 'powr'; did you mean 'power'"),
        (Entry("p", "power"), "'power' is not a point"),
        (Entry("q", "grid.power"), "'q' is not in the file"),
        (Entry("p", "grid.power", unit="°C"), "'°C' is no unit of grid.power"),
    ],
)
def test_a_map_that_does_not_fit_is_explained(tmp_path: Path, history: Path, entry: Entry, said: str) -> None:
    with pytest.raises(UserError, match=said):
        rehearsed(csv_of(tmp_path, lines(DAY, 900, range(9), "time,p")), history, [entry])


def test_two_names_for_one_point_are_refused(tmp_path: Path, history: Path) -> None:
    source = csv_of(tmp_path, "time,a,b\n1769904000,1,2\n")
    with pytest.raises(UserError, match=r"'b' and 'a' are both grid.power; keep one"):
        rehearsed(source, history, [Entry("a", "grid.power"), Entry("b", "grid.power")])


@pytest.mark.parametrize(
    ("unit", "name", "value", "ours"),
    [
        ("kW", "power", 1.5, 1500),
        ("MW", "power", 0.001, 1000),
        ("mW", "power", 2000, 2),
        ("KW", "power", 1, 1000),
        ("kWh", "energy_import", 1.5, 1500),
        ("MJ", "energy", 3.6, 1000),
        ("°F", "temperature", 212, 100),
        ("K", "temperature", 273.15, 0),
        ("EUR/kWh", "price_import", 0.28731, 28731),
        ("ct/kWh", "price_import", 28.731, 28731),
        ("EUR/MWh", "price_export", 81.1, 8110),
        ("L", "water", 1500, 1.5),
        ("%", "power_factor", 98, 0.98),
        ("", "voltage", 230, 230),
    ],
)
def test_units(unit: str, name: str, value: float, ours: float) -> None:
    found = conversion(unit, quantity(name))
    assert found and value * found.factor + found.offset == pytest.approx(ours)


@pytest.mark.parametrize(
    ("unit", "name"), [("V", "power"), ("Wh", "soc"), ("kWh", "gas"), ("EUR", "price_import"), ("x", "on")]
)
def test_units_that_do_not_fit(unit: str, name: str) -> None:
    assert conversion(unit, quantity(name)) is None
