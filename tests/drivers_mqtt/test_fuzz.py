"""Damaged messages: no codec, no behaviour and no search raises, whatever comes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from drivers.mqtt import ha_codec, mixed, tasmota_codec, z2m_codec
from drivers.mqtt.behaviour import Behaviour
from drivers.mqtt.kinds import MAPS
from drivers.mqtt.offers import SOURCE, TOPICS, Offers
from hub.model import DeviceSpec
from hub.model.quantity import quantity
from tests.codec_fuzz import mutants, run, wanted
from tests.drivers_mqtt.kit import vectors
from tests.drivers_mqtt.test_homeassistant import CONFIGS
from tests.drivers_mqtt.test_tasmota import THREE
from tests.drivers_mqtt.test_zigbee2mqtt import HOUSE


def lines(*messages: tuple[str, Any]) -> bytes:
    return "\n".join(json.dumps({"topic": topic, "payload": payload, "t": 5}) for topic, payload in messages).encode()


TASMOTA = [
    lines(("tele/t/SENSOR", THREE), ("stat/t/RESULT", {"POWER1": "ON", "Dimmer": 5}), ("tele/t/LWT", "Online")),
    json.dumps({"SML": {"Total_in": 1.5, "Power_curr": 20}, "TempUnit": "F", "DHT11": {"Temperature": 70}}).encode(),
    b"[" * 3000,
    *[path.read_bytes() for path in vectors("tasmota")[::5]],
]
ZIGBEE = [
    lines(
        ("zigbee2mqtt/bridge/devices", HOUSE),
        ("zigbee2mqtt/kitchen/kettle", {"state": "ON", "power": 5, "energy": 1.5}),
        ("zigbee2mqtt/lamp", {"state": "ON", "brightness": 127}),
        ("zigbee2mqtt/valve/availability", "online"),
    ),
    b'zigbee2mqtt/x y {"state":"ON","brightness":127}\nzigbee2mqtt/bridge/groups [{"friendly_name":"g"}]',
]
HOMEASSISTANT = [
    lines(
        *((f"homeassistant/{name}/config", config) for name, config in CONFIGS.items()),
        ("box/power", "1.25"),
        ("box/state", {"e": {"total": 5}}),
        ("box/relay", "1"),
        ("box/status", "online"),
    ),
    *[path.read_bytes() for path in vectors("mqtt-discovery")[::4]],
]
SHELLY = [
    lines(
        ("shellies/shellyem3-A/emeter/0/power", "5"),
        ("shellies/shellyem3-A/emeter/2/total", "5"),
        ("shellies/announce", {"id": "shelly1-A", "mac": "AA", "model": "SHSW-1"}),
        ("shellies/b/light/0/status", {"ison": True, "brightness": 4}),
        ("plus/status/switch:0", {"id": 0, "output": True, "apower": 5, "aenergy": {"total": 6}}),
        ("plus/events/rpc", {"src": "p-a", "method": "NotifyStatus", "params": {"em:0": {"a_act_power": 4}}}),
        ("plus/online", "true"),
    )
]


@pytest.mark.parametrize(
    ("module", "seeds"),
    [
        (tasmota_codec, TASMOTA),
        (z2m_codec, ZIGBEE),
        (ha_codec, HOMEASSISTANT),
        (mixed, [*TASMOTA, *ZIGBEE, *HOMEASSISTANT, *SHELLY]),
    ],
    ids=["tasmota", "zigbee2mqtt", "homeassistant", "mqtt"],
)
def test_damaged_captures(module: Any, seeds: list[bytes]) -> None:
    def judge(data: bytes, capture: Any) -> None:
        for message in capture.messages:
            for point, value in message.points.items():
                entry = quantity(point.partition(".")[2])
                if not isinstance(value, str | bool):
                    assert entry.low is None or entry.high is None or entry.low <= value <= entry.high

    assert run(module.decode, seeds, 4000, judge) > 400


def _behaviours() -> list[Behaviour]:
    found = [kind(DeviceSpec("u", "d", role, "mqtt", ""), "t") for kind in MAPS.values() for role in kind.roles[:3]]
    return [
        *found,
        MAPS["homeassistant/device"](DeviceSpec("u", "d", MAPS["homeassistant/device"].roles[0], "mqtt", ""), "box1"),
    ]


TOPICS_OF_T = (
    *("tele/t/SENSOR", "stat/t/POWER", "stat/t/RESULT", "tele/t/LWT", "zigbee2mqtt/t", "zigbee2mqtt/bridge/devices"),
    *("zigbee2mqtt/t/availability", "zigbee2mqtt/bridge/groups", "homeassistant/switch/box1/config", "box/relay"),
    *("shellies/t/relay/0", "shellies/t/emeter/1/power", "shellies/t/info", "shellies/t/online", "t/status/switch:0"),
    *("shellies/shems-rpc/t/rpc", "t/online", "box/status", "homeassistant/device/box1/config"),
)


def test_damaged_messages_to_every_kind() -> None:
    seeds = [json.dumps(s).encode() for s in (THREE, HOUSE, {"state": "ON", "brightness": 1e99}, *CONFIGS.values())]
    seeds += [b"ON", b"5.5", b'{"id":1,"src":"a-b","result":{"switch:0":{"output":true}}}', b"\xff\xfe", b"online"]
    seeds += [b'[{"friendly_name":"t","members":[{"ieee_address":"0x000000006c616d70"}]}]']
    behaviours = _behaviours()
    for n, mutant in enumerate(mutants(seeds, wanted(4000))):
        for behaviour in behaviours:
            update = behaviour.read(TOPICS_OF_T[n % len(TOPICS_OF_T)], mutant)
            if update:
                assert set(update.values) <= set(behaviour.quantities)
                behaviour.commands("d"), behaviour.topics(), behaviour.ask()


def test_damaged_messages_to_a_search() -> None:
    seeds = [
        json.dumps(s).encode() for s in (HOUSE, *CONFIGS.values(), {"t": "tv", "rl": [1], "md": "x"}, {"sn": THREE})
    ]
    seeds += [b'{"id":"shelly1-A","mac":"AA","model":"x"}', b"true", b'{"result":{"switch:0":{},"gen":2,"mac":"AA"}}']
    topics = [t.replace("+", "x") for t in TOPICS] + [f"{SOURCE}/x/rpc", "tasmota/discovery/x/sensors"]
    offers = Offers("mqtt://h")
    for n, mutant in enumerate(mutants(seeds, wanted(4000))):
        offers.take(topics[n % len(topics)], mutant)
        if n % 200 == 0:
            list(offers.found())
