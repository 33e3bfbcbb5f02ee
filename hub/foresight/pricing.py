"""The prices of each step: as they are known, and after that by the shape of the days before. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

import numpy as np

from hub.forecast.prices import beyond
from hub.forecast.series import Floats, Past, Series
from hub.foresight.view import STEP_MS, STEP_S
from hub.model.network import Fee
from hub.model.site import Price
from hub.tariff.fees import by_step

_DAYS, _DAY_MS = 29, 86_400_000


def known_prices(prices: Sequence[Price], start: int, steps: int) -> tuple[Floats, Floats, int]:
    """(import, export) by step from `start` (UTC ms) on, 1e-5 currency units per kWh, NaN where not known; and from
    when on they are estimates or not known at all, UTC ms.

    Prices change with quarter-hours, so that what holds at the begin of a step holds in all of it.
    """
    buy, sell = np.full(steps, np.nan), np.full(steps, np.nan)
    estimated = start + steps * STEP_MS
    for price in prices:
        first, end = (min(max(0, -((start - t) // STEP_MS)), steps) for t in (price.start, price.end))
        buy[first:end] = price.price
        if price.export is not None:
            sell[first:end] = price.export
        if price.provisional and first < end:
            estimated = min(estimated, start + first * STEP_MS)
    unknown = np.flatnonzero(np.isnan(buy))
    if len(unknown):
        estimated = min(estimated, start + int(unknown[0]) * STEP_MS)
    return buy, sell, estimated


def fees_ahead(fees: Sequence[Fee], start: int, steps: int, zone: ZoneInfo) -> Floats:
    """By step from `start` (UTC ms) on, 1e-5 currency units per kWh: fees are known for ever."""
    return by_step(fees, start, steps, STEP_MS, zone)


def continued(values: Floats, past: Past, paid: Series | None, fees: Sequence[Fee] = ()) -> Floats:
    """`values` from the moment of `past` on, where NaN by the shape of what was `paid` before, as far as that is known.

    `fees` are a part of both: they go on by the clock and the calendar, only the price of energy by its shape. Of
    `past` the calendar counts. NaN where nothing is known at all.
    """
    start, end = past.now_ms, past.now_ms + len(values) * STEP_MS
    before = paid.between(start - _DAYS * _DAY_MS, start).values if paid is not None else np.zeros(0)
    first = start - len(before) * STEP_MS
    charged = fees_ahead(fees, first, len(before) + len(values), past.zone)
    known = Series(first, STEP_S, np.concatenate([before, values]) - charged)
    return beyond(known, end, past.zone, past.days_off).between(start, end).values + charged[len(before) :]
