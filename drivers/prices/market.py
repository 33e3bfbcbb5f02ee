"""What the exchange's prices look like at those who publish them: aWATTar, Energy-Charts, Nord Pool, Energinet.

Net, per MWh. Sources: https://www.awattar.de/services/api; https://api.energy-charts.info (price); the answers of Nord
Pool's data portal (dataportal-api.nordpoolgroup.com, DayAheadPrices); https://www.energidataservice.dk (Elspotprices
until 2025, DayAheadPrices since).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Any

from drivers.fetch.answer import MOST_ITEMS, NotUnderstoodError, Times, amount, complaint, items, parsed
from drivers.prices.quote import Quote, Quotes
from drivers.prices.want import USUAL, Want
from drivers.prices.wire import amounts, unit
from hub.model.heard import Reading

_MWH = Decimal("0.001")


def is_awattar(message: object) -> bool:
    return any("marketprice" in item for _, item in items(message, "data")[:3])


def awattar(data: bytes, want: Want = USUAL) -> Quotes:
    times = Times(want.zone("UTC"))
    quotes: list[Quote] = []
    problems: list[str] = []
    currency = "EUR"
    message = parsed(data)
    if not is_awattar(message):
        raise NotUnderstoodError(f"aWATTar: {complaint(message) or 'no prices in the answer'}")
    for path, item in items(message, "data"):
        start, end = times.ms(item.get("start_timestamp")), times.ms(item.get("end_timestamp"), "end")
        known = unit(item.get("unit"))
        parts = amounts(item, ("marketprice", "localprice"), known[1]) if known else {}
        if start is None or known is None or "marketprice" not in parts:
            problems.append(f"{path}: has no time, price or unit; left out")
            continue
        currency = known[0]
        quotes.append(Quote(path, start, end, parts, "marketprice"))
    return Quotes("awattar", currency, tuple(quotes), problems=tuple(problems))


def is_energy_charts(message: object) -> bool:
    return isinstance(message, dict) and "unix_seconds" in message and "price" in message


def energy_charts(data: bytes, want: Want = USUAL) -> Quotes:
    """Parallel arrays; `price` is null where there is none."""
    message = parsed(data)
    if not is_energy_charts(message):
        raise NotUnderstoodError("Energy-Charts: neither unix_seconds nor price in the answer")
    seconds, prices, known = message["unix_seconds"], message["price"], unit(_spaceless(message.get("unit")))
    if not isinstance(seconds, list) or not isinstance(prices, list) or known is None:
        raise NotUnderstoodError("Energy-Charts: no arrays of times and prices, or an unknown unit")
    problems = [f"{len(seconds)} times and {len(prices)} prices"] if len(seconds) != len(prices) else []
    times = Times(want.zone("UTC"))
    quotes, starts = [], set[int]()
    for n, (second, price) in enumerate(zip(seconds[:MOST_ITEMS], prices, strict=False)):
        start, value = times.ms(second), amount(price)
        starts |= {start} if start is not None else set()
        if start is not None and value is not None:
            quotes.append(Quote(f"price[{n}]", start, None, {"price": value * known[1]}, "price"))
        elif price is not None:
            problems.append(f"price[{n}]: is no price at a time; left out")
    more = [Reading(key, str(message[key])[:300]) for key in ("license_info", "deprecated") if key in message]
    quotes = _without_gaps(quotes, sorted(starts))
    return Quotes("energy-charts", known[0], tuple(quotes), want.area, tuple(problems), more=tuple(more))


def _without_gaps(quotes: list[Quote], starts: list[int]) -> list[Quote]:
    """Times alone say no end: each lasts as long as the shortest does, so that a missing price stays missing."""
    step = min((b - a for a, b in pairwise(starts)), default=3_600_000)
    return [Quote(q.path, q.start_ms, q.start_ms + step, q.parts, q.price) for q in quotes]


def _spaceless(text: object) -> object:
    return "".join(text.split()) if isinstance(text, str) and len(text) < 60 else text


def is_nordpool(message: object) -> bool:
    return isinstance(message, dict) and ("multiAreaEntries" in message or "multiIndexEntries" in message)


def nordpool(data: bytes, want: Want = USUAL) -> Quotes:
    message = parsed(data)
    if not is_nordpool(message):
        raise NotUnderstoodError("Nord Pool: no entries in the answer")
    kind, per = (("multiAreaEntries", "entryPerArea"), ("multiIndexEntries", "entryPerArea"))[
        "multiAreaEntries" not in message
    ]
    entries = items(message, kind)
    area = want.area or next((a for _, e in entries for a in _areas(e, per)), "")
    times = Times(want.zone("UTC"))
    quotes: list[Quote] = []
    problems: list[str] = []
    for path, entry in entries:
        start, end = times.ms(entry.get("deliveryStart")), times.ms(entry.get("deliveryEnd"), "end")
        parts = {f"{per}.{a}": v * _MWH for a, v in amounts(_areas(entry, per), tuple(_areas(entry, per))).items()}
        if start is None or end is None or f"{per}.{area}" not in parts:
            problems.append(f"{path}: has no time, or no price of {area or 'any area'}; left out")
            continue
        quotes.append(Quote(path, start, end, parts, f"{per}.{area}", provisional=_unsettled(message, area)))
    currency = str(message.get("currency", ""))[:3].upper()
    return Quotes("nordpool", currency, tuple(quotes), area, tuple(problems), more=tuple(_told(message)))


def _areas(entry: Mapping[str, Any], per: str) -> Mapping[str, Any]:
    found = entry.get(per)
    return found if isinstance(found, dict) else {}


def _unsettled(message: Mapping[str, Any], area: str) -> bool:
    """`Preliminary` prices are corrected the same day."""
    for _, state in items(message, "areaStates"):
        if state.get("state") != "Final" and area in (state.get("areas") or ()):
            return True
    return False


def _told(message: Mapping[str, Any]) -> list[Reading]:
    """What it says of the whole day, averages per kWh."""
    currency = str(message.get("currency", ""))[:3].upper()
    told = [Reading(k, str(message[k])[:40]) for k in ("deliveryDateCET", "updatedAt", "market") if k in message]
    rate = amount(message.get("exchangeRate"))
    told += [Reading("exchangeRate", float(rate))] if rate is not None else []
    for path, item in items(message, "areaAverages"):
        average = amount(item.get("price"))
        if average is not None:
            told.append(Reading(f"{path}.{str(item.get('areaCode'))[:10]}", float(average * _MWH), f"{currency}/kWh"))
    for path, block in items(message, "blockPriceAggregates"):
        for area, of in _areas(block, "averagePricePerArea").items():
            found = amounts(of, ("average", "min", "max")) if isinstance(of, dict) else {}
            told += [Reading(f"{path}.{area}.{k}", float(v * _MWH), f"{currency}/kWh") for k, v in found.items()]
    return told


_ENERGINET = (("HourUTC", "SpotPriceDKK", "SpotPriceEUR"), ("TimeUTC", "DayAheadPriceDKK", "DayAheadPriceEUR"))


def is_energinet(message: object) -> bool:
    first = [item for _, item in items(message, "records")[:3]]
    return any(start in item and (dkk in item or eur in item) for item in first for start, dkk, eur in _ENERGINET)


def energinet(data: bytes, want: Want = USUAL) -> Quotes:
    """Newest first, of one area. Crowns count; where an hour has none yet, all are taken in euros."""
    message = parsed(data)
    if not is_energinet(message):
        raise NotUnderstoodError(f"Energinet: {complaint(message) or 'no prices in the answer'}")
    found = items(message, "records")
    start_key, *prices = next(names for names in _ENERGINET if any(names[0] in item for _, item in found))
    areas = list(dict.fromkeys(str(item.get("PriceArea") or "") for _, item in found))
    area = want.area or areas[0]
    problems = [f"prices of {len(areas)} areas; those of {area or 'the first'} count"] if len(areas) > 1 else []
    rows = [(path, item) for path, item in reversed(found) if str(item.get("PriceArea") or area) == area]
    price = _whole(rows, prices) if want.price not in prices else want.price
    times, quotes = Times(want.zone("UTC")), list[Quote]()
    for path, item in rows:
        start, parts = times.ms(item.get(start_key)), amounts(item, (price,), _MWH)
        if start is None or not parts:
            problems.append(f"{path}: has no time or price; left out")
            continue
        quotes.append(Quote(path, start, None, parts, price))
    return Quotes("energinet", price[-3:], tuple(quotes), area, tuple(problems))


def _whole(rows: Sequence[tuple[str, Mapping[str, Any]]], names: Sequence[str]) -> str:
    """The first of the prices that every row has, else the first that any has."""
    told = [[amount(item.get(name)) is not None for _, item in rows] for name in names]
    whole = (name for name, there in zip(names, told, strict=True) if there and all(there))
    return next(whole, "") or next((n for n, there in zip(names, told, strict=True) if any(there)), names[0])
