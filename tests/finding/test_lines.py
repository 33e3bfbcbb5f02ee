"""Devices behind RTU frames: on serial ports of any usual setting, and behind converters that hand on what they get."""

from __future__ import annotations

import asyncio
import os
import tomllib
import tty
from collections.abc import Iterator, Mapping

import pytest

from drivers.modbus import find as by_map
from drivers.modbus import knock
from drivers.modbus.catalogue import load
from drivers.push import find as push
from drivers.sunspec import find as by_mark
from hub.errors import LinkError
from hub.finding import search
from hub.model import Role
from hub.model.found import Found, Where
from tests.drivers_modbus.test_maps import vector
from tests.finding.kit import Bus
from tests.sim.conftest import Sim, end, start

METER = "carlogavazzi/em24-e1"
Registers = Mapping[int, int]


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Units, of which each that does not answer is waited for, and maps, whose registers are all asked for."""
    monkeypatch.setattr(knock, "NET_UNITS", (1, 2, 255))
    monkeypatch.setattr(by_map, "catalogue", lambda: {METER: load(METER)})
    monkeypatch.setattr(by_map, "UNITS", (1, 2, 3))


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sim]:
    running = start(tmp_path_factory.mktemp("sim"))
    yield running
    end(running)


@pytest.fixture(scope="module")
def inverter(house: Sim) -> Registers:
    """The registers of the simulated SunSpec inverter."""
    return _registers(tomllib.loads(asyncio.run(by_mark.record(house.links["inverter"], 1)).decode())["holding"])


def meter() -> Registers:
    return _registers(vector(METER)["holding"])


def _registers(table: Mapping[str, str]) -> Registers:
    return {int(first, 0) + n: int(word, 16) for first, words in table.items() for n, word in enumerate(words.split())}


async def searched(bus: Bus, baud: int, stop: int = 1) -> tuple[list[Found], str]:
    found: list[Found] = []
    async with bus.serial(baud, stop) as path:
        await by_mark.find(Where(ports=(path,)), found.append)
        return found, path


def test_every_usual_speed_and_framing_is_tried_once() -> None:
    tried = list(knock.settings("/dev/x"))
    assert len(set(tried)) == len(tried) == 15
    assert tried[0] == "serial:///dev/x?baud=9600&parity=N" and tried[5] == "serial:///dev/x?baud=9600&parity=E"
    assert tried[-1] == "serial:///dev/x?baud=115200&parity=N&stop=2"


def test_an_inverter_on_a_serial_line_is_found_at_its_speed(inverter: Registers) -> None:
    bus = Bus({1: inverter})
    (found,), path = asyncio.run(searched(bus, 57_600))
    assert found.driver == "sunspec" and found.link == f"serial://{path}?baud=57600&parity=N"
    assert found.roles[:2] == (Role.INVERTER, Role.BATTERY) and found.serial and found.options == {"unit": 1}


def test_two_stop_bits_are_found(inverter: Registers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(knock, "BAUDS", (19_200,))
    (found,), path = asyncio.run(searched(Bus({1: inverter}), 19_200, stop=2))
    assert found.link == f"serial://{path}?baud=19200&parity=N&stop=2"


def test_a_line_is_asked_in_one_go_for_marks_and_by_maps(inverter: Registers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(knock, "BAUDS", (9600,))
    found, _ = asyncio.run(searched(Bus({2: inverter, 3: meter()}), 9600))
    assert [(f.driver, f.options["unit"]) for f in found if f.certain] == [("sunspec", 2), ("modbus", 3)]
    assert found[-1].options["map"] == METER


def test_the_search_looks_at_a_port_once_for_all_that_must_be_asked() -> None:
    """The second to walk a line with nobody on it would take as long again."""
    (lane,) = (lane for lane in search.LANES if lane.looks_at == "ports")
    assert lane.finders == ("push", "sunspec")
    listening = push.LISTEN_S * len(push.LISTENED) + push.ANSWER_S
    assert listening + 2 * knock.LISTEN_S + knock.WALK_S + by_map.LINE_S < lane.most_s


def test_a_line_with_nobody_on_it_is_left_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """All settings for all units fit into the limit; beyond it no other speed is tried."""
    assert 15 * len(knock.UNITS) * (knock.PAUSE_S + 0.55) < knock.WALK_S
    monkeypatch.setattr(knock, "WALK_S", 0.0)
    bus = Bus({1: {0: 1}})
    assert asyncio.run(searched(bus, 115_200))[0] == [] and not bus.asked


def test_an_inverter_behind_a_converter_is_found(inverter: Registers, monkeypatch: pytest.MonkeyPatch) -> None:
    async def go() -> list[Found]:
        found: list[Found] = []
        async with Bus({2: inverter}).converter() as port:
            monkeypatch.setattr(by_mark, "PORTS", (port,))
            monkeypatch.setattr(by_mark, "UNITS", (2,))
            await by_mark.find(Where(hosts=("127.0.0.1",)), found.append)
        return [f for f in found if f.link == f"rtu+tcp://127.0.0.1:{port}"]

    (found,) = asyncio.run(go())
    assert found.driver == "sunspec" and found.options == {"unit": 2}


def test_a_meter_behind_a_converter_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    async def go() -> list[Found]:
        found: list[Found] = []
        async with Bus({1: meter()}).converter() as port:
            monkeypatch.setattr(by_map, "PORTS", (port,))
            await by_map.find(Where(hosts=("127.0.0.1",)), found.append)
        return [f for f in found if f.link == f"rtu+tcp://127.0.0.1:{port}"]

    (found,) = asyncio.run(go())
    assert found.options == {"map": METER, "unit": 1}


def test_who_speaks_modbus_tcp_is_not_asked_in_rtu(house: Sim) -> None:
    address = asyncio.run(knock.framed("127.0.0.1", house.port("keba")))
    assert address == f"tcp://127.0.0.1:{house.port('keba')}"


def test_a_port_that_is_named_without_its_speed_is_walked(inverter: Registers, monkeypatch: pytest.MonkeyPatch) -> None:
    async def go() -> tuple[str, str]:
        async with Bus({1: inverter}).serial(19_200) as path:
            (found,) = await by_mark.probe(f"serial://{path}")
            return found.link, path

    link, path = asyncio.run(go())
    assert link == f"serial://{path}?baud=19200&parity=N"
    monkeypatch.setattr(knock, "WALK_S", 0.0)
    with pytest.raises(LinkError, match=r"nobody answers Modbus at unit 1.*, at no usual speed"):
        asyncio.run(by_mark.probe("serial:///dev/none"))


def test_on_a_line_where_somebody_talks_nobody_is_asked() -> None:
    """Another master and its meter, which would lose one another."""
    master, line = os.openpty()
    tty.setraw(line)
    asked = bytearray()

    async def scene() -> str | None:
        loop = asyncio.get_running_loop()
        loop.add_reader(master, lambda: asked.extend(os.read(master, 256)))
        walking = asyncio.create_task(knock.walked(os.ttyname(line)))
        while not walking.done():
            os.write(master, b"\x01\x03\x00\x00\x00\x02\xc4\x0b")
            await asyncio.wait([walking], timeout=0.2)
        loop.remove_reader(master)
        return await walking

    assert asyncio.run(scene()) is None and not asked
