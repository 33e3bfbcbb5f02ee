"""One device that answers HTTP, read once for all site devices on it: passes, losses, writes and their read-back."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from drivers.http.ask import Ask
from drivers.http.kind import Following, Kind
from drivers.http.part import Part
from drivers.http.push import listen
from drivers.http.session import HttpSession
from drivers.json.in_force import LOOK_S
from hub.errors import LinkError, NoAnswer, Refused
from hub.model import Clock, Command, CommandSpec, Sink, Value
from hub.model.clock import until_tick
from hub.model.heard import Heard, Reading

log = logging.getLogger(__name__)

_MISSES = 2
_SOON_S, _FIRST_S, _LAST_S = 0.2, 0.2, 5.0
_DENIED_S = 30.0
"""Until a device that refuses us is asked again: some lock an account after a few wrong tries."""
_WRONG = 3
_REST_S = 30.0
"""How long a request rests that fails again and again while the device itself answers."""
_REREAD_S = (0.02, 0.05, 0.1, 0.2)
_JUDGE_S = 0.1


@dataclass(slots=True)
class _Turn:
    """When an ask is due (s, monotonic), and how often it has failed in a row."""

    due: float = 0.0
    failed: int = 0


class Unit:
    def __init__(
        self, parts: Sequence[Part], make: Callable[[], Kind], session: HttpSession, poll_s: float | None, clock: Clock
    ) -> None:
        """`poll_s`: the pause between two passes, None for what suits the kind."""
        self.parts = {part.device.id: part for part in parts}
        self._make = make
        self._kind = make()
        self._session = session
        self._poll_s = poll_s
        self._clock = clock
        self._turns: dict[str, _Turn] = {}
        self._dropped: set[str] = set()
        self._shown_by: dict[str, str] = {}
        """the ask whose answer holds a point, by the device's own place and quantity"""
        self._places: set[str] = set()
        self._look_at = 0.0
        self._misses = 0
        self._up = asyncio.Event()
        self._problems: set[str] = set()
        self._said: dict[str, tuple[Reading, ...]] = {}
        self._wrong: dict[str, str] = {}
        """what was wrong with the last answer to an ask"""

    @property
    def _period_s(self) -> float:
        return self._poll_s or self._kind.period_s

    async def run(self, sink: Sink) -> None:
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._poll(sink))
                tasks.create_task(listen(self._session, lambda: self._kind, self._up.wait, self._pushed(sink)))
        finally:
            await self._session.close()

    async def _poll(self, sink: Sink) -> None:
        while True:
            self._follow(sink)
            pause = await self._next(sink)
            await asyncio.sleep(pause)

    def _pushed(self, sink: Sink) -> Callable[[Heard], None]:
        """A frame tells only what has changed: it feeds the parts, whose places the passes have settled."""

        def take(heard: Heard) -> None:
            for part in self.parts.values():
                if part.place:
                    self._feed(part, heard, self._clock.now(), 0.0, sink)

        return take

    async def _next(self, sink: Sink) -> float:
        """One pass; returns the seconds until the next one."""
        try:
            await self._pass(sink)
        except Refused as error:
            self._lose(sink, str(error))
            return _DENIED_S
        except LinkError as error:
            return await self._missed(sink, str(error))
        self._misses = 0
        self._up.set()
        return until_tick(self._clock, self._period_s)

    async def _missed(self, sink: Sink, reason: str) -> float:
        self._misses += 1
        if self._misses < _MISSES:
            return _SOON_S
        if self._misses == _MISSES:
            self._lose(sink, reason)
            await self._session.close()
        return min(_LAST_S, _FIRST_S * 2.0 ** min(self._misses - _MISSES, 10))

    def _lose(self, sink: Sink, reason: str) -> None:
        """Forgets what was learnt: what comes back may be another model or firmware."""
        self._up.clear()
        for part in self.parts.values():
            part.lose(sink, reason)
            part.place = ""
        self._kind = self._make()
        self._session.login = self._kind.login()
        self._forget()

    def _forget(self) -> None:
        self._turns, self._dropped, self._shown_by, self._places = {}, set(), {}, set()
        self._wrong = {}

    def _follow(self, sink: Sink) -> None:
        """The owner's file may have been changed: from now on the device is as it says."""
        kind, now = self._kind, self._clock.monotonic()
        if not isinstance(kind, Following) or now < self._look_at:
            return
        self._look_at = now + LOOK_S
        if kind.look(part.device.role.value for part in self.parts.values()):
            self._forget()
            self._said = {}
            for part in self.parts.values():
                part.renew(kind, sink)

    def raw(self) -> tuple[Reading, ...]:
        """The last answer to each ask, by the ask's name and the JSON path."""
        return tuple(
            Reading(f"{name} {r.code}", r.value, r.unit, r.at) for name, said in self._said.items() for r in said
        )

    # -- reading -----------------------------------------------------------------------------------------------------

    async def _pass(self, sink: Sink) -> None:
        """Each due ask once; the first tells whether the device is there, the others may fail alone."""
        told: list[tuple[Ask, Heard, int]] = []
        done: set[str] = set()
        answers = 0
        try:
            while (ask := self._due(done)) is not None:
                done.add(ask.name)
                heard = await self._heard(ask, first=ask == self._asks()[0])
                if heard is None:
                    continue
                answers += 1
                told.append((ask, heard, self._clock.now()))
                if all(part.place for part in self.parts.values()):
                    self._take(told, sink)  # at once: what is put later could be older than a write's read-back
                    told = []
        finally:
            self._take(told, sink)
        if not answers:
            raise NoAnswer("it has none of the answers of its kind")
        now = self._clock.monotonic()
        for part in self.parts.values():
            if part.overdue(now):
                part.lose(sink, f"the device answers, but tells nothing of this any more{self._why(part)}")

    def _why(self, part: Part) -> str:
        """What was wrong with the answers that told of it before."""
        asks = {ask for point, ask in self._shown_by.items() if point.startswith(f"{part.place}.")}
        said = [why for ask in sorted(asks) if (why := self._wrong.get(ask))]
        return f": {said[0]}" if said else ""

    def _due(self, done: set[str]) -> Ask | None:
        """The first ask is in every pass, for it tells whether the device is there."""
        now = self._clock.monotonic()
        for n, ask in enumerate(self._asks()):
            due = self._turns.setdefault(ask.name, _Turn()).due
            if ask.name not in done and (now >= due or (n == 0 and not done)):
                return ask
        return None

    def _asks(self) -> list[Ask]:
        """What may be asked of this model and firmware."""
        return [ask for ask in self._kind.asks() if ask.name not in self._dropped]

    async def _heard(self, ask: Ask, first: bool) -> Heard | None:
        """None for an answer that is not to be had now; raises for the first one of a pass."""
        turn, now = self._turns[ask.name], self._clock.monotonic()
        try:
            heard = await self._read(ask)
        except Refused as error:
            if first and not ask.optional:
                raise
            self._drop(ask, error)
            return None
        except NoAnswer as error:
            if first:
                raise
            turn.failed += 1
            self._wrong[ask.name] = str(error)
            turn.due = now + (_REST_S if turn.failed >= _WRONG else 0.0)
            if turn.failed == _WRONG:
                log.warning("%s: %s; asked again every %.0f s", self._name, error, _REST_S)
            return None
        turn.failed, turn.due = 0, now + max(0.0, ask.every_s - self._period_s / 2)
        return heard

    def _drop(self, ask: Ask, error: Refused) -> None:
        self._dropped.add(ask.name)
        log.log(logging.DEBUG if ask.optional else logging.WARNING, "%s: left out: %s", self._name, error)

    async def _read(self, ask: Ask) -> Heard:
        heard = self._kind.read(ask.name, await self._session.ask(ask))
        self._said[ask.name] = heard.readings
        self._wrong[ask.name] = heard.problems[0] if heard.problems else ""
        self._note(heard.problems)
        if heard.problems and not heard.readings and not heard.points and not heard.device:
            raise NoAnswer(f"no usable answer: {heard.problems[0]}")
        return heard

    def _note(self, problems: Iterable[str]) -> None:
        """Each once, and no more than fit a log."""
        for text in problems:
            if text not in self._problems and len(self._problems) < 50:
                self._problems.add(text)
                log.info("%s: %s", self._name, text)

    def _take(self, told: Sequence[tuple[Ask, Heard, int]], sink: Sink) -> None:
        for ask, heard, _ in told:
            self._shown_by |= dict.fromkeys(heard.points, ask.name)
            self._places |= {point.partition(".")[0] for point in heard.points}
        for part in self.parts.values():
            if told and not part.place:
                part.settle(self._places)
            for ask, heard, at in told:
                self._feed(part, heard, at, ask.every_s, sink)

    def _feed(self, part: Part, heard: Heard, at: int, every_s: float, sink: Sink) -> None:
        until = self._clock.monotonic() + 3 * max(every_s, self._period_s)
        part.take(heard, at, until, every_s, self._kind, sink)

    @property
    def _name(self) -> str:
        return "+".join(self.parts)

    # -- writing -----------------------------------------------------------------------------------------------------

    async def apply(self, command: Command, sink: Sink) -> None:
        """Writes, then reads back until the device shows it or its settle time is nearly over.

        Raises NoAnswer or Refused.
        """
        device, _, name = command.point.partition(".")
        part = self.parts[device]
        if not part.place:
            raise NoAnswer(f"{device} has not answered yet")
        spec = part.spec(command)
        if spec is None:
            raise Refused(f"{command.point}: the device has no such command")
        loop = asyncio.get_running_loop()
        start = loop.time()
        written = self._kind.write(part.place, name, command.value)
        for ask in (written,) if isinstance(written, Ask) else written:
            self._kind.taken(ask, await self._session.ask(ask))
        await self._read_back(part, spec, name, command.value, start + spec.settle_ms / 1000 - _JUDGE_S, sink)

    async def _read_back(
        self, part: Part, spec: CommandSpec, name: str, wanted: Value, until: float, sink: Sink
    ) -> None:
        loop = asyncio.get_running_loop()
        until = max(until, loop.time() + _JUDGE_S)
        for pause in (0.0, *_REREAD_S, *[_REREAD_S[-1]] * 50):
            if loop.time() + pause > until:
                return
            await asyncio.sleep(pause)
            shown = await self._reread(part, name, sink)
            if shown is None or spec.shows(wanted, shown):
                return

    async def _reread(self, part: Part, name: str, sink: Sink) -> Value | None:
        """The device's own reading now; None where no answer of it has that point."""
        point = f"{part.place}.{name}"
        asks = [ask for ask in self._kind.asks() if ask.name == self._shown_by.get(point)]
        if not asks:
            return None
        heard = await self._read(asks[0])
        self._take([(asks[0], heard, self._clock.now())], sink)
        return heard.points.get(point)
