"""A tiny house for tests: a clock that is told the time, a device that can misbehave, a journal in a list."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hub.errors import NoAnswer, Refused
from hub.live import Board
from hub.model import Clock, Command, CommandSpec, Device, Link, Measurement, Point, Request, Role, Sink, Value
from hub.model.journal import Entry


@dataclass
class ToldClock:
    """Time as the test says it is."""

    ms: int = 1_700_000_000_000
    provisional_since: int | None = None

    def now(self) -> int:
        return self.ms

    def monotonic(self) -> float:
        return self.ms / 1000

    @property
    def trusted(self) -> bool:
        return True

    def advance(self, seconds: float) -> None:
        self.ms += round(seconds * 1000)


class LoopClock(ToldClock):
    """Goes with the loop's own time."""

    def now(self) -> int:
        return self.ms + round(asyncio.get_running_loop().time() * 1000)

    def monotonic(self) -> float:
        return self.now() / 1000


@dataclass
class ListJournal:
    entries: list[Entry] = field(default_factory=list)

    def record(self, entry: Entry) -> Coroutine[object, None, None]:
        self.entries.append(entry)
        return asyncio.sleep(0)

    def later(self, entry: Entry) -> None:
        self.entries.append(entry)

    def of(self, kind: str) -> list[Entry]:
        return [e for e in self.entries if e.kind == kind]


@dataclass
class DictKeep:
    """Wishes that a restart would take up again."""

    intents: dict[str, str] = field(default_factory=dict)
    leases: dict[str, Request] = field(default_factory=dict)
    answers: dict[str, tuple[str, Mapping[str, Any]]] = field(default_factory=dict)

    async def put_intent(self, point: str, value: str, t: int, person: str) -> None:
        self.intents[point] = value

    async def take(self, request: Request, instead_of: str = "", now: int = 0) -> object:
        self.leases.pop(instead_of, None)
        self.leases[request.id] = request
        return None

    async def end(self, request_id: str, now: int, back: Request | None = None) -> None:
        self.leases.pop(request_id, None)
        self.leases |= {back.id: back} if back else {}

    async def answer_of(self, request_id: str) -> tuple[str, Mapping[str, Any]] | None:
        return self.answers.get(request_id)

    async def answer(self, request_id: str, state: str, answer: Mapping[str, Any]) -> None:
        if request_id in self.leases:
            self.answers[request_id] = self.leases[request_id].point, answer


def plug(settle_ms: int = 80) -> Device:
    return Device(
        "u1",
        "plug",
        Role.PLUG,
        Link("fake", "here"),
        points=points("u1", "plug", "on", "power"),
        commands=(CommandSpec("plug.on", settle_ms=settle_ms),),
    )


def wallbox(settle_ms: int = 80) -> Device:
    return Device(
        "u2",
        "wallbox",
        Role.CHARGER,
        Link("fake", "here"),
        points=points("u2", "wallbox", "current_limit", "power"),
        commands=(CommandSpec("wallbox.current_limit", 6, 32, 1, settle_ms=settle_ms),),
    )


def points(uid: str, device: str, *names: str) -> tuple[Point, ...]:
    return tuple(Point.of(uid, device, n) for n in names)


class FakeDriver:
    """Takes writes and shows them, unless `fault` says otherwise: silent, refuse, ignore, mute, hang, bug."""

    def __init__(self, clock: Clock, devices: Sequence[Device]) -> None:
        self.clock = clock
        self.devices = tuple(devices)
        self.fault = ""
        self.written: list[tuple[str, Value]] = []
        self.sink: Sink | None = None

    def start(self, sink: Sink) -> None:
        self.sink = sink
        for d in self.devices:
            sink.seen(d)

    async def run(self, sink: Sink) -> None:
        self.start(sink)
        await asyncio.Event().wait()

    def show(self, **values: Value) -> None:
        """`show(plug__on=True)`: the device's own reading."""
        self._put(Measurement(k.replace("__", "."), v, self.clock.now()) for k, v in values.items())

    def _put(self, measurements: Iterable[Measurement]) -> None:
        assert self.sink is not None
        self.sink.put(list(measurements))

    async def apply(self, command: Command) -> None:
        if self.fault == "silent":
            raise NoAnswer("nothing came back")
        if self.fault == "refuse":
            raise Refused("exception 2")
        if self.fault == "bug":
            raise KeyError("register")
        self.written.append((command.point, command.value))
        if self.fault == "hang":
            await asyncio.Event().wait()
        if self.fault == "mute":
            return
        value = False if self.fault == "ignore" else command.value
        self._put([Measurement(command.point, value, self.clock.now())])


def board_of(clock: Clock, *devices: Device) -> Board:
    board = Board(clock)
    for d in devices:
        board.expect(d)
    return board
