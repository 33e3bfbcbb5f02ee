"""The P1 port, read by dsmr-parser and as plain bytes."""

import os
import re
import select
import socket
import time
from typing import Any

import pytest

from .conftest import Sim, eventually


def telegram_from_tcp(sim: Sim) -> bytes:
    with socket.create_connection(("127.0.0.1", sim.port("p1_tcp")), 3) as wire:
        wire.settimeout(4)
        return collect(lambda: wire.recv(4096))


def telegram_from_serial(sim: Sim) -> bytes:
    port = os.open(sim.tty("p1_serial"), os.O_RDWR | os.O_NOCTTY)
    try:
        return collect(lambda: os.read(port, 4096) if select.select([port], [], [], 4)[0] else b"")
    finally:
        os.close(port)


def collect(read: Any) -> bytes:
    """The first whole telegram."""
    seen = b""
    while not (found := re.search(rb"/[^/!]*![0-9A-F]{4}\r\n", seen)):
        more = read()
        assert more, "the stream ended"
        seen += more
    return found[0]


@pytest.mark.parametrize("read", [telegram_from_tcp, telegram_from_serial])
def test_dsmr_parser_reads_a_telegram_and_its_checksum(sim: Sim, read: Any) -> None:
    parsers = pytest.importorskip("dsmr_parser.parsers")
    specifications = pytest.importorskip("dsmr_parser.telegram_specifications")
    text = read(sim).decode()
    parsed = parsers.TelegramParser(specifications.V5, apply_checksum_validation=True).parse(text)
    truth = sim.devices()["p1"]
    imported = [float(parsed.ELECTRICITY_USED_TARIFF_1.value), float(parsed.ELECTRICITY_USED_TARIFF_2.value)]
    assert imported == pytest.approx([energy / 1000 for energy in truth["import_wh"]], abs=0.1)
    phases = [
        float(getattr(parsed, f"INSTANTANEOUS_ACTIVE_POWER_L{phase}_{way}").value) * sign
        for phase in (1, 2, 3)
        for way, sign in (("POSITIVE", 1), ("NEGATIVE", -1))
    ]
    net = float(parsed.CURRENT_ELECTRICITY_USAGE.value) - float(parsed.CURRENT_ELECTRICITY_DELIVERY.value)
    assert net == pytest.approx(sum(phases), abs=0.005)
    assert abs(parsed.P1_MESSAGE_TIMESTAMP.value.timestamp() - time.time()) < 10


def test_many_clients_get_one_telegram_a_second(sim: Sim) -> None:
    wires = [socket.create_connection(("127.0.0.1", sim.port("p1_tcp")), 3) for _ in range(3)]
    time.sleep(3.2)
    for wire in wires:
        wire.setblocking(False)
        assert wire.recv(65536).count(b"/FLU5") in (3, 4)
        wire.close()


def test_silent_garbage_and_drop(healthy: Sim) -> None:
    healthy.fault("p1", "silent")
    with socket.create_connection(("127.0.0.1", healthy.port("p1_tcp")), 3) as wire:
        wire.settimeout(1.5)
        with pytest.raises(TimeoutError):
            wire.recv(10)
        healthy.fault("p1", "garbage")
        wire.settimeout(3)
        assert b"1-0:1.8.1" not in wire.recv(4096)
        healthy.fault("p1", "drop")
        eventually(lambda: _ended(wire))
    eventually(lambda: not os.path.lexists(healthy.tty("p1_serial")))
    healthy.fault("p1", "none")
    eventually(lambda: os.path.lexists(healthy.tty("p1_serial")))
    assert telegram_from_tcp(healthy).startswith(b"/FLU5")


def _ended(wire: socket.socket) -> bool:
    try:
        return wire.recv(4096) == b""
    except ConnectionError:
        return True
