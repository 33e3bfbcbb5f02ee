"""The prices of the hours to come, as far as they are known: an input of the core."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from hub.model.site import Price, TariffSpec
from hub.tariff.feed import price_at

HOURS = 48
_HOUR_MS = 3_600_000


def ahead(tariff: TariffSpec | None, zone: ZoneInfo, t: int) -> tuple[Price, ...]:
    """Of the running hour and those after it, from UTC ms `t` on; none without a tariff."""
    if tariff is None:
        return ()
    first = t // _HOUR_MS * _HOUR_MS
    starts = [first + k * _HOUR_MS for k in range(HOURS)]
    return tuple(Price(s, s + _HOUR_MS, price_at(tariff.import_price, s, zone)) for s in starts)
