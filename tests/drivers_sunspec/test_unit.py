"""The driver against a peer with any registers: other chains, other units, swapped and moved devices."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import pytest

from drivers.modbus import link
from drivers.sunspec import unit
from hub.errors import NoAnswer, Refused
from hub.model import DeviceSpec, Driver, Role
from tests.drivers_sunspec.conftest import drive, hybrid
from tests.drivers_sunspec.kit import FakeSink, Image, Peer, command, encoded, image
from tests.drivers_sunspec.test_control import M704
from tests.drivers_sunspec.test_readings import AC_103, CAPACITY, METER, NAMEPLATE, PORTS, STORAGE

Scene = Callable[[Driver, FakeSink, Peer], Awaitable[None]]
SET = "battery.power_setpoint"
RATINGS = {"ID": 702, "WMax": 10_000, "WChaRteMax": 5_000, "WDisChaRteMax": 5_000, "W_SF": 0}


def common(serial: str) -> dict[str, Any]:
    return {"ID": 1, "Mn": "Acme", "Md": "One", "Vr": "2.0", "SN": serial}


def made(*models: Mapping[str, Any], base: int = 40_000) -> Image:
    return image(encoded(models), base)


def device(id_: str, role: Role = Role.METER, **options: Any) -> DeviceSpec:
    return DeviceSpec(f"u-{id_}", id_, role, "sunspec", "", options={"poll_s": 0.05, **options})


def run(units: Mapping[int, Image], specs: list[DeviceSpec], scene: Scene) -> None:
    async def main() -> None:
        sink = FakeSink()
        async with Peer(units) as peer:
            await drive(peer.link, specs, lambda driver, seen: scene(driver, seen, peer), sink)

    asyncio.run(main())


HYBRID = (common("A1"), AC_103, NAMEPLATE, RATINGS, M704, CAPACITY, PORTS)


@pytest.mark.parametrize("base", [0, 40_000, 50_000])
def test_a_grid_meter_at_each_base(base: int) -> None:
    async def scene(driver: Driver, sink: FakeSink, peer: Peer) -> None:
        await sink.until(lambda: sink.value("grid.power") == 1500)
        assert sink.devices["grid"].serial == "M7"
        assert sink.value("grid.energy_import") == 5000
        with pytest.raises(Refused, match="can only be read"):
            await driver.apply(command("grid.power", 1.0))

    run({1: made(common("M7"), METER, base=base)}, [device("grid", Role.GRID, sign="export")], scene)


def test_what_a_device_is_too_busy_for_grows_old_and_is_no_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "_BUSY_S", (0.0, 0.0))

    class Busy(Peer):
        busy = False

        def _respond(self, request: bytes) -> bytes:
            return bytes([request[1] | 0x80, 6]) if self.busy else super()._respond(request)

    async def main() -> None:
        sink = FakeSink()

        async def scene(driver: Driver, seen: FakeSink) -> None:
            await seen.until(lambda: seen.value("grid.power") == -1500)
            peer.busy = True
            batches = len(seen.batches)
            await seen.until(lambda: len(seen.batches) > batches + 4)
            assert seen.batches[-1] == [] and ("lost", "grid") not in seen.events
            peer.busy = False
            await seen.until(lambda: seen.batches[-1] != [])

        async with Busy({1: made(common("M7"), METER)}) as peer:
            await drive(peer.link, [device("grid", Role.GRID)], scene, sink)

    asyncio.run(main())


def test_meters_behind_an_inverter_have_names_of_their_own() -> None:
    async def scene(driver: Driver, sink: FakeSink, peer: Peer) -> None:
        await sink.until(lambda: len(sink.events) == 3)
        assert {d.id: d.serial for d in sink.devices.values()} == {"pv": "A1", "one": "M1", "two": "M2"}
        await sink.until(lambda: sink.value("two.power") == 420)

    chain = made(common("A1"), AC_103, common("M1"), METER, common("M2"), {**METER, "W": 42})
    run({1: chain}, [device("pv", Role.INVERTER), device("one"), device("two", index=2)], scene)


def test_units_of_a_link_are_apart() -> None:
    async def scene(driver: Driver, sink: FakeSink, peer: Peer) -> None:
        await sink.until(lambda: sink.value("a.power") == -1500 and sink.value("b.power") == 70)
        peer.units[3] = {}
        await sink.until(lambda: ("lost", "b") in sink.events)
        batches = len(sink.batches)
        await sink.until(lambda: len(sink.batches) > batches + 3)
        assert ("lost", "a") not in sink.events

    units = {1: made(common("1"), METER), 3: made(common("3"), {**METER, "W": 7})}
    run(units, [device("a"), device("b", unit=3)], scene)


def test_a_device_that_the_unit_does_not_have_is_lost_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unit, "_LOOK_AGAIN_S", 0.3)

    async def scene(driver: Driver, sink: FakeSink, peer: Peer) -> None:
        await sink.until(lambda: ("lost", "battery") in sink.events)
        assert sink.reasons == ["unit 1 has no battery"]
        assert ("seen", "pv_roof") in sink.events
        with pytest.raises(Refused):
            await driver.apply(command(SET, 1.0))
        peer.units[1] = made(*HYBRID)
        await sink.until(lambda: sink.value("battery.soc") == 61.5)
        assert sink.events.count(("lost", "battery")) == 1

    run({1: made(common("A1"), AC_103)}, hybrid(0.05), scene)


def test_a_battery_whose_power_nobody_tells_is_lost_with_that_reason() -> None:
    async def scene(driver: Driver, sink: FakeSink, peer: Peer) -> None:
        await sink.until(lambda: ("lost", "battery") in sink.events)
        assert sink.reasons[0].startswith("unit 1 does not tell its battery's power (models 714, 160, 802)")
        assert sink.value("battery.power") is None

    run({1: made(common("A1"), AC_103, STORAGE)}, [device("battery", Role.BATTERY)], scene)


def test_a_device_swapped_while_it_was_away_is_seen_as_the_new_one() -> None:
    async def scene(driver: Driver, sink: FakeSink, peer: Peer) -> None:
        await sink.until(lambda: sink.value("pv_roof.power") == -3000)
        peer.silent = True
        await sink.until(lambda: ("lost", "battery") in sink.events)
        with pytest.raises(NoAnswer):
            await driver.apply(command(SET, 100.0))
        assert peer.writes == []
        peer.units[1] = made(common("B2"), {**AC_103, "W": 5}, PORTS, CAPACITY, RATINGS, M704)
        peer.silent = False
        await sink.until(lambda: sink.value("pv_roof.power") == 50)
        assert sink.devices["battery"].serial == "B2"
        await driver.apply(command(SET, 100.0))
        assert sink.value(SET) == 100

    run({1: made(*HYBRID)}, hybrid(0.05), scene)


def test_a_chain_that_has_moved_is_walked_anew() -> None:
    async def scene(driver: Driver, sink: FakeSink, peer: Peer) -> None:
        await sink.until(lambda: sink.value("pv_roof.power") == -3000)
        peer.units[1] = made(common("A1"), {"ID": 122}, {**AC_103, "W": 5}, PORTS, CAPACITY)
        await sink.until(lambda: sink.value("pv_roof.power") == 50)
        assert sink.devices["battery"].commands == ()
        assert "lost" not in {event for event, _ in sink.events}

    run({1: made(*HYBRID)}, hybrid(0.05), scene)


def test_a_set_point_that_is_taken_and_not_kept_is_refused() -> None:
    async def scene(driver: Driver, sink: FakeSink, peer: Peer) -> None:
        await sink.until(lambda: SET in sink.values)
        peer.ignores = True
        with pytest.raises(Refused, match="none in force"):
            await driver.apply(command(SET, 0.0))
        assert sink.value(SET) is None
        peer.ignores = False
        await driver.apply(command(SET, -250.0))
        assert sink.value(SET) == -250
        peer.ignores = True
        await driver.apply(command(SET, 900.0))
        assert sink.value(SET) == -250  # for the dispatcher to judge

    run({1: made(*HYBRID)}, hybrid(0.05), scene)


def test_a_device_that_would_not_let_go_is_released_and_no_longer_driven_that_way() -> None:
    chain = made(common("A1"), AC_103, NAMEPLATE, RATINGS, CAPACITY, PORTS, M704)
    seconds = max(chain) - 1 - 67 + 31  # from the end mark back over 704, then WSetRvrtTms

    async def scene(driver: Driver, sink: FakeSink, peer: Peer) -> None:
        await sink.until(lambda: SET in sink.values)
        peer.fixed = {seconds: 0, seconds + 1: 0}
        with pytest.raises(Refused, match="keeps no reversion time"):
            await driver.apply(command(SET, 900.0))
        assert peer.writes[-1] == (seconds - 9, (0,))
        await sink.until(lambda: sink.devices["battery"].commands == ())

    run({1: chain}, hybrid(0.05), scene)


def test_the_link_is_asked_for_what_is_due_and_never_for_too_much() -> None:
    async def scene(driver: Driver, sink: FakeSink, peer: Peer) -> None:
        await sink.until(lambda: len(sink.batches) > 3)
        assert max(count for _, _, count in peer.reads) <= 125
        peer.reads.clear()
        batches = len(sink.batches)
        await sink.until(lambda: len(sink.batches) == batches + 10)
        assert len(peer.reads) <= 10 * 6

    ports = {**PORTS, "NPrt": 8, "Prt": [*PORTS["Prt"], *[{"PrtTyp": 0, "DCW": 1}] * 5]}
    run({1: made(*HYBRID[:-1], ports)}, hybrid(0.05), scene)


def test_more_points_are_announced_when_they_appear() -> None:
    async def scene(driver: Driver, sink: FakeSink, peer: Peer) -> None:
        await sink.until(lambda: sink.value("pv.power") == -3000)
        assert "pv.energy" not in sink.values
        peer.units[1] |= made(common("A1"), AC_103)
        await sink.until(lambda: sink.value("pv.energy") == 1_234_000)
        assert sink.events == [("seen", "pv"), ("seen", "pv")]

    run({1: made(common("A1"), {**AC_103, "WH": 0})}, [device("pv", Role.INVERTER)], scene)


def test_models_that_the_house_has_no_use_for_are_read_once_and_shown() -> None:
    curve = {"ActPt": 1, "ReadOnly": 1, "Pt": [{"V": 9200, "Var": 3000}]}
    volt_var = {"ID": 705, "Ena": 1, "NPt": 1, "NCrv": 1, "V_SF": -2, "DeptRef_SF": -2, "Crv": [curve]}
    chain = made(common("A1"), AC_103, {"ID": 304, "incl": [{"Inclx": 3000}]}, volt_var)

    async def scene(driver: Driver, sink: FakeSink, peer: Peer) -> None:
        def told() -> dict[str, Any]:
            return {reading.code: reading.value for reading in driver.raw("pv")}

        await sink.until(lambda: "705.Crv[1].Pt[1].V" in told() and "304.incl[1].Inclx" in told())
        assert (told()["705.Crv[1].Pt[1].V"], told()["705.Ena.symbol"]) == (92, "ENABLED")
        assert (told()["304.incl[1].Inclx"], told()["103.W"]) == (30, -3000)
        passes = len(sink.batches)
        await sink.until(lambda: len(sink.batches) > passes + 5)
        starts = [at for _, at, count in peer.reads if count > 2]
        assert [starts.count(at) for at in (inclined, inclined + 8)] == [1, 1]
        assert "lost" not in {event for event, _ in sink.events}

    inclined = 40_002 + 68 + 52
    run({1: chain}, [device("pv", Role.INVERTER)], scene)


def test_a_device_that_is_no_sunspec_is_said_to_be_none() -> None:
    async def scene(driver: Driver, sink: FakeSink, peer: Peer) -> None:
        await sink.until(lambda: sink.events == [("lost", "grid")])
        assert "no SunSpec mark at 40000, 0, 50000" in sink.reasons[0]

    run({1: dict.fromkeys(range(200), 0)}, [device("grid", Role.GRID)], scene)


def test_a_model_that_cannot_be_read_is_left_out() -> None:
    broken = made(common("A1"), AC_103, CAPACITY)
    del broken[max(broken) - 2]

    async def scene(driver: Driver, sink: FakeSink, peer: Peer) -> None:
        await sink.until(lambda: sink.value("pv.power") == -3000)

    run({1: broken}, [device("pv", Role.INVERTER)], scene)
