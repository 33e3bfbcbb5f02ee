"""Public holidays by region: fixed dates, and days counted from Easter Sunday. Laws of 2026.

Of Switzerland those that every canton keeps. Bavaria's Assumption Day counts everywhere, though mostly Protestant
communities do not keep it: the owner's `without` takes it out.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

from hub.errors import UserError
from hub.model.document import hint

_MONDAY, _WEDNESDAY, _SATURDAY, _SUNDAY = 0, 2, 5, 6
_FIXED: dict[str, tuple[tuple[int, int], ...]] = {
    "DE": ((1, 1), (5, 1), (10, 3), (12, 25), (12, 26)),
    "AT": ((1, 1), (1, 6), (5, 1), (8, 15), (10, 26), (11, 1), (12, 8), (12, 25), (12, 26)),
    "CH": ((1, 1), (8, 1), (12, 25)),
    "NL": ((1, 1), (12, 25), (12, 26)),
    "FR": ((1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25)),
    "GB-ENG": ((1, 1), (12, 25), (12, 26)),
}
_EASTER: dict[str, tuple[int, ...]] = {
    "DE": (-2, 1, 39, 50),
    "AT": (1, 39, 50, 60),
    "CH": (39,),
    "NL": (0, 1, 39, 49, 50),
    "FR": (1, 39, 50),
    "GB-ENG": (-2, 1),
}
_EPIPHANY, _WOMEN, _CHILDREN = (1, 6), (3, 8), (9, 20)
_ASSUMPTION, _REFORMATION, _SAINTS, _CORPUS = (8, 15), (10, 31), (11, 1), 60
_LAENDER: dict[str, tuple[tuple[tuple[int, int], ...], tuple[int, ...]]] = {
    "BW": ((_EPIPHANY, _SAINTS), (_CORPUS,)),
    "BY": ((_EPIPHANY, _ASSUMPTION, _SAINTS), (_CORPUS,)),
    "BE": ((_WOMEN,), ()),
    "BB": ((_REFORMATION,), (0, 49)),
    "HB": ((_REFORMATION,), ()),
    "HH": ((_REFORMATION,), ()),
    "HE": ((), (_CORPUS,)),
    "MV": ((_WOMEN, _REFORMATION), ()),
    "NI": ((_REFORMATION,), ()),
    "NW": ((_SAINTS,), (_CORPUS,)),
    "RP": ((_SAINTS,), (_CORPUS,)),
    "SL": ((_ASSUMPTION, _SAINTS), (_CORPUS,)),
    "SN": ((_REFORMATION,), ()),
    "ST": ((_EPIPHANY, _REFORMATION), ()),
    "SH": ((_REFORMATION,), ()),
    "TH": ((_CHILDREN, _REFORMATION), ()),
}
REGIONS = (*_FIXED, *(f"DE-{land}" for land in _LAENDER))
"""What may be asked for."""
_ONCE = {"DE-BE": (date(2025, 5, 8), date(2028, 6, 17))}


def known(region: str) -> str:
    """The region; raises UserError for one that is not in the tables."""
    if region not in REGIONS:
        raise UserError(f"{region!r} is no region whose holidays are known{hint(region, REGIONS)}")
    return region


@lru_cache(maxsize=64)
def holidays(region: str, year: int) -> frozenset[date]:
    """Those of a region in a year."""
    country, _, land = (region, "", "") if region in _FIXED else region.partition("-")
    fixed, moving = _LAENDER[land] if land else ((), ())
    days = {date(year, *day) for day in (*_FIXED[country], *fixed)}
    days |= {easter(year) + timedelta(n) for n in (*_EASTER[country], *moving)}
    return frozenset(days | _own(region, year))


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (Meeus/Jones/Butcher)."""
    a, b, c = year % 19, year // 100, year % 100
    d, e = divmod(b, 4)
    h = (19 * a + b - d - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    i, k = divmod(c, 4)
    m = (32 + 2 * e + 2 * i - h - k) % 7
    month, day = divmod(h + m - 7 * ((a + 11 * h + 22 * m) // 451) + 114, 31)
    return date(year, month, day + 1)


def _own(region: str, year: int) -> set[date]:
    """Those that follow a rule of their own."""
    if region == "NL":
        king = date(year, 4, 27)
        freed = {date(year, 5, 5)} if year % 5 == 0 else set()
        return freed | {king - timedelta(king.weekday() == _SUNDAY)}
    if region == "GB-ENG":
        return _english(year)
    if region == "DE-SN":
        return {_on_or_before(date(year, 11, 22), _WEDNESDAY)}
    return {day for day in _ONCE.get(region, ()) if day.year == year}


def _english(year: int) -> set[date]:
    """Mondays, and the days off for New Year, Christmas and Boxing Day on a weekend."""
    days = {_on_or_before(date(year, month, last), _MONDAY) for month, last in ((5, 7), (5, 31), (8, 31))}
    new_year, christmas = date(year, 1, 1), date(year, 12, 25)
    if new_year.weekday() >= _SATURDAY:
        days.add(new_year + timedelta(7 - new_year.weekday()))
    lieu = {4: (28,), 5: (27, 28), 6: (27,)}.get(christmas.weekday(), ())
    return days | {date(year, 12, day) for day in lieu}


def _on_or_before(last: date, weekday: int) -> date:
    return last - timedelta((last.weekday() - weekday) % 7)
