"""The program: how it starts, ends and is controlled."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from .conftest import PACKAGE, Sim, end, eventually, start


def test_it_ends_within_two_seconds_and_leaves_no_port_behind(tmp_path: Path) -> None:
    sim = start(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["meter-rtu", "p1"]
    assert end(sim) < 2
    assert list(tmp_path.iterdir()) == []


def test_it_ends_with_its_standard_input_even_without_a_broker(tmp_path: Path) -> None:
    sim = start(tmp_path, "--mqtt", "mqtt://127.0.0.1:1")
    assert sim.process.stdin is not None
    sim.process.stdin.close()
    assert sim.process.wait(2) == 0


def test_the_broker_is_named_on_standard_input(tmp_path: Path) -> None:
    """So that its password is on no command line; and it still ends when the input does."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(5)
        process = subprocess.Popen(
            [sys.executable, "-m", "firmware_sim", "--dir", str(tmp_path), "--die-with-stdin", "--mqtt", "-"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": str(PACKAGE)},
        )
        assert process.stdin
        process.stdin.write(b"mqtt://me:pass@127.0.0.1:%d\n" % listening.getsockname()[1])
        process.stdin.flush()
        connection, _ = listening.accept()
        with connection:
            connection.settimeout(5)
            assert b"pass" in connection.recv(1000)
        _, errors = process.communicate(timeout=5)
    assert (process.returncode, errors) == (0, b"")


def test_it_ends_on_interrupt(tmp_path: Path) -> None:
    sim = start(tmp_path)
    sim.process.send_signal(signal.SIGINT)
    assert sim.process.wait(2) == 0


@pytest.mark.parametrize("wrong", [["--speed", "0"], ["--home", "uci", "--data", "/nowhere"], ["--mqtt", "http://x"]])
def test_wrong_arguments_are_explained(wrong: list[str]) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "firmware_sim", *wrong],
        capture_output=True,
        text=True,
        timeout=10,
        env=os.environ | {"PYTHONPATH": str(PACKAGE)},
        check=False,
    )
    assert run.returncode == 2
    assert "error:" in run.stderr and len(run.stderr.splitlines()) == 1


def test_simulated_time_keeps_the_speed_asked_for(tmp_path: Path) -> None:
    sim = start(tmp_path, "--speed", "1000", "--start", "2026-06-01T10:00:00Z")
    first, begun = sim.ask("/devices")["t"], time.monotonic()
    time.sleep(2)
    passed = (sim.ask("/devices")["t"] - first) / 1000 / (time.monotonic() - begun)
    end(sim)
    assert 700 < passed < 1200


def test_a_demo_starts_in_daylight_with_a_car(tmp_path: Path) -> None:
    sim = start(tmp_path)
    devices = sim.devices()
    end(sim)
    assert devices["inverter"]["pv_power"] > 300
    assert devices["keba"]["connected"] is True
    assert devices["inverter"]["soc"] == pytest.approx(55, abs=1)


def test_devices_are_the_ones_promised(sim: Sim) -> None:
    promised = {
        "grid",
        "inverter",
        "keba",
        "heidelberg",
        "heatpump",
        "p1",
        "plug_tv",
        "plug_washer",
        "light_kitchen",
        "light_hall",
        "living",
    }
    devices = sim.devices()
    assert promised <= set(devices)
    assert all({"reads", "writes", "fault"} <= set(device) for device in devices.values())


def test_the_world_can_be_forced_and_released(sim: Sim) -> None:
    assert sim.world(irradiance=700, load_w=1234)["forced"]["irradiance"] == 700
    eventually(lambda: sim.ask("/world")["base_load_w"] == pytest.approx(1234))
    eventually(lambda: sim.devices()["inverter"]["pv_power"] > 5000)
    assert sim.world(irradiance=None, load_w=None)["forced"]["load_w"] is None
    sim.world(soc=80, ev_present=False)
    assert sim.devices()["inverter"]["soc"] == pytest.approx(80, abs=0.1)
    assert sim.devices()["keba"]["connected"] is False
    sim.world(clock="2026-06-01T12:00:00Z")
    assert abs(sim.ask("/devices")["t"] - 1_780_315_200_000) < 5000
    sim.world(clock=round(time.time() * 1000), soc=55, ev_present=None)


@pytest.mark.parametrize(
    "path, body, status",
    [
        ("/world", b"{", 400),
        ("/world", b"[]", 400),
        ("/world", b'{"wind": 1}', 400),
        ("/world", b'{"soc": 101}', 400),
        ("/world", b'{"soc": "full"}', 400),
        ("/world", b'{"clock": "noon"}', 400),
        ("/world", b'{"ev_present": 3}', 400),
        ("/world", b'{"irradiance": NaN}', 400),
        ("/devices/grid/fault", b"{}", 400),
        ("/devices/grid/fault", b'{"kind": "tired"}', 400),
        ("/devices/grid/fault", b'{"kind": [1]}', 400),
        ("/devices/grid/fault", b'{"kind": "slow", "for_s": -1}', 400),
        ("/devices/toaster/fault", b'{"kind": "slow"}', 404),
        ("/nothing", b"{}", 404),
    ],
)
def test_bad_requests_are_explained(sim: Sim, path: str, body: bytes, status: int) -> None:
    code, answer = sim.status(path, body)
    assert code == status
    assert answer["error"]
