"""Plans again whenever there is reason to, in a process of its own, and keeps what came of it.

If that fails, the plan that was in force goes on until it is stale, and then the rules of the core do: `health` names
what is wrong.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from hub.errors import ShemsError, UserError
from hub.forecast.series import Forecast
from hub.foresight.books import Books
from hub.foresight.lookout import Lookout
from hub.foresight.nightly import Nightly
from hub.foresight.process import Answered, ask
from hub.foresight.scores import Standing
from hub.foresight.view import Question, Solve, Thought, Told, View, Wrong
from hub.foresight.watch import Look, Watch
from hub.model import Clock
from hub.model.clock import until_tick
from hub.model.plan import Plan
from hub.model.score import Quantity
from hub.store.foresight import Foresight, Issued, KeptPlan

log = logging.getLogger(__name__)
OK = "ok"
POLL_S = 5.0
GOOD_MS = 2 * 3_600_000
"""A plan that nothing has followed is no good after that: sun and house have gone another way by then."""
MOST_WAITING = 3
"""Questions that may wait for the one planner's process."""

Ask = Callable[[Question], Awaitable[Answered]]


@dataclass(frozen=True, slots=True)
class InForce:
    """What was planned last: `cause`, why then; `forecasts` by quantity; `told` is None where there was nothing to plan
    with. Times in UTC ms, 0 = never; from `estimated_from` on its prices are estimates. `devices` go by it.
    """

    made: int = 0
    good_until: int = 0
    cause: str = ""
    devices: tuple[str, ...] = ()
    forecasts: Mapping[Quantity, Forecast] = field(default_factory=dict)
    plan: Plan | None = None
    told: Mapping[str, Any] | None = None
    estimated_from: int | None = None


class Planner:
    """`latest` is what the page is shown, and `issued` is set when it is another one; `plan` is what the core is given;
    `books` is what days have cost.
    """

    def __init__(
        self, lookout: Lookout, clock: Clock, kept: Foresight, nightly: Nightly, books: Books, ask: Ask = ask
    ) -> None:
        self._lookout = lookout
        self._clock = clock
        self._kept = kept
        self._nightly = nightly
        self.books = books
        self._ask = ask
        self._watch = Watch()
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._problem = ""
        self._left: tuple[str, ...] = ()
        self._view: View | None = None
        self.latest = InForce()
        self.issued = asyncio.Event()

    def plan(self, _t: int) -> Plan | None:
        """For the core, which looks itself whether it is stale; None while no device goes by a plan."""
        return self.latest.plan if self._left else None

    def health(self) -> str:
        """`ok`, or what is wrong with the planning."""
        return (
            "; ".join(
                p for p in (self._problem, self._nightly.problem, self.books.problem, self._lookout.unknown()) if p
            )
            or OK
        )

    @property
    def standings(self) -> list[Standing]:
        """How the forecasters do."""
        return self._nightly.standings

    @property
    def scored(self) -> int:
        """Up to when the forecasters were rated, UTC ms; 0 before the first night."""
        return self._nightly.scored

    @property
    def in_force(self) -> bool:
        """Whether a device goes by the plan."""
        return bool(self._left) and self.latest.plan is not None

    @property
    def devices(self) -> tuple[str, ...]:
        """Those that people leave to it by now; a plan that reckons with a new one comes within a minute."""
        return self._left

    def used(self, quantity: Quantity) -> str:
        """The forecaster that is gone by; empty while there is none."""
        found = self.latest.forecasts.get(quantity)
        return found.by if found else ""

    async def run(self) -> None:
        """Never returns."""
        await self.start()
        while True:
            await self.look()
            await asyncio.sleep(until_tick(self._clock, POLL_S))

    async def start(self) -> None:
        """With what the nights before have found."""
        await self._nightly.load()

    async def look(self) -> None:
        """Once: plans if there is reason to; at night it rates the forecasters and then settles the day before."""
        look = self._looks()
        cause = self._watch.due(look, self.latest.plan)
        if cause:
            self._watch.made(look)
            await self._solve(cause, look.planned)
        elif look.worth and self._nightly.due():
            await self._nightly.rate(self._asked)
        elif look.worth and self.books.due():
            await self.books.settle(self._asked)

    async def ask(self, about: Callable[[View], Question]) -> Mapping[str, Any]:
        """What follows from the house as it was planned last, without any effect. Raises UserError or ShemsError."""
        if self._waiting >= MOST_WAITING:
            raise ShemsError("the planner is busy; try again in a moment")
        self._waiting += 1
        try:
            view = self._view or await self._lookout.view(self._nightly.best)
            answered = await self._asked(about(view))
        finally:
            self._waiting -= 1
        if isinstance(answered.answer, Wrong):
            raise UserError(answered.answer.said)
        if not isinstance(answered.answer, Told):
            raise ShemsError(f"the planner did not answer: {answered.problem}; try again in a moment")
        return answered.answer.told

    # -- one plan ----------------------------------------------------------------------------------------------------

    def _looks(self) -> Look:
        self._left = self._lookout.left_to_plan()
        worth = bool(self._left) or self._lookout.worth_a_look()
        return Look(self._clock.now(), self._left, worth, self._lookout.facts(), self._lookout.soc())

    async def _asked(self, question: Question) -> Answered:
        """One process at a time: the machine is small."""
        async with self._turn:
            return await self._ask(question)

    async def _solve(self, cause: str, devices: tuple[str, ...]) -> None:
        try:
            view = await self._lookout.view(self._nightly.best)
        except ShemsError as e:
            self._failed(f"the past cannot be read: {e}")
            return
        good_until = view.now + GOOD_MS
        answered = await self._asked(Solve(view, good_until, keep=self.books.begins(view.start)))
        if isinstance(answered.answer, Wrong):
            self._failed(answered.answer.said)
        elif not isinstance(answered.answer, Thought):
            self._failed(answered.problem or "the planner gave an answer to another question")
        else:
            self._view = view
            self._problem = f"the planner: {answered.problem}" if answered.problem else ""
            self.latest = _in_force(answered.answer, view, good_until, cause, devices)
            self.issued.set()
            await self._keep(view, answered.answer.problem)

    def _failed(self, problem: str) -> None:
        """Told once in the log; what was planned before stays."""
        if problem != self._problem:
            log.warning("no plan: %s", problem)
        self._problem = problem

    async def _keep(self, view: View, problem: Mapping[str, Any] | None) -> None:
        now = self.latest
        forecasts = [_issued(quantity, f) for quantity, f in now.forecasts.items()]
        plan = KeptPlan(view.start, now.made, now.good_until, now.told) if now.told else None
        try:
            await self._kept.put(forecasts, plan)
            if problem:
                await self.books.begin(view.start, problem, now.devices)
        except ShemsError as e:
            self._problem = str(e)


def _in_force(thought: Thought, view: View, good_until: int, cause: str, devices: tuple[str, ...]) -> InForce:
    made = view.now, good_until, cause, devices
    return InForce(*made, thought.forecasts, thought.plan, thought.told, thought.estimated_from)


def _issued(quantity: Quantity, f: Forecast) -> Issued:
    bands = np.stack([f.low, f.mid, f.high, f.mean])
    return Issued(quantity, f.start_ms, f.made_ms, f.seconds, f.by, bands)
