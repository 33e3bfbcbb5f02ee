"""The P1 driver over a real TCP socket and a real pty: values, loss and return, each said once."""

from __future__ import annotations

import asyncio
import os
import pty
import tty
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from drivers.p1.driver import build
from hub import drivers
from hub.errors import ConfigError, Refused
from hub.model import Command, DeviceSpec, Reason, Role, Source, SystemClock

SPEC = DeviceSpec("u1", "grid", Role.GRID, "p1", "")


class Meter:
    """A TCP P1 reader that sends a telegram on every connection, then every 0.1 s while `talking`."""

    def __init__(self, make: Callable[..., bytes]) -> None:
        self.make = make
        self.talking = True
        self.watts = 100
        self.writers: list[asyncio.StreamWriter] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)
        try:
            while True:
                if self.talking:
                    writer.write(self.make(self.watts))
                    await writer.drain()
                await asyncio.sleep(0.1)
        except ConnectionError:
            pass


@pytest.fixture
def scene(sink: Any, telegram: Callable[..., bytes]) -> Callable[[Callable[..., Any]], None]:
    """Runs `play(meter, server)` beside a driver that is connected to the meter."""

    def run(play: Callable[..., Any]) -> None:
        async def main() -> None:
            meter = Meter(telegram)
            server = await asyncio.start_server(meter.serve, "127.0.0.1", 0)
            port = server.sockets[0].getsockname()[1]
            driver = build(f"tcp://127.0.0.1:{port}", [SPEC], SystemClock())
            task = asyncio.create_task(driver.run(sink))
            try:
                await sink.until(lambda: "grid.power" in sink.values)
                await play(meter, server)
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
                server.close()
                for writer in meter.writers:
                    writer.close()

        asyncio.run(main())

    return run


def test_values_arrive_in_base_units(sink: Any, scene: Any) -> None:
    async def play(meter: Meter, server: asyncio.Server) -> None:
        meter.watts = -2500
        await sink.until(lambda: sink.values["grid.power"].value == -2500)
        assert sink.values["grid.energy_import"].value == 3750
        assert sink.events == [("seen", "grid")]
        device = sink.devices["grid"]
        assert device.serial == "E0044" and device.firmware == "50" and device.vendor == "SHM"
        assert {p.id for p in device.points} == set(sink.values)

    scene(play)


def test_a_broken_connection_is_lost_once_and_seen_once(sink: Any, scene: Any) -> None:
    async def play(meter: Meter, server: asyncio.Server) -> None:
        meter.writers[-1].transport.abort()
        await sink.until(lambda: len(sink.events) == 3)
        assert sink.events == [("seen", "grid"), ("lost", "grid"), ("seen", "grid")]

    scene(play)


def test_silence_is_lost_after_five_seconds_and_never_repeated(sink: Any, scene: Any) -> None:
    async def play(meter: Meter, server: asyncio.Server) -> None:
        start = asyncio.get_running_loop().time()
        meter.talking = False
        await sink.until(lambda: ("lost", "grid") in sink.events)
        assert 4.0 < asyncio.get_running_loop().time() - start < 6.5
        meter.talking = True
        await sink.until(lambda: len(sink.events) == 3)
        assert sink.events[1:] == [("lost", "grid"), ("seen", "grid")]

    scene(play)


def test_a_serial_port_unplugged_and_plugged_in_again(sink: Any, telegram: Callable[..., bytes], tmp_path: Any) -> None:
    async def main() -> None:
        link = tmp_path / "meter"
        master = plug(link)
        task = asyncio.create_task(build(f"serial://{link}?baud=115200", [SPEC], SystemClock()).run(sink))
        try:
            await feed(master, telegram(400), sink, 400)
            os.close(master)
            link.unlink()
            await sink.until(lambda: ("lost", "grid") in sink.events)
            await asyncio.sleep(0.5)
            master = plug(link)
            await feed(master, telegram(-70), sink, -70)
            assert sink.events == [("seen", "grid"), ("lost", "grid"), ("seen", "grid")]
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            os.close(master)

    asyncio.run(main())


def plug(link: Any) -> int:
    master, slave = pty.openpty()
    tty.setraw(slave)
    link.symlink_to(os.ttyname(slave))
    os.close(slave)
    return master


async def feed(master: int, data: bytes, sink: Any, watts: int) -> None:
    async with asyncio.timeout(8):
        while sink.values.get("grid.power") is None or sink.values["grid.power"].value != watts:
            os.write(master, data)
            await asyncio.sleep(0.1)


def test_a_port_that_is_not_there_is_lost_not_fatal(sink: Any, tmp_path: Any) -> None:
    async def main() -> None:
        task = asyncio.create_task(build(f"serial://{tmp_path}/none", [SPEC], SystemClock()).run(sink))
        await sink.until(lambda: sink.events == [("lost", "grid")])
        await asyncio.sleep(0.7)
        assert not task.done() and sink.events == [("lost", "grid")]
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(main())


def test_nothing_can_be_written() -> None:
    driver = build("tcp://127.0.0.1:1", [SPEC], SystemClock())
    with pytest.raises(Refused):
        asyncio.run(driver.apply(Command("grid.power", 1, "r", Source.PERSON, Reason("x"))))


@pytest.mark.parametrize(
    "link", ["tcp://nohost", "serial://", "http://x", "tcp://h:99999", "serial:///dev/x?baud=fast"]
)
def test_a_link_that_cannot_be_one_is_a_clear_error(link: str) -> None:
    with pytest.raises(ConfigError, match="P1"):
        build(link, [SPEC], SystemClock())


@pytest.mark.parametrize(
    ("site", "options", "hour"),
    [
        ("Europe/Helsinki", [{}, {}], 10),
        ("Europe/Helsinki", [{}, {"timezone": "Europe/London"}], 12),
        ("Europe/Amsterdam", [{}], 11),
        ("UTC", [{}], 11),
        ("", [{}], 11),
    ],
)
def test_its_clock_is_the_sites_unless_its_owner_says_otherwise(
    site: str, options: list[dict[str, object]], hour: int, telegram: Callable[..., bytes]
) -> None:
    specs = [DeviceSpec(f"u{n}", f"d{n}", Role.GRID, "p1", "tcp://h:1", options=o) for n, o in enumerate(options)]
    (driver,) = drivers.build(specs, SystemClock(), "", timezone=site)
    (heard,) = driver._language.parser().feed(telegram(5))  # type: ignore[attr-defined]
    assert datetime.fromtimestamp(heard.time / 1000, UTC) == datetime(2026, 11, 24, hour, tzinfo=UTC)


@pytest.mark.parametrize("zones", [["Mars/Base"], ["Europe/Riga", "Europe/Vilnius"], [5]])
def test_a_zone_that_cannot_be_is_a_clear_error(zones: list[object]) -> None:
    specs = [
        DeviceSpec(f"u{n}", f"d{n}", Role.GRID, "p1", "tcp://h:1", options={"timezone": z}) for n, z in enumerate(zones)
    ]
    with pytest.raises(ConfigError, match="timezone"):
        drivers.build(specs, SystemClock(), "", timezone="Europe/Berlin")
