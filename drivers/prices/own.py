"""A list of prices of one's own, as CSV or JSON: the owner names columns or keys, and the unit."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from drivers.fetch.answer import MOST_ITEMS, NotUnderstoodError, Times, amount, items, parsed
from drivers.prices.quote import Quote, Quotes
from drivers.prices.want import USUAL, Want
from drivers.prices.wire import unit

_DELIMITERS = ";,\t|"
_START = ("start", "start_timestamp", "time", "timestamp", "datetime", "date", "from", "zeit", "datum", "begin")
_END = ("end", "end_timestamp", "until", "to", "till", "ende")
_PRICE = ("price", "import_price", "value", "total", "preis", "marketprice", "rate")
_EXPORT = ("export_price", "export", "feed_in")


@dataclass(frozen=True, slots=True)
class Layout:
    """`path`: keys down to the list, with dots between them (JSON). `start`, `price`, `end`, `export`: columns or keys.

    `unit`: of the prices, like `ct/kWh`; its currency counts.
    """

    start: str = ""
    price: str = ""
    end: str = ""
    export: str = ""
    path: str = ""
    unit: str = "EUR/kWh"

    def named(self, columns: Mapping[str, Any]) -> Layout:
        """With what its owner has not named, as it is usually called; raises NotUnderstoodError."""
        lower = {c.strip().lower(): c for c in columns}

        def one(chosen: str, usual: tuple[str, ...]) -> str:
            if chosen:
                return chosen if chosen in columns else lower.get(chosen.lower(), "")
            return next((lower[name] for name in usual if name in lower), "")

        start, price = one(self.start, _START), one(self.price, _PRICE)
        if not start or not price:
            missing = f"no column for the {'price' if start else 'start'}"
            raise NotUnderstoodError(f"{missing} among {', '.join(list(columns)[:20])}"[:300])
        return Layout(start, price, one(self.end, _END), one(self.export, _EXPORT), self.path, self.unit)


GUESSED = Layout()


def read(data: bytes, want: Want = USUAL, layout: Layout = GUESSED) -> Quotes:
    """Raises NotUnderstoodError; `want.timezone` is that of times without an offset."""
    known = unit(layout.unit)
    if known is None:
        raise NotUnderstoodError(f"unit {layout.unit[:20]!r} is not known; write one like ct/kWh or EUR/MWh")
    rows = list(_json(data, layout) if data.lstrip()[:1] in (b"{", b"[") else _csv(data))
    if not rows:
        raise NotUnderstoodError("no rows in the list")
    layout = layout.named(rows[0][1])
    times, quotes, problems = Times(want.zone("UTC")), list[Quote](), list[str]()
    for where, row in rows:
        start, end = times.ms(_time(row.get(layout.start))), None
        if layout.end and row.get(layout.end):
            end = times.ms(_time(row.get(layout.end)), "end")
        parts = {
            name: v
            for name in (layout.price, layout.export)
            if name and (v := _price(row.get(name), known[1])) is not None
        }
        if start is None or layout.price not in parts:
            problems.append(f"{where}: has no time or price; left out")
            continue
        quotes.append(Quote(where, start, end, parts, layout.price, layout.export if layout.export in parts else ""))
    return Quotes("own", known[0], tuple(quotes), problems=tuple(problems[:100]))


def _json(data: bytes, layout: Layout) -> Iterator[tuple[str, Mapping[str, Any]]]:
    yield from items(parsed(data), *filter(None, layout.path.split(".")))


def _csv(data: bytes) -> Iterator[tuple[str, Mapping[str, Any]]]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    head = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=head.count)
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")][: MOST_ITEMS + 1]
    try:
        for n, row in enumerate(csv.DictReader(io.StringIO("\n".join(lines)), delimiter=delimiter)):
            yield f"row[{n + 1}]", {str(k).strip(): v for k, v in row.items() if isinstance(v, str)}
    except csv.Error as e:
        raise NotUnderstoodError(f"not a table: {e}") from None


def _time(value: object) -> object:
    """Texts of seconds or milliseconds are numbers."""
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit() and 9 <= len(value.strip()) <= 13:
        return int(value)
    return value


def _price(value: object, factor: Decimal) -> Decimal | None:
    found = amount(value)
    return None if found is None else found * factor
