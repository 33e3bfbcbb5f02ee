"""The one driver of talking meters: SML and DLMS over real sockets, the D0 talk on a real pty, options and links."""

from __future__ import annotations

import asyncio
import os
import pty
import re
import termios
import tty
from collections.abc import Awaitable, Callable, Iterable
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest
from dlms_cosem.hdlc.address import HdlcAddress
from dlms_cosem.hdlc.frames import UnnumberedInformationFrame

from drivers.d0.driver import _ask
from drivers.push.options import keys, place
from drivers.push.pace import Pace
from drivers.push.port import Line, Port
from hub.config import parse
from hub.drivers import build
from hub.errors import ConfigError, Refused
from hub.live import Board
from hub.model import Command, Device, DeviceSpec, Driver, Measurement, Reason, Role, Source
from tests.house_kit import ToldClock

SML = Path(__file__).parents[3] / "shared" / "vectors" / "sml" / "EMH_eHZ-HW8E2A5L0EK2P_1.bin"
HAN = Path(__file__).parents[3] / "shared" / "vectors" / "han-dlms"
needs_vectors = pytest.mark.skipif(not SML.exists(), reason=f"no vectors at {SML.parent}")
KEY = "000102030405060708090a0b0c0d0e0f"
PORT = "serial:///dev/x"


class ListSink:
    def __init__(self) -> None:
        self.events: list[tuple[str, str]] = []
        self.reasons: list[str] = []
        self.devices: dict[str, Device] = {}
        self.values: dict[str, Measurement] = {}

    def put(self, measurements: Iterable[Measurement]) -> None:
        self.values.update({m.point: m for m in measurements})

    def seen(self, device: Device) -> None:
        self.devices[device.id] = device
        self.events.append(("seen", device.id))

    def lost(self, device: str, reason: str) -> None:
        self.events.append(("lost", device))
        self.reasons.append(reason)

    async def until(self, done: Callable[[], bool]) -> None:
        async with asyncio.timeout(8):
            while not done():
                await asyncio.sleep(0.01)


def spec(driver: str, link: str = PORT, id: str = "grid", role: Role = Role.GRID, **options: object) -> DeviceSpec:
    return DeviceSpec(f"u-{id}", id, role, driver, link, options=options)


def driver_of(*specs: DeviceSpec, clock: ToldClock | None = None) -> Driver:
    return build(specs, clock or ToldClock(), "")[0]


class Talker:
    """A network reader: what is written to it reaches whoever is connected."""

    def __init__(self) -> None:
        self.writers: list[asyncio.StreamWriter] = []
        self.link = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)

    async def say(self, data: bytes) -> None:
        async with asyncio.timeout(8):
            while not self.writers:
                await asyncio.sleep(0.01)
        self.writers[-1].write(data)
        await self.writers[-1].drain()


def scene(make: Callable[[str], Driver], play: Callable[[Talker, ListSink, Driver], Awaitable[None]]) -> None:
    """Runs `play` beside the driver that `make` gives for the talker's link."""

    async def main() -> None:
        talker, sink = Talker(), ListSink()
        server = await asyncio.start_server(talker.serve, "127.0.0.1", 0)
        driver = make(f"tcp://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        task = asyncio.create_task(driver.run(sink))
        try:
            await play(talker, sink, driver)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            server.close()
            for writer in talker.writers:
                writer.close()

    asyncio.run(main())


@needs_vectors
def test_an_sml_meter_for_two_devices_at_one_link() -> None:
    async def play(talker: Talker, sink: ListSink, driver: Driver) -> None:
        await talker.say(SML.read_bytes())
        await sink.until(lambda: "second.power" in sink.values)
        assert sink.values["grid.power"].value == sink.values["second.power"].value == 1217.5  # of the last of 12
        assert sink.events == [("seen", "grid"), ("seen", "second")]
        device = sink.devices["grid"]
        assert (device.vendor, device.serial, device.link.driver) == ("EMH", "06454d4801001d4615ca", "sml")
        assert {p.id for p in device.points} == {p for p in sink.values if p.startswith("grid.")}
        with pytest.raises(Refused, match="read"):
            await driver.apply(Command("grid.power", 1, "r", Source.PERSON, Reason("x")))

    scene(lambda link: driver_of(spec("sml", link), spec("sml", link, "second", Role.METER)), play)


def hdlc(data: bytes) -> bytes:
    info = b"\xe6\xe7\x00\x0f\x40\x00\x00\x00\x00" + data
    return UnnumberedInformationFrame(HdlcAddress(32, 33, "client"), HdlcAddress(1, None, "server"), info).to_bytes()


@needs_vectors
def test_a_short_list_hides_nothing_that_the_long_one_told() -> None:
    long, short = (HAN / "amshan_kaifa_2.hex").read_text(), "0201060000012c"

    async def play(talker: Talker, sink: ListSink, driver: Driver) -> None:
        await talker.say(hdlc(bytes.fromhex(long)))
        await sink.until(lambda: "grid.power" in sink.values)
        await talker.say(hdlc(bytes.fromhex(short)))
        await sink.until(lambda: sink.values["grid.power"].value == 300)
        device = sink.devices["grid"]
        assert {"grid.voltage_l1", "grid.energy_import"} <= {p.id for p in device.points}
        assert (device.model, device.serial) == ("MA304H3E", "6970631402614476")

    scene(lambda link: driver_of(spec("dlms", link)), play)


def test_what_cannot_be_opened_is_lost_with_the_reason_and_without_the_key() -> None:
    clock = ToldClock()
    sealed = b"\xdb\x08KFM12345\x20\x30" + bytes(31)

    async def play(talker: Talker, sink: ListSink, driver: Driver) -> None:
        await talker.say(sealed)
        await asyncio.sleep(0.05)
        clock.ms += 100_000
        await talker.say(b"\x00")
        await sink.until(lambda: bool(sink.reasons))
        assert "key or auth_key is wrong" in sink.reasons[0] and KEY not in sink.reasons[0]
        assert KEY not in driver.devices[0].link.address

    scene(lambda link: driver_of(spec("p1", link, key=KEY), clock=clock), play)


@needs_vectors
def test_a_value_of_a_meter_that_talks_every_ten_seconds_holds_until_its_next_message() -> None:
    async def main() -> None:
        talker, clock = Talker(), ToldClock()
        server = await asyncio.start_server(talker.serve, "127.0.0.1", 0)
        host, port = server.sockets[0].getsockname()
        driver, board = driver_of(spec("sml", f"tcp://{host}:{port}"), clock=clock), Board(clock)
        board.expect(driver.devices[0])
        task = asyncio.create_task(driver.run(board))
        try:
            await talker.say(SML.read_bytes())
            async with asyncio.timeout(8):
                while board.read("grid.power").value is None:
                    await asyncio.sleep(0.01)
            clock.advance(10.5)
            assert board.read("grid.power").value is not None
            clock.advance(20)
            assert board.read("grid.power").value is None
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            server.close()
            for writer in talker.writers:
                writer.close()

    asyncio.run(main())


def test_a_host_whose_name_cannot_be_is_lost_not_fatal() -> None:
    async def main() -> None:
        sink, driver = ListSink(), driver_of(spec("p1", "tcp://meter..local:2000"))
        task = asyncio.create_task(driver.run(sink))
        try:
            await sink.until(lambda: bool(sink.reasons))
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        assert sink.reasons == ["meter..local is no name that a host can have"]

    asyncio.run(main())


IDENT = b"/LGZ4ZMF100AC.M27\r\n"
BLOCK = b"1.8.0(000219.252*kWh)\r\n16.7(001.66*kW)\r\n!\r\n\x03"


def check_character(block: bytes) -> bytes:
    check = 0
    for byte in block:
        check ^= byte
    return bytes([check])


class OldMeter:
    """A mode C meter behind an optical head that echoes, on a pty whose speed it looks at (a pty has always 8 bits)."""

    def __init__(self, path: Path) -> None:
        self.master, slave = pty.openpty()
        tty.setraw(slave)
        path.symlink_to(os.ttyname(slave))
        os.set_blocking(self.master, False)
        self._slave = slave
        self._heard = b""

    def speed(self) -> int:
        return int(termios.tcgetattr(self._slave)[5])

    async def hear(self, words: bytes) -> None:
        async with asyncio.timeout(8):
            while words not in self._heard:
                try:
                    self._heard += os.read(self.master, 100)
                except BlockingIOError:
                    await asyncio.sleep(0.01)
        self._heard = self._heard.partition(words)[2]
        os.write(self.master, words)

    async def at_speed(self, speed: int) -> None:
        async with asyncio.timeout(8):
            while self.speed() != speed:
                await asyncio.sleep(0.01)

    def say(self, data: bytes) -> None:
        os.write(self.master, data)

    def close(self) -> None:
        os.close(self.master)
        os.close(self._slave)


def test_an_old_meter_is_asked_and_the_speed_changed_and_asked_again(tmp_path: Path) -> None:
    async def main() -> None:
        clock, sink, meter = ToldClock(), ListSink(), OldMeter(tmp_path / "head")
        driver = driver_of(spec("d0", f"serial://{tmp_path}/head?bits=8&parity=N", poll_s=5.0), clock=clock)
        task = asyncio.create_task(driver.run(sink))
        try:
            for watts in (b"1.66", b"0.50"):
                await meter.hear(b"/?!\r\n")
                assert meter.speed() == termios.B300
                meter.say(IDENT)
                await meter.hear(b"\x06040\r\n")
                await meter.at_speed(termios.B4800)
                block = BLOCK.replace(b"1.66", watts)
                meter.say(b"\x02" + block + check_character(block))
                await sink.until(lambda w=watts: value(sink, "grid.power") == float(w) * 1000)
                clock.ms += 6000
                meter.say(b"\x00")
            assert sink.values["grid.energy_import"].value == 219_252
            assert sink.events == [("seen", "grid")]
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            meter.close()

    asyncio.run(main())


def test_a_meter_slower_than_its_poll_is_asked_again_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At 300 baud a read-out takes longer than the ten seconds between two questions; its power holds for fifteen."""
    asked: list[int] = []

    def ask(parser: Any) -> Any:
        events = _ask(parser)
        asked.append(len(events))
        return events

    monkeypatch.setattr("drivers.d0.driver._ask", ask)

    async def main() -> None:
        clock, sink, meter = ToldClock(), ListSink(), OldMeter(tmp_path / "head")
        driver = driver_of(spec("d0", f"serial://{tmp_path}/head?bits=8&parity=N"), clock=clock)
        task = asyncio.create_task(driver.run(sink))
        try:
            await meter.hear(b"/?!\r\n")
            meter.say(IDENT)
            await meter.hear(b"\x06040\r\n")
            await meter.at_speed(termios.B4800)
            clock.ms += 12_000
            meter.say(b"\x02")
            await sink.until(lambda: asked == [1, 0])
            meter.say(BLOCK + check_character(BLOCK))
            await meter.hear(b"/?!\r\n")
            assert asked == [1, 0, 1] and value(sink, "grid.power") == 1660
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            meter.close()

    asyncio.run(main())


def value(sink: ListSink, point: str) -> Any:
    return sink.values[point].value if point in sink.values else None


def test_a_port_that_cannot_be_set_is_lost_not_fatal(tmp_path: Path) -> None:
    """A pty knows no parity."""

    async def main() -> None:
        sink, meter = ListSink(), OldMeter(tmp_path / "head")
        task = asyncio.create_task(driver_of(spec("d0", f"serial://{tmp_path}/head")).run(sink))
        await sink.until(lambda: bool(sink.reasons))
        assert "cannot be set to baud=300&bits=7&parity=E" in sink.reasons[0] and not task.done()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        meter.close()

    asyncio.run(main())


# --- links and options


@pytest.mark.parametrize(
    ("link", "line"),
    [
        ("serial:///dev/serial/by-id/usb-x", Line(9600, 8, "N", 1)),
        ("serial:///dev/x?baud=2400&parity=e", Line(2400, 8, "E", 1)),
        ("serial:///dev/x?bits=7&parity=O&stop=2", Line(9600, 7, "O", 2)),
    ],
)
def test_links(link: str, line: Line) -> None:
    assert Port.parse(link, "SML", Line()).line == line


@pytest.mark.parametrize(
    ("link", "says"),
    [
        ("serial://", "expected"),
        ("tcp://nohost", "expected"),
        ("tcp://h:1?baud=9600", "expected"),
        ("http://x", "expected"),
        ("serial:///dev/x?buad=9600", "did you mean 'baud'"),
        ("serial:///dev/x?baud=fast", "baud=fast"),
        ("serial:///dev/x?baud=²", "baud=²"),
        ("serial:///dev/x?baud=99999999999999999999", "not possible"),
        ("serial:///dev/x?bits=9", "bits=9"),
        ("serial:///dev/x?parity=even", "parity"),
        ("tcp://h:99999", "not a SML link"),
    ],
)
def test_links_that_cannot_be(link: str, says: str) -> None:
    with pytest.raises(ConfigError, match="not a SML link") as raised:
        Port.parse(link, "SML", Line())
    assert says in str(raised.value)


@pytest.mark.parametrize(
    ("device", "says"),
    [
        (spec("sml", key=KEY), "key: unknown key"),
        (spec("p1", kye=KEY), "did you mean 'key'"),
        (spec("p1", key="0123"), "32 hexadecimal digits"),
        (spec("dlms", auth_key=12), "32 hexadecimal digits"),
        (spec("sml", role=Role.INVERTER), "grid or meter"),
        (spec("sml", place="cellar"), "'cellar' is no place"),
        (spec("d0", mode="push"), "'push' is not known"),
        (spec("d0", poll_s=0.1), "poll_s"),
    ],
)
def test_options_that_cannot_be(device: DeviceSpec, says: str) -> None:
    with pytest.raises(ConfigError) as raised:
        driver_of(device)
    assert says in str(raised.value) and KEY not in str(raised.value)


def test_two_keys_for_one_meter_are_one_too_many() -> None:
    one, other = spec("p1", key=KEY), spec("p1", id="second", role=Role.METER, key=KEY[::-1])
    with pytest.raises(ConfigError, match="one meter has one key") as raised:
        driver_of(one, other)
    assert KEY not in str(raised.value)
    assert keys([one, spec("p1", id="second")]).key == bytes.fromhex(KEY)


def test_two_ways_of_asking_one_meter_are_one_too_many() -> None:
    with pytest.raises(ConfigError, match="equal"):
        driver_of(spec("d0"), spec("d0", id="second", role=Role.METER, mode="listen"))


def test_the_place_is_grid_when_nothing_is_said() -> None:
    assert place(spec("sml", role=Role.METER), ()) == "grid"
    assert place(spec("sml", place="grid_2"), ()) == "grid_2"


# --- how long a meter may be silent


def test_the_pace_is_the_meters_own() -> None:
    pace = Pace()
    pace.opened(100.0)
    assert pace.left(100.0) == 12
    pace.message(101.0, quick=True)
    assert pace.left(101.0) == 5
    pace.message(111.0, quick=False)
    assert pace.left(111.0) == 25
    pace.message(112.0, quick=False)
    assert pace.left(112.0) == 5


def test_a_slow_meter_has_its_time() -> None:
    pace = Pace(65, 160)
    pace.opened(0.0)
    assert pace.left(0.0) == 65
    pace.message(10.0, quick=False)
    pace.message(70.0, quick=False)
    assert pace.left(70.0) == 150


@pytest.mark.parametrize("name", ["p1", "sml", "d0", "han"])
def test_the_examples_of_the_site_document_work_once_uncommented(name: str) -> None:
    text = (Path(__file__).parents[2] / "config.example.toml").read_text(encoding="utf-8")
    lines = text.partition(f"#[devices.{name}]\n")[2].splitlines()
    own = [line.removeprefix("#") for line in takewhile(lambda line: re.match(r"#[a-z]", line), lines)]
    site = parse("\n".join([f"[devices.{name}]", *own]))
    assert len(build(site.devices, ToldClock(), "")) == 1 and len(own) >= 3


@pytest.mark.parametrize(
    ("language", "options"),
    [("p1", ("key", "auth_key")), ("dlms", ("key", "auth_key")), ("d0", ("mode", "poll_s")), ("sml", ("place",))],
)
def test_the_owners_page_tells_of_every_option(language: str, options: tuple[str, ...]) -> None:
    page = (Path(__file__).parents[2] / "docs" / "meters.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    for option in options:
        row = next(line for line in rows if line.startswith(f"| `{option}` |"))
        assert f"`{language}`" in row or "| all |" in row
