"""Finding and recording Modbus devices: pymodbus' own server with the registers of maps, and the simulated house."""

from __future__ import annotations

import asyncio
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from pymodbus.datastore import ModbusDeviceContext

from drivers.modbus import find as finder
from drivers.modbus.catalogue import load
from drivers.modbus.identify import MOST_READS, SparingLink, catalogue
from hub.errors import ConfigError, LinkError, NoAnswer
from hub.model import Role
from hub.model.found import Found, Where
from tests.drivers_modbus.test_maps import image, vector
from tests.finding.kit import modbus, unit_of
from tests.sim.conftest import Sim, end, start

METER = "carlogavazzi/em24-e1"
TOLD = {name: map_ for name, map_ in catalogue().items() if map_.identify}
"""without the maps that want long rests between two requests"""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sim]:
    running = start(tmp_path_factory.mktemp("sim"))
    yield running
    end(running)


async def searched(
    units: Mapping[int, ModbusDeviceContext], monkeypatch: pytest.MonkeyPatch
) -> tuple[list[Found], int]:
    found: list[Found] = []
    async with modbus(units) as port:
        monkeypatch.setattr(finder, "PORTS", (port,))
        monkeypatch.setattr(finder, "catalogue", lambda: TOLD)
        monkeypatch.setattr(finder, "units", lambda maps: (1, 3))
        await finder.find(Where(hosts=("127.0.0.1",)), found.append)
    return [f for f in found if f.link.endswith(f":{port}")], port


def test_a_device_is_told_by_its_map(monkeypatch: pytest.MonkeyPatch) -> None:
    found, port = asyncio.run(searched({1: unit_of(METER)}, monkeypatch))
    (meter,) = found
    assert meter.link == f"tcp://127.0.0.1:{port}" and meter.certain and not meter.needs
    assert meter.options == {"map": METER, "unit": 1}
    assert meter.serial == vector(METER)["info"]["serial"] and meter.vendor == "Carlo Gavazzi"
    assert set(meter.roles) == {Role.GRID, Role.METER}


@pytest.mark.parametrize("lost", [2, 3, 4, 5])
def test_a_device_is_told_though_one_answer_is_lost(lost: int, monkeypatch: pytest.MonkeyPatch) -> None:
    class Losing(SparingLink):
        asked = 0

        async def read(self, *args: Any, **more: Any) -> tuple[int, ...]:
            Losing.asked += 1
            if Losing.asked == lost:
                raise NoAnswer("lost on the way")
            return await super().read(*args, **more)

    monkeypatch.setattr(finder, "SparingLink", Losing)
    found, _ = asyncio.run(searched({1: unit_of(METER)}, monkeypatch))
    assert [f.options["map"] for f in found] == [METER] and Losing.asked > lost


def test_a_hybrid_is_found_once_with_the_map_that_explains_most_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    units = {1: unit_of("solaredge/inverter", "solaredge/hybrid", "solaredge/meter-2")}
    found, _ = asyncio.run(searched(units, monkeypatch))
    assert [f.options["map"] for f in found] == ["solaredge/hybrid", "solaredge/meter-2"]
    assert found[0].roles == (Role.INVERTER, Role.BATTERY, Role.GRID)


def test_an_inverter_without_battery_has_no_battery(monkeypatch: pytest.MonkeyPatch) -> None:
    found, _ = asyncio.run(searched({1: unit_of("solaredge/inverter")}, monkeypatch))
    assert found[0].options["map"] == "solaredge/inverter" and Role.BATTERY not in found[0].roles


def test_a_gateway_has_several_devices_and_a_device_that_answers_everywhere_is_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other = unit_of(METER, hr={0x5000: 0x5A5A})
    found, _ = asyncio.run(searched({1: unit_of(METER), 3: other}, monkeypatch))
    assert [f.options["unit"] for f in found] == [1, 3] and found[0].serial != found[1].serial
    found, _ = asyncio.run(searched({1: unit_of(METER), 3: unit_of(METER)}, monkeypatch))
    assert [f.options["unit"] for f in found] == [1]


def test_who_answers_and_is_not_told_needs_a_map(monkeypatch: pytest.MonkeyPatch) -> None:
    found, _ = asyncio.run(searched({1: unit_of("sma/inverter")}, monkeypatch))
    (unknown,) = found
    assert not unknown.certain and unknown.needs == ("map",) and unknown.options == {"unit": 1}


def test_a_search_is_sparing(house: Sim) -> None:
    async def many() -> int:
        bus = SparingLink(house.links["meter_tcp"], [], 5)
        try:
            for n in range(10):
                await bus.read(1, 4, 2 * n, 2)
        except LinkError as error:
            assert "asked often enough" in str(error)
        finally:
            bus.close()
        return bus.left

    assert asyncio.run(many()) == 0 and MOST_READS <= 40


def test_a_serial_line_is_found_by_its_speed_and_its_units(house: Sim) -> None:
    found: list[Found] = []
    asyncio.run(finder.find(Where(ports=(house.tty("meter_rtu"),)), found.append))
    assert [f.options["unit"] for f in found] == [1, 2]
    assert {f.link for f in found} == {f"serial://{house.tty('meter_rtu')}?baud=9600&parity=N"}


def test_a_port_that_somebody_has_is_left_alone(house: Sim) -> None:
    async def go() -> list[Found]:
        holder = SparingLink(house.links["meter_rtu"], [])
        found: list[Found] = []
        await holder.read(1, 4, 0, 2)
        try:
            await finder.find(Where(ports=(house.tty("meter_rtu"),)), found.append)
            await holder.read(1, 4, 0, 2)
        finally:
            holder.close()
        return found

    assert asyncio.run(go()) == []


def test_probing_asks_the_unit_that_is_named(house: Sim) -> None:
    (two,) = asyncio.run(finder.probe(house.links["meter_rtu"] + "?unit=2"))
    assert two.options["unit"] == 2
    with pytest.raises(LinkError, match="nobody answers Modbus at unit 9"):
        asyncio.run(finder.probe(house.links["meter_tcp"] + "?unit=9"))
    with pytest.raises(LinkError, match="cannot connect"):
        asyncio.run(finder.probe("tcp://127.0.0.1:1"))


def points(name: str, raw: dict[str, Any]) -> dict[str, Any]:
    registers = image(raw)
    return {p.name: p.of(registers) for face in load(name).faces.values() for p in face.points}


def test_a_recorded_image_reads_as_the_device_does(house: Sim) -> None:
    text = asyncio.run(finder.record(house.links["meter_tcp"] + "?map=eastron/sdm630", 1)).decode()
    assert "map eastron/sdm630" in text.splitlines()[0]
    read = points("eastron/sdm630", tomllib.loads(text))
    truth = house.devices()["grid"]
    assert read["voltage_l1"] == pytest.approx(truth["voltage_l"][0], rel=0.02)
    assert read["energy_import"] == pytest.approx(truth["import_wh"], rel=0.01)


def test_a_map_that_fits_says_what_is_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finder, "catalogue", lambda: TOLD)

    async def go() -> bytes:
        async with modbus({1: unit_of(METER)}) as port:
            return await finder.record(f"tcp://127.0.0.1:{port}", 1)

    raw = tomllib.loads(asyncio.run(go()).decode())
    assert points(METER, raw) == pytest.approx(vector(METER)["points"])


def test_without_a_map_what_answers_is_recorded(house: Sim) -> None:
    text = asyncio.run(finder.record(house.links["keba"], 20)).decode()
    assert "no map" in text.splitlines()[0]
    raw = tomllib.loads(text)
    assert points("keba/p30", raw)["energy"] == pytest.approx(house.devices()["keba"]["energy_wh"], rel=0.01)


def test_a_map_that_is_none_is_said(house: Sim) -> None:
    with pytest.raises(ConfigError, match="did you mean 'eastron/sdm630'"):
        asyncio.run(finder.record(house.links["meter_tcp"] + "?map=eastron/sdm63", 1))


def test_every_map_that_can_be_told_is_told_by_its_own_vector_alone() -> None:
    """No two makers' maps hold on one image: what is found is what it is."""
    assert TOLD
    for name in TOLD:
        registers = lenient(vector(name))
        holding = {n for n, m in TOLD.items() if all(i.holds(registers) for i in m.identify)}
        assert name in holding and {n.partition("/")[0] for n in holding} == {name.partition("/")[0]}


def lenient(raw: dict[str, Any]) -> Any:
    whole = image(raw)

    def words(at: Any) -> Any:
        try:
            return whole(at)
        except AssertionError:
            return None

    return words
