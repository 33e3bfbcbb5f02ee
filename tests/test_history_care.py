"""`shems history check`, `salvage` and `events`: what a person types, and what comes out."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from hub.cli.main import main
from hub.model import Column
from hub.store.ring import Ring
from tests.store.foreign.kit import DOCUMENT
from tests.store.house import SERIES, T0, StillClock, feed, known


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two hours and a bit, with a counter that was reset; its hub is not running."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.toml").write_text(DOCUMENT, "utf-8")
    folder = tmp_path / "data"
    folder.mkdir()
    ring = Ring.open(folder / "history.db", StillClock())
    ring.start()
    feed(ring, 0, 7300)
    for k in range(25):
        ring.append(Column((T0 + 7300 + 3600 * k) * 1000, {"grid.energy": k % 20}), SERIES)
        assert ring.settle()
    ring.close()
    return folder


def call(*words: str) -> int:
    return main(["history", *words])


def test_a_sound_history_is_sound(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for more in ([], ["--quick"]):
        assert call("check", *more) == 0
        out, err = capsys.readouterr()
        assert out == "" and err.startswith("sound: read ")
    assert call("check", "--json") == 0
    assert json.loads(capsys.readouterr().out)["sound"] is True


def test_a_flipped_bit_is_named(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with sqlite3.connect(data / "history.db") as db:
        key, blob = db.execute("SELECT id, b FROM raw ORDER BY id LIMIT 1").fetchone()
        db.execute("UPDATE raw SET b = ? WHERE id = ?", (blob[:-1] + bytes([blob[-1] ^ 1]), key))
    assert call("check") == 1
    out, err = capsys.readouterr()
    assert len(out.splitlines()) == 1 and "raw" in out and err.startswith("damaged: ")


def test_what_has_happened_is_told(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("events") == 0
    [line, *_] = capsys.readouterr().out.splitlines()
    assert "reset" in line and "g.energy" in line
    assert call("events", "--json") == 0
    assert json.loads(capsys.readouterr().out.splitlines()[0])["kind"] == "reset"


def test_a_damaged_file_is_brought_back(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (data / "history.db").rename(data / "old.db")
    (data / "history.hot").unlink()
    assert call("salvage", str(data / "old.db")) == 0
    assert "blocks were brought back" in capsys.readouterr().out
    again = Ring.open(data / "history.db", StillClock())
    assert None not in known(again, 0, 7200)
    again.close()


@pytest.mark.parametrize("text", ["[site]\n", DOCUMENT * 40])
def test_what_is_no_history_is_refused(data: Path, capsys: pytest.CaptureFixture[str], text: str) -> None:
    (data / "c.toml").write_text(text, "utf-8")
    assert call("salvage", str(data / "c.toml"), "--data", "new") == 2
    assert "c.toml: has no page of a history that can be read; name a history.db" in capsys.readouterr().err
    assert not Path("new").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["check", "now"], "leave 'now' out"),
        (["salvage"], "name the damaged file"),
        (["salvage", "nowhere.db"], "there is no such file"),
        (["check", "--data", "nowhere"], "there is no history"),
        (["events", "--data", "nowhere"], "there is no history"),
        (["events", "--quick"], "--quick is for history check"),
    ],
)
def test_errors_are_one_line(data: Path, capsys: pytest.CaptureFixture[str], words: list[str], said: str) -> None:
    assert call(*words) == 2
    err = capsys.readouterr().err
    assert said in err and len(err.splitlines()) == 1
