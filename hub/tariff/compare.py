"""The price of now among others: what rules ask who want the cheapest hours. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from hub.tariff.force import InForce

_MINUTE_MS = 60_000


def stands_in(price: InForce) -> bool:
    """Whether it is the fixed price in place of one that the source has not told."""
    return price.market is None and price.provisional


def cheaper_min(day: Sequence[InForce], t: int) -> float | None:
    """For how many minutes of `day` it costs less than at `t` (UTC ms): below 240 it is one of its four cheapest hours.

    Equal prices are not cheaper than one another. None unless all of the day is known, and from one origin: told prices
    are not compared with what stands in for others.
    """
    now = next((s.import_price for s in day if s.start <= t < s.end), None)
    prices = [(s.import_price, s.end - s.start) for s in day if s.import_price is not None]
    if now is None or len(prices) < len(day) or len({stands_in(s) for s in day}) > 1:
        return None
    return sum(ms for price, ms in prices if price < now) / _MINUTE_MS


def lowest(ahead: Sequence[InForce]) -> int | None:
    """The lowest price, 1e-5 currency units per kWh; one that stands in counts only where none is told."""
    told = [s for s in ahead if not stands_in(s)] or ahead
    return min((s.import_price for s in told if s.import_price is not None), default=None)
