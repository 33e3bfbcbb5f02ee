"""Scores that are honest: what each is made of, and the command that shows them."""

from __future__ import annotations

import csv
import gzip
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from hub.cli.main import main
from hub.forecast import load, score
from hub.forecast.candidates import Forecaster, persistence
from hub.forecast.homefile import read
from hub.forecast.score import USED, Issued, Subject
from hub.forecast.series import Forecast, Past, Series
from tests.forecast.load_house import BERLIN, DAY_MS, house, midnight

HOMES = Path(__file__).parents[3] / "shared" / "data" / "homes"
START = midnight(2025, 9, 1)
HOUR_MS = 3_600_000


def always(watts: float, band: float = 0.0, mean: float | None = None) -> Forecaster:
    def forecaster(past: Past, steps: int) -> Forecast:
        low, mid, high = (np.full(steps, watts + d) for d in (-band, 0, band))
        return Forecast(
            past.now_ms, past.power.seconds, low, mid, high, mid if mean is None else mid * 0 + mean, 0, "it"
        )

    return forecaster


def from_day(first_ms: int, forecaster: Forecaster) -> Forecaster:
    return lambda past, steps: forecaster(past, steps) if past.now_ms >= first_ms else None


def steps_of(*watts: float, days: int = 40) -> Subject:
    """Days that are one level each, in turn."""
    values = np.repeat(np.resize(watts, days), 24)
    return Subject(Series(midnight(2026, 1, 5, ZoneInfo("UTC")), 3600, values), ZoneInfo("UTC"))


def issued(subject: Subject, **candidates: Forecaster) -> Issued:
    return score.with_used(score.issue(subject, {**candidates, "persistence": persistence}, score.origins(subject)))


def test_each_figure_is_what_its_name_says() -> None:
    found = score.scores(issued(steps_of(100, 300), flat=always(150, 60, mean=180)), 0)["flat"]
    assert found.days == 20
    assert found.mae_w == pytest.approx(100)  # 50 and 150
    assert found.rmse_w == pytest.approx(np.sqrt((80**2 + 120**2) / 2))
    assert found.bias_w == pytest.approx(-20) and found.bias_mid_w == pytest.approx(-50)
    assert found.coverage == pytest.approx(0.5)  # 100 lies within 90 to 210
    loss = (0.1 * 10 + 0.5 * 50 + 0.1 * 110) / 3 / 2 + (0.1 * 210 + 0.5 * 150 + 0.9 * 90) / 3 / 2
    assert found.pinball_w == pytest.approx(loss, rel=1e-6)
    assert found.mae_ratio == pytest.approx(0.5) and found.rmse_ratio == pytest.approx(np.sqrt(10400) / 200)


def test_the_second_day_is_scored_by_itself() -> None:
    made = issued(steps_of(100, 300), flat=always(150))
    assert score.scores(made, 0)["persistence"].mae_w == 200  # the other level
    assert score.scores(made, 1)["persistence"].mae_w == 0  # the same again
    assert score.scores(made, 1)["flat"].mae_ratio is None


def test_persistence_is_measured_on_the_days_of_each_candidate_alone() -> None:
    power = house(START, 60)
    subject = Subject(power, BERLIN)
    since = START + 50 * DAY_MS
    made = issued(subject, late=from_day(since, always(200)))
    found = score.scores(made, 0)["late"]
    which = [i for i, t in enumerate(made.origins) if t >= since]
    a_day = 48
    known = np.abs(made.made["persistence"][which, 1, :a_day] - made.truth[which, :a_day])
    assert found.days == len(which)
    assert found.mae_w / (found.mae_ratio or 0) == pytest.approx(known.mean())


def test_nothing_of_the_day_is_told_before_it() -> None:
    power = house(START, 40)
    seen: list[Past] = []

    def spy(past: Past, steps: int) -> None:
        seen.append(past)

    temperature = Series(power.start_ms, 1800, np.arange(len(power.values), dtype=np.float64))
    subject = Subject(power, BERLIN, temperature, {"sky": temperature})
    score.issue(subject, {"spy": spy, "persistence": persistence}, score.origins(subject))
    assert seen
    for past in seen:
        assert past.power.end_ms == past.now_ms
        assert past.temperature is not None and past.temperature.end_ms == past.now_ms + 2 * DAY_MS
        assert past.told["sky"].end_ms == past.now_ms + 2 * DAY_MS


def test_origins_are_local_midnights_and_hours_between_also_when_clocks_change() -> None:
    changes = midnight(2026, 3, 29)
    subject = Subject(house(changes - 40 * DAY_MS, 45), BERLIN)
    at = score.origins(subject)
    assert all(datetime.fromtimestamp(t / 1000, BERLIN).hour == 0 for t in at)
    assert np.diff(at).min() == 23 * HOUR_MS
    assert len(score.origins(subject, every_h=6)) >= 4 * len(at) - 3
    assert at[-1] <= subject.power.end_ms - DAY_MS


def test_what_was_best_by_then_is_used_and_a_fluke_is_not() -> None:
    made = issued(steps_of(100, 300), high=always(310), middle=always(200), low=always(190))
    names = score.chosen(
        Issued(made.origins, made.seconds, made.truth, {k: v for k, v in made.made.items() if k != USED})
    )
    assert names[0] == "high"  # nothing is known yet: the first
    assert names[-1] == "high" or names[-1] == "middle"
    better = issued(steps_of(100, 130, days=60), high=always(310), near=always(115), far=always(900))
    assert [n for n in score.chosen(_without_used(better))][-1] == "near"
    assert score.scores(better, 0)[USED].mae_w < score.scores(better, 0)["high"].mae_w


def _without_used(made: Issued) -> Issued:
    return Issued(made.origins, made.seconds, made.truth, {k: v for k, v in made.made.items() if k != USED})


def test_the_choice_at_a_moment_depends_on_nothing_after_it() -> None:
    power = house(START, 90)
    whole = _without_used(issued(Subject(power, BERLIN), slots=load.CANDIDATES["slots"], flat=always(250)))
    half = Series(power.start_ms, 1800, power.values[: 70 * 48])
    part = _without_used(issued(Subject(half, BERLIN), slots=load.CANDIDATES["slots"], flat=always(250)))
    shared = [t for t in part.origins if t in whole.origins]
    by = [dict(zip(i.origins, score.chosen(i), strict=True)) for i in (whole, part)]
    assert len(shared) > 30 and all(by[0][t] == by[1][t] for t in shared)


def test_a_sun_that_is_down_counts_for_no_band() -> None:
    values = np.tile(np.concatenate([np.zeros(18), np.full(6, 500.0)]), 40)
    subject = Subject(Series(midnight(2026, 1, 5, ZoneInfo("UTC")), 3600, values), ZoneInfo("UTC"))
    assert score.scores(issued(subject, nothing=always(0)), 0)["nothing"].coverage == 0


# -- the command ---------------------------------------------------------------------------------------------------


def written(path: Path, days: int = 70, pv: bool = False, packed: bool = False) -> Path:
    power = house(START, days)
    sun = np.maximum(0, np.sin((np.arange(len(power.values)) % 48 - 14) / 20 * np.pi)) * 3000
    lines = ["time,load_w" + (",pv_w,pv_forecast_w" if pv else "")]
    for i, (t, w) in enumerate(zip(power.starts_ms.tolist(), power.values.tolist(), strict=True)):
        made = f",{sun[i]:.0f},{sun[i] * 1.1:.0f}" if pv else ""
        lines.append(f"{datetime.fromtimestamp(t / 1000, UTC).isoformat()},{w:.1f}{made}")
    text = "\n".join(lines).encode()
    path.write_bytes(gzip.compress(text) if packed else text)
    return path


def said(capsys: pytest.CaptureFixture[str], *words: str) -> dict:
    assert main(["forecast", "score", *words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_the_command_scores_load_and_sun(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = written(tmp_path / "home.csv.gz", pv=True, packed=True)
    found = said(capsys, str(file), "--timezone", "Europe/Berlin")
    assert found["step_s"] == 1800 and found["days"] == 70 and found["file"] == str(file)
    assert set(load.CANDIDATES) == set(found["load"])
    assert {"persistence", "blend", "told:provider"} <= set(found["pv"])
    assert found["load"]["persistence"]["mae_ratio"] == 1
    assert found["load"]["ridge"]["mae_ratio"] < 0.85 and found["load"]["ridge"]["cpu_ms"] > 0
    assert found["used"]["load"]["days"] == sum(found["used"]["load"]["by"].values())
    assert 0 < found["second_day"]["load"]["used"]["days"] <= found["used"]["load"]["days"]
    keys = {"mae_w", "rmse_w", "bias_w", "coverage", "pinball_w", "mae_ratio", "rmse_ratio", "days"}
    assert all(keys <= set(row) for rows in (found["load"], found["pv"], found["used"]) for row in rows.values())


def test_the_command_shows_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["forecast", "score", str(written(tmp_path / "home.csv", 50)), "--timezone", "Europe/Berlin"]) == 0
    out = capsys.readouterr().out
    assert "load, 0 to 24 h ahead" in out and "load, 24 to 48 h ahead" in out and "pv" not in out
    assert [line.split()[0] for line in out.splitlines()[4:10]] == ["used", *load.CANDIDATES]


def test_a_file_of_some_days_is_scored_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = said(capsys, str(written(tmp_path / "home.csv", 8)), "--timezone", "Europe/Berlin")
    assert found["used"]["load"]["days"] >= 3 and "slots" in found["load"] and "ridge" not in found["load"]


def test_holidays_of_the_region_are_days_off(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = str(written(tmp_path / "home.csv", 60))
    plain, bavarian = said(capsys, file), said(capsys, file, "--region", "DE-BY")
    assert plain["load"]["ridge"]["mae_w"] != bavarian["load"]["ridge"]["mae_w"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--timezone", "Mars/Base"], "--timezone: 'Mars/Base' is no"),
        (["--region", "XX"], "'XX' is no region"),
        (["--every", "5"], "--every: must be one of"),
        (["--warm-up", "0"], "--warm-up: must be at least 1 day"),
        (["--latitude", "48"], "--latitude and --longitude: give both"),
        (["--latitude", "98", "--longitude", "9"], "no such place"),
    ],
)
def test_wrong_words_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], says: str
) -> None:
    assert main(["forecast", "score", str(written(tmp_path / "home.csv", 5)), *words]) == 2
    error = capsys.readouterr().err
    assert says in error and error.count("\n") == 1


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "cannot be read: No such file"),
        (b"\x1f\x8bnonsense", "cannot be read: "),
        (gzip.compress(b"time,load_w" + b"\n" * 5000, mtime=0)[:-12], "cannot be read: "),
        (b"time,load_w\n2026-01-01T00:00Z,\xff", "is no UTF-8 text"),
        (b"time,load_w\n2026-01-01T00:00Z,1\n2026-01-01T01:00Z,1", "is too short to be scored"),
    ],
)
def test_wrong_files_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None, says: str
) -> None:
    file = tmp_path / "home.csv"
    if content is not None:
        file.write_bytes(content)
    assert main(["forecast", "score", str(file)]) == 2
    error = capsys.readouterr().err
    assert f"home.csv: {says}" in error and error.count("\n") == 1


def test_days_without_days_before_them_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    at = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=h) for h in range(20 * 24)]
    cells = ["300" if i < 6 or i > len(at) - 3 else "" for i in range(len(at))]
    file = tmp_path / "home.csv"
    file.write_text("time,load_w\n" + "\n".join(f"{t.isoformat()},{c}" for t, c in zip(at, cells, strict=True)))
    assert main(["forecast", "score", str(file)]) == 2
    assert "has no day that is known after days that are" in capsys.readouterr().err


# -- real homes ----------------------------------------------------------------------------------------------------


def real(name: str) -> Subject:
    """A home of the shared data in the form of the command."""
    if not HOMES.is_dir():
        pytest.skip(f"needs {HOMES}")
    if name == "emhass":
        with gzip.open(HOMES / "emhass_home_30min_2024-25.csv.gz", "rt") as file:
            lines = [f"{row['utc']},{row['load_w']}\n" for row in csv.DictReader(file)]
        home = read(["time,load_w\n", *lines], name, ZoneInfo("Europe/Paris"))
        return Subject(home.load, home.zone)
    with gzip.open(HOMES / f"{name}_1h.csv.gz", "rt") as file:
        used = [float(row["load_kwh"]) * 1000 for row in csv.DictReader(file)]
    with gzip.open(HOMES / "citylearn2022_weather_1h.csv.gz", "rt") as file:
        outdoors = [float(row["outdoor_dry_bulb_temperature"]) for row in csv.DictReader(file)]
    sunday = datetime(2016, 7, 31, 23, tzinfo=UTC)  # the hour before August 1st; 2016 has the weekdays of the file
    rows = enumerate(zip(used, outdoors, strict=True))
    lines = [f"{(sunday + timedelta(hours=i)).isoformat()},{w},{c}\n" for i, (w, c) in rows]
    home = read(["time,load_w,temperature_c\n", *lines], name, ZoneInfo("UTC"))
    return Subject(home.load, home.zone, home.temperature)


@pytest.mark.parametrize("name", ["emhass", "citylearn2022_home1", "citylearn2022_home4"])
def test_on_real_homes_the_load_is_told_better_than_by_yesterday(name: str) -> None:
    """Of every third day: the whole year is the command's."""
    subject = real(name)
    at = score.origins(subject, warm_up_days=90)[::3]
    candidates = {"ridge": load.Nightly(), "persistence": persistence}
    found = score.scores(score.issue(subject, candidates, at), 0)["ridge"]
    assert found.mae_ratio is not None and found.mae_ratio < 0.87
    assert found.rmse_ratio is not None and found.rmse_ratio < 0.83
    assert 0.75 < found.coverage < 0.85
