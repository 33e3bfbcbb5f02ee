"""Local civil time: the edges of quarters, hours, days, weeks, months and years as people live them.

A day has 92, 96 or 100 quarter-hours. Every edge is a multiple of a quarter-hour of UTC, as all time zones in use are.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from hub.errors import UserError

PERIODS = ("quarter", "hour", "day", "week", "month", "year")
MAX_PERIODS = 400_000


def edges(start: int, end: int, period: str, zone: ZoneInfo) -> NDArray[np.int64]:
    """UTC seconds of all edges from the one at or before `start` to the one at or after `end`.

    Raises UserError for an unknown period, an empty range, too many periods, or past the end of the calendar.
    """
    if period not in PERIODS:
        raise UserError(f"step: {period!r} is none of {', '.join(PERIODS)}")
    if start >= end:
        raise UserError("from: must be before to")
    try:
        if period in ("quarter", "hour"):
            return _even(start, end, 900 if period == "quarter" else 3600, zone)
        return np.array(list(_calendar(start, end, period, zone)), np.int64)
    except (ValueError, OverflowError, OSError):  # what datetime raises past its ends
        raise UserError("from, to: the calendar has the years 1 to 9999; ask for a range well within them") from None


def is_date(text: str) -> bool:
    """Whether these are the eight digits of a date, as in 20240131, and no number."""
    try:
        return len(text) == 8 and text.isascii() and text.isdigit() and bool(date.fromisoformat(text))
    except ValueError:
        return False


def _even(start: int, end: int, step: int, zone: ZoneInfo) -> NDArray[np.int64]:
    """Quarters and hours do not care for summer time, only for zones that are off by parts of an hour."""
    offset = datetime.fromtimestamp(start, zone).utcoffset() or timedelta()
    shift = int(offset.total_seconds()) % step
    first = (start + shift) // step * step - shift
    last = -(-(end + shift) // step) * step - shift
    if (last - first) // step > MAX_PERIODS:
        raise UserError(f"step: more than {MAX_PERIODS} periods; ask for a longer one or a shorter range")
    return np.arange(first, last + 1, step, dtype=np.int64)


def _calendar(start: int, end: int, period: str, zone: ZoneInfo) -> Iterator[int]:
    at = _first(datetime.fromtimestamp(start, zone).replace(hour=0, minute=0, second=0, microsecond=0, fold=0), period)
    for _ in range(MAX_PERIODS):
        t = int(at.timestamp())
        yield t
        if t >= end:
            return
        at = _next(at, period)
    raise UserError(f"step: more than {MAX_PERIODS} periods; ask for a longer one or a shorter range")


def _first(day: datetime, period: str) -> datetime:
    if period == "week":
        return day - timedelta(days=day.weekday())
    if period == "month":
        return day.replace(day=1)
    return day.replace(month=1, day=1) if period == "year" else day


def _next(at: datetime, period: str) -> datetime:
    """Civil arithmetic: the same time of day, whatever the clocks do in between."""
    if period == "year":
        return at.replace(year=at.year + 1)
    if period == "month":
        return at.replace(year=at.year + at.month // 12, month=at.month % 12 + 1)
    return at + timedelta(days=7 if period == "week" else 1)
