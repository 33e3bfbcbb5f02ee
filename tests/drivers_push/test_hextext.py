"""Hexadecimal text of every form that people publish: all of them are the same bytes; telegrams and bytes are none."""

from __future__ import annotations

import random
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from drivers.push.hextext import undump
from hub.model.heard import Capture
from tests.codec_fuzz import mutants

VECTORS = Path(__file__).parents[3] / "shared" / "vectors"
DATA = bytes.fromhex("7ea02a410883130413e6e7000f40000000000101020309060101000700ff060000067d02020f00161b1c057e")
LONG = DATA + bytes(range(256)) + bytes(80) + b"1-0:1.8.0(12) // # |" + DATA


def spaced(data: bytes, mark: str, between: str = "") -> str:
    return between.join(f"{mark}{byte:02X}" for byte in data)


def wrapped(digits: str, width: int, end: str = "\n") -> str:
    return end.join(digits[n : n + width] for n in range(0, len(digits), width)) + end


def esphome(data: bytes, size: int = 17) -> str:
    other = "[12:00:01][D][sensor:093]: 'Power': Sending state 231.00000 W with 1 decimals of accuracy\n"
    parts = [data[n : n + size] for n in range(0, len(data), size)]
    return other + other.join(f"[12:00:00][D][uart:114]: <<< {spaced(p, '', ':')}\n" for p in parts) + other


FORMS: dict[str, Callable[[bytes], str]] = {
    "one line": lambda d: d.hex(),
    "capitals": lambda d: d.hex().upper() + "\n",
    "wrapped": lambda d: wrapped(d.hex(), 60),
    "wrapped within bytes": lambda d: wrapped(d.hex(), 75) if len(d.hex()) // 75 % 2 else wrapped(d.hex(), 60),
    "windows": lambda d: wrapped(d.hex(), 64, "\r\n"),
    "colons": lambda d: spaced(d, "", ":"),
    "commas": lambda d: spaced(d, "", ", "),
    "dashes": lambda d: spaced(d, "", "-"),
    "0x": lambda d: spaced(d, "0x", ", "),
    "0x without zeros": lambda d: ", ".join(hex(byte) for byte in d),
    "\\x": lambda d: f'b"{spaced(d, chr(92) + "x")}"',
    "C": lambda d: f"const uint8_t frame[] = {{\n{wrapped(spaced(d, '0x', ', '), 60)}}};\nint len = {len(d)};\n",
    "Python": lambda d: f'data = bytes.fromhex("{d.hex()}")',
    "JSON": lambda d: f'{{"time": 1699999999, "frame": "{d.hex()}"}}',
    "label": lambda d: f"frame: {d.hex()}",
    "labels": lambda d: f"Frame 1: HDLC={d.hex()} ({len(d)} bytes)",
    "comments": lambda d: f"# meter 12345678, 2024-10-15 12:00\n// 1.7.0(12)\n\n{d.hex()}  # the end\n",
    "ESPHome": esphome,
    "ESPHome, a byte a line": lambda d: esphome(d, 1),
    "ESPHome's colours": lambda d: f"\x1b[0;36m[D][dlms:033]: Got {spaced(d, '', '.')} ({len(d)})\x1b[0m\n",
    "time": lambda d: f"2024-10-15 12:00:00,123 - DEBUG - received: {d.hex()}\n",
    "Tasmota": lambda d: "".join(f"14:49:12.301 : {spaced(d[n : n + 9], '', ' ')}\n" for n in range(0, len(d), 9)),
    "asked and answered": lambda d: f"-> AA 55 C0 7F\n<- {spaced(d, '', ' ')}\n",
    "sent and received": lambda d: f"TX: AA55C07F0106000245\nRX: {d.hex()}\n",
    "a socket's log": lambda d: (
        f"[x] 2026/06/18 19:47:34 send to 10.77.2.100:8899: f703891c007d7ae7\n"
        f"[x] 2026/06/18 19:47:35 recv from 10.77.2.100:8899: {spaced(d, '', ' ')}\n"
    ),
    "numbered": lambda d: f"1: {d.hex()}",
}
PROGRAMS = (
    ("xxd", "-p"),
    ("xxd",),
    ("xxd", "-g1"),
    ("xxd", "-c", "24"),
    ("hexdump", "-C"),
    ("od", "-A", "x", "-t", "x1z"),
    ("od", "-t", "x1"),
    ("od", "-A", "d", "-t", "x1"),
    ("od", "-x"),
    ("hexdump",),
)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("data", [DATA, LONG], ids=["short", "long"])
def test_every_form_is_the_same_bytes(form: str, data: bytes) -> None:
    dump = undump(FORMS[form](data).encode())
    assert dump.data == data and not dump.odd


@pytest.mark.parametrize("program", PROGRAMS, ids=" ".join)
@pytest.mark.parametrize("size", [len(LONG), 44, 32, 24, 16, 8, 5])
def test_what_programs_print(program: tuple[str, ...], size: int) -> None:
    if not shutil.which(program[0]):
        pytest.skip(f"no {program[0]} here")
    told = subprocess.run(program, input=LONG[:size], capture_output=True, check=True).stdout
    assert undump(told).data == LONG[:size]
    assert undump(b"# recorded today\n" + told).data == LONG[:size]


def test_dumps_one_after_the_other() -> None:
    rows = "00000000: 7ea0 2a41 0883 1304 13e6 e700 0f40 0000  ~.*A.......@..\n00000010: 7e                     ~\n"
    dump = undump((rows + "\n" + rows).encode())
    assert dump.each() == [(0, DATA[:16] + b"~"), (17, DATA[:16] + b"~")]


def test_utf_16() -> None:
    assert undump(b"\xff\xfe" + DATA.hex().encode("utf-16-le")).data == DATA
    assert undump(b"\xfe\xff" + DATA.hex().encode("utf-16-be")).data == DATA


@pytest.mark.parametrize(
    "telegram", ["/ISk5\\2MT382\r\n\r\n1-0:1.8.1(12.5*kWh)\r\n!ABCD\r\n", "\x020.0.0(1)\r\n!\r\n\x03"]
)
def test_a_telegram_in_utf_16_is_that_in_ascii(telegram: str) -> None:
    assert undump(telegram.encode("utf-16")).data == telegram.encode()


@pytest.mark.parametrize("end", ["", "\n"])
def test_an_odd_digit_is_left_out_and_told(end: str) -> None:
    dump = undump(f"{DATA.hex()}7{end}".encode())
    assert dump.data == DATA and dump.odd == (len(DATA),)
    told = dump.with_faults(Capture()).rejected
    assert [(r.offset, "odd" in r.reason) for r in told] == [(len(DATA), True)]


def test_an_odd_digit_harms_no_other_line() -> None:
    dump = undump(f"{DATA.hex()}7\n{DATA.hex()}\n".encode())
    assert dump.each() == [(0, DATA), (len(DATA), DATA)]


def test_lines_and_paragraphs() -> None:
    dump = undump(b"# first\n7ea02a\n4108\n\nsecond:\n8313\n0413\nthird: e6e7000f\n40\n")
    assert [piece for _, piece in dump.paragraphs()] == [
        bytes.fromhex(t) for t in ("7ea02a4108", "83130413", "e6e7000f40")
    ]
    assert [start for start, _ in dump.each()] == [0, 3, 5, 7, 9, 13]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"7e",
        DATA,
        b"/ISk5\\2MT382-1000\r\n\r\n1-0:1.8.1(12345.678*kWh)\r\n!ABCD\r\n",
        b"1-0:1.8.0*255(042616.6412*kWh)\r\n",
        b"0.0.0(20745965)\r\nF.F(00000000)\r\n",
        b"12(12*kWh)13(13*kWh)\r\n",
        b"(00001.001)\r\n!\r\n",
        b"/ABC5\r\n\r\n!\r\n",
        b"\x1b" * 50,
        "Zähler meldet nichts, gar nichts".encode(),
        b"\xff\xfe\xff",
    ],
)
def test_what_is_none_stays_as_it_is(data: bytes) -> None:
    assert undump(data).data == data


@pytest.mark.skipif(not VECTORS.is_dir(), reason=f"no vectors at {VECTORS}")
@pytest.mark.parametrize("category", ["dsmr", "d0", "sml"])
def test_no_capture_of_a_meter_is_taken_for_text_of_digits(category: str) -> None:
    """Nor any piece of one that still has a whole data set."""
    for path in sorted((VECTORS / category).glob("*.[tb][xi][tn]")):
        data = path.read_bytes()
        assert undump(data).data is data
        for begin in random.Random(1).choices(range(len(data)), k=20):
            piece = data[begin : begin + 400]
            if category != "sml" and piece.count(b"(") > 2:
                assert undump(piece).data is piece, piece


def test_damage_never_raises() -> None:
    seeds = [form(DATA).encode() for form in FORMS.values()]
    seeds.append(b"00000000  7e a0 2a 41 08 83 13 04  13 e6 e7 00 0f 40 00 00  |~|\n*\n00000040  7e  |~|\n00000041\n")
    for mutant in mutants(seeds, 5000):
        dump = undump(mutant)
        assert all(0 <= at <= len(dump.data) for at in (*dump.lines, *dump.blocks, *dump.odd))
        assert b"".join(piece for _, piece in dump.each()) == dump.data


@pytest.mark.parametrize(
    "text",
    [
        *("(" * 20_000, " " * 20_000 + "x", "1: " + " " * 20_000, "a:" * 10_000, "7e " * 7000 + "x", "/*" * 10_000),
        *("[" * 20_000, "[a]" * 7000, "12:34:56 " * 2000, "g" * 20_000, "1.1" * 7000, "0x" * 10_000, "7e." * 7000),
        *(
            "00000000 7e\n*\nffffffff",
            "00000000: 7e\n*\n000fffff\n" * 1000,
            "0000 7e\n" * 2500,
            "*\n" * 10_000,
            "f" * 20_000 + "g",
            "a\n" * 10_000,
        ),
        *("|" * 20_000, "0000000 " + "7ea0 " * 4000 + "x", "a b " * 5000 + ":", "rx " * 7000, "- " * 10_000),
    ],
)
def test_no_text_takes_long(text: str) -> None:
    begun = time.process_time()
    undump(text.encode())
    assert time.process_time() - begun < 1
