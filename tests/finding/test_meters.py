"""Finding smart meters: by captures of real ones, on pseudo terminals that say them, and in the simulated house."""

from __future__ import annotations

import asyncio
import importlib
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers.push import find as finder
from drivers.push.marks import Mark, answer, mark
from drivers.push.port import Line, Port
from hub.drivers import build
from hub.errors import LinkError
from hub.finding.search import search
from hub.model import DeviceSpec, Role, SystemClock
from hub.model.found import Found, Where
from tests.finding.kit import VECTORS, Talker
from tests.sim.conftest import Sim, end, start

pytestmark = pytest.mark.skipif(not VECTORS.is_dir(), reason="the captures are not beside the checkout")
_FOLDERS = {"sml": "sml", "dsmr": "p1", "d0": "d0"}
_FRAGMENTS = ("iec62056-21_test_data_1.txt", "iec62056-21_test_data_2.txt")
"""data lines without an identification: nobody can tell them"""


def captures() -> list[tuple[str, Path]]:
    files = ((name, path) for folder, name in _FOLDERS.items() for path in sorted((VECTORS / folder).glob("*.*")))
    return [(n, p) for n, p in files if p.suffix in (".txt", ".bin") and p.name not in _FRAGMENTS]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sim]:
    running = start(tmp_path_factory.mktemp("sim"))
    yield running
    end(running)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finder, "PACE", finder.Pace(listen=0.4, answer=0.4))
    monkeypatch.setattr(finder, "ASKED", Line(300))  # a pseudo terminal takes no parity


@pytest.mark.parametrize(("name", "path"), captures(), ids=lambda v: v.name if isinstance(v, Path) else v)
def test_every_capture_is_known_by_its_marks(name: str, path: Path) -> None:
    found = mark(path.read_bytes())
    assert found is not None and found.name == name


@pytest.mark.parametrize(("name", "path"), captures()[::5], ids=lambda v: v.name if isinstance(v, Path) else v)
def test_a_meter_is_not_taken_for_another_while_it_speaks(name: str, path: Path) -> None:
    data = path.read_bytes()
    told = {found.name for size in range(1, len(data), 7) if (found := mark(data[:size]))}
    assert told <= {name}


def x25(data: bytes) -> bytes:
    """The frame check of HDLC, bit by bit as in ISO/IEC 13239, low byte first."""
    rest = 0xFFFF
    for byte in data:
        for n in range(8):
            rest = rest >> 1 ^ (0x8408 if (rest ^ byte >> n) & 1 else 0)
    return (rest ^ 0xFFFF).to_bytes(2, "little")


def hdlc(apdu: bytes) -> bytes:
    """An unnumbered frame as Kaifa and Aidon send it."""
    address = b"\x41\x08\x83\x13"
    head = (0xA000 | len(apdu) + len(address) + 9).to_bytes(2, "big") + address
    body = head + x25(head) + b"\xe6\xe7\x00" + apdu
    return b"\x7e" + body + x25(body) + b"\x7e"


def mbus(apdu: bytes) -> bytes:
    """A long frame as Austrian meters send it."""
    body = b"\x53\xff\x10\x01\x67" + apdu
    return bytes([0x68, len(body), len(body), 0x68, *body, sum(body) & 0xFF, 0x16])


def pushed() -> bytes:
    """A data notification of a Kaifa."""
    return bytes.fromhex((VECTORS / "han-dlms" / "amshan_kaifa_2.hex").read_text())


@pytest.mark.parametrize("framed", [hdlc, mbus])
def test_dlms_is_known_by_its_frames(framed: object) -> None:
    data = framed(b"\x0f\x40\x00\x00\x00\x00" + pushed()[:200])  # type: ignore[operator]
    assert mark(b"\x00\x68\x7e" + data) == Mark("dlms")
    assert mark(data[:-3]) is None
    broken = bytearray(data)
    broken[20] ^= 1
    assert mark(bytes(broken)) is None
    sealed = framed(b"\xdb\x08KFM12345\x20" + bytes(31))  # type: ignore[operator]
    assert mark(sealed) == Mark("dlms", sealed=True)


def test_an_encrypted_p1_telegram_needs_a_key() -> None:
    found = mark((VECTORS / "dsmr" / "esphome_encrypted_packet.bin").read_bytes())
    assert found is not None and (found.name, found.sealed) == ("p1", True)


def test_noise_is_no_meter() -> None:
    noise = random.Random(7)
    for _ in range(200):
        data = noise.randbytes(2000)
        assert mark(data) is None and answer(data) is None


def found_at(*paths: str) -> list[Found]:
    found: list[Found] = []

    async def go() -> None:
        await finder.find(Where(ports=paths), found.append)

    asyncio.run(go())
    return found


async def heard(talker: Talker) -> list[Found]:
    found: list[Found] = []
    await finder.find(Where(ports=(talker.path,)), found.append)
    return found


def driver_takes(found: Found) -> None:
    """What was found is what the site document needs."""
    spec = DeviceSpec("u", "grid", found.roles[0], found.driver, found.link, options=found.options)
    (driver,) = build([spec], SystemClock(), "")
    assert driver.devices[0].id == "grid"


@pytest.mark.parametrize(
    ("name", "capture"),
    [
        ("sml", "sml/EMH_eHZ-GW8E2A500AK2.bin"),
        ("p1", "dsmr/dsmrparser_v4_2.txt"),
        ("d0", "d0/vzlogger_basic_dump_fd.txt"),
    ],
)
def test_what_talks_by_itself_is_heard_and_recorded(name: str, capture: str, quick: None) -> None:
    async def go() -> tuple[list[Found], bytes]:
        async with Talker((VECTORS / capture).read_bytes()) as talker:
            found = await heard(talker)
            return found, await finder.record(f"serial://{talker.path}", 0.3)

    (one,), data = asyncio.run(go())
    assert (one.driver, one.roles) == (name, (Role.GRID, Role.METER)) and one.certain
    assert one.options == ({"mode": "listen"} if name == "d0" else {})
    driver_takes(one)
    messages = importlib.import_module(f"drivers.{name}.codec").decode(data).messages
    assert messages and messages[0].readings


def test_a_line_with_a_parity_bit_is_told_as_such(quick: None) -> None:
    """7 bits and even parity, heard as 8 bits."""
    text = (VECTORS / "d0" / "vzlogger_basic_dump_fd.txt").read_bytes()

    async def go() -> list[Found]:
        async with Talker(bytes(n | (n.bit_count() & 1) << 7 for n in text)) as talker:
            return await heard(talker)

    (one,) = asyncio.run(go())
    assert one.driver == "d0" and "bits=7&parity=E" in one.link
    driver_takes(one)


def test_an_older_meter_is_asked(quick: None) -> None:
    async def go() -> tuple[list[Found], bytes, bytes]:
        readout = (VECTORS / "d0" / "vzlogger_LandisGyr_basic.txt").read_bytes().partition(b"\n")[2]
        async with Talker(asked=b"/?!\r\n", answer=readout) as talker:
            found = await heard(talker)
            return found, await finder.record(found[0].link, 0.3), talker.heard

    (one,), data, asked = asyncio.run(go())
    assert one.driver == "d0" and one.model == "LGZ52ZMD120APt.G03" and not one.options and "baud=300" in one.link
    assert importlib.import_module("drivers.d0.codec").decode(data).messages
    assert asked.replace(b"/?!\r\n", b"") == b"", "nothing else is ever said"
    driver_takes(one)


def test_a_silent_port_is_asked_once_and_left(quick: None) -> None:
    async def go() -> tuple[list[Found], bytes]:
        async with Talker() as talker:
            return await heard(talker), talker.heard

    assert asyncio.run(go()) == ([], b"/?!\r\n")


def test_a_port_that_somebody_has_is_left_alone(quick: None) -> None:
    async def go() -> list[Found]:
        async with Talker((VECTORS / "sml" / "ISKRA_MT175_eHZ.bin").read_bytes()) as talker:
            async with finder._opened(Port(finder.LISTENED[1], talker.path)):
                return await heard(talker)

    assert asyncio.run(go()) == []
    assert found_at("/dev/there-is-no-such-port") == []


def test_the_simulated_houses_meter_is_found(house: Sim) -> None:
    (p1,) = found_at(house.tty("p1_serial"))
    assert p1.driver == "p1" and p1.link.startswith(f"serial://{house.tty('p1_serial')}?baud=115200")
    (same,) = asyncio.run(finder.probe(house.links["p1_tcp"]))
    assert (same.driver, same.link) == ("p1", house.links["p1_tcp"])


def test_a_search_asks_no_modbus_where_a_meter_talks(house: Sim) -> None:
    found: list[Found] = []
    asyncio.run(search(Where(ports=(house.tty("p1_serial"),)), found.append))
    assert [f.driver for f in found] == ["p1"]


def test_nobody_there_is_said(quick: None) -> None:
    with pytest.raises(LinkError, match="no smart meter talks there"):
        asyncio.run(finder.probe("serial:///dev/there-is-no-such-port"))


def test_the_simulated_meters_are_known_by_what_they_say(tmp_path: Path) -> None:
    """EasyMeter's read-outs have P1's blank line and are read by either driver."""
    drivers = {"sml": "sml", "d0_push": "p1", "aidon": "dlms", "kaifa": "dlms", "kamstrup": "dlms"}
    links = {f"{meter}_tcp": driver for meter, driver in drivers.items()} | {"d0_serial": "d0"}
    house = start(tmp_path, "--add", "d0," + ",".join(drivers))

    async def go() -> dict[str, Found]:
        found = await asyncio.gather(*(finder.probe(house.links[link]) for link in links))
        return {link: one for link, (one,) in zip(links, found, strict=True)}

    try:
        known = asyncio.run(go())
        assert {link: one.driver for link, one in known.items()} == links
        assert [link for link, one in known.items() if one.needs] == ["kamstrup_tcp"]
        for one in known.values():
            driver_takes(one)
    finally:
        end(house)
