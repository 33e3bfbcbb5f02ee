"""Captures of MQTT messages in the forms of the field: over several lines, one after the other, and in logs."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from drivers.mqtt import ha_codec, mixed, tasmota_codec, z2m_codec
from drivers.mqtt.capture import Packet, packets
from hub.model.heard import Rejected
from tests.codec_fuzz import check, run

STATE = {"Time": "2026-01-02T10:00:00", "POWER": "ON", "Wifi": {"AP": 1}}
CONFIG = {"state_topic": "a/b", "unique_id": "x", "device": {"identifiers": ["y"]}, "unit_of_measurement": "W"}
PAYLOADS: dict[Any, Any] = {tasmota_codec: STATE, ha_codec: CONFIG, z2m_codec: {"state": "ON", "power": 3}}
BOM = b"\xef\xbb\xbf"
everyone = pytest.mark.parametrize("module", PAYLOADS, ids=["tasmota", "homeassistant", "zigbee2mqtt"])


@everyone
def test_payloads_over_several_lines_one_after_the_other(module: Any) -> None:
    one = json.dumps(PAYLOADS[module], indent=2).encode()
    data = one + b"\n\n" + one + one + b"\n" + BOM + one
    capture = module.decode(data)
    check(data, capture)
    assert [m.offset for m in capture.messages] == [0, len(one) + 2, 2 * len(one) + 2, 3 * len(one) + 3]
    assert not capture.rejected and len({m.readings for m in capture.messages}) == 1


@everyone
def test_a_byte_order_mark(module: Any) -> None:
    one = json.dumps(PAYLOADS[module]).encode()
    for data in (BOM + one, BOM + one + b"\n" + one):
        capture = module.decode(data)
        assert len(capture.messages) == data.count(one) and not capture.rejected


@everyone
def test_utf_16(module: Any) -> None:
    one = json.dumps(PAYLOADS[module])
    capture = module.decode(f"{one}\n{one}".encode("utf-16"))
    assert [m.offset for m in capture.messages] == [2, 2 * len(one) + 4] and not capture.rejected


@everyone
def test_damaged_ones(module: Any) -> None:
    one = json.dumps(PAYLOADS[module], indent=2).encode()
    seeds = [one + b"\n" + one, b"a/b " + one + b"\nc/d " + one, one + one[:-9] + b"\n" + one]
    assert run(module.decode, seeds, 400) > 100


def test_messages_over_several_lines() -> None:
    packet = json.dumps({"topic": "tele/a/LWT", "payload": "Online", "t": 7}, indent=1).encode()
    state = b"tele/a/STATE " + json.dumps(STATE, indent=2).encode()
    data = BOM + packet + b"\n" + state + b"\nstat/a/POWER ON\n" + packet + packet
    told = [p for p in packets(data) if isinstance(p, Packet)]
    assert [p.topic for p in told] == ["tele/a/LWT", "tele/a/STATE", "stat/a/POWER", "tele/a/LWT", "tele/a/LWT"]
    assert [p.at for p in told] == [7, None, None, 7, 7] and json.loads(told[1].payload) == STATE
    assert [p.offset for p in told[:2]] == [3, 4 + len(packet)]


def test_what_is_cut_off_costs_only_itself() -> None:
    one = json.dumps(STATE, indent=2).encode()
    capture = tasmota_codec.decode(one[:20] + b"\n" + one + b"\nstat/a/POWER OFF\n" + one)
    assert [dict(m.points) for m in capture.messages] == [{"plug.on": True}, {"plug.on": False}, {"plug.on": True}]


@pytest.mark.parametrize(
    ("line", "points"),
    [
        ('12:00:01 RSL: SENSOR = {"ENERGY":{"Power":5}}', {"plug.power": 5}),
        ('RSL: STATE = {"POWER":"ON"}', {"plug.on": True}),
        ('12:00:01.123 RSL: RESULT = {"POWER":"OFF"}', {"plug.on": False}),
        ("12:00:01.123 RSL: POWER = ON", {"plug.on": True}),
        ('12:00:01 MQT: tele/x y/SENSOR = {"ENERGY":{"Power":5}} (retained)', {"plug.power": 5}),
        ("12:00:01 MQT: stat/x/POWER2 = ON (retained)", {"plug_2.on": True}),
    ],
)
def test_tasmotas_console(line: str, points: dict[str, Any]) -> None:
    data = f"00:00:00 CFG: Loaded\n{line}\n".encode()
    capture = tasmota_codec.decode(data)
    assert [dict(m.points) for m in capture.messages] == [points] and capture.messages[0].offset == 21
    assert len(capture.rejected) == 1
    assert [dict(m.points) for m in mixed.decode(data).messages] == [points]


def test_the_log_of_zigbee2mqtt() -> None:
    log = """[2026-01-02 10:00:00] info: \tz2m:mqtt: MQTT publish: topic 'zigbee2mqtt/kettle', payload '{"state":"ON","power":3}'
info  2026-01-02 10:00:01: MQTT publish: topic 'zigbee2mqtt/it's', payload '{"temperature":20.5}'
[2026-01-02 10:00:02] debug: \tz2m: Received MQTT message on 'zigbee2mqtt/kettle/set' with data '{"state":"OFF"}'
[2026-01-02 10:00:03] info: \tz2m: Started
"""  # noqa: E501
    capture = z2m_codec.decode(log.encode())
    told = [dict(m.points) for m in capture.messages]
    assert told == [{"plug.on": True, "plug.power": 3}, {"sensor.temperature": 20.5}, {}]
    assert len(capture.rejected) == 1


@pytest.mark.parametrize(
    "piece",
    [b"{", b"{\n", b"[\n", b'a/b {"c":\n', b"RSL: \n", b"MQT: ", b"', payload '", b'{"a":1}', b'{"a":1}\n', b"x\n"],
)
def test_any_capture_takes_time_by_its_length(piece: bytes) -> None:
    began = time.process_time()
    for part in packets(piece * (100_000 // len(piece))):
        assert isinstance(part, Packet | Rejected)
    assert time.process_time() - began < 5


@pytest.mark.parametrize("module", [ha_codec, mixed], ids=["homeassistant", "mqtt"])
def test_a_topic_without_a_slash_counts_once_it_is_announced(module: Any) -> None:
    config = json.dumps(CONFIG | {"state_topic": "watts", "availability_topic": "alive", "device_class": "power"})
    data = f"watts 5\nhomeassistant/sensor/x/y/config {config}\nwatts 12.5\nalive online\nvolts 230\n".encode()
    capture = module.decode(data)
    assert [dict(m.points) for m in capture.messages] == [{}, {"meter.power": 12.5}, {}]
    assert [r.code for r in capture.messages[2].readings] == ["availability"]
    assert [r.offset for r in capture.rejected] == [0, data.index(b"volts")]
