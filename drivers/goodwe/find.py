"""Finding GoodWe inverters: each host is asked once, over UDP, who it is, in the languages of the three families."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from drivers.goodwe.family import ADDRESSES, Query, identity, queries
from drivers.goodwe.frame import Answer, answers
from drivers.goodwe.link import PORT
from drivers.goodwe.meaning import heard
from drivers.goodwe.options import link_of
from hub.errors import LinkError
from hub.model import DeviceSpec, Role
from hub.model.found import Found, Where
from hub.model.heard import Heard

FAMILIES = ("et", "dt", "es")
"""an ET understands the requests of an ES too, so it is taken for what it says first in this order"""
ROLES = {
    "et": (Role.INVERTER, Role.BATTERY, Role.GRID),
    "dt": (Role.INVERTER,),
    "es": (Role.INVERTER, Role.BATTERY, Role.GRID),
}
_WAIT_S = 1.5
_TRIES = 2
_APART_S = 0.005
"""between two hosts, so that the net is not flooded"""


@dataclass(frozen=True, slots=True)
class Pace:
    """`wait_s`: how long after the last request an answer may come."""

    wait_s: float = _WAIT_S


PACE = Pace()
_IDENTITIES = {family: identity(family, ADDRESSES[family]) for family in FAMILIES}


async def find(where: Where, found: Callable[[Found], None]) -> None:
    """All hosts on one socket; who does not answer costs three small datagrams, twice."""
    for host, told in (await _ask(where.hosts, PORT)).items():
        if one := _found(f"udp://{host}", told):
            found(one)


async def probe(link: str) -> Sequence[Found]:
    """The inverter at `link`; raises ConfigError or LinkError."""
    host, port = _place(link)
    told = await _ask([host], port)
    found = [one for answered in told.values() if (one := _found(link, answered))]
    if not found:
        raise LinkError(f"{link}: no GoodWe inverter answers")
    return found


async def record(link: str, seconds: float) -> bytes:
    """The frames of one pass, as hexadecimal lines. Raises ConfigError or LinkError."""
    del seconds
    host, port = _place(link)
    family = str((await probe(link))[0].options["family"])
    first = await _exchange(host, port, _IDENTITIES[family])
    about = _heard(_IDENTITIES[family], first)
    rated = {r.code: float(r.value) for r in about.readings if isinstance(r.value, int | float)} if about else {}
    frames = [first, *[await _exchange(host, port, q) for q in queries(family, ADDRESSES[family], rated)]]
    return "".join(f"{frame.hex()}\n" for frame in frames if frame).encode()


def _place(link: str) -> tuple[str, int]:
    """Raises ConfigError."""
    return link_of(link, DeviceSpec("", "found", Role.INVERTER, "goodwe", link), PORT)


# -- asking ------------------------------------------------------------------------------------------------------------


class _Ear(asyncio.DatagramProtocol):
    """What each host has said; a host that is not there is none."""

    def __init__(self) -> None:
        self.said: dict[str, list[bytes]] = {}

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.said.setdefault(addr[0], []).append(data)

    def error_received(self, exc: Exception) -> None:
        """A port that nobody listens at."""


async def _ask(hosts: Sequence[str], port: int) -> Mapping[str, list[bytes]]:
    """The datagrams that each host has answered with, when asked who it is."""
    loop = asyncio.get_running_loop()
    try:
        transport, ear = await loop.create_datagram_endpoint(_Ear, local_addr=("0.0.0.0", 0))
    except OSError:
        return {}
    try:
        numbers = {number: host for host in hosts if (number := await _number(host))}
        for _ in range(_TRIES):
            for number in numbers:
                if number not in ear.said:
                    await _greet(transport, number, port)
            if numbers:
                await asyncio.sleep(PACE.wait_s)
    finally:
        transport.close()
    return {numbers[number]: said for number, said in ear.said.items() if number in numbers}


async def _number(host: str) -> str:
    """The IPv4 address of a host; empty for one that has none."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, family=socket.AF_INET)
    except OSError:
        return ""
    return str(found[0][4][0])


async def _greet(transport: asyncio.DatagramTransport, number: str, port: int) -> None:
    for query in _IDENTITIES.values():
        transport.sendto(query.request, (number, port))
    await asyncio.sleep(_APART_S)


async def _exchange(host: str, port: int, query: Query) -> bytes:
    """The whole datagram that answers; empty for none, or a refusal."""
    loop = asyncio.get_running_loop()
    transport, ear = await loop.create_datagram_endpoint(_Ear, remote_addr=(host, port))
    try:
        transport.sendto(query.request)
        until = loop.time() + PACE.wait_s
        while loop.time() < until:
            await asyncio.sleep(0.02)
            fitting = [data for said in ear.said.values() for data in said if _heard(query, data)]
            if fitting:
                return fitting[0]
    finally:
        transport.close()
    return b""


# -- who it is ---------------------------------------------------------------------------------------------------------


def _found(link: str, said: Sequence[bytes]) -> Found | None:
    for family, query in _IDENTITIES.items():
        about = next((found for data in said if (found := _heard(query, data))), None)
        if about is not None:
            facts = about.device
            return Found(
                "goodwe",
                link,
                ROLES[family],
                "GoodWe",
                facts.get("model", ""),
                facts.get("serial", ""),
                facts.get("firmware", ""),
                {"family": family},
                f"its answer as one of the {family.upper()} family",
            )
    return None


def _heard(query: Query, data: bytes) -> Heard | None:
    answer = next(_fitting(query, data), None)
    return heard(query.block, answer.data) if answer else None


def _fitting(query: Query, data: bytes) -> Iterator[Answer]:
    for answer in answers(data):
        if isinstance(answer, Answer) and query.fits(answer) and not answer.error:
            yield answer
