"""The meters that talk by themselves, in a running house: on TCP and on serial ports, healthy and with their faults."""

from __future__ import annotations

import os
import select
import socket
import termios
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import reduce
from operator import xor
from pathlib import Path

import pytest
from dlms_cosem.hdlc.frames import UnnumberedInformationFrame
from smllib import SmlStreamReader
from smllib.errors import CrcError

from .conftest import Sim, end, eventually, start

NAMES = ("sml", "d0", "d0_push", "aidon", "kaifa", "kamstrup")
PATIENCE_S = 15.0
"""more than a period of the slowest"""
BEGINS = {"sml": b"\x1b\x1b\x1b\x1b\x01\x01\x01\x01", "d0_push": b"/ESY5Q3D", "kaifa": b"\x7e\xa0"}

Read = Callable[[], bytes]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sim]:
    house = start(tmp_path_factory.mktemp("meters"), "--add", ",".join(NAMES))
    yield house
    end(house)


@pytest.fixture
def house(running: Sim) -> Iterator[Sim]:
    """With every fault taken back afterwards."""
    yield running
    for name in NAMES:
        running.fault(name, "none")


@contextmanager
def over_tcp(house: Sim, meter: str) -> Iterator[Read]:
    with socket.create_connection(("127.0.0.1", house.port(f"{meter}_tcp")), 3) as wire:
        wire.settimeout(PATIENCE_S)
        yield lambda: wire.recv(4096)


@contextmanager
def over_serial(house: Sim, meter: str) -> Iterator[Read]:
    port = os.open(house.tty(f"{meter}_serial"), os.O_RDWR | os.O_NOCTTY)
    try:
        tty.setraw(port)
        yield lambda: os.read(port, 4096) if select.select([port], [], [], PATIENCE_S)[0] else b""
    finally:
        os.close(port)


def until(read: Read, whole: Callable[[bytes], bool]) -> bytes:
    """What has come when it is `whole`."""
    seen = b""
    while not whole(seen):
        more = read()
        assert more, f"nothing more came behind {seen[-40:]!r}"
        seen += more
    return seen


def sml_power(seen: bytes) -> float | None:
    """By smllib, out of the first whole frame."""
    reader = SmlStreamReader()
    reader.add(seen)
    with suppress(CrcError):
        if (frame := reader.get_frame()) is not None:
            return float(next(e.get_value() for e in frame.get_obis() if e.obis.obis_short == "16.7.0"))
    return None


def is_frame(seen: bytes) -> bool:
    return sml_power(seen) is not None


def near(told: float | None, true: float) -> bool:
    return told is not None and abs(told - true) < 60


# -- healthy -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wire", [over_tcp, over_serial])
def test_the_sml_meter_tells_the_true_power_to_everybody(house: Sim, wire: Callable[[Sim, str], Read]) -> None:
    with wire(house, "sml") as read:  # type: ignore[attr-defined]
        eventually(lambda: near(sml_power(until(read, is_frame)), house.devices()["sml"]["power"]), PATIENCE_S)


@pytest.mark.parametrize(("meter", "wire"), [("aidon", over_tcp), ("aidon", over_serial), ("kamstrup", over_serial)])
def test_han_meters_push_whole_frames(house: Sim, meter: str, wire: Callable[[Sim, str], Read]) -> None:
    with wire(house, meter) as read:  # type: ignore[attr-defined]
        seen = until(read, lambda data: data.count(b"\x7e") > 1 and data[-1:] == b"\x7e")
    assert UnnumberedInformationFrame.from_bytes(seen).information.startswith(b"\xe6\xe7\x00")


@pytest.mark.parametrize("wire", [over_tcp, over_serial])
def test_the_easymeter_pushes_lines(house: Sim, wire: Callable[[Sim, str], Read]) -> None:
    with wire(house, "d0_push") as read:  # type: ignore[attr-defined]
        lines = until(read, lambda data: data.endswith(b"!\r\n")).decode().split("\r\n")
    assert lines[0] == "/ESY5Q3DA1024 V3.04" and len(lines) == 13


@contextmanager
def head(house: Sim) -> Iterator[int]:
    """An optical head at the serial port of the meter that wants to be asked, at 300 baud."""
    eventually(lambda: talks_at(house) == 300)
    port = os.open(house.tty("d0_serial"), os.O_RDWR | os.O_NOCTTY)
    try:
        tty.setraw(port)
        termios.tcflush(port, termios.TCIOFLUSH)
        set_speed(port, termios.B300)
        yield port
    finally:
        os.close(port)


def set_speed(port: int, speed: int) -> None:
    now = termios.tcgetattr(port)
    termios.tcsetattr(port, termios.TCSADRAIN, [*now[:4], speed, speed, now[6]])


def talks_at(house: Sim) -> int:
    return int(house.devices()["d0"]["baud"])


def heard(port: int, wait_s: float = 3.0) -> bytes:
    return os.read(port, 4096) if select.select([port], [], [], wait_s)[0] else b""


def signed_on(port: int) -> None:
    os.write(port, b"/?!\r\n")
    assert until(lambda: heard(port), lambda data: data.endswith(b"\n")) == b"/LGZ4ZMF100AC.M27\r\n"


def read_out(house: Sim, port: int) -> bytes:
    """One read-out at 4800 baud, up to a second of silence; a head that is late misses its beginning."""
    set_speed(port, termios.B300)
    signed_on(port)
    os.write(port, b"\x06040\r\n")
    eventually(lambda: talks_at(house) == 4800)
    set_speed(port, termios.B4800)
    seen = b""
    while more := heard(port, 1.0):
        seen += more
    return seen


def test_the_asked_meter_answers_at_the_speed_that_was_agreed(house: Sim) -> None:
    found: list[bytes] = []

    def whole() -> bool:
        found.append(read_out(house, port))
        return found[-1][:1] == b"\x02" and found[-1][-2:-1] == b"\x03"

    with head(house) as port:
        eventually(whole, 20)
    assert reduce(xor, found[-1][1:]) == 0
    assert f"1.8.0({house.devices()['d0']['import_wh'] / 1000:010.3f}"[:14] in found[-1].decode()


def test_a_head_that_does_not_change_its_speed_reads_noise(house: Sim) -> None:
    with head(house) as port:
        signed_on(port)
        os.write(port, b"\x06040\r\n")
        seen = until(lambda: heard(port), lambda data: len(data) > 100)
    assert b"1.8.0" not in seen


def test_a_request_at_another_speed_is_not_understood(house: Sim) -> None:
    with head(house) as port:
        set_speed(port, termios.B9600)
        os.write(port, b"/?!\r\n")
        assert heard(port, 0.6) == b""


def test_a_head_on_the_network_stays_at_the_first_speed(house: Sim) -> None:
    with socket.create_connection(("127.0.0.1", house.port("d0_tcp")), 3) as wire:
        wire.settimeout(PATIENCE_S)
        wire.sendall(b"/?!\r\n")
        until(lambda: wire.recv(4096), lambda data: data.endswith(b"\n"))
        wire.sendall(b"\x06000\r\n")
        assert until(lambda: wire.recv(4096), lambda data: len(data) > 20).startswith(b"\x02F.F(00)\r\n")


# -- faults ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("meter", BEGINS)
def test_garbage_is_no_message_and_a_dropped_meter_is_gone(house: Sim, meter: str) -> None:
    with over_tcp(house, meter) as read:
        house.fault(meter, "garbage")
        reads = house.devices()[meter]["reads"]
        eventually(lambda: house.devices()[meter]["reads"] > reads + 1)
        seen = until(read, lambda data: len(data) > 40)
        assert BEGINS[meter] not in seen[-40:]
        house.fault(meter, "drop")
        eventually(lambda: ended(read))
    eventually(lambda: not os.path.lexists(house.tty(f"{meter}_serial")))
    house.fault(meter, "none")
    eventually(lambda: os.path.lexists(house.tty(f"{meter}_serial")))
    with over_tcp(house, meter) as read:
        until(read, lambda data: BEGINS[meter] in data)


def ended(read: Read) -> bool:
    try:
        return read() == b""
    except ConnectionError:
        return True


@pytest.mark.parametrize("kind", ["silent", "refuse"])
def test_a_meter_that_says_nothing_counts_nothing(house: Sim, kind: str) -> None:
    house.fault("sml", kind)
    before, other = (house.devices()[name]["reads"] for name in ("sml", "d0_push"))
    eventually(lambda: house.devices()["d0_push"]["reads"] > other)
    assert house.devices()["sml"]["reads"] == before


def test_one_that_refuses_closes_every_client(house: Sim) -> None:
    for meter in ("sml", "d0"):
        house.fault(meter, "refuse")
        with over_tcp(house, meter) as read:
            assert read() == b""


def test_a_stuck_meter_repeats_itself(house: Sim) -> None:
    house.world(load_w=500)
    house.fault("sml", "stuck")
    with over_tcp(house, "sml") as read:
        first = sml_power(until(read, is_frame))
        house.world(load_w=20_000)
        eventually(lambda: house.devices()["sml"]["power"] > 5000, 20)
        until(read, lambda data: len(data) > 500)
        assert sml_power(until(read, is_frame)) == first


def test_the_asked_meter_has_faults_too(house: Sim) -> None:
    with head(house) as port:
        house.fault("d0", "silent")
        os.write(port, b"/?!\r\n")
        assert heard(port, 0.8) == b""
        house.fault("d0", "garbage")
        os.write(port, b"/?!\r\n")
        assert b"LGZ" not in until(lambda: heard(port), lambda data: len(data) > 5)
        house.fault("d0", "slow")
        os.write(port, b"/?!\r\n")
        assert until(lambda: heard(port), lambda data: b"LGZ" in data)


def test_a_house_that_ends_in_the_middle_of_a_read_out_says_nothing_of_it(tmp_path: Path) -> None:
    with (tmp_path / "errors").open("w") as errors:
        house = start(tmp_path / "house", "--add", "d0", errors=errors)
        with socket.create_connection(("127.0.0.1", house.port("d0_tcp")), 3) as wire:
            wire.settimeout(PATIENCE_S)
            wire.sendall(b"/?!\r\n")
            until(lambda: wire.recv(4096), lambda data: data.endswith(b"\n"))
            wire.sendall(b"\x06000\r\n")
            assert wire.recv(1) == b"\x02"
            end(house)
    assert (tmp_path / "errors").read_text() == ""
