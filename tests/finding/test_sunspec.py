"""Finding SunSpec devices in the simulated house, and the image that is recorded of one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest

from drivers.sunspec import find as finder
from drivers.sunspec.capture import decode
from hub.cli.main import main
from hub.errors import LinkError
from hub.model import Role
from hub.model.found import Found, Where
from tests.drivers_sunspec.kit import Image, Peer, encoded, image
from tests.drivers_sunspec.test_readings import AC_103, METER
from tests.sim.conftest import Sim, end, start


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sim]:
    running = start(tmp_path_factory.mktemp("sim"))
    yield running
    end(running)


def link(house: Sim) -> str:
    return f"tcp://127.0.0.1:{house.port('inverter')}"


def test_a_hybrid_is_found_once_with_what_it_can_be(house: Sim, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finder, "PORTS", (house.port("inverter"), house.port("keba")))
    found: list[Found] = []
    asyncio.run(finder.find(Where(hosts=("127.0.0.1",)), found.append))
    (device,) = found
    assert device.roles[:2] == (Role.INVERTER, Role.BATTERY) and device.link == link(house)
    assert device.vendor and device.model and device.serial and device.options == {"unit": 1}


def test_what_the_hub_drives_already_is_left_alone(house: Sim, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finder, "PORTS", (house.port("inverter"),))
    found: list[Found] = []
    busy = frozenset({f"127.0.0.1:{house.port('inverter')}"})
    asyncio.run(finder.find(Where(hosts=("127.0.0.1",), busy=busy), found.append))
    assert not found


class Forgetful(Peer):
    """Loses the `lost`-th question."""

    def __init__(self, lost: int) -> None:
        super().__init__({1: image(encoded([{"ID": 1, "Mn": "Acme", "Md": "Sunny 5"}, AC_103]))})
        self._lost = lost

    def _respond(self, request: bytes) -> bytes:
        self._lost -= 1
        self.silent = self._lost == 0
        return super()._respond(request)


@pytest.mark.parametrize("lost", [1, 2, 3, 4, 5])
def test_a_device_is_known_though_one_answer_is_lost(lost: int) -> None:
    async def told() -> Found:
        async with Forgetful(lost) as peer:
            (device,) = await finder.probe(f"{peer.link}?unit=1")
            assert not peer._lost > 0, "it was asked so often"
            return device

    device = asyncio.run(told())
    assert (device.vendor, device.model, device.roles[0]) == ("Acme", "Sunny 5", Role.INVERTER)


INVERTER = image(encoded([{"ID": 1, "Mn": "Fronius", "Md": "GEN24", "SN": "1"}, AC_103]))
SMART_METER = image(encoded([{"ID": 1, "Mn": "Fronius", "Md": "Smart Meter TS", "SN": "2"}, METER]))
NAMELESS = image(encoded([{"ID": 1, "Mn": "Fronius"}, METER]))


@pytest.mark.parametrize(
    ("units", "told"),
    [
        ({1: INVERTER, 200: SMART_METER}, [(1, Role.INVERTER), (200, Role.GRID)]),
        ({1: INVERTER, 240: SMART_METER}, [(1, Role.INVERTER), (240, Role.GRID)]),
        ({1: INVERTER, 200: SMART_METER, 240: SMART_METER}, [(1, Role.INVERTER), (200, Role.GRID)]),
        ({1: INVERTER, 2: INVERTER, 3: INVERTER, 240: INVERTER}, [(1, Role.INVERTER)]),
        ({1: INVERTER, 240: NAMELESS}, [(1, Role.INVERTER)]),
        ({1: SMART_METER, 2: INVERTER}, [(1, Role.GRID)]),
    ],
)
def test_a_meter_at_a_unit_of_its_own_is_found_by_its_serial_number(
    units: dict[int, Image], told: list[tuple[int, Role]]
) -> None:
    async def found() -> list[Found]:
        async with Peer(units) as peer:
            return list(await finder.probe(peer.link))

    assert [(one.options["unit"], one.roles[0]) for one in asyncio.run(found())] == told


def test_a_unit_that_was_asked_for_is_asked_alone_and_one_that_refuses_all_is_none() -> None:
    async def asked() -> set[int]:
        async with Peer({1: INVERTER, 200: SMART_METER}) as peer:
            (one,) = await finder.probe(f"{peer.link}?unit=1")
            assert one.roles[0] is Role.INVERTER
            return {unit for unit, _, _ in peer.reads}

    assert asyncio.run(asked()) == {1}


def test_where_nobody_is_no_meter_is_looked_for_twice() -> None:
    class Alone(Peer):
        """Only unit 1 answers; `asked` are the other units' questions."""

        asked: ClassVar[list[int]] = []

        def _respond(self, request: bytes) -> bytes:
            self.silent = request[0] != 1
            self.asked += [request[0]] if self.silent else []
            return super()._respond(request)

    async def found() -> list[Found]:
        async with Alone({1: INVERTER}) as peer:
            return list(await finder.probe(peer.link))

    assert len(asyncio.run(found())) == 1
    assert Alone.asked == list(finder.METER_UNITS), "one question each"


def test_probing_what_is_no_sunspec_device_says_so(house: Sim) -> None:
    with pytest.raises(LinkError, match="no SunSpec device at unit 1"):
        asyncio.run(finder.probe(f"tcp://127.0.0.1:{house.port('keba')}?unit=1"))


def test_a_recorded_image_says_what_the_device_says(
    house: Sim, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "inverter.toml"
    assert main(["record", link(house), str(out)]) == 0
    (heard,) = decode(out.read_bytes()).messages
    assert main(["probe", link(house), "--json"]) == 0
    (told,) = json.loads(capsys.readouterr().out)
    assert (
        heard.device["serial"] == told["serial"] and "inverter.power" in heard.points and "battery.soc" in heard.points
    )
    assert main(["record", link(house), str(out)]) == 2
    assert "is there already" in capsys.readouterr().err


def test_nothing_there_is_one_line_and_exit_1(capsys: pytest.CaptureFixture[str]) -> None:
    for link in ("tcp://127.0.0.1:1", "rtu+tcp://127.0.0.1:1"):
        assert main(["probe", link]) == 1
        said = capsys.readouterr().err
        assert said.count("\n") == 1 and f"{link}: cannot connect" in said
    assert main(["probe", "tpc://127.0.0.1:1"]) == 2
    assert "did you mean 'tcp'" in capsys.readouterr().err
