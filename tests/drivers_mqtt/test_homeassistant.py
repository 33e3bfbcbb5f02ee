"""Home Assistant's discovery: templates that are understood and those that are not, what devices offer and take."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from drivers.mqtt import ha_template
from drivers.mqtt.ha_codec import decode
from drivers.mqtt.ha_units import meaning
from drivers.mqtt.homeassistant import Device
from hub.errors import Refused
from hub.model.heard import CaptureHints
from tests.drivers_mqtt.kit import VECTORS, vectors

FILES = vectors("mqtt-discovery")
OFFERS = {  # component and file: what of it has a quantity; the others are readings only
    "z2m_01_light": ["on", "brightness %"],
    "z2m_02_sensor": ["temperature degC"],
    "z2m_05_sensor": ["battery_level %"],
    "z2m_14_sensor": ["humidity %"],
    "z2m_16_sensor": ["humidity %"],
    "z2m_17_light": ["on"],
    "z2m_21_climate": ["temperature degC", "target_temperature degC"],
    "z2m_24_climate": ["temperature degC", "target_temperature degC"],
    "z2m_27_sensor": ["temperature degC"],
    "z2m_30_sensor": ["temperature degC"],
    "z2m_34_light": ["on", "brightness %"],
}
NOT_UNDERSTOOD = {"z2m_10": 1, "z2m_21": 1, "z2m_24": 2, "z2m_33": 1, "z2m_34": 1}
"""Templates that compute, by file; they are said and not evaluated."""


@pytest.mark.skipif(not FILES, reason=f"no vectors at {VECTORS}")
def test_there_are_22_messages() -> None:
    assert len(FILES) == 22


@pytest.mark.parametrize("bare", [False, True])
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_what_zigbee2mqtt_announces(path: Path, bare: bool) -> None:
    """With the topic in the file, or the payload alone and the component in the file's name."""
    found = json.loads(path.read_bytes())
    data = json.dumps(found["payload"]).encode() if bare else path.read_bytes()
    capture = decode(data, CaptureHints(name=path.name))
    (message,) = capture.messages
    assert not capture.rejected and not message.points
    told = {r.code: r.value for r in message.readings}
    component = found["topic"].split("/")[1]
    assert told["component"] == component
    assert told.get("state_topic") == found["payload"].get("state_topic")
    offered = [v for c, v in told.items() if c.startswith("offers.") and not str(v).startswith("reading")]
    assert offered == OFFERS.get("_".join(path.stem.split("_")[:3]).partition("-")[0], [])
    assert len(message.problems) == NOT_UNDERSTOOD.get(path.stem[:6], 0)
    assert message.device["vendor"] == found["payload"]["device"]["manufacturer"]


@pytest.mark.parametrize(
    ("template", "payload", "value"),
    [
        (None, "21.5", "21.5"),
        ("{{ value }}", " on ", "on"),
        ("{{value_json.a.b}}", '{"a":{"b":3}}', 3),
        ("{{ value_json['a b'][\"c\"] }}", '{"a b":{"c":true}}', True),
        ("{{ value_json[1] }}", "[4, 5]", 5),
        ("{{ value_json.ENERGY['Power'][0] | float }}", '{"ENERGY":{"Power":[7]}}', 7),
        ("{{ value_json.t | float(0) | round(1) }}", '{"t":"21.26"}', 21.3),
        ("{{ value | int }}", "5.9", 5),
        ("{{- value_json.x | is_defined -}}", "{}", None),
        ("{{ value_json.a }}", "not json", None),
    ],
)
def test_plain_templates(template: Any, payload: str, value: Any) -> None:
    assert ha_template.parse(template).of(payload.encode()) == value


@pytest.mark.parametrize(
    ("template", "payload", "value"),
    [
        ("{{ value_json.p | default(0) }}", '{"p": 12.5}', 12.5),
        ("{{ value_json.p | default(0, true) | float }}", '{"p": "12.5"}', 12.5),
        ("{{ value_json.p | default('OFF') }}", "{}", None),
        ("{{ value_json.p | multiply(1000) }}", '{"p": 1.5}', 1500),
        ("{{ value | multiply(0.001) | round(1) }}", "1250", 1.2),
        ("{{ value_json.p | default(1) | multiply(2) }}", '{"p": 3}', 6),
        ("{{ value_json.p | float | abs }}", '{"p": -3}', 3),
        ("{{ float(value_json.p) }}", '{"p": "3.5"}', 3.5),
        ("{{ int(value_json.p, 0) }}", '{"p": "3.5"}', 3),
        ("{{ float(value_json.p, default=0) | round(1, 'common') }}", '{"p": 3.55}', 3.5),
        ("{{ (value_json.p) }}", '{"p": 3}', 3),
        ("{{ value_json.p / 1000 }}", '{"p": 1500}', 1.5),
        ("{{ value_json.p / 0 }}", '{"p": 1500}', None),
        ("{{ value_json.p * -1 }}", '{"p": 7}', -7),
        ("{{ -value_json.p }}", '{"p": 7}', -7),
        ("{{ -value_json.p | abs }}", '{"p": 7}', 7),
        ("{{ 0 - value_json.p }}", '{"p": 7}', -7),
        ("{{ (value_json.p | float * 1000) | int }}", '{"p": 1.2345}', 1234),
        ("{{ value_json.p * 10 | round(1) }}", '{"p": 1.26}', 12.6),
        ("{{ value_json.u * value_json.i - 2 * 3 + 1 }}", '{"u": 230, "i": 2}', 455),
        ("{{ value_json.u * value_json.i }}", '{"u": 230}', None),
        ("{{ value_json.p * 2 }}", '{"p": "unavailable"}', "unavailable"),
        ("{{ value_json.p | round(1) }}", '{"p": 1e999}', None),
        ("{{ value_json.get('ENERGY').Power }}", '{"ENERGY": {"Power": 5}}', 5),
        ("{{ value_json.get('p', 0) }}", "{}", None),
        ("{{ value_json.p if value_json.p is defined else 0 }}", '{"p": 5}', 5),
        ("{{ value_json.p if value_json.p is defined else 0 }}", "{}", None),
        ("{{ 0 if value_json.p is not defined else value_json.p }}", '{"p": 5}', 5),
        ("{{ value_json.a if value_json.a is defined else value_json.b }}", '{"b": 6}', 6),
        ("{{ value_json.p if value_json.p is defined and value_json.p is not none else 0 }}", '{"p": 0}', 0),
        ("{{ value_json.p if value_json.p is number else 0 }}", '{"p": "x"}', None),
        ("{% if value_json.p is defined %}{{ value_json.p }}{% endif %}", '{"p": 5}', 5),
        ("{% if value_json.p is defined %}{{ value_json.p }}{% endif %}", "{}", None),
        ("{%- if value_json.p is defined -%} {{ value_json.p }} {%- else -%} 0 {%- endif -%}", "{}", None),
        ("{% if value_json.a is defined %}{{ value_json.a }}{% else %}{{ value_json.b }}{% endif %}", '{"b": 6}', 6),
        ("{% if value_json.a is defined %}{{ value_json.a }}{% else %}{{ 0 }}{% endif %}", "{}", None),
    ],
)
def test_templates_that_compute(template: str, payload: str, value: object) -> None:
    """A default is no measurement: what was not told is not told."""
    assert ha_template.parse(template).of(payload.encode()) == value


@pytest.mark.parametrize(
    "template",
    [
        "{{ value_json.a // 1000 }}",
        "{{ value_json.a ** 2 }}",
        "{{ value_json.a if x else 1 }}",
        "{{ value_json.a if value_json.a else 0 }}",
        "{{ 'ON' if value_json.a is defined else 'OFF' }}",
        "{{ value_json.a if value_json.a is defined }}",
        "{% if value_json.a %}{{ value_json.a }}{% endif %}",
        "{% if value_json.a is defined %}{{ 1 }}{% endif %}",
        "{% if value_json.a is defined %}x{{ value_json.a }}{% endif %}",
        "{% if value_json.a is defined %}{{ value_json.a }}{% elif 1 %}{% endif %}",
        "{{ " + "(" * 40 + "value" + ")" * 40 + " }}",
        "{{ " + "-" * 300 + "value }}",
        "{{ (value }}",
        "{{ value) }}",
        "{{ value | }}",
        "{{ value | multiply }}",
        "{{ value | multiply('a') }}",
        "{{ value | round(-1) }}",
        "{{ value | abs(1) }}",
        "{{ value | int(0, 16) }}",
        "{{ value.a }}",
        "{{ value_json.a[0.5] }}",
        "{{ value_json.a.get(0 }}",
        "{{ 5 }}",
        "{{ 5 * 2 }}",
        "{{ }}",
        "{% if value %}1{% endif %}",
        "{{ states('sensor.x') }}",
        "{{ value_json.__class__.__mro__() }}",
        "{{ value_json['a }}",
        "{{ 'offline' }}",
        "x{{ value }}",
        "{{ value | round(99, 'floor') }}",
        "{{ value_json." + "a" * 500 + " }}",
        5,
    ],
)
def test_anything_else_is_not_understood(template: Any) -> None:
    with pytest.raises(ValueError, match="understood"):
        ha_template.parse(template)


@pytest.mark.parametrize(
    ("template", "payload"),
    [
        (None, "{value}"),
        ("{{ value }}", "{value}"),
        ('{"x": {{ value | int }} }', '{"x": {value} }'),
        ("{{ value * 2 }}", None),
        ("{{ value }}{{ value }}", None),
        ("fixed", None),
        ("{% set a = 1 %}{{ value }}", None),
    ],
)
def test_command_templates(template: Any, payload: str | None) -> None:
    if payload is None:
        with pytest.raises(ValueError, match="understood"):
            ha_template.command(template)
    else:
        assert ha_template.command(template) == payload


@pytest.mark.parametrize(
    ("device_class", "unit", "expected"),
    [
        ("power", "kW", ("power", 1000, 0)),
        ("energy", "MWh", ("energy", 1e6, 0)),
        ("temperature", "K", ("temperature", 1, -273.15)),
        ("power_factor", "%", ("power_factor", 0.01, 0)),
        ("power", "kWh", None),
        ("power", None, None),
        (None, "W", None),
        ("pressure", "hPa", None),
        (["power"], {"a": 1}, None),
    ],
)
def test_a_quantity_needs_class_and_unit(device_class: Any, unit: Any, expected: Any) -> None:
    assert meaning(device_class, unit) == expected


# -- a device --------------------------------------------------------------------------------------------------------

BLOCK = {"ids": ["box1"], "mf": "Acme", "mdl": "Box", "sw": "2.1", "cns": [["mac", "aa:bb:cc"]]}
CONFIGS: dict[str, dict[str, Any]] = {
    "sensor/box1/power": {
        "~": "box",
        "name": "Power",
        "uniq_id": "box_power",
        "stat_t": "~/power",
        "dev_cla": "power",
        "unit_of_meas": "kW",
        "stat_cla": "measurement",
        "avty_t": "~/status",
        "dev": BLOCK,
    },
    "sensor/box1/total": {
        "uniq_id": "box_total",
        "stat_t": "box/state",
        "val_tpl": "{{ value_json.e.total | float }}",
        "dev_cla": "energy",
        "unit_of_meas": "kWh",
        "dev": BLOCK,
    },
    "sensor/box1/today": {
        "uniq_id": "box_energy_today",
        "stat_t": "box/state",
        "val_tpl": "{{ value_json.e.today }}",
        "dev_cla": "energy",
        "unit_of_meas": "kWh",
        "dev": BLOCK,
    },
    "switch/box1": {
        "uniq_id": "box_relay",
        "stat_t": "box/relay",
        "cmd_t": "box/relay/set",
        "pl_on": "1",
        "pl_off": "0",
        "dev": BLOCK,
    },
    "number/box1/limit": {
        "uniq_id": "box_limit",
        "stat_t": "box/limit",
        "cmd_t": "box/limit/set",
        "cmd_tpl": '{"a": {{ value | int }}}',
        "unit_of_meas": "A",
        "min": 6,
        "max": 16,
        "step": 1,
        "ret": True,
        "dev": BLOCK,
    },
}


def box(role: str = "charger", wanted: dict[str, str] | None = None, reverse: bool = False) -> Device:
    device = Device("box1", role, wanted or {}, reverse=reverse)
    for name, config in CONFIGS.items():
        assert device.read(f"homeassistant/{name}/config", json.dumps(config).encode()) is not None
    return device


def test_a_device_is_all_its_entities() -> None:
    device = box(wanted={"current_limit": "box_limit"})
    assert set(device.quantities) == {"power", "energy", "on", "current_limit"}
    assert {"box/power", "box/state", "box/relay", "box/limit", "box/status"} <= set(device.topics())
    specs = {spec.point: spec for spec in device.commands("c")}
    assert set(specs) == {"c.on", "c.current_limit"}
    assert (specs["c.current_limit"].low, specs["c.current_limit"].high, specs["c.current_limit"].step) == (6, 16, 1)


@pytest.mark.parametrize(
    ("topic", "payload", "values"),
    [
        ("box/power", b"1.25", {"power": 1250}),
        ("box/power", b"-0.5", {"power": -500}),
        ("box/state", b'{"e":{"total":"12.5","today":1}}', {"energy": 12500}),
        ("box/relay", b"1", {"on": True}),
        ("box/relay", b"0", {"on": False}),
        ("box/limit", b"16", {"current_limit": 16}),
    ],
)
def test_states(topic: str, payload: bytes, values: dict[str, Any]) -> None:
    update = box(wanted={"current_limit": "box_limit"}).read(topic, payload)
    assert update and update.answer and update.values == values and update.facts["vendor"] == "Acme"
    assert update.readings


def test_wishes() -> None:
    device = box(wanted={"current_limit": "box_limit"})
    on, limit = device.write("on", True), device.write("current_limit", 9.6)
    assert (on.topic, on.payload, on.retain) == ("box/relay/set", "1", False)
    assert (limit.topic, limit.payload, limit.retain) == ("box/limit/set", '{"a": 10}', True)
    for name, value in (("current_limit", 17), ("power", 5), ("on", "perhaps")):
        with pytest.raises(Refused):
            device.write(name, value)


def test_the_signs_are_those_of_the_role() -> None:
    update = box("grid", reverse=True).read("box/power", b"1.5")
    assert update and update.values == {"power": -1500}
    update = box("grid").read("box/state", b'{"e":{"total":12.5}}')
    assert update and update.values == {"energy_import": 12500}


def test_what_is_not_understood_says_nothing() -> None:
    device = box()
    for topic, payload in (("box/relay", b"7"), ("box/power", b"nothing")):
        update = device.read(topic, payload)
        assert update and not update.values and not update.answer and update.problems
    assert device.read("box/power", b"unavailable") is None
    assert device.read("other/power", b"5") is None


def test_presence() -> None:
    device = box()
    for payload, alive in ((b"offline", False), (b"online", True)):
        update = device.read("box/status", payload)
        assert update and update.alive is alive and not update.answer


def test_what_goes_up_and_down_is_no_counter_and_a_status_is_one_of_its_words() -> None:
    device = Device("box1", "charger", {"status": "s"})
    for name, config in (
        ("e", CONFIGS["sensor/box1/total"] | {"stat_cla": "measurement"}),
        ("s", {"dev": BLOCK, "stat_t": "s"}),
    ):
        device.read(f"homeassistant/sensor/{name}/config", json.dumps(config).encode())
    assert device.quantities == ("status",)
    for word, values in ((b"Running", {"status": "running"}), (b"Dancing", {})):
        update = device.read("s", word)
        assert update and update.values == values and bool(update.problems) == (not values)


def test_a_message_that_takes_an_entity_away() -> None:
    (message,) = decode(b'{"topic":"homeassistant/switch/x/y/config","payload":""}').messages
    assert [r.code for r in message.readings] == ["removed"]


def test_entities_come_and_go_and_those_of_others_do_not_matter() -> None:
    device = box()
    other = json.dumps(CONFIGS["switch/box1"] | {"dev": {"ids": "box10"}, "uniq_id": "x"}).encode()
    assert device.read("homeassistant/switch/x/config", other) is None
    assert device.read("homeassistant/sensor/box1/power/config", b"") is not None
    assert "power" not in device.quantities


def test_of_several_the_owner_chooses() -> None:
    device = Device("box1", "meter", {})
    for n in (1, 2):
        config = CONFIGS["sensor/box1/power"] | {"uniq_id": f"p{n}", "stat_t": f"p/{n}"}
        update = device.read(f"homeassistant/sensor/p{n}/config", json.dumps(config).encode())
    assert update and "several" in update.problems[0] and "power" not in device.quantities
    chosen = Device("box1", "meter", {"power": "p2"})
    for n in (1, 2):
        config = CONFIGS["sensor/box1/power"] | {"uniq_id": f"p{n}", "stat_t": f"p/{n}"}
        chosen.read(f"homeassistant/sensor/p{n}/config", json.dumps(config).encode())
    first, second = chosen.read("p/1", b"1"), chosen.read("p/2", b"2")
    assert first and second and first.values == {} and second.values == {"power": 2000}


def test_a_unit_that_is_not_the_quantity_s_is_said() -> None:
    device = box(wanted={"power": "box_limit"})
    update = device.read("homeassistant/switch/box1/config", json.dumps(CONFIGS["switch/box1"]).encode())
    assert update and any("is in A" in problem for problem in update.problems)


def test_a_contact_is_closed_when_its_door_is() -> None:
    device = Device("box1", "sensor", {})
    config = {"uniq_id": "d", "stat_t": "d", "dev_cla": "door", "dev": BLOCK, "val_tpl": "{{ value_json.open }}",
              "pl_on": True, "pl_off": False}  # fmt: skip
    device.read("homeassistant/binary_sensor/d/config", json.dumps(config).encode())
    update = device.read("d", b'{"open":true}')
    assert update and update.values == {"contact": False}


def test_a_light_of_the_json_schema() -> None:
    device = Device("box1", "light", {})
    config = {"uniq_id": "l", "schema": "json", "stat_t": "l", "cmd_t": "l/set", "brightness": True, "dev": BLOCK}
    device.read("homeassistant/light/l/config", json.dumps(config).encode())
    update = device.read("l", b'{"state":"ON","brightness":51}')
    assert update and update.values == {"on": True, "brightness": 20}
    assert json.loads(device.write("on", False).payload) == {"state": "OFF"}
    assert json.loads(device.write("brightness", 20).payload) == {"state": "ON", "brightness": 51}


def test_a_thermostat_in_fahrenheit() -> None:
    device = Device("box1", "thermostat", {})
    config = {"uniq_id": "t", "curr_temp_t": "t/c", "temp_stat_t": "t/s", "temp_cmd_t": "t/set", "temp_unit": "F",
              "min_temp": "50", "max_temp": 86, "temp_step": 1, "dev": BLOCK}  # fmt: skip
    device.read("homeassistant/climate/t/config", json.dumps(config).encode())
    update = device.read("t/c", b"68")
    assert update and update.values == {"temperature": 20}
    (spec,) = device.commands("d")
    assert (spec.low, spec.high) == (pytest.approx(10), pytest.approx(30))
    assert device.write("target_temperature", 20).payload == "68"


def test_a_message_with_several_components() -> None:
    found = {
        "dev": BLOCK,
        "o": {"name": "x"},
        "stat_t": "all/state",
        "cmps": {
            "a": {"p": "sensor", "dev_cla": "temperature", "unit_of_meas": "°C", "val_tpl": "{{ value_json.t }}"},
            "b": {"p": "sensor", "dev_cla": "humidity", "unit_of_meas": "%", "val_tpl": "{{ value_json.h }}"},
        },
    }
    lines = (("homeassistant/device/box1/config", found), ("all/state", {"t": 20.5, "h": 55}))
    data = "\n".join(json.dumps({"topic": topic, "payload": payload}) for topic, payload in lines)
    _, message = decode(data.encode()).messages
    assert message.points == {"sensor.temperature": 20.5, "sensor.humidity": 55}
