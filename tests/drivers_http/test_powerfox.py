"""powerfox and P1 Monitor: every capture, and goldens read by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from drivers.http import p1monitor, powerfox
from tests.codec_fuzz import run

VECTORS = Path(__file__).parents[3] / "shared" / "vectors"
pytestmark = pytest.mark.skipif(not VECTORS.is_dir(), reason="the captures are not beside the checkout")
POWERFOX = sorted((VECTORS / "powerfox").glob("*.json"))
P1MONITOR = sorted((VECTORS / "p1monitor").glob("*.json"))


@pytest.mark.parametrize("path", POWERFOX, ids=lambda p: p.stem)
def test_every_capture_of_powerfox_is_understood(path: Path) -> None:
    capture = powerfox.decode(path.read_bytes())
    assert not capture.rejected and capture.messages[0].readings


@pytest.mark.parametrize("path", P1MONITOR, ids=lambda p: p.stem)
def test_every_capture_of_p1_monitor_is_understood(path: Path) -> None:
    capture = p1monitor.decode(path.read_bytes())
    assert not capture.rejected and capture.messages[0].readings and capture.messages[0].points


def test_the_local_poweropti() -> None:
    found = powerfox.decode((VECTORS / "powerfox" / "local_value.json").read_bytes()).messages[0]
    assert found.points == {
        "grid.power": 228,
        "grid.energy_import": 17784955,
        "grid.energy_import_t1": 17784955,
        "grid.energy_import_t2": 0,
        "grid.energy_export": 181,
    }
    assert found.time == 1757053304000


def test_the_cloud_tells_power_but_not_the_unit_of_its_counters() -> None:
    found = powerfox.decode((VECTORS / "powerfox" / "power_meter.json").read_bytes()).messages[0]
    assert found.points == {"grid.power": 111} and any("kWh" in p for p in found.problems)


@pytest.mark.parametrize("name", ["all_devices", "gas_report", "heat_meter"])
def test_what_is_no_electricity_meter_gives_readings_only(name: str) -> None:
    assert not powerfox.decode((VECTORS / "powerfox" / f"{name}.json").read_bytes()).messages[0].points


def test_an_answer_with_more_than_is_known_is_read_all_the_same() -> None:
    found = powerfox.decode((VECTORS / "powerfox" / "power_meter_invalid.json").read_bytes()).messages[0]
    assert found.points == {"grid.power": 111} and found.time == 1703069331000


def test_what_is_outdated_is_no_point() -> None:
    found = powerfox.decode(b'{"Outdated":true,"Watt":111,"Timestamp":1703069331,"A_Plus":0,"A_Minus":0}').messages[0]
    assert not found.points and "Outdated" in found.problems[0]


def test_a_refusal_of_the_cloud_is_no_message() -> None:
    capture = powerfox.decode(b'{"StatusCode": 412}')
    assert not capture.messages and "412" in capture.rejected[0].reason


def test_the_settings_of_p1_monitor_are_read_whole() -> None:
    rows = b'[{"LABEL":"dal","PARAMETER":"0.24","CONFIGURATION_ID":1},{"LABEL":"piek","PARAMETER":"0.25"}]'
    found = p1monitor.decode(rows).messages[0]
    assert [r.value for r in found.readings if r.code.endswith("PARAMETER")] == ["0.24", "0.25"]


def test_p1_monitor_adds_its_tariffs_and_takes_production_off() -> None:
    points = p1monitor.decode((VECTORS / "p1monitor" / "smartmeter.json").read_bytes()).messages[0].points
    assert points["grid.power"] == 935
    assert points["grid.energy_import"] == 2996141 + 5436256
    assert points["grid.energy_export_t1"] == 1575502, "low tariff is 1 in the Netherlands"
    assert points["grid.gas"] == 2289.967


def test_p1_monitor_tells_phases_only_where_there_is_voltage() -> None:
    points = p1monitor.decode((VECTORS / "p1monitor" / "phases.json").read_bytes()).messages[0].points
    assert points == {"grid.power_l1": 863, "grid.voltage_l1": 229, "grid.current_l1": 4}


def test_a_stamp_that_stands_still_ends_the_points() -> None:
    body = (VECTORS / "p1monitor" / "smartmeter.json").read_bytes()
    kind = p1monitor.P1Monitor()
    answers = [kind.read("smartmeter", body) for _ in range(8)]
    assert answers[0].points and not answers[-1].points


def test_damaged_answers_never_raise() -> None:
    assert run(powerfox.decode, [p.read_bytes() for p in POWERFOX], 1500) > 50
    assert run(p1monitor.decode, [p.read_bytes() for p in P1MONITOR], 1500) > 50
