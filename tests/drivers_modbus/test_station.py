"""Several devices of one unit, poll classes, what a device lacks, turned meters, keepalive and release."""

from __future__ import annotations

import asyncio
import logging
import struct
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest

from drivers.modbus import link
from drivers.modbus.driver import build
from hub.errors import ConfigError, Refused
from hub.model import DeviceSpec, Driver, Quality, Role, SystemClock
from tests.drivers_modbus.kit import Call, FakeSink, Script, TcpPeer, command, eventually, now, right, silence
from tests.drivers_modbus.scripts import exception

HYBRID = """
vendor = "V"
models = ["M"]
roles = ["inverter"]
source = "S"
verified = "facts"
[bus]
max_registers = 40
[info]
serial = { address = 0 }
[keepalive]
every_s = 0.5
writes = [{ address = 900, function = 6, value = 77 }]
[points]
power = { address = 10 }
frequency = { address = 11, scale = 0.01, poll = "slow" }
[battery.points]
power = { address = 12, type = "i16" }
soc = { address = 13, scale = 0.1 }
min_soc = { address = 30, scale = 0.1, poll = "rare" }
power_setpoint = { address = 40, type = "i32", scale = -1 }
[battery.commands.power_setpoint]
low = -5000
high = 5000
step = 1
prepare = [{ address = 50, function = 6, value = 3 }]
writes = [
    { address = 51, function = 6, signs = { negative = 170, zero = 204, positive = 187 }, pause_ms = 1 },
    { address = 52, when = ["negative", "positive"], block = [{ magnitude = true }, { value = 9 }] },
    { address = 40, type = "i32", scale = -1 },
]
release = [{ address = 51, function = 6, value = 204 }, { address = 50, function = 6, value = 0 }]
[grid.points]
power = { address = 14, type = "i16", scale = -1 }
"""
METER = """
vendor = "V"
models = ["M"]
roles = ["grid", "meter"]
source = "S"
verified = "facts"
[points]
power = { address = 0, type = "i16" }
power_l1 = { address = 1, type = "i16" }
current_l1 = { address = 2, type = "i16", scale = 0.1 }
voltage_l1 = { address = 3 }
energy_import = { address = 4 }
energy_export = { address = 5 }
reactive_power = { address = 6, type = "i16" }
"""
VALUES = {0: 4711, 10: 3000, 11: 5001, 12: 0xFC18, 13: 555, 14: 700, 30: 100, 40: 0, 41: 0}


def spec(device: str, role: Role, map_: Path, **options: object) -> DeviceSpec:
    return DeviceSpec(f"u-{device}", device, role, "modbus", "", options={"map": str(map_), "poll_s": 0.1} | options)


@dataclass
class House:
    peer: TcpPeer
    driver: Driver
    sink: FakeSink

    def written(self) -> list[tuple[int, int, tuple[int, ...]]]:
        """Function, address and words of all writes so far."""
        return [
            (c.function, c.address, struct.unpack(f">{c.count}H", c.raw[-2 * c.count :]))
            for c in self.peer.calls
            if c.function in (6, 16)
        ]

    async def passes(self, device: str, count: int) -> None:
        start = len(self.sink.times.get(device, ()))
        await eventually(lambda: len(self.sink.times.get(device, ())) >= start + count)


@asynccontextmanager
async def house(values: Mapping[int, int], *specs: DeviceSpec, script: Script = right) -> AsyncIterator[House]:
    peer, sink = TcpPeer(), FakeSink()
    peer.script = script
    peer.holds(1, values)
    await peer.start()
    driver = build(peer.link, specs, SystemClock())
    task = asyncio.create_task(driver.run(sink))
    try:
        await eventually(lambda: {s.id for s in specs} <= set(sink.times))
        yield House(peer, driver, sink)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await peer.stop()


@pytest.fixture
def hybrid(tmp_path: Path) -> list[DeviceSpec]:
    path = tmp_path / "hybrid.toml"
    path.write_text(HYBRID)
    return [spec(role.value, role, path) for role in (Role.INVERTER, Role.BATTERY, Role.GRID)]


async def test_a_hybrid_is_read_once_for_all_its_devices(hybrid: list[DeviceSpec]) -> None:
    async with house(VALUES, *hybrid) as found:
        assert found.sink.of("inverter") == {"power": 3000, "frequency": 50.01}
        assert found.sink.of("battery") == {"power": -1000, "soc": 55.5, "min_soc": 10, "power_setpoint": 0}
        assert found.sink.of("grid") == {"power": -700}
        assert {d.serial for d in found.sink.devices.values()} == {"4711"}
        await found.passes("grid", 4)
        asked = Counter((c.address, c.count) for c in found.peer.calls[1:])
        assert set(asked) == {(10, 32), (10, 5), (40, 2)}, "all in one block, or the fast ones in two"
        batches = {d: len(found.sink.times[d]) for d in ("inverter", "battery", "grid")}
        assert len(set(batches.values())) == 1, "one batch a pass has them all"
        assert asked[10, 5] >= 3 and asked[10, 5] == asked[40, 2]


async def test_poll_classes_and_how_old_a_value_may_be(hybrid: list[DeviceSpec]) -> None:
    async with house(VALUES, *hybrid) as found:
        await found.passes("grid", 11)
        slow = sum(c.address <= 11 < c.address + c.count and c.count > 5 for c in found.peer.calls)
        assert slow <= 3 and found.sink.values["battery.min_soc"].at < found.sink.values["battery.soc"].at
    seconds = [replaced(s, poll_s=p) for s in hybrid for p in (1.0, 5.0)]
    ages = {
        (d.id, p.quantity.name): p.quantity.max_age_s
        for s in seconds
        for d in build("tcp://127.0.0.1:1", [s], SystemClock()).devices
        for p in d.points
    }
    assert ages["battery", "soc"] == 12.5 and ages["battery", "min_soc"] == 150, "with poll_s = 5"


def replaced(of: DeviceSpec, **options: object) -> DeviceSpec:
    return spec(of.id, of.role, Path(str(of.options["map"])), **options)


async def test_a_command_of_one_part_and_the_release_of_the_device(hybrid: list[DeviceSpec]) -> None:
    async with house(VALUES, *hybrid) as found:
        await found.passes("grid", 2)
        assert found.written() == [], "a hub that only watches writes nothing"
        await found.driver.apply(command("battery.power_setpoint", -1500))
        assert found.sink.value("battery.power_setpoint") == -1500
        await found.driver.apply(command("battery.power_setpoint", 0))
        with pytest.raises(Refused, match="no such command"):
            await found.driver.apply(command("inverter.power_setpoint", 5))
    prepared = [(6, 900, (77,)), (6, 50, (3,))]
    charge = [(6, 51, (170,)), (16, 52, (1500, 9)), (16, 40, (0, 1500))]
    zero = [(6, 51, (204,)), (16, 40, (0, 0))]
    release = [(6, 51, (204,)), (6, 50, (0,))]
    assert found.written() == prepared + charge + zero + release


async def test_a_device_is_kept_obedient_from_the_first_command_on(hybrid: list[DeviceSpec]) -> None:
    async with house(VALUES, *hybrid) as found:
        await found.driver.apply(command("battery.power_setpoint", 100))
        await eventually(lambda: found.written().count((6, 900, (77,))) >= 3)
        kept = [c.at for c in found.peer.calls if c.address == 900]
        assert all(b - a > 0.3 for a, b in pairwise(kept))


async def test_after_a_loss_the_device_is_prepared_anew(hybrid: list[DeviceSpec], quick: None) -> None:
    async with house(VALUES, *hybrid) as found:
        await found.driver.apply(command("battery.power_setpoint", 100))
        found.peer.script = silence
        await eventually(lambda: "lost" in found.sink.events("grid"))
        assert all(found.sink.events(d) == ["seen", "lost"] for d in ("inverter", "battery"))
        found.peer.script = right
        await eventually(lambda: found.sink.events("battery") == ["seen", "lost", "seen"])
        before = found.written().count((6, 50, (3,)))
        await found.driver.apply(command("battery.power_setpoint", 200))
        assert found.written().count((6, 50, (3,))) == before + 1


async def test_a_pass_that_began_before_a_command_does_not_undo_its_read_back(hybrid: list[DeviceSpec]) -> None:
    """The set-point is in the first of two blocks; the device is slow with the second, which is cut and read again."""
    path = Path(str(hybrid[1].options["map"]))
    path.write_text(HYBRID.replace("{ address = 12, type", "{ address = 512, type"))

    async def play(call: Call) -> None:
        await asyncio.sleep(0.25 if call.address == 512 else 0)
        call.say()

    async with house({**VALUES, 512: 5}, hybrid[1], script=play) as found:
        for watts in range(100, 600, 100):
            last = len(found.peer.calls)
            await eventually(lambda: any(c.address == 512 for c in found.peer.calls[last:]))  # noqa: B023
            await found.driver.apply(command("battery.power_setpoint", watts))
            seen: list[object] = []
            batches = len(found.sink.times["battery"])
            while len(found.sink.times["battery"]) < batches + 2:
                seen.append(found.sink.value("battery.power_setpoint"))
                await asyncio.sleep(0.005)
            assert set(seen) == {watts}


async def test_release_waits_for_no_dead_device(hybrid: list[DeviceSpec]) -> None:
    async with house(VALUES, *hybrid) as found:
        await found.driver.apply(command("battery.power_setpoint", 100))
        found.peer.script = silence
        begin = now()
    assert now() - begin < 2.5


def lacks(*addresses: int, code: int = 2) -> Script:
    """Refuses every read that touches one of them."""

    async def play(call: Call) -> None:
        touched = any(call.address <= a < call.address + call.count for a in addresses)
        await (exception(code) if touched else right)(call)

    return play


async def test_what_a_device_lacks_costs_it_nothing_else(hybrid: list[DeviceSpec]) -> None:
    async with house(VALUES, *hybrid, script=lacks(13)) as found:
        assert found.sink.of("battery") == {"power": -1000, "soc": None, "min_soc": 10, "power_setpoint": 0}
        assert found.sink.values["battery.soc"].quality is Quality.INVALID
        assert found.sink.of("grid") == {"power": -700}
        await found.passes("grid", 2)
        asked = len(found.peer.calls)
        await found.passes("grid", 5)
        told = [c for c in found.peer.calls[asked:] if c.address <= 13 < c.address + c.count]
        assert told == [], "it is not asked for again with every pass"


async def test_a_hole_that_a_device_refuses_is_left_out(hybrid: list[DeviceSpec]) -> None:
    async with house(VALUES, *hybrid, script=lacks(20)) as found:
        assert None not in {m.value for m in found.sink.values.values()}
        assert found.sink.of("battery")["min_soc"] == 10


@pytest.mark.parametrize("code", [4, 5, 6])
async def test_what_a_device_is_too_busy_for_grows_old_and_is_not_told_as_wrong(
    hybrid: list[DeviceSpec], code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link, "_BUSY_S", (0.0, 0.0))
    async with house(VALUES, *hybrid) as found:
        assert found.sink.of("grid") == {"power": -700}
        found.peer.script = lacks(13, code=code)
        asked = len(found.peer.calls)
        await eventually(lambda: len(found.peer.calls) > asked + 12)
        said = found.sink.values["grid.power"]
        assert (said.value, said.quality) == (-700, Quality.GOOD), "block and all, it is as it was"
        await eventually(lambda: found.sink.values["battery.power_setpoint"].at > said.at)
        assert found.sink.events("grid") == ["seen"], "it is there"
        found.peer.holds(1, {14: 800})
        found.peer.script = right
        await eventually(lambda: found.sink.of("grid") == {"power": -800})


async def test_one_busy_answer_is_not_seen_at_all(hybrid: list[DeviceSpec]) -> None:
    async with house(VALUES, *hybrid) as found:
        found.peer.plan += [exception(6), right, exception(5), exception(5), right]
        await eventually(lambda: not found.peer.plan)
        await found.passes("grid", 2)
        assert {m.quality for m in found.sink.values.values()} == {Quality.GOOD}


async def test_a_device_that_has_nothing_at_first_is_whole_later(hybrid: list[DeviceSpec]) -> None:
    async with house(VALUES, *hybrid, script=lacks(*range(1000))) as found:
        assert set(found.sink.of("battery").values()) == {None}
        calls = len(found.peer.calls)
        await found.passes("grid", 3)
        assert len(found.peer.calls) - calls <= 6, "one request a pass tells that it is there"
        found.peer.script = right
        await eventually(lambda: None not in found.sink.of("battery").values())


@pytest.fixture
def meter(tmp_path: Path) -> Path:
    path = tmp_path / "meter.toml"
    path.write_text(METER)
    return path


def raw(*numbers: int) -> dict[int, int]:
    return {n: number & 0xFFFF for n, number in enumerate(numbers)}


@pytest.mark.parametrize(
    ("numbers", "power", "amps"),
    [
        ((-2300, -2300, -100, 230, 5, 7, 40), 2300, 10.0),
        ((-2300, -2300, 100, 230, 5, 7, 40), 2300, 10.0),
        ((2300, 2300, 100, 230, 5, 7, 40), -2300, 10.0),
    ],
    ids=["a signed current", "a current without a sign", "a current whose sign is not known yet"],
)
async def test_a_meter_whose_transformers_are_the_wrong_way_round(
    meter: Path, numbers: tuple[int, ...], power: float, amps: float
) -> None:
    async with house(raw(*numbers), spec("grid", Role.GRID, meter, reversed=True)) as found:
        assert found.sink.of("grid") == {
            "power": power,
            "power_l1": power,
            "current_l1": amps,
            "voltage_l1": 230,
            "energy_export": 5,
            "energy_import": 7,
            "reactive_power": -40,
        }
        assert {p.quantity.name for p in found.driver.devices[0].points} == set(found.sink.of("grid"))


async def test_a_value_that_cannot_be_is_none(meter: Path) -> None:
    async with house(raw(20, 20, 1, 5000, 5, 7, 4), spec("grid", Role.GRID, meter)) as found:
        assert found.sink.value("grid.voltage_l1") is None and found.sink.value("grid.power") == 20


def test_only_a_meter_is_turned(hybrid: list[DeviceSpec]) -> None:
    with pytest.raises(ConfigError, match=r"devices\.battery\.reversed: is for a meter; a battery has no transformers"):
        build("tcp://127.0.0.1:1", [replaced(hybrid[1], reversed=True)], SystemClock())


async def test_a_map_says_how_often_its_device_is_asked_at_most(tmp_path: Path) -> None:
    path = tmp_path / "slow.toml"
    path.write_text(METER + "[bus]\nperiod_s = 0.4\nconnect_ms = 200\n")
    begin = now()
    async with house(raw(20, 20, 1, 230, 5, 7, 4), spec("grid", Role.GRID, path)) as found:
        assert found.peer.calls[0].at - begin > 0.15, "rest after the connection"
        await found.passes("grid", 3)
        times = found.sink.times["grid"]
        assert times[-1] - times[0] > 0.3 * (len(times) - 1) - 0.4, "the first one came at once"


COILS = """
vendor = "V"
models = ["M"]
roles = ["plug"]
source = "S"
verified = "facts"
[points]
on = { address = 5, function = 1, values = { 0 = false, 1 = true } }
connected = { address = 9, function = 2, values = { 0 = false, 1 = true } }
error_code = { address = 3, function = 2 }
[commands.on]
writes = [{ address = 5, function = 5 }]
"""


@pytest.mark.parametrize("value", [True, False])
async def test_coils_and_inputs(tmp_path: Path, value: bool) -> None:
    path = tmp_path / "coils.toml"
    path.write_text(COILS)
    async with house({5: int(not value), 9: 1, 3: 0}, spec("plug", Role.PLUG, path)) as found:
        assert found.sink.of("plug") == {"on": not value, "connected": True, "error_code": 0}
        found.peer.script = coil
        await found.driver.apply(command("plug.on", value))
        write = next(c for c in found.peer.calls if c.function == 5)
        assert write.raw[-4:] == bytes([0, 5, 0xFF if value else 0, 0])
        assert found.sink.value("plug.on") is value


async def coil(call: Call) -> None:
    """A coil is told as FF00, and is 1 when it is read."""
    call.say()
    if call.function == 5:
        call.peer.holds(call.unit, {call.address: int(call.raw[-2] == 0xFF)})


# -- the owner's own maps --------------------------------------------------------------------------------------------


async def test_a_map_that_is_changed_holds_without_a_restart(
    meter: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("drivers.modbus.station._LOOK_S", 0.05)
    caplog.set_level(logging.INFO)
    async with house(raw(20, 20, 1, 230, 5, 7, 4), spec("grid", Role.GRID, meter)) as found:
        meter.write_text(METER.replace("address = 3 }", "address = 3, scale = 0.1 }") + "frequency = { address = 7 }\n")
        found.peer.holds(1, {7: 50})
        await eventually(lambda: found.sink.value("grid.frequency") == 50)
        assert found.sink.value("grid.voltage_l1") == 23
        assert "grid.frequency" in {p.id for p in found.sink.devices["grid"].points}
        for wrong, says in (
            ("[points", "not valid TOML"),
            (METER.replace('"grid", ', ""), "roles: a grid of the site"),
        ):
            meter.write_text(wrong)
            await eventually(lambda: says in caplog.text)  # noqa: B023
        await found.passes("grid", 3)
        errors = [r for r in caplog.records if r.levelno == logging.ERROR]
        assert len(errors) == 2 and all("what it said before holds" in r.getMessage() for r in errors)
        assert found.sink.value("grid.frequency") == 50
        meter.unlink()
        await eventually(lambda: "cannot be read" in caplog.text)
        meter.write_text(METER)
        await eventually(lambda: found.sink.value("grid.voltage_l1") == 230)


def test_the_owners_maps_come_first_and_may_rest_on_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from drivers.modbus import catalogue
    from drivers.modbus.driver import prepare

    monkeypatch.setattr(catalogue.Own, "folder", None)
    ours = catalogue.load("eastron/sdm630")
    prepare(tmp_path)
    own = tmp_path / "maps" / "eastron" / "sdm630.toml"
    own.parent.mkdir(parents=True)
    own.write_text('base = "eastron/sdm630"\nnotes = ["mine"]\n[points]\npower = { address = 2 }\n')
    mine = catalogue.load("eastron/sdm630")
    assert mine.notes == ("mine",) and mine.bus == ours.bus
    powers = [m.faces[Role.GRID].point("power").registers[0].address for m in (ours, mine)]
    assert powers == [0x34, 2]
    assert {p.name for p in mine.faces[Role.GRID].points} == {p.name for p in ours.faces[Role.GRID].points}
    (own.parent / "new.toml").write_text(METER)
    assert "eastron/new" in catalogue.names()
    own.write_text("[points")
    with pytest.raises(ConfigError, match="map eastron/sdm630: not valid TOML"):
        catalogue.load("eastron/sdm630")
    assert "eastron/new" in {m["map"] for m in catalogue.describe()}


def test_the_hub_tells_the_driver_where_the_owners_maps_lie(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from drivers.modbus import catalogue
    from hub import drivers

    monkeypatch.setattr(catalogue.Own, "folder", None)
    path = tmp_path / "maps" / "mine" / "meter.toml"
    path.parent.mkdir(parents=True)
    path.write_text(METER)
    wanted = DeviceSpec("u", "grid", Role.GRID, "modbus", "tcp://127.0.0.1:1", options={"map": "mine/meter"})
    with pytest.raises(ConfigError, match="map 'mine/meter': is not known"):
        drivers.build([wanted], SystemClock(), "")
    (driver,) = drivers.build([wanted], SystemClock(), "", tmp_path)
    assert "grid.reactive_power" in {p.id for p in driver.devices[0].points}
