"""Answers of price sources decoded by what is in them. Pure; the feed reads with the same functions."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from drivers.fetch.answer import NotUnderstoodError, bare, complaint, parsed
from drivers.prices import entsoe, market, other, own, supplier
from drivers.prices.quote import Quotes, capture
from drivers.prices.quote import rates as rates_of
from drivers.prices.table import LISTINGS
from drivers.prices.want import USUAL, Want
from hub.model.feed import Rate
from hub.model.heard import NO_HINTS, Capture, CaptureHints, Rejected


@dataclass(frozen=True, slots=True)
class Shape:
    """An answer in JSON: what tells it from others, and who reads it."""

    name: str
    recognises: Callable[[object], bool]
    read: Callable[[bytes, Want], Quotes]


SHAPES = (
    Shape("awattar", market.is_awattar, market.awattar),
    Shape("energy-charts", market.is_energy_charts, market.energy_charts),
    Shape("nordpool", market.is_nordpool, market.nordpool),
    Shape("energinet", market.is_energinet, market.energinet),
    Shape("tibber", supplier.is_tibber, supplier.tibber),
    Shape("octopus", supplier.is_octopus, supplier.octopus),
    Shape("amber", supplier.is_amber, supplier.amber),
    Shape("energyzero", supplier.is_energyzero, supplier.energyzero),
    Shape("luox", supplier.is_luox, supplier.luox),
    Shape("esit", supplier.is_esit, supplier.esit),
    *(Shape(one.name, one.recognises, one.read) for one in LISTINGS),
)


_GAS = re.compile(r"(?<![a-z])gas(?![a-z])")


def decode(data: bytes, hints: CaptureHints = NO_HINTS) -> Capture:
    """One message for each interval of the answer; never raises. Some answers do not say that they price gas, which
    then the name of the capture tells. Times without an offset are of `hints.zone`, or of the source's usual zone.
    """
    data = bare(data)
    if other.is_ecb(data):
        return other.ecb(data)
    try:
        if data.lstrip()[:1] in (b"{", b"["):
            message = parsed(data)
            if other.schedules(message):
                return other.schedule(message)
            want = Want(timezone=hints.zone)
            told = _shaped(data, message, want) if _shape(message) else _listed(data, message, want)
            return capture(replace(told, per="m3") if _GAS.search(hints.name.lower()) else told)
        return capture(entsoe.read(data) if entsoe.recognises(data) else _table(data, Want(timezone=hints.zone)))
    except NotUnderstoodError as e:
        return Capture((), (Rejected(0, str(e)),))


def rates(data: bytes, source: str = "", want: Want = USUAL) -> list[Rate]:
    """What the house would count with; raises NotUnderstoodError for what holds no prices."""
    return rates_of(understood(data, want), source)


def understood(data: bytes, want: Want = USUAL) -> Quotes:
    """The quotes of an answer of any shape that is known; raises NotUnderstoodError."""
    return entsoe.read(data, want) if entsoe.recognises(data) else _shaped(data, parsed(data), want)


def _shaped(data: bytes, message: object, want: Want = USUAL) -> Quotes:
    if shape := _shape(message):
        return shape.read(data, want)
    raise NotUnderstoodError(_said(message))


def _shape(message: object) -> Shape | None:
    return next((shape for shape in SHAPES if shape.recognises(message)), None)


def _listed(data: bytes, message: object, want: Want) -> Quotes:
    """A list of objects in which a time and a price can be told."""
    try:
        return own.read(data, want)
    except NotUnderstoodError as e:
        raise NotUnderstoodError(_said(message, str(e) if _is_list(message) else "")) from None


def _is_list(message: object) -> bool:
    return isinstance(message, list) and any(isinstance(item, dict) for item in message)


def _said(message: object, why: str = "") -> str:
    said = complaint(message)
    return f"the service says: {said}" if said else f"prices of no shape that is known{why and f': {why}'}"


def _table(data: bytes, want: Want) -> Quotes:
    """A CSV with a head that names a time and a price."""
    if not data.strip():
        raise NotUnderstoodError("empty")
    if data.lstrip()[:1] == b"<":
        raise NotUnderstoodError("a web page or an XML document of no shape that is known")
    return own.read(data, want)
