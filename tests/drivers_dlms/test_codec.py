"""DLMS pushes of real meters, read by a person; frames and ciphers made by dlms_cosem; then damage of every kind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from dlms_cosem import security
from dlms_cosem.hdlc.address import HdlcAddress
from dlms_cosem.hdlc.frames import UnnumberedInformationFrame
from dlms_cosem.protocol.xdlms import DataNotification
from dlms_cosem.utils import parse_as_dlms_data

from drivers.dlms.codec import Parser, decode
from hub.model.heard import CaptureHints, Heard
from tests.codec_fuzz import SIXTEEN_BITS, run

VECTORS = Path(__file__).parents[3] / "shared" / "vectors" / "han-dlms"
FILES = sorted(VECTORS.glob("*.hex"))
needs_vectors = pytest.mark.skipif(not FILES, reason=f"no vectors at {VECTORS}")

GOLDENS: dict[str, dict[str, Any]] = {
    "amshan_aidon_1": {
        "grid.power": 280,
        "grid.current_l1": 1.3,
        "grid.voltage_l3": 230.8,
        "grid.reactive_power": -128,
    },
    "amshan_aidon_3": {
        "grid.power": 1122,
        "grid.power_l2": 1122,
        "grid.current_l2": 7.5,
        "grid.voltage_l2": 249.9,
        "grid.energy_import": 10_049_926,
        "grid.energy_export": 8,
    },
    "amshan_dlde_1": {"grid.power": 2202, "grid.power_l1": 1947, "grid.energy_import": 60_995_424},
    "amshan_hdlc_1": {"grid.power": 1661},
    "amshan_kaifa_2": {
        "grid.power": 4904,
        "grid.current_l1": 14.571,
        "grid.voltage_l1": 219.3,
        "grid.voltage_l2": 0,
        "grid.reactive_power": -377,
        "grid.energy_import": 79_591_144,
    },
    "amshan_kaifa_3": {
        "grid.power": 2816,
        "grid.current_l1": 6.781,
        "grid.voltage_l2": 230.0,
        "grid.energy_import": 4_786_979,
    },
    "amshan_kamstrup_1": {"grid.power": 0, "grid.voltage_l1": 0, "grid.current_l3": 0},
    "amshan_kamstrup_2": {"grid.voltage_l1": 0, "grid.energy_import": 0},
    "amshan_kamstrup_3": {"grid.power": 0, "grid.energy_export": 0},
}
DEVICES = {
    "amshan_aidon_1": ("Aidon", "6525", "7359992892587665"),
    "amshan_kaifa_2": ("Kaifa", "MA304H3E", "6970631402614476"),
    "amshan_kaifa_3": ("Kaifa", "MA304H4", "7340734073407340"),
    "amshan_kamstrup_1": ("Kamstrup", "000000000000000000", "5706567000000000"),
}
TIMES = {"amshan_kaifa_3": 1_632_328_530_000}  # 2021-09-22 17:35:30, an hour before UTC


@needs_vectors
def test_every_file_decodes() -> None:
    for path in FILES:
        capture = decode(path.read_bytes())
        assert len(capture.messages) == 1 and not capture.rejected, path.stem
    print(f"\nhan-dlms: {len(FILES)} files, {len(FILES)} messages")


@needs_vectors
@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_values_that_a_person_read_in_the_frame(path: Path) -> None:
    message = decode(path.read_bytes()).messages[0]
    found = message.points
    assert {point: found[point] for point in GOLDENS[path.stem]} == GOLDENS[path.stem]
    if path.stem in DEVICES:
        assert tuple(message.device[key] for key in ("vendor", "model", "serial")) == DEVICES[path.stem]
    assert message.time == TIMES.get(path.stem, message.time)


@needs_vectors
@pytest.mark.parametrize("name", ["amshan_aidon_3", "amshan_kaifa_2", "amshan_kaifa_3", "amshan_hdlc_1"])
def test_dlms_cosem_reads_the_same_numbers(name: str) -> None:
    """The peer knows no lists and no scales: each of our numbers is one of its own times a power of ten.

    It cannot read visible strings, so the other files are beyond it.
    """
    data = (VECTORS / f"{name}.hex").read_bytes()
    raw = bytes.fromhex(data.decode())
    raw = raw[17:-2] if name == "amshan_hdlc_1" else raw  # behind addresses, checks and the notification's head
    theirs = {v for v in flat(parse_as_dlms_data(raw)) if isinstance(v, int)}
    ours = [r.value for r in decode(data).messages[0].readings if isinstance(r.value, float)]
    assert ours
    for value in ours:
        assert any(value == pytest.approx(number * 10.0**n) for number in theirs for n in (-3, -1, 0)), value


def flat(value: Any) -> list[Any]:
    data = getattr(value, "value", value)
    return [x for item in data for x in flat(item)] if isinstance(data, list) else [data]


@needs_vectors
def test_an_import_of_zero_alone_is_no_power() -> None:
    """It may be an export, which only the longer list tells."""
    points = decode((VECTORS / "amshan_kamstrup_2.hex").read_bytes()).messages[0].points
    assert "grid.power" not in points


# --- pushes made here; frames and ciphers by dlms_cosem


def obis(text: str) -> bytes:
    return b"\x09\x06" + bytes(int(n) for n in text.replace("-", ".").replace(":", ".").split(".")) + b"\xff"


def u32(value: int) -> bytes:
    return b"\x06" + value.to_bytes(4, "big")


def scaled(scaler: int, unit: int) -> bytes:
    return b"\x02\x02\x0f" + scaler.to_bytes(1, "big", signed=True) + b"\x16" + bytes([unit])


STAMP = bytes.fromhex("07e80a0f02113b2800ffc400")  # 2024-10-15 17:59:40, 60 minutes before UTC
AUSTRIAN = (
    b"\x02\x0c"
    + (b"\x09\x0c" + STAMP)
    + (obis("1-0:1.8.0") + u32(12_345_678) + scaled(0, 30))
    + (obis("1-0:1.7.0") + u32(0) + scaled(0, 27))
    + (obis("1-0:2.7.0") + u32(2_500) + scaled(0, 27))
    + (obis("0-0:96.1.0") + b"\x09\x0d1KFM020000001")
)
NOTIFICATION = b"\x0f\x80\x00\x00\x01\x0c" + STAMP + AUSTRIAN
KEY, AUTH = bytes(range(16)), bytes(range(16, 32))
TITLE, COUNTER = b"KFM\x10\x20\x00\x00\x01", 77


def seal(control: int, plain: bytes = NOTIFICATION, key: bytes = KEY, auth: bytes = AUTH) -> bytes:
    """general-glo-ciphering by dlms_cosem."""
    how = security.SecurityControlField.from_bytes(bytes([control]))
    text = security.encrypt(how, TITLE, COUNTER, key, plain, auth)
    if not how.authenticated:
        text = text[: len(plain)]
    body = bytes([control]) + COUNTER.to_bytes(4, "big") + text
    return b"\xdb\x08" + TITLE + b"\x82" + len(body).to_bytes(2, "big") + body


def hdlc(apdu: bytes, size: int = 2000) -> bytes:
    """Frames by dlms_cosem, in segments of `size` bytes."""
    info = b"\xe6\xe7\x00" + apdu
    parts = [info[n : n + size] for n in range(0, len(info), size)]
    frames = []
    for n, part in enumerate(parts):
        frame = UnnumberedInformationFrame(
            HdlcAddress(32, 33, "client"), HdlcAddress(1, None, "server"), part, segmented=n < len(parts) - 1
        )
        frames.append(frame.to_bytes())
    return b"".join(frames)


def mbus(apdu: bytes, size: int = 240) -> bytes:
    parts = [apdu[n : n + size] for n in range(0, len(apdu), size)]
    frames = b""
    for n, part in enumerate(parts):
        body = b"\x53\xff" + bytes([n | (0x10 if n == len(parts) - 1 else 0)]) + b"\x01\x67" + part
        frames += bytes([0x68, len(body), len(body), 0x68]) + body + bytes([sum(body) & 0xFF, 0x16])
    return frames


def hints(key: bytes = KEY, auth: bytes = AUTH) -> CaptureHints:
    return CaptureHints(key=key, auth_key=auth)


def is_right(message: Heard) -> bool:
    return (
        message.points == {"grid.power": -2500.0, "grid.energy_import": 12_345_678.0}
        and message.time == 1_729_011_580_000
        and message.device["serial"] == "1KFM020000001"
    )


def test_the_peer_reads_our_notification() -> None:
    body = NOTIFICATION[:5] + b"\x0c" + STAMP + AUSTRIAN
    assert DataNotification.from_bytes(body).date_time is not None


@pytest.mark.parametrize("control", [0x20, 0x30, 0x21, 0x31])
@pytest.mark.parametrize(
    "wrap", [hdlc, mbus, lambda apdu: hdlc(apdu, 40), lambda apdu: mbus(apdu, 50), lambda apdu: apdu]
)
def test_sealed_pushes_in_every_frame(control: int, wrap: Any) -> None:
    stream = wrap(seal(control & 0xF0) if control & 0x0F == 0 else suite_one(control))
    for capture in (decode(stream, hints()), decode(stream.hex().encode(), hints())):
        assert len(capture.messages) == 1 and not capture.rejected and is_right(capture.messages[0])
        assert capture.messages[0].device["vendor"] == "Kaifa"


def suite_one(control: int) -> bytes:
    """Suite 1 is the same cipher; the peer makes suite 0, and the control byte is authenticated."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    extra = bytes([control]) + AUTH if control & 0x10 else None
    text = AESGCM(KEY).encrypt(TITLE + COUNTER.to_bytes(4, "big"), NOTIFICATION, extra)
    text = text[:-4] if control & 0x10 else text[:-16]
    body = bytes([control]) + COUNTER.to_bytes(4, "big") + text
    return b"\xdb\x08" + TITLE + b"\x82" + len(body).to_bytes(2, "big") + body


def test_general_ciphering() -> None:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    header = b"\x08" + bytes(8) + b"\x08" + TITLE + b"\x00\x00\x00"
    nonce = TITLE + COUNTER.to_bytes(4, "big")
    text = AESGCM(KEY).encrypt(nonce, NOTIFICATION, b"\x30" + AUTH + header)[:-4]
    body = b"\x30" + COUNTER.to_bytes(4, "big") + text
    apdu = b"\xdd" + header + b"\x00" + b"\x82" + len(body).to_bytes(2, "big") + body
    assert is_right(decode(hdlc(apdu), hints()).messages[0])


def test_blocks_of_a_general_block_transfer() -> None:
    whole = seal(0x30)
    pieces = [whole[n : n + 60] for n in range(0, len(whole), 60)]
    blocks = [
        bytes([0xE0, 0x40 | (0x80 if n == len(pieces) else 0)])
        + n.to_bytes(2, "big")
        + b"\x00\x00"
        + bytes([len(p)])
        + p
        for n, p in enumerate(pieces, 1)
    ]
    assert is_right(decode(b"".join(map(hdlc, blocks)), hints()).messages[0])
    torn = decode(b"".join(map(hdlc, blocks[:1] + blocks[2:])), hints())
    assert not torn.messages and "missing" in torn.rejected[0].reason


@pytest.mark.parametrize("control", [0x20, 0x30])
@pytest.mark.parametrize(
    ("given", "reason"),
    [(hints(b""), "needs the meter's key"), (hints(bytes(16)), "key"), (hints(b"short"), "5 bytes")],
    ids=["none", "wrong", "short"],
)
def test_a_missing_or_wrong_key_gives_a_reason_and_no_value(control: int, given: CaptureHints, reason: str) -> None:
    capture = decode(hdlc(seal(control)), given)
    assert capture.messages == () and reason in capture.rejected[0].reason
    assert KEY.hex() not in capture.rejected[0].reason


def test_a_wrong_authentication_key_gives_no_value() -> None:
    assert decode(hdlc(seal(0x30)), hints(auth=bytes(16))).messages == ()


def test_kaifa_puts_a_tag_before_its_time() -> None:
    assert is_right(decode(hdlc(NOTIFICATION[:5] + b"\x09" + NOTIFICATION[5:])).messages[0])


def test_a_notification_without_time_has_the_clock_of_its_list() -> None:
    clock = b"\x02\x04" + obis("0-0:1.0.0") + b"\x09\x0c" + STAMP + obis("1-0:1.7.0") + u32(9)
    heard = decode(hdlc(b"\x0f\x40\x00\x00\x00\x00" + clock)).messages[0]
    assert heard.time == 1_729_011_580_000


def test_what_has_no_unit_and_no_known_maker_is_no_point() -> None:
    heard = decode(hdlc(b"\x0f\x40\x00\x00\x00\x00\x02\x02" + obis("1-0:1.7.0") + u32(9))).messages[0]
    assert not heard.points and "unit" in heard.problems[0] and heard.readings[0].value == 9


def test_kamstrup_scales_that_are_not_sent() -> None:
    rows = b"\x0a\x0eKamstrup_V0001" + obis("1-1:1.7.0") + u32(1500) + obis("1-1:2.7.0") + u32(0)
    rows += obis("1-1:31.7.0") + u32(652) + obis("1-1:32.7.0") + b"\x12\x00\xe6" + obis("1-1:1.8.0") + u32(1_234_567)
    heard = decode(hdlc(b"\x0f\x00\x00\x00\x00\x00\x02\x0b" + rows)).messages[0]
    assert heard.points == {
        "grid.power": 1500,
        "grid.current_l1": 6.52,
        "grid.voltage_l1": 230,
        "grid.energy_import": 12_345_670,
    }


def test_a_list_that_describes_itself() -> None:
    """Landis+Gyr: what will come (class, code, attribute, index), itself first, then the values."""

    def described(kind: int, code: str, attribute: int) -> bytes:
        return b"\x02\x04\x12" + kind.to_bytes(2, "big") + obis(code) + b"\x0f" + bytes([attribute]) + b"\x12\x00\x00"

    head = described(40, "0-8:25.9.0", 2) + described(3, "1-0:1.7.0", 2) + described(3, "1-0:1.7.0", 3)
    head += described(1, "0-0:96.1.0", 2)
    data = b"\x02\x04" + b"\x01\x04" + head + u32(1200) + scaled(-1, 27) + b"\x09\x0412AB"
    heard = decode(hdlc(b"\x0f\x00\x00\x00\x00\x00" + data)).messages[0]
    assert heard.points == {"grid.power": 120.0} and heard.device["serial"] == "12AB"


def pushed(*items: bytes) -> bytes:
    """A structure of `items` in a notification with its time."""
    return hdlc(b"\x0f\x00\x00\x00\x01\x0c" + STAMP + b"\x02" + bytes([len(items)]) + b"".join(items))


def u16(value: int) -> bytes:
    return b"\x12" + value.to_bytes(2, "big")


AUSTRIAN_SETUP = (obis("0-6:25.9.0"), b"\x09\x04\x31\x32\x33\x34", b"\x09\x04\x11\x3b\x28\x00")
AUSTRIAN_DATE = b"\x09\x05\x07\xe8\x0a\x0f\x02"


def test_an_austrian_list_that_begins_with_its_clock() -> None:
    """Wiener Netze: +A -A +R -R +P -P +Q -Q."""
    clock = b"\x09\x0c" + STAMP
    heard = decode(pushed(clock, *map(u32, (5000, 20, 3, 4, 100, 350, 7, 19)))).messages[0]
    assert heard.points == {
        "grid.power": -250.0,
        "grid.reactive_power": -12.0,
        "grid.energy_import": 5000.0,
        "grid.energy_export": 20.0,
    }
    assert heard.time == 1_729_011_580_000 and heard.problems == ()


@pytest.mark.parametrize("texts", [0, 2])
def test_an_austrian_list_that_begins_with_its_push_setup(texts: int) -> None:
    """Kärnten Netz, Netz Oberösterreich: number, time, date, +A -A +R -R +P -P, and often two texts."""
    values = (*map(u32, (5000, 20, 3, 4, 100, 350)), *(b"\x09\x00",) * texts)
    heard = decode(pushed(*AUSTRIAN_SETUP, AUSTRIAN_DATE, *values)).messages[0]
    assert heard.points == {"grid.power": -250.0, "grid.energy_import": 5000.0, "grid.energy_export": 20.0}
    said = {r.code: r.value for r in heard.readings}
    assert said["1-0:0.9.1*255"] == "17:59:40" and said["1-0:0.9.2*255"] == "2024-10-15"
    assert said["1-0:4.8.0*255"] == 4.0 and heard.device["serial"] == "1234"


@pytest.mark.parametrize(
    "items",
    [
        (b"\x09\x0c" + STAMP, *map(u32, range(7))),
        (b"\x09\x0c" + STAMP, *map(u32, range(7)), u16(8)),
        (b"\x09\x0c" + bytes(12), *map(u32, range(8))),
        (b"\x09\x04ABCD", *map(u32, range(8))),
        (b"\x0a\x03ISK", b"\x09\x0212", *map(u32, range(10))),
    ],
    ids=["too few", "another size", "no clock", "a text", "no Iskra list"],
)
def test_a_list_that_only_looks_like_one_without_codes(items: tuple[bytes, ...]) -> None:
    capture = decode(pushed(*items))
    assert not capture.messages and "without any code" in capture.rejected[0].reason


ISKRA = (b"\x0a\x05ISK10", b"\x09\x0256")
ISKRA_POWERS = tuple(map(u32, (100, 0, 30, 10)))


@pytest.mark.parametrize(
    ("items", "points"),
    [
        (
            (*ISKRA_POWERS, *map(u16, (2301, 2302, 2303, 150, 0, 12)), *map(u32, (60, 0, 40, 0, 0, 0))),
            {"power": 100.0, "voltage_l3": 230.3, "current_l1": 1.5, "power_l3": 40.0},
        ),
        ((b"\x03\x01", u16(1), *map(u32, (9, 4, 5, 2, 2, 0, 7, 8))), {"energy_import": 9.0, "energy_export_t1": 2.0}),
        ((*map(u16, (2301, 2302, 2303, 150, 0, 12)), *ISKRA_POWERS), {"power": 100.0, "current_l3": 0.12}),
        ((*ISKRA_POWERS, u16(2301), u16(150), *map(u32, (100, 0))), {"power_l1": 100.0, "voltage_l1": 230.1}),
        (tuple(map(u32, range(1, 9))), {"energy_import": 3.0, "energy_export_t2": 4.0}),
    ],
    ids=["three phases", "counters", "voltages first", "one phase", "counters by tariff"],
)
def test_iskra_lists_without_codes(items: tuple[bytes, ...], points: dict[str, float]) -> None:
    heard = decode(pushed(*ISKRA, *items)).messages[0]
    assert {name: heard.points[f"grid.{name}"] for name in points} == points
    assert (heard.device["vendor"], heard.device["serial"]) == ("Iskraemeco", "56") and heard.problems == ()


def test_blocks_without_their_last_one_say_so() -> None:
    block = b"\xe0\x40\x00\x01\x00\x00\x04\xdb\x08AB"
    for data in (hdlc(block), block.hex().encode()):
        assert [r.reason for r in decode(data).rejected] == ["cut off: the last block is missing"]


def test_kaifa_short_list() -> None:
    heard = decode(hdlc(b"\x0f\x40\x00\x00\x00\x09\x0c" + STAMP + b"\x02\x01\x06\x00\x00\x02\x58")).messages[0]
    assert heard.points == {"grid.power": 600}


def test_a_push_comes_whole_however_it_is_cut() -> None:
    stream = b"\x7e\x00\x68" + hdlc(NOTIFICATION, 50) + b"\x68\x7e" + mbus(NOTIFICATION) + hdlc(NOTIFICATION)
    for size in (1, 3, 7, 100):
        parser = Parser()
        events = [e for n in range(0, len(stream), size) for e in parser.feed(stream[n : n + size])]
        assert sum(isinstance(e, Heard) and is_right(e) for e in events) == 3


def test_a_lost_segment_is_told_and_the_next_message_taken() -> None:
    frames = mbus(NOTIFICATION, 40)
    first = frames[1] + 6
    torn = frames[:first] + frames[2 * first :] + mbus(NOTIFICATION)
    capture = decode(torn)
    assert len(capture.messages) == 1 and "missing" in capture.rejected[0].reason


@pytest.mark.parametrize(
    "data",
    [b"", b"~" * 5000, b"\x68\xff\xff\x68" * 900, b"7e" * 3000, b"\x7e\xa7\xff" + b"\x00" * 9000, b"\x01\x04" * 4000],
)
def test_nothing_useful_gives_rejections_only(data: bytes) -> None:
    capture = decode(data)
    assert capture.messages == () and capture.rejected


def test_memory_is_bounded() -> None:
    parser = Parser()
    whole = hdlc(bytes(1500), 200)
    first = int.from_bytes(whole[1:3], "big") & 0x7FF
    for _ in range(400):
        parser.feed(whole[: first + 2])
        parser.feed(b"\x7e\xa7\xff" + b"\x68" * 1000)
    assert len(parser._framer._buffer) < 6000 and len(parser._framer._assembly._data) < 20_000


def test_no_mutation_gives_a_wrong_value() -> None:
    seeds = [hdlc(NOTIFICATION), hdlc(seal(0x30), 60), hdlc(NOTIFICATION, 30) + hdlc(seal(0x30))]

    def judge(data: bytes, capture: Any) -> None:
        assert all(is_right(m) for m in capture.messages), data.hex()

    assert run(lambda data: decode(data, hints()), seeds, 3000, judge, SIXTEEN_BITS) > 0


@needs_vectors
def test_no_mutation_raises() -> None:
    seeds = [path.read_bytes() for path in FILES] + [bytes.fromhex(path.read_text()) for path in FILES]
    seeds += [mbus(seal(0x20)), mbus(NOTIFICATION, 40), seal(0x20), seal(0x30), NOTIFICATION]
    assert run(lambda data: decode(data, hints()), seeds, 4000) > 0


# --- text of hexadecimal digits, and messages without frames


@needs_vectors
@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
@pytest.mark.parametrize("width", [32, 50, 75, 120])
def test_text_that_is_wrapped_anywhere_says_the_same(path: Path, width: int) -> None:
    whole, digits = decode(path.read_bytes()), path.read_text().strip()
    lines = "\n".join(digits[n : n + width] for n in range(0, len(digits), width))
    assert decode(f"# {path.name}\n{lines}\n".encode()) == whole
    assert decode(f"frame 1:\n{lines}\n\nframe 2:\n{lines}\n".encode()).messages[0] == whole.messages[0]


@needs_vectors
def test_wrapped_paragraphs_are_a_message_each() -> None:
    def lines(data: bytes) -> str:
        return "".join(f"{data[n : n + 16].hex(' ')}\n" for n in range(0, len(data), 16))

    texts = [bytes.fromhex((VECTORS / f"amshan_{n}.hex").read_text()) for n in ("aidon_1", "kaifa_2")]
    capture = decode("\n".join(map(lines, texts)).encode())
    assert [m.device["vendor"] for m in capture.messages] == ["Aidon", "Kaifa"] and not capture.rejected
    assert [m.offset for m in capture.messages] == [0, len(texts[0])]


def test_messages_without_frames_one_behind_the_other() -> None:
    pieces = [NOTIFICATION, seal(0x30), AUSTRIAN, b"\xe6\xe7\x00" + NOTIFICATION, hdlc(NOTIFICATION)[1:-1]]
    pieces.append(NOTIFICATION[:5] + b"\x09" + NOTIFICATION[5:])
    capture = decode(b"".join(pieces), hints())
    assert len(capture.messages) == len(pieces) and not capture.rejected
    assert [m.offset for m in capture.messages] == [len(b"".join(pieces[:n])) for n in range(len(pieces))]


@pytest.mark.parametrize("rest", [b"\x00", b"\x0f", NOTIFICATION[:-1], b"\x7e", b"\xe6\xe7\x00"])
def test_what_does_not_end_with_a_message_is_none(rest: bytes) -> None:
    assert not decode(NOTIFICATION + rest).messages


def test_a_damaged_frame_in_lines_is_not_read_without_its_check() -> None:
    frame = hdlc(NOTIFICATION)
    torn = f"{frame[:17].hex()}\n{frame[17:-3].hex()}\n{frame[-3:-2].hex()}00{frame[-1:].hex()}\n"
    assert not decode(torn.encode()).messages


def test_an_odd_digit_is_told() -> None:
    capture = decode(hdlc(NOTIFICATION).hex().encode() + b"a")
    assert is_right(capture.messages[0]) and "odd" in capture.rejected[0].reason


def test_a_log_of_esphome() -> None:
    frame = hdlc(NOTIFICATION)
    lines = [f"[12:00:00][D][uart:114]: <<< {frame[n : n + 40].hex(':').upper()}\n" for n in range(0, len(frame), 40)]
    assert is_right(decode("[12:00:00][I][app:100]: begins, 12 sensors\n".join(lines).encode()).messages[0])


@needs_vectors
def test_no_mutation_of_text_raises() -> None:
    seeds = [b"# one\nframe: " + hdlc(NOTIFICATION).hex(":").encode(), seal(0x30).hex("\n", 16).encode()]
    seeds += [path.read_text().strip().encode().hex().encode() for path in FILES[:2]]
    seeds += [b"[D][uart:114]: <<< " + hdlc(seal(0x20)).hex(",").encode(), NOTIFICATION + AUSTRIAN]
    assert run(lambda data: decode(data, hints()), seeds, 3000) > 0
