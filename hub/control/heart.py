"""The beat: once a second, and at once when something urgent arrives, the frozen column goes through the core."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace

from hub.control.desk import Desk
from hub.control.dispatch import Dispatcher
from hub.control.planned import Planned
from hub.control.recorder import Recorder
from hub.core import House, Inputs, Made, State, step
from hub.core.heed import in_force
from hub.core.plain import beat_time
from hub.live import Board
from hub.model import Clock, Column, Device, Measurement, Reason, Value
from hub.model.clock import STEP_MS, until_tick
from hub.model.journal import Entry, Journal
from hub.model.site import Site

log = logging.getLogger(__name__)
LATE_S = 3.0
NOTHING = State()
LOOK_S = 3.0
"""So long a start waits for the grid meter's first word: who decides without it pauses a car that may go on."""
BEAT_AFTER_S = 0.2
"""Devices are polled at whole seconds; by then what they answered is there."""

Append = Callable[[Column], None]


class Heart:
    """Owns the core's state. Collaborates with the Board (in), the Desk (out) and the store (the column).

    `append` takes the second's column, `alive` is told of each beat, `shift` moves what was stored since a time (UTC
    ms) by so many ms when the true time has come, `recorder` notes what a replay needs. `state`: what the core knew
    before a restart. `watch` is told of every step; `planned` has the rules and schedules.
    """

    def __init__(
        self,
        site: Site,
        board: Board,
        desk: Desk,
        dispatcher: Dispatcher,
        clock: Clock,
        journal: Journal,
        append: Append,
        alive: Callable[[], None] = lambda: None,
        shift: Callable[[int, int], None] = lambda _since, _by: None,
        recorder: Recorder | None = None,
        state: State = NOTHING,
        watch: Callable[[Made, Iterable[Device]], None] = lambda _made, _devices: None,
        planned: Planned | None = None,
    ) -> None:
        self._site = site
        self._board = board
        self._desk = desk
        self._dispatcher = dispatcher
        self._clock = clock
        self._journal = journal
        self._append = append
        self._alive = alive
        self._shift = shift
        self._provisional = clock.provisional_since
        self._settled = 0
        """what was stored before (UTC ms) lies where it belongs"""
        self._told: tuple[int, float] | None = None
        self._recorder = recorder
        self._state = state
        self._watch = watch
        self._planned = planned
        self._house = House.of(site, ())
        self._known: Mapping[str, Device] = {}
        self.beats = 0
        desk.on_request = self.now

    async def run(self) -> None:
        """Never returns. Beats BEAT_AFTER_S into each second; a late beat is an incident, never skipped silently."""
        await self.look()
        self.now()
        last = self._clock.monotonic()
        while True:
            await asyncio.sleep(until_tick(self._clock, phase_s=BEAT_AFTER_S))
            late = self._clock.monotonic() - last - 1.0
            if late > LATE_S:
                self._incident(late)
            last = self._clock.monotonic()
            self.beat()

    async def look(self) -> None:
        """Returns when the grid meter has told its power, or after LOOK_S without it."""
        meter = f"{self._layout().grid}.power"
        with self._board.subscribe() as changes, suppress(TimeoutError):
            async with asyncio.timeout(LOOK_S):
                while meter in self._board.points and self._board.read(meter).value is None:
                    await changes.get()

    def beat(self) -> None:
        """One second: freeze, decide, send, store."""
        self._watch_clock()
        column, values = self._board.freeze(self._clock.now() // 1000 * 1000)
        derived = self._decide(beat_time(column.t, self._state.t), column, values, urgent=False)
        told = {p: v for p, v in column.values.items() if p not in derived}
        self._append(Column(column.t, told | self._quantised(derived)))
        self.beats += 1
        self._alive()

    def now(self) -> None:
        """Decide at once on what is known this moment; nothing is stored, the next beat does that."""
        column, values = self._board.freeze(self._clock.now())
        self._decide(column.t, column, values, urgent=True)

    def close(self) -> None:
        """Notes what the core knows, for the next start."""
        if self._recorder and self._state.t:
            self._recorder.remember(self._state, self._state.t)

    def _decide(self, t: int, column: Column, values: Mapping[str, Value], urgent: bool) -> Mapping[str, float | None]:
        now = self._clock.now()
        inputs = self._inputs(t, values)
        if self._recorder:
            self._recorder.before(self._state, inputs, self._known.values(), column.values, urgent)
        result = step(self._state, inputs)
        if self._recorder:
            self._recorder.after(t, result, None if urgent else column.t)
        self._state = result.state
        self._desk.latest = made = Made(inputs, result)
        self._watch(made, self._known.values())
        self._board.put(Measurement(p, v, now) for p, v in result.derived.items() if v is not None)
        self._show({**result.modes, **in_force(replace(inputs, requests=result.asked))}, now)
        self._dispatcher.managed_points = frozenset(result.driven)
        self._board.gone(p for p, v in result.derived.items() if v is None)
        self._desk.carry_out(result.commands, values)
        return result.derived

    def _inputs(self, t: int, values: Mapping[str, Value]) -> Inputs:
        house, asked, intents = self._layout(), self._desk.requests(t), dict(self._desk.intents)
        if self._planned is None:
            return Inputs(t, house, values, asked, intents)
        due = self._planned.requests(t)
        known = self._planned.moment(t), self._planned.prices(t), self._planned.plan(t)
        return Inputs(t, house, values, (*asked, *due), intents, self._planned.rules, *known)

    def _show(self, holds: Mapping[str, str | float], now: int) -> None:
        """What holds at points that no device has."""
        known = [p for p in holds if p in self._board.points and self._board.read(p).value != holds[p]]
        self._board.put(Measurement(p, holds[p], now) for p in known)

    def _quantised(self, derived: Mapping[str, float | None]) -> dict[str, int]:
        """What the Board does not call invalid is stored."""
        known = {p: v for p, v in derived.items() if v is not None and self._board.read(p).value is not None}
        return {p: self._board.points[p].quantity.quantise(v) for p, v in known.items()}

    def _layout(self) -> House:
        """The house as the core sees it; made anew only when a device has changed."""
        if self._known != self._board.devices:
            self._known = dict(self._board.devices)
            self._house = House.of(self._site, self._known.values())
            if self._planned:
                self._planned.understand()
        return self._house

    def _watch_clock(self) -> None:
        """A step of UTC against monotonic time is a journal row: it explains odd ages and gaps around it.

        One forward is the true time, as long as that has not come: a time server sets the clock first, and some say
        only minutes later that they have. What was stored under the provisional one is moved to where it belongs.
        """
        now, at = self._clock.now(), self._clock.monotonic()
        since, self._provisional = self._provisional, self._clock.provisional_since
        if self._told is not None:
            step_ms = now - self._told[0] - round((at - self._told[1]) * 1000)
            if abs(step_ms) > STEP_MS:
                reason = Reason("clock_step", {"step_s": round(step_ms / 1000), "trusted": self._clock.trusted})
                self._journal.later(Entry(now, "clock", reason=reason))
                if since is not None and step_ms > 0:
                    self._shift(max(since, self._settled), step_ms)
                    self._settled = now
        self._told = now, at

    def _incident(self, late: float) -> None:
        log.error("the control loop was held for %.1f s", late)
        self._journal.later(
            Entry(self._clock.now(), "incident", reason=Reason("late_beat", {"late_s": round(late, 1)}))
        )
