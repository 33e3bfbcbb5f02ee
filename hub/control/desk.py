"""The Desk: takes requests, runs the core on them at once, sends what it decides, and reads back what came of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Protocol

from hub.control.answers import Answer, AnswerKeep, Answers
from hub.control.check import allowed, coerce
from hub.control.dispatch import Dispatcher, Waiter
from hub.control.intents import moves
from hub.control.leases import Leases
from hub.core import HOUSE, Made
from hub.errors import ShemsError
from hub.live import Board
from hub.model import (
    HEEDED,
    Clock,
    Command,
    Kind,
    LinkState,
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
from hub.model.command import ORDER
from hub.model.journal import Entry, Journal
from hub.model.quantity import TARGETS

ANSWER_WITHIN_S = 0.95
DEFAULT_LEASE_S = 3600.0
FAILED = (OutcomeState.REFUSED, OutcomeState.NO_ANSWER)
Saving = asyncio.Future[list[object]]


class Keep(AnswerKeep, Protocol):
    """Where wishes survive a restart; each call is durable when it returns."""

    async def put_intent(self, point: str, value: str, t: int, person: str) -> None: ...
    async def take(self, request: Request, instead_of: str = "", now: int = 0) -> object:
        """The lease with the id `instead_of` ends at `now`."""

    async def end(self, request_id: str, now: int, back: Request | None = None) -> None:
        """The lease `back`, whose place it had taken, goes on, in the same moment."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody asks of a point, as it came in."""

    point: str
    raw: Value
    person: str
    source: Source
    cause: str
    for_s: float | None
    after_s: float
    chosen_id: bool


@dataclass(slots=True)
class Choice:
    """A mode that its device has not followed yet, and what holds again if it does not: the mode before, and the wishes
    that this one is to end.
    """

    request: Request
    before: str | None
    ended: list[Request]


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
        self._choosing: dict[str, Choice] = {}
        self.latest: Made | None = None
        """what the core decided last"""
        self.on_request: Callable[[], None] = lambda: None
        dispatcher.on_foreign = self._set_at_device
        self.answers = Answers(keep)

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
        after_s: float = 0.0,
        id_: str = "",
    ) -> Answer:
        """Waits for the device's own reading, ANSWER_WITHIN_S at most. The same id again gives the first answer.

        `for_s`: how long the wish holds, for points that the hub drives or that the device itself lets go. `after_s`:
        it begins only then, for a target.
        Raises IdInUseError for an id that another command had.
        """
        wish = Wish(point, raw, person, source, cause, for_s, after_s, chosen_id=bool(id_))
        return await self.answers.once(id_, point, self._meant(point, raw), lambda new: self._ask(wish, new))

    async def _ask(self, wish: Wish, id_: str) -> Answer:
        started, now = self._clock.monotonic(), self._clock.now()
        point, value = self._understood(wish)
        entry = Entry(
            now, "request", wish.point, id_, wish.raw, source=wish.source.value, person=wish.person, cause=wish.cause
        )
        if point is None or isinstance(value, Reason):
            refusal = value if isinstance(value, Reason) else Reason("unknown_point", {"point": wish.point})
            state = OutcomeState.NO_ANSWER if refusal.code == "no_answer" else OutcomeState.REFUSED
            await self._journal.record(replace(entry, reason=refusal, state=state.value))
            return Answer(id_, state, wish.raw, None, refusal, ms=self._ms(started))
        written = self._journal.record(replace(entry, value=value, reason=Reason(f"{wish.source.value}_asked")))
        held = self._held(point, wish.source) or (point.quantity.kind is Kind.INTENT and self._for_a_time(wish))
        ends = now + round((DEFAULT_LEASE_S if wish.for_s is None else wish.for_s) * 1000)
        starts = now + round(wish.after_s * 1000)
        request = Request(id_, point.id, Relation.SET, value, wish.source, starts, ends, wish.person, wish.cause)
        replaced = None if point.quantity.kind is Kind.INTENT else self.leases.take(request)
        if replaced and replaced.value != value:
            self._dispatcher.overtake(replaced.id, Reason("replaced", {"value": value}))
        saves: list[Awaitable[object]] = [written]
        if held or wish.chosen_id:
            kept = request if held else replace(request, ends=now)
            saves.append(self._keep.take(kept, replaced.id if replaced else "", now))
        elif replaced:
            saves.append(self._keep.end(replaced.id, now))
        saving = asyncio.ensure_future(_saved(saves))
        if point.quantity.kind is Kind.INTENT:
            return await _carried_out(self._intend(request, held, started, saving), saving)
        if _is_cores(point):
            return await _carried_out(self._limit(request, held, started, saving), saving)
        return await _carried_out(self._device(request, held, started, saving), saving)

    def _meant(self, point: str, raw: Value) -> Value:
        """`raw` in the point's own type, as far as it can be."""
        known, spec = self._board.points.get(point), self._dispatcher.spec(point)
        value = coerce(known, raw, spec.choices if spec else ()) if known else raw
        return raw if isinstance(value, Reason) else value

    def _understood(self, wish: Wish) -> tuple[Point | None, Value | Reason]:
        """The point and the value in its own type, or the reason why that cannot be asked of it."""
        point = self._board.points.get(wish.point)
        if point is None:
            return None, Reason("unknown_point", {"point": wish.point})
        spec = self._dispatcher.spec(point.id)
        value = coerce(point, wish.raw, spec.choices if spec else ())
        if isinstance(value, Reason):
            return point, value
        if wish.for_s is not None and not self._held(point, wish.source) and point.quantity.kind is not Kind.INTENT:
            return point, Reason("no_end_possible", {"point": point.id})
        if wish.after_s and point.quantity.name not in TARGETS:
            return point, Reason("begins_at_once", {"point": point.id})
        return point, self._refuse(point, value) or value

    def _held(self, point: Point, source: Source) -> bool:
        """Whether a wish for it is a lease: the hub drives the point, the device forgets what is not renewed, or a
        schedule, a rule or the plan wants it otherwise and would have its way again at once.
        """
        spec = self._dispatcher.spec(point.id)
        managed = self._dispatcher.managed(point.id) or _is_cores(point)
        asked = self.latest.step.asked if self.latest else ()
        lower = any(r.point == point.id and ORDER[r.source] > ORDER[source] for r in asked)
        return managed or lower or bool(spec and spec.heartbeat_s)

    def _for_a_time(self, wish: Wish) -> bool:
        """A mode that is chosen for some time, or against a rule that holds another: it ends, and the other is back."""
        return wish.for_s is not None or bool(self.latest and wish.point in self.latest.step.ruled)

    def _refuse(self, point: Point, value: Value) -> Reason | None:
        spec, cores = self._dispatcher.spec(point.id), point.quantity.kind is Kind.INTENT or _is_cores(point)
        if self._dispatcher.silent and not cores:
            return Reason("only_watching")
        if spec is None:
            return Reason("not_writable", {"point": point.id})
        return allowed(point, spec, value) or (None if _is_cores(point) else self._lost(point.device))

    def _lost(self, device: str) -> Reason | None:
        """Why nothing can be asked of a device that is known to be out of reach."""
        link = self._board.links[device]
        return Reason("no_answer", {"detail": link.reason}) if link.state is LinkState.LOST else None

    async def _intend(self, request: Request, held: bool, started: float, saving: Saving) -> Answer:
        """A mode is taken over when its device has followed it, and then ends what people had asked of the same device
        before: the latest wish counts. When the device does not, all is as it was.
        """
        choice, value, followed = self._choose(request, held), str(request.value), False
        try:
            outcome = await self._followed(request)
            followed = outcome.state not in FAILED
        finally:
            if self._choosing.get(request.point) is choice:
                del self._choosing[request.point]
                if not followed:
                    self._unchoose(choice)
        if not followed:
            await self._undo(request, held, saving)
            self.on_request()
            return Answer(request.id, outcome.state, value, None, outcome.reason, ms=self._ms(started))
        if not held and (newer := self._choosing.get(request.point)):
            newer.before = value
        await asyncio.wait([saving])  # power that fails in between leaves one too many, not none
        kept = [] if held else [self._keep.put_intent(request.point, value, request.starts, request.person)]
        saved = await asyncio.gather(*kept, return_exceptions=True)
        for old in choice.ended:
            self._journal.later(_ended(old, self._clock.now(), Reason("mode_chosen", {"mode": value})))
        saved += await asyncio.gather(
            *(self._keep.end(old.id, request.starts) for old in choice.ended), return_exceptions=True
        )
        applied = value if outcome.state is OutcomeState.CONFIRMED else None
        return _as_saved(Answer(request.id, outcome.state, value, applied, outcome.reason, ms=self._ms(started)), saved)

    def _choose(self, request: Request, held: bool) -> Choice:
        """From now on the core goes by this mode."""
        point, value = request.point, str(request.value)
        choice = Choice(request, self.intents.get(point), [])
        for old in self.leases.of_device(request.point.partition(".")[0], request.source):
            if self._dispatcher.waits(old.id):
                self._end(old, Reason("mode_chosen", {"mode": value}))
            else:
                self.leases.drop(old.id)
                choice.ended.append(old)
            if old.point != point or old.value != value:
                self._dispatcher.overtake(old.id, Reason("mode_chosen", {"mode": value}))
        if earlier := self._choosing.get(point):
            choice.before, choice.ended, earlier.ended = earlier.before, [*earlier.ended, *choice.ended], []
            if earlier.request.value != value:
                self._dispatcher.overtake(earlier.request.id, Reason("replaced", {"value": value}))
        self._choosing[point] = choice
        if held:
            self.leases.take(request)
        else:
            self.intents[point] = value
        return choice

    async def _followed(self, request: Request) -> Outcome:
        """What the device makes of the first write that follows from a mode; confirmed where none does."""
        moved = moves(self._board.devices[request.point.partition(".")[0]])
        waiting = self._dispatcher.expect(replace(request, point=moved))
        self.on_request()
        if self._dispatcher.follows(request.id):
            return (await self._told(request.id, moved, waiting))[1]
        self._dispatcher.forget(request.id)
        return Outcome(OutcomeState.CONFIRMED, request.value, Reason("confirmed"), self._clock.now())

    def _unchoose(self, choice: Choice) -> None:
        point = choice.request.point
        self.leases.drop(choice.request.id)
        self.intents.pop(point, None)
        self.intents |= {point: choice.before} if choice.before is not None else {}
        for old in choice.ended:
            self.leases.restore(old)

    async def _limit(self, request: Request, held: bool, started: float, saving: Saving) -> Answer:
        """A limit of the house itself, or a target: it holds from the step on that is made now."""
        self.on_request()
        applied = self._board.read(request.point).value if _is_house(request.point) else request.value
        if applied is None:
            await self._undo(request, held, saving)
            why = Reason("not_in_force")
            return Answer(request.id, OutcomeState.REFUSED, request.value, None, why, ms=self._ms(started))
        self._settle(request)
        return Answer(
            request.id, OutcomeState.CONFIRMED, request.value, applied, Reason("confirmed"), ms=self._ms(started)
        )

    async def _set_at_device(self, point: str, value: Value) -> None:
        """Somebody set it at the device or in its vendor's app: that is a person's wish like any other, not a fight."""
        now = self._clock.now()
        ends = now + round(DEFAULT_LEASE_S * 1000)
        request = Request(
            f"at_device:{point}:{now}", point, Relation.SET, value, Source.PERSON, now, ends, cause="set_at_device"
        )
        replaced = self.leases.take(request)
        reason = Reason("set_at_device", {"value": value})
        entry = Entry(
            now, "request", point, request.id, value, value, Source.PERSON.value, cause=request.cause, reason=reason
        )
        self._journal.later(entry)
        self._settle(request)
        with suppress(ShemsError):  # a full disk, which the journal tells of: it holds until a restart
            await self._keep.take(request, replaced.id if replaced else "", now)

    async def _device(self, request: Request, held: bool, started: float, saving: Saving) -> Answer:
        waiting = self._dispatcher.expect(request)
        self.on_request()
        command, outcome = await self._told(request.id, request.point, waiting)
        overruled = command is not None and command.request not in self._twins(request)
        if outcome.reason.code == "replaced":
            row = _ended(request, self._clock.now(), outcome.reason)
            self._journal.later(replace(row, state=outcome.state.value))
        if outcome.state in FAILED or (overruled and not held):
            await self._undo(request, held, saving)
        else:
            self._settle(request)
            if not held:
                self.leases.fail(request)
        if command and overruled:
            return Answer(
                request.id, OutcomeState.REFUSED, request.value, outcome.applied, command.reason, ms=self._ms(started)
            )
        limit = command.limits[-1] if command and command.limits else None
        return Answer(
            request.id, outcome.state, request.value, outcome.applied, outcome.reason, limit, self._ms(started)
        )

    async def _told(self, id_: str, point: str, waiting: Waiter) -> tuple[Command | None, Outcome]:
        """What became of the write that is waited for, or what can be said of it by then."""
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                return await waiting
        except TimeoutError:
            return None, self._not_yet(id_, point)
        finally:
            self._dispatcher.forget(id_)

    def _twins(self, request: Request) -> tuple[str, ...]:
        """Its own id, and that of a wish for the same which has come in its place meanwhile."""
        now = self.leases.holder(request)
        return (request.id, now.id) if now and now.value == request.value else (request.id,)

    def _not_yet(self, id_: str, point: str) -> Outcome:
        """A device that by its nature takes longer is pending; its outcome will be in the journal. One that has shown
        something else since it was told is judged by that.
        """
        spec, lost = self._dispatcher.spec(point), self._lost(point.partition(".")[0])
        if spec is not None and spec.settle_ms / 1000 > ANSWER_WITHIN_S and not lost:
            return Outcome(OutcomeState.PENDING, None, Reason("pending"), self._clock.now())
        if not lost and (shown := self._dispatcher.at_hand(id_)):
            return shown
        silent = lost or Reason("no_answer", {"detail": f"nothing within {ANSWER_WITHIN_S} s"})
        return Outcome(OutcomeState.NO_ANSWER, None, silent, self._clock.now())

    def _settle(self, request: Request) -> None:
        """It holds in place of what was asked before."""
        for old in self.leases.settle(request.id):
            self._journal.later(_ended(old, self._clock.now(), Reason("replaced", {"value": request.value})))

    async def _undo(self, request: Request, held: bool, saving: Saving) -> None:
        """Nothing came of a wish: what was asked before holds again, at once and after a restart."""
        back = self.leases.fail(request)
        await asyncio.wait([saving])
        kept = back if back and self.leases.has(back.id) else None
        if held or kept:
            with suppress(ShemsError):  # as the wish itself was not kept either
                await self._keep.end(request.id, self._clock.now(), kept)

    def _end(self, lease: Request, why: Reason) -> None:
        """Before its time."""
        self._settle(lease)
        self.leases.drop(lease.id)
        self._journal.later(_ended(lease, self._clock.now(), why))

    def resume(self, chosen: Mapping[str, str], modes: Mapping[str, str]) -> None:
        """The modes in force at start: what people last chose, else what the site document says (by device)."""
        self.intents.update({f"{device}.mode": mode for device, mode in modes.items()} | dict(chosen))
        for point, value in self.intents.items():
            if point in self._board.points:
                self._board.put([Measurement(point, value, self._clock.now())])

    async def give_back(self, request_id: str, person: str) -> bool:
        """Ends a lease before its time; False if none has this id."""
        now = self._clock.now()
        lease = next((r for r in self.leases.active(now) if r.id == request_id), None)
        if lease is None:
            return False
        self._end(lease, Reason("given_back", {"person": person}))
        await self._keep.end(lease.id, now)
        self.on_request()
        return True

    # -- the core's side ---------------------------------------------------------------------------------------------

    def requests(self, now: int) -> tuple[Request, ...]:
        """The leases in force; what has ended is journalled."""
        for ended in self.leases.expire(now):
            self._journal.later(_ended(ended, now, Reason("lease_ended")))
        return self.leases.active(now)

    def carry_out(self, commands: tuple[Command, ...], values: Mapping[str, Value]) -> None:
        asked = self.latest.step.asked if self.latest else ()
        self._dispatcher.carry_out(commands, values, {r.id: r for r in asked})

    # -- helpers -----------------------------------------------------------------------------------------------------

    def _ms(self, started: float) -> float:
        return round((self._clock.monotonic() - started) * 1000, 2)


def _is_cores(point: Point) -> bool:
    """Whether it is for the core to heed, and for no device to show."""
    return point.device == HOUSE.id or point.quantity.name in HEEDED


def _is_house(point: str) -> bool:
    return point.partition(".")[0] == HOUSE.id


def _ended(lease: Request, now: int, why: Reason) -> Entry:
    source, person = lease.source.value, lease.person
    return Entry(
        now,
        "request",
        lease.point,
        lease.id,
        value=lease.value,
        source=source,
        person=person,
        reason=why,
        state="ended",
    )


async def _carried_out(answer: Awaitable[Answer], saving: Saving) -> Answer:
    """A wish is saved and carried out at the same time; the answer waits for both.

    A full disk does not keep people from switching: the answer then says that a restart will not know of it.
    """
    try:
        given = await answer
    finally:
        saved = await saving
    return _as_saved(given, saved)


def _as_saved(given: Answer, saved: Iterable[object]) -> Answer:
    lost = False
    for result in saved:
        if isinstance(result, BaseException) and not isinstance(result, ShemsError):
            raise result
        lost = lost or isinstance(result, ShemsError)
    return replace(given, reason=Reason("not_saved")) if lost and given.state is OutcomeState.CONFIRMED else given


async def _saved(saves: Iterable[Awaitable[object]]) -> list[object]:
    await asyncio.sleep(0)  # the write goes to the device first: the disk is at work while the device is
    return await asyncio.gather(*saves, return_exceptions=True)
