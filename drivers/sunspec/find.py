"""Finding SunSpec devices: units on the net and on serial lines that have the mark, and what their models say they are.

Reads only. A serial line has one speed and one owner, so that Modbus' maps tell its other units in the same go.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from urllib.parse import parse_qs, urlsplit

from drivers.modbus.find import on_port
from drivers.modbus.knock import GATEWAYS, answers, framed, open_ports, walked
from drivers.modbus.link import READ_HOLDING, ModbusLink
from drivers.sunspec.aspects import METERS, SERVING, sources
from drivers.sunspec.chain import MARK, Answer, Place, walk
from drivers.sunspec.layout import MOST, Values, layouts
from drivers.sunspec.makers import first_texts
from drivers.sunspec.options import Options
from hub.errors import LinkError, NoAnswer, Refused
from hub.model import Role
from hub.model.found import Found, Where

PORTS = (502, 1502)
UNITS = (1, 126, 2, 3, 71, 247)
"""what makers set at the factory: SolarEdge and most 1, SMA and Kostal others"""
METER_UNITS = (200, 240, 2, 3, 4, 5)
"""where a meter of its own may be when the device has none in its chain: Fronius GEN24 passes its smart meter on at
200, the Datamanager at 240 (Fronius, "Modbus TCP & RTU", device IDs); behind gateways at the next numbers"""
_AT_ONCE = 16
_ROLES = (Role.INVERTER, Role.BATTERY, Role.GRID)


async def find(where: Where, found: Callable[[Found], None]) -> None:
    """At most `_AT_ONCE` hosts at a time; all serial ports side by side, with all that is on their lines."""
    room = asyncio.Semaphore(_AT_ONCE)

    async def look(host: str) -> None:
        async with room:
            for port in await open_ports(host, (p for p in (*PORTS, *GATEWAYS) if f"{host}:{p}" not in where.busy)):
                if address := await framed(host, port):
                    for one in await _units(address, UNITS):
                        found(one)

    async with asyncio.TaskGroup() as tasks:
        for host in where.hosts:
            tasks.create_task(look(host), name=f"find sunspec {host}")
        for path in where.ports:
            tasks.create_task(on_port(path, found, _unit), name=f"find sunspec {path}")


async def probe(link: str) -> Sequence[Found]:
    """The devices at `link` (`?unit=` for one unit only); raises ConfigError or LinkError."""
    address, units = await _asked(link)
    if found := list(await _units(address, units)):
        return found
    raise LinkError(f"{address}: no SunSpec device at unit {', '.join(map(str, units))}")


async def record(link: str, seconds: float) -> bytes:
    """The registers of the first unit that has the mark, as an image: first address = words. Raises LinkError."""
    del seconds
    address, units = await _asked(link)
    bus = ModbusLink(address)
    try:
        for unit in units:
            if places := await _chain(bus, unit):
                return "\n".join(["[holding]", *[line async for line in _image(bus, unit, places)], ""]).encode()
    finally:
        bus.close()
    raise LinkError(f"{address}: no SunSpec device at unit {', '.join(map(str, units))}")


async def _asked(link: str) -> tuple[str, tuple[int, ...]]:
    """The link and its units; a serial port without a word about how it is set is tried at every usual setting.

    Raises LinkError when nobody answers at any.
    """
    parts = urlsplit(link)
    unit = parse_qs(parts.query).get("unit", [""])[-1]
    kept = "&".join(q for q in parts.query.split("&") if q and not q.startswith("unit="))
    units = (int(unit),) if unit.isdecimal() and int(unit) < 256 else UNITS
    address = parts._replace(query=kept).geturl()
    if parts.scheme != "serial" or kept:
        return address, units
    if walked_to := await walked(parts.path, units):
        return walked_to, units
    raise LinkError(f"{address}: nobody answers Modbus at unit {', '.join(map(str, units))}, at no usual speed")


async def _units(address: str, units: Sequence[int]) -> list[Found]:
    """One unit after the other on one connection; the first that answers is enough, as gateways repeat it.

    When it has no meter, one is looked for at METER_UNITS, unless one unit alone was asked for.
    """
    bus = ModbusLink(address)
    try:
        for unit in units:
            if images := await _images(bus, unit):
                alone = len(units) == 1 or any(place.model in METERS for place in images)
                found = list(_told(bus.address, unit, images))
                return found if alone else [*found, *await _others(bus, found)]
    finally:
        bus.close()
    return []


async def _others(bus: ModbusLink, found: Sequence[Found]) -> list[Found]:
    """What METER_UNITS have besides: the same device may answer at any unit, one more has another serial number.

    A unit where nobody is costs one question.
    """
    known, more = {one.serial for one in found} | {""}, list[Found]()
    asked = {one.options["unit"] for one in found}
    for unit in (unit for unit in METER_UNITS if unit not in asked):
        if await answers(bus, unit):
            new = [one for one in await _unit(bus, unit) if one.serial not in known]
            known |= {one.serial for one in new}
            more += new
    return more


async def _unit(bus: ModbusLink, unit: int) -> list[Found]:
    images = await _images(bus, unit)
    return list(_told(bus.address, unit, images)) if images else []


async def _chain(bus: ModbusLink, unit: int, there: bool = False) -> tuple[Place, ...]:
    """`there`: whether the unit is known to answer, so that it is asked again where it does not."""
    steps, lost = walk(), False
    wish = next(steps)
    while True:
        try:
            answer = await _answer(bus, unit, wish.address, wish.count, times=2 if there else 1)
            lost = lost or (not there and isinstance(answer, NoAnswer))
            there = there or not isinstance(answer, NoAnswer)
            wish = steps.send(answer)
        except StopIteration as end:
            places: tuple[Place, ...] = end.value
            return places
        except LinkError:
            return await _chain(bus, unit, there) if there and lost else ()


async def _answer(bus: ModbusLink, unit: int, address: int, count: int, times: int = 2) -> Answer:
    """Asked up to so many `times`: one answer that is lost must not make a known device an unknown one."""
    lost = NoAnswer("")
    for _ in range(times):
        try:
            return await bus.read(unit, READ_HOLDING, address, count)
        except LinkError as error:
            lost = error if isinstance(error, NoAnswer) else NoAnswer(str(error))
        except Refused as error:
            return error
    return lost


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
    named = first_texts(images)
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
