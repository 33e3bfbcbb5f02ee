"""P1 telegrams of real meters against what dsmr-parser makes of them; then damage of every kind."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from drivers.p1.codec import Parser
from drivers.p1.codec import decode as decode_capture
from hub.cli.decode import shown
from hub.model.heard import Capture, CaptureHints, Heard, Rejected
from tests.codec_fuzz import SIXTEEN_BITS, run

VECTORS = Path(__file__).parents[3] / "shared" / "vectors" / "dsmr"
FILES = sorted(VECTORS.glob("*.expected.json"))
needs_vectors = pytest.mark.skipif(not FILES, reason=f"no vectors at {VECTORS}")
FACTOR = {"kWh": 1000, "kW": 1000, "kVArh": 1000, "kVAr": 1000}
CODES = {
    "ELECTRICITY_USED_TARIFF_1": "1.8.1",
    "ELECTRICITY_USED_TARIFF_2": "1.8.2",
    "ELECTRICITY_DELIVERED_TARIFF_1": "2.8.1",
    "ELECTRICITY_DELIVERED_TARIFF_2": "2.8.2",
    "ELECTRICITY_IMPORTED_TOTAL": "1.8.0",
    "ELECTRICITY_EXPORTED_TOTAL": "2.8.0",
    "CURRENT_ELECTRICITY_USAGE": "1.7.0",
    "CURRENT_ELECTRICITY_DELIVERY": "2.7.0",
    "BELGIUM_CURRENT_AVERAGE_DEMAND": "1.4.0",
    "ELECTRICITY_REACTIVE_IMPORTED_TOTAL": "3.8.0",
    "ELECTRICITY_REACTIVE_EXPORTED_TOTAL": "4.8.0",
    "BELGIUM_MAXIMUM_DEMAND_MONTH": "1.6.0",
    "FUSE_THRESHOLD_L1": "31.4.0",
} | {
    f"INSTANTANEOUS_{kind}_L{n}{sign}": f"{n * 20 + offset}.7.0"
    for n in (1, 2, 3)
    for kind, sign, offset in (
        ("ACTIVE_POWER", "_POSITIVE", 1),
        ("ACTIVE_POWER", "_NEGATIVE", 2),
        ("REACTIVE_POWER", "_POSITIVE", 3),
        ("REACTIVE_POWER", "_NEGATIVE", 4),
        ("CURRENT", "", 11),
        ("VOLTAGE", "", 12),
    )
}
UNREADABLE = {
    "esphome_encrypted_packet": "encrypted",  # its key is not with it
    "esphome_parser_test_1": "checksum missing",  # taken out where the source has it as a program's text
    "go-dsmr_1": "checksum wrong",  # 0000 by origin
    "lvzon_p1-example-4.0": "checksum wrong",  # by origin
    "lvzon_p1-example-5.0": "checksum wrong",
}
ACCEPTED_LATER = {"dsmrparser_sagemcom_t210_d_r"}  # dsmr-parser itself stumbles; the checksum is right


def results(path: Path) -> list[dict[str, Any]]:
    return json.loads(path.read_text())["results"]


def utc_ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def check(message: dict[str, Any], values: dict[str, Any]) -> int:
    found = {r["code"].removeprefix("1-0:").removesuffix("*255"): r["value"] for r in message["readings"]}
    compared = 0
    for name, expected in values.items():
        if name == "P1_MESSAGE_TIMESTAMP":
            assert message["time"] == utc_ms(expected["value"])
        elif name in CODES:
            want = expected["value"] * FACTOR.get(expected["unit"], 1)
            assert found[CODES[name]] == pytest.approx(want, abs=1e-6), name
            compared += 1
    return compared + mbus(message, values.get("MBUS_DEVICES", []))


def decode(data: bytes) -> dict[str, Any]:
    """As `shems decode` prints it."""
    told = shown("-", "p1", decode_capture(data))
    return {"messages": told["messages"], "rejected": told["rejected"]}


def mbus(message: dict[str, Any], devices: list[dict[str, Any]]) -> int:
    """Every gas, water and heat reading is there with its value and its own time."""
    found = {(r.get("time"), r["value"]) for r in message["readings"]}
    wanted = [v for d in devices for n, v in d.items() if n.endswith("METER_READING")]
    for reading in wanted:
        assert (utc_ms(reading["datetime"]), reading["value"]) in found
    return len(wanted)


@needs_vectors
@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name.removesuffix(".expected.json"))
def test_real_telegrams_decode_as_dsmr_parser_does(path: Path) -> None:
    name = path.name.removesuffix(".expected.json")
    decoded = decode((VECTORS / f"{name}.txt").read_bytes())
    good = [r for r in results(path) if "values" in r and r["crc"] != "bad"]
    if not good and name not in ACCEPTED_LATER and name != "esphome_parser_test_3":
        assert decoded["messages"] == [] and "checksum" in decoded["rejected"][0]["reason"]
    for message, result in zip(decoded["messages"], good, strict=False):
        assert check(message, result["values"]) > 0
    if good:
        assert len(decoded["messages"]) == len(good) and not decoded["rejected"]


@needs_vectors
def test_points_of_a_belgian_meter() -> None:
    points = decode((VECTORS / "dsmrparser_fluvius_v171.txt").read_bytes())["messages"][0]["points"]
    assert points["grid.energy_import"] == 15_792 and points["grid.energy_import_t2"] == 15_758
    assert points["grid.gas"] == 112.384 and points["grid.water"] == 872.234


@needs_vectors
def test_power_is_import_minus_export_per_phase_too() -> None:
    points = decode((VECTORS / "amshan_test_dlde.txt").read_bytes())["messages"][0]["points"]
    assert points["grid.power"] == -20 and points["grid.power_l2"] == -71 and points["grid.power_l3"] == 63
    assert points["grid.reactive_power"] == -308


@needs_vectors
def test_encrypted_telegrams_say_that_they_need_a_key() -> None:
    decoded = decode((VECTORS / "esphome_encrypted_packet.bin").read_bytes())
    assert decoded["messages"] == [] and "key" in decoded["rejected"][0]["reason"]


def test_a_telegram_comes_whole_however_it_is_cut(telegram: Callable[..., bytes]) -> None:
    stream = b"noise/" + telegram(-1234) + telegram(50)
    for size in (1, 2, 3, 7, 100):
        parser = Parser()
        events = [e for n in range(0, len(stream), size) for e in parser.feed(stream[n : n + size])]
        assert [e.points["grid.power"] for e in events if isinstance(e, Heard)] == [-1234, 50]


def test_it_is_delivered_with_the_last_checksum_digit(telegram: Callable[..., bytes]) -> None:
    assert len(Parser().feed(telegram(1).rstrip())) == 1


def test_a_cut_telegram_is_rejected_and_the_next_one_taken(telegram: Callable[..., bytes]) -> None:
    for joint in (b"", b"\r\n"):
        events = Parser().feed(telegram(1)[:150] + joint + telegram(2))
        assert isinstance(events[0], Rejected) and events[0].offset == 0
        assert [e.points["grid.power"] for e in events if isinstance(e, Heard)] == [2]


@pytest.mark.parametrize(
    ("stamp", "utc"),
    [
        ("260701120000S", "2026-07-01T10:00:00+00:00"),
        ("261124120000W", "2026-11-24T11:00:00+00:00"),
        ("261025023000S", "2026-10-25T00:30:00+00:00"),
        ("261025023000W", "2026-10-25T01:30:00+00:00"),
    ],
)
def test_the_letter_tells_doubled_hours_apart(telegram: Callable[..., bytes], stamp: str, utc: str) -> None:
    assert decode(telegram(1, stamp))["messages"][0]["time"] == utc_ms(utc)


def test_a_missing_checksum_is_no_way_round_it(telegram: Callable[..., bytes]) -> None:
    stripped = telegram(7).rstrip()[:-4] + b"\r\n"
    assert decode(stripped) == {"messages": [], "rejected": [{"offset": 0, "reason": "checksum missing"}]}


@pytest.mark.parametrize(
    "data", [b"", b"/", b"!", b"/ABC", b"\x00" * 5000, b"/ABC5\r\n\r\n!\r\n", b"/ABC" * 5000, b"/ABC\n" + b"(" * 40_000]
)
def test_nothing_useful_gives_rejections_only(data: bytes) -> None:
    decoded = decode(data)
    assert decoded["messages"] == [] and decoded["rejected"]


def test_impossible_values_are_problems_not_points(telegram: Callable[..., bytes]) -> None:
    message = decode(telegram(1, extra="1-0:32.7.0(9999.0*V)\r\n1-0:oops\r\n"))["messages"][0]
    assert "grid.voltage_l1" not in message["points"] and len(message["problems"]) == 2


@needs_vectors
def test_every_file_decodes_or_says_why() -> None:
    """Those with a wrong or a missing checksum where one belongs, and the encrypted one, have a reason instead."""
    told = {
        path.stem: decode_capture(path.read_bytes()) for path in VECTORS.iterdir() if path.suffix in (".txt", ".bin")
    }
    unread = {name: capture.rejected[0].reason for name, capture in told.items() if not capture.messages}
    assert {name: unread.get(name, "")[: len(reason)] for name, reason in UNREADABLE.items()} == UNREADABLE
    assert unread.keys() == UNREADABLE.keys()
    print(f"\ndsmr: {len(told)} files, {sum(len(c.messages) for c in told.values())} messages")


@needs_vectors
def test_the_peaks_of_a_belgian_meter_are_points_and_readings_with_their_times() -> None:
    """Quarter-hour demand now, the month's highest, and the highest of each month before."""
    message = decode((VECTORS / "dsmrparser_fluvius_v171.txt").read_bytes())["messages"][0]
    assert (message["points"]["grid.demand_import"], message["points"]["grid.peak_import"]) == (2351.0, 2589.0)
    readings = message["readings"]
    found = [(r["code"], r["value"], r.get("time")) for r in readings if ":1.4.0" in r["code"] or ":1.6.0" in r["code"]]
    assert found == [
        ("1-0:1.4.0", 2351.0, None),
        ("1-0:1.6.0", 2589.0, utc_ms("2020-05-09T11:45:58+00:00")),
        ("0-0:98.1.0/1-0:1.6.0", 3695.0, utc_ms("2020-04-23T17:25:38+00:00")),
        ("0-0:98.1.0/1-0:1.6.0", 5980.0, utc_ms("2020-03-05T11:21:39+00:00")),
        ("0-0:98.1.0/1-0:1.6.0", 4318.0, utc_ms("2020-02-10T02:54:21+00:00")),
    ]


@needs_vectors
def test_heat_is_a_reading_that_has_no_point() -> None:
    message = decode((VECTORS / "dsmrparser_unpadded_crc.txt").read_bytes())["messages"][0]
    assert ("0-1:24.2.1", 240.86, "GJ") in [(r["code"], r["value"], r["unit"]) for r in message["readings"]]
    assert message["points"] == {}


def test_gas_and_water_on_any_channel(telegram: Callable[..., bytes]) -> None:
    gas = "0-4:24.1.0(003)\r\n0-4:24.2.3(261124110000W)(00981.443*m3)\r\n"
    water = "0-3:24.1.0(007)\r\n0-3:24.2.1(261124115500W)(00012.5*m3)\r\n"
    points = decode(telegram(1, extra=gas + water))["messages"][0]["points"]
    assert points["grid.gas"] == 981.443 and points["grid.water"] == 12.5


def test_a_power_factor_comes_without_unit(telegram: Callable[..., bytes]) -> None:
    """As Hungarian meters send it."""
    message = decode(telegram(1, extra="1-0:13.7.0(0.987)\r\n1-0:33.7.0(0.991)\r\n"))["messages"][0]
    assert message["points"]["grid.power_factor"] == 0.987
    assert {"code": "1-0:33.7.0", "value": 0.991, "unit": ""} in message["readings"]


def test_units_without_their_asterisk(telegram: Callable[..., bytes]) -> None:
    """As the first Belgian meters sent them; an identifier that looks so is none."""
    extra = "1-0:21.7.0(00.013kW)\r\n1-0:32.7.0(234.5V)\r\n1-0:31.7.0(005A)\r\n0-1:96.1.1(1234567A)\r\n"
    message = decode(telegram(1, extra=extra))["messages"][0]
    points = message["points"]
    assert (points["grid.power_l1"], points["grid.voltage_l1"], points["grid.current_l1"]) == (13.0, 234.5, 5.0)
    assert {"code": "0-1:96.1.1", "value": "1234567A", "unit": ""} in message["readings"]


def test_a_gas_meter_that_was_never_read_says_nothing(telegram: Callable[..., bytes]) -> None:
    message = decode(telegram(1, extra="0-1:24.1.0(003)\r\n0-1:24.2.3(632525252525W)(00000.000)\r\n"))["messages"][0]
    assert "grid.gas" not in message["points"] and message["problems"] == []


def test_volumes_with_their_time_behind_them() -> None:
    """NTA 8130: the hours of the last day in a ring, of which the newest counts; water on its own medium."""
    hours = "".join(f"7-0:23.1.0*255(0123{n}.5*m3)(19-01-01 1{n}:00:00)\r\n" for n in (1, 2, 0))
    water = "8-0:1.0.0*255(00055.250*m3)(19-07-01 12:00:00)\r\n"
    (heard,) = decode_capture(f"/XYZ5OLD\r\n\r\n1-0:1.8.1(00001.5*kWh)\r\n{hours}{water}!\r\n".encode()).messages
    assert heard.points["grid.gas"] == 1232.5 and heard.aged["grid.gas"] == utc_ms("2019-01-01T11:00:00+00:00")
    assert heard.points["grid.water"] == 55.25 and heard.aged["grid.water"] == utc_ms("2019-07-01T10:00:00+00:00")


@pytest.mark.parametrize("counter", ["", "1-0:2.8.0*255(000000.000*kWh)\r\n"], ids=["import only", "new"])
def test_a_power_without_sign_is_nobodys_import(counter: str) -> None:
    (heard,) = decode_capture(f"/XYZ5OLD\r\n\r\n{counter}1-0:15.7.0*255(000123*W)\r\n!\r\n".encode()).messages
    assert "grid.power" not in heard.points and "without direction" in heard.problems[0]


@pytest.mark.parametrize(
    ("extra", "points"),
    [
        ("1-0:21.7.0(00.200*kW)\r\n1-0:22.7.0(00.500*kW)\r\n1-0:32.7.0(230.0*V)", {"power": -300.0}),
        ("1-0:21.7.0(00.2*kW)\r\n1-0:42.7.0(00.5*kW)\r\n1-0:61.7.0(01.0*kW)", {"power": 700.0}),
        ("1-0:21.7.0(00.2*kW)\r\n1-0:41.7.0(00.5*kW)", {}),
        ("1-0:21.7.0(00.2*kW)\r\n1-0:72.7.0(230.0*V)", {}),
        ("1-0:5.7.0(00.100*kvar)\r\n1-0:7.7.0(00.066*kvar)\r\n1-0:8.7.0(00.159*kvar)", {"reactive_power": -125.0}),
        ("1-0:3.7.0(00.1*kvar)\r\n1-0:5.7.0(00.2*kvar)", {"reactive_power": 100.0}),
    ],
    ids=["one phase", "three", "two of three", "a phase without power", "quadrants", "quadrants and sum"],
)
def test_totals_that_are_told_in_parts_only(extra: str, points: dict[str, float]) -> None:
    (heard,) = decode_capture(f"/XYZ5OLD\r\n\r\n1-0:1.8.0(1.0*kWh)\r\n{extra}\r\n!\r\n".encode()).messages
    totals = {name: heard.points.get(f"grid.{name}") for name in ("power", "reactive_power")}
    assert {name: value for name, value in totals.items() if value is not None} == points


def test_a_reactive_power_without_its_unit(telegram: Callable[..., bytes]) -> None:
    """As Luxembourg's first meters sent it."""
    message = decode(telegram(1, extra="1-0:3.7.0(00.000)\r\n1-0:4.7.0(00.007)\r\n"))["messages"][0]
    assert message["points"]["grid.reactive_power"] == -7.0 and "no unit" in message["problems"][0]


def test_a_telegram_in_a_log(telegram: Callable[..., bytes]) -> None:
    """As ESPHome logs it, in colour or not; the checksum is that of the telegram."""
    lines = (telegram(-1234) + telegram(77)).replace(b"\r\n", b"\n").splitlines()
    for head, tail in ((b"[18:40:01][D][data:264]: ", b""), (b"\x1b[0;36m[18:40:01][D][data:264]: ", b"\x1b[0m")):
        capture = decode_capture(b"".join(head + line + tail + b"\n" for line in lines))
        assert [m.points["grid.power"] for m in capture.messages] == [-1234.0, 77.0] and not capture.rejected
        damaged = b"".join(head + line.replace(b"1.500", b"1.501") + tail + b"\n" for line in lines)
        assert not decode_capture(damaged).messages


@pytest.mark.parametrize("code", ["0-0:96.1.1", "0-0:96.1.0*255", "1-0:96.1.0*255", "0-0:0.0.0"])
def test_a_number_that_is_filled_up_with_spaces(code: str) -> None:
    padded = b" AB12345 ".hex().upper()
    (heard,) = decode_capture(f"/XYZ5OLD\r\n\r\n{code}({padded})\r\n1-0:1.8.1(1.5*kWh)\r\n!\r\n".encode()).messages
    assert heard.device["serial"] == "AB12345"


def test_old_gas_whose_value_stands_behind_a_space() -> None:
    gas = "0-1:24.3.0(120517020000)(08)(60)(1)(0-1:24.2.1)(m3) (00124.477)"
    (heard,) = decode_capture(f"/XYZ5OLD\r\n\r\n1-0:1.8.1(1.5*kWh)\r\n{gas}\r\n!\r\n".encode()).messages
    assert heard.points["grid.gas"] == 124.477 and not heard.problems


def test_a_log_in_which_nothing_stands_is_no_problem(telegram: Callable[..., bytes]) -> None:
    assert decode(telegram(1, extra="1-0:99.97.0(0)(0-0:96.7.19)\r\n"))["messages"][0]["problems"] == []


def test_no_mutation_raises_or_gives_a_wrong_value(telegram: Callable[..., bytes]) -> None:
    original = telegram(-1234, extra="0-1:24.1.0(003)\r\n0-1:24.2.1(261124110000W)(00981.443*m3)\r\n")
    truth = decode_capture(original).messages[0].points

    def judge(data: bytes, capture: Capture) -> None:
        assert all(message.points == truth for message in capture.messages), data

    assert run(decode_capture, [original, original + original], 6000, judge, SIXTEEN_BITS) > 0


def test_old_telegrams_without_checksum_never_raise() -> None:
    old = (
        b"/ISk5\\2MT382-1000\r\n\r\n0-0:96.1.1(4B38)\r\n1-0:1.8.1(12345.678*kWh)\r\n1-0:1.7.0(001.19*kW)\r\n"
        b"0-1:24.1.0(03)\r\n0-1:24.3.0(090212160000)(00)(60)(1)(0-1:24.2.1)(m3)\r\n(00001.001)\r\n!\r\n"
    )
    assert decode(old)["messages"][0]["points"]["grid.gas"] == 1.001
    run(decode_capture, [old], 4000, lambda _, capture: json.dumps(shown("-", "p1", capture), allow_nan=False) and None)


def test_memory_is_bounded() -> None:
    parser = Parser()
    for _ in range(60):
        parser.feed(b"/ABC5\r\n" + b"1-0:1.8.0(" * 300 + b"\xdb\x08ABCDEFGH\x82\xff\xff\x30")
    assert len(parser._buffer) + len(parser._plain._framer._buffer) < 60_000


@needs_vectors
@pytest.mark.parametrize("path", sorted(VECTORS.glob("*.txt")), ids=lambda p: p.stem)
def test_text_of_hexadecimal_digits_says_the_same(path: Path) -> None:
    data = path.read_bytes()
    assert decode_capture(data.hex("\n", 30).encode()) == decode_capture(data)
    assert decode_capture(b"telegram: " + data.hex(" ").upper().encode()) == decode_capture(data)


def test_two_values_on_a_line(telegram: Callable[..., bytes]) -> None:
    """As meters of Luxembourg tell their fuse."""
    message = decode(telegram(1, extra="1-1:31.4.0(200*A)(-200*A)\r\n1-0:33.7.0(0.98)(0.97)\r\n"))["messages"][0]
    assert message["readings"][-4:] == [
        {"code": "1-1:31.4.0", "value": 200.0, "unit": "A"},
        {"code": "1-1:31.4.0/2", "value": -200.0, "unit": "A"},
        {"code": "1-0:33.7.0", "value": 0.98, "unit": ""},
        {"code": "1-0:33.7.0/2", "value": "0.97", "unit": ""},
    ]
    assert message["problems"] == []


@pytest.mark.parametrize("stamp", ["", "26112411000", "269924110000W", "2611241100000W"])
def test_a_value_whose_time_is_damaged_is_none(telegram: Callable[..., bytes], stamp: str) -> None:
    message = decode(telegram(1, extra=f"0-1:24.1.0(003)\r\n0-1:24.2.1({stamp})(00981.443*m3)\r\n"))["messages"][0]
    assert "grid.gas" not in message["points"] and message["problems"] == [f"not a time: {stamp}"]


def test_a_decimal_comma() -> None:
    old = b"/ISk5\\2MT382\r\n\r\n1-0:1.7.0(0,120*kW)\r\n0-1:24.3.1(090212160000)(00981,443*m3)\r\n!\r\n"
    message = decode(old)["messages"][0]
    assert message["points"]["grid.power"] == 120.0
    assert ("0-1:24.3.1", 981.443) in [(r["code"], r["value"]) for r in message["readings"]]


@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\r\n", b"\r\r\r\n"])
def test_line_ends_that_a_capture_has_changed(telegram: Callable[..., bytes], end: bytes) -> None:
    whole = telegram(-1234) + telegram(50)
    capture = decode_capture(whole.replace(b"\r\n", end))
    assert [m.points["grid.power"] for m in capture.messages] == [-1234, 50] and not capture.rejected
    assert capture.messages[0].readings == decode_capture(whole).messages[0].readings
    wrong = whole.replace(b"01.234", b"01.235").replace(b"\r\n", end)
    assert [m.points["grid.power"] for m in decode_capture(wrong).messages] == [50]


@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\r\n"])
def test_old_telegrams_with_other_line_ends(end: bytes) -> None:
    old = b"/ISk5\\2MT382-1000\r\n\r\n1-0:1.7.0(001.19*kW)\r\n0-1:24.3.0(090212160000)(00)(60)(1)(0-1:24.2.1)(m3)\r\n"
    old += b"(00001.001)\r\n!\r\n"
    told = decode((old + old).replace(b"\r\n", end))
    assert [m["points"] for m in told["messages"]] == [decode(old)["messages"][0]["points"]] * 2


def test_no_mutation_of_changed_line_ends_gives_a_wrong_value(telegram: Callable[..., bytes]) -> None:
    original = telegram(-1234)
    truth = decode_capture(original).messages[0].points

    def judge(data: bytes, capture: Capture) -> None:
        assert all(message.points == truth for message in capture.messages), data

    seeds = [original.replace(b"\r\n", end) for end in (b"\r", b"\r\r\n")] + [original.hex().encode()]
    assert run(decode_capture, seeds, 4000, judge, 2 * SIXTEEN_BITS) > 0  # two checksums are tried


@pytest.mark.parametrize(
    ("zone", "stamp", "utc"),
    [
        ("", "230606143105S", "2023-06-06T12:31:05+00:00"),
        ("Europe/Tallinn", "230606143105S", "2023-06-06T11:31:05+00:00"),
        ("Europe/Helsinki", "231206143105W", "2023-12-06T12:31:05+00:00"),
        ("Europe/Helsinki", "261025033000S", "2026-10-25T00:30:00+00:00"),
        ("Europe/Helsinki", "261025033000W", "2026-10-25T01:30:00+00:00"),
        ("Europe/Dublin", "230606143105S", "2023-06-06T13:31:05+00:00"),
        ("Europe/Dublin", "231206143105W", "2023-12-06T14:31:05+00:00"),
    ],
)
def test_the_clock_of_a_meter_is_that_of_its_zone(
    telegram: Callable[..., bytes], zone: str, stamp: str, utc: str
) -> None:
    gas = f"0-1:24.1.0(003)\r\n0-1:24.2.1({stamp})(00012.345*m3)\r\n"
    (message,) = decode_capture(telegram(1, stamp, gas), CaptureHints(zone=zone)).messages
    assert message.time == utc_ms(utc) and not message.problems
    assert message.aged == {"grid.gas": utc_ms(utc)}


def test_a_letter_that_does_not_fit_the_zone_is_a_problem(telegram: Callable[..., bytes]) -> None:
    for zone, stamp in (("Europe/Dublin", "230606143105W"), ("Europe/Helsinki", "231206143105S")):
        (message,) = decode_capture(telegram(1, stamp), CaptureHints(zone=zone)).messages
        assert "summer letter" in message.problems[0]
