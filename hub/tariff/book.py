"""The rates of one source as they were known at any time: what the house counts with, and a replay again."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence

from hub.model.feed import KnownRate, Rate
from hub.model.site import TariffSpec

_NEVER = 1 << 62


class Book:
    """Of the rates of one time the one that became known last counts, from then on."""

    def __init__(self, tariff: TariffSpec | None, rates: Iterable[KnownRate] = ()) -> None:
        self._tariff = tariff
        self._all: list[KnownRate] = []
        self._from = self._until = 0
        self._rates: tuple[Rate, ...] = ()
        self.add(rates)

    def add(self, rates: Iterable[KnownRate]) -> None:
        """Those of other sources, or in a currency that cannot be changed into the site's, are not its concern."""
        self._all += [k for k in rates if self.takes(k.rate.source, k.currency)]
        self._all.sort(key=lambda k: k.known_ms)
        self._from = self._until = 0

    def takes(self, source: str, currency: str) -> bool:
        tariff = self._tariff
        if tariff is None or tariff.feed is None or source != tariff.feed.name:
            return False
        return currency == tariff.feed.currency or bool(tariff.exchange)

    def news(self, rates: Iterable[Rate]) -> list[Rate]:
        """Those that say something else than what is known."""
        newest = {k.rate.start_ms: k.rate for k in self._all}
        return [r for r in rates if newest.get(r.start_ms) != r]

    def at(self, t: int) -> tuple[Rate, ...]:
        """In time order, as known at `t` (UTC ms); the same object as long as nothing has changed."""
        if not self._from <= t < self._until:
            count = bisect_right(self._all, t, key=lambda k: k.known_ms)
            by_start = {k.rate.start_ms: k.rate for k in self._all[:count]}
            self._rates = tuple(by_start[start] for start in sorted(by_start))
            self._from = self._all[count - 1].known_ms if count else 0
            self._until = self._all[count].known_ms if count < len(self._all) else _NEVER
        return self._rates

    def changes_at(self, t: int) -> int:
        """When after `t` something else will be known than at `t`."""
        self.at(t)
        return self._until

    def newest(self) -> int:
        """From when on the newest rate is counted with, UTC ms; 0 when there is none."""
        return self._all[-1].known_ms if self._all else 0

    def forget(self, before: int) -> None:
        """Rates that ended before (UTC ms) are in the store only."""
        self._all = [k for k in self._all if k.rate.end_ms > before]
        self._from = self._until = 0


def rate_at(rates: Sequence[Rate], t: int) -> Rate | None:
    """The rate in force at `t`: where two reach over one another the one that began last."""
    for rate in reversed(rates[: bisect_right(rates, t, key=lambda r: r.start_ms)][-_DEEP:]):
        if rate.end_ms > t:
            return rate
    return None


_DEEP = 192
"""How many rates back one may still be in force: two days of quarter-hours over one long rate."""
