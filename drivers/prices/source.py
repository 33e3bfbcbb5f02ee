"""What is asked of each source of prices, and when. Nothing here opens a connection."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from drivers.fetch.answer import NotUnderstoodError
from drivers.fetch.client import Ask
from drivers.fetch.pace import Daily, Every, instant, local
from drivers.prices import quote
from drivers.prices.want import USUAL, Want
from hub.model.feed import FeedSink, Rate

Asks = Callable[[int], Sequence[Ask]]
DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class PriceSource:
    """`ask`: what to ask at a time (UTC ms); `read` makes quotes of one answer. `page`: where an answer goes on.

    `calls`: that may be made in a day.
    """

    name: str
    pace: Daily | Every
    ask: Asks
    read: Callable[[bytes, Want], quote.Quotes]
    want: Want = USUAL
    calls: int = 40
    page: Callable[[bytes], Ask | None] = lambda _answer: None
    secrets: tuple[str, ...] = ()

    def asks(self, now: int) -> Sequence[Ask]:
        return self.ask(now)

    def further(self, answer: bytes) -> Ask | None:
        return self.page(answer)

    def retry_at(self, answer: bytes) -> int | None:
        return None

    async def give(self, answers: Sequence[bytes], now: int, sink: FeedSink) -> int:
        """Prices of a time that is long over are of no use to the house."""
        told: list[quote.Quotes] = []
        for answer in answers:
            try:
                told.append(self.read(answer, self.want))
            except NotUnderstoodError:
                if not told:
                    raise
        rates = self._merged(told, now)
        if not rates:
            why = next((f": {p}" for t in told if t.per == quote.UNTOLD for p in t.problems), "")
            raise NotUnderstoodError(f"{self.name}: an answer without any price of these days{why}")
        await sink.rates(self.name, told[0].currency, rates)
        return known_until(rates, now)

    def _merged(self, told: Sequence[quote.Quotes], now: int) -> list[Rate]:
        """Of all answers together, so that one that ends where the next begins leaves no gap."""
        priced = [t for t in told if t.per == "kWh"]
        if not priced:
            return []
        together = replace(priced[0], quotes=tuple(q for t in priced for q in t.quotes))
        return [r for r in quote.rates(together, self.name) if r.end_ms > now - DAY_MS]


def known_until(rates: Sequence[Rate], now: int) -> int:
    """UTC ms until when prices are known without a gap from `now` on; `now` itself when not even that is."""
    until = now
    for rate in sorted(rates, key=lambda r: r.start_ms):
        if rate.start_ms <= until < rate.end_ms:
            until = rate.end_ms
    return until


@dataclass(frozen=True, slots=True)
class Span:
    """From the start of today to the end of tomorrow, by the days of a market."""

    zone: ZoneInfo

    def at(self, now: int) -> tuple[datetime, datetime]:
        """UTC."""
        today = local(now, self.zone).date()
        ends = (instant(today, 0, self.zone), instant(today + timedelta(days=2), 0, self.zone))
        start, end = (datetime.fromtimestamp(ms / 1000, UTC) for ms in ends)
        return start, end

    def days(self, now: int, pace: Daily) -> list[str]:
        """Today, and tomorrow once it is published."""
        today = local(now, self.zone).date()
        count = 2 if pace.wanted_until(now) > instant(today + timedelta(days=1), 0, self.zone) else 1
        return [(today + timedelta(days=n)).isoformat() for n in range(count)]
