"""The prices of the hours to come, as far as they are known: an input of the core."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from hub.model.feed import Rate
from hub.model.site import Price, TariffSpec
from hub.tariff.book import Book
from hub.tariff.force import spans

HOURS = 48
HOUR_MS = 3_600_000


def ahead(tariff: TariffSpec | None, zone: ZoneInfo, t: int, rates: Sequence[Rate] = ()) -> tuple[Price, ...]:
    """From the begin of the running hour (UTC ms `t`) on, in the steps of their source; none without a tariff.

    Of hours that the source has not told the fixed price holds, and where there is none either they are left out.
    """
    if tariff is None:
        return ()
    first = t // HOUR_MS * HOUR_MS
    found = spans(tariff, rates, first, first + HOURS * HOUR_MS, zone)
    known = ((s, s.import_price) for s in found if s.import_price is not None)
    return tuple(Price(s.start, s.end, price, s.provisional, s.export_price) for s, price in known)


class Ahead:
    """The same, made anew only when the hour turns or something else becomes known."""

    def __init__(self, tariff: TariffSpec | None, zone: ZoneInfo, book: Book) -> None:
        self._tariff = tariff
        self._zone = zone
        self._book = book
        self._hour = -1
        self._rates: tuple[Rate, ...] = ()
        self._prices: tuple[Price, ...] = ()

    def __call__(self, t: int) -> tuple[Price, ...]:
        hour, rates = t // HOUR_MS, self._book.at(t)
        if hour != self._hour or rates is not self._rates:
            self._hour, self._rates = hour, rates
            self._prices = ahead(self._tariff, self._zone, t, rates)
        return self._prices
