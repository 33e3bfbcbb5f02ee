"""D0 read-outs of real meters, read by a person; the talk that begins one; then damage of every kind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from drivers.d0.codec import REQUEST, Parser, decode
from drivers.push.parser import Say
from hub.model.heard import Heard
from tests.codec_fuzz import run

VECTORS = Path(__file__).parents[3] / "shared" / "vectors" / "d0"
FILES = sorted(VECTORS.glob("*.txt"))
needs_vectors = pytest.mark.skipif(not FILES, reason=f"no vectors at {VECTORS}")

REJECTED = {
    "vzlogger_ACE3000_basic": "check character wrong"  # torn behind `1.8.0(013925.5*`: its bytes give 4D, it says 46
}
GOLDENS: dict[str, dict[str, Any]] = {
    "iec62056-21_test_data_1": {"12": 12_000.0, "13": 13_000.0, "14": 14_000.0},
    "iec62056-21_test_data_2": {"3:14": 314_000.0, "4:15": 415_000.0},
    "vzlogger_LandisGyr_basic": {"1.8.0": 1_846_000.0, "2.8.1": 4_329_600.0, "0.0.0": "20000", "F.F": "00000000"},
    "vzlogger_LuG_E350": {"1.8.0": 219_252.0, "16.7": 1660.0, "31.7": 2.3, "72.7": 234.0, "C.1.0": "18438636"},
    "vzlogger_basic_dump_fd": {"1-0:1.8.0*255": 1296.3},
}
POINTS: dict[str, dict[str, float]] = {
    "vzlogger_LandisGyr_basic": {"grid.energy_import": 1_846_000.0, "grid.energy_export": 4_329_600.0},
    "vzlogger_LuG_E350": {"grid.power": 1660.0, "grid.current_l3": 2.97, "grid.energy_import_t2": 219_251.0},
    "vzlogger_basic_dump_fd": {"grid.energy_import": 1296.3},
}


@needs_vectors
def test_every_file_decodes_or_is_rejected_for_the_listed_reason() -> None:
    for path in FILES:
        capture = decode(path.read_bytes())
        if path.stem in REJECTED:
            assert not capture.messages and REJECTED[path.stem] in capture.rejected[0].reason
        else:
            assert len(capture.messages) == 1 and not capture.rejected, path.stem
    print(f"\nd0: {len(FILES)} files, {len(FILES) - len(REJECTED)} messages")


@needs_vectors
@pytest.mark.parametrize("name", GOLDENS)
def test_values_that_a_person_read_in_the_file(name: str) -> None:
    message = decode((VECTORS / f"{name}.txt").read_bytes()).messages[0]
    found = {r.code: r.value for r in message.readings}
    assert {code: found[code] for code in GOLDENS[name]} == GOLDENS[name]
    wanted = POINTS.get(name, {})
    assert {point: message.points[point] for point in wanted} == wanted


@needs_vectors
def test_the_meter_is_named_as_it_names_itself() -> None:
    told = decode((VECTORS / "vzlogger_LuG_E350.txt").read_bytes()).messages[0].device
    assert told == {"vendor": "LGZ", "model": "ZMF100AC.M27", "serial": "18438636", "firmware": "M27"}


BODY = b"1-0:0.0.0*255(20745965)\r\n1-0:1.8.0*255(042616.6412*kWh)\r\n1-0:2.8.0*255(000000.5000*kWh)\r\n"
BODY += b"1-0:1.7.255*255(000051.92*W)\r\n1.8.0*01(040000.0*kWh)\r\n1-0:32.7.0*255(231.4*V)(231.0*V)\r\n!\r\n"


def check_character(block: bytes) -> bytes:
    check = 0
    for byte in block:
        check ^= byte
    return bytes([check])


def readout(body: bytes = BODY, ident: bytes = b"/EMH4\\@01LZQJL0014F") -> bytes:
    block = body + b"\x03"
    return ident + b"\r\n\x02" + block + check_character(block)


def test_a_readout_with_its_check_character() -> None:
    message = decode(readout()).messages[0]
    assert message.points == {
        "grid.power": 51.92,
        "grid.voltage_l1": 231.4,
        "grid.energy_import": 42_616_641.2,
        "grid.energy_export": 500.0,
    }
    assert message.problems == () and message.device["model"] == "01LZQJL0014F"
    assert {r.code for r in message.readings} >= {"1.8.0*01", "1-0:32.7.0*255/2"}


def test_a_power_factor_comes_without_unit() -> None:
    assert decode(readout(b"13.7(0.98)\r\n1.7(001.66*kW)\r\n!\r\n")).messages[0].points == {
        "grid.power": 1660.0,
        "grid.power_factor": 0.98,
    }


def test_a_space_in_place_of_the_asterisk() -> None:
    message = decode(readout(b"1.8.0(0054321 kWh)\r\nC.1.0(12 34)\r\n!\r\n")).messages[0]
    assert message.points == {"grid.energy_import": 54_321_000.0} and message.device["serial"] == "12 34"


def test_a_unit_right_behind_its_number() -> None:
    """As MetCom prints it; what is no quantity stays a text."""
    message = decode(readout(b"1-0:1.8.1(123.5kWh)\r\n1-0:0.0.0(1234A)\r\n32.7(231V)\r\n!\r\n")).messages[0]
    assert message.points == {
        "grid.energy_import_t1": 123_500.0,
        "grid.energy_import": 123_500.0,
        "grid.voltage_l1": 231.0,
    }
    assert message.device["serial"] == "1234A"


def test_storage_00_is_the_present_where_there_is_no_other() -> None:
    """Pafal sends every value twice, without units; of others it is an empty slot of the past."""
    body = (
        b"0.0.0(72044837)(72044837)\r\n1.8.0*00(000783.16)(000783.16)\r\n2.8.0(5.0*kWh)\r\n2.8.0*00(0.0*kWh)\r\n!\r\n"
    )
    message = decode(readout(body)).messages[0]
    assert message.points == {"grid.energy_import": 783_160.0, "grid.energy_export": 5000.0}


def test_reactive_powers_with_their_sign() -> None:
    body = b"1-1:131.7.0(-000.82*kvar)\r\n1-1:151.7.0(-000.25*kvar)\r\n1-1:191.7.0(000.33*kvar)\r\n!\r\n"
    assert decode(readout(body)).messages[0].points == {
        "grid.reactive_power": -820.0,
        "grid.reactive_power_l1": -250.0,
        "grid.reactive_power_l3": 330.0,
    }


def test_the_serial_number_comes_before_the_address() -> None:
    told = decode(readout(b"0.0(      120858)\r\nC.1.0(13647123)\r\n!\r\n")).messages[0].device
    assert told["serial"] == "13647123"


def test_a_heat_meter_ends_behind_its_last_data_set() -> None:
    """Two lines, several sets on each, and no line of its own for the end (Siemens, Landis+Gyr: mode C and D)."""
    stream = b"/ABC5HEAT\r\n6.8(0029.055*MWh)6.26(01589.28*m3)6.33(001.4*m3ph)\r\n6.31(0030710*h)0.0(00010213)!\r\n"
    heard, again = decode(stream + stream).messages
    said = {r.code: (r.value, r.unit) for r in heard.readings}
    assert said["6.8"] == (29_055_000.0, "Wh") and said["6.26"] == (1589.28, "m3")
    assert said["6.33"] == (1.4, "m3/h") and said["6.31"] == (30_710.0, "h")
    assert heard.device["serial"] == "00010213" and again.offset == len(stream) and not heard.problems


def test_bytes_with_their_parity_bit_are_read_too() -> None:
    def even(byte: int) -> int:
        return byte | (byte.bit_count() & 1) << 7

    assert decode(bytes(map(even, readout()))).messages == decode(readout()).messages


def test_a_readout_comes_whole_however_it_is_cut() -> None:
    stream = b"\x00\xff/?!\r\n" + readout() + readout(BODY.replace(b"51.92", b"61.92"))
    for size in (1, 2, 7, 100):
        parser = Parser()
        events = [e for n in range(0, len(stream), size) for e in parser.feed(stream[n : n + size])]
        assert [e.points["grid.power"] for e in events if isinstance(e, Heard)] == [51.92, 61.92]


def test_what_has_no_check_where_one_belongs_is_not_taken_live() -> None:
    cut = readout()[:-2]
    assert Parser().feed(cut + readout())[0].__class__.__name__ == "Rejected"
    assert "nothing was checked" in decode(cut).messages[0].problems[0]


def test_a_block_without_identification_is_checked_too() -> None:
    block = readout().partition(b"\n")[2]
    assert decode(block).messages[0].points["grid.power"] == 51.92
    wrong = decode(block[:-1] + b"\x00")
    assert wrong.messages == () and "check character" in wrong.rejected[0].reason


def test_a_p1_telegram_says_that_it_is_one() -> None:
    assert "p1" in decode(b"/ISk5\\2MT382\r\n\r\n1-0:1.7.0(01.193*kW)\r\n!522B\r\n").rejected[0].reason


@pytest.mark.parametrize(
    ("ident", "stays", "answer"),
    [
        (b"/LGZ4ZMF100", False, [Say(b"\x06040\r\n", 300, 4800)]),
        (b"/EMH5\\@01LZQ", False, [Say(b"\x06050\r\n", 300, 9600)]),
        (b"/LGZ0X", False, [Say(b"\x06000\r\n", 300, 300)]),
        (b"/LGZ4ZMF100", True, [Say(b"\x06000\r\n", 300, 300)]),
        (b"/ABCCmodeB", False, [Say(b"", 300, 2400)]),
        (b"/ABCCmodeB", True, []),
        (b"/ABC modeA", False, []),
    ],
    ids=["C at 4800", "C at 9600", "C at 300", "C over a network port", "B", "B over a network port", "A"],
)
def test_the_talk_that_begins_a_readout(ident: bytes, stays: bool, answer: list[Say]) -> None:
    parser = Parser(asks=True, stays=stays)
    assert list(parser.ask()) == [Say(REQUEST, 300, 300)]
    assert parser.feed(REQUEST + ident + b"\r\n") == answer
    echo = b"".join(say.data for say in answer)
    assert isinstance(parser.feed(echo + readout(ident=ident).partition(b"\n")[2])[0], Heard)


def test_who_is_telling_is_not_asked_again() -> None:
    parser = Parser(asks=True)
    parser.feed(readout()[:120])
    assert [len(parser.ask()) for _ in range(11)] == [0] * 10 + [1]
    parser.feed(readout()[120:])
    assert len(parser.ask()) == 1


@pytest.mark.parametrize(
    "data", [b"", b"/", b"!", b"/ABC5\r\n\x02\x03\x03", b"/ABC" * 5000, b"(" * 9000, b"\x02" * 9000]
)
def test_nothing_useful_gives_rejections_only(data: bytes) -> None:
    capture = decode(data)
    assert capture.messages == () and capture.rejected


def test_memory_is_bounded() -> None:
    parser = Parser()
    for _ in range(60):
        parser.feed(b"/ABC5x\r\n\x02" + b"1.8.0(000" * 500)
    assert len(parser._framer._buffer) < 80_000


def test_no_mutation_gives_a_wrong_value_that_was_checked() -> None:
    """The check is 7 bits of parity: two flips of one bit pass it, so only single damage is judged."""
    seeds = [readout(), readout(BODY, b"/LGZ4ZMF100AC")]
    truth = decode(seeds[0]).messages[0].readings
    for data in seeds:
        for at in range(len(data)):
            for bit in range(7):
                mutant = data[:at] + bytes([data[at] ^ (1 << bit)]) + data[at + 1 :]
                for message in decode(mutant).messages:
                    assert message.problems or message.readings == truth


@needs_vectors
def test_no_mutation_raises() -> None:
    assert run(decode, [path.read_bytes() for path in FILES] + [readout()], 3000) > 0


@needs_vectors
@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_text_of_hexadecimal_digits_says_the_same(path: Path) -> None:
    data = path.read_bytes()
    assert decode(data.hex("\n", 30).encode()) == decode(data)
    assert decode(b"[D][uart:114]: <<< " + data.hex(":").upper().encode()) == decode(data)
    assert "odd" in decode(data.hex().encode() + b"0").rejected[-1].reason


def test_a_request_that_was_sent_is_no_part_of_the_answer() -> None:
    assert decode(f">>> {b'/?!'.hex()}\n<<< {readout().hex(' ')}\n".encode()) == decode(readout())


@pytest.mark.parametrize("counters", ["", "1-0:1.8.0*255(042616.6412*kWh)\r\n"])
def test_a_power_without_sign_is_nobodys_import(counters: str) -> None:
    message = decode(readout(f"{counters}15.7.0(0.512*kW)\r\n!\r\n".encode())).messages[0]
    assert "grid.power" not in message.points and message.problems == ("15.7.0: a power without direction",)
    both = decode(readout(b"15.7.0(0.512*kW)\r\n16.7.0(-0.512*kW)\r\n!\r\n")).messages[0]
    assert both.points == {"grid.power": -512.0} and not both.problems
