"""Times on a telegram: `YYMMDDhhmmssX`, civil time with X = S (summer) or W (winter); no X in DSMR 2.2 and 3."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

STAMP = re.compile(r"\d{12}[SW]?", re.ASCII)
CLOCK = re.compile(r"\d\d-\d\d-\d\d \d\d:\d\d:\d\d", re.ASCII)
"""As telegrams before DSMR 2.2 have it."""
ZONE = "Europe/Amsterdam"
"""NL, BE, LU, SE and HU share this civil time; meters of Finland, the Baltics and Ireland have their own."""


def milliseconds(text: str, zone: str = ZONE) -> int:
    """UTC milliseconds. The letter tells the doubled hours of autumn apart; raises ValueError for no time."""
    text = re.sub(r"[-: ]", "", text) if CLOCK.fullmatch(text) else text
    if not STAMP.fullmatch(text):
        raise ValueError(text)
    naive = datetime.strptime(text[:12], "%y%m%d%H%M%S")
    aware = naive.replace(tzinfo=ZoneInfo(zone), fold=1 if text.endswith("W") else 0)
    return round(aware.timestamp() * 1000)


def flag_agrees(text: str, zone: str = ZONE) -> bool:
    """Whether the summer letter fits the calendar (some meters are set to the other). Summer is when the clock is ahead
    of what it is at another time of the year: in Ireland the law calls winter the exception.
    """
    aware = datetime.strptime(text[:12], "%y%m%d%H%M%S").replace(
        tzinfo=ZoneInfo(zone), fold=1 if text.endswith("W") else 0
    )
    winter = min(aware.replace(month=month, day=1).utcoffset() or timedelta() for month in (1, 7))
    return len(text) == 12 or ((aware.utcoffset() or timedelta()) > winter) == text.endswith("S")
