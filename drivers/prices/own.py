"""A list of prices of one's own, as CSV or JSON: the owner names columns or keys, and the unit."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from drivers.fetch.answer import MOST_ITEMS, NotUnderstoodError, Times, amount, bare, items, parsed
from drivers.prices import columns as named_columns
from drivers.prices.columns import Rows, Told
from drivers.prices.quote import MOST, UNTOLD, Quote, Quotes
from drivers.prices.want import USUAL, Want
from drivers.prices.wire import unit

_DELIMITERS = ";,\t|"
_GERMAN = re.compile(r"(\d\d?)\.(\d\d?)\.(\d{4})[ ,T]*(\d\d?:\d\d(?::\d\d)?)?", re.ASCII)
_STRONG = {"EUR", "CHF", "GBP", "SEK", "NOK", "DKK", "USD", "CAD", "AUD", "NZD", "PLN", "CZK", "RON", "BGN"}
_DEAR = Decimal(10)
"""Of a strong currency: what most prices are above is not per kWh."""


@dataclass(frozen=True, slots=True)
class Layout:
    """`path`: keys down to the list, with dots between them (JSON). `start`, `price`, `end`, `export`: columns or keys.

    `unit`: of the prices, like `ct/kWh`; its currency counts. Empty: as the table says it, else `currency` per kWh.
    `units`, `currencies`: the columns that say it, where there are such.
    """

    start: str = ""
    price: str = ""
    end: str = ""
    export: str = ""
    path: str = ""
    unit: str = ""
    currency: str = "EUR"
    units: str = ""
    currencies: str = ""

    def named(self, columns: Mapping[str, Any]) -> Layout:
        """With what its owner has not named, as it is usually called; raises NotUnderstoodError."""
        lower = {c.strip().lower(): c for c in columns}

        def one(chosen: str, usual: str) -> str:
            return (chosen if chosen in columns else lower.get(chosen.lower(), "")) if chosen else usual

        known = named_columns.usual
        start = one(self.start, known(columns, named_columns.START))
        price = one(self.price, named_columns.priced(columns))
        if not start or not price:
            missing = f"no column for the {'price' if start else 'start'}"
            raise NotUnderstoodError(f"{missing} among {', '.join(list(columns)[:20])}"[:300])
        end, export = one(self.end, known(columns, named_columns.END)), one(self.export, _export(columns))
        units, currencies = known(columns, named_columns.UNIT), known(columns, named_columns.CURRENCY)
        return replace(self, start=start, price=price, end=end, export=export, units=units, currencies=currencies)

    def told(self, row: Mapping[str, Any]) -> Told | None:
        """The unit of a row's price: as its owner says, its column of units, the price's column; None: unknown."""
        if self.unit:
            known = unit(self.unit)
            return Told(*known) if known else None
        by_name = named_columns.told_by(self.price)
        said = named_columns.told_in(row.get(self.units)) if self.units and row.get(self.units) else by_name
        if said is None:
            return None
        named = str(row.get(self.currencies) or "")
        currency = said.currency or by_name.currency or named_columns.told_by(named).currency or named[:3].upper()
        return Told(currency or self.currency, by_name.factor if said.factor is None else said.factor)


GUESSED = Layout()


def read(data: bytes, want: Want = USUAL, layout: Layout = GUESSED) -> Quotes:
    """Raises NotUnderstoodError; `want.timezone` is that of times without an offset, UTC where nobody says it."""
    if layout.unit and unit(layout.unit) is None:
        raise NotUnderstoodError(f"unit {layout.unit[:20]!r} is not known; write one like ct/kWh or EUR/MWh")
    data, problems = bare(data), list[str]()
    rows = _json(data, layout, problems) if data.lstrip()[:1] in (b"{", b"[") else list(_csv(data))
    if not rows:
        raise NotUnderstoodError("no rows in the list")
    layout = layout.named(rows[0][1])
    times, quotes, units = Times(want.zone("UTC")), list[Quote](), list[Told]()
    for where, row in rows:
        told = layout.told(row)
        if told is None or (units and not told.goes_with(units[0])):
            why = "another" if told else "not known"
            problems.append(f"{where}: unit {_unit_of(row, layout)!r} is {why}; left out")
            continue
        quote = _quote(where, row, layout, times, told.factor)
        if quote is None:
            problems.append(f"{where}: has no time or price; left out")
            continue
        quotes.append(quote)
        units.append(told)
    if not quotes and (refused := [p for p in problems if ": unit " in p]):
        raise NotUnderstoodError(refused[0].removesuffix("; left out"))
    if times.naive and not want.timezone:
        problems.insert(0, "times without an offset are taken as UTC; say where they are from: --timezone, or timezone")
    return _believed(quotes, units[0] if units else Told(layout.currency), problems)


def _quote(where: str, row: Mapping[str, Any], layout: Layout, times: Times, factor: Decimal | None) -> Quote | None:
    start, end = times.ms(_time(row.get(layout.start))), None
    if layout.end and row.get(layout.end):
        end = times.ms(_time(row.get(layout.end)), "end")
    found = {name: _price(row.get(name), factor) for name in (layout.price, layout.export) if name}
    parts = {name: v for name, v in found.items() if v is not None}
    if start is None or layout.price not in parts:
        return None
    export = layout.export if layout.export in parts and abs(parts[layout.export]) <= MOST else ""
    return Quote(where, start, end, parts, layout.price, export)


def _believed(quotes: list[Quote], told: Told, problems: list[str]) -> Quotes:
    """A price whose unit is not told is per kWh, unless that cannot be; then it is shown and not counted with."""
    dear = sum(abs(q.parts[q.price]) > _DEAR for q in quotes)
    if told.factor is not None or told.currency not in _STRONG or dear * 2 <= len(quotes):
        return Quotes("own", told.currency, tuple(quotes), problems=tuple(problems[:100]))
    said = f"no unit is told, and {dear} of {len(quotes)} prices are above {_DEAR} {told.currency}/kWh: not believed"
    return Quotes("own", "", tuple(quotes), problems=(f"{said}; name a unit", *problems[:100]), per=UNTOLD)


def _export(columns: Mapping[str, Any]) -> str:
    return named_columns.usual(columns, named_columns.EXPORT)


def _unit_of(row: Mapping[str, Any], layout: Layout) -> str:
    return str(row.get(layout.units) or row.get(layout.currencies) or "")[:20]


def _json(data: bytes, layout: Layout, problems: list[str]) -> Rows:
    """The list at the owner's path; without one the first that has the columns, today's and tomorrow's together."""
    message = parsed(data)
    if layout.path or isinstance(message, list):
        return items(message, *filter(None, layout.path.split(".")))
    found = list(named_columns.lists(message))
    fitting = [(path, rows) for path, rows in found if _fits(rows[0][1], layout)]
    if not fitting:
        return found[0][1] if found else []
    first = fitting[0][0]
    others = [path for path, _ in fitting[1:] if not named_columns.same_but_day(first, path)]
    problems += [f"{path[:60]}: another list of prices; left out" for path in others[:10]]
    return [row for path, rows in fitting if path not in others for row in rows][:MOST_ITEMS]


def _fits(row: Mapping[str, Any], layout: Layout) -> bool:
    try:
        return bool(layout.named(row))
    except NotUnderstoodError:
        return False


def _csv(data: bytes) -> Iterator[tuple[str, Mapping[str, Any]]]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")][: MOST_ITEMS + 1]
    head = lines[0] if lines else ""
    delimiter = max(_DELIMITERS, key=head.count)
    try:
        for n, row in enumerate(csv.DictReader(io.StringIO("\n".join(lines)), delimiter=delimiter)):
            yield f"row[{n + 1}]", {str(k).strip(): v for k, v in row.items() if isinstance(v, str)}
    except csv.Error as e:
        raise NotUnderstoodError(f"not a table: {e}") from None


def _time(value: object) -> object:
    """Texts of seconds or milliseconds are numbers; German dates are turned round."""
    if not isinstance(value, str):
        return value
    text = value.strip()
    if text.isascii() and text.isdigit() and 9 <= len(text) <= 13:
        return int(text)
    if german := _GERMAN.fullmatch(text):
        day, month, year, clock = german.groups("00:00")
        return f"{year}-{month:0>2}-{day:0>2} {clock:0>5}"
    return value


def _price(value: object, factor: Decimal | None) -> Decimal | None:
    found = amount(value)
    return None if found is None else found * (1 if factor is None else factor)
