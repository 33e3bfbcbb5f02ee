"""A feed that asks: one source, its pace, its budget. The same for prices and forecasts."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from drivers.fetch.client import Ask, Client, TooOftenError
from drivers.fetch.pace import Backoff, Budget, Daily, Every
from hub.errors import NoAnswer, Refused
from hub.model import Clock
from hub.model.feed import FeedSink

log = logging.getLogger(__name__)
Sleep = Callable[[float], Awaitable[None]]
_LONGEST_SLEEP_S = 900.0
"""A machine that was asleep, or whose clock was set, looks at the time at least so often."""


class Source(Protocol):
    """One service as its owner wants it. `name` is that of its rates or outlooks."""

    @property
    def name(self) -> str: ...

    @property
    def secrets(self) -> tuple[str, ...]:
        """What a service may repeat in its answers and nobody is to read."""

    @property
    def pace(self) -> Daily | Every: ...

    def asks(self, now: int) -> Sequence[Ask]:
        """All that is to be asked at `now` (UTC ms)."""

    def further(self, answer: bytes) -> Ask | None:
        """Where an answer goes on, if it has further pages."""

    def retry_at(self, answer: bytes) -> int | None:
        """UTC ms that the body of a refusal names, when the service does not say so in a header."""

    async def give(self, answers: Sequence[bytes], now: int, sink: FeedSink) -> int:
        """Puts what they say into the sink; returns until when (UTC ms) it is known. Raises NotUnderstoodError."""


class PolledFeed:
    """Lives as long as the house. `chance` gives numbers from 0 to 1, so that not all houses ask in the same second."""

    def __init__(
        self,
        source: Source,
        client: Client,
        budget: Budget,
        clock: Clock,
        sleep: Sleep = asyncio.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._source = source
        self._client = client
        self._budget = budget
        self._clock = clock
        self._sleep = sleep
        self._chance = chance
        self._backoff = Backoff()
        self._well = True

    @property
    def source(self) -> str:
        return self._source.name

    async def run(self, sink: FeedSink) -> None:
        """Asks as the source's pace says; at once when what was kept over a restart is too old."""
        self._budget.resumed(*sink.calls(self.source))
        due = self._source.pace.resumed(self._clock.now(), *sink.last(self.source), self._chance())
        while True:
            while (left_s := (due - self._clock.now()) / 1000) > 0:
                await self._sleep(min(left_s, _LONGEST_SLEEP_S))
            due = await self.once(sink)

    async def once(self, sink: FeedSink) -> int:
        """Asks, and gives what came; returns when to ask again, UTC ms."""
        now = self._clock.now()
        try:
            known_until = await self._source.give(await self._answers(now, sink), now, sink)
        except TooOftenError as e:
            return self._failed(sink, str(e), max(now + round(e.wait_s * 1000), self._source.retry_at(e.body) or 0))
        except (NoAnswer, Refused) as e:
            return self._failed(sink, str(e), now)
        except _SpentError:
            said = f"{self._budget.calls} calls a day are used up; the next are made after midnight"
            return self._failed(sink, said, self._budget.next_day(now))
        self._answered()
        pace = self._source.pace
        due = pace.next(now, known_until, self._chance())
        if known_until < pace.wanted_until(now):
            return max(due, now + round(self._wait_ms()))
        self._backoff.passed()
        return due

    async def _answers(self, now: int, sink: FeedSink) -> list[bytes]:
        """Of all questions, or of those before one that fails: tomorrow may not be there yet, today is."""
        waiting = list(self._source.asks(now))
        answers: list[bytes] = []
        while waiting:
            if not self._budget.spend(now):
                raise _SpentError
            await sink.called(self.source, self._budget.day.isoformat(), self._budget.spent)
            try:
                answers.append(await self._client.get(waiting.pop(0)))
            except TooOftenError:
                raise
            except (NoAnswer, Refused):
                if not answers:
                    raise
                break
            more = self._source.further(answers[-1])
            waiting += [more] if more else []
        return answers

    def _failed(self, sink: FeedSink, reason: str, not_before: int) -> int:
        for secret in filter(None, self._source.secrets):
            reason = reason.replace(secret, "...")
        if self._well:
            log.warning("%s: %s; goes on with what is known", self.source, reason)
            self._well = False
        sink.missed(self.source, reason)
        return max(self._clock.now() + round(self._wait_ms()), not_before)

    def _answered(self) -> None:
        if not self._well:
            log.warning("%s: answers again", self.source)
            self._well = True

    def _wait_ms(self) -> float:
        return self._backoff.wait_s(self._chance()) * 1000


class _SpentError(Exception):
    """The day's calls are used up."""
