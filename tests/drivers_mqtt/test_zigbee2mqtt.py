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


# -- meters of several phases or clamps; names as on the pages of the devices -----------------------------------------


def named(unit: str, *names: str) -> list[dict[str, Any]]:
    return [numeric(name, unit, 1) for name in names]


def maker(name: str, wire: str, unit: str) -> dict[str, Any]:
    return {"type": "numeric", "name": name, "property": wire, "access": 1, "unit": unit}


def flow(name: str) -> dict[str, Any]:
    return {"type": "enum", "name": name, "property": name, "access": 1, "values": ["consuming", "producing", "sign"]}


CLAMPS = [
    numeric("ac_frequency", "Hz", 1),
    *named("V", "voltage"),
    *named("W", "power_a", "power_b", "power_ab"),
    *named("A", "current_a", "current_b"),
    *named("%", "power_factor_a", "power_factor_b"),
    flow("energy_flow_a"),
    flow("energy_flow_b"),
    *named("kWh", "energy_a", "energy_b", "energy_produced_a", "energy_produced_b"),
]
THREE = [
    *named("V", "voltage_a", "voltage_b", "voltage_c"),
    *named("W", "power_a", "power_b", "power_c"),
    *named("A", "current_a", "current_b", "current_c", "current"),
    *named("kWh", "energy", "produced_energy", "energy_a", "energy_produced_a"),
    *named("%", "power_factor", "power_factor_a"),
    *named("W", "power"),
]
LINKY = [
    maker("EAST", "current_summ_delivered", "kWh"),
    maker("EASF01", "current_tier1_summ_delivered", "kWh"),
    maker("EASF02", "current_tier2_summ_delivered", "kWh"),
    maker("EAIT", "current_summ_received", "kWh"),
    maker("CCASN", "active_power", "W"),
    maker("ERQ2", "reactive_power", "VArh"),
    maker("IRMS1", "rms_current", "A"),
    maker("URMS1", "rms_voltage", "V"),
]


@pytest.mark.parametrize(
    ("exposes", "state", "expected"),
    [
        (
            CLAMPS,
            {"power_a": 100, "energy_flow_a": "producing", "power_b": 40, "energy_flow_b": "consuming", "power_ab": 140}
            | {"voltage": 230, "energy_a": 1.5, "energy_produced_b": 2, "current_b": 0.2, "power_factor_a": 90},
            {"meter.power": -100, "meter_2.power": 40, "meter.voltage_l1": 230, "meter_2.voltage_l1": 230}
            | {"meter.energy_import": 1500, "meter_2.energy_export": 2000, "meter_2.current_l1": 0.2}
            | {"meter.power_factor": 0.9},
        ),
        (CLAMPS, {"power_a": -7, "energy_flow_a": "sign", "power_b": 3, "energy_flow_b": None}, {"meter.power": -7}),
        (
            THREE,
            {"power": -600, "power_a": -100, "power_b": -200, "power_c": -300, "current": 3, "current_a": 0.5}
            | {"voltage_c": 231, "energy": 10, "produced_energy": 5, "energy_a": 4, "power_factor": 50},
            {"meter.power": -600, "meter.power_l1": -100, "meter.power_l2": -200, "meter.power_l3": -300}
            | {"meter.current": 3, "meter.current_l1": 0.5, "meter.voltage_l3": 231, "meter.energy_import": 10_000}
            | {"meter.energy_export": 5000, "meter.power_factor": 0.5},
        ),
        (
            [SWITCH, *THREE],
            {"state": "ON", "power": 6, "power_a": 1, "power_c": 5, "energy": 1},
            {"plug.on": True, "plug.power": 6, "plug.power_l1": 1, "plug.power_l3": 5, "plug.energy": 1000},
        ),
        (
            named("W", "power", "power_phase_a", "power_phase_b", "power_phase_c"),
            {"power": 6, "power_phase_a": 1, "power_phase_b": 2, "power_phase_c": 3},
            {"meter.power": 6, "meter.power_l1": 1, "meter.power_l2": 2, "meter.power_l3": 3},
        ),
        (
            [*named("W", "power_a", "power_b", "power_c"), flow("energy_flow_a")],
            {"power_a": 1, "power_b": 2, "power_c": 3, "energy_flow_a": "producing"},
            {"meter.power_l1": -1, "meter.power_l2": 2, "meter.power_l3": 3, "meter.power": 4},
        ),
        (
            [maker("PAPP", "apparent_power", "VA"), *LINKY],
            {"apparent_power": 500, "current_summ_delivered": 1234.5, "current_tier1_summ_delivered": 1000}
            | {"current_tier2_summ_delivered": 234.5, "current_summ_received": 7, "active_power": 800, "rms_current": 2}
            | {"rms_voltage": 235, "reactive_power": 12},
            {"meter.apparent_power": 500, "meter.energy_import": 1_234_500, "meter.energy_import_t1": 1_000_000}
            | {"meter.energy_import_t2": 234_500, "meter.energy_export": 7000, "meter.current_l1": 2}
            | {"meter.voltage_l1": 235},
        ),
        (
            [maker(f"SINSTS{n}", f"apparent_power{end}", "VA") for n, end in ((1, ""), (2, "_ph_b"), (3, "_ph_c"))],
            {"apparent_power": 1, "apparent_power_ph_b": 2, "apparent_power_ph_c": 3},
            {"meter.apparent_power_l1": 1, "meter.apparent_power_l2": 2, "meter.apparent_power_l3": 3},
        ),
        (
            [*named("mW", "power"), *named("Wh", "energy"), *named("mA", "current"), *named("kVA", "apparent_power")],
            {"power": 12_000, "energy": 500, "current": 52, "apparent_power": 0.5},
            {"meter.power": 12, "meter.energy_import": 500, "meter.current_l1": 0.052, "meter.apparent_power": 500},
        ),
        (named("MW", "power"), {"power": 0.01}, {"meter.power": 10_000}),
        (
            [{"type": "climate", "features": [numeric("local_temperature", "°C")]}, *named("%", "position")],
            {"local_temperature": 19.5, "position": 30},
            {"thermostat.temperature": 19.5, "thermostat.valve": 30},
        ),
        (
            [{"type": "climate", "features": [numeric("local_temperature", "°C")]}, *named("", "valve_position")],
            {"valve_position": 55},
            {"thermostat.valve": 55},
        ),
        ([COVER, *named("%", "position")], {"position": 30}, {}),
    ],
)
def test_meters_of_several_phases_or_clamps(exposes: Any, state: dict[str, Any], expected: dict[str, Any]) -> None:
    rows = json.dumps([device("m", exposes)])
    capture = decode(f"zigbee2mqtt/bridge/devices {rows}\nzigbee2mqtt/m {json.dumps(state)}\n".encode())
    assert dict(capture.messages[1].points) == pytest.approx(expected)


def test_a_power_without_its_direction_is_said_and_its_readings_have_units() -> None:
    rows = json.dumps([device("m", CLAMPS)])
    state = json.dumps({"power_a": 7, "energy_flow_a": "unknown", "energy_produced_a": 2})
    message = decode(f"zigbee2mqtt/bridge/devices {rows}\nzigbee2mqtt/m {state}\n".encode()).messages[1]
    assert "power_a: a power without a direction" in message.problems[0] and "meter.power" not in message.points
    assert {r.code: (r.value, r.unit) for r in message.readings} == {
        "power_a": (7, "W"),
        "energy_flow_a": ("unknown", ""),
        "energy_produced_a": (2000, "Wh"),
    }


def test_the_second_clamp_is_a_meter_by_its_channel() -> None:
    auto = Auto("m", "zigbee2mqtt", "grid", 2)
    auto.read("zigbee2mqtt/bridge/devices", json.dumps([device("m", CLAMPS)]).encode())
    update = auto.read(
        "zigbee2mqtt/m", b'{"power_a": 1, "energy_flow_a": "sign", "power_b": 2, "energy_flow_b": "sign"}'
    )
    assert update and update.values == {"power": 2}
