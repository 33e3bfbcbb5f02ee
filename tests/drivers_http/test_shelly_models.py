"""Shelly: models of which there is no capture, hand-shaped after shelly-api-docs.shelly.cloud."""

from __future__ import annotations

import orjson
import pytest

from drivers.http.shelly import decode
from hub.model import Value
from hub.model.heard import CaptureHints
from tests.codec_fuzz import run

PM1 = {"id": 0, "voltage": 236.2, "current": 0.477, "apower": -63.1, "freq": 50.0,
       "aenergy": {"total": 330.473}, "ret_aenergy": {"total": 128.95}}  # fmt: skip
EM1 = {"id": 1, "voltage": 229.9, "current": 1.0, "act_power": -210.5, "aprt_power": 230.1, "pf": 0.91, "freq": 50.0}
SHAPED: list[tuple[str, object, dict[str, Value]]] = [
    (
        "aenergy counts both ways, so what was taken is the difference",
        {"pm1:0": PM1},
        {
            "meter.voltage_l1": 236.2,
            "meter.current_l1": 0.477,
            "meter.power": -63.1,
            "meter.frequency": 50.0,
            "meter.energy_import": 201.523,
            "meter.energy_export": 128.95,
        },
    ),
    (
        "profile monophase: the second clamp",
        {"em1:1": EM1, "em1data:1": {"id": 1, "total_act_energy": 5.5, "total_act_ret_energy": 99.0}},
        {
            "grid_2.power": -210.5,
            "grid_2.apparent_power": 230.1,
            "grid_2.voltage_l1": 229.9,
            "grid_2.current_l1": 1.0,
            "grid_2.power_factor": 0.91,
            "grid_2.frequency": 50.0,
            "grid_2.energy_import": 5.5,
            "grid_2.energy_export": 99.0,
        },
    ),
    (
        "an em that marks one phase out of range has no sum",
        {"id": 0, "a_act_power": 1.0, "b_act_power": 2.0, "c_act_power": 3e7, "total_act_power": 3e7,
         "c_errors": ["out_of_range:active_power"]},
        {"grid.power_l1": 1.0, "grid.power_l2": 2.0},
    ),
    (
        "a notification tells only what has changed",
        {"src": "shellyplusplugs-b0b21c123456", "dst": "x", "method": "NotifyStatus",
         "params": {"ts": 1700000000.5, "switch:0": {"id": 0, "apower": 12.5}}},
        {"plug.power": 12.5},
    ),
    (
        "H&T Plus",
        {"temperature:0": {"id": 0, "tC": 21.5, "tF": 70.7}, "humidity:0": {"id": 0, "rh": 48.1},
         "devicepower:0": {"id": 0, "battery": {"V": 5.9, "percent": 88}, "external": {"present": False}}},
        {"sensor.temperature": 21.5, "sensor.humidity": 48.1, "sensor.battery_level": 88},
    ),
    (
        "an add-on's probe is a room's, the relay's own is not",
        {"temperature:0": {"tC": 60.0}, "temperature:101": {"id": 101, "tC": 20.5}, "switch:0": {"output": True}},
        {"sensor_2.temperature": 20.5, "plug.on": True},
    ),
    ("a dimmer", {"light:0": {"id": 0, "output": True, "brightness": 40}}, {"light.on": True, "light.brightness": 40}),
    ("a lamp of colours", {"rgbw:0": {"output": False, "brightness": 7}}, {"light.on": False, "light.brightness": 7}),
    (
        "a wall display",
        {"thermostat:0": {"id": 0, "enable": True, "target_C": 21, "current_C": 19.5, "output": True}},
        {"thermostat.temperature": 19.5, "thermostat.target_temperature": 21},
    ),
    ("Switch.GetStatus alone", {"id": 1, "output": True, "apower": 3.5}, {"plug_2.on": True, "plug_2.power": 3.5}),
    (
        "a value that cannot be is no point",
        {"switch:0": {"output": True, "apower": 1e9, "voltage": "high"}},
        {"plug.on": True},
    ),
    (
        "Gen1 EM: two meters, + = from the grid",
        {"relays": [{"ison": False}], "emeters": [
            {"power": -40.63, "reactive": -22.9, "pf": 0.87, "voltage": 232.65, "is_valid": True,
             "total": 1268868.6, "total_returned": 1390938.0},
            {"power": 5.0, "voltage": 232.65, "is_valid": True, "total": 10.0, "total_returned": 0.0}]},
        {
            "plug.on": False,
            "grid.power": -40.63,
            "grid.reactive_power": -22.9,
            "grid.power_factor": 0.87,
            "grid.voltage_l1": 232.65,
            "grid.energy_import": 1268868.6,
            "grid.energy_export": 1390938.0,
            "grid_2.power": 5.0,
            "grid_2.voltage_l1": 232.65,
            "grid_2.energy_import": 10.0,
            "grid_2.energy_export": 0.0,
        },
    ),
    (
        "Gen1 3EM: three phases of one meter",
        {"total_power": -90.0, "emeters": [
            {"power": p, "voltage": 230.0, "current": 1.5, "is_valid": True, "total": 100.0, "total_returned": r}
            for p, r in ((-100.0, 5.0), (10.0, 0.0), (0.0, 1.0))]},
        {
            **{f"grid.voltage_l{n}": 230.0 for n in (1, 2, 3)},
            **{f"grid.current_l{n}": 1.5 for n in (1, 2, 3)},
            "grid.power_l1": -100.0,
            "grid.power_l2": 10.0,
            "grid.power_l3": 0.0,
            "grid.power": -90.0,
            "grid.energy_import": 300.0,
            "grid.energy_export": 6.0,
        },
    ),
    (
        "Gen1 2.5: each relay has its meter",
        {"relays": [{"ison": True}, {"ison": False}],
         "meters": [{"power": 10.0, "total": 60, "is_valid": True}, {"power": 0.0, "total": 120, "is_valid": True}]},
        {"plug.on": True, "plug_2.on": False, "plug.power": 10.0, "plug.energy": 1.0, "plug_2.power": 0.0,
         "plug_2.energy": 2.0},
    ),
    (
        "Gen1 Shelly 2: one meter for both relays",
        {"relays": [{"ison": True}, {"ison": False}], "meters": [{"power": 10.0, "total": 60, "is_valid": True}]},
        {"plug.on": True, "plug_2.on": False, "meter.power": 10.0, "meter.energy_import": 1.0},
    ),
    (
        "Gen1 relay without a meter: its power is its owner's estimate",
        {"relays": [{"ison": True}], "meters": [{"power": 60.0, "is_valid": True}]},
        {"plug.on": True},
    ),
    (
        "Gen1 TRV",
        {"bat": {"value": 77, "voltage": 3.3}, "thermostats": [
            {"pos": 30.5, "target_t": {"enabled": True, "value": 20.5, "units": "C"},
             "tmp": {"value": 19.4, "units": "C", "is_valid": True}}]},
        {"thermostat.valve": 30.5, "thermostat.target_temperature": 20.5, "thermostat.temperature": 19.4,
         "thermostat.battery_level": 77},
    ),
    (
        "Gen1 TRV in Fahrenheit",
        {"thermostats": [{"pos": 33, "target_t": {"value": 70.0, "units": "F"}, "tmp": {"value": 68.3, "units": "F"}}]},
        {"thermostat.valve": 33, "thermostat.target_temperature": 21.111111, "thermostat.temperature": 20.166667},
    ),
    (
        "Gen1 TRV that tells both units",
        {"thermostats": [{"pos": 33, "target_t": {"value": 50.0, "units": "F"},
                          "tmp": {"value": 68.3, "units": "F", "tC": 20.2, "tF": 68.3, "is_valid": True}}]},
        {"thermostat.valve": 33, "thermostat.target_temperature": 10, "thermostat.temperature": 20.2},
    ),
    (
        "Gen1 TRV whose sensor is not valid",
        {"thermostats": [{"pos": 33, "tmp": {"value": 0, "units": "F", "is_valid": False}}]},
        {"thermostat.valve": 33},
    ),
    (
        "Gen1 H&T",
        {"wifi_sta": {"rssi": -50}, "bat": {"value": 90}, "hum": {"value": 55.5, "is_valid": True},
         "tmp": {"value": 22.1, "tC": 22.1, "is_valid": True}},
        {"sensor.battery_level": 90, "sensor.humidity": 55.5, "sensor.temperature": 22.1},
    ),
    (
        "Gen1 door sensor",
        {"wifi_sta": {}, "sensor": {"state": "open", "is_valid": True}, "bat": {"value": 64}},
        {"sensor.contact": False, "sensor.battery_level": 64},
    ),
    (
        "Gen1 add-on",
        {"relays": [{"ison": False}], "ext_temperature": {"0": {"tC": 45.1}, "1": {"tC": 30.0}}},
        {"plug.on": False, "sensor.temperature": 45.1, "sensor_2.temperature": 30.0},
    ),
    ("Gen1 /relay/0", {"ison": True, "has_timer": False}, {"plug.on": True}),
]  # fmt: skip


def points(found: object, name: str = "") -> dict[str, Value]:
    capture = decode(orjson.dumps(found), CaptureHints(name=name))
    assert not capture.rejected
    return dict(capture.messages[0].points)


@pytest.mark.parametrize(("what", "found", "meant"), SHAPED, ids=[row[0] for row in SHAPED])
def test_other_models_by_their_documents(what: str, found: object, meant: dict[str, Value]) -> None:
    assert points(found) == pytest.approx(meant)


def test_counters_that_contradict_themselves_are_a_problem() -> None:
    odd = {"switch:0": {"aenergy": {"total": 5.0}, "ret_aenergy": {"total": 9.0}}}
    message = decode(orjson.dumps(odd)).messages[0]
    assert message.points == {"plug.energy_export": 9.0}
    assert message.problems == ("plug: more energy was returned than was counted at all",)


def test_a_roller_has_no_plugs() -> None:
    relays = {"relays": [{"ison": True}, {"ison": False}], "meters": [{"power": 3.0, "total": 60, "is_valid": True}]}
    dump = {"shelly": {"type": "SHSW-25"}, "settings": {"mode": "roller"}, "status": relays}
    assert points(dump) == {"meter.power": 3.0, "meter.energy_import": 1.0}


@pytest.mark.parametrize("data", [b"", b"[]", b"null", b"\xff", b'{"a": 1}', b"[" * 100_000, b'{"switch:0": NaN}'])
def test_what_is_no_answer_is_rejected(data: bytes) -> None:
    capture = decode(data)
    assert not capture.messages and capture.rejected[0].reason


def test_damaged_answers_raise_nothing() -> None:
    assert run(decode, [orjson.dumps(found) for _, found, _ in SHAPED], 3_000) > 300
