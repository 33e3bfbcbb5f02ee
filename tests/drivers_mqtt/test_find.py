"""Looking for devices behind a real mosquitto: what is announced is found once, and captures can be decoded."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiomqtt
import pytest

from drivers.mqtt import find as finder
from drivers.mqtt.driver import build
from drivers.mqtt.mixed import decode
from drivers.mqtt.offers import Offers
from hub.errors import ConfigError, LinkError
from hub.finding.search import search
from hub.formats import codec
from hub.model import DeviceSpec, Role, SystemClock
from hub.model.found import Found, Where
from hub.model.heard import NO_HINTS
from tests.drivers_mqtt.kit import FAST, Broker, FakeSink, free_port, needs_mosquitto
from tests.drivers_mqtt.test_homeassistant import BLOCK, CONFIGS
from tests.drivers_mqtt.test_zigbee2mqtt import HOUSE
from tests.sim.conftest import end, start

TASMOTA = {"t": "tv", "ft": "%topic%/%prefix%/", "tp": ["cmnd", "stat", "tele"], "md": "Pow", "sw": "13", "rl": [1, 0]}
SENSORS = {"sn": {"ENERGY": {"Power": [1, 2, 3]}}, "ver": 1}
RETAINED: dict[str, object] = {
    "zigbee2mqtt/bridge/devices": HOUSE,
    "tasmota/discovery/A020A6/config": TASMOTA,
    "tasmota/discovery/A020A7/config": TASMOTA | {"t": "m", "ft": "%prefix%/%topic%/", "rl": [0]},
    "tasmota/discovery/A020A7/sensors": SENSORS,
    **{f"homeassistant/{name}/config": config for name, config in CONFIGS.items()},
    "homeassistant/sensor/z/config": CONFIGS["sensor/box1/power"] | {"dev": BLOCK | {"ids": "zigbee2mqtt_0x5"}},
    "homeassistant/sensor/t/config": CONFIGS["sensor/box1/power"] | {"dev": {"cns": [["mac", "A0:20:A6"]]}},
    "shellyplus1-a8": "ignored",
    "shellyplus1-a8/online": "true",
    "gone/online": "false",
    "tele/tv/SENSOR": {"ENERGY": {"Power": 5}},
}


def _expected(link: str) -> set[tuple[str, str, tuple[Role, ...], str]]:
    rows = (
        ("zigbee2mqtt/auto", "kitchen/kettle", (Role.PLUG,), "Acme"),
        ("zigbee2mqtt/auto", "lamp", (Role.LIGHT,), "Acme"),
        ("zigbee2mqtt/auto", "valve", (Role.THERMOSTAT,), "Acme"),
        ("zigbee2mqtt/auto", "door", (Role.SENSOR,), "Acme"),
        ("zigbee2mqtt/auto", "double", (Role.PLUG,), "Acme"),
        ("tasmota/plug", "tv", (Role.PLUG,), "Tasmota"),
        ("tasmota/meter", "m", (Role.METER, Role.GRID, Role.INVERTER), "Tasmota"),
        ("homeassistant/device", "box1", (Role.PLUG,), "Acme"),
        ("shelly/gen1", "shellyem3-1", (Role.GRID, Role.METER, Role.INVERTER), "Shelly"),
        ("shelly/gen2", "shellyplus1-a8", (Role.PLUG,), "Shelly"),
    )
    return set(rows)


def _shown(found: Found) -> tuple[str, str, tuple[Role, ...], str]:
    named = found.options.get("topic", found.options.get("device"))
    return str(found.options["map"]), str(named), found.roles, found.vendor


async def _shellies(port: int) -> None:
    """One of each generation, which answer when they are asked."""
    async with aiomqtt.Client("127.0.0.1", port) as client:
        await client.subscribe([("shellies/command", 0), ("shellyplus1-a8/rpc", 0)])
        async for message in client.messages:
            if message.topic.value == "shellies/command":
                told: object = {"id": "shellyem3-1", "mac": "AA", "model": "SHEM-3", "fw_ver": "1.14"}
                await client.publish("shellies/announce", json.dumps(told))
                continue
            asked = json.loads(bytes(message.payload))  # type: ignore[arg-type]
            info = {"mac": "A8", "gen": 2, "model": "SNSW-001X16EU", "ver": "1.4.4"}
            result = info if asked["method"] == "Shelly.GetDeviceInfo" else {"switch:0": {"id": 0, "output": True}}
            await client.publish(f"{asked['src']}/rpc", json.dumps({"id": asked["id"], "src": "x", "result": result}))


def on_broker(folder: Path, play: Callable[[str, int], Awaitable[None]]) -> None:
    async def main() -> None:
        broker = Broker(folder)
        await broker.start()
        shellies = asyncio.create_task(_shellies(broker.port))
        try:
            async with aiomqtt.Client("127.0.0.1", broker.port) as client:
                for topic, payload in RETAINED.items():
                    told = payload if isinstance(payload, str) else json.dumps(payload)
                    await client.publish(topic, told, qos=1, retain=True)
            await play(f"mqtt://me:secret@127.0.0.1:{broker.port}", broker.port)
        finally:
            shellies.cancel()
            await broker.stop()
            await asyncio.gather(shellies, return_exceptions=True)

    asyncio.run(main())


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finder, "QUIET_S", 0.3)


@needs_mosquitto
def test_all_that_is_announced_is_found_once(tmp_path: Path) -> None:
    async def play(link: str, port: int) -> None:
        found: list[Found] = []
        await search(Where(brokers=(link,)), found.append)
        shown = [_shown(f) for f in found]
        assert set(shown) == _expected(link) and len(shown) == len(set(shown))
        tasmota = next(f for f in found if f.options["map"] == "tasmota/plug")
        assert tasmota.options["full_topic"] == "%topic%/%prefix%/" and tasmota.serial == "A020A6"
        for one in found:  # what is found is what a table of the site document needs
            spec = DeviceSpec("u", "d", one.roles[0], one.driver, one.link, options=one.options)
            assert build(one.link, [spec], SystemClock()).devices

    on_broker(tmp_path, play)


@needs_mosquitto
def test_a_capture_can_be_decoded(tmp_path: Path) -> None:
    async def play(link: str, port: int) -> None:
        capture = decode(await finder.record(link, 0.4))
        assert {"plug.power": 5} in [dict(m.points) for m in capture.messages]
        assert len(capture.messages) + len(capture.rejected) == len(RETAINED)
        narrow = await finder.record(f"{link}?topic=tele/%23", 0.4)
        (line,) = narrow.splitlines()
        assert json.loads(line)["topic"] == "tele/tv/SENSOR" and json.loads(line)["retain"] is True
        for name in ("tasmota", "mqtt"):
            assert codec(name).decode(narrow, NO_HINTS).messages[0].points == {"plug.power": 5}
        with pytest.raises(LinkError, match="nothing"):
            await finder.record(f"{link}?topic=none", 0.1)

    on_broker(tmp_path, play)


def test_a_broker_that_is_not_there(caplog: pytest.LogCaptureFixture) -> None:
    link = f"mqtt://me:secret@127.0.0.1:{free_port()}"
    for call in (finder.probe(link), finder.record(link, 0.1)):
        with pytest.raises(LinkError) as caught:
            asyncio.run(call)  # type: ignore[arg-type]
        assert "secret" not in str(caught.value)
    found: list[Found] = []
    asyncio.run(finder.find(Where(brokers=(link, "mqtt://me:secret@h:x")), found.append))
    assert not found and "secret" not in caplog.text and caplog.text.count("looking") == 2
    with pytest.raises(ConfigError):
        asyncio.run(finder.probe("mqqt://h"))  # type: ignore[arg-type]


def test_nothing_announced_is_nothing_found() -> None:
    assert not list(Offers("mqtt://h").found())


@needs_mosquitto
def test_the_simulated_house_is_found_and_driven(tmp_path: Path) -> None:
    """A peer that shares no code with us: its bridge describes a lamp and a radiator valve."""

    async def play(sink: FakeSink, broker: Broker) -> None:
        link = f"mqtt://127.0.0.1:{broker.port}"
        found: list[Any] = []
        async with asyncio.timeout(10):
            while {f.roles[0] for f in found} < {Role.LIGHT, Role.THERMOSTAT}:
                found = list(await finder.probe(link))
        specs = [
            DeviceSpec(f"u{n}", f.roles[0].value, f.roles[0], "mqtt", link, options={**f.options, **FAST})
            for n, f in enumerate(found)
        ]
        driver = build(link, specs, SystemClock())
        task = asyncio.create_task(driver.run(sink))
        await sink.until(lambda: {"light.brightness", "thermostat.target_temperature"} <= set(sink.values))
        assert {p.id for p in sink.devices["light"].points if p.writable} == {"light.on", "light.brightness"}
        assert sink.devices["thermostat"].vendor == "Danfoss"
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    async def main() -> None:
        broker, sink = Broker(tmp_path), FakeSink()
        await broker.start()
        sim = await asyncio.to_thread(start, tmp_path / "sim", "--mqtt", f"mqtt://127.0.0.1:{broker.port}")
        try:
            await play(sink, broker)
        finally:
            await asyncio.to_thread(end, sim)
            await broker.stop()

    asyncio.run(main())
