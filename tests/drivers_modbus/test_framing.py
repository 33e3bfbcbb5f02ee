"""Any bytes at all, and the links and time-outs that the Modbus room understands."""

from __future__ import annotations

import os
import re
import struct
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymodbus.pdu import DecodePDU

from drivers.modbus import wire
from drivers.modbus.address import Address
from drivers.modbus.latency import Latency
from drivers.modbus.link import READ_HOLDING
from drivers.modbus.wire import Ask
from hub.errors import ConfigError, LinkError, NoAnswer
from tests.drivers_modbus.kit import Peer, contents, crc, right
from tests.drivers_modbus.scripts import fails, says

pytestmark = pytest.mark.steady

# -- any bytes -------------------------------------------------------------------------------------------------------

ASKED = Ask(7, READ_HOLDING, 100, 2)
BITS = st.sampled_from([b"\x07", b"\x03\x04", b"\x83\x02", b"\0\0", b"\0\5", b"\x2b\x0e", b"\xff", b"\0\1"])
STREAM = st.lists(st.one_of(BITS, st.binary(max_size=6)), max_size=25).map(b"".join)


def fed(framer: Any, asked: Ask, data: bytes, tid: int) -> Any:
    """What the framer makes of it, handing back unused bytes as the transport does."""
    framer.asked = asked
    used, pdu = framer.handleFrame(data, asked.unit, tid)
    assert 0 <= used <= len(data)
    return pdu


@settings(max_examples=300, deadline=None)
@given(STREAM)
def test_no_bytes_upset_the_rtu_framer(data: bytes) -> None:
    pdu = fed(wire._RtuFramer(DecodePDU(False)), ASKED, data, 0)
    if pdu is not None:
        frame = bytes([7, pdu.function_code])
        assert frame in data, "only what was asked for"
        assert any(crc(data[a:b]) == data[b : b + 2] for a in range(len(data)) for b in (a + 3, a + 7))


@settings(max_examples=300, deadline=None)
@given(STREAM)
def test_no_bytes_upset_the_tcp_framer(data: bytes) -> None:
    pdu = fed(wire._SocketFramer(DecodePDU(False)), ASKED, data, 5)
    assert pdu is None or struct.pack(">HH", 5, 0) in data


@settings(max_examples=100, deadline=None)
@given(STREAM.filter(lambda noise: b"\x07\x03" not in noise and b"\x07\x83" not in noise and noise[-1:] != b"\x07"))
def test_noise_before_an_rtu_answer_does_not_hide_it(noise: bytes) -> None:
    body = b"\x07\x03\x04\x11\x22\x33\x44"
    pdu = fed(wire._RtuFramer(DecodePDU(False)), ASKED, noise + body + crc(body), 0)
    assert pdu is not None and tuple(pdu.registers) == (0x1122, 0x3344)


async def test_random_answers_are_no_answers(stage: Any, quick: None) -> None:
    async with stage("tcp") as (peer, link):
        peer.script = says(lambda c: os.urandom(30))
        for _ in range(4):
            error, took = await fails(link.read(7, READ_HOLDING, 100, 3))
            assert error in (NoAnswer, LinkError) and took < 0.5
        peer.script = right
        assert await link.read(7, READ_HOLDING, 100, 3) == contents(7, 100, 3)


def test_the_checksum_of_the_specification() -> None:
    """The peer's own CRC, against the worked example of MODBUS over Serial Line V1.02: 02 07 gives 41 12."""
    assert crc(b"\x02\x07") == b"\x41\x12"
    assert Peer.rtu is False


# -- links and time-outs ---------------------------------------------------------------------------------------------

LINKS = {
    "tcp://meter.lan:1502": Address("tcp://meter.lan:1502", False, "meter.lan", 1502),
    "tcp://10.0.0.7": Address("tcp://10.0.0.7", False, "10.0.0.7", 502),
    "tcp://[fe80::1]:1502": Address("tcp://[fe80::1]:1502", False, "fe80::1", 1502),
    "rtu+tcp://gate:8899": Address("rtu+tcp://gate:8899", True, "gate", 8899),
    "serial:///dev/ttyUSB0": Address("serial:///dev/ttyUSB0", True, path="/dev/ttyUSB0"),
    "serial:///dev/serial/by-id/usb-FTDI_A-if00?baud=19200&parity=E&stop=2": Address(
        "serial:///dev/serial/by-id/usb-FTDI_A-if00?baud=19200&parity=E&stop=2",
        True,
        path="/dev/serial/by-id/usb-FTDI_A-if00",
        baud=19200,
        parity="E",
        stop=2,
    ),
}


@pytest.mark.parametrize("text", LINKS)
def test_a_link_is_understood(text: str) -> None:
    assert Address.parse(text) == LINKS[text]


FORMS = "is neither tcp://host:port, rtu"
BAD_LINKS = {
    "": FORMS,
    "meter.lan:502": FORMS,
    "/dev/ttyUSB0": FORMS,
    "http://meter.lan": FORMS,
    "udp://meter.lan:502": FORMS,
    "tcp://": FORMS,
    "tcp://:502": FORMS,
    "tcp://meter.lan:502/1": FORMS,
    "tcp://meter.lan:502?unit=1": FORMS,
    "tcp://meter.lan:502#1": FORMS,
    "tcp://me:secret@meter.lan:502": FORMS,
    "tcp://[fe80::1:502": FORMS,
    "tcp://meter..lan:502": FORMS,
    f"tcp://{64 * 'm'}.lan": FORMS,
    "serial://dev/ttyUSB0": FORMS,
    "tcp://meter.lan:0": "no number from 1 to 65535",
    "tcp://meter.lan:65536": "no number from 1 to 65535",
    "tcp://meter.lan:-1": "no number from 1 to 65535",
    "tcp://meter.lan:modbus": "no number from 1 to 65535",
    "serial://": "has no path",
    "serial://?baud=9600": "has no path",
    "serial:///dev/ttyUSB0?speed=9600": "unknown option 'speed'; known: baud, parity, stop",
    "serial:///dev/ttyUSB0?baud=": "no number from 300 to 1000000",
    "serial:///dev/ttyUSB0?baud=fast": "no number from 300 to 1000000",
    "serial:///dev/ttyUSB0?baud=100": "no number from 300 to 1000000",
    "serial:///dev/ttyUSB0?baud=-9600": "no number from 300 to 1000000",
    "serial:///dev/ttyUSB0?parity=even": "parity is N, E or O",
    "serial:///dev/ttyUSB0?stop=3": "stop is 1 or 2",
}


@pytest.mark.parametrize("text", BAD_LINKS)
def test_a_link_that_cannot_be_one_is_a_clear_error(text: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(BAD_LINKS[text])):
        Address.parse(text)


def test_a_byte_takes_its_time_on_a_wire_only() -> None:
    assert Address.parse("serial:///dev/x?baud=9600").byte_s == Address.parse("rtu+tcp://x").byte_s
    assert Address.parse("serial:///dev/x?baud=9600").byte_s == pytest.approx(0.00115, abs=0.00002)
    assert Address.parse("tcp://x").byte_s == 0


MISS = None
LEARNS: dict[str, tuple[list[float | None], float]] = {
    "a unit that nobody knows": ([], 0.5),
    "one fast answer is soon forgotten": ([0.01], 0.45),
    "fast answers": (50 * [0.01], 0.15),
    "never shorter than that": (200 * [0.0], 0.15),
    "four times what it usually takes": (50 * [0.1], 0.4),
    "one slow answer in fifty counts as usual no more than one": (49 * [0.1] + [0.7], 0.4),
    "one in ten does": (45 * [0.1] + 5 * [0.2], 0.8),
    "never longer than that": (50 * [0.7], 1.0),
    "one miss": ([*50 * [0.01], MISS], 0.3),
    "two misses": ([*50 * [0.01], MISS, MISS], 0.6),
    "many misses": ([*50 * [0.01], *20 * [MISS]], 1.0),
    "calm again, by a tenth each": ([*50 * [0.01], *20 * [MISS], 0.01, 0.01], 0.81),
    "wholly calm": ([*50 * [0.01], *20 * [MISS], *30 * [0.01]], 0.15),
    "what was long ago does not count": (50 * [0.7] + 80 * [0.01], 0.15),
}


@pytest.mark.parametrize("name", LEARNS)
def test_the_time_out_follows_the_answers(name: str) -> None:
    events, wanted = LEARNS[name]
    latency = Latency()
    for event in events:
        if event is MISS:
            latency.missed()
        else:
            latency.answered(event)
    assert latency.timeout == pytest.approx(wanted, abs=0.001)
