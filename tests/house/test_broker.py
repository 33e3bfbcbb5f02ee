"""People's own clients at the broker: with the passwords that the hub wrote down, and at a broker elsewhere."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import aiomqtt
import pytest

from hub.mqtt import accounts
from hub.mqtt.engine import choose, find_mosquitto
from tests.house.demo_kit import demo, eventually

ROOT = Path(__file__).parents[2]
needs_mosquitto = pytest.mark.skipif(not find_mosquitto(), reason="mosquitto is not installed")


def test_an_integration_signs_in_with_what_stands_in_the_data_folder(tmp_path: Path) -> None:
    with demo("--data", str(tmp_path)) as d:
        eventually(lambda: d.point("plug_tv.on")["v"] is not None, 20, "the plug answers")
        file = tmp_path / "broker" / "accounts"
        assert file.stat().st_mode & 0o077 == 0
        password = dict(line.split() for line in file.read_text().splitlines())["integration"]
        port = int((tmp_path / "config.toml").read_text().partition("[mqtt]")[2].partition("port = ")[2].split()[0])
        asyncio.run(toggle(port, password))
        eventually(lambda: d.truth("plug_tv")["on"] is False, 3, "the plug is off")


async def toggle(port: int, password: str) -> None:
    async with aiomqtt.Client("127.0.0.1", port, username="integration", password=password, timeout=3) as client:
        await client.publish("cmnd/plug_washer/POWER", "ON", qos=1)  # not its business
        await client.publish("shems/plug_tv/on/set", "false", qos=1)
        await client.subscribe("shems/plug_tv/on")
        await until(client, "shems/plug_tv/on", "false")


async def until(client: aiomqtt.Client, topic: str, text: str) -> None:
    async with asyncio.timeout(8):
        async for message in client.messages:
            if (message.topic.value, message.payload) == (topic, text.encode()):
                return


@contextmanager
def hub(config: Path, data: Path) -> Iterator[None]:
    process = subprocess.Popen(
        [sys.executable, "-m", "hub", "run", "--config", str(config), "--data", str(data)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout and process.stdout.readline().startswith("ready")
        yield
    finally:
        process.terminate()
        assert process.wait(6) == 0


@needs_mosquitto
def test_a_broker_elsewhere_takes_the_place_of_our_own(tmp_path: Path) -> None:
    engine = choose("mosquitto", [accounts.hub("p@ss"), accounts.devices("d")], tmp_path / "elsewhere", port=0)
    document = (
        '[network]\nport = 0\n[mqtt]\nurl = "mqtt://hub:p%40ss@127.0.0.1:{port}"\n[devices.plug]\nrole = "plug"\n'
    )
    document += 'driver = "mqtt"\nlink = "hub"\nmap = "tasmota/plug"\ntopic = "tv"\n'

    async def play() -> None:
        async with engine.running():
            (tmp_path / "config.toml").write_text(document.format(port=engine.port))
            with hub(tmp_path / "config.toml", tmp_path / "data"):
                await as_a_plug(engine.port)

    asyncio.run(play())
    assert not (tmp_path / "data" / "broker").exists()


async def as_a_plug(port: int) -> None:
    async with aiomqtt.Client("127.0.0.1", port, username="devices", password="d", timeout=3) as plug:
        await plug.subscribe([("shems/#", 1), ("cmnd/#", 1)])
        await until(plug, "shems/status", "online")
        await plug.publish("stat/tv/RESULT", '{"POWER": "ON"}')
        await until(plug, "shems/plug/on", "true")
        async with aiomqtt.Client("127.0.0.1", port, username="hub", password="p@ss", timeout=3) as other:
            await other.publish("shems/plug/on/set", "false")
        await until(plug, "cmnd/tv/POWER", "OFF")
