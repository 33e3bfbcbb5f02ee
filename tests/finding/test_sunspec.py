"""Finding SunSpec devices in the simulated house, and the image that is recorded of one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers.sunspec import find as finder
from drivers.sunspec.capture import decode
from hub.cli.main import main
from hub.errors import LinkError
from hub.model import Role
from hub.model.found import Found, Where
from tests.drivers_sunspec.kit import Peer, encoded, image
from tests.drivers_sunspec.test_readings import AC_103
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


@pytest.mark.parametrize("lost", [2, 3, 4, 5])
def test_a_device_is_known_though_one_answer_is_lost(lost: int) -> None:
    async def told() -> Found:
        async with Forgetful(lost) as peer:
            (device,) = await finder.probe(f"{peer.link}?unit=1")
            assert not peer._lost > 0, "it was asked so often"
            return device

    device = asyncio.run(told())
    assert (device.vendor, device.model, device.roles[0]) == ("Acme", "Sunny 5", Role.INVERTER)


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
    assert main(["probe", "tcp://127.0.0.1:1"]) == 1
    assert capsys.readouterr().err.count("\n") == 1
    assert main(["probe", "tpc://127.0.0.1:1"]) == 2
    assert "did you mean 'tcp'" in capsys.readouterr().err
