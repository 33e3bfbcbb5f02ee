"""Each night: how all forecasters did on the days that are over, and what nobody needs any more is forgotten."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np

from hub.errors import ShemsError
from hub.foresight.lookout import Lookout
from hub.foresight.process import Answered
from hub.foresight.scores import DAYS, Standing, best, standings
from hub.foresight.view import STEP_MS, Question, Rate, Wrong, day_of, local_day
from hub.model import Clock
from hub.model.score import Quantity, Score
from hub.store.foresight import Foresight

MINUTE = 20
"""After midnight, local time: then the day is in the store, and the house is asleep."""

_AT_ONCE = 4
"""Days that are rated by one process: its time is limited."""


class Nightly:
    """`best`: the forecasters to use, by quantity; `standings`: how all of them did in the last 28 days; `scored`: up
    to when (UTC ms), 0 before the first night.
    """

    def __init__(self, lookout: Lookout, clock: Clock, kept: Foresight, zone: ZoneInfo) -> None:
        self._lookout = lookout
        self._clock = clock
        self._kept = kept
        self._zone = zone
        self._rated = 0
        self.best: Mapping[Quantity, str] = {}
        self.standings: list[Standing] = []
        self.scored = 0
        self.problem = ""

    async def load(self) -> None:
        """What the nights before have found."""
        self._settle(await self._known())

    def due(self) -> bool:
        """Once a day, from MINUTE after midnight on; a night that the hub was off for is made up for."""
        now = self._clock.now()
        at = datetime.fromtimestamp(now / 1000, UTC).astimezone(self._zone)
        return self._rated < local_day(now, self._zone) and at.hour * 60 + at.minute >= MINUTE

    async def rate(self, ask: Callable[[Question], Awaitable[Answered]]) -> None:
        """Of the last 28 days those that were not rated yet."""
        today = local_day(self._clock.now(), self._zone)
        self._rated = today
        try:
            done = {s.day for s in await self._known()}
            missing = tuple(d for d in range(today - DAYS, today) if d not in done)
            if missing:
                past = await self._lookout.past(missing)
                days = [d for d in missing if self._is_known(past, d)]
                for first in range(0, len(days), _AT_ONCE):
                    await self._kept.put_scores(
                        await _made(replace(past, days=tuple(days[first : first + _AT_ONCE])), ask)
                    )
            await self._kept.forget(self._clock.now())
            self._settle(await self._known())
        except ShemsError as e:
            self.problem = f"forecasts were not rated: {e}"

    def _is_known(self, past: Rate, day: int) -> bool:
        """Whether anything was measured on a day: no process is started for one that tells nothing."""
        begin, end = (t // STEP_MS * STEP_MS for t in day_of(day, self._zone))
        seen = (p.power.between(begin, end).values for p in (past.load, past.pv) if p is not None)
        return any(not np.isnan(values).all() for values in seen)

    async def _known(self) -> list[Score]:
        return await self._kept.scores(local_day(self._clock.now(), self._zone) - DAYS)

    def _settle(self, scores: list[Score]) -> None:
        self.problem = ""
        self.scored = day_of(max(s.day for s in scores), self._zone)[1] if scores else 0
        self.standings = standings(scores)
        self.best = best(self.standings)


async def _made(question: Rate, ask: Callable[[Question], Awaitable[Answered]]) -> list[Score]:
    answered = await ask(question)
    if isinstance(answered.answer, Wrong):
        raise ShemsError(answered.answer.said)
    if not isinstance(answered.answer, tuple):
        raise ShemsError(answered.problem)
    return [s for s in answered.answer if isinstance(s, Score)]
