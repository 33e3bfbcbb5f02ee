"""The answers of suppliers and grid companies, most of which are a list of intervals: one description each.

`prices`: the amounts of an interval by the wire's names, the one that counts first. Supplier prices are what the
customer pays for a kWh as far as the answer says it; the comments say what is in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from drivers.fetch.answer import NotUnderstoodError, Times, amount, at, complaint, items, parsed
from drivers.prices.quote import Quote, Quotes
from drivers.prices.want import USUAL, Want
from drivers.prices.wire import unit

_ONE, _CENT, _MWH = Decimal(1), Decimal("0.01"), Decimal("0.001")


@dataclass(frozen=True, slots=True)
class Listing:
    """`lists`: paths of the lists of intervals, those that are there count. `start`, `end`: keys of the times.

    `unit`: the key of the unit in the interval or, failing that, in the whole answer. `currency` and `factor` (to
    currency per kWh) hold where no unit is told. `marks`: keys that tell this answer from others. `per`: the key of
    what is priced, for those who sell gas too.
    """

    name: str
    lists: tuple[tuple[str, ...], ...]
    start: str
    prices: tuple[str, ...]
    currency: str
    factor: Decimal = _ONE
    end: str = ""
    unit: str = ""
    export: str = ""
    zone: str = "UTC"
    marks: tuple[str, ...] = ()
    per: str = ""

    def recognises(self, message: object) -> bool:
        first = next((item for path in self.lists for _, item in items(message, *path)), None)
        needed = (*self.marks, self.start)
        return (
            first is not None and all(at(first, key) is not None for key in needed) and bool(self._parts(first, _ONE))
        )

    def read(self, data: bytes, want: Want = USUAL) -> Quotes:
        """Raises NotUnderstoodError when no list of intervals is there."""
        message = parsed(data)
        found = [pair for path in self.lists for pair in items(message, *path)]
        if not found:
            raise NotUnderstoodError(f"{self.name}: {complaint(message) or 'no list of prices in the answer'}")
        times, problems, quotes = Times(want.zone(self.zone)), list[str](), list[Quote]()
        currency = ""
        for path, item in found:
            told, factor = self._unit(item, message)
            quote = self._quote(path, item, times, factor, want)
            if quote is None or (currency and told != currency):
                problems.append(f"{path}: has no time, no price, or an unknown unit; left out")
                continue
            currency = told
            quotes.append(quote)
        priced = {str(at(item, self.per) or "kWh").lower() for _, item in found} if self.per else {"kwh"}
        per = "kWh" if priced == {"kwh"} else "m3"
        return Quotes(self.name, currency or self.currency, tuple(quotes), problems=tuple(problems), per=per)

    def _quote(
        self, path: str, item: Mapping[str, Any], times: Times, factor: Decimal | None, want: Want
    ) -> Quote | None:
        start, end = times.ms(at(item, self.start)), None
        if self.end and item.get(self.end) is not None:
            end = times.ms(at(item, self.end), "end")
        parts = self._parts(item, factor) if factor is not None else {}
        price = want.price if want.price in parts else next((p for p in self.prices if p in parts), "")
        if start is None or not price or (want.price and want.price not in parts):
            return None
        return Quote(path, start, end, parts, price, self.export if self.export in parts else "")

    def _parts(self, item: Mapping[str, Any], factor: Decimal) -> dict[str, Decimal]:
        found = {name: amount(at(item, name)) for name in (*self.prices, *((self.export,) if self.export else ()))}
        return {name: value * factor for name, value in found.items() if value is not None}

    def _unit(self, item: Mapping[str, Any], message: object) -> tuple[str, Decimal | None]:
        text = at(item, self.unit) if self.unit else None
        if text is None and self.unit and isinstance(message, dict):
            text = message.get(self.unit)
        if text is None:
            return self.currency, self.factor
        found = unit(text)
        return found if found else ("", None)


LISTINGS = (
    # Energy price and grid of EWS (CH/DE): total = dynamic + fix, gross
    Listing(
        "ews", (("today",), ("tomorrow",)), "startsAt", ("total", "dynamic", "fix"), "EUR", _CENT,
        unit="priceUnit", marks=("dynamic",),
    ),
    # Groupe E (CH): vario_plus = energy and grid, dt_plus = the double tariff beside it, net
    Listing(
        "groupe-e", ((),), "start_timestamp", ("vario_plus", "vario_grid", "dt_plus"), "CHF", _CENT,
        end="end_timestamp", unit="unit", zone="Europe/Zurich", marks=("end_timestamp",),
    ),
    # Stadtwerk Hassfurt (DE): t_price = all that is paid, gross
    Listing(
        "hassfurt", (("data",),), "start_timestamp",
        (
            "t_price_has_pro_incl_vat", "t_price_has_incl_vat", "e_price_has_pro_incl_vat", "e_price_has_incl_vat",
            "e_price_epex_excl_vat",
        ),
        "EUR", _CENT, end="end_timestamp", unit="unit", zone="Europe/Berlin",
    ),
    # Rabot Charge (DE): the energy part
    Listing("rabot", (("records",),), "timestamp", ("priceInCentPerKwh",), "EUR", _CENT, zone="Europe/Berlin"),
    # easyEnergy (NL), since 2025: invoicePrice = market, VAT, energy tax and purchase costs
    Listing(
        "easyenergy", (("prices",),), "from",
        ("invoicePrice", "priceIncVat", "price", "energyTax", "purchasePrice"), "EUR", end="until",
        zone="Europe/Amsterdam", marks=("until",), per="unit",
    ),
    # easyEnergy (NL), before: the market price with VAT
    Listing("easyenergy", ((),), "Timestamp", ("TariffUsage",), "EUR", export="TariffReturn", zone="Europe/Amsterdam"),
    # EnergyZero (NL), before 2025
    Listing("energyzero", (("Prices",),), "readingDate", ("price",), "EUR"),
    # the exchange's price as api.akkudoktor.net passes it on, net
    Listing(
        "akkudoktor", (("values",),), "start_timestamp", ("marketprice",), "EUR", _MWH,
        end="end_timestamp", unit="unit",
    ),
)  # fmt: skip


def listing(name: str) -> Sequence[Listing]:
    return [one for one in LISTINGS if one.name == name]
