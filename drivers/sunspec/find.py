"""Finding SunSpec devices: hosts whose Modbus port has the mark, and what their models say they are. Reads only."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from urllib.parse import parse_qs, urlsplit

from drivers.modbus.link import READ_HOLDING, ModbusLink
from drivers.sunspec.aspects import SERVING, sources
from drivers.sunspec.chain import MARK, Answer, Place, walk
from drivers.sunspec.layout import MOST, Values, layouts
from drivers.sunspec.options import Options
from hub.errors import LinkError, NoAnswer, Refused
from hub.model import Role
from hub.model.found import Found, Where

PORTS = (502, 1502)
UNITS = (1, 126, 2, 3, 71, 247)
"""what makers set at the factory: SolarEdge and most 1, SMA and Kostal others"""
_AT_ONCE = 16
_KNOCK_S = 0.8
_ROLES = (Role.INVERTER, Role.BATTERY, Role.GRID)


async def find(where: Where, found: Callable[[Found], None]) -> None:
    """At most `_AT_ONCE` hosts at a time; a host that does not open the port costs `_KNOCK_S`."""
    room = asyncio.Semaphore(_AT_ONCE)

    async def look(host: str, port: int) -> None:
        async with room:
            if await _open(host, port):
                for one in await _units(f"tcp://{host}:{port}", UNITS):
                    found(one)

    async with asyncio.TaskGroup() as tasks:
        for host in where.hosts:
            for port in (p for p in PORTS if f"{host}:{p}" not in where.busy):
                tasks.create_task(look(host, port), name=f"find sunspec {host}:{port}")


async def probe(link: str) -> Sequence[Found]:
    """The devices at `link` (`?unit=` for one unit only); raises ConfigError or LinkError."""
    address, units = _asked(link)
    if found := list(await _units(address, units)):
        return found
    raise LinkError(f"{address}: no SunSpec device at unit {', '.join(map(str, units))}")


async def record(link: str, seconds: float) -> bytes:
    """The registers of the first unit that has the mark, as an image: first address = words. Raises LinkError."""
    del seconds
    address, units = _asked(link)
    bus = ModbusLink(address)
    try:
        for unit in units:
            if places := await _chain(bus, unit):
                return "\n".join(["[holding]", *[line async for line in _image(bus, unit, places)], ""]).encode()
    finally:
        bus.close()
    raise LinkError(f"{address}: no SunSpec device at unit {', '.join(map(str, units))}")


def _asked(link: str) -> tuple[str, tuple[int, ...]]:
    parts = urlsplit(link)
    unit = parse_qs(parts.query).get("unit", [""])[-1]
    kept = "&".join(q for q in parts.query.split("&") if q and not q.startswith("unit="))
    return parts._replace(query=kept).geturl(), (int(unit),) if unit.isdecimal() else UNITS


async def _open(host: str, port: int) -> bool:
    try:
        async with asyncio.timeout(_KNOCK_S):
            _, writer = await asyncio.open_connection(host, port)
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True


async def _units(address: str, units: Sequence[int]) -> list[Found]:
    """One unit after the other on one connection; the first that answers is enough, as gateways repeat it."""
    bus = ModbusLink(address)
    try:
        for unit in units:
            images = await _images(bus, unit)
            if images:
                return list(_told(address, unit, images))
    finally:
        bus.close()
    return []


async def _chain(bus: ModbusLink, unit: int) -> tuple[Place, ...]:
    steps = walk()
    wish = next(steps)
    while True:
        try:
            wish = steps.send(await _answer(bus, unit, wish.address, wish.count))
        except StopIteration as end:
            places: tuple[Place, ...] = end.value
            return places
        except LinkError:
            return ()


async def _answer(bus: ModbusLink, unit: int, address: int, count: int) -> Answer:
    try:
        return await bus.read(unit, READ_HOLDING, address, count)
    except LinkError as error:
        return error if isinstance(error, NoAnswer) else NoAnswer(str(error))
    except Refused as error:
        return error


async def _images(bus: ModbusLink, unit: int) -> dict[Place, Values]:
    """All models; what a device of the house is not made of is named and not read."""
    found: dict[Place, Values] = {}
    for place in await _chain(bus, unit):
        if place.model not in SERVING | {1}:
            found[place] = Values({}, {})
            continue
        layout = layouts()[place.model]
        words: list[int] = []
        for at, count in layout.spans(place.length):
            answer = await _answer(bus, unit, place.address + at, count)
            if not isinstance(answer, tuple):
                break
            words += answer
        found[place] = layout.decode(words)
    return found


async def _image(bus: ModbusLink, unit: int, places: Sequence[Place]) -> AsyncIterator[str]:
    """Lines of a register image, the mark first."""
    yield _line(places[0].address - len(MARK), MARK)
    for place in places:
        for at in range(0, place.length + 2, MOST):
            count = min(MOST, place.length + 2 - at)
            answer = await _answer(bus, unit, place.address + at, count)
            if isinstance(answer, tuple):
                yield _line(place.address + at, answer)
    yield _line(places[-1].address + places[-1].length + 2, (0xFFFF, 0))


def _line(address: int, words: Sequence[int]) -> str:
    return f'{address} = "{" ".join(f"{w:04x}" for w in words)}"'


def _told(address: str, unit: int, images: Mapping[Place, Values]) -> Iterator[Found]:
    roles = tuple(r for r in _ROLES if sources(r, Options(), images))
    named = next((v.texts for p, v in images.items() if p.model == 1), {})
    models = ", ".join(str(p.model) for p in images if p.model != 1)
    yield Found(
        "sunspec",
        address,
        roles,
        named.get("Mn", ""),
        named.get("Md", ""),
        named.get("SN", ""),
        named.get("Vr", ""),
        {"unit": unit},
        f"SunSpec models {models}",
    )
