"""`shems history`: a past that is kept by the hour only, or of which the house has no device any more."""

from __future__ import annotations

import json
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from hub.cli.history_read import instant
from hub.cli.main import main
from hub.config import uid_of
from hub.model import Column, Point
from hub.store.foreign.points import point_of
from hub.store.ring import Ring, SeriesInfo
from hub.store.ring.levels import DAY as DAY_S
from hub.store.ring.levels import HOUR
from hub.store.ring.past import PastWriter
from hub.store.ring.rollup import roll
from tests.store.foreign.kit import BUDGET, DOCUMENT, site, utc
from tests.store.house import StillClock

DAY = utc("2026-02-01T00:00")
POWER = SeriesInfo.of(point_of(site(), "grid.power"))
OVEN = Point.of(uid_of("oven"), "oven", "power")


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A day by the hour, and the day after it by the second."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.toml").write_text(DOCUMENT, "utf-8")
    (tmp_path / "data").mkdir()
    seconds = np.arange(DAY_S, dtype=np.int32)
    with PastWriter.opened(tmp_path / "data" / "history.db", (DAY + 3 * DAY_S) * 1000, BUDGET) as past:
        past.means(POWER, DAY // DAY_S, HOUR, roll(seconds, HOUR))
        past.seconds(POWER, DAY // DAY_S + 1, seconds)
        past.seconds(SeriesInfo.of(OVEN), DAY // DAY_S, seconds)
    return tmp_path


def told(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[str, str]:
    assert main(["history", *words]) == 0
    found = capsys.readouterr()
    return found.out, found.err


COARSE = "--from", "2026-02-01T00:00Z", "--to", "2026-02-02T00:00Z"
BOTH = "--from", "2026-02-01T00:00Z", "--to", "2026-02-03T00:00Z"
FINE = "--from", "2026-02-02T00:00Z", "--to", "2026-02-03T00:00Z"


@pytest.mark.parametrize(("span", "n"), [(COARSE, 24), (BOTH, 48)])
def test_what_is_kept_by_the_hour_is_shown_by_the_hour(
    house: Path, capsys: pytest.CaptureFixture[str], span: tuple[str, ...], n: int
) -> None:
    out, err = told(capsys, "grid.power", *span, "--json")
    found = json.loads(out)
    assert found["step_ms"] == 3_600_000 and len(found["mean"]) == n and None not in found["mean"]
    assert err == (
        "shems: of a part of this time only hours are kept: all is shown by the hour; --step 900 shows what is kept "
        "finer\n"
    )


def test_what_is_kept_finely_is_shown_by_the_quarter(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, err = told(capsys, "grid.power", *FINE, "--json")
    assert json.loads(out)["step_ms"] == 900_000 and not err


@pytest.mark.parametrize(
    ("step", "shown"),
    [("900", "3600"), ("60", "3600"), ("700", "3600"), ("4000", "7200"), ("raw", "3600"), ("quarter", "hour")],
)
def test_a_step_that_leaves_a_part_empty_is_said_to(
    house: Path, capsys: pytest.CaptureFixture[str], step: str, shown: str
) -> None:
    out, err = told(capsys, "grid.power", *COARSE, "--step", step, "--json")
    assert set(json.loads(out)["mean"][:-1]) == {None}  # the last may reach into the next day
    assert err == (
        f"shems: of a part of this time only hours are kept, which --step {step} leaves empty; --step {shown} shows "
        "them\n"
    )
    out, err = told(capsys, "grid.power", *COARSE, "--step", shown, "--json")
    assert None not in json.loads(out)["mean"] and not err


@pytest.mark.parametrize("step", ["3600", "86400", "hour", "day"])
def test_a_step_that_shows_all_needs_no_word(house: Path, capsys: pytest.CaptureFixture[str], step: str) -> None:
    assert not told(capsys, "grid.power", *COARSE, "--step", step)[1]


def test_it_is_told_how_many_values_a_bucket_is_of(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = "grid.power", "oven.power", *BOTH, "--step", "86400"
    assert "count" not in json.loads(told(capsys, *words, "--json")[0])["series"]["grid.power"]
    found = json.loads(told(capsys, *words, "--json", "--count")[0])["series"]
    assert [found[p]["count"] for p in ("grid.power", "oven.power")] == [[DAY_S, DAY_S], [DAY_S, 0]]
    lines = told(capsys, *words, "--csv", "--count")[0].splitlines()
    assert lines[0] == "time,grid.power,oven.power,count of grid.power,count of oven.power"
    assert [line.split(",")[3:] for line in lines[1:]] == [["86400", "86400"], ["86400", "0"]]
    assert told(capsys, *words, "--count")[0].splitlines()[2].split()[-2:] == ["86400", "0"]


def test_counts_are_left_out_when_they_come_back(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (house / "out.csv").write_text(told(capsys, "grid.power", *BOTH, "--csv", "--count")[0], "utf-8")
    report = json.loads(told(capsys, "import", "out.csv", "--data", "new", "--json")[0])
    assert report["left_out"] == ["count of grid.power"] and report["points"][0]["buckets"]["new"] == 48


@pytest.mark.parametrize("name", ["oven.power", f"{OVEN.uid}.power"])
def test_a_device_that_is_gone_has_its_past(house: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    lines = told(capsys, name, *COARSE, "--step", "43200")[0].splitlines()
    assert lines[0].split() == ["time", name, "W"] and len(lines) == 3
    assert lines[1].split()[-1] == "21599.5"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("ovn.power", "ovn.power: the site document has no device 'ovn'"),
        ("grd.power", "grd.power: the site document has no device 'grd'; did you mean 'grid'?"),
        ("oven.soc", "oven.soc: the site document has no device 'oven'"),
        ("oven.powr", "oven.powr: the site document has no device 'oven'"),
    ],
)
def test_what_neither_knows_is_refused(house: Path, capsys: pytest.CaptureFixture[str], name: str, said: str) -> None:
    assert main(["history", name, *COARSE]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("20260201", utc("2026-01-31T23:00") * 1000),
        ("20260201T01", DAY * 1000),
        ("1769904000", DAY * 1000),
        ("1769904000000", DAY * 1000),
        ("0", 0),
    ],
)
def test_a_date_without_dashes_is_no_number(text: str, ms: int) -> None:
    assert instant("--from", text, ZoneInfo("Europe/Vienna")) == ms


def test_what_is_not_sealed_yet_is_kept_too(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ring = Ring.open(house / "data" / "history.db", StillClock())
    ring.start()
    kettle = Point.of(uid_of("kettle"), "kettle", "power")
    ring.append(Column((DAY + 3 * DAY_S) * 1000, {kettle.id: 5}), {kettle.id: SeriesInfo.of(kettle)})
    assert ring.flush()
    minute = "--from", "2026-02-04T00:00Z", "--to", "2026-02-04T00:01Z", "--step", "60"
    out, _ = told(capsys, kettle.id, *minute, "--json")
    assert json.loads(out)["mean"] == [5.0]
    ring.close()
