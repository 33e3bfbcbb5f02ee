"""Bad input at the command line: one clear line, exit code 2 (1 where the machine is at fault), never a traceback."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GOOD = '[mqtt]\nengine = "off"\n[network]\nport = 0\n'


def shems(*args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "hub", *args], cwd=ROOT, capture_output=True, text=True, timeout=20, check=False
    )


def one_line(done: subprocess.CompletedProcess[str], code: int) -> str:
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    lines = [line for line in done.stderr.splitlines() if line.startswith("shems: ")]
    assert len(lines) == 1, done.stderr
    return lines[0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[site", "not valid TOML"),
        ("[sitee]", "did you mean 'site'?"),
        ('[devices.g]\nrole="grid"\ndriver="modbuss"\nlink="tcp://127.0.0.1:1"', "'modbuss' is not known"),
        ('[devices.g]\nrole="grid"\ndriver="modbus"\nlink="tcp://127.0.0.1:1"\nmap="eastron/sdm631"', "sdm63"),
        ('[devices.g]\nrole="grid"\ndriver="modbus"\nlink="tpc://127.0.0.1:1"\nmap="eastron/sdm630"', "tpc://"),
        ('[devices.g]\nrole="grid"\ndriver="p1"\nlink="nowhere"', "nowhere"),
        ('[devices.g]\nrole="plug"\ndriver="mqtt"\nlink="hub"\nmap="tasmota/plug"\ntopic="x"', "devices.g.link"),
    ],
)
def test_a_wrong_site_document_is_one_line_and_code_2(tmp_path: Path, text: str, said: str) -> None:
    config = tmp_path / "config.toml"
    config.write_text(GOOD + text)
    assert said in one_line(shems("run", "--config", str(config), "--data", str(tmp_path / "data")), 2)


def test_a_missing_document_and_a_wrong_command_are_code_2(tmp_path: Path) -> None:
    assert "cannot be read" in one_line(shems("run", "--config", str(tmp_path / "none.toml")), 2)
    assert shems("runn").returncode == 2
    assert shems("bench", "nothing").returncode == 2


def test_a_busy_port_is_said(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        config = tmp_path / "config.toml"
        config.write_text(GOOD.replace("port = 0", f"port = {taken.getsockname()[1]}"))
        said = one_line(shems("run", "--config", str(config), "--data", str(tmp_path / "data")), 1)
    assert "cannot listen on 127.0.0.1" in said


@pytest.mark.parametrize("what", ["file in the way", "damaged state"])
def test_a_data_folder_that_cannot_be_used_is_said(tmp_path: Path, what: str) -> None:
    config, data = tmp_path / "config.toml", tmp_path / "data"
    config.write_text(GOOD)
    if what == "file in the way":
        data.write_text("x")
    else:
        data.mkdir()
        (data / "state.db").write_bytes(b"not a database" * 1000)
    said = one_line(shems("run", "--config", str(config), "--data", str(data)), 1)
    assert str(data) in said


def test_every_command_has_help() -> None:
    listed = shems("--help").stdout
    for command in ("run", "demo", "config", "test", "bench"):
        assert command in listed
        assert shems(command, "--help").returncode == 0
