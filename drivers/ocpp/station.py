"""One charge point: its connection, what it can, and its connectors. Lives on across connections and restarts of it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from drivers.ocpp import schema
from drivers.ocpp.answers import Answers, Numbers
from drivers.ocpp.dialect import Abilities, Dialect
from drivers.ocpp.exchange import Exchange
from drivers.ocpp.frame import Call, Payload
from drivers.ocpp.keep import Kept
from drivers.ocpp.meaning import Fact, Said, hear
from drivers.ocpp.meter import number
from drivers.ocpp.outlet import HARD, RESTART, RESTARTS, Outlet
from drivers.ocpp.sessions import Sessions
from drivers.ocpp.setting import Setting, words
from drivers.ocpp.v2 import V2
from drivers.ocpp.v16 import V16
from hub.errors import LinkError, NoAnswer, Refused
from hub.model import Clock, Sink, Value
from hub.model.heard import Reading

log = logging.getLogger(__name__)

_SKEW_MS = 2_000
_REFUSALS = 3
_BUSY = "a car is charging; only a hard restart ends that"
_RESTARTS = "it restarts, as asked"
_RESTART_S = 120.0


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds. `ping`: between two signs of life asked for; two missed are a loss, after `hang_up` the line is cut.

    `answer`: for one answer. `boot`: how long a charger may take to introduce itself. `meter`, `rest`: how old meter
    values may be while a car charges and otherwise.
    """

    ping: float = 4.0
    hang_up: float = 30.0
    answer: float = 10.0
    boot: float = 3.0
    meter: float = 7.0
    rest: float = 60.0
    care: float = 1.0


class Line(Protocol):
    """A WebSocket connection of the charger."""

    async def send(self, text: str) -> None: ...

    async def ping(self) -> None: ...

    async def receive(self) -> str | bytes | None:
        """The next frame; None for a mere sign of life. Raises LinkError when the connection has ended."""

    async def close(self, reason: str) -> None: ...


class Station:
    """Collaborates with its outlets (values, devices), a Setting (limits) and Kept (sessions that outlive the hub)."""

    def __init__(
        self, identity: str, outlets: Sequence[Outlet], clock: Clock, numbers: Numbers, pace: Pace, kept: Kept
    ) -> None:
        self.identity, self.outlets = identity, {o.options.connector: o for o in outlets}
        self._clock, self._pace = clock, pace
        tags = frozenset(tag.lower() for outlet in outlets for tag in outlet.options.tags)
        self._sessions = Sessions(next(iter(self.outlets)) if len(self.outlets) == 1 else 1)
        self._answers = Answers(clock, tags, numbers, self._sessions)
        self._numbers = numbers
        self._kept = kept
        self._line: Line | None = None
        self._exchange: Exchange | None = None
        self._setting: Setting | None = None
        self._restarted = float("-inf")
        self._sink: Sink | None = None
        self._up: bool | None = None
        self._introduced = asyncio.Event()
        self._heard = 0.0
        self._skew_ms = 0
        self._refusals = 0
        self.called = False
        self.told: dict[str, tuple[Reading, ...]] = {}
        """what its last message of each kind said, and its answer to the last restart"""

    async def recall(self) -> None:
        """The sessions that ran when the hub ended: each goes on until the charger says otherwise."""
        await self._kept.recall(self._sessions)
        for id_ in self._sessions.kept():
            self._numbers.heard(id_)
        self._go_on()

    async def serve(self, line: Line, version: str, sink: Sink) -> None:
        """Lives as long as the connection; a newer connection of the same charger ends an older one."""
        old, self._line = self._line, line
        if old:
            await old.close("the charger has called anew")
        if self._line is not line:  # and once more in the meantime
            await line.close("the charger has called anew")
            return
        self.called, self._sink = True, sink
        self._answers.version = version
        self._introduced, self._setting, self._refusals = asyncio.Event(), None, 0
        exchange = self._exchange = Exchange(self.identity, line.send, self._answer, self._pace.answer)
        self._alive()
        reason = "the connection has ended"
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._listen(line, exchange))
                tasks.create_task(self._ping(line))
                tasks.create_task(self._care(exchange, V16() if version == schema.V16 else V2()))
        except* LinkError as group:
            restarts = self._clock.monotonic() - self._restarted < _RESTART_S
            reason = _RESTARTS if restarts else str(group.exceptions[0])
        finally:
            exchange.end(reason)
            if self._line is line:
                self._line = self._setting = self._exchange = None
                self.lose(sink, reason)

    async def command(self, outlet: Outlet, name: str, value: Value) -> None:
        """Raises NoAnswer or Refused; returns when the charger's own word is in the sink."""
        if self._line is None or self._exchange is None:
            raise NoAnswer(f"{outlet.id}: the charger is not connected")
        if name == RESTART:
            return await self._restart(self._exchange, outlet, value)
        setting = self._setting
        if setting is None:
            raise NoAnswer(f"{outlet.id}: the charger has just called and is still being asked what it can")
        async with outlet.lock:
            await setting.write(outlet, name, value, self._skew_ms)

    async def _restart(self, exchange: Exchange, outlet: Outlet, how: Value) -> None:
        """The whole charger, whichever of its connectors was meant. Raises NoAnswer or Refused.

        Scheduled (2.x) is no restart yet: it is taken, and nothing shows it.
        """
        if how not in RESTARTS:
            raise Refused(f"{outlet.id}.{RESTART} cannot be set to {how!r}")
        charging = self._sessions.anywhere or any(o.draws for o in self.outlets.values())
        if how != HARD and charging:
            raise Refused(_BUSY)
        dialect: Dialect = V16() if self._answers.version == schema.V16 else V2()
        answer = await exchange.call(*dialect.restart(how == HARD))
        self.told["Reset"] = (Reading("ResetResponse.status", words(answer)),)
        status = answer.get("status")
        if status not in ("Accepted", "Scheduled"):
            raise Refused(f"the charger says: {words(answer)}")
        if status == "Accepted":
            self._restarted = self._clock.monotonic()
            outlet.holds(RESTART, how)

    def lose(self, sink: Sink, reason: str) -> None:
        if self._up is False:
            return
        self._up = False
        log.warning("ocpp %s: lost: %s", self.identity, reason)
        for outlet in self.outlets.values():
            outlet.lost(sink, reason)

    # -- the connection's three tasks --------------------------------------------------------------------------------

    async def _listen(self, line: Line, exchange: Exchange) -> None:
        while True:
            raw = await line.receive()
            self._alive()
            if raw is not None:
                try:
                    await exchange.take(raw)
                finally:
                    await self._kept.keep(self._sessions)

    async def _ping(self, line: Line) -> None:
        while True:
            await line.ping()
            await asyncio.sleep(self._pace.ping)
            silent = self._clock.monotonic() - self._heard
            if silent >= self._pace.hang_up:
                await line.close("silent for too long")
                raise NoAnswer(f"nothing heard for {silent:.0f} s")
            if silent >= 2 * self._pace.ping and self._sink:
                self.lose(self._sink, f"nothing heard for {silent:.0f} s")

    async def _care(self, exchange: Exchange, dialect: Dialect) -> None:
        """Gets to know the charger, then keeps its values fresh and starts and stops what it must."""
        try:
            async with asyncio.timeout(self._pace.boot):
                await self._introduced.wait()
        except TimeoutError:
            await self._trigger(exchange, dialect, "BootNotification", 0)
        abilities = await self._learned(exchange, dialect)
        for outlet in self.outlets.values():
            outlet.able(abilities)
        setting = Setting(exchange, dialect, abilities, self._clock, self._numbers)
        for connector, outlet in self.outlets.items():
            await self._trigger(exchange, dialect, "StatusNotification", connector)
            await self._trigger(exchange, dialect, "MeterValues", connector)
            await _try(setting.read(outlet))
        self._setting = setting
        while True:
            await asyncio.sleep(self._pace.care)
            for connector, outlet in self.outlets.items():
                await self._freshen(exchange, dialect, connector, outlet)
                async with outlet.lock:
                    await _try(setting.steer(outlet, self._skew_ms))

    async def _learned(self, exchange: Exchange, dialect: Dialect) -> Abilities:
        try:
            return await dialect.learn(exchange)
        except NoAnswer as error:
            log.info("ocpp %s: does not say what it can: %s", self.identity, error)
            return Abilities()

    async def _freshen(self, exchange: Exchange, dialect: Dialect, connector: int, outlet: Outlet) -> None:
        limit = self._pace.meter if outlet.draws else self._pace.rest
        if outlet.wants_meter(limit):
            await self._trigger(exchange, dialect, "MeterValues", connector)

    async def _trigger(self, exchange: Exchange, dialect: Dialect, message: str, connector: int) -> None:
        """A charger that has refused a few times in a row is asked no more on this connection."""
        if self._refusals >= _REFUSALS:
            return
        try:
            answer = await exchange.call(*dialect.trigger(message, connector))
        except Refused:
            self._refusals = _REFUSALS
        except NoAnswer as error:
            log.debug("ocpp %s: %s", self.identity, error)
        else:
            self._refusals = 0 if answer.get("status") == "Accepted" else self._refusals + 1

    # -- what the charger says ---------------------------------------------------------------------------------------

    def _alive(self) -> None:
        self._heard = self._clock.monotonic()
        if self._sink is None:
            return
        if not self._up:
            self._up = True
            log.info("ocpp %s: the charger is there", self.identity)
            for outlet in self.outlets.values():
                outlet.found(self._sink)
        now = self._clock.now()
        for outlet in self.outlets.values():
            outlet.alive(now)

    def _answer(self, call: Call) -> Payload:
        """Raises FaultError."""
        answer = self._answers.to(call)
        said = hear(call.action, call.payload, self._sessions)
        self.told.update(_told(call, said))
        for problem in said.problems:
            log.debug("ocpp %s: %s: %s", self.identity, call.action, problem)
        if call.action == "BootNotification":
            self._introduced.set()
            for outlet in self.outlets.values():
                outlet.known(said.device)
        self._follow(call, answer, said)
        return answer

    def _follow(self, call: Call, answer: Payload, said: Said) -> None:
        now = self._clock.now()
        if said.triggered and said.time is not None:
            ahead = said.time - now
            self._skew_ms = ahead if abs(ahead) > _SKEW_MS else 0
        if call.action == "StartTransaction":
            start, tag = number(call.payload.get("meterStart")), call.payload.get("idTag")
            connector = self._sessions.home if said.connector is None else said.connector
            self._start(str(answer["transactionId"]), connector, start, said.time, tag if isinstance(tag, str) else "")
        self._numbers.heard(said.transaction)
        self._go_on()
        outlet = self._outlet(said)
        if outlet is None:
            return
        mine = [f for f in said.facts if said.connector is None or f.connector == outlet.options.connector]
        outlet.take([*mine, *_implied(call.action, said, outlet)], now, self._skew_ms)

    def _start(self, id_: str, connector: int, start: float | None, at: int | None, tag: str) -> None:
        """One that is told again, because its answer had not come, is the same."""
        if self._sessions.of(id_) is None:
            self._sessions.began(id_, connector, start, at, tag)

    def _go_on(self) -> None:
        for connector, outlet in self.outlets.items():
            outlet.transaction = self._sessions.running(connector)

    def _outlet(self, said: Said) -> Outlet | None:
        """Whose message it is; one that names no connector is understood where there is only one."""
        if said.connector is None:
            return next(iter(self.outlets.values())) if len(self.outlets) == 1 else None
        return self.outlets.get(said.connector)

    def facts(self, outlet: Outlet) -> tuple[Reading, ...]:
        """Its session, that runs or ran last, and the charger's last message of each kind."""
        session = self._sessions.facts(outlet.options.connector)
        return (*session, *(reading for said in self.told.values() for reading in said))


def _told(call: Call, said: Said) -> dict[str, tuple[Reading, ...]]:
    """2.x has one message for the begin, the course and the end of a transaction: the last of each is remembered."""
    if call.action != "TransactionEvent":
        return {call.action: tuple(said.readings)}
    name = f"TransactionEvent({str(call.payload.get('eventType'))[:10]})"
    return {name: tuple(replace(r, code=r.code.replace("TransactionEvent", name, 1)) for r in said.readings)}


def _implied(action: str, said: Said, outlet: Outlet) -> list[Fact]:
    """2.x says of a connector only that it is occupied, and of a transaction's end often nothing more."""
    if any(f.name == "status" for f in said.facts):
        return []
    connector = outlet.options.connector
    occupied = any(f.name == "connected" and f.value is True for f in said.facts)
    if action in ("StatusNotification", "NotifyEvent") and occupied and not outlet.draws and not outlet.connected:
        return [Fact(connector, "status", "ready")]
    ended = not said.live and outlet.connected and outlet.status in ("charging", "paused", "ready")
    at = said.time if said.queued or action == "StopTransaction" else None
    return [Fact(connector, "status", "idle", at, said.queued)] if ended else []


async def _try(wanted: object) -> None:
    """What the hub does by itself may fail; whoever commands is told, here it is tried again."""
    try:
        await wanted  # type: ignore[misc]
    except (NoAnswer, Refused) as error:
        log.debug("ocpp: %s", error)
