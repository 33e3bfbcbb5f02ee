"""Finding GoodWe inverters by captured frames over UDP, and chargers that have called the hub."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from drivers.goodwe import find as goodwe
from drivers.goodwe.codec import decode
from drivers.ocpp import find as ocpp
from hub.drivers import build
from hub.errors import ConfigError, LinkError
from hub.model import DeviceSpec, Role, SystemClock
from hub.model.found import Found, Where
from tests.drivers_goodwe.test_driver import Inverter
from tests.drivers_ocpp.kit import LINK, Hub, dial
from tests.finding.kit import VECTORS

needs_captures = pytest.mark.skipif(not VECTORS.is_dir(), reason="the captures are not beside the checkout")


class Answering(asyncio.DatagramProtocol):
    """Answers each request that begins so with a captured frame, and nothing else."""

    def __init__(self, frames: Mapping[bytes, str]) -> None:
        self._frames = frames
        self.asked: list[bytes] = []

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self.asked.append(data)
        for start, name in self._frames.items():
            if data.startswith(start):
                frame = bytes.fromhex((VECTORS / "goodwe-frames" / f"{name}.hex").read_text())
                self._transport.sendto(frame, addr)


ET = {bytes.fromhex("f70388b80021"): "et_GW10K-ET_device_info_fw1023"}
DT = {bytes.fromhex("7f037531"): "dt_GW17K-DT_device_info"}
ES = {bytes.fromhex("aa55c07f0102"): "es_GW5048D-ES_device_info"}


@contextlib.asynccontextmanager
async def at_port(peer: asyncio.DatagramProtocol) -> AsyncIterator[int]:
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(lambda: peer, local_addr=("127.0.0.1", 0))
    try:
        yield transport.get_extra_info("sockname")[1]
    finally:
        transport.close()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(goodwe, "PACE", goodwe.Pace(0.1))


@needs_captures
@pytest.mark.parametrize(("family", "frames"), [("et", ET), ("dt", DT), ("es", ES), ("et", ET | ES)])
def test_an_inverter_says_who_it_is(
    family: str, frames: Mapping[bytes, str], quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[Found] = []

    async def go() -> None:
        async with at_port(Answering(frames)) as port:
            monkeypatch.setattr(goodwe, "PORT", port)
            await goodwe.find(Where(hosts=("127.0.0.1", "127.0.0.9")), found.append)

    asyncio.run(go())
    (one,) = found
    assert one.options == {"family": family} and one.link == "udp://127.0.0.1" and one.vendor == "GoodWe"
    assert one.model and one.serial and one.roles[0] is Role.INVERTER
    build([DeviceSpec("u", "pv", Role.INVERTER, "goodwe", one.link, options=one.options)], SystemClock(), "")


@needs_captures
def test_what_an_inverter_says_is_recorded(quick: None) -> None:
    async def go() -> bytes:
        async with at_port(Inverter()) as port:
            (one,) = await goodwe.probe(f"udp://127.0.0.1:{port}")
            assert one.link == f"udp://127.0.0.1:{port}"
            return await goodwe.record(one.link, 1)

    heard = decode(asyncio.run(go()))
    assert not heard.rejected and {"inverter.power", "battery.soc"} <= {p for m in heard.messages for p in m.points}


def test_nobody_there_is_said(quick: None) -> None:
    found: list[Found] = []
    asyncio.run(goodwe.find(Where(hosts=("127.0.0.1", "no-such-host.invalid")), found.append))
    asyncio.run(goodwe.find(Where(), found.append))
    assert found == []
    with pytest.raises(LinkError, match="no GoodWe inverter answers"):
        asyncio.run(goodwe.probe("udp://127.0.0.1:9"))
    with pytest.raises(ConfigError, match="is no address"):
        asyncio.run(goodwe.probe("udp://"))


def test_who_answers_something_else_is_no_inverter(quick: None) -> None:
    class Echo(asyncio.DatagramProtocol):
        def connection_made(self, transport: Any) -> None:
            self.transport = transport

        def datagram_received(self, data: bytes, addr: Any) -> None:
            self.transport.sendto(data, addr)

    async def go() -> None:
        async with at_port(Echo()) as port:
            await goodwe.probe(f"udp://127.0.0.1:{port}")

    with pytest.raises(LinkError, match="no GoodWe inverter answers"):
        asyncio.run(go())


def test_a_charger_that_has_called_is_found_and_can_be_taken_in() -> None:
    async def go() -> tuple[list[Found], list[Found]]:
        async with Hub() as hub:
            found: list[Found] = []
            with pytest.raises(InvalidStatus, match="404"):
                async with dial(hub.port, "NEW-7"):
                    pass
            await ocpp.find(Where(), found.append)
            return found, list(await ocpp.probe(LINK))

    found, probed = asyncio.run(go())
    (one,) = [f for f in found if f.options["charge_point"] == "NEW-7"]
    assert one in probed and one.roles == (Role.CHARGER,) and one.link == LINK and "127.0.0.1" in one.how
    (driver,) = build(
        [DeviceSpec("u", "wallbox", Role.CHARGER, one.driver, one.link, options=one.options)], SystemClock(), ""
    )
    assert driver.devices[0].id == "wallbox"


def test_where_nobody_has_called_it_is_said_what_to_do() -> None:
    with pytest.raises(LinkError, match=r"enter ws://127\.0\.0\.1:9/NAME as server"):
        asyncio.run(ocpp.probe("ocpp://127.0.0.1:9"))
    with pytest.raises(LinkError, match="is not let in"):
        asyncio.run(ocpp.record("ocpp://127.0.0.1:9", 1))
