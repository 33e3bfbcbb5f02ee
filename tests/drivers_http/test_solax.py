"""SolaX: every capture, goldens computed by hand from the arrays, and what is left out for good reason."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from drivers.http.kind import Make
from drivers.http.solax import decode, make
from drivers.json.options import Options
from hub.errors import ConfigError
from hub.model import DeviceSpec, Role
from hub.model.heard import Heard
from tests.codec_fuzz import run

VECTORS = Path(__file__).parents[3] / "shared" / "vectors" / "solax-http"
pytestmark = pytest.mark.skipif(not VECTORS.is_dir(), reason="the captures are not beside the checkout")
FILES = sorted(VECTORS.glob("*.json"))

GOLDENS: dict[str, dict[str, object]] = {
    "x1_boost_response_v3": {
        "inverter.power": 703,
        "inverter.voltage_l1": 228.1,
        "inverter.current_l1": 3.1,
        "inverter.frequency": 50.02,
        "inverter.energy": 2_029_300,
        "inverter.temperature": 30,
        "inverter.pv_power": 356 + 365,
    },
    "x1_boost_response": {
        "inverter.power": 2956,
        "inverter.voltage_l1": 239.6,
        "inverter.current_l1": 12.6,
        "inverter.frequency": 60.21,
        "inverter.energy": 121_500,
        "inverter.pv_power": 1777 + 1336,
        "grid.power": -10,
        "grid.energy_export": 870,
        "grid.energy_import": 81_840,
    },
    "x1_smart_response": {"inverter.power": 2956, "inverter.pv_power": 1777 + 1336, "grid.power": -10},
    "x1_mini_response_v34_ver3": {
        "inverter.power": 144,
        "inverter.voltage_l1": 234.8,
        "inverter.energy": 6700,
        "inverter.temperature": 34,
        "inverter.pv_power": 154,
    },
    "x1_lite_lv_80_v002_response": {
        "battery.voltage": 52.6,
        "battery.current": (65536 - 65463) / 10,
        "battery.power": 65536 - 65148,
        "battery.soc": 62,
    },
    "x3_hybrid_g3_2x_mppt_response_v34": {
        "inverter.power": 266 + 284 + 136,
        "inverter.voltage_l2": 249.0,
        "inverter.energy": 1_483_300,
        "inverter.pv_power": 958,
        "grid.power": 65536 - 65480,
        "grid.energy_export": 173_720,
        "grid.energy_import": 598_770,
        "battery.voltage": 229.3,
        "battery.current": -0.9,
        "battery.power": -229,
        "battery.soc": 99,
        "battery.energy_discharged": 706_200,
        "battery.energy_charged": 814_200,
    },
    "x3_hybrid_g3_2x_mppt_response_v34_eps_mode": {
        "inverter.power": 0,
        "inverter.pv_power": 2678,
        "inverter.energy": (65536 + 8339) * 100,
        "grid.power": 0,
        "grid.energy_export": (4 * 65536 + 55339) * 10,
        "battery.power": 65536 - 65294,
        "battery.voltage": 228.6,
        "battery.soc": 98,
    },
    "x1_smart_fw_v3_response": {
        "inverter.power": 103,
        "inverter.energy": (2 * 65536 + 27207) * 100,
        "grid.power": 1920,
        "grid.energy_export": (11 * 65536 + 37744) * 10,
        "grid.energy_import": (16 * 65536 + 32984) * 10,
    },
    "x3_hybrid_g3_2x_mppt_response": {
        "inverter.power": 3189,
        "inverter.pv_power": 0,
        "grid.power": 25,
        "battery.power": 3321,
        "battery.soc": 68,
        "grid.energy_import": 23_410,
        "inverter.power_l3": 1722,
    },
    "x3_hybrid_g3_2x_mppt_response_v34_negative_power": {
        "inverter.power": -1738 - 1767 - 1729,
        "inverter.power_l1": -1738,
        "inverter.current_l1": -7.3,
        "grid.power": 5744,
        "battery.power": -5117,
        "battery.soc": 20,
        "battery.current": -25,
        "grid.energy_export": (5 * 65536 + 31674) * 10,
    },
    "x3_hybrid_g4_response": {
        "inverter.power": 33 + 81 + 76,
        "grid.power": 152,
        "battery.soc": 30,
        "battery.voltage": 234.6,
        "inverter.energy": 4400,
        "inverter.pv_power": 45 + 58,
        "inverter.temperature": 23,
    },
    "x1_hybrid_g4_response": {
        "inverter.power": 237,
        "battery.power": -541,
        "battery.soc": 82,
        "grid.power": -1,
        "grid.energy_export": 286_700,
    },
    "x1_mini_g4": {"inverter.power": 0, "inverter.energy": 638_300, "inverter.frequency": 50.04},
    "x1_lite_lv_80_v005_response": {
        "battery.power": -2587,
        "battery.voltage": 53.8,
        "battery.soc": 94,
        "inverter.pv_power": 2726,
    },
}


def heard(name: str) -> Heard:
    return decode((VECTORS / f"{name}.json").read_bytes()).messages[0]


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_every_capture_gives_points(path: Path) -> None:
    capture = decode(path.read_bytes())
    assert not capture.rejected
    found = capture.messages[0]
    assert found.device["vendor"] == "SolaX" and (found.at("inverter") or found.at("battery"))


@pytest.mark.parametrize("name", GOLDENS)
def test_points_as_computed_by_hand(name: str) -> None:
    points = heard(name).points
    assert {key: points.get(key) for key in GOLDENS[name]} == pytest.approx(GOLDENS[name])


COUNTED_UP = ("x1_boost_air_mini_response", "x1_hybrid_g3_2x_mppt_response", "x3_hybrid_g3_response", "x3_mic_response")
"""Answers of loggers before 2.034 in which each value is its own place."""


@pytest.mark.parametrize("name", COUNTED_UP)
def test_places_of_the_first_loggers(name: str) -> None:
    points = heard(name).points
    meant: dict[str, object] = {
        "inverter.current_l1": 4,
        "inverter.voltage_l1": 5,
        "inverter.power": 6,
        "inverter.temperature": 7,
        "inverter.energy": 9000,
        "inverter.pv_power": 11 + 12,
        "inverter.frequency": 50,
        "grid.power": -10,
        "grid.energy_export": 41_000,
        "grid.energy_import": 42_000,
    }
    three = {f"inverter.power_l{n}": 42 + n for n in (1, 2, 3)} if name.startswith("x3") else {}
    battery = {"battery.voltage": 13, "battery.power": -15, "battery.soc": 21} if "hybrid" in name else {}
    meant |= {**three, **battery}
    assert {key: points.get(key) for key in meant} == pytest.approx(meant)


@pytest.mark.parametrize("name", ["x1_boost_response_v3", "x1_mini_response_v34_ver3", "x1_mini_g4"])
def test_without_a_meter_there_is_no_grid(name: str) -> None:
    assert not heard(name).at("grid")


@pytest.mark.parametrize("name", ["x3_mic_response", "x1_boost_air_mini_response", "x1_boost_response"])
def test_without_a_battery_there_is_none(name: str) -> None:
    assert not heard(name).at("battery") and "battery_power" not in heard(name).at("inverter")


def test_a_type_that_is_not_known_gives_readings_and_says_so() -> None:
    answer = json.loads((VECTORS / "x3_hybrid_g4_response.json").read_text()) | {"type": 77}
    found = decode(json.dumps(answer).encode()).messages[0]
    assert not found.points and any(r.code == "Data[0]" and r.value == 2383 for r in found.readings)
    assert "77" in found.problems[0]


def test_the_first_inverters_leave_values_out() -> None:
    body = b'{"method":"uploadsn","version":"Solax_SI_CH_2nd_20160912_DE02","type":"AL_SE","SN":"X","Data":[0.5,0.4,,'
    body += b"124.1,6.1,232.4,1400,31,5.1,60.2,-120,62,50,52.3,-1.2,-63,21,76" + b",0" * 40 + b'],"Status":2}'
    points = decode(body).messages[0].points
    assert (points["grid.power"], points["battery.power"], points["battery.soc"]) == (120, 63, 76)


@pytest.mark.parametrize("body", [b"", b"null", b"[1]", b'{"type":4}', b"<html>"])
def test_what_is_no_answer_is_rejected(body: bytes) -> None:
    capture = decode(body)
    assert not capture.messages and capture.rejected


def test_the_registration_number_is_needed_and_never_shown() -> None:
    maker: Make = make
    spec = DeviceSpec("u", "pv", Role.INVERTER, "http", "http://x", options={"api": "query"})
    with pytest.raises(ConfigError, match="registration number"):
        maker(Options(spec))
    spec = DeviceSpec("u", "pv", Role.INVERTER, "http", "http://x", options={"api": "query", "password": "SXQ W4"})
    ask = maker(Options(spec)).asks()[0]
    assert ask.path.endswith("pwd=SXQ%20W4") and "SXQ" not in ask.shown


def test_damaged_answers_never_raise() -> None:
    assert run(decode, [p.read_bytes() for p in FILES], 2000) > 50
