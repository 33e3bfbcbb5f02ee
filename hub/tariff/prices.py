"""The prices of the house: takes what a feed brings, keeps it, and says what is in force."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from hub.model import Clock
from hub.model.feed import KnownRate, Outlook, Rate
from hub.model.site import Price, Site, TariffSpec
from hub.tariff.ahead import Ahead
from hub.tariff.book import Book, rate_at
from hub.tariff.force import InForce, in_force, spans

log = logging.getLogger(__name__)
OK = "ok"
_DAY_MS = 86_400_000
_SOON_MS = 2_000
"""From when a rate is told until the core counts with it: then it is on the disk, and a replay knows it too."""


class Shelf(Protocol):
    """Where they are kept; durable when a call returns."""

    async def put(self, rates: Sequence[KnownRate]) -> None: ...
    async def between(self, source: str, start: int, end: int) -> list[KnownRate]: ...
    async def put_outlooks(self, outlooks: Sequence[Outlook]) -> None: ...
    async def outlooks(self) -> list[Outlook]: ...
    async def put_calls(self, source: str, day: str, count: int) -> None: ...
    async def calls(self) -> dict[str, tuple[str, int]]: ...


class Prices:
    """What feeds put their answers into. `outlooks` are the newest forecasts by source and quantity."""

    def __init__(self, site: Site, shelf: Shelf, clock: Clock) -> None:
        self.tariff: TariffSpec | None = site.tariff
        self.outlooks: dict[tuple[str, str], Outlook] = {}
        self.changed = asyncio.Event()
        self._zone = ZoneInfo(site.timezone)
        self._currency = site.currency
        self._shelf = shelf
        self._clock = clock
        self._book = Book(site.tariff)
        self._ahead = Ahead(site.tariff, self._zone, self._book)
        self._missed: dict[str, str] = {}
        self._calls: dict[str, tuple[str, int]] = {}

    async def load(self) -> None:
        """What was known before the restart, from two days before on: a local day may have 25 hours."""
        now = self._clock.now()
        if self.source:
            self._book.add(await self._shelf.between(self.source, now - 2 * _DAY_MS, now + 8 * _DAY_MS))
        self.outlooks = {(o.source, o.quantity): o for o in await self._shelf.outlooks()}
        self._calls = await self._shelf.calls()

    @property
    def source(self) -> str:
        """The name of the source of prices; empty when they are fixed."""
        return self.tariff.feed.name if self.tariff and self.tariff.feed else ""

    # -- what feeds call ---------------------------------------------------------------------------------------------

    async def rates(self, source: str, currency: str, rates: Sequence[Rate]) -> None:
        if not self._book.takes(source, currency):
            said = f"its prices are in {currency or 'no currency'}, the site's currency is {self._currency}"
            self.missed(source, f"{said}; give tariff.exchange")
            return
        self._missed.pop(source, None)
        now = self._clock.now()
        news = self._book.news(rates)
        if not news:
            return
        known = [KnownRate(r, currency, now // 1000 * 1000 + _SOON_MS) for r in news]
        self._book.forget(now - 2 * _DAY_MS)
        self._book.add(known)
        await self._shelf.put(known)
        self.changed.set()

    async def outlook(self, outlooks: Sequence[Outlook]) -> None:
        self.outlooks |= {(o.source, o.quantity): o for o in outlooks}
        for one in outlooks:
            self._missed.pop(one.source, None)
        await self._shelf.put_outlooks(outlooks)

    def last(self, source: str) -> tuple[int, int]:
        told = [(o.made_ms, o.end_ms) for o in self.outlooks.values() if o.source == source]
        if source == self.source and (known := self._book.newest()):
            told.append((known, self._known_until(self._clock.now())))
        return max(told, default=(0, 0))

    def calls(self, source: str) -> tuple[str, int]:
        return self._calls.get(source, ("", 0))

    async def called(self, source: str, day: str, count: int) -> None:
        self._calls[source] = (day, count)
        await self._shelf.put_calls(source, day, count)

    def missed(self, source: str, reason: str) -> None:
        self._missed[source] = reason

    # -- what readers call -------------------------------------------------------------------------------------------

    def ahead(self, t: int) -> tuple[Price, ...]:
        """Of the hours from `t` (UTC ms) on; the same object as long as nothing has changed."""
        return self._ahead(t)

    def now(self) -> InForce | None:
        """What is in force; None without a tariff."""
        t = self._clock.now()
        return in_force(self.tariff, self._book.at(t), t, self._zone) if self.tariff else None

    def around(self, start: int, end: int) -> list[InForce]:
        """What is in force from `start` until before `end` (UTC ms), not more than a day ago; none without a tariff."""
        if self.tariff is None:
            return []
        return spans(self.tariff, self._book.at(self._clock.now()), start, end, self._zone)

    def next_change(self) -> int:
        """UTC ms."""
        t, running = self._clock.now(), self.now()
        return min(running.end if running else t + _DAY_MS, self._book.changes_at(t))

    async def between(self, start: int, end: int) -> list[InForce]:
        """All that is or was in force from `start` until before `end` (UTC ms), as it is known now."""
        if self.tariff is None:
            return []
        kept = await self._shelf.between(self.source, start, end) if self.source else []
        book = Book(self.tariff, kept)
        return spans(self.tariff, book.at(1 << 61), start, end, self._zone)

    def health(self) -> str:
        """`ok`, or which source is silent, why, and until when its prices are known."""
        now = self._clock.now()
        told = [f"{source}: {reason}{self._known(source, now)}" for source, reason in sorted(self._missed.items())]
        return "; ".join(told) or OK

    def _known(self, source: str, now: int) -> str:
        if source != self.source:
            return ""
        until = self._known_until(now)
        if until == now:
            return "; no price is known now"
        at = datetime.fromtimestamp(until / 1000, UTC).astimezone(self._zone)
        return f"; prices are known until {at:%d.%m. %H:%M}"

    def _known_until(self, now: int) -> int:
        """UTC ms; without a gap from `now` on."""
        rates, until = self._book.at(now), now
        while rate := rate_at(rates, until):
            until = rate.end_ms
        return until
