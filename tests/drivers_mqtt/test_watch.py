"""What counts as a sign of life, how long a value is believed, and what a device says when it does not obey."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable

import pytest

from drivers.mqtt.behaviour import Behaviour, Message
from drivers.mqtt.tasmota import Light, Plug
from drivers.mqtt.watch import TRIES, Watch
from drivers.mqtt.zigbee2mqtt import Auto, Thermostat
from drivers.mqtt.zigbee2mqtt import Light as ZigbeeLight
from hub.errors import Refused
from hub.model import Device, Link, Quality, Role
from tests.drivers_mqtt.kit import FakeSink

NOISE = b"\xff\xfe\x9c\x00\xd7"
ENERGY = {"StatusSNS": {"ENERGY": {"Total": 1.25, "Power": 60}}}
Answer = Callable[[Message], list[tuple[str, object]]]


class Scene:
    """A device that answers what it is asked."""

    def __init__(self, behaviour: Behaviour, role: Role = Role.PLUG) -> None:
        device = Device("u", "dev", role, Link("mqtt", "here"))
        self.watch = Watch(device, behaviour, poll_s=0.001, answer_s=0.01)
        self.sink = FakeSink()
        self.asked: list[str] = []
        self.answer: Answer = lambda _: []

    def hear(self, topic: str, payload: object) -> None:
        data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        if isinstance(payload, str):
            data = payload.encode()
        if update := self.watch.behaviour.read(topic, data):
            self.watch.take(update, len(self.asked), False, self.sink)

    async def publish(self, message: Message) -> None:
        self.asked.append(message.topic)
        for topic, payload in self.answer(message):
            self.hear(topic, payload)

    async def until(self, done: Callable[[], bool]) -> None:
        asking = asyncio.create_task(self.watch.keep_asking(self.publish, self.sink))
        await self.sink.until(done)
        asking.cancel()


def plug_says(word: object, energy: object = ENERGY) -> Answer:
    def answer(message: Message) -> list[tuple[str, object]]:
        if message.topic.endswith("/POWER"):
            return [("stat/tv/RESULT", {"POWER": word}), ("stat/tv/POWER", word)]
        return [("stat/tv/STATUS8", energy)]

    return answer


@pytest.mark.parametrize("noise", [NOISE, "BLORK", "", "\x07"])
def test_a_device_that_only_sends_noise_is_lost_and_not_found_again_by_it(noise: object) -> None:
    async def main() -> None:
        scene = Scene(Plug("tv"))
        scene.answer = plug_says("ON")
        await scene.until(lambda: scene.sink.values.get("dev.on") is True)
        scene.answer = lambda _: [("stat/tv/POWER", noise), ("stat/tv/RESULT", noise), ("stat/tv/STATUS8", noise)]
        await scene.until(lambda: ("lost", "dev") in scene.sink.events)
        asked = len(scene.asked)
        await scene.until(lambda: len(scene.asked) > asked + 10)
        assert scene.sink.events == [("seen", "dev"), ("lost", "dev")]
        scene.answer = plug_says("OFF")
        await scene.until(lambda: scene.sink.values.get("dev.on") is False)
        assert scene.sink.events[-1] == ("seen", "dev")

    asyncio.run(main())


def test_what_a_device_is_asked_for_and_does_not_tell_any_more_is_not_known_any_more() -> None:
    async def main() -> None:
        scene = Scene(Plug("tv"))
        scene.answer = plug_says("ON")
        await scene.until(lambda: scene.sink.values.get("dev.on") is True and len(scene.asked) > 10)
        scene.answer = plug_says("BLORK")
        await scene.until(lambda: scene.sink.values["dev.on"] is None)
        assert scene.sink.quality["dev.on"] is Quality.INVALID
        assert scene.sink.values["dev.power"] == 60 and scene.sink.events == [("seen", "dev")]
        scene.answer = plug_says("OFF")
        await scene.until(lambda: scene.sink.values["dev.on"] is False)

    asyncio.run(main())


def test_what_a_device_tells_by_itself_stays_known_while_it_answers_something_else() -> None:
    async def main() -> None:
        scene = Scene(Light("lamp"), Role.LIGHT)
        scene.answer = lambda _: [("stat/lamp/RESULT", {"POWER": "ON"})]
        scene.hear("tele/lamp/STATE", {"POWER": "ON", "Dimmer": 40})
        scene.watch.behaviour.repeats = ("on",)  # type: ignore[misc]
        await scene.until(lambda: len(scene.asked) > 10 * TRIES)
        assert scene.sink.values == {"dev.on": True, "dev.brightness": 40}

    asyncio.run(main())


def test_facts_alone_are_no_sign_of_life_and_are_not_forgotten() -> None:
    scene = Scene(Plug("tv"))
    scene.hear("stat/tv/STATUS2", {"StatusFWR": {"Version": "14.4.1"}})
    assert scene.sink.events == []
    scene.hear("stat/tv/POWER", "ON")
    assert scene.sink.devices["dev"].firmware == "14.4.1"


def test_a_relay_word_that_is_neither_on_nor_off_is_a_problem() -> None:
    plug = Plug("tv")
    update = plug.read("stat/tv/POWER", b"BLORK")
    assert update and not update.values and update.problems == ("POWER1: 'BLORK' is neither ON nor OFF",)
    assert not update.facts and not update.readings


SPEC_ON = Plug("tv").commands("dev")[0]


def logged(message: str, level: str = "error") -> dict[str, str]:
    return {"level": level, "message": message}


FAILED = "z2m: Publish 'set' 'state' to 'hall' failed: 'Error: timed out'"


@pytest.mark.parametrize(
    ("behaviour", "topic", "payload", "said"),
    [
        (Plug("tv"), "stat/tv/RESULT", {"Command": "Error"}, "it answers Command: Error"),
        (Plug("tv"), "stat/tv/RESULT", {"Command": "Unknown", "Input": "X"}, "it answers Command: Unknown"),
        (Light("tv"), "stat/tv/RESULT", {"Command": "Error"}, "it answers Command: Error"),
        (ZigbeeLight("hall"), "zigbee2mqtt/bridge/logging", logged(FAILED), FAILED.removeprefix("z2m: ")),
        (Thermostat("hall"), "zigbee2mqtt/bridge/logging", logged(FAILED), FAILED.removeprefix("z2m: ")),
        (Auto("hall", "zb", "light"), "zb/bridge/logging", logged(FAILED), FAILED.removeprefix("z2m: ")),
    ],
)
def test_a_device_that_says_no_has_refused(behaviour: Behaviour, topic: str, payload: object, said: str) -> None:
    scene = Scene(behaviour)
    assert topic in behaviour.topics() or topic.replace("RESULT", "+") in behaviour.topics()

    async def main() -> None:
        before = scene.watch.words
        waiting: Awaitable[bool] = asyncio.create_task(scene.watch.shown(SPEC_ON, True, before, 60))
        await asyncio.sleep(0)
        scene.hear(topic, payload)
        with pytest.raises(Refused, match=r"Command|timed out") as refused:
            await waiting
        assert str(refused.value) == said
        assert not await scene.watch.shown(SPEC_ON, True, scene.watch.words, 0), "a refusal is of what came before it"

    asyncio.run(main())
    assert scene.sink.events == [], "and no sign that its values are true"


@pytest.mark.parametrize(
    "payload",
    [
        logged(FAILED, "warning"),
        logged(FAILED.replace("'hall'", "'hall_2'")),
        logged("z2m: Publish 'get' 'state' to 'hall' failed: 'Error: timed out'"),
        {"level": "error", "message": 7},
        b"noise",
        b"[]",
    ],
)
def test_what_the_bridge_logs_about_others_or_a_question_refuses_nothing(payload: object) -> None:
    data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    assert ZigbeeLight("hall").read("zigbee2mqtt/bridge/logging", data) is None
