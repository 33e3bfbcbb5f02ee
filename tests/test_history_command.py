"""`shems history`: what a person types, and what comes out."""

from __future__ import annotations

import importlib.util
import json
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from hub.cli.main import main
from hub.model import Column
from hub.model.point import FRACTION
from hub.store.ring import Ring, SeriesInfo
from tests.store.foreign.kit import DOCUMENT, point_of, site, utc
from tests.store.house import StillClock

DAY = utc("2026-02-01T00:00")
POINTS = [point_of(site(), p) for p in ("grid.power", "grid.energy_import", "plug_tv.on", "heatpump.status")]
SERIES = {p.id: SeriesInfo.of(p) for p in POINTS}


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.toml").write_text(DOCUMENT, "utf-8")
    return tmp_path


def started(house: Path) -> Ring:
    (house / "data").mkdir()
    ring = Ring.open(house / "data" / "history.db", StillClock())
    ring.start()
    return ring


@pytest.fixture
def data(house: Path) -> Path:
    """Half an hour of a hub that is still running."""
    ring = started(house)
    for k in range(1800):
        if k % 100 == 50:
            continue
        values = {
            "grid.power": k,
            "grid.energy_import": 5000 + k // 2,
            "plug_tv.on": k // 600 % 2,
            "heatpump.status": 16,
        }
        ring.append(Column((DAY + k) * 1000, values), SERIES)
    assert ring.flush()
    return house / "data"


def call(*words: str) -> int:
    return main(["history", *words])


def told(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert call(*words) == 0
    return capsys.readouterr().out


SPAN = ("--from", "2026-02-01T00:00Z", "--to", "2026-02-01T00:30Z")


def test_a_table_for_people(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = told(capsys, "grid.power", "plug_tv.on", "heatpump.status", *SPAN, "--step", "900").splitlines()
    assert lines[0].split() == ["time", "grid.power", "W", "plug_tv.on", "heatpump.status"]
    assert lines[1].split() == ["2026-02-01", "01:00:00", "449.4949", "on", "heating"]
    assert lines[2].split() == ["2026-02-01", "01:15:00", "1349.4949", "off", "heating"] and len(lines) == 3


def test_csv_with_gaps(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = told(capsys, "grid.power", "grid.energy_import", "plug_tv.on", *SPAN, "--step", "raw", "--csv").splitlines()
    assert lines[0] == "time,grid.power,grid.energy_import,plug_tv.on" and len(lines) == 1801
    assert lines[1] == "2026-02-01T00:00:00Z,0,5000,off"
    assert lines[51] == "2026-02-01T00:00:50Z,,," and lines[-1] == "2026-02-01T00:29:59Z,1799,5899,off"


def test_json_is_what_the_web_answers(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = json.loads(told(capsys, "grid.power", *SPAN, "--step", "900", "--json"))
    assert one == {
        "step_ms": 900_000,
        "t": [DAY * 1000, DAY * 1000 + 900_000],
        "mean": pytest.approx([449.494949, 1349.494949]),
        "min": [0.0, 900.0],
        "max": [899.0, 1799.0],
        "last": [899.0, 1799.0],
    }
    two = json.loads(told(capsys, "grid.power", "heatpump.status", *SPAN, "--step", "60", "--json"))
    assert set(two["series"]) == {"grid.power", "heatpump.status"}
    assert two["series"]["heatpump.status"]["last"] == ["heating"] * 30
    assert two["series"]["heatpump.status"]["mean"] == [None] * 30


def test_local_days_with_their_energy(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = "grid.power", "grid.energy_import", "--from", "2026-01-31", "--to", "2026-02-02", "--step", "day"
    lines = told(capsys, *words).splitlines()
    assert lines[0].split()[-4:] == ["grid.power", "kWh", "grid.energy_import", "kWh"] and len(lines) == 3
    assert lines[2].split()[-2:] == ["0.4498", "0.899"] and lines[1].split()[-1] == "-"
    assert json.loads(told(capsys, *words, "--json"))["series"]["grid.power"]["plus"][1] == pytest.approx(
        449.7, abs=0.2
    )


@pytest.mark.parametrize("step", ["7", "60", "700", "90000", "raw"])
def test_parts_meet_without_seams(data: Path, capsys: pytest.CaptureFixture[str], step: str) -> None:
    words = "grid.power", "--from", "2026-01-30T11:11:11Z", "--to", "2026-02-01T07:00Z", "--step", step, "--json"
    got = json.loads(told(capsys, *words))
    assert set(np.diff(got["t"]).tolist()) <= {1000 if step == "raw" else int(step) * 1000}
    assert got["t"][0] <= utc("2026-01-30T11:11:11") * 1000 and got["t"][-1] < utc("2026-02-01T07:00") * 1000
    assert sum(v is not None for v in got["last"]) >= 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["grd.power"], "grd.power: the site document has no device 'grd'; did you mean 'grid'?"),
        (["grid.powr"], "grid.powr: unknown quantity 'powr'; did you mean 'power'?"),
        (["imprt", "x.csv"], "'imprt' is neither a point like grid.power nor an action; did you mean 'import'?"),
        (
            ["grid.power", "--step", "dya"],
            "--step: 'dya' is neither a number of seconds nor a known word; did you mean",
        ),
        (["grid.power", "--step", "²"], "--step: '²' is neither a number of seconds nor a known word"),
        (["grid.power", "--from", "noon"], "--from: 'noon' is not a time"),
        (["grid.power", "--from", "²"], "--from: '²' is not a time; write it like"),
        (["grid.power", "--from", "20241301"], "--from: '20241301' is not a time; write it like"),
        (["grid.power", "--from", "2024"], "--from: '2024' is not a time; write it like"),
        (["grid.power", "--from", "202401011200"], "--from: '202401011200' is not a time; write it like"),
        (["grid.power", "--from", "0001-01-01"], "--from: '0001-01-01' is not a time between 1970 and 2200"),
        (["grid.power", "--from", "2024-10-25", "--to", "9999-12-31T23:59", "--step", "year"], "--to: '9999-12-31T23:"),
        (["grid.power", "--from", "9999-12-31", "--to", "9999-12-31T23:00", "--step", "day"], "--to: '9999-12-31T23:"),
        (["grid.power", "--from", "999999999999999", "--to", "999999999999999"], "between 1970 and 2200; correct"),
        (["grid.power", "--from", "999999999999999999", "--csv"], "--from: '999999999999999999' is not a time"),
        (["grid.power", "--from", "2026-02-02", "--to", "2026-02-01"], "--from: must be before --to"),
        (["grid.power", "--csv", "--json"], "choose one of them"),
        (["grid.power", "--data", "elsewhere"], "elsewhere/history.db: there is no history"),
        (["import", "nothing.csv"], "nothing.csv: cannot be read"),
        (["grid.power", "--dry-run"], "--dry-run is for history import; leave it out"),
        (["import", "x.csv", "--step", "60"], "--step is for points; leave it out"),
        (["import"], "name one file: shems history import FILE"),
    ],
)
def test_errors_are_one_line(data: Path, capsys: pytest.CaptureFixture[str], words: list[str], said: str) -> None:
    assert call(*words) == 2
    out, err = capsys.readouterr()
    assert said in err and err.count("\n") == 1 and not out


def test_what_is_exported_comes_back_elsewhere(house: Path, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = "grid.power", "grid.energy_import", "plug_tv.on", "heatpump.status", *SPAN, "--step", "raw", "--csv"
    told_here = told(capsys, *words)
    (house / "out.csv").write_text(told_here, "utf-8")
    report = json.loads(told(capsys, "import", "out.csv", "--data", "new", "--json"))
    assert report["points"][0]["seconds"] == {"new": 1782, "known": 0}
    assert told(capsys, *words, "--data", "new") == told_here


def counted(capsys: pytest.CaptureFixture[str], *words: str) -> list[float | None]:
    """Wh of grid.energy_import by the hour."""
    span = "--from", "2026-02-01T00:00Z", "--to", "2026-02-01T06:00Z", "--step", "hour", "--json"
    found: list[float | None] = json.loads(told(capsys, "grid.energy_import", *span, *words))["plus"]
    return found


@pytest.fixture
def counting(house: Path) -> Path:
    """A counter that is read every ten seconds and rises by 6 kWh from 03:00 to 04:00 and not else; 593.5 W."""
    ring = started(house)
    for t in range(0, 6 * 3600 + 10, 10):
        wh = 5000 + min(max(t - 3 * 3600, 0), 3600) * 6000 // 3600
        ring.append(Column((DAY + t) * 1000, {"grid.power": 593 + t // 10 % 2, "grid.energy_import": wh}), SERIES)
        assert t % 3600 or ring.flush()
    assert ring.settle() and ring.close()
    return house / "data"


@pytest.mark.parametrize("step", ["60", "900", "3600", "quarter", "hour"])
def test_steps_that_are_exported_count_and_mean_the_same_elsewhere(
    house: Path, counting: Path, capsys: pytest.CaptureFixture[str], step: str
) -> None:
    words = "grid.power", "grid.energy_import", "--from", "2026-02-01T00:00Z", "--to", "2026-02-01T06:00Z"
    (house / "out.csv").write_text(told(capsys, *words, "--step", step, "--csv"), "utf-8")
    report = json.loads(told(capsys, "import", "out.csv", "--data", "new", "--json"))
    civil = not step.isdigit()
    assert report["left_out"] == (["energy of grid.power", "energy of grid.energy_import"] if civil else [])
    assert counted(capsys, "--data", "new") == counted(capsys) == [0, 0, 0, 6000, 0, 0]
    means = json.loads(told(capsys, "grid.power", *words[2:], "--step", "3600", "--data", "new", "--json"))["mean"]
    assert means == ([594] * 6 if step == "60" else [593.5] * 6)


def test_a_counter_of_a_line_was_read_at_its_time(counting: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = "grid.power", "grid.energy_import", "--from", "2026-02-01T02:00Z", "--to", "2026-02-01T04:30Z", "--csv"
    lines = told(capsys, *words, "--step", "hour").splitlines()
    assert lines == [
        "time,grid.power,grid.energy_import,energy of grid.power [kWh],energy of grid.energy_import [kWh]",
        "2026-02-01T02:00:00Z,593.5,5000,0.5936,0",
        "2026-02-01T03:00:00Z,593.5,5000,0.5936,6",
        "2026-02-01T04:00:00Z,593.5,11000,0.5936,0",
        "2026-02-01T05:00:00Z,,11000,,",
    ]
    minutes = told(capsys, *words, "--step", "60").splitlines()
    assert minutes[61] == "2026-02-01T03:00:00Z,593.5,5000" and minutes[62] == "2026-02-01T03:01:00Z,593.5,5100"
    assert minutes[-1] == "2026-02-01T04:30:00Z,,11000" and len(minutes) == 152


def test_hourly_readings_stay_at_their_hours(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = "\n".join(f"{DAY + 3600 * h},{1000 + 100 * h * h}" for h in range(8))
    (house / "in.csv").write_text(f"time,grid.energy_import\n{rows}\n", "utf-8")
    told(capsys, "import", "in.csv")
    span = "--from", "2026-02-01T00:00Z", "--to", "2026-02-01T07:30Z", "--step", "3600", "--csv"
    (house / "out.csv").write_text(told(capsys, "grid.energy_import", *span), "utf-8")
    told(capsys, "import", "out.csv", "--data", "new")
    assert counted(capsys, "--data", "new") == counted(capsys) == [100 * (2 * h + 1) for h in range(6)]


def test_csv_tells_nothing_of_times_to_come(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    span = "--from", "2026-02-01T00:00Z", "--to", "2199-01-01", "--step", "year", "--csv"
    lines = told(capsys, "grid.energy_import", *span).splitlines()
    now = datetime.now(UTC)
    assert len(lines) <= 3 + now.year - 2026 and lines[-1].endswith(",5899,")
    assert datetime.fromisoformat(lines[-1].partition(",")[0]) <= now


@pytest.mark.parametrize("step", ["86400", "day", "week", "year"])
def test_the_past_can_be_asked_for_from_its_beginning_and_comes_back(
    house: Path, data: Path, capsys: pytest.CaptureFixture[str], step: str
) -> None:
    words = "grid.power", "grid.energy_import", "--from", "1970-01-01", "--to", "1971-01-31", "--step", step, "--csv"
    (house / "out.csv").write_text(told(capsys, *words), "utf-8")
    assert told(capsys, "import", "out.csv", "--dry-run").count("nothing in the file") == 2


def test_an_import_by_hand(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = "\n".join(f"2026-02-01 {h:02}:00;{h},5" for h in range(24))
    (house / "portal.csv").write_text(f"Datum;Netzbezug [kWh]\n{rows}\n", "utf-8")
    assert call("import", "portal.csv") == 2
    assert "portal.csv: names none of our points; say with --map which is which" in capsys.readouterr().err
    suggestion = told(capsys, "import", "portal.csv", "--suggest-map")
    assert '\n"Netzbezug" = "grid.energy_import"   # (kWh)\n' in suggestion
    (house / "map.toml").write_text('"Netzbezug" = { point = "grid.power" }\n', "utf-8")
    words = "import", "portal.csv", "--map", "map.toml"
    assert call(*words) == 2 and "has no time zone" in capsys.readouterr().err
    dry = told(capsys, *words, "--zone", "Europe/Vienna", "--dry-run")
    assert "288.000 kWh in all" in dry and "dry run: nothing was written" in dry and not (house / "data").exists()
    real = told(capsys, *words, "--zone", "Europe/Vienna")
    assert real.splitlines()[:-1] == dry.splitlines()[:-1] and real.endswith("done\n")
    assert told(capsys, *words, "--zone", "Europe/Vienna").endswith("done: all of it was known\n")
    hours = told(capsys, "grid.power", "--from", "2026-02-01", "--to", "2026-02-02", "--step", "3600", "--csv")
    assert hours.splitlines()[1:3] == ["2026-01-31T23:00:00Z,500", "2026-02-01T00:00:00Z,1500"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('"p" = 3', 'map.toml: "p": must be a point like "grid.power"'),
        ('"p" = { point = "grid.power", sgn = 1 }', "unknown key; did you mean 'sign'?"),
        ('"p" = { point = "grid.power", sign = 2 }', '"p".sign: must be a number from -1 to 1'),
        ('"p" = { point = "grid.power", sign = 0 }', '"p".sign: is 1 or -1'),
        ('"p" = { point = "grid.power", read = "sums" }', "\"p\".read: 'sums' is not known; did you mean 'sum'?"),
        ('"p" = ', "map.toml: not valid TOML"),
        ('"q" = "grid.power"', "map.toml: 'q' is not in the file"),
    ],
)
def test_maps_that_are_wrong(house: Path, capsys: pytest.CaptureFixture[str], text: str, said: str) -> None:
    (house / "x.csv").write_text("time,p\n1769904000,1\n", "utf-8")
    (house / "map.toml").write_text(text, "utf-8")
    assert call("import", "x.csv", "--map", "map.toml") == 2
    assert said in capsys.readouterr().err


def test_the_document_of_the_data_folder_counts_most(
    house: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with sqlite3.connect(data / "state.db") as db:
        db.execute("CREATE TABLE site_version (id INTEGER PRIMARY KEY, t, author, note, toml)")
        db.execute("INSERT INTO site_version VALUES (1, 0, '', '', ?)", (DOCUMENT.replace("grid]", "netz]"),))
    assert call("netz.power", *SPAN) == 0
    assert call("netz.power", *SPAN, "--config", "config.toml") == 2
    assert "no device 'netz'" in capsys.readouterr().err


def test_parts_of_a_second(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (house / "data").mkdir()
    ring = Ring.open(house / "data" / "history.db", StillClock())
    ring.start()
    power = point_of(site(), "grid.power")
    parts = {f"{power.id}{FRACTION}{k}/5": SeriesInfo.of(power, f"{k}/5") for k in range(1, 5)}
    series = {power.id: SeriesInfo.of(power), **parts}
    for k in range(3):
        ring.append(Column((DAY + k) * 1000, {p: 5 * k + n for n, p in enumerate([*parts, power.id])}), series)
    assert ring.close()
    words = "grid.power", "--from", "2026-02-01T00:00Z", "--to", "2026-02-01T00:00:03Z", "--step", "200ms"
    lines = told(capsys, *words, "--csv").splitlines()
    assert lines[1] == "2026-01-31T23:59:59.200Z,0" and lines[-1] == "2026-02-01T00:00:02.000Z,14" and len(lines) == 16
    assert told(capsys, *words).splitlines()[2].split()[1:] == ["00:59:59.400", "1"]
    got = json.loads(told(capsys, *words, "--json"))
    assert got["step_ms"] == 200 and got["last"] == list(range(15))


def test_parquet_without_its_package(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if importlib.util.find_spec("pyarrow"):
        pytest.skip("pyarrow is installed")
    assert call("grid.power", *SPAN, "--parquet", "out.parquet") == 2
    assert "Parquet needs the package pyarrow: pip install" in capsys.readouterr().err


def test_parquet(data: Path, house: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
    assert call("grid.power", "plug_tv.on", "heatpump.status", *SPAN, "--step", "60", "--parquet", "out.parquet") == 0
    table = parquet.read_table(house / "out.parquet")
    assert table.num_rows == 30 and table["heatpump.status.last"][0].as_py() == "heating"
    assert table["grid.power.max"].to_pylist() == [60.0 * k + 59 for k in range(30)]
    assert table["plug_tv.on.last"][15].as_py() == 1.0
