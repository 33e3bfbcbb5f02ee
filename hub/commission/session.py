"""Running the self-test on the live house: one step after the other, as a person's own wishes with an end of their own.

Nothing is left behind: each step is a lease that the session gives back, and that ends by itself if the hub dies.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace

from hub.commission.evidence import Evidence, Silence, Step, Window, Wiring
from hub.commission.finding import Finding
from hub.commission.judge import LEAST_W, judge
from hub.control import Desk, Dispatcher
from hub.live import Board
from hub.model import Clock, CommandSpec, LinkState, OutcomeState, Role
from hub.model.clock import until_tick
from hub.model.site import Site

STEP_W = 2_000.0
STEP_A = 10.0
CAUSE = "commissioning"
_SPARE_S = 5.0
_LEAST_SUN_W = 1_000.0
_TRIES = 3
_EXPORT_SETTLE_S = 20
"""inverters follow an export limit by a meter and a ramp of their own"""


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds that are watched before, during and after a step, and that pass before `during` begins to count."""

    before: int = 8
    settle: int = 12
    during: int = 10
    after: int = 8
    thorough: bool = True
    """watchdogs are waited for too"""

    @property
    def step_s(self) -> int:
        return self.before + self.settle + self.during + self.settle + self.after


QUICK = Pace(before=5, settle=8, during=6, after=5, thorough=False)


@dataclass(frozen=True, slots=True)
class Move:
    """A set-point to step, from `base` (held before and after; None = what the house does by itself) to `value`.

    `back`: what is written afterwards, for one that the device keeps until it is told otherwise.
    """

    device: str
    quantity: str
    value: float
    base: float | None
    back: float | None = None

    @property
    def point(self) -> str:
        return f"{self.device}.{self.quantity}"

    def pace(self, pace: Pace) -> Pace:
        slow = self.quantity == "export_limit"
        return replace(pace, settle=max(pace.settle, _EXPORT_SETTLE_S)) if slow else pace

    def lasts_s(self, pace: Pace) -> int:
        own = self.pace(pace)
        return own.step_s + (own.settle if self.base is not None else 0)


@dataclass(slots=True)
class Progress:
    """What the page shows: the step under way, `done` of `all` seconds, and at the end the findings."""

    running: bool = False
    what: str = ""
    device: str = ""
    done: int = 0
    all: int = 0
    began: int = 0
    ended: int | None = None
    findings: tuple[Finding, ...] = ()
    stopped: str = ""


class Session:
    """One self-test at a time. `daylight`: whether the sun is up at the house, None when nobody knows where it is.

    `clocks`: by how many seconds each device's clock is ahead, of those that tell one.
    """

    def __init__(
        self,
        board: Board,
        desk: Desk,
        dispatcher: Dispatcher,
        clock: Clock,
        site: Site,
        daylight: Callable[[], bool | None],
        clocks: Callable[[], Mapping[str, float]] = dict,
    ) -> None:
        self._board, self._desk, self._dispatcher, self._clock = board, desk, dispatcher, clock
        self._site, self._daylight, self._clocks = site, daylight, clocks
        self._seconds: dict[str, list[float | None]] = defaultdict(list)
        self._length = 0
        self._task: asyncio.Task[None] | None = None
        self.progress = Progress()

    def start(self, tasks: asyncio.TaskGroup, person: str, pace: Pace) -> bool:
        """False when one is under way."""
        if self.progress.running:
            return False
        self.progress = Progress(running=True, began=self._clock.now())
        self._task = tasks.create_task(self._run(person, pace), name="commissioning")
        return True

    def stop(self) -> None:
        """Ends it early; what was stepped is given back."""
        if self._task and self.progress.running:
            self.progress.stopped = "stopped"
            self._task.cancel()

    async def _run(self, person: str, pace: Pace) -> None:
        self._seconds.clear()
        self._length = 0
        moves, wiring = tuple(self.moves()), wiring_of(self._site, self._board)
        silent_s = {m.point: self._silence_s(m) for m in moves if pace.thorough}
        self.progress.all = sum(m.lasts_s(pace) for m in moves) + sum(silent_s.values())
        steps: list[Step] = []
        silences: list[Silence] = []
        try:
            for move in moves:
                steps.append(await self._undisturbed(move, person, move.pace(pace), wiring.grid))
                if silent_s.pop(move.point, 0) and self._silence_s(move):
                    silences.append(await self._silence(move, person))
        except asyncio.CancelledError:
            if not self.progress.stopped:
                raise
        finally:
            self.progress.running, self.progress.ended = False, self._clock.now()
        evidence = Evidence(
            *(wiring, self._window(0), tuple(steps), tuple(silences)),
            *(self._daylight(), self._clock.trusted, self._clocks()),
        )
        self.progress.findings = judge(evidence)

    # -- what to step ------------------------------------------------------------------------------------------------

    def moves(self) -> list[Move]:
        """What answers and can be set: batteries both ways, inverters that give something, chargers with a car, and
        what limits the export while there is some.
        """
        found: list[Move] = []
        for battery in self._site.batteries:
            low, high = self._range(f"{battery.device}.power_setpoint")
            if high is not None:
                found.append(Move(battery.device, "power_setpoint", min(STEP_W, high / 2), None))
            if low is not None:
                found.append(Move(battery.device, "power_setpoint", max(-STEP_W, low / 2), None))
        for inverter in (d.id for d in self._site.devices if d.role is Role.INVERTER):
            power = self._number(f"{inverter}.power")
            known = self._range(f"{inverter}.power_limit")[1] is not None
            if known and power is not None and power > _LEAST_SUN_W:
                found.append(Move(inverter, "power_limit", float(round(power / 2)), None))
        for charger in self._site.chargers:
            connected = self._board.points.get(f"{charger.device}.connected")
            car = connected is None or bool(self._board.read(connected.id).value)
            if car and self._range(f"{charger.device}.current_limit")[1] is not None:
                value = min(max(STEP_A, charger.min_a), charger.max_a)
                found.append(Move(charger.device, "current_limit", value, 0.0))
        return [*found, *self._exports()]

    def _exports(self) -> Iterator[Move]:
        """To half of what is exported. The limit that is shown must leave room for that: one that does not is not in
        force, and to write it back would switch it on.
        """
        exported = -(self._number(f"{wiring_of(self._site, self._board).grid}.power") or 0.0)
        for device in (d.id for d in self._site.devices if d.role in _EXPORTERS):
            point = f"{device}.export_limit"
            spec, shown = self._spec(point), self._number(point)
            if spec and shown is not None and shown >= exported > _LEAST_SUN_W:
                value = exported / 2 // (spec.step or 1.0) * (spec.step or 1.0)
                yield Move(device, "export_limit", max(value, spec.low or 0.0), None, shown)

    def _number(self, point: str) -> float | None:
        value = self._board.read(point).value if point in self._board.points else None
        return float(value) if isinstance(value, int | float) else None

    def _range(self, point: str) -> tuple[float | None, float | None]:
        spec = self._spec(point)
        return (spec.low, spec.high) if spec else (None, None)

    def _spec(self, point: str) -> CommandSpec | None:
        """Of what can be set now."""
        link = self._board.links.get(point.partition(".")[0])
        return self._dispatcher.spec(point) if link and link.state is LinkState.UP else None

    # -- stepping ----------------------------------------------------------------------------------------------------

    async def _undisturbed(self, move: Move, person: str, pace: Pace, grid: str) -> Step:
        """A charger's step is made again when the house itself changed meanwhile; others have the house answer them."""
        for left in reversed(range(_TRIES)):
            async with self._resting(move, person, pace):
                step = await self._step(move, person, pace)
            if move.base is None or not left or step.drift(grid) < LEAST_W:
                break
            self.progress.all += move.lasts_s(pace)
        return step

    async def _step(self, move: Move, person: str, pace: Pace) -> Step:
        self.progress.what, self.progress.device = "step", move.device
        async with self._held(move, move.base, person, pace.step_s):
            if move.base is not None:
                await self._watch(pace.settle)
            first = self._length
            await self._watch(pace.before)
        async with self._held(move, move.value, person, pace.step_s) as asked:
            second = self._length
            await self._watch(pace.settle)
            answer = self._settled(move, *asked)
            then = self._length
            await self._watch(pace.during)
        async with self._held(move, move.base, person, pace.step_s):
            await self._watch(pace.settle)
            last = self._length
            await self._watch(pace.after)
        windows = (self._window(first, second), self._window(then, then + pace.during), self._window(last))
        return Step(move.device, move.point, move.value, *windows, *answer, self._is_back(move))

    @asynccontextmanager
    async def _resting(self, move: Move, person: str, pace: Pace) -> AsyncIterator[None]:
        """Batteries give and take nothing meanwhile: they would hide another device's step from the grid meter."""
        async with AsyncExitStack() as stack:
            for battery in self._site.batteries:
                rest = Move(battery.device, "power_setpoint", 0.0, None)
                if battery.device != move.device and self._range(rest.point) != (None, None):
                    await stack.enter_async_context(self._held(rest, 0.0, person, move.lasts_s(pace)))
            yield

    @asynccontextmanager
    async def _held(
        self, move: Move, value: float | None, person: str, for_s: int
    ) -> AsyncIterator[tuple[OutcomeState, float]]:
        """The set-point is wished for as long as the body takes, and given back then."""
        if value is None:
            yield OutcomeState.CONFIRMED, 0.0
            return
        kept = move.back is not None
        ends = None if kept else for_s + _SPARE_S
        asked = asyncio.ensure_future(self._desk.ask(move.point, value, person=person, cause=CAUSE, for_s=ends))
        try:
            answer = await asyncio.shield(asked)
            yield answer.state, answer.ms
        finally:
            # who is stopped while the device is asked waits for its answer, to take the wish back
            answer = await asked
            await asyncio.shield(self._restored(move, person) if kept else self._desk.give_back(answer.id, person))

    async def _restored(self, move: Move, person: str) -> None:
        assert move.back is not None
        await self._desk.ask(move.point, move.back, person=person, cause=CAUSE)

    def _is_back(self, move: Move) -> bool:
        spec = self._dispatcher.spec(move.point)
        return move.back is None or bool(spec and spec.shows(move.back, self._board.read(move.point).value))

    def _settled(self, move: Move, state: OutcomeState, ms: float) -> tuple[OutcomeState, float]:
        """A device that by its nature takes longer than the desk waits has shown it by now, or never will."""
        spec, shown = self._dispatcher.spec(move.point), self._board.read(move.point).value
        if state is OutcomeState.PENDING and spec and spec.shows(move.value, shown):
            return OutcomeState.CONFIRMED, ms
        return state, ms

    def _silence_s(self, move: Move) -> int:
        spec = self._dispatcher.spec(move.point)
        return round(1.3 * spec.heartbeat_s + _SPARE_S) if spec and 0 < spec.heartbeat_s <= 120 else 0

    async def _silence(self, move: Move, person: str) -> Silence:
        """Sets it once, then writes nothing until the watchdog must have acted."""
        self.progress.what = "watchdog"
        spec, length = self._dispatcher.spec(move.point), self._silence_s(move)
        assert spec is not None
        async with self._held(move, move.value, person, length):
            self._dispatcher.hush(move.device, length)
            await self._watch(length)
            shown = self._board.read(move.point).value
        told = float(shown) if isinstance(shown, int | float) else None
        return Silence(move.device, move.point, move.value, told, spec.heartbeat_s)

    # -- watching ----------------------------------------------------------------------------------------------------

    async def _watch(self, seconds: int) -> None:
        for _ in range(seconds):
            await asyncio.sleep(until_tick(self._clock, phase_s=0.9))
            self._take()
            self.progress.done += 1

    def _take(self) -> None:
        """What every point is now, at the end of a second in which all devices were asked."""
        for point, reading in self._board.snapshot().items():
            column = self._seconds[point]
            column += [None] * (self._length - len(column))
            value = reading.value
            column.append(float(value) if isinstance(value, bool | int | float) else None)
        self._length += 1

    def _window(self, start: int, end: int | None = None) -> Window:
        return Window({point: column[start:end] for point, column in self._seconds.items()})


_EXPORTERS = (Role.INVERTER, Role.BATTERY, Role.GRID, Role.METER)


def wiring_of(site: Site, board: Board) -> Wiring:
    """Who is who in this house."""
    by_role: Mapping[Role, list[str]] = {
        role: [d.id for d in site.devices if d.role is role and d.id in board.devices] for role in Role
    }
    return Wiring(
        next(iter(by_role[Role.GRID]), ""),
        tuple(by_role[Role.INVERTER]),
        tuple(by_role[Role.BATTERY]),
        {d.id: d.behind for d in site.devices if d.role is Role.BATTERY and d.behind},
        {c.device: c.phases for c in site.chargers},
        tuple(by_role[Role.METER]),
    )
