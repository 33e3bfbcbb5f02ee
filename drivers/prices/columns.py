"""What columns of a table (or keys of a list) are usually called, and the units that their names tell."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from drivers.fetch.answer import items
from drivers.prices.wire import ENERGY, money, unit

START = (
    *("start", "start_timestamp", "time", "timestamp", "datetime", "date", "from", "zeit", "datum", "begin"),
    *("time_start", "start_time", "start_date", "starts_at", "startsat", "valid_from", "date_time", "hour_utc"),
    *("time_utc", "utc", "period_start", "delivery_start", "datum_von", "von", "beginn", "uhrzeit", "tijd", "tid"),
)
END = (
    *("end", "end_timestamp", "until", "to", "till", "ende", "time_end", "end_time", "end_date", "ends_at", "endsat"),
    *("valid_to", "valid_until", "period_end", "delivery_end", "datum_bis", "bis"),
)
PRICE = ("price", "import_price", "value", "total", "preis", "marketprice", "rate")
EXPORT = ("export_price", "export", "feed_in")
UNIT = ("unit", "units", "price_unit", "unit_of_measurement", "einheit")
CURRENCY = ("currency", "currency_code", "waehrung", "währung")
_INHERITED = (*UNIT, *CURRENCY)
_OTHER = {"export", "feed", "tax", "taxes", "vat", "mwst", "steuer", "fee", "fees", "grid", "netz", "sell", "gas", "m3"}
_PER = {"per", "pro", "je", "in"}
_ENDING = ("price", "prices", "preis", "prijs", "pris", "tariff", "rate", "cost")
_ENERGY = re.compile(r"_*([km]?wh)(?![a-z])", re.IGNORECASE)
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_WORD = re.compile(r"[^\W_]+|[€£$][^\W_]*")
_DAY = re.compile(r"today|tomorrow")
_DEEP, _MOST_NODES = 5, 300
Rows = list[tuple[str, Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class Told:
    """What a text says of a unit. `currency`: empty, and `factor` to currency per kWh: None, where it does not."""

    currency: str = ""
    factor: Decimal | None = None

    def goes_with(self, other: Told) -> bool:
        """Whether both can stand in one table."""
        return self.currency == other.currency and (self.factor is None) == (other.factor is None)


def words(name: str) -> list[str]:
    """`priceEUR_per_kWh`, `Price [EUR/kWh]`: price, eur, (per,) kwh."""
    parted = _ENERGY.sub(lambda m: f" {m[1].lower()} ", name[:200])
    return [w.lower() for w in _WORD.findall(_HUMP.sub(" ", parted))]


@lru_cache(256)
def told_by(name: str) -> Told:
    """By the name of a column: a currency, the energy that it is for, or both."""
    found = words(name)
    for n, word in enumerate(found):
        if word in ENERGY:
            before = next((w for w in reversed(found[:n]) if w not in _PER), "")
            known = money(before)
            return Told(known[0], known[1] * ENERGY[word]) if known else Told("", ENERGY[word])
    named = next((money(w) for w in reversed(found) if len(w) > 1 and money(w)), None)
    return Told(named[0], named[1] if named[1] < 1 else None) if named else Told()


def told_in(text: object) -> Told | None:
    """By the cell of a column of units; None for one that is no price of energy."""
    known = unit(text)
    if known:
        return Told(*known)
    found = words(text) if isinstance(text, str) else []
    if not found or not all(w in ENERGY or w in _PER or money(w) for w in found):
        return None
    return told_by(" ".join(found))


def usual(columns: Iterable[str], names: Sequence[str]) -> str:
    """The column that is called like one of `names`, the first of them that is there; empty for none."""
    listed = list(columns)
    lower = {c.strip().lower(): c for c in listed}
    parted = {"_".join(words(c)): c for c in listed}
    return next((found[n] for found in (lower, parted) for n in names if n in found), "")


def priced(columns: Iterable[str]) -> str:
    """The column of the price: by a usual name, by a unit in its name, or as some kind of price; empty for none."""
    listed = list(columns)
    if found := usual(listed, PRICE):
        return found
    likely = [c for c in listed if not _OTHER & set(words(c))]
    full = (c for c in likely if told_by(c).currency and _has_energy(c))
    return next(full, "") or next((c for c in likely if _bare(c).endswith(_ENDING)), "")


def _has_energy(name: str) -> bool:
    return any(w in ENERGY for w in words(name))


def _bare(name: str) -> str:
    """The last word of a name that is not of its unit."""
    return next((w for w in reversed(words(name)) if not (w in ENERGY or w in _PER or money(w))), "")


def lists(message: object) -> Iterator[tuple[str, Rows]]:
    """All lists of objects, the outermost first; what is said beside a list of unit and currency holds for its rows."""
    if isinstance(message, list):
        yield "", items(message)
        return
    level: list[tuple[str, object, dict[str, Any]]] = [("", message, {})]
    for _ in range(_DEEP):
        below: list[tuple[str, object, dict[str, Any]]] = []
        for path, node, above in level:
            if not isinstance(node, dict):
                continue
            said = above | {k: v for k, v in node.items() if k.lower() in _INHERITED and isinstance(v, str)}
            for key, value in node.items():
                here = f"{path}.{key}" if path else key
                if isinstance(value, list) and (found := items(value)):
                    yield here, [(f"{here}{where}", {**said, **item}) for where, item in found]
                below.append((here, value, said))
        level = below[:_MOST_NODES]


def same_but_day(one: str, other: str) -> bool:
    """`today` goes on in `tomorrow`."""
    return _DAY.sub("", one) == _DAY.sub("", other)
