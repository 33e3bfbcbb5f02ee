"""`shems simulate`: what a person types, and what comes out."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hub.cli.main import main
from tests.rehearse.home_kit import CHEAP_AT_NIGHT, PUMP, SITE, START, home


def written(folder: Path, prices: bool = False, days: int = 6) -> Path:
    h = home(days)
    assert h.pv is not None
    rows = ["time,load_w,pv_w" + (",price_import,price_export" if prices else "")]
    for at, load, sun in zip(h.load.starts_ms, h.load.values, h.pv.values, strict=True):
        hour = (int(at) - START) // 3_600_000 % 24
        told = f",{0.15 if hour < 6 else 0.35},0.08" if prices else ""
        rows.append(f"{datetime.fromtimestamp(int(at) / 1000, UTC).isoformat()},{load:.1f},{sun:.1f}{told}")
    path = folder / "home.csv"
    path.write_text("\n".join(rows) + "\n", "utf-8")
    return path


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "site.toml").write_text(SITE.format(price=CHEAP_AT_NIGHT, export=0.08, limits="", more=""), "utf-8")
    return tmp_path


def told(capsys: pytest.CaptureFixture[str], *argv: str) -> dict[str, object]:
    assert main(["simulate", *argv, "--json"]) == 0
    found: dict[str, object] = json.loads(capsys.readouterr().out)
    return found


def test_all_policies_are_told_with_what_they_save(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = told(capsys, str(written(folder)), "--site", "site.toml", "--from", "2026-05-05", "--to", "2026-05-07")
    policies = report["policies"]
    assert isinstance(policies, dict)
    assert list(policies) == ["none", "rule", "plan", "perfect"]
    assert policies["perfect"]["cost"] <= policies["plan"]["cost"] < policies["none"]["cost"]
    for row in policies.values():
        assert row["cost"] == pytest.approx(
            row["bought"] - row["sold"] + row["wear"] + row["stored"] + row["peak"], abs=2e-3
        )
    assert report["from"] == "2026-05-05T00:00:00+02:00"
    saved = report["saved"]
    assert isinstance(saved, dict)
    none, plan, perfect = (policies[p]["cost"] for p in ("none", "plan", "perfect"))
    assert saved["plan"]["of_possible_against_none"] == pytest.approx((none - plan) / (none - perfect), abs=1e-3)


def test_only_the_named_policies_run(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = told(capsys, str(written(folder)), "--site", "site.toml", "--policy", "none", "rule")
    assert list(report["policies"]) == ["none", "rule"]  # type: ignore[call-overload]
    assert report["saved"] == {}


def test_prices_of_the_file_come_before_those_of_the_site(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    site = folder / "site.toml"
    site.write_text(SITE.format(price=0.99, export=0.5, limits="", more=""), "utf-8")
    report = told(capsys, str(written(folder, prices=True)), "--site", "site.toml", "--policy", "none")
    row = report["policies"]["none"]  # type: ignore[index]
    assert row["bought"] / row["imported_kwh"] < 0.36
    assert row["sold"] == pytest.approx(0.08 * row["exported_kwh"], abs=0.01)


def test_a_packed_file_and_a_table_for_people(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    packed = folder / "home.csv.gz"
    packed.write_bytes(gzip.compress(written(folder).read_bytes()))
    assert main(["simulate", str(packed), "--site", "site.toml"]) == 0
    out = capsys.readouterr().out
    assert "cost EUR" in out
    assert "plan saves of what is possible:" in out
    assert "against no battery" in out


def test_a_world_with_a_heat_pump_without_temperature_is_refused(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "site.toml").write_text(SITE.format(price=0.3, export=0.08, limits="", more=PUMP), "utf-8")
    (folder / "world.toml").write_text("[heat_pumps.pump]\n", "utf-8")
    assert main(["simulate", str(written(folder)), "--site", "site.toml", "--world", "world.toml"]) == 2
    assert "temperature_c" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["nowhere.csv", "--site", "site.toml"], "nowhere.csv"),
        (["home.csv", "--site", "nowhere.toml"], "nowhere.toml"),
        (["home.csv", "--site", "site.toml", "--from", "yesterday"], "--from"),
        (["home.csv", "--site", "site.toml", "--from", "2020-01-01"], "--from"),
        (["home.csv", "--site", "site.toml", "--from", "2026-05-04", "--to", "2026-05-03"], "--to"),
        (["home.csv", "--site", "site.toml", "--world", "home.csv"], "home.csv"),
        (["empty.csv", "--site", "site.toml"], "empty.csv"),
        (["wrong.csv", "--site", "site.toml"], "load_w"),
    ],
)
def test_what_cannot_be_is_one_line_and_exit_2(
    folder: Path, capsys: pytest.CaptureFixture[str], argv: list[str], said: str
) -> None:
    written(folder)
    (folder / "empty.csv").write_text("", "utf-8")
    (folder / "wrong.csv").write_text("time,load_w\n2026-05-01T00:00Z,much\n", "utf-8")
    assert main(["simulate", *argv]) == 2
    captured = capsys.readouterr()
    assert said in captured.err
    assert captured.err.count("\n") == 1
    assert captured.out == ""


def test_an_unknown_policy_is_wrong_usage(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["simulate", "home.csv", "--site", "site.toml", "--policy", "best"])
    assert stopped.value.code == 2
