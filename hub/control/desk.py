"""The Desk: takes requests, runs the core on them at once, sends what it decides, and reads back what came of it."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from hub.control.check import allowed, coerce
from hub.control.dispatch import Dispatcher
from hub.control.leases import Leases
from hub.errors import ShemsError
from hub.live import Board
from hub.model import (
    Clock,
    Command,
    Kind,
    Measurement,
    Outcome,
    OutcomeState,
    Point,
    Reason,
    Relation,
    Request,
    Source,
    Value,
)
from hub.model.journal import Entry, Journal

ANSWER_WITHIN_S = 0.95
DEFAULT_LEASE_S = 3600.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person gets back: the device's own reading, or why there is none."""

    id: str
    state: OutcomeState
    asked: Value
    applied: Value | None
    reason: Reason
    limited_by: Reason | None = None
    ms: float = 0.0


class Keep(Protocol):
    """Where wishes survive a restart; each call is durable when it returns."""

    async def put_intent(self, point: str, value: str, t: int, person: str) -> None: ...
    async def take(self, request: Request) -> object: ...
    async def end(self, request_id: str, now: int) -> None: ...


class Desk:
    """There is no second door. Collaborates with the Board, the dispatcher and the journal."""

    def __init__(self, board: Board, clock: Clock, journal: Journal, dispatcher: Dispatcher, keep: Keep) -> None:
        self._board = board
        self._clock = clock
        self._journal = journal
        self._dispatcher = dispatcher
        self._keep = keep
        self.leases = Leases()
        self.intents: dict[str, str] = {}
        self.on_request: Callable[[], None] = lambda: None
        self._answers: dict[str, asyncio.Future[Answer]] = {}

    # -- wishes ------------------------------------------------------------------------------------------------------

    async def ask(
        self,
        point: str,
        raw: Value,
        *,
        person: str,
        source: Source = Source.PERSON,
        cause: str = "",
        for_s: float | None = None,
        id_: str = "",
    ) -> Answer:
        """Waits for the device's own reading, ANSWER_WITHIN_S at most. The same id again gives the first answer."""
        id_ = id_ or uuid.uuid4().hex[:16]
        if id_ in self._answers:
            return await asyncio.shield(self._answers[id_])
        self._remember(id_, future := asyncio.get_running_loop().create_future())
        try:
            answer = await self._ask(point, raw, person, source, cause, for_s, id_)
        except BaseException:
            self._answers.pop(id_, None)
            future.cancel()
            raise
        future.set_result(answer)
        return answer

    def answered(self, id_: str) -> Answer | None:
        future = self._answers.get(id_)
        return future.result() if future and future.done() and not future.cancelled() else None

    async def _ask(
        self, point_id: str, raw: Value, person: str, source: Source, cause: str, for_s: float | None, id_: str
    ) -> Answer:
        started = self._clock.monotonic()
        point = self._board.points.get(point_id)
        value = coerce(point, raw) if point else Reason("unknown_point", {"point": point_id})
        refusal = value if isinstance(value, Reason) else self._refuse(point_id, value)
        now = self._clock.now()
        entry = Entry(now, "request", point_id, id_, asked=raw, source=source.value, person=person, cause=cause)
        if refusal or point is None or isinstance(value, Reason):
            refusal = refusal or Reason("unknown_point")
            await self._journal.record(replace(entry, reason=refusal, state=OutcomeState.REFUSED.value))
            return Answer(id_, OutcomeState.REFUSED, raw, None, refusal, ms=self._ms(started))
        written = self._journal.record(replace(entry, value=value, reason=Reason(f"{source.value}_asked")))
        if point.quantity.kind is Kind.INTENT:
            kept: Awaitable[object] = self._keep.put_intent(point_id, str(value), now, person)
            return await _carried_out(self._intend(point, str(value), id_, started), written, kept)
        ends = now + round((DEFAULT_LEASE_S if for_s is None else for_s) * 1000)
        request = Request(id_, point_id, Relation.SET, value, source, now, ends, person, cause)
        if not self._dispatcher.managed(point_id):
            return await _carried_out(self._device(request, started), written)
        return await _carried_out(self._device(request, started), written, self._keep.take(request))

    def _refuse(self, point_id: str, value: Value) -> Reason | None:
        if self._board.points[point_id].quantity.kind is Kind.INTENT:
            choices = self._choices(point_id)
            return (
                None
                if value in choices
                else Reason("bad_value", {"asked": value, "wanted": "one of " + ", ".join(choices)})
            )
        spec = self._dispatcher.spec(point_id)
        return allowed(spec, value) if spec else Reason("not_writable", {"point": point_id})

    def _choices(self, point_id: str) -> tuple[str, ...]:
        device = self._board.devices[self._board.points[point_id].device]
        spec = device.command(point_id)
        return spec.choices if spec else ()

    async def _intend(self, point: Point, value: str, id_: str, started: float) -> Answer:
        self.intents[point.id] = value
        self._board.put([Measurement(point.id, value, self._clock.now())])
        self.on_request()
        return Answer(id_, OutcomeState.CONFIRMED, value, value, Reason("confirmed"), ms=self._ms(started))

    async def _device(self, request: Request, started: float) -> Answer:
        self.leases.take(request)
        waiting = self._dispatcher.expect(request)
        self.on_request()
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                command, outcome = await waiting
        except TimeoutError:
            command, outcome = None, self._not_yet(request)
        finally:
            self._dispatcher.forget(request.id)
        failed = outcome.state in (OutcomeState.REFUSED, OutcomeState.NO_ANSWER)
        if failed or not self._dispatcher.managed(request.point):
            await self._give_back(request)
        if command and command.request != request.id:
            return Answer(
                request.id, OutcomeState.REFUSED, request.value, outcome.applied, command.reason, ms=self._ms(started)
            )
        limit = command.limits[-1] if command and command.limits else None
        return Answer(
            request.id, outcome.state, request.value, outcome.applied, outcome.reason, limit, self._ms(started)
        )

    def _not_yet(self, request: Request) -> Outcome:
        """A device that by its nature takes longer is pending; its outcome will be in the journal."""
        spec = self._dispatcher.spec(request.point)
        slow = spec is not None and spec.settle_ms / 1000 > ANSWER_WITHIN_S
        if slow:
            return Outcome(OutcomeState.PENDING, None, Reason("pending"), self._clock.now())
        return Outcome(OutcomeState.NO_ANSWER, None, Reason("no_answer"), self._clock.now())

    async def _give_back(self, request: Request) -> None:
        self.leases.drop(request.id)
        if self._dispatcher.managed(request.point):
            await self._keep.end(request.id, self._clock.now())

    def resume(self, chosen: Mapping[str, str], modes: Mapping[str, str]) -> None:
        """The modes in force at start: what people last chose, else what the site document says (by device)."""
        self.intents.update({f"{device}.mode": mode for device, mode in modes.items()} | dict(chosen))
        for point, value in self.intents.items():
            if point in self._board.points:
                self._board.put([Measurement(point, value, self._clock.now())])

    # -- the core's side ---------------------------------------------------------------------------------------------

    def requests(self, now: int) -> tuple[Request, ...]:
        """The leases in force; what has ended is journalled."""
        for ended in self.leases.expire(now):
            self._journal.later(
                Entry(
                    now,
                    "request",
                    ended.point,
                    ended.id,
                    value=ended.value,
                    source=ended.source.value,
                    person=ended.person,
                    reason=Reason("lease_ended"),
                    state="ended",
                )
            )
        return self.leases.active(now)

    def carry_out(self, commands: tuple[Command, ...], values: Mapping[str, Value]) -> None:
        self._dispatcher.carry_out(commands, values)

    # -- helpers -----------------------------------------------------------------------------------------------------

    def _remember(self, id_: str, future: asyncio.Future[Answer]) -> None:
        self._answers[id_] = future
        for old in list(self._answers)[:-1000]:
            del self._answers[old]

    def _ms(self, started: float) -> float:
        return round((self._clock.monotonic() - started) * 1000, 2)


async def _carried_out(answer: Awaitable[Answer], *saves: Awaitable[object]) -> Answer:
    """A wish is saved and carried out at the same time; the answer waits for both.

    A full disk does not keep people from switching: the answer then says that a restart will not know of it.
    """
    saving = asyncio.gather(*saves, return_exceptions=True)
    await asyncio.sleep(0)  # so that the disk is at work while the core thinks
    try:
        given = await answer
    finally:
        saved = await saving
    for result in saved:
        if isinstance(result, BaseException) and not isinstance(result, ShemsError):
            raise result
    lost = any(isinstance(result, ShemsError) for result in saved)
    return replace(given, reason=Reason("not_saved")) if lost and given.state is OutcomeState.CONFIRMED else given
