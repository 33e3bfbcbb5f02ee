"""Finding Modbus devices on the net and on serial lines, by the maps that know how to tell theirs. Reads only.

What answers and is told by no map is found too, as something that needs a map.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

from drivers.modbus.blocks import Block, blocks
from drivers.modbus.catalogue import load
from drivers.modbus.device_map import DeviceMap
from drivers.modbus.identify import MOST_READS, SparingLink, catalogue, identified, of_serial, registers, units, unknown
from drivers.modbus.image import Words
from drivers.modbus.knock import GATEWAYS, UNITS, answers, framed, open_ports, taken, walked
from drivers.modbus.link import ModbusLink
from drivers.modbus.reader import Reader
from drivers.modbus.registers import Register
from hub.errors import LinkError, NoConnection, Refused
from hub.model.found import Found, Where

PORTS = (502, 1502)
LINE_S = 30.0
"""how long the units of a serial line are asked what they are, at most, once its setting is known"""
_AT_ONCE = 16
_MISSES = 6
"""so many ranges in a row without an answer, and the device is taken as gone"""

Maps = Mapping[str, DeviceMap]
Tell = Callable[[Found], None]
Look = Callable[[ModbusLink, int], Awaitable[Sequence[Found]]]
"""Who knows a unit by other means than maps."""


async def find(where: Where, found: Tell) -> None:
    """At most `_AT_ONCE` hosts at a time, each on one connection; all serial ports side by side."""
    maps = await asyncio.to_thread(catalogue)
    room = asyncio.Semaphore(_AT_ONCE)
    ports = sorted({*PORTS, *GATEWAYS, *(m.bus.port for m in maps.values())}) if where.hosts else []

    async def look(host: str) -> None:
        async with room:
            for port in await open_ports(host, (p for p in ports if f"{host}:{p}" not in where.busy)):
                if address := await framed(host, port):
                    await _on_net(address, units(maps.values()), maps, found)

    async with asyncio.TaskGroup() as tasks:
        for host in where.hosts:
            tasks.create_task(look(host), name=f"find modbus {host}")
        for path in where.ports:
            tasks.create_task(on_port(path, found), name=f"find modbus {path}")


async def probe(link: str) -> Sequence[Found]:
    """The devices at `link` (`?unit=` for one unit only); raises ConfigError or LinkError."""
    asked = _Asked.of(link)
    maps = await asyncio.to_thread(catalogue)
    wanted = asked.units or (UNITS if asked.serial else units(maps.values()))
    found: list[Found] = []
    if not asked.serial and not await taken(asked.address):
        raise NoConnection(f"{asked.address}: cannot connect: nobody takes a connection there")
    if asked.guessing:
        await on_port(asked.path, found.append)
    elif asked.serial:
        await _on_line(asked.address, wanted, maps, found.append)
    else:
        await _on_net(asked.address, wanted, maps, found.append)
    if not found:
        raise LinkError(f"{asked.address}: nobody answers Modbus at unit {', '.join(map(str, wanted))}")
    return found


async def record(link: str, seconds: float) -> bytes:
    """A register image of one unit: `?map=vendor/model` says of which registers, `?unit=` of which unit.

    Without a map that is named or fits: what answers within `seconds`, of all registers that any map knows.
    Raises ConfigError or LinkError.
    """
    asked = _Asked.of(link)
    address = asked.address
    unit = next(iter(asked.units), None)
    name = asked.map
    if not name:
        told = (await probe(link))[0]
        address, name = told.link, str(told.options.get("map", ""))
        unit = int(str(told.options["unit"]))
    map_ = load(name) if name else None
    unit = unit if unit is not None else map_.bus.unit if map_ else 1
    bus = ModbusLink(address)
    if map_:
        bus = ModbusLink(address, map_.bus.pause_s, map_.bus.connect_s, {unit: map_.bus.timeout_s})
    try:
        words = await _of_map(bus, unit, map_) if map_ else await _of_any(bus, unit, seconds)
    finally:
        bus.close()
    if not words:
        raise LinkError(f"{address}: unit {unit} has none of the registers that are known")
    what = f"map {name}" if name else "no map; what answered of the registers that any map knows"
    head = [f"# {address} unit {unit}: {what}", f"# read {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC", ""]
    return "\n".join([*head, *words.toml()]).encode()


@dataclass(frozen=True, slots=True)
class _Asked:
    """A link with what is only for looking taken off. `units`: those that were named."""

    address: str
    units: tuple[int, ...]
    map: str

    @staticmethod
    def of(link: str) -> _Asked:
        parts = urlsplit(link)
        given = {key: values[-1] for key, values in parse_qs(parts.query).items()}
        kept = "&".join(q for q in parts.query.split("&") if q and q.partition("=")[0] not in ("unit", "map"))
        unit = given.get("unit", "")
        named = (int(unit),) if unit.isdecimal() and int(unit) < 256 else ()
        return _Asked(parts._replace(query=kept).geturl(), named, given.get("map", ""))

    @property
    def serial(self) -> bool:
        return self.address.startswith("serial:")

    @property
    def path(self) -> str:
        return urlsplit(self.address).path

    @property
    def guessing(self) -> bool:
        """A serial port without a word about how it is set."""
        return self.serial and not urlsplit(self.address).query and not self.units


# -- looking -----------------------------------------------------------------------------------------------------------


async def _on_net(address: str, wanted: Sequence[int], maps: Maps, tell: Tell) -> None:
    """The units of one connection, within MOST_READS requests.

    Many devices answer at any unit, and a gateway has several devices: one more is told when its serial number is new.
    """
    bus = SparingLink(address, maps.values())
    told: list[Found] = []
    nameless: Found | None = None
    try:
        for unit in wanted:
            if not await answers(bus, unit):
                continue
            nameless = nameless or unknown(address, unit)
            seen = await identified(bus, unit, maps)
            new = [one for one in seen if not told or (one.serial and one.serial not in of_serial(told))]
            told += new
            for one in new:
                tell(one)
    finally:
        bus.close()
    if nameless and not told:
        tell(nameless)


async def on_port(path: str, tell: Tell, look: Look | None = None) -> None:
    """The units of a serial line, once its speed and framing are found; none while somebody else has the port.

    `look` is asked about each unit before the maps are.
    """
    address = await walked(path)
    if address is None:
        return
    maps = await asyncio.to_thread(catalogue)
    try:
        async with asyncio.timeout(LINE_S):
            await _on_line(address, UNITS, maps, tell, look)
    except TimeoutError:
        return


async def _on_line(address: str, wanted: Sequence[int], maps: Maps, tell: Tell, look: Look | None = None) -> None:
    bus = SparingLink(address, maps.values(), MOST_READS * len(wanted))
    try:
        for unit in wanted:
            if not await answers(bus, unit):
                continue
            known = list(await look(bus, unit)) if look else []
            for one in [*known, *await identified(bus, unit, maps)] or [unknown(address, unit)]:
                tell(one)
    finally:
        bus.close()


# -- recording ---------------------------------------------------------------------------------------------------------


async def _of_map(bus: ModbusLink, unit: int, map_: DeviceMap) -> Words:
    """All registers that the map reads and the device has."""
    wanted = [*registers(map_), *_about(map_)]
    image = await Reader(bus, unit, map_.bus.limits).read(wanted)
    words = Words()
    for at in wanted:
        found = image(at)
        if found is not None:
            words.add(Block(at.function, at.address, at.length), found)
    return words


def _about(map_: DeviceMap) -> Iterator[Register]:
    """What tells it from others, and what it says of itself."""
    for reading in (*map_.info.values(), *(identity.reading for identity in map_.identify)):
        yield from reading.registers


async def _of_any(bus: ModbusLink, unit: int, seconds: float) -> Words:
    """The ranges that answer, of those that any map reads."""
    loop = asyncio.get_running_loop()
    until, misses, words = loop.time() + seconds, 0, Words()
    for block in _known(await asyncio.to_thread(catalogue)):
        if words.has(block):
            continue
        if loop.time() >= until or misses >= _MISSES:
            break
        try:
            words.add(block, await bus.read(unit, block.function, block.address, block.count))
            misses = 0
        except Refused:
            misses = 0
        except LinkError:
            misses += 1
    return words


def _known(maps: Maps) -> list[Block]:
    """The requests of all maps, each once."""
    found = (block for m in maps.values() for block in blocks(registers(m), m.bus.limits))
    return list(dict.fromkeys(found))
