"""CSV files as households have them: separators, decimal signs, zones, intervals, bad lines."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from hub.errors import UserError
from hub.store.foreign import CsvSource, Entry
from tests.store.foreign.kit import csv_of, lasts, means, reader, taken, utc

VIENNA = ZoneInfo("Europe/Vienna")
QUARTERS = "time;Bezug [kWh];PV (kW)\n01.02.2026 00:00;0,250;0\n01.02.2026 00:15;0,5;1,25\n01.02.2026 00:30;1;-,\n"


@pytest.fixture
def history(tmp_path: Path) -> Path:
    return tmp_path / "history.db"


def test_a_file_in_our_own_words_needs_no_map(tmp_path: Path, history: Path) -> None:
    text = "time,grid.power,plug_tv.on,other\n" + "".join(
        f"2026-02-01T00:00:{s:02}Z,{100 + s},{'on' if s % 2 else 'off'},x\n" for s in range(10)
    )
    report = taken(csv_of(tmp_path, text), history)
    assert lasts(history, "grid.power", "2026-02-01T00:00:00", "2026-02-01T00:00:12") == [
        *(100.0 + s for s in range(10)),
        None,
        None,
    ]
    assert lasts(history, "plug_tv.on", "2026-02-01T00:00:00", "2026-02-01T00:00:03") == [False, True, False]
    assert report.left_out == ["other"] and report.points[0].new_seconds == 10


@pytest.mark.parametrize(
    ("lines", "separator"),
    [
        (("time;p", "2026-02-01T00:00:00Z;1,5", "2026-02-01T00:00:01Z;-2,25"), ";"),
        (("time\tp", "2026-02-01T01:00:00+01:00\t1.5", "2026-02-01T01:00:01+01:00\t-2.25"), "tab"),
        (("time,p", "1769904000,1.5", "1769904001,-2.25"), "s"),
        (("time,p", "1769904000000,1.5", "1769904001000,-2.25"), "ms"),
        (('"time";"p"', "2026-02-01 00:00:00Z;1.0,50", "2026-02-01 00:00:01Z;-2,25"), "quotes"),
        (("p [kW];Datum", "0,0015;2026-02-01T00:00:00Z", "-0,00225;2026-02-01T00:00:01Z"), "time last"),
    ],
)
def test_dialects(tmp_path: Path, history: Path, lines: tuple[str, ...], separator: str) -> None:
    taken(csv_of(tmp_path, "\n".join(lines)), history, [Entry("p", "grid.power", scale=10)])
    wanted = [105.0, -22.0] if separator == "quotes" else [15.0, -22.0]
    assert lasts(history, "grid.power", "2026-02-01T00:00:00", "2026-02-01T00:00:02") == wanted


def test_quarters_of_a_meter_in_local_time_are_energies_of_their_interval(tmp_path: Path, history: Path) -> None:
    text = QUARTERS.replace("-,", "0,75")
    found = [Entry("Bezug", "grid.power"), Entry("PV", "pv_roof.power")]
    report = taken(csv_of(tmp_path, text, zone=VIENNA), history, found)
    span = "2026-01-31T23:00", "2026-02-01T00:00", 900
    assert means(history, "grid.power", *span) == [1000, 2000, 4000, None]
    assert means(history, "pv_roof.power", *span) == [0, 1250, 750, None]
    assert report.points[0].kwh == 1.75 and report.points[0].new_buckets == 9


def test_energies_come_out_as_they_went_in(tmp_path: Path, history: Path) -> None:
    lines = [f"{utc('2026-02-01T00:00') + 900 * k},{0.25 * (k % 5)}" for k in range(96)]
    taken(csv_of(tmp_path, "time,kwh [kWh]\n" + "\n".join(lines)), history, [Entry("kwh", "grid.power")])
    at = np.arange(utc("2026-02-01T00:00"), utc("2026-02-02T00:00") + 1, 900)
    flow = reader(history).energy(["grid.power"], at)["grid.power"]
    assert flow.plus.tolist() == [250.0 * (k % 5) for k in range(96)] and (flow.marks > 0).all()


def test_counters_are_read_at_their_times_and_interpolated(tmp_path: Path, history: Path) -> None:
    lines = [f"{utc('2026-02-01T00:00') + 3600 * k},{100 + 0.4 * k:.1f}" for k in range(30)]
    report = taken(
        csv_of(tmp_path, "time,zaehler [kWh]\n" + "\n".join(lines)), history, [Entry("zaehler", "grid.energy_import")]
    )
    assert report.points[0].kwh == 11.6 and report.points[0].new_seconds == 30
    assert lasts(history, "grid.energy_import", "2026-02-01T01:00:00", "2026-02-01T01:00:02") == [100_400.0, None]
    at = np.arange(utc("2026-02-01T00:00"), utc("2026-02-02T05:00") + 1, 900)
    flow = reader(history).energy(["grid.energy_import"], at)["grid.energy_import"]
    assert flow.plus.tolist() == pytest.approx([100.0] * 116)


@pytest.mark.parametrize(
    ("interval", "step", "seconds"),
    [(1, 1, True), (10, 1, True), (60, 1, True), (120, 300, False), (1800, 900, False), (3600, 3600, False)],
)
def test_intervals(tmp_path: Path, history: Path, interval: int, step: int, seconds: bool) -> None:
    start = utc("2026-02-01T10:00")
    lines = [f"{start + interval * k},{200 + k}" for k in range(8)]
    report = taken(csv_of(tmp_path, "time,grid.power\n" + "\n".join(lines)), history)
    assert bool(report.points[0].new_seconds) is seconds
    point = report.points[0]
    assert point.first is not None and point.last - point.first == -(-8 * interval // step) * step
    assert point.kwh == pytest.approx(sum(200 + k for k in range(8)) * interval / 3.6e6, abs=1e-3)


def test_one_missing_line_is_bridged_and_a_gap_is_not(tmp_path: Path, history: Path) -> None:
    lines = [f"2026-02-01T00:00:{s:02}Z,{s}" for s in (0, 2, 4, 6, 10, 12)]
    lines += ["2026-02-01T00:00:14Z,", "2026-02-01T00:00:16Z,9", "2026-02-01T00:00:22Z,8"]
    taken(csv_of(tmp_path, "time,grid.power\n" + "\n".join(lines)), history)
    got = lasts(history, "grid.power", "2026-02-01T00:00:00", "2026-02-01T00:00:25")
    assert got == [0, 0, 2, 2, 4, 4, 6, 6, 6, 6, 10, 10, 12, 12, None, None, 9, 9, None, None, None, None, 8, 8, None]


def test_a_column_that_is_filled_less_often_has_an_interval_of_its_own(tmp_path: Path, history: Path) -> None:
    start = utc("2026-02-01T00:00")
    lines = [f"{start + 10 * k},{k},{20 + k // 30 if k % 30 == 0 else ''}" for k in range(90)]
    taken(csv_of(tmp_path, "time,grid.power,living.temperature\n" + "\n".join(lines)), history)
    assert means(history, "living.temperature", "2026-02-01T00:00", "2026-02-01T00:15", 900) == [21]


def test_what_holds_over_midnight_goes_on(tmp_path: Path, history: Path) -> None:
    lines = ["2026-02-01T22:30:00Z,10", "2026-02-01T23:30:00Z,20", "2026-02-02T00:30:00Z,30", "2026-02-02T01:30:00Z,30"]
    taken(csv_of(tmp_path, "time,grid.power\n" + "\n".join(lines)), history)
    span = "2026-02-01T22:00", "2026-02-02T03:00", 3600
    assert means(history, "grid.power", *span) == [10, 15, 25, 30, 30]


def local_quarters(first: str, hours: int) -> Iterator[tuple[str, int]]:
    """(local time without a zone, quarter number) as a portal writes them."""
    start = utc(first)
    for k in range(hours * 4):
        yield datetime.fromtimestamp(start + 900 * k, VIENNA).strftime("%Y-%m-%d %H:%M:%S"), k


def test_the_hour_that_comes_twice_is_told_apart_by_order_and_reported(tmp_path: Path, history: Path) -> None:
    text = "time,grid.power\n" + "\n".join(f"{t},{k}" for t, k in local_quarters("2025-10-25T22:00", 25))
    report = taken(csv_of(tmp_path, text, zone=VIENNA), history)
    got = means(history, "grid.power", "2025-10-25T22:00", "2025-10-26T23:00", 900)
    assert got == [float(k) for k in range(100)]
    assert sum(report.remarks.counts.values()) == 8 and "comes twice" in next(iter(report.remarks.counts))[1]


def test_an_hour_that_comes_twice_but_is_there_once_is_the_first(tmp_path: Path, history: Path) -> None:
    lines = [f"{t},{k}" for t, k in local_quarters("2025-10-25T22:00", 25) if not 12 <= k < 16]
    taken(csv_of(tmp_path, "time,grid.power\n" + "\n".join(lines), zone=VIENNA), history)
    got = means(history, "grid.power", "2025-10-26T00:00", "2025-10-26T02:00", 900)
    assert got == [8, 9, 10, 11, None, None, None, None]


def test_the_hour_that_does_not_exist_is_refused(tmp_path: Path, history: Path) -> None:
    text = "time,grid.power\n2026-03-29 01:45:00,1\n2026-03-29 02:15:00,2\n"
    with pytest.raises(UserError, match=r"line 3, time: '2026-03-29 02:15:00' does not exist in Europe/Vienna"):
        taken(csv_of(tmp_path, text, zone=VIENNA), history)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("2026-02-01T00:00:01Z,abc", r"past.csv: line 3, grid.power: 'abc' is not a number; .*--skip-bad"),
        ("2026-02-01T00:00:01Z,9e9", "line 3, grid.power: 9e[+]09 is out of range"),
        ("2026-02-01T00:00:01Z,inf", "line 3, grid.power: 'inf' is not a number"),
        ("2026-02-01T00:00:01Z", "line 3: has 1 fields, the header has 2"),
        ("2026-02-01T00:00:00Z,5", "line 3, time: .* is not after the time of the line before"),
        ("yesterday,5", "line 3, time: 'yesterday' is not a time"),
        ("2026-02-01 00:00:01,5", "line 3, time: .* has no time zone: name the file's with --zone"),
        ("1960-01-01T00:00:00Z,5", "line 3, time: '1960-01-01T00:00:00Z' is not a time between 1970 and 2200"),
        ("-4,6", "line 3, time: '-4' is not a time between 1970 and 2200"),
        ("99999999999999999999,5", "line 3, time: '99999999999999999999' is not a time between"),
        ("0001-01-01T00:00:00+14:00,5", "line 3, time: '0001-01-01T00:00:00[+]14:00' is not a time between"),
        ("2026-02-01T00:00:01Z,1.5\n2026-02-01T00:00:02Z,'", "line 4, grid.power"),
    ],
)
def test_a_bad_line_is_one_error_and_nothing_is_written(tmp_path: Path, history: Path, lines: str, said: str) -> None:
    text = f"time,grid.power\n2026-02-01T00:00:00Z,1\n{lines}\n2026-02-01T00:00:05Z,7\n"
    with pytest.raises(UserError, match=said):
        taken(csv_of(tmp_path, text), history)
    report = taken(csv_of(tmp_path, text, skip_bad=True), history)
    assert sum(report.remarks.counts.values()) == 1
    assert lasts(history, "grid.power", "2026-02-01T00:00:05", "2026-02-01T00:00:06") == [7]


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00", "9999-12-31T23:59:59"])
@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo"])
def test_a_local_time_that_cannot_be_is_refused(tmp_path: Path, history: Path, time: str, zone: str) -> None:
    with pytest.raises(UserError, match=f"line 2, time: '{time}' is not a time between 1970 and 2200"):
        taken(csv_of(tmp_path, f"time,grid.power\n{time},1\n", zone=ZoneInfo(zone)), history)


def test_two_decimal_signs_are_refused_unless_one_is_named(tmp_path: Path, history: Path) -> None:
    text = "time;grid.power\n2026-02-01T00:00:00Z;1.234\n2026-02-01T00:00:01Z;1,5\n"
    with pytest.raises(UserError, match=r"line 3, grid.power: .*decimal ','.*--decimal"):
        taken(csv_of(tmp_path, text), history)
    taken(csv_of(tmp_path, text, decimal=","), history)
    assert lasts(history, "grid.power", "2026-02-01T00:00:00", "2026-02-01T00:00:02") == [1234, 2]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "line 1: must be a header"),
        ("1769904000,5\n", "line 1: must be a header"),
        ("time,a,a\n", "two columns 'a'"),
        (b"time,Au\xdfen\n".decode("latin-1"), None),
    ],
)
def test_headers(tmp_path: Path, text: str, said: str | None) -> None:
    if said is None:
        (tmp_path / "l.csv").write_bytes(text.encode("latin-1"))
        with pytest.raises(UserError, match="not UTF-8; convert it"):
            CsvSource(tmp_path / "l.csv")
        return
    with pytest.raises(UserError, match=said):
        csv_of(tmp_path, text)


def test_a_truncated_archive_is_an_error(tmp_path: Path, history: Path) -> None:
    whole = gzip.compress(b"time,grid.power\n" + b"".join(b"%d,%d\n" % (1769904000 + k, k) for k in range(9999)))
    path = tmp_path / "past.csv.gz"
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UserError, match="cannot be read to its end"):
        taken(CsvSource(path), history)


@pytest.mark.parametrize("suffix", [".gz", ".xz"])
def test_a_plain_file_that_is_called_packed_is_an_error(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"past.csv{suffix}"
    path.write_text("time,grid.power\n1769904000,1\n", "utf-8")
    with pytest.raises(UserError, match=f"past.csv{suffix}: cannot be read .*or take {suffix} off its name"):
        CsvSource(path)


@pytest.mark.parametrize(("interval", "step"), [(900, 900), (3600, 3600), (86_400, 86_400)])
def test_means_keep_their_fractions(tmp_path: Path, history: Path, interval: int, step: int) -> None:
    lines = [f"{utc('2026-02-01T00:00') + interval * k},{593 + 0.5 * k}" for k in range(4)]
    taken(csv_of(tmp_path, "time,grid.power\n" + "\n".join(lines)), history)
    first = utc("2026-02-01T00:00") * 1000
    got = reader(history).query(["grid.power"], first, first + 4000 * step, 1000 * step)["grid.power"]
    assert got.mean.tolist() == [593, 593.5, 594, 594.5]


def test_a_local_day_of_25_hours_holds_to_its_end(tmp_path: Path, history: Path) -> None:
    lines = [f"2025-10-{d} 00:00:00,{d}" for d in range(24, 29)]
    taken(csv_of(tmp_path, "time,grid.power\n" + "\n".join(lines), zone=VIENNA), history)
    got = means(history, "grid.power", "2025-10-25T22:00", "2025-10-27T22:00", 3600)
    assert got == [26] * 25 + [27] * 23


def test_a_real_home_comes_in_with_its_energy(history: Path) -> None:
    path = Path(__file__).parents[4] / "shared/data/homes/emhass_home_30min_2024-25.csv.gz"
    if not path.exists():
        pytest.skip(f"{path} is not there")
    report = taken(CsvSource(path), history, [Entry("load_w", "house.consumption"), Entry("pv_w", "pv_roof.power")])
    with gzip.open(path, "rt") as f:
        next(f)
        wh = sum(float(row.split(",")[2] or 0) / 2 for row in f)
    assert report.points[1].kwh == pytest.approx(wh / 1000, rel=1e-4)
    assert report.points[0].days > 360 and not report.points[0].refused_days
