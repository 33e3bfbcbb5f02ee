"""What an owner tells of the network operator's charges: fees per kWh by local time, and one on the highest power."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from datetime import datetime

from hub.model.document import Document, Table
from hub.model.moment import WEEKDAYS

MOST_FEES = 50
_MOST_PER_KWH, _MOST_PER_KW = 10.0, 1_000.0
_WORDS = {"workdays": range(5), "weekend": range(5, 7)}
_SPAN = re.compile(r"([01]\d|2[0-3]):(00|15|30|45)-(?:([01]\d|2[0-3]):(00|15|30|45)|(24):(00))")
_PERIODS = {"month": 1, "year": 12}
_INTERVALS_MIN = (15, 30, 60)


@dataclass(frozen=True, slots=True)
class Fee:
    """`fee`, 1e-5 currency units per kWh, at these times of these days; what is empty leaves nothing out.

    `times`: [from, until) in local minutes of the day, whole quarter-hours; `days`: 0 = Monday; `months`: 1 = January.
    """

    fee: int
    times: tuple[tuple[int, int], ...] = ()
    days: frozenset[int] = frozenset()
    months: frozenset[int] = frozenset()

    def holds(self, at: datetime) -> bool:
        """Whether it does at a local time."""
        minute = at.hour * 60 + at.minute
        return (
            (not self.months or at.month in self.months)
            and (not self.days or at.weekday() in self.days)
            and (not self.times or any(begin <= minute < end for begin, end in self.times))
        )


@dataclass(frozen=True, slots=True)
class CapacityCharge:
    """A charge for the highest mean import of a clock interval of `interval_s` in each `period` (month or year).

    `price_per_kw`: currency units per kW and period; `least_w`: W, charged anyway.
    """

    price_per_kw: float
    period: str = "month"
    interval_s: int = 900
    least_w: float = 0.0


@dataclass(frozen=True, slots=True)
class NetworkCharges:
    """Of fees the first that holds counts. `import_fees` come on top of what a kWh costs, `export_fees` off what one
    earns that is fed in.
    """

    import_fees: tuple[Fee, ...] = ()
    export_fees: tuple[Fee, ...] = ()
    capacity: CapacityCharge | None = None


NOTHING = NetworkCharges()
KEYS = tuple(f.name for f in fields(NetworkCharges))


def network_charges(doc: Document, t: Table, at: str) -> NetworkCharges:
    """Of a table that may hold other keys too. Raises ConfigError."""
    found = [_fees(doc, t, f"{at}.{key}") for key in KEYS[:2]]
    capacity = _capacity(doc, doc.table(t, f"{at}.capacity"), f"{at}.capacity") if "capacity" in t else None
    return NetworkCharges(found[0], found[1], capacity)


def _fees(doc: Document, t: Table, at: str) -> tuple[Fee, ...]:
    told = doc.get(t, at, list, [])
    if len(told) > MOST_FEES or not all(isinstance(one, dict) for one in told):
        raise doc.error(at, f"is a list of at most {MOST_FEES} tables; begin each with [[{at}]]")
    found = tuple(_fee(doc, one, f"{at}[{i}]") for i, one in enumerate(told))
    for i, one in enumerate(found[:-1]):
        if not one.times and not one.days and not one.months:
            raise doc.error(f"{at}[{i}]", "holds at all times, so that what follows never does; put it last")
    return found


def _capacity(doc: Document, t: Table, at: str) -> CapacityCharge:
    doc.keys(t, at, ("price_kw", "per", "period", "interval_min", "least_kw"))
    if "price_kw" not in t:
        raise doc.error(f"{at}.price_kw", "is missing; give what a kW of the highest power costs")
    price = doc.number(t, f"{at}.price_kw", 0, 0, _MOST_PER_KW)
    per, period = (doc.one_of(f"{at}.{key}", t.get(key, "month"), _PERIODS) for key in ("per", "period"))
    minutes = doc.whole(t, f"{at}.interval_min", 15, 15, 60)
    if minutes not in _INTERVALS_MIN:
        raise doc.error(f"{at}.interval_min", f"{minutes} is none of {', '.join(map(str, _INTERVALS_MIN))}")
    least = doc.number(t, f"{at}.least_kw", 0, 0, 100)
    return CapacityCharge(price * _PERIODS[period] / _PERIODS[per], period, minutes * 60, least * 1000)


def _fee(doc: Document, t: Table, at: str) -> Fee:
    doc.keys(t, at, ("fee", "times", "days", "months"))
    if "fee" not in t:
        raise doc.error(f"{at}.fee", "is missing; give what it costs per kWh, 0 for nothing")
    fee = doc.number(t, f"{at}.fee", 0, -_MOST_PER_KWH, _MOST_PER_KWH)
    for key in ("times", "days", "months"):
        if t.get(key) == []:
            raise doc.error(f"{at}.{key}", "is empty; name some, or remove it for all")
    spans = (span for text in doc.texts(t, f"{at}.times") for span in _spans(doc, text, f"{at}.times"))
    return Fee(round(fee * 100_000), tuple(spans), _days(doc, t, f"{at}.days"), _months(doc, t, f"{at}.months"))


def _spans(doc: Document, text: str, at: str) -> list[tuple[int, int]]:
    """One, or two of the same day where it goes over midnight."""
    found = _SPAN.fullmatch(text)
    if found is None:
        raise doc.error(at, f"{text!r} is no time of the day; write it like 17:00-20:30, in whole quarter-hours")
    begin = 60 * int(found[1]) + int(found[2])
    end = 60 * int(found[3] or found[5]) + int(found[4] or found[6])
    if begin == end:
        raise doc.error(at, f"{text!r} ends as it begins; write 00:00-24:00 for all of the day")
    return [(begin, end)] if begin < end else [(begin, 1440), *([(0, end)] if end else [])]


def _days(doc: Document, t: Table, at: str) -> frozenset[int]:
    known = (*_WORDS, *WEEKDAYS)
    words = [doc.one_of(at, word, known) for word in doc.texts(t, at)]
    return frozenset(day for word in words for day in (_WORDS[word] if word in _WORDS else (WEEKDAYS.index(word),)))


def _months(doc: Document, t: Table, at: str) -> frozenset[int]:
    found = doc.get(t, at, list, [])
    for month in found:
        if isinstance(month, bool) or not isinstance(month, int) or not 1 <= month <= 12:
            raise doc.error(at, f"{month!r} is no month; name them by number, like [1, 2, 3, 10, 11, 12]")
    return frozenset(found)
