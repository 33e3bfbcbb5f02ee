"""zigbee2mqtt by its own discovery: definitions in, quantities and commands out."""

from __future__ import annotations

import json
from typing import Any

import pytest

from drivers.mqtt.z2m_codec import decode, members
from drivers.mqtt.z2m_exposes import features
from drivers.mqtt.zigbee2mqtt import Auto
from hub.errors import Refused


def numeric(name: str, unit: str = "", access: int = 5, **more: Any) -> dict[str, Any]:
    return {"type": "numeric", "name": name, "property": name, "access": access, "unit": unit} | more


def state(access: int = 7, **more: Any) -> dict[str, Any]:
    words = {"value_on": "ON", "value_off": "OFF", "value_toggle": "TOGGLE"}
    return {"type": "binary", "name": "state", "property": "state", "access": access} | words | more


SWITCH = {"type": "switch", "features": [state()]}
METERED = [
    numeric("power", "W"),
    numeric("energy", "kWh"),
    numeric("voltage", "V"),
    numeric("current", "A"),
    numeric("linkquality", "lqi", 1),
]
LIGHT = {"type": "light", "features": [state(), numeric("brightness", access=7, value_min=0, value_max=254)]}
CLIMATE = {
    "type": "climate",
    "features": [
        numeric("current_heating_setpoint", "°C", 7, value_min=5, value_max=35, value_step=0.5),
        numeric("local_temperature", "°C"),
        {"type": "enum", "name": "system_mode", "property": "system_mode", "access": 7, "values": ["off", "heat"]},
        numeric("position", "%", 1),
    ],
}
CONTACT = [
    {"type": "binary", "name": "contact", "property": "contact", "access": 1, "value_on": False, "value_off": True},
    numeric("battery", "%", 1),
    numeric("voltage", "mV", 1),
]
COVER = {"type": "cover", "features": [state(value_on="OPEN"), numeric("position", "%", 7)]}
DOUBLE = [
    {"type": "switch", "endpoint": "left", "features": [state(property="state_left", endpoint="left")]},
    {"type": "switch", "endpoint": "right", "features": [state(property="state_right", endpoint="right")]},
]


def address(name: str) -> str:
    return f"0x{name.encode().hex():0>16}"


def device(name: str, exposes: Any, source: str = "Mains (single phase)", **more: Any) -> dict[str, Any]:
    definition = {"vendor": "Acme", "model": name.upper(), "exposes": exposes}
    own = {"ieee_address": address(name), "type": "Router", "friendly_name": name, "power_source": source}
    return own | {"definition": definition, "interview_completed": True, "supported": True} | more


HOUSE = [
    {"ieee_address": "0x00", "type": "Coordinator", "friendly_name": "Coordinator", "definition": None},
    device("kitchen/kettle", [SWITCH, *METERED], software_build_id="1.2"),
    device("lamp", [LIGHT]),
    device("valve", [CLIMATE, numeric("battery", "%", 1)], "Battery"),
    device("door", CONTACT, "Battery", type="EndDevice"),
    device("blind", [COVER]),
    device("double", DOUBLE),
    device("young", [SWITCH], interview_completed=False),
    device("younger", [SWITCH], interview_completed=None, interview_state="PENDING"),
]


@pytest.mark.parametrize(
    ("exposes", "expected"),
    [
        ([SWITCH, *METERED], "plug.on plug.power plug.energy plug.voltage_l1 plug.current_l1"),
        (METERED, "meter.power meter.energy_import meter.voltage_l1 meter.current_l1"),
        ([LIGHT], "light.on light.brightness"),
        (
            [CLIMATE, numeric("battery", "%", 1)],
            "thermostat.target_temperature thermostat.temperature thermostat.valve thermostat.battery_level",
        ),
        (CONTACT, "sensor.contact sensor.battery_level"),
        ([COVER], ""),
        (DOUBLE, "plug.on plug_2.on"),
        (
            [numeric("power", "W"), numeric("power_phase_b", "W"), numeric("power_phase_c", "W")],
            "meter.power_l1 meter.power_l2 meter.power_l3",
        ),
        (
            [numeric("power", "BTU/h"), numeric("temperature", "°C"), numeric("humidity", "%")],
            "sensor.temperature sensor.humidity",
        ),
        (
            [
                numeric("power", "W", access=2),
                {"type": "composite", "features": [numeric("power", "W")]},
                "x",
                {"features": 3},
            ],
            "",
        ),
        ({"power": 1}, ""),
        (None, ""),
        ("power", ""),
    ],
)
def test_exposes(exposes: Any, expected: str) -> None:
    assert [f"{f.place}.{f.quantity}" for f in features(exposes)] == expected.split()


@pytest.mark.parametrize(
    ("name", "role", "told", "values"),
    [
        (
            "kitchen/kettle",
            "plug",
            {"state": "ON", "power": 1900.5, "energy": 1.25, "voltage": 231, "current": 8.2},
            {"on": True, "power": 1900.5, "energy": 1250, "voltage_l1": 231, "current_l1": 8.2},
        ),
        ("kitchen/kettle", "inverter", {"power": -310, "energy": 1.5}, {"power": 310, "energy_import": 1500}),
        ("lamp", "light", {"state": "OFF", "brightness": 127}, {"on": False, "brightness": 50.0}),
        (
            "valve",
            "thermostat",
            {"local_temperature": 20.5, "current_heating_setpoint": 21, "position": 40, "battery": 88},
            {"temperature": 20.5, "target_temperature": 21, "valve": 40, "battery_level": 88},
        ),
        ("door", "sensor", {"contact": True, "battery": 80, "voltage": 2900}, {"contact": True, "battery_level": 80}),
        ("double", "plug", {"state_left": "ON", "state_right": "OFF"}, {"on": True}),
        ("lamp", "light", {"state": "BLINK", "brightness": 900}, {}),
    ],
)
def test_a_device_is_what_the_bridge_says(name: str, role: str, told: Any, values: Any) -> None:
    auto = Auto(name, "zigbee2mqtt", role)
    assert auto.sleepy and auto.read(f"zigbee2mqtt/{name}", json.dumps(told).encode())
    learnt = auto.read("zigbee2mqtt/bridge/devices", json.dumps(HOUSE).encode())
    assert learnt and not learnt.answer and learnt.facts["vendor"] == "Acme"
    update = auto.read(f"zigbee2mqtt/{name}", json.dumps(told).encode())
    assert update and update.answer and update.values == pytest.approx(values)
    assert set(values) <= set(auto.quantities)


def learnt(name: str, role: str, channel: int = 1) -> Auto:
    auto = Auto(name, "zigbee2mqtt", role, channel)
    auto.read("zigbee2mqtt/bridge/devices", json.dumps(HOUSE).encode())
    return auto


@pytest.mark.parametrize(
    ("auto", "name", "value", "payload"),
    [
        (learnt("kitchen/kettle", "plug"), "on", True, {"state": "ON"}),
        (learnt("lamp", "light"), "brightness", 50, {"brightness": 127}),
        (learnt("valve", "thermostat"), "target_temperature", 21.4, {"current_heating_setpoint": 21.5}),
        (learnt("double", "plug", 2), "on", False, {"state_right": "OFF"}),
    ],
)
def test_a_device_is_set_by_its_definition(auto: Auto, name: str, value: Any, payload: Any) -> None:
    assert json.loads(auto.write(name, value).payload) == payload
    assert [spec.point for spec in auto.commands("d")] == ["d.on", "d.brightness"][
        : len(auto.commands("d"))
    ] or name == ("target_temperature")


def test_limits_are_those_of_the_definition() -> None:
    (spec,) = learnt("valve", "thermostat").commands("v")
    assert (spec.low, spec.high, spec.step) == (5, 35, 0.5)
    for auto, name, value in (
        (learnt("valve", "thermostat"), "target_temperature", 36),
        (learnt("door", "sensor"), "contact", 1),
    ):
        with pytest.raises(Refused):
            auto.write(name, value)


def test_what_can_be_asked_is_asked_and_a_battery_sleeps() -> None:
    kettle, door = learnt("kitchen/kettle", "plug"), learnt("door", "sensor")
    (ask,) = kettle.ask()
    assert ask.topic == "zigbee2mqtt/kitchen/kettle/get"
    assert list(json.loads(ask.payload)) == ["state", "power"]
    assert not kettle.sleepy and door.sleepy and door.ask() == ()
    assert door.holds("contact") > 3600 and kettle.holds("on") == 0


def test_an_interview_that_is_not_complete_is_said() -> None:
    for name in ("young", "younger"):
        update = Auto(name, "zigbee2mqtt", "plug").read("zigbee2mqtt/bridge/devices", json.dumps(HOUSE).encode())
        assert update and "interview" in update.problems[0]
    update = Auto("nobody", "zigbee2mqtt", "plug").read("zigbee2mqtt/bridge/devices", json.dumps(HOUSE).encode())
    assert update and "knows no" in update.problems[0]


def test_a_group_can_what_its_members_can() -> None:
    auto = Auto("all lamps", "z", "light")
    groups = [{"id": 1, "friendly_name": "all lamps", "members": [{"ieee_address": address("lamp"), "endpoint": 1}]}]
    auto.read("z/bridge/groups", json.dumps(groups).encode())
    auto.read("z/bridge/devices", json.dumps(HOUSE).encode())
    update = auto.read("z/all lamps", b'{"state":"ON","brightness":254}')
    assert update and update.values == {"on": True, "brightness": 100}
    assert auto.write("on", False).topic == "z/all lamps/set"


def test_presence() -> None:
    auto = learnt("lamp", "light")
    for topic, payload, alive in (
        ("zigbee2mqtt/lamp/availability", b'{"state":"offline"}', False),
        ("zigbee2mqtt/lamp/availability", b"online", True),
        ("zigbee2mqtt/bridge/state", b'{"state":"offline"}', False),
        ("zigbee2mqtt/bridge/state", b"online", None),
    ):
        update = auto.read(topic, payload)
        assert update and update.alive is alive and not update.answer
    assert auto.read("zigbee2mqtt/lamp/availability", b"perhaps") is None


def test_a_capture_with_its_bridge() -> None:
    lines = [
        {"topic": "zigbee2mqtt/bridge/devices", "payload": HOUSE, "t": 5},
        {"topic": "zigbee2mqtt/kitchen/kettle", "payload": '{"state":"ON","power":3}', "t": 6},
        {"topic": "zigbee2mqtt/kitchen/kettle/availability", "payload": {"state": "online"}},
        {"topic": "zigbee2mqtt/blind", "payload": {"state": "OPEN", "position": 40}},
        {"topic": "zigbee2mqtt/kitchen/kettle/set", "payload": {"state": "OFF"}},
        {"topic": "zigbee2mqtt/unknown", "payload": {"temperature": 20.5, "battery": 90}},
        {"topic": "tele/x/LWT", "payload": "Online"},
    ]
    capture = decode("\n".join(map(json.dumps, lines)).encode())
    assert [dict(m.points) for m in capture.messages] == [
        {},
        {"plug.on": True, "plug.power": 3},
        {},
        {},
        {},
        {"sensor.temperature": 20.5, "sensor.battery_level": 90},
    ]
    assert capture.messages[1].time == 6 and capture.messages[1].device["firmware"] == "1.2"
    assert len(capture.rejected) == 1


def test_three_phases_are_summed() -> None:
    exposes = [numeric("power", "W"), numeric("power_phase_b", "W"), numeric("power_phase_c", "W")]
    lines = [
        {"topic": "z/bridge/devices", "payload": [device("m", exposes)]},
        {"topic": "z/m", "payload": {"power": 100, "power_phase_b": -30, "power_phase_c": 0.5}},
        {"topic": "z/m", "payload": {"power": 100}},
    ]
    _, whole, part = decode("\n".join(map(json.dumps, lines)).encode()).messages
    assert whole.points["meter.power"] == 70.5 and part.points == {"meter.power_l1": 100}


def test_one_long_list_is_read_once_for_all() -> None:
    payload = json.dumps(HOUSE).encode()
    assert members(payload) is members(payload)
