"""MQTT devices on a mosquitto broker, seen by mosquitto_sub and switched by mosquitto_pub."""

import json
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .conftest import Sim, end, eventually, need, start


class Broker:
    def __init__(self, port: int) -> None:
        self.port = port

    def first(self, topic: str, seconds: int = 5) -> str:
        command = [need("mosquitto_sub"), "-p", str(self.port), "-t", topic, "-C", "1", "-W", str(seconds)]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()

    def answer(self, command: str, payload: str, topic: str, skip: int = 0) -> str:
        """What comes on `topic` after a command."""
        listener = subprocess.Popen(
            [need("mosquitto_sub"), "-p", str(self.port), "-t", topic, "-C", str(1 + skip), "-W", "3"],
            stdout=subprocess.PIPE,
            text=True,
        )
        time.sleep(0.4)
        self.send(command, payload)
        text, _ = listener.communicate(timeout=6)
        return text.strip()

    def send(self, topic: str, payload: str) -> None:
        subprocess.run([need("mosquitto_pub"), "-p", str(self.port), "-t", topic, "-m", payload], check=True)

    def seen(self, topic: str, check: Any) -> None:
        eventually(lambda: check(self.first(topic)), 8)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Sim, Broker]]:
    """The house starts before its broker and waits for it."""
    program, port = need("mosquitto"), free_port()
    directory: Path = tmp_path_factory.mktemp("mqtt")
    config = directory / "mosquitto.conf"
    config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\n")
    sim = start(directory, "--mqtt", f"mqtt://user:secret@127.0.0.1:{port}")
    time.sleep(0.3)
    process = subprocess.Popen([program, "-c", str(config)], stderr=subprocess.DEVNULL)
    yield sim, Broker(port)
    end(sim)
    process.terminate()
    process.wait(5)


@pytest.fixture
def healthy_pair(pair: tuple[Sim, Broker]) -> Iterator[tuple[Sim, Broker]]:
    yield pair
    for name in pair[0].devices():
        pair[0].fault(name, "none")
    pair[1].seen("tele/plug_tv/LWT", lambda text: text == "Online")


def test_a_broker_that_dies_with_the_house_leaves_nothing_to_say(tmp_path: Path) -> None:
    """Nothing before it was ever there, and no exception that nobody looked at when it goes in mid-farewell."""
    program, port, errors = need("mosquitto"), free_port(), tmp_path / "errors"
    config = tmp_path / "mosquitto.conf"
    config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\n")
    with errors.open("w") as file:
        sim = start(tmp_path / "sim", "--mqtt", f"mqtt://127.0.0.1:{port}", errors=file)
        time.sleep(0.5)
        process = subprocess.Popen([program, "-c", str(config)], stderr=subprocess.DEVNULL)
        broker = Broker(port)
        broker.seen("tele/plug_tv/LWT", lambda text: text == "Online")
        process.send_signal(signal.SIGSTOP)  # the farewell waits for an answer that will not come
        sim.process.send_signal(signal.SIGTERM)
        time.sleep(0.25)
        process.kill()
        process.wait(5)
        assert sim.process.wait(5) == 0
    assert errors.read_text() == ""


def test_devices_announce_themselves(pair: tuple[Sim, Broker]) -> None:
    _, broker = pair
    broker.seen("tele/plug_tv/LWT", lambda text: text == "Online")
    broker.seen("zigbee2mqtt/bridge/state", lambda text: text and json.loads(text) == {"state": "online"})
    names = [device["friendly_name"] for device in json.loads(broker.first("zigbee2mqtt/bridge/devices"))]
    assert names == ["Coordinator", "light_kitchen", "light_hall", "living"]
    broker.seen("zigbee2mqtt/living/availability", lambda text: '"online"' in text)
    assert json.loads(broker.first("zigbee2mqtt/living"))["occupied_heating_setpoint"] == 21


def test_a_tasmota_plug_switches_and_measures(pair: tuple[Sim, Broker]) -> None:
    sim, broker = pair
    assert json.loads(broker.answer("cmnd/plug_tv/POWER", "OFF", "stat/plug_tv/RESULT")) == {"POWER": "OFF"}
    assert sim.devices()["plug_tv"]["on"] is False
    assert broker.answer("cmnd/plug_tv/POWER", "TOGGLE", "stat/plug_tv/POWER") == "ON"
    energy = json.loads(broker.answer("cmnd/plug_tv/Status", "8", "stat/plug_tv/STATUS8"))["StatusSNS"]["ENERGY"]
    assert energy["Total"] == pytest.approx(sim.devices()["plug_tv"]["energy_wh"] / 1000, abs=0.01)


def test_a_zigbee_light_and_a_thermostat_take_commands(pair: tuple[Sim, Broker]) -> None:
    sim, broker = pair
    broker.send("zigbee2mqtt/light_hall/set", '{"state": "ON", "brightness": 50}')
    broker.seen("zigbee2mqtt/light_hall", lambda text: json.loads(text)["brightness"] == 50)
    assert sim.devices()["light_hall"]["on"] is True
    broker.send("zigbee2mqtt/living/set", '{"occupied_heating_setpoint": 19.5}')
    broker.seen("zigbee2mqtt/living", lambda text: json.loads(text)["occupied_heating_setpoint"] == 19.5)
    assert sim.devices()["living"]["setpoint"] == 19.5


def test_refuse_and_ignore_keep_the_old_value(healthy_pair: tuple[Sim, Broker]) -> None:
    sim, broker = healthy_pair
    sim.fault("plug_tv", "refuse")
    assert json.loads(broker.answer("cmnd/plug_tv/POWER", "OFF", "stat/plug_tv/RESULT")) == {"Command": "Error"}
    sim.fault("plug_tv", "ignore")
    assert json.loads(broker.answer("cmnd/plug_tv/POWER", "OFF", "stat/plug_tv/RESULT")) == {"POWER": "ON"}
    sim.fault("light_kitchen", "refuse")
    said = broker.answer("zigbee2mqtt/light_kitchen/set", '{"state": "OFF"}', "zigbee2mqtt/bridge/logging")
    assert json.loads(said)["level"] == "error"
    assert sim.devices()["light_kitchen"]["on"] is True


def test_silent_slow_and_garbage(healthy_pair: tuple[Sim, Broker]) -> None:
    sim, broker = healthy_pair
    sim.fault("plug_tv", "silent")
    assert broker.answer("cmnd/plug_tv/POWER", "OFF", "stat/plug_tv/RESULT") == ""
    sim.fault("plug_tv", "garbage")
    listener = subprocess.Popen(
        ["mosquitto_sub", "-p", str(broker.port), "-t", "stat/plug_tv/STATUS8", "-C", "1", "-W", "3"],
        stdout=subprocess.PIPE,
    )
    time.sleep(0.4)
    broker.send("cmnd/plug_tv/Status", "8")
    noise, _ = listener.communicate(timeout=6)
    assert noise and b"ENERGY" not in noise
    sim.fault("plug_tv", "slow")
    begun = time.monotonic()
    assert broker.answer("cmnd/plug_tv/POWER", "ON", "stat/plug_tv/POWER") == "ON"
    assert time.monotonic() - begun > 1.0


def test_drop_takes_the_device_off_the_broker_and_back(healthy_pair: tuple[Sim, Broker]) -> None:
    sim, broker = healthy_pair
    sim.fault("plug_tv", "drop")
    sim.fault("living", "drop")
    broker.seen("tele/plug_tv/LWT", lambda text: text == "Offline")
    broker.seen("zigbee2mqtt/living/availability", lambda text: "offline" in text)
    sim.fault("living", "none")
    broker.seen("zigbee2mqtt/living/availability", lambda text: "online" in text)
    sim.fault("plug_tv", "none")
    assert "ENERGY" in json.loads(broker.first("tele/plug_tv/SENSOR", 12))
