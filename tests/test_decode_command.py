"""`shems decode`: its options anywhere among its words, and those of the other commands that take several."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest

from hub.cli import account, bench, catalogue, history
from hub.cli.main import Mixed, main

KEY = "00112233445566778899aabbccddeeff"
ESTONIAN = (
    b"/LGF5E360\r\n\r\n0-0:1.0.0(230606143105S)\r\n1-0:1.8.0(1234567*Wh)\r\n1-0:2.8.0(765*Wh)\r\n"
    b"1-0:1.7.0(532*W)\r\n1-0:2.7.0(0*W)\r\n1-0:32.7.0(231.5*V)\r\n!CC4C\r\n"
)
TELEGRAM = b"/ISK5\\2M550T-1012\r\n\r\n1-0:1.7.0(00.111*kW)\r\n!\r\n"


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "p1.txt"
    path.write_bytes(TELEGRAM)
    return str(path)


def told(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize(
    ("words", "files"),
    [
        ("decode p1 FILE --json", 1),
        ("decode p1 --json FILE", 1),
        ("decode --json p1 FILE", 1),
        (f"decode p1 --key {KEY} FILE", 1),
        (f"decode --key {KEY} p1 --auth-key {KEY} FILE FILE", 2),
        ("decode p1 FILE --json FILE", 2),
        ("decode p1 --debug FILE --json FILE --key= FILE", 3),
        ("decode p1 --json -- FILE", 1),
    ],
)
def test_options_may_stand_anywhere(words: str, files: int, file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([file if word == "FILE" else word for word in words.split()]) == 0
    assert [one["file"] for one in told(capsys)] == [file] * files


def test_what_is_no_option_is_still_refused(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["decode", "p1", "--jason-x", file])
    assert ended.value.code == 2 and "--jason-x" in capsys.readouterr().err


def test_the_zone_of_a_meters_clock(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "p1.txt"
    path.write_bytes(ESTONIAN)
    assert main(["decode", "p1", str(path)]) == main(["decode", "p1", "--timezone", "Europe/Tallinn", str(path)]) == 0
    usual, there = (one["messages"][0]["time"] for one in told(capsys))  # type: ignore[index]
    assert usual - there == 3_600_000
    assert main(["decode", "p1", "--timezone", "Europe/Tallin", str(path)]) == 2
    assert "'Europe/Tallin' is not a time zone" in capsys.readouterr().err


def test_other_commands_take_their_words_so_too() -> None:
    def read(command: object, words: str) -> argparse.Namespace:
        parser = Mixed()
        command.arguments(parser)  # type: ignore[attr-defined]
        return parser.parse_args(words.split())

    assert read(history, "grid.power --json battery.power --step 1h").words == ["grid.power", "battery.power"]
    assert read(catalogue, "keba --json charger").words == ["keba", "charger"]
    assert read(bench, "store.reads --json core").names == ["store.reads", "core"]
    added = read(account, "add anna --role resident --data /x")
    assert (added.action, added.name) == ("add", "anna")
