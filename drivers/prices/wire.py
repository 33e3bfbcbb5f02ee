"""Leaves of price answers: amounts and their units."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from drivers.fetch.answer import amount

_UNIT = re.compile(r"\s*([^\s/_]{1,12}?)(?:\s*[/_]\s*|[\s_]*per[\s_]*)(kwh|mwh|wh)\s*", re.IGNORECASE)
_HUNDREDTHS = {"ct": "EUR", "cent": "EUR", "cents": "EUR", "eurocent": "EUR", "€ct": "EUR", "c": "EUR", "rp.": "CHF"}
_HUNDREDTHS |= {"rp": "CHF", "rappen": "CHF", "p": "GBP", "pence": "GBP", "öre": "SEK", "øre": "DKK", "ore": "SEK"}
_HUNDREDTHS |= {"ct.": "EUR"}
_NAMES = {"€": "EUR", "£": "GBP", "$": "USD", "kr": "SEK", "euro": "EUR", "fr.": "CHF"}
_CURRENCIES = {"EUR", "CHF", "GBP", "SEK", "NOK", "DKK", "ISK", "USD", "CAD"}
_CURRENCIES |= {"AUD", "NZD", "PLN", "CZK", "HUF", "RON", "BGN", "TRY", "JPY"}
ENERGY = {"kwh": Decimal(1), "mwh": Decimal("0.001"), "wh": Decimal(1000)}


def amounts(item: Mapping[str, Any], names: Sequence[str], factor: Decimal = Decimal(1)) -> dict[str, Decimal]:
    """Those of `names` that are there, times `factor`."""
    found = {name: amount(item.get(name)) for name in names}
    return {name: value * factor for name, value in found.items() if value is not None}


def unit(text: object) -> tuple[str, Decimal] | None:
    """(currency, factor to currency per kWh) of a unit like `EUR/MWh` or `ct/kWh`."""
    match = _UNIT.fullmatch(text) if isinstance(text, str) and len(text) < 40 else None
    if not match:
        return None
    name, per = match[1].lower(), ENERGY[match[2].lower()]
    if name in _HUNDREDTHS:
        return _HUNDREDTHS[name], per / 100
    return _NAMES.get(name, name.upper()[:3]), per


def money(word: str) -> tuple[str, Decimal] | None:
    """(currency, how many of it) of a word for money; None for any other word."""
    if word in _HUNDREDTHS:
        return _HUNDREDTHS[word], Decimal("0.01")
    name = _NAMES.get(word, word.upper())
    return (name, Decimal(1)) if name in _CURRENCIES else None
