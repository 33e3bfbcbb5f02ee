"""What every source of prices comes down to: quotes, and what is made of them.

A quote is one interval with what the wire says of it, all in currency per kWh. Rates are what the house counts with.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal
from itertools import pairwise

from hub.model.feed import Rate
from hub.model.heard import Capture, Heard, Reading, Rejected

PER_UNIT = 100_000
MOST = Decimal(100)
"""Currency per kWh: what is above is no price of a kWh (`price_import` goes as far)."""
UNTOLD = "untold"
"""As `per` of quotes: their unit is not known, so they are no prices of a kWh."""
FOR_EVER_MS = 4_102_444_800_000
"""2100-01-01: the end of a price that has none."""
SHORTEST_MS, USUAL_MS = 60_000, 3_600_000


@dataclass(frozen=True, slots=True)
class Quote:
    """`path`: where in the answer it stands. `parts`: all amounts of it by the wire's names, per kWh.

    `end_ms` None: until the next one begins. `price`, `export`: which of `parts` the house pays and gets.
    """

    path: str
    start_ms: int
    end_ms: int | None
    parts: Mapping[str, Decimal]
    price: str
    export: str = ""
    provisional: bool = False
    export_sign: int = 1


@dataclass(frozen=True, slots=True)
class Quotes:
    """One answer. `per`: what is priced, kWh of electricity or m3 of gas; only the first becomes rates."""

    source: str
    currency: str
    quotes: tuple[Quote, ...]
    area: str = ""
    problems: tuple[str, ...] = ()
    per: str = "kWh"
    more: tuple[Reading, ...] = ()
    """what the answer says as a whole"""
    export_only: bool = False


@dataclass(frozen=True, slots=True)
class Ordered:
    """Quotes in time order, each with its end, none over another; `problems` names what was left out or is missing."""

    quotes: tuple[tuple[Quote, int], ...]
    problems: tuple[str, ...] = field(default=())


def rates(told: Quotes, source: str = "") -> list[Rate]:
    """Rates of all quotes, in time order; `source` is the name under which they are kept."""
    if told.per != "kWh":
        return []
    return [_rate(q, end, source or told.source, told.export_only) for q, end in ordered(told.quotes).quotes]


def ordered(quotes: Iterable[Quote], most: Decimal | None = MOST) -> Ordered:
    """Doubles are dropped, contradictions go to the later one, gaps stay gaps."""
    problems: list[str] = []
    by_start: dict[int, Quote] = {}
    for quote in quotes:
        if most is not None and abs(quote.parts[quote.price]) > most:
            problems.append(f"{quote.path}: {quote.parts[quote.price]} per kWh is no price; left out")
            continue
        before = by_start.get(quote.start_ms)
        if before is not None and before.parts != quote.parts:
            problems.append(f"{quote.path}: contradicts {before.path}; the later one counts")
        by_start[quote.start_ms] = quote
    return _closed([by_start[start] for start in sorted(by_start)], problems)


def _closed(quotes: list[Quote], problems: list[str]) -> Ordered:
    """Each quote with its end."""
    kept: list[tuple[Quote, int]] = []
    usual = min((b.start_ms - a.start_ms for a, b in pairwise(quotes)), default=USUAL_MS)
    for n, quote in enumerate(quotes):
        following = quotes[n + 1] if n + 1 < len(quotes) else None
        end = quote.end_ms if quote.end_ms is not None else quote.start_ms + usual
        if following is not None and end > following.start_ms:
            if quote.end_ms is not None and end < FOR_EVER_MS:
                problems.append(f"{quote.path}: reaches over {following.path}; it ends where that one begins")
            end = following.start_ms
        if end - quote.start_ms < SHORTEST_MS:
            problems.append(f"{quote.path}: ends before it begins, or within a minute; left out")
            continue
        if kept and kept[-1][1] < quote.start_ms:
            problems.append(f"no price for {(quote.start_ms - kept[-1][1]) // 60_000} minutes before {quote.path}")
        kept.append((quote, end))
    return Ordered(tuple(kept), tuple(problems))


def integer(price: Decimal) -> int:
    """Currency per kWh as 1e-5 of it."""
    return int((price * PER_UNIT).to_integral_value(ROUND_HALF_EVEN))


def _rate(quote: Quote, end_ms: int, source: str, export_only: bool) -> Rate:
    price = integer(quote.parts[quote.price])
    export = integer(quote.parts[quote.export]) * quote.export_sign if quote.export else None
    if export_only:
        export, price = price, 0
    return Rate(quote.start_ms, (end_ms - quote.start_ms) // 1000, price, export, source, quote.provisional)


def capture(told: Quotes) -> Capture:
    """One message for each interval: `time` is when it begins, the price then is `tariff.price_import`."""
    found = ordered(told.quotes, None if told.per == UNTOLD else MOST)
    unit = f"{told.currency}/{told.per}" if told.currency else ""
    device = {k: v for k, v in (("vendor", told.source), ("model", told.area)) if v}
    messages = [_heard(quote, end, told, unit, device) for quote, end in found.quotes]
    problems = (*told.problems, *found.problems)
    if told.more or (problems and not messages):
        messages.insert(0, Heard(told.more, device=device, problems=problems))
    elif messages:
        messages[0] = Heard(messages[0].readings, messages[0].points, device, messages[0].time, problems=problems)
    return (
        Capture(tuple(messages))
        if messages
        else Capture((), (Rejected(0, f"{told.source}: an answer without any price"),))
    )


def _heard(quote: Quote, end_ms: int, told: Quotes, unit: str, device: Mapping[str, str]) -> Heard:
    readings = [Reading(f"{quote.path}.{name}", float(v), unit, quote.start_ms) for name, v in quote.parts.items()]
    readings.append(Reading(f"{quote.path}.end", end_ms, "ms", quote.start_ms))
    points: dict[str, float] = {}
    if told.per == "kWh":
        points["tariff.price_export" if told.export_only else "tariff.price_import"] = integer(quote.parts[quote.price])
    if points and quote.export:
        points["tariff.price_export"] = integer(quote.parts[quote.export]) * quote.export_sign
    return Heard(tuple(readings), points, device, quote.start_ms)
