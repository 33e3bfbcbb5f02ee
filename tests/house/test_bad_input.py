"""Bad input at the command line: one clear line, exit code 2 (1 where what is kept is at fault), never a traceback."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from firmware_sim.__main__ import DEMO_HOUR
from firmware_sim.physics import homes

from hub.cli import demo

ROOT = Path(__file__).parents[2]
GOOD = '[mqtt]\nengine = "off"\n[network]\nport = 0\n'


def shems(*args: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "hub", *args],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
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
        ('[devices.g]\nrole="grid"\ndriver="modbuss"\nlink="tcp://127.0.0.1:1"', "devices.g.driver: 'modbuss' is not"),
        ('[devices.g]\nrole="grid"\ndriver="modbus"\nlink="tcp://127.0.0.1:1"\nmap="eastron/sdm631"', "g.map: map"),
        ('[devices.g]\nrole="grid"\ndriver="modbus"\nlink="tpc://127.0.0.1:1"\nmap="eastron/sdm630"', "link: 'tpc"),
        ('[devices.g]\nrole="grid"\ndriver="p1"\nlink="nowhere"', "devices.g.link: nowhere"),
        ('[devices.g]\nrole="plug"\ndriver="mqtt"\nlink="hub"\nmap="tasmota/plug"\ntopic="x"', "devices.g.link"),
        ('[devices.g]\nrole="plug"\ndriver="mqtt"\nlink="mqt://h"\nmap="tasmota/plug"', "devices.g.link: not an MQTT"),
        ('[devices.g]\nrole="plug"\ndriver="mqtt"\nlink="mqtt://h"\nmap="tasmota/plug"\ntopc="x"', "mean 'topic'?"),
        ("[tariff]\nimport_price = nan", "nan is no price"),
        ("[tariff]\nimport_price = " + "9" * 5_000, "holds a number that is too long"),
        ("[tariff]\nimport_price = " + "[" * 5_000, "lists too deep"),
        ('[tariff]\nsource="awattar"\ncontry="DE"', "tariff.contry: unknown key for source"),
        ('[devices.g]\nrole="grid"\ndriver="p1"\nlink="tcp://[::1"', "devices.g.link: tcp://[::1: not a P1 link"),
        ('[devices.g]\nrole="plug"\ndriver="http"\nlink="http://h"\nkind=["a"]', "devices.g.kind: ['a'] is not known"),
        ('[tariff]\nsource="own"\nurl="http://["', "tariff.url: is no address"),
        ("[limits]\nimport_w = 500", "limits.import_w: must be a number from 1000"),
        ("[circuits.a]\n[circuits.b]\nparent = 'a'\nfuse_a = 63", "b.fuse_a: 63 is above the 35 of its parent"),
    ],
)
def test_a_wrong_site_document_is_one_line_and_code_2(tmp_path: Path, text: str, said: str) -> None:
    """Whether it is checked or run: a check finds all that a start would find, and both name the file and the key."""
    config = tmp_path / "config.toml"
    config.write_text(GOOD + text)
    checked = one_line(shems("config", "check", "--config", str(config)), 2)
    assert said in checked and str(config) in checked
    assert checked == one_line(shems("run", "--config", str(config), "--data", str(tmp_path / "data")), 2)


def test_a_check_needs_no_broker_and_show_prints_the_document(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    text = '[devices.g]\nrole = "plug"\ndriver = "mqtt"\nlink = "hub"\nmap = "tasmota/plug"\n'
    config.write_text(text)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        config.write_text(f"[mqtt]\nport = {taken.getsockname()[1]}\n{text}")
        done = shems("config", "check", "--config", str(config))
    assert (done.returncode, done.stdout) == (0, f"{config}: correct; 1 devices\n")
    assert shems("config", "show", "--config", str(config)).stdout.strip() == config.read_text().strip()
    assert not (tmp_path / "broker").exists()


CAR = '[devices.car]\nrole = "charger"\ndriver = "modbus"\nlink = "tcp://127.0.0.1:1"\nmap = "keba/p30"\nunit = 255\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[rules.night", ": not valid TOML"),
        ("rules = 3", ": rules: must be tables"),
        (
            "[rules.night]\nwhen = 'holiday'\nthen = 'car.mode = fats'",
            ": rules.night.then: at column 12 of 'car.mode =",
        ),
        (
            "[rules.night]\nwhen = 'holiday'\nthen = ['car.mode = fast', 'car.current_limit <=  6 A + 2 W']",
            ": rules.night.then: at column 27 of 'car.current_limit <=  6 A + 2 W': A and W do not add up",
        ),
        (
            "[rules.night]\nwhen = 'car.powr > 1'\nthen = 'car.mode = fast'",
            ": rules.night.when: at column 1 of 'car.powr",
        ),
    ],
)
def test_a_wrong_rule_is_one_line_that_names_file_field_and_column(tmp_path: Path, text: str, said: str) -> None:
    config, rules = tmp_path / "config.toml", tmp_path / "rules.toml"
    config.write_text(GOOD + CAR)
    rules.write_text(text)
    wrong = one_line(shems("rule", "check", str(rules), "--config", str(config), "--data", str(tmp_path)), 2)
    assert f"shems: {rules}{said}" in wrong


def test_a_missing_document_and_a_wrong_command_are_code_2(tmp_path: Path) -> None:
    assert "cannot be read" in one_line(shems("run", "--config", str(tmp_path / "none.toml")), 2)
    assert shems("runn").returncode == 2
    assert shems("bench", "nothing").returncode == 2
    assert "'nope'; there are uci, emhass, generated" in one_line(shems("demo", "--home", "nope"), 2)


def test_a_first_run_without_a_document_says_how_to_begin(tmp_path: Path) -> None:
    said = one_line(shems("run", cwd=tmp_path), 2)
    assert "config.example.toml" in said and "shems demo" in said
    assert list(tmp_path.iterdir()) == []


def test_the_homes_and_the_hour_are_those_of_the_simulator() -> None:
    assert demo.HOMES == homes.HOMES
    assert demo.BEGINS_AT == DEMO_HOUR


@pytest.mark.parametrize("where", ["before", "after"])
def test_debug_shows_the_traceback(where: str) -> None:
    order = ["--debug", "bench", "nothing"] if where == "before" else ["bench", "--debug", "nothing"]
    assert "Traceback" in shems(*order).stderr


def test_a_busy_port_is_said(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        config = tmp_path / "config.toml"
        config.write_text(GOOD.replace("port = 0", f"port = {taken.getsockname()[1]}"))
        said = one_line(shems("run", "--config", str(config), "--data", str(tmp_path / "data")), 2)
    assert "cannot listen on 127.0.0.1" in said and "network.port" in said
    assert said.count("127.0.0.1") == 1, "the address is said once"


def test_an_address_of_another_machine_is_said_with_its_key(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text(GOOD + 'bind = "192.0.2.1"\n')
    said = one_line(shems("run", "--config", str(config), "--data", str(tmp_path / "data")), 2)
    assert said.startswith("shems: cannot listen on 192.0.2.1:0: ") and said.count("192.0.2.1") == 1
    assert "network.bind" in said and "port:" not in said


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--port", "99999"], "--port: 99999 is no port; must be from 0 to 65535"),
        (["--port", "-1"], "--port: -1 is no port; must be from 0 to 65535"),
        (["--bind", "192.0.2.1"], "--bind: cannot listen on '192.0.2.1': "),
        (["--bind", 'no"where'], "--bind: cannot listen on 'no\"where': "),
        (["--devices", "{dir}/none.toml"], "{dir}/none.toml: cannot be read: No such file or directory; name a re"),
        (["--devices", "{dir}/broken.toml"], "{dir}/broken.toml: not valid TOML: "),
        (["--devices", "{dir}/wrong.toml"], "{dir}/wrong.toml: devices.x.role: is missing; add it"),
    ],
)
def test_the_demo_blames_what_was_given_to_it(tmp_path: Path, given: list[str], said: str) -> None:
    (tmp_path / "broken.toml").write_text("[devices.x")
    (tmp_path / "wrong.toml").write_text('[devices.x]\nrol = "grid"\n')
    told = one_line(shems("demo", "--port", "0", *(g.format(dir=tmp_path) for g in given)), 2)
    assert told.startswith("shems: " + said.format(dir=tmp_path)) and "--config" not in told


def test_a_document_to_observe_is_asked_for_with_its_own_option(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text(GOOD)
    given = ["--config", str(config), "--data", str(tmp_path / "data"), "--observe", str(tmp_path / "none.toml")]
    assert one_line(shems("run", *given), 2).endswith("name a readable site document with --observe")


def test_a_busy_port_of_the_broker_is_said(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        config = tmp_path / "config.toml"
        config.write_text(f"[mqtt]\nport = {taken.getsockname()[1]}\n[network]\nport = 0\n")
        said = one_line(shems("run", "--config", str(config), "--data", str(tmp_path / "data")), 2)
    assert "mqtt.port: 127.0.0.1" in said and "mqtt.url" in said


@pytest.mark.parametrize("command", ["run", "demo"])
def test_a_data_folder_that_cannot_be_used_is_said(tmp_path: Path, command: str) -> None:
    config, data = tmp_path / "config.toml", tmp_path / "data"
    config.write_text(GOOD)
    data.write_text("a file is in the way")
    given = ["--config", str(config)] if command == "run" else []
    assert str(data) in one_line(shems(command, *given, "--data", str(data)), 2)


def test_a_damaged_state_is_not_wrong_usage(tmp_path: Path) -> None:
    config, data = tmp_path / "config.toml", tmp_path / "data"
    config.write_text(GOOD)
    data.mkdir()
    (data / "state.db").write_bytes(b"not a database" * 1000)
    assert str(data) in one_line(shems("run", "--config", str(config), "--data", str(data)), 1)


def test_every_command_has_help() -> None:
    listed = shems("--help").stdout
    for command in ("run", "demo", "config", "test", "bench"):
        assert command in listed
        assert shems(command, "--help").returncode == 0
