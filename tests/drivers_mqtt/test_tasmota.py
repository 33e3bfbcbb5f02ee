"""Tasmota's messages: the documentation's own, and what meters, lights and sensors send."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from drivers.json.told import Told
from drivers.mqtt.tasmota import Light, Plug, Topics, meter, sensor
from drivers.mqtt.tasmota_codec import Layout, decode, understand
from hub.errors import Refused
from hub.model.heard import Heard
from tests.drivers_mqtt.kit import VECTORS, vectors

FILES = vectors("tasmota")
POINTS: dict[str, dict[str, Any]] = {  # reviewed; every other file of the documentation has no point
    "ADC_2": {"plug.on": False},
    "AM2301_4": {"sensor.temperature": 24.6, "sensor.humidity": 58.2},
    "BME280_9": {"sensor.temperature": 21.7, "sensor.humidity": 66.6},
    "BME680_10": {"sensor.temperature": 24.5, "sensor.humidity": 33.0},
    "Bluetooth_12": {
        "sensor.temperature": 21.7,
        "sensor.humidity": 0,
        "sensor_2.temperature": 22.3,
        "sensor_2.humidity": 56.1,
    },
    "Bluetooth_13": {
        "sensor.temperature": 21.7,
        "sensor.humidity": 0,
        "sensor_2.temperature": 22.3,
        "sensor_2.humidity": 56.1,
    },
    "DS18x20_26": {"sensor.temperature": 13.3, "sensor_2.temperature": 1.2, "sensor_3.temperature": 22.5},
    "DeepSleep_27": {"plug.on": True},
    "JSON-Status-Responses_45": {"plug.on": False},
    "JSON-Status-Responses_47": {"sensor.temperature": 19.7},
    "JSON-Status-Responses_48": {
        "plug.power": 0,
        "plug.voltage_l1": 221,
        "plug.current_l1": 0.0,
        "plug.power_factor": 0.0,
        "plug.energy": 3185,
    },
    "JSON-Status-Responses_49": {"sensor.temperature": 15.5, "sensor.humidity": 50.6},
    "JSON-Status-Responses_54": {  # in degrees Fahrenheit
        "sensor.temperature": 26.0,
        "sensor.humidity": 27.0,
        "sensor_2.temperature": 23.777778,
        "sensor_2.humidity": 18.9,
    },
    "JSON-Status-Responses_56": {"sensor.temperature": 25, "sensor.humidity": 83},
    "MCP9808_65": {"sensor.temperature": 24.7},
    "MQTT_71": {"sensor.temperature": 20.6},
    "Matter_74": {"sensor.temperature": 23.8, "sensor.humidity": 61.1},
    "NeoPool_79": {"sensor.temperature": 23.5},
    "Rules_94": {"sensor.temperature": 20.9},
    "SCD4x_95": {"sensor.temperature": 28.8, "sensor.humidity": 47.5},
    "Sonoff-Pow-R2_128": {
        "plug.power": 2635,
        "plug.apparent_power": 2650,
        "plug.reactive_power": 282,
        "plug.voltage_l1": 227,
        "plug.current_l1": 11.661,
        "plug.power_factor": 0.99,
        "plug.energy": 6294,
    },
    "Sonoff-Pow-R2_130": {
        "plug.power": 2629,
        "plug.apparent_power": 2645,
        "plug.reactive_power": 288,
        "plug.voltage_l1": 226,
        "plug.current_l1": 11.677,
        "plug.power_factor": 0.99,
        "plug.energy": 6404,
    },
    "Teleinfo_99": {"grid.power": 170, "grid.current_l1": 1.0, "grid.energy_import": 9098245},
    "TuyaMCU_102": {
        "plug.on": True,
        "plug_2.on": False,
        "plug_3.on": True,
        "plug_4.on": False,
        "light.on": True,
        "light.brightness": 100,
    },
    "openHAB_135": {
        "plug.power": 0,
        "plug.voltage_l1": 0,
        "plug.current_l1": 0.0,
        "plug.power_factor": 0.0,
        "plug.energy": 640,
    },
}
THREE = {
    "ENERGY": {
        "Total": [100.5, 200.25, 300],
        "TotalTariff": [400.5, 200.25],
        "ExportActive": 12.5,
        "Power": [100, -50, 25.5],
        "ApparentPower": [110, 60, 30],
        "Factor": [0.9, 0.8, 0.85],
        "Frequency": 50.01,
        "Voltage": [230, 231, 229],
        "Current": [0.5, 0.3, 0.1],
    }
}
THREE_POINTS = {
    "power": 75.5,
    "power_l1": 100,
    "power_l2": -50,
    "power_l3": 25.5,
    "apparent_power": 200,
    "apparent_power_l1": 110,
    "apparent_power_l2": 60,
    "apparent_power_l3": 30,
    "voltage_l1": 230,
    "voltage_l2": 231,
    "voltage_l3": 229,
    "current_l1": 0.5,
    "current_l2": 0.3,
    "current_l3": 0.1,
    "frequency": 50.01,
    "energy_import": 600_750,
    "energy_import_t1": 400_500,
    "energy_import_t2": 200_250,
    "energy_export": 12_500,
}


def heard(found: dict[str, Any], layout: Layout = Layout()) -> Heard:  # noqa: B008
    told = Told()
    understand(told, found, layout)
    return told.heard()


@pytest.mark.skipif(not FILES, reason=f"no vectors at {VECTORS}")
def test_the_documentation_has_72_payloads() -> None:
    assert len(FILES) == 72 and {path.stem for path in FILES} >= set(POINTS)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_documentation_s_own_payloads(path: Path) -> None:
    capture = decode(path.read_bytes())
    (message,) = capture.messages
    expected = POINTS.get(path.stem, {})
    assert not capture.rejected and dict(message.points) == pytest.approx(expected)
    assert len(message.readings) >= 2
    assert message.problems == (("POWER1: 'POWER' is neither ON nor OFF",) if path.stem == "openHAB_136" else ())


@pytest.mark.skipif(not FILES, reason=f"no vectors at {VECTORS}")
def test_readings_are_in_base_units() -> None:
    (message,) = decode((VECTORS / "tasmota" / "Sonoff-Pow-R2_128.json").read_bytes()).messages
    told = {r.code: (r.value, r.unit) for r in message.readings}
    assert told["ENERGY.Total"] == (6294, "Wh") and told["ENERGY.Yesterday"] == (5340, "Wh")
    assert told["ENERGY.Period"] == (217, "Wh") and told["ENERGY.ReactivePower"] == (282, "var")
    (message,) = decode((VECTORS / "tasmota" / "JSON-Status-Responses_54.json").read_bytes()).messages
    told = {r.code: (r.value, r.unit) for r in message.readings}
    assert told["StatusSNS.DHT11.Temperature"] == (26.0, "degC")


def test_three_figures_are_the_phases_of_one_meter() -> None:
    message = heard(THREE)
    assert message.at("meter") == pytest.approx(THREE_POINTS) and not message.at("plug")


def test_two_figures_are_two_relays_whose_common_counter_is_nobody_s() -> None:
    message = heard({"ENERGY": {"Total": 5, "Power": [10, 20], "Voltage": 230, "Current": [0.1, 0.2]}})
    assert message.points == {
        "plug.power": 10,
        "plug.voltage_l1": 230,
        "plug.current_l1": 0.1,
        "plug_2.power": 20,
        "plug_2.voltage_l1": 230,
        "plug_2.current_l1": 0.2,
    }
    split = heard({"ENERGY": {"Total": [2, 3], "Power": [10, 20]}})
    assert (split.points["plug.energy"], split.points["plug_2.energy"]) == (2000, 3000)


def test_three_relays_with_three_figures_are_three_plugs() -> None:
    status = {
        "StatusSTS": {"POWER1": "ON", "POWER2": "OFF", "POWER3": "ON"},
        "StatusSNS": {"ENERGY": {"Power": [1, 2, 3]}},
    }
    message = heard(status)
    assert [message.points[f"{p}.power"] for p in ("plug", "plug_2", "plug_3")] == [1, 2, 3]


def test_an_implausible_value_is_a_problem_and_no_point() -> None:
    message = heard({"ENERGY": {"Power": 1e9, "Voltage": -1, "Total": "much"}})
    assert message.points == {} and len(message.problems) == 3


@pytest.mark.parametrize(
    ("group", "expected"),
    [
        (
            {"Total_in": 12345.678, "Total_out": 2.5, "Power_curr": -350},
            {"energy_import": 12345678, "energy_export": 2500, "power": -350},
        ),
        (
            {"E_in": 1, "Power": 5, "Power_p1": 3, "Power_p2": 2, "Volt_p1": 230.1},
            {"energy_import": 1000, "power": 5, "power_l1": 3, "power_l2": 2, "voltage_l1": 230.1},
        ),
        (  # Iskra MT175
            {"E_in": 12345.678, "E_out": 234.5, "P": -321, "L1": 1, "L2": 2, "L3": -324, "Server_ID": "0a01"},
            {"energy_import": 12345678, "energy_export": 234500, "power": -321, "power_l1": 1, "power_l2": 2}
            | {"power_l3": -324},
        ),
        (  # Apator APOX+
            {"Total_Tarif1": 1, "Total_Tarif2": 2, "Total_Summe": 3, "Power_curr": 4, "Curr_p1": 0.5, "Volt_p1": 230},
            {"energy_import_t1": 1000, "energy_import_t2": 2000, "energy_import": 3000, "power": 4}
            | {"current_l1": 0.5, "voltage_l1": 230},
        ),
        (  # EasyMeter Q3A
            {"Verbrauch_T1": 1, "Verbrauch_Summe": 3, "Einspeisung_Summe": 2, "Watt_Summe": 5, "Watt_L3": 1},
            {"energy_import_t1": 1000, "energy_import": 3000, "energy_export": 2000, "power": 5, "power_l3": 1},
        ),
        (  # Carlo Gavazzi EM340
            {"Energy_Tot": 10.5, "Energy_Tot_Export": 0.5, "Energy_Demand": 77, "Power_L1": 9, "Power_va_L1": 10},
            {"energy_import": 10500, "energy_export": 500, "power_l1": 9},
        ),
        (  # ABB B23 by Modbus
            {"Active_power_Total": 7, "Active_power_L2": 3, "Real_energy": 1, "Real_energy_consumed": 2}
            | {"Real_energy_delivered": 1, "Voltage_L1": 231},
            {"power": 7, "power_l2": 3, "energy_import": 2000, "energy_export": 1000, "voltage_l1": 231},
        ),
        (  # ABB B23 by infrared
            {"ID": 1, "Imp": 10, "P_tot": 5, "P_L1": 2, "U_L1": 230, "F": 50, "Imp-L1": 3},
            {"energy_import": 10000, "power": 5, "power_l1": 2, "voltage_l1": 230, "frequency": 50},
        ),
        (  # Holley DTZ541
            {"total_kwh": 1.5, "export_total_kwh": 0.5, "curr_w": 3, "amp_p2": 1, "freq": 50},
            {"energy_import": 1500, "energy_export": 500, "power": 3, "current_l2": 1, "frequency": 50},
        ),
        ({"Pges": 4321, "Total_out": 2}, {"energy_export": 2000}),  # Apator 12EC3, whose Pges is kWh
        ({"Total_in": 1, "L1": 230, "F": 3, "Imp": 4}, {"energy_import": 1000}),
        ({"P": 600, "P1": 100, "ISUB": 15}, {}),
        ({"P_tot": 600, "F": 50}, {}),
        ({"Imp": 600}, {}),
    ],
)
def test_a_reader_of_a_supply_meter_is_the_grid(group: dict[str, Any], expected: dict[str, Any]) -> None:
    assert heard({"Time": "2024-01-01T00:00:00", "SML": group}).at("grid") == expected


def test_a_zigbee_device_behind_tasmota_is_a_sensor() -> None:
    told = {
        "ZbReceived": {"0x2916": {"Device": "0x2916", "Temperature": 20.7, "Humidity": 61, "BatteryPercentage": 90}}
    }
    assert heard(told).at("sensor") == {"temperature": 20.7, "humidity": 61, "battery_level": 90}


def test_its_own_discovery_tells_facts() -> None:
    capture = decode(
        b'{"topic":"tasmota/discovery/A020A6/config","payload":{"md":"Sonoff Pow","mac":"A020A6","sw":"12.1.1",'
        b'"t":"tv","rl":[1,0]}}\n{"topic":"tele/tv/LWT","payload":"Online"}\nstat/tv/POWER2 ON\nstat/tv/LOGGING x: y\n'
    )
    assert [dict(m.points) for m in capture.messages] == [{}, {}, {"plug_2.on": True}]
    assert capture.messages[0].device == {
        "vendor": "Tasmota",
        "serial": "A020A6",
        "firmware": "12.1.1",
        "model": "Sonoff Pow",
    }
    assert len(capture.rejected) == 1
    (listed,) = decode(b'[{"Device":"0x2916","Name":"door"}]').messages
    assert [r.code for r in listed.readings] == ["[0].Device", "[0].Name"] and not listed.points


# -- behaviours ------------------------------------------------------------------------------------------------------


def said(found: object) -> bytes:
    return json.dumps(found).encode()


def test_a_meter_has_the_signs_and_names_of_its_role() -> None:
    grid = meter(Topics("m"), "grid", {}, "", True, False)
    update = grid.read("tele/m/SENSOR", said(THREE))
    assert update and update.answer and update.values == pytest.approx(THREE_POINTS)
    assert set(THREE_POINTS) <= set(grid.quantities)
    sun = meter(Topics("m"), "inverter", {}, "", True, True)
    update = sun.read("tele/m/SENSOR", said({"ENERGY": {"Total": 5, "Power": 420, "Voltage": 230, "Current": 1.8}}))
    assert update and update.values == {"power": 420, "energy": 5000, "voltage_l1": 230, "current_l1": 1.8}


def test_a_plug_that_is_fed_is_an_inverter() -> None:
    sun = Plug("p", role="inverter")
    update = sun.read("tele/p/SENSOR", said({"ENERGY": {"Total": 5, "Power": -420, "ExportActive": 3}}))
    assert update and update.values == {"power": 420, "energy_import": 5000, "energy": 3000}


def test_a_reader_s_names_are_its_owner_s() -> None:
    keys = {"power": "Leistung", "energy_import": "Bezug_kWh"}
    reader = meter(Topics("m"), "grid", keys, "Strom", True, False)
    told = {"Strom": {"Leistung": -120, "Bezug_kWh": 10.5}, "Gas": {"Leistung": 7}}
    update = reader.read("tele/m/SENSOR", said(told))
    assert update and update.values == {"power": -120, "energy_import": 10500}
    in_wh = meter(Topics("m"), "grid", keys, "Strom", False, True)
    update = in_wh.read("stat/m/STATUS10", said({"StatusSNS": told}))
    assert update and update.values == {"power": 120, "energy_export": 10.5}


def test_a_sensor_is_picked_by_its_group_or_its_number() -> None:
    told = {"DS18B20-1": {"Temperature": 13.3}, "DS18B20-2": {"Temperature": 1.2}, "TempUnit": "C"}
    for one in (sensor(Topics("s"), "sensor", 2, ""), sensor(Topics("s"), "sensor", 1, "DS18B20-2")):
        update = one.read("tele/s/SENSOR", said(told))
        assert update and update.values == {"temperature": 1.2}


def test_a_light_is_read_and_set() -> None:
    light = Light("l")
    update = light.read("stat/l/RESULT", said({"POWER": "ON", "Dimmer": 40, "Color": "64"}))
    assert update and update.values == {"on": True, "brightness": 40}
    assert (light.write("brightness", 55.4).topic, light.write("brightness", 55.4).payload) == ("cmnd/l/Dimmer", "55")
    assert light.write("on", False).payload == "OFF" and light.ask()[0].topic == "cmnd/l/State"
    with pytest.raises(Refused):
        light.write("power", 1)


def test_commands_may_answer_on_topics_of_their_own() -> None:
    update = Light("l").read("stat/l/DIMMER", said({"POWER": "ON", "Dimmer": 40}))
    assert update and update.values == {"on": True, "brightness": 40}
    update = Light("l").read("tele/l/INFO1", said({"Info1": {"Module": "Bulb", "Version": "13.1.0"}}))
    assert update and update.facts == {"vendor": "Tasmota", "model": "Bulb", "firmware": "13.1.0"}


def test_a_topic_pattern_of_its_own() -> None:
    plug = Plug("house/tv", pattern="home/%topic%/%prefix%/")
    assert plug.topics() == ("home/house/tv/tele/+", "home/house/tv/stat/+")
    update = plug.read("home/house/tv/stat/POWER", b"ON")
    assert update and update.values == {"on": True}
    assert plug.write("on", True).topic == "home/house/tv/cmnd/POWER"
    assert plug.read("home/other/stat/POWER", b"ON") is None


def test_what_a_relay_cannot_carry_is_no_power() -> None:
    update = Plug("p").read("tele/p/SENSOR", said({"ENERGY": {"Power": 9000, "Voltage": 230}}))
    assert update and update.values == {"voltage_l1": 230} and "most_w" in update.problems[0]
    update = Plug("p", most_w=14_000).read("tele/p/SENSOR", said({"ENERGY": {"Power": 9000}}))
    assert update and update.values == {"power": 9000}
