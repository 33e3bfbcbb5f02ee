"""HomeWizard: every capture with goldens read by hand, other products by the maker's documents, and what is written."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from drivers.http.homewizard import HomeWizard, decode, make
from drivers.json.options import Options
from hub.errors import Refused
from hub.model import Role, Value
from hub.model.heard import CaptureHints
from tests.codec_fuzz import run
from tests.drivers_http.peer import spec

VECTORS = Path(__file__).parents[3] / "shared" / "vectors" / "homewizard"
FILES = sorted(VECTORS.glob("*.json"))
captured = pytest.mark.skipif(not VECTORS.is_dir(), reason="the captures are not beside the checkout")
GOLDEN: dict[str, dict[str, Value]] = {
    "HWE-BAT_measurement": {
        "battery.power": -1234,
        "battery.energy_charged": 123456.0,
        "battery.energy_discharged": 321654.0,
        "battery.soc": 50.123,
        "battery.voltage_l1": 230.123,
        "battery.frequency": 50.123,
    },
    "HWE-KWH3_data": {
        "meter.power": 7100.278,
        "meter.apparent_power": 7112.293,
        "meter.reactive_power": -429.025,
        "meter.frequency": 49.926,
        "meter.power_l1": 0,
        "meter.power_l2": 3547.015,
        "meter.power_l3": 3553.263,
        "meter.voltage_l1": 230.751,
        "meter.voltage_l2": 228.391,
        "meter.voltage_l3": 229.612,
        "meter.current_l1": 0,
        "meter.current_l2": 15.521,
        "meter.current_l3": 15.477,
        "meter.apparent_power_l1": 0,
        "meter.apparent_power_l2": 3548.879,
        "meter.apparent_power_l3": 3563.414,
        "meter.reactive_power_l1": 0,
        "meter.reactive_power_l2": -166.675,
        "meter.reactive_power_l3": -262.35,
        "meter.energy_import": 2940101.0,
        "meter.energy_export": 0,
    },
    "HWE-P1_data_all_data": {
        "grid.power": -543,
        "grid.frequency": 50,
        "grid.power_l1": -676,
        "grid.power_l2": 133,
        "grid.power_l3": 0,
        "grid.current_l1": -4,
        "grid.current_l2": 2,
        "grid.current_l3": 0,
        "grid.energy_import": 13779338.0,
        "grid.energy_import_t1": 10830511.0,
        "grid.energy_import_t2": 2948827.0,
        "grid.energy_export": 0,
        "grid.energy_export_t1": 0,
        "grid.energy_export_t2": 0,
        "grid.gas": 111.111,
        "grid.water": 444.444,
    },
    "HWE-P1_data_minimal": {
        "grid.power": -543,
        "grid.power_l1": -676,
        "grid.power_l2": 133,
        "grid.power_l3": 0,
        "grid.energy_import": 13779338.0,
        "grid.energy_import_t1": 10830511.0,
        "grid.energy_import_t2": 2948827.0,
        "grid.energy_export": 4162461.0,
        "grid.energy_export_t1": 1285951.0,
        "grid.energy_export_t2": 2876510.0,
        "grid.gas": 2569.646,
    },
    "HWE-P1_data_single_phase": {
        "grid.power": -543,
        "grid.power_l1": -676,
        "grid.energy_import": 13779338.0,
        "grid.energy_import_t1": 10830511.0,
        "grid.energy_import_t2": 2948827.0,
        "grid.energy_export": 4162461.0,
        "grid.energy_export_t1": 1285951.0,
        "grid.energy_export_t2": 2876510.0,
        "grid.gas": 2569.646,
    },
    "HWE-P1_measurement_1_phase_no_gas": {
        "grid.power": -678,
        "grid.power_l1": -676,
        "grid.energy_import": 13779338.0,
        "grid.energy_import_t1": 10830511.0,
        "grid.energy_import_t2": 2948827.0,
        "grid.energy_export": 4162461.0,
        "grid.energy_export_t1": 1285951.0,
        "grid.energy_export_t2": 2876510.0,
    },
    "HWE-P1_measurement_3_phase_with_gas_with_watermeter": {
        "grid.power": -543,
        "grid.power_l1": -676,
        "grid.power_l2": 133,
        "grid.power_l3": 0,
        "grid.current_l1": -4,
        "grid.current_l2": 2,
        "grid.current_l3": 0,
        "grid.energy_import": 13779338.0,
        "grid.energy_import_t1": 10830511.0,
        "grid.energy_import_t2": 2948827.0,
        "grid.energy_export": 0,
        "grid.energy_export_t1": 0,
        "grid.energy_export_t2": 0,
        "grid.gas": 2569.646,
        "grid.water": 123.456,
    },
    "HWE-SKT_data": {
        "plug.power": 123,
        "plug.power_l1": 123,
        "plug.energy": 10830511.0,
        "plug.energy_export": 2948827.0,
    },
    "HWE-SKT_state_power_on": {"plug.on": False},
    "HWE-WTR_data": {"meter.water": 8129.123},
    "exceptions_data_invalid_external_data": {"grid.gas": 2569.646},
    "exceptions_data_invalid_external_ean": {"grid.gas": 111.111, "grid.water": 444.444},
}
SILENT = (
    "HWE-BAT_device",
    "HWE-BAT_system",
    "HWE-P1_decryption",
    "HWE-P1_measurement_invalid_external",
    "HWE-P1_system",
    "HWE-SKT_device",
    "HWE-SKT_state_switch_lock",
    "SDM630-wifi_device",
    "exceptions_device_invalid_api",
)
"""Who it is, how its radio is, whether a key is set, a lock, and external meters that lack what makes them one."""


@captured
@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_every_capture_decodes(path: Path) -> None:
    capture = decode(path.read_bytes(), CaptureHints(name=path.name))
    (message,) = capture.messages
    assert not capture.rejected and message.readings and message.device["vendor"] == "HomeWizard"
    if path.stem in GOLDEN:
        assert message.points == pytest.approx(GOLDEN[path.stem])
    elif path.stem in SILENT:
        assert not message.points


@captured
def test_gas_and_water_have_their_own_time() -> None:
    """Local summer time of the Netherlands: 14:00 there is 12:00 UTC."""
    path = VECTORS / "HWE-P1_measurement_3_phase_with_gas_with_watermeter.json"
    message = decode(path.read_bytes()).messages[0]
    assert message.aged == {"grid.gas": 1719576000000, "grid.water": 1719576300000}
    assert message.time == 1719576754000
    readings = {r.code: (r.value, r.unit) for r in message.readings}
    assert readings["energy_import_t1_kwh"] == (10830511.0, "Wh") and readings["external[0].unit"] == ("m3", "")


@captured
def test_external_meters_that_lack_something_are_problems() -> None:
    message = decode((VECTORS / "exceptions_data_invalid_external_data.json").read_bytes()).messages[0]
    assert len(message.problems) == 5 and dict(message.points) == {"grid.gas": 2569.646}


# -- hand-shaped, after api-documentation.homewizard.com ---------------------------------------------------------------

SOCKET = {"wifi_strength": 90, "total_power_import_kwh": 1.5, "total_power_import_t1_kwh": 1.5,
          "active_power_w": -300.5, "active_power_l1_w": -300.5, "active_voltage_v": 231.1, "active_current_a": 1.3,
          "active_frequency_hz": 50.0, "active_reactive_power_var": 12.0, "active_apparent_power_va": 301.0,
          "active_power_factor": 0.99}  # fmt: skip
SHAPED: list[tuple[str, str, object, dict[str, Value]]] = [
    (
        "a socket that a balcony inverter feeds",
        "HWE-SKT",
        SOCKET,
        {"plug.power": -300.5, "plug.power_l1": -300.5, "plug.voltage_l1": 231.1, "plug.current_l1": 1.3,
         "plug.frequency": 50.0, "plug.reactive_power": 12.0, "plug.apparent_power": 301.0,
         "plug.power_factor": 0.99, "plug.energy": 1500.0},
    ),
    (
        "a one-phase meter of v2",
        "HWE-KWH1",
        {"energy_import_kwh": 2.0, "energy_export_kwh": 3.0, "power_w": 5, "voltage_v": 230, "current_a": 0.5},
        {"meter.power": 5, "meter.voltage_l1": 230, "meter.current_l1": 0.5, "meter.energy_import": 2000.0,
         "meter.energy_export": 3000.0},
    ),
    (
        "the batteries as the P1 dongle leads them: + = taken",
        "HWE-P1",
        {"mode": "zero", "power_w": -404, "target_power_w": -400, "max_consumption_w": 1600},
        {"battery.power": 404},
    ),
    ("tariffs beyond two are in the total", "HWE-P1",
     {"energy_import_t1_kwh": 1, "energy_import_t2_kwh": 2, "energy_import_t3_kwh": 4, "meter_model": "x"},
     {"grid.energy_import": 7000, "grid.energy_import_t1": 1000, "grid.energy_import_t2": 2000}),
    ("the newest gas meter counts", "HWE-P1",
     {"external": [{"unique_id": "1", "type": "gas_meter", "timestamp": 230101000000, "value": 9.0, "unit": "m3"},
                   {"unique_id": "2", "type": "gas_meter", "timestamp": 220101000000, "value": 5.0, "unit": "m3"}]},
     {"grid.gas": 9.0}),
]  # fmt: skip


@pytest.mark.parametrize(("what", "product", "found", "meant"), SHAPED, ids=[row[0] for row in SHAPED])
def test_other_products_by_their_documents(what: str, product: str, found: object, meant: dict[str, Value]) -> None:
    message = decode(orjson.dumps(found), CaptureHints(name=f"{product}_data.json")).messages[0]
    assert message.points == pytest.approx(meant)


def test_an_error_is_a_problem() -> None:
    message = decode(b'{"error": {"id": 202, "description": "API not enabled"}}').messages[0]
    assert message.problems == ("the device answers with an error: API not enabled",) and not message.points


@pytest.mark.parametrize("data", [b"", b"[]", b'{"a": 1}', b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_answer_is_rejected(data: bytes) -> None:
    capture = decode(data)
    assert not capture.messages and capture.rejected[0].reason


@captured
def test_damaged_answers_raise_nothing() -> None:
    assert run(decode, [path.read_bytes() for path in FILES], 4_000) > 400


# -- what it asks and writes -------------------------------------------------------------------------------------------


def of(product: str, **options: object) -> HomeWizard:
    kind = make(Options(spec("x", Role.PLUG, **options)))
    kind.read("api", orjson.dumps({"product_type": product, "serial": "1"}))
    return kind


def test_what_is_asked_depends_on_the_product_and_the_token() -> None:
    assert [ask.path for ask in make(Options(spec("x", Role.PLUG))).asks()] == ["/api"]
    assert [ask.path for ask in of("HWE-SKT").asks()] == ["/api/v1/data", "/api/v1/state", "/api"]
    assert [ask.path for ask in of("SDM630-wifi").asks()] == ["/api/v1/data", "/api"]
    p1 = of("HWE-P1", token="T")
    assert [ask.path for ask in p1.asks()] == ["/api/measurement", "/api/system", "/api/batteries", "/api"]
    assert all(ask.headers == {"X-Api-Version": "2"} for ask in p1.asks())
    assert p1.login().headers("GET", "/api") == {"Authorization": "Bearer T"}
    assert make(Options(spec("x", Role.PLUG))).read("api", b'{"a": 1}').problems


def test_a_socket_is_switched_unless_it_is_locked() -> None:
    socket = of("HWE-SKT")
    ask = socket.write("plug", "on", True)
    assert (ask.method, ask.path, ask.body) == ("PUT", "/api/v1/state", b'{"power_on":true}')
    with pytest.raises(Refused):
        socket.taken(ask, b'{"error": {"id": 1}}')
    with pytest.raises(Refused):
        socket.write("meter", "on", True)
    socket.read("state", b'{"power_on": true, "switch_lock": true, "brightness": 255}')
    with pytest.raises(Refused, match="switch lock"):
        socket.write("plug", "on", False)


def test_a_raw_telegram_says_which_format_it_is() -> None:
    capture = decode(b"/ISK5\\2M550T-1012\r\n\r\n1-0:1.7.0(00.111*kW)\r\n!ABCD\r\n")
    assert not capture.messages and "its format is p1" in capture.rejected[0].reason


def test_stamps_are_of_the_zone_that_is_told() -> None:
    found = b'{"smr_version": 50, "total_gas_m3": 12.5, "gas_timestamp": 210606140010}'
    times = [decode(found, CaptureHints(zone=zone)).messages[0].aged["grid.gas"] for zone in ("", "Europe/Helsinki")]
    assert times[0] - times[1] == 3_600_000
