"""What the simulated meters put on the wire: captures of real ones built again to the byte; decoders of others."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import reduce
from operator import xor
from pathlib import Path
from typing import Any

import pytest
from dlms_cosem import security
from dlms_cosem.crc import CRCCCITT
from dlms_cosem.hdlc.frames import UnnumberedInformationFrame
from dlms_cosem.protocol.xdlms import DataNotification, GeneralGlobalCipher
from dlms_cosem.utils import parse_as_dlms_data
from firmware_sim.device import View
from firmware_sim.physics.state import MeterState
from firmware_sim.physics.world import Setup, World
from firmware_sim.push import axdr, d0, d0_meters, han, hdlc, sml, sml_meter
from firmware_sim.push.crc import x25
from sml import SmlBase
from smllib import SmlStreamReader

VECTORS = Path(__file__).parents[3] / "shared" / "vectors"
needs_vectors = pytest.mark.skipif(not VECTORS.is_dir(), reason="the captures are not beside the checkout")
START = 1_750_000_000_000
METER = replace(
    World(Setup(START)).snapshot().grid,
    power=(-1234.56, 345.67, -2000.0),
    reactive=(-100.0, 20.0, -297.0),
    voltage=(231.4, 229.9, 230.3),
    current=(5.38, 1.52, 8.69),
    import_wh=12_345_678.9,
    export_wh=4_567.8,
)
"""feeds 2,888.9 W in"""


def test_the_checksum_is_that_of_the_catalogue() -> None:
    """CRC-16/X.25 of `123456789` is 906E."""
    assert x25(b"123456789") == bytes.fromhex("6e90")


# -- SML ---------------------------------------------------------------------------------------------------------------


@needs_vectors
def test_a_real_meters_frame_is_built_again() -> None:
    """Iskraemeco MT691, its first frame, from the values in it."""
    capture = (VECTORS / "sml" / "ISKRA_MT691_eHZ-MS2020.bin").read_bytes()
    server = bytes.fromhex("0a0149534b0004325ec5")
    now, absent = sml.since_start(0x682793), sml.ABSENT
    opened = sml.several(
        absent, absent, sml.octets(bytes.fromhex("00682abb")), sml.octets(server), now, sml.unsigned(1, 1)
    )
    entries = sml.several(
        sml.entry(bytes.fromhex("010060320101"), sml.octets(b"ISK")),
        sml.entry(bytes.fromhex("0100600100ff"), sml.octets(server)),
        sml.entry(bytes.fromhex("0100010800ff"), sml.unsigned(1_989_273, 4), 30, -1, 0x1C8104),
        sml.entry(bytes.fromhex("0100100700ff"), sml.signed(26, 1), 27, 0),
    )
    name = sml.octets(bytes.fromhex("0100620affff"))
    listed = sml.several(absent, sml.octets(server), name, now, entries, absent, absent)
    made = sml.frame(
        sml.message(0x01388031, sml.OPEN, opened),
        sml.message(0x01388032, sml.LIST, listed),
        sml.message(0x01388033, sml.CLOSE, sml.several(absent)),
    )
    assert capture.startswith(made)


def smllib_values(frame: bytes) -> dict[str, Any]:
    """Value in base units by OBIS code, as smllib reads it; it checks the frame's checksum."""
    reader = SmlStreamReader()
    reader.add(frame)
    found = reader.get_frame()
    assert found is not None
    return {str(entry.obis.obis_short): entry.get_value() for entry in found.get_obis()}


def pysml_values(frame: bytes) -> dict[str, Any]:
    """The same by pysml; it checks the messages' checksums too."""
    end, found = SmlBase.parse_frame(frame)
    assert end == len(frame)
    entries = found[1]["messageBody"]["valList"]
    return {
        str(entry["objName"]).partition(":")[2].partition("*")[0]: entry["value"]
        for entry in entries
        if "unit" in entry
    }


@pytest.mark.parametrize("read", [smllib_values, pysml_values])
def test_two_decoders_read_the_sml_meter(read: Any) -> None:
    values = read(sml_meter.frame(METER, 1234, 7))
    told = {"1.8.0": METER.import_wh, "2.8.0": METER.export_wh, "16.7.0": METER.total, "14.7.0": METER.frequency}
    for n, on in enumerate((0, 20, 40)):
        told |= {
            f"{36 + on}.7.0": METER.power[n],
            f"{32 + on}.7.0": METER.voltage[n],
            f"{31 + on}.7.0": METER.current[n],
        }
    assert {code: pytest.approx(value, abs=0.06) for code, value in told.items()} == {c: values[c] for c in told}


@pytest.mark.parametrize(
    ("power", "status"), [((500.0, 0.0, 0.0), 0x1C0104), ((0.0, 0.0, 0.0), 0x1C0004), ((-800.0, 20.0, 0.0), 0x1C1904)]
)
def test_its_status_word_tells_load_and_direction(power: tuple[float, float, float], status: int) -> None:
    reader = SmlStreamReader()
    reader.add(sml_meter.frame(replace(METER, power=power), 1, 1))
    (row,) = [entry for entry in reader.get_frame().get_obis() if entry.obis.obis_short == "1.8.0"]
    assert row.status == status


def test_an_escape_in_the_content_is_doubled_and_long_texts_have_a_longer_head() -> None:
    inside = b"\x1b" * 4 + bytes(range(40))
    entry = sml.entry(bytes.fromhex("0100010800ff"), sml.octets(inside))
    body = sml.several(sml.ABSENT, sml.octets(b"x"), sml.ABSENT, sml.ABSENT, sml.several(entry), sml.ABSENT, sml.ABSENT)
    frame = sml.frame(sml.message(1, sml.LIST, body))
    assert b"\x1b" * 8 in frame and sml.octets(inside)[:2] == b"\x82\x0e"
    _, found = SmlBase.parse_frame(frame)
    assert found[0]["messageBody"]["valList"][0]["value"] == inside
    reader = SmlStreamReader()
    reader.add(frame)
    (read,) = reader.get_frame().parse_frame()
    assert read.message_body.val_list[0].value == inside.hex()


# -- D0 ----------------------------------------------------------------------------------------------------------------


def test_the_check_character_is_the_standards() -> None:
    """Exclusive or of all behind STX, up to and with ETX: with it the sum of all is 0."""
    made = d0.block(["1.8.0(000001.000*kWh)"])
    assert made == b"\x021.8.0(000001.000*kWh)\r\n!\r\n\x03" + made[-1:] and reduce(xor, made[1:]) == 0


@needs_vectors
def test_the_asked_meters_lines_are_formed_like_a_real_ones() -> None:
    """Landis+Gyr E350: the same codes in the same order, numbers of the same width."""
    real = (VECTORS / "d0" / "vzlogger_LuG_E350.txt").read_text().replace("\x02", "").split()
    lines = [line.split() for line in d0_meters.asked_lines(replace(METER, power=(1660.0, 0.0, 0.0)), "18438636")]
    shapes = {shape("".join(line)) for line in lines}
    assert shapes - {shape("0.0(18438636)")} <= {shape(line) for line in real}


def shape(line: str) -> str:
    """The codes as they are, what is in brackets as its form."""
    code, _, rest = line.partition("(")
    return code + "(" + "".join("0" if c.isdigit() else c for c in rest)


def test_what_the_meters_say_without_asking_and_when_asked() -> None:
    asked = d0_meters.asked_lines(METER, "18438636")
    assert "16.7(-002.89*kW)" in asked and "1.8.0(012345.679*kWh)" in asked and "32.7(231*V)" in asked
    pushed = d0_meters.pushed_lines(METER)
    assert "1-0:1.7.0*255(-002888.89*W)" in pushed and "1-0:41.7.0*255(000345.67*W)" in pushed
    assert "1-0:2.8.0*255(00000004.5678000*kWh)" in pushed
    assert "1-0:1.7.0*255(000000.00*W)" in d0_meters.pushed_lines(replace(METER, power=(-0.001, 0.0, 0.0)))


def sign_on() -> d0.SignOn:
    return d0.SignOn("LGZ4ZMF100AC.M27", lambda: ["1.8.0(1*kWh)"], "0018438636")


IDENT = d0.Say(b"/LGZ4ZMF100AC.M27\r\n", 300)
READOUT = d0.block(["1.8.0(1*kWh)"])


@pytest.mark.parametrize(("chosen", "baud"), [(b"0", 300), (b"4", 4800), (b"2", 1200)])
def test_a_sign_on_changes_the_speed_to_what_is_chosen(chosen: bytes, baud: int) -> None:
    meter = sign_on()
    assert meter.feed(b"/?") == [] and meter.feed(b"!\r\n") == [IDENT]
    assert meter.feed(b"\x060" + chosen + b"0\r\n") == [d0.Say(READOUT, baud)]
    assert meter.feed(b"\x060" + chosen + b"0\r\n") == [], "once for each sign-on"


@pytest.mark.parametrize("asked", [b"/?18438636!\r\n", b"/?0018438636!\r\n", b"\x7f\x7f/?!\r\n"])
def test_it_answers_to_its_number(asked: bytes) -> None:
    assert sign_on().feed(asked) == [IDENT]


@pytest.mark.parametrize("asked", [b"/?12345678!\r\n", b"/?\r\n", b"?!\r\n", b"\x06040\r\n", b"x" * 500 + b"\r\n"])
def test_it_keeps_silent_to_others(asked: bytes) -> None:
    assert sign_on().feed(asked) == []


@pytest.mark.parametrize("option", [b"050", b"0:0", b"140", b"041", b"04", b""])
def test_an_option_that_it_does_not_have_is_none(option: bytes) -> None:
    """Faster than it offered, another protocol, programming."""
    meter = sign_on()
    meter.feed(b"/?!\r\n")
    assert meter.feed(b"\x06" + option + b"\r\n") == []


# -- DLMS/COSEM --------------------------------------------------------------------------------------------------------


def capture(name: str) -> bytes:
    return bytes.fromhex((VECTORS / "han-dlms" / f"amshan_{name}.hex").read_text())


NOTHING = MeterState(
    **{name: getattr(METER, name) for name in ("frequency", "imported", "exported", "tariff")},
    **dict.fromkeys(("power", "reactive", "voltage", "current"), (0.0, 0.0, 0.0)),
    **dict.fromkeys(("import_wh", "export_wh"), 0.0),
    **dict.fromkeys(("import_by_tariff", "export_by_tariff"), (0.0, 0.0)),
)


@needs_vectors
def test_a_real_aidons_frame_is_built_again() -> None:
    meter = replace(NOTHING, power=(1661.0, 0.0, 0.0))
    made = hdlc.frame(b"\x41\x08\x83", hdlc.UI, hdlc.notification(0x40000000, b"\x00", han.aidon_short(meter)))
    assert made == b"\x7e" + capture("hdlc_1") + b"\x7e"


@needs_vectors
def test_a_real_kaifas_hour_is_built_again() -> None:
    """But for the two counters of reactive energy at the end, which are not simulated."""
    meter = replace(
        NOTHING,
        reactive=(0.0, 0.0, -377.0),
        current=(14.571, 15.643, 9.525),
        voltage=(219.3, 0.0, 220.5),
        power=(4904.0, 0.0, 0.0),
        import_wh=0x04BE76E8,
    )
    made = axdr.structure(*han.kaifa(meter, datetime(2020, 1, 25, 14, 0, 10), 2))
    real = capture("kaifa_2")
    assert made[:-10] == real[:-10] and len(made) == len(real)


@needs_vectors
def test_a_real_kamstrups_hour_is_built_again() -> None:
    made = axdr.structure(*han.kamstrup(NOTHING, datetime(2017, 8, 16, 16, 0, 5)))
    assert made == capture("kamstrup_3").replace(b"000000000000000000" + b"\x09", b"6841138BN245101090" + b"\x09")


def peer(frame: bytes) -> bytes:
    """The APDU in a frame, whose checks dlms_cosem looks at."""
    return behind_llc(UnnumberedInformationFrame.from_bytes(frame).information)


def behind_llc(information: bytes) -> bytes:
    assert information[:3] == b"\xe6\xe7\x00"
    return bytes(information[3:])


def kaifa_apdu(frame: bytes) -> bytes:
    """Its control byte is 10, which the peer takes for none of its frames; so only its checksums look at it."""
    check = CRCCCITT().calculate_for
    assert frame[7:9] == check(frame[1:7]) and frame[-3:-1] == check(frame[1:-3])
    return behind_llc(frame[9:-3])


def view() -> View:
    return View(replace(World(Setup(START)).snapshot(), grid=METER))


def test_a_peer_reads_the_aidons_lists(tmp_path: Path) -> None:
    """Every fourth is long, the first has the counters. The peer reads no texts: the head is left to the captures."""
    meter = han.Aidon("aidon", view(), tmp_path / "aidon")
    first, *others = (peer(meter.message()) for _ in range(9))
    assert [len(apdu) > 300 for apdu in (first, *others)] == [True] + [False] * 8
    assert [len(apdu) > 100 for apdu in others] == [False] * 3 + [True] + [False] * 3 + [True]
    short = flat(parse_as_dlms_data(DataNotification.from_bytes(others[0]).body))
    assert 0 in short and 2889 not in short, "what is fed in is not drawn"
    rows = b"\x01\x04" + first[first.index(axdr.code("1.0.1.8.0.255")) - 2 :]
    counters = flat(parse_as_dlms_data(rows))
    assert (counters[1:4], counters[5:8]) == ([1_234_568, 1, 30], [457, 1, 30])


def test_a_peer_reads_the_kaifas_lists(tmp_path: Path) -> None:
    meter = han.Kaifa("kaifa", view(), tmp_path / "kaifa")
    lists = []
    for _ in range(6):
        apdu = kaifa_apdu(meter.message())
        assert apdu[5] == 9, "its time is an octet string with its tag"
        lists.append(flat(parse_as_dlms_data(DataNotification.from_bytes(apdu[:5] + apdu[6:]).body)))
    assert [len(found) for found in lists] == [18, 1, 1, 1, 1, 13]
    assert lists[0][3:13] == [0, 2889, 0, 377, 5380, 1520, 8690, 2314, 2299, 2303]
    assert lists[0][14:16] == [12_345_679, 4568] and lists[1] == [0] and lists[5] == lists[0][:13]


def test_its_shortest_frame_begins_as_in_the_makers_example(tmp_path: Path) -> None:
    """KFM_001, list 1: length 27 and header check 5A87."""
    meter = han.Kaifa("kaifa", view(), tmp_path / "kaifa")
    meter.message()
    assert meter.message().startswith(bytes.fromhex("7ea027010201105a87e6e7000f40000000090c"))


def test_a_new_hour_has_the_longest_list(tmp_path: Path) -> None:
    house = view()
    meter = han.Kaifa("kaifa", house, tmp_path / "kaifa")
    sizes = [len(meter.message())]
    for later_ms in (0, 3_599_000, 0):
        house.snapshot = replace(house.snapshot, t_ms=house.snapshot.t_ms + later_ms)
        sizes.append(len(meter.message()))
    assert [size > 150 for size in sizes] == [True, False, True, False]


def test_a_peer_opens_the_kamstrups_push(tmp_path: Path) -> None:
    meter = han.Kamstrup("kamstrup", view(), tmp_path / "kamstrup")
    counters = []
    for _ in range(2):
        sealed = GeneralGlobalCipher.from_bytes(peer(meter.message()))
        assert sealed.security_control.encrypted and sealed.security_control.authenticated
        assert bytes(sealed.system_title) == han.Kamstrup.title
        given = (sealed.security_control, bytes(sealed.system_title), sealed.invocation_counter, han.KEY)
        plain = security.decrypt(*given, sealed.ciphered_text, han.AUTH_KEY)
        counters.append(sealed.invocation_counter)
    assert counters[1] == counters[0] + 1
    notified = DataNotification.from_bytes(bytes(plain))
    at = bytes(notified.body).index(axdr.code("1.1.1.7.0.255"))
    told = flat(parse_as_dlms_data(b"\x02\x1c" + bytes(notified.body)[at:]))[1::2]
    assert told[:10] == [0, 2889, 0, 377, 538, 152, 869, 231, 230, 230] and told[11:] == [1_234_568, 457, 0, 0]


@pytest.mark.parametrize("wrong", ["key", "auth_key"])
def test_the_wrong_key_opens_nothing(wrong: str) -> None:
    keys = {"key": han.KEY, "auth_key": han.AUTH_KEY} | {wrong: bytes(16)}
    sealed = GeneralGlobalCipher.from_bytes(hdlc.sealed(b"\x0f" * 40, b"KAM45678", 1, han.KEY, han.AUTH_KEY))
    given = (sealed.security_control, b"KAM45678", 1, keys["key"], sealed.ciphered_text, keys["auth_key"])
    with pytest.raises(Exception, match=r"(?i)tag|decrypt"):
        security.decrypt(*given)


def test_lengths_above_127_say_how_many_bytes_they_have() -> None:
    assert [axdr.length(n) for n in (0, 127, 128, 300)] == [b"\x00", b"\x7f", b"\x81\x80", b"\x82\x01\x2c"]
    with pytest.raises(ValueError, match="2099"):
        hdlc.frame(b"\x41\x03", hdlc.UI, bytes(2087))


def flat(value: Any) -> list[Any]:
    data = getattr(value, "value", value)
    return [x for item in data for x in flat(item)] if isinstance(data, list) else [data]
