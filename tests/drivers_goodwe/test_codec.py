"""GoodWe frames: every capture, goldens read by hand from the bytes, and what must not be believed."""

from __future__ import annotations

from pathlib import Path

import pytest
from pymodbus.framer.rtu import FramerRTU

from drivers.goodwe import es, meaning
from drivers.goodwe.codec import decode
from drivers.goodwe.frame import Answer, answers, crc16, es_request, read_request, write_request
from hub.model.heard import Capture, CaptureHints, Heard
from tests.codec_fuzz import run

VECTORS = Path(__file__).parents[3] / "shared" / "vectors" / "goodwe-frames"
pytestmark = pytest.mark.skipif(not VECTORS.is_dir(), reason="the captures are not beside the checkout")
FILES = sorted(VECTORS.glob("*.hex"))

DEVICES = {
    "dt_GW17K-DT_device_info": ("GW17KT-DT", "5017KDTT00BW0000", "12.12.13"),
    "dt_GW50KS-MT_device_info": ("GW50KS-MT", "5050KMTO233W0000", "4.4.16"),
    "es_GW5048-ESA_device_info": ("GW5048-ESA", "95048ESA223W0000", "410-04025-23"),
    "et_GW10K-ET_device_info_fw617": ("GW10K-ET", "9010KETU000W0000", "04029-06-S11"),
    "es_GW5048D-ES_device_info": ("GW5048D-ES", "95048ESU227W0000", "410-04025-23"),
    "et_GW10K-ET_device_info_fw1023": ("GW10K-ET", "9010KETU000W0000", "04029-10-S11"),
    "et_GW6000-ES-20_device_info": ("GW6000ES20", "56000ESN00AW0000", "2.2.5"),
    "et_GW20K-ET_device_info": ("", "9020KETT232W0000", "04062-08-S00"),
}
POINTS: dict[str, dict[str, object]] = {
    "et_GW10K-ET_running_data": {
        "inverter.power": 0x033F,
        "inverter.pv_power": 0x069F + 0x06E1,
        "inverter.voltage_l1": 239.3,
        "inverter.power_l3": 206,
        "inverter.temperature": 58.7,
        "inverter.energy": 6_085_300,
        "grid.power": 3,
        "grid.frequency": 49.99,
        "battery.power": -2512,
        "battery.voltage": 254.2,
        "battery.current": -9.8,
        "battery.energy_charged": 2_758_100,
        "battery.status": "charging",
    },
    "et_GW6000_EH_running_data": {"inverter.power": 1561, "grid.power": 0x10000 - 0xFF5C, "inverter.voltage_l1": 236.6},
    "et_GW29K9-ET_running_data": {"inverter.power": 0x06C7, "grid.power": 0x10000 - 0xEAE5, "inverter.pv_power": 1547},
    "et_GW10K-ET_battery_info": {"battery.soc": 0x44, "battery.soh": 0x63, "battery.temperature": 35},
    "et_GW20K-ET_meter_data": {
        "grid.power": -1556,
        "grid.power_l1": -430,
        "grid.voltage_l1": 233.8,
        "grid.current_l3": 2.8,
        "grid.frequency": 50,
    },
    "et_GW29K9-ET_meter_data": {"grid.power": 4077, "grid.power_l3": 2911, "grid.voltage_l2": 233.2},
    "et_GW20K-ET_mppt_data": {"inverter.pv_power": 0x082F},
    "dt_GW17K-DT_running_data": {
        "inverter.power": 0x30B6,
        "inverter.energy": 29_984_400,
        "inverter.temperature": 45.7,
        "inverter.current_l2": 17.5,
        "inverter.status": "running",
        "inverter.pv_power": round(540.0 * 10.5 + 475.5 * 14.8),
    },
    "dt_GW50KS-MT_running_data": {
        "inverter.power": 0xBB5F,
        "inverter.voltage_l1": 235.0,
        "inverter.current_l2": 80.7,
        "inverter.energy": 0x14E41 * 100,
        "inverter.temperature": 34.2,
        "inverter.frequency": 50.01,
    },
    "dt_GW6000-DT_running_data": {
        "inverter.power": 0x072B,
        "inverter.voltage_l3": 231.0,
        "inverter.energy": 0x2097E * 100,
        "inverter.temperature": 41.3,
        "inverter.pv_power": round(320.8 * 3.1 + 324.1 * 3.2),
        "inverter.status": "running",
    },
    "dt_GW20K-SDT-20_running_data": {"inverter.power": 0x116D, "inverter.energy": 0x13C44 * 100},
    "dt_GW5000D-NS_running_data": {
        "inverter.power": 0,
        "inverter.voltage_l1": 240.5,
        "inverter.energy": 0x2271 * 100,
        "inverter.temperature": 1.4,
        "inverter.status": "starting",
        "inverter.voltage_l2": None,
    },
    "et_GW25K-ET_running_data": {
        "inverter.power": 0x0799,
        "inverter.power_l1": 0x024D,
        "inverter.voltage_l2": 231.0,
        "inverter.pv_power": 0x0409 + 0x03D5,
        "inverter.energy": 0x0643 * 100,
        "inverter.temperature": 43.0,
        "grid.power": -0x05E7,
        "battery.voltage": 215.2,
        "battery.power": 0,
        "battery.energy_charged": 0x0391 * 100,
        "battery.energy_discharged": 0x02B8 * 100,
    },
    "et_GW25K-ET_battery_info": {"battery.soc": 100, "battery.soh": 100, "battery.temperature": 23.0},
    "et_GW20K-ET_battery_info": {"battery.soc": 100, "battery.soh": 100, "battery.temperature": 14.1},
    "es_GW5048-EM_running_data": {
        "battery.power": round(52.9 * 18.5),
        "battery.soc": 0x61,
        "battery.temperature": 29.0,
        "battery.status": "discharging",
        "inverter.power": 0x0408,
        "inverter.energy": 0x256A * 100,
        "inverter.pv_power": round(340.9 * 0.3),
        "battery.soh": None,
    },
    "es_GW5048-EM-no-bat_running_data": {
        "inverter.power": 0x00D4,
        "inverter.pv_power": round(334.3 * 0.4 + 214.0 * 0.5),
        "inverter.energy": 0x16F5 * 100,
        "inverter.temperature": 29.9,
        "grid.power": -7,
    },
    "es_GW5048D-ES_running_data": {
        "battery.power": round(49.4 * 9.5),
        "battery.soc": 60,
        "battery.soh": 98,
        "battery.status": "discharging",
        "inverter.power": 393,
        "inverter.energy": 22_963_200,
    },
    "es_GW5000S-BP_running_data": {"battery.power": -498, "inverter.power": -650, "grid.power": -184},
}


def capture(name: str, named: bool = True) -> Capture:
    return decode((VECTORS / f"{name}.hex").read_bytes(), CaptureHints(name=f"{name}.hex" if named else ""))


def heard(name: str) -> Heard:
    return capture(name).messages[0]


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_every_capture_is_one_message(path: Path) -> None:
    found = capture(path.stem)
    assert len(found.messages) == 1 and not found.rejected
    message = found.messages[0]
    assert message.readings or message.device.get("serial")
    if not path.stem.startswith("es_"):
        assert "the capture's name" in message.problems[0], "a Modbus answer does not say which registers it holds"


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_without_its_name_it_says_the_same(path: Path) -> None:
    with_name, without = capture(path.stem).messages[0], capture(path.stem, named=False).messages[0]
    assert (without.points, without.device) == (with_name.points, with_name.device)


@pytest.mark.parametrize("name", DEVICES)
def test_who_it_is(name: str) -> None:
    device = heard(name).device
    assert (device["model"], device["serial"], device["firmware"]) == DEVICES[name]


@pytest.mark.parametrize("name", POINTS)
def test_points_as_read_by_hand(name: str) -> None:
    points = heard(name).points
    assert {key: points.get(key) for key in POINTS[name]} == pytest.approx(POINTS[name])


@pytest.mark.parametrize("name", ["es_GW5048-EM-no-bat_running_data", "et_GW6000_EH_running_data"])
def test_without_a_battery_there_is_none(name: str) -> None:
    assert not heard(name).at("battery")


def test_a_battery_that_does_not_talk_is_not_at_zero() -> None:
    found = heard("et_GW29K9-ET_battery_info")
    assert not found.points and "do not talk" in found.problems[-1]


def test_a_string_whose_figures_are_not_there_leaves_the_sum_out() -> None:
    block = es.RUNNING
    data = bytearray(block.size)
    data[0:5] = b"\x0d\x51\x00\x03\x02"
    assert meaning.heard(block, bytes(data)).points["inverter.pv_power"] == round(340.9 * 0.3)
    data[5:10] = b"\xff\xff\x00\x04\x02"
    assert "inverter.pv_power" not in meaning.heard(block, bytes(data)).points


def test_a_single_phase_inverter_has_one_phase() -> None:
    assert not {"voltage_l2", "power_l2", "current_l3"} & set(heard("et_GW6000_EH_running_data").at("inverter"))


def test_strings_that_cannot_make_the_ac_power_give_no_point() -> None:
    found = heard("dt_GW20K-SDT-20_running_data")
    assert found.points["inverter.power"] == 4461 and "inverter.pv_power" not in found.points


def test_raw_bytes_and_several_frames_in_a_row() -> None:
    one = bytes.fromhex((VECTORS / "et_GW10K-ET_battery_info.hex").read_text())
    two = bytes.fromhex((VECTORS / "es_GW5048D-ES_running_data.hex").read_text())
    found = decode(b"\x00\x01" + one + two)
    assert [m.offset for m in found.messages] == [2, 2 + len(one)]
    assert found.rejected[0].offset == 0


@pytest.mark.parametrize("name", ["et_GW10K-ET_battery_info", "es_GW5048D-ES_running_data"])
def test_a_wrong_sum_is_not_believed(name: str) -> None:
    frame = bytearray.fromhex((VECTORS / f"{name}.hex").read_text())
    for at in range(5, len(frame) - 2):
        frame[at] ^= 0x10
        assert not decode(bytes(frame)).messages, at
        frame[at] ^= 0x10


def test_a_refusal_is_told_with_its_reason() -> None:
    body = bytes([0xF7, 0x83, 0x02])
    found = decode(b"\xaa\x55" + body + crc16(body).to_bytes(2, "little"))
    assert not found.messages and "illegal register" in found.rejected[0].reason


def test_requests_are_those_that_others_send() -> None:
    """Frames of marcelblijleven/goodwe's tests (its expected hexadecimal), and pymodbus's own CRC."""
    assert read_request(0xF7, 47000, 1).hex() == "f703b798000136c7"
    assert read_request(0xF7, 47510, 1).hex() == "f703b996000155ec"
    assert write_request(0xF7, 47510, 100).hex() == "f706b996006459c7"
    assert write_request(0xF7, 47000, 1).hex() == "f706b7980001fac7"
    frame = read_request(0xF7, 35100, 125)
    assert FramerRTU.compute_CRC(frame[:-2]) == int.from_bytes(frame[-2:], "big")
    assert es_request(0x0186).hex() == "aa55c07f0106000245"


def test_damaged_frames_never_raise_and_are_never_believed() -> None:
    """What is still believed has a right sum, by pymodbus's CRC and by adding up; chance alone can make one right."""
    seeds = [bytes.fromhex(p.read_text()) for p in FILES]

    def judge(mutant: bytes, found: Capture) -> None:
        for message in found.messages:
            answer = next(a for a in answers(mutant) if isinstance(a, Answer) and a.offset == message.offset)
            frame, check = mutant[answer.offset : answer.end - 2], mutant[answer.end - 2 : answer.end]
            right = sum(frame) & 0xFFFF if answer.kind else FramerRTU.compute_CRC(frame[2:])
            assert right == int.from_bytes(check, "big")

    assert run(decode, seeds, 4000, judge) > 100
    run(decode, [p.read_bytes() for p in FILES], 1000)


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_every_form_of_text_says_the_same(path: Path) -> None:
    data = bytes.fromhex(path.read_text())
    hints = CaptureHints(path.name)
    whole = decode(data, hints)
    rows = "".join(f"{n:08x}: {data[n : n + 16].hex(' ', 2)}  U.aa55\n" for n in range(0, len(data), 16))
    for text in (data.hex("\n", 16), f"# {path.name}\nframe: {data.hex(',')}", f"<<< {data.hex(':').upper()}", rows):
        assert decode(text.encode(), hints) == whole
    assert "odd" in decode(data.hex().encode() + b"5", hints).rejected[-1].reason


def test_the_request_in_a_log_is_no_answer() -> None:
    text = (VECTORS / "es_GW5048D-ES_running_data.hex").read_text()
    found = decode(f"TX: {es_request(0x0186).hex()}\nRX: {text}".encode())
    assert len(found.messages) == 1 and not found.rejected
