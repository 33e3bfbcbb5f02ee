"""The periods in which the highest power is charged for: local months or years. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from hub.calendar import Calendar
from hub.model.network import CapacityCharge


def begun(charge: CapacityCharge, t: int, calendar: Calendar) -> int:
    """When the period began that runs at `t`, UTC ms."""
    today = calendar.date_at(t)
    return calendar.at(date(today.year, today.month if charge.period == "month" else 1, 1), 0)


def begins(charge: CapacityCharge, start: int, end: int, calendar: Calendar) -> Iterator[int]:
    """When new periods begin after `start` and before `end`, UTC ms."""
    day = calendar.date_at(start)
    while True:
        month = day.month % 12 + 1 if charge.period == "month" else 1
        day = date(day.year + (month == 1), month, 1)
        if (t := calendar.at(day, 0)) >= end:
            return
        yield t
