"""From decision to device and back: sends what differs, renews heartbeats, judges by the device's own reading."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict, deque
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass

from hub.errors import LinkError, Refused
from hub.live import Board, Reading
from hub.model import (
    Clock,
    Command,
    CommandSpec,
    Driver,
    LinkState,
    Outcome,
    OutcomeState,
    Reason,
    Request,
    Source,
    Value,
    Wear,
)
from hub.model.journal import Entry, Input, Journal

log = logging.getLogger("hub")
ROUTINE_S = 60.0
AGAIN_S, FLASH_AGAIN = 5.0, 0.2
"""After so long a device that shows another value is told again, and at once when it is back; one that keeps it in
flash at most by this share of its daily writes, and only when they have not been used for new values."""
LATELY_S = 60.0
"""A reading that differs from all that we wrote in this time is not an old one of ours that comes late."""
Waiter = asyncio.Future[tuple[Command | None, Outcome]]


@dataclass(slots=True)
class Sent:
    """The last write of a point: when (monotonic s, and UTC ms), what came of it, and when the device showed it."""

    value: Value
    at: float
    state: OutcomeState = OutcomeState.PENDING
    utc: int = 0
    shown: int = 0


@dataclass(slots=True)
class Flight:
    """A write on its way. `newer`: what is to be written instead, as soon as the device has taken this one."""

    serial: int
    started: float
    sent: Sent
    renewal: bool
    newer: Value | None = None
    patience: asyncio.Timeout | None = None
    """while its reading is waited for"""


@dataclass(frozen=True, slots=True)
class Order:
    """A command on its way, with what it was decided on and whose wish it is, if anybody's."""

    command: Command
    inputs: tuple[Input, ...]
    request: Request | None


class Dispatcher:
    """One write in flight per point; a newer decision for the same point waits for the older one's answer, or only
    until the device has taken it when nobody waits for that answer and somebody for the newer one's.

    A `silent` one writes nothing: the hub only watches.
    """

    def __init__(
        self, board: Board, clock: Clock, journal: Journal, tasks: asyncio.TaskGroup, silent: bool = False
    ) -> None:
        self._board = board
        self._clock = clock
        self._journal = journal
        self._tasks = tasks
        self.silent = silent
        self._drivers: dict[str, Driver] = {}
        self._sent: dict[str, Sent] = {}
        self._written: dict[str, int] = {}
        """when each point was last written, UTC ms"""
        self._lately: defaultdict[str, deque[tuple[float, Value]]] = defaultdict(lambda: deque(maxlen=64))
        """what stood in each point by our will or another's, and since when, monotonic s"""
        self._flying: dict[str, Flight] = {}
        self._next: dict[str, Order] = {}
        self._waiters: dict[str, tuple[str, int, Waiter]] = {}
        self._writes = 0
        self._noted: dict[str, tuple[tuple[object, ...], float]] = {}
        self._hushed: dict[str, float] = {}
        self.managed_points: frozenset[str] = frozenset()
        self.on_foreign: Callable[[str, Value], Coroutine[None, None, None]] = _nothing
        """told a point and its reading when somebody else has set it: the vendor's app, a button"""

    def attach(self, driver: Driver) -> None:
        for device in driver.devices:
            self._drivers[device.id] = driver

    def spec(self, point: str) -> CommandSpec | None:
        """None for what cannot be set, and for a command whose point the device has not shown yet."""
        device = self._board.devices.get(point.partition(".")[0])
        return device.command(point) if device and point in self._board.points else None

    def managed(self, point: str) -> bool:
        return point in self.managed_points

    # -- waiting -----------------------------------------------------------------------------------------------------

    def expect(self, request: Request) -> Waiter:
        """Resolves with the first write to the request's point that starts after this call."""
        waiter: Waiter = asyncio.get_running_loop().create_future()
        self._waiters[request.id] = (request.point, self._writes, waiter)
        self._sent.pop(request.point, None)
        return waiter

    def forget(self, request_id: str) -> None:
        self._waiters.pop(request_id, None)

    def overtake(self, request_id: str, why: Reason) -> None:
        """Who waits under this id is told that a newer wish counts instead."""
        point, _, waiter = self._waiters.get(request_id, ("", 0, None))
        if waiter and not waiter.done():
            applied = self._board.read(point).value if point in self._board.points else None
            waiter.set_result((None, Outcome(OutcomeState.REFUSED, applied, why, self._clock.now())))

    def waits(self, request_id: str) -> bool:
        """Whether somebody waits under this id and is not answered yet."""
        return request_id in self._waiters and not self._waiters[request_id][2].done()

    def follows(self, request_id: str) -> bool:
        """Whether the write that is waited for under this id is on its way, or over."""
        point, since, waiter = self._waiters[request_id]
        flight = self._flying.get(point)
        return waiter.done() or point in self._next or (flight is not None and flight.serial > since)

    # -- sending -----------------------------------------------------------------------------------------------------

    def carry_out(
        self, commands: tuple[Command, ...], values: Mapping[str, Value], requests: Mapping[str, Request]
    ) -> None:
        """Sends what is due. `values` are those that the core decided on, `requests` the leases it knew, by id."""
        if self.silent:
            return
        wanted = {c.point for c in commands}
        for gone in (self._sent, self._next):
            for point in [p for p in gone if p not in wanted]:
                del gone[point]
        for command in commands:
            if command.point in self._flying:
                self._next.pop(command.point, None)
                if self._is_on_its_way(command):
                    continue
            elif not self._due(command):
                continue
            order = Order(command, self._inputs(command, values), requests.get(command.request))
            if command.point in self._flying:
                self._next[command.point] = order
                self._hurry(command)
            else:
                self._carry(order)

    def _is_on_its_way(self, command: Command) -> bool:
        """Whether the write under way says the same, and nobody waits for one that begins later."""
        sent, spec = self._sent.get(command.point), self.spec(command.point)
        return bool(sent and spec and spec.shows(command.value, sent.value))

    def at_hand(self, request_id: str) -> Outcome | None:
        """What the device shows while the write that is waited for is still on its way: None if nothing since then."""
        point, since, _ = self._waiters[request_id]
        flight, reading = self._flying.get(point), self._board.read(point)
        if flight is None or flight.serial <= since or reading.value is None or reading.at <= flight.sent.utc:
            return None
        return _ignored(reading)

    def _hurry(self, newer: Command) -> None:
        """A reading that nobody waits for any more is not waited for when somebody waits for the next write."""
        flight = self._flying[newer.point]
        since = [at for point, at, waiter in self._waiters.values() if point == newer.point and not waiter.done()]
        if not since or min(since) < flight.serial:
            return
        flight.newer = newer.value
        if flight.patience and not flight.patience.expired():
            flight.patience.reschedule(asyncio.get_running_loop().time())

    def _carry(self, order: Order) -> None:
        """Writes it, but to flash only what does not stand there already."""
        command = order.command
        if not self._stands(command):
            self._start(order)
            return
        reading, now = self._board.read(command.point), self._clock.monotonic()
        self._writes += 1
        self._sent[command.point] = Sent(command.value, now, OutcomeState.CONFIRMED, self._clock.now(), reading.at)
        self._lately[command.point].append((now, command.value))
        outcome = Outcome(OutcomeState.CONFIRMED, reading.value, Reason("confirmed"), reading.at)
        self._answer(command, outcome, self._writes)

    def _stands(self, command: Command) -> bool:
        """Whether the device has shown it since it was last written to."""
        spec, reading = self.spec(command.point), self._board.read(command.point)
        if spec is None or spec.wear is not Wear.FLASH:
            return False
        return reading.at >= self._written.get(command.point, 0) and spec.shows(command.value, reading.value)

    def hush(self, device: str, for_s: float) -> None:
        """Writes nothing to `device` for so long, so that its watchdog can be seen to act."""
        self._hushed[device] = self._clock.monotonic() + for_s

    def _due(self, command: Command) -> bool:
        if self._clock.monotonic() < self._hushed.get(command.point.partition(".")[0], 0.0):
            return False
        sent, spec = self._sent.get(command.point), self.spec(command.point)
        if spec is None or command.point.partition(".")[0] not in self._drivers:
            return False
        if sent is None:
            return not self._unread(spec)
        age = self._clock.monotonic() - sent.at
        if not spec.shows(command.value, sent.value):
            return not self._taken_over(command, sent, spec)
        if spec.heartbeat_s and age >= spec.heartbeat_s / 2:
            return True
        return self._disagrees(command, sent, spec, age)

    def _unread(self, spec: CommandSpec) -> bool:
        """What stands in a flash is looked at first, unless somebody waits for the answer."""
        asked = any(point == spec.point for point, _, _ in self._waiters.values())
        return spec.wear is Wear.FLASH and not asked and not self._board.read(spec.point).at

    def _disagrees(self, command: Command, sent: Sent, spec: CommandSpec, age: float) -> bool:
        """Whether the device shows something else, and it is not because somebody else wants it so."""
        reading, link = self._board.read(command.point), self._board.links[spec.point.partition(".")[0]]
        is_back = link.state is LinkState.UP and link.since > sent.utc
        if spec.shows(command.value, reading.value) or (not is_back and age < max(spec.settle_ms / 1000, AGAIN_S)):
            return False
        if not spec.shown and reading.value is None:
            return sent.state is not OutcomeState.PENDING
        if reading.value is not None and self._set_by_another(sent, spec, reading.at):
            self._yield(command.point, reading.value, sent)
            return False
        return spec.wear is not Wear.FLASH or age >= 86_400 / (FLASH_AGAIN * spec.writes_a_day)

    def _taken_over(self, command: Command, sent: Sent, spec: CommandSpec) -> bool:
        """Whether somebody else has set it between two values of a regulator, which comes back to it each second.

        The device had shown ours, and now shows one that has not been ours lately.
        """
        reading, since = self._board.read(command.point), self._clock.monotonic() - LATELY_S
        if reading.value is None or reading.at <= sent.shown or not self._set_by_another(sent, spec, reading.at):
            return False
        wrote = self._lately[command.point]
        before = [value for at, value in wrote if at < since][-1:]  # it stood until the first of the others
        known = (sent.value, *before, *(value for at, value in wrote if at >= since))
        if any(spec.shows(value, reading.value) for value in known):
            return False
        self._yield(command.point, reading.value, sent)
        return True

    def _yield(self, point: str, value: Value, sent: Sent) -> None:
        """The device has been given another's `value`."""
        now = self._clock.monotonic()
        self._sent[point] = Sent(value, now, sent.state, self._clock.now(), self._board.read(point).at)
        self._lately[point].append((now, value))
        self._spawn(self.on_foreign(point, value), f"foreign {point}")

    def _set_by_another(self, sent: Sent, spec: CommandSpec, read_at: int) -> bool:
        """What we wrote had been confirmed, the link has been up ever since, and now the device shows another value.

        A device that lost touch with us falls back by itself, and nobody has wished that.
        """
        link = self._board.links[spec.point.partition(".")[0]]
        steady = link.state is LinkState.UP and link.since <= sent.utc
        kept_alive = not spec.heartbeat_s or read_at - sent.utc < spec.heartbeat_s * 1000
        return sent.state is OutcomeState.CONFIRMED and steady and kept_alive

    def _start(self, order: Order) -> None:
        """From here on it is the latest write: who waits for one that begins later does not take it for his own."""
        command, now = order.command, self._clock.monotonic()
        self._writes += 1
        flight = Flight(
            self._writes, now, Sent(command.value, now, utc=self._clock.now()), renewal=self._renews(command)
        )
        self._flying[command.point] = flight
        self._sent[command.point] = flight.sent
        self._written[command.point] = flight.sent.utc
        self._spawn(self._send(order, flight), f"write {command.point}")

    def _spawn(self, work: Coroutine[None, None, None], name: str) -> None:
        """Nothing is written any more while the house ends; the next start does what is due then."""
        try:
            self._tasks.create_task(work, name=name)
        except RuntimeError:  # the task group's word for that
            work.close()

    async def _send(self, order: Order, flight: Flight) -> None:
        command = order.command
        outcome = await self._write(command, flight)
        flight.sent.state, flight.sent.shown = outcome.state, outcome.at
        self._lately[command.point].append((flight.started, command.value))
        if not flight.renewal or outcome.state is not OutcomeState.CONFIRMED:
            self._write_down(order, outcome, flight.started)
        del self._flying[command.point]
        self._answer(command, outcome, flight.serial)
        newer = self._next.pop(command.point, None)
        if newer and self._due(newer.command):
            self._carry(newer)

    def _answer(self, command: Command, outcome: Outcome, serial: int) -> None:
        for point, since, waiter in list(self._waiters.values()):
            if point == command.point and since < serial and not waiter.done():
                waiter.set_result((command, outcome))

    def _renews(self, command: Command) -> bool:
        """A heartbeat with nothing new in it is no decision and no journal row."""
        sent, spec = self._sent.get(command.point), self.spec(command.point)
        known = (OutcomeState.CONFIRMED,) if spec and spec.shown else (OutcomeState.CONFIRMED, OutcomeState.PENDING)
        return bool(sent and spec and spec.shows(command.value, sent.value) and sent.state in known)

    async def _write(self, command: Command, flight: Flight) -> Outcome:
        device = command.point.partition(".")[0]
        sent_at, started = self._clock.now(), self._clock.monotonic()
        try:
            await self._drivers[device].apply(command)
        except LinkError as e:
            return self._unanswered(str(e))
        except Refused as e:
            applied = self._board.read(command.point).value
            return Outcome(
                OutcomeState.REFUSED, applied, Reason("device_refused", {"detail": str(e)}), self._clock.now()
            )
        except Exception as bug:  # costs this write, not the house
            log.critical("the driver of %s failed at %s", device, command.point, exc_info=bug)
            return self._unanswered(f"a fault in its driver: {bug!r}; the log has the traceback")
        return await self._read_back(command, flight, sent_at, started)

    def _silence(self, point: str) -> str:
        link = self._board.links[point.partition(".")[0]]
        if link.state is LinkState.LOST:
            return link.reason
        return "it was told, and has shown nothing since"

    def _unanswered(self, detail: str) -> Outcome:
        return Outcome(OutcomeState.NO_ANSWER, None, Reason("no_answer", {"detail": detail}), self._clock.now())

    async def _read_back(self, command: Command, flight: Flight, sent_at: int, started: float) -> Outcome:
        """Waits until the device's own reading shows the value, or the settle time since the write began is over."""
        spec = self.spec(command.point)
        assert spec is not None
        left = started + spec.settle_ms / 1000 - self._clock.monotonic()
        await self._comes(spec, command, sent_at, flight, 0.0 if flight.newer is not None else max(left, 0.0))
        reading = self._board.read(command.point)
        if self._shown(spec, command, sent_at):
            return Outcome(OutcomeState.CONFIRMED, reading.value, Reason("confirmed"), reading.at)
        if flight.newer is not None:
            why = Reason("replaced", {"value": flight.newer})
            return Outcome(OutcomeState.REFUSED, reading.value, why, self._clock.now())
        return self._judge(command, sent_at)

    async def _comes(self, spec: CommandSpec, command: Command, sent_at: int, flight: Flight, within_s: float) -> None:
        """Returns when the reading shows the value, when the time is over, or when a newer write is in a hurry."""
        if self._shown(spec, command, sent_at):
            return
        with self._board.subscribe() as changes, suppress(TimeoutError):
            try:
                async with asyncio.timeout(within_s) as flight.patience:
                    while not self._shown(spec, command, sent_at):
                        await changes.get()
            finally:
                flight.patience = None

    def _shown(self, spec: CommandSpec, command: Command, sent_at: int) -> bool:
        reading = self._board.read(command.point)
        return reading.at >= sent_at and spec.shows(command.value, reading.value)

    def _judge(self, command: Command, sent_at: int) -> Outcome:
        reading = self._board.read(command.point)
        spec = self.spec(command.point)
        if reading.value is None and spec and not spec.shown:
            return Outcome(OutcomeState.PENDING, None, Reason("taken_not_shown"), self._clock.now())
        if reading.value is None or reading.at < sent_at:
            return self._unanswered(self._silence(command.point))
        return _ignored(reading)

    # -- the journal -------------------------------------------------------------------------------------------------

    def _inputs(self, command: Command, values: Mapping[str, Value]) -> tuple[Input, ...]:
        """What the core looked at for this decision, as it was then, and how old it was."""
        now = self._clock.now()
        known = [p for p in command.inputs if p in self._board.points]
        return tuple(Input(p, values.get(p), now - self._board.read(p).at) for p in known)

    def _routine(self, order: Order, outcome: Outcome) -> bool:
        """A regulator's next value for the same reason is a row once a minute; the columns hold every second of it.

        A rule that works out its value is a regulator too, and so is a mode that somebody holds for a time.
        """
        command, asked = order.command, order.request
        own = asked is None or asked.point != command.point or asked.source is Source.RULE
        kind = (command.source, command.reason.code, tuple(r.code for r in command.limits), outcome.state)
        noted, now = self._noted.get(command.point), self._clock.monotonic()
        if own and noted and noted[0] == kind and now - noted[1] < ROUTINE_S:
            return True
        self._noted[command.point] = (kind, now)
        return False

    def _write_down(self, order: Order, outcome: Outcome, started: float) -> None:
        command, asked = order.command, order.request
        if self._routine(order, outcome):
            return
        self._journal.later(
            Entry(
                self._clock.now(),
                "write",
                command.point,
                command.request,
                asked=asked.value if asked else None,
                value=command.value,
                source=command.source.value,
                person=asked.person if asked else "",
                cause=(asked.cause if asked else "") or command.reason.code,
                reason=command.reason if outcome.state is OutcomeState.CONFIRMED else outcome.reason,
                limits=command.limits,
                inputs=order.inputs,
                state=outcome.state.value,
                applied=outcome.applied,
                ms=round((self._clock.monotonic() - started) * 1000, 2),
            )
        )


def _ignored(reading: Reading) -> Outcome:
    assert reading.value is not None
    why = Reason("device_ignored", {"reading": reading.value})
    return Outcome(OutcomeState.REFUSED, reading.value, why, reading.at)


async def _nothing(_point: str, _value: Value) -> None:
    """Nobody asks."""
