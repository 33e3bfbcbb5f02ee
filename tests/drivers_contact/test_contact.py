"""Contacts: SG-Ready's four states, a load, a report; rest at start and end; the kernel's chip where there is one."""

from __future__ import annotations

import asyncio
import importlib.util
import itertools
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from drivers.contact.driver import build
from drivers.contact.lines import Line, Lines
from hub.errors import ConfigError, NoAnswer, Refused
from hub.model import Command, Device, DeviceSpec, Measurement, Reason, Role, Source, SystemClock, Value

LINK = "gpio:///dev/gpiochip0"


class Board:
    """Lines as copper: the level of each, what an output drives, what a contact at an input pulls it to."""

    def __init__(self) -> None:
        self.levels: dict[int, bool] = {}
        self.low: dict[int, bool] = {}
        self.history: list[dict[int, bool]] = []
        self.broken = False
        self.held = False

    def hold(self, inputs: tuple[Line, ...], outputs: Mapping[Line, bool]) -> Lines:
        if self.broken:
            raise OSError(16, "Device or resource busy")
        self.held = True
        self.low = {line.offset: line.active_low for line in (*inputs, *outputs)}
        for line in inputs:
            self.levels.setdefault(line.offset, line.active_low)
        self.write({line.offset: closed for line, closed in outputs.items()})
        return self

    def read(self, offset: int) -> bool:
        if self.broken:
            raise OSError(19, "No such device")
        return self.levels[offset] != self.low[offset]

    def write(self, values: Mapping[int, bool]) -> None:
        if self.broken:
            raise OSError(19, "No such device")
        changed = {offset: closed != self.low[offset] for offset, closed in values.items()}
        self.levels |= changed
        self.history.append(changed)

    def close(self) -> None:
        self.held = False


class Notes:
    def __init__(self) -> None:
        self.values: dict[str, Value | None] = {}
        self.devices: dict[str, Device] = {}
        self.lost_: list[tuple[str, str]] = []

    def put(self, measurements: Any) -> None:
        for m in measurements:
            assert isinstance(m, Measurement)
            self.values[m.point] = m.value

    def seen(self, device: Device) -> None:
        self.devices[device.id] = device

    def lost(self, device: str, reason: str) -> None:
        self.lost_.append((device, reason))

    async def until(self, true: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not true():
                await asyncio.sleep(0.01)


def spec(name: str, role: Role, **options: object) -> DeviceSpec:
    return DeviceSpec(f"uid-{name}", name, role, "contact", LINK, options={"poll_s": 0.05, **options})


PUMP = spec("pump", Role.HEATPUMP, lines=[17, 27])
LOAD = spec("boiler", Role.PLUG, line=22, active_low=True)
REPORT = spec("operator", Role.SENSOR, line=23, active_low=True)


def command(point: str, value: Value) -> Command:
    return Command(point, value, "r", Source.PERSON, Reason("test"))


def play(board: Board, specs: list[DeviceSpec], scene: Callable[[Any, Notes], Awaitable[None]]) -> None:
    async def main() -> None:
        driver, notes = build(LINK, specs, SystemClock(), lambda path, where: board), Notes()
        task = asyncio.create_task(driver.run(notes))
        try:
            await scene(driver, notes)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    asyncio.run(main())


@pytest.mark.parametrize(("state", "contacts"), [(1, (1, 0)), (2, (0, 0)), (3, (0, 1)), (4, (1, 1))])
def test_sg_ready_is_two_contacts(state: int, contacts: tuple[int, int]) -> None:
    board = Board()

    async def scene(driver: Any, notes: Notes) -> None:
        await notes.until(lambda: notes.values.get("pump.sg_ready") == 2)
        await driver.apply(command("pump.sg_ready", state))
        assert notes.values["pump.sg_ready"] == state
        assert (board.levels[17], board.levels[27]) == contacts

    play(board, [PUMP], scene)
    assert not board.levels[17] and not board.levels[27], "normal at the end"
    assert not board.held


def test_both_contacts_change_at_once() -> None:
    """From block to forced on there is no moment of normal or boost between."""
    board = Board()

    async def scene(driver: Any, notes: Notes) -> None:
        await notes.until(lambda: "pump.sg_ready" in notes.values)
        await driver.apply(command("pump.sg_ready", 1))
        await driver.apply(command("pump.sg_ready", 3))
        assert board.history[-1] == {17: False, 27: True}

    play(board, [PUMP], scene)


def test_a_load_with_a_relay_that_is_on_at_low() -> None:
    board = Board()

    async def scene(driver: Any, notes: Notes) -> None:
        await notes.until(lambda: notes.values.get("boiler.on") is False)
        assert board.levels[22] is True, "off is high for it"
        await driver.apply(command("boiler.on", True))
        assert board.levels[22] is False and notes.values["boiler.on"] is True

    play(board, [LOAD], scene)
    assert board.levels[22] is True


def test_a_default_of_its_own() -> None:
    board = Board()

    async def scene(driver: Any, notes: Notes) -> None:
        await notes.until(lambda: notes.values.get("pump.sg_ready") == 3)
        await driver.apply(command("pump.sg_ready", 1))

    play(board, [spec("pump", Role.HEATPUMP, lines=[17, 27], default=3)], scene)
    assert (board.levels[17], board.levels[27]) == (False, True)


def test_a_contact_that_reports() -> None:
    board = Board()

    async def scene(driver: Any, notes: Notes) -> None:
        await notes.until(lambda: notes.values.get("operator.contact") is False)
        board.levels[23] = False
        await notes.until(lambda: notes.values["operator.contact"] is True)
        with pytest.raises(Refused):
            await driver.apply(command("operator.contact", 1))

    play(board, [REPORT, PUMP], scene)


def test_a_chip_that_goes_away_is_lost_once_and_found_again() -> None:
    board = Board()

    async def scene(driver: Any, notes: Notes) -> None:
        await notes.until(lambda: "pump" in notes.devices)
        board.broken = True
        await notes.until(lambda: bool(notes.lost_))
        with pytest.raises(NoAnswer):
            await driver.apply(command("pump.sg_ready", 1))
        await asyncio.sleep(0.05)
        assert len(notes.lost_) == 1
        board.broken = False
        notes.devices.clear()
        await notes.until(lambda: "pump" in notes.devices)

    play(board, [PUMP], scene)


@pytest.mark.parametrize("value", [0, 5, 2.5, "boost"])
def test_other_states_there_are_none(value: Value) -> None:
    async def scene(driver: Any, notes: Notes) -> None:
        await notes.until(lambda: "pump.sg_ready" in notes.values)
        with pytest.raises(Refused):
            await driver.apply(command("pump.sg_ready", value))

    play(Board(), [PUMP], scene)


@pytest.mark.parametrize(
    ("link", "devices", "says"),
    [
        ("gpio://gpiochip0", [PUMP], "gpio:///dev/gpiochip0"),
        (LINK, [spec("pump", Role.HEATPUMP, lines=[17])], "two lines"),
        (LINK, [spec("pump", Role.HEATPUMP, lines=[17, 17])], "two lines"),
        (LINK, [spec("boiler", Role.PLUG)], "line"),
        (LINK, [spec("boiler", Role.PLUG, lines=[1, 2])], "SG-Ready"),
        (LINK, [spec("boiler", Role.PLUG, line=17), PUMP], "already"),
        (LINK, [spec("box", Role.CHARGER, line=1)], "role"),
        (LINK, [spec("boiler", Role.PLUG, line=1, activelow=True)], "active_low"),
        (LINK, [spec("door", Role.SENSOR, line=1, default=True)], "outputs"),
    ],
)
def test_what_cannot_be_is_an_error_that_helps(link: str, devices: list[DeviceSpec], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        build(link, devices, SystemClock(), lambda path, where: Board())


@pytest.mark.skipif(importlib.util.find_spec("gpiod") is not None, reason="gpiod is installed here")
def test_without_gpiod_it_says_what_to_install() -> None:
    with pytest.raises(ConfigError, match=r"shems\[gpio\]"):
        build(LINK, [PUMP], SystemClock())


def _simulated() -> tuple[str, Path] | None:
    """A chip that the kernel's gpio-sim makes: its device file and where its lines' pulls are."""
    for chip in Path("/sys/devices/platform").glob("gpio-sim.*/gpiochip*"):
        if (Path("/dev") / chip.name).exists() and (chip / "sim_gpio0").is_dir():
            return f"gpio:///dev/{chip.name}", chip
    return None


@pytest.mark.skipif(importlib.util.find_spec("gpiod") is None, reason="the package gpiod is not installed")
@pytest.mark.skipif(_simulated() is None, reason="the kernel has no gpio-sim chip here")
def test_a_chip_of_the_kernel() -> None:
    found = _simulated()
    assert found is not None
    link, chip = found
    specs = [spec("pump", Role.HEATPUMP, lines=[0, 1]), spec("door", Role.SENSOR, line=2)]

    async def main() -> None:
        driver, notes = build(link, specs, SystemClock()), Notes()
        task = asyncio.create_task(driver.run(notes))
        try:
            await notes.until(lambda: notes.values.get("pump.sg_ready") == 2)
            for state, (one, two) in zip((1, 4, 3), ((1, 0), (1, 1), (0, 1)), strict=True):
                await driver.apply(command("pump.sg_ready", state))
                shown = [(chip / f"sim_gpio{n}" / "value").read_text().strip() for n in (0, 1)]
                assert shown == [str(one), str(two)]
            for level, pull in itertools.product((True, False), ("pull-up",)):
                (chip / "sim_gpio2" / "pull").write_text(pull if level else "pull-down")
                await notes.until(lambda level=level: notes.values["door.contact"] is level)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    asyncio.run(main())
