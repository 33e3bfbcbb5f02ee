"""The prices in force put on the Board, like any other measurement."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from hub.calendar import Calendar
from hub.live import Board
from hub.model import Clock, Device, Link, Measurement, Point, Quality, Role
from hub.tariff.compare import cheaper_min, lowest, stands_in
from hub.tariff.force import InForce
from hub.tariff.prices import Prices

_SHOWN = ("price_import", "price_export", "price_lowest", "cheaper_today")
DEVICE = Device(
    uid="tariff",
    id="tariff",
    role=Role.TARIFF,
    link=Link("site", "tariff"),
    points=tuple(Point.of("tariff", "tariff", name) for name in _SHOWN),
)
_MINUTE_MS, _DAY_MS = 60_000, 86_400_000
_DAY = timedelta(1)


async def run(prices: Prices, calendar: Calendar, board: Board, clock: Clock) -> None:
    """Puts them at once, then every minute, and when they change."""
    while True:
        prices.changed.clear()
        show(prices, calendar, board, clock.now())
        now = clock.now()
        due = min(now // _MINUTE_MS * _MINUTE_MS + _MINUTE_MS, prices.next_change())
        try:
            await asyncio.wait_for(prices.changed.wait(), max(due - now, 20) / 1000)
        except TimeoutError:
            continue


def show(prices: Prices, calendar: Calendar, board: Board, now: int) -> None:
    """A fixed price that stands for one of a silent source is substituted; with neither the tariff is lost."""
    running = prices.now()
    if running is None:
        return
    if running.import_price is None:
        board.lost(DEVICE.id, "no price is known for this time")
        return
    board.seen(DEVICE)
    told = _told(prices, running, calendar, now)
    quality = Quality.SUBSTITUTED if stands_in(running) else Quality.GOOD
    board.put(
        Measurement(p, v, now, Quality.GOOD if p == "tariff.price_export" else quality)
        for p, v in told.items()
        if v is not None
    )
    board.gone(p for p, v in told.items() if v is None)


def _told(prices: Prices, running: InForce, calendar: Calendar, now: int) -> dict[str, float | None]:
    today = calendar.date_at(now)
    day = prices.around(calendar.at(today, 0), calendar.at(today + _DAY, 0))
    values = (
        running.import_price, running.export_price, lowest(prices.around(now, now + _DAY_MS)), cheaper_min(day, now),
    )  # fmt: skip
    return {f"tariff.{name}": value for name, value in zip(_SHOWN, values, strict=True)}
