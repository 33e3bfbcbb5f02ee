"""MQTT device kinds as tables: this topic and payload comes in, these values come out; this wish, that message."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from drivers.mqtt.behaviour import Behaviour, Update
from drivers.mqtt.tasmota import Plug
from drivers.mqtt.zigbee2mqtt import Light, Thermostat
from hub.errors import Refused
from hub.model import Value

VECTORS = Path(__file__).parents[3] / "shared" / "vectors" / "tasmota"
SONOFF = (
    '{"Time":"2018-02-15T17:37:10","ENERGY":{"TotalStartTime":"2018-11-14T18:39:40","Total":6.294,'
    '"Yesterday":5.340,"Today":0.954,'
    '"Period":217,"Power":2635,"ApparentPower":2650,"ReactivePower":282,"Factor":0.99,"Voltage":227,'
    '"Current":11.661}}'
)
SONOFF_VALUES = {"power": 2635, "energy": 6294, "voltage_l1": 227, "current_l1": 11.661}
TWO = '{"StatusSNS":{"ENERGY":{"Total":1.5,"Power":[10,20],"Voltage":230,"Current":[0.1,0.2]}}}'
TRV = '{"local_temperature":20.5,"occupied_heating_setpoint":21,"pi_heating_demand":35,"battery":87,"linkquality":100}'
TUYA = '{"local_temperature":19.9,"current_heating_setpoint":18.5,"position":10,"system_mode":"heat"}'

READS: list[tuple[Behaviour, str, str, Update | None]] = [
    (Plug("tv"), "tele/tv/SENSOR", SONOFF, Update(SONOFF_VALUES, answer=True, facts={"vendor": "Tasmota"})),
    (Plug("tv"), "stat/tv/RESULT", '{"POWER":"ON"}', Update({"on": True}, answer=True, facts={"vendor": "Tasmota"})),
    (Plug("tv"), "stat/tv/POWER", "OFF", Update({"on": False}, answer=True, facts={"vendor": "Tasmota"})),
    (Plug("tv"), "stat/tv/RESULT", '{"POWER1":"OFF"}', Update({"on": False}, answer=True, facts={"vendor": "Tasmota"})),
    (Plug("tv", 2), "stat/tv/POWER2", "ON", Update({"on": True}, answer=True, facts={"vendor": "Tasmota"})),
    (Plug("tv"), "tele/tv/LWT", "Offline", Update(alive=False)),
    (Plug("tv"), "tele/tv/LWT", "Online", Update(alive=True)),
    (Plug("tv"), "tele/other/LWT", "Offline", None),
    (Plug("tv"), "cmnd/tv/POWER", "ON", None),
    (Plug("tv"), "tele/tv/SENSOR", "not json", None),
    (Plug("a/b"), "stat/a/b/POWER", "ON", Update({"on": True}, answer=True, facts={"vendor": "Tasmota"})),
    (
        Plug("tv", 2),
        "stat/tv/STATUS8",
        TWO,
        Update(
            {"power": 20, "voltage_l1": 230, "current_l1": 0.2},  # the counter is that of both channels
            answer=True,
            facts={"vendor": "Tasmota"},
        ),
    ),
    (
        Plug("tv"),
        "tele/tv/SENSOR",
        '{"ENERGY":{"Power":"much","Voltage":-1,"Total":null,"Current":1e9}}',
        Update({}, answer=True, facts={"vendor": "Tasmota"}),
    ),
    (
        Light("lamp"),
        "zigbee2mqtt/lamp",
        '{"state":"ON","brightness":127}',
        Update({"on": True, "brightness": 50.0}, answer=True),
    ),
    (
        Light("lamp"),
        "zigbee2mqtt/lamp",
        '{"state":"OFF","brightness":254}',
        Update({"on": False, "brightness": 100.0}, answer=True),
    ),
    (Light("lamp"), "zigbee2mqtt/lamp", '{"brightness":300}', Update({}, answer=True)),
    (Light("lamp", "z2"), "zigbee2mqtt/lamp", '{"state":"ON"}', None),
    (Light("lamp"), "zigbee2mqtt/lamp/availability", '{"state":"offline"}', Update(alive=False)),
    (Light("lamp"), "zigbee2mqtt/lamp/availability", "online", Update(alive=True)),
    (Light("lamp"), "zigbee2mqtt/bridge/state", '{"state":"offline"}', Update(alive=False)),
    (Light("lamp"), "zigbee2mqtt/bridge/state", "online", Update()),
    (
        Thermostat("bath"),
        "zigbee2mqtt/bath",
        TRV,
        Update({"temperature": 20.5, "target_temperature": 21, "valve": 35, "battery_level": 87}, answer=True),
    ),
    (
        Thermostat("bath"),
        "zigbee2mqtt/bath",
        TUYA,
        Update({"temperature": 19.9, "target_temperature": 18.5, "valve": 10}, answer=True),
    ),
    (Thermostat("bath"), "zigbee2mqtt/bath", "[1]", None),
]


@pytest.mark.parametrize(("behaviour", "topic", "payload", "expected"), READS)
def test_read(behaviour: Behaviour, topic: str, payload: str, expected: Update | None) -> None:
    assert behaviour.read(topic, payload.encode()) == expected


@pytest.mark.parametrize(
    ("behaviour", "name", "value", "topic", "payload"),
    [
        (Plug("tv"), "on", True, "cmnd/tv/POWER", "ON"),
        (Plug("tv"), "on", "false", "cmnd/tv/POWER", "OFF"),
        (Plug("tv", 2), "on", 0, "cmnd/tv/POWER2", "OFF"),
        (Light("lamp"), "on", True, "zigbee2mqtt/lamp/set", '{"state": "ON"}'),
        (Light("lamp"), "brightness", 50.0, "zigbee2mqtt/lamp/set", '{"brightness": 127}'),
        (Thermostat("bath"), "target_temperature", 21.6, "zigbee2mqtt/bath/set", '{"occupied_heating_setpoint": 21.5}'),
    ],
)
def test_write(behaviour: Behaviour, name: str, value: Value, topic: str, payload: str) -> None:
    message = behaviour.write(name, value)
    assert (message.topic, message.payload) == (topic, payload)


@pytest.mark.parametrize(
    ("behaviour", "name", "value"),
    [
        (Plug("tv"), "on", "maybe"),
        (Plug("tv"), "power", 1),
        (Light("lamp"), "brightness", 101),
        (Light("lamp"), "brightness", float("nan")),
        (Thermostat("bath"), "target_temperature", 31),
        (Thermostat("bath"), "target_temperature", "warm"),
        (Thermostat("bath"), "valve", 1),
        (Light("lamp"), "valve", 1),
    ],
)
def test_what_cannot_be_is_refused(behaviour: Behaviour, name: str, value: Value) -> None:
    with pytest.raises(Refused):
        behaviour.write(name, value)


def test_a_thermostat_is_set_by_the_name_it_reports() -> None:
    bath = Thermostat("bath")
    bath.read("zigbee2mqtt/bath", TUYA.encode())
    assert json.loads(bath.write("target_temperature", 20).payload) == {"current_heating_setpoint": 20}


def test_tasmota_status_tells_relay_and_firmware() -> None:
    path = VECTORS / "JSON-Status-Responses_45.json"
    if not path.exists():
        pytest.skip(f"no vectors at {VECTORS}")
    update = Plug("sonoff").read("stat/sonoff/STATUS0", path.read_bytes())
    assert update is not None and update.values == {"on": False}
    assert update.facts["firmware"] == "5.12.0a"


@pytest.mark.parametrize("behaviour", [Plug("t"), Light("t"), Thermostat("t")])
def test_damaged_payloads_never_raise(behaviour: Behaviour) -> None:
    dice = random.Random(3)
    seeds = [
        SONOFF,
        TRV,
        TUYA,
        TWO,
        '{"state":"ON","brightness":1e999}',
        '{"ENERGY":[]}',
        "[" * 5000,
        '{"state":[]}',
        "\0",
    ]
    for _ in range(3000):
        data = bytearray(dice.choice(seeds).encode())
        for _ in range(dice.randrange(4)):
            data[dice.randrange(len(data))] = dice.randrange(256)
        for topic in ("tele/t/SENSOR", "stat/t/POWER", "stat/t/RESULT", "zigbee2mqtt/t", "zigbee2mqtt/t/availability"):
            behaviour.read(topic, bytes(data))
