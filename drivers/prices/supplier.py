"""Suppliers whose answers are more than one list of intervals: Tibber, Octopus, Amber, EnergyZero, LUOX, and the Swiss
interface of ESIT.

Sources: developer.tibber.com (priceInfo); docs.octopus.energy (standard-unit-rates); app.amber.com.au/developers;
answers of public.api.energyzero.nl and api.energyzero.nl (GraphQL); ESIT "Schnittstelle dynamische Tarife".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from drivers.fetch.answer import NotUnderstoodError, Times, complaint, items, parsed
from drivers.prices.quote import FOR_EVER_MS, Quote, Quotes
from drivers.prices.want import USUAL, Want
from drivers.prices.wire import amounts, unit
from hub.model.heard import Reading

_CENT = Decimal("0.01")


def _chosen(parts: Mapping[str, Decimal], want: Want, usual: tuple[str, ...]) -> str:
    """The amount that counts: the owner's choice, else the first usual one; empty when it is not there."""
    if want.price:
        return want.price if want.price in parts else ""
    return next((name for name in usual if name in parts), "")


# -- Tibber -----------------------------------------------------------------------------------------------------------

_INFO = ("currentSubscription", "priceInfo")


def is_tibber(message: object) -> bool:
    return bool(_homes(message))


def _homes(message: object) -> list[tuple[str, Mapping[str, Any]]]:
    """The price infos of all homes, with their paths."""
    viewer = _walk(message, "data", "viewer")
    one = _walk(viewer, "home", *_INFO)
    found: list[tuple[str, Mapping[str, Any]]] = [("data.viewer.home", one)] if isinstance(one, dict) else []
    for path, home in items(viewer, "homes"):
        info = _walk(home, *_INFO)
        if isinstance(info, dict):
            found.append((f"data.viewer.{path}", info))
    return found


def _walk(node: object, *path: str) -> Any:
    for key in path:
        node = node.get(key) if isinstance(node, dict) else None
    return node


def tibber(data: bytes, want: Want = USUAL) -> Quotes:
    """`total` is what the customer pays for energy: `energy` (the exchange's price) and `tax` (VAT and surcharge)."""
    message = parsed(data)
    homes = _homes(message)
    if not homes:
        raise NotUnderstoodError(f"Tibber: {complaint(message) or 'no home with a subscription in the answer'}")
    problems = [f"prices of {len(homes)} homes; the first counts"] if len(homes) > 1 else []
    path, info = homes[0]
    times, quotes, currency = Times(want.zone("UTC")), [], ""
    listed = [*items(info, "today"), *items(info, "tomorrow"), *items(info, "range", "nodes")]
    current = _walk(info, "current")
    if not listed and isinstance(current, dict) and "startsAt" in current:
        listed = [("current", current)]
    for where, item in listed:
        start, parts = times.ms(item.get("startsAt")), amounts(item, ("total", "energy", "tax"))
        price = _chosen(parts, want, ("total",))
        if start is None or not price:
            problems.append(f"{path}.{where}: has no time or price; left out")
            continue
        currency = currency or str(item.get("currency") or "")[:3]
        quotes.append(Quote(f"{path}.{where}", start, None, parts, price))
    currency = currency or str(_walk(info, "current", "currency") or "")[:3]
    return Quotes("tibber", currency, tuple(quotes), problems=tuple(problems))


# -- Octopus ----------------------------------------------------------------------------------------------------------


def is_octopus(message: object) -> bool:
    return any("value_inc_vat" in item or "value_exc_vat" in item for _, item in items(message, "results")[:3])


def octopus(data: bytes, want: Want = USUAL) -> Quotes:
    """Pence, newest first. `valid_to` null: until further notice. Direct debit counts where there are two prices."""
    message = parsed(data)
    found = [
        (path, item) for path, item in items(message, "results") if item.get("payment_method") != "NON_DIRECT_DEBIT"
    ]
    if not is_octopus(message) and not (isinstance(message, dict) and message.get("results") == []):
        raise NotUnderstoodError(f"Octopus: {complaint(message) or 'no unit rates in the answer'}")
    times, quotes, problems = Times(want.zone("Europe/London")), [], []
    for path, item in reversed(found):
        start, until = times.ms(item.get("valid_from")), item.get("valid_to")
        end = FOR_EVER_MS if until is None else times.ms(until, "end")
        parts = amounts(item, ("value_inc_vat", "value_exc_vat"), _CENT)
        price = _chosen(parts, want, ("value_inc_vat",))
        if start is None or end is None or not price:
            problems.append(f"{path}: has no time or price; left out")
            continue
        quotes.append(Quote(path, start, end, parts, price))
    return Quotes("octopus", "GBP", tuple(quotes), problems=tuple(problems))


def next_page(data: bytes) -> str:
    """Where an answer of Octopus goes on; empty on its last page."""
    try:
        found = parsed(data)
    except NotUnderstoodError:
        return ""
    more = found.get("next") if isinstance(found, dict) else None
    return more if isinstance(more, str) else ""


# -- Amber ------------------------------------------------------------------------------------------------------------

_KINDS = {"ActualInterval": False, "CurrentInterval": True, "ForecastInterval": True}


def is_amber(message: object) -> bool:
    return any("perKwh" in item and "channelType" in item for _, item in items(message)[:3])


def amber(data: bytes, want: Want = USUAL) -> Quotes:
    """Cents with GST. Of the feed-in channel a negative price is what the customer is paid: the sign turns.

    `startTime` is a second late (12:00:01), `duration` in minutes; only an actual interval is settled.
    """
    message = parsed(data)
    if not is_amber(message):
        raise NotUnderstoodError(f"Amber: {complaint(message) or 'no intervals in the answer'}")
    channels: dict[str, dict[int, Quote]] = {"general": {}, "feedIn": {}}
    problems: list[str] = []
    times = Times(ZoneInfo("UTC"))
    for path, item in items(message):
        quote = _interval(path, item, times, want)
        channel = channels.get(str(item.get("channelType")))
        if quote is None:
            problems.append(f"{path}: has no time, price or length; left out")
        elif channel is not None:
            channel[quote.start_ms] = quote
    merged = [_both(q, channels["feedIn"].get(start)) for start, q in channels["general"].items()]
    if not merged and channels["feedIn"]:
        turned = [
            Quote(q.path, q.start_ms, q.end_ms, {k: -v for k, v in q.parts.items()}, q.price)
            for q in channels["feedIn"].values()
        ]
        return Quotes("amber", "AUD", tuple(turned), problems=tuple(problems), export_only=True)
    return Quotes("amber", "AUD", tuple(merged), problems=tuple(problems))


def _interval(path: str, item: Mapping[str, Any], times: Times, want: Want) -> Quote | None:
    start, minutes = times.ms(item.get("startTime")), item.get("duration")
    parts = amounts(item, ("perKwh", "spotPerKwh"), _CENT)
    price = _chosen(parts, want, ("perKwh",))
    if start is None or not isinstance(minutes, int) or not 1 <= minutes <= 1440 or not price:
        return None
    start = start // 60_000 * 60_000
    provisional = _KINDS.get(str(item.get("type")), True)
    return Quote(path, start, start + minutes * 60_000, parts, price, provisional=provisional)


def _both(general: Quote, feed_in: Quote | None) -> Quote:
    if feed_in is None:
        return general
    parts = {**general.parts, "feedIn.perKwh": feed_in.parts[feed_in.price]}
    return Quote(
        general.path, general.start_ms, general.end_ms, parts, general.price, "feedIn.perKwh", general.provisional, -1
    )


# -- EnergyZero -------------------------------------------------------------------------------------------------------

_LISTS = ("all_in_with_vat", "all_in", "base_with_vat", "base")


def is_energyzero(message: object) -> bool:
    return bool(_walk(message, "data", "energyMarketPrices")) or any(items(message, name) for name in _LISTS)


def energyzero(data: bytes, want: Want = USUAL) -> Quotes:
    """`all_in_with_vat` is what the customer pays: market, purchase costs, energy tax, VAT. Per m3 when it is gas."""
    message = parsed(data)
    if isinstance(_walk(message, "data", "energyMarketPrices"), dict):
        return _graphql(message, want)
    by_time: dict[tuple[int, int], dict[str, Decimal]] = {}
    paths: dict[tuple[int, int], str] = {}
    for name, path, start, end, value in _told(message, Times(want.zone("Europe/Amsterdam"))):
        by_time.setdefault((start, end), {})[name] = value
        paths.setdefault((start, end), path)
    if not by_time:
        raise NotUnderstoodError(f"EnergyZero: {complaint(message) or 'an answer without any price'}")
    found = [(paths[at], at, parts, _chosen(parts, want, _LISTS)) for at, parts in by_time.items()]
    quotes = tuple(Quote(path, start, end, parts, price) for path, (start, end), parts, price in found if price)
    gas = all(_is_gas_day(start, end) for start, end in by_time)
    return Quotes("energyzero", "EUR", quotes, per="m3" if gas else "kWh")


def _told(message: object, times: Times) -> Iterator[tuple[str, str, int, int, Decimal]]:
    for name in _LISTS:
        for path, item in items(message, name):
            start, end = times.ms(item.get("start")), times.ms(item.get("end"), "end")
            price = item.get("price")
            value = amounts(price, ("value",)) if isinstance(price, dict) else {}
            if start is not None and end is not None and value:
                yield name, path, start, end, value["value"]


def _is_gas_day(start: int, end: int) -> bool:
    """The answer does not say what it prices; days that begin at six in the morning are those of gas."""
    return _local_hour(start) == 6 and _local_hour(end) == 6 and end - start > 22 * 3_600_000


def _local_hour(ms: int) -> int:
    return datetime.fromtimestamp(ms / 1000, UTC).astimezone(ZoneInfo("Europe/Amsterdam")).hour


def _graphql(message: object, want: Want) -> Quotes:
    times, quotes, problems = Times(want.zone("Europe/Amsterdam")), [], []
    names = ("energyPriceIncl", "energyPriceExcl")
    for path, item in items(message, "data", "energyMarketPrices", "prices"):
        start, end = times.ms(item.get("from")), times.ms(item.get("till"), "end")
        parts = amounts(item, names)
        price = _chosen(parts, want, names)
        if start is None or end is None or not price:
            problems.append(f"{path}: has no time or price; left out")
            continue
        quotes.append(Quote(path, start, end, parts, price))
    return Quotes("energyzero", "EUR", tuple(quotes), problems=tuple(problems))


# -- LUOX -------------------------------------------------------------------------------------------------------------

_LUOX = ("total_price_net", "energy_price_net", "taxes_and_levies_net", "fees_net", "grid_costs_net")


def is_luox(message: object) -> bool:
    return any(isinstance(item.get("variable_prices"), list) for _, item in items(message)[:3])


def luox(data: bytes, want: Want = USUAL) -> Quotes:
    """Net, and from the supplier's side: what the customer pays is negative."""
    message = parsed(data)
    if not is_luox(message):
        raise NotUnderstoodError(f"LUOX: {complaint(message) or 'no variable prices in the answer'}")
    times, quotes, problems = Times(want.zone("Europe/Berlin")), [], []
    currency = "EUR"
    for outer, contract in items(message):
        for path, item in items(contract, "variable_prices"):
            start, end, known = (
                times.ms(item.get("valid_from")),
                times.ms(item.get("valid_until"), "end"),
                unit(item.get("unit")),
            )
            parts = {k: -v for k, v in amounts(item, _LUOX, known[1]).items()} if known else {}
            price = _chosen(parts, want, _LUOX[:1])
            if start is None or end is None or known is None or not price:
                problems.append(f"{outer}.{path}: has no time, price or unit; left out")
                continue
            currency = known[0]
            quotes.append(Quote(f"{outer}.{path}", start, end, parts, price))
    return Quotes("luox", currency, tuple(quotes), problems=tuple(problems))


# -- ESIT: Swisspower, EKZ, Primeo, ... -------------------------------------------------------------------------------

_ESIT = ("integrated", "electricity", "grid", "grid_usage", "regional_fees", "national_fees", "feed_in", "metering")


def is_esit(message: object) -> bool:
    return any(isinstance(item.get(kind), list) for _, item in items(message, "prices")[:3] for kind in _ESIT)


def esit(data: bytes, want: Want = USUAL) -> Quotes:
    """`integrated` is energy, grid and levies together; each kind has a price per kWh and may have one per month."""
    message = parsed(data)
    if not is_esit(message):
        raise NotUnderstoodError(f"ESIT: {complaint(message) or 'no prices in the answer'}")
    times, quotes, problems = Times(want.zone("Europe/Zurich")), [], []
    currency = ""
    for path, item in items(message, "prices"):
        start, end = times.ms(item.get("start_timestamp")), times.ms(item.get("end_timestamp"), "end")
        parts, told = _components(item)
        price = _chosen(parts, want, ("integrated", "electricity"))
        if start is None or end is None or not price or (currency and told != currency):
            problems.append(f"{path}: has no time, or no price per kWh; left out")
            continue
        currency = told
        quotes.append(Quote(path, start, end, parts, price, "feed_in" if "feed_in" in parts else ""))
    more = (
        (Reading("status", str(message.get("status"))[:40]),)
        if isinstance(message, dict) and "status" in message
        else ()
    )
    return Quotes("esit", currency or "CHF", tuple(quotes), problems=tuple(problems), more=more)


def _components(item: Mapping[str, Any]) -> tuple[dict[str, Decimal], str]:
    """The price per kWh of each kind, and their currency."""
    parts: dict[str, Decimal] = {}
    currency = ""
    for kind in _ESIT:
        for _, component in items(item, kind):
            known = unit(component.get("unit"))
            value = amounts(component, ("value",), known[1]) if known else {}
            if known and value and kind not in parts:
                parts[kind], currency = value["value"], currency or known[0]
    return parts, currency
