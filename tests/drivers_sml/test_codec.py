"""SML of real meters against what smllib and pysml make of it; wrong signs; then damage of every kind."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest
import sml as pysml
from smllib import SmlStreamReader
from smllib.errors import CrcError

from drivers.push.checks import kermit, x25
from drivers.sml.codec import Parser, decode
from hub.model.heard import Heard, Rejected
from tests.codec_fuzz import SIXTEEN_BITS, run

VECTORS = Path(__file__).parents[3] / "shared" / "vectors" / "sml"
FILES = sorted(VECTORS.glob("*.bin"))
needs_vectors = pytest.mark.skipif(not FILES, reason=f"no vectors at {VECTORS}")
UNITS = {27: "W", 30: "Wh", 33: "A", 35: "V", 44: "Hz", 8: "deg"}

# file: how many messages we have more (+) or less (-) than smllib, and why
DIFFERENT_COUNT = {
    "EMH_eHZ-IW8E2A5L0EK2P_with_error": (
        11,
        "smllib refuses a frame in which one row has no value; the others are right",
    ),
    "smllib_test_frames_3": (-1, "made anonymous: its messages' checksums are wrong, which smllib does not look at"),
}
NO_VALUE_ROW = "010060320206"


def messages(path: Path) -> tuple[Heard, ...]:
    return decode(path.read_bytes()).messages


def same(code: str, ours: Any, theirs: Any) -> bool:
    if isinstance(theirs, str):  # they show octets in hexadecimal more often
        return bool(ours == theirs or str(ours).encode().hex() == theirs)
    return bool(ours == pytest.approx(theirs, rel=1e-12))


@needs_vectors
def test_every_file_is_there_and_decodes() -> None:
    told = {path.stem: len(messages(path)) for path in FILES}
    assert [name for name, count in told.items() if not count] == ["smllib_test_frames_3"]
    print(f"\nsml: {len(FILES)} files, {sum(told.values())} messages")


@needs_vectors
@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_values_are_those_of_the_expected_files(path: Path) -> None:
    expected = json.loads(path.with_suffix(".expected.json").read_text())["frames"]
    ours = messages(path)
    more, _ = DIFFERENT_COUNT.get(path.stem, (0, ""))
    assert len(ours) - len(expected) == more
    for message, frame in zip(ours, expected, strict=not more):
        rows = [r for r in message.readings if not r.code.endswith("/status")]
        assert [r.code for r in rows] == [v["obis"] for v in frame["values"]]
        for reading, value in zip(rows, frame["values"], strict=True):
            assert same(reading.code, reading.value, value["value"]), reading
            assert reading.unit == UNITS.get(value["unit"], "")
            status = [r.value for r in message.readings if r.code == f"{reading.code}/status"]
            assert status == ([value["status"]] if "status" in value else [])


@needs_vectors
@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_smllib_reads_the_same_bytes_alike(path: Path) -> None:
    ours, theirs = messages(path), smllib_values(path.read_bytes())
    more, _ = DIFFERENT_COUNT.get(path.stem, (0, ""))
    assert len(ours) - len(theirs) == more
    for message, values in zip(ours, theirs, strict=not more):
        found = {r.code: r.value for r in message.readings}
        assert {code: value for code, value in values.items() if not same(code, found[code], value)} == {}


def smllib_values(data: bytes) -> list[dict[str, Any]]:
    """What smllib finds; the frames that it cannot read are left out."""
    reader = SmlStreamReader()
    reader.add(data)
    found: list[dict[str, Any]] = []
    while True:
        try:
            if (frame := reader.get_frame()) is None:
                return found
            bodies = [m.message_body for m in frame.parse_frame()]
            rows = [row for body in bodies for row in getattr(body, "val_list", ())]
            found.append({str(row.obis.obis_code): row.get_value() for row in rows})
        except (CrcError, ValueError):
            continue


@needs_vectors
@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_pysml_reads_the_same_bytes_alike(path: Path) -> None:
    """All numbers of every file: pysml refuses smllib_test_frames_3 too, and reads the file with the missing value."""
    ours = messages(path)
    theirs = pysml_values(path.read_bytes())
    assert len(ours) == len(theirs)
    for message, values in zip(ours, theirs, strict=True):
        found = {r.code: r.value for r in message.readings}
        for code, value in values.items():
            assert found[code] == pytest.approx(value, rel=1e-12), code


def pysml_values(data: bytes) -> list[dict[str, float]]:
    logging.getLogger("sml").setLevel(logging.CRITICAL)
    found: list[dict[str, float]] = []
    while True:
        try:
            end, *frames = pysml.SmlBase.parse_frame(data)
        except pysml.SmlParserError:
            return found
        if end < 1:
            return found
        data = data[end:]
        for body in (m["messageBody"] for frame in frames for m in frame):
            if isinstance(body, pysml.SmlGetListResponse):
                rows = (row for row in body["valList"] if isinstance(row.get("value"), int | float))
                found.append({row["objName"]: row["value"] for row in rows})


@needs_vectors
@pytest.mark.parametrize(
    ("name", "points"),
    [
        ("DZG_DVS-7420.2V.G2_mtr2_neg", {"power": -105.5, "energy_import": 13_232.9, "energy_export": 1_500_321.3}),
        ("DZG_DVS-7420.2V.G2_mtr0", {"power": 215.99, "energy_import": 607_447.1, "energy_export": 1_266_728.6}),
        ("dzg_dwsb20_2th_2byte", {"power": -310.64}),
        ("dzg_dwsb20_2th_3byte", {"power": -788.51}),
        ("EMH-ED300L_delivery", {"power": -126.6, "energy_import": 17_243_675.6, "energy_import_t2": 0.0}),
        ("EMH_eHZ-HW8E2A5L0EK2P_1", {"power": 1213.3}),
        ("EMH_eHZ361L5R", {"power": -5632.1916, "energy_export": 110_340_315.1}),
        ("EMH_eHZ-GW8E2A500AK2", {"power": 13.8, "energy_import": 14_800_125.3}),
        ("ISKRA_MT175_eHZ", {"power": 168, "power_l1": 117, "power_l2": 22, "power_l3": 29}),
        ("HOLLEY_DTZ541-ZDBA", {"power": 460, "voltage_l2": 232.5, "current_l2": 1.74, "frequency": 50.0}),
        ("EMH_eHZ-IW8E2A5L0EK2P_with_error", {"power": 136.7, "energy_import": 2_795_692.7}),
    ],
)
def test_points_of_a_meter(name: str, points: dict[str, float]) -> None:
    found = messages(VECTORS / f"{name}.bin")[0].at("grid")
    assert {quantity: found[quantity] for quantity in points} == pytest.approx(points)


@needs_vectors
@pytest.mark.parametrize("path", sorted(VECTORS.glob("*without_PIN.bin")), ids=lambda p: p.stem)
def test_without_its_pin_a_meter_tells_whole_kwh_and_no_power(path: Path) -> None:
    found = messages(path)[0].at("grid")
    assert "power" not in found and found["energy_import"] % 1000 == 0


@needs_vectors
def test_the_meter_is_named_as_on_its_label() -> None:
    assert messages(VECTORS / "EasyMeter_Q3A_A1064V1009.bin")[0].device == {
        "vendor": "ESY",
        "model": "",
        "serial": "1ESY1162232997",
        "firmware": "",
    }
    assert messages(VECTORS / "HOLLEY_DTZ541-ZDBA.bin")[0].device["firmware"] == "1.02.007"


# --- messages made here, from the standard


def uint(value: int, size: int) -> bytes:
    return bytes([0x60 | (size + 1)]) + value.to_bytes(size, "big")


def octets(value: bytes) -> bytes:
    size = len(value) + 1
    if size < 16:
        return bytes([size]) + value
    size += 1
    return bytes([0x80 | (size >> 4), size & 15]) + value


def row(code: str, raw: bytes, unit: int = 27, scaler: int = -2, status: bytes = b"\x01") -> bytes:
    name = octets(bytes.fromhex(code))
    return (
        b"\x77"
        + name
        + status
        + b"\x01"
        + uint(unit, 1)
        + b"\x52"
        + scaler.to_bytes(1, "big", signed=True)
        + raw
        + b"\x01"
    )


def message(choice: int, body: bytes, check: Any = x25) -> bytes:
    head = b"\x76" + octets(b"\x01\x02") + b"\x62\x00\x62\x00\x72" + uint(choice, 2) + body
    return head + b"\x63" + check(head).to_bytes(2, "little") + b"\x00"


def frame(
    rows: list[bytes], server: bytes = b"\x0a\x01DZG\x00\x02\x00\x00\x01", check: Any = x25, inner: Any = x25
) -> bytes:
    count = bytes([0x70 | len(rows)]) if len(rows) < 16 else bytes([0xF0 | (len(rows) >> 4), len(rows) & 15])
    listed = b"\x77\x01" + octets(server) + b"\x01\x72\x62\x01\x62\x05" + count + b"".join(rows) + b"\x01\x01"
    content = message(0x0101, b"\x76\x01\x01" + octets(b"f") + octets(server) + b"\x01\x01", inner)
    content += message(0x0701, listed, inner) + message(0x0201, b"\x71\x01", inner)
    fill = -len(content) % 4
    content = (content + bytes(fill)).replace(b"\x1b" * 4, b"\x1b" * 8)
    whole = b"\x1b\x1b\x1b\x1b\x01\x01\x01\x01" + content + b"\x1b\x1b\x1b\x1b\x1a" + bytes([fill])
    return whole + check(whole).to_bytes(2, "little")


IMPORTING, EXPORTING = uint(0x1C0104, 3), uint(0x1C0904, 3)
TOTAL, COUNTER = "0100100700ff", "0100010800ff"


def dzg(status: bytes, raw: bytes, code: str = TOTAL, server: bytes = b"\x0a\x01DZG\x00\x02\x00\x00\x01") -> Heard:
    told = frame([row(COUNTER, uint(1000, 4), 30, -1, status), row(code, raw)], server)
    return decode(told).messages[0]


def test_a_positive_power_that_a_dzg_meter_codes_as_negative_is_set_right_and_said() -> None:
    heard = dzg(IMPORTING, b"\x53\x8b\x28")  # the -299.12 W of public discussion, which were 356.24 W
    assert heard.points["grid.power"] == 356.24
    assert len(heard.problems) == 1 and "DZG" in heard.problems[0]


def test_one_and_three_bytes_too() -> None:
    assert dzg(IMPORTING, b"\x52\xff").points["grid.power"] == 2.55
    assert dzg(IMPORTING, b"\x54\x80\x00\x00").points["grid.power"] == 83_886.08


def test_a_single_phase_meter_that_sends_no_total_is_set_right_too() -> None:
    assert dzg(IMPORTING, b"\x53\xc6\x0c", "0100240700ff").points["grid.power_l1"] == 507.0


@pytest.mark.parametrize(
    "heard",
    [
        dzg(EXPORTING, b"\x53\x8b\x28"),
        dzg(IMPORTING, b"\x55\xff\xff\x8b\x28"),
        dzg(IMPORTING, b"\x53\x8b\x28", server=b"\x0a\x01ISK\x00\x02\x00\x00\x01"),
        dzg(uint(0x1C0004, 3), b"\x53\x8b\x28"),
    ],
    ids=["exporting", "four bytes", "another maker", "no load"],
)
def test_a_true_negative_power_stays(heard: Heard) -> None:
    assert heard.points["grid.power"] == -299.12 and heard.problems == ()


@pytest.mark.parametrize(
    ("status", "power"), [(0x182, 126.6), (0x1A2, -126.6), (0x1B0, -126.6), (0x1C0104, 126.6), (0x1C0904, -126.6)]
)
def test_a_power_without_sign_gets_it_from_the_status_word(status: int, power: float) -> None:
    rows = [row(COUNTER, uint(9, 4), 30, -1, uint(status, 3)), row("01000f0700ff", b"\x55\x00\x00\x04\xf2", scaler=-1)]
    assert decode(frame(rows)).messages[0].points["grid.power"] == power


def test_a_power_whose_direction_is_not_known_is_no_point() -> None:
    rows = [row(COUNTER, uint(9, 4), 30, -1), row("01000f0700ff", b"\x53\x04\xf2", scaler=-1)]
    heard = decode(frame(rows)).messages[0]
    assert "grid.power" not in heard.points and "direction" in heard.problems[0]


def turned(data: bytes) -> int:
    return int.from_bytes(kermit(data).to_bytes(2, "big"), "little")


@pytest.mark.parametrize("check", [kermit, turned])
def test_the_other_checksum_of_holley_meters_is_right_too(check: Any) -> None:
    heard = decode(frame([row(TOTAL, b"\x53\x00\x64")], check=check, inner=check)).messages[0]
    assert heard.points["grid.power"] == 1


@pytest.mark.parametrize("fill", [0, 3])
def test_messages_without_a_frame(fill: int) -> None:
    """As programs log them that have taken the frame off; each message has a checksum of its own."""
    content = frame([row(TOTAL, b"\x53\x00\x64")])[8:-8].rstrip(b"\x00") + bytes(1 + fill)
    for data in (content, content.hex().encode()):
        assert decode(data).messages[0].points["grid.power"] == 1
    damaged = content.replace(b"\x53\x00\x64", b"\x53\x00\x65")
    assert not decode(damaged).messages and "checksum" in decode(damaged).rejected[0].reason
    assert not decode(content[:-20]).messages


def test_escapes_inside_the_content_are_taken_out() -> None:
    heard = decode(frame([row(COUNTER, uint(0x1B1B1B1B1B, 5), 30, 0)])).messages[0]
    assert heard.readings[0].value == 0x1B1B1B1B1B


def test_long_lists_and_long_texts() -> None:
    rows = [
        row(COUNTER, octets(bytes(range(128, 188))), 255, 0),
        *[row(f"01000100{n:02x}ff", uint(n, 1)) for n in range(30)],
    ]
    heard = decode(frame(rows)).messages[0]
    assert len(heard.readings) == 31 and heard.readings[0].value == bytes(range(128, 188)).hex()


def test_a_frame_comes_whole_however_it_is_cut() -> None:
    stream = b"\x1b\x1b" + frame([row(TOTAL, b"\x53\x00\x64")]) + b"\x00" + frame([row(TOTAL, b"\x53\xff\x9c")])
    for size in (1, 3, 7, 100):
        parser = Parser()
        events = [e for n in range(0, len(stream), size) for e in parser.feed(stream[n : n + size])]
        assert [e.points["grid.power"] for e in events if isinstance(e, Heard)] == [1, -1]


@pytest.mark.parametrize("missing", [1, 2, 3])
def test_a_frame_that_lacks_its_checksum_at_the_end_of_a_capture(missing: int) -> None:
    """As programs log it that cut at the end's escape: the messages have their own checksums."""
    whole = frame([row(TOTAL, b"\x53\x00\x64"), row(COUNTER, uint(0x1B1B1B1B1B, 5), 30, 0)])
    heard = decode(whole[:-missing]).messages[0]
    assert heard.points["grid.power"] == 1 and heard.readings[1].value == 0x1B1B1B1B1B
    assert "ends before the frame's checksum" in heard.problems[-1]
    assert not decode(whole[:-missing].replace(b"\x53\x00\x64", b"\x53\x00\x65")).messages
    assert not decode(whole[:-8]).messages


def test_a_cut_frame_is_rejected_and_the_next_one_taken() -> None:
    whole = frame([row(TOTAL, b"\x53\x00\x64")])
    capture = decode(whole[:60] + whole)
    assert [r.reason for r in capture.rejected] == ["cut off: the next frame begins before its end"]
    assert capture.messages[0].offset == 60


def test_a_wrong_checksum_of_a_message_rejects_the_frame() -> None:
    wrong = frame([row(TOTAL, b"\x53\x00\x64")], inner=lambda data: x25(data) ^ 1)
    assert decode(wrong).messages == () and "checksum" in decode(wrong).rejected[0].reason


@pytest.mark.parametrize("data", [b"", b"\x1b" * 5000, b"\x1b\x1b\x1b\x1b\x01\x01\x01\x01" * 900, b"\x76" * 20_000])
def test_nothing_useful_gives_rejections_only(data: bytes) -> None:
    capture = decode(data)
    assert capture.messages == () and all(isinstance(r, Rejected) for r in capture.rejected) and capture.rejected


def test_memory_is_bounded() -> None:
    parser = Parser()
    for _ in range(40):
        parser.feed(b"\x1b\x1b\x1b\x1b\x01\x01\x01\x01" + b"\x76" * 5000)
    assert len(parser._framer._buffer) < 40_000


@needs_vectors
def test_no_mutation_raises_or_gives_a_wrong_value() -> None:
    seeds = [path.read_bytes()[:1400] for path in FILES] + [frame([row(TOTAL, b"\x53\x00\x64")])]
    truth = {r for seed in seeds for m in decode(seed).messages for r in m.readings}

    def judge(data: bytes, capture: Any) -> None:
        assert all(r in truth for m in capture.messages for r in m.readings), data.hex()

    assert run(decode, seeds, 3000, judge, SIXTEEN_BITS) > 0  # without a frame a message has one checksum


@needs_vectors
@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_text_of_hexadecimal_digits_says_the_same(path: Path) -> None:
    data = path.read_bytes()
    whole = decode(data)
    assert decode(data.hex("\n", 30).encode()) == whole
    assert decode(b"# made by xxd\n" + data.hex(" ").encode()) == whole
    dump = "".join(f"{n:08x}  {data[n : n + 16].hex(' ')}  |1b 1b|\n" for n in range(0, len(data), 16))
    assert decode(f"{dump}{len(data):08x}\n".encode()) == whole


def test_an_odd_digit_is_told() -> None:
    capture = decode(frame([row(TOTAL, b"\x53\x00\x64")]).hex().encode() + b"1\n")
    assert capture.messages[0].points["grid.power"] == 1 and "odd" in capture.rejected[0].reason


def test_no_mutation_of_text_gives_a_wrong_value() -> None:
    whole = frame([row(TOTAL, b"\x53\x00\x64")])

    def judge(data: bytes, capture: Any) -> None:
        assert all(m.points == {"grid.power": 1} for m in capture.messages), data

    assert run(decode, [whole.hex("\n", 30).encode(), b"a: " + whole.hex(",").encode()], 3000, judge, SIXTEEN_BITS) > 0
