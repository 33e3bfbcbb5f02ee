"""What a kWh costs and earns: the market's price with the owner's fees, or the fixed table. Pure.

price = market x exchange x factor + add + the network operator's fee. + - * / on doubles and integers only, so that a
replay comes out the same.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from hub.model.feed import Rate
from hub.model.site import Markup, TariffSpec
from hub.tariff.book import rate_at
from hub.tariff.fees import QUARTER_MS, fees_at, same_until

_HOUR_MS = 3_600_000
_NEVER = 1 << 62


@dataclass(frozen=True, slots=True)
class InForce:
    """From `start` until before `end` (UTC ms), prices in 1e-5 currency units per kWh, None where none is known.

    `market`: what the source says, in its own currency. `provisional`: the source will correct it, or it is the fixed
    price because the source has told none.
    """

    start: int
    end: int
    import_price: int | None
    export_price: int | None
    market: int | None
    provisional: bool


def price_at(table: Sequence[int], t: int, zone: ZoneInfo) -> int:
    """The price (1e-5 currency unit per kWh) at UTC ms `t`; a table of 24 goes by the local hour."""
    return table[datetime.fromtimestamp(t / 1000, UTC).astimezone(zone).hour] if len(table) == 24 else table[0]


def in_force(tariff: TariffSpec, rates: Sequence[Rate], t: int, zone: ZoneInfo) -> InForce:
    """At `t` (UTC ms), and how long nothing changes at least."""
    found = _of_energy(tariff, rates, t, zone)
    charges = tariff.network
    if not charges.import_fees and not charges.export_fees:
        return found
    charged, kept = fees_at(charges, t, zone)
    return replace(
        found,
        start=max(found.start, t // QUARTER_MS * QUARTER_MS),
        end=min(found.end, same_until(charges, (charged, kept), t, zone)),
        import_price=None if found.import_price is None else found.import_price + charged,
        export_price=None if found.export_price is None else found.export_price - kept,
    )


def _of_energy(tariff: TariffSpec, rates: Sequence[Rate], t: int, zone: ZoneInfo) -> InForce:
    """Without the network operator's fees."""
    rate = rate_at(rates, t) if tariff.feed else None
    export = price_at(tariff.export_price, t, zone) if tariff.export_price else None
    hour = t // _HOUR_MS * _HOUR_MS
    if rate is None:
        price = price_at(tariff.import_price, t, zone) if tariff.import_price else None
        end = min(hour + _HOUR_MS, _next_start(rates, t) if tariff.feed else hour + _HOUR_MS)
        return InForce(hour, end, price, export, None, tariff.feed is not None)
    exchange = tariff.exchange or 1.0
    own = rate.export_price
    if tariff.export_markup is not None:
        export = _marked(rate.import_price if own is None else own, exchange, tariff.export_markup)
    elif export is None and own is not None:
        export = _marked(own, exchange, Markup())
    price = _marked(rate.import_price, exchange, tariff.import_markup)
    end = min(rate.end_ms, _next_start(rates, t))
    return InForce(rate.start_ms, end, price, export, rate.import_price, rate.provisional)


def _marked(market: int, exchange: float, markup: Markup) -> int:
    return round(market * exchange * markup.factor + markup.add)


def _next_start(rates: Sequence[Rate], t: int) -> int:
    """When the next rate begins after `t`."""
    following = bisect_right(rates, t, key=lambda r: r.start_ms)
    return rates[following].start_ms if following < len(rates) else _NEVER


def spans(tariff: TariffSpec, rates: Sequence[Rate], start: int, end: int, zone: ZoneInfo) -> list[InForce]:
    """All that is in force from `start` until before `end`, in time order, without a gap or an overlap."""
    found: list[InForce] = []
    t = start
    while t < end:
        now = in_force(tariff, rates, t, zone)
        found.append(replace(now, start=t, end=min(now.end, end)))
        t = now.end
    return found
