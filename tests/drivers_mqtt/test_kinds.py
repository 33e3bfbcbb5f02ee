"""Devices that describe themselves, on a real mosquitto: what they say of themselves becomes points and commands."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiomqtt
import pytest

from drivers.mqtt import driver as driver_module
from drivers.mqtt import watch
from drivers.mqtt.driver import build
from drivers.mqtt.link import NODELAY
from hub.errors import ConfigError, NoAnswer, Refused
from hub.model import DeviceSpec, Quality, Role, SystemClock
from hub.model.driver import Telling
from tests.drivers_mqtt.kit import FAST, Broker, FakeSink, command, ended, needs_mosquitto
from tests.drivers_mqtt.test_homeassistant import CONFIGS
from tests.drivers_mqtt.test_zigbee2mqtt import HOUSE

Answer = Callable[[str, str], list[tuple[str, object]]]


@dataclass
class Peer:
    """A device as a client of its own: `answer` says what it tells when a message comes."""

    client: aiomqtt.Client
    heard: list[tuple[str, str]] = field(default_factory=list)

    async def say(self, topic: str, payload: object, retain: bool = False) -> None:
        await self.client.publish(topic, payload if isinstance(payload, str) else json.dumps(payload), retain=retain)

    async def live(self, answer: Answer) -> None:
        async for message in self.client.messages:
            topic, payload = message.topic.value, bytes(message.payload).decode()  # type: ignore[arg-type]
            self.heard.append((topic, payload))
            for back in answer(topic, payload):
                await self.say(*back)


@asynccontextmanager
async def house(
    folder: Path, spec: DeviceSpec, topics: list[str], answer: Answer, retained: list[tuple[str, object]]
) -> AsyncIterator[tuple[Any, FakeSink, Peer]]:
    broker = Broker(folder)
    await broker.start()
    try:
        async with aiomqtt.Client("127.0.0.1", broker.port, socket_options=NODELAY) as client:
            peer, sink = Peer(client), FakeSink()
            await client.subscribe([(topic, 0) for topic in topics])
            for topic, payload in retained:
                await peer.say(topic, payload, retain=True)
            driver = build(f"mqtt://127.0.0.1:{broker.port}", [spec], SystemClock())
            tasks = [asyncio.create_task(peer.live(answer)), asyncio.create_task(driver.run(sink))]
            try:
                yield driver, sink, peer
            finally:
                await ended(tasks)
    finally:
        with suppress(ProcessLookupError):
            await broker.stop()


Play = Callable[[Any, FakeSink, Peer], Awaitable[None]]


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Callable[..., None]]:
    def run(
        spec: DeviceSpec, topics: list[str], answer: Answer, retained: list[tuple[str, object]], play: Play
    ) -> None:
        async def main() -> None:
            async with house(tmp_path, spec, topics, answer, retained) as (driver, sink, peer):
                await play(driver, sink, peer)

        asyncio.run(main())

    yield run


def spec(role: Role, map_: str, **options: object) -> DeviceSpec:
    return DeviceSpec("u", "d", role, "mqtt", "", options={"map": map_, **options} | FAST)


def silent(topic: str, payload: str) -> list[tuple[str, object]]:
    return []


@needs_mosquitto
def test_a_zigbee_plug_by_the_bridge_alone(scene: Any) -> None:
    kettle = {"state": "OFF", "power": 0, "energy": 1.5}

    def answer(topic: str, payload: str) -> list[tuple[str, object]]:
        if topic.endswith("/set"):
            kettle.update(json.loads(payload) | {"power": 1900})
        return [("zigbee2mqtt/kitchen/kettle", kettle)]

    async def play(driver: Any, sink: FakeSink, peer: Peer) -> None:
        await sink.until(lambda: sink.values.get("d.energy") == 1500)
        assert sink.devices["d"].vendor == "Acme" and sink.devices["d"].firmware == "1.2"
        assert [p.id for p in sink.devices["d"].points if p.writable] == ["d.on"]
        await driver.apply(command("d.on", True))
        assert sink.values["d.on"] is True and sink.values["d.power"] == 1900
        assert isinstance(driver, Telling)
        assert {r.code: r.value for r in driver.raw("d")}["power"] == 1900
        assert driver.raw("other") == ()

    retained: list[tuple[str, object]] = [("zigbee2mqtt/bridge/devices", HOUSE)]
    topics = ["zigbee2mqtt/kitchen/kettle/+"]
    scene(spec(Role.PLUG, "zigbee2mqtt/auto", topic="kitchen/kettle"), topics, answer, retained, play)


@needs_mosquitto
def test_a_device_of_home_assistant_s_discovery(scene: Any) -> None:
    def answer(topic: str, payload: str) -> list[tuple[str, object]]:
        return [("box/relay", payload)] if topic == "box/relay/set" else [("box/limit", "10")]

    async def play(driver: Any, sink: FakeSink, peer: Peer) -> None:
        await sink.until(lambda: "d.on" in sink.values)
        assert sink.values["d.on"] is False and sink.quality["d.on"] is Quality.SUBSTITUTED  # retained, and it is there
        await peer.say("box/power", "1.5")
        await sink.until(lambda: sink.values.get("d.power") == 1500)
        assert sink.quality["d.power"] is Quality.GOOD
        await driver.apply(command("d.on", True))
        assert sink.values["d.on"] is True
        await driver.apply(command("d.current_limit", 10))
        assert sink.values["d.current_limit"] == 10 and ("box/limit/set", '{"a": 10}') in peer.heard
        await peer.say("box/status", "offline", retain=True)
        await sink.until(lambda: sink.events[-1] == ("lost", "d"))

    retained = [(f"homeassistant/{name}/config", config) for name, config in CONFIGS.items()]
    retained += [("box/relay", "0"), ("box/status", "online")]  # type: ignore[list-item]
    wanted = spec(Role.CHARGER, "homeassistant/device", device="box1", entities={"current_limit": "box_limit"})
    scene(wanted, ["box/relay/set", "box/limit/set"], answer, retained, play)


@needs_mosquitto
def test_a_shelly_of_the_second_generation(scene: Any) -> None:
    switch = {"id": 0, "output": False, "apower": 0.0, "aenergy": {"total": 55.5}}

    def answer(topic: str, payload: str) -> list[tuple[str, object]]:
        asked = json.loads(payload)
        result: object = {"switch:0": switch, "sys": {"mac": "A8032AB1C2D3"}}
        if asked["method"] == "Switch.Set":
            switch.update(output=asked["params"]["on"], apower=7.5)
            result = {"was_on": False}
        return [(f"{asked['src']}/rpc", {"id": asked["id"], "src": "plus-a8032ab1c2d3", "result": result})]

    async def play(driver: Any, sink: FakeSink, peer: Peer) -> None:
        await sink.until(lambda: sink.values.get("d.energy") == 55.5)
        assert sink.devices["d"].serial == "A8032AB1C2D3"
        await driver.apply(command("d.on", True))
        assert sink.values["d.on"] is True and sink.values["d.power"] == 7.5
        with pytest.raises(Refused):
            await driver.apply(command("d.power", 5))

    scene(spec(Role.PLUG, "shelly/gen2", topic="plus"), ["plus/rpc"], answer, [], play)


@needs_mosquitto
def test_a_shelly_of_the_first_generation(scene: Any) -> None:
    state = ["off"]

    def answer(topic: str, payload: str) -> list[tuple[str, object]]:
        if topic.endswith("relay/0/command"):
            state[0] = payload
        return [("shellies/one/relay/0", state[0]), ("shellies/one/relay/0/power", "0.5")]

    async def play(driver: Any, sink: FakeSink, peer: Peer) -> None:
        await sink.until(lambda: sink.values.get("d.power") == 0.5)
        await driver.apply(command("d.on", True))
        assert sink.values["d.on"] is True

    topics = ["shellies/one/command", "shellies/one/relay/0/command"]
    scene(spec(Role.PLUG, "shelly/gen1", topic="one"), topics, answer, [("shellies/one/online", "true")], play)


@needs_mosquitto
def test_a_device_of_an_own_file_holds_and_falls_silent(
    scene: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "_HOLD_S", 0.05)
    file = tmp_path / "pump.toml"
    file.write_text(
        'silent_s = 1\nholds_s = 30\n[points]\n"plug.power" = { topic = "~/p" }\n"plug.on" = { topic = "~/on" }\n'
        '[commands]\n"plug.on" = { topic = "~/set", settle_s = 0.4 }\n'
    )

    async def play(driver: Any, sink: FakeSink, peer: Peer) -> None:
        while "d" not in sink.devices:
            await peer.say("cellar/p", "12.5")
            await asyncio.sleep(0.05)
        await sink.until(lambda: sink.quality["d.power"] is Quality.SUBSTITUTED)
        assert sink.values["d.power"] == 12.5
        with pytest.raises(NoAnswer):
            await driver.apply(command("d.on", True))
        await sink.until(lambda: ("cellar/set", "true") in peer.heard)
        await sink.until(lambda: sink.events[-1] == ("lost", "d"))

    scene(spec(Role.PLUG, str(file), topic="cellar"), ["cellar/set"], silent, [], play)


@needs_mosquitto
def test_an_own_file_that_is_changed_is_read_again(
    scene: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(driver_module, "LOOK_S", 0.05)
    file = tmp_path / "pump.toml"
    file.write_text('[points]\n"plug.power" = { topic = "~/p" }\n')

    async def told(sink: FakeSink, peer: Peer, topic: str, done: Callable[[], object]) -> None:
        async with asyncio.timeout(8):
            while not done():
                await peer.say(topic, "12.5")
                await asyncio.sleep(0.05)

    async def play(driver: Any, sink: FakeSink, peer: Peer) -> None:
        await told(sink, peer, "cellar/p", lambda: sink.values.get("d.power") == 12.5)
        file.write_text('[points]\n"plug.powr" = { topic = "~/p" }\n')
        await sink.until(lambda: "'powr' is no quantity" in caplog.text)
        file.write_text('[points]\n"plug_2.power" = { topic = "~/p" }\n')
        await sink.until(lambda: "says nothing of plug; it has: plug_2" in caplog.text)
        file.write_text('[points]\n"plug.voltage_l1" = { topic = "~/u", scale = 10 }\n')
        await told(sink, peer, "cellar/u", lambda: sink.values.get("d.voltage_l1") == 125)
        assert [p.id for p in sink.devices["d"].points] == ["d.voltage_l1"] and sink.events == [("seen", "d")]

    scene(spec(Role.PLUG, str(file), topic="cellar"), ["cellar/set"], silent, [], play)


@needs_mosquitto
def test_a_broker_that_closes_the_door_is_not_there(tmp_path: Path) -> None:
    """TLS where the broker has none: said as a lost link, not as a fault of ours."""

    async def main() -> None:
        broker = Broker(tmp_path)
        await broker.start()
        driver = build(
            f"mqtts://127.0.0.1:{broker.port}?insecure=true", [spec(Role.LIGHT, "tasmota/light")], SystemClock()
        )
        sink = FakeSink()
        task = asyncio.create_task(driver.run(sink))
        await sink.until(lambda: ("lost", "d") in sink.events)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await broker.stop()

    asyncio.run(main())


@pytest.mark.parametrize(
    ("role", "options", "said"),
    [
        (Role.GRID, {"map": "tasmota/light"}, "role"),
        (Role.GRID, {"map": "tasmota/meter", "power": "P"}, "group"),
        (Role.GRID, {"map": "tasmota/meter", "group": "S", "energy_unit": "MWh"}, "energy_unit"),
        (Role.PLUG, {"map": "tasmota/plug", "full_topic": "%topic%/x"}, "%prefix%"),
        (Role.PLUG, {"map": "tasmota/plug", "reversed": 1}, "true or false"),
        (Role.PLUG, {"map": "homeassistant/device"}, "device: is missing"),
        (Role.PLUG, {"map": "homeassistant/device", "device": "x", "entities": {"powr": "y"}}, "did you mean 'power'"),
        (Role.PLUG, {"map": "homeassistant/device", "device": "x", "entities": {"power": 3}}, "text"),
        (Role.PLUG, {"map": "homeassistant/device", "device": "x", "topic": "y"}, "unknown option"),
        (Role.PLUG, {"map": "shelly/gen1", "part": "relay"}, "part"),
        (Role.PLUG, {"map": "shelly/gen3"}, "did you mean 'shelly/gen"),
        (Role.PLUG, {"map": "shelly/gen2", "channel": 1.5}, "whole number"),
    ],
)
def test_options_that_cannot_be(role: Role, options: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        build("mqtt://h", [DeviceSpec("u", "x", role, "mqtt", "", options=options)], SystemClock())
    assert str(caught.value).startswith("site: devices.x.") and said in str(caught.value)


@pytest.mark.parametrize(
    ("link", "said"),
    [("mqtts://h?ca=/none", "no such file"), ("mqtts://h?cert=x", "?cert"), ("mqtt://h?insecure=true", "?insecure")],
)
def test_links_that_cannot_be(link: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        build(link, [spec(Role.LIGHT, "tasmota/light")], SystemClock())
    assert said in str(caught.value)


def test_tls_has_its_own_port() -> None:
    (device,) = build("mqtts://u:secret@h", [spec(Role.LIGHT, "tasmota/light")], SystemClock()).devices
    assert device.link.address == "h:8883"
