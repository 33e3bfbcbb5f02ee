"""One Modbus unit: finds its models, reads them in passes, tells its devices' state, and writes set-points.

A pass reads what is measured, and of the models that change seldom (ratings, names, states of charge control) as many,
in turn, as bring each round within `_ROUND_S`. Every read carries the model's id and length: a chain that has moved is
walked anew, and so it is after a loss, since the device may have been swapped. Models that no device of the house is
made of are read once, one after each pass, for `raw`. From its first set-point on a device that watches its controller
(model 715) hears the hub's heartbeat, for as long as the hub runs.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Iterable, Sequence

from drivers.modbus.link import READ_HOLDING, WRITE_MANY, DeviceException, Illegal, ModbusLink
from drivers.sunspec import heart, ratings
from drivers.sunspec.aspects import SERVING
from drivers.sunspec.chain import Answer, Place, Walk, Wish, walk
from drivers.sunspec.control import LIMITS, SET_POINTS, Control
from drivers.sunspec.heart import Heart
from drivers.sunspec.layout import Values, layouts
from drivers.sunspec.member import Member
from drivers.sunspec.tell import readings
from hub.errors import LinkError, NoAnswer, Refused
from hub.model import Clock, Command, Sink, Value
from hub.model.clock import until_tick
from hub.model.heard import Reading

log = logging.getLogger(__name__)

USED = SERVING | ratings.MODELS | {1, heart.MODEL} | {scheme.model for scheme in (*LIMITS, *SET_POINTS)}
_ROUND_S = 5.0
_TRIES = 2
_LOOK_AGAIN_S = 30.0
"""for a device whose models are not there"""
_STILL = "the device's own heartbeat stands still"
_GLANCE_S = 0.1
_BEAT_TRY_S = 0.4
"""unless the device may take longer; a heartbeat must not hold up the reads of one that is about to be lost"""
_JUDGE_S = 0.1
"""what is left of the settle time for whoever judges the last reading"""


class _Moved(LinkError):
    """The unit answers, but with another chain of models."""


class Unit:
    def __init__(self, link: ModbusLink, number: int, members: Sequence[Member], clock: Clock) -> None:
        self._link = link
        self._number = number
        self._members = tuple(members)
        self._clock = clock
        self._poll_s = min(member.options.poll_s for member in members)
        self._images: dict[Place, Values] = {}
        self._unread: list[Place] = []
        self._heart: Heart | None = None
        self._driven = asyncio.Event()
        self._unheard = False
        self._turn = 0
        self._known = False
        self._look_again = math.inf

    async def run(self, sink: Sink) -> None:
        """Never returns."""
        while True:
            try:
                await self._pass(sink)
                pause = until_tick(self._clock, self._poll_s)
            except (LinkError, Refused) as error:
                pause = self._missed(str(error), sink)
            await asyncio.sleep(pause)

    async def apply(self, member: Member, command: Command, sink: Sink) -> None:
        """Writes and reads back within the link's `write_s`. Raises NoAnswer or Refused."""
        until = asyncio.get_running_loop().time() + self._link.write_s(self._number)
        if not self._known:
            raise NoAnswer(f"{command.point}: the device has not answered yet")
        control = member.take(command.point.partition(".")[2])
        if reason := self._unwilling():
            raise Refused(f"{command.point}: {reason}")
        self._driven.set()
        await self._beat()
        try:
            frames = control.frames(float(command.value), self._images[control.place])
        except ValueError as error:
            raise Refused(f"{command.point}: {error}") from None
        misses = member.pulse.misses
        try:
            await self._write(frames, until)
            shown = await self._read_back(member, control, command, until, sink)
        except NoAnswer as error:
            # writes may leave reads no time, so a write without answer tells of a loss too
            if self._known and member.pulse.misses == misses:
                self._missed(str(error), sink)
            raise
        if shown is None:
            raise Refused(f"{command.point}: the device took the set-point, but shows none in force")
        taken = control.command(command.point).shows(command.value, shown)
        if taken and control.stays(self._images[control.place]):
            member.distrust(control)
            await self._write(control.release(self._images[control.place]), until)
            raise Refused(f"{command.point}: the device keeps no reversion time, it is not driven that way again")

    async def beat(self) -> None:
        """Counts the controller's heartbeat up once a second, from the first set-point on. Never returns."""
        await self._driven.wait()
        while True:
            await asyncio.sleep(until_tick(self._clock, heart.BEAT_S))
            await self._beat()

    def raw(self) -> tuple[Reading, ...]:
        """What its models said when each was read last."""
        return tuple(readings({place: self._images[place] for place in sorted(self._images, key=_address)}))

    async def _beat(self) -> None:
        """One count; silence is no matter of its own, as the passes tell of a loss. After one without an answer a read
        goes first: on a line a read waits out what may still be said late, and there would be no end to that.
        """
        if self._heart is None or not self._heart.beats or not self._known or self._unheard:
            return
        address, words = self._heart.beat()
        try:
            until = asyncio.get_running_loop().time() + max(_BEAT_TRY_S, self._link.slow_s(self._number))
            await self._link.write(self._number, WRITE_MANY, address, words, until)
        except Illegal as error:
            self._heart.beats = False
            log.warning("unit %d: takes no heartbeat of its controller: %s", self._number, error)
        except (LinkError, Refused):
            self._unheard = True

    def _unwilling(self) -> str:
        """Why the device takes no set-points now."""
        if self._heart and self._heart.local:
            return "the device is under local control"
        return _STILL if self._heart and self._heart.still else ""

    async def _write(self, frames: Iterable[tuple[int, tuple[int, ...]]], until: float) -> None:
        for address, words in frames:
            await self._link.write(self._number, WRITE_MANY, address, words, until)

    async def _read_back(
        self, member: Member, control: Control, command: Command, until: float, sink: Sink
    ) -> Value | None:
        """The device's own reading: as soon as it shows what was wanted, else the last before its settle time ends."""
        spec = member.order(control)
        loop = asyncio.get_running_loop()
        last = until - self._link.write_s(self._number) + spec.settle_ms / 1000 - _JUDGE_S - _GLANCE_S
        while True:
            values = await self._read(control.place, until)
            self._keep(control.place, values)
            reading = member.reading(control, values, self._clock.now())
            sink.put([reading])
            if spec.shows(command.value, reading.value) or loop.time() > last:
                return reading.value
            await asyncio.sleep(_GLANCE_S)

    # -- passes ------------------------------------------------------------------------------------------------------

    async def _pass(self, sink: Sink) -> None:
        if self._known and self._clock.monotonic() < self._look_again:
            places = await self._again()
        else:
            places = await self._survey()
        self._tell(places, sink)
        await self._more()

    async def _more(self) -> None:
        """One of the models that no device here is made of."""
        if self._unread:
            place = self._unread.pop(0)
            try:
                self._images[place] = await self._read(place)
            except (LinkError, Refused):
                return

    async def _again(self) -> list[Place]:
        """The places that were read. What the device was too busy for is none: what it said before grows old."""
        read = []
        try:
            for place in self._due():
                try:
                    self._keep(place, await self._read(place))
                except Illegal:
                    raise
                except DeviceException:
                    continue
                read.append(place)
        except _Moved:
            return await self._survey()
        return read

    def _keep(self, place: Place, values: Values) -> None:
        """What was read last counts, whether by a pass or a read-back; a chain walked anew has other places."""
        if place in self._images:
            self._images[place] = values
        if self._heart and place == self._heart.place:
            self._heart.hear(values, self._clock.monotonic())

    def _due(self) -> list[Place]:
        fast = {place for member in self._members for place in member.fast}
        told = {self._heart.place} if self._heart else set()
        slow = sorted({p for member in self._members for p in member.slow}.union(told) - fast, key=_address)
        count = min(len(slow), math.ceil(len(slow) * self._poll_s / _ROUND_S))
        turns = [slow[(self._turn + n) % len(slow)] for n in range(count)]
        self._turn += count
        return sorted({*fast, *turns}, key=_address)

    def _tell(self, places: Iterable[Place], sink: Sink) -> None:
        """One batch with one time for all devices of the unit; a device is announced before its points are used."""
        images = {place: self._images[place] for place in places}
        now = self._clock.now()
        still = self._heart is not None and self._heart.still
        batch = []
        for member in self._members:
            if not member.fits:
                member.pulse.missed(member.device.id, f"unit {self._number} {member.lack}", sink)
                continue
            if still:
                member.pulse.missed(member.device.id, _STILL, sink)
                continue
            member.refresh(self._images)
            batch += member.measure(images, now)
            if member.update(self._images) and member.pulse.known:
                sink.seen(member.device)
            member.pulse.answered(member.device, sink)
        sink.put(batch)

    def _missed(self, reason: str, sink: Sink) -> float:
        """Seconds until the next try."""
        pause = max(member.pulse.missed(member.device.id, reason, sink) for member in self._members)
        if not any(member.pulse.known for member in self._members):
            self._known = False
        return max(pause, self._link.retry_s)

    # -- finding the models ------------------------------------------------------------------------------------------

    async def _survey(self) -> list[Place]:
        """Walks the chain and reads every model that a device may be made of, once."""
        images = {}
        chain = [place for place in await self._chain(walk()) if place.model in layouts()]
        for place in (place for place in chain if place.model in USED):
            try:
                images[place] = await self._read(place)
            except Refused:
                continue
        self._images = images
        self._unread = [place for place in chain if place.model not in USED]
        hearts = [Heart(p, v, self._clock.monotonic()) for p, v in images.items() if p.model == heart.MODEL]
        self._heart = hearts[0] if hearts else None
        for member in self._members:
            member.fit(images)
        self._known = True
        lacking = not all(member.fits for member in self._members)
        self._look_again = self._clock.monotonic() + _LOOK_AGAIN_S if lacking else math.inf
        return list(images)

    async def _chain(self, walker: Walk) -> tuple[Place, ...]:
        wish = next(walker)
        while True:
            try:
                wish = walker.send(await self._answer(wish))
            except StopIteration as end:
                places: tuple[Place, ...] = end.value
                return places

    async def _answer(self, wish: Wish) -> Answer:
        try:
            return await self._registers(wish.address, wish.count, tries=1 if wish.probe else _TRIES)
        except (NoAnswer, Refused) as error:
            return error

    # -- registers ---------------------------------------------------------------------------------------------------

    async def _read(self, place: Place, until: float = 0.0) -> Values:
        """The model at `place`; raises _Moved when another one lies there now."""
        layout = layouts()[place.model]
        words: tuple[int, ...] = ()
        for offset, count in layout.spans(place.length):
            words += await self._registers(place.address + offset, count, until)
        if words[:2] != (place.model, place.length):
            self._known = False
            raise _Moved(f"model {place.model} is no longer at {place.address}")
        self._unheard = False
        return layout.decode(words)

    async def _registers(self, address: int, count: int, until: float = 0.0, tries: int = _TRIES) -> tuple[int, ...]:
        """A read that got no answer is asked again; a write has its own tries and its own limit."""
        for _ in range(0 if until else tries - 1):
            try:
                return await self._link.read(self._number, READ_HOLDING, address, count)
            except LinkError:
                continue
        return await self._link.read(self._number, READ_HOLDING, address, count, until)


def _address(place: Place) -> int:
    return place.address
