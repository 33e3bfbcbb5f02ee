"""What the wire said, for whoever installs a device: every driver that reads tells its last readings."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from typing import Any

import pytest

from hub.drivers import DRIVERS, build
from hub.model import Device, DeviceSpec, Driver, Measurement, Role, SystemClock
from hub.model.driver import Telling
from hub.model.heard import Reading
from tests.drivers_contact import test_contact as contact
from tests.drivers_goodwe.test_driver import Inverter
from tests.drivers_ocpp import kit as ocpp_kit
from tests.drivers_ocpp.kit import Hub
from tests.finding.kit import VECTORS, Talker
from tests.finding.test_http import SOCKET, served
from tests.finding.test_others import at_port
from tests.sim.conftest import Sim, end, start

needs_captures = pytest.mark.skipif(not VECTORS.is_dir(), reason="the captures are not beside the checkout")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sim]:
    running = start(tmp_path_factory.mktemp("sim"))
    yield running
    end(running)


class Notes:
    def __init__(self) -> None:
        self.values: dict[str, Any] = {}

    def put(self, measurements: Iterable[Measurement]) -> None:
        self.values |= {m.point: m.value for m in measurements}

    def seen(self, device: Device) -> None:
        """Devices are not looked at here."""

    def lost(self, device: str, reason: str) -> None:
        """Nor their loss."""


@contextlib.asynccontextmanager
async def running(driver: Driver, until: Callable[[Notes], bool]) -> AsyncIterator[Notes]:
    """The driver once it has measured."""
    notes = Notes()
    task = asyncio.create_task(driver.run(notes))
    try:
        async with asyncio.timeout(20):
            while not until(notes):
                await asyncio.sleep(0.01)
        yield notes
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def read(spec: DeviceSpec, point: str) -> tuple[dict[str, Reading], Any]:
    """The readings by code, and the value of the point."""

    async def go() -> tuple[dict[str, Reading], Any]:
        (driver,) = build([spec], SystemClock(), "")
        assert isinstance(driver, Telling) and driver.raw(spec.id) == () and driver.raw("nobody") == ()
        async with running(driver, lambda notes: f"{spec.id}.{point}" in notes.values) as notes:
            told = driver.raw(spec.id)
            assert len({r.code for r in told}) == len(told), "each code is told once"
            return {r.code: r for r in told}, notes.values[f"{spec.id}.{point}"]

    return asyncio.run(go())


def test_modbus_tells_words_and_values(house: Sim) -> None:
    spec = DeviceSpec("u", "m", Role.METER, "modbus", house.links["meter_tcp"], options={"map": "eastron/sdm630"})
    told, value = read(spec, "voltage_l1")
    words = str(told["4:0000"].value)
    assert told["4:0000 voltage_l1"] == Reading("4:0000 voltage_l1", value, "V")
    assert len(words.split()) == 2 and all(len(word) == 4 and int(word, 16) >= 0 for word in words.split())


def test_sunspec_tells_models_and_points(house: Sim) -> None:
    spec = DeviceSpec("u", "pv", Role.INVERTER, "sunspec", house.links["inverter"], options={"unit": 1})
    told, _ = read(spec, "power")
    assert any(code.startswith("103.") or code.startswith("701.") for code in told) and "1.SN" in told


def test_a_meter_tells_its_last_telegram(house: Sim) -> None:
    told, value = read(DeviceSpec("u", "m", Role.METER, "p1", house.links["p1_serial"]), "power")
    assert {told["1-0:1.7.0"].value, told["1-0:2.7.0"].value} & {abs(value)}


@needs_captures
def test_every_language_of_meters_tells() -> None:
    async def go() -> set[str]:
        async with Talker((VECTORS / "sml" / "ISKRA_MT175_eHZ.bin").read_bytes()) as talker:
            spec = DeviceSpec("u", "m", Role.GRID, "sml", f"serial://{talker.path}")
            (driver,) = build([spec], SystemClock(), "")
            async with running(driver, lambda notes: bool(notes.values)):
                assert isinstance(driver, Telling)
                return {reading.code for reading in driver.raw("m")}

    assert any("1.8.0" in code for code in asyncio.run(go()))


@needs_captures
def test_http_tells_paths_by_their_ask() -> None:
    async def go() -> dict[str, Reading]:
        async with served(SOCKET) as port:
            spec = DeviceSpec("u", "s", Role.PLUG, "http", f"http://127.0.0.1:{port}", options={"kind": "homewizard"})
            (driver,) = build([spec], SystemClock(), "")
            async with running(driver, lambda notes: "s.power" in notes.values):
                assert isinstance(driver, Telling)
                return {reading.code: reading for reading in driver.raw("s")}

    told = asyncio.run(go())
    assert told["data active_power_w"].unit == "W" and "state power_on" in told


@needs_captures
def test_goodwe_tells_its_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    async def go() -> set[str]:
        async with at_port(Inverter()) as port:
            spec = DeviceSpec("u", "pv", Role.INVERTER, "goodwe", f"udp://127.0.0.1:{port}")
            (driver,) = build([spec], SystemClock(), "")
            async with running(driver, lambda notes: "pv.power" in notes.values):
                assert isinstance(driver, Telling)
                return {reading.code for reading in driver.raw("pv")}

    assert {"work_mode", "rated_power"} <= asyncio.run(go())


def test_ocpp_tells_each_message() -> None:
    async def go() -> set[tuple[str, object]]:
        async with Hub(ocpp_kit.spec()) as hub:
            assert hub.driver.raw("wallbox") == ()
            async with ocpp_kit.plugged(hub) as box:
                await box.boot()
                await box.tell("Preparing")
                return {(reading.code, reading.value) for reading in hub.driver.raw("wallbox")}

    told = asyncio.run(go())
    assert ("StatusNotification.status", "Preparing") in told
    assert any(code.startswith("BootNotification.") and value == "Acme" for code, value in told)


def test_contact_tells_its_lines() -> None:
    async def scene(driver: Any, notes: Any) -> None:
        assert driver.raw("pump") == () and driver.raw("nobody") == ()
        await notes.until(lambda: "pump.sg_ready" in notes.values)
        await driver.apply(contact.command("pump.sg_ready", 3))
        assert driver.raw("pump") == (Reading("line 17", False), Reading("line 27", True))

    contact.play(contact.Board(), [contact.PUMP, contact.LOAD], scene)


@pytest.mark.parametrize("name", DRIVERS)
def test_every_driver_of_the_table_tells(name: str) -> None:
    module = importlib.import_module(DRIVERS[name])
    made = [c for c in vars(module).values() if isinstance(c, type) and callable(getattr(c, "apply", None))]
    assert [c.__name__ for c in made if c is not Driver and not callable(getattr(c, "raw", None))] == []
