"""Times as files tell them, to UTC."""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo

_NUMBER = re.compile(r"^-?\d+(\.\d+)?$")
_DOTTED = re.compile(r"^(\d{1,2})\.(\d{1,2})\.(\d{4})(?:[ T]+(\d{1,2}):(\d{2})(?::(\d{2}))?)?$")
LAST = 7_258_118_400
"""s UTC: from the year 2200 on, and before 1970, nothing has been recorded."""

_MS_FROM = 1e11
"""Numbers from here on are milliseconds; as seconds they would be past the year 5000."""


class Times:
    """Reads the times of a file's lines one after the other, each later than the one before.

    A local hour that comes twice is told apart by that order: its times are the first ones until they would go back.
    """

    def __init__(self, zone: ZoneInfo | None) -> None:
        self._zone = zone
        self._last: float | None = None
        self.twice = 0
        """times that were in an hour that comes twice"""

    def read(self, text: str) -> int:
        """UTC s; raises ValueError with the reason."""
        try:
            t = self._utc(text.strip())
        except OverflowError:
            t = LAST
        if not 0 <= t < LAST:
            raise ValueError(f"{text!r} is not a time between 1970 and 2200")
        if self._last is not None and t <= self._last:
            raise ValueError(f"{text!r} is not after the time of the line before")
        self._last = t
        return int(t // 1)

    def _utc(self, text: str) -> float:
        if _NUMBER.match(text):
            number = float(text)
            return number / 1000 if abs(number) >= _MS_FROM else number
        at = parsed(text)
        return at.timestamp() if at.tzinfo else self._local(at, text)

    def _local(self, at: datetime, text: str) -> float:
        if self._zone is None:
            raise ValueError(f"{text!r} has no time zone: name the file's with --zone, e.g. --zone Europe/Berlin")
        first, second = (at.replace(tzinfo=self._zone, fold=fold).timestamp() for fold in (0, 1))
        if first > second:
            raise ValueError(f"{text!r} does not exist in {self._zone.key}: the clocks go forward there")
        if first == second:
            return first
        self.twice += 1
        return first if self._last is None or first > self._last else second


def parsed(text: str) -> datetime:
    """ISO 8601, or day.month.year with a time of day; raises ValueError with the reason."""
    dotted = _DOTTED.match(text)
    try:
        if dotted:
            day, month, year, hour, minute, second = (int(g or 0) for g in dotted.groups())
            return datetime(year, month, day, hour, minute, second)
        return datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a time; write it like 2026-01-31T14:15:00+01:00") from None
