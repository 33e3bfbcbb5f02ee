"""ENTSO-E Transparency Platform, day-ahead prices (document type A44).

Source: Transparency Platform RESTful API user guide, 12.1.D; IEC 62325-451-3 publication document; curve types by the
EDI library: A01 gives every position, A03 leaves out those that repeat the one before.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

from drivers.fetch.answer import NotUnderstoodError, Times, amount
from drivers.prices.quote import Quote, Quotes
from drivers.prices.want import USUAL, Want

NAME = "entsoe"
_STEPS_MS = {"PT15M": 900_000, "PT30M": 1_800_000, "PT60M": 3_600_000, "PT1H": 3_600_000, "P1D": 86_400_000}
_PER_KWH = {"MWH": Decimal("0.001"), "KWH": Decimal(1)}
_MOST_POSITIONS = 20_000
_QUARTER_MS = 900_000
_TAG = re.compile(r"\{[^}]*\}")


@dataclass(frozen=True, slots=True)
class _Series:
    """`rank`: which counts when several tell of one hour: the lowest classification, then the finest."""

    rank: tuple[int, int]
    quotes: tuple[Quote, ...]


def recognises(data: bytes) -> bool:
    return b"MarketDocument" in data[:2_000]


def read(data: bytes, want: Want = USUAL) -> Quotes:
    """Raises NotUnderstoodError, with the platform's own reason where it gives one."""
    root = _root(data)
    if _name(root) == "Acknowledgement_MarketDocument":
        raise NotUnderstoodError(f"ENTSO-E: {_reasons(root) or 'refused without a reason'}")
    if _name(root) != "Publication_MarketDocument":
        raise NotUnderstoodError(f"ENTSO-E: a {_name(root)[:60]} holds no prices")
    problems: list[str] = []
    currency, area, series = "", "", []
    for n, node in enumerate(_children(root, "TimeSeries")):
        domain = _text(node, "in_Domain.mRID")
        if want.area and domain and domain != want.area:
            continue
        told = _text(node, "currency_Unit.name")
        if currency and told != currency:
            problems.append(f"TimeSeries[{n}]: in {told or 'no currency'}, the one before in {currency}; left out")
            continue
        currency, area = told, area or domain
        series += list(_periods(node, f"TimeSeries[{n}]", problems))
    return Quotes(NAME, currency, tuple(_best(series)), area, tuple(problems))


def _root(data: bytes) -> ElementTree.Element:
    """No document of theirs declares entities, and one that does may be made to burst."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise NotUnderstoodError("ENTSO-E: not UTF-8") from None
    if "<!" in re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL):
        raise NotUnderstoodError("ENTSO-E: declares a document type, which theirs never do")
    try:
        return ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError) as e:
        raise NotUnderstoodError(f"ENTSO-E: not XML: {e}") from None


def _periods(node: ElementTree.Element, path: str, problems: list[str]) -> Iterator[_Series]:
    factor = _PER_KWH.get(_text(node, "price_Measure_Unit.name").upper())
    if factor is None:
        problems.append(f"{path}: priced per {_text(node, 'price_Measure_Unit.name') or 'nothing'}; left out")
        return
    position = amount(_text(node, "classificationSequence_AttributeInstanceComponent.position"))
    carries_on = _text(node, "curveType") == "A03"
    for n, period in enumerate(_children(node, "Period")):
        where = f"{path}.Period[{n}]"
        step = _STEPS_MS.get(_text(period, "resolution"))
        times = Times(ZoneInfo("UTC"))
        start, end = (times.ms(_text(period, f"timeInterval/{edge}")) for edge in ("start", "end"))
        if step is None or start is None or end is None or not 0 < (end - start) // step <= _MOST_POSITIONS:
            problems.append(f"{where}: from {start} to {end} by {_text(period, 'resolution')} is no time; left out")
            continue
        quotes = _points(period, where, start, step, (end - start) // step, carries_on, factor, problems)
        yield _Series((int(position) if position is not None and 0 < position < 1000 else 0, step), quotes)


def _points(
    period: ElementTree.Element,
    where: str,
    start: int,
    step: int,
    count: int,
    carries_on: bool,
    factor: Decimal,
    problems: list[str],
) -> tuple[Quote, ...]:
    told: dict[int, Decimal] = {}
    for point in _children(period, "Point"):
        text, price = _text(point, "position"), amount(_text(point, "price.amount"))
        position = int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0
        if not 1 <= position <= count or price is None:
            problems.append(f"{where}: position {text[:20] or '?'} is not within the period, or has no price; left out")
        else:
            told[position] = price * factor
    quotes: list[Quote] = []
    latest: Decimal | None = None
    for position in range(1, count + 1):
        latest = told.get(position, latest if carries_on else None)
        if latest is not None:
            at = start + (position - 1) * step
            quotes.append(Quote(f"{where}.Point[{position}]", at, at + step, {"price.amount": latest}, "price.amount"))
    return tuple(quotes)


def _best(series: Sequence[_Series]) -> Iterator[Quote]:
    """Of several series that tell of the same quarter-hour the first by rank."""
    taken: set[int] = set()
    for one in sorted(series, key=lambda s: s.rank):
        mine: set[int] = set()
        for quote in one.quotes:
            assert quote.end_ms is not None
            quarters = range(quote.start_ms // _QUARTER_MS, -(-quote.end_ms // _QUARTER_MS))
            if taken.isdisjoint(quarters):
                mine.update(quarters)
                yield quote
        taken |= mine


def _reasons(root: ElementTree.Element) -> str:
    told = [(_text(r, "code"), _text(r, "text")) for r in _children(root, "Reason")]
    return "; ".join(f"{text or 'reason'} ({code})" for code, text in told)[:300]


def _name(node: ElementTree.Element) -> str:
    return _TAG.sub("", node.tag) if isinstance(node.tag, str) else ""


def _children(node: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    """By local name: the namespace carries the version."""
    return [child for child in node if _name(child) == name]


def _text(node: ElementTree.Element, path: str) -> str:
    for name in path.split("/"):
        found = _children(node, name)
        if not found:
            return ""
        node = found[0]
    return (node.text or "").strip()
