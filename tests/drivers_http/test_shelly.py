"""Shelly: every capture, with goldens read by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from drivers.http.shelly import decode
from hub.model import Value
from hub.model.heard import CaptureHints
from tests.codec_fuzz import run

VECTORS = Path(__file__).parents[3] / "shared" / "vectors" / "shelly"
FILES = sorted(VECTORS.glob("*.json"))
captured = pytest.mark.skipif(not VECTORS.is_dir(), reason="the captures are not beside the checkout")
GOLDEN: dict[str, dict[str, Value]] = {
    "gen1_Shelly_Plug_S_SHPLG-S_20230913-113421-v1.14.0-gcb84623": {
        "plug.on": False,
        "plug.power": 0.0,
        "plug.energy": 43.866667,
    },
    "gen1_Shelly_Vintage_SHVIN-1_20230913-111730-v1.14.0-gcb84623": {
        "light.on": False,
        "light.brightness": 100,
        "light.power": 0.0,
        "light.energy": 0.016667,
    },
    "gen2_Shelly_Pro_3EM_SPEM-003CEBEU_20231219-134001-1.1.0-g34b5d4f": {
        "grid.power_l1": 375.5,
        "grid.apparent_power_l1": 547.4,
        "grid.voltage_l1": 229.0,
        "grid.current_l1": 2.392,
        "grid.power_l2": 170.8,
        "grid.apparent_power_l2": 237.2,
        "grid.voltage_l2": 229.0,
        "grid.current_l2": 1.037,
        "grid.power_l3": 12.7,
        "grid.apparent_power_l3": 97.8,
        "grid.voltage_l3": 229.2,
        "grid.current_l3": 0.428,
        "grid.power": 558.965,
        "grid.apparent_power": 882.413,
        "grid.frequency": 50.0,
        "grid.energy_import": 2589773.39,
        "grid.energy_export": 1026.61,
    },
    "gen2_Shelly_Pro_3_SPSW-003XE16EU_20231219-133956-1.1.0-g34b5d4f": {
        "sensor.contact": False,
        "sensor_2.contact": False,
        "sensor_3.contact": False,
        "plug.on": False,
        "plug_2.on": False,
        "plug_3.on": False,
    },
    "openems_IoShelly1ImplTest_1": {"plug.on": True},
    "openems_IoShelly3EmImplTest_1": {
        "plug.on": True,
        "grid.power_l1": 8.52,
        "grid.voltage_l1": 230,
        "grid.current_l1": 1,
        "grid.power_l2": 31.39,
        "grid.voltage_l2": 231,
        "grid.current_l2": 2,
    },
    "openems_IoShellyPlugImplTest_1": {"plug.on": True, "plug.power": 789.1, "plug.energy": 1200.0},
    "openems_IoShellyPlus1PmImplTest_1": {
        "sensor.contact": False,
        "plug.on": False,
        "plug.power": 123.0,
        "plug.voltage_l1": 231.3,
        "plug.current_l1": 0.5,
        "plug.energy": 8629.0,
    },
    "openems_IoShellyPlusPlugSImplTest_1": {
        "plug.on": False,
        "plug.power": 789.1,
        "plug.voltage_l1": 231.5,
        "plug.current_l1": 1.234,
    },
    "openems_IoShellyPro2PmTest_1": {
        "sensor.contact": False,
        "sensor_2.contact": False,
        "plug.on": False,
        "plug.power": 45.0,
        "plug.voltage_l1": 231.0,
        "plug.current_l1": 2.0,
        "plug.frequency": 51.0,
        "plug.power_factor": 1.0,
        "plug.energy_export": 0.0,
        "plug.energy": 0.0,
        "plug_2.on": False,
        "plug_2.power": -44.0,
        "plug_2.voltage_l1": 230.0,
        "plug_2.current_l1": -1.0,
        "plug_2.frequency": 50.0,
        "plug_2.power_factor": 1.0,
        "plug_2.energy_export": 0.0,
        "plug_2.energy": 0.0,
    },
    "openems_IoShellyPro3EmImplTest_1": {
        "grid.power_l1": -75.4,
        "grid.apparent_power_l1": 136.9,
        "grid.voltage_l1": 230.5,
        "grid.current_l1": 0.593,
        "grid.power_l2": 2655.2,
        "grid.apparent_power_l2": 2656.6,
        "grid.voltage_l2": 228.5,
        "grid.current_l2": 11.608,
        "grid.power_l3": 2.1,
        "grid.apparent_power_l3": 13.5,
        "grid.voltage_l3": 232.1,
        "grid.current_l3": 0.058,
        "grid.power": 2581.781,
        "grid.apparent_power": 2806.935,
        "grid.frequency": 50,
    },
    "openems_IoShellyPro3EmImplTest_3": {
        "grid.power_l1": -75.4,
        "grid.apparent_power_l1": 136.9,
        "grid.voltage_l1": 230.5,
        "grid.current_l1": 0.593,
        "grid.power_l2": 2655.2,
        "grid.apparent_power_l2": 2656.6,
        "grid.voltage_l2": 228.5,
        "grid.current_l2": 11.608,
        "grid.power_l3": 2.1,
        "grid.apparent_power_l3": 13.5,
        "grid.voltage_l3": 232.1,
        "grid.current_l3": 0.058,
        "grid.power": 2581.781,
        "grid.apparent_power": 2806.935,
        "grid.frequency": 50,
    },
    "openems_IoShellyPro4PmTest_1": {
        "sensor.contact": False,
        "sensor_2.contact": False,
        "sensor_3.contact": False,
        "sensor_4.contact": False,
        "plug.on": False,
        "plug.power": 40.0,
        "plug.voltage_l1": 229.3,
        "plug.current_l1": 2.0,
        "plug.frequency": 50.0,
        "plug.power_factor": 0.0,
        "plug.energy_export": 0.0,
        "plug.energy": 0.0,
        "plug_2.on": False,
        "plug_2.power": -120.0,
        "plug_2.voltage_l1": 229.5,
        "plug_2.current_l1": -4.0,
        "plug_2.frequency": 50.0,
        "plug_2.power_factor": 0.0,
        "plug_2.energy_export": 0.0,
        "plug_2.energy": 0.0,
        "plug_3.on": False,
        "plug_3.power": 0.0,
        "plug_3.voltage_l1": 229.2,
        "plug_3.current_l1": 0.0,
        "plug_3.frequency": 50.0,
        "plug_3.power_factor": 0.0,
        "plug_3.energy_export": 0.0,
        "plug_3.energy": 0.0,
        "plug_4.on": False,
        "plug_4.power": 22.5,
        "plug_4.voltage_l1": 229.1,
        "plug_4.current_l1": 1.0,
        "plug_4.frequency": 50.0,
        "plug_4.power_factor": 0.0,
        "plug_4.energy_export": 0.0,
        "plug_4.energy": 0.0,
    },
    "shelly2pmg3_Cover.GetStatus": {
        "meter.power": 123.1,
        "meter.voltage_l1": 219.7,
        "meter.current_l1": 0.557,
        "meter.frequency": 50.0,
        "meter.power_factor": 0.99,
        "meter.energy_import": 314.801,
    },
    "shelly2pmg3_Shelly.GetStatus": {
        "meter.power": 0.0,
        "meter.voltage_l1": 219.2,
        "meter.current_l1": 0.0,
        "meter.frequency": 50.0,
        "meter.power_factor": 0.0,
        "meter.energy_import": 314.614,
    },
    "shellyblugatewaygen3_Shelly.GetStatus": {
        "thermostat.temperature": 21,
        "thermostat.target_temperature": 19,
        "thermostat.valve": 0,
        "thermostat.battery_level": 100,
        "thermostat.signal": -74,
    },
    "shellymini1gen4_Shelly.GetStatus": {"sensor.contact": False, "plug.on": False},
}
SILENT = (
    "gen1_Shelly_Gas_SHGS-1_20230913-114427-v1.14.0-gcb84623",
    "openems_IoShellyPlusPlugSImplTest_2",
    "openems_IoShellyPro3EmImplTest_2",
    "shelly2pmg3_Shelly.ListMethods",
    "shellyblugatewaygen3_Shelly.GetConfig",
    "shellymini1gen4_Shelly.GetDeviceInfo",
    "shellyplugus_Shelly.GetConfig",
    "shellyplus2pm_Cover.Close_auth_failure",
    "shellyplus2pm_Cover.Close_success",
)
"""Configuration, lists, a gas alarm (no quantity), a meter that marks its own failure, and answers to commands."""


@captured
@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_every_capture_decodes(path: Path) -> None:
    capture = decode(path.read_bytes(), CaptureHints(name=path.name))
    (message,) = capture.messages
    assert not capture.rejected and message.readings and message.device["vendor"] == "Shelly"
    if path.stem in GOLDEN:
        assert message.points == pytest.approx(GOLDEN[path.stem])
    elif path.stem in SILENT:
        assert not message.points


@captured
def test_facts_units_and_times_of_captures() -> None:
    path = VECTORS / "gen1_Shelly_Plug_S_SHPLG-S_20230913-113421-v1.14.0-gcb84623.json"
    message = decode(path.read_bytes()).messages[0]
    assert message.device["model"] == "SHPLG-S" and message.device["serial"] == "AABBCCDDEEFF"
    assert message.time == 1707332241000
    readings = {r.code: (r.value, r.unit) for r in message.readings}
    assert readings["status.meters[0].total"] == (43.866667, "Wh")  # 2632 watt-minutes
    assert readings["status.wifi_sta.rssi"] == (-76, "dBm") and readings["status.tmp.tC"] == (24.14, "degC")
    assert not [code for code in readings if "pin_code" in code or code.endswith(".key")]


@captured
def test_a_valve_tells_when_it_was_heard() -> None:
    message = decode((VECTORS / "shellyblugatewaygen3_Shelly.GetStatus.json").read_bytes()).messages[0]
    assert message.aged["thermostat.temperature"] == 1739225228000


@captured
def test_what_a_device_has_against_a_request_is_a_problem() -> None:
    message = decode((VECTORS / "shellyplus2pm_Cover.Close_auth_failure.json").read_bytes()).messages[0]
    assert message.problems == ("error 401: asks for the password",)
    invalid = decode((VECTORS / "openems_IoShelly3EmImplTest_1.json").read_bytes()).messages[0]
    assert invalid.problems == ("emeters[2] marks its own figures as not valid",)


@captured
def test_damaged_captures_raise_nothing() -> None:
    assert run(decode, [path.read_bytes() for path in FILES], 3_000) > 300
