"""What stands beside prices in their captures and is no price of an interval: yearly schedules, exchange rates.

Sources: OpenEMS "dailySchedule" of grid fees (year, quarters of it, tariffs by name); the ECB's reference rates
(https://www.ecb.europa.eu/stats/eurofxref/eurofxref-daily.xml).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from drivers.fetch.answer import Times, amount, items
from hub.model.heard import Capture, Heard, Reading, Rejected

_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)|24:00", re.ASCII)
_ECB_DAY = re.compile(rb"<Cube\s+time=[\"'](\d{4}-\d\d-\d\d)[\"']")
_ECB_RATE = re.compile(rb"<Cube\s+currency=[\"']([A-Z]{3})[\"']\s+rate=[\"'](\d{1,9}(?:\.\d{1,9})?)[\"']")


def is_ecb(data: bytes) -> bool:
    return b"eurofxref" in data[:2_000]


def ecb(data: bytes) -> Capture:
    """Units of each currency for one euro."""
    day = _ECB_DAY.search(data)
    rates = [(code.decode(), float(rate)) for code, rate in _ECB_RATE.findall(data)]
    if not rates:
        return Capture((), (Rejected(0, "ECB: reference rates without any rate"),))
    time = Times(ZoneInfo("UTC")).ms(day[1].decode()) if day else None
    readings = tuple(Reading(f"Cube.{code}", rate, f"{code}/EUR", time) for code, rate in rates)
    return Capture((Heard(readings, device={"vendor": "European Central Bank"}, time=time),))


def schedules(message: object) -> list[tuple[str, Mapping[str, Any]]]:
    """The years of a schedule; none if it is something else."""
    found = items(message) or items(message, "schedule")
    return [(p, y) for p, y in found if isinstance(y.get("tariffs"), dict) and isinstance(y.get("quarters"), list)]


def schedule(message: object) -> Capture:
    """Its unit is nowhere told, so there are readings and no points: a reading for each span of each quarter."""
    messages = [_year(path, year) for path, year in schedules(message)]
    return Capture(tuple(messages))


def _year(path: str, year: Mapping[str, Any]) -> Heard:
    tariffs = {str(k).lower(): v for k, v in year["tariffs"].items() if amount(v) is not None}
    readings = [Reading(f"{path}.tariffs.{name}", float(v)) for name, v in tariffs.items()]
    problems: list[str] = []
    number = year.get("year")
    if isinstance(number, int) and 2000 <= number < 2100:
        readings.insert(0, Reading(f"{path}.year", number))
    else:
        problems.append(f"{path}.year: {str(number)[:20]} is no year")
    for where, quarter in items(year, "quarters"):
        spans = list(_spans(f"{path}.{where}", quarter, tariffs, problems))
        readings += [reading for reading, _, _ in spans]
        problems += _overlaps(spans)
    return Heard(tuple(readings), device={"vendor": "schedule"}, problems=tuple(problems))


def _spans(
    path: str, quarter: Mapping[str, Any], tariffs: Mapping[str, Any], problems: list[str]
) -> Iterator[tuple[Reading, int, int]]:
    for where, span in items(quarter, "dailySchedule"):
        begin, end = _minutes(span.get("from")), _minutes(span.get("to"))
        name = str(span.get("tariff")).lower()
        if begin is None or end is None:
            problems.append(
                f"{path}.{where}: from {str(span.get('from'))[:20]} to {str(span.get('to'))[:20]} is no time"
            )
        elif begin >= end:
            problems.append(f"{path}.{where}: ends at {span['to']}, before it begins at {span['from']}")
        elif name not in tariffs:
            problems.append(f"{path}.{where}: tariff {name[:20]!r} is not among {', '.join(tariffs)[:100]}")
        else:
            number = quarter.get("quarter")
            code = f"Q{number if isinstance(number, int) else '?'} {span['from']}-{span['to']} {name}"
            yield Reading(f"{path}.{where} {code}", float(tariffs[name])), begin, end


def _overlaps(spans: list[tuple[Reading, int, int]]) -> list[str]:
    by_begin = sorted(spans, key=lambda s: s[1])
    pairs = pairwise(by_begin)
    return [f"{b[0].code}: overlaps {a[0].code}" for a, b in pairs if b[1] < a[2]]


def _minutes(text: object) -> int | None:
    if not isinstance(text, str) or not _CLOCK.fullmatch(text):
        return None
    return int(text[:2]) * 60 + int(text[3:])
