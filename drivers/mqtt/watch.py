"""Whether one device still answers: asks, waits, asks again, and gives up. The device's own clock of patience."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from drivers.mqtt.behaviour import Behaviour, Message, Update
from hub.errors import Refused
from hub.model import Clock, CommandSpec, Device, Measurement, Point, Quality, Sink, Value
from hub.model.heard import Reading

log = logging.getLogger(__name__)

TRIES = 2
_SLOW_S = 600.0
"""How often a device that sleeps (and so never answered) is asked."""
_HOLD_S = 4.0
"""How often a value is repeated that holds until it changes: within every point's age limit."""
_MOST_READINGS, _MOST_PROBLEMS = 1_000, 50
_FACTS = ("vendor", "model", "serial", "firmware")


@dataclass(frozen=True, slots=True)
class _Said:
    """A value of the device: when it said so (UTC ms), and the how many-th word of it that was."""

    value: Value
    at: int
    word: int


class Watch:
    """One device on the link: its state towards the sink, and its questions. Seconds."""

    def __init__(self, device: Device, behaviour: Behaviour, poll_s: float, answer_s: float) -> None:
        self.device = device
        self.behaviour = behaviour
        self._poll_s = poll_s
        self._answer_s = answer_s
        self._spoken = asyncio.Event()
        self._learnt = asyncio.Event()
        self._stirred = asyncio.Event()
        self._answered = False
        self._up: bool | None = None
        self._present = False
        self._said: dict[str, _Said] = {}
        self._remembered: dict[str, Value] = {}
        self._news = asyncio.Event()
        self._refused = ("", 0)
        """why, and the how many-th word of it that was"""
        self._facts: dict[str, str] = {}
        self._asked = 0
        self._missed: dict[str, int] = {}
        self.words = 0
        self._readings: dict[str, Reading] = {}
        self._problems: set[str] = set()
        self._told = False
        self.learn()

    # -- asking ------------------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """A new connection: who is present must be told again."""
        self._present = False
        self._spoken.clear()

    async def keep_asking(self, publish: Callable[[Message], Awaitable[None]], sink: Sink) -> None:
        """Lives as long as the connection. Hello first, then a question every `poll_s`, or listening where none is."""
        messages = self.behaviour.hello()
        while True:
            if self.behaviour.ask():
                self._lapse(sink)
                if not await self._question(publish, messages) and self._answers:
                    self.lose(sink, f"no answer in {TRIES} tries")
                await self._rest()
            else:
                for message in messages:
                    await publish(message)
                if not await _within(self._stirred, self.behaviour.silent_s or None):
                    self.lose(sink, f"silent for {self.behaviour.silent_s:g} s")
                self._stirred.clear()
            messages = self.behaviour.ask()

    def _lapse(self, sink: Sink) -> None:
        """Before each question: what it was to tell again and has not for TRIES questions is not known any more."""
        told = {name for name in self.behaviour.repeats if self._since(name, self._asked)}
        self._asked = self.words
        missed = {n: self._missed.get(n, 0) + 1 for n in self.behaviour.repeats if n in self._said and n not in told}
        self._missed = missed
        lapsed = [name for name, times in missed.items() if times >= TRIES]
        gone = [Measurement(f"{self.device.id}.{n}", None, self._said.pop(n).at, Quality.INVALID) for n in lapsed]
        if gone:
            sink.put(gone)

    @property
    def _answers(self) -> bool:
        return self._answered or not self.behaviour.sleepy

    async def _question(self, publish: Callable[[Message], Awaitable[None]], messages: tuple[Message, ...]) -> bool:
        for _ in range(TRIES):
            self._spoken.clear()
            for message in messages:
                await publish(message)
            if await _within(self._spoken, self._answer_s):
                self._answered = True
                return True
        return False

    async def _rest(self) -> None:
        """The pause between two questions; it ends at once when the device tells what else can be asked."""
        self._learnt.clear()
        await _within(self._learnt, self._poll_s if self._answers else _SLOW_S)

    async def keep_holding(self, clock: Clock, sink: Sink) -> None:
        """Repeats, as a substitute, what the device tells only when it changes: as long as its kind says it holds."""
        while True:
            await asyncio.sleep(_HOLD_S)
            now = clock.now()
            held = {name: said.value for name, said in self._said.items() if self._holds(name, now - said.at)}
            if self._up and held:
                self._put(held, now, sink, Quality.SUBSTITUTED)

    def _holds(self, name: str, age_ms: int) -> bool:
        return _HOLD_S * 500 < age_ms <= self.behaviour.holds(name) * 1000

    # -- listening ---------------------------------------------------------------------------------------------------

    def take(self, update: Update, now: int, retained: bool, sink: Sink) -> None:
        """A retained state is a memory of unknown age: only presence is believed from it.

        Unless the device has a presence topic that says it is there: then what it has not changed still holds.
        """
        self.learn()
        if update.alive is False:
            self._present = False
            self.lose(sink, "says it is offline")
        self._present = self._present or bool(update.alive)
        self._note(update)
        if update.refused and not retained:
            self._refuse(update.refused)
        if update.answer and not retained and self._is_word(update):
            self._spoken.set()
            self._stirred.set()
            self._find(update.facts, sink)
            self._say(update.values, now)
            self._put(update.values, now, sink)
        elif update.answer and not retained:
            self._facts |= update.facts
        elif update.answer:
            self._remembered |= update.values
        if self._present and self.behaviour.vouches:
            self._recall(update.facts, now, sink)

    def _is_word(self, update: Update) -> bool:
        """Whether something of it was understood: noise, or news about nothing that it has, is no sign of life."""
        return bool(update.values) or (not self.behaviour.quantities and not update.problems)

    def _refuse(self, why: str) -> None:
        self.words += 1
        self._refused = why, self.words
        self._tell()

    def _recall(self, facts: Mapping[str, str], now: int, sink: Sink) -> None:
        recalled = {name: value for name, value in self._remembered.items() if name not in self._said}
        self._remembered = {}
        self._find(facts, sink)
        if recalled:
            self._say(recalled, now)
            self._put(recalled, now, sink, Quality.SUBSTITUTED)

    def _say(self, values: Mapping[str, Value], now: int) -> None:
        self.words += 1
        self._said |= {name: _Said(value, now, self.words) for name, value in values.items()}
        self._tell()

    def _tell(self) -> None:
        news, self._news = self._news, asyncio.Event()
        news.set()

    def _put(self, values: Mapping[str, Value], now: int, sink: Sink, quality: Quality = Quality.GOOD) -> None:
        known = {point.quantity.name for point in self.device.points}
        measured = [(name, value) for name, value in values.items() if name in known]
        if measured:
            sink.put([Measurement(f"{self.device.id}.{name}", value, now, quality) for name, value in measured])

    def _note(self, update: Update) -> None:
        """Keeps the wire's readings, and says each problem once: what it is about stands before its colon."""
        for reading in update.readings:
            if reading.code in self._readings or len(self._readings) < _MOST_READINGS:
                self._readings[reading.code] = reading
        for problem in update.problems:
            kind = problem.partition(":")[0]
            if kind not in self._problems and len(self._problems) < _MOST_PROBLEMS:
                self._problems.add(kind)
                log.warning("mqtt %s: %s", self.device.id, problem)

    @property
    def raw(self) -> tuple[Reading, ...]:
        return tuple(self._readings.values())

    async def shown(self, spec: CommandSpec, wanted: Value, after: int, seconds: float) -> bool:
        """Waits until the device's own word after the `after`-th shows the value; whether it said anything of it.

        Raises Refused when it says that it does not do it.
        """
        name = spec.point.rpartition(".")[2]
        try:
            async with asyncio.timeout(seconds):
                while not (self._since(name, after) and spec.shows(wanted, self._said[name].value)):
                    why, word = self._refused
                    if word > after:
                        raise Refused(why)
                    await self._news.wait()
        except TimeoutError:
            pass
        return self._since(name, after)

    def _since(self, name: str, after: int) -> bool:
        return name in self._said and self._said[name].word > after

    # -- the device's state ------------------------------------------------------------------------------------------

    def lose(self, sink: Sink, reason: str) -> None:
        self._said.clear()
        if self._up is False:
            return
        self._up = False
        log.warning("mqtt %s: lost: %s", self.device.id, reason)
        sink.lost(self.device.id, reason)

    def learn(self) -> None:
        """The device as its kind knows it now: it may have told more of itself."""
        id_ = self.device.id
        commands = self.behaviour.commands(id_)
        names = tuple(point.quantity.name for point in self.device.points)
        if commands == self.device.commands and names == self.behaviour.quantities:
            return
        writable = {spec.point for spec in commands}
        points = tuple(
            Point.of(self.device.uid, id_, name, f"{id_}.{name}" in writable) for name in self.behaviour.quantities
        )
        self.device = replace(self.device, points=points, commands=commands)
        self._told = False
        self._learnt.set()
        self._stirred.set()

    def renew(self, sink: Sink) -> None:
        """Its kind is described otherwise now."""
        self.learn()
        if self._up:
            self._find({}, sink)

    def _find(self, told: Mapping[str, str], sink: Sink) -> None:
        self._facts |= told
        facts: dict[str, Any] = {name: self._facts[name] for name in _FACTS if self._facts.get(name)}
        known = replace(self.device, **facts)
        if self._up and self._told and known == self.device:
            return
        if not self._up:
            log.info("mqtt %s: answers", self.device.id)
        self.device, self._up, self._told = known, True, True
        sink.seen(known)


async def _within(event: asyncio.Event, seconds: float | None) -> bool:
    """Whether it came in so long; None waits for ever."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True
