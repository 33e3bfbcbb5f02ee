"""The prices in force put on the Board, like any other measurement."""

from __future__ import annotations

import asyncio

from hub.model import Clock, Device, Link, Measurement, Point, Quality, Role, Sink
from hub.tariff.prices import Prices

DEVICE = Device(
    uid="tariff",
    id="tariff",
    role=Role.TARIFF,
    link=Link("site", "tariff"),
    points=(Point.of("tariff", "tariff", "price_import"), Point.of("tariff", "tariff", "price_export")),
)
_MINUTE_MS = 60_000


async def run(prices: Prices, sink: Sink, clock: Clock) -> None:
    """Puts both prices at once, then every minute, and when they change."""
    while True:
        prices.changed.clear()
        show(prices, sink, clock.now())
        now = clock.now()
        due = min(now // _MINUTE_MS * _MINUTE_MS + _MINUTE_MS, prices.next_change())
        try:
            await asyncio.wait_for(prices.changed.wait(), max(due - now, 20) / 1000)
        except TimeoutError:
            continue


def show(prices: Prices, sink: Sink, now: int) -> None:
    """A fixed price that stands for one of a silent source is substituted; with neither the tariff is lost."""
    running = prices.now()
    if running is None:
        return
    if running.import_price is None:
        sink.lost(DEVICE.id, "no price is known for this time")
        return
    sink.seen(DEVICE)
    stands_in = running.market is None and running.provisional
    quality = Quality.SUBSTITUTED if stands_in else Quality.GOOD
    measured = [Measurement("tariff.price_import", running.import_price, now, quality)]
    if running.export_price is not None:
        measured.append(Measurement("tariff.price_export", running.export_price, now))
    sink.put(measured)
