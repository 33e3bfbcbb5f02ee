"""The regret ledger of a house: what each day cost more than it had to, made and kept night by night."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hub.errors import ShemsError, UserError
from hub.foresight.bygone import Bygone
from hub.foresight.ledger import Ledger, Month, ledger_of, monthly
from hub.foresight.process import Answered
from hub.foresight.view import Question, Told, Wrong, day_of, local_day
from hub.model import Clock
from hub.store.ledgers import BEGUN_DAYS, KeptLedger, Ledgers

MINUTE = 30
"""After midnight, local time: the forecasters are rated by then."""
MOST = 5
"""Days that one night makes up for, the newest first."""
UNPLANNED = "nothing was planned when the day began"
_DEVICES = ("batteries", "cars", "heat_pumps", "appliances")
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Account:
    """The ledgers of some days, summed up by month; `lacks`: by date, why there is none."""

    days: tuple[Ledger, ...]
    months: tuple[Month, ...]
    lacks: Mapping[str, str]


class Books:
    """`problem`: why the last night made none, empty when it did."""

    def __init__(self, bygone: Bygone, clock: Clock, kept: Ledgers, zone: ZoneInfo) -> None:
        self._bygone = bygone
        self._clock = clock
        self._kept = kept
        self._zone = zone
        self._settled = 0
        self.problem = ""

    # -- the begin of a day ------------------------------------------------------------------------------------------

    def begins(self, start: int) -> bool:
        """Whether a local day begins with the step at `start` (UTC ms)."""
        return day_of(local_day(start, self._zone), self._zone)[0] == start

    async def begin(self, start: int, problem: Mapping[str, Any], planned: Iterable[str]) -> None:
        """Keeps what was planned (JSON) when the day began at `start`, and the devices that were left to the plan."""
        if any(problem.get(kind) for kind in _DEVICES):
            told = {"problem": problem, "planned": list(planned)}
            await self._kept.begin(local_day(start, self._zone), told)

    # -- the night after it ------------------------------------------------------------------------------------------

    def due(self) -> bool:
        """Once a day, from MINUTE after midnight on."""
        now = self._clock.now()
        at = datetime.fromtimestamp(now / 1000, UTC).astimezone(self._zone)
        return self._settled < local_day(now, self._zone) and at.hour * 60 + at.minute >= MINUTE

    async def settle(self, ask: Callable[[Question], Awaitable[Answered]]) -> None:
        """Of yesterday, and of days before it that have begun and were never settled."""
        today = local_day(self._clock.now(), self._zone)
        self._settled = today
        self.problem = ""
        try:
            for day in reversed((await self._kept.open(today - BEGUN_DAYS, today))[-MOST:]):
                await self._kept.put([await self._of(day, ask)])
            if not await self._kept.between(today - 1, today):
                await self._kept.put([KeptLedger(today - 1, {}, UNPLANNED)])
            await self._kept.forget(today)
        except ShemsError as e:
            self.problem = f"what a day cost too much was not worked out: {e}"

    async def _of(self, day: int, ask: Callable[[Question], Awaitable[Answered]]) -> KeptLedger:
        begun = await self._kept.begun(day)
        if begun is None:
            return KeptLedger(day, {}, UNPLANNED)
        try:
            question = await self._bygone.settle(_date(day), begun, *day_of(day, self._zone))
        except UserError as e:
            return KeptLedger(day, {}, str(e))
        answered = await ask(question)
        if isinstance(answered.answer, Wrong):
            return KeptLedger(day, {}, answered.answer.said)
        if not isinstance(answered.answer, Told):
            raise ShemsError(answered.problem or "the planner gave an answer to another question")
        return KeptLedger(day, answered.answer.told)

    # -- what readers call -------------------------------------------------------------------------------------------

    async def between(self, start: int, end: int) -> Account:
        """Of the local days of `start` until that of `end` (UTC ms)."""
        first, last = (local_day(t, self._zone) for t in (start, end))
        rows = await self._kept.between(first, last + 1)
        days = tuple(ledger_of(row.told) for row in rows if not row.lacks)
        return Account(days, monthly(days), {_date(row.day): row.lacks for row in rows if row.lacks})


def _date(day: int) -> str:
    return (_EPOCH + timedelta(day)).isoformat()
