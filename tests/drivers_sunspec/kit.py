"""A sink that remembers, register images made by pysunspec2 (so that our codec is not its own witness), and a peer."""

from __future__ import annotations

import asyncio
import json
import struct
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
from sunspec2.file.client import FileClientDevice

from drivers.sunspec.chain import MARK, Answer, Place, Walk
from drivers.sunspec.layout import Values, layouts
from hub.errors import Refused
from hub.model import Command, Device, Measurement, Reason, Source, Value

SHARED = Path(__file__).parents[3] / "shared" / "vectors"
Image = dict[int, int]


def vectors(folder: str) -> Path:
    """The folder of published inputs; the test is skipped where it is not at hand."""
    path = SHARED / folder
    if not path.is_dir():
        pytest.skip(f"{path} is not here: the published inputs are kept outside of the project")
    return path


def encoded(models: Iterable[Mapping[str, Any]]) -> list[tuple[int, ...]]:
    """The registers of each model, id and length first; raw values by point, groups as lists."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump({"name": "made", "models": [{"L": None, **model} for model in models]}, file)
        file.flush()
        return encoded_file(Path(file.name))


def encoded_file(path: Path) -> list[tuple[int, ...]]:
    device = FileClientDevice(str(path))
    device.scan()
    return [struct.unpack(f">{len(data) // 2}H", data) for data in (model.get_mb() for model in device.model_list)]


def image(models: Iterable[tuple[int, ...]], base: int = 40_000, end: tuple[int, ...] = (0xFFFF, 0)) -> Image:
    words = [*MARK, *(word for model in models for word in model), *end]
    return dict(enumerate(words, base))


def chain_of(*models: Mapping[str, Any]) -> dict[Place, Values]:
    """What a unit with these models would have read of them."""
    at, read = 40_002, {}
    for words in encoded(models):
        place = Place(words[0], at, words[1])
        if place.model in layouts():
            read[place] = layouts()[place.model].decode(words)
        at += len(words)
    return read


def answers(walker: Walk, registers: Mapping[int, int], most: int = 400) -> tuple[Place, ...]:
    """Plays a device that has `registers` and refuses the rest."""
    wish = next(walker)
    for _ in range(most):
        try:
            wish = walker.send(_answer(registers, wish.address, wish.count))
        except StopIteration as end:
            places: tuple[Place, ...] = end.value
            return places
    raise AssertionError("the walk does not end")


def _answer(registers: Mapping[int, int], address: int, count: int) -> Answer:
    wanted = range(address, address + count)
    return tuple(registers[n] for n in wanted) if all(n in registers for n in wanted) else Refused("illegal address")


def command(point: str, value: Value) -> Command:
    return Command(point, value, "r1", Source.PERSON, Reason("person_asked"))


class FakeSink:
    def __init__(self) -> None:
        self.events: list[tuple[str, str]] = []
        self.reasons: list[str] = []
        self.devices: dict[str, Device] = {}
        self.values: dict[str, Measurement] = {}
        self.batches: list[list[Measurement]] = []

    def put(self, measurements: Iterable[Measurement]) -> None:
        batch = list(measurements)
        known = {point.id for device in self.devices.values() for point in device.points}
        assert {m.point for m in batch} <= known, "announced before it is used"
        self.batches.append(batch)
        self.values.update({m.point: m for m in batch})

    def seen(self, device: Device) -> None:
        self.devices[device.id] = device
        self.events.append(("seen", device.id))

    def lost(self, device: str, reason: str) -> None:
        self.events.append(("lost", device))
        self.reasons.append(reason)

    def value(self, point: str) -> Value | None:
        return self.values[point].value if point in self.values else None

    async def until(self, done: Callable[[], object], seconds: float = 8.0) -> float:
        """Seconds that it took."""
        start = asyncio.get_running_loop().time()
        async with asyncio.timeout(seconds):
            while not done():
                await asyncio.sleep(0.02)
        return asyncio.get_running_loop().time() - start


class Peer:
    """A Modbus TCP device with `units` of registers; `ignores` writes (says yes, keeps the old), is
    `silent`, refuses writes to `locked` registers, or keeps `fixed` registers as they are."""

    def __init__(self, units: Mapping[int, Image]) -> None:
        self.units = dict(units)
        self.ignores = self.silent = False
        self.fixed: Image = {}
        self.locked: set[int] = set()
        self.reads: list[tuple[int, int, int]] = []
        self.writes: list[tuple[int, tuple[int, ...]]] = []
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Peer:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()

    @property
    def link(self) -> str:
        assert self._server is not None
        return f"tcp://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                tid, _, length = struct.unpack(">HHH", await reader.readexactly(6))
                request = await reader.readexactly(length)
                answer = self._respond(request)
                if not self.silent:
                    writer.write(struct.pack(">HHHB", tid, 0, len(answer) + 1, request[0]) + answer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    def _respond(self, request: bytes) -> bytes:
        unit, function, address, count = struct.unpack(">BBHH", request[:6])
        registers = self.units.get(unit, {})
        wanted = range(address, address + count)
        if not all(n in registers for n in wanted) or (function == 16 and self.locked & set(wanted)):
            return bytes([function | 0x80, 2])
        if function == 16:
            values = struct.unpack(f">{count}H", request[7:])
            self.writes.append((address, values))
            registers |= {} if self.ignores else dict(zip(wanted, values, strict=True)) | self.fixed
            return request[1:6]
        self.reads.append((unit, address, count))
        return bytes([function, 2 * count]) + struct.pack(f">{count}H", *(registers[n] for n in wanted))
